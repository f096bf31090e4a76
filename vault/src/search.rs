//! Finding secrets by what they say of themselves. Values are not looked into: see [`Vault::find_value`] for those.
//!
//! Everything is held in memory while the vault is open, and read once. What a change touches is read again; so a
//! keystroke costs one pass over the names, and nothing of the store.

use crate::{
    apply,
    asker::{Asker, Timestamp},
    event::Action,
    id::{ProjectId, SecretId},
    kind::Kind,
    log::EventDraft,
    query::{Filter, Query},
    secret::StageName,
    vault::{Vault, VaultError},
};
use keystead_crypto::fingerprint_value;
use nucleo_matcher::{
    Config, Matcher, Utf32Str,
    pattern::{Atom, AtomKind, CaseMatching, Normalization},
};
use rusqlite::{Connection, OptionalExtension, Row, params};
use std::{cmp::Reverse, collections::HashMap, num::NonZero, thread};

/// A secret that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hit {
    /// Its project's name.
    pub project: String,
    /// Its id.
    pub secret: SecretId,
    /// Its name.
    pub name: String,
    /// Its kind.
    pub kind: Kind,
    /// Its tags.
    pub tags: Vec<String>,
    /// Who is asked about it, or empty.
    pub owner: String,
    /// When its values stop working.
    pub expires_at: Option<Timestamp>,
    /// The environments in which it has a value of its own, in order.
    pub environments: Vec<String>,
}

/// Where a value was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ValueHit {
    /// The project.
    pub project: String,
    /// The environment.
    pub environment: String,
    /// The secret.
    pub name: String,
    /// The version's number.
    pub number: u32,
    /// Its stage, if it has one.
    pub stage: Option<StageName>,
}

/// Which rows of a project's matrix answer a question.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filtered {
    /// Their places in the matrix, from 0, in order.
    pub rows: Vec<u32>,
    /// How many rows the matrix has.
    pub of: usize,
}

/// What was found, best first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// The first of them.
    pub hits: Vec<Hit>,
    /// How many there are.
    pub total: usize,
}

impl Query {
    fn atoms(&self) -> Vec<WordAtoms<'_>> {
        let atom = |word: &str, kind| {
            let (case, letters) = (CaseMatching::Ignore, Normalization::Smart);
            Atom::new(word, case, letters, kind, false)
        };
        // A name may be typed with gaps. In prose gaps would find everything.
        let words = self.words.iter().map(|word| WordAtoms {
            text: word,
            letters: letters_of(word),
            in_name: atom(word, AtomKind::Fuzzy),
            in_rest: atom(word, AtomKind::Substring),
        });
        words.collect()
    }
}

type Ranked<'i> = (Reverse<u32>, &'i Entry);

/// Fewer are not worth a thread.
const LEAST_SHARE: usize = 8_192;

/// A word, and how it is looked for.
struct WordAtoms<'q> {
    text: &'q str,
    letters: u64,
    in_name: Atom,
    in_rest: Atom,
}

/// Which of the ASCII letters and digits a text has, in either case; one bit for each.
fn letters_of(text: &str) -> u64 {
    text.bytes().fold(0, |letters, byte| {
        letters
            | match byte.to_ascii_lowercase() {
                letter @ b'a'..=b'z' => 1 << (letter - b'a'),
                digit @ b'0'..=b'9' => 1 << (26 + digit - b'0'),
                // Others may be written in several ways.
                _ => 0,
            }
    })
}

#[derive(Default)]
pub(crate) struct Index {
    entries: Vec<Entry>,
    places: HashMap<SecretId, usize>,
    projects: HashMap<ProjectId, ProjectNames>,
    /// The entries of a project by name, once somebody filtered it; forgotten with every change.
    orders: HashMap<ProjectId, Vec<usize>>,
}

struct ProjectNames {
    name: String,
    /// In order.
    environments: Vec<(crate::EnvironmentId, String)>,
}

struct Entry {
    secret: SecretId,
    project: ProjectId,
    name: String,
    kind: Kind,
    tags: Vec<String>,
    owner: String,
    name_letters: u64,
    /// Everything else that words are found in.
    rest: String,
    rest_letters: u64,
    expires_at: Option<i64>,
    lead: u16,
    /// By their place in the project's order.
    environments: Vec<u16>,
}

/// What the index must read again after a change.
#[derive(Clone, Debug, Default)]
pub(crate) struct Stale {
    pub(crate) secrets: Vec<SecretId>,
    pub(crate) all: bool,
}

const COLUMNS: &str = "id, project, name, kind, notes, owner, expires_at, lead";

impl Index {
    fn read(sql: &Connection) -> Result<Self, VaultError> {
        let mut index = Self {
            projects: projects(sql)?,
            ..Self::default()
        };
        let mut statement = sql.prepare(&format!(
            "SELECT {COLUMNS} FROM secrets WHERE removed = 0 AND project IN
             (SELECT id FROM projects WHERE space = (SELECT space FROM entered)) ORDER BY id"
        ))?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            index.insert(entry(row)?);
        }
        let mut statement = sql.prepare("SELECT secret, tag FROM tags ORDER BY secret, tag")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            if let Some(&at) = index.places.get(&row.get(0)?) {
                index.entries[at].tags.push(row.get(1)?);
            }
        }
        let orders: HashMap<crate::EnvironmentId, u16> = index
            .projects
            .values()
            .flat_map(|project| (0..).zip(&project.environments))
            .map(|(order, (id, _))| (*id, order))
            .collect();
        let mut statement =
            sql.prepare("SELECT secret, environment FROM stages WHERE current IS NOT NULL")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let (secret, environment) = (row.get(0)?, row.get(1)?);
            if let (Some(&at), Some(&order)) = (index.places.get(&secret), orders.get(&environment))
            {
                index.entries[at].environments.push(order);
            }
        }
        for entry in &mut index.entries {
            entry.environments.sort_unstable();
            entry.settle(&index.projects);
        }
        Ok(index)
    }

    /// Which rows of a project's matrix answer, and how many it has.
    fn filter(&mut self, project: ProjectId, query: &Query, now: Timestamp) -> Filtered {
        let (entries, atoms) = (&self.entries, query.atoms());
        let order = self.orders.entry(project).or_insert_with(|| {
            let of_project = |at: &usize| entries[*at].project == project;
            let mut order: Vec<usize> = (0..entries.len()).filter(of_project).collect();
            order.sort_unstable_by(|a, b| entries[*a].name.cmp(&entries[*b].name));
            order
        });
        let numbered: Vec<(u32, usize)> = (0..).zip(order.iter().copied()).collect();
        let rows = in_parts(&numbered, |part| {
            let mut matcher = Matcher::new(Config::DEFAULT);
            let mut answers = Vec::new();
            for (row, at) in part {
                let entry = &entries[*at];
                if self
                    .score(entry, query, &atoms, now, &mut matcher)
                    .is_some()
                {
                    answers.push(*row);
                }
            }
            answers
        });
        Filtered {
            rows,
            of: numbered.len(),
        }
    }

    fn insert(&mut self, entry: Entry) {
        if self.projects.contains_key(&entry.project) {
            self.places.insert(entry.secret, self.entries.len());
            self.entries.push(entry);
        }
    }

    /// Reads one secret again.
    fn refresh(&mut self, sql: &Connection, secret: SecretId) -> Result<(), VaultError> {
        self.orders.clear();
        if let Some(at) = self.places.remove(&secret) {
            self.entries.swap_remove(at);
            if let Some(moved) = self.entries.get(at) {
                self.places.insert(moved.secret, at);
            }
        }
        let found = sql
            .prepare_cached(&format!(
                "SELECT {COLUMNS} FROM secrets WHERE id = ?1 AND removed = 0"
            ))?
            .query_row([secret], |row| Ok(entry(row)))
            .optional()?
            .transpose()?;
        let Some(mut entry) = found else {
            return Ok(());
        };
        let Some(project) = self.projects.get(&entry.project) else {
            return Ok(());
        };
        entry.tags = apply::tags(sql, secret)?;
        for (order, (environment, _)) in (0..).zip(&project.environments) {
            if apply::stages(sql, secret, *environment)?.current.is_some() {
                entry.environments.push(order);
            }
        }
        entry.settle(&self.projects);
        self.insert(entry);
        Ok(())
    }

    fn search(&self, query: &Query, now: Timestamp, limit: usize) -> Found {
        let atoms = query.atoms();
        let mut ranked = in_parts(&self.entries, |part| self.look(part, query, &atoms, now));
        let total = ranked.len();
        // The same question has the same answer: by score, then by name and project, then by id.
        let order = |a: &Ranked<'_>, b: &Ranked<'_>| {
            a.0.cmp(&b.0)
                .then_with(|| a.1.name.cmp(&b.1.name))
                .then_with(|| self.name_of(a.1).cmp(self.name_of(b.1)))
                .then_with(|| a.1.secret.cmp(&b.1.secret))
        };
        if ranked.len() > limit && limit > 0 {
            ranked.select_nth_unstable_by(limit - 1, order);
        }
        ranked.truncate(limit);
        ranked.sort_unstable_by(order);
        let hits = ranked
            .into_iter()
            .map(|(_, entry)| self.hit(entry))
            .collect();
        Found { hits, total }
    }

    fn look<'i>(
        &self,
        part: &'i [Entry],
        query: &Query,
        atoms: &[WordAtoms<'_>],
        now: Timestamp,
    ) -> Vec<Ranked<'i>> {
        let mut matcher = Matcher::new(Config::DEFAULT);
        let ranked = part.iter().filter_map(|entry| {
            let score = self.score(entry, query, atoms, now, &mut matcher)?;
            Some((Reverse(score), entry))
        });
        ranked.collect()
    }

    /// How well a secret answers; `None` if it does not.
    fn score(
        &self,
        entry: &Entry,
        query: &Query,
        atoms: &[WordAtoms<'_>],
        now: Timestamp,
        matcher: &mut Matcher,
    ) -> Option<u32> {
        let project = self.projects.get(&entry.project)?;
        let holds = |filter: &Filter| filter.holds(entry, project, now);
        if !query.filters.iter().all(holds) {
            return None;
        }
        let mut letters = Vec::new();
        let mut score = 0;
        for word in atoms {
            let mut of = |atom: &Atom, text: &str, holds: u64| {
                // Most texts lack a letter of the word, which is seen at once.
                if word.letters & !holds != 0 {
                    return None;
                }
                // Half of all secrets have the one letter that is typed first; that is all there is to say of them.
                if word.text.len() == 1 && holds != u64::MAX && word.letters != 0 {
                    return Some(0);
                }
                let text = Utf32Str::new(text, &mut letters);
                atom.score(text, matcher).map(u32::from)
            };
            score += match of(&word.in_name, &entry.name, entry.name_letters) {
                // A name counts for more than what is written about it, and its beginning for more than its middle.
                Some(score) => {
                    let (name, word) = (entry.name.as_bytes(), word.text.as_bytes());
                    let beginning = name.get(..word.len());
                    let begins = beginning.is_some_and(|b| b.eq_ignore_ascii_case(word));
                    let exact = begins && name.len() == word.len();
                    2 * score + 20 * u32::from(begins) + 100 * u32::from(exact)
                }
                None => of(&word.in_rest, &entry.rest, entry.rest_letters)?,
            };
        }
        Some(score)
    }

    fn name_of(&self, entry: &Entry) -> &str {
        self.projects
            .get(&entry.project)
            .map_or("", |project| &project.name)
    }

    fn hit(&self, entry: &Entry) -> Hit {
        let environments = self.projects.get(&entry.project).map(|project| {
            let named = entry.environments.iter().filter_map(|order| {
                let environment = project.environments.get(usize::from(*order));
                environment.map(|(_, name)| name.clone())
            });
            named.collect()
        });
        Hit {
            project: self.name_of(entry).to_owned(),
            secret: entry.secret,
            name: entry.name.clone(),
            kind: entry.kind,
            tags: entry.tags.clone(),
            owner: entry.owner.clone(),
            expires_at: entry.expires_at.map(Timestamp),
            environments: environments.unwrap_or_default(),
        }
    }
}

impl Entry {
    /// Joins what words are found in beside the name.
    fn settle(&mut self, projects: &HashMap<ProjectId, ProjectNames>) {
        let notes = std::mem::take(&mut self.rest);
        let project = projects
            .get(&self.project)
            .map_or("", |project| &project.name);
        let tags = self.tags.join(" ");
        let parts = [project, &tags, &self.owner, self.kind.words(), &notes];
        let parts: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        self.rest = parts.join(" ");
        self.name_letters = letters_of(&self.name);
        // "Tomás" is found by "tomas": an accented letter may stand for any.
        self.rest_letters = match self.rest.is_ascii() {
            true => letters_of(&self.rest),
            false => u64::MAX,
        };
    }
}

impl Filter {
    fn holds(&self, entry: &Entry, project: &ProjectNames, now: Timestamp) -> bool {
        let begins = |text: &str, with: &str| text.to_lowercase().starts_with(with);
        let order_of = |wanted: &str| {
            let mut names = project.environments.iter();
            names.position(|(_, name)| name.to_lowercase() == wanted)
        };
        let has = |order: usize| entry.environments.iter().any(|e| usize::from(*e) == order);
        match self {
            Self::Environment(name) => order_of(name).is_some_and(has),
            Self::Missing(name) => order_of(name).is_some_and(|order| !has(order)),
            Self::Project(name) => begins(&project.name, name),
            Self::Tag(tag) => entry.tags.iter().any(|t| t.to_lowercase() == *tag),
            Self::Kind(kind) => {
                begins(entry.kind.as_str(), kind)
                    || begins(entry.kind.words(), kind)
                    || entry.kind.family().as_str() == kind
            }
            Self::Owner(owner) => begins(&entry.owner, owner),
            Self::Due(within) => entry.expires_at.is_some_and(|at| {
                at.saturating_sub(i64::from(entry.lead) * 86_400_000)
                    <= now.0.saturating_add(*within)
            }),
        }
    }
}

fn projects(sql: &Connection) -> Result<HashMap<ProjectId, ProjectNames>, VaultError> {
    let ids: Vec<(ProjectId, String)> = sql
        .prepare_cached(
            "SELECT id, name FROM projects
             WHERE removed = 0 AND space = (SELECT space FROM entered)",
        )?
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<Result<_, _>>()?;
    ids.into_iter()
        .map(|(id, name)| {
            let environments = crate::project::environments(sql, id)?;
            let environments = environments.into_iter().map(|e| (e.id, e.name)).collect();
            Ok((id, ProjectNames { name, environments }))
        })
        .collect()
}

/// Looks through all of them, on as many processors as are worth it; what is found keeps their order.
fn in_parts<'t, T: Sync, R: Send>(
    items: &'t [T],
    look: impl Fn(&'t [T]) -> Vec<R> + Sync,
) -> Vec<R> {
    let processors = thread::available_parallelism().map_or(1, NonZero::get);
    let share = items.len().div_ceil(processors).max(LEAST_SHARE);
    match &items.chunks(share).collect::<Vec<_>>()[..] {
        [] => Vec::new(),
        [one] => look(one),
        [first, others @ ..] => thread::scope(|scope| {
            let look = &look;
            let others: Vec<_> = others
                .iter()
                .map(|part| scope.spawn(move || look(part)))
                .collect();
            let mut found = look(first);
            for other in others {
                match other.join() {
                    Ok(more) => found.extend(more),
                    Err(panic) => std::panic::resume_unwind(panic),
                }
            }
            found
        }),
    }
}

/// Without what stands in other tables.
fn entry(row: &Row<'_>) -> Result<Entry, VaultError> {
    Ok(Entry {
        secret: row.get(0)?,
        project: row.get(1)?,
        name: row.get(2)?,
        kind: Kind::from_code(row.get(3)?)
            .ok_or(VaultError::Damaged("a secret's kind is unknown"))?,
        rest: row.get(4)?,
        owner: row.get(5)?,
        expires_at: row.get(6)?,
        lead: row.get(7)?,
        name_letters: 0,
        rest_letters: 0,
        tags: Vec::new(),
        environments: Vec::new(),
    })
}

impl Vault {
    /// Finds secrets, best first; the same question has the same answer.
    ///
    /// # Errors
    /// [`VaultError`] if the store fails.
    pub fn search(
        &mut self,
        query: &Query,
        now: Timestamp,
        limit: usize,
    ) -> Result<Found, VaultError> {
        Ok(self.fresh_index()?.search(query, now, limit))
    }

    /// Finds the rows of a project's matrix that answer, in its order.
    ///
    /// # Errors
    /// [`VaultError::NoProject`].
    pub fn filter(
        &mut self,
        project: &str,
        query: &Query,
        now: Timestamp,
    ) -> Result<Filtered, VaultError> {
        let project = crate::project::id_of(&self.sql, project)?;
        Ok(self.fresh_index()?.filter(project, query, now))
    }

    fn fresh_index(&mut self) -> Result<&mut Index, VaultError> {
        let stale = std::mem::take(&mut self.stale);
        let index = match self.index.take() {
            Some(mut index) if !stale.all => {
                for secret in stale.secrets {
                    index.refresh(&self.sql, secret)?;
                }
                index
            }
            _ => Index::read(&self.sql)?,
        };
        Ok(self.index.insert(index))
    }

    /// Every version that holds this value, in use first. Compares keyed fingerprints, so no value is opened; asking
    /// is an event, since it tells whoever asks that they know a value.
    ///
    /// # Errors
    /// [`VaultError`] if the store fails.
    pub fn find_value(&mut self, asker: &Asker, value: &str) -> Result<Vec<ValueHit>, VaultError> {
        let fingerprint = fingerprint_value(&self.keys.index, value.as_bytes());
        let hits: Vec<ValueHit> = self
            .sql
            .prepare_cached(
                "SELECT p.name, e.name, c.name, v.number, s.current = v.id, s.previous = v.id,
                 s.pending = v.id FROM versions v JOIN secrets c ON c.id = v.secret AND c.removed = 0
                 JOIN environments e ON e.id = v.environment AND e.removed = 0
                 JOIN projects p ON p.id = c.project AND p.removed = 0
                 LEFT JOIN stages s ON s.secret = v.secret AND s.environment = v.environment
                 WHERE v.fingerprint = ?1
                 ORDER BY s.current = v.id DESC, p.name, c.name, e.position, v.number DESC",
            )?
            .query_map(params![fingerprint], |row| {
                let is = |column| row.get::<_, Option<bool>>(column).map(|is| is == Some(true));
                let stage = match (is(4)?, is(5)?, is(6)?) {
                    (true, ..) => Some(StageName::Current),
                    (_, true, _) => Some(StageName::Previous),
                    (_, _, true) => Some(StageName::Pending),
                    _ => None,
                };
                Ok(ValueHit {
                    project: row.get(0)?,
                    environment: row.get(1)?,
                    name: row.get(2)?,
                    number: row.get(3)?,
                    stage,
                })
            })?
            .collect::<Result<_, _>>()?;
        let draft = EventDraft::of(Action::ValueLookedFor).detail(format!("{} found", hits.len()));
        self.record(asker, self.facts.space, draft)?;
        Ok(hits)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Origin, SecretField, SecretName,
        tests::{asker, vault_in},
    };

    fn fill(vault: &mut Vault) {
        for (project, environment, name, value) in [
            (
                "churn",
                "dev",
                "OPENAI_API_KEY",
                "sk-proj-aaaaaaaaaaaaaaaaaaaaaaaa",
            ),
            (
                "churn",
                "prod",
                "OPENAI_API_KEY",
                "sk-proj-bbbbbbbbbbbbbbbbbbbbbbbb",
            ),
            ("churn", "dev", "DATABASE_URL", "postgres://u:p@h/d"),
            (
                "fraud",
                "dev",
                "OPENAI_API_KEY",
                "sk-proj-aaaaaaaaaaaaaaaaaaaaaaaa",
            ),
            ("fraud", "dev", "OPEN_WEATHER_TOKEN", "x"),
        ] {
            let one = [(SecretName::parse(name).expect("a name"), value)];
            let put = vault.put_values(&asker(), project, environment, &one, Origin::Set, "", true);
            put.expect("put");
        }
        let fields = vec![
            SecretField::Tags(vec!["customer".to_owned(), "pii".to_owned()]),
            SecretField::Owner("Mara Lindqvist".to_owned()),
            SecretField::Notes("the replica, read only".to_owned()),
            SecretField::Expires(Some(asker().at.0 + 5 * 86_400_000)),
        ];
        vault
            .edit_secrets(&asker(), "churn", &[("DATABASE_URL", fields)])
            .expect("edited");
    }

    fn found(vault: &mut Vault, text: &str) -> Vec<String> {
        let query = Query::parse(text).expect("a query");
        let found = vault.search(&query, asker().at, 10).expect("searched");
        assert_eq!(found.total, found.hits.len());
        let name = |hit: &Hit| format!("{}/{}", hit.project, hit.name);
        found.hits.iter().map(name).collect()
    }

    #[test]
    fn words_and_filters_find_what_they_say() {
        let temp = tempfile::tempdir().expect("temp");
        let (mut vault, ..) = vault_in(temp.path());
        fill(&mut vault);
        let cases: [(&str, &[&str]); 20] = [
            ("openai", &["churn/OPENAI_API_KEY", "fraud/OPENAI_API_KEY"]),
            ("opnkey", &["churn/OPENAI_API_KEY", "fraud/OPENAI_API_KEY"]),
            ("OPENAI_API_KEY fraud", &["fraud/OPENAI_API_KEY"]),
            (
                "open",
                &[
                    "churn/OPENAI_API_KEY",
                    "fraud/OPENAI_API_KEY",
                    "fraud/OPEN_WEATHER_TOKEN",
                ],
            ),
            ("replica", &["churn/DATABASE_URL"]),
            ("lindqvist", &["churn/DATABASE_URL"]),
            ("customer", &["churn/DATABASE_URL"]),
            ("tag:customer", &["churn/DATABASE_URL"]),
            ("tag:custom", &[]),
            ("owner:mara", &["churn/DATABASE_URL"]),
            ("kind:database", &["churn/DATABASE_URL"]),
            ("kind:model project:fr", &["fraud/OPENAI_API_KEY"]),
            ("env:prod", &["churn/OPENAI_API_KEY"]),
            ("missing:prod", &["churn/DATABASE_URL"]),
            ("due:7d", &["churn/DATABASE_URL"]),
            ("due:4", &[]),
            ("url env:dev", &["churn/DATABASE_URL"]),
            ("nothing-like-it", &[]),
            ("DATABASE_URL", &["churn/DATABASE_URL"]),
            ("project:fraud token", &["fraud/OPEN_WEATHER_TOKEN"]),
        ];
        for (text, expected) in cases {
            assert_eq!(found(&mut vault, text), expected, "{text}");
        }
        assert_eq!(
            found(&mut vault, "").len(),
            4,
            "nothing said finds everything"
        );
        assert!(Query::parse("due:soon").is_err());
        assert_eq!(
            found(&mut vault, "http://x"),
            [""; 0],
            "a word with a colon is a word"
        );
    }

    #[test]
    fn a_filter_gives_the_rows_of_the_matrix_that_a_search_finds() {
        let temp = tempfile::tempdir().expect("temp");
        let (mut vault, ..) = vault_in(temp.path());
        fill(&mut vault);
        let rows = |vault: &mut Vault, text: &str| {
            let query = Query::parse(text).expect("a query");
            let filtered = vault.filter("churn", &query, asker().at).expect("filtered");
            let matrix = vault.matrix("churn").expect("the matrix");
            assert_eq!(filtered.of, matrix.len());
            let names = filtered.rows.iter();
            let names: Vec<String> = names
                .map(|row| matrix[*row as usize].name.clone())
                .collect();
            names
        };
        assert_eq!(rows(&mut vault, ""), ["DATABASE_URL", "OPENAI_API_KEY"]);
        assert_eq!(rows(&mut vault, "tag:pii"), ["DATABASE_URL"]);
        assert_eq!(rows(&mut vault, "env:prod"), ["OPENAI_API_KEY"]);
        let one = [(SecretName::parse("ANTHROPIC_API_KEY").expect("a name"), "x")];
        vault
            .put_values(&asker(), "churn", "prod", &one, Origin::Set, "", false)
            .expect("put");
        assert_eq!(
            rows(&mut vault, "env:prod"),
            ["ANTHROPIC_API_KEY", "OPENAI_API_KEY"],
            "rows move when one is added"
        );
    }

    #[test]
    fn what_changes_is_found_as_it_is_now() {
        let temp = tempfile::tempdir().expect("temp");
        let (mut vault, ..) = vault_in(temp.path());
        fill(&mut vault);
        assert_eq!(found(&mut vault, "weather").len(), 1);
        let rename = vec![SecretField::Name("RAIN_TOKEN".to_owned())];
        vault
            .edit_secrets(&asker(), "fraud", &[("OPEN_WEATHER_TOKEN", rename)])
            .expect("edited");
        assert_eq!(found(&mut vault, "weather"), [""; 0]);
        assert_eq!(found(&mut vault, "rain"), ["fraud/RAIN_TOKEN"]);
        vault.undo(&asker(), None).expect("undone");
        assert_eq!(found(&mut vault, "weather"), ["fraud/OPEN_WEATHER_TOKEN"]);
        let gone = vec![SecretField::Removed(true)];
        vault
            .edit_secrets(&asker(), "churn", &[("DATABASE_URL", gone)])
            .expect("removed");
        assert_eq!(found(&mut vault, "env:dev").len(), 3);
        vault
            .fill(&asker(), "churn", ("dev", "prod"), &["OPENAI_API_KEY"])
            .expect("filled");
        let name = [crate::ProjectField::Name("risk".to_owned())];
        vault
            .edit_project(&asker(), "fraud", &name)
            .expect("renamed");
        assert_eq!(found(&mut vault, "project:risk").len(), 2);
        fill(&mut vault);
        assert_eq!(
            found(&mut vault, "fraud").len(),
            2,
            "one of that name is there again"
        );
    }

    #[test]
    fn a_value_is_found_wherever_it_stands_and_asking_is_an_event() {
        let temp = tempfile::tempdir().expect("temp");
        let (mut vault, ..) = vault_in(temp.path());
        fill(&mut vault);
        let hits = vault
            .find_value(&asker(), "sk-proj-aaaaaaaaaaaaaaaaaaaaaaaa")
            .expect("found");
        let words: Vec<_> = hits
            .iter()
            .map(|h| (&*h.project, &*h.environment, &*h.name, h.stage))
            .collect();
        let current = Some(StageName::Current);
        assert_eq!(
            words,
            [
                ("churn", "dev", "OPENAI_API_KEY", current),
                ("fraud", "dev", "OPENAI_API_KEY", current)
            ]
        );
        assert!(
            vault
                .find_value(&asker(), "sk-proj-")
                .expect("found")
                .is_empty()
        );
        let events = vault.events(2, None).expect("listed");
        assert!(
            events
                .iter()
                .all(|row| row.event.action == Action::ValueLookedFor)
        );
        assert_eq!(events[1].event.detail, "2 found");
        assert!(!format!("{events:?}").contains("sk-proj"));
    }
}
