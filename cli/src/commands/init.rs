use super::Context;
use crate::{args::InitArgs, prompt, terminal};
use keystead_workbench::api::{
    ApiError, Code, CreateVaultRequest, KdfRequest, SessionState, StatusRequest,
};

/// Makes a vault at the place that the command line names.
pub(crate) fn run(context: &Context, args: &InitArgs) -> Result<(), ApiError> {
    let status = context.workbench.ask(StatusRequest {})?;
    if status.state != SessionState::NoVault {
        return Err(ApiError::new(
            Code::VaultExists,
            format!("{} is there already.", status.vault.path),
            "Use it, or choose another place with --vault.",
        ));
    }
    let by_hand = args.kdf_memory.is_some() || args.kdf_passes.is_some();
    let kdf = by_hand.then(|| KdfRequest {
        memory_kib: args.kdf_memory.map(|mib| mib.saturating_mul(1024)),
        passes: args.kdf_passes,
    });
    let passphrase = prompt::new_passphrase(&context.global)?;
    let created = context.workbench.ask(CreateVaultRequest {
        path: None,
        passphrase,
        kdf,
    })?;
    if context.global.json {
        terminal::json(&created);
    } else {
        terminal::note(&format!("made {}", created.status.vault.path));
        terminal::note(&format!("{}.", created.kdf.words));
    }
    Ok(())
}
