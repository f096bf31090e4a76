//! What must not feel the size of a vault: opening it, searching at each keystroke, reading, writing, the matrix of one
//! project, importing ten thousand keys, and the memory of whoever holds it open. At three sizes, in three environments.
#![allow(clippy::print_stdout, reason = "a bench prints its figures")]

use keystead_benches::vaults::{Measured, NOW, asker};
use keystead_sample::fill_many;
use keystead_vault::{Exposure, Origin, Query, SecretName, Vault, VersionSelector};
use std::{fs, hint::black_box, time::Instant};

const OF_PROJECT: usize = 1_000;
/// Typed one letter after the other, with and without gaps, and filters.
const TYPED: [&str; 4] = [
    "openai",
    "srvdburl",
    "ingest token",
    "env:prod kind:model churn",
];

fn milliseconds(act: impl FnOnce()) -> f64 {
    let start = Instant::now();
    act();
    start.elapsed().as_secs_f64() * 1_000.0
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

/// Resident memory of this process, in megabytes.
fn memory() -> f64 {
    let status = fs::read_to_string("/proc/self/status").expect("Linux");
    let line = status.lines().find(|line| line.starts_with("VmRSS:"));
    let digits = line.and_then(|line| line.split_whitespace().nth(1));
    digits
        .and_then(|kib| kib.parse::<f64>().ok())
        .expect("a number")
        / 1024.0
}

fn main() {
    let sizes: Vec<usize> = match std::env::args()
        .filter_map(|word| word.parse().ok())
        .collect()
    {
        given if !Vec::is_empty(&given) => given,
        _ => vec![1_000, 10_000, 100_000],
    };
    println!(
        "{:>8} {:>9} {:>9} {:>10} {:>10} {:>9} {:>8} {:>8} {:>9} {:>9} {:>9} {:>12} {:>9} {:>8}",
        "secrets",
        "open, ms",
        "1st, ms",
        "key, ms",
        "key max",
        "value, µs",
        "get, µs",
        "put, µs",
        "filter",
        "projects",
        "matrix",
        "import 10k",
        "undo, ms",
        "MB"
    );
    for size in sizes {
        // Memory is a process's own: each size has one.
        let own = std::env::var_os("KEYSTEAD_SCALE_ONE").is_some();
        if own {
            measure(size);
            continue;
        }
        let status = std::process::Command::new(std::env::current_exe().expect("this bench"))
            .arg(size.to_string())
            .env("KEYSTEAD_SCALE_ONE", "1")
            .output()
            .expect("started");
        assert!(
            status.status.success(),
            "{}",
            String::from_utf8_lossy(&status.stderr)
        );
        let said = String::from_utf8_lossy(&status.stdout);
        println!("{}", said.lines().last().unwrap_or_default());
    }
}

fn measure(size: usize) {
    let temp = tempfile::tempdir().expect("temp");
    let bench = Measured::at(&temp.path().join("bench"));
    let mut vault = bench.create();
    fill_many(&mut vault, &asker(), 7, size, OF_PROJECT).expect("filled");
    vault.close_quietly().expect("closed");

    // The derivation, which is the same for every size, is measured by the smallest of vaults beside it.
    let small = Measured::at(&temp.path().join("small"));
    small.create().close_quietly().expect("closed");
    let open = |place: &Measured| {
        let mut opened = None;
        let took = milliseconds(|| opened = Some(place.unlock()));
        (took, opened.expect("opened"))
    };
    let (mut large, mut least) = (Vec::new(), Vec::new());
    for _ in 0..5 {
        let (took, vault) = open(&bench);
        vault.close_quietly().expect("closed");
        large.push(took);
        let (took, vault) = open(&small);
        vault.close_quietly().expect("closed");
        least.push(took);
    }
    let beyond = median(large) - median(least);

    let (_, mut vault) = open(&bench);
    let search = |vault: &mut Vault, text: &str| {
        let query = Query::parse(text).expect("a query");
        milliseconds(|| drop(black_box(vault.search(&query, NOW, 50).expect("searched"))))
    };
    let first = search(&mut vault, "o");
    let mut keys = Vec::new();
    for typed in TYPED {
        for end in 1..=typed.len() {
            // Half a filter is no question.
            if Query::parse(&typed[..end]).is_ok() {
                keys.push(search(&mut vault, &typed[..end]));
            }
        }
    }
    let most = keys.iter().copied().fold(0.0, f64::max);
    let key = median(keys);
    let memory = memory();

    let projects = vault.projects().expect("projects");
    let project = projects[projects.len() / 2].name.clone();
    let rows = vault.matrix(&project).expect("a matrix");
    let target = |at: usize| {
        (
            project.as_str(),
            "prod",
            rows[at * 131 % rows.len()].name.as_str(),
        )
    };
    let value = median(
        (0..50)
            .map(|at| {
                milliseconds(|| drop(vault.find_value(&asker(), &format!("no {at}")).expect("ok")))
            })
            .collect(),
    );
    let get = median(
        (0..200)
            .map(|at| {
                milliseconds(|| {
                    let how = Exposure::Read;
                    vault
                        .read(&asker(), target(at), VersionSelector::Current, how, "")
                        .expect("read");
                })
            })
            .collect(),
    );
    let put = median(
        (0..200)
            .map(|at| {
                milliseconds(|| {
                    let (project, environment, name) = target(at);
                    let one = [(
                        SecretName::parse(name).expect("a name"),
                        &*format!("new {at}"),
                    )];
                    let put = vault.put_values(
                        &asker(),
                        project,
                        environment,
                        &one,
                        Origin::Set,
                        "",
                        false,
                    );
                    put.expect("put");
                })
            })
            .collect(),
    );
    let filters = ["o", "openai", "env:prod kind:model"].map(|text| {
        let query = Query::parse(text).expect("a query");
        milliseconds(|| {
            drop(black_box(
                vault.filter(&project, &query, NOW).expect("filtered"),
            ))
        })
    });
    let filter = filters.into_iter().fold(0.0, f64::max);
    let list = milliseconds(|| drop(black_box(vault.projects().expect("projects"))));
    let matrix = milliseconds(|| drop(black_box(vault.matrix(&project).expect("a matrix"))));
    let many: Vec<(SecretName, String)> = (0..10_000)
        .map(|at| {
            let name = SecretName::parse(&format!("IMPORTED_{at}")).expect("a name");
            (name, format!("sk-{at:040}"))
        })
        .collect();
    let pairs: Vec<_> = many
        .iter()
        .map(|(name, value)| (name.clone(), value.as_str()))
        .collect();
    let import = milliseconds(|| {
        let put = vault.put_values(
            &asker(),
            "imported",
            "dev",
            &pairs,
            Origin::Imported,
            ".env",
            true,
        );
        put.expect("imported");
    });
    let undo = milliseconds(|| drop(vault.undo(&asker(), None).expect("undone")));
    println!(
        "{size:>8} {beyond:>9.1} {first:>9.1} {key:>10.2} {most:>10.2} {:>9.0} {:>8.0} {:>8.0} {filter:>9.2} {list:>9.1} {matrix:>9.1} {import:>12.0} {undo:>9.0} {memory:>8.0}",
        value * 1_000.0,
        get * 1_000.0,
        put * 1_000.0,
    );
}
