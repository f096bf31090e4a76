//! Campaigns against the files of a small vault. The passphrase is derived
//! once; every copy is opened by its root key.

use crate::{
    Origin, Vault, VaultFolder,
    tests::{asker, set, vault_in},
    unlock::open_with_root_key,
};
use keystead_crypto::RootKey;
use rusqlite::types::Value;
use sha2::{Digest, Sha256};
use std::{fs, path::Path};

/// Every table's every cell, in order.
fn dump(vault: &Vault) -> rusqlite::Result<Vec<(String, Vec<Value>)>> {
    let tables: Vec<String> = vault
        .sql
        .prepare("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")?
        .query_map([], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    let mut rows = Vec::new();
    for table in tables {
        let mut statement = vault
            .sql
            .prepare(&format!("SELECT * FROM {table} ORDER BY 1, 2"))?;
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

#[test]
fn one_flipped_bit_never_opens_to_different_data() {
    let temp = tempfile::tempdir().expect("temp");
    let (place, root) = small_vault(temp.path());
    let mut vault = open_with_root_key(&place, &root).expect("opens");
    let expected = dump(&vault).expect("dump");
    let expected_values = values(&mut vault).expect("values");
    drop(vault);

    let files = [place.header_path(), place.store_path()];
    let originals = files.each_ref().map(|path| fs::read(path).expect("file"));
    let bits: Vec<u64> = originals
        .iter()
        .map(|bytes| bytes.len() as u64 * 8)
        .collect();
    let seed = u64::from_be_bytes(crate::create::random());
    println!(
        "seed {seed:#018x}, {} bits in {} files",
        bits.iter().sum::<u64>(),
        files.len()
    );
    let (mut refused, mut identical) = (0, 0);
    let all = bits.iter().sum::<u64>();
    let drawn = flips();
    for round in 0..drawn.unwrap_or(all) {
        // Every eighth flip goes to the small header, which a fair draw would hardly meet.
        let mut file = usize::from(round % 8 != 0);
        let digest = Sha256::new()
            .chain_update(seed.to_be_bytes())
            .chain_update(round.to_be_bytes())
            .finalize();
        let draw = u64::from_be_bytes(digest[..8].try_into().expect("eight bytes"));
        let mut bit = draw % bits[file];
        if drawn.is_none() {
            file = usize::from(round >= bits[0]);
            bit = if file == 0 { round } else { round - bits[0] };
        }
        let mut changed = originals[file].clone();
        changed[(bit / 8) as usize] ^= 1 << (bit % 8);
        fs::write(&files[file], &changed).expect("write");
        match open_with_root_key(&place, &root) {
            Err(_) => refused += 1,
            Ok(mut vault) => match (dump(&vault), values(&mut vault)) {
                (Ok(rows), Some(read)) => {
                    assert_eq!(rows, expected, "file {file}, bit {bit}: rows differ");
                    assert_eq!(
                        read, expected_values,
                        "file {file}, bit {bit}: values differ"
                    );
                    identical += 1;
                }
                _ => refused += 1,
            },
        }
        fs::write(&files[file], &originals[file]).expect("write");
        // A copy that opened may have left a write-ahead log of the changed file.
        let _ = fs::remove_file(place.path().join("store.db-wal"));
    }
    println!("{refused} refused, {identical} logically identical, 0 different");
    assert!(refused > 0, "the campaign must have hit something");
}
