use serde::{Deserialize, Deserializer, Serialize, Serializer};
use zeroize::Zeroizing;

/// Text that is a secret on its way in or out: a passphrase, or a value.
///
/// In locked memory, wiped on drop; no `Clone`, `Debug` or `Display`. Serialising it *is* the
/// release of a value, so it stands only in views that follow a durable event.
pub struct SecretText(keystead_crypto::SecretText);

impl SecretText {
    /// Copies a string that holds a secret, and wipes it where it was.
    pub fn new(text: String) -> Self {
        Self(keystead_crypto::SecretText::new(text))
    }

    /// The text itself.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl From<keystead_crypto::SecretText> for SecretText {
    fn from(text: keystead_crypto::SecretText) -> Self {
        Self(text)
    }
}

impl From<Zeroizing<String>> for SecretText {
    fn from(mut text: Zeroizing<String>) -> Self {
        Self::new(std::mem::take(&mut text))
    }
}

impl<'de> Deserialize<'de> for SecretText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self::new)
    }
}

impl Serialize for SecretText {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}
