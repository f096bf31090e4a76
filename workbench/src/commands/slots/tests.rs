//! Every way to unlock, on a real vault in a folder of its own.

use crate::{
    Workbench,
    api::{
        AddKeyringRequest, ApiError, AuditRequest, ChangePassphraseRequest, Code,
        ConfirmRecoveryKitRequest, CreateVaultRequest, KdfRequest, KeyFileChoice, LockRequest,
        Millis, NewRecoveryKitRequest, Notice, Present, RecoverRequest, RecoveryKitView,
        RemoveSlotRequest, SecretText, SlotKind, SlotsRequest, StatusRequest, UnlockRequest,
        UnlockWithKeyringRequest,
    },
    boot_clock,
    platform::{Platform, Settings},
};
use keystead_vault::{Costs, KdfParams, Names, NewPassphrase, Passphrase, Vault, VaultFolder};
use std::{
    collections::VecDeque,
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
    time::Duration,
};

const FIRST: &str = "correct horse battery staple";
const SECOND: &str = "lantern otter ribbon quarry";
const FLOOR: KdfRequest = KdfRequest {
    memory_kib: None,
    passes: None,
};

/// A machine whose clock can be told what to show next.
#[derive(Default)]
struct Machine {
    shows: Mutex<VecDeque<Duration>>,
}

impl Platform for Machine {
    fn now(&self) -> Millis {
        1_700_000_000_000
    }
    fn elapsed(&self) -> Duration {
        let next = self.shows.lock().expect("no panic").pop_front();
        next.unwrap_or_else(boot_clock)
    }
    fn set_clipboard(&self, _: &SecretText) -> Result<(), String> {
        Err("there is none".to_owned())
    }
    fn clear_own_clipboard(&self) {}
    fn notify(&self, _: Notice) {}
}

struct Bench {
    workbench: Arc<Workbench>,
    machine: Arc<Machine>,
    temp: tempfile::TempDir,
}

fn text(words: &str) -> SecretText {
    SecretText::new(words.to_owned())
}

impl Bench {
    fn empty() -> Self {
        let temp = tempfile::tempdir().expect("temp");
        let machine = Arc::new(Machine::default());
        let settings = Settings {
            vault: Self::vault(temp.path()),
            identity: "Ada".to_owned(),
            device: "here".to_owned(),
            idle: Some(Duration::MAX),
            limit: Duration::MAX,
            requests_are_activity: true,
            sockets: None,
            anchors: None,
            watch: false,
            stays: false,
            purpose: String::new(),
            space: String::new(),
        };
        Self {
            workbench: Workbench::new(settings, machine.clone()),
            machine,
            temp,
        }
    }

    fn new() -> Self {
        let bench = Self::empty();
        bench
            .workbench
            .ask(CreateVaultRequest {
                path: None,
                passphrase: text(FIRST),
                kdf: Some(FLOOR),
            })
            .expect("a vault");
        bench
    }

    fn vault(folder: &Path) -> PathBuf {
        folder.join("mine.keystead")
    }

    fn path(&self, name: &str) -> String {
        self.temp.path().join(name).display().to_string()
    }

    fn lock(&self) {
        self.workbench.ask(LockRequest {}).expect("locked");
    }

    fn unlock(&self, passphrase: &str, key_file: Option<&str>) -> Result<(), Code> {
        let request = UnlockRequest {
            passphrase: text(passphrase),
            key_file: key_file.map(str::to_owned),
        };
        let opened = self.workbench.ask(request);
        opened.map(|_| self.lock()).map_err(|error| error.code)
    }

    fn kinds(&self) -> Vec<SlotKind> {
        let slots = self.workbench.ask(SlotsRequest {}).expect("open").slots;
        slots.iter().map(|slot| slot.kind).collect()
    }

    fn new_kit(&self, passphrase: &str) -> Result<RecoveryKitView, ApiError> {
        let present = present(passphrase, None);
        self.workbench.ask(NewRecoveryKitRequest { present })
    }

    fn confirm(&self, answer: &str) -> Result<(), ApiError> {
        let answer = text(answer);
        let confirmed = self.workbench.ask(ConfirmRecoveryKitRequest { answer });
        confirmed.map(|_| ())
    }

    fn recover(&self, words: &str, new: &str) -> Result<(), Code> {
        let request = RecoverRequest {
            words: text(words),
            new: text(new),
            kdf: Some(FLOOR),
            accept_rollback: false,
        };
        let recovered = self.workbench.ask(request);
        recovered.map(|_| ()).map_err(|error| error.code)
    }

    fn change(
        &self,
        present: Present,
        new: &str,
        key_file: KeyFileChoice,
        compromised: bool,
    ) -> Result<(), Code> {
        let changed = self.workbench.ask(ChangePassphraseRequest {
            present,
            new: text(new),
            key_file,
            kdf: Some(FLOOR),
            compromised,
        });
        changed.map(|_| ()).map_err(|error| error.code)
    }

    fn newest_event(&self) -> (String, String) {
        let request = AuditRequest {
            limit: 1,
            before: None,
        };
        let event = self.workbench.ask(request).expect("open").events.remove(0);
        (event.action, event.detail)
    }
}

fn present(passphrase: &str, key_file: Option<&str>) -> Present {
    Present {
        passphrase: text(passphrase),
        key_file: key_file.map(str::to_owned),
    }
}

fn answer(kit: &RecoveryKitView) -> String {
    let words: Vec<_> = kit.words.expose().split(' ').collect();
    let asked = kit.ask.iter().map(|at| words[usize::from(*at) - 1]);
    asked.collect::<Vec<_>>().join(" ")
}

#[test]
fn a_recovery_kit_opens_the_vault_once_it_is_confirmed() {
    let bench = Bench::new();
    let wrong = bench.new_kit("no such passphrase").err();
    assert_eq!(wrong.expect("refused").code, Code::WrongPassphrase);
    let nothing = bench.confirm("a b c").expect_err("no kit is held");
    assert_eq!(nothing.code, Code::NotFound);

    let kit = bench.new_kit(FIRST).expect("a kit");
    assert_eq!(kit.words.expose().split(' ').count(), 24);
    assert_eq!(kit.ask.len(), 3);
    assert!(kit.ask.is_sorted() && kit.ask.iter().all(|at| (1..=24).contains(at)));
    let rows: Vec<_> = kit.qr.expose().lines().collect();
    assert!(rows.len() >= 37 && rows.iter().all(|row| row.len() == rows.len()));
    // A finder pattern in three corners.
    assert!(rows[0].starts_with("1111111") && rows[0].ends_with("1111111"));
    assert!(rows[rows.len() - 1].starts_with("1111111"));
    let refused = bench.confirm("abandon abandon abandon").expect_err("wrong");
    assert_eq!(refused.code, Code::RecoveryWords);
    assert_eq!(bench.kinds(), [SlotKind::Passphrase]);
    bench.lock();
    assert_eq!(
        bench.recover(kit.words.expose(), SECOND),
        Err(Code::NotFound),
        "an unconfirmed kit opens nothing"
    );
    assert_eq!(bench.unlock(FIRST, None), Ok(()));
    bench
        .workbench
        .ask(UnlockRequest {
            passphrase: text(FIRST),
            key_file: None,
        })
        .expect("opens");
    let gone = bench.confirm(&answer(&kit)).expect_err("wiped by the lock");
    assert_eq!(gone.code, Code::NotFound);

    let kit = bench.new_kit(FIRST).expect("a kit");
    let short: Vec<_> = answer(&kit)
        .split(' ')
        .map(|word| word.chars().take(4).collect::<String>().to_uppercase())
        .collect();
    bench
        .confirm(&short.join("  "))
        .expect("the first four letters are enough");
    assert_eq!(bench.kinds(), [SlotKind::Passphrase, SlotKind::Recovery]);
    let (action, detail) = bench.newest_event();
    assert_eq!((&*action, &*detail), ("slot_added", "recovery kit"));
    bench.lock();
    let status = bench.workbench.ask(StatusRequest {}).expect("a status");
    assert!(status.unlock_with.recovery && !status.unlock_with.keyring);
    let wrong = UnlockRequest {
        passphrase: text("no such passphrase"),
        key_file: None,
    };
    let hint = bench.workbench.ask(wrong).expect_err("wrong").hint;
    assert!(hint.contains("recovery kit"), "{hint}");

    // Another kit's words, too few words, a weak passphrase: nothing is changed.
    let stranger = Bench::new().new_kit(FIRST).expect("a kit");
    assert_eq!(
        bench.recover(stranger.words.expose(), SECOND),
        Err(Code::RecoveryWords)
    );
    assert_eq!(bench.recover("one two", SECOND), Err(Code::RecoveryWords));
    assert_eq!(
        bench.recover(kit.words.expose(), "hunter2"),
        Err(Code::WeakPassphrase)
    );
    assert_eq!(bench.recover(kit.words.expose(), SECOND), Ok(()));
    assert_eq!(bench.kinds(), [SlotKind::Recovery, SlotKind::Passphrase]);
    bench.lock();
    assert_eq!(bench.unlock(FIRST, None), Err(Code::WrongPassphrase));
    assert_eq!(bench.unlock(SECOND, None), Ok(()));
    // And the kit still opens it.
    assert_eq!(bench.recover(kit.words.expose(), FIRST), Ok(()));
    let next = bench.new_kit(FIRST).expect("another kit");
    bench.confirm(&answer(&next)).expect("confirmed");
    bench.lock();
    assert_eq!(
        bench.recover(kit.words.expose(), SECOND),
        Err(Code::RecoveryWords),
        "a new kit ends the one before"
    );
    assert_eq!(bench.recover(next.words.expose(), SECOND), Ok(()));
}

#[test]
fn a_key_file_counts_beside_the_passphrase() {
    let bench = Bench::new();
    let file = bench.path("here.key");
    let make = || KeyFileChoice::Make(file.clone());
    assert_eq!(
        bench.change(present("wrong", None), FIRST, make(), false),
        Err(Code::WrongPassphrase)
    );
    assert!(
        !Path::new(&file).exists(),
        "a wrong passphrase makes no file"
    );
    assert_eq!(
        bench.change(present(FIRST, None), FIRST, make(), false),
        Ok(())
    );
    let mode = fs::metadata(&file).expect("made").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    assert_eq!(
        bench.change(present(FIRST, Some(&file)), FIRST, make(), false),
        Err(Code::Exists),
        "nothing is overwritten"
    );
    bench.lock();
    let status = bench.workbench.ask(StatusRequest {}).expect("a status");
    assert!(status.unlock_with.key_file);
    assert_eq!(bench.unlock(FIRST, None), Err(Code::KeyFileNeeded));
    assert_eq!(
        bench.unlock(SECOND, Some(&file)),
        Err(Code::WrongPassphrase)
    );
    assert_eq!(bench.unlock(FIRST, Some("/nowhere")), Err(Code::Io));
    let other = bench.path("other");
    fs::write(&other, "keystead key file 1\nnot hex\n").expect("written");
    assert_eq!(bench.unlock(FIRST, Some(&other)), Err(Code::InvalidFile));
    assert_eq!(bench.unlock(FIRST, Some(&file)), Ok(()));

    // A new passphrase keeps the file, unless it is told not to.
    let open = |passphrase, file| {
        bench.workbench.ask(UnlockRequest {
            passphrase: text(passphrase),
            key_file: Some(String::clone(file)),
        })
    };
    open(FIRST, &file).expect("opens");
    let keep = KeyFileChoice::Keep;
    assert_eq!(
        bench.change(present(FIRST, Some(&file)), SECOND, keep, false),
        Ok(())
    );
    bench.lock();
    assert_eq!(bench.unlock(SECOND, None), Err(Code::KeyFileNeeded));
    open(SECOND, &file).expect("opens");
    let without = KeyFileChoice::Without;
    assert_eq!(
        bench.change(present(SECOND, Some(&file)), SECOND, without, false),
        Ok(())
    );
    bench.lock();
    assert_eq!(bench.unlock(SECOND, None), Ok(()));
    assert_eq!(bench.unlock(SECOND, Some(&file)), Ok(()), "not looked at");
}

#[test]
fn what_others_may_know_goes_with_the_root_key() {
    let bench = Bench::new();
    let kit = bench.new_kit(FIRST).expect("a kit");
    bench.confirm(&answer(&kit)).expect("confirmed");
    let remove = |compromised| {
        bench.workbench.ask(RemoveSlotRequest {
            kind: SlotKind::Recovery,
            present: present(FIRST, None),
            compromised,
        })
    };
    remove(false).expect("removed");
    assert_eq!(bench.newest_event().0, "slot_removed");
    assert_eq!(remove(false).expect_err("gone").code, Code::NotFound);

    let kit = bench.new_kit(FIRST).expect("a kit");
    bench.confirm(&answer(&kit)).expect("confirmed");
    let keep = KeyFileChoice::Keep;
    assert_eq!(
        bench.change(present(FIRST, None), SECOND, keep, true),
        Ok(())
    );
    assert_eq!(bench.newest_event().0, "rekeyed");
    assert_eq!(bench.kinds(), [SlotKind::Passphrase]);
    bench.lock();
    assert_eq!(
        bench.recover(kit.words.expose(), FIRST),
        Err(Code::NotFound)
    );
    assert_eq!(bench.unlock(FIRST, None), Err(Code::WrongPassphrase));
    assert_eq!(bench.unlock(SECOND, None), Ok(()));
    let passphrase = bench.workbench.ask(UnlockRequest {
        passphrase: text(SECOND),
        key_file: None,
    });
    passphrase.expect("opens");
    let refused = bench.workbench.ask(RemoveSlotRequest {
        kind: SlotKind::Passphrase,
        present: present(SECOND, None),
        compromised: false,
    });
    assert_eq!(refused.expect_err("stays").code, Code::InvalidInput);
}

#[test]
fn costs_that_were_calibrated_rise_with_the_machine_and_chosen_ones_stay() {
    for by_hand in [false, true] {
        let bench = Bench::empty();
        let passphrase = Passphrase::new(FIRST.to_owned());
        let new = NewPassphrase {
            passphrase: &passphrase,
            key_file: None,
            costs: Costs {
                params: KdfParams::FLOOR,
                by_hand,
            },
        };
        let names = Names {
            identity: "Ada".to_owned(),
            device: "here".to_owned(),
        };
        let asker = keystead_vault::Asker {
            at: keystead_vault::Timestamp(0),
            process: keystead_vault::Process::default(),
            purpose: String::new(),
            confirmed: false,
            cancel: keystead_vault::Cancel::default(),
        };
        let place = VaultFolder::at(&Bench::vault(bench.temp.path()));
        let vault = Vault::create(&place, new, &names, &asker).expect("a vault");
        vault.close_quietly().expect("closed");

        // The unlock takes 100 ms by this clock; so does the floor; what is found then takes 700.
        let times = [0, 100, 200, 300, 400, 1100].map(Duration::from_millis);
        bench.machine.shows.lock().expect("no panic").extend(times);
        let request = UnlockRequest {
            passphrase: text(FIRST),
            key_file: None,
        };
        bench.workbench.ask(request).expect("opens");
        bench.machine.shows.lock().expect("no panic").clear();
        let slots = bench.workbench.ask(SlotsRequest {}).expect("open").slots;
        let costs = slots[0].costs.as_ref().expect("a passphrase");
        assert_eq!(costs.by_hand, by_hand);
        assert_eq!(costs.memory_kib == KdfParams::FLOOR.memory_kib(), by_hand);
        let request = AuditRequest {
            limit: 5,
            before: None,
        };
        let events = bench.workbench.ask(request).expect("open").events;
        let raised = events.iter().any(|event| event.action == "kdf_upgraded");
        assert_eq!(raised, !by_hand);
        bench.lock();
        assert_eq!(bench.unlock(FIRST, None), Ok(()));
    }
}

#[test]
fn a_keyring_that_is_not_there_is_said() {
    // The real one is met by the end-to-end tests; here a vault that has no such slot.
    let bench = Bench::new();
    bench.lock();
    let error = bench.workbench.ask(UnlockWithKeyringRequest {});
    assert_eq!(error.expect_err("no slot").code, Code::NotFound);
    let present = present(FIRST, None);
    let locked = bench.workbench.ask(AddKeyringRequest { present });
    assert_eq!(locked.expect_err("locked").code, Code::VaultLocked);
}

#[test]
fn a_kit_that_nobody_confirms_is_forgotten() {
    let bench = Bench::new();
    let kit = bench.new_kit(FIRST).expect("a kit");
    bench.workbench.tick();
    let later = boot_clock() + Duration::from_secs(20 * 60);
    bench
        .machine
        .shows
        .lock()
        .expect("no panic")
        .extend([later; 8]);
    bench.workbench.tick();
    bench.machine.shows.lock().expect("no panic").clear();
    let gone = bench.confirm(&answer(&kit)).expect_err("forgotten");
    assert_eq!(gone.code, Code::NotFound);
}
