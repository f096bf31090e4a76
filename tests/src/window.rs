//! The real window: `keystead-desktop` under WebKitWebDriver.

mod keyboard;
mod system;

use crate::machine::{Machine, binary};
use anyhow::{Context as _, bail, ensure};
use fantoccini::{
    Client, ClientBuilder, Locator,
    actions::{InputSource, MOUSE_BUTTON_LEFT, MouseActions, PointerAction},
    elements::Element,
};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use std::{
    fs,
    net::TcpListener,
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Child, Stdio},
    time::{Duration, Instant},
};

const PATIENCE: Duration = Duration::from_secs(20);
const POLL: Duration = Duration::from_millis(40);

/// A running app and the driver that holds it. Both end with it, also in a panic.
pub struct Window {
    driver: Child,
    port: u16,
    binary: PathBuf,
    arguments: Vec<String>,
    client: Option<Client>,
}

impl Window {
    /// Starts the driver on a free port, and the app through it.
    pub async fn open(machine: &Machine, arguments: &[&str]) -> anyhow::Result<Self> {
        ensure!(
            std::env::var_os("DISPLAY").is_some(),
            "there is no display: run under xvfb-run, as `cargo xtask test window` does"
        );
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let driver = machine
            .command(Path::new("WebKitWebDriver"))
            .arg(format!("--port={port}"))
            .env("TAURI_WEBVIEW_AUTOMATION", "true")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            // GTK's own complaints about a bare session say nothing about us.
            .stderr(Stdio::null())
            // A group of its own, so that all of it can be ended.
            .process_group(0)
            .spawn()
            .context("WebKitWebDriver is not installed: apt-get install webkit2gtk-driver")?;
        let mut window = Self {
            driver,
            port,
            binary: binary("KEYSTEAD_DESKTOP", "keystead-desktop")?,
            arguments: arguments.iter().map(|&a| a.to_owned()).collect(),
            client: None,
        };
        window.connect().await?;
        Ok(window)
    }

    async fn connect(&mut self) -> anyhow::Result<()> {
        let options = json!({ "binary": self.binary, "args": self.arguments });
        let mut capabilities = serde_json::Map::new();
        capabilities.insert("webkitgtk:browserOptions".to_owned(), options);
        let start = Instant::now();
        let url = format!("http://127.0.0.1:{}", self.port);
        let client = loop {
            let attempt = ClientBuilder::new(HttpConnector::new())
                .capabilities(capabilities.clone())
                .connect(&url)
                .await;
            match attempt {
                Ok(client) => break client,
                Err(error) if start.elapsed() > PATIENCE => {
                    return Err(error).context("the window did not start");
                }
                Err(_) => tokio::time::sleep(POLL).await,
            }
        };
        self.client = Some(client);
        self.ready().await
    }

    fn client(&self) -> anyhow::Result<&Client> {
        self.client.as_ref().context("the window is closed")
    }
}

/// What is on the page.
impl Window {
    async fn ready(&self) -> anyhow::Result<()> {
        let ready = "return document.documentElement.dataset.ready === 'true'";
        self.until("the page is ready", || async {
            Ok(self.script(ready).await?.as_bool() == Some(true))
        })
        .await
    }

    /// Runs a script in the page.
    pub async fn script(&self, source: &str) -> anyhow::Result<Value> {
        Ok(self.client()?.execute(source, Vec::new()).await?)
    }

    /// Runs a script with arguments.
    pub async fn script_with(&self, source: &str, arguments: Vec<Value>) -> anyhow::Result<Value> {
        Ok(self.client()?.execute(source, arguments).await?)
    }

    /// Waits for an element with this `data-testid`, at most 20 s.
    pub async fn see(&self, id: &str) -> anyhow::Result<Element> {
        let selector = format!("[data-testid=\"{id}\"]");
        let start = Instant::now();
        loop {
            let found = self.client()?.find(Locator::Css(&selector)).await;
            match found {
                Ok(element) if self.has_boxes(&element).await => return Ok(element),
                _ if start.elapsed() > PATIENCE => {
                    bail!("{id} did not appear: {}", self.page().await)
                }
                _ => tokio::time::sleep(POLL).await,
            }
        }
    }

    /// Whether it is laid out: the driver's own word on table rows is wrong.
    async fn has_boxes(&self, element: &Element) -> bool {
        let Ok(argument) = serde_json::to_value(element) else {
            return false;
        };
        let boxes = "return arguments[0].getClientRects().length > 0";
        self.script_with(boxes, vec![argument])
            .await
            .is_ok_and(|v| v == true)
    }

    /// Whether an element with this `data-testid` is there now.
    pub async fn sees(&self, id: &str) -> anyhow::Result<bool> {
        let selector = format!("[data-testid=\"{id}\"]");
        Ok(!self
            .client()?
            .find_all(Locator::Css(&selector))
            .await?
            .is_empty())
    }

    /// Waits until an element is gone.
    pub async fn gone(&self, id: &str) -> anyhow::Result<()> {
        self.until(&format!("{id} is gone"), || async {
            Ok(!self.sees(id).await?)
        })
        .await
    }

    /// Clicks with the pointer, once the element is there, enabled, and not covered.
    pub async fn click(&self, id: &str) -> anyhow::Result<()> {
        let source = "const found = document.querySelector(`[data-testid=\"${arguments[0]}\"]`);
            if (!found || found.disabled || found.ariaDisabled === 'true') return null;
            found.scrollIntoView({ block: 'nearest', inline: 'nearest' });
            const box = found.getClientRects()[0];
            if (!box) return null;
            const x = Math.round(box.left + box.width / 2);
            const y = Math.round(box.top + box.height / 2);
            const top = document.elementFromPoint(x, y);
            return found.contains(top) ? [x, y] : null";
        let start = Instant::now();
        let (mut before, mut still) = (Value::Null, 0);
        loop {
            let place = self.script_with(source, vec![id.into()]).await?;
            // Four times at the same place: what still moves is clicked beside.
            still = if place == before { still + 1 } else { 0 };
            if let [Some(x), Some(y)] = [place[0].as_i64(), place[1].as_i64()]
                && still >= 3
            {
                return self.point_and_click(x, y).await;
            }
            before = place;
            if start.elapsed() > PATIENCE {
                bail!("{id} can't be clicked: {}", self.page().await);
            }
            tokio::time::sleep(POLL).await;
        }
    }

    async fn point_and_click(&self, x: i64, y: i64) -> anyhow::Result<()> {
        let mouse = MouseActions::new("mouse".to_owned())
            .then(PointerAction::MoveTo {
                duration: None,
                x: x as f64,
                y: y as f64,
            })
            .then(PointerAction::Down {
                button: MOUSE_BUTTON_LEFT,
            })
            .then(PointerAction::Up {
                button: MOUSE_BUTTON_LEFT,
            });
        Ok(self.client()?.perform_actions(mouse).await?)
    }

    /// Puts text into a field, as typing does.
    pub async fn fill(&self, id: &str, text: &str) -> anyhow::Result<()> {
        let element = self.see(id).await?;
        element.clear().await?;
        element.send_keys(text).await?;
        Ok(())
    }

    /// Puts long text into a field as a paste does: at once.
    pub async fn paste(&self, id: &str, text: &str) -> anyhow::Result<()> {
        self.see(id).await?;
        let source = "const [id, text] = arguments;
            const field = document.querySelector(`[data-testid=\"${id}\"]`);
            field.focus();
            field.value = text;
            field.dispatchEvent(new InputEvent('input', { bubbles: true }));";
        self.script_with(source, vec![id.into(), text.into()])
            .await?;
        Ok(())
    }

    /// The text of an element.
    pub async fn text(&self, id: &str) -> anyhow::Result<String> {
        self.see(id).await?;
        let source =
            "return document.querySelector(`[data-testid=\"${arguments[0]}\"]`)?.innerText ?? ''";
        let text = self.script_with(source, vec![id.into()]).await?;
        Ok(text.as_str().unwrap_or_default().to_owned())
    }

    /// Waits until an element's text contains `part`.
    pub async fn says(&self, id: &str, part: &str) -> anyhow::Result<()> {
        let what = format!("{id} says {part:?}");
        self.until(&what, || async {
            Ok(self.sees(id).await? && self.text(id).await?.contains(part))
        })
        .await
    }

    /// Waits until an element shows this path; long ones are shown in two parts.
    pub async fn shows_path(&self, id: &str, path: &Path) -> anyhow::Result<()> {
        let wanted = path.to_str().context("the path is UTF-8")?;
        self.until(&format!("{id} shows {wanted}"), || async {
            let source =
                "const found = document.querySelector(`[data-testid=\"${arguments[0]}\"]`);
                const path = found?.closest('[data-path]') ?? found?.querySelector('[data-path]');
                return path?.dataset.path ?? null";
            Ok(self.script_with(source, vec![id.into()]).await? == wanted)
        })
        .await
    }

    /// Waits for something to become true, at most 20 s.
    pub async fn until<F: Future<Output = anyhow::Result<bool>>>(
        &self,
        what: &str,
        mut holds: impl FnMut() -> F,
    ) -> anyhow::Result<()> {
        let start = Instant::now();
        loop {
            if matches!(holds().await, Ok(true)) {
                return Ok(());
            }
            if start.elapsed() > PATIENCE {
                bail!("waited for {what}: {}", self.page().await);
            }
            tokio::time::sleep(POLL).await;
        }
    }

    /// The page's visible text, for an error. Test values only ever stand there.
    async fn page(&self) -> String {
        match self.script("return document.body.innerText").await {
            Ok(Value::String(text)) => format!("the page says {text:?}"),
            _ => "the page does not answer".to_owned(),
        }
    }

    /// Runs a script that answers through its last argument.
    pub async fn script_async(&self, source: &str) -> anyhow::Result<Value> {
        Ok(self.client()?.execute_async(source, Vec::new()).await?)
    }

    /// Takes a picture once two frames have been painted, so that it is not a stale one.
    pub async fn picture(&self, folder: &Path, name: &str) -> anyhow::Result<PathBuf> {
        let painted = "const done = arguments[arguments.length - 1];
            requestAnimationFrame(() => requestAnimationFrame(() => done(true)))";
        self.client()?.execute_async(painted, Vec::new()).await?;
        // Transitions take up to 150 ms.
        tokio::time::sleep(Duration::from_millis(220)).await;
        let png = self.client()?.screenshot().await?;
        fs::create_dir_all(folder)?;
        let path = folder.join(format!("{name}.png"));
        fs::write(&path, png)?;
        Ok(path)
    }

    /// After a lock the old window is gone; takes hold of its successor.
    pub async fn follow(&mut self) -> anyhow::Result<()> {
        let start = Instant::now();
        loop {
            let client = self.client()?;
            if let Ok(windows) = client.windows().await
                && let [only] = &windows[..]
                && client.switch_to_window(only.clone()).await.is_ok()
                && self.sees("view-unlock").await.unwrap_or(false)
            {
                return Ok(());
            }
            ensure!(
                start.elapsed() < PATIENCE,
                "no fresh window came after the lock"
            );
            tokio::time::sleep(POLL).await;
        }
    }
}

impl Drop for Window {
    fn drop(&mut self) {
        self.end();
    }
}
