//! Blocks of operations: changes with the names that they say sealed under their projects' metadata keys, so that a block
//! tells a member without such a key nothing but ids.

use crate::{
    change::Change,
    field::{CredentialField, EnvironmentField, ProjectField, SecretField},
    id::{ProjectId, SpaceId},
    keyring::{Keyring, system_random},
    name::{CredentialName, EnvironmentName, FileName, ProjectName, SecretName},
    space::sealing_epoch,
    vault::VaultError,
};
use keystead_crypto::{
    DecodeError, EpochId, EpochScope, Field, Padding, Place, Reader, Writer, pad, unpad,
};
use keystead_replica::{Block, LogId, NamesGroup};
use rusqlite::{Connection, OptionalExtension, params};
use std::collections::BTreeMap;

/// Where a block stands.
#[derive(Clone, Copy)]
pub(crate) struct BlockPlace {
    pub(crate) space: SpaceId,
    pub(crate) log: LogId,
    pub(crate) sequence: u64,
}

impl BlockPlace {
    fn of_names(&self, project: [u8; 16], epoch: EpochId) -> Place {
        let mut version = [0; 16];
        version[..8].copy_from_slice(&self.sequence.to_be_bytes());
        Place {
            owner: self.space.0,
            project,
            environment: [0; 16],
            subject: self.log.incarnation(),
            field: Field::BlockNames,
            version,
            epoch,
            author: self.log.device(),
            sealer: self.log.device(),
        }
    }
}

/// Seals changes into a block, each project's names in one envelope.
pub(crate) fn seal_block(
    sql: &Connection,
    keys: &Keyring,
    place: BlockPlace,
    changes: &[Change],
) -> Result<Vec<u8>, VaultError> {
    let mut of: BTreeMap<ProjectId, Vec<Vec<u8>>> = BTreeMap::new();
    let mut projects = Vec::with_capacity(changes.len());
    for change in changes {
        let project = match change.names() {
            None => None,
            Some(names) => {
                let project = change.project(sql)?;
                of.entry(project).or_default().push(names);
                Some(project)
            }
        };
        projects.push(project);
    }
    let groups: Vec<ProjectId> = of.keys().copied().collect();
    let changes = changes.iter().zip(projects).map(|(change, project)| {
        let mut writer = Writer::new();
        change.encode_open(&mut writer);
        if let Some(project) = project {
            let group = groups.binary_search(&project).unwrap_or(usize::MAX);
            writer.u16(
                u16::try_from(group)
                    .map_err(|_| VaultError::Damaged("an operation names too many projects"))?,
            );
        }
        Ok(writer.finish())
    });
    let changes = changes.collect::<Result<_, VaultError>>()?;
    let mut names = Vec::with_capacity(of.len());
    for (project, said) in of {
        let mut writer = Writer::versioned();
        writer.count(said.len());
        for one in &said {
            writer.bytes(one);
        }
        let scope = EpochScope::Project(project.0);
        let epoch = sealing_epoch(sql, place.space, scope)?
            .ok_or_else(|| VaultError::NotSealing("a project's names have none".to_owned()))?;
        let key = keys.metadata_key(sql, epoch)?;
        let here = place.of_names(project.0, epoch);
        names.push(NamesGroup {
            project: project.0,
            epoch,
            envelope: key.seal(
                &here,
                &pad(Padding::Name, writer.as_slice()),
                &mut system_random(),
            ),
        });
    }
    Ok(Block { names, changes }.encode())
}

/// A change, and whether its names can't be read here: then those in it are empty.
pub(crate) type Said = (Change, bool);

/// Reads a block. What it says in clear must be canonical; names that do not open, or are not what the changes that draw
/// on them ask for, leave those changes veiled.
pub(crate) fn open_block(
    sql: &Connection,
    keys: &Keyring,
    place: BlockPlace,
    bytes: &[u8],
) -> Result<Vec<Said>, DecodeError> {
    let block = Block::decode(bytes)?;
    let mut groups: Vec<Option<Vec<Vec<u8>>>> = block
        .names
        .iter()
        .map(|group| open_group(sql, keys, place, group))
        .collect();
    loop {
        let mut left: Vec<Option<std::slice::Iter<'_, Vec<u8>>>> = groups
            .iter()
            .map(|group| group.as_ref().map(|names| names.iter()))
            .collect();
        let mut short = vec![false; groups.len()];
        let mut said = Vec::with_capacity(block.changes.len());
        for change in &block.changes {
            let mut reader = Reader::new(change);
            said.push(Change::decode_with(&mut reader, &mut |reader| {
                let at = usize::from(reader.u16()?);
                let group = left.get_mut(at).ok_or(DecodeError::NotCanonical)?;
                let Some(names) = group else { return Ok(None) };
                let next = names.next();
                short[at] |= next.is_none();
                Ok(next.cloned())
            })?);
            reader.finish()?;
        }
        // Too few names, or too many: who can't open the group could not tell, so none of it counts for anybody.
        let wrong =
            |at: &usize| short[*at] || left[*at].as_ref().is_some_and(|names| names.len() > 0);
        let wrong: Vec<usize> = (0..groups.len()).filter(wrong).collect();
        if wrong.is_empty() {
            // A name that nobody could give here is none: it might be what another one is shown as.
            for (change, veiled) in &mut said {
                *veiled |= !change.names_are_names();
            }
            return Ok(said);
        }
        for at in wrong {
            groups[at] = None;
        }
    }
}

fn open_group(
    sql: &Connection,
    keys: &Keyring,
    place: BlockPlace,
    group: &NamesGroup,
) -> Option<Vec<Vec<u8>>> {
    let key = keys.metadata_key(sql, group.epoch).ok()?;
    let here = place.of_names(group.project, group.epoch);
    let padded = key.open(&here, &group.envelope).ok()?;
    let mut reader = Reader::versioned(unpad(Padding::Name, &padded).ok()?).ok()?;
    let names = reader.list(|r| Ok(r.bytes()?.to_vec())).ok()?;
    reader.finish().ok()?;
    Some(names)
}

impl Change {
    /// Whether a name that it says is one that can be given.
    fn names_are_names(&self) -> bool {
        match self {
            Self::CreateProject { name, .. }
            | Self::SetProject {
                field: ProjectField::Name(name),
                ..
            } => ProjectName::parse(name).is_ok(),
            Self::CreateEnvironment { name, .. }
            | Self::SetEnvironment {
                field: EnvironmentField::Name(name),
                ..
            } => EnvironmentName::parse(name).is_ok(),
            Self::CreateSecret { name, .. }
            | Self::SetSecret {
                field: SecretField::Name(name),
                ..
            } => SecretName::parse(name).is_ok(),
            Self::CreateCredential { name, .. }
            | Self::SetCredential {
                field: CredentialField::Name(name),
                ..
            } => CredentialName::parse(name).is_ok(),
            Self::Attach { name, .. } => FileName::parse(name).is_ok(),
            _ => true,
        }
    }

    /// The project whose names it says.
    fn project(&self, sql: &Connection) -> Result<ProjectId, VaultError> {
        let (query, id) = match self {
            Self::CreateProject { id, .. } => return Ok(*id),
            Self::SetProject { project, .. }
            | Self::CreateEnvironment { project, .. }
            | Self::CreateSecret { project, .. }
            | Self::CreateCredential { project, .. } => return Ok(*project),
            Self::SetEnvironment { environment, .. } => (
                "SELECT project FROM environments WHERE id = ?1",
                environment.0,
            ),
            Self::SetSecret { secret, .. } | Self::Attach { secret, .. } => {
                ("SELECT project FROM secrets WHERE id = ?1", secret.0)
            }
            Self::SetCredential { credential, .. } => (
                "SELECT project FROM credentials WHERE id = ?1",
                credential.0,
            ),
            _ => return Err(VaultError::Damaged("a change says no names")),
        };
        sql.prepare_cached(query)?
            .query_row(params![id], |row| row.get(0))
            .optional()?
            .ok_or(VaultError::Damaged("a change is about nothing there"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        CredentialName, EnvironmentField, SecretField,
        id::SecretId,
        tests::{asker, set, vault_in},
    };
    use keystead_replica::Header;

    const NAMES: [&str; 6] = [
        "CANARY_NAME",
        "canary note",
        "canary-owner",
        "canary-tag",
        "canary-credential",
        "canary-staging",
    ];

    /// A member without a project's key sees ids; nothing that somebody wrote stands in a block.
    #[test]
    fn no_name_stands_in_a_block_or_header() {
        let temp = tempfile::tempdir().expect("temp");
        let (mut vault, ..) = vault_in(temp.path());
        set(&mut vault, NAMES[0], "x");
        let fields = [
            SecretField::Notes(NAMES[1].to_owned()),
            SecretField::Owner(NAMES[2].to_owned()),
            SecretField::Tags(vec![NAMES[3].to_owned()]),
        ];
        vault
            .edit_secrets(&asker(), "churn-model", &[(NAMES[0], fields.to_vec())])
            .expect("said");
        let name = CredentialName::parse(NAMES[4]).expect("a name");
        let parts = [(NAMES[0], crate::PartOf::Whole)];
        vault
            .set_credential(&asker(), "churn-model", &name, &parts)
            .expect("made");
        let renamed = [EnvironmentField::Name(NAMES[5].to_owned())];
        vault
            .edit_environment(&asker(), ("churn-model", "dev"), &renamed)
            .expect("renamed");
        let mut statement = vault
            .sql
            .prepare("SELECT header, block FROM operations WHERE log = 2")
            .expect("prepared");
        let rows = statement.query_map([], |row| {
            Ok([row.get::<_, Vec<u8>>(0)?, row.get::<_, Vec<u8>>(1)?])
        });
        let bytes: Vec<u8> = rows
            .expect("listed")
            .flat_map(|row| row.expect("read").concat())
            .collect();
        let shown = |name: &str| {
            bytes
                .windows(name.len())
                .any(|part| part == name.as_bytes())
        };
        for name in NAMES.into_iter().chain(["churn-model"]) {
            assert!(!shown(name), "{name} stands in clear");
        }
        drop(statement);
        let all = vault.operations(100, None).expect("listed");
        assert!(all.iter().any(|row| row.what.contains(NAMES[0])), "{all:?}");
        assert!(vault.verify(&asker()).expect("verified").problem.is_none());
    }

    #[test]
    fn what_names_nobody_can_draw_leaves_its_changes_veiled() {
        let temp = tempfile::tempdir().expect("temp");
        let (mut vault, ..) = vault_in(temp.path());
        set(&mut vault, "KEY", "x");
        let project = vault.project("churn-model").expect("there").id;
        let place = BlockPlace {
            space: vault.facts.space,
            log: LogId([7; 32]),
            sequence: 4,
        };
        let secret = |at: u8| Change::SetSecret {
            secret: SecretId([at; 16]),
            field: SecretField::Notes(format!("note {at}")),
        };
        let made = |at: u8| Change::CreateSecret {
            id: SecretId([at; 16]),
            project,
            name: format!("NAME_{at}"),
            kind: crate::Kind::Plain,
        };
        let changes = [made(1), made(2)];
        let bytes = seal_block(&vault.sql, &vault.keys, place, &changes).expect("sealed");
        let open = |place, bytes: &[u8]| open_block(&vault.sql, &vault.keys, place, bytes);
        let said = open(place, &bytes).expect("opens");
        assert_eq!(said, changes.map(|change| (change, false)));
        let veiled = |said: Result<Vec<Said>, DecodeError>| {
            said.expect("its clear part is canonical")
                .into_iter()
                .all(|(_, veiled)| veiled)
        };
        // At another place.
        let moved = BlockPlace {
            sequence: 5,
            ..place
        };
        assert!(veiled(open(moved, &bytes)));
        // A change more, or fewer, than there are names.
        let mut block = Block::decode(&bytes).expect("a block");
        let whole = block.changes.clone();
        block.changes.pop();
        assert!(veiled(open(place, &block.encode())));
        block.changes = [&whole[..], &whole[..1]].concat();
        assert!(veiled(open(place, &block.encode())));
        // A change that draws on no group is refused by everybody alike.
        block.names.clear();
        block.changes = whole;
        assert_eq!(open(place, &block.encode()), Err(DecodeError::NotCanonical));
        // A note has another form than a name with a kind.
        let mut writer = Writer::new();
        secret(1).encode_open(&mut writer);
        writer.u16(0);
        let mut block = Block::decode(&bytes).expect("a block");
        block.changes[0] = writer.finish();
        let said = open(place, &block.encode()).expect("canonical");
        assert!(said[0].1 && !said[1].1, "{said:?}");
    }

    /// What somebody else made can't be made again, with an older counter or under another project.
    #[test]
    fn an_operation_that_takes_an_id_is_found() {
        let temp = tempfile::tempdir().expect("temp");
        let (mut vault, ..) = vault_in(temp.path());
        set(&mut vault, "KEY", "x");
        let project = vault.project("churn-model").expect("there").id;
        vault
            .transact(&asker(), |t| {
                t.space_change(Change::CreateSecret {
                    id: SecretId([9; 16]),
                    project,
                    name: "TAKEN".to_owned(),
                    kind: crate::Kind::Plain,
                })
            })
            .expect("made");
        let problem = vault.verify(&asker()).expect("verified").problem;
        assert!(
            problem
                .as_ref()
                .is_some_and(|words| words.contains("not its own")),
            "{problem:?}"
        );
    }

    #[test]
    fn a_header_names_the_statements_that_it_follows_and_makes() {
        let temp = tempfile::tempdir().expect("temp");
        let (mut vault, ..) = vault_in(temp.path());
        set(&mut vault, "KEY", "x");
        let header: Vec<u8> = vault
            .sql
            .query_row(
                "SELECT header FROM operations WHERE log = 2 ORDER BY sequence DESC LIMIT 1",
                [],
                |row| row.get(0),
            )
            .expect("there");
        let header = Header::decode(&header).expect("a header");
        let heads = crate::membership::heads(&vault.sql, vault.facts.space).expect("heads");
        let heads = heads.iter().map(|id| id.0).collect();
        assert_eq!(header.membership, heads);
        assert!(!header.membership.contains(&vault.facts.space.0));
        let own: Vec<u8> = vault
            .sql
            .query_row(
                "SELECT header FROM operations WHERE log = 1 LIMIT 1",
                [],
                |row| row.get(0),
            )
            .unwrap_or_default();
        if let Ok(own) = Header::decode(&own) {
            assert!(own.membership.is_empty() && own.seen.is_empty());
        }
    }
}
