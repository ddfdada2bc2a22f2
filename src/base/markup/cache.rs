//! Compiled texts by the hash of everything they depend on: in memory, and below that in the project's `cache.db`.
//!
//! The file is derived: losing or damaging it only costs time. So every error of it is a line in the log and no more.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rusqlite::{Connection, OptionalExtension as _, named_params};
use sha2::{Digest as _, Sha256};

use super::{COMPILER_VERSION, Compiled, Flavour, LinkKind, Macro, Options, Vocabulary, compile};
use crate::base::error::Result;

/// Bytes held in memory for one project.
const MEMORY: u64 = 8 << 20;
/// Texts kept in the file; the longest unused go first.
const MOST_ROWS: i64 = 50_000;

type Key = [u8; 32];

#[derive(Clone)]
struct ByBytes;

impl quick_cache::Weighter<Key, Arc<Compiled>> for ByBytes {
    fn weight(&self, _key: &Key, compiled: &Arc<Compiled>) -> u64 {
        compiled.weight() as u64
    }
}

pub struct Cache {
    memory: quick_cache::sync::Cache<Key, Arc<Compiled>, ByBytes>,
    /// None where there is no file, or none that can be used.
    file: Mutex<Option<Connection>>,
    written: AtomicU64,
}

impl Cache {
    /// A cache over that file, which is made if it is missing and made anew if it is damaged.
    pub fn open(path: &Path) -> Self {
        let file = open(path).or_else(|error| {
            log::warn!("cache {}: {error}; it is made anew", path.display());
            for suffix in ["", "-wal", "-shm"] {
                let mut name = path.as_os_str().to_owned();
                name.push(suffix);
                // Whatever can't be removed shows in the next attempt.
                let _ = std::fs::remove_file(PathBuf::from(name));
            }
            open(path)
        });
        let file = file.map_err(|error| log::warn!("cache {}: {error}; texts are kept in memory only", path.display()));
        Self::over(file.ok())
    }

    /// A cache without a file, for commands that need no project.
    pub fn in_memory() -> Self {
        Self::over(None)
    }

    fn over(file: Option<Connection>) -> Self {
        let memory = quick_cache::sync::Cache::with_weighter(1000, MEMORY, ByBytes);
        Self { memory, file: Mutex::new(file), written: AtomicU64::new(0) }
    }

    /// The compiled text, from wherever it is known.
    pub fn compiled(
        &self,
        text: &str,
        flavour: Flavour,
        vocabulary: &Vocabulary,
        options: &Options,
    ) -> Result<Arc<Compiled>> {
        let key = key(text, flavour, vocabulary, options);
        if let Some(compiled) = self.memory.get(&key) {
            return Ok(compiled);
        }
        if let Some(compiled) = self.read(&key) {
            let compiled = Arc::new(compiled);
            self.memory.insert(key, Arc::clone(&compiled));
            return Ok(compiled);
        }
        let compiled = Arc::new(compile(text, flavour, vocabulary, options)?);
        self.write(&key, &compiled);
        self.memory.insert(key, Arc::clone(&compiled));
        Ok(compiled)
    }

    /// The same for a text that may change with the next key, as in a preview: what is not known is kept in memory alone.
    pub fn compiled_in_passing(
        &self,
        text: &str,
        flavour: Flavour,
        vocabulary: &Vocabulary,
        options: &Options,
    ) -> Result<Arc<Compiled>> {
        let key = key(text, flavour, vocabulary, options);
        if let Some(compiled) = self.memory.get(&key) {
            return Ok(compiled);
        }
        let compiled = Arc::new(compile(text, flavour, vocabulary, options)?);
        self.memory.insert(key, Arc::clone(&compiled));
        Ok(compiled)
    }

    /// Forgets every text, for when one must not be left anywhere: under which settings, and as a part of which others, it was
    /// read nothing tells.
    pub fn forget(&self) {
        self.memory.clear();
        self.with_file(|file| {
            file.execute_batch(
                "pragma secure_delete = on;
                 delete from compiled;
                 pragma wal_checkpoint(truncate);",
            )
        });
    }

    fn read(&self, key: &Key) -> Option<Compiled> {
        let body: Vec<u8> = self.with_file(|file| {
            file.prepare_cached("select body from compiled where hash = :hash")?
                .query_row(named_params! { ":hash": key.as_slice() }, |row| row.get("body"))
                .optional()
        })??;
        serde_json::from_slice(&body).ok()
    }

    fn write(&self, key: &Key, compiled: &Compiled) {
        let Ok(body) = serde_json::to_vec(compiled) else { return };
        let sweep = self.written.fetch_add(1, Ordering::Relaxed) % 500 == 499;
        self.with_file(|file| {
            file.prepare_cached(
                "insert into compiled (hash, body, used_at) values (:hash, :body, unixepoch())
                 on conflict (hash) do update set body = excluded.body, used_at = excluded.used_at",
            )?
            .execute(named_params! { ":hash": key.as_slice(), ":body": body })?;
            if sweep {
                file.execute(
                    "delete from compiled where hash in
                       (select hash from compiled order by used_at desc limit -1 offset :most)",
                    named_params! { ":most": MOST_ROWS },
                )?;
            }
            Ok(())
        });
    }

    fn with_file<T>(&self, act: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Option<T> {
        // A panic of another thread leaves nothing half done here.
        let file = self.file.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        match act(file.as_ref()?) {
            Ok(answer) => Some(answer),
            Err(error) => {
                log::debug!("cache: {error}");
                None
            }
        }
    }
}

fn open(path: &Path) -> rusqlite::Result<Connection> {
    let file = Connection::open(path)?;
    file.busy_timeout(Duration::from_millis(100))?;
    // Nothing here must survive a crash.
    file.execute_batch(
        "pragma journal_mode = wal;
         pragma synchronous = off;
         create table if not exists compiled (hash blob primary key, body blob not null, used_at integer not null)
           strict, without rowid;
         create index if not exists compiled_by_use on compiled (used_at);",
    )?;
    file.prepare("select hash, body, used_at from compiled limit 1")?.query_row([], |_| Ok(())).optional()?;
    Ok(file)
}

/// Everything that the result depends on.
fn key(text: &str, flavour: Flavour, vocabulary: &Vocabulary, options: &Options) -> Key {
    let mut hash = Sha256::new();
    add(&mut hash, &COMPILER_VERSION.to_le_bytes());
    let switches = [options.references, options.extensions, options.settings.camel_case].map(u8::from);
    add(&mut hash, &[flavour as u8, switches[0], switches[1], switches[2]]);
    for host in &options.settings.image_hosts {
        add(&mut hash, host.as_bytes());
    }
    add(&mut hash, b"/");
    add(&mut hash, &vocabulary.words);
    add(&mut hash, text.as_bytes());
    hash.finalize().into()
}

/// What the words of a vocabulary come to: they are too many to be hashed along with each text.
pub(super) fn digest_of_words(link_kinds: &[&LinkKind], macros: &[&Macro]) -> Key {
    let mut hash = Sha256::new();
    for prefix in link_kinds.iter().flat_map(|kind| kind.prefixes) {
        add(&mut hash, prefix.as_bytes());
    }
    add(&mut hash, b"/");
    for known in macros {
        add(&mut hash, known.name.as_bytes());
        add(&mut hash, &[known.block.into()]);
    }
    hash.finalize().into()
}

/// A part after its length, so that no two lists of parts are alike.
fn add(hash: &mut Sha256, part: &[u8]) {
    hash.update((part.len() as u64).to_le_bytes());
    hash.update(part);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compiled(cache: &Cache, text: &str) -> Compiled {
        let vocabulary = Vocabulary::default();
        cache
            .compiled(text, Flavour::Page, &vocabulary, &Options::default())
            .map(|it| (*it).clone())
            .unwrap_or_else(|error| panic!("{error}"))
    }

    #[test]
    fn a_text_comes_back_from_the_file_as_it_was() {
        let folder = tempfile::tempdir().unwrap_or_else(|error| panic!("{error}"));
        let path = folder.path().join("cache.db");
        let text = "# Plan\n\n- [x] *done* `code` $x^2$ [^1]\n\n[^1]: note";
        let fresh = compiled(&Cache::open(&path), text);
        let cache = Cache::open(&path);
        let key = key(text, Flavour::Page, &Vocabulary::default(), &Options::default());
        assert_eq!(cache.read(&key).as_ref(), Some(&fresh));
        assert_eq!(compiled(&cache, text), fresh);
    }

    #[test]
    fn what_is_forgotten_is_in_no_file() {
        let folder = tempfile::tempdir().unwrap_or_else(|error| panic!("{error}"));
        let cache = Cache::open(&folder.path().join("cache.db"));
        let holds = || {
            let files = std::fs::read_dir(folder.path()).unwrap_or_else(|error| panic!("{error}"));
            files.flatten().any(|file| {
                let bytes = std::fs::read(file.path()).unwrap_or_default();
                bytes.windows(6).any(|part| part == b"hidden")
            })
        };
        compiled(&cache, "hidden");
        assert!(holds());
        cache.forget();
        assert!(!holds());
        compiled(&cache, "another one");
        assert!(!holds());
    }

    #[test]
    fn a_damaged_file_costs_only_time() {
        let folder = tempfile::tempdir().unwrap_or_else(|error| panic!("{error}"));
        let path = folder.path().join("cache.db");
        let _ = std::fs::write(&path, "this is no database, and long enough to be seen as none".repeat(100));
        let cache = Cache::open(&path);
        let fresh = compiled(&cache, "one");
        assert_eq!(compiled(&Cache::open(&path), "one"), fresh);
        let missing = Cache::open(&folder.path().join("no/such/folder/cache.db"));
        assert_eq!(compiled(&missing, "one"), fresh);
    }
}
