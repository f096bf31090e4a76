use super::{Context, members};
use crate::domain_args::{GrantArgs, RevokeArgs};
use keystead_workbench::api::{
    ApiError, ExpiryChoice, GrantRequest, NewGrantView, TakeBackRequest,
};

/// Gives a member a role.
pub(crate) fn grant(context: &Context, args: &GrantArgs) -> Result<(), ApiError> {
    let given = context.workbench.ask(GrantRequest {
        member: args.member.clone(),
        grant: NewGrantView {
            place: args.place.clone(),
            role: args.role.clone(),
            expires: ends(args.until),
        },
        history: args.with_history,
    })?;
    members::show(context, &given);
    Ok(())
}

/// When a role ends, of what was said.
pub(super) fn ends(until: Option<ExpiryChoice>) -> Option<i64> {
    match until {
        Some(ExpiryChoice::At(at)) => Some(at),
        _ => None,
    }
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
