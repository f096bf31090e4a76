//! Timed stages: a header before each, its seconds after it, a table and one line that can be parsed at the end.

use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::Result;

use crate::process;
use crate::workspace::Workspace;

/// A run that takes longer has failed, whatever its stages say.
const LIMIT: Duration = Duration::from_secs(40 * 60);

/// One step of a run.
pub(crate) struct Stage {
    pub(crate) name: &'static str,
    /// The stages that must have gone well before this one.
    pub(crate) needs: &'static [&'static str],
    pub(crate) work: fn(&Workspace) -> Result<()>,
}

#[derive(PartialEq)]
enum Outcome {
    Passed,
    Failed,
    NotRun,
}

struct Report {
    name: &'static str,
    outcome: Outcome,
    took: Duration,
    note: String,
}

/// Runs the stages in the order given. One that fails holds back only those that need it, so a run shows all it can.
pub(crate) fn run(workspace: &Workspace, stages: &[&Stage]) -> ExitCode {
    let start = Instant::now();
    process::set_deadline(LIMIT);
    let mut reports: Vec<Report> = Vec::new();
    for stage in stages {
        println!("\n=== {}", stage.name);
        let report = run_stage(workspace, stage, &reports);
        println!(
            "=== {}: {} in {:.1} s {}",
            stage.name,
            word(&report.outcome),
            report.took.as_secs_f64(),
            report.note
        );
        reports.push(report);
    }
    let took = start.elapsed();
    let in_time = took <= LIMIT;
    print!("{}", table(&reports, took));
    if !in_time {
        println!("FAILED: longer than {} minutes", LIMIT.as_secs() / 60);
    }
    let passed = reports
        .iter()
        .filter(|report| report.outcome == Outcome::Passed)
        .count();
    let failed = reports.len() - passed + usize::from(!in_time);
    println!("{passed} passed, {failed} failed");
    if failed == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// `wanted` and all that they need, in the order of `all`.
pub(crate) fn closure<'a>(all: &'a [Stage], wanted: &[String]) -> Vec<&'a Stage> {
    let mut names: Vec<&str> = wanted.iter().map(String::as_str).collect();
    let mut next = 0;
    while let Some(name) = names.get(next).copied() {
        for stage in all.iter().filter(|stage| stage.name == name) {
            names.extend(stage.needs);
        }
        names = deduplicated(names);
        next += 1;
    }
    all.iter()
        .filter(|stage| names.contains(&stage.name))
        .collect()
}

fn deduplicated(names: Vec<&str>) -> Vec<&str> {
    let mut unique: Vec<&str> = Vec::new();
    for name in names {
        if !unique.contains(&name) {
            unique.push(name);
        }
    }
    unique
}

fn run_stage(workspace: &Workspace, stage: &Stage, before: &[Report]) -> Report {
    let start = Instant::now();
    let stopped_by = before
        .iter()
        .find(|report| stage.needs.contains(&report.name) && report.outcome != Outcome::Passed)
        .map(|report| report.name);
    let (outcome, note) = match stopped_by {
        Some(needed) => (Outcome::NotRun, format!("(needs {needed})")),
        None => match (stage.work)(workspace) {
            Ok(()) => (Outcome::Passed, String::new()),
            Err(error) => (Outcome::Failed, format!("({error:#})")),
        },
    };
    Report {
        name: stage.name,
        outcome,
        took: start.elapsed(),
        note,
    }
}

fn table(reports: &[Report], took: Duration) -> String {
    let width = reports
        .iter()
        .map(|report| report.name.len())
        .max()
        .unwrap_or(0)
        .max(5);
    let mut lines = vec![format!("\n{:width$}  {:>8}  result", "stage", "seconds")];
    for Report {
        name,
        outcome,
        took,
        note,
    } in reports
    {
        lines.push(format!(
            "{name:width$}  {:>8.1}  {} {note}",
            took.as_secs_f64(),
            word(outcome)
        ));
    }
    lines.push(format!("{:width$}  {:>8.1}\n", "total", took.as_secs_f64()));
    lines
        .iter()
        .map(|line| line.trim_end())
        .collect::<Vec<_>>()
        .join("\n")
        + "\n"
}

fn word(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Passed => "ok",
        Outcome::Failed => "FAILED",
        Outcome::NotRun => "NOT RUN",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: &[Stage] = &[
        Stage {
            name: "setup",
            needs: &[],
            work: |_| Ok(()),
        },
        Stage {
            name: "install",
            needs: &["setup"],
            work: |_| anyhow::bail!("no network"),
        },
        Stage {
            name: "lint",
            needs: &["install"],
            work: |_| Ok(()),
        },
        Stage {
            name: "fmt",
            needs: &["setup"],
            work: |_| Ok(()),
        },
    ];

    #[test]
    fn a_stage_brings_what_it_needs_in_the_table_s_order() {
        let names = |wanted: &[&str]| -> Vec<&str> {
            let wanted: Vec<String> = wanted.iter().map(|&name| name.to_owned()).collect();
            closure(ALL, &wanted)
                .iter()
                .map(|stage| stage.name)
                .collect()
        };
        assert_eq!(names(&["lint"]), ["setup", "install", "lint"]);
        assert_eq!(names(&["fmt", "setup"]), ["setup", "fmt"]);
    }

    #[test]
    fn a_failure_holds_back_only_what_needs_it() -> Result<()> {
        let workspace = Workspace::locate()?;
        let mut reports = Vec::new();
        for stage in ALL {
            let report = run_stage(&workspace, stage, &reports);
            reports.push(report);
        }
        let words: Vec<&str> = reports.iter().map(|report| word(&report.outcome)).collect();
        assert_eq!(words, ["ok", "FAILED", "NOT RUN", "ok"]);
        assert_eq!(reports[2].note, "(needs install)");
        Ok(())
    }
}
