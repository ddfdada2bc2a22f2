//! Random histories, pushed and synced in random orders and to two repositories: what counts how far is what git itself says
//! of the last state, and each step was taken once.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io::Write as _;
use std::process::Stdio;

use trackway::code::commit_refs::{self, Context, Verb};
use trackway::code::repository;
use trackway::code::sync::{Wish, sync};

use crate::support::TestSite;
use crate::support::repository::Repository;

const SEEDS: std::ops::Range<u64> = 1..5;
const MOVES: usize = 30;
const TICKETS: u64 = 5;

/// Refs with their commits at one moment.
type Refs = BTreeMap<String, String>;
/// Commit, ticket and strength.
type Strengths = BTreeSet<(String, i64, String)>;

#[test]
fn strengths_are_the_same_in_whatever_order_histories_come_in() {
    let (mut copies, mut arrivals) = (0, 0);
    for seed in SEEDS {
        println!("seed {seed}");
        let folder = tempfile::tempdir().unwrap();
        let mut random = Random(seed);
        let work = Repository::new(&folder.path().join("work"));
        let moments = history(&work, &mut random);
        let expected = by_git(&work, &moments);
        for play in 0..3 {
            let site = Site::new(&work, &folder.path().join(format!("play{play}")), &moments[0]);
            site.play(&moments, play, &mut random);
            let found = site.strengths();
            let (more, less): (Vec<_>, Vec<_>) =
                (found.difference(&expected).collect(), expected.difference(&found).collect());
            assert!(
                more.is_empty() && less.is_empty(),
                "seed {seed}, play {play}: only here {more:?}, missing {less:?}"
            );
            site.each_step_was_taken_once(&work);
            copies += site.rows("select sha, ticket, '' from changeset_ticket join changeset on id = twin").len();
            arrivals += site.rows("select '', ticket, '' from ticket_change where comment like '% is now on %'").len();
            site.test.command(&["check", "demo"]).expect(0);
        }
    }
    println!("{copies} steps were left to a twin, {arrivals} commits came further");
    assert!(copies > 0 && arrivals > 0, "these histories prove nothing of copies and merges");
}

/// Works in a folder at random, and tells how the refs were after each move. `main` and `release/1` only grow; whatever is
/// left behind by rewriting stays under a tag.
fn history(work: &Repository, random: &mut Random) -> Vec<Refs> {
    work.commit_file("base", "base\n", "Fixes #1, before anything was connected");
    work.git(&["branch", "release/1"]);
    let mut moments = vec![refs(work)];
    for number in 0..MOVES {
        step(work, random, number);
        moments.push(refs(work));
    }
    moments
}

fn step(work: &Repository, random: &mut Random, number: usize) {
    let branch = ["main", "release/1", "one", "two", "three"][random.below(5) as usize];
    if !work.git(&["branch", "--list", branch]).contains(branch) {
        work.git(&["branch", branch, "main"]);
    }
    work.git(&["checkout", "-q", branch]);
    let other = ["main", "one", "two", "three"][random.below(4) as usize];
    let other = if work.git(&["branch", "--list", other]).is_empty() { "main" } else { other };
    let grows_only = ["main", "release/1"].contains(&branch);
    match random.below(10) {
        0..=3 => {
            let message = message(random);
            let path = if random.below(3) == 0 { "shared".to_owned() } else { format!("file{number}") };
            work.commit_file(&path, format!("{number}\n"), &message);
        }
        4 => {
            let message = message(random);
            work.commit(&message);
        }
        5 => attempt(work, &["merge", "-q", "--no-ff", "-m", "Merge", other], "merge"),
        6 => attempt(work, &["merge", "-q", "-m", "Merge", other], "merge"),
        7 => attempt(work, &["cherry-pick", "--allow-empty", "--keep-redundant-commits", other], "cherry-pick"),
        8 => attempt(work, &["revert", "--no-edit", "HEAD"], "revert"),
        _ if grows_only => attempt(work, &["merge", "-q", "-m", "Merge", other], "merge"),
        _ => {
            work.git(&["tag", &format!("before-{number}")]);
            if random.below(2) == 0 {
                attempt(work, &["rebase", "-q", "main"], "rebase");
            } else {
                work.git(&["reset", "-q", "--hard", "main"]);
                work.commit_file(&format!("file{number}"), "again\n", &message(random));
            }
        }
    }
}

fn attempt(work: &Repository, arguments: &[&str], what: &str) {
    let done = work.command().args(arguments).stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap();
    if !done.success() {
        // What failed at once, before it began, has nothing to be given up.
        let _ = work.command().args([what, "--abort"]).stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap();
        work.git(&["reset", "-q", "--hard"]);
    }
}

fn message(random: &mut Random) -> String {
    let (one, two) = (random.below(TICKETS) + 1, random.below(TICKETS) + 1);
    match random.below(8) {
        0 => format!("Fixes #{one}"),
        1 => format!("Refs #{one}"),
        2 => format!("Closes #{one}, refs #{two}"),
        3 => format!("Reopens #{one}"),
        4 => format!("Speaks of #{one}"),
        5 => format!("fix #{one} and #{two}\n\nsee #{one}"),
        6 => "Says nothing".to_owned(),
        _ => format!("wip: fixes #{one}"),
    }
}

fn refs(work: &Repository) -> Refs {
    let listed = work.git(&["for-each-ref", "--format=%(refname) %(objectname)"]);
    let pairs = listed.lines().filter_map(|line| line.split_once(' '));
    pairs.map(|(name, sha)| (name.to_owned(), sha.to_owned())).collect()
}

/// What the rules say of the last state.
fn by_git(work: &Repository, moments: &[Refs]) -> Strengths {
    let reachable = |ends: Vec<&str>| -> BTreeSet<String> {
        let listed = work.git(&[vec!["rev-list"], ends].concat());
        listed.lines().map(str::to_owned).collect()
    };
    let dormant = reachable(moments[0].values().map(String::as_str).collect());
    let last = &moments[moments.len() - 1];
    let acting = reachable(vec![&last["refs/heads/main"], &last["refs/heads/release/1"]]);
    let mut strengths = Strengths::new();
    for sha in reachable(last.values().map(String::as_str).collect()) {
        let message = work.git(&["log", "-1", "--format=%B", &sha]);
        let reading = commit_refs::read(&message, &Context { project: Some("demo"), site_prefixes: &[] });
        for (ticket, asked) in reading.tickets {
            let strength = match asked.verb {
                _ if dormant.contains(&sha) => "none",
                Verb::Close | Verb::Reopen if !acting.contains(&sha) => "refer",
                verb => verb.name(),
            };
            strengths.insert((sha.clone(), ticket, strength.to_owned()));
        }
    }
    strengths
}

/// A site with two repositories that hold the same objects and show what they are told to.
struct Site {
    test: TestSite,
    repositories: [Repository; 2],
}

impl Site {
    fn new(work: &Repository, folder: &std::path::Path, first: &Refs) -> Self {
        let test = TestSite::new();
        test.user("kim").member();
        test.command(&["user", "email", "kim", "kim@example.org"]).expect(0);
        for number in 0..TICKETS {
            test.command(&["ticket", "new", "demo", "--summary", &format!("Ticket {number}")]).expect(0);
        }
        let repositories = ["first", "second"].map(|name| {
            let bare = Repository::bare(&folder.join(name));
            let objects = work.folder.join(".git/objects");
            std::fs::write(bare.folder.join("objects/info/alternates"), format!("{}\n", objects.display())).unwrap();
            show(&bare, first);
            let path = bare.folder.display().to_string();
            test.command(&["repo", "add", "demo", &path, "--name", name, "--acting-branches", "release/*"]).expect(0);
            bare
        });
        Self { test, repositories }
    }

    /// The first play is synced after every move and knows one repository alone; the others get pushes and syncs at random.
    fn play(&self, moments: &[Refs], play: usize, random: &mut Random) {
        for (at, moment) in moments.iter().enumerate() {
            let is_last = at + 1 == moments.len();
            for (which, repository) in self.repositories.iter().enumerate() {
                if is_last || (play == 0 && which == 0) || (play > 0 && random.below(3) == 0) {
                    show(repository, moment);
                }
            }
            if play == 0 || random.below(3) == 0 {
                self.sync(if random.below(2) == 0 { [1, 2] } else { [2, 1] });
            }
        }
        self.sync([2, 1]);
        self.sync([1, 2]);
    }

    fn sync(&self, order: [i64; 2]) {
        let demo = self.test.demo();
        assert_eq!(demo.read(repository::list).unwrap().len(), 2);
        for repository in order {
            sync(&self.test.site, &demo, repository, Wish::default(), &mut |_, _| {}).unwrap();
        }
    }

    fn strengths(&self) -> Strengths {
        self.rows("select sha, ticket, strength from changeset_ticket join changeset on id = changeset")
            .into_iter()
            .collect()
    }

    fn rows(&self, sql: &str) -> Vec<(String, i64, String)> {
        self.test
            .demo()
            .read(|db| {
                let mut statement = db.prepare(sql)?;
                let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
                Ok(rows.collect::<rusqlite::Result<_>>()?)
            })
            .unwrap()
    }

    /// A commit and its twins are told once on a ticket, and said once to have come further.
    fn each_step_was_taken_once(&self, work: &Repository) {
        let keys: HashMap<String, String> = self
            .rows("select sha, 0, references_key from changeset where references_key <> ''")
            .into_iter()
            .map(|(sha, _, key)| (sha.clone(), format!("{key} | {}", patch_id(work, &sha))))
            .collect();
        let mut told: HashMap<(String, i64), (usize, usize)> = HashMap::new();
        for (comment, ticket, _) in self.rows("select comment, ticket, '' from ticket_change where comment <> ''") {
            let sha = comment.split("(changeset:").nth(1).and_then(|rest| rest.split(')').next()).unwrap();
            let counts = told.entry((keys[sha].clone(), ticket)).or_default();
            if comment.starts_with("In [") {
                counts.0 += 1;
            } else {
                counts.1 += 1;
            }
        }
        let twice: Vec<_> = told.iter().filter(|(_, (told, arrived))| *told != 1 || *arrived > 1).collect();
        assert!(twice.is_empty(), "{twice:?}");
        let unfollowed = self.rows(
            "select sha, ticket, reason from changeset_ticket join changeset on id = changeset
             where strength in ('refer', 'close', 'reopen') and done = 'none' and twin is null",
        );
        assert!(unfollowed.is_empty(), "{unfollowed:?}");
        // What could close or reopen did it, or says why not.
        let unexplained = self.rows(
            "select sha, ticket, done from changeset_ticket join changeset on id = changeset
             where strength in ('close', 'reopen') and done <> strength and reason = '' and twin is null",
        );
        assert!(unexplained.is_empty(), "{unexplained:?}");
    }
}

/// As git works it out; a commit without one is like no other.
fn patch_id(work: &Repository, sha: &str) -> String {
    let patch = work.command().args(["show", sha]).output().unwrap().stdout;
    let mut child =
        work.command().args(["patch-id", "--stable"]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(&patch).unwrap();
    let output = child.wait_with_output().unwrap().stdout;
    let id = String::from_utf8_lossy(&output).split(' ').next().unwrap_or_default().to_owned();
    if id.is_empty() { sha.to_owned() } else { id }
}

/// Makes the refs of a repository these and no others.
fn show(bare: &Repository, moment: &Refs) {
    let mut commands = String::new();
    for name in refs(bare).keys().filter(|name| !moment.contains_key(*name)) {
        commands.push_str(&format!("delete {name}\n"));
    }
    for (name, sha) in moment {
        commands.push_str(&format!("update {name} {sha}\n"));
    }
    let mut child = bare.command().args(["update-ref", "--stdin"]).stdin(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(commands.as_bytes()).unwrap();
    assert!(child.wait().unwrap().success());
}

/// The same history in every run.
struct Random(u64);

impl Random {
    fn below(&mut self, most: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % most
    }
}
