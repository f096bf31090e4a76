//! The one registry of labels: every use of a key has its own, and no other
//! place spells one out. Does not derive anything by itself.

/// A domain-separation label. One label per key use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Label(&'static str);

impl Label {
    /// The label's bytes, ASCII.
    pub const fn as_bytes(self) -> &'static [u8] {
        self.0.as_bytes()
    }
}

macro_rules! labels {
    ($($(#[$doc:meta])* $name:ident = $text:literal;)*) => {
        $($(#[$doc])* pub(crate) const $name: Label = Label($text);)*
        /// Every label there is.
        pub const ALL: &[Label] = &[$($name),*];
    };
}

labels! {
    /// Root key → key of the encrypted store.
    STORE_KEY = "keystead/v1/store-key";
    /// Root key → key of the header MAC.
    HEADER_MAC_KEY = "keystead/v1/header-mac-key";
    /// Root key → key that seals identity and device seeds.
    IDENTITY_SEAL_KEY = "keystead/v1/identity-seal-key";
    /// Root key → key of value fingerprints.
    INDEX_KEY = "keystead/v1/index-key";
    /// Root key → key that seals the root key before it, while a vault is keyed anew.
    PREVIOUS_ROOT_KEY = "keystead/v1/previous-root-key";
    /// Envelope of the root key under a slot key.
    SLOT_SEAL = "keystead/v1/slot-seal";
    /// Envelope of identity and device seeds.
    IDENTITY_SEAL = "keystead/v1/seed-seal";
    /// Envelope of a secret's value under an environment key.
    VALUE_SEAL = "keystead/v1/value-seal";
    /// Envelope of a secret's file under an environment key.
    ATTACHMENT_SEAL = "keystead/v1/attachment-seal";
    /// HPKE `info` of wraps to a device.
    KEY_WRAP = "keystead/v1/key-wrap";
    /// Epoch commitment of a space key.
    SPACE_EPOCH = "keystead/v1/space-epoch";
    /// Epoch commitment of a project metadata key.
    PROJECT_EPOCH = "keystead/v1/project-epoch";
    /// Epoch commitment of an environment key.
    ENVIRONMENT_EPOCH = "keystead/v1/environment-epoch";
    /// Fingerprint of a value, for "same as" and search by value.
    VALUE_FINGERPRINT = "keystead/v1/value-fingerprint";
    /// Fingerprint of a public key.
    KEY_FINGERPRINT = "keystead/v1/key-fingerprint";
    /// Signature context of cards.
    SIGN_CARD = "keystead/v1/sign-card";
    /// Signature context of device certificates.
    SIGN_DEVICE = "keystead/v1/sign-device";
    /// Signature context of a device's consent to its certificate.
    SIGN_CONSENT = "keystead/v1/sign-consent";
    /// Signature context of a device's word that another key may consent for it, once.
    SIGN_PROXY = "keystead/v1/sign-proxy";
    /// Signature context of log heads.
    SIGN_HEAD = "keystead/v1/sign-head";
    /// Signature context of membership operations.
    SIGN_MEMBERSHIP = "keystead/v1/sign-membership";
    /// Hash of the vector of seen heads.
    SEEN_HEADS = "keystead/v1/seen-heads";
    /// Identifier in the hash of a safety number.
    SAFETY_NUMBER = "keystead/v1/safety-number";
    /// Hash of a device card, of which the enrolment code is the beginning.
    ENROLMENT_CODE = "keystead/v1/enrolment-code";
    /// Enrolment code → key of what travels between the two machines.
    ENROLMENT_KEY = "keystead/v1/enrolment-key";
    /// Envelope of an enrolment's request and welcome under that key.
    ENROLMENT_SEAL = "keystead/v1/enrolment-seal";
    /// HPKE `info` of a welcome sealed to the device that comes.
    WELCOME_WRAP = "keystead/v1/welcome-wrap";
    /// Recovery secret → slot key.
    RECOVERY_SLOT_KEY = "keystead/v1/recovery-slot-key";
    /// Recovery secret → seed of the recovery KEM key.
    RECOVERY_KEM_KEY = "keystead/v1/recovery-kem-key";
    /// Commitment to a recovery key that is split into shares.
    SPLIT_COMMITMENT = "keystead/v1/split-commitment";
    /// Envelope of a segment of operations under a space key.
    OPERATION_SEAL = "keystead/v1/operation-seal";
    /// Envelope of a log's signed head under a space key.
    HEAD_SEAL = "keystead/v1/head-seal";
    /// Envelope of a checkpoint under a space key.
    CHECKPOINT_SEAL = "keystead/v1/checkpoint-seal";
    /// Envelope of the names in a block under a project's metadata key.
    METADATA_SEAL = "keystead/v1/metadata-seal";
    /// Envelope of a parcel's statement under the parcel's key.
    PARCEL_SEAL = "keystead/v1/parcel-seal";
    /// Hash that names a thing that an operation makes.
    THING_ID = "keystead/v1/thing-id";
    /// Hash of an operation's block.
    CHANGE_BLOCK = "keystead/v1/change-block";
    /// Hash that says for which device a message in a parcel is.
    PARCEL_TAG = "keystead/v1/parcel-tag";
    /// Hash that says which key an object on a remote opens with.
    OBJECT_HINT = "keystead/v1/object-hint";
    /// HPKE `info` of an identity's seeds sealed to a recovery key.
    RECOVERY_WRAP = "keystead/v1/recovery-wrap";
    /// HPKE `info` of an invite sealed to the invitee's device.
    INVITE_WRAP = "keystead/v1/invite-wrap";
    /// Signature context of invites.
    SIGN_INVITE = "keystead/v1/sign-invite";
    /// Signature context of checkpoints.
    SIGN_CHECKPOINT = "keystead/v1/sign-checkpoint";
}

#[cfg(test)]
mod tests {
    use super::ALL;

    #[test]
    fn no_label_stands_twice_or_prefixes_another() {
        for (i, a) in ALL.iter().enumerate() {
            for b in &ALL[i + 1..] {
                assert!(
                    !a.as_bytes().starts_with(b.as_bytes())
                        && !b.as_bytes().starts_with(a.as_bytes()),
                    "{a:?} and {b:?} must be told apart by any parser"
                );
            }
        }
    }
}
