//! What was answered is kept, whatever happens: the server is killed in the middle of its work, again and again, while
//! people write through it and commands write beside it.

use std::collections::{BTreeMap, HashSet};
use std::net::SocketAddr;
use std::path::Path;
use std::process::Stdio;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, sleep};
use std::time::{Duration, Instant};

use rusqlite::{Connection, OpenFlags};

use crate::support::form::{encode, post_forms};
use crate::support::repository::Repository;
use crate::support::server::{Server, free_address, request};
use crate::support::{TestSite, command};

const KILLS: usize = 50;
const WRITERS: usize = 3;

/// Name of a page and the newest text that was answered, for every page that was written.
type Answered = Arc<Mutex<BTreeMap<String, String>>>;

#[test]
fn every_answered_write_survives_fifty_kills_of_the_server() {
    let stage = Stage::new();
    let answered = Answered::default();
    let said = Mutex::new(Vec::new());
    let committed = Mutex::new(Vec::new());
    let over = AtomicBool::new(false);
    let mut random = Random(0x5eed);
    thread::scope(|scope| {
        for writer in 0..WRITERS {
            let (stage, answered, over) = (&stage, &answered, &over);
            scope.spawn(move || stage.write_pages(writer, answered, over));
        }
        let (stage, answered, over_in) = (&stage, &answered, &over);
        scope.spawn(move || stage.write_by_commands(answered, over_in));
        let said = &said;
        scope.spawn(move || stage.write_tickets(said, over_in));
        let committed = &committed;
        scope.spawn(move || stage.commit(committed, over_in));
        for _ in 0..KILLS {
            let server = Server::start(&stage.data, stage.address);
            sleep(Duration::from_millis(random.below(500)));
            server.kill();
        }
        over.store(true, Ordering::SeqCst);
    });

    let answered = answered.lock().unwrap();
    let by_commands = answered.keys().filter(|name| name.starts_with("Command")).count();
    println!("{} pages were answered, {by_commands} of them by commands", answered.len());
    assert!(answered.len() > KILLS && by_commands > 5, "too little was written to prove anything");
    stage.has_every_page(&answered);
    stage.has_everything_said(&said.lock().unwrap());
    stage.every_commit_acted_once(&committed.lock().unwrap());
    let _server = Server::start(&stage.data, stage.address);
    stage.index_catches_up(answered.len());
    stage.check_is_clean();
}

#[test]
fn a_server_and_commands_write_at_once_and_nothing_is_lost() {
    let stage = Stage::new();
    let answered = Answered::default();
    let over = AtomicBool::new(false);
    let _server = Server::start(&stage.data, stage.address);
    thread::scope(|scope| {
        for writer in 0..WRITERS {
            let (stage, answered, over) = (&stage, &answered, &over);
            scope.spawn(move || stage.write_pages(writer, answered, over));
        }
        scope.spawn(|| {
            stage.write_by_commands(&answered, &over);
        });
        sleep(Duration::from_secs(4));
        over.store(true, Ordering::SeqCst);
    });

    let answered = answered.lock().unwrap();
    stage.has_every_page(&answered);
    stage.index_catches_up(answered.len());
    stage.check_is_clean();
}

/// A data folder with one member of `demo` who is signed in.
struct Stage {
    _folder: tempfile::TempDir,
    data: std::path::PathBuf,
    address: SocketAddr,
    cookie: String,
    code: Repository,
}

impl Stage {
    fn new() -> Self {
        let test = TestSite::new();
        let kim = test.user("kim").member();
        let cookie = format!("trackway={}", kim.session.clone().unwrap());
        drop(kim);
        let folder = test.close();
        let data = folder.path().join("data");
        let code = Repository::new(&folder.path().join("code"));
        code.commit("Begin");
        let path = code.folder.display().to_string();
        for arguments in [
            &["user", "email", "kim", "kim@example.org"][..],
            &["ticket", "new", "demo", "--summary", "What commits refer to"],
            &["repo", "add", "demo", &path],
        ] {
            command::run(&data, arguments, b"").expect(0);
        }
        Self { data, _folder: folder, address: free_address(), cookie, code }
    }

    /// One who commits with git. The server notices, if it is there; some ask for a sync by hand, and are cut off, too.
    fn commit(&self, committed: &Mutex<Vec<String>>, over: &AtomicBool) {
        let mut random = Random(0xc0de);
        for number in 0.. {
            if over.load(Ordering::SeqCst) {
                return;
            }
            let sha = self.code.commit(&format!("Refs #1, commit {number}"));
            committed.lock().unwrap().push(sha);
            if number % 3 == 0 {
                let mut sync = command::trackway(&self.data);
                let sync = sync.args(["repo", "sync", "demo"]).stdout(Stdio::null()).stderr(Stdio::null());
                let mut child = sync.spawn().unwrap();
                sleep(Duration::from_millis(random.below(200)));
                let _ = child.kill();
                child.wait().unwrap();
            }
            sleep(Duration::from_millis(random.below(100)));
        }
    }

    /// What was not taken in before the end is now.
    fn every_commit_acted_once(&self, committed: &[String]) {
        command::run(&self.data, &["repo", "sync", "demo"], b"").expect(0);
        let project = project_database(&self.data);
        let mut statement = project
            .prepare("select count(*) from ticket_change where ticket = 1 and comment like '%' || ?1 || '%'")
            .unwrap();
        let wrong: Vec<(&String, i64)> = committed
            .iter()
            .map(|sha| (sha, statement.query_row([sha], |row| row.get(0)).unwrap()))
            .filter(|(_, times)| *times != 1)
            .collect();
        println!("{} commits", committed.len());
        assert!(committed.len() > KILLS, "too little was committed to prove anything");
        assert!(wrong.is_empty(), "these acted so often: {wrong:?}");
    }

    /// One client: a new page, then a change of it, then the next one. What is answered is written down at once.
    fn write_pages(&self, writer: usize, answered: &Answered, over: &AtomicBool) {
        let mut token = String::new();
        for number in 0.. {
            let name = format!("Writer{writer}-{number}");
            for version in 0..2 {
                let text = format!("Word{writer}x{number} in version {version}");
                loop {
                    if over.load(Ordering::SeqCst) {
                        return;
                    }
                    if token.is_empty() {
                        token = self.token().unwrap_or_default();
                    }
                    // The server may have been gone for the one request and be back for the other.
                    if token.is_empty() {
                        sleep(Duration::from_millis(5));
                        continue;
                    }
                    match self.save(&name, &text, version, &token) {
                        Some(303) => {
                            answered.lock().unwrap().insert(name.clone(), text);
                            break;
                        }
                        // The write of before was not answered and happened all the same.
                        Some(409) => break,
                        Some(503) | None => sleep(Duration::from_millis(5)),
                        Some(status) => panic!("saving {name} was answered by {status}"),
                    }
                }
            }
        }
    }

    /// The status, or nothing if no answer came.
    fn save(&self, name: &str, text: &str, version: usize, token: &str) -> Option<u16> {
        let version = version.to_string();
        let body = encode([
            ("__FORM_TOKEN", token),
            ("action", "edit"),
            ("text", text),
            ("comment", ""),
            ("version", &version),
            ("save", "1"),
        ]);
        let headers = [("Cookie", self.cookie.as_str()), ("Content-Type", "application/x-www-form-urlencoded")];
        let reply = request(self.address, "POST", &format!("/demo/wiki/{name}"), &headers, &body).ok()?;
        Some(reply.status)
    }

    fn token(&self) -> Option<String> {
        let headers = [("Cookie", self.cookie.as_str())];
        let reply = request(self.address, "GET", "/demo/wiki/Any?action=edit", &headers, "").ok()?;
        let forms = post_forms(&reply.body);
        let mut fields = forms.into_iter().flat_map(|form| form.fields);
        fields.find(|(name, _)| name == "__FORM_TOKEN").map(|(_, token)| token)
    }

    fn write_by_commands(&self, answered: &Answered, over: &AtomicBool) {
        for number in 0.. {
            if over.load(Ordering::SeqCst) {
                return;
            }
            let name = format!("Command{number}");
            let text = format!("Wordcx{number} of a command");
            let arguments = ["--as", "kim", "wiki", "save", "demo", &name];
            command::run(&self.data, &arguments, text.as_bytes()).expect(0);
            answered.lock().unwrap().insert(name, text);
        }
    }

    /// One client that files tickets and comments on them; what is answered is written down at once.
    fn write_tickets(&self, said: &Mutex<Vec<String>>, over: &AtomicBool) {
        for number in 0.. {
            let summary = format!("Ticket {number} of the story");
            let body = serde_json::json!({ "summary": summary, "priority": "minor", "cc": "kim" });
            let Some(id) = self.until_answered(over, "/demo/newticket", &body, &summary, said) else { return };
            for round in 0..2 {
                let comment = format!("Comment {round} on ticket {number}");
                let body = serde_json::json!({ "comment": comment, "keywords": format!("round{round}") });
                if self.until_answered(over, &format!("/demo/ticket/{id}"), &body, &comment, said).is_none() {
                    return;
                }
            }
        }
    }

    /// Sends it until it is answered, and notes the words then. A ticket that was filed without an answer is filed again.
    /// Returns the number of the ticket.
    fn until_answered(
        &self,
        over: &AtomicBool,
        path: &str,
        body: &serde_json::Value,
        words: &str,
        said: &Mutex<Vec<String>>,
    ) -> Option<i64> {
        let headers = [("Cookie", self.cookie.as_str()), ("Content-Type", "application/json")];
        while !over.load(Ordering::SeqCst) {
            match request(self.address, "POST", path, &headers, &body.to_string()).ok() {
                Some(reply) if reply.status == 200 || reply.status == 201 => {
                    said.lock().unwrap().push(words.to_owned());
                    let ticket: serde_json::Value = serde_json::from_str(&reply.body).unwrap();
                    return ticket["id"].as_i64();
                }
                None => sleep(Duration::from_millis(5)),
                Some(reply) if reply.status == 503 => sleep(Duration::from_millis(5)),
                Some(reply) => panic!("{path} was answered by {}: {}", reply.status, reply.body),
            }
        }
        None
    }

    fn has_everything_said(&self, said: &[String]) {
        let project = project_database(&self.data);
        let mut statement = project
            .prepare("select summary from ticket union all select comment from ticket_change where comment <> ''")
            .unwrap();
        let kept: HashSet<String> =
            statement.query_map([], |row| row.get(0)).unwrap().collect::<rusqlite::Result<_>>().unwrap();
        let lost: Vec<&String> = said.iter().filter(|words| !kept.contains(*words)).collect();
        println!("{} answered tickets and comments", said.len());
        assert!(said.len() > KILLS, "too little was said to prove anything");
        assert!(lost.is_empty(), "{} answered tickets and comments are lost: {lost:?}", lost.len());
    }

    fn has_every_page(&self, answered: &BTreeMap<String, String>) {
        let stored = stored_pages(&self.data);
        let lost: Vec<_> = answered
            .iter()
            .filter(|(name, text)| !stored.get(*name).is_some_and(|versions| versions.contains(text)))
            .collect();
        assert!(lost.is_empty(), "{} answered writes are lost: {lost:?}", lost.len());
    }

    /// The server's search finds what was written, before long: what commands wrote, and of the rest every seventh page.
    /// What it found once is not asked again, so that a slow machine takes longer and misses nothing.
    fn index_catches_up(&self, at_least: usize) {
        let stored = stored_pages(&self.data);
        let wanted = stored.values().flatten().filter(|text| text.contains("Word")).count();
        assert!(wanted >= at_least);
        let mut missing: Vec<(String, String)> = stored
            .into_iter()
            .filter_map(|(name, versions)| Some((name, versions.last()?.split(' ').next()?.to_owned())))
            .enumerate()
            .filter(|(index, (name, _))| index % 7 == 0 || name.starts_with("Command"))
            .map(|(_, page)| page)
            .collect();
        let mut found_last = Instant::now();
        while !missing.is_empty() {
            let before = missing.len();
            missing.retain(|(name, word)| !self.finds(name, word));
            if missing.len() < before {
                found_last = Instant::now();
            }
            assert!(found_last.elapsed() < Duration::from_secs(60), "for a minute nothing new is found of {missing:?}");
        }
    }

    fn finds(&self, name: &str, word: &str) -> bool {
        let headers = [("Cookie", self.cookie.as_str())];
        request(self.address, "GET", &format!("/demo/search?q={word}&format=json"), &headers, "")
            .is_ok_and(|reply| reply.status == 200 && reply.body.contains(name))
    }

    fn check_is_clean(&self) {
        command::run(&self.data, &["check"], b"").expect(0);
    }
}

/// Every page of `demo` with the texts of all its versions, as they lie in the database.
fn stored_pages(data: &Path) -> BTreeMap<String, Vec<String>> {
    let project = project_database(data);
    let mut statement = project
        .prepare("select name, text from page join page_version on page_version.page = page.id order by 1, page_version.version")
        .unwrap();
    let mut rows = statement.query([]).unwrap();
    let mut pages = BTreeMap::<String, Vec<String>>::new();
    while let Some(row) = rows.next().unwrap() {
        pages.entry(row.get(0).unwrap()).or_default().push(row.get(1).unwrap());
    }
    pages
}

fn project_database(data: &Path) -> Connection {
    let site = Connection::open_with_flags(data.join("site.db"), OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();
    let id: String = site.query_row("select id from project where name = 'demo'", [], |row| row.get(0)).unwrap();
    let project = data.join("projects").join(id).join("project.db");
    Connection::open_with_flags(project, OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap()
}

/// The same moments in every run.
struct Random(u64);

impl Random {
    fn below(&mut self, most: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % most
    }
}
