//! A real socket, a real vault, and a folder that somebody tampered with.

use super::*;
use crate::{
    Platform, Settings, Workbench,
    api::{
        CreateVaultRequest, KdfRequest, LockRequest, Millis, NewValue, Notice, OpenVaultRequest,
        ReadRequest, RotateRequest, SecretText, SetSecretRequest, StatusRequest, VersionSelector,
    },
    boot_clock, wall_clock,
};
use std::{
    fs,
    os::unix::fs::{MetadataExt, PermissionsExt, symlink},
    path::Path,
    sync::{Arc, Mutex},
    time::Duration,
};

#[derive(Default)]
struct Machine {
    notices: Mutex<Vec<Notice>>,
}

impl Platform for Machine {
    fn now(&self) -> Millis {
        wall_clock()
    }
    fn elapsed(&self) -> Duration {
        boot_clock()
    }
    fn set_clipboard(&self, _: &SecretText) -> Result<(), String> {
        Err("none here".to_owned())
    }
    fn clear_own_clipboard(&self) {}
    fn notify(&self, notice: Notice) {
        self.notices.lock().expect("no panic").push(notice);
    }
}

struct Place(tempfile::TempDir);

impl Place {
    fn new() -> Self {
        Self(tempfile::tempdir().expect("a folder"))
    }
    fn vault(&self) -> std::path::PathBuf {
        self.0.path().join("work.keystead")
    }
    fn sockets(&self) -> std::path::PathBuf {
        self.0.path().join("run/keystead")
    }
    fn host(&self) -> (Arc<Workbench>, Arc<Machine>) {
        let machine = Arc::new(Machine::default());
        let settings = Settings {
            vault: self.vault(),
            identity: "ada".to_owned(),
            device: "desk".to_owned(),
            idle: Some(Duration::MAX),
            limit: Duration::MAX,
            requests_are_activity: true,
            sockets: Some(self.sockets()),
            anchors: None,
            watch: false,
            stays: false,
            purpose: "its own".to_owned(),
            space: String::new(),
        };
        (Workbench::new(settings, machine.clone()), machine)
    }
    fn connection(&self) -> Connection {
        connect(&self.sockets(), &self.vault(), ("a test", ""))
            .expect("the host is ours")
            .expect("a host runs")
    }
}

fn create(host: &Workbench) {
    host.ask(CreateVaultRequest {
        path: None,
        passphrase: SecretText::new("correct horse battery staple".to_owned()),
        kdf: Some(KdfRequest {
            memory_kib: None,
            passes: None,
        }),
    })
    .expect("a vault");
}

fn set(connection: &Connection, value: &str) {
    connection
        .ask(SetSecretRequest {
            project: "p".to_owned(),
            environment: "dev".to_owned(),
            name: "KEY".to_owned(),
            value: NewValue::Pasted(SecretText::new(value.to_owned())),
            confirmed: false,
            create_missing: true,
        })
        .expect("stored");
}

fn get(connection: &Connection) -> Result<String, ApiError> {
    let read = connection.ask(ReadRequest {
        confirmed: false,
        project: "p".to_owned(),
        environment: "dev".to_owned(),
        name: "KEY".to_owned(),
        version: VersionSelector::Current,
    })?;
    Ok(read.value.expose().to_owned())
}

#[test]
fn another_process_s_work_is_done_shown_and_written_down_as_its_own() {
    let place = Place::new();
    let (host, machine) = place.host();
    assert!(!place.connection().unlocked(), "there is no vault yet");
    create(&host);
    let connection = place.connection();
    assert!(connection.unlocked());
    assert_eq!(connection.pid(), std::process::id());
    let value = "a \"quoted\" value\n\u{2028}";
    set(&connection, value);
    assert_eq!(get(&connection).as_deref().ok(), Some(value));
    assert!(
        machine
            .notices
            .lock()
            .expect("no panic")
            .contains(&Notice::VaultChanged),
        "the window is told"
    );
    let events = host
        .ask(crate::api::AuditRequest {
            limit: 10,
            before: None,
        })
        .expect("events")
        .events;
    let read = events
        .iter()
        .find(|e| e.action == "value_read")
        .expect("read");
    assert_eq!(read.purpose, "a test");
    assert_eq!(read.process.pid, std::process::id());

    connection.ask(LockRequest {}).expect("locked");
    assert!(!host.is_open());
    assert!(
        machine
            .notices
            .lock()
            .expect("no panic")
            .iter()
            .any(|n| matches!(n, Notice::Locked { .. }))
    );
    let error = get(&connection).expect_err("it is locked");
    assert_eq!(error.code, Code::VaultLocked);
}

#[test]
fn the_window_s_own_commands_are_refused() {
    let place = Place::new();
    let (host, _) = place.host();
    create(&host);
    let connection = place.connection();
    let error = connection
        .ask(OpenVaultRequest {
            path: "/elsewhere".to_owned(),
        })
        .expect_err("it is the window's");
    assert_eq!(error.code, Code::NotAllowed);
    assert!(connection.ask(StatusRequest {}).is_ok(), "it goes on");
}

#[test]
fn a_bad_request_ends_its_connection_and_nothing_else() {
    use std::io::{Read, Write};
    let place = Place::new();
    let (host, _) = place.host();
    create(&host);
    let folder = socket_folder::SocketFolder::open(&place.sockets())
        .expect("ours")
        .expect("there");
    let address = folder.address(&socket_folder::SocketName::of(&place.vault()));
    for frame in [&b"\xff\xff\xff\xff"[..], b"\0\0\0\x02{}", b"\0\0\0\x01\x80"] {
        let mut stream = std::os::unix::net::UnixStream::connect(&address).expect("a host");
        stream.write_all(frame).expect("sent");
        let mut rest = Vec::new();
        stream.read_to_end(&mut rest).expect("closed");
        assert!(rest.is_empty(), "no answer: {rest:?}");
    }
    assert!(place.connection().ask(StatusRequest {}).is_ok());
}

#[test]
fn a_vault_has_one_host_and_a_killed_one_s_socket_is_no_obstacle() {
    let place = Place::new();
    let (first, _) = place.host();
    let (second, _) = place.host();
    let problem = second.host_problem().expect("the first has it");
    assert_eq!(problem.code, Code::VaultBusy);
    assert!(first.host_problem().is_none());
    drop(second);
    drop(first);
    assert!(
        connect(&place.sockets(), &place.vault(), ("", ""))
            .expect("ours")
            .is_none(),
        "nobody answers"
    );
    // As after a kill: a socket that nobody listens on.
    let name = socket_folder::SocketName::of(&place.vault());
    let folder = socket_folder::SocketFolder::open(&place.sockets())
        .expect("ours")
        .expect("there");
    drop(std::os::unix::net::UnixListener::bind(folder.address(&name)).expect("bound"));
    assert!(
        connect(&place.sockets(), &place.vault(), ("", ""))
            .expect("ours")
            .is_none()
    );
    let (third, _) = place.host();
    assert!(third.host_problem().is_none());
    create(&third);
    assert!(place.connection().unlocked());
}

#[test]
fn a_name_is_the_same_whatever_way_leads_there() {
    let place = Place::new();
    let (host, _) = place.host();
    create(&host);
    let other = place.0.path().join("link");
    symlink(place.0.path(), &other).expect("a link");
    let through = connect(&place.sockets(), &other.join("work.keystead"), ("", ""));
    assert!(through.expect("ours").is_some_and(|c| c.unlocked()));
}

#[test]
fn a_folder_that_is_not_ours_alone_is_refused() {
    fn why(sockets: &Path) -> String {
        match connect(sockets, Path::new("/v"), ("", "")) {
            Err(HostError::UnsafeFolder { why, .. }) => why.to_owned(),
            Err(other) => other.to_string(),
            Ok(_) => "taken".to_owned(),
        }
    }
    let place = Place::new();
    fs::create_dir_all(place.sockets()).expect("made");
    let mode = |bits| {
        fs::set_permissions(place.sockets(), fs::Permissions::from_mode(bits)).expect("ours");
    };
    mode(0o720);
    assert_eq!(why(&place.sockets()), "others may write there");
    mode(0o755);
    assert_eq!(why(&place.sockets()), "taken");
    let now = fs::metadata(place.sockets()).expect("there").mode() & 0o777;
    assert_eq!(now, 0o700, "closed to everybody else");
    let link = place.0.path().join("link");
    symlink(place.sockets(), &link).expect("a link");
    assert_eq!(why(&link), "it is not a folder but a link or a file");
    if rustix::process::geteuid().is_root() {
        std::os::unix::fs::chown(place.sockets(), Some(65_534), None).expect("root may");
        assert_eq!(why(&place.sockets()), "it belongs to another user");
    }
    let (host, _) = Place(tempfile::tempdir_in(place.0.path()).expect("a folder")).host();
    assert!(
        host.host_problem().is_none(),
        "another folder is no worse for it"
    );
}

#[test]
fn a_value_that_was_rotated_through_the_host_is_the_one_that_is_read() {
    let place = Place::new();
    let (host, _) = place.host();
    create(&host);
    set(&place.connection(), "one");
    let connection = place.connection();
    connection
        .ask(RotateRequest {
            project: "p".to_owned(),
            environment: "dev".to_owned(),
            name: "KEY".to_owned(),
            confirmed: false,
            pending: false,
            value: NewValue::Pasted(SecretText::new("two".to_owned())),
        })
        .expect("rotated");
    assert_eq!(get(&place.connection()).as_deref().ok(), Some("two"));
}
