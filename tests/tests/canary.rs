//! What stands on a stolen disk: no name and no value, in no spelling.

use anyhow::{Result, ensure};
use keystead_tests::{PASSPHRASE, cli::Cli, machine::Machine};
use std::{
    fs,
    path::{Path, PathBuf},
};

const NAME: &str = "CANARY_NAME_zq81xv";
const PROJECT: &str = "canary-project-7hq2";
const VALUE: &str = "canary-value-Wq93kfLm02Zt-planted";

fn files_below(folder: &Path, found: &mut Vec<PathBuf>) -> Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            files_below(&path, found)?;
        } else {
            found.push(path);
        }
    }
    Ok(())
}

fn spellings(text: &str) -> Vec<Vec<u8>> {
    let bytes = text.as_bytes();
    let hex: String = bytes.iter().map(|b| format!("{b:02x}")).collect();
    let utf16: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let reversed = bytes.iter().rev().copied().collect();
    // Every piece of eight bytes, so that a value in parts is found too.
    let pieces = bytes.windows(8).map(<[u8]>::to_vec);
    let mut all = vec![
        hex.clone().into_bytes(),
        hex.to_uppercase().into_bytes(),
        utf16,
        reversed,
    ];
    all.extend(pieces);
    all
}

fn hits(folder: &Path) -> Result<Vec<String>> {
    let mut files = Vec::new();
    files_below(folder, &mut files)?;
    let mut hits = Vec::new();
    for file in files {
        let bytes = fs::read(&file)?;
        for text in [NAME, PROJECT, VALUE, PASSPHRASE] {
            let found = spellings(text)
                .iter()
                .any(|needle| bytes.windows(needle.len()).any(|w| w == needle));
            if found {
                hits.push(format!("{text} in {}", file.display()));
            }
        }
    }
    Ok(hits)
}

#[test]
fn no_canary_is_found_in_vault_temp_or_logs() -> Result<()> {
    let machine = Machine::new()?;
    let cli = Cli::new(&machine)?;
    cli.ok(&["init", "--kdf-memory", "64", "--kdf-passes", "3"])?;
    let place = ["-p", PROJECT, "-e", "dev", "--yes"];
    let mut said = String::new();
    let set = [&["set", NAME][..], &place].concat();
    said += &cli.ok_with(&set, VALUE.as_bytes())?.stderr;
    said += &cli.run_with(&["rotate", NAME], VALUE.as_bytes())?.stderr;
    said += &cli
        .ok_with(&["rotate", NAME], format!("{VALUE}-2").as_bytes())?
        .stderr;
    said += &cli.ok(&["get", NAME])?.stderr;
    said += &cli.ok(&["export"])?.stderr;
    said += cli.ok(&["audit", "--json"])?.text();
    said += cli.ok(&["audit", "verify"])?.text();
    // A reference that the file does not set may be a piece of a value.
    let file = machine.root().join("refers.env");
    fs::write(&file, format!("REFERS='x${{{VALUE}}}y'\n"))?;
    let import = [&["import", file.to_str().expect("UTF-8")][..], &place].concat();
    said += &cli.ok(&import)?.stderr;
    fs::remove_file(&file)?;
    ensure!(
        !said.contains(VALUE),
        "no output but get and export says a value"
    );

    // The helper's own file is the planted positive: the search must find it.
    let found = hits(machine.root())?;
    ensure!(
        found.len() == 1 && found[0].contains("/passphrase"),
        "only what was planted is found: {found:?}"
    );
    ensure!(hits(&machine.vault())?.is_empty());
    Ok(())
}

#[test]
fn nothing_secret_is_in_the_command_line_or_environment() -> Result<()> {
    let machine = Machine::new()?;
    let cli = Cli::new(&machine)?;
    cli.ok(&["init", "--kdf-memory", "64", "--kdf-passes", "3"])?;
    let refused = cli.run(&["set", NAME, VALUE, "-p", "p", "-e", "e", "--yes"])?;
    ensure!(
        refused.code == 2,
        "a value on the command line is not taken"
    );
    let refused = cli.run(&["--passphrase", "x", "list"])?;
    ensure!(refused.code == 2, "nor is a passphrase");
    Ok(())
}
