use super::{Context, utf8_path};
use crate::{
    commands::audit::utc,
    domain_args::{RemoteArgs, RemoteCommand},
    terminal,
};
use keystead_workbench::api::{
    ApiError, ForgetRemoteRequest, SetRemoteRequest, SpaceView, SpacesRequest,
};

/// Says where a space is kept, and how it went.
pub(crate) fn run(context: &Context, args: &RemoteArgs) -> Result<(), ApiError> {
    let spaces = match &args.command {
        Some(RemoteCommand::Add { place, keys }) => context.workbench.ask(SetRemoteRequest {
            place: match place.contains("://") {
                true => place.clone(),
                false => utf8_path(place.as_ref())?,
            },
            keys: keys.clone(),
        })?,
        Some(RemoteCommand::Remove) => context.workbench.ask(ForgetRemoteRequest {})?,
        Some(RemoteCommand::Status) | None => context.workbench.ask(SpacesRequest {})?,
    };
    if context.global.json {
        terminal::json(&spaces);
        return Ok(());
    }
    let shared = spaces.spaces.iter().filter(|space| space.shared);
    let rows: Vec<_> = shared.map(row).collect();
    terminal::table(
        &[
            "SPACE",
            "KEPT AT",
            "KEYS",
            "SAME AT",
            "TO PUBLISH",
            "REQUESTS",
            "BYTES",
            "PROBLEM",
        ],
        &rows,
    );
    Ok(())
}

fn row(space: &SpaceView) -> Vec<String> {
    let Some(remote) = &space.remote else {
        let nowhere = ["nowhere else", "", "", "", "", "", ""];
        let mut row = vec![space.name.clone()];
        row.extend(nowhere.map(str::to_owned));
        row[4] = space.unpublished.to_string();
        return row;
    };
    vec![
        space.name.clone(),
        remote.place.clone(),
        remote.keys.clone().unwrap_or_default(),
        remote.last_ok.map_or_else(|| "never".to_owned(), utc),
        space.unpublished.to_string(),
        remote.requests.to_string(),
        format!("{} in, {} out", remote.received, remote.sent),
        remote.problem.clone().unwrap_or_default(),
    ]
}
