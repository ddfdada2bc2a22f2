//! How commits come in: from the refs of a repository to rows of the project, and to deeds on its tickets (DESIGN 7).
//!
//! One sync at a time for each repository, whoever asks: the server's watching, a hook, a command. Whatever kills it, the
//! next one goes on: every step is one transaction that can be repeated, and the refs are written down last.

use std::collections::BTreeMap;
use std::fs::File;
use std::thread::sleep;
use std::time::Duration;

use git2::Oid;

use super::act::{self, Standing};
use super::actor::{Actor, Actors, nobody};
use super::commit_refs::{self, Context, Verb};
use super::git::{self, Git};
use super::heads::{self, Head, Heads};
use super::incoming::{self, Incoming};
use super::patch_id;
use super::repository::{self, ActsAs, Baseline, Repository};
use super::walk::{Step, walk, walk_from_all};
use crate::auth::accounts::Account;
use crate::base::error::{Error, Result};
use crate::base::event::Via;
use crate::base::link;
use crate::base::markup::{Flavour, Here, LinkTarget, Options, Role, compile};
use crate::base::project::{Act, Project};
use crate::base::resource::Resource;
use crate::base::site::{ProjectRow, Site};
use crate::base::time::Instant;
use crate::base::viewer::Viewer;
use crate::web::address::SiteAddress;
use crate::web::text::options;

/// Commits that can't act are stored so many at a time.
const BATCH: usize = 1_000;
/// Between batches, so that others write too.
const PAUSE: Duration = Duration::from_millis(5);
/// Larger messages are cut.
const LARGEST_MESSAGE: usize = 256 << 10;
/// Of the tickets that one commit names so many are kept, those of which it asks something first.
const MOST_TICKETS: usize = 1_000;
/// So many older commits with the same references are compared with one that comes in.
const MOST_TWINS: usize = 1_000;

const GAPS: &str = "Parts of the history can't be read (a shallow clone, or objects that are damaged or gone); what can be \
                    read is here.";

/// On whose behalf, and how.
#[derive(Debug, Clone, Copy, Default)]
pub struct Wish<'a> {
    /// Who pushed, as far as a hook says so.
    pub pusher: Option<&'a Account>,
    /// Nobody asked for it: where commits act for who pushes them, they wait for a hook that says who that was.
    pub watching: bool,
    /// Deeds are dated as the commits are, and nobody is told: for histories that are played back.
    pub dated: bool,
}

/// What has come in.
#[derive(Debug, Clone, Copy, Default)]
pub struct Synced {
    /// Commits that the repository was not known to have.
    pub stored: usize,
    /// Tickets that were touched, counted once for each commit.
    pub acted: usize,
}

/// Takes in whatever is new. `progress` hears how many commits of how many are done. What can't be read of a repository is
/// kept as its trouble, and is an error here.
pub fn sync(
    site: &Site,
    project: &Project,
    repository: i64,
    wish: Wish<'_>,
    progress: &mut dyn FnMut(usize, usize),
) -> Result<Synced> {
    let before = project.read(|db| repository::by_id(db, repository))?.ok_or_else(missing)?;
    if before.baseline != Baseline::Stored {
        sync_others(site, project, repository);
    }
    let _turn = wait_for_turn(project, repository)?;
    let row = site.row_of(project)?;
    let repository = project.read(|db| repository::by_id(db, repository))?.ok_or_else(missing)?;
    let outcome = Sync::new(site, project, &row, &repository, wish).and_then(|mut sync| sync.run(progress));
    let (outcome, trouble) = match outcome {
        Ok((synced, gaps)) => {
            let gaps = gaps.unwrap_or(repository.trouble == GAPS);
            (Ok(synced), if gaps { GAPS.to_owned() } else { String::new() })
        }
        Err(Error::Internal { fault, told, log }) => (Err(Error::Internal { fault, told: told.clone(), log }), told),
        Err(error) => (Err(error.clone()), error.to_string()),
    };
    project.db().write(|db| incoming::save_outcome(db, repository.id, &trouble))?;
    outcome
}

fn missing() -> Error {
    Error::not_found("There is no such repository.")
}

/// What was pushed elsewhere before a repository with the same commits was connected still acts.
fn sync_others(site: &Site, project: &Project, but: i64) {
    let others = project.read(repository::list).unwrap_or_default();
    for other in others.iter().filter(|other| other.id != but && other.baseline == Baseline::Stored) {
        if let Err(error) = sync(site, project, other.id, Wish { watching: true, ..Wish::default() }, &mut |_, _| {}) {
            log::info!("repository {}: {error}", other.name);
        }
    }
}

/// Held until it is dropped, or the process ends.
fn wait_for_turn(project: &Project, repository: i64) -> Result<File> {
    let path = project.dir().join(format!("sync-{repository}.lock"));
    let file = File::options().create(true).truncate(false).write(true).open(path)?;
    file.lock()?;
    Ok(file)
}

struct Sync<'a> {
    site: &'a Site,
    project: &'a Project,
    repository: &'a Repository,
    wish: Wish<'a>,
    git: Git,
    actors: Actors<'a>,
    options: Options,
    project_name: &'a str,
    prefixes: Vec<String>,
    /// Whether parts of the history could not be read; none: nothing was walked over.
    gaps: Option<bool>,
}

impl<'a> Sync<'a> {
    fn new(
        site: &'a Site,
        project: &'a Project,
        row: &'a ProjectRow,
        repository: &'a Repository,
        wish: Wish<'a>,
    ) -> Result<Self> {
        let address = SiteAddress::of(site)?;
        Ok(Self {
            site,
            project,
            repository,
            wish,
            git: git::open(repository)?,
            actors: Actors::new(site, project, row, repository, wish.pusher),
            options: options(site, project)?,
            project_name: &row.name,
            prefixes: vec![address.absolute(&address.base)],
            gaps: None,
        })
    }

    /// What came in, and whether something could not be read, if anything was.
    fn run(&mut self, progress: &mut dyn FnMut(usize, usize)) -> Result<(Synced, Option<bool>)> {
        let mut synced = Synced::default();
        let mut acting_before = self.repository.acting_heads.clone();
        if self.repository.baseline != Baseline::Stored {
            let ends = self.baseline()?;
            synced.stored += self.store_baseline(&ends, progress)?;
            acting_before = joined(&ends);
        }
        if self.wish.watching && self.repository.acts_as == ActsAs::Pusher {
            return Ok((synced, self.gaps));
        }
        let now = heads::read(&self.git, self.repository).map_err(|error| self.unreadable(&error))?;
        let before = self.project.read(|db| incoming::refs(db, self.repository.id))?;
        let acting_now = now.acting();
        if acting_now != acting_before {
            synced.acted += self.raise(&now, &acting_before)?;
        }
        if !same(&before, &now.refs) {
            let come = self.take_in(&now, &before, progress)?;
            synced.stored += come.stored;
            synced.acted += come.acted;
        }
        if self.repository.trouble == GAPS {
            synced.stored += self.fill_gaps(&now)?;
        }
        if acting_now != acting_before || !same(&before, &now.refs) {
            self.project.db().write(|db| {
                incoming::save_refs(db, self.repository.id, &now.refs)?;
                incoming::save_acting_heads(db, self.repository.id, &acting_now)
            })?;
        }
        Ok((synced, self.gaps))
    }

    /// The ends of what was there when the repository was connected: written down before anything else.
    fn baseline(&self) -> Result<Vec<Oid>> {
        if self.repository.baseline == Baseline::None {
            let refs = heads::refs(&self.git).map_err(|error| self.unreadable(&error))?;
            let default = heads::head_branch(&self.git).unwrap_or_default();
            self.project.db().write(|db| {
                incoming::save_refs(db, self.repository.id, &refs)?;
                db.execute(
                    "update repository set baseline = 'noted', default_branch = ?2 where id = ?1",
                    (self.repository.id, default),
                )?;
                Ok(())
            })?;
        }
        let noted = self.project.read(|db| incoming::refs(db, self.repository.id))?;
        let mut ends: Vec<Oid> = noted.values().filter_map(|sha| Oid::from_str(sha).ok()).collect();
        ends.sort();
        ends.dedup();
        Ok(ends)
    }

    fn store_baseline(&mut self, ends: &[Oid], progress: &mut dyn FnMut(usize, usize)) -> Result<usize> {
        let walk = walk_from_all(&self.git, ends);
        self.found_gaps(walk.gaps);
        let viewer = nobody();
        let mut stored = 0;
        for (at, steps) in walk.steps.chunks(BATCH).enumerate() {
            progress(at * BATCH, walk.steps.len());
            let commits: Vec<Incoming> =
                self.unknown(steps)?.iter().filter_map(|step| self.read(step.commit)).collect();
            self.store_batch(&viewer, &commits, true)?;
            stored += commits.len();
        }
        progress(walk.steps.len(), walk.steps.len());
        self.project.db().write(|db| {
            incoming::save_acting_heads(db, self.repository.id, &joined(ends))?;
            incoming::save_baseline(db, self.repository.id, "stored")
        })?;
        Ok(stored)
    }

    /// What could not be read before and can be now, as after `git fetch --unshallow`, which moves no ref. All of it is older
    /// than what is known, so none of it acts.
    fn fill_gaps(&mut self, now: &Heads) -> Result<usize> {
        let ends: Vec<Oid> = now.heads.iter().map(|head| head.commit).collect();
        let walk = walk_from_all(&self.git, &ends);
        self.gaps = Some(walk.gaps || self.git.is_shallow());
        let viewer = nobody();
        let mut stored = 0;
        for steps in walk.steps.chunks(BATCH) {
            let commits: Vec<Incoming> =
                self.unknown(steps)?.iter().filter_map(|step| self.read(step.commit)).collect();
            self.store_batch(&viewer, &commits, true)?;
            stored += commits.len();
        }
        for sha in self.project.read(|db| incoming::without_parents(db, self.repository.id))? {
            let commit = Oid::from_str(&sha).and_then(|oid| self.git.find_commit(oid));
            let Ok(parents) = commit.map(|commit| parents_of(&commit)) else { continue };
            if !parents.is_empty() {
                self.project.db().write(|db| incoming::save_parents(db, &sha, &parents))?;
            }
        }
        Ok(stored)
    }

    /// Commits that were known and have come to a branch that acts.
    fn raise(&mut self, now: &Heads, acting_before: &str) -> Result<usize> {
        let waiting = self.project.read(|db| incoming::waiting(db, self.repository.id))?;
        if waiting.is_empty() {
            return Ok(0);
        }
        let acting: Vec<Head> = now.heads.iter().filter(|head| head.acts).cloned().collect();
        let known: Vec<Oid> = acting_before.split(' ').filter_map(|sha| Oid::from_str(sha).ok()).collect();
        let walk = walk(&self.git, &acting, known);
        self.found_gaps(walk.gaps);
        let mut acted = 0;
        for step in walk.steps {
            let sha = step.commit.to_string();
            if !waiting.contains(&sha) {
                continue;
            }
            let Some(commit) = self.project.read(|db| incoming::stored(db, &sha))? else { continue };
            self.find_twins(&commit.key);
            let standing = Standing { sha: &sha, commit: &commit, branch: &acting[step.head].name, acts: true };
            let actor = self.actors.of(&commit.author_email, &commit.committer_email)?;
            self.warm(&actor, &[act::arrived(&sha, standing.branch, None)]);
            acted +=
                self.write(&actor, commit.committed_at, |site, tx, actor| act::rise(site, tx, &standing, actor))?;
        }
        Ok(acted)
    }

    /// Commits that were not known.
    fn take_in(
        &mut self,
        now: &Heads,
        before: &BTreeMap<String, String>,
        progress: &mut dyn FnMut(usize, usize),
    ) -> Result<Synced> {
        let known: Vec<Oid> = before.values().filter_map(|sha| Oid::from_str(sha).ok()).collect();
        let walk = walk(&self.git, &now.heads, known);
        self.found_gaps(walk.gaps);
        let viewer = nobody();
        let mut synced = Synced::default();
        for (at, steps) in walk.steps.chunks(BATCH).enumerate() {
            progress(at * BATCH, walk.steps.len());
            let mut quiet: Vec<Incoming> = Vec::new();
            for step in self.unknown(steps)? {
                let Some(commit) = self.read(step.commit) else { continue };
                synced.stored += 1;
                if commit.key.is_empty() {
                    quiet.push(commit);
                    continue;
                }
                self.store_batch(&viewer, &quiet, false)?;
                quiet.clear();
                synced.acted += self.store_acting(commit, &now.heads[step.head])?;
            }
            self.store_batch(&viewer, &quiet, false)?;
        }
        progress(walk.steps.len(), walk.steps.len());
        Ok(synced)
    }

    fn unknown(&self, steps: &[Step]) -> Result<Vec<Step>> {
        let shas: Vec<String> = steps.iter().map(|step| step.commit.to_string()).collect();
        let known = self.project.read(|db| incoming::known(db, self.repository.id, &shas))?;
        Ok(steps.iter().zip(shas).filter(|(_, sha)| !known.contains(sha)).map(|(step, _)| *step).collect())
    }

    fn store_batch(&self, viewer: &Viewer, commits: &[Incoming], baseline: bool) -> Result<()> {
        if commits.is_empty() {
            return Ok(());
        }
        self.project.write(Act::new(viewer, Via::Commit), |tx| {
            commits.iter().try_for_each(|commit| incoming::store(tx, self.repository.id, commit, baseline).map(|_| ()))
        })?;
        sleep(PAUSE);
        Ok(())
    }

    /// One transaction: the commit, and all that it does.
    fn store_acting(&mut self, mut commit: Incoming, head: &Head) -> Result<usize> {
        let actor = self.actors.of(&commit.author_email, &commit.committer_email)?;
        self.find_twins(&commit.key);
        commit.patch_id = self.patch_id(&commit.sha);
        self.warm(&actor, &[act::told(&commit.sha, &head.name, &commit.message)]);
        let repository = self.repository.id;
        self.write(&actor, commit.committed_at, |site, tx, actor| {
            incoming::store(tx, repository, &commit, false)?;
            let stored = incoming::stored(tx, &commit.sha)?;
            let stored = stored.ok_or_else(|| Error::internal("the commit is not there"))?;
            let standing = Standing { sha: &commit.sha, commit: &stored, branch: &head.name, acts: head.acts };
            act::rise(site, tx, &standing, actor)
        })
    }

    fn write<T>(
        &self,
        actor: &Actor,
        committed_at: Instant,
        act: impl FnOnce(&Site, &crate::base::project::Tx<'_>, &Actor) -> Result<T>,
    ) -> Result<T> {
        let nobody = nobody();
        let by = Act::new(actor.as_ref().map_or(&nobody, |viewer| viewer), Via::Commit);
        let by = if self.wish.dated { by.at(committed_at.min(Instant::now())) } else { by };
        self.project.write(by, |tx| act(self.site, tx, actor))
    }

    /// Reads the texts of deeds before the writer is taken, so that their links are at hand within.
    fn warm(&self, actor: &Actor, texts: &[String]) {
        if actor.is_err() {
            return;
        }
        for text in texts {
            let compiled = self.project.cache().compiled(text, Flavour::Note, self.site.vocabulary(), &self.options);
            if let Err(error) = compiled {
                log::info!("a text of a commit: {error}");
            }
        }
    }

    /// Works out what older commits change that ask for the same, so that a twin is known when it comes.
    fn find_twins(&self, key: &str) {
        let found = self.project.read(|db| incoming::without_patch_id(db, key, MOST_TWINS));
        for sha in found.unwrap_or_default() {
            if let Some(patch_id) = self.patch_id(&sha)
                && let Err(error) = self.project.db().write(|db| incoming::save_patch_id(db, &sha, &patch_id))
            {
                log::warn!("repository {}: {error}", self.repository.name);
            }
        }
    }

    /// None if no repository of the project has it.
    fn patch_id(&self, sha: &str) -> Option<String> {
        let oid = Oid::from_str(sha).ok()?;
        patch_id::of(&self.git, oid).ok().or_else(|| {
            let others = self.project.read(repository::list).unwrap_or_default();
            let mut others = others.iter().filter(|other| other.id != self.repository.id);
            others.find_map(|other| patch_id::of(&*git::open(other).ok()?, oid).ok())
        })
    }

    /// None if it can't be read.
    fn read(&mut self, oid: Oid) -> Option<Incoming> {
        let unreadable = |error: git2::Error| Error::internal(error.to_string());
        let read = read_commit(&self.git, oid).map_err(unreadable).and_then(|mut commit| {
            commit.author = self.actors.account_of(&commit.author_email)?;
            self.understand(&mut commit)?;
            Ok(commit)
        });
        read.map_err(|error| {
            log::warn!("repository {}: commit {oid}: {error}", self.repository.name);
            self.found_gaps(true);
        })
        .ok()
    }

    /// What it asks for, and what its message links to.
    fn understand(&self, commit: &mut Incoming) -> Result<()> {
        let context = Context { project: Some(self.project_name), site_prefixes: &self.prefixes };
        let mut reading = commit_refs::read(&commit.message, &context);
        if reading.tickets.len() > MOST_TICKETS {
            let mut named: Vec<_> = reading.tickets.into_iter().collect();
            named.sort_by_key(|(ticket, asked)| (asked.verb == Verb::Mention, *ticket));
            reading.tickets = named.into_iter().take(MOST_TICKETS).collect();
        }
        commit.key = reading.key();
        let compiled = compile(&commit.message, Flavour::Note, self.site.vocabulary(), &self.options)?;
        let here = Here { resource: Resource::new("changeset", 0), name: commit.sha.clone() };
        commit.links = link::of(&compiled, self.site.vocabulary(), &here);
        commit.links.extend(reading.tickets.iter().map(|(ticket, asked)| {
            let role = match asked.verb {
                Verb::Mention => Role::Mention,
                Verb::Refer => Role::Refer,
                Verb::Close => Role::Close,
                Verb::Reopen => Role::Reopen,
            };
            (LinkTarget::new("ticket", ticket.to_string()), role)
        }));
        commit.asked = reading.tickets;
        Ok(())
    }

    /// The end of a shallow copy is one as well, though git's library takes it for the beginning.
    fn found_gaps(&mut self, gaps: bool) {
        self.gaps = Some(gaps || self.git.is_shallow() || self.gaps.unwrap_or(false));
    }

    fn unreadable(&self, error: &git2::Error) -> Error {
        log::warn!("repository {}: {error}", self.repository.name);
        Error::conflict(format!("The branches of the repository {} can't be read.", self.repository.name))
    }
}

/// A commit as git has it; who it is and what it asks is not worked out yet.
fn read_commit(git: &git2::Repository, oid: Oid) -> std::result::Result<Incoming, git2::Error> {
    let commit = git.find_commit(oid)?;
    let (author, committer) = (commit.author(), commit.committer());
    let mut message = git::message(&commit);
    if message.len() > LARGEST_MESSAGE {
        let mut end = LARGEST_MESSAGE;
        while !message.is_char_boundary(end) {
            end -= 1;
        }
        message.truncate(end);
    }
    Ok(Incoming {
        sha: oid.to_string(),
        parents: parents_of(&commit),
        author_name: git::one_line(author.name_bytes()),
        author_email: git::one_line(author.email_bytes()),
        authored_at: git::instant(author.when()),
        committer_name: git::one_line(committer.name_bytes()),
        committer_email: git::one_line(committer.email_bytes()),
        committed_at: git::instant(committer.when()),
        author: None,
        message,
        asked: BTreeMap::new(),
        key: String::new(),
        patch_id: None,
        links: Vec::new(),
    })
}

fn parents_of(commit: &git2::Commit<'_>) -> String {
    commit.parent_ids().map(|parent| parent.to_string()).collect::<Vec<_>>().join(" ")
}

fn same(before: &BTreeMap<String, String>, now: &BTreeMap<String, Oid>) -> bool {
    before.len() == now.len()
        && before.iter().zip(now).all(|((name, sha), (name_now, oid))| name == name_now && *sha == oid.to_string())
}

fn joined(ends: &[Oid]) -> String {
    ends.iter().map(Oid::to_string).collect::<Vec<_>>().join(" ")
}
