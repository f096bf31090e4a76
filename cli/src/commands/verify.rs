use super::Context;
use crate::{domain_args::VerifyArgs, prompt, terminal};
use keystead_workbench::api::{ApiError, SafetyNumberRequest, VerifyContactRequest};

/// Shows the safety number of somebody whose card is kept, and notes that it was compared.
pub(crate) fn run(context: &Context, args: &VerifyArgs) -> Result<(), ApiError> {
    let name = args.name.clone();
    let number = match &args.number {
        Some(number) => number.clone(),
        None => {
            let shown = context
                .workbench
                .ask(SafetyNumberRequest { name: name.clone() })?;
            if context.global.json {
                terminal::json(&shown);
                return Ok(());
            }
            let groups: Vec<&str> = shown.number.split(' ').collect();
            groups
                .chunks(4)
                .for_each(|line| terminal::line(&line.join(" ")));
            if !terminal::can_ask() {
                return Ok(());
            }
            let typed = prompt::line("The number as they read it to you, or nothing to stop: ")?;
            if typed.expose().trim().is_empty() {
                return Ok(());
            }
            typed.expose().to_owned()
        }
    };
    context.workbench.ask(VerifyContactRequest {
        name: name.clone(),
        number,
    })?;
    terminal::note(&format!("{name} is verified"));
    Ok(())
}
