//! Round trips, damage, limits and the keys' text, against this crate alone;
//! `tests/age_peers.rs` has another implementation, `cctv.rs` the vectors.

use super::{
    stanza::{HybridIdentity, HybridRecipient},
    *,
};
use ::age::{EncryptError, scrypt, secrecy::SecretString, x25519};
use bech32::{ByteIterExt, Fe32, Fe32IterExt, Hrp};
use getrandom::{SysRng, rand_core::UnwrapErr};
use proptest::prelude::*;

type Rng = UnwrapErr<SysRng>;

fn rng() -> Rng {
    UnwrapErr(SysRng)
}

fn key() -> KemPrivateKey {
    KemPrivateKey::generate(&mut rng())
}

fn seal(key: &KemPrivateKey, plaintext: &[u8], format: AgeFormat) -> Vec<u8> {
    seal_age_file(&[key.public_key()], plaintext, format, &mut rng()).expect("within the limits")
}

fn header_size(file: &[u8]) -> usize {
    let mac = file.windows(5).position(|w| w == b"\n--- ");
    mac.expect("a header ends with its MAC") + 5 + 43 + 1
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn each_recipient_opens_what_was_sealed(
        plaintext in prop_oneof![
            proptest::collection::vec(any::<u8>(), 0..300),
            proptest::collection::vec(any::<u8>(), 65_400..65_700),
            proptest::collection::vec(any::<u8>(), 0..200_000),
        ],
        armored: bool,
        recipients in 1usize..4,
    ) {
        let keys: Vec<_> = (0..recipients).map(|_| key()).collect();
        let public: Vec<_> = keys.iter().map(KemPrivateKey::public_key).collect();
        let format = if armored { AgeFormat::Armored } else { AgeFormat::Binary };
        let file = seal_age_file(&public, &plaintext, format, &mut rng()).expect("within the limits");
        prop_assert_eq!(file.starts_with(ARMOR_BEGIN), armored);
        for key in &keys {
            let opened = open_age_file(key, &file);
            prop_assert_eq!(opened.as_deref(), Ok(&plaintext[..]));
        }
        prop_assert_eq!(open_age_file(&key(), &file).err(), Some(AgeError::NoMatchingKey));
    }

    #[test]
    fn nothing_panics(start in 0usize..4, bytes: Vec<u8>) {
        const STARTS: [&[u8]; 4] = [b"", MAGIC, VERSION_1, b"-----BEGIN AGE ENCRYPTED FILE-----\n"];
        let file = [STARTS[start], &bytes].concat();
        prop_assert!(open_age_file(&key(), &file).is_err());
    }
}

#[test]
fn chunks_end_where_they_should() {
    let key = key();
    for size in [0, 1, 65_535, 65_536, 65_537, 131_072, 131_073] {
        let plaintext = vec![7; size];
        let opened = open_age_file(&key, &seal(&key, &plaintext, AgeFormat::Binary));
        assert_eq!(opened.as_deref(), Ok(&plaintext[..]), "{size} bytes");
    }
}

#[test]
fn every_flipped_bit_is_refused() {
    let key = key();
    let identity = HybridIdentity::new(&key);
    let file = seal(&key, b"value", AgeFormat::Binary);
    let header = header_size(&file);
    for bit in 0..file.len() * 8 {
        let mut changed = file.clone();
        changed[bit / 8] ^= 1 << (bit % 8);
        let error = open_with(&identity, &changed).err();
        let expected: &[AgeError] = if bit / 8 < MAGIC.len() {
            &[AgeError::NotAnAgeFile]
        } else if bit / 8 < header {
            &[
                AgeError::UnsupportedVersion,
                AgeError::Malformed,
                AgeError::NoMatchingKey,
                AgeError::Tampered,
            ]
        } else {
            &[AgeError::Tampered]
        };
        assert!(
            error.is_some_and(|error| expected.contains(&error)),
            "bit {bit}: {error:?}"
        );
    }
}

#[test]
fn every_flipped_bit_of_armor_is_refused() {
    let key = key();
    let identity = HybridIdentity::new(&key);
    let file = seal(&key, b"value", AgeFormat::Armored);
    for bit in 0..file.len() * 8 {
        let mut changed = file.clone();
        changed[bit / 8] ^= 1 << (bit % 8);
        assert!(open_with(&identity, &changed).is_err(), "bit {bit}");
    }
}

#[test]
fn every_truncation_is_refused() {
    let key = key();
    let identity = HybridIdentity::new(&key);
    let file = seal(&key, b"value", AgeFormat::Binary);
    let header = header_size(&file);
    for size in 0..file.len() {
        let expected = match size {
            _ if size < MAGIC.len() => AgeError::NotAnAgeFile,
            // The nonce is read together with the header.
            _ if size < header + 16 => AgeError::Malformed,
            _ => AgeError::Tampered,
        };
        let error = open_with(&identity, &file[..size]).err();
        assert_eq!(error, Some(expected), "{size} bytes");
    }
    let armored = seal(&key, b"value", AgeFormat::Armored);
    // Without the last line feed it is still whole.
    for size in 0..armored.len() - 1 {
        assert!(open_with(&identity, &armored[..size]).is_err(), "{size}");
    }
}

#[test]
fn chunks_can_be_neither_dropped_nor_moved_nor_added() {
    const CHUNK: usize = (64 << 10) + 16;
    let key = key();
    let file = seal(&key, &[7; 3 * (64 << 10)], AgeFormat::Binary);
    let (head, chunks) = file.split_at(file.len() - 3 * CHUNK);
    let chunk = |index: usize| &chunks[index * CHUNK..][..CHUNK];
    assert!(open_age_file(&key, &[head, chunk(0), chunk(1), chunk(2)].concat()).is_ok());
    for changed in [
        vec![head],
        vec![head, chunk(0)],
        vec![head, chunk(0), chunk(1)],
        vec![head, chunk(0), chunk(2)],
        vec![head, chunk(1), chunk(0), chunk(2)],
        vec![head, chunk(0), chunk(1), chunk(2), chunk(2)],
        vec![head, chunk(0), chunk(1), chunk(2), &[0]],
    ] {
        let error = open_age_file(&key, &changed.concat()).err();
        assert_eq!(error, Some(AgeError::Tampered));
    }
}

fn seal_with(recipient: &dyn Recipient) -> Vec<u8> {
    let encryptor = Encryptor::with_recipients(iter::once(recipient)).expect("one recipient");
    write_file(encryptor, b"value", AgeFormat::Binary).expect("into memory")
}

#[test]
fn files_of_other_recipient_types_match_no_key() {
    let x25519 = x25519::Identity::generate().to_public();
    let mut passphrase = scrypt::Recipient::new(SecretString::from("swordfish"));
    passphrase.set_work_factor(2);
    for file in [seal_with(&x25519), seal_with(&passphrase)] {
        let error = open_age_file(&key(), &file).err();
        assert_eq!(error, Some(AgeError::NoMatchingKey));
    }
}

#[test]
fn no_recipient_of_another_type_stands_beside_ours() {
    let mut rng = rng();
    let rng = RefCell::new(&mut rng);
    let ours = HybridRecipient::new(&key().public_key(), &rng);
    let classical = x25519::Identity::generate().to_public();
    let both: [&dyn Recipient; 2] = [&ours, &classical];
    assert!(matches!(
        Encryptor::with_recipients(both.into_iter()),
        Err(EncryptError::IncompatibleRecipients { .. })
    ));
}

#[test]
fn recipients_are_counted() {
    let key = key();
    let seal = |count| {
        let recipients = vec![key.public_key(); count];
        seal_age_file(&recipients, b"value", AgeFormat::Binary, &mut rng())
    };
    assert_eq!(seal(0).err(), Some(AgeError::RecipientCount));
    let most = seal(AGE_RECIPIENTS_MAX).expect("as many as there may be");
    assert!(open_age_file(&key, &most).is_ok(), "its header is read");
    assert_eq!(
        seal(AGE_RECIPIENTS_MAX + 1).err(),
        Some(AgeError::RecipientCount)
    );
}

#[test]
fn sizes_are_bounded() {
    let above = vec![0; FILE_MAX + 1];
    assert_eq!(
        seal_age_file(
            &[key().public_key()],
            &above[..=AGE_PLAINTEXT_MAX],
            AgeFormat::Binary,
            &mut rng()
        )
        .err(),
        Some(AgeError::TooLarge)
    );
    assert_eq!(
        open_age_file(&key(), &above).err(),
        Some(AgeError::TooLarge)
    );
    let key = key();
    let longest = seal(&key, &above[..AGE_PLAINTEXT_MAX], AgeFormat::Binary);
    let opened = open_age_file(&key, &longest).expect("as long as there may be");
    assert_eq!(opened.len(), AGE_PLAINTEXT_MAX);
    for (size, expected) in [
        (AGE_PLAINTEXT_MAX, Ok(AGE_PLAINTEXT_MAX)),
        (AGE_PLAINTEXT_MAX + 1, Err(AgeError::TooLarge)),
    ] {
        let read = read_plaintext(io::repeat(7).take(size as u64), FILE_MAX);
        assert_eq!(read.map(|plaintext| plaintext.len()), expected);
    }
}

/// A header of `stanzas` for nobody, with a MAC of the right form.
fn unmatched(stanzas: &str) -> Vec<u8> {
    let mac = "A".repeat(43);
    let mut file = format!("age-encryption.org/v1\n{stanzas}--- {mac}\n").into_bytes();
    file.extend([0; 32]);
    file
}

#[test]
fn a_header_of_the_largest_size_is_read_and_no_larger_one() {
    assert_eq!(bound_header(&vec![b'a'; HEADER_MAX]), Ok(()));
    assert_eq!(
        bound_header(&vec![b'a'; HEADER_MAX + 1]),
        Err(AgeError::Malformed)
    );
}

#[test]
fn another_mac_is_tampering() {
    let key = key();
    let mut file = seal(&key, b"value", AgeFormat::Binary);
    let mac = header_size(&file) - 44;
    file[mac] = if file[mac] == b'A' { b'B' } else { b'A' };
    let error = open_with(&HybridIdentity::new(&key), &file).err();
    assert_eq!(error, Some(AgeError::Tampered));
}

#[test]
fn headers_are_bounded() {
    for (stanzas, expected) in [
        ("-> a\n\n".repeat(255), AgeError::NoMatchingKey),
        ("-> a\n\n".repeat(256), AgeError::Malformed),
        (
            format!("-> {}\n\n", "a".repeat(HEADER_MAX - 100)),
            AgeError::NoMatchingKey,
        ),
        (
            format!("-> {}\n\n", "a".repeat(HEADER_MAX)),
            AgeError::Malformed,
        ),
    ] {
        let error = open_age_file(&key(), &unmatched(&stanzas)).err();
        assert_eq!(error, Some(expected));
    }
}

#[test]
fn armor_is_taken_as_it_is_pasted_but_not_with_lines_without_end() {
    let key = key();
    let file = String::from_utf8(seal(&key, b"value", AgeFormat::Armored)).expect("text");
    for pasted in [
        file.clone(),
        file.trim_end().to_owned(),
        format!("\r\n \t\n{file}\n \n"),
        file.replace('\n', "\r\n"),
    ] {
        let opened = open_age_file(&key, pasted.as_bytes());
        assert_eq!(opened.as_deref(), Ok(&b"value"[..]));
    }
    for (around, expected) in [
        ("x", AgeError::NotAnAgeFile),
        ("> ", AgeError::NotAnAgeFile),
    ] {
        let error = open_age_file(&key, format!("{around}{file}").as_bytes()).err();
        assert_eq!(error, Some(expected));
    }
    for after in ["x".to_owned(), " ".repeat(ARMOR_LINE_MAX + 1)] {
        let error = open_age_file(&key, format!("{file}{after}").as_bytes()).err();
        assert_eq!(error, Some(AgeError::Malformed));
    }
}

#[test]
fn other_versions_and_other_files_are_told_apart() {
    for (file, expected) in [
        (&b""[..], AgeError::NotAnAgeFile),
        (b"PK\x03\x04", AgeError::NotAnAgeFile),
        (
            b"age-encryption.org/v2\nanything",
            AgeError::UnsupportedVersion,
        ),
        (b"age-encryption.org/v1\nanything", AgeError::Malformed),
        (b"age-encryption.org/v1\n", AgeError::Malformed),
        (b"age-encryption.org/", AgeError::Malformed),
    ] {
        assert_eq!(open_age_file(&key(), file).err(), Some(expected));
    }
}

/// The pair of keys in c2sp.org/age.
const SPECIFIED_IDENTITY: &str =
    "AGE-SECRET-KEY-PQ-1XX76JRALNLXDMEW0CRK45QMCCH4X06SE84UN3VPM33W6HWDX0H3SK3ZQFR";
const SPECIFIED_RECIPIENT: &str = include_str!("../../testdata/age/c2sp-recipient.txt");

#[test]
fn keys_are_written_and_read_as_specified() {
    let key = KemPrivateKey::import_age_identity(SPECIFIED_IDENTITY).expect("specified");
    assert_eq!(&*key.export_age_identity(), SPECIFIED_IDENTITY);
    let text = SPECIFIED_RECIPIENT.trim_end();
    assert_eq!(key.public_key().to_age_recipient(), text);
    let public = KemPublicKey::from_age_recipient(text).expect("specified");
    assert_eq!(public.as_bytes(), key.public_key().as_bytes());
}

/// Bech32 with `last` added to its last character of data, which has bits left over.
fn encode_with(hrp: &str, bytes: &[u8], last: u8) -> String {
    let mut data: Vec<Fe32> = bytes.iter().copied().bytes_to_fes().collect();
    let end = data.last_mut().expect("not empty");
    *end = Fe32::try_from(end.to_u8() | last).expect("five bits");
    data.into_iter()
        .with_checksum::<bech32::Bech32>(&Hrp::parse(hrp).expect("ASCII"))
        .chars()
        .collect()
}

#[test]
fn each_key_has_one_text() {
    let key = key();
    let public = key.public_key();
    let encode = |hrp, last| encode_with(hrp, public.as_bytes(), last);
    let recipient = encode("age1pq", 0);
    assert_eq!(recipient, public.to_age_recipient());
    for text in [
        recipient.to_uppercase(),
        recipient.replacen("age", "Age", 1),
        encode("age1pq", 1),
        encode("age1pr", 0),
        encode("age1tagpq", 0),
        encode_with("age1pq", &public.as_bytes()[..1215], 0),
        format!("{recipient}q"),
        format!(" {recipient}"),
        recipient[..1958].to_owned(),
        String::new(),
        x25519::Identity::generate().to_public().to_string(),
    ] {
        let error = KemPublicKey::from_age_recipient(&text).err();
        assert_eq!(error, Some(AgeError::InvalidRecipient), "{text}");
    }

    let seed = key.seed().expose();
    let encode = |hrp, last| encode_with(hrp, seed, last).to_uppercase();
    let identity = encode("age-secret-key-pq-", 0);
    assert_eq!(identity, *key.export_age_identity());
    for text in [
        identity.to_lowercase(),
        identity.replacen("AGE", "age", 1),
        encode("age-secret-key-pq-", 1),
        encode("age-secret-key-pr-", 0),
        encode_with("age-secret-key-pq-", &seed[..31], 0).to_uppercase(),
        format!("{identity}Q"),
        identity[..76].to_owned(),
        String::new(),
    ] {
        let error = KemPrivateKey::import_age_identity(&text).err();
        assert_eq!(error, Some(AgeError::InvalidIdentity), "{text}");
    }
}

#[test]
fn a_changed_character_makes_no_key() {
    let key = key();
    let recipient = key.public_key().to_age_recipient();
    let identity = key.export_age_identity();
    let change = |text: &str, at: usize| {
        let other = match text.as_bytes()[at] {
            b'q' => "p",
            b'Q' => "P",
            byte if byte.is_ascii_lowercase() => "q",
            _ => "Q",
        };
        format!("{}{other}{}", &text[..at], &text[at + 1..])
    };
    for at in 0..recipient.len() {
        assert!(KemPublicKey::from_age_recipient(&change(&recipient, at)).is_err());
    }
    for at in 0..identity.len() {
        assert!(KemPrivateKey::import_age_identity(&change(&identity, at)).is_err());
    }
}

#[test]
fn recipients_that_are_no_keys_are_refused() {
    let valid = key().public_key().as_bytes().to_vec();
    let mut small_order = valid.clone();
    small_order[1184..].fill(0);
    // Above ML-KEM's modulus, which FIPS 203 §7.2 refuses.
    let mut above_modulus = valid.clone();
    above_modulus[..3].fill(0xff);
    for bytes in [small_order, above_modulus] {
        let text = encode_with("age1pq", &bytes, 0);
        assert_eq!(
            KemPublicKey::from_age_recipient(&text).err(),
            Some(AgeError::InvalidRecipient)
        );
    }
    assert!(KemPublicKey::from_age_recipient(&encode_with("age1pq", &valid, 0)).is_ok());
}

/// Counted by hand from c2sp.org/age: what the longest file that is let in consists of.
#[test]
fn the_bounds_let_in_what_the_format_needs_and_little_more() {
    assert_eq!(HEADER_MAX, 262_144);
    assert_eq!(ARMOR_LINE_MAX, 1_088);
    // 256 chunks and one for the rest, a tag each, and a nonce.
    let binary = 262_144 + 16 + 16_777_216 + 257 * 16;
    // 48 bytes are 64 characters, CR and LF; the last line, and the two around them.
    let armored = (binary / 48 + 1) * 66 + 2 * 40;
    assert!(FILE_MAX >= armored, "the longest one is let in");
    assert!(FILE_MAX <= armored + 4_096, "and not much beside it");
}
