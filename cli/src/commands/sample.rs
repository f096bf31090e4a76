use super::Context;
use crate::{domain_args::SampleArgs, terminal};
use keystead_workbench::{
    SAMPLE_PASSPHRASE,
    api::{ApiError, OpenSampleRequest},
};

/// Makes the sample vault where --vault says, or beside the usual one.
pub(crate) fn run(context: &Context, args: &SampleArgs) -> Result<(), ApiError> {
    let path = context.global.vault.as_deref();
    let opened = context.workbench.ask(OpenSampleRequest {
        path: path.map(super::utf8_path).transpose()?,
        seed: args.seed,
        secrets: args.secrets,
    })?;
    if context.global.json {
        terminal::json(&opened);
        return Ok(());
    }
    let path = &opened.vault.path;
    terminal::line(path);
    terminal::note(&format!(
        "its passphrase is `{SAMPLE_PASSPHRASE}`; use it with --vault"
    ));
    Ok(())
}
