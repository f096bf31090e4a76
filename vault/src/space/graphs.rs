//! The graphs of statements of the spaces that are looked at, kept between transactions: reading a thousand cards and
//! certificates takes a moment.

use crate::{change::Change, id::SpaceId, vault::VaultError};
use keystead_crypto::Reader;
use keystead_membership::{Genesis, Graph, InsertError, Judgement, Standing};
use rusqlite::{Connection, OptionalExtension, params};
use std::{cell::RefCell, collections::HashMap, ops::Deref};

/// A graph, and what was judged of it last.
pub(crate) struct Known {
    graph: Graph,
    judged: RefCell<Option<Judgement>>,
}

impl Deref for Known {
    type Target = Graph;

    fn deref(&self) -> &Graph {
        &self.graph
    }
}

impl Known {
    fn new(graph: Graph) -> Self {
        Self {
            graph,
            judged: RefCell::default(),
        }
    }

    /// What holds out of every statement: a thousand members are not judged again for one more word.
    pub(crate) fn standing(&self) -> Standing<'_> {
        let mut judged = self.judged.borrow_mut();
        let standing = match &*judged {
            Some(earlier) => self.graph.standing_after(earlier),
            None => self.graph.standing(),
        };
        *judged = Some(standing.judgement());
        standing
    }
}

#[derive(Default)]
pub(crate) struct Graphs(RefCell<HashMap<SpaceId, Kept>>);

struct Kept {
    known: Known,
    /// Position and id of the last statement that is in it.
    last: Option<(i64, [u8; 32])>,
}

impl Graphs {
    /// Looks at the graph of a space, with every statement that the store has.
    pub(crate) fn with<T, E: From<VaultError>>(
        &self,
        sql: &Connection,
        space: SpaceId,
        look: impl FnOnce(&Known) -> Result<T, E>,
    ) -> Result<T, E> {
        let mut kept = self.0.borrow_mut();
        let there = match kept.remove(&space) {
            Some(found) if found.is_of(sql)? => found,
            _ => Kept {
                known: Known::new(Graph::new(Self::genesis(sql, space)?)),
                last: None,
            },
        };
        let there = there.caught_up(sql, space)?;
        look(&kept.entry(space).or_insert(there).known)
    }

    /// Forgets what is kept of a space.
    pub(crate) fn forget(&self, space: SpaceId) {
        self.0.borrow_mut().remove(&space);
    }

    /// Takes in a statement that somebody offers, once it is signed by whom it names. The store is for the caller.
    pub(crate) fn insert(
        &self,
        sql: &Connection,
        space: SpaceId,
        bytes: &[u8],
        signature: &[u8],
    ) -> Result<Result<(), InsertError>, VaultError> {
        self.with(sql, space, |_| Ok::<_, VaultError>(()))?;
        let mut kept = self.0.borrow_mut();
        let there = kept
            .get_mut(&space)
            .ok_or(VaultError::Damaged("a space has no statements"))?;
        Ok(there.known.graph.insert(bytes, signature).map(|_| ()))
    }
}

impl Kept {
    /// Whether the store has what it was read from: a transaction may have been given up since.
    fn is_of(&self, sql: &Connection) -> Result<bool, VaultError> {
        let Some((position, id)) = self.last else {
            return Ok(true);
        };
        let found: Option<[u8; 32]> = sql
            .prepare_cached("SELECT id FROM statements WHERE position = ?1")?
            .query_row([position], |row| row.get(0))
            .optional()?;
        Ok(found == Some(id))
    }

    fn caught_up(mut self, sql: &Connection, space: SpaceId) -> Result<Self, VaultError> {
        let mut statement = sql.prepare_cached(
            "SELECT position, id, bytes, signature FROM statements
             WHERE space = ?1 AND position > ?2 ORDER BY position",
        )?;
        let after = self.last.map_or(-1, |(position, _)| position);
        let mut rows = statement.query(params![space, after])?;
        while let Some(row) = rows.next()? {
            let (bytes, signature): (Vec<u8>, Vec<u8>) = (row.get(2)?, row.get(3)?);
            self.known
                .graph
                .insert_kept(&bytes, &signature)
                .map_err(|_| VaultError::Damaged("a statement does not follow those before"))?;
            self.last = Some((row.get(0)?, row.get(1)?));
        }
        Ok(self)
    }
}

impl Graphs {
    /// The beginning of a space, as the first operation of its founder's log says it.
    pub(crate) fn genesis(sql: &Connection, space: SpaceId) -> Result<Genesis, VaultError> {
        let kept: Option<Vec<u8>> = sql
            .prepare_cached("SELECT genesis FROM spaces WHERE id = ?1")?
            .query_row([space], |row| row.get(0))?;
        let kept = kept.ok_or(VaultError::Damaged("a space has no beginning"))?;
        let mut reader = Reader::new(&kept);
        match Change::decode(&mut reader)? {
            Change::Genesis {
                statement,
                signature,
                ..
            } => Genesis::parse(&statement, &signature)
                .map_err(|_| VaultError::Damaged("a space's beginning is not signed")),
            _ => Err(VaultError::Damaged("a space begins otherwise")),
        }
    }
}
