//! Key pairs that a person asks for, as their programs read them: private halves in PEM, public halves as text. Nothing
//! of Keystead itself is sealed or signed with these; its own keys are the crypto core's.

use crate::api::SecretText;
use getrandom::{
    SysRng,
    rand_core::{Rng, UnwrapErr},
};
use p256::elliptic_curve::Generate;
use p256::pkcs8::{DecodePrivateKey, EncodePrivateKey, EncodePublicKey, LineEnding};
use ssh_key::private::{Ed25519Keypair, Ed25519PrivateKey, KeypairData};
use zeroize::Zeroizing;

/// NIST SP 800-57 part 1, table 2: 128 bits of security.
const RSA_BITS: usize = 3072;

/// An Ed25519 key in OpenSSH's own format.
pub(crate) fn generate_ssh_key() -> SecretText {
    let mut seed = Zeroizing::new([0; 32]);
    UnwrapErr(SysRng).fill_bytes(&mut seed[..]);
    let public = ed25519_dalek::SigningKey::from_bytes(&seed).verifying_key();
    let pair = Ed25519Keypair {
        public: ssh_key::public::Ed25519PublicKey(public.to_bytes()),
        private: Ed25519PrivateKey::from_bytes(&seed),
    };
    let key = ssh_key::PrivateKey::new(KeypairData::Ed25519(pair), "keystead")
        .expect("an unencrypted key has no rounds to get wrong");
    key.to_openssh(ssh_key::LineEnding::LF)
        .expect("a key of this size is encoded")
        .into()
}

/// An RSA key of 3072 bits in PKCS #8 (RFC 5958).
pub(crate) fn generate_rsa_key() -> SecretText {
    let key = rsa::PrivateKey::new(&mut UnwrapErr(SysRng), RSA_BITS)
        .expect("the size is one that RSA keys have");
    key.to_pkcs8_pem(LineEnding::LF)
        .expect("a valid key is encoded")
        .into()
}

/// A P-256 key in PKCS #8.
pub(crate) fn generate_ec_key() -> SecretText {
    p256::SecretKey::generate_from_rng(&mut UnwrapErr(SysRng))
        .to_pkcs8_pem(LineEnding::LF)
        .expect("a valid key is encoded")
        .into()
}

/// The public half of a private key: a line for `authorized_keys`, or PEM. `None` for a key of another form.
pub(crate) fn public_half(private: &str) -> Option<String> {
    if let Ok(key) = ssh_key::PrivateKey::from_openssh(private) {
        return key.public_key().to_openssh().ok();
    }
    if let Ok(key) = rsa::PrivateKey::from_pkcs8_pem(private) {
        return key.to_public_key().to_public_key_pem(LineEnding::LF).ok();
    }
    let key = p256::SecretKey::from_pkcs8_pem(private).ok()?;
    key.public_key().to_public_key_pem(LineEnding::LF).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use keystead_vault::Kind;

    #[test]
    fn pairs_are_private_keys_that_give_their_public_half_and_differ() {
        for (make, begins) in [
            (generate_ssh_key as fn() -> SecretText, "ssh-ed25519 AAAA"),
            (generate_rsa_key, "-----BEGIN PUBLIC KEY-----"),
            (generate_ec_key, "-----BEGIN PUBLIC KEY-----"),
        ] {
            let (one, two) = (make(), make());
            assert_eq!(Kind::recognise("X", one.expose()), Kind::PrivateKey);
            assert_eq!(Kind::PrivateKey.problem(one.expose()), None);
            let public = public_half(one.expose()).expect("a public half");
            assert!(public.starts_with(begins), "{public}");
            assert_ne!(Some(public), public_half(two.expose()));
        }
        assert_eq!(public_half("-----BEGIN PRIVATE KEY-----\nMC4CAQ==\n"), None);
    }
}
