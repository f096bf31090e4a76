//! The test kit in `testdata/v0`: one fault a file, with the error class that it must give.
//!
//! A file is lines of `name: value`; `what` says which reader it is for, `expect` what that must say, and `note` what
//! was done to the bytes. Another implementation can run it too. The files are written by the pinned generator beside
//! this (`KEYSTEAD_WRITE_KIT=1`), and compared with it in every run, so that neither changes alone.
#![allow(clippy::print_stdout, reason = "says how many files were run")]

mod case;
mod generate;
mod readers;
mod seeded;

use case::Case;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Once;

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("testdata/v0")
}

fn files() -> BTreeMap<String, String> {
    static WRITTEN: Once = Once::new();
    WRITTEN.call_once(|| {
        if std::env::var_os("KEYSTEAD_WRITE_KIT").is_some_and(|value| value == "1") {
            write_files();
        }
    });
    let entries = std::fs::read_dir(folder()).expect("the kit is checked in");
    entries
        .map(|entry| {
            let path = entry.expect("readable").path();
            let name = path
                .file_name()
                .expect("a name")
                .to_string_lossy()
                .into_owned();
            (name, std::fs::read_to_string(&path).expect("text"))
        })
        .filter(|(name, _)| name != "README.md")
        .collect()
}

/// Replaces the kit by what the generator makes.
fn write_files() {
    if folder().exists() {
        for entry in std::fs::read_dir(folder()).expect("a folder") {
            let path = entry.expect("readable").path();
            if path.extension().is_some_and(|extension| extension == "txt") {
                std::fs::remove_file(path).expect("removed");
            }
        }
    }
    std::fs::create_dir_all(folder()).expect("a folder");
    for (name, case) in generate::all() {
        std::fs::write(folder().join(name), case.to_string()).expect("written");
    }
}

#[test]
fn every_file_gives_the_class_it_expects() {
    let files = files();
    let mut kinds: BTreeMap<String, (usize, usize)> = BTreeMap::new();
    let mut failures = Vec::new();
    for (name, text) in &files {
        let case = Case::parse(text).unwrap_or_else(|error| panic!("{name}: {error}"));
        let said = readers::read(&case);
        let count = kinds.entry(case.what().to_owned()).or_default();
        count.0 += 1;
        count.1 += usize::from(case.expected() == "ok");
        if said != case.expected() {
            failures.push(format!("{name}: said {said}, expected {}", case.expected()));
        }
    }
    for (kind, (all, good)) in &kinds {
        println!("{kind:20} {all:3} files, {good} of them controls");
        assert!(
            *good > 0,
            "{kind}: no file that must be accepted, so refusing all would pass"
        );
    }
    println!("{} files, {} readers", files.len(), kinds.len());
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    assert!(
        files.len() >= 343,
        "the kit has shrunk to {} files",
        files.len()
    );
}

#[test]
fn the_files_are_what_the_generator_makes() {
    let generated = generate::all();
    let files = files();
    let names = |map: &BTreeMap<String, String>| map.keys().cloned().collect::<BTreeSet<_>>();
    let wanted: BTreeMap<String, String> = generated
        .iter()
        .map(|(name, case)| (name.clone(), case.to_string()))
        .collect();
    assert_eq!(names(&files), names(&wanted));
    for (name, text) in &wanted {
        assert!(
            files[name] == *text,
            "{name} is not what the generator makes"
        );
    }
}
