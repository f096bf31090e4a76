//! Frames: a `u32` length, big-endian, and that many bytes of JSON. Buffers are
//! of their final size from the start and wiped, as they carry values.

use super::HostError;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use std::io::{self, Read, Write};
use zeroize::Zeroizing;

/// An import of the largest file, twice over; nothing that is asked for comes near.
const FRAME_MAX: usize = 64 << 20;

/// What a client says first.
#[derive(Serialize, Deserialize)]
pub(super) struct Hello {
    pub(super) protocol: u16,
    pub(super) program: String,
    pub(super) parent: String,
    pub(super) directory: String,
    pub(super) purpose: String,
    /// The space to work in; empty for the vault's own.
    pub(super) space: String,
}

/// What the host says first.
#[derive(Serialize, Deserialize)]
pub(super) struct Welcome {
    pub(super) protocol: u16,
    /// The host's version, for people.
    pub(super) version: String,
    pub(super) unlocked: bool,
}

pub(super) fn send(stream: &mut impl Write, message: &impl Serialize) -> Result<(), HostError> {
    let mut size = Counter(0);
    serde_json::to_writer(&mut size, message).map_err(io::Error::from)?;
    if size.0 > FRAME_MAX {
        return Err(HostError::Malformed);
    }
    let length = u32::try_from(size.0).map_err(|_| HostError::Malformed)?;
    let mut frame = Zeroizing::new(Vec::with_capacity(4 + size.0));
    frame.extend_from_slice(&length.to_be_bytes());
    serde_json::to_writer(&mut *frame, message).map_err(io::Error::from)?;
    stream.write_all(&frame)?;
    Ok(())
}

/// The next message; `None` where the other side has ended.
pub(super) fn receive<T: DeserializeOwned>(stream: &mut impl Read) -> Result<Option<T>, HostError> {
    let mut length = [0; 4];
    match stream.read_exact(&mut length) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        Err(error) => return Err(error.into()),
    }
    let length = u32::from_be_bytes(length) as usize;
    if length > FRAME_MAX {
        return Err(HostError::Malformed);
    }
    let mut frame = Zeroizing::new(vec![0; length]);
    stream.read_exact(&mut frame)?;
    // The library's words may repeat what it could not read.
    serde_json::from_slice(&frame)
        .map(Some)
        .map_err(|_| HostError::Malformed)
}

struct Counter(usize);

impl Write for Counter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
