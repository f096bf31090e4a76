use super::Context;
use crate::{
    commands::audit::utc,
    domain_args::{SpaceArgs, SpaceCommand},
    terminal,
};
use keystead_workbench::api::{ApiError, CreateSpaceRequest, SpaceView, SpacesRequest};

/// Lists the vault's spaces, or makes one.
pub(crate) fn run(context: &Context, args: &SpaceArgs) -> Result<(), ApiError> {
    let listed = match &args.command {
        Some(SpaceCommand::Create { name }) => {
            let made = context
                .workbench
                .ask(CreateSpaceRequest { name: name.clone() })?;
            terminal::note(&format!(
                "made the space {name}; work in it with --space {name}"
            ));
            made
        }
        None => context.workbench.ask(SpacesRequest {})?,
    };
    if context.global.json {
        terminal::json(&listed);
        return Ok(());
    }
    let rows: Vec<_> = listed.spaces.iter().map(row).collect();
    terminal::table(&["SPACE", "FOR", "KEPT AT", "SAME AT", "TO PUBLISH"], &rows);
    Ok(())
}

fn row(space: &SpaceView) -> Vec<String> {
    let remote = space.remote.as_ref();
    vec![
        space.name.clone(),
        if space.shared { "a team" } else { "yourself" }.to_owned(),
        remote.map_or_else(String::new, |remote| remote.place.clone()),
        remote
            .and_then(|remote| remote.last_ok)
            .map_or_else(String::new, utc),
        match space.shared {
            true => space.unpublished.to_string(),
            false => String::new(),
        },
    ]
}
