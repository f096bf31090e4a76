//! Canonical bytes: what is signed, MACed, hashed or stored as one piece.
//!
//! Integers are big-endian and of fixed width; byte strings and text carry a
//! `u32` length; lists a `u32` count; options one byte, 0 or 1. There is one
//! encoding of each value, so `encode(decode(x)) == x` or the bytes are refused.

use crate::{SCHEMA, SUITE};

/// Why bytes were refused. Never holds any of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// The bytes end too early.
    #[error("the data is truncated")]
    Truncated,
    /// Bytes are left over.
    #[error("the data has bytes left over")]
    TrailingBytes,
    /// A value has another encoding than the canonical one.
    #[error("the data is not in canonical form")]
    NotCanonical,
    /// Another suite.
    #[error("cipher suite {0} is not known")]
    UnsupportedSuite(u16),
    /// Another schema.
    #[error("schema {0} is not known")]
    UnsupportedSchema(u16),
}

/// Builds canonical bytes.
#[derive(Default)]
pub struct Writer(Vec<u8>);

impl Writer {
    /// Starts empty.
    pub fn new() -> Self {
        Self::default()
    }

    /// Starts with this version's suite and schema, two bytes each.
    pub fn versioned() -> Self {
        let mut writer = Self::new();
        writer.u16(SUITE).u16(SCHEMA);
        writer
    }

    /// As [`Self::versioned`], with room for so many bytes: where what is written is secret, nothing of it is left behind in
    /// a smaller buffer.
    pub fn versioned_in(capacity: usize) -> Self {
        let mut writer = Self(Vec::with_capacity(capacity + 4));
        writer.u16(SUITE).u16(SCHEMA);
        writer
    }

    /// Appends one byte.
    pub fn u8(&mut self, value: u8) -> &mut Self {
        self.0.push(value);
        self
    }

    /// Appends two bytes.
    pub fn u16(&mut self, value: u16) -> &mut Self {
        self.fixed(&value.to_be_bytes())
    }

    /// Appends four bytes.
    pub fn u32(&mut self, value: u32) -> &mut Self {
        self.fixed(&value.to_be_bytes())
    }

    /// Appends eight bytes.
    pub fn u64(&mut self, value: u64) -> &mut Self {
        self.fixed(&value.to_be_bytes())
    }

    /// Appends eight bytes, two's complement.
    pub fn i64(&mut self, value: i64) -> &mut Self {
        self.fixed(&value.to_be_bytes())
    }

    /// Appends bytes whose length the format fixes.
    pub fn fixed(&mut self, bytes: &[u8]) -> &mut Self {
        self.0.extend_from_slice(bytes);
        self
    }

    /// Appends a length and the bytes.
    ///
    /// # Panics
    /// Never for what this program makes: every caller bounds its input far below 4 GiB.
    pub fn bytes(&mut self, bytes: &[u8]) -> &mut Self {
        self.count(bytes.len());
        self.fixed(bytes)
    }

    /// Appends a length and UTF-8 text.
    pub fn text(&mut self, text: &str) -> &mut Self {
        self.bytes(text.as_bytes())
    }

    /// Appends a list's length.
    pub fn count(&mut self, count: usize) -> &mut Self {
        self.u32(u32::try_from(count).expect("callers bound lists and strings below 2^32"))
    }

    /// Appends 0, or 1 and what `write` appends.
    pub fn option<T>(&mut self, value: Option<T>, write: impl FnOnce(&mut Self, T)) -> &mut Self {
        match value {
            None => self.u8(0),
            Some(value) => {
                self.u8(1);
                write(self, value);
                self
            }
        }
    }

    /// The bytes so far.
    pub fn as_slice(&self) -> &[u8] {
        &self.0
    }

    /// The bytes.
    pub fn finish(self) -> Vec<u8> {
        self.0
    }
}

/// Reads canonical bytes. Allocates no more than a small multiple of its input.
pub struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    /// Starts at the first byte.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// Starts after this version's suite and schema.
    ///
    /// # Errors
    /// [`DecodeError::UnsupportedSuite`] or [`DecodeError::UnsupportedSchema`] for others.
    pub fn versioned(bytes: &'a [u8]) -> Result<Self, DecodeError> {
        let mut reader = Self::new(bytes);
        match reader.u16()? {
            SUITE => {}
            other => return Err(DecodeError::UnsupportedSuite(other)),
        }
        match reader.u16()? {
            SCHEMA => Ok(reader),
            other => Err(DecodeError::UnsupportedSchema(other)),
        }
    }

    /// Takes `size` bytes.
    ///
    /// # Errors
    /// [`DecodeError::Truncated`] if fewer are left; so for all readers below.
    pub fn take(&mut self, size: usize) -> Result<&'a [u8], DecodeError> {
        let (head, tail) = self
            .0
            .split_at_checked(size)
            .ok_or(DecodeError::Truncated)?;
        self.0 = tail;
        Ok(head)
    }

    /// Takes an array.
    #[allow(clippy::missing_errors_doc, reason = "see `take`")]
    pub fn fixed<const N: usize>(&mut self) -> Result<[u8; N], DecodeError> {
        let (head, tail) = self.0.split_first_chunk().ok_or(DecodeError::Truncated)?;
        self.0 = tail;
        Ok(*head)
    }

    /// Takes one byte.
    #[allow(clippy::missing_errors_doc, reason = "see `take`")]
    pub fn u8(&mut self) -> Result<u8, DecodeError> {
        self.fixed::<1>().map(|[byte]| byte)
    }

    /// Takes two bytes.
    #[allow(clippy::missing_errors_doc, reason = "see `take`")]
    pub fn u16(&mut self) -> Result<u16, DecodeError> {
        self.fixed().map(u16::from_be_bytes)
    }

    /// Takes four bytes.
    #[allow(clippy::missing_errors_doc, reason = "see `take`")]
    pub fn u32(&mut self) -> Result<u32, DecodeError> {
        self.fixed().map(u32::from_be_bytes)
    }

    /// Takes eight bytes.
    #[allow(clippy::missing_errors_doc, reason = "see `take`")]
    pub fn u64(&mut self) -> Result<u64, DecodeError> {
        self.fixed().map(u64::from_be_bytes)
    }

    /// Takes eight bytes, two's complement.
    #[allow(clippy::missing_errors_doc, reason = "see `take`")]
    pub fn i64(&mut self) -> Result<i64, DecodeError> {
        self.fixed().map(i64::from_be_bytes)
    }

    /// Takes a length and that many bytes.
    #[allow(clippy::missing_errors_doc, reason = "see `take`")]
    pub fn bytes(&mut self) -> Result<&'a [u8], DecodeError> {
        let size = self.u32()? as usize;
        self.take(size)
    }

    /// Takes a length and UTF-8 text.
    ///
    /// # Errors
    /// [`DecodeError::NotCanonical`] if it is not UTF-8.
    pub fn text(&mut self) -> Result<&'a str, DecodeError> {
        std::str::from_utf8(self.bytes()?).map_err(|_| DecodeError::NotCanonical)
    }

    /// Takes a list, item by item. Refuses a count that the bytes left can't hold.
    ///
    /// # Errors
    /// What `read` says, or [`DecodeError::Truncated`].
    pub fn list<T>(
        &mut self,
        mut read: impl FnMut(&mut Self) -> Result<T, DecodeError>,
    ) -> Result<Vec<T>, DecodeError> {
        let count = self.u32()? as usize;
        if count > self.0.len() {
            return Err(DecodeError::Truncated);
        }
        let mut items = Vec::new();
        for _ in 0..count {
            items.push(read(self)?);
        }
        Ok(items)
    }

    /// Takes what [`Writer::option`] wrote.
    ///
    /// # Errors
    /// [`DecodeError::NotCanonical`] for a first byte that is neither 0 nor 1.
    pub fn option<T>(
        &mut self,
        read: impl FnOnce(&mut Self) -> Result<T, DecodeError>,
    ) -> Result<Option<T>, DecodeError> {
        match self.u8()? {
            0 => Ok(None),
            1 => read(self).map(Some),
            _ => Err(DecodeError::NotCanonical),
        }
    }

    /// Ends.
    ///
    /// # Errors
    /// [`DecodeError::TrailingBytes`] if bytes are left.
    pub fn finish(self) -> Result<(), DecodeError> {
        if self.0.is_empty() {
            Ok(())
        } else {
            Err(DecodeError::TrailingBytes)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_count_beyond_the_input_is_refused_before_it_allocates() {
        let mut reader = Reader::new(&[0xff, 0xff, 0xff, 0xff, 0]);
        assert_eq!(reader.list(Reader::u8), Err(DecodeError::Truncated));
    }

    #[test]
    fn another_suite_or_schema_is_named() {
        assert_eq!(
            Reader::versioned(&[0, 9, 0, 0]).err(),
            Some(DecodeError::UnsupportedSuite(9))
        );
        assert_eq!(
            Reader::versioned(&[0, 1, 0, 7]).err(),
            Some(DecodeError::UnsupportedSchema(7))
        );
    }

    proptest! {
        #[test]
        fn what_was_written_is_read(a: u8, b: u64, c: i64, d: Vec<u8>, e: String, f: Option<u32>) {
            let mut writer = Writer::versioned();
            writer.u8(a).u64(b).i64(c).bytes(&d).text(&e).option(f, |w, v| { w.u32(v); });
            let bytes = writer.finish();
            let mut reader = Reader::versioned(&bytes).expect("just written");
            prop_assert_eq!(reader.u8(), Ok(a));
            prop_assert_eq!(reader.u64(), Ok(b));
            prop_assert_eq!(reader.i64(), Ok(c));
            prop_assert_eq!(reader.bytes(), Ok(&d[..]));
            prop_assert_eq!(reader.text(), Ok(&e[..]));
            prop_assert_eq!(reader.option(Reader::u32), Ok(f));
            prop_assert_eq!(reader.finish(), Ok(()));
        }
    }
}
