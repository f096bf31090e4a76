//! The encrypted database: how it is opened, and its tables.

use keystead_crypto::StoreKey;
use rusqlite::{Connection, OpenFlags};
use std::{
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
};
use zeroize::Zeroizing;

/// `user_version` of the tables below. Until schema 1 an older store is
/// refused, not migrated.
const SCHEMA_VERSION: i64 = 13;

/// Opens or makes the store with its raw key. Every page is encrypted and
/// authenticated by SQLCipher; the raw key skips its own passphrase stretching.
pub(crate) fn open(path: &Path, key: &StoreKey) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
        | OpenFlags::SQLITE_OPEN_NO_MUTEX
        | OpenFlags::SQLITE_OPEN_NOFOLLOW;
    let connection = Connection::open_with_flags(resolved(path), flags)?;
    // Errors come back as errors; the library's own lines on stderr would be noise.
    connection.execute_batch("PRAGMA cipher_log_level = NONE;")?;
    connection.execute_batch(&raw_key("key", key))?;
    // Exclusive locking keeps the write-ahead index in memory: no -shm file.
    connection.execute_batch(
        "PRAGMA locking_mode = EXCLUSIVE;
         PRAGMA journal_mode = WAL;
         PRAGMA synchronous = FULL;
         PRAGMA foreign_keys = ON;
         PRAGMA temp_store = MEMORY;
         PRAGMA secure_delete = ON;
         PRAGMA trusted_schema = OFF;
         PRAGMA cache_size = -65536;",
    )?;
    connection.set_prepared_statement_cache_capacity(64);
    Ok(connection)
}

/// Encrypts every page under another raw key, in one transaction, and leaves none behind that was not.
pub(crate) fn rekey(connection: &Connection, key: &StoreKey) -> rusqlite::Result<()> {
    connection.execute_batch(&raw_key("rekey", key))?;
    connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
}

fn raw_key(pragma: &str, key: &StoreKey) -> Zeroizing<String> {
    let mut text = Zeroizing::new(String::with_capacity(96));
    write!(text, "PRAGMA {pragma} = \"x'").expect("writing to a string");
    for byte in key.key().expose() {
        write!(text, "{byte:02x}").expect("writing to a string");
    }
    text.push_str("'\";");
    text
}

/// The path with its folder's symbolic links followed: a home or a synced folder may be one, and SQLite would refuse
/// a link anywhere in the path where only the file itself must not be one.
fn resolved(path: &Path) -> PathBuf {
    match (path.parent().map(fs::canonicalize), path.file_name()) {
        (Some(Ok(folder)), Some(name)) => folder.join(name),
        _ => path.to_owned(),
    }
}

pub(crate) fn create_tables(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute_batch(TABLES)?;
    connection.pragma_update(None, "user_version", SCHEMA_VERSION)
}

/// Whether the tables are the ones that this version knows; else their version.
pub(crate) fn check_version(connection: &Connection) -> rusqlite::Result<Result<(), i64>> {
    let version = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    Ok(if version == SCHEMA_VERSION {
        Ok(())
    } else {
        Err(version)
    })
}

const TABLES: &str = "
CREATE TABLE vault (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  id BLOB NOT NULL,
  header_generation INTEGER NOT NULL,
  header_hash BLOB NOT NULL,
  pending_generation INTEGER,
  pending_hash BLOB,
  pending_action INTEGER,
  pending_detail TEXT,
  card BLOB NOT NULL,
  certificate BLOB NOT NULL,
  device BLOB NOT NULL,
  identity_signing BLOB,
  identity_share BLOB,
  device_signing BLOB NOT NULL,
  device_kem BLOB NOT NULL,
  enrolling BLOB,
  left_operations INTEGER NOT NULL DEFAULT 0,
  left_events INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE TABLE preferences (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  body BLOB NOT NULL
) STRICT;
CREATE TABLE spaces (
  id BLOB PRIMARY KEY,
  name TEXT NOT NULL,
  shared INTEGER NOT NULL DEFAULT 0,
  genesis BLOB
) STRICT;
CREATE TABLE projects (
  id BLOB PRIMARY KEY,
  space BLOB NOT NULL REFERENCES spaces,
  name TEXT NOT NULL,
  said TEXT,
  removed INTEGER NOT NULL DEFAULT 0,
  secrets INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE UNIQUE INDEX projects_by_name ON projects (name, space) WHERE removed = 0;
CREATE TABLE environments (
  id BLOB PRIMARY KEY,
  project BLOB NOT NULL REFERENCES projects,
  name TEXT NOT NULL,
  said TEXT,
  position INTEGER NOT NULL,
  protected INTEGER NOT NULL DEFAULT 0,
  inherits BLOB REFERENCES environments,
  removed INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE UNIQUE INDEX environments_by_name ON environments (project, name) WHERE removed = 0;
CREATE TABLE secrets (
  id BLOB PRIMARY KEY,
  project BLOB NOT NULL REFERENCES projects,
  name TEXT NOT NULL,
  said TEXT,
  kind INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  notes TEXT NOT NULL DEFAULT '',
  owner TEXT NOT NULL DEFAULT '',
  expires_at INTEGER,
  lead INTEGER NOT NULL DEFAULT 0,
  removed INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE UNIQUE INDEX secrets_by_name ON secrets (project, name) WHERE removed = 0;
CREATE INDEX secrets_by_expiry ON secrets (expires_at) WHERE expires_at IS NOT NULL;
CREATE TRIGGER secret_made AFTER INSERT ON secrets BEGIN
  UPDATE projects SET secrets = secrets + 1 WHERE id = new.project;
END;
CREATE TRIGGER secret_removed AFTER UPDATE OF removed ON secrets
  WHEN old.removed <> new.removed BEGIN
  UPDATE projects SET secrets = secrets + old.removed - new.removed WHERE id = new.project;
END;
CREATE INDEX secrets_aside ON secrets (said) WHERE said IS NOT NULL;
CREATE TABLE tags (
  secret BLOB NOT NULL REFERENCES secrets,
  tag TEXT NOT NULL,
  PRIMARY KEY (secret, tag)
) STRICT, WITHOUT ROWID;
CREATE INDEX secrets_by_tag ON tags (tag);
CREATE TABLE statements (
  position INTEGER PRIMARY KEY,
  id BLOB NOT NULL UNIQUE,
  space BLOB NOT NULL,
  bytes BLOB NOT NULL,
  signature BLOB NOT NULL,
  followed INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE TABLE taken_logs (
  statement BLOB NOT NULL REFERENCES statements (id),
  log INTEGER NOT NULL REFERENCES logs,
  operations INTEGER NOT NULL,
  PRIMARY KEY (statement, log)
) STRICT, WITHOUT ROWID;
CREATE INDEX statement_heads ON statements (space, id) WHERE followed = 0;
CREATE TABLE epochs (
  id BLOB NOT NULL,
  space BLOB NOT NULL,
  scope INTEGER NOT NULL,
  scope_id BLOB NOT NULL,
  statement BLOB NOT NULL REFERENCES statements (id),
  seals INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (id, statement)
) STRICT, WITHOUT ROWID;
CREATE TABLE shares (
  epoch BLOB NOT NULL,
  statement BLOB NOT NULL REFERENCES statements (id),
  PRIMARY KEY (epoch, statement)
) STRICT, WITHOUT ROWID;
CREATE INDEX epochs_by_scope ON epochs (scope, scope_id) WHERE seals = 1;
CREATE TABLE parcels (
  statement BLOB PRIMARY KEY,
  parcel BLOB NOT NULL
) STRICT;
CREATE TABLE wraps (
  statement BLOB NOT NULL,
  device BLOB NOT NULL,
  message BLOB NOT NULL,
  PRIMARY KEY (statement, device)
) STRICT;
CREATE TABLE versions (
  row INTEGER PRIMARY KEY,
  id BLOB NOT NULL UNIQUE,
  secret BLOB NOT NULL REFERENCES secrets,
  environment BLOB NOT NULL REFERENCES environments,
  number INTEGER NOT NULL,
  twin INTEGER NOT NULL DEFAULT 0,
  ciphertext BLOB NOT NULL,
  commitment BLOB NOT NULL,
  fingerprint BLOB,
  epoch BLOB NOT NULL,
  author BLOB NOT NULL,
  sealer BLOB NOT NULL,
  origin INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  pruned INTEGER NOT NULL DEFAULT 0,
  UNIQUE (secret, environment, number, twin)
) STRICT;
CREATE INDEX versions_by_fingerprint ON versions (fingerprint);
CREATE TABLE ciphertexts (
  version INTEGER PRIMARY KEY REFERENCES versions,
  envelope BLOB NOT NULL
) STRICT;
CREATE TABLE refers (
  version INTEGER NOT NULL REFERENCES versions,
  place INTEGER NOT NULL,
  secret BLOB NOT NULL REFERENCES secrets,
  environment BLOB NOT NULL REFERENCES environments,
  PRIMARY KEY (version, place)
) STRICT, WITHOUT ROWID;
CREATE INDEX refers_to ON refers (secret, environment);
CREATE INDEX refers_to_environment ON refers (environment);
CREATE TABLE stages (
  secret BLOB NOT NULL REFERENCES secrets,
  environment BLOB NOT NULL REFERENCES environments,
  pending BLOB REFERENCES versions (id),
  current BLOB REFERENCES versions (id),
  previous BLOB REFERENCES versions (id),
  PRIMARY KEY (secret, environment)
) STRICT, WITHOUT ROWID;
CREATE INDEX stages_by_environment ON stages (environment);
CREATE TABLE attachments (
  row INTEGER PRIMARY KEY,
  id BLOB NOT NULL UNIQUE,
  secret BLOB NOT NULL REFERENCES secrets,
  environment BLOB NOT NULL REFERENCES environments,
  name TEXT NOT NULL,
  said TEXT,
  size INTEGER NOT NULL,
  ciphertext BLOB NOT NULL,
  epoch BLOB NOT NULL,
  author BLOB NOT NULL,
  sealer BLOB NOT NULL,
  created_at INTEGER NOT NULL,
  removed INTEGER NOT NULL DEFAULT 0,
  pruned INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE UNIQUE INDEX attachments_by_name ON attachments (secret, environment, name)
  WHERE removed = 0;
CREATE TABLE attachment_ciphertexts (
  attachment INTEGER PRIMARY KEY REFERENCES attachments,
  envelope BLOB NOT NULL
) STRICT;
CREATE TABLE attachment_exposures (
  attachment INTEGER NOT NULL REFERENCES attachments,
  how INTEGER NOT NULL,
  place TEXT NOT NULL,
  first_at INTEGER NOT NULL,
  last_at INTEGER NOT NULL,
  times INTEGER NOT NULL,
  PRIMARY KEY (attachment, how, place)
) STRICT, WITHOUT ROWID;
CREATE TABLE credentials (
  id BLOB PRIMARY KEY,
  project BLOB NOT NULL REFERENCES projects,
  name TEXT NOT NULL,
  said TEXT,
  removed INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE UNIQUE INDEX credentials_by_name ON credentials (project, name) WHERE removed = 0;
CREATE TABLE parts (
  credential BLOB NOT NULL REFERENCES credentials,
  position INTEGER NOT NULL,
  secret BLOB NOT NULL REFERENCES secrets,
  part TEXT NOT NULL,
  PRIMARY KEY (credential, position)
) STRICT, WITHOUT ROWID;
CREATE INDEX parts_by_secret ON parts (secret);
CREATE TABLE logs (
  id INTEGER PRIMARY KEY,
  space BLOB NOT NULL,
  device BLOB NOT NULL,
  own INTEGER NOT NULL,
  incarnation BLOB NOT NULL,
  last_operation BLOB NOT NULL,
  lamport INTEGER NOT NULL,
  operation_frontier BLOB NOT NULL,
  event_frontier BLOB NOT NULL,
  seen BLOB NOT NULL,
  UNIQUE (space, device, incarnation)
) STRICT;
CREATE TABLE heads (
  log INTEGER PRIMARY KEY REFERENCES logs,
  signed BLOB NOT NULL
) STRICT;
CREATE TABLE operations (
  log INTEGER NOT NULL REFERENCES logs,
  sequence INTEGER NOT NULL,
  header BLOB NOT NULL,
  block BLOB NOT NULL,
  lamport INTEGER NOT NULL,
  root BLOB NOT NULL,
  refused INTEGER,
  veiled INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (log, sequence)
) STRICT, WITHOUT ROWID;
CREATE INDEX operations_veiled ON operations (log) WHERE veiled = 1;
CREATE TABLE sealed_before (
  id BLOB NOT NULL,
  ciphertext BLOB NOT NULL,
  epoch BLOB NOT NULL,
  sealer BLOB NOT NULL,
  PRIMARY KEY (id, ciphertext)
) STRICT, WITHOUT ROWID;
CREATE TABLE arrived (
  hash BLOB PRIMARY KEY,
  space BLOB NOT NULL REFERENCES spaces,
  envelope BLOB NOT NULL
) STRICT;
CREATE TABLE things (
  id BLOB PRIMARY KEY,
  space BLOB NOT NULL REFERENCES spaces,
  kind INTEGER NOT NULL,
  project BLOB NOT NULL,
  secret BLOB,
  environment BLOB,
  log INTEGER NOT NULL REFERENCES logs,
  sequence INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX things_of ON things (space);
CREATE TABLE stamps (
  subject BLOB PRIMARY KEY,
  space BLOB NOT NULL REFERENCES spaces,
  log INTEGER NOT NULL REFERENCES logs,
  sequence INTEGER NOT NULL,
  place INTEGER NOT NULL,
  lamport INTEGER NOT NULL,
  leaf BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE conflicts (
  subject BLOB NOT NULL,
  log INTEGER NOT NULL REFERENCES logs,
  sequence INTEGER NOT NULL,
  place INTEGER NOT NULL,
  lamport INTEGER NOT NULL,
  leaf BLOB NOT NULL,
  space BLOB NOT NULL REFERENCES spaces,
  change BLOB NOT NULL,
  PRIMARY KEY (subject, log, sequence, place)
) STRICT, WITHOUT ROWID;
CREATE TABLE remotes (
  space BLOB PRIMARY KEY REFERENCES spaces,
  place TEXT NOT NULL,
  environment BLOB REFERENCES environments,
  last_ok INTEGER,
  problem TEXT,
  requests INTEGER NOT NULL DEFAULT 0,
  received INTEGER NOT NULL DEFAULT 0,
  sent INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE TABLE remote_heads (
  space BLOB NOT NULL REFERENCES spaces,
  log BLOB NOT NULL,
  tag TEXT NOT NULL,
  PRIMARY KEY (space, log)
) STRICT, WITHOUT ROWID;
CREATE TABLE awaited (
  space BLOB NOT NULL REFERENCES spaces,
  log BLOB NOT NULL,
  sequence INTEGER NOT NULL,
  nth INTEGER NOT NULL,
  PRIMARY KEY (space, log, sequence, nth)
) STRICT, WITHOUT ROWID;
CREATE TABLE checkpoints (
  hash BLOB NOT NULL,
  space BLOB NOT NULL REFERENCES spaces,
  log BLOB NOT NULL,
  object BLOB,
  published INTEGER NOT NULL DEFAULT 0,
  asked INTEGER NOT NULL DEFAULT 0,
  made_at INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (hash, space)
) STRICT, WITHOUT ROWID;
CREATE TABLE published (
  log INTEGER PRIMARY KEY REFERENCES logs,
  operations INTEGER NOT NULL,
  events INTEGER NOT NULL
) STRICT;
CREATE TABLE segments (
  log INTEGER NOT NULL REFERENCES logs,
  first INTEGER NOT NULL,
  end INTEGER NOT NULL,
  first_event INTEGER NOT NULL,
  hash BLOB NOT NULL,
  bytes INTEGER NOT NULL,
  PRIMARY KEY (log, first)
) STRICT, WITHOUT ROWID;
CREATE TABLE touched (
  secret BLOB NOT NULL REFERENCES secrets,
  log INTEGER NOT NULL REFERENCES logs,
  sequence INTEGER NOT NULL,
  PRIMARY KEY (secret, log, sequence)
) STRICT, WITHOUT ROWID;
CREATE TABLE compacted (
  log INTEGER PRIMARY KEY REFERENCES logs,
  frontier BLOB NOT NULL,
  previous BLOB NOT NULL,
  state BLOB NOT NULL,
  first BLOB NOT NULL,
  leaves BLOB NOT NULL
) STRICT;
CREATE TABLE undo (
  log INTEGER NOT NULL REFERENCES logs,
  sequence INTEGER NOT NULL,
  role INTEGER NOT NULL,
  of INTEGER,
  undone_by INTEGER,
  before BLOB NOT NULL,
  PRIMARY KEY (log, sequence)
) STRICT, WITHOUT ROWID;
CREATE TABLE events (
  position INTEGER PRIMARY KEY,
  log INTEGER NOT NULL REFERENCES logs,
  sequence INTEGER NOT NULL,
  body BLOB NOT NULL,
  UNIQUE (log, sequence)
) STRICT;
CREATE TABLE exposures (
  version INTEGER NOT NULL REFERENCES versions,
  how INTEGER NOT NULL,
  place TEXT NOT NULL,
  first_at INTEGER NOT NULL,
  last_at INTEGER NOT NULL,
  times INTEGER NOT NULL,
  PRIMARY KEY (version, how, place)
) STRICT, WITHOUT ROWID;
CREATE TABLE contacts (
  identity BLOB PRIMARY KEY,
  card BLOB NOT NULL,
  verified INTEGER NOT NULL DEFAULT 0,
  since INTEGER NOT NULL
) STRICT;
CREATE TABLE links (
  id BLOB PRIMARY KEY,
  project BLOB NOT NULL REFERENCES projects,
  environment BLOB NOT NULL REFERENCES environments,
  folder TEXT NOT NULL,
  file TEXT NOT NULL,
  dialect TEXT NOT NULL,
  written_at INTEGER,
  content_hash BLOB,
  foreign_hash BLOB,
  pending_hash BLOB,
  problem_code TEXT,
  problem_message TEXT,
  problem_hint TEXT,
  UNIQUE (folder, file)
) STRICT;
CREATE TABLE written_versions (
  link BLOB NOT NULL REFERENCES links ON DELETE CASCADE,
  name TEXT NOT NULL,
  version BLOB NOT NULL REFERENCES versions (id),
  key BLOB NOT NULL,
  fingerprint BLOB NOT NULL,
  PRIMARY KEY (link, name)
) STRICT, WITHOUT ROWID;
";
