//! Names of things, as bytes.

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident($size:literal);)*) => {
        $($(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub [u8; $size]);

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, "{}(", stringify!($name))?;
                for byte in &self.0[..4] {
                    write!(f, "{byte:02x}")?;
                }
                f.write_str("…)")
            }
        })*
    };
}

ids! {
    /// A space: SHA-256 of its genesis.
    SpaceId(32);
    /// An identity: the fingerprint of its signature key.
    MemberId(32);
    /// A machine.
    DeviceId(16);
    /// A project.
    ProjectId(16);
    /// An environment.
    EnvironmentId(16);
    /// A statement: SHA-256 of its body.
    StatementId(32);
}
