use crate::{
    Action, Asker, Cancel, Costs, CreateError, Credential, EnvironmentName, Exposure, Names,
    NewPassphrase, Origin, Outcome, Process, ProjectName, SecretName, StageName, Timestamp,
    UnlockError, Vault, VaultError, VaultFolder, VersionSelector, create, header::Header,
    id::VaultId, unlock,
};
use keystead_crypto::{KdfParams, Passphrase, RootKey};
use std::{fs, os::unix::fs::PermissionsExt, path::Path, sync::OnceLock};

const HERE: (&str, &str, &str) = ("churn-model", "dev", "API_KEY");

pub(crate) fn asker() -> Asker {
    Asker {
        at: Timestamp(1_800_000_000_000),
        process: Process {
            pid: 7,
            program: "/usr/bin/test".to_owned(),
            ..Process::default()
        },
        purpose: String::new(),
        confirmed: false,
        cancel: Cancel::default(),
    }
}

pub(crate) fn names() -> Names {
    Names {
        identity: "Mara".to_owned(),
        device: "thinkpad-7".to_owned(),
    }
}

/// A passphrase at the least costs, which nothing raises by itself.
pub(crate) fn at_the_floor(passphrase: &Passphrase) -> NewPassphrase<'_> {
    NewPassphrase {
        passphrase,
        key_file: None,
        costs: Costs {
            params: KdfParams::FLOOR,
            by_hand: true,
        },
    }
}

/// A vault that is opened by its root key: the passphrase is derived once, at the floor.
pub(crate) fn vault_in(folder: &Path) -> (Vault, VaultFolder, RootKey) {
    let (root, header) = header();
    made(folder, root, &header)
}

/// As [`vault_in`], where several of one process share a derivation and a root key: what is tried on them is never what
/// protects the store.
pub(crate) fn one_of_many_in(folder: &Path) -> (Vault, VaultFolder, RootKey) {
    static HEADER: OnceLock<(RootKey, Header)> = OnceLock::new();
    let (root, header) = HEADER.get_or_init(header);
    made(folder, crate::rekey::copy_of(root), header)
}

fn header() -> (RootKey, Header) {
    let rng = &mut crate::keyring::system_random();
    let root = RootKey::generate(rng);
    let passphrase = Passphrase::new("one passphrase".to_owned());
    let cost = at_the_floor(&passphrase);
    let header = Header::generate(VaultId([9; 16]), cost, &root, asker().at, rng);
    (root, header.expect("the floor fits"))
}

fn made(folder: &Path, root: RootKey, header: &Header) -> (Vault, VaultFolder, RootKey) {
    let place = VaultFolder::at(&folder.join("work"));
    let vault = create::create_with(&place, &root, header, &names(), &asker()).expect("a vault");
    (vault, place, root)
}

pub(crate) fn set(vault: &mut Vault, name: &str, value: &str) {
    let name = SecretName::parse(name).expect("a name");
    vault
        .put_values(
            &asker(),
            "churn-model",
            "dev",
            &[(name, value)],
            Origin::Set,
            "",
            true,
        )
        .expect("stored");
}

fn read(vault: &mut Vault, version: VersionSelector) -> Result<String, VaultError> {
    let released = vault.read(&asker(), HERE, version, Exposure::Read, "")?;
    Ok(released.value.to_string())
}

#[test]
fn a_pending_value_waits_and_is_put_into_use_by_its_number() {
    let temp = tempfile::tempdir().expect("temp");
    let (mut vault, ..) = vault_in(temp.path());
    set(&mut vault, "KEY", "one");
    let project = vault.projects().expect("listed").remove(0);
    let environment = project.environments[0].name.clone();
    let here = (&*project.name, &*environment, "KEY");
    let read = |vault: &mut Vault| {
        let read = vault.read(&asker(), here, VersionSelector::Current, Exposure::Read, "");
        read.expect("read").value.to_string()
    };
    let stages = |vault: &Vault| -> Vec<(u32, Option<StageName>)> {
        let secret = vault.secret(here.0, here.1, here.2).expect("there");
        let rows = secret.versions.iter();
        rows.map(|row| (row.number, row.stage)).collect()
    };
    let put = vault.put_pending(&asker(), here, "two", Origin::Rotated);
    assert_eq!(put.expect("put").number, 2);
    assert_eq!(read(&mut vault), "one", "what waits is not in use");
    assert_eq!(
        stages(&vault),
        [(2, Some(StageName::Pending)), (1, Some(StageName::Current))]
    );
    vault
        .restore(&asker(), here, VersionSelector::Number(2))
        .expect("put into use");
    assert_eq!(read(&mut vault), "two");
    assert_eq!(
        stages(&vault),
        [
            (2, Some(StageName::Current)),
            (1, Some(StageName::Previous))
        ]
    );
    vault.undo(&asker(), None).expect("undone");
    assert_eq!(read(&mut vault), "one");
    assert_eq!(stages(&vault)[0], (2, Some(StageName::Pending)));
    let same = vault.put_pending(&asker(), here, "one", Origin::Rotated);
    assert!(matches!(same, Err(VaultError::SameValue)));
    assert!(vault.verify(&asker()).expect("verified").problem.is_none());
}

#[test]
fn rotate_and_restore_move_the_stages_and_keep_every_version() {
    let temp = tempfile::tempdir().expect("temp");
    let (mut vault, place, root) = vault_in(temp.path());
    set(&mut vault, "API_KEY", "first");
    let put = vault
        .rotate(&asker(), HERE, "second", Origin::Rotated)
        .expect("rotated");
    assert_eq!((put.number, put.previous.map(|p| p.1)), (2, Some(1)));
    assert_eq!(
        read(&mut vault, VersionSelector::Current).expect("read"),
        "second"
    );
    assert_eq!(
        read(&mut vault, VersionSelector::Previous).expect("read"),
        "first"
    );
    assert!(matches!(
        vault.rotate(&asker(), HERE, "second", Origin::Rotated),
        Err(VaultError::SameValue)
    ));
    assert!(matches!(
        vault.rotate(
            &asker(),
            ("churn-model", "dev", "OTHER"),
            "x",
            Origin::Rotated
        ),
        Err(VaultError::NoSecret { .. })
    ));
    let back = vault
        .restore(&asker(), HERE, VersionSelector::Previous)
        .expect("restored");
    assert_eq!(back.number, 1);
    assert_eq!(
        read(&mut vault, VersionSelector::Current).expect("read"),
        "first"
    );
    assert_eq!(
        read(&mut vault, VersionSelector::Previous).expect("read"),
        "second"
    );
    assert_eq!(
        read(&mut vault, VersionSelector::Number(2)).expect("read"),
        "second"
    );
    assert!(matches!(
        vault.restore(&asker(), HERE, VersionSelector::Number(1)),
        Err(VaultError::AlreadyCurrent)
    ));
    assert!(matches!(
        vault.restore(&asker(), HERE, VersionSelector::Number(9)),
        Err(VaultError::NoVersion { .. })
    ));

    vault.close(&asker(), "asked").expect("closed");
    let mut vault = unlock::open_with_root_key(&place, &root).expect("opens again");
    assert_eq!(
        read(&mut vault, VersionSelector::Current).expect("read"),
        "first"
    );
    let exposures = vault
        .secret(HERE.0, HERE.1, HERE.2)
        .expect("secret")
        .exposures;
    assert_eq!(exposures.iter().map(|e| e.times).sum::<u32>(), 6);
    let verification = vault.verify(&asker()).expect("verify runs");
    assert_eq!(verification.problem, None);
    assert_eq!(verification.ciphertexts, 2);
}

#[test]
fn a_batch_is_one_operation_and_a_failed_one_is_none() {
    let temp = tempfile::tempdir().expect("temp");
    let (mut vault, ..) = vault_in(temp.path());
    let names: Vec<_> = (0..500)
        .map(|i| SecretName::parse(&format!("K{i}")).expect("a name"))
        .collect();
    let values: Vec<_> = names.iter().map(|name| (name.clone(), "value")).collect();
    let refused = vault.put_values(&asker(), "p", "dev", &values, Origin::Imported, "", false);
    assert!(matches!(refused, Err(VaultError::NoProject(_))));
    let before = vault.verify(&asker()).expect("verify runs").operations;
    vault
        .put_values(&asker(), "p", "dev", &values, Origin::Imported, "", true)
        .expect("imported");
    let after = vault.verify(&asker()).expect("verify runs");
    assert_eq!(after.operations - before, 1, "500 keys are one operation");
    assert_eq!(after.problem, None);
    let matrix = vault.matrix("p").expect("matrix");
    assert_eq!(matrix.len(), 500);

    let twice = vault
        .put_values(&asker(), "p", "dev", &values, Origin::Imported, "", true)
        .expect("nothing to do");
    assert!(twice.iter().all(|put| !put.written));
}

#[test]
fn same_values_are_told_without_being_read() {
    let temp = tempfile::tempdir().expect("temp");
    let (mut vault, ..) = vault_in(temp.path());
    let name = ProjectName::parse("p").expect("name");
    let environments = ["dev", "prod"].map(|e| EnvironmentName::parse(e).expect("name"));
    vault
        .create_project(&asker(), &name, &environments)
        .expect("project");
    for (environment, value) in [("dev", "same"), ("prod", "same")] {
        let key = SecretName::parse("KEY").expect("name");
        vault
            .put_values(
                &asker(),
                "p",
                environment,
                &[(key, value)],
                Origin::Set,
                "",
                false,
            )
            .expect("stored");
    }
    let row = vault.matrix("p").expect("matrix").remove(0);
    let cells: Vec<_> = row.cells.iter().flatten().collect();
    assert!(cells[0].same_value(cells[1]));
    assert_eq!(
        vault
            .compare(
                "p",
                "dev",
                &[("KEY", "same"), ("KEY", "other"), ("NONE", "")]
            )
            .expect("ok"),
        [Some(true), Some(false), None]
    );
}

#[test]
fn a_wrong_passphrase_is_one_error_and_is_counted_in_the_audit() {
    let temp = tempfile::tempdir().expect("temp");
    let place = VaultFolder::at(&temp.path().join("mine"));
    let right = Passphrase::new("correct horse battery staple".to_owned());
    let wrong = Passphrase::new("correct horse battery stable".to_owned());
    let vault = Vault::create(&place, at_the_floor(&right), &names(), &asker()).expect("made");
    assert!(
        matches!(
            Vault::unlock(&place, &Credential::Passphrase(&right, None), &asker()),
            Err(UnlockError::Busy)
        ),
        "one process holds a vault at a time"
    );
    vault.close(&asker(), "asked").expect("closed");
    assert!(matches!(
        Vault::create(&place, at_the_floor(&right), &names(), &asker()),
        Err(CreateError::Exists(_))
    ));
    for _ in 0..2 {
        assert!(matches!(
            Vault::unlock(&place, &Credential::Passphrase(&wrong, None), &asker()),
            Err(UnlockError::WrongPassphraseOrTampered)
        ));
    }
    let vault =
        Vault::unlock(&place, &Credential::Passphrase(&right, None), &asker()).expect("opens");
    assert_eq!(vault.failed_unlocks(), 2);
    let events = vault.events(10, None).expect("events");
    let actions: Vec<_> = events
        .iter()
        .map(|e| (e.event.action, e.event.outcome))
        .collect();
    assert_eq!(
        actions,
        [
            (Action::Unlocked, Outcome::Ok),
            (Action::UnlockFailed, Outcome::Refused),
            (Action::Locked, Outcome::Ok),
            (Action::VaultCreated, Outcome::Ok),
        ]
    );
    assert!(events[1].event.detail.starts_with("2 times"));
    drop(vault);
    let vault =
        Vault::unlock(&place, &Credential::Passphrase(&right, None), &asker()).expect("opens");
    assert_eq!(vault.failed_unlocks(), 0, "counted once");
}

#[test]
fn wrong_truncated_and_foreign_files_are_named_and_left_alone() {
    let temp = tempfile::tempdir().expect("temp");
    let (vault, place, root) = vault_in(temp.path());
    vault.close_quietly().expect("closed");
    let header = fs::read(place.header_path()).expect("header");
    let store = fs::read(place.store_path()).expect("store");
    let open = |place: &VaultFolder| unlock::open_with_root_key(place, &root).err();

    let nowhere = VaultFolder::at(&temp.path().join("nowhere"));
    assert!(matches!(open(&nowhere), Some(UnlockError::NotFound(_))));

    for (path, original) in [(place.header_path(), &header), (place.store_path(), &store)] {
        let cases: [&[u8]; 5] = [
            b"",
            b"PK\x03\x04",
            &original[..original.len() / 2],
            &original[..100.min(original.len())],
            b"SQLite format 3\0",
        ];
        for bytes in cases {
            fs::write(&path, bytes).expect("write");
            assert!(
                matches!(
                    open(&place),
                    Some(UnlockError::Damaged(_) | UnlockError::WrongPassphraseOrTampered)
                ),
                "{} bytes in {}: {:?}",
                bytes.len(),
                path.display(),
                open(&place)
            );
            assert_eq!(
                fs::read(&path).expect("read"),
                bytes,
                "the file is untouched"
            );
        }
        fs::write(&path, original).expect("write");
    }
    let other = tempfile::tempdir().expect("temp");
    let (vault, foreign, _) = vault_in(other.path());
    vault.close_quietly().expect("closed");
    fs::copy(foreign.store_path(), place.store_path()).expect("copied");
    assert!(
        matches!(open(&place), Some(UnlockError::Damaged(_))),
        "another vault's store"
    );
    fs::write(place.store_path(), &store).expect("write");
    assert!(open(&place).is_none(), "and the right files still open");
}

#[test]
fn files_are_private() {
    let temp = tempfile::tempdir().expect("temp");
    let (mut vault, place, _root) = vault_in(temp.path());
    set(&mut vault, "API_KEY", "x");
    let mode = |path: &Path| fs::metadata(path).expect("there").permissions().mode() & 0o777;
    assert_eq!(mode(place.path()), 0o700);
    for entry in fs::read_dir(place.path()).expect("folder") {
        let path = entry.expect("entry").path();
        assert_eq!(mode(&path), 0o600, "{}", path.display());
    }
}

#[test]
fn without_a_durable_event_no_value_leaves() {
    let temp = tempfile::tempdir().expect("temp");
    let (mut vault, ..) = vault_in(temp.path());
    set(&mut vault, "API_KEY", "value");
    vault
        .sql
        .execute_batch("PRAGMA query_only = ON")
        .expect("pragma");
    assert!(matches!(
        read(&mut vault, VersionSelector::Current),
        Err(VaultError::Store(_))
    ));
    let all = vault.read_environment(
        &asker(),
        ("churn-model", "dev"),
        Exposure::Exported,
        "",
        |_| Ok::<_, VaultError>(()),
    );
    assert!(all.is_err());
    vault
        .sql
        .execute_batch("PRAGMA query_only = OFF")
        .expect("pragma");
    assert_eq!(
        read(&mut vault, VersionSelector::Current).expect("read"),
        "value"
    );
}

#[test]
fn verify_finds_what_was_changed_behind_its_back() {
    let tampers = [
        "UPDATE events SET body = (SELECT body FROM events WHERE log = 2 AND sequence = 0)
         WHERE log = 2 AND sequence = 1",
        "DELETE FROM events WHERE log = 2 AND sequence = (SELECT MAX(sequence) FROM events WHERE log = 2)",
        "DELETE FROM events WHERE log = 2 AND sequence = 0",
        "UPDATE operations SET header = CAST(substr(header, 1, length(header) - 1) || x'7f' AS BLOB) WHERE log = 2 AND sequence = 1",
        "UPDATE operations SET block = CAST(substr(block, 1, length(block) - 1) || x'7f' AS BLOB) WHERE log = 2 AND sequence = 1",
        "UPDATE versions SET number = 99 WHERE number = 1",
        "UPDATE stages SET previous = NULL",
        "UPDATE ciphertexts SET envelope = x'00'",
        "UPDATE heads SET signed = (SELECT signed FROM heads WHERE log = 1) WHERE log = 2",
        "DELETE FROM ciphertexts",
        "DELETE FROM statements WHERE position = (SELECT max(position) FROM statements)",
        "UPDATE statements SET signature = zeroblob(length(signature)) WHERE position = 1",
        "UPDATE epochs SET scope_id = zeroblob(16) WHERE scope = 3",
    ];
    let temp = tempfile::tempdir().expect("temp");
    let (mut vault, place, root) = vault_in(temp.path());
    set(&mut vault, "API_KEY", "first");
    vault
        .rotate(&asker(), HERE, "second", Origin::Rotated)
        .expect("rotated");
    vault.close_quietly().expect("closed");
    let store = fs::read(place.store_path()).expect("store");
    for tamper in tampers {
        fs::write(place.store_path(), &store).expect("write");
        let mut vault = unlock::open_with_root_key(&place, &root).expect("opens");
        assert_eq!(
            vault.verify(&asker()).expect("verify runs").problem,
            None,
            "before"
        );
        vault
            .sql
            .execute_batch("PRAGMA foreign_keys = OFF")
            .expect("pragma");
        let changed = vault.sql.execute(tamper, []).expect(tamper);
        assert!(changed > 0, "the tamper must do something: {tamper}");
        let verification = vault.verify(&asker()).expect("verify runs");
        assert!(verification.problem.is_some(), "must be found: {tamper}");
    }
}

#[test]
fn a_path_through_symbolic_links_leads_to_the_vault() {
    let temp = tempfile::tempdir().expect("temp");
    fs::create_dir(temp.path().join("real")).expect("a folder");
    std::os::unix::fs::symlink("real", temp.path().join("home")).expect("a link");
    let (vault, place, root) = vault_in(&temp.path().join("home"));
    drop(vault);
    unlock::open_with_root_key(&place, &root).expect("through a linked home");
    let linked = temp.path().join("shortcut.keystead");
    std::os::unix::fs::symlink(place.path(), &linked).expect("a link");
    unlock::open_with_root_key(&VaultFolder::at(&linked), &root).expect("through a linked folder");

    // The store itself may not be one: that is how a foreign file would get in.
    let store = place.store_path();
    let elsewhere = temp.path().join("elsewhere.db");
    fs::rename(&store, &elsewhere).expect("moved");
    std::os::unix::fs::symlink(&elsewhere, &store).expect("a link");
    assert!(matches!(
        unlock::open_with_root_key(&place, &root),
        Err(UnlockError::Damaged("its store is not a file"))
    ));
}

#[test]
fn what_the_system_refuses_is_no_damage_and_what_is_missing_is_named() {
    use rusqlite::{ErrorCode, ffi};
    let refused =
        |code| UnlockError::from(rusqlite::Error::SqliteFailure(ffi::Error::new(code), None));
    for code in [
        ffi::SQLITE_CANTOPEN,
        ffi::SQLITE_NOMEM,
        ffi::SQLITE_READONLY,
        ffi::SQLITE_FULL,
    ] {
        assert!(matches!(refused(code), UnlockError::Io(_)), "{code}");
    }
    assert_eq!(
        ffi::Error::new(ffi::SQLITE_NOTADB).code,
        ErrorCode::NotADatabase
    );
    assert!(matches!(
        refused(ffi::SQLITE_NOTADB),
        UnlockError::Damaged(_)
    ));

    let temp = tempfile::tempdir().expect("temp");
    let (vault, place, root) = vault_in(temp.path());
    drop(vault);
    fs::remove_file(place.store_path()).expect("removed");
    assert!(matches!(
        unlock::open_with_root_key(&place, &root),
        Err(UnlockError::Damaged("its store is missing"))
    ));
    // A pipe would hold whoever opens it until somebody writes.
    fs::remove_file(place.header_path()).expect("removed");
    let made = std::process::Command::new("mkfifo")
        .arg(place.header_path())
        .status();
    assert!(made.expect("coreutils").success());
    assert!(matches!(
        unlock::open_with_root_key(&place, &root),
        Err(UnlockError::Damaged("its header is not a file"))
    ));
}

#[test]
fn two_unlocks_at_once_both_open_one_after_the_other() {
    let temp = tempfile::tempdir().expect("temp");
    let (vault, place, _) = vault_in(temp.path());
    drop(vault);
    std::thread::scope(|scope| {
        let unlocks: Vec<_> = (0..2)
            .map(|_| {
                scope.spawn(|| {
                    let passphrase = Passphrase::new("one passphrase".to_owned());
                    Vault::unlock(&place, &Credential::Passphrase(&passphrase, None), &asker())
                        .map(drop)
                })
            })
            .collect();
        for one in unlocks {
            one.join()
                .expect("no panic")
                .expect("the derivation holds nobody up");
        }
    });
    let passphrase = Passphrase::new("one passphrase".to_owned());
    let held = Vault::unlock(&place, &Credential::Passphrase(&passphrase, None), &asker())
        .expect("free again");
    let wrong = Passphrase::new("another passphrase".to_owned());
    assert!(matches!(
        Vault::unlock(&place, &Credential::Passphrase(&wrong, None), &asker()),
        Err(UnlockError::Busy)
    ));
    assert_eq!(
        place.failed_unlocks().expect("readable"),
        [0; 0],
        "said before anything is derived"
    );
    drop(held);
}
