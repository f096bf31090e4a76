//! Padding, once, before sealing: lengths tell no more than a bucket.
//!
//! Padmé (Nikitin et al., PURBs, PoPETs 2019, §4) above a floor per use: Padmé
//! alone leaves 25 distinct sizes between 16 and 128 bytes, which shows the provider.

use keystead_memory::SecretBytes;

/// What is padded; each has a floor of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Padding {
    /// A secret's value: at least 256 bytes.
    Value,
    /// A name: at least 64 bytes.
    Name,
    /// An operation's body: at least 1024 bytes.
    Operation,
}

impl Padding {
    fn floor(self) -> usize {
        match self {
            Self::Value => 256,
            Self::Name => 64,
            Self::Operation => 1024,
        }
    }
}

/// Padded bytes that are not what [`pad`] makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the padding is not canonical")]
pub struct PaddingError;

/// The size, in bytes, that `size` bytes are padded to, length prefix included.
pub fn padded_size(padding: Padding, size: usize) -> usize {
    padme(size + 4).max(padding.floor())
}

/// `u32` length ‖ bytes ‖ zeros, to [`padded_size`].
pub fn pad(padding: Padding, bytes: &[u8]) -> SecretBytes {
    let size = u32::try_from(bytes.len()).expect("callers bound payloads far below 4 GiB");
    let mut padded = SecretBytes::zeroed(padded_size(padding, bytes.len()));
    padded[..4].copy_from_slice(&size.to_be_bytes());
    padded[4..4 + bytes.len()].copy_from_slice(bytes);
    padded
}

/// The bytes inside, borrowed.
///
/// # Errors
/// [`PaddingError`] unless the input is exactly what [`pad`] makes.
pub fn unpad(padding: Padding, padded: &[u8]) -> Result<&[u8], PaddingError> {
    let (size, rest) = padded.split_first_chunk::<4>().ok_or(PaddingError)?;
    let size = u32::from_be_bytes(*size) as usize;
    let (bytes, zeros) = rest.split_at_checked(size).ok_or(PaddingError)?;
    if padded.len() != padded_size(padding, size) || zeros.iter().any(|&byte| byte != 0) {
        return Err(PaddingError);
    }
    Ok(bytes)
}

/// Keeps the floor(log2(floor(log2(n)))) + 1 top bits of `size`, rounded up. The four bytes of the length count, so that
/// `size` is 4 at least.
fn padme(size: usize) -> usize {
    let exponent = size.ilog2();
    let kept = exponent.ilog2() + 1;
    let mask = (1usize << (exponent - kept.min(exponent))) - 1;
    (size + mask) & !mask
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Computed apart from this code, by the paper's algorithm.
    #[test]
    fn sizes_are_those_of_padme() {
        let rounded = [
            4, 5, 8, 9, 15, 17, 65, 1_000, 1_025, 4_097, 65_537, 100_000, 1_000_000,
        ];
        let sizes = rounded.map(padme);
        assert_eq!(
            sizes,
            [
                4, 5, 8, 10, 16, 18, 72, 1_024, 1_088, 4_352, 67_584, 100_352, 1_015_808
            ]
        );
    }

    #[test]
    fn api_keys_of_every_provider_look_alike() {
        let sizes: Vec<_> = (0..=252).map(|n| padded_size(Padding::Value, n)).collect();
        assert!(sizes.iter().all(|&size| size == 256));
    }

    #[test]
    fn neither_another_size_nor_another_filling_is_a_padding() {
        let padded = pad(Padding::Value, b"value");
        let mut longer = padded.to_vec();
        longer.push(0);
        assert_eq!(unpad(Padding::Value, &longer), Err(PaddingError));
        assert!(unpad(Padding::Value, &padded[..padded.len() - 1]).is_err());
        for at in 9..padded.len() {
            let mut filled = padded.to_vec();
            filled[at] = 1;
            assert_eq!(
                unpad(Padding::Value, &filled),
                Err(PaddingError),
                "byte {at}"
            );
        }
    }

    proptest! {
        #[test]
        fn what_was_padded_comes_back(bytes in prop::collection::vec(any::<u8>(), 0..5000)) {
            for padding in [Padding::Value, Padding::Name, Padding::Operation] {
                let padded = pad(padding, &bytes);
                prop_assert_eq!(unpad(padding, &padded), Ok(&bytes[..]));
                let overhead = padded.len() as f64 / (bytes.len() + 4).max(padding.floor()) as f64;
                prop_assert!(overhead <= 1.13, "Padmé costs at most 12 %");
            }
        }

        #[test]
        fn anything_else_is_refused(bytes in prop::collection::vec(any::<u8>(), 0..600)) {
            if let Ok(inner) = unpad(Padding::Name, &bytes) {
                let again = pad(Padding::Name, inner);
                prop_assert_eq!(&again[..], &bytes[..]);
            }
        }
    }
}
