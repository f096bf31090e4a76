use super::*;
use getrandom::{SysRng, rand_core::UnwrapErr};
use proptest::prelude::*;
use std::convert::Infallible;

/// Bytes that rise by a step, or stay: for pinned vectors only.
struct Steps {
    next: u8,
    step: u8,
}

impl rand_core::TryRng for Steps {
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

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        for byte in bytes {
            *byte = self.next;
            self.next = self.next.wrapping_add(self.step);
        }
        Ok(())
    }
}

impl rand_core::TryCryptoRng for Steps {}

fn key(bytes: [u8; 32]) -> KeyBytes {
    KeyBytes::from_slice(&bytes).expect("32 bytes")
}

fn split(needed: u8, shares: u8) -> (KeyBytes, Vec<RecoveryShare>) {
    let rng = &mut UnwrapErr(SysRng);
    let key = KeyBytes::generate(rng);
    let threshold = Threshold::new(needed, shares).expect("a threshold");
    let shares = split_key(&key, threshold, rng);
    (key, shares)
}

fn copy(share: &RecoveryShare) -> RecoveryShare {
    RecoveryShare::decode(&share.encode()).expect("just encoded")
}

fn error(shares: &[RecoveryShare]) -> Option<ShareError> {
    combine_shares(shares).err()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Pinned; computed apart from this code, with logarithm tables.
#[test]
fn shares_are_what_the_format_says() {
    let secret = key(std::array::from_fn(|n| 0xa0 + n as u8));
    let threshold = Threshold::new(3, 5).expect("a threshold");
    let shares = split_key(&secret, threshold, &mut Steps { next: 0, step: 1 });
    assert_eq!(
        hex(&shares[0].encode()),
        "00010000000102030405060708090a0b0c0d0e0f030501808182838485868788898a8b8c8d8e\
         8fd0d1d2d3d4d5d6d7d8d9dadbdcdddedf8b696a1e9983ec52c53813001abff6fe739ae1377f\
         11cbc0e6bc43ec49bfc564"
    );
    assert_eq!(
        hex(&shares[4].encode()),
        "00010000000102030405060708090a0b0c0d0e0f030505edf8c7d2b9ac938645506f7a11043b\
         2e3c291603687d42579481beabc0d5eaff8b696a1e9983ec52c53813001abff6fe739ae1377f\
         11cbc0e6bc43ec49bfc564"
    );
    assert_eq!(shares[0].encode().len(), RecoveryShare::SIZE);
}

#[test]
fn every_choice_of_k_shares_gives_the_key_and_no_smaller_one_does() {
    for (needed, count) in [(2, 2), (2, 3), (3, 5), (5, 5), (4, 7)] {
        let (key, shares) = split(needed, count);
        for choice in 1u32..1 << count {
            let chosen: Vec<_> = (0..count)
                .filter(|n| choice >> n & 1 == 1)
                .map(|n| copy(&shares[usize::from(n)]))
                .rev()
                .collect();
            let combined = combine_shares(&chosen);
            if chosen.len() < usize::from(needed) {
                let too_few = ShareError::TooFew {
                    needed,
                    found: chosen.len(),
                };
                assert_eq!(combined.err(), Some(too_few));
                let guess = interpolate_at_zero(&chosen);
                assert_ne!(guess.expose(), key.expose());
            } else {
                let combined = combined.map(|key| *key.expose());
                assert_eq!(combined, Ok(*key.expose()), "{needed} of {count}");
            }
        }
    }
}

/// Perfect secrecy of one byte, counted: with every coefficient, one share
/// of a 2-of-n split takes each value exactly once, whatever the key.
#[test]
fn one_share_of_two_says_nothing() {
    for secret in [0, 1, 0xff] {
        let mut seen = [0u32; 256];
        for coefficient in 0..=255 {
            let share = evaluate(&key([secret; 32]), &[key([coefficient; 32])], 1);
            seen[usize::from(share.expose()[0])] += 1;
        }
        assert!(seen.iter().all(|&count| count == 1));
    }
}

/// A coefficient that is never zero, or odd only, would tell something.
#[test]
fn coefficients_are_the_generators_bytes_as_they_come() {
    let threshold = Threshold::new(2, 2).expect("a threshold");
    for byte in 0..=255 {
        let rng = &mut Steps {
            next: byte,
            step: 0,
        };
        let shares = split_key(&key([0x5a; 32]), threshold, rng);
        assert_eq!(shares[0].share.expose(), &[0x5a ^ byte; 32]);
    }
}

#[test]
fn every_mistake_has_its_name() {
    let (_, shares) = split(3, 5);
    let (_, others) = split(3, 5);
    assert_eq!(
        error(&[]),
        Some(ShareError::TooFew {
            needed: 2,
            found: 0
        })
    );
    let with = |change: &dyn Fn(&mut RecoveryShare)| {
        let mut chosen = [copy(&shares[0]), copy(&shares[2]), copy(&shares[4])];
        change(&mut chosen[1]);
        error(&chosen)
    };
    assert_eq!(with(&|_| {}), None);
    assert_eq!(
        with(&|share| *share = copy(&others[2])),
        Some(ShareError::DifferentSets)
    );
    assert_eq!(
        with(&|share| share.threshold.needed = 2),
        Some(ShareError::DifferentThresholds)
    );
    assert_eq!(
        with(&|share| share.threshold.shares = 6),
        Some(ShareError::DifferentThresholds)
    );
    assert_eq!(
        with(&|share| share.commitment[31] ^= 1),
        Some(ShareError::DifferentCommitments)
    );
    assert_eq!(
        with(&|share| *share = copy(&shares[0])),
        Some(ShareError::Duplicate { index: 1 })
    );
    assert_eq!(
        with(&|share| share.index = 2),
        Some(ShareError::CommitmentMismatch)
    );
    assert_eq!(
        with(&|share| share.share = copy(&others[2]).share),
        Some(ShareError::CommitmentMismatch)
    );
}

#[test]
fn a_commitment_binds_key_set_and_threshold() {
    let three_of_five = Threshold::new(3, 5).expect("a threshold");
    let commitment = commit(&key([1; 32]), &[2; 16], three_of_five);
    let others = [
        commit(&key([2; 32]), &[2; 16], three_of_five),
        commit(&key([1; 32]), &[3; 16], three_of_five),
        commit(&key([1; 32]), &[2; 16], Threshold::new(2, 5).expect("k")),
        commit(&key([1; 32]), &[2; 16], Threshold::new(3, 6).expect("n")),
    ];
    assert!(others.iter().all(|other| *other != commitment));
}

#[test]
fn thresholds_and_indices_outside_the_limits_are_refused() {
    for (needed, shares) in [(0, 0), (0, 2), (1, 1), (1, 5), (3, 2), (2, 17), (255, 255)] {
        assert_eq!(
            Threshold::new(needed, shares),
            Err(ShareError::Threshold { needed, shares })
        );
    }
    assert!(Threshold::new(16, 16).is_ok());
    let (_, shares) = split(2, 3);
    for index in [0, 4, 255] {
        let mut bytes = shares[0].encode();
        bytes[22] = index;
        assert_eq!(
            RecoveryShare::decode(&bytes).err(),
            Some(ShareError::Index { index })
        );
    }
}

proptest! {
    #[test]
    fn shares_survive_their_encoding(bytes: [u8; 32], needed in 2u8..=16, extra in 0u8..=14) {
        let shares = needed.saturating_add(extra).min(16);
        let threshold = Threshold::new(needed, shares).expect("a threshold");
        let dealt = split_key(&key(bytes), threshold, &mut UnwrapErr(SysRng));
        let read: Vec<_> = dealt.iter().map(copy).collect();
        for (share, again) in dealt.iter().zip(&read) {
            prop_assert_eq!(&share.encode()[..], &again.encode()[..]);
        }
        let from = usize::from(shares - needed);
        let combined = combine_shares(&read[from..]).map(|key| *key.expose());
        prop_assert_eq!(combined, Ok(bytes));
    }

    #[test]
    fn any_bytes_are_refused_or_canonical(bytes in prop::collection::vec(any::<u8>(), 80..90)) {
        let mut bytes = bytes;
        bytes[..4].copy_from_slice(&[0, 1, 0, 0]);
        bytes[20..23].copy_from_slice(&[2, 3, 1]);
        match RecoveryShare::decode(&bytes) {
            Ok(share) => prop_assert_eq!(&share.encode()[..], &bytes[..]),
            Err(_) => prop_assert_ne!(bytes.len(), RecoveryShare::SIZE),
        }
    }

    #[test]
    fn one_changed_bit_of_a_share_gives_no_key(bit in 0usize..RecoveryShare::SIZE * 8) {
        let (_, mut shares) = split(2, 2);
        let mut bytes = shares[1].encode();
        bytes[bit / 8] ^= 1 << (bit % 8);
        if let Ok(share) = RecoveryShare::decode(&bytes) {
            shares[1] = share;
            prop_assert!(combine_shares(&shares).is_err());
        }
    }
}

#[test]
fn a_set_is_one_deal_s_and_no_other_s() {
    let rng = &mut UnwrapErr(SysRng);
    let threshold = Threshold::new(2, 3).expect("two of three");
    let first = split_key(&key([1; 32]), threshold, rng);
    let second = split_key(&key([1; 32]), threshold, rng);
    assert!(first.iter().all(|share| share.set() == first[0].set()));
    assert_ne!(first[0].set(), second[0].set());
    assert_eq!((threshold.needed(), threshold.shares()), (2, 3));
    let indices: Vec<_> = first.iter().map(RecoveryShare::index).collect();
    assert_eq!(indices, [1, 2, 3]);
    assert_eq!(first[0].threshold(), threshold);
}
