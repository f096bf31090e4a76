//! Believable vaults out of a seed: projects, people, history, rotations and audit, none of it real. Knows no window
//! and no place; whoever calls it makes the vault.

mod history;
mod random;
mod words;

pub use history::fill;

use crate::random::Random;
use keystead_vault::{Asker, Origin, SecretName, Vault, VaultError};

/// What opens a sample vault. It is no secret, and nor is anything in there.
pub const PASSPHRASE: &str = "nothing in here is real";

/// Fills a vault with `secrets` secrets in each of three environments, `of_project` to a project, each project's
/// environment as one import. For measuring: no history.
///
/// # Errors
/// [`VaultError`] if the vault can't take them.
pub fn fill_many(
    vault: &mut Vault,
    asker: &Asker,
    seed: u64,
    secrets: usize,
    of_project: usize,
) -> Result<(), VaultError> {
    let mut random = Random::of(seed);
    let mut made = 0;
    while made < secrets {
        let here = of_project.min(secrets - made);
        let number = made / of_project;
        let (name, _) = words::PROJECTS[number % words::PROJECTS.len()];
        let project = format!("{name}-{number}");
        let names: Vec<SecretName> = (0..here)
            .map(|at| SecretName::parse(&many_name(at)))
            .collect::<Result<_, _>>()?;
        for environment in ["dev", "staging", "prod"] {
            let values: Vec<String> = names
                .iter()
                .map(|name| words::value(family(name.as_str()), &mut random))
                .collect();
            let pairs: Vec<(SecretName, &str)> = names
                .iter()
                .cloned()
                .zip(values.iter().map(String::as_str))
                .collect();
            let origin = Origin::Imported;
            vault.put_values(asker, &project, environment, &pairs, origin, ".env", true)?;
        }
        made += here;
    }
    Ok(())
}

/// `OPENAI_API_KEY`, `INGEST_OPENAI_API_KEY`, … and with a number once the parts are used up.
fn many_name(at: usize) -> String {
    let (name, _) = words::SECRETS[at % words::SECRETS.len()];
    let round = at / words::SECRETS.len();
    match round {
        0 => name.to_owned(),
        _ => {
            let part = words::PARTS[(round - 1) % words::PARTS.len()];
            match (round - 1) / words::PARTS.len() {
                0 => format!("{part}_{name}"),
                number => format!("{part}{number}_{name}"),
            }
        }
    }
}

/// The name without the part that it belongs to.
fn family(name: &str) -> &str {
    let mut known = words::SECRETS.iter().map(|(known, _)| *known);
    known.find(|known| name.ends_with(known)).unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use keystead_vault::{
        Cancel, Costs, KdfParams, Names, NewPassphrase, Passphrase, Process, Query, Timestamp,
        VaultFolder,
    };
    use std::collections::BTreeSet;

    fn asker() -> Asker {
        Asker {
            at: Timestamp(1_800_000_000_000),
            process: Process::default(),
            purpose: String::new(),
            confirmed: false,
            cancel: Cancel::default(),
        }
    }

    fn vault(folder: &std::path::Path) -> Vault {
        let words = Passphrase::new(PASSPHRASE.to_owned());
        let passphrase = NewPassphrase {
            passphrase: &words,
            key_file: None,
            costs: Costs {
                params: KdfParams::FLOOR,
                by_hand: true,
            },
        };
        let names = Names {
            identity: "Mara".to_owned(),
            device: "thinkpad-7".to_owned(),
        };
        let place = VaultFolder::at(&folder.join("sample.keystead"));
        Vault::create(&place, passphrase, &names, &asker()).expect("a vault")
    }

    #[test]
    fn a_sample_has_something_for_every_screen_and_is_the_same_for_its_seed() {
        let temp = tempfile::tempdir().expect("temp");
        let mut shapes = Vec::new();
        for folder in ["a", "b"] {
            std::fs::create_dir(temp.path().join(folder)).expect("made");
            let mut vault = vault(&temp.path().join(folder));
            fill(&mut vault, &asker(), 7).expect("filled");
            let mut rows = Vec::new();
            let projects = vault.projects().expect("projects");
            assert_eq!(projects.len(), words::PROJECTS.len());
            for project in &projects {
                for row in vault.matrix(&project.name).expect("a matrix") {
                    let cells: Vec<_> = row
                        .cells
                        .iter()
                        .map(|c| c.as_ref().map(|c| c.number))
                        .collect();
                    rows.push((project.name.clone(), row.name, row.owner, row.tags, cells));
                }
            }
            assert!(rows.len() > 90, "{}", rows.len());
            assert!(
                rows.iter().any(|(.., cells)| cells.contains(&None)),
                "something is missing"
            );
            assert!(
                rows.iter()
                    .any(|(.., cells)| cells.iter().flatten().any(|n| *n > 2))
            );
            assert!(
                projects
                    .iter()
                    .any(|p| p.environments.iter().any(|e| e.protected))
            );
            assert!(
                projects
                    .iter()
                    .any(|p| p.environments.iter().any(|e| e.inherits.is_some()))
            );
            for filter in ["due:30d", "tag:pii", "kind:database", "missing:prod"] {
                let query = Query::parse(filter).expect("a query");
                let found = vault.search(&query, asker().at, 5).expect("searched");
                assert!(found.total > 0, "{filter}");
            }
            let events = vault.events(5_000, None).expect("events");
            let actions: BTreeSet<_> = events.iter().map(|e| e.event.action.as_str()).collect();
            for action in [
                "value_revealed",
                "value_rotated",
                "injected",
                "exported",
                "value_copied",
            ] {
                assert!(actions.contains(action), "{action}");
            }
            let times: Vec<_> = events.iter().rev().map(|e| e.event.at).collect();
            // The vault itself was made now; its history is older.
            let history = times.iter().filter(|at| **at < asker().at.0);
            assert!(history.is_sorted(), "history is in order");
            assert_eq!(vault.verify(&asker()).expect("verifies").problem, None);
            shapes.push(rows);
        }
        assert!(shapes[0] == shapes[1], "the same seed makes the same vault");
    }

    #[test]
    fn many_have_names_of_their_own() {
        let names: BTreeSet<String> = (0..20_000).map(many_name).collect();
        assert_eq!(names.len(), 20_000);
        assert!(names.iter().all(|name| SecretName::parse(name).is_ok()));
        let temp = tempfile::tempdir().expect("temp");
        let mut vault = vault(temp.path());
        fill_many(&mut vault, &asker(), 7, 250, 100).expect("filled");
        let projects = vault.projects().expect("projects");
        let counts: Vec<u32> = projects.iter().map(|p| p.secrets).collect();
        assert_eq!(counts.iter().sum::<u32>(), 250);
    }
}
