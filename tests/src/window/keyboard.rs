//! The keyboard alone: keys go to whatever has the focus, and the page is
//! asked where that is. Nothing here clicks, or focuses anything by script.

use super::{PATIENCE, POLL, Window};
use anyhow::{Context as _, bail, ensure};
use fantoccini::{
    actions::{InputSource, KeyAction, KeyActions},
    key::Key,
};
use std::time::{Duration, Instant};

/// Longer than any round through one view by Tab.
const ROUND: usize = 80;

/// What has the focus, and whether a person can tell.
#[derive(Debug, Default)]
struct Focus {
    /// Its `data-testid`, or nothing.
    id: String,
    /// A name for errors.
    name: String,
    /// It, or what it points at, has a ring that nothing else on the page has.
    ringed: bool,
    /// It is in the window and not covered.
    visible: bool,
}

/// A list and its active row share the focus: the row then has the ring. An
/// outline stands for a ring; no element of the page has one without focus.
const FOCUS: &str = "
    const outlined = (element) => {
      const { outlineStyle, outlineWidth } = getComputedStyle(element);
      return outlineStyle !== 'none' && parseFloat(outlineWidth) >= 2;
    };
    const at = document.activeElement;
    if (!at || at === document.body) return ['', 'the page itself', false, false];
    const pointed = at.getAttribute('aria-activedescendant');
    const shown = (pointed && document.getElementById(pointed)) || at;
    const rings = [...document.body.querySelectorAll('*')].filter(outlined);
    const mine = (ring) => ring === shown || ring === at || (ring.matches('[data-ring]') && ring.contains(at));
    const box = shown.getBoundingClientRect();
    const within = box.width > 0 && box.height > 0 && box.left >= -1 && box.top >= -1
      && box.right <= innerWidth + 1 && box.bottom <= innerHeight + 1;
    const top = document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2);
    const name = shown.dataset.testid ?? shown.getAttribute('aria-label') ?? shown.outerHTML.slice(0, 120);
    return [
      at.dataset.testid ?? '',
      name,
      rings.length > 0 && rings.every(mine),
      within && !!top && (shown.contains(top) || top.contains(shown)),
    ];";

impl Window {
    /// Presses keys where the focus is: `"Ctrl+l"`, `"Enter"`, `"Escape"`, `"/"`, `"Shift+Tab"`.
    pub async fn press(&self, keys: &str) -> anyhow::Result<()> {
        let mut actions = KeyActions::new("keyboard".to_owned());
        let mut held = Vec::new();
        let parts: Vec<&str> = if keys.len() == 1 {
            vec![keys]
        } else {
            keys.split('+').collect()
        };
        for part in parts {
            let value = match part {
                "Ctrl" => char::from(Key::Control),
                "Shift" => char::from(Key::Shift),
                "Enter" => char::from(Key::Enter),
                "Escape" => char::from(Key::Escape),
                "Tab" => char::from(Key::Tab),
                "Space" => ' ',
                "Home" => char::from(Key::Home),
                "End" => char::from(Key::End),
                "ArrowDown" => char::from(Key::Down),
                "ArrowUp" => char::from(Key::Up),
                "ArrowLeft" => char::from(Key::Left),
                "ArrowRight" => char::from(Key::Right),
                one => one.chars().next().context("a key has a name")?,
            };
            actions = actions.then(KeyAction::Down { value });
            held.push(value);
        }
        for value in held.into_iter().rev() {
            actions = actions.then(KeyAction::Up { value });
        }
        Ok(self.client()?.perform_actions(actions).await?)
    }

    /// Types text, key by key, where the focus is.
    pub async fn write(&self, text: &str) -> anyhow::Result<()> {
        let mut actions = KeyActions::new("keyboard".to_owned());
        for value in text.chars() {
            actions = actions
                .then(KeyAction::Down { value })
                .then(KeyAction::Up { value });
        }
        Ok(self.client()?.perform_actions(actions).await?)
    }

    /// Waits until the element with this `data-testid` has the focus, and a ring to show it.
    pub async fn focused(&self, id: &str) -> anyhow::Result<()> {
        let start = Instant::now();
        loop {
            let focus = self.focus().await.unwrap_or_default();
            if focus.id == id && focus.ringed && focus.visible {
                return Ok(());
            }
            if start.elapsed() > PATIENCE {
                bail!("{id} should have the focus: {focus:?}");
            }
            tokio::time::sleep(POLL).await;
        }
    }

    /// Presses `key` until the element with this `data-testid` has the focus. Every stop on the
    /// way must show where it is.
    pub async fn reach(&self, key: &str, id: &str) -> anyhow::Result<()> {
        let mut way = Vec::new();
        for _ in 0..ROUND {
            if self.focus().await?.id == id {
                return self.focused(id).await;
            }
            self.press(key).await?;
            tokio::time::sleep(Duration::from_millis(30)).await;
            let focus = self.focus().await?;
            // At the end of the page a round goes through the page itself.
            ensure!(
                focus.ringed && focus.visible || focus.name == "the page itself",
                "on the way to {id} nobody can tell where the keyboard is: {focus:?}"
            );
            way.push(focus.name);
        }
        bail!("{key} does not lead to {id}, but to {way:?}")
    }

    async fn focus(&self) -> anyhow::Result<Focus> {
        let at = self.script(FOCUS).await?;
        Ok(Focus {
            id: at[0].as_str().context("an id")?.to_owned(),
            name: at[1].as_str().context("a name")?.to_owned(),
            ringed: at[2] == true,
            visible: at[3] == true,
        })
    }
}
