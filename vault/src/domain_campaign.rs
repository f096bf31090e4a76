//! Random sequences of everything that can be done to the domain, beside a plain model in memory: after each step both
//! must show the same, undo and redo included, and at the end the tables must follow from the log.
//!
//! `KEYSTEAD_DOMAIN_STEPS` sets how many (2,000 unless set), `KEYSTEAD_DOMAIN_SEED` which.

use crate::{
    EnvironmentField, EnvironmentName, Exposure, Origin, ProjectField, ProjectName, SecretField,
    SecretName, Timestamp, Vault, VaultError, VersionSelector,
    crash_campaign::{Dice, number},
    tests::{asker, vault_in},
};
use std::collections::{BTreeMap, BTreeSet};

#[derive(Clone, Debug, Default, PartialEq)]
struct Secret {
    notes: String,
    owner: String,
    tags: BTreeSet<String>,
    expires: Option<i64>,
    /// Current and previous value by environment; no current one where it was removed.
    values: BTreeMap<String, (Option<String>, Option<String>)>,
}

#[derive(Clone, Debug, Default, PartialEq)]
struct Environment {
    name: String,
    protected: bool,
    inherits: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq)]
struct Project {
    environments: Vec<Environment>,
    secrets: BTreeMap<String, Secret>,
}

type State = BTreeMap<String, Project>;
/// What an edit does to the model.
type Edit = Box<dyn Fn(&mut Secret)>;

#[derive(Default)]
struct Model {
    now: State,
    /// What was so before and after each operation that can be taken back.
    done: Vec<(State, State)>,
    undone: Vec<(State, State)>,
}

impl Model {
    fn change(&mut self, act: impl FnOnce(&mut State)) {
        let before = self.now.clone();
        act(&mut self.now);
        self.done.push((before, self.now.clone()));
        self.undone.clear();
    }
}

impl Project {
    fn environment(&self, name: &str) -> &Environment {
        self.environments
            .iter()
            .find(|e| e.name == name)
            .expect("is there")
    }

    /// The value that a program gets there.
    fn value(&self, environment: &str, secret: &str) -> Option<String> {
        let mut at = Some(environment.to_owned());
        while let Some(name) = at.take() {
            let own = self.secrets.get(secret)?.values.get(&name);
            if let Some((Some(value), _)) = own {
                return Some(value.clone());
            }
            at.clone_from(&self.environment(&name).inherits);
        }
        None
    }

    fn chain(&self, environment: &str) -> Vec<String> {
        let mut chain = vec![environment.to_owned()];
        while let Some(next) = &self.environment(&chain[chain.len() - 1]).inherits {
            chain.push(next.clone());
        }
        chain
    }
}

/// One of several, `None` of none.
fn one_of<'a, T>(dice: &mut Dice, of: &'a [T]) -> Option<&'a T> {
    match of {
        [] => None,
        of => Some(&of[upto(dice, of.len())]),
    }
}

fn upto(dice: &mut Dice, limit: usize) -> usize {
    usize::try_from(dice.below(limit as u64)).expect("below a usize")
}

const PROJECTS: [&str; 3] = ["churn", "fraud", "search"];
const ENVIRONMENTS: [&str; 3] = ["dev", "staging", "prod"];
const SECRETS: [&str; 6] = ["A", "B", "C", "D_KEY", "E_TOKEN", "F_URL"];
const TAGS: [&str; 4] = ["customer", "gpu", "legacy", "pii"];

#[test]
fn the_domain_is_what_a_plain_model_says() {
    let steps = number("KEYSTEAD_DOMAIN_STEPS", 2_000);
    let seed = number(
        "KEYSTEAD_DOMAIN_SEED",
        u64::from_be_bytes(crate::create::random()),
    );
    println!("{steps} steps of seed {seed}");
    let temp = tempfile::tempdir().expect("temp");
    let (mut vault, ..) = vault_in(temp.path());
    let mut model = Model::default();
    let mut random = Dice(seed);
    let mut done: BTreeMap<&str, u64> = BTreeMap::new();
    for step in 0..steps {
        let what = do_one(&mut vault, &mut model, &mut random, step);
        *done.entry(what).or_default() += 1;
        if let Some(name) = one_of(&mut random, &PROJECTS) {
            compare(&mut vault, &model, name, &mut random);
        }
        if (step + 1) % (steps / 4).max(500) == 0 {
            let problem = vault.verify(&asker()).expect("verifies").problem;
            assert_eq!(problem, None, "at step {step}");
        }
    }
    let problem = vault.verify(&asker()).expect("verifies").problem;
    assert_eq!(problem, None, "at the end");
    let nothing_goes = crate::Retention {
        versions: u32::MAX,
        days: 0,
    };
    let kept = steps / 10;
    let compacted = vault.compact_but(&asker(), nothing_goes, kept);
    let compacted = compacted.expect("compacted");
    println!("{compacted:?}");
    let problem = vault.verify(&asker()).expect("verifies").problem;
    assert_eq!(problem, None, "after the log was compacted");
    for name in PROJECTS {
        compare(&mut vault, &model, name, &mut random);
    }
    println!("{done:?}");
    if steps >= 2_000 {
        for kind in [
            "project",
            "environment",
            "put",
            "batch",
            "edit",
            "remove",
            "remove value",
            "fill",
            "restore",
            "protect",
            "inherit",
            "order",
            "rename",
            "undo",
            "redo",
        ] {
            assert!(
                done.get(kind).is_some_and(|n| *n > 2),
                "{kind} was hardly tried"
            );
        }
    }
}

fn do_one(vault: &mut Vault, model: &mut Model, random: &mut Dice, step: u64) -> &'static str {
    let project = *one_of(random, &PROJECTS).expect("some");
    let environment = *one_of(random, &ENVIRONMENTS).expect("some");
    let secret = *one_of(random, &SECRETS).expect("some");
    let there = model.now.get(project).cloned();
    let has_environment = there
        .as_ref()
        .is_some_and(|p| p.environments.iter().any(|e| e.name == environment));
    let has_secret = there
        .as_ref()
        .is_some_and(|p| p.secrets.contains_key(secret));
    match upto(random, 100) {
        0..4 => {
            let name = ProjectName::parse(project).expect("a name");
            let first = EnvironmentName::parse("dev").expect("a name");
            let made = vault.create_project(&asker(), &name, &[first]);
            if there.is_some() {
                assert!(matches!(made, Err(VaultError::Exists(_))), "{made:?}");
                return "project again";
            }
            made.expect("made");
            model.change(|now| {
                let dev = Environment {
                    name: "dev".to_owned(),
                    ..Environment::default()
                };
                let environments = vec![dev];
                now.insert(
                    project.to_owned(),
                    Project {
                        environments,
                        ..Project::default()
                    },
                );
            });
            "project"
        }
        4..8 => {
            let name = EnvironmentName::parse(environment).expect("a name");
            let made = vault.create_environment(&asker(), project, &name);
            if there.is_none() || has_environment {
                assert!(made.is_err());
                return "no environment";
            }
            made.expect("made");
            model.change(|now| {
                let name = environment.to_owned();
                let environments = &mut now.get_mut(project).expect("there").environments;
                environments.push(Environment {
                    name,
                    ..Environment::default()
                });
            });
            "environment"
        }
        8..34 => {
            let count = if upto(random, 5) == 0 { 4 } else { 1 };
            let values: Vec<(SecretName, String)> = (0..count)
                .map(|i| {
                    let name = SECRETS[(upto(random, SECRETS.len()) + i) % SECRETS.len()];
                    // Often one that is there already.
                    (
                        SecretName::parse(name).expect("a name"),
                        format!("value {}", (step + i as u64) % 7),
                    )
                })
                .collect();
            let pairs: Vec<_> = values
                .iter()
                .map(|(n, v)| (n.clone(), v.as_str()))
                .collect();
            let put = vault.put_values(
                &asker(),
                project,
                environment,
                &pairs,
                Origin::Set,
                "",
                false,
            );
            if !has_environment {
                assert!(put.is_err());
                return "put nowhere";
            }
            let written = put.expect("put").iter().any(|put| put.written);
            if !written {
                return "put the same";
            }
            model.change(|now| {
                for (name, value) in &values {
                    put_in(now, project, environment, name.as_str(), value);
                }
            });
            if count > 1 { "batch" } else { "put" }
        }
        34..46 => edit(vault, model, random, (project, secret), has_secret),
        46..49 => {
            let removed = vault.edit_secrets(
                &asker(),
                project,
                &[(secret, vec![SecretField::Removed(true)])],
            );
            if !has_secret {
                assert!(removed.is_err());
                return "remove nothing";
            }
            removed.expect("removed");
            model.change(|now| {
                now.get_mut(project).expect("there").secrets.remove(secret);
            });
            "remove"
        }
        49..53 | 96..98 => {
            let removed = vault.remove_values(&asker(), (project, environment), &[secret]);
            let own = there
                .as_ref()
                .and_then(|p| p.secrets.get(secret))
                .and_then(|s| s.values.get(environment));
            let Some((Some(current), _)) = own.filter(|_| has_environment).cloned() else {
                assert!(removed.is_err());
                return "remove no value";
            };
            removed.expect("removed");
            model.change(|now| {
                let secret = now
                    .get_mut(project)
                    .and_then(|p| p.secrets.get_mut(secret))
                    .expect("there");
                secret
                    .values
                    .insert(environment.to_owned(), (None, Some(current)));
            });
            "remove value"
        }
        53..58 | 93..96 => {
            let from = *one_of(random, &ENVIRONMENTS).expect("some");
            let filled = vault.fill(&asker(), project, (from, environment), &[secret]);
            let Some(there) =
                there.filter(|p| has_environment && p.environments.iter().any(|e| e.name == from))
            else {
                assert!(filled.is_err());
                return "fill nowhere";
            };
            let protected = there
                .chain(from)
                .iter()
                .any(|name| there.environment(name).protected);
            if protected {
                assert!(
                    matches!(filled, Err(VaultError::Protected(_))),
                    "{filled:?}"
                );
                return "fill from a protected one";
            }
            let Some(value) = there.value(from, secret) else {
                assert!(filled.is_err());
                return "fill with nothing";
            };
            if !filled.expect("filled")[0].written {
                return "fill the same";
            }
            model.change(|now| put_in(now, project, environment, secret, &value));
            "fill"
        }
        58..63 => {
            let restored = vault.restore(
                &asker(),
                (project, environment, secret),
                VersionSelector::Previous,
            );
            let own = there
                .as_ref()
                .and_then(|p| p.secrets.get(secret))
                .and_then(|s| s.values.get(environment));
            let Some((current, Some(previous))) = own.filter(|_| has_environment).cloned() else {
                assert!(restored.is_err());
                return "restore nothing";
            };
            restored.expect("restored");
            model.change(|now| {
                let secret = now
                    .get_mut(project)
                    .and_then(|p| p.secrets.get_mut(secret))
                    .expect("there");
                secret
                    .values
                    .insert(environment.to_owned(), (Some(previous), current));
            });
            "restore"
        }
        63..67 => {
            let on = upto(random, 4) == 0;
            let fields = [EnvironmentField::Protected(on)];
            let edited = vault.edit_environment(&asker(), (project, environment), &fields);
            let Some(there) = there.filter(|_| has_environment) else {
                assert!(edited.is_err());
                return "protect nothing";
            };
            edited.expect("edited");
            if there.environment(environment).protected == on {
                return "protect the same";
            }
            model.change(|now| environment_of(now, project, environment).protected = on);
            "protect"
        }
        67..72 => {
            let from = *one_of(random, &ENVIRONMENTS).expect("some");
            let Some(there) =
                there.filter(|p| has_environment && p.environments.iter().any(|e| e.name == from))
            else {
                return "inherit nothing";
            };
            let from = (upto(random, 3) > 0).then_some(from);
            let environments = vault.project(project).expect("there").environments;
            let id = from.map(|from| {
                environments
                    .iter()
                    .find(|e| e.name == from)
                    .expect("there")
                    .id
            });
            let fields = [EnvironmentField::Inherits(id)];
            let mut edited = vault.edit_environment(&asker(), (project, environment), &fields);
            let protected = from.is_some_and(|from| {
                let mut chain = there.chain(from).into_iter();
                chain.any(|name| there.environment(&name).protected)
            });
            if let Err(VaultError::Protected(_)) = &edited {
                assert!(protected, "{edited:?}");
                let mut sure = asker();
                sure.confirmed = true;
                edited = vault.edit_environment(&sure, (project, environment), &fields);
            } else if edited.is_ok() && protected {
                assert_eq!(there.environment(environment).inherits.as_deref(), from);
            }
            if from.is_some_and(|from| there.chain(from).iter().any(|name| name == environment)) {
                assert!(
                    matches!(edited, Err(VaultError::InheritsItself(_))),
                    "{edited:?}"
                );
                return "inherit itself";
            }
            edited.expect("edited");
            let from = from.map(str::to_owned);
            if there.environment(environment).inherits == from {
                return "inherit the same";
            }
            model.change(|now| environment_of(now, project, environment).inherits = from);
            "inherit"
        }
        72..75 => {
            let Some(there) = there else {
                assert!(vault.order_environments(&asker(), project, &[]).is_err());
                return "order nothing";
            };
            let mut order: Vec<&str> = there.environments.iter().map(|e| e.name.as_str()).collect();
            let by = upto(random, order.len());
            order.rotate_left(by);
            vault
                .order_environments(&asker(), project, &order)
                .expect("ordered");
            if by == 0 {
                return "order the same";
            }
            model.change(|now| {
                now.get_mut(project)
                    .expect("there")
                    .environments
                    .rotate_left(by);
            });
            "order"
        }
        75 => {
            let removed = vault.edit_project(&asker(), project, &[ProjectField::Removed(true)]);
            if there.is_none() {
                assert!(removed.is_err());
                return "remove no project";
            }
            removed.expect("removed");
            model.change(|now| {
                now.remove(project);
            });
            "remove project"
        }
        76..79 | 98..100 => {
            let to = *one_of(random, &SECRETS).expect("some");
            let renamed = vault.edit_secrets(
                &asker(),
                project,
                &[(secret, vec![SecretField::Name(to.to_owned())])],
            );
            let taken = there.as_ref().is_some_and(|p| p.secrets.contains_key(to));
            if !has_secret || (taken && to != secret) {
                assert!(renamed.is_err());
                return "rename to what is there";
            }
            renamed.expect("renamed");
            if to == secret {
                return "rename to itself";
            }
            model.change(|now| {
                let secrets = &mut now.get_mut(project).expect("there").secrets;
                let it = secrets.remove(secret).expect("there");
                secrets.insert(to.to_owned(), it);
            });
            "rename"
        }
        79..87 => {
            let undone = vault.undo(&asker(), None);
            let Some((before, after)) = model.done.pop() else {
                assert!(
                    matches!(undone, Err(VaultError::NothingToUndo)),
                    "{undone:?}"
                );
                return "undo nothing";
            };
            undone.expect("undone");
            model.now.clone_from(&before);
            model.undone.push((before, after));
            "undo"
        }
        _ => {
            let redone = vault.redo(&asker());
            let Some((before, after)) = model.undone.pop() else {
                assert!(
                    matches!(redone, Err(VaultError::NothingToUndo)),
                    "{redone:?}"
                );
                return "redo nothing";
            };
            redone.expect("redone");
            model.now.clone_from(&after);
            model.done.push((before, after));
            "redo"
        }
    }
}

fn edit(
    vault: &mut Vault,
    model: &mut Model,
    random: &mut Dice,
    (project, secret): (&str, &str),
    there: bool,
) -> &'static str {
    let text = format!("text {}", upto(random, 3));
    let (field, change): (SecretField, Edit) = match upto(random, 4) {
        0 => (
            SecretField::Notes(text.clone()),
            Box::new(move |secret| secret.notes.clone_from(&text)),
        ),
        1 => (
            SecretField::Owner(text.clone()),
            Box::new(move |secret| secret.owner.clone_from(&text)),
        ),
        2 => {
            let tags: BTreeSet<String> = TAGS
                .iter()
                .filter(|_| upto(random, 2) == 0)
                .map(|t| (*t).to_owned())
                .collect();
            (
                SecretField::Tags(tags.iter().cloned().collect()),
                Box::new(move |secret| secret.tags.clone_from(&tags)),
            )
        }
        _ => {
            let at = (upto(random, 2) == 0).then_some(1_900_000_000_000);
            (
                SecretField::Expires(at),
                Box::new(move |secret| secret.expires = at),
            )
        }
    };
    let edited = vault.edit_secrets(&asker(), project, &[(secret, vec![field])]);
    if !there {
        assert!(edited.is_err());
        return "edit nothing";
    }
    edited.expect("edited");
    let mut next = model.now.clone();
    change(
        next.get_mut(project)
            .and_then(|p| p.secrets.get_mut(secret))
            .expect("there"),
    );
    if next == model.now {
        return "edit to the same";
    }
    model.change(|now| *now = next);
    "edit"
}

fn put_in(now: &mut State, project: &str, environment: &str, name: &str, value: &str) {
    let secrets = &mut now.get_mut(project).expect("there").secrets;
    let values = &mut secrets.entry(name.to_owned()).or_default().values;
    let (current, previous) = values.get(environment).cloned().unwrap_or_default();
    if current.as_deref() != Some(value) {
        let before = current.or(previous);
        values.insert(environment.to_owned(), (Some(value.to_owned()), before));
    }
}

fn environment_of<'s>(now: &'s mut State, project: &str, name: &str) -> &'s mut Environment {
    let environments = &mut now.get_mut(project).expect("there").environments;
    environments
        .iter_mut()
        .find(|e| e.name == name)
        .expect("there")
}

/// What the vault shows of a project is what the model has.
fn compare(vault: &mut Vault, model: &Model, name: &str, random: &mut Dice) {
    let names: Vec<String> = vault
        .projects()
        .expect("lists")
        .into_iter()
        .map(|p| p.name)
        .collect();
    assert_eq!(names, model.now.keys().cloned().collect::<Vec<_>>());
    let Some(project) = model.now.get(name) else {
        assert!(matches!(vault.matrix(name), Err(VaultError::NoProject(_))));
        return;
    };
    let found = vault.project(name).expect("there");
    let environments: Vec<_> = found
        .environments
        .iter()
        .map(|e| Environment {
            name: e.name.clone(),
            protected: e.protected,
            inherits: e.inherits.clone(),
        })
        .collect();
    assert_eq!(environments, project.environments);
    let rows = vault.matrix(name).expect("a matrix");
    assert_eq!(found.secrets as usize, rows.len());
    let shown: Vec<&String> = rows.iter().map(|row| &row.name).collect();
    assert_eq!(shown, project.secrets.keys().collect::<Vec<_>>());
    for (row, secret) in rows.iter().zip(project.secrets.values()) {
        assert_eq!(row.owner, secret.owner);
        assert_eq!(row.expires_at, secret.expires.map(Timestamp));
        assert!(
            row.tags.iter().eq(&secret.tags),
            "{:?} {:?}",
            row.tags,
            secret.tags
        );
        for (cell, environment) in row.cells.iter().zip(&project.environments) {
            let own = secret
                .values
                .get(&environment.name)
                .cloned()
                .unwrap_or_default();
            assert_eq!(
                cell.is_some(),
                own.0.is_some(),
                "{} {}",
                row.name,
                environment.name
            );
            if let Some(cell) = cell {
                assert_eq!(cell.has_previous, own.1.is_some());
            }
        }
    }
    let environment = &one_of(random, &project.environments)
        .expect("one at least")
        .name;
    let secret = *one_of(random, &SECRETS).expect("some");
    let mut confirmed = asker();
    confirmed.confirmed = true;
    let here = (name, environment.as_str(), secret);
    let protected = project
        .chain(environment)
        .iter()
        .any(|e| project.environment(e).protected);
    let refused = vault.read(&asker(), here, VersionSelector::Current, Exposure::Read, "");
    let read = vault.read(
        &confirmed,
        here,
        VersionSelector::Current,
        Exposure::Read,
        "",
    );
    let value = project.value(environment, secret);
    match &value {
        Some(value) => {
            assert_eq!(&read.expect("read").value[..], value.as_str());
            let protects = matches!(refused, Err(VaultError::Protected(_)));
            assert_eq!(protects, protected, "protection of {environment}");
            let detail = vault.secret(name, environment, secret).expect("there");
            assert_eq!(detail.notes, project.secrets[secret].notes);
        }
        None => assert!(matches!(read, Err(VaultError::NoSecret { .. })), "no value"),
    }
    let listed = vault.current_versions(name, environment).expect("lists");
    let expected = project
        .secrets
        .keys()
        .filter(|s| project.value(environment, s).is_some());
    assert!(listed.iter().map(|(name, _)| name).eq(expected));
}
