//! Composite signatures id-MLDSA65-Ed25519-SHA512: both halves must verify.
//!
//! Source: draft-ietf-lamps-pq-composite-sigs-19, FIPS 204, RFC 8032. The
//! algorithm id is part of the suite, as the source is a draft.

use crate::label::{self, Label};
use ed25519_dalek::Signer;
use keystead_memory::Guarded;
use ml_dsa::{MlDsa65, Signature as MlDsaSignature};
use rand_core::CryptoRng;
use sha2::{Digest, Sha512};
use zeroize::Zeroizing;

const ML_DSA_PUBLIC_KEY_SIZE: usize = 1952;
const ML_DSA_SIGNATURE_SIZE: usize = 3309;

/// Bytes of a public key: ML-DSA-65's 1952, Ed25519's 32.
pub const PUBLIC_KEY_SIZE: usize = ML_DSA_PUBLIC_KEY_SIZE + 32;
/// Bytes of a signature: ML-DSA-65's 3309, Ed25519's 64.
pub const SIGNATURE_SIZE: usize = ML_DSA_SIGNATURE_SIZE + 64;

const PREFIX: &[u8] = b"CompositeAlgorithmSignatures2025";
const COMPOSITE_LABEL: &[u8] = b"COMPSIG-MLDSA65-Ed25519-SHA512";

/// What a signature is for; a signature for one use is none for another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SigningContext {
    /// A card.
    Card,
    /// A device certificate.
    Device,
    /// A device's consent to its certificate.
    Consent,
    /// A device's word that another key may consent for it, once.
    Proxy,
    /// A log head.
    Head,
    /// A membership operation.
    Membership,
    /// An invite.
    Invite,
    /// A checkpoint.
    Checkpoint,
}

impl SigningContext {
    fn label(self) -> Label {
        match self {
            Self::Card => label::SIGN_CARD,
            Self::Device => label::SIGN_DEVICE,
            Self::Consent => label::SIGN_CONSENT,
            Self::Proxy => label::SIGN_PROXY,
            Self::Head => label::SIGN_HEAD,
            Self::Membership => label::SIGN_MEMBERSHIP,
            Self::Invite => label::SIGN_INVITE,
            Self::Checkpoint => label::SIGN_CHECKPOINT,
        }
    }
}

/// A signature that does not hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the signature is not valid")]
pub struct VerifyError;

/// A private key, from a seed of 64 bytes (ML-DSA's ξ, then Ed25519's seed).
pub struct SigningKey {
    seed: Guarded<[u8; 64]>,
    expanded: Guarded<Expanded>,
}

/// Both halves expanded. `ml_dsa::SigningKey` would be two boxes on the ordinary heap; here the secret vectors are inline,
/// and only the public matrix is elsewhere.
struct Expanded {
    ml_dsa: ml_dsa::ExpandedSigningKey<MlDsa65>,
    ed25519: ed25519_dalek::SigningKey,
}

impl SigningKey {
    /// Takes a new seed from `rng`.
    pub fn generate(rng: &mut (impl CryptoRng + ?Sized)) -> Self {
        let mut seed = Guarded::new([0; 64]);
        rng.fill_bytes(&mut seed[..]);
        Self::expand(seed)
    }

    /// Expands a seed of exactly 64 bytes; `None` for another length.
    pub fn from_seed(bytes: &[u8]) -> Option<Self> {
        let bytes: &[u8; 64] = bytes.try_into().ok()?;
        let mut seed = Guarded::new([0; 64]);
        *seed = *bytes;
        Some(Self::expand(seed))
    }

    fn expand(seed: Guarded<[u8; 64]>) -> Self {
        let (xi, ed25519) = seed.split_at(32);
        let xi = Zeroizing::new(<[u8; 32]>::try_from(xi).expect("half of 64"));
        let ed25519 = Zeroizing::new(<[u8; 32]>::try_from(ed25519).expect("half of 64"));
        let expanded = Guarded::new(Expanded {
            ml_dsa: ml_dsa::SigningKey::<MlDsa65>::from_seed((&*xi).into())
                .expanded_key()
                .clone(),
            ed25519: ed25519_dalek::SigningKey::from_bytes(&ed25519),
        });
        Self { seed, expanded }
    }

    /// The seed, for sealing.
    pub fn seed(&self) -> &[u8; 64] {
        &self.seed
    }

    /// The public half.
    pub fn verifying_key(&self) -> VerifyingKey {
        let mut bytes = Box::new([0; PUBLIC_KEY_SIZE]);
        let (ml_dsa, ed25519) = bytes.split_at_mut(ML_DSA_PUBLIC_KEY_SIZE);
        ml_dsa.copy_from_slice(&self.expanded.ml_dsa.verifying_key().encode());
        ed25519.copy_from_slice(self.expanded.ed25519.verifying_key().as_bytes());
        VerifyingKey::from_bytes(&bytes[..]).expect("our own key is a key")
    }

    /// Signs; ML-DSA hedged with randomness from `rng`.
    pub fn sign(
        &self,
        context: SigningContext,
        message: &[u8],
        rng: &mut (impl CryptoRng + ?Sized),
    ) -> Box<[u8; SIGNATURE_SIZE]> {
        self.sign_in(context.label().as_bytes(), message, rng)
    }

    /// Signs in a context of at most 255 bytes.
    fn sign_in(
        &self,
        context: &[u8],
        message: &[u8],
        rng: &mut (impl CryptoRng + ?Sized),
    ) -> Box<[u8; SIGNATURE_SIZE]> {
        let representative = representative(context, message);
        let ml_dsa = self
            .expanded
            .ml_dsa
            .sign_randomized(&representative, COMPOSITE_LABEL, rng)
            .expect("the label is shorter than 256 bytes");
        let ed25519 = self.expanded.ed25519.sign(&representative);
        let mut signature = Box::new([0; SIGNATURE_SIZE]);
        let (first, second) = signature.split_at_mut(ML_DSA_SIGNATURE_SIZE);
        first.copy_from_slice(&ml_dsa.encode());
        second.copy_from_slice(&ed25519.to_bytes());
        signature
    }
}

/// A public key, parsed once.
#[derive(Clone)]
pub struct VerifyingKey {
    bytes: Box<[u8; PUBLIC_KEY_SIZE]>,
    ml_dsa: ml_dsa::VerifyingKey<MlDsa65>,
    ed25519: ed25519_dalek::VerifyingKey,
}

impl VerifyingKey {
    /// Parses [`PUBLIC_KEY_SIZE`] bytes.
    ///
    /// # Errors
    /// [`VerifyError`] for another length or a point that is not on the curve.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, VerifyError> {
        let bytes: [u8; PUBLIC_KEY_SIZE] = bytes.try_into().map_err(|_| VerifyError)?;
        let (first, second) = bytes.split_at(ML_DSA_PUBLIC_KEY_SIZE);
        let encoded = first.try_into().map_err(|_| VerifyError)?;
        let ed25519 = second.try_into().map_err(|_| VerifyError)?;
        Ok(Self {
            ml_dsa: ml_dsa::VerifyingKey::decode(&encoded),
            ed25519: ed25519_dalek::VerifyingKey::from_bytes(&ed25519).map_err(|_| VerifyError)?,
            bytes: Box::new(bytes),
        })
    }

    /// The key's bytes.
    pub fn as_bytes(&self) -> &[u8; PUBLIC_KEY_SIZE] {
        &self.bytes
    }

    /// Checks both halves; Ed25519 strictly (no small-order points, canonical scalars).
    ///
    /// # Errors
    /// [`VerifyError`] if either half does not hold or the length is another.
    pub fn verify(
        &self,
        context: SigningContext,
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), VerifyError> {
        self.verify_in(context.label().as_bytes(), message, signature)
    }

    /// Checks in a context of at most 255 bytes.
    fn verify_in(
        &self,
        context: &[u8],
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), VerifyError> {
        let signature: &[u8; SIGNATURE_SIZE] = signature.try_into().map_err(|_| VerifyError)?;
        let (first, second) = signature.split_at(ML_DSA_SIGNATURE_SIZE);
        let representative = representative(context, message);
        let encoded = first.try_into().map_err(|_| VerifyError)?;
        let ml_dsa = MlDsaSignature::<MlDsa65>::decode(&encoded).ok_or(VerifyError)?;
        let ed25519 = ed25519_dalek::Signature::from_slice(second).map_err(|_| VerifyError)?;
        let ml_dsa_holds =
            self.ml_dsa
                .verify_with_context(&representative, COMPOSITE_LABEL, &ml_dsa);
        let ed25519_holds = self
            .ed25519
            .verify_strict(&representative, &ed25519)
            .is_ok();
        if ml_dsa_holds && ed25519_holds {
            Ok(())
        } else {
            Err(VerifyError)
        }
    }
}

/// M' = prefix ‖ label ‖ len(ctx) ‖ ctx ‖ SHA-512(M).
fn representative(context: &[u8], message: &[u8]) -> Vec<u8> {
    let size = u8::try_from(context.len()).expect("contexts have at most 255 bytes");
    let mut out = Vec::with_capacity(PREFIX.len() + COMPOSITE_LABEL.len() + context.len() + 65);
    out.extend_from_slice(PREFIX);
    out.extend_from_slice(COMPOSITE_LABEL);
    out.push(size);
    out.extend_from_slice(context);
    out.extend_from_slice(&Sha512::digest(message));
    out
}

#[cfg(test)]
mod vectors;

#[cfg(test)]
mod tests {
    use super::*;
    use getrandom::{SysRng, rand_core::UnwrapErr};

    #[test]
    fn both_halves_must_hold_and_the_context_counts() {
        let rng = &mut UnwrapErr(SysRng);
        let key = SigningKey::generate(rng);
        let other = SigningKey::generate(rng);
        let public = key.verifying_key();
        let signature = key.sign(SigningContext::Head, b"head", rng);
        let theirs = other.sign(SigningContext::Head, b"head", rng);
        assert!(
            public
                .verify(SigningContext::Head, b"head", &signature[..])
                .is_ok()
        );
        assert!(
            public
                .verify(SigningContext::Card, b"head", &signature[..])
                .is_err()
        );
        assert!(
            public
                .verify(SigningContext::Head, b"heap", &signature[..])
                .is_err()
        );

        let mut stripped = signature.clone();
        stripped[..ML_DSA_SIGNATURE_SIZE].copy_from_slice(&theirs[..ML_DSA_SIGNATURE_SIZE]);
        assert!(
            public
                .verify(SigningContext::Head, b"head", &stripped[..])
                .is_err(),
            "Ed25519 alone must not do"
        );
        let mut stripped = signature.clone();
        stripped[ML_DSA_SIGNATURE_SIZE..].copy_from_slice(&theirs[ML_DSA_SIGNATURE_SIZE..]);
        assert!(
            public
                .verify(SigningContext::Head, b"head", &stripped[..])
                .is_err(),
            "ML-DSA alone must not do"
        );
    }

    #[test]
    fn a_seed_is_the_whole_key() {
        let key = SigningKey::generate(&mut UnwrapErr(SysRng));
        let again = SigningKey::from_seed(key.seed()).expect("64 bytes");
        assert_eq!(
            key.verifying_key().as_bytes(),
            again.verifying_key().as_bytes()
        );
        assert!(SigningKey::from_seed(&[0; 63]).is_none());
    }
}
