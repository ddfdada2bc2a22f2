//! The index folder of each project: opened when it is first needed, read through one reader, written in batches.
//!
//! The index is derived and may be deleted at any time. Each commit carries a [`Mark`] that says how far in the event log it
//! reaches; an index that is missing, damaged, of an older form, or that does not fit the database beside it is *unsound*:
//! it is not read, and the follower builds another one beside it and puts that in its place.
//!
//! No writer is kept between batches, and readers that nobody has used for a while are closed, so an idle project costs no
//! memory.

use std::collections::HashMap;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, LazyLock, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rusqlite::{Connection, OptionalExtension};
use serde::{Deserialize, Serialize};
use tantivy::directory::RamDirectory;
use tantivy::indexer::IndexWriterOptions;
use tantivy::{Index, IndexReader, IndexSettings, IndexWriter, ReloadPolicy, Searcher, TantivyError, Term};

use super::folder::Folder;
use super::schema;
use crate::base::component::{Components, Document};
use crate::base::error::{Error, Result};
use crate::base::event;
use crate::base::project::Project;
use crate::base::resource::Resource;
use crate::base::site::random_id;

const FOLDER: &str = "index";
/// Beginnings of the names of folders that a rebuild makes and sweeps.
const BUILDING: &str = "index.building-";
const REPLACED: &str = "index.replaced-";
/// The least that the library takes.
const WRITER_BYTES: usize = 15_000_000;
/// Writers in this process at the same time.
const WRITERS: usize = 4;
/// Readers unused for so long are closed.
const IDLE: Duration = Duration::from_secs(300);
/// To be raised whenever documents hold more than they did: an index of another form is built anew by itself. 1: contents of
/// files.
const FORM: u32 = 1;
/// Ids that a rebuild reads within one look at the database.
const CHUNK: usize = 200;

/// How far an index reaches, and of what. Kept in each commit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Mark {
    /// The id of the last event that is in the index.
    event: i64,
    /// When that event was recorded: another database that was put beside the index is noticed by it.
    recorded_at: i64,
    /// The kinds of resource that could be found when the index was built.
    kinds: Vec<String>,
    /// What its documents hold; 0 in an index from before there was such a number.
    #[serde(default)]
    form: u32,
}

/// The state of an index at one moment.
#[derive(Clone)]
pub struct Snapshot {
    pub searcher: Searcher,
    mark: Mark,
}

impl Snapshot {
    /// Events up to this one are in it; it may hold more.
    pub fn position(&self) -> i64 {
        self.mark.event
    }

    /// Whether it was made from this database. Ask with a database opened after the snapshot was taken.
    pub fn fits(&self, db: &Connection, components: Components) -> Result<bool> {
        Ok(misfit(db, components, &self.mark)?.is_none())
    }
}

/// What is known of a project's index in this process.
#[derive(Default)]
struct Place {
    open: Option<Open>,
    /// Events up to this one hold nothing for the index, though its commit says less.
    quiet: i64,
    /// A search stumbled over it.
    distrusted: bool,
    used: Option<Instant>,
}

struct Open {
    reader: IndexReader,
    mark: Mark,
    /// Tells one commit from another.
    stamp: (u64, u64, i64, i64),
}

static PLACES: LazyLock<Mutex<HashMap<PathBuf, Arc<Mutex<Place>>>>> = LazyLock::new(Mutex::default);

/// The index of the project in that folder as it is now; none if there is none that can be read.
pub fn snapshot(dir: &Path) -> Option<Snapshot> {
    let place = place(dir);
    let mut place = lock(&place);
    look(dir, &mut place).ok()?;
    let open = place.open.as_ref()?;
    Some(Snapshot { searcher: open.reader.searcher(), mark: open.mark.clone() })
}

/// Whether there is an index to go on with.
pub enum Standing {
    /// It has heard of the events up to this one.
    Sound(i64),
    Missing,
    /// It must be built anew, for this reason.
    Unsound(String),
}

pub fn standing(project: &Project) -> Result<Standing> {
    if !project.dir().join(FOLDER).exists() {
        return Ok(Standing::Missing);
    }
    let place = place(project.dir());
    let mut place = lock(&place);
    let mark = match look(project.dir(), &mut place) {
        Ok(mark) => mark,
        Err(reason) => return Ok(Standing::Unsound(reason)),
    };
    if let Some(reason) = project.read(|db| misfit(db, project.components(), &mark))? {
        place.open = None;
        return Ok(Standing::Unsound(reason));
    }
    Ok(Standing::Sound(mark.event.max(place.quiet)))
}

/// Whether so many events have been passed over since the last commit that another one is worth its cost.
pub fn is_due(project: &Project, event: i64, after: i64) -> bool {
    let place = place(project.dir());
    let place = lock(&place);
    place.open.as_ref().is_none_or(|open| event - open.mark.event >= after)
}

/// Remembers that events up to this one hold nothing for the index, without the cost of a commit.
pub fn pass_over(project: &Project, event: i64) {
    let place = place(project.dir());
    let mut place = lock(&place);
    place.quiet = place.quiet.max(event);
}

/// The index is not to be read again until it has been built anew.
pub fn distrust(dir: &Path, reason: &str) {
    log::error!("{}: the search index is damaged: {reason}", dir.display());
    let place = place(dir);
    let mut place = lock(&place);
    place.distrusted = true;
    place.open = None;
}

/// Changes of the index that are committed together.
pub struct Batch<'a> {
    writer: &'a IndexWriter,
    count: u64,
}

impl Batch<'_> {
    pub fn replace(&mut self, document: &Document) -> Result<()> {
        self.writer.delete_term(schema::key(&document.resource));
        self.writer.add_document(schema::entry(document))?;
        self.count += 1;
        Ok(())
    }

    pub fn remove(&mut self, resource: &Resource) {
        self.writer.delete_term(schema::key(resource));
    }

    pub fn remove_kind(&mut self, kind: &str) {
        self.writer.delete_term(Term::from_field_text(schema::fields().kind, kind));
    }
}

/// Writes a batch that brings the index up to that event. Nothing of it happened if this fails.
pub fn write(project: &Project, event: i64, fill: impl FnOnce(&mut Batch<'_>) -> Result<()>) -> Result<()> {
    let mark = project.read(|db| mark(db, project.components(), event))?;
    commit(&open_folder(&project.dir().join(FOLDER))?, &mark, fill)?;
    Ok(())
}

/// Builds an index of everything beside the one that is there, then puts it in its place. Returns the number of documents.
/// The caller holds the project's followers.
pub fn rebuild(project: &Project) -> Result<u64> {
    let components = project.components();
    sweep(project.dir())?;
    let building = project.dir().join(format!("{BUILDING}{}", random_id()));
    fs::create_dir(&building)?;
    // What happens from now on is heard again by the follower.
    let mark = project.read(|db| mark(db, components, event::newest(db)?))?;
    let index = Index::builder()
        .schema(schema::schema())
        .settings(settings())
        .tokenizers(schema::tokenizers())
        .open_or_create(Folder::open(&building)?)?;
    let built = commit(&index, &mark, |batch| {
        for searchable in components.iter().flat_map(|component| component.searchable()) {
            every_document(project, searchable.kind, |document| batch.replace(&document))?;
        }
        Ok(())
    })
    .and_then(|count| merge(&index).map(|()| count));
    drop(index);
    let count = match built {
        Ok(count) => count,
        Err(error) => {
            let _ = fs::remove_dir_all(&building);
            return Err(error);
        }
    };
    put_in_place(project, &building)?;
    Ok(count)
}

/// Hands over every document of a kind, a bounded number within one look at the database. One that can't be read is left
/// out, so that it does not keep all the others from being found.
pub fn every_document(project: &Project, kind: &str, mut take: impl FnMut(Document) -> Result<()>) -> Result<()> {
    let Some(component) = project.components().of_kind(kind) else { return Ok(()) };
    let mut after = 0;
    loop {
        let last = project.read(|db| {
            let ids = component.document_ids(db, kind, after, CHUNK)?;
            for id in &ids {
                let resource = Resource::stored(kind.to_owned(), *id);
                match component.document(db, &resource) {
                    Ok(Some(document)) => take(document)?,
                    Ok(None) => {}
                    Err(error) => log::error!("{}: {resource} can't be searched: {error}", project.id()),
                }
            }
            Ok(ids.last().copied())
        })?;
        match last {
            Some(last) if last > after => after = last,
            _ => return Ok(()),
        }
    }
}

/// A searcher over these documents alone, in memory.
pub fn in_memory(documents: &[Document]) -> Result<Searcher> {
    let mut writer = Index::builder()
        .schema(schema::schema())
        .tokenizers(schema::tokenizers())
        .single_segment_index_writer(RamDirectory::create(), WRITER_BYTES)?;
    for document in documents {
        writer.add_document(schema::entry(document))?;
    }
    Ok(reader(&writer.finalize()?)?.searcher())
}

/// What is wrong with the files of a project's index, for `trackway check`.
pub fn check(project: &Project) -> Result<Vec<String>> {
    let dir = project.dir().join(FOLDER);
    if !dir.exists() {
        return Ok(Vec::new());
    }
    let damaged = open_folder(&dir).and_then(|index| Ok(index.validate_checksum()?));
    Ok(match damaged {
        Ok(files) => files
            .into_iter()
            .map(|file| format!("The file {} of the search index is damaged.", file.display()))
            .collect(),
        Err(error) => vec![format!("The search index can't be opened: {error}")],
    })
}

fn commit(index: &Index, mark: &Mark, fill: impl FnOnce(&mut Batch<'_>) -> Result<()>) -> Result<u64> {
    let _permit = Permit::take();
    let mut writer = writer(index)?;
    let mut batch = Batch { writer: &writer, count: 0 };
    fill(&mut batch)?;
    let count = batch.count;
    let payload = serde_json::to_string(mark)?;
    let mut prepared = writer.prepare_commit()?;
    prepared.set_payload(&payload);
    prepared.commit()?;
    // Without this no merge would ever end, since no writer lives long.
    if let Err(error) = writer.wait_merging_threads() {
        log::warn!("search index: segments were not merged: {error}");
    }
    Ok(count)
}

/// Brings all segments together: one is searched quicker than several.
fn merge(index: &Index) -> Result<()> {
    let segments = index.searchable_segment_ids()?;
    if segments.len() > 1 {
        let _permit = Permit::take();
        let mut writer = writer(index)?;
        writer.merge(&segments).wait()?;
        writer.wait_merging_threads()?;
    }
    Ok(())
}

fn writer(index: &Index) -> Result<IndexWriter> {
    let options = IndexWriterOptions::builder()
        .memory_budget_per_thread(WRITER_BYTES)
        .num_worker_threads(1)
        .num_merge_threads(1)
        .build();
    Ok(index.writer_with_options(options)?)
}

fn put_in_place(project: &Project, building: &Path) -> Result<()> {
    let place = place(project.dir());
    let mut place = lock(&place);
    *place = Place::default();
    let folder = project.dir().join(FOLDER);
    if folder.exists() {
        fs::rename(&folder, project.dir().join(format!("{REPLACED}{}", random_id())))?;
    }
    fs::rename(building, &folder)?;
    sweep(project.dir())
}

/// Removes what rebuilds that were broken off have left.
fn sweep(dir: &Path) -> Result<()> {
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if name.starts_with(BUILDING) || name.starts_with(REPLACED) {
            fs::remove_dir_all(entry.path())?;
        }
    }
    Ok(())
}

/// Opens the index if it is not open, or has changed since. The error says why there is none.
fn look(dir: &Path, place: &mut Place) -> std::result::Result<Mark, String> {
    place.used = Some(Instant::now());
    if place.distrusted {
        return Err("a search stumbled over it".to_owned());
    }
    let folder = dir.join(FOLDER);
    let Ok(meta) = fs::metadata(folder.join("meta.json")) else {
        place.open = None;
        return Err("there is none".to_owned());
    };
    let stamp = (meta.ino(), meta.len(), meta.mtime(), meta.mtime_nsec());
    if let Some(open) = &place.open
        && open.stamp == stamp
    {
        return Ok(open.mark.clone());
    }
    // The mark is read before the segments are: they may hold more than it says, never less.
    let opened = open_folder(&folder).and_then(|index| {
        let payload = index.load_metas()?.payload.unwrap_or_default();
        let mark: Mark = serde_json::from_str(&payload)?;
        Ok(Open { reader: reader(&index)?, mark, stamp })
    });
    match opened {
        Ok(open) => {
            let mark = open.mark.clone();
            place.open = Some(open);
            Ok(mark)
        }
        Err(error) => {
            place.open = None;
            Err(error.to_string())
        }
    }
}

fn open_folder(dir: &Path) -> Result<Index> {
    let mut index = Index::open(Folder::open(dir)?)?;
    if index.schema() != schema::schema() || *index.settings() != settings() {
        return Err(Error::internal("the search index has the form of another version"));
    }
    index.set_tokenizers(schema::tokenizers());
    Ok(index)
}

/// The texts of hits are unpacked in blocks, few of which hold two of them: small blocks cost little room and much less time.
fn settings() -> IndexSettings {
    IndexSettings { docstore_blocksize: 4 << 10, ..IndexSettings::default() }
}

fn reader(index: &Index) -> Result<IndexReader> {
    Ok(index.reader_builder().reload_policy(ReloadPolicy::Manual).doc_store_cache_num_blocks(1).try_into()?)
}

fn mark(db: &Connection, components: Components, event: i64) -> Result<Mark> {
    Ok(Mark { event, recorded_at: recorded_at(db, event)?.unwrap_or(0), kinds: kinds(components), form: FORM })
}

/// Why an index does not fit the database beside it, if it does not.
fn misfit(db: &Connection, components: Components, mark: &Mark) -> Result<Option<String>> {
    if mark.form != FORM {
        return Ok(Some("it was built by another program".to_owned()));
    }
    if mark.kinds != kinds(components) {
        return Ok(Some("other kinds of things can be found now".to_owned()));
    }
    let recorded_at = if mark.event == 0 { Some(0) } else { recorded_at(db, mark.event)? };
    Ok((recorded_at != Some(mark.recorded_at)).then(|| "it belongs to another state of the database".to_owned()))
}

fn recorded_at(db: &Connection, event: i64) -> Result<Option<i64>> {
    Ok(db
        .prepare_cached("select recorded_at from event where id = ?1")?
        .query_row([event], |row| row.get(0))
        .optional()?)
}

fn kinds(components: Components) -> Vec<String> {
    let mut kinds: Vec<String> =
        components.iter().flat_map(|component| component.searchable()).map(|one| one.kind.to_owned()).collect();
    kinds.sort();
    kinds
}

fn place(dir: &Path) -> Arc<Mutex<Place>> {
    let mut places = lock(&PLACES);
    places.retain(|other, place| {
        let unused = Arc::strong_count(place) == 1 && lock(place).used.is_some_and(|used| used.elapsed() > IDLE);
        !unused || other == dir
    });
    Arc::clone(places.entry(dir.to_owned()).or_default())
}

/// One of the few writers that this process may have.
struct Permit;

static WRITING: Mutex<usize> = Mutex::new(0);
static WRITER_FREE: Condvar = Condvar::new();

impl Permit {
    fn take() -> Self {
        let mut writing = lock(&WRITING);
        while *writing >= WRITERS {
            writing = WRITER_FREE.wait(writing).unwrap_or_else(PoisonError::into_inner);
        }
        *writing += 1;
        Self
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        *lock(&WRITING) -= 1;
        WRITER_FREE.notify_one();
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl From<TantivyError> for Error {
    fn from(error: TantivyError) -> Self {
        match error {
            TantivyError::IoError(error) => Self::from(std::io::Error::new(error.kind(), error.to_string())),
            other => Self::internal(other.to_string()),
        }
        .during("search index")
    }
}
