use super::{Context, present, utf8_path};
use crate::{args::PassphraseArgs, prompt, terminal};
use keystead_workbench::api::{ApiError, ChangePassphraseRequest, KeyFileChoice};

/// Gives the vault another passphrase. The present one is asked for also where a host has the
/// vault open: who sits down at an unlocked machine can't lock its owner out.
pub(crate) fn run(context: &Context, args: &PassphraseArgs) -> Result<(), ApiError> {
    let shown = prompt::passphrase(&context.global)?;
    context.unlock_by(&shown)?;
    let present = present(&context.global, shown)?;
    let new = match &args.new_passphrase_file {
        Some(path) => prompt::first_line(path)?,
        None => prompt::twice()?,
    };
    let key_file = match (&args.make_key_file, args.without_key_file) {
        (Some(path), _) => KeyFileChoice::Make(utf8_path(path)?),
        (None, true) => KeyFileChoice::Without,
        (None, false) => KeyFileChoice::Keep,
    };
    let costs = context.workbench.ask(ChangePassphraseRequest {
        present,
        new,
        key_file,
        kdf: args.kdf.kdf(),
        compromised: args.compromised,
    })?;
    if context.global.json {
        terminal::json(&costs);
        return Ok(());
    }
    terminal::note(if args.compromised {
        "the vault has a new passphrase and a new root key; make a new recovery kit and add the keyring again, if you had them"
    } else {
        "the passphrase is changed; copies of the vault from before still open with the old one"
    });
    if let Some(path) = &args.make_key_file {
        terminal::note(&format!(
            "{} opens the vault together with the passphrase: keep a copy where the vault is not",
            path.display()
        ));
    }
    terminal::note(&format!("{}.", costs.words));
    Ok(())
}
