//! Measures how soon the window paints after the start of its process: the
//! median, least and most of some starts, each with a fresh home. Compares
//! with nothing and fails on no figure.
//!
//! `KEYSTEAD_DESKTOP=target/release/keystead-desktop first_paint [STARTS]`,
//! on a display, as `xvfb-run` brings one.
#![allow(clippy::print_stdout, reason = "saying it is what this program is for")]

use anyhow::{Context as _, ensure};
use keystead_tests::{machine::Machine, window::Window};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let starts = match std::env::args().nth(1) {
        Some(word) => word
            .parse()
            .context("STARTS is a number of starts, such as 11")?,
        None => 11_usize,
    };
    ensure!(starts > 0, "at least one start is needed");
    let mut times = Vec::with_capacity(starts);
    for _ in 0..starts {
        let machine = Machine::new()?;
        let window = Window::open(&machine, &[]).await?;
        times.push(window.first_paint().await?);
    }
    times.sort_by(f64::total_cmp);
    println!(
        "first contentful paint after process start, {starts} starts: median {:.0} ms, least {:.0} ms, most {:.0} ms",
        times[starts / 2],
        times[0],
        times[starts - 1]
    );
    Ok(())
}
