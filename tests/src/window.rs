//! The real window: `keystead-desktop` under WebKitWebDriver.

use crate::machine::{Machine, binary};
use anyhow::{Context as _, bail, ensure};
use fantoccini::{
    Client, ClientBuilder, Locator,
    actions::{InputSource, KeyAction, KeyActions, MOUSE_BUTTON_LEFT, MouseActions, PointerAction},
    elements::Element,
    key::Key,
};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use std::{
    fs,
    net::TcpListener,
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
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
            if (!found || found.disabled) return null;
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

    /// Presses keys where the focus is: `"Ctrl+l"`, `"Enter"`, `"Escape"`, `"/"`, `"ArrowDown"`.
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
                "ArrowDown" => char::from(Key::Down),
                "ArrowUp" => char::from(Key::Up),
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

    /// Ids of the web processes below the app.
    pub fn web_processes(&self) -> Vec<u32> {
        let group = self.descendants();
        group
            .into_iter()
            .filter(|pid| {
                let name = fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default();
                name.starts_with("WebKitWebProces")
            })
            .collect()
    }

    fn descendants(&self) -> Vec<u32> {
        let mut found = vec![self.driver.id()];
        let mut index = 0;
        while index < found.len() {
            let children = format!("/proc/{0}/task/{0}/children", found[index]);
            let text = fs::read_to_string(children).unwrap_or_default();
            found.extend(
                text.split_whitespace()
                    .filter_map(|pid| pid.parse::<u32>().ok()),
            );
            index += 1;
        }
        found
    }

    /// Answers a native GTK dialog of this title with a path.
    pub async fn answer_dialog(&self, title: &str, path: &Path) -> anyhow::Result<()> {
        let found = run(
            "xdotool",
            &["search", "--sync", "--onlyvisible", "--name", title],
        )
        .await?;
        let id = found
            .lines()
            .last()
            .context("the dialog has no window")?
            .to_owned();
        run("xdotool", &["windowactivate", "--sync", &id]).await?;
        tokio::time::sleep(Duration::from_millis(400)).await;
        let path = path.to_str().context("the path is UTF-8")?;
        // A slash opens the dialog's own location field, which takes a moment
        // and loses what is typed meanwhile.
        run("xdotool", &["key", "slash"]).await?;
        tokio::time::sleep(Duration::from_millis(700)).await;
        let rest = path.strip_prefix('/').context("the path is absolute")?;
        run("xdotool", &["type", "--delay", "15", rest]).await?;
        tokio::time::sleep(Duration::from_millis(600)).await;
        // What the field completed by itself is selected; it is not what was meant.
        run("xdotool", &["key", "Delete"]).await?;
        run("xdotool", &["key", "Return"]).await?;
        let start = Instant::now();
        loop {
            let open = run("xdotool", &["search", "--onlyvisible", "--name", title]).await;
            if open.is_err() || open.is_ok_and(|ids| ids.trim().is_empty()) {
                return Ok(());
            }
            if start.elapsed() > Duration::from_secs(3) {
                // The first Return may only have closed the completion list.
                run("xdotool", &["key", "Return"]).await?;
            }
            ensure!(
                start.elapsed() < PATIENCE,
                "the dialog {title:?} did not close"
            );
            tokio::time::sleep(Duration::from_millis(300)).await;
        }
    }

    /// Ends the app, as a power cut does: nothing is said to it.
    pub fn end(&mut self) {
        self.client = None;
        // The app is not always in the driver's group: end what descends from it too.
        for pid in self.descendants().into_iter().rev() {
            if let Some(pid) = i32::try_from(pid)
                .ok()
                .and_then(rustix::process::Pid::from_raw)
            {
                // Gone already is what we want.
                let _ = rustix::process::kill_process(pid, rustix::process::Signal::KILL);
            }
        }
        let _ = self.driver.wait();
    }
}

impl Drop for Window {
    fn drop(&mut self) {
        self.end();
    }
}

/// Runs a program and gives its output; its failure is an error.
async fn run(program: &str, words: &[&str]) -> anyhow::Result<String> {
    let words: Vec<String> = words.iter().map(|&w| w.to_owned()).collect();
    let name = program.to_owned();
    let output = tokio::task::spawn_blocking(move || {
        Command::new("timeout")
            .arg("20")
            .arg(&name)
            .args(words)
            .output()
    })
    .await??;
    ensure!(output.status.success(), "{program} failed");
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// What needs more than one answer from the page, or the system's word on the app.
impl Window {
    /// Runs a script that answers through its last argument.
    pub async fn script_async(&self, source: &str) -> anyhow::Result<Value> {
        Ok(self.client()?.execute_async(source, Vec::new()).await?)
    }

    /// When the app's process started, in milliseconds since the epoch.
    pub fn app_started(&self) -> anyhow::Result<f64> {
        let named = |pid: &u32| {
            fs::read_to_string(format!("/proc/{pid}/comm"))
                .is_ok_and(|comm| comm.trim().starts_with("keystead-deskto"))
        };
        let pid = self
            .descendants()
            .into_iter()
            .find(named)
            .context("the app runs")?;
        let stat = fs::read_to_string(format!("/proc/{pid}/stat"))?;
        // Field 22, counted behind the name, which may hold spaces: clock ticks since boot.
        let fields = stat.rsplit(')').next().context("a name")?;
        let ticks: f64 = fields
            .split_whitespace()
            .nth(19)
            .context("a start")?
            .parse()?;
        let boot = fs::read_to_string("/proc/stat")?;
        let boot = boot
            .lines()
            .find_map(|l| l.strip_prefix("btime "))
            .context("a boot time")?;
        // btime is whole seconds; the uptime gives the rest.
        let uptime: f64 = fs::read_to_string("/proc/uptime")?
            .split_whitespace()
            .next()
            .context("an uptime")?
            .parse()?;
        let now = std::time::SystemTime::now()
            .duration_since(std::time::UNIX_EPOCH)?
            .as_secs_f64();
        ensure!(
            (now - uptime - boot.parse::<f64>()?).abs() < 3.0,
            "the clocks agree"
        );
        Ok((now - uptime + ticks / 100.0) * 1000.0)
    }
}
