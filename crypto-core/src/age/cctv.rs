//! C2SP's own vectors of the hybrid recipient type, each opened here and its
//! outcome compared with what it says. `testdata/age/README.md` says whose they are.

use super::{AgeError, HybridIdentity, open_age_file};
use crate::KemPrivateKey;
use ::age::{DecryptError, Decryptor, Identity, x25519};
use miniz_oxide::inflate::decompress_to_vec_zlib;
use sha2::{Digest, Sha256};
use std::{collections::BTreeMap, fs, path::Path};

/// Every vector that there is for hybrid recipients: a file more or less is an error.
const VECTORS: &[&str] = &[
    "armor_hybrid",
    "hybrid",
    "hybrid_and_x25519",
    "hybrid_bad_tag",
    "hybrid_currupted_enc_mlkem",
    "hybrid_currupted_enc_x25519",
    "hybrid_extra_argument",
    "hybrid_grease",
    "hybrid_identity",
    "hybrid_long_file_key",
    "hybrid_long_share",
    "hybrid_low_order",
    "hybrid_multiple_recipients",
    "hybrid_no_match",
    "hybrid_not_canonical_body",
    "hybrid_not_canonical_enc",
    "hybrid_short_share",
    "hybrid_uppercase",
    "hybrid_x25519_arg",
];

struct Vector {
    /// In their order; a name may stand twice.
    fields: Vec<(String, String)>,
    file: Vec<u8>,
}

impl Vector {
    /// Fields as `name: value` lines, an empty line, the age file.
    fn parse(bytes: &[u8]) -> Self {
        let end = bytes
            .windows(2)
            .position(|pair| pair == b"\n\n")
            .expect("a vector has an empty line");
        let fields = std::str::from_utf8(&bytes[..end])
            .expect("fields are text")
            .lines()
            .map(|line| line.split_once(": ").expect("a field has a name"))
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        let file = bytes[end + 2..].to_vec();
        let mut vector = Self { fields, file };
        let compression = vector.all("compressed").next().map(str::to_owned);
        match compression.as_deref() {
            None => {}
            Some("zlib") => vector.file = decompress_to_vec_zlib(&vector.file).expect("zlib"),
            Some(other) => panic!("compressed by {other}"),
        }
        vector
    }

    fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        let fields = self.fields.iter().filter(move |(named, _)| named == name);
        fields.map(|(_, value)| &value[..])
    }

    fn one(&self, name: &str) -> &str {
        let mut values = self.all(name);
        let value = values.next().expect("the vector has this field");
        assert_eq!(values.next(), None, "{name} stands once");
        value
    }
}

#[test]
fn every_hybrid_vector_of_c2sp_ends_as_it_says() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/age/cctv");
    let mut names: Vec<_> = fs::read_dir(&folder)
        .expect("the vectors are part of the source")
        .map(|entry| entry.expect("readable").file_name())
        .map(|name| name.into_string().expect("ASCII names"))
        .collect();
    names.sort();
    assert_eq!(names, VECTORS);

    let mut counts = BTreeMap::<String, usize>::new();
    for name in &names {
        let vector = Vector::parse(&fs::read(folder.join(name)).expect("readable"));
        let expected = vector.one("expect");
        let mut classical = Vec::new();
        let mut hybrid = Vec::new();
        for identity in vector.all("identity") {
            match KemPrivateKey::import_age_identity(identity) {
                Ok(identity) => hybrid.push(identity),
                Err(_) => classical.push(identity.parse().expect("an X25519 identity")),
            }
        }
        let [identity] = &hybrid[..] else {
            panic!("{name}: {} hybrid identities", hybrid.len());
        };
        let opened = open_age_file(identity, &vector.file);
        if !classical.is_empty() {
            // What it is about befalls the X25519 identity, which only `age` has.
            assert_eq!(opened.err(), Some(AgeError::NoMatchingKey), "{name}");
            assert_eq!(expected, "header failure", "{name}");
            assert_header_failure(&classical, identity, &vector.file);
            *counts.entry(expected.to_owned()).or_default() += 1;
            continue;
        }
        match expected {
            "success" => {
                let plaintext = opened.unwrap_or_else(|error| panic!("{name}: {error}"));
                let hash: String = Sha256::digest(&plaintext[..])
                    .iter()
                    .map(|byte| format!("{byte:02x}"))
                    .collect();
                assert_eq!(hash, vector.one("payload"), "{name}");
            }
            "header failure" | "armor failure" => {
                assert_eq!(opened.err(), Some(AgeError::Malformed), "{name}");
            }
            "no match" => assert_eq!(opened.err(), Some(AgeError::NoMatchingKey), "{name}"),
            "HMAC failure" | "payload failure" => {
                assert_eq!(opened.err(), Some(AgeError::Tampered), "{name}");
            }
            other => panic!("{name}: expects {other}"),
        }
        *counts.entry(expected.to_owned()).or_default() += 1;
    }
    println!("C2SP CCTV age, hybrid: {} vectors, {counts:?}", names.len());
    assert_eq!(counts.values().sum::<usize>(), 19);
}

fn assert_header_failure(classical: &[x25519::Identity], hybrid: &KemPrivateKey, file: &[u8]) {
    let hybrid = HybridIdentity::new(hybrid);
    let identities = classical
        .iter()
        .map(|identity| identity as &dyn Identity)
        .chain([&hybrid as &dyn Identity]);
    let decryptor = Decryptor::new_buffered(file).expect("well-formed but for a stanza");
    assert!(matches!(
        decryptor.decrypt(identities),
        Err(DecryptError::InvalidHeader)
    ));
}
