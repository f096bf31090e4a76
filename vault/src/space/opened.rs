//! Opening heads and segments with the space's keys. Nothing of it is believed yet.

use super::{
    problem::{Problem, ProblemKind},
    take_in::TakenIn,
};
use crate::id::SpaceId;
use keystead_crypto::{EpochId, Head, SignedHead, SpaceKey};
use keystead_replica::{LogId, ObjectKind, RemoteName, Segment, SpaceEpoch, hint_of, open_head};
use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

/// Keys of the space, by their epochs.
pub(super) type SpaceKeys = BTreeMap<EpochId, Arc<SpaceKey>>;

/// A log's head as it was read from a remote.
pub(super) struct Headed {
    pub(super) head: Head,
    pub(super) bytes: Vec<u8>,
}

/// The heads and segments that could be read, by their logs.
#[derive(Default)]
pub(super) struct Opened {
    pub(super) heads: BTreeMap<LogId, Headed>,
    pub(super) segments: BTreeMap<LogId, Vec<Segment>>,
}

impl Opened {
    /// Opens what the keys open. The rest is counted, or named where it is not what its name says.
    pub(super) fn of(
        space: SpaceId,
        objects: &[&(RemoteName, Vec<u8>)],
        keys: &SpaceKeys,
        taken: &mut TakenIn,
    ) -> Self {
        let mut opened = Self::default();
        let of_logs: Vec<_> = objects
            .iter()
            .filter_map(|(name, bytes)| match name.kind {
                ObjectKind::Head(log) | ObjectKind::Segment { log, .. } => Some((name, log, bytes)),
                _ => None,
            })
            .collect();
        // What an object of one of these names begins with, under each key that is here.
        let hints: HashMap<_, _> = of_logs
            .iter()
            .flat_map(|(name, ..)| keys.iter().map(|of| (name.hint(of.0), of)))
            .collect();
        for (name, log, bytes) in of_logs {
            let hint = hint_of(bytes);
            let Some((epoch, key)) = hint.and_then(|hint| hints.get(&hint).copied()) else {
                taken.unreadable += 1;
                continue;
            };
            let under = SpaceEpoch { epoch: *epoch, key };
            let problem = if hint != Some(name.hint(epoch)) {
                ProblemKind::Transplanted
            } else if opened.add(space, name, under, bytes).is_none() {
                ProblemKind::Changed
            } else {
                continue;
            };
            taken.problems.push(Problem::of(problem, Some(log)));
        }
        opened
    }

    /// `None` where it is not what was sealed under this name.
    fn add(
        &mut self,
        space: SpaceId,
        name: &RemoteName,
        under: SpaceEpoch<'_>,
        bytes: &[u8],
    ) -> Option<()> {
        match name.kind {
            ObjectKind::Head(log) => {
                let bytes = open_head(space.0, log, under, bytes).ok()?;
                // The signature is checked once the device is known; until then it only says how far to look.
                let head = *SignedHead::decode(&bytes).ok()?.unverified();
                self.heads.insert(log, Headed { head, bytes });
            }
            ObjectKind::Segment {
                log, first, end, ..
            } => {
                let segment = Segment::open(space.0, log, (first, end), under, bytes).ok()?;
                self.segments.entry(log).or_default().push(segment);
            }
            _ => {}
        }
        Some(())
    }
}
