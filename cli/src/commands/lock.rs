use crate::{args::Global, machine, terminal};
use keystead_workbench::api::{ApiError, LockRequest};

/// Wipes the keys in the host. Where nothing holds the vault there is nothing to wipe.
pub(crate) fn run(global: &Global) -> Result<(), ApiError> {
    match machine::host(global)? {
        Some(host) if host.unlocked() => {
            let status = host.ask(LockRequest {})?;
            terminal::note(&format!("locked {}", status.vault.path));
        }
        _ => terminal::note("nothing holds this vault open"),
    }
    Ok(())
}
