//! `cargo xtask test`: the table of checks. What each one does is in its own module.

use std::process::ExitCode;

use anyhow::Result;

use crate::packages::Use;
use crate::stages::{self, Stage};
use crate::workspace::Workspace;
use crate::{deny, fuzz, peers, rust, setup, ui};

/// In the order they run: what is cheap and often wrong comes first, what compiles comes last.
const STAGES: &[Stage] = &[
    Stage {
        name: "setup",
        needs: &[],
        work: set_up,
    },
    Stage {
        name: "fmt",
        needs: &["setup"],
        work: rust::fmt,
    },
    Stage {
        name: "ui-install",
        needs: &["setup"],
        work: ui::install,
    },
    Stage {
        name: "ui-build",
        needs: &["ui-install"],
        work: ui::build,
    },
    Stage {
        name: "ui-check",
        needs: &["ui-install"],
        work: ui::check,
    },
    Stage {
        name: "ui-lint",
        needs: &["ui-install"],
        work: ui::lint,
    },
    Stage {
        name: "ui-test",
        needs: &["ui-install"],
        work: ui::test,
    },
    Stage {
        name: "deny",
        needs: &["setup"],
        work: deny::check,
    },
    // The desktop embeds ui/dist when it is compiled.
    Stage {
        name: "clippy",
        needs: &["ui-build"],
        work: rust::clippy,
    },
    Stage {
        name: "build",
        needs: &["ui-build"],
        work: rust::build,
    },
    Stage {
        name: "bindings",
        needs: &["build"],
        work: rust::bindings,
    },
    Stage {
        name: "peers",
        needs: &["setup"],
        work: peers::install,
    },
    Stage {
        name: "tests",
        needs: &["build", "peers"],
        work: rust::tests,
    },
    Stage {
        name: "fuzz",
        needs: &["setup"],
        work: fuzz::smoke,
    },
    Stage {
        name: "window",
        needs: &["build", "peers"],
        work: rust::window,
    },
];

/// Runs every stage, or the named ones and what they need.
pub(crate) fn test(workspace: &Workspace, wanted: &[String]) -> Result<ExitCode> {
    let chosen = if wanted.is_empty() {
        STAGES.iter().collect()
    } else {
        stages::closure(STAGES, wanted)
    };
    Ok(stages::run(workspace, &chosen))
}

pub(crate) fn is_stage(name: &str) -> bool {
    stage_names().contains(&name)
}

pub(crate) fn stage_names() -> Vec<&'static str> {
    STAGES.iter().map(|stage| stage.name).collect()
}

fn set_up(workspace: &Workspace) -> Result<()> {
    setup::prepare(workspace, &[Use::Build, Use::Headless, Use::Peers])?;
    setup::ensure_rust_components(workspace)
}
