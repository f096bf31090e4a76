//! What the copies of a space tell each other: operations in logs of devices, what each log had seen of the others, and
//! the forms in which they travel.
//!
//! Pure: it does not know a file, a network, a clock, SQL, or what a change means. `docs/format.md` describes the bytes.

mod acceptance;
mod block;
mod chain;
mod clock;
mod enrolment;
mod header;
mod invite;
mod log_id;
mod object;
mod parcel;
mod remote_name;

pub use acceptance::{Demand, Judge, Refusal};
pub use block::{Block, NamesGroup};
pub use chain::{At, Chain, ChainError, Known, Next, remembers};
pub use clock::Clock;
pub use enrolment::{EnrolmentError, EnrolmentRequest, Welcome};
pub use header::{Header, MOST_MEMBERSHIP_HEADS, Seen};
pub use invite::{Invite, InviteError, InviteRemote};
pub use log_id::LogId;
pub use object::{
    Entry, ObjectError, Segment, SpaceEpoch, checkpoint_name, hint_of, open_checkpoint, open_head,
    seal_checkpoint, seal_head,
};
pub use parcel::{Parcel, ParcelError, Payload, wrap_context};
pub use remote_name::{ObjectKind, RemoteName, is_same_object, short_hash};
