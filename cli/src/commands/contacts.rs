use super::{Context, share};
use crate::{commands::audit::utc, domain_args::ContactsArgs, terminal};
use keystead_workbench::api::{
    ApiError, ContactView, ContactsRequest, ForgetContactRequest, PinCardRequest,
};

/// Lists whose cards are kept, or keeps or forgets one.
pub(crate) fn run(context: &Context, args: &ContactsArgs) -> Result<(), ApiError> {
    let listed = if let Some(card) = &args.add {
        let text = share::text_of(card)?;
        context.workbench.ask(PinCardRequest { text })?
    } else if let Some(name) = args.forget.clone() {
        context.workbench.ask(ForgetContactRequest { name })?
    } else {
        context.workbench.ask(ContactsRequest {})?
    };
    if context.global.json {
        terminal::json(&listed);
        return Ok(());
    }
    let rows: Vec<_> = listed.contacts.iter().map(row).collect();
    terminal::table(&["NAME", "VERIFIED", "SINCE", "FINGERPRINT"], &rows);
    Ok(())
}

fn row(contact: &ContactView) -> Vec<String> {
    let verified = match contact.verified {
        true => "yes",
        false => "no: `keystead verify`",
    };
    vec![
        contact.card.name.clone(),
        verified.to_owned(),
        utc(contact.since),
        contact.card.fingerprint.clone(),
    ]
}
