//! Measures the real window over a large vault: how soon the rows of a project are painted, how soon those that a typed
//! letter leaves, how soon the palette, how many frames a second a scroll gets, and what the process holds.
//! Compares with nothing and fails on no figure. `KEYSTEAD_SCREENSHOTS=FOLDER` keeps a picture of each.
//!
//! `KEYSTEAD_CLI=… KEYSTEAD_DESKTOP=target/release/keystead-desktop window_pace [SECRETS]…`, on a display, as `xvfb-run`
//! brings one. For each number of secrets it looks at a vault of projects of a thousand, and at one of one project.
#![allow(clippy::print_stdout, reason = "saying it is what this program is for")]

use anyhow::{Context as _, Result};
use keystead_tests::{cli::Cli, machine::Machine, window::Window};
use std::fs;

/// Waits until something is painted, and says after how many milliseconds.
const PAINTED: &str = "const painted = (act, holds) => new Promise((done) => {
  const begin = performance.now();
  act();
  const look = () => holds()
    ? requestAnimationFrame(() => done(performance.now() - begin))
    : requestAnimationFrame(look);
  requestAnimationFrame(look);
});
const named = (id) => document.querySelector(`[data-testid=\"${id}\"]`);
const done = arguments[arguments.length - 1];
";

#[tokio::main]
async fn main() -> Result<()> {
    let sizes: Vec<usize> = match std::env::args()
        .skip(1)
        .filter_map(|word| word.parse().ok())
        .collect()
    {
        given if !Vec::is_empty(&given) => given,
        _ => vec![1_000, 10_000, 100_000],
    };
    println!(
        "{:>8} {:>9} {:>9} {:>9} {:>9} {:>9} {:>10} {:>8} {:>8} {:>8} {:>8} {:>8}",
        "secrets",
        "of one",
        "open, ms",
        "key, ms",
        "key max",
        "palette",
        "found, ms",
        "fps",
        "worst",
        "bare fps",
        "bare ms",
        "host MB"
    );
    for size in sizes {
        measure(size, 1_000).await?;
        if size > 1_000 {
            measure(size, size).await?;
        }
    }
    Ok(())
}

async fn measure(size: usize, of_project: usize) -> Result<()> {
    let machine = Machine::new()?;
    let cli = Cli::new(&machine)?;
    cli.ok(&["init", "--kdf-memory", "64", "--kdf-passes", "3"])?;
    for first in (0..size).step_by(of_project) {
        let project = format!("project-{:03}", first / of_project);
        for environment in ["dev", "staging", "prod"] {
            // Stands first in its project, and in no other.
            let mut text = format!("A_OF_{project}=x\n").replace('-', "_");
            for at in 1..of_project.min(size - first) {
                let kind = ["OPENAI_API_KEY", "DATABASE_URL", "HF_TOKEN", "REDIS_URL"][at % 4];
                text.push_str(&format!(
                    "{kind}_{at:06}=made-up-{environment}-{first}-{at}\n"
                ));
            }
            let path = machine.root().join("import.env");
            fs::write(&path, text)?;
            let path = path.to_str().context("UTF-8")?;
            let place = ["-p", &project, "-e", environment, "--yes"];
            let words: Vec<&str> = ["import", path].into_iter().chain(place).collect();
            cli.ok(&words)?;
        }
    }
    let window = Window::open(&machine, &[]).await?;
    window
        .fill("unlock-passphrase", keystead_tests::PASSPHRASE)
        .await?;
    window.click("unlock-submit").await?;
    let patience = "the first rows";
    window
        .until(patience, || async {
            let rows = "return document.querySelectorAll('[data-testid^=\"row-\"]').length > 5";
            Ok(window.script(rows).await? == true)
        })
        .await?;
    let number = async |source: &str| -> Result<f64> {
        let answer = window.script_async(&format!("{PAINTED}{source}")).await;
        let answer = answer.with_context(|| source.to_owned())?;
        answer
            .as_f64()
            .with_context(|| format!("{source} gave {answer}"))
    };

    // Another project; where there is one only, the way back to it from another view.
    let other = match size > of_project {
        true => "project-project-001",
        false => {
            window.click("nav-audit").await?;
            window.gone("matrix").await?;
            "nav-workbench"
        }
    };
    let first = match size > of_project {
        true => "row-A_OF_project_001",
        false => "row-A_OF_project_000",
    };
    let source =
        format!("painted(() => named('{other}').click(), () => named('{first}')).then(done);");
    let open = number(&source).await?;
    // Each leaves other rows than the one before, so that what is painted is told from what was.
    let mut keys = Vec::new();
    for typed in [
        "hf",
        "redis",
        "open",
        "data",
        "redis_u",
        "hf_t",
        "env:prod open",
        "",
    ] {
        let source = format!(
            "const field = named('filter');
             const first = () => document.querySelector('[data-testid^=\"row-\"]')?.dataset.testid;
             const before = first();
             painted(() => {{
               field.value = {typed:?};
               field.dispatchEvent(new InputEvent('input', {{ bubbles: true }}));
             }}, () => first() !== before).then(done);
             setTimeout(() => done(null), 5000);"
        );
        keys.push(number(&source).await?);
    }
    keys.sort_by(f64::total_cmp);
    let (key, most) = (keys[keys.len() / 2], keys[keys.len() - 1]);
    let palette = number(
        "painted(() => named('palette-trigger').click(), () => named('palette-input')).then(done);",
    )
    .await?;
    let found = number(
        "const field = named('palette-input');
         painted(() => { field.value = 'redis';
           field.dispatchEvent(new InputEvent('input', { bubbles: true })); },
           () => document.querySelector('[data-testid^=\"palette-secret-\"]')).then(done);",
    )
    .await?;
    window.press("Escape").await?;
    window.gone("palette").await?;
    if let Some(pictures) = std::env::var_os("KEYSTEAD_SCREENSHOTS") {
        let name = format!("rows-{size}-of-{of_project}");
        window.picture(pictures.as_ref(), &name).await?;
    }

    // Three seconds of a steady scroll, there and back: of the matrix, and of bare lines of text as a floor.
    let scroll = |list: &str| {
        format!(
            "const done = arguments[arguments.length - 1];
             const list = {list};
             let last = null, step = 40, count = 0, worst = 0, begin = null;
             const frame = (now) => {{
               if (begin === null) begin = now;
               if (last !== null) {{ count += 1; worst = Math.max(worst, now - last); }}
               last = now;
               if (list.scrollTop + list.clientHeight >= list.scrollHeight) step = -40;
               if (list.scrollTop <= 0) step = 40;
               list.scrollTop += step;
               if (now - begin < 3000) requestAnimationFrame(frame);
               else done([count / ((now - begin) / 1000), worst]);
             }};
             requestAnimationFrame(frame);"
        )
    };
    let frames = window
        .script_async(&scroll("document.getElementById('matrix')"))
        .await?;
    window
        .script(
            "const bare = document.createElement('pre');
             bare.id = 'bare';
             bare.style = 'position:fixed;inset:0;overflow:auto;background:white;z-index:99';
             bare.textContent = Array.from({ length: 2000 }, (_, at) => `line ${at}`).join('\\n');
             document.body.append(bare);",
        )
        .await?;
    let bare = window
        .script_async(&scroll("document.getElementById('bare')"))
        .await?;
    let mut least = Vec::new();
    for _ in 0..8 {
        let word = "const bare = document.getElementById('bare');
             painted(() => { bare.textContent = 'other words'; bare.scrollTop = 0; }, () => true).then(done);";
        least.push(number(word).await?);
    }
    least.sort_by(f64::total_cmp);
    let least = least[least.len() / 2];
    let memory = window.host_memory()?;
    println!(
        "{size:>8} {of_project:>9} {open:>9.0} {key:>9.0} {most:>9.0} {palette:>9.0} {found:>10.0} {:>8.1} {:>8.0} {:>8.1} {least:>8.0} {memory:>8.0}",
        frames[0].as_f64().unwrap_or_default(),
        frames[1].as_f64().unwrap_or_default(),
        bare[0].as_f64().unwrap_or_default(),
    );
    Ok(())
}
