//! Synchronizing a space: takes in what others wrote and publishes what this device did. The vault is held only while
//! something is looked up or taken in, never while the storage is waited for.

mod background;

pub(crate) use background::Background;
use background::Kept;

use crate::{
    Workbench,
    api::{ApiError, Code, ProblemView, SyncView},
    commands::team::entered_team,
    host::Caller,
    session::Session,
};
use keystead_sync::{Listed, Place, Remote, RemoteError, Traffic};
use keystead_vault::{
    LogId, ObjectKind, Outgoing, Problem, RemoteName, SpaceId, TakenIn, Timestamp,
};
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::PoisonError,
};

/// Keys may open heads that promise more keys, but not for ever.
const ROUNDS: usize = 6;

type Objects = BTreeMap<RemoteName, Vec<u8>>;

impl Workbench {
    /// The spaces that are kept somewhere, while the vault is open.
    fn kept_spaces(&self) -> Vec<Kept> {
        let mut session = self.session();
        let Ok((open, _)) = session.open() else {
            return Vec::new();
        };
        let vault = &open.vault;
        let kept = vault.spaces().unwrap_or_default().into_iter();
        kept.filter(|space| space.shared)
            .filter_map(|space| {
                Some(Kept {
                    space: space.id,
                    place: vault.remote(space.id).ok()??.place,
                    unpublished: vault.unpublished(space.id).ok()?,
                })
            })
            .collect()
    }

    /// Synchronizes a space; the one that is worked in where none is named. One at a time.
    pub(crate) fn sync_space(
        &self,
        caller: Option<&Caller>,
        space: Option<SpaceId>,
    ) -> Result<SyncView, ApiError> {
        let _turn = self.syncing.lock().unwrap_or_else(PoisonError::into_inner);
        let lend = Lend {
            workbench: self,
            caller,
        };
        let (space, name, place, keys, now) = lend.session(|session| {
            let now = session.asker().at;
            let (open, _) = session.open()?;
            let space = match space {
                Some(space) => space,
                None => entered_team(&open.vault)?,
            };
            let keys = session.storage_keys(space)?;
            let (open, _) = session.open()?;
            let remote = open.vault.remote(space)?.ok_or_else(|| {
                ApiError::new(
                    Code::InvalidInput,
                    "The space is kept nowhere else yet.",
                    "`keystead remote add` says where: a folder that is synchronized, or a bucket.",
                )
            })?;
            let spaces = open.vault.spaces()?.into_iter();
            let name = spaces.filter(|one| one.id == space).map(|one| one.name);
            let name = name.collect::<String>();
            Ok((space, name, remote.place, keys, now))
        })?;
        let place: Place = place.parse().map_err(|error| {
            ApiError::new(
                Code::InvalidInput,
                format!("The storage's place can't be read: {error}."),
                "Set it again with `keystead remote add`.",
            )
        })?;
        let remote = match Remote::open(&place, keys.as_deref()) {
            Ok(remote) => remote,
            Err(error) => return Err(lend.failed(space, now, error, Traffic::default())),
        };
        let errand = Errand {
            lend: &lend,
            remote: &remote,
            space,
        };
        let done = errand.run();
        let traffic = remote.traffic();
        let (taken, published) = match done {
            Ok(done) => done,
            Err(Stopped::Api(error)) => return Err(error),
            Err(Stopped::Remote(error)) => return Err(lend.failed(space, now, error, traffic)),
        };
        let alarm = taken
            .problems
            .iter()
            .find(|problem| problem.kind.is_alarming());
        let words = alarm.map(ToString::to_string);
        lend.session(|session| {
            let (open, _) = session.open()?;
            let moved = (traffic.requests, traffic.received, traffic.sent);
            open.vault.note_sync(space, now, words.as_deref(), moved)?;
            Ok(())
        })?;
        let count = |n: u64| u32::try_from(n).unwrap_or(u32::MAX);
        Ok(SyncView {
            space: name,
            taken_in: count(taken.operations),
            refused: count(taken.refused),
            published: count(published),
            unreadable: count(taken.unreadable),
            problems: taken
                .problems
                .iter()
                .map(|problem| ProblemView {
                    message: problem.to_string(),
                    hint: problem.kind.hint().to_owned(),
                    alarming: problem.kind.is_alarming(),
                })
                .collect(),
            requests: traffic.requests,
            received: traffic.received,
            sent: traffic.sent,
        })
    }
}

/// The session, for a moment at a time.
struct Lend<'w> {
    workbench: &'w Workbench,
    caller: Option<&'w Caller>,
}

impl Lend<'_> {
    fn session<T>(
        &self,
        work: impl FnOnce(&mut Session) -> Result<T, ApiError>,
    ) -> Result<T, ApiError> {
        let mut session = self.workbench.session();
        session.caller = self.caller.cloned();
        let done = work(&mut session);
        session.caller = None;
        done
    }

    fn failed(
        &self,
        space: SpaceId,
        at: Timestamp,
        error: RemoteError,
        traffic: Traffic,
    ) -> ApiError {
        let words = error.to_string();
        // Where the vault was locked meanwhile there is nothing to note it in.
        let _ = self.session(|session| {
            let (open, _) = session.open()?;
            let moved = (traffic.requests, traffic.received, traffic.sent);
            open.vault.note_sync(space, at, Some(&words), moved)?;
            Ok(())
        });
        error.into()
    }
}

impl From<RemoteError> for ApiError {
    fn from(error: RemoteError) -> Self {
        let hint = match &error {
            RemoteError::Unreachable(_) => {
                "What was done stays here and is published with the next sync."
            }
            RemoteError::Refused(_) => {
                "Check the keys in the environment that `keystead remote status` names."
            }
            RemoteError::NoFolder(_) => "Mount or make the folder, and sync again.",
            _ => "Set the place again with `keystead remote add`.",
        };
        let message = crate::errors::sentence(&error);
        Self::new(Code::Storage, message, hint)
    }
}

enum Stopped {
    Api(ApiError),
    Remote(RemoteError),
}

impl From<ApiError> for Stopped {
    fn from(error: ApiError) -> Self {
        Self::Api(error)
    }
}

impl From<RemoteError> for Stopped {
    fn from(error: RemoteError) -> Self {
        Self::Remote(error)
    }
}

struct Errand<'e> {
    lend: &'e Lend<'e>,
    remote: &'e Remote,
    space: SpaceId,
}

impl Errand<'_> {
    fn vault<T>(
        &self,
        work: impl FnOnce(
            &mut keystead_vault::Vault,
            &keystead_vault::Asker,
        ) -> Result<T, keystead_vault::VaultError>,
    ) -> Result<T, Stopped> {
        Ok(self.lend.session(|session| {
            let (open, asker) = session.open()?;
            Ok(work(&mut open.vault, &asker)?)
        })?)
    }

    fn run(&self) -> Result<(TakenIn, u64), Stopped> {
        let space = self.space;
        let listed = self.remote.list(&RemoteName::heads_of(space.as_bytes()))?;
        let tags = self.vault(|vault, _| {
            vault.note_listed(
                space,
                &listed.iter().map(|one| one.name).collect::<Vec<_>>(),
            )?;
            vault.known_tags(space)
        })?;
        let changed: Vec<&Listed> = listed
            .iter()
            .filter(|one| tags.get(&one.name) != Some(&one.tag))
            .collect();
        let checkpoint = self.vault(|vault, _| vault.wanted_checkpoint(space))?;
        let mut taken = match changed.is_empty() && checkpoint.is_none() {
            true => TakenIn::default(),
            false => self.take_in(&changed, checkpoint)?,
        };
        self.fetch_bytes(&mut taken)?;
        // Going on would make two logs of one name, and everybody would have to take sides.
        if self.vault(|vault, _| Ok(vault.is_behind_itself(&taken)))? {
            return Ok((taken, 0));
        }
        let outgoing = self.vault(|vault, asker| vault.outgoing(asker, space))?;
        let published = self.publish(&outgoing)?;
        let replaced = self.remote.replaced();
        if replaced > 0 {
            taken.problems.push(Problem::names_taken(replaced));
        }
        Ok((taken, published))
    }

    fn take_in(
        &self,
        changed: &[&Listed],
        checkpoint: Option<RemoteName>,
    ) -> Result<TakenIn, Stopped> {
        let space = self.space;
        let names = changed.iter().map(|one| one.name).chain(checkpoint);
        let names: Vec<RemoteName> = names.collect();
        let heads = self.remote.fetch(&names)?;
        let mut objects: Objects = heads.into_iter().collect();
        let mut looked: BTreeSet<LogId> = BTreeSet::new();
        let mut all = TakenIn::default();
        for _ in 0..ROUNDS {
            // An invite names its parcel, which opens the rest.
            let mut more = self.vault(|vault, _| vault.wanted_parcels(space, &[]))?;
            let mut fetched = self.fetch(&more, &mut objects)?;
            let wanted = self.vault(|vault, _| vault.wanted(space, &list_of(&objects)))?;
            more.clear();
            for log in &wanted.unreadable {
                if looked.insert(*log) {
                    let parcels = self
                        .remote
                        .list(&RemoteName::parcels_of(space.as_bytes(), *log))?;
                    more.extend(parcels.into_iter().map(|one| one.name));
                }
            }
            for (log, from, to) in &wanted.ranges {
                let segments = self
                    .remote
                    .list(&RemoteName::segments_of(space.as_bytes(), *log))?;
                more.extend(covering(&segments, *from, *to));
            }
            fetched += self.fetch(&more, &mut objects)?;
            let parcels = self.vault(|vault, _| vault.wanted_parcels(space, &list_of(&objects)))?;
            fetched += self.fetch(&parcels, &mut objects)?;
            let known = list_of(&objects);
            let taken = self.vault(|vault, asker| vault.take_in(asker, space, &known))?;
            let moved = taken.operations > 0 || taken.statements > 0;
            all.operations += taken.operations;
            all.refused += taken.refused;
            all.statements += taken.statements;
            all.rebuilt |= taken.rebuilt;
            (all.unreadable, all.problems) = (taken.unreadable, taken.problems);
            if (all.unreadable == 0 && all.problems.is_empty()) || (fetched == 0 && !moved) {
                break;
            }
        }
        let troubled: BTreeSet<LogId> = all
            .problems
            .iter()
            .filter_map(|problem| problem.log)
            .collect();
        let settled: Vec<(RemoteName, String)> = changed
            .iter()
            .filter(|one| match one.name.kind {
                ObjectKind::Head(log) => !troubled.contains(&log) && !looked.contains(&log),
                _ => false,
            })
            .map(|one| (one.name, one.tag.clone()))
            .collect();
        self.vault(|vault, _| vault.note_tags(space, &settled))?;
        Ok(all)
    }

    /// Fetches the large objects that what is here names, as far as they are there: a program that synchronizes a folder may
    /// bring them later than what names them.
    fn fetch_bytes(&self, taken: &mut TakenIn) -> Result<(), Stopped> {
        let mut before = Vec::new();
        loop {
            let wanted = self.vault(|vault, _| vault.wanted_bytes(self.space))?;
            if wanted.is_empty() {
                return Ok(());
            }
            // What is there under that name may be something else.
            let fetched = match wanted == before {
                true => Vec::new(),
                false => self.remote.fetch(&wanted)?,
            };
            if fetched.is_empty() {
                let missing = Problem::bytes_missing(wanted.len() as u64);
                taken.problems.push(missing);
                return Ok(());
            }
            self.vault(|vault, asker| vault.take_in(asker, self.space, &fetched))?;
            before = wanted;
        }
    }

    /// Fetches what is not here yet; says how many came.
    fn fetch(&self, names: &[RemoteName], objects: &mut Objects) -> Result<usize, Stopped> {
        let mut new: Vec<RemoteName> = names
            .iter()
            .filter(|name| !objects.contains_key(name))
            .copied()
            .collect();
        new.sort_unstable();
        new.dedup();
        let fetched = self.remote.fetch(&new)?;
        let count = fetched.len();
        objects.extend(fetched);
        Ok(count)
    }

    fn publish(&self, outgoing: &Outgoing) -> Result<u64, Stopped> {
        if outgoing.objects.is_empty() {
            return Ok(0);
        }
        let before = self.vault(|vault, _| vault.unpublished(self.space))?;
        let tags: HashMap<RemoteName, String> = self.remote.publish(&outgoing.objects)?;
        let tags: Vec<(RemoteName, String)> = tags.into_iter().collect();
        self.remote.let_go(&outgoing.replaced);
        let after = self.vault(|vault, _| {
            vault.note_published(outgoing)?;
            vault.note_tags(self.space, &tags)?;
            vault.unpublished(self.space)
        })?;
        Ok(before.saturating_sub(after))
    }
}

fn list_of(objects: &Objects) -> Vec<(RemoteName, Vec<u8>)> {
    let objects = objects.iter();
    objects
        .map(|(name, bytes)| (*name, bytes.clone()))
        .collect()
}

/// The fewest segments that have these operations: of those that have the next one, the one that goes furthest.
fn covering(segments: &[Listed], from: u64, to: u64) -> Vec<RemoteName> {
    let mut chosen = Vec::new();
    let mut next = from;
    while next < to {
        let reaching = segments.iter().filter_map(|one| match one.name.kind {
            ObjectKind::Segment { first, end, .. } if first <= next && next < end => {
                Some((end, one.name))
            }
            _ => None,
        });
        let Some((end, name)) = reaching.max_by_key(|(end, _)| *end) else {
            break;
        };
        chosen.push(name);
        next = end;
    }
    chosen
}
