//! Developer entry points: `cargo xtask run | test | …`. Installs what is missing, builds, checks, starts.
//!
//! Standard library and `anyhow` only, so that a fresh machine has it compiled in seconds. Holds no product code.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a build tool talks to the terminal it was started from"
)]

mod bench_peers;
mod campaigns;
mod chroot;
mod deny;
mod fuzz;
mod packages;
mod peers;
mod process;
mod run;
mod rust;
mod setup;
mod stages;
mod stamp;
mod test;
mod tools;
mod ui;
mod workspace;

use std::process::ExitCode;

use anyhow::Result;

use crate::workspace::Workspace;

const USAGE: &str = "\
cargo xtask COMMAND

  run [--window] [-- ARGS]   install what is missing, build, open the window. Without a display: run the
                             journey in the real window under Xvfb; --window opens the window even then.
                             ARGS go to keystead-desktop.
  test [STAGE…]              set-up and every check, timed; with STAGEs only these and what they need:
                             STAGES
  bindings                   write ui/src/lib/bindings from the workbench crate
  bench [BENCH [ARGS…]]      run one bench, or all of them: core, vault, host
  bench-peers                install pass, age, KeePassXC, dotenvx and OpenBao, and measure one read by each beside keystead
  fuzz [--seconds N] [TARGET…]
                             fuzz the parsers, each target for N seconds (600)
  mutants [-- ARGS]          mutate the crypto core, whose tests must notice; ARGS go to cargo-mutants
  timing [MEASUREMENTS]      constant-time checks of the comparisons that meet secrets
  chroot [--suite bookworm|trixie] [--keep] [run | test [STAGE…] | -- COMMAND]
                             the same on a clean machine: a fresh Debian in target/chroot with this
                             toolchain and Node read-only (needs root). --keep enters the last one as it is.
  help                       this text

Environment: CI (a check that cannot run fails; 40 minutes at most), CARGO_TARGET_DIR, KEYSTEAD_SKIP_SETUP=1
(trust that the system packages are there).
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let Some(command) = Command::parse(&arguments) else {
        eprint!("{}", usage());
        return ExitCode::from(2);
    };
    match command.execute() {
        Ok(code) => code,
        Err(error) => {
            eprintln!("\nxtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}

#[derive(Debug, PartialEq)]
enum Command {
    Run {
        window: bool,
        arguments: Vec<String>,
    },
    Test {
        stages: Vec<String>,
    },
    Bindings,
    Bench {
        arguments: Vec<String>,
    },
    BenchPeers,
    Fuzz {
        targets: Vec<String>,
        seconds: u32,
    },
    Mutants {
        arguments: Vec<String>,
    },
    Timing {
        arguments: Vec<String>,
    },
    Chroot(chroot::Request),
    ChrootInside(chroot::Request),
    Help,
}

impl Command {
    /// Reads the command line; `None` for anything that is not in the usage text.
    fn parse(arguments: &[String]) -> Option<Self> {
        let (name, rest) = arguments.split_first()?;
        let (own, passed) = match rest.iter().position(|argument| argument == "--") {
            Some(at) => (&rest[..at], Some(&rest[at + 1..])),
            None => (rest, None),
        };
        let arguments = passed.unwrap_or_default().to_vec();
        match (name.as_str(), own) {
            ("run", []) => Some(Self::Run {
                window: false,
                arguments,
            }),
            ("run", [flag]) if flag == "--window" => Some(Self::Run {
                window: true,
                arguments,
            }),
            ("test", stages)
                if passed.is_none() && stages.iter().all(|stage| test::is_stage(stage)) =>
            {
                Some(Self::Test {
                    stages: stages.to_vec(),
                })
            }
            ("bindings", []) if passed.is_none() => Some(Self::Bindings),
            ("bench", own) if passed.is_none() => Some(Self::Bench {
                arguments: own.to_vec(),
            }),
            ("bench-peers", []) if passed.is_none() => Some(Self::BenchPeers),
            ("fuzz", own) if passed.is_none() => {
                let (seconds, targets) = match own {
                    [flag, seconds, targets @ ..] if flag == "--seconds" => {
                        (seconds.parse().ok()?, targets)
                    }
                    targets => (600, targets),
                };
                targets
                    .iter()
                    .all(|target| fuzz::is_target(target))
                    .then(|| Self::Fuzz {
                        targets: targets.to_vec(),
                        seconds,
                    })
            }
            ("mutants", []) => Some(Self::Mutants { arguments }),
            ("timing", own) if passed.is_none() && own.len() <= 1 => Some(Self::Timing {
                arguments: own.to_vec(),
            }),
            ("chroot", own) => chroot::Request::parse(own, passed).map(Self::Chroot),
            ("chroot-inside", own) => chroot::Request::parse(own, passed).map(Self::ChrootInside),
            ("help" | "--help" | "-h", _) => Some(Self::Help),
            _ => None,
        }
    }

    fn execute(self) -> Result<ExitCode> {
        if self == Self::Help {
            print!("{}", usage());
            return Ok(ExitCode::SUCCESS);
        }
        let workspace = Workspace::locate()?;
        match self {
            Self::Run { window, arguments } => run::run(&workspace, window, &arguments),
            Self::Test { stages } => test::test(&workspace, &stages),
            Self::Bindings => rust::write_bindings(&workspace).map(|()| ExitCode::SUCCESS),
            Self::Bench { arguments } => {
                rust::bench(&workspace, &arguments).map(|()| ExitCode::SUCCESS)
            }
            Self::BenchPeers => bench_peers::run(&workspace).map(|()| ExitCode::SUCCESS),
            Self::Fuzz { targets, seconds } => {
                fuzz::run(&workspace, &targets, seconds).map(|()| ExitCode::SUCCESS)
            }
            Self::Mutants { arguments } => {
                campaigns::mutants(&workspace, &arguments).map(|()| ExitCode::SUCCESS)
            }
            Self::Timing { arguments } => {
                campaigns::timing(&workspace, &arguments).map(|()| ExitCode::SUCCESS)
            }
            Self::Chroot(request) => chroot::enter_fresh(&workspace, &request),
            Self::ChrootInside(request) => chroot::inside::execute(&workspace, &request),
            Self::Help => Ok(ExitCode::SUCCESS),
        }
    }
}

fn usage() -> String {
    let margin = " ".repeat(29);
    let names = test::stage_names();
    let lines: Vec<String> = names.chunks(7).map(|names| names.join(", ")).collect();
    USAGE.replace("STAGES", &lines.join(&format!(",\n{margin}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Option<Command> {
        let arguments: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        Command::parse(&arguments)
    }

    #[test]
    fn what_the_usage_names_is_understood() {
        assert_eq!(
            parse("run --window -- --vault /v"),
            Some(Command::Run {
                window: true,
                arguments: vec!["--vault".into(), "/v".into()]
            })
        );
        assert_eq!(
            parse("test fmt peers"),
            Some(Command::Test {
                stages: vec!["fmt".into(), "peers".into()]
            })
        );
        assert_eq!(
            parse("fuzz --seconds 5 wrap"),
            Some(Command::Fuzz {
                targets: vec!["wrap".into()],
                seconds: 5
            })
        );
        assert_eq!(parse("bindings"), Some(Command::Bindings));
        assert_eq!(parse("help"), Some(Command::Help));
        for line in [
            "chroot",
            "chroot --suite trixie test fmt",
            "chroot --keep -- cargo --version",
        ] {
            assert!(matches!(parse(line), Some(Command::Chroot(_))), "{line}");
        }
    }

    #[test]
    fn anything_else_is_a_usage_error() {
        for line in [
            "",
            "walk",
            "run now",
            "test walk",
            "bindings -- x",
            "chroot --suite",
            "chroot --suite sid",
            "chroot walk",
            "fuzz walk",
            "fuzz --seconds",
            "fuzz --seconds many",
        ] {
            assert_eq!(parse(line), None, "{line}");
        }
    }
}
