//! What happens reaches those who are looking, within a second, by the rights of that moment. Over the wire: the stream is
//! the server's own.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::support::form::{encode, post_forms};
use crate::support::server::{Reply, Server, free_address, request};
use crate::support::{TestSite, command};

/// What is promised, and what a machine with too much to do needs at most.
const SOON: Duration = Duration::from_secs(5);
/// Long enough for what must not come.
const QUIET: Duration = Duration::from_millis(1500);

#[test]
fn a_comment_by_form_and_one_by_a_command_are_told_soon() {
    let stage = Stage::new();
    let mut stream = stage.listen(&stage.kim, "projects=demo");

    stage.comment_by_form(&stage.lee, "One by form.");
    let by_form = stream.next("ticket").expect("a message");
    stage.command(&["ticket", "comment", "demo", "1", "One by a command."]);
    let by_command = stream.next("ticket").expect("a message");

    for (told, part) in [(by_form, "1"), (by_command, "2")] {
        assert_eq!(told["project"], "demo");
        assert_eq!(told["event"], "ticket.commented");
        assert_eq!(told["resource"], "ticket:1");
        assert_eq!(told["part"], part);
        assert!(!told.to_string().contains("One by"), "texts are never told: {told}");
    }
}

#[test]
fn what_is_told_is_found_once_search_has_been_told_too() {
    let stage = Stage::new();
    let mut stream = stage.listen(&stage.kim, "projects=demo");

    stage.command(&["ticket", "comment", "demo", "1", "Quokka."]);

    assert!(stream.next("search").is_some());
    let found = stage.command(&["search", "demo", "Quokka", "--format", "json"]);
    assert!(found.contains("\"total\":1"), "{found}");
}

#[test]
fn strangers_and_unknown_projects_are_told_nothing() {
    let stage = Stage::new();
    let mut stranger = stage.listen(&stage.eve, "projects=demo,nothing");
    let mut anonymous = stage.listen("", "projects=demo");
    let mut unknown = stage.listen(&stage.kim, "projects=nothing");
    let mut member = stage.listen(&stage.kim, "projects=demo");

    stage.command(&["ticket", "comment", "demo", "1", "For members."]);

    assert!(member.next("ticket").is_some());
    for stream in [&mut stranger, &mut anonymous, &mut unknown] {
        assert_eq!(stream.message(QUIET), None);
    }
}

#[test]
fn a_page_below_a_hidden_path_is_told_to_those_who_see_it_alone() {
    let stage = Stage::new();
    let mut outsider = stage.listen(&stage.kim, "projects=demo");
    let mut insider = stage.listen(&stage.lee, "projects=demo");

    stage.save("Secret/Plan", "Nobody knows.");

    assert!(insider.next("page").is_some());
    assert_eq!(outsider.message(QUIET), None);
}

#[test]
fn an_internal_note_and_a_closed_component_are_told_to_those_who_see_them_alone() {
    let stage = Stage::new();
    stage.command(&["permission", "grant", "demo", "lee", "TICKET_NOTES"]);
    stage.command(&["component", "create", "demo", "Personnel"]);
    stage.command(&["component", "change", "demo", "Personnel", "--closed-to", "lee"]);
    let mut outsider = stage.listen(&stage.kim, "projects=demo");
    let mut insider = stage.listen(&stage.lee, "projects=demo");

    stage.command(&["ticket", "comment", "demo", "1", "Between us.", "--internal"]);
    let told = insider.next("note").expect("a message");
    stage.command(&["ticket", "new", "demo", "--summary", "Wages", "--set", "component=Personnel"]);
    stage.command(&["ticket", "comment", "demo", "2", "Between us.", "--internal"]);
    stage.command(&["ticket", "change", "demo", "2", "--set", "depends_on=1"]);

    assert_eq!((told["event"].as_str(), told["resource"].as_str()), (Some("note.written"), Some("ticket:1")));
    assert!(insider.next("ticket").is_some());
    // Neither that something happened, nor that a search knows of it.
    assert_eq!(outsider.message(QUIET), None);
}

#[test]
fn a_right_that_is_revoked_ends_what_is_told_at_once() {
    let stage = Stage::new();
    let mut stream = stage.listen(&stage.kim, "projects=demo");
    stage.command(&["ticket", "comment", "demo", "1", "Before."]);
    assert!(stream.next("search").is_some());

    stage.command(&["permission", "revoke", "demo", "kim", "members"]);
    stage.command(&["ticket", "comment", "demo", "1", "After."]);

    assert_eq!(stream.message(QUIET), None);
}

#[test]
fn a_stream_ends_with_its_session_and_its_account() {
    let stage = Stage::new();
    let mut signed_out = stage.listen(&stage.kim, "projects=demo");
    let mut disabled = stage.listen(&stage.lee, "projects=demo");

    let page = stage.get(&stage.kim, "/demo/ticket/1");
    let form = post_forms(&page.body).into_iter().find(|form| form.action == "/-/logout").unwrap();
    stage.post(&stage.kim, "/-/logout", &form.fields);
    assert!(signed_out.ends());
    stage.command(&["user", "disable", "lee"]);
    assert!(disabled.ends(), "whether or not there is news");
}

#[test]
fn what_was_told_while_a_page_was_away_comes_first() {
    let stage = Stage::new();
    // The server's first look at a project is where its news begin.
    let mut first = stage.listen(&stage.kim, "projects=demo");
    thread::sleep(Duration::from_secs(1));
    stage.command(&["ticket", "comment", "demo", "1", "While away."]);
    assert!(first.next("ticket").is_some());

    let mut late = stage.listen(&stage.kim, "projects=demo&ago=1000");
    let mut too_late = stage.listen(&stage.kim, "projects=demo&ago=99999999999");

    assert_eq!(late.next("ticket").unwrap()["resource"], "ticket:1");
    assert_eq!(too_late.message(SOON).unwrap()["event"], "missed", "nobody remembers that long");
}

#[test]
fn what_was_removed_is_told_to_those_who_saw_it() {
    let stage = Stage::new();
    let mut stream = stage.listen(&stage.kim, "projects=demo");
    stage.save("Plan", "Doors.");
    assert_eq!(stream.next("page").unwrap()["event"], "page.created");
    let mut stranger = stage.listen(&stage.eve, "projects=demo");

    stage.command(&["wiki", "remove", "demo", "Plan"]);

    assert_eq!(stream.next("page").unwrap()["event"], "page.deleted");
    assert_eq!(stranger.message(QUIET), None);
}

#[test]
fn a_file_is_told_as_one_of_what_it_hangs_on() {
    let stage = Stage::new();
    let mut stream = stage.listen(&stage.kim, "projects=demo");
    let file = stage.folder.path().join("note.txt");
    std::fs::write(&file, "Bytes.").unwrap();

    stage.command(&["ticket", "new", "demo", "--summary", "With a file", "--attach", file.to_str().unwrap()]);

    assert_eq!(stream.next("attachment").unwrap()["resource"], "ticket:2");
}

#[test]
fn a_beat_comes_every_fifteen_seconds() {
    let stage = Stage::new();
    let mut stream = stage.listen(&stage.kim, "projects=demo");

    let begun = Instant::now();
    let beat = stream.block(Duration::from_secs(25)).expect("a beat");

    assert!(beat.iter().any(|line| line.starts_with(':')), "{beat:?}");
    assert!(begun.elapsed() > Duration::from_secs(10), "{:?}", begun.elapsed());
}

#[test]
fn a_session_has_sixteen_streams_and_the_next_page_of_a_tab_takes_the_place_of_the_last() {
    let stage = Stage::new();
    let mut kept: Vec<_> =
        (0..16).map(|at| stage.listen(&stage.kim, &format!("projects=demo&name=page{at}"))).collect();

    let refused = stage.head(&stage.kim, "projects=demo&name=more");
    assert!(refused.starts_with("HTTP/1.1 503") && refused.to_lowercase().contains("\r\nretry-after: "), "{refused}");
    stage.listen(&stage.kim, "projects=demo&name=more&instead=page3");

    assert!(kept[3].ends());
    stage.listen(&stage.lee, "projects=demo");
}

#[test]
fn a_stream_holds_nobody_up_and_the_server_stops_with_it_open() {
    let stage = Stage::new();
    let kept: Vec<_> = (0..300).map(|at| stage.listen("", &format!("projects=demo&name=page{at}"))).collect();

    assert_eq!(stage.get(&stage.kim, "/demo/ticket/1").status, 200);
    let begun = Instant::now();
    stage.server.stop();

    // Connections that are open are given three seconds, and then two.
    assert!(begun.elapsed() < Duration::from_secs(7), "it took {:?} to stop", begun.elapsed());
    drop(kept);
}

#[test]
fn nothing_to_listen_to_and_other_sites_get_no_stream() {
    let stage = Stage::new();

    assert!(stage.head(&stage.kim, "").starts_with("HTTP/1.1 204"));
    assert!(stage.head(&stage.kim, "projects=,,").starts_with("HTTP/1.1 204"));
    let foreign = [("Sec-Fetch-Site", "cross-site")];
    let refused = request(stage.address, "GET", "/-/live?projects=demo", &foreign, "").unwrap();
    assert_eq!(refused.status, 422);
}

#[test]
fn a_page_that_asks_by_itself_leaves_no_trace_of_a_visit() {
    let test = TestSite::new();
    let kim = test.user("kim").member();
    let by_itself = kim.clone().with_header("X-Trackway-Live", "1");
    kim.save_page("Plan", "Doors.");
    let old = |db: &rusqlite::Connection| {
        db.execute("update session set last_seen_at = last_seen_at - 3600000000", [])?;
        Ok(db.query_row("select last_seen_at from session", [], |row| row.get::<_, i64>(0))?)
    };
    let before = test.site.db().write(old).unwrap();
    let seen = || -> i64 {
        test.site.read(|db| Ok(db.query_row("select last_seen_at from session", [], |row| row.get(0))?)).unwrap()
    };

    by_itself.get("/demo/wiki/Plan").expect(200);
    by_itself.get("/demo/timeline").expect(200);
    assert_eq!(seen(), before);

    kim.get("/demo/wiki/Plan").expect(200);
    assert!(seen() > before);
}

/// A server with the ticket 1 in `demo`; kim and lee are members, eve is not, and only lee sees what lies below `Secret`.
struct Stage {
    kim: String,
    lee: String,
    eve: String,
    address: SocketAddr,
    data: PathBuf,
    server: Server,
    folder: tempfile::TempDir,
}

impl Stage {
    fn new() -> Self {
        let test = TestSite::new();
        let session = |person: &crate::support::Person<'_>| person.session.clone().unwrap();
        let (kim, lee) = (session(&test.user("kim").member()), session(&test.user("lee").member()));
        let eve = session(&test.user("eve"));
        test.command(&["permission", "restrict", "demo", "Secret", "lee"]).expect(0);
        test.command(&["ticket", "new", "demo", "--summary", "The gate squeaks"]).expect(0);
        let folder = test.close();
        let (data, address) = (folder.path().join("data"), free_address());
        let server = Server::start(&data, address);
        Self { kim, lee, eve, address, data, server, folder }
    }

    #[track_caller]
    fn command(&self, arguments: &[&str]) -> String {
        command::run(&self.data, arguments, b"").expect(0).stdout
    }

    fn save(&self, page: &str, text: &str) {
        command::run(&self.data, &["wiki", "save", "demo", page], text.as_bytes()).expect(0);
    }

    fn get(&self, session: &str, path: &str) -> Reply {
        let cookie = format!("trackway={session}");
        request(self.address, "GET", path, &[("Cookie", &cookie)], "").unwrap()
    }

    fn post(&self, session: &str, path: &str, fields: &[(String, String)]) -> Reply {
        let cookie = format!("trackway={session}");
        let headers = [("Cookie", cookie.as_str()), ("Content-Type", "application/x-www-form-urlencoded")];
        let body = encode(fields.iter().map(|(name, value)| (name.as_str(), value.as_str())));
        request(self.address, "POST", path, &headers, &body).unwrap()
    }

    fn comment_by_form(&self, session: &str, comment: &str) {
        let page = self.get(session, "/demo/ticket/1");
        let has = |name: &str, form: &crate::support::form::PageForm| form.names.iter().any(|has| has == name);
        let mut form = post_forms(&page.body).into_iter().find(|form| has("comment", form)).unwrap();
        form.fields.retain(|(name, _)| name != "comment");
        form.fields.extend([("comment".to_owned(), comment.to_owned()), ("submit".to_owned(), "1".to_owned())]);
        assert_eq!(self.post(session, "/demo/ticket/1", &form.fields).status, 303);
    }

    /// Opens a stream and waits until it has begun.
    #[track_caller]
    fn listen(&self, session: &str, query: &str) -> Listening {
        let mut stream = Listening::open(self.address, session, query);
        let head = stream.block(SOON).expect("a head");
        assert!(head[0].starts_with("HTTP/1.1 200"), "{head:?}");
        let hello = stream.block(SOON).expect("a greeting");
        assert!(hello.contains(&"event:hello".to_owned()) && hello[0].starts_with("retry:"), "{hello:?}");
        stream
    }

    /// The head of an answer that is no stream.
    fn head(&self, session: &str, query: &str) -> String {
        let mut stream = Listening::open(self.address, session, query);
        stream.block(SOON).expect("a head").join("\r\n")
    }
}

/// An open stream; its blocks of lines come through a thread that reads.
struct Listening {
    blocks: Receiver<Vec<String>>,
    socket: TcpStream,
}

impl Listening {
    fn open(address: SocketAddr, session: &str, query: &str) -> Self {
        let mut socket = TcpStream::connect(address).unwrap();
        let cookie = if session.is_empty() { String::new() } else { format!("Cookie: trackway={session}\r\n") };
        write!(socket, "GET /-/live?{query} HTTP/1.1\r\nHost: {address}\r\nAccept: text/event-stream\r\n{cookie}\r\n")
            .unwrap();
        let (sender, blocks) = channel();
        let reader = BufReader::new(socket.try_clone().unwrap());
        thread::spawn(move || read_blocks(reader, &sender));
        Self { blocks, socket }
    }

    fn block(&mut self, within: Duration) -> Option<Vec<String>> {
        self.blocks.recv_timeout(within).ok()
    }

    /// The next message, whatever it is about.
    fn message(&mut self, within: Duration) -> Option<Value> {
        let end = Instant::now() + within;
        loop {
            let block = self.block(end.saturating_duration_since(Instant::now()))?;
            let data = block.iter().find_map(|line| line.strip_prefix("data:")).unwrap_or_default();
            if !data.is_empty() {
                return Some(serde_json::from_str(data).unwrap());
            }
        }
    }

    /// The next message of that kind.
    fn next(&mut self, kind: &str) -> Option<Value> {
        let end = Instant::now() + SOON;
        loop {
            let message = self.message(end.saturating_duration_since(Instant::now()))?;
            if message["kind"] == kind {
                return Some(message);
            }
        }
    }

    /// Whether the server ends it soon, without a message.
    fn ends(&mut self) -> bool {
        loop {
            match self.blocks.recv_timeout(SOON) {
                Err(RecvTimeoutError::Disconnected) => return true,
                Err(RecvTimeoutError::Timeout) => return false,
                Ok(block) if block.iter().any(|line| line.starts_with("data:{")) => return false,
                Ok(_) => {}
            }
        }
    }
}

/// The lines of the head, then those of each event of a chunked answer.
fn read_blocks(mut reader: BufReader<TcpStream>, sender: &Sender<Vec<String>>) -> Option<()> {
    let line = |reader: &mut BufReader<TcpStream>| -> Option<String> {
        let mut line = String::new();
        let length = reader.read_line(&mut line).ok()?;
        (length > 0).then(|| line.trim_end().to_owned())
    };
    let mut head = Vec::new();
    loop {
        match line(&mut reader)? {
            end if end.is_empty() => break,
            header => head.push(header),
        }
    }
    sender.send(head).ok()?;
    let mut text = String::new();
    loop {
        let length = usize::from_str_radix(&line(&mut reader)?, 16).ok().filter(|length| *length > 0)?;
        let mut piece = vec![0; length + 2];
        reader.read_exact(&mut piece).ok()?;
        text.push_str(std::str::from_utf8(&piece[..length]).ok()?);
        while let Some((event, rest)) = text.split_once("\n\n") {
            sender.send(event.lines().map(str::to_owned).collect()).ok()?;
            text = rest.to_owned();
        }
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        let _ = self.socket.shutdown(Shutdown::Both);
    }
}
