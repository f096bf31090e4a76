//! Values that are made of other values: `${project/environment/NAME}` in a value stands for the current value there.
//!
//! What a reference means is settled when the value is stored, by ids, and is part of the operation: a later rename
//! breaks nothing, and text that only looks like one (it names nothing that is there) stays text for good. It is
//! resolved when the value leaves, so that every value in it is known to have left too; nothing resolved is kept.

use crate::{
    apply,
    asker::Asker,
    change::Change,
    edit::{chain, refuse_protected},
    id::{EnvironmentId, ProjectId, SecretId, VersionId},
    part::{NoSuchPart, PartOf},
    project,
    secret::{self, VersionSelector, no_secret, select_one},
    transaction::Transaction,
    vault::{Vault, VaultError},
};
use keystead_crypto::{DecodeError, Reader, SecretText, Writer};
use rusqlite::{Connection, OptionalExtension, params};
use std::{
    collections::{BTreeSet, HashMap},
    ops::Range,
    rc::Rc,
};
use zeroize::Zeroizing;

/// A value of values of values has an end.
const DEEPEST: usize = 32;
/// As large as a value may be: two references to one that has two would double with each step.
pub(crate) const LARGEST: usize = 1024 * 1024;
/// So many references in one value.
const MOST: usize = 1_000;

/// What a reference in a version's text means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Target {
    /// The place in the text, counting everything that has the form of a reference, from 0.
    pub at: u32,
    /// The secret.
    pub secret: SecretId,
    /// The environment.
    pub environment: EnvironmentId,
}

/// A secret in an environment, by names.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Named {
    /// The project.
    pub project: String,
    /// The environment.
    pub environment: String,
    /// The secret.
    pub name: String,
}

impl Target {
    pub(crate) fn encode(&self, writer: &mut Writer) {
        writer
            .u32(self.at)
            .fixed(&self.secret.0)
            .fixed(&self.environment.0);
    }

    pub(crate) fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            at: reader.u32()?,
            secret: SecretId(reader.fixed()?),
            environment: EnvironmentId(reader.fixed()?),
        })
    }
}

/// Something in a text that has the form of a reference.
struct Form<'t> {
    range: Range<usize>,
    project: &'t str,
    environment: &'t str,
    name: &'t str,
}

fn forms(text: &str) -> Vec<Form<'_>> {
    let mut forms = Vec::new();
    let mut from = 0;
    while let Some(begin) = text[from..].find("${").map(|at| from + at) {
        from = begin + 2;
        // No name holds any of these, so that no part of the text is looked at twice.
        let Some(end) = text[from..].find(['}', '{', '$', '\n']).map(|at| from + at) else {
            break;
        };
        if text.as_bytes()[end] != b'}' {
            continue;
        }
        let mut parts = text[from..end].split('/');
        let (Some(project), Some(environment), Some(name), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            continue;
        };
        if [project, environment, name].contains(&"") {
            continue;
        }
        forms.push(Form {
            range: begin..end + 1,
            project,
            environment,
            name,
        });
        from = end + 1;
    }
    forms
}

/// A text as it is stored, and what in it means something.
pub(crate) struct Composed {
    pub(crate) text: Zeroizing<String>,
    pub(crate) targets: Vec<Target>,
}

/// Finds what a text refers to. Where a `$` stands before a reference that would mean something, the `$` goes and the
/// rest is text.
pub(crate) fn compose(sql: &Connection, text: &str) -> Result<Composed, VaultError> {
    let mut composed = Composed {
        text: Zeroizing::new(String::with_capacity(text.len())),
        targets: Vec::new(),
    };
    let mut from = 0;
    for (at, form) in (0..).zip(forms(text)) {
        let found = match project::resolve(sql, form.project, form.environment) {
            Err(VaultError::NoProject(_) | VaultError::NoEnvironment { .. }) => None,
            other => {
                let (project, environment) = other?;
                let secret = secret::find(sql, project, form.name)?;
                secret.map(|secret| (secret, environment))
            }
        };
        let Some((secret, environment)) = found else {
            continue;
        };
        let before = &text[from..form.range.start];
        match before.strip_suffix('$') {
            Some(kept) => {
                composed.text.push_str(kept);
                composed.text.push_str(&text[form.range.clone()]);
            }
            None => {
                composed.text.push_str(&text[from..form.range.end]);
                composed.targets.push(Target {
                    at,
                    secret,
                    environment,
                });
            }
        }
        from = form.range.end;
    }
    composed.text.push_str(&text[from..]);
    if composed.targets.len() > MOST {
        return Err(VaultError::ResolvesTooLarge);
    }
    Ok(composed)
}

/// A stored text with another value in one of its parts. What it refers to elsewhere stays; what stood in the part
/// goes with it.
pub(crate) fn write_part(
    text: &str,
    targets: &[Target],
    (of, value): (&PartOf, &str),
) -> Result<Composed, NoSuchPart> {
    let here: Vec<(Range<usize>, Target)> = (0..)
        .zip(forms(text))
        .filter_map(|(at, form)| {
            let target = targets.iter().find(|target| target.at == at)?;
            Some((form.range, *target))
        })
        .collect();
    // A reference is one thing, whatever the names in it look like.
    let mut opaque = Zeroizing::new(text.as_bytes().to_vec());
    for (range, _) in &here {
        opaque[range.clone()].fill(b'x');
    }
    let opaque = std::str::from_utf8(&opaque).map_err(|_| NoSuchPart)?;
    let place = of.place(opaque)?;
    let written = of.written(value)?;
    let size = text.len() - place.len() + written.len();
    let mut whole = Zeroizing::new(String::with_capacity(size));
    whole.push_str(&text[..place.start]);
    whole.push_str(&written);
    whole.push_str(&text[place.end..]);
    let mut kept = Vec::new();
    let after = forms(&whole);
    for (range, target) in here {
        if range.start >= place.start && range.end <= place.end {
            continue;
        }
        let start = match range.start < place.start {
            true => range.start,
            false => range.start - place.len() + written.len(),
        };
        // What is new may not run into what was there.
        let at = after.iter().position(|form| form.range.start == start);
        let at = at.and_then(|at| u32::try_from(at).ok()).ok_or(NoSuchPart)?;
        kept.push(Target { at, ..target });
    }
    drop(after);
    Ok(Composed {
        text: whole,
        targets: kept,
    })
}

/// What a version refers to, in the order of its text.
pub(crate) fn targets(sql: &Connection, version: VersionId) -> Result<Vec<Target>, VaultError> {
    let mut statement = sql.prepare_cached(
        "SELECT r.place, r.secret, r.environment FROM versions v JOIN refers r ON r.version = v.row
         WHERE v.id = ?1 ORDER BY r.place",
    )?;
    let rows = statement.query_map([version], |row| {
        Ok(Target {
            at: row.get(0)?,
            secret: row.get(1)?,
            environment: row.get(2)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

pub(crate) fn apply_refer(
    sql: &Connection,
    version: VersionId,
    targets: &[Target],
) -> Result<(), VaultError> {
    let mut insert = sql.prepare_cached(
        "INSERT INTO refers (version, place, secret, environment)
         SELECT row, ?2, ?3, ?4 FROM versions WHERE id = ?1",
    )?;
    for target in targets {
        insert.execute(params![
            version,
            target.at,
            target.secret,
            target.environment
        ])?;
    }
    Ok(())
}

/// Where a target's current value stands: its project, its environment and the version.
pub(crate) fn standing(
    sql: &Connection,
    target: &Target,
) -> Result<Option<(ProjectId, EnvironmentId, VersionId)>, VaultError> {
    let project: Option<ProjectId> = sql
        .prepare_cached("SELECT project FROM secrets WHERE id = ?1 AND removed = 0")?
        .query_row([target.secret], |row| row.get(0))
        .optional()?;
    let Some(project) = project else {
        return Ok(None);
    };
    for environment in chain(sql, target.environment)? {
        if let Some(current) = apply::stages(sql, target.secret, environment)?.current {
            return Ok(Some((project, environment, current)));
        }
    }
    Ok(None)
}

/// The names of a secret in an environment, whether it is there still or not.
pub(crate) fn name_of(
    sql: &Connection,
    secret: SecretId,
    environment: EnvironmentId,
) -> Result<Named, VaultError> {
    Ok(sql
        .prepare_cached(
            "SELECT p.name, e.name, c.name FROM secrets c JOIN projects p ON p.id = c.project
             JOIN environments e ON e.id = ?2 WHERE c.id = ?1",
        )?
        .query_row(params![secret, environment], |row| {
            Ok(Named {
                project: row.get(0)?,
                environment: row.get(1)?,
                name: row.get(2)?,
            })
        })?)
}

impl std::fmt::Display for Named {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (name, environment, project) = (&self.name, &self.environment, &self.project);
        write!(f, "{name} in {environment} of {project}")
    }
}

/// Refuses a version whose value would be made of itself.
fn refuse_cycle(
    sql: &Connection,
    version: VersionId,
    targets: &[Target],
) -> Result<(), VaultError> {
    let mut seen = BTreeSet::new();
    let mut next: Vec<Target> = targets.to_vec();
    while let Some(target) = next.pop() {
        let Some((_, _, current)) = standing(sql, &target)? else {
            continue;
        };
        if current == version {
            let named = name_of(sql, target.secret, target.environment)?;
            return Err(VaultError::RefersToItself(named.to_string()));
        }
        if seen.insert(current) {
            next.extend(self::targets(sql, current)?);
        }
    }
    Ok(())
}

impl Transaction<'_> {
    /// Notes what a version that is current now refers to. Whoever lets a value of a protected environment into another
    /// one says so once more.
    pub(crate) fn refer(
        &mut self,
        version: VersionId,
        environment: EnvironmentId,
        targets: &[Target],
    ) -> Result<(), VaultError> {
        if targets.is_empty() {
            return Ok(());
        }
        for target in targets.iter().filter(|t| t.environment != environment) {
            refuse_protected(self.sql(), target.environment, self.asker())?;
        }
        self.space_change(Change::Refer {
            version,
            targets: targets.to_vec(),
        })?;
        refuse_cycle(self.sql(), version, targets)
    }
}

/// What went into values beside their own text.
#[derive(Default)]
pub(crate) struct Used {
    pub(crate) versions: BTreeSet<VersionId>,
    pub(crate) environments: BTreeSet<EnvironmentId>,
    /// Values that were needed already: each is made once, however often it is referred to.
    made: HashMap<VersionId, Rc<SecretText>>,
}

impl Used {
    /// Whether all of it may leave.
    pub(crate) fn refuse_protected(
        &self,
        sql: &Connection,
        asker: &Asker,
    ) -> Result<(), VaultError> {
        let mut environments = self.environments.iter();
        environments.try_for_each(|environment| refuse_protected(sql, *environment, asker))
    }
}

impl Vault {
    /// The value of a version, with those of other secrets where it refers to them.
    ///
    /// # Errors
    /// [`VaultError::RefersToNothing`], [`VaultError::RefersToItself`] where what came later closed a circle, or
    /// [`VaultError::ResolvesTooLarge`].
    pub(crate) fn open_resolved(
        &mut self,
        project: ProjectId,
        environment: EnvironmentId,
        version: VersionId,
        used: &mut Used,
    ) -> Result<SecretText, VaultError> {
        self.resolved((project, environment, version), used, &mut Vec::new())
    }

    fn resolved(
        &mut self,
        (project, environment, version): (ProjectId, EnvironmentId, VersionId),
        used: &mut Used,
        within: &mut Vec<VersionId>,
    ) -> Result<SecretText, VaultError> {
        let text = self.open_version(project, environment, version)?;
        let targets = targets(&self.sql, version)?;
        if targets.is_empty() {
            return Ok(text);
        }
        if within.len() == DEEPEST {
            return Err(VaultError::ResolvesTooLarge);
        }
        let mut values = Vec::with_capacity(targets.len());
        within.push(version);
        for target in &targets {
            let named = || name_of(&self.sql, target.secret, target.environment);
            let place = standing(&self.sql, target)?
                .ok_or(())
                .or_else(|()| Err(VaultError::RefersToNothing(named()?.to_string())))?;
            let (_, environment, current) = place;
            if within.contains(&current) {
                return Err(VaultError::RefersToItself(named()?.to_string()));
            }
            used.versions.insert(current);
            used.environments.insert(environment);
            let value = match used.made.get(&current) {
                Some(made) => Rc::clone(made),
                None => {
                    let made = Rc::new(self.resolved(place, used, within)?);
                    used.made.insert(current, Rc::clone(&made));
                    made
                }
            };
            values.push((target.at, value));
        }
        within.pop();
        joined(&text, &values)
    }

    /// What a secret's current value refers to here, and which current values refer to it.
    ///
    /// # Errors
    /// [`VaultError`] that names what there is none of.
    pub fn references(
        &self,
        (project, environment): (&str, &str),
        name: &str,
    ) -> Result<(Vec<Named>, Vec<Named>), VaultError> {
        let place = project::resolve(&self.sql, project, environment)?;
        let secret = secret::find(&self.sql, place.0, name)?
            .ok_or_else(|| no_secret(project, environment, name))?;
        let found = select_one(&self.sql, place, name, VersionSelector::Current)?;
        let mut to = Vec::new();
        if let Some((version, _)) = found.and_then(|found| found.version) {
            for target in targets(&self.sql, version)? {
                to.push(name_of(&self.sql, target.secret, target.environment)?);
            }
        }
        let mut by = Vec::new();
        for (secret, environment) in referrers(&self.sql, secret, Some(place.1))? {
            by.push(name_of(&self.sql, secret, environment)?);
        }
        Ok((to, by))
    }

    /// Places whose current values are made of values that stand in this environment, however far.
    ///
    /// # Errors
    /// [`VaultError`] that names what there is none of.
    pub fn places_made_of(
        &self,
        project: &str,
        environment: &str,
    ) -> Result<Vec<(String, String)>, VaultError> {
        let (_, environment) = project::resolve(&self.sql, project, environment)?;
        let mut statement = self.sql.prepare_cached(
            "SELECT DISTINCT s.environment FROM refers r JOIN versions v ON v.row = r.version
             JOIN stages s ON s.secret = v.secret AND s.environment = v.environment
             AND s.current = v.id WHERE r.environment = ?1",
        )?;
        let mut places = vec![environment];
        let mut at = 0;
        while at < places.len() {
            let found: Vec<EnvironmentId> = statement
                .query_map([places[at]], |row| row.get(0))?
                .collect::<Result<_, _>>()?;
            for place in found {
                if !places.contains(&place) {
                    places.push(place);
                }
            }
            at += 1;
        }
        let mut names = self.sql.prepare_cached(
            "SELECT p.name, e.name FROM environments e JOIN projects p ON p.id = e.project
             WHERE e.id = ?1 AND e.removed = 0 AND p.removed = 0",
        )?;
        let mut named = Vec::new();
        for place in &places[1..] {
            let found = names.query_row([place], |row| Ok((row.get(0)?, row.get(1)?)));
            named.extend(found.optional()?);
        }
        Ok(named)
    }
}

/// Secrets, each in its environment, whose current values refer to this one; in one environment or in any.
fn referrers(
    sql: &Connection,
    secret: SecretId,
    environment: Option<EnvironmentId>,
) -> Result<Vec<(SecretId, EnvironmentId)>, VaultError> {
    let mut statement = sql.prepare_cached(
        "SELECT DISTINCT v.secret, v.environment FROM refers r JOIN versions v ON v.row = r.version
         JOIN stages s ON s.secret = v.secret AND s.environment = v.environment
         AND s.current = v.id JOIN secrets c ON c.id = v.secret AND c.removed = 0
         JOIN environments e ON e.id = v.environment AND e.removed = 0
         JOIN projects p ON p.id = e.project AND p.removed = 0
         WHERE r.secret = ?1 AND (?2 IS NULL OR r.environment = ?2) ORDER BY v.secret",
    )?;
    let rows = statement.query_map(params![secret, environment], |row| {
        Ok((row.get(0)?, row.get(1)?))
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Refuses to take away what a current value of another secret is made of.
pub(crate) fn refuse_referred(
    sql: &Connection,
    secret: SecretId,
    environment: Option<EnvironmentId>,
    going: &[SecretId],
) -> Result<(), VaultError> {
    for (by, at) in referrers(sql, secret, environment)? {
        if !going.contains(&by) {
            return Err(VaultError::ReferredTo(name_of(sql, by, at)?.to_string()));
        }
    }
    Ok(())
}

/// As [`refuse_referred`], of every secret in an environment; what is in it itself goes with it.
pub(crate) fn refuse_referred_environment(
    sql: &Connection,
    environment: EnvironmentId,
) -> Result<(), VaultError> {
    refuse_from_outside(
        sql,
        "r.environment = ?1 AND v.environment <> ?1",
        environment.0,
    )
}

/// As [`refuse_referred_environment`], of a whole project.
pub(crate) fn refuse_referred_project(
    sql: &Connection,
    project: ProjectId,
) -> Result<(), VaultError> {
    refuse_from_outside(
        sql,
        "c.project <> ?1 AND r.environment IN (SELECT id FROM environments WHERE project = ?1)",
        project.0,
    )
}

fn refuse_from_outside(sql: &Connection, which: &str, id: [u8; 16]) -> Result<(), VaultError> {
    let query = format!(
        "SELECT v.secret, v.environment FROM refers r JOIN versions v ON v.row = r.version
         JOIN stages s ON s.secret = v.secret AND s.environment = v.environment
         AND s.current = v.id JOIN secrets c ON c.id = v.secret AND c.removed = 0
         JOIN environments e ON e.id = v.environment AND e.removed = 0
         JOIN projects p ON p.id = e.project AND p.removed = 0
         WHERE {which} LIMIT 1"
    );
    let by: Option<(SecretId, EnvironmentId)> = sql
        .prepare_cached(&query)?
        .query_row([id], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    match by {
        None => Ok(()),
        Some((by, at)) => Err(VaultError::ReferredTo(name_of(sql, by, at)?.to_string())),
    }
}

/// Environments that current values of this one are made of, however far.
pub(crate) fn environments_used(
    sql: &Connection,
    environment: EnvironmentId,
) -> Result<Vec<EnvironmentId>, VaultError> {
    let mut statement = sql.prepare_cached(
        "SELECT DISTINCT r.environment FROM stages s JOIN versions v ON v.id = s.current
         JOIN refers r ON r.version = v.row WHERE s.environment = ?1",
    )?;
    let mut used = chain(sql, environment)?;
    let mut at = 0;
    while at < used.len() {
        let found: Vec<EnvironmentId> = statement
            .query_map([used[at]], |row| row.get(0))?
            .collect::<Result<_, _>>()?;
        for next in found {
            for place in chain(sql, next)? {
                if !used.contains(&place) {
                    used.push(place);
                }
            }
        }
        at += 1;
    }
    Ok(used)
}

/// References of current values that lead to nothing: of those into these environments, or of all.
pub(crate) fn broken(
    sql: &Connection,
    environments: &[EnvironmentId],
) -> Result<BTreeSet<(SecretId, EnvironmentId, Target)>, VaultError> {
    let mut statement = sql.prepare_cached(
        "SELECT v.secret, v.environment, r.place, r.secret, r.environment FROM refers r
         JOIN versions v ON v.row = r.version
         JOIN stages s ON s.secret = v.secret AND s.environment = v.environment
         AND s.current = v.id JOIN secrets c ON c.id = v.secret AND c.removed = 0
         JOIN environments e ON e.id = v.environment AND e.removed = 0
         JOIN projects p ON p.id = e.project AND p.removed = 0 WHERE r.environment = ?1",
    )?;
    let mut broken = BTreeSet::new();
    for environment in environments {
        let found = statement.query_map([environment], |row| {
            let target = Target {
                at: row.get(2)?,
                secret: row.get(3)?,
                environment: row.get(4)?,
            };
            Ok((row.get(0)?, row.get(1)?, target))
        })?;
        for row in found {
            let (by, at, target): (SecretId, EnvironmentId, Target) = row?;
            if standing(sql, &target)?.is_none() {
                broken.insert((by, at, target));
            }
        }
    }
    Ok(broken)
}

/// Refuses what a change in these environments would break that was whole before.
pub(crate) fn refuse_broken(
    sql: &Connection,
    environments: &[EnvironmentId],
    before: &BTreeSet<(SecretId, EnvironmentId, Target)>,
) -> Result<(), VaultError> {
    match broken(sql, environments)?.difference(before).next() {
        None => Ok(()),
        Some((by, at, _)) => Err(VaultError::ReferredTo(name_of(sql, *by, *at)?.to_string())),
    }
}

fn joined(text: &str, values: &[(u32, Rc<SecretText>)]) -> Result<SecretText, VaultError> {
    let mut parts: Vec<&str> = Vec::new();
    let mut from = 0;
    let mut values = values.iter().peekable();
    for (at, form) in (0..).zip(forms(text)) {
        if let Some((_, value)) = values.next_if(|(place, _)| *place == at) {
            parts.extend([&text[from..form.range.start], value]);
            from = form.range.end;
        }
    }
    if values.next().is_some() {
        return Err(VaultError::Damaged(
            "a value refers to more than its text says",
        ));
    }
    parts.push(&text[from..]);
    let size: usize = parts.iter().map(|part| part.len()).sum();
    if size > LARGEST {
        return Err(VaultError::ResolvesTooLarge);
    }
    let mut whole = Zeroizing::new(String::with_capacity(size));
    parts.iter().for_each(|part| whole.push_str(part));
    SecretText::from_utf8(whole.as_bytes()).ok_or(VaultError::Damaged("a value is not UTF-8"))
}

#[cfg(test)]
mod tests;
