//! The machines of one person.

use super::{CardView, Millis, Present};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// Lists the devices of the own identity.
#[derive(Serialize, Deserialize, TS)]
pub struct DevicesRequest {}

/// The devices of the own identity, this one first.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct DevicesView {
    /// Whether this one holds the identity's keys: only then can it enrol another one.
    pub primary: bool,
    /// Whether this vault could still become a device of another one's identity: nothing is in it.
    pub unused: bool,
    /// Them.
    pub devices: Vec<OwnDeviceView>,
}

/// A device of the own identity.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct OwnDeviceView {
    /// Its id, in hexadecimal digits.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Whether it is this one.
    pub own: bool,
    /// When the newest operation of it was made that is here, by its clock.
    #[ts(type = "number | null")]
    pub last_heard: Option<Millis>,
    /// The spaces that it is in, by name.
    pub spaces: Vec<String>,
}

/// Asks for this vault to become a device of another one's identity.
#[derive(Serialize, Deserialize, TS)]
pub struct RequestEnrolmentRequest {}

/// What goes to the other machine.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct EnrolmentRequestView {
    /// 20 characters to type there. Whoever has both can answer the request.
    pub code: String,
    /// The request, as text.
    pub text: String,
}

/// Reads another machine's request with its code.
#[derive(Serialize, Deserialize, TS)]
pub struct ReadEnrolmentRequest {
    /// The request, as text.
    pub text: String,
    /// The code that the other machine shows.
    pub code: String,
}

/// What a request says.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct ReadEnrolmentView {
    /// The machine's name.
    pub name: String,
    /// The spaces that it would be in, by name.
    pub spaces: Vec<String>,
}

/// Takes the machine of a request into the own identity.
#[derive(Serialize, Deserialize, TS)]
pub struct EnrolDeviceRequest {
    /// The request, as text.
    pub text: String,
    /// The code that the other machine shows.
    pub code: String,
    /// Whether it gets the identity's keys: it can enrol others then, and losing it is losing the identity.
    pub primary: bool,
    /// Whether the keys of the storages go along.
    pub with_keys: bool,
    /// The passphrase once more: that machine gets every key that this one has.
    pub present: Present,
}

/// What goes back to the machine that asked.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct WelcomeView {
    /// The machine's name.
    pub name: String,
    /// The welcome, as text. Only that machine opens it.
    pub text: String,
    /// The spaces that it is in now, by name.
    pub spaces: Vec<String>,
}

/// Reads a welcome that answers this vault's request.
#[derive(Serialize, Deserialize, TS)]
pub struct ReadWelcomeRequest {
    /// The welcome, as text.
    pub text: String,
}

/// What a welcome says.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct ReadWelcomeView {
    /// Whose device this vault becomes.
    pub card: CardView,
    /// Whether it gets the identity's keys.
    pub primary: bool,
    /// The spaces that come with it, by name.
    pub spaces: Vec<String>,
}

/// Becomes the device that a welcome makes this vault, and joins the spaces in it.
#[derive(Serialize, Deserialize, TS)]
pub struct AcceptWelcomeRequest {
    /// The welcome, as text.
    pub text: String,
}

/// Revokes a device of the own identity in every space that it is in.
#[derive(Serialize, Deserialize, TS)]
pub struct RevokeOwnDeviceRequest {
    /// The device, by name or by the beginning of its id.
    pub device: String,
}
