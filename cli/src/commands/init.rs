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
    let passphrase = prompt::new_passphrase(&context.global)?;
    let created = context.workbench.ask(CreateVaultRequest {
        path: None,
        passphrase,
        kdf: args.kdf(),
    })?;
    if context.global.json {
        terminal::json(&created);
    } else {
        terminal::note(&format!("made {}", created.status.vault.path));
        terminal::note(&format!("{}.", created.kdf.words));
    }
    Ok(())
}

impl InitArgs {
    /// Costs by hand, where any were named.
    pub(super) fn kdf(&self) -> Option<KdfRequest> {
        let by_hand = self.kdf_memory.is_some() || self.kdf_passes.is_some();
        by_hand.then(|| KdfRequest {
            memory_kib: self.kdf_memory.map(|mib| mib.saturating_mul(1024)),
            passes: self.kdf_passes,
        })
    }
}
