//! Storage that a team has already: a folder that something synchronizes, or a bucket. Lists, fetches, and puts objects
//! that are made once, or heads that are written over.
//!
//! Knows no secrets but what opens the storage, and nothing of what is in the objects: that is a property of what this
//! crate depends on.

mod credential;
mod place;
mod remote;

pub use credential::Credential;
pub use place::{Place, PlaceError};
pub use remote::{Listed, Remote, RemoteError, Traffic};
