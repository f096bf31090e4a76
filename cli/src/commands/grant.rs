use super::{Context, members};
use crate::domain_args::{GrantArgs, RevokeArgs};
use keystead_workbench::api::{ApiError, GrantRequest, NewGrantView, TakeBackRequest};

/// Gives a member a role.
pub(crate) fn grant(context: &Context, args: &GrantArgs) -> Result<(), ApiError> {
    let given = context.workbench.ask(GrantRequest {
        member: args.member.clone(),
        grant: NewGrantView {
            place: args.place.clone(),
            role: args.role.clone(),
            expires: None,
        },
        history: args.with_history,
    })?;
    members::show(context, &given);
    Ok(())
}

/// Takes a role back, or leaves less of it.
pub(crate) fn revoke(context: &Context, args: &RevokeArgs) -> Result<(), ApiError> {
    let left = context.workbench.ask(TakeBackRequest {
        member: args.member.clone(),
        place: args.place.clone(),
        left: args.left.clone(),
    })?;
    members::show(context, &left);
    Ok(())
}
