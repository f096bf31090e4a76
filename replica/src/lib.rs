//! What the copies of a space tell each other: operations in logs of devices, what each log had seen of the others, and
//! the forms in which they travel.
//!
//! Pure: it does not know a file, a network, a clock, SQL, or what a change means. `docs/format.md` describes the bytes.

mod block;
mod clock;
mod header;
mod log_id;
mod parcel;

pub use block::{Block, NamesGroup};
pub use clock::Clock;
pub use header::{Header, MOST_MEMBERSHIP_HEADS, Seen};
pub use log_id::LogId;
pub use parcel::{Parcel, ParcelError, Payload, wrap_context};
