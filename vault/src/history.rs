//! What became of a secret: its values by what changed in them, without the values, and what was said of it.

use crate::{
    asker::Timestamp,
    change::{Change, Origin},
    compact::is_compacted,
    edit::chain,
    field::SecretField,
    id::{DeviceId, EnvironmentId, SecretId, VersionId},
    kind::Kind,
    log::Log,
    project,
    secret::{self, no_secret},
    vault::{Vault, VaultError},
};
use keystead_crypto::SecretText;
use rusqlite::{Connection, params};
use std::collections::BTreeMap;

/// Something that happened to a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HistoryRow {
    /// When.
    pub at: Timestamp,
    /// The device that did it.
    pub device: DeviceId,
    /// What.
    pub what: Happened,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Happened {
    /// A value was stored in an environment.
    Value {
        /// The environment, by name.
        environment: String,
        /// The version's number there.
        number: u32,
        /// Where it came from.
        origin: Origin,
        /// What of it differs from the version before; empty for the first one.
        parts: Vec<(String, PartChange)>,
    },
    /// It says something else of itself.
    Field {
        /// Which field, in a word.
        field: &'static str,
        /// What it said before; `None` where that is not known any more.
        from: Option<String>,
        /// What it says since.
        to: String,
    },
}

/// How a part of a value differs from the version before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PartChange {
    /// As it was.
    Same,
    /// Another one.
    Changed,
    /// Was not there.
    Added,
    /// Is not there any more.
    Removed,
}

impl Vault {
    /// What became of a secret in an environment and of what it says of itself, newest first. Values are compared
    /// inside; what comes out holds none of them.
    ///
    /// # Errors
    /// [`VaultError`] that names what there is none of.
    pub fn history(
        &mut self,
        (project, environment): (&str, &str),
        name: &str,
    ) -> Result<Vec<HistoryRow>, VaultError> {
        let place = project::resolve(&self.sql, project, environment)?;
        let secret = secret::find(&self.sql, place.0, name)?
            .ok_or_else(|| no_secret(project, environment, name))?;
        let mut rows = self.values_of(place, secret)?;
        rows.extend(self.fields_of(secret)?);
        rows.sort_by_key(|row| std::cmp::Reverse(row.at.0));
        Ok(rows)
    }

    fn values_of(
        &mut self,
        place: (crate::ProjectId, EnvironmentId),
        secret: SecretId,
    ) -> Result<Vec<HistoryRow>, VaultError> {
        let names: BTreeMap<EnvironmentId, String> = project::environments(&self.sql, place.0)?
            .into_iter()
            .map(|environment| (environment.id, environment.name))
            .collect();
        let mut rows = Vec::new();
        for environment in chain(&self.sql, place.1)? {
            let versions: Vec<(VersionId, u32, i64, DeviceId, u8, bool)> = self
                .sql
                .prepare_cached(
                    "SELECT id, number, created_at, author, origin, pruned FROM versions
                     WHERE secret = ?1 AND environment = ?2 ORDER BY number",
                )?
                .query_map(params![secret, environment], |row| {
                    Ok((
                        row.get(0)?,
                        row.get(1)?,
                        row.get(2)?,
                        row.get(3)?,
                        row.get(4)?,
                        row.get(5)?,
                    ))
                })?
                .collect::<Result<_, _>>()?;
            let mut before: Option<SecretText> = None;
            for (version, number, at, device, origin, pruned) in versions {
                let value = match pruned {
                    true => None,
                    false => Some(self.open_version(place.0, environment, version)?),
                };
                let both = before.as_ref().zip(value.as_ref());
                let parts = both.map(|(before, value)| differences(before, value));
                rows.push(HistoryRow {
                    at: Timestamp(at),
                    device,
                    what: Happened::Value {
                        environment: names.get(&environment).cloned().unwrap_or_default(),
                        number,
                        origin: Origin::from_code(origin)
                            .ok_or(VaultError::Damaged("a version's origin is unknown"))?,
                        parts: parts.unwrap_or_default(),
                    },
                });
                before = value;
            }
        }
        Ok(rows)
    }

    fn fields_of(&self, secret: SecretId) -> Result<Vec<HistoryRow>, VaultError> {
        let logs = Log::all(&self.sql)?;
        let logs = logs.iter().filter(|log| log.space == self.facts.space);
        let mut rows = Vec::new();
        // A secret says nothing of itself at first.
        let mut said: BTreeMap<&'static str, String> = [
            SecretField::Notes(String::new()),
            SecretField::Owner(String::new()),
            SecretField::Tags(Vec::new()),
            SecretField::Expires(None),
            SecretField::Lead(0),
        ]
        .iter()
        .map(words)
        .collect();
        let mut operations = Vec::new();
        for log in logs {
            if is_compacted(&self.sql, log.id)? {
                // What was said before the operations that went is not told from here.
                said.clear();
            }
            for sequence in touched(&self.sql, log.id, secret)? {
                operations.push(self.operation(log.id, sequence)?);
            }
        }
        for operation in operations {
            for change in &operation.changes {
                match change {
                    Change::SetSecret { secret: id, field } if *id == secret => {
                        let (field, to) = words(field);
                        let from = said.insert(field, to.clone());
                        if from.as_ref() != Some(&to) {
                            rows.push(HistoryRow {
                                at: Timestamp(operation.header.at),
                                device: operation.device(),
                                what: Happened::Field { field, from, to },
                            });
                        }
                    }
                    _ => {}
                }
            }
        }
        Ok(rows)
    }
}

/// Notes which operations say something of which secrets, so that a history need not read them all.
pub(crate) fn note_touched(
    sql: &Connection,
    (log, sequence): (i64, u64),
    secret: SecretId,
) -> Result<(), VaultError> {
    let insert = "INSERT OR IGNORE INTO touched (secret, log, sequence) VALUES (?1, ?2, ?3)";
    sql.prepare_cached(insert)?
        .execute(params![secret, log, sequence.cast_signed()])?;
    Ok(())
}

fn touched(sql: &Connection, log: i64, secret: SecretId) -> Result<Vec<u64>, VaultError> {
    let mut statement = sql.prepare_cached(
        "SELECT sequence FROM touched WHERE secret = ?1 AND log = ?2 ORDER BY sequence",
    )?;
    let rows = statement.query_map(params![secret, log], |row| row.get::<_, i64>(0))?;
    let rows = rows.collect::<Result<Vec<_>, _>>()?;
    Ok(rows.into_iter().map(i64::cast_unsigned).collect())
}

/// A field in a word, and what it says.
fn words(field: &SecretField) -> (&'static str, String) {
    match field {
        SecretField::Name(name) => ("name", name.clone()),
        SecretField::Kind(kind) => ("kind", kind.words().to_owned()),
        SecretField::Notes(notes) => ("notes", notes.clone()),
        SecretField::Owner(owner) => ("owner", owner.clone()),
        SecretField::Tags(tags) => ("tags", tags.join(" ")),
        SecretField::Expires(at) => ("expires", at.map(|at| at.to_string()).unwrap_or_default()),
        SecretField::Lead(days) => ("lead", days.to_string()),
        SecretField::Removed(removed) => {
            ("removed", if *removed { "removed" } else { "" }.to_owned())
        }
    }
}

/// What differs between two values, by parts that both their forms have: of a URL, of a JSON object; else as a whole.
fn differences(before: &str, after: &str) -> Vec<(String, PartChange)> {
    let (old, new) = match (parts_of(before), parts_of(after)) {
        (Some(old), Some(new)) => (old, new),
        _ => {
            let change = match before == after {
                true => PartChange::Same,
                false => PartChange::Changed,
            };
            return vec![("value".to_owned(), change)];
        }
    };
    let mut parts: Vec<(String, PartChange)> = new
        .iter()
        .map(|(name, value)| {
            let change = match old.get(name) {
                None => PartChange::Added,
                Some(old) if old == value => PartChange::Same,
                Some(_) => PartChange::Changed,
            };
            (name.clone(), change)
        })
        .collect();
    let gone = old.keys().filter(|name| !new.contains_key(*name));
    parts.extend(gone.map(|name| (name.clone(), PartChange::Removed)));
    parts
}

/// The parts of a URL or of a JSON object, borrowed; names may be told, values not.
fn parts_of(value: &str) -> Option<BTreeMap<String, &str>> {
    if value.starts_with('{') {
        let fields: BTreeMap<String, &serde_json::value::RawValue> =
            serde_json::from_str(value).ok()?;
        // A field's name is told only where it is one: somebody may keep secrets as names.
        let is_name = |name: &String| {
            name.len() <= 32
                && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
                && name.bytes().filter(u8::is_ascii_digit).count() <= 2
                && Kind::recognise("", name) == Kind::Plain
        };
        if !fields.keys().all(is_name) {
            return None;
        }
        let parts = fields.into_iter();
        return Some(parts.map(|(name, value)| (name, value.get())).collect());
    }
    let (scheme, rest) = value.split_once("://")?;
    if scheme.is_empty() || rest.contains(char::is_whitespace) {
        return None;
    }
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, tail) = rest.split_at(end);
    let (login, host) = match authority.rsplit_once('@') {
        None => (None, authority),
        Some((login, host)) => (Some(login), host),
    };
    let mut parts = BTreeMap::from([("scheme".to_owned(), scheme), ("host".to_owned(), host)]);
    if let Some(login) = login {
        let (user, password) = login.split_once(':').unwrap_or((login, ""));
        parts.insert("user".to_owned(), user);
        parts.insert("password".to_owned(), password);
    }
    let (path, query) = tail.split_once('?').unwrap_or((tail, ""));
    parts.insert("path".to_owned(), path);
    parts.insert("query".to_owned(), query);
    parts.retain(|_, part| !part.is_empty());
    Some(parts)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        SecretName,
        tests::{asker, vault_in},
    };

    #[test]
    fn values_differ_by_their_parts() {
        use PartChange::{Added, Changed, Removed, Same};
        type Parts<'p> = &'p [(&'p str, PartChange)];
        let cases: [(&str, &str, Parts<'_>); 6] = [
            (
                "postgres://app:one@h/d",
                "postgres://app:two@h/d?x=y",
                &[
                    ("host", Same),
                    ("password", Changed),
                    ("path", Same),
                    ("query", Added),
                    ("scheme", Same),
                    ("user", Same),
                ],
            ),
            (
                "{\"a\": 1, \"b\": 2}",
                "{\"a\": 1, \"c\": 2}",
                &[("a", Same), ("c", Added), ("b", Removed)],
            ),
            (
                "{\"sk-proj-abcdefghijklmnop1234\": 1}",
                "{\"sk-proj-abcdefghijklmnop1235\": 1}",
                &[("value", Changed)],
            ),
            ("hunter2", "hunter3", &[("value", Changed)]),
            ("postgres://h/d", "plain", &[("value", Changed)]),
            ("x", "x", &[("value", Same)]),
        ];
        for (before, after, expected) in cases {
            let found = differences(before, after);
            let found: Vec<_> = found.iter().map(|(name, c)| (name.as_str(), *c)).collect();
            assert_eq!(found, expected, "{before} {after}");
        }
    }

    #[test]
    fn a_history_tells_what_changed_and_no_value() {
        let temp = tempfile::tempdir().expect("temp");
        let (mut vault, ..) = vault_in(temp.path());
        for value in ["postgres://app:canary1@h/d", "postgres://app:canary2@h/d"] {
            let one = [(SecretName::parse("URL").expect("a name"), value)];
            vault
                .put_values(&asker(), "p", "dev", &one, Origin::Set, "", true)
                .expect("put");
        }
        let fields = vec![
            SecretField::Tags(vec!["pii".to_owned()]),
            SecretField::Notes("replica".to_owned()),
        ];
        vault
            .edit_secrets(&asker(), "p", &[("URL", fields)])
            .expect("edited");
        vault.undo(&asker(), None).expect("undone");
        let rows = vault.history(("p", "dev"), "URL").expect("told");
        assert!(!format!("{rows:?}").contains("canary"), "{rows:?}");
        let password = rows.iter().find_map(|row| match &row.what {
            Happened::Value {
                number: 2, parts, ..
            } => parts.iter().find(|(name, _)| name == "password"),
            _ => None,
        });
        assert_eq!(
            password.map(|(_, change)| *change),
            Some(PartChange::Changed)
        );
        let tags: Vec<_> = rows
            .iter()
            .filter_map(|row| match &row.what {
                Happened::Field {
                    field: "tags",
                    from,
                    to,
                } => Some((from.as_deref(), to.as_str())),
                _ => None,
            })
            .collect();
        assert_eq!(tags.len(), 2, "set, and taken back: {tags:?}");
        assert!(tags.contains(&(Some(""), "pii")) && tags.contains(&(Some("pii"), "")));
        assert!(vault.verify(&asker()).expect("verified").problem.is_none());
    }
}
