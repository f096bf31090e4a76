use super::{open, report_unlock};
use crate::{
    args::Global,
    machine::{self, Door},
    terminal,
};
use keystead_workbench::api::{ApiError, Code};

/// Opens the vault in the host that runs.
pub(crate) fn run(global: &Global) -> Result<(), ApiError> {
    let host = machine::host(global)?.ok_or_else(|| {
        ApiError::new(
            Code::NotFound,
            "Nothing runs that could hold this vault open.",
            "Start `keystead agent`, or the Keystead window.",
        )
    })?;
    if host.unlocked() {
        terminal::note("it is open already");
        return Ok(());
    }
    let status = open(&Door::Host(host), global)?;
    report_unlock(&status);
    terminal::note(&format!("unlocked {}", status.vault.path));
    Ok(())
}
