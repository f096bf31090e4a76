//! Which log: a device's, in one of its incarnations.

use std::fmt;

/// Device 16 ‖ incarnation 16.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LogId(pub [u8; 32]);

impl LogId {
    /// The log of a device in an incarnation.
    pub fn new(device: [u8; 16], incarnation: [u8; 16]) -> Self {
        let mut bytes = [0; 32];
        bytes[..16].copy_from_slice(&device);
        bytes[16..].copy_from_slice(&incarnation);
        Self(bytes)
    }

    /// The device that writes it.
    pub fn device(self) -> [u8; 16] {
        *self.0.first_chunk().expect("32 bytes have 16")
    }

    /// Its random name among those of the device.
    pub fn incarnation(self) -> [u8; 16] {
        *self.0.last_chunk().expect("32 bytes have 16")
    }
}

impl fmt::Display for LogId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for LogId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}
