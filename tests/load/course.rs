//! A course at work: people of many groups, each in the project of their own group, reading and now and then writing.
//!
//! First two clients ask as fast as they are answered: that is what the machine can do. Then they ask half as often, at moments
//! that don't wait for answers, and the time of each answer counts from the moment at which it should have been asked for.

use std::io::Write;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Stdio;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use trackway::app::COMPONENTS;
use trackway::auth::{self, accounts, permissions, sessions};
use trackway::base::event::Via;
use trackway::base::project::{Act, Project};
use trackway::base::site::Site;
use trackway::base::viewer::Viewer;
use trackway::ticket::edit as tickets;
use trackway::ticket::plan::Request;
use trackway::web::{address, limits, token};
use trackway::wiki::edit::Save;
use trackway::wiki::name::PageName;
use trackway::{search, wiki};

use crate::client::{Client, Reply};
use crate::measure::percentiles;
use crate::server::{self, Server};
use crate::size::{self, Size};
use crate::texts::{self, Random};

const TEMPLATE: &str = "model";
/// What each project has.
const TICKETS: u64 = 150;
const COMMENTS: u64 = 3;
const PAGES: u64 = 40;
/// Of a hundred requests.
const WRITES: u64 = 5;
const CLIENTS: usize = 2;

pub struct Options {
    groups: u64,
    /// In each group.
    people: u64,
    minutes: f64,
}

impl Options {
    /// None if a word is not understood.
    pub fn read(words: &[&str]) -> Option<Self> {
        let mut options = Self { groups: 40, people: 5, minutes: 5.0 };
        let mut words = words.iter();
        while let Some(word) = words.next() {
            match *word {
                "--groups" => options.groups = words.next()?.parse().ok()?,
                "--people" => options.people = words.next()?.parse().ok()?,
                "--minutes" => options.minutes = words.next()?.parse().ok()?,
                _ => return None,
            }
        }
        Some(options)
    }
}

/// Somebody who is signed in.
struct Student {
    project: String,
    session: String,
    /// What their forms carry.
    token: String,
    /// A page that they alone write, and its version.
    page: String,
    version: AtomicU64,
}

pub fn run(folder: &Path, options: &Options) {
    assert!(!folder.exists(), "{} is there already", folder.display());
    let data = folder.join("data");
    std::fs::create_dir_all(folder).unwrap();
    let roster = make(&data, options);
    let students = fill(&data, options);
    let (server, _) = Server::start(&data, "/-/health");
    server.wait_until_idle();
    let rested = server.own_memory();
    let address = server.address;

    // Each page of each project is met once before anything is counted.
    ask(address, &students, Pace::AsFastAs(Duration::from_secs(20)));
    let before = server.cpu();
    let fast = ask(address, &students, Pace::AsFastAs(Duration::from_secs(30)));
    let per_second = fast.times.len() as f64 / fast.seconds;
    let cpu = (server.cpu() - before) * 1000.0 / fast.times.len() as f64;

    let time = Duration::from_secs_f64(options.minutes * 60.0);
    let half = ask(address, &students, Pace::Each { per_second: per_second / 2.0, time });
    let memory = server.own_memory();
    let capacity = Capacity { roster, cpu, rested, memory };
    drop(server);
    print(options, &capacity, fast, half);
    std::fs::remove_dir_all(folder).unwrap();
}

/// What a machine can do.
struct Capacity {
    /// How long it took to make all projects from the roster.
    roster: Duration,
    /// Of the server for a request, in milliseconds.
    cpu: f64,
    /// In MB, before anybody came and at the end.
    rested: f64,
    memory: f64,
}

/// Makes the site and its projects as an instructor does: a template, and a roster.
fn make(data: &Path, options: &Options) -> Duration {
    let site = Site::create(data, COMPONENTS).unwrap();
    // Accounts of a load are all new, and in a hurry.
    site.db().write(|db| limits::NEW_ACCOUNT_WRITES.save(db, "0")).unwrap();
    let defined = COMPONENTS.permissions();
    let row = site
        .create_project(TEMPLATE, "The model of all groups", None, Via::Command, |project| {
            project.db().write(|db| permissions::grant_defaults(db, &defined, false))
        })
        .unwrap();
    let project = site.project(&row).unwrap();
    let operator = permissions::enter(&project, &row, &auth::operator(&site, None).unwrap()).unwrap().unwrap();
    let by = Act::new(&operator, Via::Import);
    wiki::defaults::fill(&site, &project, by).unwrap();
    let size = of_project();
    for number in 0..PAGES {
        save(&site, &project, &operator, &texts::page_name(number), &texts::page(&size, number, 1));
    }
    project.catch_up().unwrap();
    drop((project, site));

    let mut roster = "project,title,login,email,full_name,group,role\n".to_owned();
    for group in 0..options.groups {
        for person in 0..options.people {
            let login = login(group, person);
            let line = format!("group-{group},Group {group},{login},{login}@example.org,{login},g{group},members\n");
            roster.push_str(&line);
        }
    }
    let begun = Instant::now();
    let mut command = server::trackway(data);
    command
        .args(["project", "create", "--from", TEMPLATE, "--roster", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::null());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(roster.as_bytes()).unwrap();
    assert!(child.wait().unwrap().success());
    begun.elapsed()
}

fn of_project() -> Size {
    Size { tickets: TICKETS, pages: PAGES, ..size::SIZES[0] }
}

fn login(group: u64, person: u64) -> String {
    format!("s{group}.{person}")
}

/// Lets the groups have worked for a while, and signs everybody in.
fn fill(data: &Path, options: &Options) -> Vec<Student> {
    let site = Site::open(data, COMPONENTS).unwrap();
    let operator = auth::operator(&site, None).unwrap();
    let mut students = Vec::new();
    for group in 0..options.groups {
        let row = site.load(&format!("group-{group}")).unwrap();
        let project = site.project(&row).unwrap();
        assert!(project.hold_followers().unwrap());
        let operator = permissions::enter(&project, &row, &operator).unwrap().unwrap();
        work(&site, &project, &operator);
        for person in 0..options.people {
            let account = site.read(|db| accounts::load(db, &login(group, person))).unwrap();
            let session = site.db().write(|db| sessions::begin(db, account.id, "load")).unwrap();
            let page = format!("Notes/{}", account.login);
            save(&site, &project, &operator, &page, "What I have seen.");
            let token = token::issue(site.secret(), &session);
            let version = AtomicU64::new(1);
            students.push(Student { project: row.name.clone(), session, token, page, version });
        }
        search::rebuild(&project, &operator).unwrap();
        assert!(project.catch_up().unwrap());
    }
    students
}

fn work(site: &Site, project: &Project, operator: &Viewer) {
    let size = of_project();
    for ticket in 1..=TICKETS {
        let set = [("summary", texts::summary(ticket)), ("description", texts::description(&size, ticket))];
        let set = set.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        let by = Act::new(operator, Via::Import);
        tickets::create(site, project, by, &Request { set, ..Request::default() }).unwrap();
        for number in 1..=COMMENTS {
            let comment = texts::comment(&size, ticket, number);
            let request = Request { comment, ..Request::default() };
            tickets::change(site, project, by, ticket as i64, &request).unwrap();
        }
    }
}

fn save(site: &Site, project: &Project, by: &Viewer, name: &str, text: &str) {
    let name = PageName::parse(name, "page").unwrap();
    let save = Save { name: &name, text, comment: "", base: Some(0), strict: true };
    wiki::edit::save(site, project, Act::new(by, Via::Import), &save).unwrap();
}

#[derive(Clone, Copy)]
enum Pace {
    /// One request after the other, for so long.
    AsFastAs(Duration),
    /// So many in each second on the average, whatever becomes of those before, for so long.
    Each { per_second: f64, time: Duration },
}

/// What came of it.
struct Asked {
    /// From when each was to be asked for until its answer was there.
    times: Vec<Duration>,
    writes: usize,
    /// What was answered otherwise than it should.
    errors: Vec<String>,
    seconds: f64,
}

/// Everybody asks, over a connection of their own, as browsers do; the people are shared out among two threads.
fn ask(address: SocketAddr, students: &[Student], pace: Pace) -> Asked {
    let begun = Instant::now();
    let share = students.len().div_ceil(CLIENTS);
    let asked: Vec<Asked> = std::thread::scope(|scope| {
        let threads: Vec<_> = students
            .chunks(share)
            .enumerate()
            .map(|(number, students)| scope.spawn(move || ask_for(address, students, pace, number as u64)))
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    let mut all = Asked { times: Vec::new(), writes: 0, errors: Vec::new(), seconds: begun.elapsed().as_secs_f64() };
    for part in asked {
        all.times.extend(part.times);
        all.errors.extend(part.errors);
        all.writes += part.writes;
    }
    all
}

fn ask_for(address: SocketAddr, students: &[Student], pace: Pace, thread: u64) -> Asked {
    let random = &mut Random::new(&[40, thread]);
    let mut clients: Vec<Option<Client>> = students.iter().map(|_| None).collect();
    let mut asked = Asked { times: Vec::new(), writes: 0, errors: Vec::new(), seconds: 0.0 };
    let begun = Instant::now();
    let mut due = begun;
    loop {
        let time = match pace {
            Pace::AsFastAs(time) => {
                due = Instant::now();
                time
            }
            Pace::Each { per_second, time } => {
                let mean = CLIENTS as f64 / per_second;
                due += Duration::from_secs_f64(-mean * (1.0 - random.fraction()).ln());
                std::thread::sleep(due.saturating_duration_since(Instant::now()));
                time
            }
        };
        if due.duration_since(begun) >= time {
            return asked;
        }
        let at = random.below(students.len() as u64) as usize;
        let request = request(&students[at], random);
        match send(address, &mut clients[at], &students[at], &request) {
            Ok(reply) if reply.status == request.answer => {}
            Ok(reply) => asked.errors.push(format!("{} answers {}", request.path, reply.status)),
            Err(error) => asked.errors.push(format!("{}: {error}", request.path)),
        }
        asked.writes += usize::from(request.form.is_some());
        asked.times.push(due.elapsed());
    }
}

struct Asking {
    path: String,
    form: Option<String>,
    answer: u16,
}

/// What somebody does next.
fn request(student: &Student, random: &mut Random) -> Asking {
    let project = &student.project;
    let ticket = 1 + random.below(TICKETS);
    if random.percent(WRITES) {
        let words = format!("{} {}", texts::word(random), texts::word(random));
        let (path, fields) = match random.below(10) {
            0..6 => {
                let fields = vec![("comment", words.as_str()), ("view_time", "0"), ("submit", "1")];
                (format!("/{project}/ticket/{ticket}"), fields)
            }
            6..8 => (format!("/{project}/newticket"), vec![("field_summary", words.as_str()), ("submit", "1")]),
            _ => {
                let path = format!("/{project}/wiki/{}?action=edit", address::path(&student.page));
                let version = student.version.fetch_add(1, Ordering::Relaxed).to_string();
                // Each differs from the one before: a text that is there already is refused.
                let text = format!("{words} {version}");
                return write(student, path, &[("text", &text), ("version", &version), ("save", "1")]);
            }
        };
        return write(student, path, &fields);
    }
    let page = address::path(&texts::page_name(random.below(PAGES)));
    let path = match random.below(100) {
        0..15 => "/wiki/WikiStart".to_owned(),
        15..40 => format!("/wiki/{page}"),
        40..65 => format!("/ticket/{ticket}"),
        65..80 => "/query?status=!closed&order=priority".to_owned(),
        80..85 => "/timeline".to_owned(),
        85..90 => format!("/search?q={}", texts::word(random)),
        90..93 => "/roadmap".to_owned(),
        93..96 => format!("/wiki/{page}?action=history"),
        96..98 => "/board?status=!closed".to_owned(),
        _ => "/newticket".to_owned(),
    };
    Asking { path: format!("/{project}{path}"), form: None, answer: 200 }
}

fn write(student: &Student, path: String, fields: &[(&str, &str)]) -> Asking {
    let mut form = format!("__FORM_TOKEN={}", address::segment(&student.token));
    for (name, value) in fields {
        form.push_str(&format!("&{name}={}", address::segment(value)));
    }
    Asking { path, form: Some(form), answer: 303 }
}

/// A connection that the server has closed meanwhile is opened again, as browsers do; one that breaks off anew is an error.
fn send(address: SocketAddr, kept: &mut Option<Client>, student: &Student, asking: &Asking) -> std::io::Result<Reply> {
    let once = |client: &mut Client| match &asking.form {
        Some(form) => client.post(&asking.path, form),
        None => client.get(&asking.path),
    };
    if let Some(client) = kept
        && let Ok(reply) = once(client)
    {
        return Ok(reply);
    }
    let mut client = Client::connect(address, &student.session)?;
    let reply = once(&mut client)?;
    *kept = Some(client);
    Ok(reply)
}

fn print(options: &Options, capacity: &Capacity, mut fast: Asked, mut half: Asked) {
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let (projects, people) = (options.groups, options.groups * options.people);
    println!("{cores} cores, shared by the server and {CLIENTS} clients; {WRITES} % of the requests write.\n");
    println!("| | at full speed | at half of it |\n|---|--:|--:|");
    let row = |name: &str, fast: String, half: String| println!("| {name} | {fast} | {half} |");
    let ((fast_middle, fast_slow), (half_middle, half_slow)) =
        (percentiles(&mut fast.times), percentiles(&mut half.times));
    row("people signed in", people.to_string(), people.to_string());
    row("projects", projects.to_string(), projects.to_string());
    let rate = |asked: &Asked| format!("{:.0}", asked.times.len() as f64 / asked.seconds);
    row("pages per second", rate(&fast), rate(&half));
    row("requests", fast.times.len().to_string(), half.times.len().to_string());
    row("of which writes", fast.writes.to_string(), half.writes.to_string());
    row("p50, ms", format!("{fast_middle:.1}"), format!("{half_middle:.1}"));
    row("p99, ms (at half: at most 100)", format!("{fast_slow:.1}"), format!("{half_slow:.1}"));
    row("errors (none)", fast.errors.len().to_string(), half.errors.len().to_string());
    println!("\nCPU of the server for a request: {:.2} ms.", capacity.cpu);
    println!("Memory of its own: {:.0} MB at first, {:.0} MB at the end.", capacity.rested, capacity.memory);
    println!(
        "From the roster to {projects} projects: {:.1} s (40 groups of 5: at most 5).",
        capacity.roster.as_secs_f64()
    );
    for error in fast.errors.iter().chain(&half.errors).take(20) {
        println!("error: {error}");
    }
}
