//! Links on a real vault in a folder of its own.

use crate::{
    Workbench,
    api::{
        ApiError, Code, CreateVaultRequest, Dialect, ExportFileRequest, GitState,
        IgnoreInGitRequest, KdfRequest, LinkRequest, LinkState, LinkView, LinksRequest, Millis,
        NewValue, Notice, SecretText, SetSecretRequest, WriteLinkRequest,
    },
    platform::{Platform, Settings},
};
use std::{
    fs,
    os::unix::fs::{PermissionsExt, symlink},
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

struct Still;

impl Platform for Still {
    fn now(&self) -> Millis {
        1_700_000_000_000
    }

    fn elapsed(&self) -> Duration {
        Duration::ZERO
    }

    fn set_clipboard(&self, _: &SecretText) -> Result<(), String> {
        Err("there is none".to_owned())
    }

    fn clear_own_clipboard(&self) {}

    fn notify(&self, _: Notice) {}
}

/// A vault with one secret, and a repository beside it.
struct Bench {
    workbench: Arc<Workbench>,
    project: PathBuf,
    vault: PathBuf,
    _temp: tempfile::TempDir,
}

impl Bench {
    fn new() -> Self {
        let temp = tempfile::tempdir().expect("temp");
        let root = temp.path().canonicalize().expect("path");
        let vault = root.join("mine.keystead");
        let settings = Settings {
            vault: vault.clone(),
            identity: "Ada".to_owned(),
            device: "here".to_owned(),
            idle: Some(Duration::from_secs(600)),
            limit: Duration::MAX,
            requests_are_activity: true,
            sockets: None,
            anchors: None,
            watch: false,
            stays: false,
            purpose: String::new(),
            space: String::new(),
        };
        let workbench = Workbench::new(settings, Arc::new(Still));
        workbench
            .ask(CreateVaultRequest {
                path: None,
                passphrase: SecretText::new("velvet orbit mustard canyon fifty".to_owned()),
                kdf: Some(KdfRequest {
                    memory_kib: Some(65_536),
                    passes: Some(3),
                }),
            })
            .expect("a vault");
        let project = root.join("app");
        fs::create_dir_all(project.join(".git")).expect("folder");
        let bench = Self {
            workbench,
            project,
            vault,
            _temp: temp,
        };
        bench.set("A", "value");
        bench
    }

    fn set(&self, name: &str, value: &str) {
        self.workbench
            .ask(SetSecretRequest {
                project: "p".to_owned(),
                environment: "dev".to_owned(),
                name: name.to_owned(),
                value: NewValue::Pasted(SecretText::new(value.to_owned())),
                confirmed: false,
                create_missing: true,
            })
            .expect("set");
    }

    fn link(&self, folder: &Path, file: &str) -> Result<LinkView, ApiError> {
        self.workbench.ask(LinkRequest {
            confirmed: false,
            project: "p".to_owned(),
            environment: "dev".to_owned(),
            folder: folder.display().to_string(),
            file: Some(file.to_owned()),
            dialect: Dialect::Dotenv,
            add_to_gitignore: true,
            create_missing: false,
        })
    }

    fn links(&self) -> Vec<LinkView> {
        self.workbench.ask(LinksRequest {}).expect("links").links
    }
}

#[test]
fn no_link_stands_where_its_gitignore_could_not_be_written() {
    let bench = Bench::new();
    let gitignore = bench.project.join(".gitignore");
    let theirs = bench.project.join("theirs");
    fs::write(&theirs, "target\n").expect("write");
    symlink(&theirs, &gitignore).expect("link");
    let error = bench.link(&bench.project, ".env").expect_err("refused");
    assert!(
        error.message.contains(&gitignore.display().to_string()),
        "{}",
        error.message
    );
    assert!(bench.links().is_empty());
    bench.set("A", "rotated");
    assert!(!bench.project.join(".env").exists());

    fs::remove_file(&gitignore).expect("removed");
    let link = bench.link(&bench.project, ".env").expect("linked");
    assert_eq!(link.git.state, GitState::Ignored);
    assert_eq!(link.state, LinkState::Current);
}

#[test]
fn no_link_stands_where_git_would_take_its_file_in_all_the_same() {
    let bench = Bench::new();
    let sub = bench.project.join("sub");
    fs::create_dir(&sub).expect("folder");
    let closer = sub.join(".gitignore");
    fs::write(&closer, "").expect("write");
    let link = bench.link(&sub, ".env").expect("linked");
    fs::write(&closer, "!.env\n!other.env\n").expect("write");
    let error = bench
        .workbench
        .ask(IgnoreInGitRequest { link: link.id })
        .expect_err("still taken in");
    assert!(error.message.contains("still"), "{}", error.message);
    let error = bench.link(&sub, "other.env").expect_err("refused");
    assert!(error.message.contains("still"), "{}", error.message);
    assert_eq!(bench.links().len(), 1);
}

#[test]
fn a_file_that_cant_be_parsed_is_not_linked() {
    let bench = Bench::new();
    fs::write(bench.project.join(".env"), "GOOD=1\nBAD=\"never closed\n").expect("write");
    let error = bench.link(&bench.project, ".env").expect_err("refused");
    assert_eq!(error.code, Code::InvalidFile);
    assert!(bench.links().is_empty());
    assert!(
        !bench.project.join(".gitignore").exists(),
        "nothing is done"
    );
}

#[test]
fn a_vaults_folder_and_gits_own_files_are_not_written() {
    let bench = Bench::new();
    let other = bench.project.join("other.keystead/below");
    fs::create_dir_all(&other).expect("folder");
    let alias = bench.project.join("alias");
    symlink(&bench.vault, &alias).expect("link");
    for folder in [&bench.vault, &other, &alias] {
        let error = bench.link(folder, ".env").expect_err("refused");
        assert_eq!(error.code, Code::InvalidInput, "{}", error.message);
        let before = fs::read_dir(folder).expect("folder").count();
        let error = bench
            .workbench
            .ask(ExportFileRequest {
                confirmed: false,
                project: "p".to_owned(),
                environment: "dev".to_owned(),
                names: None,
                dialect: Dialect::Dotenv,
                path: folder.join("header").display().to_string(),
                overwrite: true,
            })
            .expect_err("refused");
        assert_eq!(error.code, Code::InvalidInput, "{}", error.message);
        assert_eq!(fs::read_dir(folder).expect("folder").count(), before);
    }
    for file in [".git", ".gitignore", "a\nb", "a\u{1b}b", "a/", "../a"] {
        let error = bench.link(&bench.project, file).expect_err("refused");
        assert_eq!(error.code, Code::InvalidInput, "{}", error.message);
        assert!(!error.message.chars().any(char::is_control));
    }
    assert!(bench.links().is_empty());
}

#[test]
fn the_open_vault_is_known_by_any_name() {
    let bench = Bench::new();
    let moved = bench.vault.with_file_name("elsewhere");
    fs::rename(&bench.vault, &moved).expect("moved");
    symlink(&moved, &bench.vault).expect("link");
    let error = bench.link(&moved, ".env").expect_err("refused");
    assert_eq!(error.code, Code::InvalidInput, "{}", error.message);
    assert!(!moved.join(".env").exists());
}

#[test]
fn a_linked_file_that_others_may_open_is_not_current() {
    let bench = Bench::new();
    let link = bench.link(&bench.project, ".env").expect("linked");
    let file = bench.project.join(".env");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).expect("mode");
    let open = bench.links().remove(0);
    assert_eq!(open.state, LinkState::Stale);
    let problem = open.problem.expect("why");
    assert!(problem.message.contains("mode 644"), "{}", problem.message);
    let request = WriteLinkRequest {
        link: link.id,
        overwrite_drift: false,
    };
    let written = bench.workbench.ask(request).expect("written");
    assert_eq!(written.state, LinkState::Current);
    assert!(written.problem.is_none());
    let mode = fs::metadata(&file).expect("there").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn more_than_a_linked_file_may_have_is_never_written() {
    let bench = Bench::new();
    let large = "x".repeat(1024 * 1024);
    for n in 0..16 {
        bench.set(&format!("L{n}"), &large);
    }
    let link = bench.link(&bench.project, ".env").expect("linked");
    assert_eq!(link.state, LinkState::Stale);
    let problem = link.problem.expect("why");
    assert!(problem.message.contains("16 MiB"), "{}", problem.message);
    assert!(!bench.project.join(".env").exists());
}

#[test]
fn a_linked_file_follows_what_its_values_are_made_of() {
    let bench = Bench::new();
    bench.set("PASSWORD", "one");
    bench.set("URL", "postgres://app:${p/dev/PASSWORD}@h/d");
    bench.link(&bench.project, ".env").expect("linked");
    let file = bench.project.join(".env");
    let text = || fs::read_to_string(&file).expect("written");
    assert!(text().contains("postgres://app:one@h/d"), "{}", text());
    bench.set("PASSWORD", "two");
    assert!(text().contains("postgres://app:two@h/d"), "{}", text());
    fs::write(&file, text().replace("PASSWORD=", "# PASSWORD=")).expect("edited");
    let links = bench.workbench.ask(LinksRequest {}).expect("listed").links;
    let drift = links[0].drift.as_ref().expect("drifted");
    let names: Vec<_> = drift.rows.iter().map(|row| &*row.name).collect();
    assert_eq!(
        names,
        ["PASSWORD"],
        "what was resolved is as it was written"
    );
}
