//! What only the system knows of the app: its processes, its native dialogs,
//! the size of its window, and when it started.

use super::{PATIENCE, POLL, Window};
use anyhow::{Context as _, ensure};
use std::{
    fs,
    path::Path,
    process::Command,
    time::{Duration, Instant},
};

impl Window {
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

    /// Every process of the app: its own, and those of its web view.
    pub fn app_processes(&self) -> Vec<(u32, String)> {
        let named = |pid: u32| {
            let name = fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default();
            (pid, name.trim().to_owned())
        };
        let all = self.descendants().into_iter().map(named);
        all.filter(|(_, name)| name.starts_with("keystead") || name.starts_with("WebKit"))
            .filter(|(_, name)| name != "WebKitWebDriver")
            .collect()
    }

    /// Resident memory of the process that holds the vault, in megabytes; the web view has processes of its own.
    pub fn host_memory(&self) -> anyhow::Result<f64> {
        let host = self.app_processes().into_iter();
        let (pid, _) = host
            .into_iter()
            .find(|(_, name)| name.starts_with("keystead"))
            .context("the app runs")?;
        let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
        let line = status.lines().find(|line| line.starts_with("VmRSS:"));
        let kib = line.and_then(|line| line.split_whitespace().nth(1));
        let kib: f64 = kib.context("VmRSS")?.parse()?;
        Ok(kib / 1024.0)
    }

    /// Types at the X server, as a keyboard does: past the driver, whose messages hold what it types.
    pub async fn type_at_the_system(&self, text: &str) -> anyhow::Result<()> {
        run("xdotool", &["type", "--delay", "15", text]).await?;
        Ok(())
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

    /// Gives the window another size, as dragging its border does.
    pub async fn resize(&self, width: u32, height: u32) -> anyhow::Result<()> {
        let found = run(
            "xdotool",
            &["search", "--onlyvisible", "--name", "^Keystead$"],
        )
        .await?;
        let id = found.lines().last().context("the app has a window")?;
        let (wide, high) = (width.to_string(), height.to_string());
        run("xdotool", &["windowsize", id, &wide, &high]).await?;
        self.until(&format!("the window is {width} px wide"), || async {
            Ok(self.script("return innerWidth").await?.as_u64() == Some(width.into()))
        })
        .await
    }

    /// Answers a native GTK dialog of this title with a path, by keyboard.
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

    /// Milliseconds from the start of the app's process to its first contentful paint. Starts are
    /// counted in clock ticks: it is 10 ms coarse.
    pub async fn first_paint(&self) -> anyhow::Result<f64> {
        let source = "const paint = performance.getEntriesByName('first-contentful-paint')[0];
            return paint ? performance.timeOrigin + paint.startTime : null";
        let start = Instant::now();
        loop {
            if let Some(painted) = self.script(source).await?.as_f64() {
                return Ok(painted - self.app_started()?);
            }
            ensure!(start.elapsed() < PATIENCE, "nothing was painted");
            tokio::time::sleep(POLL).await;
        }
    }

    /// When the app's process started, in milliseconds since the epoch.
    fn app_started(&self) -> anyhow::Result<f64> {
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
        // The boot time in /proc/stat is whole seconds; the uptime gives the rest.
        let uptime: f64 = fs::read_to_string("/proc/uptime")?
            .split_whitespace()
            .next()
            .context("an uptime")?
            .parse()?;
        let now = std::time::SystemTime::now()
            .duration_since(std::time::UNIX_EPOCH)?
            .as_secs_f64();
        Ok((now - uptime + ticks / 100.0) * 1000.0)
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
