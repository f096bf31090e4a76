use super::{Context, agree_for_good, audit::utc, invite, share};
use crate::{
    domain_args::{AddDeviceArgs, DeviceArgs, DeviceCommand},
    prompt, terminal,
};
use keystead_workbench::api::{
    AcceptWelcomeRequest, ApiError, Code, DevicesRequest, DevicesView, EnrolDeviceRequest,
    ReadEnrolmentRequest, ReadWelcomeRequest, RequestEnrolmentRequest, RevokeOwnDeviceRequest,
};
use std::path::{Path, PathBuf};

/// Lists the own devices, or takes in another machine, becomes one, or lets one go.
pub(crate) fn run(context: &Context, args: &DeviceArgs) -> Result<(), ApiError> {
    match &args.command {
        None => {
            show(context, &context.workbench.ask(DevicesRequest {})?);
            Ok(())
        }
        Some(DeviceCommand::Request { output }) => request(context, output.as_ref()),
        Some(DeviceCommand::Add(args)) => add(context, args),
        Some(DeviceCommand::Join { file }) => join(context, file),
        Some(DeviceCommand::Revoke { device }) => {
            terminal::note(
                "if it was a primary device, whoever finds it has your identity's keys: they can open copies that were sent to you, and sign cards in your name",
            );
            agree_for_good(context, &format!("Revoke {device} for good?"))?;
            let device = device.clone();
            let left = context.workbench.ask(RevokeOwnDeviceRequest { device })?;
            show(context, &left);
            Ok(())
        }
    }
}

fn show(context: &Context, devices: &DevicesView) {
    if context.global.json {
        terminal::json(devices);
        return;
    }
    let rows: Vec<_> = devices
        .devices
        .iter()
        .map(|device| {
            vec![
                device.name.clone(),
                match (device.own, device.last_heard) {
                    (true, _) => "this one".to_owned(),
                    (false, Some(at)) => utc(at),
                    (false, None) => "never".to_owned(),
                },
                device.spaces.join(", "),
                device.id.get(..8).unwrap_or_default().to_owned(),
            ]
        })
        .collect();
    terminal::table(&["DEVICE", "LAST HEARD FROM", "SPACES", "ID"], &rows);
    if !devices.primary {
        terminal::note(
            "this device does not hold your identity's keys: a primary one takes in others",
        );
    }
}

/// Prints a text, or writes it to a file that is not there yet.
fn put(context: &Context, text: &str, output: Option<&PathBuf>) -> Result<(), ApiError> {
    match output {
        Some(path) => invite::write_new(path, text),
        None if context.global.json => Ok(()),
        None => {
            text.lines().for_each(terminal::line);
            Ok(())
        }
    }
}

fn request(context: &Context, output: Option<&PathBuf>) -> Result<(), ApiError> {
    let mut asked = context.workbench.ask(RequestEnrolmentRequest {})?;
    put(context, &asked.text, output)?;
    if context.global.json {
        // Request and code are not to go the same way.
        if output.is_some() {
            asked.text = String::new();
        }
        terminal::json(&asked);
        return Ok(());
    }
    terminal::note(
        "take the request to your other machine, and type there, after `keystead device add`:",
    );
    terminal::note(&asked.code);
    Ok(())
}

fn add(context: &Context, args: &AddDeviceArgs) -> Result<(), ApiError> {
    if args.file == Path::new("-") {
        return Err(ApiError::new(
            Code::InvalidInput,
            "The request has to be a file, as the code is read from where you type.",
            "Name the file that `keystead device request -o` wrote.",
        ));
    }
    let text = share::text_of(&args.file.display().to_string())?;
    let code = prompt::line("Code on the other machine: ")?
        .expose()
        .to_owned();
    let read = context.workbench.ask(ReadEnrolmentRequest {
        text: text.clone(),
        code: code.clone(),
    })?;
    let what = match args.primary {
        true => "your identity's keys, and every key that you have",
        false => "every key that you have",
    };
    let spaces = match read.spaces.is_empty() {
        true => "no space yet".to_owned(),
        false => read.spaces.join(", "),
    };
    let question = format!("Take in {}, with {what} in: {spaces}?", read.name);
    agree_for_good(context, &question)?;
    let passphrase = prompt::passphrase(&context.global)?;
    let welcome = context.workbench.ask(EnrolDeviceRequest {
        text,
        code,
        primary: args.primary,
        with_keys: !args.no_keys,
        present: super::present(&context.global, passphrase)?,
    })?;
    put(context, &welcome.text, args.output.as_ref())?;
    if context.global.json {
        terminal::json(&welcome);
        return Ok(());
    }
    terminal::note(&format!(
        "{} is one of your devices; it joins with `keystead device join`, once `keystead sync` has told the storage",
        welcome.name
    ));
    Ok(())
}

fn join(context: &Context, file: &str) -> Result<(), ApiError> {
    let text = share::text_of(file)?;
    let read = context
        .workbench
        .ask(ReadWelcomeRequest { text: text.clone() })?;
    terminal::note(&format!(
        "this machine becomes a {} device of {}, {}",
        match read.primary {
            true => "primary",
            false => "secondary",
        },
        read.card.name,
        read.card.fingerprint
    ));
    let otherwise = ApiError::new(
        Code::NeedsConfirmation,
        "Becoming somebody's device asks first.",
        "Say --yes, or ask in a terminal.",
    );
    prompt::agree(&context.global, "Is that you?", otherwise)?;
    let joined = context.workbench.ask(AcceptWelcomeRequest { text })?;
    if context.global.json {
        terminal::json(&joined);
        return Ok(());
    }
    let spaces = joined.spaces.iter().filter(|space| space.shared);
    let spaces: Vec<&str> = spaces.map(|space| space.name.as_str()).collect();
    match spaces.is_empty() {
        true => terminal::note("joined; there is no space that you both are in yet"),
        false => terminal::note(&format!(
            "joined {}; `keystead --space {} sync` brings what is in it",
            spaces.join(", "),
            spaces[0]
        )),
    }
    Ok(())
}
