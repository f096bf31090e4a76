//! The real window: the whole journey, and what must hold of any page in it.
#![allow(clippy::print_stdout, reason = "a journey says its steps")]

use anyhow::{Context as _, Result, ensure};
use keystead_tests::{
    PASSPHRASE,
    cli::Cli,
    journey::{Witness, walk},
    machine::Machine,
    sample_env,
    window::Window,
};
use serde_json::Value;
use std::{
    env, fs,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

struct Printer(Instant);

impl Witness for Printer {
    fn step(&mut self, words: &str) {
        println!("{:6.1} s  {words}", self.0.elapsed().as_secs_f64());
    }

    fn picture(&mut self, _: &Path) {}
}

fn pictures() -> PathBuf {
    let chosen = env::var_os("KEYSTEAD_SCREENSHOTS").map(PathBuf::from);
    chosen.unwrap_or_else(|| env::temp_dir().join("keystead-screenshots"))
}

/// A machine with a vault that holds the sample.
fn filled(machine: &Machine) -> Result<()> {
    let cli = Cli::new(machine)?;
    cli.ok(&["init", "--kdf-memory", "64", "--kdf-passes", "3"])?;
    let sample = sample_env();
    let path = sample.to_str().context("UTF-8")?;
    cli.ok(&["import", path, "-p", "churn-model", "-e", "dev", "--yes"])?;
    Ok(())
}

async fn unlocked(machine: &Machine, arguments: &[&str]) -> Result<Window> {
    let window = Window::open(machine, arguments).await?;
    window.fill("unlock-passphrase", PASSPHRASE).await?;
    window.click("unlock-submit").await?;
    window.see("row-OPENAI_API_KEY").await?;
    Ok(window)
}

#[tokio::test]
async fn the_journey_from_an_empty_folder_to_a_rotated_key() -> Result<()> {
    walk(&pictures().join("journey"), &mut Printer(Instant::now())).await
}

/// Asks the page's own bridge for something and says what it answered.
async fn invoke(window: &Window, command: &str, arguments: &str) -> Result<Value> {
    let source = format!(
        "const done = arguments[arguments.length - 1];
         try {{
           window.__TAURI_INTERNALS__.invoke({command:?}, {arguments})
             .then((v) => done({{ ok: v }}), (e) => done({{ refused: e }}));
         }} catch (error) {{ done({{ refused: String(error) }}); }}"
    );
    window.script_async(&source).await
}

#[tokio::test]
async fn an_injected_script_reaches_the_allow_list_and_nothing_else() -> Result<()> {
    let machine = Machine::new()?;
    filled(&machine)?;
    let window = unlocked(&machine, &[]).await?;
    let status = invoke(
        &window,
        "call",
        r#"{request:{command:"status",request:{}}}"#,
    )
    .await?;
    ensure!(
        status["ok"]["state"] == "unlocked",
        "the positive: {status}"
    );

    let refused = [
        r#"{command:"read",request:{project:"churn-model",environment:"dev",name:"HF_TOKEN",version:"current"}}"#,
        r#"{command:"export",request:{project:"churn-model",environment:"dev",dialect:"shell"}}"#,
        r#"{command:"preview_import",request:{source:{path:"/etc/passwd"},project:"p",environment:"e",dialect:"dotenv"}}"#,
        r#"{command:"open_vault",request:{path:"/tmp/other"}}"#,
        r#"{command:"create_vault",request:{path:"/tmp/other",passphrase:"lantern otter ribbon quarry",kdf:null}}"#,
        r#"{command:"export_file",request:{project:"churn-model",environment:"dev",dialect:"shell",path:"/tmp/out",overwrite:true}}"#,
        r#"{command:"link",request:{project:"churn-model",environment:"dev",folder:"/tmp",file:null,dialect:"shell",add_to_gitignore:false,create_missing:false}}"#,
        r#"{command:"preview_link",request:{project:"churn-model",environment:"dev",folder:"/",file:null,dialect:"shell"}}"#,
    ];
    for request in refused {
        let answer = invoke(&window, "call", &format!("{{request:{request}}}")).await?;
        ensure!(
            answer["refused"]["code"] == "not_allowed",
            "{request}: {answer}"
        );
    }
    for command in [
        "plugin:dialog|open",
        "plugin:dialog|save",
        "plugin:dialog|message",
        "plugin:fs|read_text_file",
        "plugin:shell|execute",
        "plugin:event|emit",
        "plugin:webview|create_webview_window",
        "plugin:window|close",
        "plugin:path|resolve_directory",
        "plugin:app|version",
        "plugin:webview|internal_toggle_devtools",
        "no_such_command",
    ] {
        let answer = invoke(&window, command, "{}").await?;
        ensure!(
            !answer["refused"].is_null(),
            "{command} must not be there: {answer}"
        );
    }
    let frozen = "try { Object.prototype.planted = 1 } catch { } return ({}).planted === undefined";
    ensure!(
        window.script(frozen).await? == true,
        "prototypes are frozen"
    );
    let elsewhere = "const done = arguments[arguments.length - 1];
        fetch('http://127.0.0.1:9/').then(() => done('went'), (e) => done(e.name + ''))";
    let went = window.script_async(elsewhere).await?;
    ensure!(went != "went", "nothing is fetched from elsewhere");
    let style = window
        .script("return getComputedStyle(document.body).fontFamily")
        .await?;
    ensure!(
        style.to_string().contains("Inter"),
        "our own fonts load under the policy: {style}"
    );
    Ok(())
}

#[tokio::test]
async fn the_vault_locks_by_itself_when_nobody_is_there() -> Result<()> {
    let machine = Machine::new()?;
    filled(&machine)?;
    let mut window = unlocked(&machine, &["--idle", "5"]).await?;
    let start = Instant::now();
    window.follow().await?;
    ensure!(start.elapsed() >= Duration::from_secs(3), "not at once");
    window.says("locked-because", "nobody was there").await?;
    Cli::new(&machine)?.ok(&["get", "HF_TOKEN"])?;
    Ok(())
}

#[tokio::test]
async fn the_clipboard_is_cleared_of_our_own_content_alone() -> Result<()> {
    let machine = Machine::new()?;
    filled(&machine)?;
    let window = unlocked(&machine, &[]).await?;
    window.click("row-OPENAI_API_KEY").await?;
    window.click("copy").await?;
    window.see("clipboard").await?;
    let mut ours = arboard::Clipboard::new()?;
    ensure!(ours.get_text()?.starts_with("sk-proj-"), "the positive");
    ours.set_text("somebody else's words")?;
    let start = Instant::now();
    window.gone("clipboard").await.or_else(|error| {
        // The status bar counts 30 s down; one wait is 20 s.
        if start.elapsed() < Duration::from_secs(32) {
            Ok(())
        } else {
            Err(error)
        }
    })?;
    tokio::time::sleep(Duration::from_secs(32).saturating_sub(start.elapsed())).await;
    ensure!(ours.get_text()? == "somebody else's words", "left alone");
    Ok(())
}

/// Runs axe in the page and says each violation.
async fn violations(window: &Window) -> Result<Vec<String>> {
    let axe = Path::new(env!("CARGO_MANIFEST_DIR")).join("../ui/node_modules/axe-core/axe.min.js");
    let axe = fs::read_to_string(axe).context("axe-core comes with `npm ci` in ui")?;
    window.script(&format!("{axe}\nreturn typeof axe")).await?;
    let run = "const done = arguments[arguments.length - 1];
        axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'best-practice'] })
          .then((r) => done(r.violations.map((v) =>
            v.id + ': ' + v.nodes.map((n) => n.target.join(' ')).slice(0, 4).join('; '))),
            (e) => done(['axe failed: ' + e]))";
    let found = window.script_async(run).await?;
    Ok(serde_json::from_value(found)?)
}

async fn look(window: &Window, name: &str) -> Result<()> {
    for theme in ["light", "dark"] {
        let set = "document.documentElement.classList.toggle('dark', arguments[0] === 'dark');
            document.documentElement.style.colorScheme = arguments[0]";
        window.script_with(set, vec![theme.into()]).await?;
        window
            .picture(&pictures().join("screens"), &format!("{name}-{theme}"))
            .await?;
        let found = violations(window).await?;
        ensure!(found.is_empty(), "{name} in {theme}: {found:#?}");
    }
    Ok(())
}

#[tokio::test]
async fn every_screen_is_accessible_in_both_themes() -> Result<()> {
    let machine = Machine::new()?;
    let window = Window::open(&machine, &[]).await?;
    window.see("view-create").await?;
    look(&window, "create").await?;
    drop(window);

    filled(&machine)?;
    let cli = Cli::new(&machine)?;
    let project = machine.repository("churn")?;
    let dir = project.to_str().context("UTF-8")?;
    cli.ok_with(&["set", "HF_TOKEN", "-e", "prod", "--yes"], b"hf_another")?;
    cli.ok(&["link", dir, "-e", "dev", "--yes"])?;
    let file = project.join(".env");
    let edited = fs::read_to_string(&file)?.replace("sk-proj", "sk-edited");
    fs::write(&file, edited)?;

    let window = Window::open(&machine, &[]).await?;
    window.see("view-unlock").await?;
    look(&window, "unlock").await?;
    window.fill("unlock-passphrase", "wrong").await?;
    window.click("unlock-submit").await?;
    window.see("unlock-error").await?;
    look(&window, "unlock-error").await?;
    window.fill("unlock-passphrase", PASSPHRASE).await?;
    window.click("unlock-submit").await?;
    window.see("row-OPENAI_API_KEY").await?;
    look(&window, "workbench").await?;
    window.click("row-OPENAI_API_KEY").await?;
    window.see("inspector").await?;
    look(&window, "inspector").await?;
    window.click("rotate").await?;
    window.see("rotate-dialog").await?;
    look(&window, "rotate").await?;
    window.click("rotate-cancel").await?;
    window.gone("rotate-dialog").await?;
    window.click("import").await?;
    window.see("import-dialog").await?;
    look(&window, "import").await?;
    window.click("import-cancel").await?;
    window.gone("import-dialog").await?;
    window.click("nav-disk").await?;
    window.click("link-row-churn-model-dev").await?;
    window.see("drift").await?;
    look(&window, "disk").await?;
    window.click("nav-audit").await?;
    window.see("events").await?;
    look(&window, "audit").await?;
    window.press("Ctrl+k").await?;
    window.see("palette").await?;
    look(&window, "palette").await
}

#[tokio::test]
async fn the_first_paint_is_soon() -> Result<()> {
    let machine = Machine::new()?;
    let mut times = Vec::new();
    for _ in 0..5 {
        let window = Window::open(&machine, &[]).await?;
        let paint = "const paint = performance.getEntriesByName('first-contentful-paint')[0];
            return paint ? performance.timeOrigin + paint.startTime : null";
        let painted = async || Ok(window.script(paint).await?.is_number());
        window.until("the first paint", painted).await?;
        let painted = window.script(paint).await?.as_f64().context("a paint")?;
        times.push(painted - window.app_started()?);
    }
    times.sort_by(f64::total_cmp);
    println!("first contentful paint after process start, ms: {times:.0?}");
    ensure!(times[0] > 0.0, "the clocks agree");
    Ok(())
}
