//! Exports, each read by its own reader: what comes out is what went in, byte
//! for byte. For the imported `.env`, and for 1,000 generated nasty values.

use anyhow::Result;
use keystead_formats::{Dialect, render};
use keystead_tests::{
    cli::Cli,
    machine::Machine,
    random::{Random, nasty, seed},
    readers::{Values, read_back},
    sample_env,
};
use std::fs;

const NASTY: usize = 1_000;

/// `NASTY` values that the dialect carries; those that it says it can't are counted.
fn generate(dialect: Dialect, random: &mut Random) -> (Values, usize) {
    let (mut values, mut refused) = (Values::new(), 0);
    while values.len() < NASTY {
        let (name, value) = (format!("N{}", values.len()), nasty(random));
        match render(dialect, &[(&name, &value)]) {
            Ok(_) => {
                values.insert(name, value);
            }
            Err(error) => {
                assert_ne!(
                    dialect,
                    Dialect::Dotenv,
                    "the default dialect carries any UTF-8"
                );
                assert_eq!(error.name, name);
                assert!(error.carried_by.contains(&Dialect::Dotenv));
                refused += 1;
            }
        }
    }
    (values, refused)
}

#[test]
fn exports_give_the_imported_values_to_their_readers() -> Result<()> {
    let machine = Machine::new()?;
    let cli = Cli::new(&machine)?;
    cli.ok(&["init", "--kdf-memory", "64", "--kdf-passes", "3"])?;
    let sample = sample_env();
    let path = sample.to_str().expect("UTF-8");
    cli.ok(&["import", path, "-p", "churn-model", "-e", "dev", "--yes"])?;
    let expected = read_back(Dialect::Dotenv, &sample)?;
    assert_eq!(expected.len(), 28, "the reader itself reads the sample");
    for dialect in Dialect::ALL {
        let export = cli.ok(&["export", "--dialect", dialect.as_str()])?;
        let file = machine.root().join(format!("export-{dialect}"));
        fs::write(&file, &export.stdout)?;
        let read = read_back(dialect, &file)?;
        for (name, value) in &expected {
            assert_eq!(read.get(name), Some(value), "{name} by {dialect}");
        }
    }
    Ok(())
}

#[test]
fn a_thousand_nasty_values_survive_each_dialect() -> Result<()> {
    let seed = seed();
    println!("KEYSTEAD_SEED={seed}");
    let machine = Machine::new()?;
    let cli = Cli::new(&machine)?;
    cli.ok(&["init", "--kdf-memory", "64", "--kdf-passes", "3"])?;
    for dialect in Dialect::ALL {
        let (values, refused) = generate(dialect, &mut Random(seed));
        println!(
            "{dialect}: {} values, {refused} refused by name",
            values.len()
        );
        // In by one dialect, out by another: the vault stands between.
        let pairs: Vec<_> = values
            .iter()
            .map(|(n, v)| (n.as_str(), v.as_str()))
            .collect();
        let text = render(Dialect::Dotenv, &pairs)?;
        let file = machine.root().join("in.env");
        fs::write(&file, text.as_bytes())?;
        let project = format!("nasty-{dialect}");
        let place = ["-p", &project, "-e", "dev"];
        let import = [
            &["import", file.to_str().expect("UTF-8"), "--yes"][..],
            &place,
        ]
        .concat();
        cli.ok(&import)?;
        let export = [&["export", "--dialect", dialect.as_str()][..], &place].concat();
        let out = machine.root().join(format!("out-{dialect}"));
        fs::write(&out, cli.ok(&export)?.stdout)?;
        let read = read_back(dialect, &out)?;
        for (name, value) in &values {
            assert_eq!(
                read.get(name),
                Some(value),
                "{name} by {dialect}, seed {seed}"
            );
        }
    }
    Ok(())
}
