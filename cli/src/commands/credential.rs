use super::{Context, rotate::NewArg};
use crate::{domain_args::CredentialArgs, terminal};
use keystead_workbench::api::{
    ApiError, Code, CredentialView, CredentialsRequest, EditCredentialRequest, NewPartValue,
    PartView, RestoreCredentialRequest, RotateCredentialRequest, RotatedCredentialView,
};

/// Lists credentials, or makes, edits, rotates or restores one.
pub(crate) fn run(context: &Context, args: &CredentialArgs) -> Result<(), ApiError> {
    let Some(name) = args.name.clone() else {
        context.unlock()?;
        return list(context, args);
    };
    if args.rotate {
        return rotate(context, args, name);
    }
    context.unlock()?;
    if args.restore {
        let (project, environment) = context.place(&args.place)?;
        let restored = context.workbench.ask(RestoreCredentialRequest {
            project,
            environment,
            name,
        })?;
        report(context, "restored", &restored);
        return Ok(());
    }
    let parts = (!args.parts.is_empty()).then(|| args.parts.iter().map(|p| part(p)).collect());
    if parts.is_some() || args.rename.is_some() || args.remove {
        context.workbench.ask(EditCredentialRequest {
            project: context.project(args.place.project.as_deref())?,
            name,
            parts,
            rename: args.rename.clone(),
            remove: args.remove,
        })?;
    }
    list(context, args)
}

/// Reads a value for each part: one line of standard input each, or a hidden prompt.
fn rotate(context: &Context, args: &CredentialArgs, name: String) -> Result<(), ApiError> {
    context.unlock()?;
    let (project, environment) = context.place(&args.place)?;
    let credential = find(context, &project, &name)?;
    let parts = match args.parts.is_empty() {
        true => credential.parts,
        false => args.parts.iter().map(|p| part(p)).collect(),
    };
    let mut values = Vec::new();
    for part in parts {
        let value = match args.generate {
            Some(shape) => NewArg::Generated(shape),
            None => NewArg::Read(crate::prompt::part(&label(&part))?),
        };
        values.push((part, value));
    }
    let rotated = context.confirm_protected(|confirmed| {
        let values = values.iter().map(|(part, value)| NewPartValue {
            part: part.clone(),
            value: value.new_value(),
        });
        context.workbench.ask(RotateCredentialRequest {
            project: project.clone(),
            environment: environment.clone(),
            name: name.clone(),
            values: values.collect(),
            confirmed,
        })
    })?;
    report(context, "rotated", &rotated);
    Ok(())
}

fn find(context: &Context, project: &str, name: &str) -> Result<CredentialView, ApiError> {
    let project = project.to_owned();
    let credentials = context.workbench.ask(CredentialsRequest { project })?;
    let found = credentials
        .credentials
        .into_iter()
        .find(|each| each.name == name);
    found.ok_or_else(|| {
        ApiError::new(
            Code::NotFound,
            format!("There is no credential {name}."),
            "See what there is with `keystead credential`.",
        )
    })
}

fn report(context: &Context, done: &str, rotated: &RotatedCredentialView) {
    if context.global.json {
        terminal::json(rotated);
    } else {
        terminal::note(&format!(
            "{done} as one: {}; `keystead undo` takes it back here, not at the provider",
            rotated.secrets.join(", ")
        ));
    }
    context.report_links(&rotated.links);
}

fn list(context: &Context, args: &CredentialArgs) -> Result<(), ApiError> {
    let project = context.project(args.place.project.as_deref())?;
    let credentials = context
        .workbench
        .ask(CredentialsRequest { project })?
        .credentials;
    if context.global.json {
        terminal::json(&credentials);
        return Ok(());
    }
    let row = |credential: &CredentialView| {
        let parts: Vec<String> = credential.parts.iter().map(label).collect();
        vec![credential.name.clone(), parts.join(", ")]
    };
    let rows: Vec<_> = credentials.iter().map(row).collect();
    terminal::table(&["CREDENTIAL", "MADE OF"], &rows);
    Ok(())
}

/// `DATABASE_URL#password` is a part, `AWS_ACCESS_KEY_ID` a whole value.
fn part(text: &str) -> PartView {
    let (secret, part) = text.split_once('#').unwrap_or((text, ""));
    PartView {
        secret: secret.to_owned(),
        part: part.to_owned(),
    }
}

fn label(part: &PartView) -> String {
    match part.part.as_str() {
        "" => part.secret.clone(),
        of => format!("{}#{of}", part.secret),
    }
}
