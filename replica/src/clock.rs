//! What an operation follows: of each log so many operations.

use crate::{header::Header, log_id::LogId};
use std::collections::BTreeMap;

/// Operations by log. Empty where nothing was seen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Clock(BTreeMap<LogId, u64>);

impl Clock {
    /// So many operations of a log.
    pub fn of(&self, log: LogId) -> u64 {
        self.0.get(&log).copied().unwrap_or(0)
    }

    /// Whether the operation of that sequence is among them.
    pub fn covers(&self, log: LogId, sequence: u64) -> bool {
        self.of(log) > sequence
    }

    /// The clock that an operation of this header has, where this is the clock of the operation before it in its log.
    pub fn advance(&mut self, header: &Header) {
        for (log, seen) in &header.seen {
            self.raise(*log, seen.operations);
        }
        self.raise(header.log(), header.sequence);
    }

    /// Counts at least so many operations of a log.
    pub fn raise(&mut self, log: LogId, operations: u64) {
        if operations > 0 {
            let known = self.0.entry(log).or_insert(0);
            *known = (*known).max(operations);
        }
    }

    /// Each log with its count, ascending.
    pub fn iter(&self) -> impl Iterator<Item = (LogId, u64)> + '_ {
        self.0.iter().map(|(log, operations)| (*log, *operations))
    }

    /// Whether all that `other` counts is counted here.
    pub fn contains(&self, other: &Self) -> bool {
        other
            .iter()
            .all(|(log, operations)| self.of(log) >= operations)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::header::Seen;

    #[test]
    fn an_operation_follows_what_its_log_had_and_what_it_saw() {
        let (mine, theirs) = (LogId::new([1; 16], [1; 16]), LogId::new([2; 16], [2; 16]));
        let mut header = Header {
            space: [0; 32],
            device: mine.device(),
            incarnation: mine.incarnation(),
            sequence: 0,
            previous: [0; 32],
            lamport: 1,
            at: 0,
            membership: [].into(),
            seen: [].into(),
            block: [0; 32],
        };
        let mut clock = Clock::default();
        clock.advance(&header);
        assert_eq!(clock, Clock::default(), "the first one follows nothing");
        header.sequence = 1;
        let seen = Seen {
            operations: 3,
            root: [0; 32],
        };
        header.seen = [(theirs, seen)].into();
        clock.advance(&header);
        assert!(clock.covers(mine, 0) && !clock.covers(mine, 1));
        assert!(clock.covers(theirs, 2) && !clock.covers(theirs, 3));
        header.sequence = 2;
        header.seen = [].into();
        let before = clock.clone();
        clock.advance(&header);
        assert!(clock.covers(theirs, 2), "what was seen stays seen");
        assert!(clock.contains(&before) && !before.contains(&clock));
    }
}
