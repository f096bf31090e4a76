use super::Context;
use crate::{
    args::{InputArgs, RotateArgs, ShapeArg},
    prompt, terminal,
};
use keystead_workbench::api::{ApiError, NewValue, RotateRequest, SecretText, WrittenView};

/// Replaces a value by a new one.
pub(crate) fn run(context: &Context, args: &RotateArgs) -> Result<(), ApiError> {
    let value = NewArg::read(context, &args.name, args.generate, args.input)?;
    let (project, environment) = context.place(&args.place)?;
    let written = context.confirm_protected(|confirmed| {
        context.workbench.ask(RotateRequest {
            project: project.clone(),
            environment: environment.clone(),
            name: args.name.clone(),
            value: value.new_value(),
            pending: args.pending,
            confirmed,
        })
    })?;
    if args.pending && !context.global.json {
        let (name, version) = (&written.name, written.version);
        terminal::note(&format!(
            "v{version} of {name} waits; `keystead restore {name} --version {version}` puts it into use"
        ));
        return Ok(());
    }
    report(context, &written);
    Ok(())
}

/// A value that a command line asks for, which may be sent more than once.
pub(super) enum NewArg {
    Read(SecretText),
    Generated(ShapeArg),
}

impl NewArg {
    /// Unlocks, and reads the value unless it is to be made.
    pub(super) fn read(
        context: &Context,
        name: &str,
        generate: Option<ShapeArg>,
        input: InputArgs,
    ) -> Result<Self, ApiError> {
        if let Some(shape) = generate {
            context.unlock()?;
            return Ok(Self::Generated(shape));
        }
        let read = || prompt::value(name, input);
        Ok(Self::Read(context.unlock_with(read)?))
    }

    pub(super) fn new_value(&self) -> NewValue {
        match self {
            Self::Read(value) => NewValue::Pasted(SecretText::new(value.expose().to_owned())),
            Self::Generated(shape) => NewValue::Generated((*shape).into()),
        }
    }
}

/// Says which version is current now and what became of linked files.
pub(super) fn report(context: &Context, written: &WrittenView) {
    if context.global.json {
        terminal::json(written);
    } else {
        let previous = written.previous.map(|n| format!(", v{n} is previous"));
        terminal::note(&format!(
            "{}: v{} is current{}",
            written.name,
            written.version,
            previous.unwrap_or_default()
        ));
    }
    context.report_links(&written.links);
}
