//! The exposure ledger: which version left the vault, how, and to where.

use crate::{asker::Timestamp, id::VersionId, vault::VaultError};
use rusqlite::{Connection, params};

/// How a version left the vault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Exposure {
    /// Shown in the window.
    Revealed = 1,
    /// On the clipboard.
    Copied = 2,
    /// Given to a program or terminal.
    Read = 3,
    /// Written out as text or to a file.
    Exported = 4,
    /// Written to a linked file.
    Linked = 5,
    /// In the environment of a program that was started with it.
    Injected = 6,
    /// In a file that was sealed for somebody.
    Shared = 7,
    /// Within reach of a member who was removed.
    Granted = 8,
}

impl Exposure {
    /// The stable word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Revealed => "revealed",
            Self::Copied => "copied",
            Self::Read => "read",
            Self::Exported => "exported",
            Self::Linked => "linked",
            Self::Injected => "injected",
            Self::Shared => "shared",
            Self::Granted => "granted",
        }
    }

    fn from_code(code: u8) -> Option<Self> {
        [
            Self::Revealed,
            Self::Copied,
            Self::Read,
            Self::Exported,
            Self::Linked,
            Self::Injected,
            Self::Shared,
            Self::Granted,
        ]
        .into_iter()
        .find(|how| *how as u8 == code)
    }
}

/// One row of the ledger.
#[derive(Clone, Debug)]
pub struct Exposed {
    /// The version's number.
    pub version: u32,
    /// How.
    pub how: Exposure,
    /// A path, a program, or empty.
    pub place: String,
    /// When last.
    pub last_at: Timestamp,
    /// How many times.
    pub times: u32,
}

pub(crate) fn record(
    sql: &Connection,
    version: VersionId,
    how: Exposure,
    place: &str,
    at: Timestamp,
) -> Result<(), VaultError> {
    sql.prepare_cached(
        "INSERT INTO exposures (version, how, place, first_at, last_at, times)
         SELECT row, ?2, ?3, ?4, ?4, 1 FROM versions WHERE id = ?1
         ON CONFLICT DO UPDATE SET last_at = excluded.last_at, times = times + 1",
    )?
    .execute(params![version, how as u8, place, at.0])?;
    Ok(())
}

pub(crate) fn of_secret(
    sql: &Connection,
    secret: crate::SecretId,
    environment: crate::EnvironmentId,
) -> Result<Vec<Exposed>, VaultError> {
    let mut statement = sql.prepare_cached(
        // Whoever saw the value where it also stands has seen this one; of a value that stands in hundreds of places a
        // part is enough to say so.
        "SELECT v.number, e.how, e.place, max(e.last_at), sum(e.times) FROM versions v
         CROSS JOIN exposures e ON e.version IN (SELECT v.row UNION SELECT row FROM
           (SELECT row FROM versions same WHERE same.fingerprint = v.fingerprint LIMIT 200))
         WHERE v.secret = ?1 AND v.environment = ?2
         GROUP BY v.number, e.how, e.place
         ORDER BY v.number DESC, max(e.last_at) DESC, e.how, e.place",
    )?;
    let rows = statement.query_map(params![secret, environment], |row| {
        Ok((
            row.get(0)?,
            row.get::<_, u8>(1)?,
            row.get(2)?,
            row.get(3)?,
            row.get(4)?,
        ))
    })?;
    rows.map(|row| {
        let (version, how, place, last_at, times) = row?;
        Ok(Exposed {
            version,
            how: Exposure::from_code(how).ok_or(VaultError::Damaged("an exposure is unknown"))?,
            place,
            last_at: Timestamp(last_at),
            times,
        })
    })
    .collect()
}
