//! A log as its operations follow each other.

use crate::{
    header::{Header, Seen},
    log_id::LogId,
};
use keystead_crypto::{Frontier, Hash, Head, leaf_hash};
use std::collections::{BTreeMap, BTreeSet};

/// Why a log does not go on with an operation. The log stops there; what it holds stays.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ChainError {
    /// It is of another space, device or incarnation.
    #[error("the operation belongs to another log")]
    AnotherLog,
    /// It does not stand behind the one before.
    #[error("the operation does not follow the one before")]
    Reordered,
    /// It counts otherwise than one more than all that it follows.
    #[error("the operation's counter is not one more than what it follows")]
    WrongCounter,
    /// It claims less of another log than the operation before.
    #[error("the operation saw less of a log than the one before")]
    SawLess(LogId),
}

/// What is known of another log at a number of operations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct At {
    /// RFC 6962 root over them.
    pub root: Hash,
    /// Lamport counter of the last of them.
    pub lamport: u64,
}

/// What is here of another log at a number of operations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Known {
    /// This.
    Here(At),
    /// Not that many are here yet.
    NotYet,
    /// Nobody waits for it any more: its device is out.
    Never,
}

/// A counter may be so much greater than what is here explains, where an operation saw a history that is not here: it can
/// not be checked then, and must not run away.
const UNEXPLAINED: u64 = 1 << 20;

/// Whether an operation can be taken in now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// It was. It may have seen another history of a log than the one here: that log has two, and whoever reads this one can
    /// not help it.
    Taken(Option<LogId>),
    /// It saw more of a log than is here; nothing was changed.
    Waits(LogId, u64),
}

/// The end of a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chain {
    /// The space.
    pub space: [u8; 32],
    /// Which log.
    pub log: LogId,
    /// The tree over its operations.
    pub operations: Frontier,
    /// Leaf hash of the last one; zero before the first.
    pub last: Hash,
    /// Its Lamport counter.
    pub lamport: u64,
    /// The other logs, each as far as it was seen.
    pub seen: BTreeMap<LogId, Seen>,
}

impl Chain {
    /// A log that holds nothing.
    pub fn new(space: [u8; 32], log: LogId) -> Self {
        Self {
            space,
            log,
            operations: Frontier::new(),
            last: [0; 32],
            lamport: 0,
            seen: BTreeMap::new(),
        }
    }

    /// Goes on with an operation. `known` says what is here of another log at so many operations.
    ///
    /// # Errors
    /// [`ChainError`]; nothing was changed.
    pub fn push(
        &mut self,
        bytes: &[u8],
        header: &Header,
        known: impl Fn(LogId, u64) -> Known,
    ) -> Result<Next, ChainError> {
        if (header.space, header.log()) != (self.space, self.log) {
            return Err(ChainError::AnotherLog);
        }
        if header.sequence != self.operations.size() || header.previous != self.last {
            return Err(ChainError::Reordered);
        }
        let mut lamport = self.lamport;
        let (mut another, mut unexplained) = (None, 0);
        for (log, seen) in &header.seen {
            let before = self.seen.get(log).map_or(0, |seen| seen.operations);
            if seen.operations <= before {
                return Err(ChainError::SawLess(*log));
            }
            match known(*log, seen.operations) {
                Known::NotYet => return Ok(Next::Waits(*log, seen.operations)),
                Known::Never => unexplained = UNEXPLAINED,
                Known::Here(at) => {
                    lamport = lamport.max(at.lamport);
                    if at.root != seen.root {
                        another = Some(*log);
                        unexplained = UNEXPLAINED;
                    }
                }
            }
        }
        let least = lamport.checked_add(1);
        let explained = least.is_some_and(|least| {
            (least..=least.saturating_add(unexplained)).contains(&header.lamport)
        });
        // Whoever comes next has to count on.
        if !explained || header.lamport == u64::MAX {
            return Err(ChainError::WrongCounter);
        }
        let leaf = leaf_hash(bytes);
        self.operations.append(leaf);
        self.last = leaf;
        self.lamport = header.lamport;
        self.seen
            .extend(header.seen.iter().map(|(log, seen)| (*log, *seen)));
        Ok(Next::Taken(another))
    }

    /// What a head says of the other logs.
    pub fn seen_hash(&self) -> Hash {
        let seen = self.seen.iter();
        let seen = seen.map(|(log, seen)| (log.0, (seen.operations, seen.root)));
        Head::seen_heads_hash(&seen.collect())
    }

    /// Whether a head is of this log as it is now.
    pub fn is_headed_by(&self, head: &Head) -> bool {
        (head.space, head.device, head.incarnation)
            == (self.space, self.log.device(), self.log.incarnation())
            && head.operations == self.operations.size()
            && head.operation_root == self.operations.root()
            && head.seen_heads == self.seen_hash()
    }
}

/// Whether the statements that an operation knew contain those that the one before knew: nobody forgets.
pub fn remembers(
    before: &BTreeSet<Hash>,
    now: &BTreeSet<Hash>,
    follows: impl Fn(&Hash, &Hash) -> bool,
) -> bool {
    before
        .iter()
        .all(|old| now.iter().any(|new| new == old || follows(new, old)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SPACE: [u8; 32] = [1; 32];

    fn header(chain: &Chain) -> Header {
        Header {
            space: SPACE,
            device: chain.log.device(),
            incarnation: chain.log.incarnation(),
            sequence: chain.operations.size(),
            previous: chain.last,
            lamport: chain.lamport + 1,
            at: 0,
            membership: [].into(),
            seen: [].into(),
            block: [7; 32],
        }
    }

    #[test]
    fn a_log_goes_on_with_what_follows_alone() {
        let other = LogId([9; 32]);
        let at = |root: u8, lamport| At {
            root: [root; 32],
            lamport,
        };
        let known = |log: LogId, operations: u64| match (log == other, operations) {
            (true, 2) => Known::Here(at(2, 40)),
            (true, 3) => Known::Here(at(3, 41)),
            (true, _) => Known::NotYet,
            _ => Known::Never,
        };
        let mut chain = Chain::new(SPACE, LogId([2; 32]));
        let push = |chain: &mut Chain, header: &Header| chain.push(&header.encode(), header, known);
        let first = header(&chain);
        assert_eq!(push(&mut chain, &first), Ok(Next::Taken(None)));
        assert_eq!(push(&mut chain, &first), Err(ChainError::Reordered));

        let mut next = header(&chain);
        next.previous = [0; 32];
        assert_eq!(push(&mut chain, &next), Err(ChainError::Reordered));
        let mut next = header(&chain);
        next.space = [3; 32];
        assert_eq!(push(&mut chain, &next), Err(ChainError::AnotherLog));
        for lamport in [0, chain.lamport, chain.lamport + 2, u64::MAX] {
            let mut next = header(&chain);
            next.lamport = lamport;
            assert_eq!(push(&mut chain, &next), Err(ChainError::WrongCounter));
        }

        let saw = |operations, root: u8| Seen {
            operations,
            root: [root; 32],
        };
        let mut next = header(&chain);
        next.seen = [(other, saw(2, 2))].into();
        assert_eq!(push(&mut chain, &next), Err(ChainError::WrongCounter));
        next.lamport = 41;
        let before = chain.clone();
        let mut more = next.clone();
        more.seen = [(other, saw(7, 7))].into();
        assert_eq!(push(&mut chain, &more), Ok(Next::Waits(other, 7)));
        let mut wrong = next.clone();
        wrong.seen = [(other, saw(2, 5))].into();
        assert_eq!(chain, before, "what waits changed nothing");
        // It is the other log that has two histories. What is not here can't be counted, and is still bounded.
        let apart = push(&mut chain.clone(), &wrong);
        assert_eq!(apart, Ok(Next::Taken(Some(other))));
        for (lamport, holds) in [
            (40, false),
            (41 + UNEXPLAINED, true),
            (42 + UNEXPLAINED, false),
        ] {
            wrong.lamport = lamport;
            let pushed = push(&mut chain.clone(), &wrong);
            assert_eq!(pushed.is_ok(), holds, "{lamport}");
        }
        let mut gone = header(&chain);
        gone.seen = [(LogId([8; 32]), saw(5, 5))].into();
        assert_eq!(push(&mut chain.clone(), &gone), Ok(Next::Taken(None)));
        assert_eq!(push(&mut chain, &next), Ok(Next::Taken(None)));
        // Less than before is a lie, and so is the same again.
        let mut again = header(&chain);
        again.seen = [(other, saw(2, 2))].into();
        assert_eq!(push(&mut chain, &again), Err(ChainError::SawLess(other)));

        let head = Head {
            space: SPACE,
            device: chain.log.device(),
            incarnation: chain.log.incarnation(),
            operations: 2,
            operation_root: chain.operations.root(),
            seen_heads: chain.seen_hash(),
            events: 0,
            event_root: [0; 32],
        };
        assert!(chain.is_headed_by(&head));
        for change in [
            |head: &mut Head| head.operations = 1,
            |head: &mut Head| head.operation_root = [0; 32],
            |head: &mut Head| head.seen_heads = [0; 32],
            |head: &mut Head| head.device = [0; 16],
        ] {
            let mut changed = head;
            change(&mut changed);
            assert!(!chain.is_headed_by(&changed));
        }
    }

    #[test]
    fn nobody_forgets_what_they_knew() {
        let follows = |new: &Hash, old: &Hash| (new[0], old[0]) == (2, 1);
        let set = |ids: &[u8]| ids.iter().map(|id| [*id; 32]).collect();
        assert!(remembers(&set(&[1]), &set(&[1]), follows));
        assert!(remembers(&set(&[1]), &set(&[2]), follows));
        assert!(remembers(&set(&[1]), &set(&[2, 3]), follows));
        assert!(!remembers(&set(&[1, 3]), &set(&[2]), follows));
        assert!(!remembers(&set(&[2]), &set(&[1]), follows));
    }
}
