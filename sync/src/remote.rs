//! A remote, opened.

use crate::{credential::Credential, place::Place};
use futures_util::{StreamExt, TryStreamExt, stream};
use keystead_replica::{ObjectKind, RemoteName, is_same_object};
use object_store::{
    BackoffConfig, ClientOptions, ObjectStore, ObjectStoreExt, PutMode, PutOptions, PutPayload,
    RetryConfig, aws::AmazonS3Builder, local::LocalFileSystem, path::Path,
};
use std::{
    collections::HashMap,
    fs,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};
use tokio::runtime::Runtime;

/// So many objects are on their way at once.
const AT_ONCE: usize = 8;

/// Why something did not work. Nothing that was there is lost.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RemoteError {
    /// It can't be reached now.
    #[error("the storage can't be reached: {0}")]
    Unreachable(String),
    /// It does not let this key in.
    #[error("the storage refuses the key: {0}")]
    Refused(String),
    /// The folder is not there.
    #[error("there is no folder {0}")]
    NoFolder(String),
    /// The place can't be used as it is written.
    #[error("the storage can't be used: {0}")]
    Misconfigured(String),
}

/// An object of a listing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// Its name.
    pub name: RemoteName,
    /// Changes whenever the object does.
    pub tag: String,
    /// Its size in bytes.
    pub size: u64,
}

/// What went over the wire.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Traffic {
    /// Requests.
    pub requests: u64,
    /// Bytes that came.
    pub received: u64,
    /// Bytes that went.
    pub sent: u64,
}

#[derive(Default)]
struct Counters {
    requests: AtomicU64,
    received: AtomicU64,
    sent: AtomicU64,
    replaced: AtomicU64,
}

/// The largest object that is fetched: a file of 10 MiB and a segment that a few changes made longer fit.
const LARGEST: u64 = 64 * 1024 * 1024;

/// A remote. Its calls wait; none is made while something else is locked.
pub struct Remote {
    store: Arc<dyn ObjectStore>,
    prefix: String,
    folder: bool,
    runtime: Runtime,
    counters: Counters,
}

impl Remote {
    /// Opens a place. Nothing is asked of it yet.
    ///
    /// # Errors
    /// [`RemoteError`] where there is no such folder or the address can't be used.
    pub fn open(place: &Place, credential: Option<&Credential>) -> Result<Self, RemoteError> {
        let wrong = |error: object_store::Error| RemoteError::Misconfigured(error.to_string());
        let (store, prefix, folder): (Arc<dyn ObjectStore>, String, bool) = match place {
            Place::Folder(path) => {
                let real = fs::canonicalize(path)
                    .map_err(|_| RemoteError::NoFolder(path.display().to_string()))?;
                let store = LocalFileSystem::new_with_prefix(real).map_err(wrong)?;
                (Arc::new(store), String::new(), true)
            }
            Place::S3 {
                bucket,
                prefix,
                endpoint,
                region,
            } => {
                provide_cryptography();
                let plain = endpoint.as_ref().is_some_and(|at| is_here(at));
                let options = ClientOptions::new()
                    .with_allow_http(plain)
                    .with_timeout(Duration::from_secs(30))
                    .with_connect_timeout(Duration::from_secs(5));
                let mut builder = AmazonS3Builder::new()
                    .with_bucket_name(bucket)
                    .with_region(region)
                    .with_client_options(options)
                    .with_retry(retry());
                if let Some(endpoint) = endpoint {
                    builder = builder.with_endpoint(endpoint);
                }
                if let Some(credential) = credential {
                    builder = builder
                        .with_access_key_id(&credential.key_id)
                        .with_secret_access_key(&credential.secret);
                    if let Some(session) = &credential.session {
                        builder = builder.with_token(session);
                    }
                }
                let store = builder.build().map_err(wrong)?;
                (Arc::new(store), prefix.clone(), false)
            }
        };
        Self::over(store, prefix, folder)
    }

    fn over(
        store: Arc<dyn ObjectStore>,
        prefix: String,
        folder: bool,
    ) -> Result<Self, RemoteError> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| RemoteError::Misconfigured(error.to_string()))?;
        Ok(Self {
            store,
            prefix,
            folder,
            runtime,
            counters: Counters::default(),
        })
    }

    /// What was asked and moved since it was opened.
    pub fn traffic(&self) -> Traffic {
        Traffic {
            requests: self.counters.requests.load(Ordering::Relaxed),
            received: self.counters.received.load(Ordering::Relaxed),
            sent: self.counters.sent.load(Ordering::Relaxed),
        }
    }

    fn path(&self, path: &str) -> Path {
        match self.prefix.is_empty() {
            true => Path::from(path),
            false => Path::from(format!("{}/{path}", self.prefix)),
        }
    }

    fn count(&self, sent: usize, received: usize) {
        self.counters.requests.fetch_add(1, Ordering::Relaxed);
        self.counters.sent.fetch_add(sent as u64, Ordering::Relaxed);
        self.counters
            .received
            .fetch_add(received as u64, Ordering::Relaxed);
    }

    /// The objects of a folder of names, as [`RemoteName::heads_of`] and its like say; what has another name is nobody's.
    ///
    /// # Errors
    /// [`RemoteError`].
    pub fn list(&self, folder: &str) -> Result<Vec<Listed>, RemoteError> {
        self.runtime.block_on(async {
            let path = self.path(folder);
            let mut listing = self.store.list(Some(&path));
            let mut found = Vec::new();
            let mut entries = 0u64;
            while let Some(entry) = listing.try_next().await.map_err(translate)? {
                entries += 1;
                let location = entry.location.as_ref();
                let relative = match self.prefix.is_empty() {
                    true => Some(location),
                    false => location
                        .strip_prefix(&self.prefix)
                        .and_then(|rest| rest.strip_prefix('/')),
                };
                if let Some(name) = relative.and_then(RemoteName::parse) {
                    let tag = entry
                        .e_tag
                        .unwrap_or_else(|| entry.last_modified.timestamp_micros().to_string());
                    found.push(Listed {
                        name,
                        tag,
                        size: entry.size,
                    });
                }
            }
            // A page of a listing has a thousand entries.
            for _ in 0..entries.div_ceil(1_000).max(1) {
                self.count(0, 0);
            }
            Ok(found)
        })
    }

    /// Fetches objects, several at once. What is not there (any more) is left out.
    ///
    /// # Errors
    /// [`RemoteError`].
    pub fn fetch(&self, names: &[RemoteName]) -> Result<Vec<(RemoteName, Vec<u8>)>, RemoteError> {
        self.runtime.block_on(async {
            let fetched = stream::iter(names.iter().copied())
                .map(|name| async move { Ok((name, self.get(&name).await?)) })
                .buffer_unordered(AT_ONCE);
            let fetched: Vec<(RemoteName, Option<Vec<u8>>)> =
                fetched.try_collect::<Vec<_>>().await?;
            let found = fetched
                .into_iter()
                .filter_map(|(name, bytes)| Some((name, bytes?)));
            Ok(found.collect())
        })
    }

    async fn get(&self, name: &RemoteName) -> Result<Option<Vec<u8>>, RemoteError> {
        let found = match self.store.get(&self.path(&name.path())).await {
            // Nobody publishes anything as large: it is nobody's.
            Ok(found) if found.meta.size > LARGEST => {
                self.count(0, 0);
                return Ok(None);
            }
            Ok(found) => found.bytes().await,
            Err(error) => Err(error),
        };
        match found {
            Ok(bytes) => {
                self.count(0, bytes.len());
                Ok(Some(bytes.to_vec()))
            }
            Err(object_store::Error::NotFound { .. }) => {
                self.count(0, 0);
                Ok(None)
            }
            Err(error) => Err(translate(error)),
        }
    }

    /// Puts objects in this order, so that none promises another that is not there. Heads are written over; every other
    /// one is made once, and one that is there already is compared. Says the tags that heads have now, where they are
    /// known.
    ///
    /// # Errors
    /// [`RemoteError`]; what was put before stays, and the same call can be made again.
    pub fn publish(
        &self,
        objects: &[(RemoteName, Vec<u8>)],
    ) -> Result<HashMap<RemoteName, String>, RemoteError> {
        self.runtime.block_on(async {
            let mut tags = HashMap::new();
            for (name, bytes) in objects {
                match name.kind {
                    ObjectKind::Head(_) => {
                        if let Some(tag) = self.replace(name, bytes).await? {
                            tags.insert(*name, tag);
                        }
                    }
                    _ => self.create(name, bytes).await?,
                }
            }
            Ok(tags)
        })
    }

    async fn replace(
        &self,
        name: &RemoteName,
        bytes: &[u8],
    ) -> Result<Option<String>, RemoteError> {
        let payload = PutPayload::from(bytes.to_vec());
        let put = self
            .store
            .put(&self.path(&name.path()), payload)
            .await
            .map_err(translate)?;
        self.count(bytes.len(), 0);
        Ok(put.e_tag)
    }

    /// Writes over what somebody put under a name that is this device's: whoever holds the storage's keys can guess names, and
    /// must not hold up a removal by it.
    async fn take_place(&self, name: &RemoteName, bytes: &[u8]) -> Result<(), RemoteError> {
        self.replace(name, bytes).await?;
        self.counters.replaced.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }

    /// Lets go of objects that others made needless. Where the storage does not let this device, they stay and are in nobody's
    /// way.
    pub fn let_go(&self, names: &[RemoteName]) {
        if names.is_empty() {
            return;
        }
        self.runtime.block_on(async {
            let paths = names.iter().map(|name| Ok(self.path(&name.path())));
            let paths: Vec<_> = paths.collect();
            let gone = self.store.delete_stream(stream::iter(paths).boxed());
            // A bucket takes a thousand of them in one request.
            self.count(0, 0);
            gone.for_each(|_| async {}).await;
        });
    }

    /// How many objects of others were written over under this device's names.
    pub fn replaced(&self) -> u64 {
        self.counters.replaced.load(Ordering::Relaxed)
    }

    async fn create(&self, name: &RemoteName, bytes: &[u8]) -> Result<(), RemoteError> {
        // An answer that was lost, or two who raced, look alike: what stands there decides.
        for _ in 0..3 {
            let options = PutOptions::from(PutMode::Create);
            let path = self.path(&name.path());
            let payload = PutPayload::from(bytes.to_vec());
            let put = self.store.put_opts(&path, payload, options).await;
            self.count(bytes.len(), 0);
            match put {
                Ok(_) => return Ok(()),
                Err(
                    object_store::Error::AlreadyExists { .. }
                    | object_store::Error::Precondition { .. },
                ) => match self.get(name).await? {
                    Some(there) if is_same_object(name, &there, bytes) => return Ok(()),
                    Some(_) => return self.take_place(name, bytes).await,
                    // It was on its way and did not arrive.
                    None => continue,
                },
                // A folder without hard links has no way to make a name once. Only this device writes names of its
                // own logs, so there is nobody to race with.
                Err(error) if self.folder => match self.get(name).await? {
                    Some(there) if is_same_object(name, &there, bytes) => return Ok(()),
                    Some(_) => return self.take_place(name, bytes).await,
                    None => {
                        let payload = PutPayload::from(bytes.to_vec());
                        let put = self.store.put(&path, payload).await;
                        return put.map(|_| ()).map_err(|_| translate(error));
                    }
                },
                Err(error) => return Err(translate(error)),
            }
        }
        Err(RemoteError::Unreachable(format!(
            "{} is said to be there and is not",
            name.path()
        )))
    }
}

/// The library's own retries, kept short: whoever waits is told, and it is tried again later.
fn retry() -> RetryConfig {
    RetryConfig {
        backoff: BackoffConfig {
            init_backoff: Duration::from_millis(100),
            max_backoff: Duration::from_secs(2),
            base: 2.0,
        },
        max_retries: 3,
        retry_timeout: Duration::from_secs(10),
    }
}

/// Whether an endpoint is this machine's own, where TLS would protect nothing.
fn is_here(endpoint: &str) -> bool {
    ["http://127.0.0.1:", "http://[::1]:", "http://localhost:"]
        .iter()
        .any(|begin| endpoint.starts_with(begin))
}

/// TLS takes its cryptography from the process; it is chosen once.
fn provide_cryptography() {
    static CHOSEN: OnceLock<()> = OnceLock::new();
    CHOSEN.get_or_init(|| {
        // Somebody else in the process may have chosen before: then it is theirs.
        let _ = rustls::crypto::ring::default_provider().install_default();
    });
}

fn translate(error: object_store::Error) -> RemoteError {
    // What a server answers comes inside a sentence about the request; its status says what it is.
    let words = error.to_string();
    let status = words.split_once("status code: ").map(|(_, after)| after);
    let status = status.map(|after| after.split(':').next().unwrap_or(after).trim());
    let refused = matches!(
        error,
        object_store::Error::PermissionDenied { .. } | object_store::Error::Unauthenticated { .. }
    );
    match status {
        Some(status) if refused || status.starts_with("401") || status.starts_with("403") => {
            RemoteError::Refused(format!("it answers {status}"))
        }
        Some(status) => RemoteError::Unreachable(format!("it answers {status}")),
        None if refused => RemoteError::Refused("it lets nobody in".to_owned()),
        None => {
            let first = words.lines().next().unwrap_or_default();
            RemoteError::Unreachable(first.chars().take(200).collect())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use keystead_replica::LogId;
    use object_store::memory::InMemory;

    fn name(kind: ObjectKind) -> RemoteName {
        RemoteName {
            space: [1; 32],
            kind,
        }
    }

    fn remotes() -> Vec<(Remote, Option<tempfile::TempDir>)> {
        let temp = tempfile::tempdir().expect("temp");
        let place = Place::Folder(temp.path().to_owned());
        let memory = Remote::over(Arc::new(InMemory::new()), "in/here".to_owned(), false);
        vec![
            (Remote::open(&place, None).expect("opened"), Some(temp)),
            (memory.expect("opened"), None),
        ]
    }

    #[test]
    fn objects_are_made_once_and_heads_are_written_over() {
        let bytes = name(ObjectKind::Bytes([2; 32]));
        let head = name(ObjectKind::Head(LogId([3; 32])));
        for (remote, _folder) in remotes() {
            let put = |name, bytes: &[u8]| remote.publish(&[(name, bytes.to_vec())]);
            put(bytes, b"one").expect("made");
            put(bytes, b"one").expect("the same again is an earlier try");
            assert_eq!(remote.replaced(), 0);
            put(bytes, b"two").expect("written over what somebody put there");
            assert_eq!(remote.replaced(), 1);
            put(head, b"first").expect("written");
            put(head, b"second").expect("written over");
            let mut fetched = remote
                .fetch(&[bytes, head, name(ObjectKind::Bytes([9; 32]))])
                .expect("fetched");
            fetched.sort_unstable();
            assert_eq!(
                fetched,
                [(head, b"second".to_vec()), (bytes, b"two".to_vec())]
            );
            let listed = remote
                .list(&RemoteName::heads_of(&[1; 32]))
                .expect("listed");
            let names: Vec<RemoteName> = listed.iter().map(|one| one.name).collect();
            assert_eq!(names, [head]);
            let before = listed[0].tag.clone();
            std::thread::sleep(Duration::from_millis(10));
            put(head, b"third one").expect("written over");
            let listed = remote
                .list(&RemoteName::heads_of(&[1; 32]))
                .expect("listed");
            assert_ne!(listed[0].tag, before, "a tag tells a change");
        }
    }

    #[test]
    fn what_a_syncing_program_leaves_is_nobodys() {
        let temp = tempfile::tempdir().expect("temp");
        let remote = Remote::open(&Place::Folder(temp.path().to_owned()), None).expect("opened");
        let head = name(ObjectKind::Head(LogId([3; 32])));
        remote
            .publish(&[(head, b"head".to_vec())])
            .expect("written");
        let path = temp.path().join(head.path());
        for other in [".sync-conflict-20261127", " (conflicted copy)", ".tmp"] {
            fs::write(format!("{}{other}", path.display()), b"x").expect("left");
        }
        let listed = remote
            .list(&RemoteName::heads_of(&[1; 32]))
            .expect("listed");
        assert_eq!(listed.len(), 1);
        assert_eq!(remote.list("ks0/none").expect("an empty listing"), []);
    }

    #[test]
    fn a_folder_that_is_not_there_is_named() {
        let opened = Remote::open(&Place::Folder("/nowhere/at/all".into()), None);
        assert!(matches!(opened, Err(RemoteError::NoFolder(_))));
    }
}
