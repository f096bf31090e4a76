//! Walks the journey in the real window and says each step: what `cargo xtask
//! run` does where there is no display to open a window on.
#![allow(clippy::print_stdout, reason = "saying it is what this program is for")]

use keystead_tests::journey::{Witness, walk};
use std::{
    env,
    path::{Path, PathBuf},
    process::ExitCode,
    time::Instant,
};

struct Printer {
    start: Instant,
}

impl Witness for Printer {
    fn step(&mut self, words: &str) {
        println!("{:6.1} s  {words}", self.start.elapsed().as_secs_f64());
    }

    fn picture(&mut self, path: &Path) {
        println!("          {}", path.display());
    }
}

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            println!("the journey does not hold: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> anyhow::Result<()> {
    let pictures = env::var_os("KEYSTEAD_SCREENSHOTS")
        .map_or_else(|| env::temp_dir().join("keystead-journey"), PathBuf::from);
    let start = Instant::now();
    walk(&pictures, &mut Printer { start }).await?;
    println!(
        "the journey holds, in {:.1} s",
        start.elapsed().as_secs_f64()
    );
    Ok(())
}
