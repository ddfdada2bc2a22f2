//! The server's own watching: a push is noticed within half a second, without any hook. Every look is a few `stat` calls for
//! each repository; only when something moved it is synced, on a thread of its own. A repository with very many refs is looked
//! at less often, so that looking never takes more than a few percent of a processor.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::hash::{DefaultHasher, Hash as _, Hasher};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use super::repository::{self, Baseline, Repository};
use super::sync::{Wish, sync};
use crate::base::error::Result;
use crate::base::site::{ProjectRow, Site};

/// Between two looks.
const LOOK: Duration = Duration::from_millis(250);
/// So many times as long as a look took passes before the next one, if that is longer.
const REST: u32 = 20;
/// Between two questions which repositories there are.
const ASK: Duration = Duration::from_secs(1);
/// Syncs at once.
const AT_ONCE: usize = 2;
/// The longest wait after failures, as a power of two in seconds.
const LONGEST_PAUSE: u32 = 6;
/// Loose refs that are looked at one by one; of more only the folders tell.
const MOST_FILES: usize = 5_000;

/// One repository that is watched.
struct Watched {
    project: ProjectRow,
    repository: Repository,
    /// How its refs looked when it was last synced.
    seen: Option<u64>,
    /// How they looked when a sync failed: then it is tried again after a pause, or once something has changed.
    failed: Option<u64>,
    failures: u32,
    not_before: Instant,
    next_look: Instant,
    running: Option<Running>,
}

struct Running {
    thread: JoinHandle<bool>,
    look: u64,
}

/// Watches all repositories of the site until `stopping`. One thread of the server does this.
pub fn run(site: &Arc<Site>, stopping: &AtomicBool) {
    let mut watched: HashMap<(String, i64), Watched> = HashMap::new();
    let mut asked: HashSet<String> = HashSet::new();
    let mut asked_all: Option<Instant> = None;
    while !stopping.load(Ordering::SeqCst) {
        if asked_all.is_none_or(|at| at.elapsed() >= ASK) {
            asked_all = Some(Instant::now());
            if let Err(error) = ask(site, &mut watched, &mut asked) {
                log::warn!("watching repositories: {error}");
            }
        }
        look(site, &mut watched);
        thread::sleep(LOOK);
    }
}

/// Learns which repositories there are. Of projects that nobody has open that is known already: whatever another process
/// changes wakes its followers here, and that opens it.
fn ask(site: &Arc<Site>, watched: &mut HashMap<(String, i64), Watched>, asked: &mut HashSet<String>) -> Result<()> {
    let rows = site.projects()?;
    watched.retain(|(project, _), one| one.running.is_some() || rows.iter().any(|row| row.id == *project));
    for row in rows {
        let open = site.opened(&row.id);
        if open.is_none() && asked.contains(&row.id) {
            continue;
        }
        let listed = open.map_or_else(|| site.project(&row), Ok).and_then(|project| project.read(repository::list));
        let Ok(repositories) = listed else { continue };
        asked.insert(row.id.clone());
        watched.retain(|(project, id), one| {
            one.running.is_some() || *project != row.id || repositories.iter().any(|repository| repository.id == *id)
        });
        for repository in repositories {
            let key = (row.id.clone(), repository.id);
            match watched.get_mut(&key) {
                Some(one) => {
                    one.project = row.clone();
                    one.repository = repository;
                }
                None => {
                    let one = Watched {
                        project: row.clone(),
                        repository,
                        seen: None,
                        failed: None,
                        failures: 0,
                        not_before: Instant::now(),
                        next_look: Instant::now(),
                        running: None,
                    };
                    watched.insert(key, one);
                }
            }
        }
    }
    Ok(())
}

fn look(site: &Arc<Site>, watched: &mut HashMap<(String, i64), Watched>) {
    let mut running = 0;
    for one in watched.values_mut() {
        end_if_done(one);
        running += usize::from(one.running.is_some());
    }
    for one in watched.values_mut() {
        if running >= AT_ONCE {
            return;
        }
        let begun = Instant::now();
        if one.running.is_some() || begun < one.next_look {
            continue;
        }
        let look = look_of(&one.repository);
        one.next_look = Instant::now() + begun.elapsed() * REST;
        let pauses = one.failed == Some(look) && begun < one.not_before;
        if one.seen == Some(look) || pauses {
            continue;
        }
        let (site, project, id) = (Arc::clone(site), one.project.clone(), one.repository.id);
        let thread = thread::spawn(move || {
            let synced = site.project(&project).and_then(|project| {
                sync(&site, &project, id, Wish { watching: true, ..Wish::default() }, &mut |_, _| {})
            });
            synced.map_err(|error| log::debug!("project {}: repository {id}: {error}", project.name)).is_ok()
        });
        one.running = Some(Running { thread, look });
        running += 1;
    }
}

fn end_if_done(one: &mut Watched) {
    let Some(running) = one.running.take_if(|running| running.thread.is_finished()) else { return };
    if running.thread.join().unwrap_or(false) {
        one.seen = Some(running.look);
        one.failed = None;
        one.failures = 0;
    } else {
        one.failed = Some(running.look);
        one.failures = (one.failures + 1).min(LONGEST_PAUSE);
        one.not_before = Instant::now() + Duration::from_secs(1 << one.failures);
    }
}

/// Everything that changes when a ref moves, or when it is said otherwise how its commits act.
fn look_of(repository: &Repository) -> u64 {
    let mut hasher = DefaultHasher::new();
    repository.acting_branches.hash(&mut hasher);
    repository.default_branch.hash(&mut hasher);
    repository.acts_as.name().hash(&mut hasher);
    (repository.baseline == Baseline::Stored).hash(&mut hasher);
    let directory = common_directory(&repository.path);
    add(&repository.path.join("HEAD"), &mut hasher);
    for file in ["HEAD", "packed-refs", "shallow", "reftable/tables.list"] {
        add(&directory.join(file), &mut hasher);
    }
    let mut folders = vec![directory.join("refs/heads"), directory.join("refs/tags")];
    let mut files = 0;
    while let Some(folder) = folders.pop() {
        add(&folder, &mut hasher);
        for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
            files += 1;
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => folders.push(entry.path()),
                Ok(_) if files < MOST_FILES => add(&entry.path(), &mut hasher),
                _ => {}
            }
        }
    }
    hasher.finish()
}

/// Where the refs lie: elsewhere for a second working folder of one repository.
fn common_directory(directory: &Path) -> PathBuf {
    match fs::read_to_string(directory.join("commondir")) {
        Ok(relative) => directory.join(relative.trim_end()),
        Err(_) => directory.to_owned(),
    }
}

fn add(path: &Path, hasher: &mut DefaultHasher) {
    path.hash(hasher);
    if let Ok(found) = fs::metadata(path) {
        (found.mtime(), found.mtime_nsec(), found.size(), found.ino()).hash(hasher);
    }
}
