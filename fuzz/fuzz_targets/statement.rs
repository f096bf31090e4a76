//! Statements of membership: what is read is written again, and nothing that was not signed comes into a space.
#![no_main]

use keystead_crypto::SigningKey;
use keystead_fuzz::bound_memory;
use keystead_membership::{Genesis, Graph, InsertError, Statement};
use std::sync::LazyLock;

static EMPTY: LazyLock<Graph> = LazyLock::new(|| {
    let founder = SigningKey::from_seed(&[1; 64]).expect("64 bytes");
    let rng = &mut getrandom::rand_core::UnwrapErr(getrandom::SysRng);
    Graph::new(Genesis::sign(&founder, &[2; 32], rng).0)
});

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    bound_memory();
    if let Ok(statement) = Statement::decode(bytes) {
        assert_eq!(statement.encode(), bytes);
        // Into its own space, behind its beginning, as far as the reader of each act.
        let mut here = statement;
        here.space = EMPTY.genesis().space();
        here.parents = EMPTY.heads().clone();
        let taken = EMPTY.clone().insert(&here.encode(), &[0; 3373]);
        assert!(
            taken.is_err(),
            "a statement that nobody signed was taken in"
        );
        assert_ne!(taken, Err(InsertError::AnotherSpace));
    }
});
