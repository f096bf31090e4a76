//! Who may do what in a space, and since when.
//!
//! Membership is a graph of statements, each signed by a device and naming the ones it follows, back to the space's
//! beginning. Whoever has the same statements comes to the same answer, in whatever order they arrived: which of them
//! hold, who is a member with which devices and roles, and which keys may seal. It does *not* store, send or decrypt
//! anything, and knows no clock: a time in a statement is shown, never compared.

mod act;
mod bits;
mod crossing;
mod endorsement;
mod graph;
mod id;
mod rules;
mod sealing;
mod standing;
mod statement;
mod view;
mod weighing;

pub use act::{Act, Cut, EpochClaim, Release, Role, Scope, WrapClaim};
pub use endorsement::{Endorsement, EndorsementError, Proxy};
pub use graph::{Graph, InsertError};
pub use id::{DeviceId, EnvironmentId, MemberId, ProjectId, SpaceId, StatementId};
pub use rules::{Verdict, Why};
pub use sealing::{NotSealing, Sealing};
pub use standing::{Judgement, Standing, Unconfirmed};
pub use statement::{Genesis, Statement, StatementError};
pub use view::{MemberView, View};
