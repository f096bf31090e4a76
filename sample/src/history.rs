//! A small team's year: what it made, changed, read and forgot.

use crate::{random::Random, words};
use keystead_vault::{
    Asker, CredentialName, EnvironmentField, EnvironmentName, Exposure, FileName, Origin, PartOf,
    Process, ProjectName, SecretField, SecretName, Timestamp, Vault, VaultError, VersionSelector,
};
use std::collections::BTreeMap;

const DAY: i64 = 86_400_000;

/// One thing that somebody did.
enum Step {
    Begin {
        project: &'static str,
        environments: &'static [&'static str],
    },
    Import {
        project: &'static str,
        environment: &'static str,
        values: Vec<(&'static str, String)>,
    },
    Describe {
        project: &'static str,
        name: &'static str,
        fields: Vec<SecretField>,
    },
    Environment {
        project: &'static str,
        environment: &'static str,
        from: Option<&'static str>,
    },
    Rotate {
        at: Place,
        value: String,
    },
    Read {
        at: Place,
        how: Exposure,
        place: String,
    },
    Take {
        project: &'static str,
        environment: &'static str,
        how: Exposure,
        place: &'static str,
    },
    Join {
        project: &'static str,
        environments: &'static [&'static str],
        names: Vec<&'static str>,
    },
}

type Place = (&'static str, &'static str, &'static str);

const PROGRAMS: [&str; 5] = [
    "/usr/bin/python3",
    "/usr/bin/node",
    "/usr/local/bin/uv",
    "/usr/bin/bash",
    "/usr/bin/psql",
];

/// Fills an empty vault with the projects, people and history of a small team, up to the moment of `asker`.
///
/// # Errors
/// [`VaultError`] if the vault can't take them.
pub fn fill(vault: &mut Vault, asker: &Asker, seed: u64) -> Result<(), VaultError> {
    let mut random = Random::of(seed);
    let mut steps: BTreeMap<(i64, usize), Step> = BTreeMap::new();
    let mut add = |ago: i64, step: Step| {
        let order = steps.len();
        steps.insert((asker.at.0 - ago, order), step);
    };
    for (project, environments) in words::PROJECTS {
        let begun = DAY * (90 + i64_of(random.below(250)));
        add(
            begun,
            Step::Begin {
                project,
                environments,
            },
        );
        let names: Vec<&'static str> = words::SECRETS
            .iter()
            .filter(|(_, often)| random.percent(*often))
            .map(|(name, _)| *name)
            .collect();
        plan_values(project, environments, &names, begun, &mut random, &mut add);
        plan_words(project, &names, begun, asker.at.0, &mut random, &mut add);
        plan_use(project, environments, &names, begun, &mut random, &mut add);
        // From then on halves do not change alone, so it comes last.
        add(
            DAY / 2,
            Step::Join {
                project,
                environments,
                names,
            },
        );
    }
    for ((at, _), step) in steps {
        do_step(vault, asker, at, step, &mut random)?;
    }
    Ok(())
}

fn plan_values(
    project: &'static str,
    environments: &'static [&'static str],
    names: &[&'static str],
    begun: i64,
    random: &mut Random,
    add: &mut impl FnMut(i64, Step),
) {
    let mut first: BTreeMap<&str, String> = BTreeMap::new();
    for (order, environment) in environments.iter().copied().enumerate() {
        let mut values = Vec::new();
        for name in names.iter().copied() {
            let value = match first.get(name) {
                // Somebody was in a hurry.
                Some(value) if random.percent(14) => value.clone(),
                // It has what prod has.
                Some(_) if environment == "dr" && random.percent(80) => continue,
                Some(_) if random.percent(12) => continue,
                _ => words::value(name, random),
            };
            first.entry(name).or_insert_with(|| value.clone());
            values.push((name, value));
        }
        let ago = begun - DAY * i64_of(order) * 4 - 3_600_000;
        add(
            ago,
            Step::Import {
                project,
                environment,
                values,
            },
        );
        if environment == "prod" && random.percent(70) {
            let from = None;
            add(
                ago - 600_000,
                Step::Environment {
                    project,
                    environment,
                    from,
                },
            );
        }
        if environment == "dr" {
            let from = Some("prod");
            add(
                ago - 600_000,
                Step::Environment {
                    project,
                    environment,
                    from,
                },
            );
        }
        for name in names.iter().copied() {
            let mut ago = ago;
            while random.percent(38) {
                ago -= DAY * (20 + i64_of(random.below(60)));
                if ago < DAY {
                    break;
                }
                let at = (project, environment, name);
                let value = words::value(name, random);
                add(ago, Step::Rotate { at, value });
            }
        }
    }
}

fn plan_words(
    project: &'static str,
    names: &[&'static str],
    begun: i64,
    now: i64,
    random: &mut Random,
    add: &mut impl FnMut(i64, Step),
) {
    let lead = random.one(&words::PEOPLE).to_string();
    for name in names.iter().copied() {
        let mut fields = Vec::new();
        if random.percent(80) {
            let owner = match random.percent(70) {
                true => lead.clone(),
                false => random.one(&words::PEOPLE).to_string(),
            };
            fields.push(SecretField::Owner(owner));
        }
        let mut tags: Vec<String> = words::TAGS
            .iter()
            .filter(|_| random.percent(16))
            .map(ToString::to_string)
            .collect();
        tags.sort();
        if !tags.is_empty() {
            fields.push(SecretField::Tags(tags));
        }
        if random.percent(20) {
            fields.push(SecretField::Notes(random.one(&words::NOTES).to_string()));
        }
        if random.percent(30) {
            // Some of it has passed already.
            let at = now + DAY * (i64_of(random.below(150)) - 25);
            fields.push(SecretField::Expires(Some(at)));
            fields.push(SecretField::Lead(14));
        }
        if !fields.is_empty() {
            let ago = begun - DAY * 14 - 60_000 * i64_of(random.below(400));
            add(
                ago,
                Step::Describe {
                    project,
                    name,
                    fields,
                },
            );
        }
    }
}

fn plan_use(
    project: &'static str,
    environments: &'static [&'static str],
    names: &[&'static str],
    begun: i64,
    random: &mut Random,
    add: &mut impl FnMut(i64, Step),
) {
    let days = usize::try_from(begun / DAY).unwrap_or(90) - 20;
    for _ in 0..24 {
        let environment = *random.one(environments);
        let at = (project, environment, *random.one(names));
        let (how, place) = match random.below(4) {
            0 => (Exposure::Revealed, String::new()),
            1 => (Exposure::Copied, "clipboard, 30 s".to_owned()),
            _ => (Exposure::Read, random.one(&PROGRAMS).to_string()),
        };
        let ago =
            DAY * i64_of(random.below(days)) + 3_600_000 + 1_000 * i64_of(random.below(30_000));
        add(ago, Step::Read { at, how, place });
    }
    for _ in 0..8 {
        let environment = *random.one(environments);
        let (how, place) = match random.percent(80) {
            true => (Exposure::Injected, *random.one(&PROGRAMS)),
            false => (Exposure::Exported, "/usr/bin/bash"),
        };
        let ago =
            DAY * i64_of(random.below(days)) + 3_600_000 + 1_000 * i64_of(random.below(30_000));
        add(
            ago,
            Step::Take {
                project,
                environment,
                how,
                place,
            },
        );
    }
}

fn do_step(
    vault: &mut Vault,
    asker: &Asker,
    at: i64,
    step: Step,
    random: &mut Random,
) -> Result<(), VaultError> {
    let parent = random.one(&PROGRAMS).to_string();
    let asker = Asker {
        at: Timestamp(at),
        process: Process {
            pid: 2_000 + u32::try_from(random.below(60_000)).unwrap_or(0),
            program: "/usr/bin/keystead".to_owned(),
            parent_pid: 1_999,
            parent,
            directory: "/home/mara/code".to_owned(),
            user: "mara".to_owned(),
        },
        purpose: String::new(),
        confirmed: true,
        cancel: asker.cancel.clone(),
    };
    let names = |values: &[(&str, String)]| {
        let parsed = values.iter().map(|(name, _)| SecretName::parse(name));
        parsed.collect::<Result<Vec<_>, _>>()
    };
    match step {
        Step::Begin {
            project,
            environments,
        } => {
            let environments = environments.iter().map(|name| EnvironmentName::parse(name));
            let environments = environments.collect::<Result<Vec<_>, _>>()?;
            vault.create_project(&asker, &ProjectName::parse(project)?, &environments)?;
        }
        Step::Import {
            project,
            environment,
            values,
        } => {
            let names = names(&values)?;
            let texts = values.iter().map(|(_, value)| value.as_str());
            let pairs: Vec<_> = names.into_iter().zip(texts).collect();
            let origin = Origin::Imported;
            vault.put_values(&asker, project, environment, &pairs, origin, ".env", false)?;
        }
        Step::Describe {
            project,
            name,
            fields,
        } => vault.edit_secrets(&asker, project, &[(name, fields)])?,
        Step::Environment {
            project,
            environment,
            from,
        } => {
            let mut fields = vec![EnvironmentField::Protected(true)];
            if let Some(from) = from {
                let from = vault.project(project)?.environment(from).map(|e| e.id);
                fields.push(EnvironmentField::Inherits(from));
            }
            vault.edit_environment(&asker, (project, environment), &fields)?;
        }
        Step::Rotate { at, value } => {
            match vault.rotate(&asker, at, &value, Origin::Rotated) {
                // It was left out there.
                Err(VaultError::NoSecret { .. }) => {}
                other => drop(other?),
            }
        }
        Step::Read { at, how, place } => {
            match vault.read(&asker, at, VersionSelector::Current, how, &place) {
                Err(VaultError::NoSecret { .. }) => {}
                other => drop(other?),
            }
        }
        Step::Join {
            project,
            environments,
            names,
        } => join(vault, &asker, (project, environments), &names)?,
        Step::Take {
            project,
            environment,
            how,
            place,
        } => {
            let here = (project, environment);
            vault.read_environment(&asker, here, how, place, |_| Ok::<_, VaultError>(()))?;
        }
    }
    Ok(())
}

/// What a provider knows as one thing, a value made of another, and a file.
fn join(
    vault: &mut Vault,
    asker: &Asker,
    (project, environments): (&str, &[&str]),
    names: &[&str],
) -> Result<(), VaultError> {
    let pair = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"];
    if pair.iter().all(|name| names.contains(name)) {
        let parts = pair.map(|name| (name, PartOf::Whole));
        vault.set_credential(asker, project, &CredentialName::parse("aws")?, &parts)?;
    }
    if !names.contains(&"DATABASE_URL") {
        return Ok(());
    }
    let login = [
        ("DATABASE_URL", PartOf::UrlUser),
        ("DATABASE_URL", PartOf::UrlPassword),
    ];
    let name = CredentialName::parse("database login")?;
    vault.set_credential(asker, project, &name, &login)?;
    let first = environments.first().copied().unwrap_or("dev");
    let made_of = format!("${{{project}/{first}/DATABASE_URL}}");
    let reporting = [(SecretName::parse("REPORTING_URL")?, made_of.as_str())];
    vault.put_values(asker, project, first, &reporting, Origin::Set, "", false)?;
    let file = FileName::parse("database-ca.pem")?;
    let at = (project, first, "DATABASE_URL");
    vault.attach(asker, at, &file, words::CERTIFICATE.as_bytes())
}

fn i64_of(n: usize) -> i64 {
    i64::try_from(n).unwrap_or(0)
}
