use super::{Context, present};
use crate::{
    args::{SlotArg, SlotsArgs, SlotsCommand},
    prompt, terminal,
};
use keystead_workbench::api::{
    AddKeyringRequest, ApiError, ConfirmRecoveryKitRequest, NewRecoveryKitRequest,
    RemoveSlotRequest, SlotKind, SlotView, SlotsRequest, SlotsView,
};

const WORDS_IN_A_ROW: usize = 4;

/// Lists the ways to unlock, adds one, or removes one.
pub(crate) fn run(context: &Context, args: &SlotsArgs) -> Result<(), ApiError> {
    match &args.command {
        None => {
            context.unlock()?;
            let slots = context.workbench.ask(SlotsRequest {})?;
            show(context, &slots);
        }
        Some(SlotsCommand::Add { kind }) => {
            let passphrase = prompt::passphrase(&context.global)?;
            context.unlock_by(&passphrase)?;
            let present = present(&context.global, passphrase)?;
            match kind {
                SlotArg::Recovery => add_recovery(context, NewRecoveryKitRequest { present })?,
                SlotArg::Keyring => {
                    context.workbench.ask(AddKeyringRequest { present })?;
                    terminal::note(
                        "the system's keyring opens the vault while your desktop session is unlocked",
                    );
                }
            }
        }
        Some(SlotsCommand::Remove { kind, compromised }) => {
            let passphrase = prompt::passphrase(&context.global)?;
            context.unlock_by(&passphrase)?;
            let present = present(&context.global, passphrase)?;
            context.workbench.ask(RemoveSlotRequest {
                kind: (*kind).into(),
                present,
                compromised: *compromised,
            })?;
            terminal::note(if *compromised {
                "the vault has a new root key; only the passphrase opens it, and copies from before open as they did"
            } else {
                "removed; the root key stays, so a copy of the vault from before still opens that way"
            });
        }
    }
    Ok(())
}

fn add_recovery(context: &Context, request: NewRecoveryKitRequest) -> Result<(), ApiError> {
    let kit = context.workbench.ask(request)?;
    if context.global.json {
        terminal::json(&kit);
    } else {
        terminal::note(&format!(
            "the recovery kit of {}: write these words down, by number, and keep them where the vault is not",
            kit.vault
        ));
        let words: Vec<_> = kit.words.expose().split(' ').collect();
        let rows = words.len() / WORDS_IN_A_ROW;
        for row in 0..rows {
            let cells: Vec<_> = (0..WORDS_IN_A_ROW)
                .map(|column| {
                    let index = column * rows + row;
                    format!("{:>2} {:<8}", index + 1, words[index])
                })
                .collect();
            terminal::line(cells.join("   ").trim_end());
        }
    }
    let asked: Vec<_> = kit.ask.iter().map(ToString::to_string).collect();
    drop(kit.words);
    let answer = prompt::line(&format!("Words {}: ", asked.join(", ")))?;
    context
        .workbench
        .ask(ConfirmRecoveryKitRequest { answer })?;
    terminal::note(
        "the kit opens the vault from now on, and an earlier one does not; clear this terminal's scrollback",
    );
    Ok(())
}

fn show(context: &Context, slots: &SlotsView) {
    if context.global.json {
        terminal::json(slots);
        return;
    }
    for slot in &slots.slots {
        let made = jiff::Timestamp::from_millisecond(slot.made_at).map_or_else(
            |_| String::new(),
            |time| time.strftime("%Y-%m-%d").to_string(),
        );
        terminal::line(&format!("{:<16} {made}  {}", name(slot), detail(slot)));
    }
}

fn name(slot: &SlotView) -> &'static str {
    match slot.kind {
        SlotKind::Passphrase => "passphrase",
        SlotKind::Recovery => "recovery kit",
        SlotKind::Keyring => "system keyring",
    }
}

fn detail(slot: &SlotView) -> String {
    let Some(costs) = &slot.costs else {
        return String::new();
    };
    let who = if costs.by_hand { ", chosen" } else { "" };
    let file = if slot.key_file {
        ", with a key file"
    } else {
        ""
    };
    format!(
        "{} MiB, {} passes, {} lanes{who}{file}",
        costs.memory_kib / 1024,
        costs.passes,
        costs.lanes
    )
}
