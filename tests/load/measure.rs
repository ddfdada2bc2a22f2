//! Asks a server for every kind of page, and prints what each costs beside what it may cost.
//!
//! The bounds are of the server's processor time for one request over one kept connection, when everything has been asked for
//! before; it is what the system accounts to the process. It works on a copy, so that each run finds the same.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde_json::json;
use trackway::app::COMPONENTS;
use trackway::auth::{accounts, sessions};
use trackway::base::site::Site;
use trackway::web::address;

use crate::client::Client;
use crate::generate::{DATA, REPOSITORY};
use crate::server::{self, Server};
use crate::size;
use crate::texts;

/// Processor time that is spent on a page before its share is worked out, and the requests that are made at most.
const ENOUGH_SECONDS: f64 = 0.5;
const MOST_REQUESTS: usize = 10_000;
/// Different pages of one kind that are asked for in turn.
const DIFFERENT: u64 = 20;
const COPY: &str = "measured";
const WARM_PAGE: &str = "/main/wiki/WikiStart";

pub struct Options {
    /// Only what has this word in its name.
    only: String,
    json: bool,
    rounds: usize,
    /// Who asks: a login, or nobody.
    login: Option<String>,
}

impl Options {
    /// None if a word is not understood.
    pub fn read(words: &[&str]) -> Option<Self> {
        let mut options = Self { only: String::new(), json: false, rounds: 1, login: Some("kim".to_owned()) };
        let mut words = words.iter();
        while let Some(word) = words.next() {
            match *word {
                "--json" => options.json = true,
                "--anonymous" => options.login = None,
                "--only" => options.only = (*words.next()?).to_owned(),
                "--rounds" => options.rounds = words.next()?.parse().ok()?,
                _ => return None,
            }
        }
        Some(options)
    }

    fn wants(&self, name: &str) -> bool {
        name.contains(&self.only)
    }
}

/// A kind of page.
struct Kind {
    name: &'static str,
    paths: Vec<String>,
    /// How many times as much as the bare answer it may cost, and how many milliseconds.
    bound: Option<(f64, f64)>,
}

fn kinds(repository: &Path) -> Vec<Kind> {
    let kind = |name, bound, paths| Kind { name, paths, bound };
    let one = |path: &str| vec![format!("/main{path}")];
    let many = |path: &dyn Fn(u64) -> String| (0..DIFFERENT).map(|number| format!("/main{}", path(number))).collect();
    let page = |number: u64| address::path(&texts::page_name(number * 7));
    let commits = commits(repository);
    vec![
        kind("health", Some((1.0, 0.1)), vec!["/-/health".to_owned()]),
        kind("wiki page with 20 links", Some((25.0, 0.4)), many(&|number| format!("/wiki/{}", page(number)))),
        kind("ticket, 5 comments", Some((30.0, 0.5)), many(&|number| format!("/ticket/{}", 100 + number * 31))),
        kind(
            "list of 100 tickets",
            Some((120.0, 1.8)),
            one(
                "/query?status=!closed&max=100&col=id&col=summary&col=status&col=owner&col=type&col=priority&col=milestone",
            ),
        ),
        kind("list of 100, all", None, one("/query?id=!0&max=100&order=changetime&desc=1")),
        kind(
            "search, common word, excerpts",
            Some((120.0, 2.0)),
            (0..DIFFERENT).map(|rank| format!("/main/search?q={}", texts::word_of_rank(45 + rank as usize))).collect(),
        ),
        kind("timeline, 100 events", Some((100.0, 1.5)), one("/timeline?from=2026-11-20&daysback=30")),
        kind("roadmap of 10 milestones", Some((40.0, 0.6)), one("/roadmap")),
        kind("milestone", None, many(&|number| format!("/milestone/{}", size::milestone(5 + number % 10)))),
        kind(
            "list grouped by component",
            Some((150.0, 10.0)),
            one("/query?status=!closed&group=component&max=100&order=priority"),
        ),
        kind(
            "board of 100 cards",
            Some((150.0, 10.0)),
            many(&|number| format!("/board?milestone={}&status=!closed", size::milestone(5 + number % 10))),
        ),
        kind(
            "burn-down of a milestone",
            Some((200.0, 14.0)),
            many(&|number| format!("/chart?chart=burndown&milestone={}", size::milestone(5 + number % 10))),
        ),
        kind("opened against closed, all", None, one("/chart?chart=opened")),
        kind("calendar", None, one("/calendar?month=2027-03")),
        kind("at a glance", Some((150.0, 10.0)), one("/home")),
        kind("new ticket form", None, one("/newticket")),
        kind("wiki edit form", None, many(&|number| format!("/wiki/{}?action=edit", page(number)))),
        kind("wiki history", None, many(&|number| format!("/wiki/{}?action=history", page(number)))),
        kind("ticket, JSON", None, many(&|number| format!("/ticket/{}?format=json", 100 + number * 31))),
        kind("wiki page of 100 KiB", Some((150.0, 10.0)), one(&format!("/wiki/{}", address::path(texts::LONG_PAGE)))),
        kind("index of pages", Some((100.0, 7.0)), one("/wiki?action=index")),
        kind("index of pages, further on", Some((100.0, 7.0)), one("/wiki?action=index&page=3")),
        kind("tree of pages", Some((100.0, 7.0)), one("/wiki-tree")),
        kind("open discussions", Some((100.0, 7.0)), one("/discussions")),
        kind("start page", None, one("/wiki/WikiStart")),
        kind("tree", Some((60.0, 1.0)), one("/browser")),
        kind("tree of a folder", None, one("/browser/src/core")),
        kind("changeset", Some((120.0, 2.0)), commits.iter().map(|sha| format!("/main/changeset/{sha}")).collect()),
        kind("log", None, one("/log")),
    ]
}

/// Ids of some commits of the default branch.
fn commits(repository: &Path) -> Vec<String> {
    let listed = std::process::Command::new("git")
        .args(["log", "--format=%H", "--no-merges", "-n", "2000", "main"])
        .current_dir(repository)
        .output()
        .unwrap();
    String::from_utf8_lossy(&listed.stdout).lines().step_by(100).map(str::to_owned).collect()
}

/// One line of the table.
struct Figure {
    name: String,
    cpu: Option<f64>,
    median: f64,
    slowest: f64,
    bytes: usize,
    bound: Option<(f64, f64)>,
}

pub fn run(folder: &Path, options: &Options) {
    let copy = folder.join(COPY);
    let _ = std::fs::remove_dir_all(&copy);
    let copied = std::process::Command::new("cp").arg("-a").arg(folder.join(DATA)).arg(&copy).status().unwrap();
    assert!(copied.success());
    for _ in 0..options.rounds {
        round(folder, &copy, options);
    }
    std::fs::remove_dir_all(&copy).unwrap();
}

fn round(folder: &Path, copy: &Path, options: &Options) {
    let session = options.login.as_deref().map_or_else(String::new, |login| session(copy, login));
    let repository = folder.join(REPOSITORY).canonicalize().unwrap();
    connect(copy, &repository);
    let (server, first_answer) = Server::start(copy, WARM_PAGE);
    server.wait_until_idle();
    let mut client = Client::connect(server.address, &session).unwrap();
    let mut figures: Vec<Figure> = kinds(&repository)
        .iter()
        .filter(|kind| kind.name == "health" || options.wants(kind.name))
        .filter_map(|kind| ask(&server, &mut client, kind))
        .collect();
    let memory = server.own_memory();
    let fsync = fsync(copy);
    if options.wants("first preview of 100 KiB") && !session.is_empty() {
        figures.push(preview(&server, &mut client));
    }
    if options.wants("create a ticket") && !session.is_empty() {
        figures.push(create(&mut client, fsync));
    }
    drop(server);
    for (name, arguments) in [
        ("query command", &["query", "main", "status=new&component=server&max=100"][..]),
        ("search command", &["search", "main", texts::word_of_rank(50), "--limit", "10"][..]),
    ] {
        if options.wants(name) {
            figures.push(command(copy, name, arguments));
        }
    }
    if options.wants("first sync") {
        figures.extend(first_sync(&folder.join("synced"), &repository));
    }
    let single = [
        ("memory of its own after the run, MB", memory, 100.0),
        ("start to the first page, s", first_answer.as_secs_f64(), 0.3),
        ("fsync of this disk, ms", fsync, f64::INFINITY),
    ];
    if options.json { print_json(&figures, &single) } else { print_table(&figures, &single, options) }
}

/// Begins a session without a password.
fn session(data: &Path, login: &str) -> String {
    let site = Site::open(data, COMPONENTS).unwrap();
    let account = site.read(|db| accounts::load(db, login)).unwrap();
    site.db().write(|db| sessions::begin(db, account.id, "load")).unwrap()
}

/// Connects the repository if it is not yet; what can't be done shows in the figures that are missing.
fn connect(data: &Path, repository: &Path) {
    let path = repository.to_string_lossy();
    server::run(data, &["repo", "add", "main", &path]);
    server::run(data, &["repo", "sync", "main"]);
}

/// None if there is no such page.
fn ask(server: &Server, client: &mut Client, kind: &Kind) -> Option<Figure> {
    let mut bytes = 0;
    for path in kind.paths.iter().chain(&kind.paths) {
        let reply = client.get(path).unwrap();
        if reply.status != 200 {
            eprintln!("{}: {path} answers {}", kind.name, reply.status);
            return None;
        }
        bytes = reply.body.len();
    }
    let mut times = Vec::new();
    let before = server.cpu();
    let used = loop {
        for path in &kind.paths {
            times.push(client.get(path).unwrap().took);
        }
        let used = server.cpu() - before;
        if used >= ENOUGH_SECONDS || times.len() >= MOST_REQUESTS {
            break used;
        }
    };
    let cpu = used * 1000.0 / times.len() as f64;
    let (median, slowest) = percentiles(&mut times);
    Some(Figure { name: kind.name.to_owned(), cpu: Some(cpu), median, slowest, bytes, bound: kind.bound })
}

/// The median and what one in a hundred exceeds, in milliseconds.
pub fn percentiles(times: &mut [Duration]) -> (f64, f64) {
    times.sort_unstable();
    let at = |share: usize| times[(times.len() - 1) * share / 100].as_secs_f64() * 1000.0;
    (at(50), at(99))
}

/// What the forms of that page carry.
fn token(client: &mut Client, path: &str) -> String {
    let form = client.get(path).unwrap();
    let page = String::from_utf8_lossy(&form.body).into_owned();
    page.split("name=\"__FORM_TOKEN\" value=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap().to_owned()
}

/// The preview of a long text that differs each time, as while somebody writes.
fn preview(server: &Server, client: &mut Client) -> Figure {
    let path = format!("/main/wiki/{}", address::path(texts::LONG_PAGE));
    let token = token(client, &format!("{path}?action=edit"));
    let text = address::segment(&texts::long_page(&size::SIZES[0]));
    let mut bytes = 0;
    let mut times = Vec::new();
    let before = server.cpu();
    for number in 0..40 {
        let form = format!("__FORM_TOKEN={}&text={number}%20{text}", address::segment(&token));
        let reply = client.post(&format!("{path}?action=preview"), &form).unwrap();
        assert_eq!(reply.status, 200, "{}", String::from_utf8_lossy(&reply.body));
        bytes = reply.body.len();
        times.push(reply.took);
    }
    let cpu = (server.cpu() - before) * 1000.0 / times.len() as f64;
    let (median, slowest) = percentiles(&mut times);
    let name = "first preview of 100 KiB".to_owned();
    Figure { name, cpu: Some(cpu), median, slowest, bytes, bound: Some((f64::INFINITY, 20.0)) }
}

fn create(client: &mut Client, fsync: f64) -> Figure {
    let token = token(client, "/main/newticket");
    let mut times = Vec::new();
    for number in 0..200 {
        let description = address::segment(&texts::description(&size::SIZES[0], number + 1));
        let summary = address::segment(&texts::summary(number + 1));
        let form = format!(
            "__FORM_TOKEN={}&field_summary={summary}&field_description={description}&field_type=defect&submit=Create",
            address::segment(&token)
        );
        let reply = client.post("/main/newticket", &form).unwrap();
        assert_eq!(reply.status, 303, "{}", String::from_utf8_lossy(&reply.body));
        times.push(reply.took);
    }
    let (median, slowest) = percentiles(&mut times);
    let bound = Some((f64::INFINITY, 2.0 * fsync + 5.0));
    Figure { name: "create a ticket (p50)".to_owned(), cpu: None, median, slowest, bytes: 0, bound }
}

/// The median of writing a page to the end of a file and waiting for the disk, in milliseconds.
fn fsync(folder: &Path) -> f64 {
    let path = folder.join("fsync");
    let mut file = File::create(&path).unwrap();
    let mut times: Vec<Duration> = (0..200)
        .map(|_| {
            let begun = Instant::now();
            file.write_all(&[7; 4096]).unwrap();
            file.sync_data().unwrap();
            begun.elapsed()
        })
        .collect();
    std::fs::remove_file(path).unwrap();
    percentiles(&mut times).0
}

fn command(data: &Path, name: &str, arguments: &[&str]) -> Figure {
    let mut bytes = 0;
    let mut times: Vec<Duration> = (0..20)
        .map(|_| {
            let begun = Instant::now();
            let output = server::run(data, arguments);
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
            bytes = output.stdout.len();
            begun.elapsed()
        })
        .collect();
    let (median, slowest) = percentiles(&mut times);
    Figure { name: format!("{name} (p50)"), cpu: None, median, slowest, bytes, bound: Some((f64::INFINITY, 50.0)) }
}

/// In a project of its own that has nothing else. None if that can't be done.
fn first_sync(folder: &PathBuf, repository: &Path) -> Option<Figure> {
    let _ = std::fs::remove_dir_all(folder);
    let path = repository.to_string_lossy();
    server::run(folder, &["project", "create", "main"]);
    let begun = Instant::now();
    let done = server::run(folder, &["repo", "add", "main", &path]).status.success()
        && server::run(folder, &["repo", "sync", "main"]).status.success();
    let took = begun.elapsed().as_secs_f64() * 1000.0;
    std::fs::remove_dir_all(folder).unwrap();
    let bound = Some((f64::INFINITY, 10_000.0));
    let name = "first sync of the repository".to_owned();
    done.then_some(Figure { name, cpu: None, median: took, slowest: took, bytes: 0, bound })
}

impl Figure {
    /// What is held against the bound, in milliseconds.
    fn cost(&self) -> f64 {
        self.cpu.unwrap_or(self.median)
    }

    fn holds(&self, bare: f64) -> Option<bool> {
        let (times, most) = self.bound?;
        Some(self.cost() <= most && (self.name == "health" || self.cost() <= times * bare))
    }
}

fn print_table(figures: &[Figure], single: &[(&str, f64, f64)], options: &Options) {
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let who = options.login.as_deref().unwrap_or("nobody");
    println!("{cores} cores; asked by {who}, one request at a time.\n");
    println!("| page | CPU ms | at most | × health | at most | p50 ms | p99 ms | KB | holds |");
    println!("|---|--:|--:|--:|--:|--:|--:|--:|---|");
    let bare = figures.first().map_or(1.0, Figure::cost);
    let number =
        |value: f64, digits: usize| if value.is_finite() { format!("{value:.digits$}") } else { String::new() };
    for figure in figures {
        let (times, most) = figure.bound.unwrap_or((f64::INFINITY, f64::INFINITY));
        let ratio = figure.cpu.map_or(f64::INFINITY, |cpu| cpu / bare);
        let holds = figure.holds(bare).map_or("", |holds| if holds { "yes" } else { "**no**" });
        println!(
            "| {} | {} | {} | {} | {} | {:.2} | {:.2} | {:.1} | {holds} |",
            figure.name,
            number(figure.cpu.unwrap_or(f64::INFINITY), 3),
            number(most, 2),
            number(ratio, 1),
            number(times, 0),
            figure.median,
            figure.slowest,
            figure.bytes as f64 / 1000.0,
        );
    }
    println!("\n| | | at most | holds |\n|---|--:|--:|---|");
    for (name, value, most) in single {
        let holds = if !most.is_finite() {
            ""
        } else if value <= most {
            "yes"
        } else {
            "**no**"
        };
        println!("| {name} | {value:.3} | {} | {holds} |", number(*most, 1));
    }
}

fn print_json(figures: &[Figure], single: &[(&str, f64, f64)]) {
    let bare = figures.first().map_or(1.0, Figure::cost);
    let rows: Vec<_> = figures
        .iter()
        .map(|figure| {
            json!({
                "name": figure.name, "cpu_ms": figure.cpu, "p50_ms": figure.median, "p99_ms": figure.slowest,
                "bytes": figure.bytes, "holds": figure.holds(bare),
            })
        })
        .chain(single.iter().map(|(name, value, most)| json!({ "name": name, "value": value, "holds": value <= most })))
        .collect();
    println!("{}", serde_json::to_string_pretty(&rows).unwrap());
}
