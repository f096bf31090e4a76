use super::{Context, grant, share};
use crate::{domain_args::InviteArgs, terminal};
use keystead_workbench::api::{ApiError, Code, ExpiryChoice, InviteRequest, NewGrantView};
use std::{fs::OpenOptions, io::Write as _, os::unix::fs::OpenOptionsExt as _, path::Path};

/// Invites somebody into the space.
pub(crate) fn run(context: &Context, args: &InviteArgs) -> Result<(), ApiError> {
    let card = share::text_of(&args.card)?;
    let grants = args.grant.iter().map(|grant| parsed(grant, args.until));
    let grants = grants.collect::<Result<Vec<_>, _>>()?;
    let invited = context.workbench.ask(InviteRequest {
        card,
        grants,
        history: args.with_history,
        with_keys: !args.no_keys,
    })?;
    let text = invited.invites.concat();
    if let Some(path) = &args.output {
        write_new(path, &text)?;
    }
    if context.global.json {
        terminal::json(&invited);
        return Ok(());
    }
    if args.output.is_none() {
        text.lines().for_each(terminal::line);
    }
    terminal::note(&format!(
        "{} is a member; they accept with `keystead accept`, once `keystead sync` has told the storage",
        invited.name
    ));
    if invited.with_keys {
        terminal::note("the keys of the storage are in the invite, sealed for their device");
    }
    Ok(())
}

/// Writes what was made to a new file. It must not be lost with the file: where that can't be written, it is printed.
pub(super) fn write_new(path: &Path, text: &str) -> Result<(), ApiError> {
    let written = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
        .and_then(|mut file| file.write_all(text.as_bytes()));
    written.map_err(|error| {
        text.lines().for_each(terminal::line);
        ApiError::new(
            Code::Io,
            format!("{} can't be written: {error}.", path.display()),
            "The text stands above; send that.",
        )
    })
}

fn parsed(text: &str, until: Option<ExpiryChoice>) -> Result<NewGrantView, ApiError> {
    let (place, role) = text.rsplit_once('=').ok_or_else(|| {
        ApiError::new(
            Code::InvalidInput,
            format!("{text} is no PLACE=ROLE."),
            "For example shop/dev=editor, shop=reader or space=owner.",
        )
    })?;
    Ok(NewGrantView {
        place: place.to_owned(),
        role: role.to_owned(),
        expires: grant::ends(until),
    })
}
