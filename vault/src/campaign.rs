//! Campaigns against the files of a small vault. The passphrase is derived
//! once; every copy is opened by its root key.

use crate::{
    Origin, Vault, VaultFolder, store,
    tests::{asker, set, vault_in},
    unlock::open_with_root_key,
};
use keystead_crypto::RootKey;
use rusqlite::{Connection, types::Value};
use sha2::{Digest, Sha256};
use std::{
    fs::{self, File},
    os::unix::fs::FileExt as _,
    path::Path,
};

/// Every table's every cell, in order.
fn dump(vault: &Vault) -> rusqlite::Result<Vec<(String, Vec<Value>)>> {
    dump_of(&vault.sql)
}

fn dump_of(sql: &Connection) -> rusqlite::Result<Vec<(String, Vec<Value>)>> {
    let tables: Vec<String> = sql
        .prepare("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")?
        .query_map([], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    let mut rows = Vec::new();
    for table in tables {
        let mut statement = sql.prepare(&format!("SELECT * FROM {table} ORDER BY 1, 2"))?;
        let columns = statement.column_count();
        let mut found = statement.query([])?;
        while let Some(row) = found.next()? {
            let cells = (0..columns).map(|i| row.get(i)).collect::<Result<_, _>>()?;
            rows.push((table.clone(), cells));
        }
    }
    Ok(rows)
}

fn values(vault: &mut Vault) -> Option<Vec<String>> {
    let read = vault.examine_environment(("churn-model", "dev"), |environment| {
        let pairs = environment.pairs();
        pairs
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect()
    });
    read.ok()
}

fn small_vault(folder: &Path) -> (VaultFolder, RootKey) {
    let (mut vault, place, root) = vault_in(folder);
    for i in 0..12 {
        set(&mut vault, &format!("KEY_{i}"), &format!("value-{i}"));
    }
    vault
        .rotate(
            &asker(),
            ("churn-model", "dev", "KEY_3"),
            "value-new",
            Origin::Rotated,
        )
        .expect("rotated");
    vault.close(&asker(), "asked").expect("closed");
    (place, root)
}

/// Bits to flip: as many as `KEYSTEAD_BIT_FLIPS` says, 2,000 if it says nothing; `None` for `all`, each of them once.
fn flips() -> Option<u64> {
    match std::env::var("KEYSTEAD_BIT_FLIPS") {
        Ok(text) if text == "all" => None,
        Ok(text) => Some(
            text.parse()
                .expect("KEYSTEAD_BIT_FLIPS is a number, or all"),
        ),
        Err(_) => Some(2_000),
    }
}

#[test]
fn every_flipped_bit_of_the_header_is_noticed() {
    let temp = tempfile::tempdir().expect("temp");
    let (place, root) = small_vault(temp.path());
    let header = fs::read(place.header_path()).expect("a header");
    crate::header::verify(&header, &root).expect("the positive");
    for bit in 0..header.len() * 8 {
        let mut changed = header.clone();
        changed[bit / 8] ^= 1 << (bit % 8);
        let read = crate::header::Header::decode(&changed);
        assert!(
            read.is_err() || crate::header::verify(&changed, &root).is_err(),
            "bit {bit}"
        );
    }
}

/// What flips came to: refused, or logically identical.
#[derive(Default)]
struct Tally {
    refused: u64,
    identical: u64,
}

/// Flips one bit of a file on the disk, and back again after `look`.
fn flipped<T>(path: &Path, bit: u64, look: impl FnOnce() -> T) -> T {
    let file = File::options().read(true).write(true).open(path);
    let file = file.expect("a file");
    let mut byte = [0];
    file.read_exact_at(&mut byte, bit / 8).expect("read");
    let changed = [byte[0] ^ 1 << (bit % 8)];
    file.write_all_at(&changed, bit / 8).expect("written");
    let found = look();
    file.write_all_at(&byte, bit / 8).expect("written");
    found
}

#[test]
fn one_flipped_bit_never_opens_to_different_data() {
    let temp = tempfile::tempdir().expect("temp");
    let (place, root) = small_vault(temp.path());
    let mut vault = open_with_root_key(&place, &root).expect("opens");
    let expected = dump(&vault).expect("dump");
    let expected_values = values(&mut vault).expect("values");
    drop(vault);
    let key = root.derive_store_key();
    let files = [place.header_path(), place.store_path()];
    let originals = files.each_ref().map(|path| fs::read(path).expect("file"));
    let bits = originals.each_ref().map(|bytes| bytes.len() as u64 * 8);
    let wal = place.path().join("store.db-wal");
    let mut tally = Tally::default();
    // The whole way: as a person would open it.
    let mut open = |file: usize, bit: u64| {
        let opened = flipped(&files[file], bit, || {
            let mut vault = open_with_root_key(&place, &root).ok()?;
            Some((dump(&vault).ok()?, values(&mut vault)?))
        });
        match opened {
            None => tally.refused += 1,
            Some((rows, read)) => {
                assert_eq!(rows, expected, "file {file}, bit {bit}: rows differ");
                assert_eq!(read, expected_values, "file {file}, bit {bit}: values");
                tally.identical += 1;
            }
        }
        // A copy that opened may have left a write-ahead log of the changed file; what is there checkpoints itself.
        if fs::remove_file(&wal).is_ok() {
            fs::write(&files[1], &originals[1]).expect("written");
        }
    };
    match flips() {
        Some(drawn) => {
            let seed = u64::from_be_bytes(crate::create::random());
            println!(
                "seed {seed:#018x}, {drawn} of {} bits",
                bits.iter().sum::<u64>()
            );
            for round in 0..drawn {
                // Every eighth flip goes to the small header, which a fair draw would hardly meet.
                let file = usize::from(round % 8 != 0);
                let digest = Sha256::new()
                    .chain_update(seed.to_be_bytes())
                    .chain_update(round.to_be_bytes())
                    .finalize();
                let draw = u64::from_be_bytes(digest[..8].try_into().expect("eight bytes"));
                open(file, draw % bits[file]);
            }
        }
        None => {
            (0..bits[0]).for_each(|bit| open(0, bit));
            // Of the store each bit in turn. What opens a vault is a function of its rows, so that the rows decide:
            // where all of them are as they were, all else is.
            for bit in 0..bits[1] {
                let rows = flipped(&files[1], bit, || {
                    let sql = store::open(&place.store_path(), &key).ok()?;
                    store::check_version(&sql).ok()?.ok()?;
                    dump_of(&sql).ok()
                });
                match rows {
                    None => tally.refused += 1,
                    Some(rows) => {
                        assert_eq!(rows, expected, "store, bit {bit}: rows differ");
                        tally.identical += 1;
                    }
                }
                let _ = fs::remove_file(&wal);
                if bit % 100_000 == 0 {
                    println!("bit {bit} of {}", bits[1]);
                }
            }
        }
    }
    for (path, original) in files.iter().zip(&originals) {
        assert_eq!(&fs::read(path).expect("file"), original, "each bit is back");
    }
    let Tally { refused, identical } = tally;
    println!("{refused} refused, {identical} logically identical, 0 different");
    assert!(refused > 0, "the campaign must have hit something");
}
