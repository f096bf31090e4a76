//! Import, get, one write and unlock at three sizes, beside one durable write of the same disk and one derivation.
#![allow(clippy::print_stdout, reason = "a bench prints its figures")]

use keystead_benches::in_turn;
use keystead_crypto::derive_slot_key;
use keystead_vault::{
    Asker, Cancel, Costs, Credential, Exposure, KdfParams, Names, NewPassphrase, Origin,
    Passphrase, Process, SecretName, Timestamp, Vault, VaultFolder, VersionSelector,
};
use std::{fs::File, io::Write, time::Instant};

fn asker() -> Asker {
    Asker {
        at: Timestamp(1_800_000_000_000),
        process: Process::default(),
        purpose: String::new(),
        confirmed: false,
        cancel: Cancel::default(),
    }
}

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
        let place = VaultFolder::at(&temp.path().join("bench"));
        let words = Passphrase::new("lantern otter ribbon quarry".to_owned());
        let passphrase = NewPassphrase {
            passphrase: &words,
            key_file: None,
            costs: Costs {
                params: KdfParams::FLOOR,
                by_hand: true,
            },
        };
        let names = Names {
            identity: "bench".to_owned(),
            device: "bench".to_owned(),
        };
        let mut vault = Vault::create(&place, passphrase, &names, &asker()).expect("a vault");
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
        let credential = Credential::Passphrase(&words, None);
        let unlock = in_turn(
            20,
            || {
                let vault = Vault::unlock(&place, &credential, &asker()).expect("unlocked");
                drop(vault);
            },
            || {
                derive_slot_key(&words, None, &[0; 32], KdfParams::FLOOR).expect("derived");
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
