//! Work that is more than a request may take (a request has 200 ms of a processor and 32 MiB): whoever asks for it is answered
//! at once, and sees how far it has come until it is there.
//!
//! 1. [`Jobs::ask`] looks whether the thing is there already. Things are named by what they are made of, so two who ask for
//!    one share one job, and what is there never goes stale.
//! 2. If not, the request itself tries, for as long as it may. Most of what is asked for is there after that.
//! 3. What takes longer waits in a line, for the one thread that works through it. A line has an end, work has a longest
//!    time, and what nobody asks for any longer is not begun.
//! 4. What comes of it is kept for a while, within bounds; a failure is kept for a moment, so that it can be told.
//!
//! Nothing here survives the process, and nothing needs to: it can all be made again. Who may see a thing is decided by who
//! asks for it, each time, before asking here.

use std::any::Any;
use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use super::error::{Error, Result};

/// What a request may spend on its own try; the rest of what it has goes into its page.
const TRY: Duration = Duration::from_millis(120);
/// No job takes longer.
const LONGEST: Duration = Duration::from_secs(60);
/// Jobs that wait.
const MOST_WAITING: usize = 64;
/// What nobody has asked for so long is not begun.
const WANTED_FOR: Duration = Duration::from_secs(120);
/// What is kept: bytes in memory, bytes on the disk, things, and for how long.
const MEMORY: u64 = 32 << 20;
const DISK: u64 = 1 << 30;
const MOST_KEPT: usize = 500;
const KEPT_FOR: Duration = Duration::from_secs(3_600);
/// So long a failure is told before it is tried again.
const FAILED_FOR: Duration = Duration::from_secs(20);

/// What a thing is made of: whatever has the same key is the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key(Vec<u8>);

impl Key {
    pub fn new(kind: &str, parts: &[&[u8]]) -> Self {
        let mut key = Vec::new();
        for part in std::iter::once(kind.as_bytes()).chain(parts.iter().copied()) {
            key.extend((part.len() as u64).to_le_bytes());
            key.extend(part);
        }
        Self(key)
    }
}

/// What was made, and how much of the bounds it takes.
pub struct Made<T> {
    pub thing: T,
    /// Bytes.
    pub memory: u64,
    pub disk: u64,
}

/// Where work says how far it has come, and hears that it is to end.
pub struct Progress {
    done: AtomicUsize,
    total: AtomicUsize,
    ended: AtomicBool,
    longest: Duration,
    begun: OnceLock<Instant>,
}

impl Progress {
    /// Of work that may take so long.
    pub fn within(longest: Duration) -> Self {
        Self {
            done: AtomicUsize::new(0),
            total: AtomicUsize::new(0),
            ended: AtomicBool::new(false),
            longest,
            begun: OnceLock::new(),
        }
    }

    /// So many of so many, in whatever the work counts.
    pub fn at(&self, done: usize, total: usize) {
        self.done.store(done, Ordering::Relaxed);
        self.total.store(total, Ordering::Relaxed);
    }

    /// Whether the time is over. Work asks often, and then leaves everything as it is.
    pub fn is_over(&self) -> bool {
        self.ended.load(Ordering::Relaxed) || self.begun.get_or_init(Instant::now).elapsed() >= self.longest
    }
}

/// What came of asking.
pub enum Asked<T> {
    Made(Arc<T>),
    Going(Standing),
    /// Too much is waiting already.
    Full,
}

/// How a job stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// Jobs that come before it; 0: it is being done.
    pub ahead: usize,
    pub done: usize,
    /// 0: not known yet.
    pub total: usize,
}

/// How many jobs there are.
#[derive(Debug, Clone, Copy, Default)]
pub struct Counts {
    /// In line or being done.
    pub going: usize,
    /// Failed, and remembered for whoever asked.
    pub failed: usize,
}

type Thing = Arc<dyn Any + Send + Sync>;
type Work = Box<dyn FnOnce(&Progress) -> Result<Option<Kept>> + Send>;

struct Kept {
    thing: Thing,
    memory: u64,
    disk: u64,
}

struct Going {
    key: Key,
    progress: Arc<Progress>,
    /// None: it has begun.
    work: Option<Work>,
    asked_at: Instant,
}

#[derive(Default)]
struct State {
    /// In their order; the first one is being done.
    going: VecDeque<Going>,
    /// The one longest unused first.
    kept: VecDeque<(Key, Instant, Kept)>,
    failed: VecDeque<(Key, Instant, Error)>,
    worker: Option<JoinHandle<()>>,
    is_working: bool,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    bell: Condvar,
    is_stopping: AtomicBool,
}

/// The jobs of a process.
pub struct Jobs {
    shared: Arc<Shared>,
    /// Milliseconds.
    to_try: AtomicU64,
}

impl Default for Jobs {
    fn default() -> Self {
        Self { shared: Arc::default(), to_try: AtomicU64::new(TRY.as_millis() as u64) }
    }
}

impl Drop for Jobs {
    fn drop(&mut self) {
        self.shared.stop();
    }
}

impl Jobs {
    /// Gives a thing, made by `work` in this request if that is quickly done, else by a job. `work` gives none if the time
    /// was over before it was done. The errors are those of `work`.
    pub fn ask<T: Any + Send + Sync>(
        &self,
        key: &Key,
        work: impl Fn(&Progress) -> Result<Option<Made<T>>> + Send + 'static,
    ) -> Result<Asked<T>> {
        match self.try_now(key, &work)? {
            Some(asked) => Ok(asked),
            None => Ok(self.line_up(key, work)),
        }
    }

    /// The same where the request has more at hand than a job can take along: `now` makes it from that.
    pub fn ask_from<T: Any + Send + Sync>(
        &self,
        key: &Key,
        now: impl FnOnce(&Progress) -> Result<Option<Made<T>>>,
        work: impl FnOnce(&Progress) -> Result<Option<Made<T>>> + Send + 'static,
    ) -> Result<Asked<T>> {
        match self.try_now(key, now)? {
            Some(asked) => Ok(asked),
            None => Ok(self.line_up(key, work)),
        }
    }

    fn try_now<T: Any + Send + Sync>(
        &self,
        key: &Key,
        work: impl FnOnce(&Progress) -> Result<Option<Made<T>>>,
    ) -> Result<Option<Asked<T>>> {
        if let Some(known) = self.known(key)? {
            return Ok(Some(known));
        }
        let own = Progress::within(Duration::from_millis(self.to_try.load(Ordering::Relaxed)));
        let made = if own.is_over() { None } else { work(&own)? };
        Ok(made.map(|made| {
            let thing = Arc::new(made.thing);
            let kept = Kept { thing: Arc::<T>::clone(&thing), memory: made.memory, disk: made.disk };
            self.shared.lock().keep(key.clone(), kept);
            Asked::Made(thing)
        }))
    }

    fn line_up<T: Any + Send + Sync>(
        &self,
        key: &Key,
        work: impl FnOnce(&Progress) -> Result<Option<Made<T>>> + Send + 'static,
    ) -> Asked<T> {
        let mut state = self.shared.lock();
        if let Some(standing) = state.standing(key) {
            return Asked::Going(standing);
        }
        state.drop_unwanted();
        if state.going.len() > MOST_WAITING || self.shared.is_stopping.load(Ordering::SeqCst) {
            return Asked::Full;
        }
        let ahead = state.going.len();
        state.going.push_back(Going {
            key: key.clone(),
            progress: Arc::new(Progress::within(LONGEST)),
            work: Some(Box::new(move |progress| {
                let made = work(progress)?;
                Ok(made.map(|made| Kept { thing: Arc::new(made.thing), memory: made.memory, disk: made.disk }))
            })),
            asked_at: Instant::now(),
        });
        if !state.is_working {
            let shared = Arc::clone(&self.shared);
            state.is_working = true;
            state.worker = Some(thread::spawn(move || shared.work()));
        }
        Asked::Going(Standing { ahead, done: 0, total: 0 })
    }

    fn known<T: Any + Send + Sync>(&self, key: &Key) -> Result<Option<Asked<T>>> {
        let mut state = self.shared.lock();
        if let Some(thing) = state.use_kept(key).and_then(|thing| thing.downcast().ok()) {
            return Ok(Some(Asked::Made(thing)));
        }
        state.failed.retain(|(_, at, _)| at.elapsed() < FAILED_FOR);
        if let Some((_, _, error)) = state.failed.iter().find(|(failed, _, _)| failed == key) {
            return Err(error.clone());
        }
        Ok(state.standing(key).map(Asked::Going))
    }

    /// How many there are at the moment.
    pub fn counts(&self) -> Counts {
        let state = self.shared.state.lock().unwrap_or_else(PoisonError::into_inner);
        Counts { going: state.going.len(), failed: state.failed.len() }
    }

    /// How long a request tries before it leaves a thing to a job; not at all with no time.
    pub fn try_for(&self, time: Duration) {
        self.to_try.store(time.as_millis() as u64, Ordering::Relaxed);
    }

    /// Waits until all jobs are done, at most so long. False: some are not.
    pub fn wait(&self, at_most: Duration) -> bool {
        let state = self.shared.lock();
        let waited = self.shared.bell.wait_timeout_while(state, at_most, |state| !state.going.is_empty());
        waited.unwrap_or_else(PoisonError::into_inner).0.going.is_empty()
    }

    /// Lets the one that runs end as soon as it looks up, and waits for that; the others are never begun.
    pub fn stop(&self) {
        self.shared.stop();
        let worker = self.shared.lock().worker.take();
        if let Some(worker) = worker {
            let _ = worker.join();
        }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn stop(&self) {
        self.is_stopping.store(true, Ordering::SeqCst);
        let mut state = self.lock();
        state.going.retain(|going| going.work.is_none());
        for going in &state.going {
            going.progress.ended.store(true, Ordering::Relaxed);
        }
    }

    /// Does all that waits, and ends.
    fn work(&self) {
        loop {
            let (key, progress, work) = {
                let mut state = self.lock();
                state.drop_unwanted();
                let Some(next) = state.going.front_mut() else {
                    state.is_working = false;
                    self.bell.notify_all();
                    return;
                };
                let Some(work) = next.work.take() else {
                    state.going.pop_front();
                    continue;
                };
                (next.key.clone(), Arc::clone(&next.progress), work)
            };
            let outcome = catch_unwind(AssertUnwindSafe(|| work(&progress)))
                .unwrap_or_else(|_| Err(Error::internal("a job panicked")));
            let mut state = self.lock();
            state.going.pop_front();
            match outcome {
                Ok(Some(kept)) => state.keep(key, kept),
                Ok(None) => {
                    let why = "This takes longer than a minute here, so it was given up.";
                    state.failed.push_back((key, Instant::now(), Error::conflict(why)));
                }
                Err(error) => {
                    if let Error::Internal { log, .. } = &error {
                        log::error!("a job: {log}");
                    }
                    state.failed.push_back((key, Instant::now(), error));
                }
            }
            self.bell.notify_all();
        }
    }
}

impl State {
    fn use_kept(&mut self, key: &Key) -> Option<Thing> {
        let at = self.kept.iter().position(|(kept, _, _)| kept == key)?;
        let kept = self.kept.remove(at)?;
        let thing = Arc::clone(&kept.2.thing);
        self.kept.push_back(kept);
        Some(thing)
    }

    fn keep(&mut self, key: Key, kept: Kept) {
        self.kept.retain(|(other, at, _)| *other != key && at.elapsed() < KEPT_FOR);
        self.kept.push_back((key, Instant::now(), kept));
        let sum = |kept: &VecDeque<(Key, Instant, Kept)>, bytes: fn(&Kept) -> u64| -> u64 {
            kept.iter().map(|(_, _, kept)| bytes(kept)).sum()
        };
        // The newest one stays, whatever it takes: somebody waits for it.
        while self.kept.len() > 1
            && (self.kept.len() > MOST_KEPT
                || sum(&self.kept, |kept| kept.memory) > MEMORY
                || sum(&self.kept, |kept| kept.disk) > DISK)
        {
            self.kept.pop_front();
        }
    }

    /// How it goes with a job; it is wanted.
    fn standing(&mut self, key: &Key) -> Option<Standing> {
        let at = self.going.iter().position(|going| going.key == *key)?;
        let going = self.going.get_mut(at)?;
        going.asked_at = Instant::now();
        Some(Standing {
            ahead: at,
            done: going.progress.done.load(Ordering::Relaxed),
            total: going.progress.total.load(Ordering::Relaxed),
        })
    }

    fn drop_unwanted(&mut self) {
        self.going.retain(|going| going.work.is_none() || going.asked_at.elapsed() < WANTED_FOR);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(made: u32) -> Result<Option<Made<u32>>> {
        Ok(Some(Made { thing: made, memory: 4, disk: 0 }))
    }

    fn asked<T>(asked: Result<Asked<T>>) -> Option<Arc<T>> {
        match asked.unwrap_or_else(|error| panic!("{error}")) {
            Asked::Made(thing) => Some(thing),
            Asked::Going(_) | Asked::Full => None,
        }
    }

    #[test]
    fn what_is_quickly_made_is_there_at_once_and_made_once() {
        let jobs = Jobs::default();
        let key = Key::new("number", &[b"a"]);

        assert_eq!(asked(jobs.ask(&key, |_| number(1))).as_deref(), Some(&1));
        assert_eq!(asked(jobs.ask(&key, |_| number(2))).as_deref(), Some(&1));
        assert_eq!(asked(jobs.ask(&Key::new("number", &[b"b"]), |_| number(2))).as_deref(), Some(&2));
    }

    #[test]
    fn what_takes_longer_is_made_by_one_job_for_all_who_ask() {
        let jobs = Jobs::default();
        jobs.try_for(Duration::ZERO);
        let times = Arc::new(AtomicUsize::new(0));
        let key = Key::new("number", &[b"a"]);
        let ask = || {
            let times = Arc::clone(&times);
            jobs.ask(&key, move |_| {
                times.fetch_add(1, Ordering::SeqCst);
                thread::sleep(Duration::from_millis(50));
                number(7)
            })
        };

        assert!(asked(ask()).is_none());
        assert!(asked(ask()).is_none());
        assert!(jobs.wait(Duration::from_secs(10)));
        assert_eq!(asked(ask()).as_deref(), Some(&7));
        assert_eq!(times.load(Ordering::SeqCst), 1);
    }

    #[test]
    fn a_failure_says_why_and_a_panic_harms_no_other_job() {
        let jobs = Jobs::default();
        jobs.try_for(Duration::ZERO);
        let (bad, worse, good) = (Key::new("n", &[b"1"]), Key::new("n", &[b"2"]), Key::new("n", &[b"3"]));

        assert!(asked::<u32>(jobs.ask(&bad, |_| Err(Error::conflict("It is damaged.")))).is_none());
        assert!(asked::<u32>(jobs.ask(&worse, |_| panic!("on purpose"))).is_none());
        assert!(asked(jobs.ask(&good, |_| number(3))).is_none());
        assert!(jobs.wait(Duration::from_secs(10)));

        let told = |key: &Key| jobs.ask(key, |_| number(9)).err().map(|error| error.to_string());
        assert_eq!(told(&bad).as_deref(), Some("It is damaged."));
        assert!(told(&worse).is_some());
        assert_eq!(asked(jobs.ask(&good, |_| number(9))).as_deref(), Some(&3));
    }

    #[test]
    fn stopping_ends_the_one_that_runs_and_begins_no_other() {
        let jobs = Jobs::default();
        jobs.try_for(Duration::ZERO);
        let begun = Arc::new(AtomicUsize::new(0));
        for name in [b"1", b"2"] {
            let begun = Arc::clone(&begun);
            let asked = jobs.ask::<u32>(&Key::new("n", &[name]), move |progress| {
                begun.fetch_add(1, Ordering::SeqCst);
                while !progress.is_over() {
                    thread::sleep(Duration::from_millis(5));
                }
                Ok(None)
            });
            assert!(asked.is_ok());
        }
        while begun.load(Ordering::SeqCst) == 0 {
            thread::sleep(Duration::from_millis(1));
        }

        jobs.stop();

        assert_eq!(begun.load(Ordering::SeqCst), 1);
        assert!(matches!(jobs.ask(&Key::new("n", &[b"3"]), |_| number(1)), Ok(Asked::Full)));
    }

    #[test]
    fn what_is_kept_has_bounds() {
        let jobs = Jobs::default();
        let ask = |name: &str, memory| {
            jobs.ask(&Key::new("n", &[name.as_bytes()]), move |_| Ok(Some(Made { thing: 1_u32, memory, disk: 0 })))
        };
        for name in ["a", "b", "c"] {
            assert!(asked(ask(name, MEMORY / 2)).is_some());
        }

        let names = jobs.shared.lock().kept.iter().map(|(key, _, _)| key.clone()).collect::<Vec<_>>();

        assert_eq!(names, [Key::new("n", &[b"b"]), Key::new("n", &[b"c"])]);
    }
}
