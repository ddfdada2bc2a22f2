//! News: what has happened this moment, for those who are looking just now (DESIGN 1.3, live pages).
//!
//! Unlike a follower it keeps nothing on disk: it begins with what happens after the server has started, and remembers a
//! few minutes of it for streams that broke off. Ids and names only, so that whoever listens has to ask again, with the
//! rights of this moment, before anything is told.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rocket::tokio::sync::broadcast;

use super::error::Result;
use super::event;
use super::project::Project;
use super::resource::Resource;

/// Notices that are remembered, and that a slow listener may lag behind.
const REMEMBERED: usize = 512;
/// From one project at once; more than that is "much has changed".
const AT_ONCE: usize = 200;

/// One live event, without anything that somebody wrote.
#[derive(Debug, Clone)]
pub struct Happening {
    /// `ticket.changed`
    pub kind: String,
    pub resource: Resource,
    /// What it hangs on: of a file, its page or ticket.
    pub parent: Option<Resource>,
    /// What else it is about: only who sees that as well may hear of it.
    pub with: Option<Resource>,
    pub part: String,
    pub acl: i64,
}

/// What one project tells at once.
#[derive(Debug, Clone)]
pub struct Notice {
    /// The id of the project, which never changes.
    pub project: String,
    pub stage: Stage,
    pub happenings: Arc<[Happening]>,
    /// When it was told.
    at: Instant,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// It has been committed.
    Happened,
    /// The followers have heard of it, too: a search finds it now.
    Followed,
    /// Too much for one notice: look at everything again.
    Much,
    /// Something was done to accounts or sessions, in no project: whoever listens may be nobody any more.
    Accounts,
}

/// The news of a site, in the process that runs its followers.
pub struct News {
    board: Mutex<Board>,
    sender: broadcast::Sender<Arc<Notice>>,
}

struct Board {
    /// By the id of the project: the newest event that has been told.
    positions: HashMap<String, i64>,
    recent: VecDeque<Arc<Notice>>,
    /// All that was told since then is in `recent`.
    complete_since: Instant,
}

/// What a new listener is given.
pub struct Subscription {
    pub receiver: broadcast::Receiver<Arc<Notice>>,
    /// What was told in the time that was asked for.
    pub missed: Vec<Arc<Notice>>,
    /// False if that time reaches further back than what is remembered.
    pub complete: bool,
}

impl Default for News {
    fn default() -> Self {
        let board = Board { positions: HashMap::new(), recent: VecDeque::new(), complete_since: Instant::now() };
        Self { board: Mutex::new(board), sender: broadcast::channel(REMEMBERED).0 }
    }
}

impl News {
    /// Listens from now on, and gives what was told in the time before.
    pub fn listen(&self, since: Duration) -> Subscription {
        let board = self.board();
        let receiver = self.sender.subscribe();
        let Some(begin) = Instant::now().checked_sub(since).filter(|begin| *begin >= board.complete_since) else {
            return Subscription { receiver, missed: Vec::new(), complete: false };
        };
        let missed = board.recent.iter().filter(|notice| notice.at >= begin).cloned().collect();
        Subscription { receiver, missed, complete: true }
    }

    /// How many are listening.
    pub fn listeners(&self) -> usize {
        self.sender.receiver_count()
    }

    /// Tells what has happened in a project since it was asked last; the first time there is nothing to tell.
    pub(super) fn tell(&self, project: &Project) -> Result<Arc<[Happening]>> {
        let position = self.board().positions.get(project.id()).copied();
        let (newest, happenings) = project.read(|db| {
            let newest = event::newest(db)?;
            let happenings = match position {
                Some(position) if position < newest => event::live_between(db, position, newest, AT_ONCE + 1)?,
                _ => Vec::new(),
            };
            Ok((newest, happenings))
        })?;
        self.board().positions.insert(project.id().to_owned(), newest);
        if happenings.len() > AT_ONCE {
            self.send(project, Stage::Much, Arc::from([]));
            return Ok(Arc::from([]));
        }
        let happenings: Arc<[Happening]> = happenings.into();
        if !happenings.is_empty() {
            self.send(project, Stage::Happened, Arc::clone(&happenings));
        }
        Ok(happenings)
    }

    /// Tells that the followers have dealt with these.
    pub(super) fn tell_followed(&self, project: &Project, happenings: Arc<[Happening]>) {
        if !happenings.is_empty() {
            self.send(project, Stage::Followed, happenings);
        }
    }

    /// Tells those who listen that they may be nobody any more. Who comes later is looked at when they come.
    pub(super) fn tell_of_accounts(&self) {
        let happenings = Arc::from([]);
        let notice = Notice { project: String::new(), stage: Stage::Accounts, happenings, at: Instant::now() };
        let _ = self.sender.send(Arc::new(notice));
    }

    fn send(&self, project: &Project, stage: Stage, happenings: Arc<[Happening]>) {
        let notice = Arc::new(Notice { project: project.id().to_owned(), stage, happenings, at: Instant::now() });
        let mut board = self.board();
        if board.recent.len() >= REMEMBERED
            && let Some(forgotten) = board.recent.pop_front()
        {
            board.complete_since = forgotten.at;
        }
        board.recent.push_back(Arc::clone(&notice));
        // Nobody may be listening.
        let _ = self.sender.send(notice);
    }

    fn board(&self) -> MutexGuard<'_, Board> {
        self.board.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
