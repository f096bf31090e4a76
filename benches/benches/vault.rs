//! Import, get, one write and unlock at three sizes, beside one durable write of the same disk and one derivation.
#![allow(clippy::print_stdout, reason = "a bench prints its figures")]

use keystead_benches::{
    in_turn,
    vaults::{Measured, asker},
};
use keystead_crypto::derive_slot_key;
use keystead_vault::{Exposure, KdfParams, Origin, SecretName, VersionSelector};
use std::{fs::File, io::Write, time::Instant};

fn main() {
    println!(
        "{:>8}  {:>14}  {:>12}  {:>12}  {:>7}  {:>12}  {:>7}  {:>16}",
        "secrets",
        "import, ms",
        "get, µs",
        "fsync, µs",
        "ratio",
        "write, µs",
        "ratio",
        "unlock − KDF, ms"
    );
    for size in [100, 1_000, 10_000] {
        let temp = tempfile::tempdir().expect("temp");
        let bench = Measured::at(&temp.path().join("bench"));
        let mut vault = bench.create();
        let values: Vec<_> = (0..size)
            .map(|i| {
                (
                    SecretName::parse(&format!("KEY_{i}")).expect("a name"),
                    format!("sk-{i:040}"),
                )
            })
            .collect();
        let borrowed: Vec<_> = values
            .iter()
            .map(|(n, v)| (n.clone(), v.as_str()))
            .collect();
        let start = Instant::now();
        vault
            .put_values(
                &asker(),
                "bench",
                "dev",
                &borrowed,
                Origin::Imported,
                "",
                true,
            )
            .expect("imported");
        let import = start.elapsed();

        let mut file = File::create(temp.path().join("floor")).expect("a file");
        let mut at = 0;
        let get = in_turn(
            200,
            || {
                at = (at + 7919) % size;
                let target = ("bench", "dev", &*format!("KEY_{at}"));
                vault
                    .read(
                        &asker(),
                        target,
                        VersionSelector::Current,
                        Exposure::Read,
                        "",
                    )
                    .expect("read");
            },
            || {
                file.write_all(&[0; 4096]).expect("written");
                file.sync_data().expect("synced");
            },
        );
        let mut turn = 0;
        let write = in_turn(
            200,
            || {
                turn += 1;
                let name = SecretName::parse(&format!("KEY_{}", turn * 7919 % size));
                let value = format!("sk-new-{turn:036}");
                let one = [(name.expect("a name"), value.as_str())];
                let put = vault.put_values(&asker(), "bench", "dev", &one, Origin::Set, "", true);
                put.expect("stored");
            },
            || {
                file.write_all(&[0; 4096]).expect("written");
                file.sync_data().expect("synced");
            },
        );
        vault.close_quietly().expect("closed");
        // What an unlock takes beside its derivation, which is the same on both sides.
        let unlock = in_turn(
            20,
            || drop(bench.unlock()),
            || {
                derive_slot_key(bench.passphrase(), None, &[0; 32], KdfParams::FLOOR)
                    .expect("derived");
            },
        );
        println!(
            "{size:>8}  {:>14.1}  {:>12.0}  {:>12.0}  {:>7.2}  {:>12.0}  {:>7.2}  {:>16.1}",
            import.as_secs_f64() * 1e3,
            get.ours.as_secs_f64() * 1e6,
            get.floor.as_secs_f64() * 1e6,
            get.ratio(),
            write.ours.as_secs_f64() * 1e6,
            write.ratio(),
            (unlock.ours.as_secs_f64() - unlock.floor.as_secs_f64()) * 1e3,
        );
    }
}
