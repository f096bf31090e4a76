use super::{Context, agree_for_good};
use crate::{
    commands::audit::utc,
    domain_args::{MembersArgs, MembersCommand, RemoveMemberArgs},
    terminal,
};
use keystead_workbench::api::{
    ApiError, MemberTrust, MemberView, MembersRequest, MembersView, PlanRemovalRequest,
    RemovalView, RemoveMemberRequest, RevokeDeviceRequest,
};

/// Lists who is in a space, or lets somebody or a device go.
pub(crate) fn run(context: &Context, args: &MembersArgs) -> Result<(), ApiError> {
    match &args.command {
        None => show(context, &context.workbench.ask(MembersRequest {})?),
        Some(MembersCommand::Remove(args)) => return remove(context, args),
        Some(MembersCommand::RevokeDevice { device }) => {
            agree_for_good(context, &format!("Revoke {device} for good?"))?;
            let device = device.clone();
            let left = context.workbench.ask(RevokeDeviceRequest { device })?;
            show(context, &left);
        }
    }
    Ok(())
}

fn remove(context: &Context, args: &RemoveMemberArgs) -> Result<(), ApiError> {
    let member = args.member.clone();
    let plan = context.workbench.ask(PlanRemovalRequest {
        member: member.clone(),
    })?;
    if args.plan {
        show_removal(context, &plan, "would be");
        return Ok(());
    }
    if !context.global.json {
        show_removal(context, &plan, "will be");
    }
    agree_for_good(context, &format!("Remove {member}?"))?;
    let done = context.workbench.ask(RemoveMemberRequest { member })?;
    if context.global.json {
        terminal::json(&done);
    } else {
        terminal::note(&format!(
            "removed {}; `keystead sync` tells the others",
            done.member.name
        ));
    }
    Ok(())
}

fn show_removal(context: &Context, plan: &RemovalView, tense: &str) {
    if context.global.json {
        terminal::json(plan);
        return;
    }
    let rows: Vec<_> = plan
        .values
        .iter()
        .map(|value| {
            vec![
                format!("{}/{}", value.project, value.environment),
                value.name.clone(),
                value.number.to_string(),
            ]
        })
        .collect();
    terminal::table(&["COULD READ", "SECRET", "VERSION"], &rows);
    terminal::note(&format!(
        "{} keys {tense} made anew, and {} values and {} files sealed anew; the values are known to {} and have to be rotated",
        plan.keys,
        plan.values.len(),
        plan.files,
        plan.member.name
    ));
}

/// Shows who is in.
pub(super) fn show(context: &Context, members: &MembersView) {
    if context.global.json {
        terminal::json(members);
        return;
    }
    let rows: Vec<_> = members.members.iter().map(row).collect();
    terminal::table(
        &["MEMBER", "KNOWN", "ROLES", "DEVICES", "FINGERPRINT"],
        &rows,
    );
}

fn row(member: &MemberView) -> Vec<String> {
    let roles = member.roles.iter().map(|role| {
        let what = role.role.as_deref().unwrap_or("nothing");
        let ends = role
            .expires
            .map_or_else(String::new, |at| format!(" until {}", utc(at)));
        format!("{}={what}{ends}", role.place)
    });
    let devices = member.devices.iter().map(|device| device.name.clone());
    vec![
        member.name.clone(),
        match member.trust {
            MemberTrust::Own => "you",
            MemberTrust::Introduced => "introduced",
            MemberTrust::Pinned => "pinned",
            MemberTrust::Verified => "verified",
            MemberTrust::Changed => "key changed",
        }
        .to_owned(),
        roles.collect::<Vec<_>>().join(" "),
        devices.collect::<Vec<_>>().join(", "),
        member.fingerprint.get(..19).unwrap_or_default().to_owned(),
    ]
}
