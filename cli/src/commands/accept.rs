use super::{Context, share};
use crate::{domain_args::AcceptArgs, prompt, terminal};
use keystead_workbench::api::{
    AcceptInviteRequest, ApiError, Code, MemberTrust, ReadInviteRequest,
};

/// Joins the space of an invite, once the person agreed to who sent it.
pub(crate) fn run(context: &Context, args: &AcceptArgs) -> Result<(), ApiError> {
    let text = share::text_of(&args.file)?;
    let read = context
        .workbench
        .ask(ReadInviteRequest { text: text.clone() })?;
    terminal::note(&format!(
        "{} invites you into {}; {}",
        read.from.name,
        read.space,
        match read.trust {
            MemberTrust::Verified => "their safety number was compared",
            MemberTrust::Changed => {
                "another card is kept under their name: compare the safety number before you join"
            }
            _ => "compare the safety number with them, by another way than the invite came",
        }
    ));
    let groups: Vec<&str> = read.safety_number.split(' ').collect();
    groups
        .chunks(4)
        .for_each(|line| terminal::note(&line.join(" ")));
    if let Some(place) = &read.place {
        terminal::note(&format!("it is kept at {place}"));
    }
    let otherwise = ApiError::new(
        Code::NeedsConfirmation,
        "Joining a space asks first.",
        "Say --yes, or ask in a terminal.",
    );
    prompt::agree(&context.global, "Join it?", otherwise)?;
    let joined = context.workbench.ask(AcceptInviteRequest { text })?;
    if context.global.json {
        terminal::json(&joined);
        return Ok(());
    }
    let entered = joined.spaces.iter().find(|space| space.entered);
    let name = entered.map_or(&read.space, |space| &space.name);
    terminal::note(&format!(
        "joined {name}; `keystead --space {name} sync` brings what is in it"
    ));
    Ok(())
}
