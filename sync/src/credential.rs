//! What opens a bucket.

use zeroize::Zeroize;

/// A key id and its secret.
pub struct Credential {
    /// Names the key.
    pub key_id: String,
    /// Proves it.
    pub secret: String,
    /// Of a key that is valid for a while only.
    pub session: Option<String>,
}

impl Drop for Credential {
    fn drop(&mut self) {
        self.secret.zeroize();
        self.session.zeroize();
    }
}
