use super::Context;
use crate::terminal;
use keystead_workbench::api::{ApiError, DriftChange, GitState, LinkState, LinkView, LinksRequest};

/// Lists links and what is on disk compared to the vault.
pub(crate) fn run(context: &Context) -> Result<(), ApiError> {
    let view = context.workbench.ask(LinksRequest {})?;
    if context.global.json {
        terminal::json(&view);
    } else if view.links.is_empty() {
        terminal::note("No folder is linked yet. Link one with `keystead link DIR`.");
    } else {
        print(&view.links);
    }
    Ok(())
}

/// Links as a table, with what drifted below.
pub(super) fn print(links: &[LinkView]) {
    let rows: Vec<_> = links.iter().map(row).collect();
    let head = ["STATE", "FILE", "PROJECT", "ENV", "SECRETS", "GIT"];
    terminal::table(&head, &rows);
    for link in links {
        if let Some(problem) = &link.problem {
            terminal::line(&format!("  {}", problem.message));
        }
        let Some(drift) = &link.drift else { continue };
        for row in &drift.rows {
            let change = match row.change {
                DriftChange::Changed => "changed in the file",
                DriftChange::Removed => "taken out of the file",
            };
            terminal::line(&format!("  {}: {change}", row.name));
        }
        if drift.other_lines {
            terminal::line("  other lines changed");
        }
        if let Some(problem) = &drift.unreadable {
            terminal::line(&format!("  can't be read: {problem}"));
        }
    }
}

fn row(link: &LinkView) -> Vec<String> {
    let state = match link.state {
        LinkState::Current => "current",
        LinkState::Stale => "stale",
        LinkState::Drifted => "drifted",
        LinkState::Missing => "missing",
    };
    let git = match link.git.state {
        GitState::NoRepository => "no repository",
        GitState::Ignored => "ignored",
        GitState::NotIgnored => "NOT IGNORED",
    };
    vec![
        state.to_owned(),
        format!("{}/{}", link.folder, link.file),
        link.project.clone(),
        link.environment.clone(),
        link.secrets.to_string(),
        git.to_owned(),
    ]
}
