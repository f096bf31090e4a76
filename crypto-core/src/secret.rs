//! Secrets as types: no `Clone`, `Debug`, `Display` or `Serialize`; in locked memory, wiped on drop.
//! Knows nothing of where they come from or go to.

use crate::{
    SlotKey,
    label::{self, Label},
};
use hkdf::Hkdf;
use keystead_memory::{Guarded, SecretBytes};
use rand_core::CryptoRng;
use sha2::Sha256;
use std::ops::Deref;
use zeroize::Zeroize;

/// Text that is a secret: a passphrase, a value. UTF-8.
pub struct SecretText(SecretBytes);

impl SecretText {
    /// Copies `text` into secret memory and wipes it where it was.
    pub fn new(mut text: String) -> Self {
        let copy = Self(SecretBytes::copy_of(text.as_bytes()));
        text.zeroize();
        copy
    }

    /// Copies `bytes`; `None` if they are not UTF-8.
    pub fn from_utf8(bytes: &[u8]) -> Option<Self> {
        std::str::from_utf8(bytes).ok()?;
        Some(Self(SecretBytes::copy_of(bytes)))
    }
}

impl Deref for SecretText {
    type Target = str;

    fn deref(&self) -> &str {
        std::str::from_utf8(&self.0).expect("checked when it was made, and never changed")
    }
}

/// 32 secret bytes, held apart so that a move leaves no copy behind.
pub struct KeyBytes(Guarded<[u8; 32]>);

impl KeyBytes {
    /// Takes 32 uniform bytes from `rng`.
    pub fn generate(rng: &mut (impl CryptoRng + ?Sized)) -> Self {
        Self::filled(|bytes| rng.fill_bytes(bytes))
    }

    /// Copies a slice of exactly 32 bytes; `None` for another length.
    pub fn from_slice(bytes: &[u8]) -> Option<Self> {
        let bytes: &[u8; 32] = bytes.try_into().ok()?;
        Some(Self::filled(|key| *key = *bytes))
    }

    pub(crate) fn filled(fill: impl FnOnce(&mut [u8; 32])) -> Self {
        let mut bytes = Guarded::new([0; 32]);
        fill(&mut bytes);
        Self(bytes)
    }

    /// The bytes, for the one call that needs them.
    pub fn expose(&self) -> &[u8; 32] {
        &self.0
    }

    /// HKDF-SHA256 with this key as keying material, no salt, `label` as info
    /// (RFC 5869).
    pub(crate) fn derive(&self, label: Label) -> Self {
        Self::filled(|out| {
            Hkdf::<Sha256>::new(None, &self.0[..])
                .expand(label.as_bytes(), out)
                .expect("32 bytes are within HKDF-SHA256's 8160");
        })
    }
}

macro_rules! keys {
    ($($(#[$doc:meta])* $name:ident;)*) => {
        $($(#[$doc])*
        pub struct $name(KeyBytes);

        impl $name {
            /// Takes 32 uniform bytes from `rng`.
            pub fn generate(rng: &mut (impl CryptoRng + ?Sized)) -> Self {
                Self(KeyBytes::generate(rng))
            }

            /// Gives these bytes this use.
            pub fn from_bytes(bytes: KeyBytes) -> Self {
                Self(bytes)
            }

            /// The key's bytes, for the one call that needs them.
            pub fn key(&self) -> &KeyBytes {
                &self.0
            }
        })*
    };
}

keys! {
    /// The vault's root: every slot wraps it, every other local key comes from it.
    RootKey;
    /// Raw key of the encrypted store.
    StoreKey;
    /// Key of the header's MAC.
    HeaderMacKey;
    /// Key that seals identity and device seeds.
    IdentitySealKey;
    /// Key of value fingerprints.
    IndexKey;
    /// A space's key: operations and heads on a remote.
    SpaceKey;
    /// A project's metadata key: names, tags and notes in operations.
    ProjectMetadataKey;
    /// The key of one parcel: its statement.
    ParcelKey;
    /// An environment's key: seals values.
    EnvironmentKey;
    /// The key of an enrolment's request and welcome, from its code.
    EnrolmentKey;
}

impl EnrolmentKey {
    /// HKDF-SHA256 over a code's characters.
    pub(crate) fn of_code(code: &[u8; 20]) -> Self {
        Self(KeyBytes::filled(|out| {
            Hkdf::<Sha256>::new(None, code)
                .expand(label::ENROLMENT_KEY.as_bytes(), out)
                .expect("32 bytes are within HKDF-SHA256's 8160");
        }))
    }
}

impl RootKey {
    /// Derives the key of the encrypted store.
    pub fn derive_store_key(&self) -> StoreKey {
        StoreKey(self.0.derive(label::STORE_KEY))
    }

    /// Derives the key of the header's MAC.
    pub fn derive_header_mac_key(&self) -> HeaderMacKey {
        HeaderMacKey(self.0.derive(label::HEADER_MAC_KEY))
    }

    /// Derives the key that seals identity and device seeds.
    pub fn derive_identity_seal_key(&self) -> IdentitySealKey {
        IdentitySealKey(self.0.derive(label::IDENTITY_SEAL_KEY))
    }

    /// Derives the key that seals the root key before this one, while a vault is keyed anew.
    pub fn derive_previous_root_key(&self) -> SlotKey {
        SlotKey(self.0.derive(label::PREVIOUS_ROOT_KEY))
    }

    /// Derives the key of value fingerprints.
    pub fn derive_index_key(&self) -> IndexKey {
        IndexKey(self.0.derive(label::INDEX_KEY))
    }
}
