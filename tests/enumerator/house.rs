//! The houses whose doors are tried, and who stands before them. To build one takes as long as to ask it a hundred times, so each
//! kind is built once and copied for whoever needs one in which nobody has left traces.

use std::sync::{Arc, Mutex, PoisonError, Weak};

use rocket::http::Method;
use tempfile::TempDir;
use trackway::auth::permissions;
use trackway::base::event::Via;
use trackway::base::project::Act;
use trackway::ticket::edit;
use trackway::ticket::options_edit::{self, Wish};
use trackway::ticket::plan::Request;
use trackway::ticket::queue::{self, Doors};
use trackway::ticket::reminders;
use trackway::ticket::worked::TimeRequest;
use trackway::web::token;

use super::rules::Send;
use crate::support::answer::Answer;
use crate::support::form::{encode, multipart};
use crate::support::work_tree::TestRepository;
use crate::support::{Person, TestSite};

/// The kinds of viewer, in the order of the statuses in `rules.rs`.
pub const VIEWERS: [&str; 5] = ["anonymous", "stranger", "member", "insider", "admin"];

/// How a POST shows that it comes from a page of ours.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Guard {
    /// The token of the viewer's own session.
    Own,
    None,
    Forged,
    /// A token as anonymous readers get it, in the form of somebody who is signed in.
    OfNobody,
    ForeignOrigin,
    CrossSite,
    /// Another host of the same registered domain.
    SameSite,
}

pub struct House {
    pub test: TestSite,
    sessions: Vec<(&'static str, String)>,
    /// Kept for the next one.
    _model: Option<Arc<Model>>,
}

/// A house as it was built, which nobody lives in. It goes with the last house that is like it.
struct Model {
    folder: TempDir,
    sessions: Vec<(&'static str, String)>,
    /// Its folder is there as long as the model.
    _repository: Option<TestRepository>,
}

impl Model {
    fn of(hides: bool, code: bool) -> Arc<Self> {
        static MODELS: [Mutex<Weak<Model>>; 4] = [const { Mutex::new(Weak::new()) }; 4];
        let mut kept =
            MODELS[2 * usize::from(hides) + usize::from(code)].lock().unwrap_or_else(PoisonError::into_inner);
        kept.upgrade().unwrap_or_else(|| {
            let built = Arc::new(House::build(hides, code));
            *kept = Arc::downgrade(&built);
            built
        })
    }
}

impl House {
    /// One without code, as it was built.
    pub fn new(hides: bool) -> Self {
        Self::like(Model::of(hides, false))
    }

    pub fn with_code(hides: bool) -> Self {
        Self::like(Model::of(hides, true))
    }

    fn like(model: Arc<Model>) -> Self {
        let test = TestSite::copied(model.folder.path());
        Self { test, sessions: model.sessions.clone(), _model: Some(model) }
    }

    /// `hides`: with the pages below `Secret`, the project `hidden` and what hangs on them; with a component `Secret` that
    /// is closed to all but the insider, and ticket 2 in it; with ticket 3, which is private to the insider; with internal
    /// notes on ticket 1; with relations of ticket 4 to tickets 2 and 3.
    fn build(hides: bool, code: bool) -> Model {
        let test = TestSite::new();
        let mut sessions = Vec::new();
        for viewer in &VIEWERS[1..] {
            let person = if *viewer == "admin" { test.admin(viewer) } else { test.user(viewer) };
            let person = if matches!(*viewer, "member" | "insider") { person.member() } else { person };
            sessions.push((*viewer, person.session.unwrap()));
        }
        let house = Self { test, sessions, _model: None };
        house.furnish();
        if hides {
            house.hide();
        } else {
            house.leave_out();
        }
        house.relate(hides);
        house.list();
        house.test.catch_up();
        let repository = code.then(|| house.keep_code());
        Model { folder: house.test.close(), sessions: house.sessions, _repository: repository }
    }

    /// A repository, which only reading asks for.
    fn keep_code(&self) -> TestRepository {
        let repository = TestRepository::new();
        repository.write("README.md", "See [[Plan]] and [[Secret/Plan]].").write("src/main.rs", "fn main() {}\n");
        repository.commit("See [[Secret/Plan]]");
        self.test.connect(&repository.path(), "doors");
        self.test.catch_up();
        repository
    }

    fn furnish(&self) {
        let demo = self.test.demo();
        let insider = permissions::subject(&self.test.site, &demo, "insider").unwrap();
        let operator = self.test.operator();
        let by = Act::new(&operator, Via::Command);
        permissions::restrict(&demo, by, "secret", &[insider]).unwrap();
        self.test.grant("members", &["WIKI_RENAME", "WIKI_DELETE"]);
        self.test.grant("insider", &["TICKET_NOTES"]);
        let doors = Wish { name: Some("Doors"), ..Wish::default() };
        options_edit::create(&self.test.site, &demo, by, "component", &doors).unwrap();
        let request = Request {
            set: vec![("summary".to_owned(), "See [[Plan]] and [[Secret/Plan]]".to_owned())],
            ..Request::default()
        };
        let ticket = edit::create(&self.test.site, &demo, by, &request).unwrap();
        let words = "See #1, #2, #3, note:1, note:1:ticket:2, [[Secret/Plan]].";
        let time = Some(TimeRequest { amount: "2h".to_owned(), ..TimeRequest::default() });
        let comment = Request { comment: words.to_owned(), time, ..Request::default() };
        edit::change(&self.test.site, &demo, by, ticket, &comment).map(drop).unwrap();
        let wish = reminders::Wish { due: "2999-12-24", text: "Look again", person: "" };
        reminders::add(&self.test.site, &demo, by, ticket, &wish).unwrap();
        let admin = self.person("admin");
        admin.save_page("WikiStart", "Welcome. See [[Plan]] and [[Secret/Plan]].");
        admin.save_page("Plan", "The first plan.");
        admin.save_page("Plan", "The second plan, with words to be found.");
        admin.attach("/demo/attachment/wiki/Plan/", "note.txt", b"A note.").expect(303);
        admin.save_page("Former", "---\ntags: open\n---\nWas here before.");
        admin.submit("/demo/wiki/Former?action=rename", &[("new_name", "Present"), ("redirect", "1")]).expect(303);
        admin.save_page("Gone", "Soon in the trash.");
        admin.submit("/demo/wiki/Gone?action=delete", &[("comment", "")]).expect(303);
        let talk = serde_json::json!({ "comment": "See [[Plan]], [[Secret/Plan]], discussion:1 and discussion:2." });
        admin.post_json("/demo/wiki/Plan?action=discussion", &talk).expect(201);
        let edit = serde_json::json!({ "text": "A suggested plan.", "version": 2, "comment": "See #2" });
        self.person("insider").post_json("/demo/wiki/Plan?action=suggest", &edit).expect(201);
        admin.submit("/demo/milestone?action=new", &[("name", "Before"), ("duedate", "2099-12-31")]).expect(303);
        admin.submit("/demo/milestone/Before?action=edit", &[("name", "M1")]).expect(303);
        admin.attach("/demo/attachment/milestone/M1/", "note.txt", b"A note.").expect(303);
    }

    /// Ticket 4 hangs together with ticket 1 and, in all its relations, with the hidden ones: as it was filed and by a change.
    /// Where there are none, it is filed and commented on all the same.
    fn relate(&self, hides: bool) {
        let insider = self.person("insider");
        let mut filing = vec![("field_summary", "Hangs together"), ("field_component", "Doors")];
        let mut comment = serde_json::json!({ "comment": "Looked at again." });
        if hides {
            filing.extend([("field_depends_on", "2"), ("field_refers_to", "2, 1")]);
            for (field, numbers) in [("depends_on", [2, 3]), ("refers_to", [1, 3])] {
                comment[field] = serde_json::json!(numbers);
            }
            for field in ["parent", "duplicate_of"] {
                comment[field] = serde_json::json!([3]);
            }
        } else {
            filing.push(("field_refers_to", "1"));
        }
        file(&insider, &filing);
        insider.post_json("/demo/ticket/4", &comment).expect(201);
    }

    /// A page that asks for what may be hidden.
    fn list(&self) {
        self.person("admin").save_page(
            "Lists",
            "[[TicketQuery(component=Secret)]]\n\n[[TicketQuery(status=new, format=table, col=id|component)]]\n\n\
             There are [[TicketQuery(component=!Secret, format=count)]]. #2, #3, note:1:ticket:1, note:9:ticket:1.\n\n\
             [[TicketQuery(depends_on=2)]]\n\n[[TicketQuery(id=1|4, format=table, col=id|depends_on|parent|children)]]\n\n\
             {1}, {9}, report:9, report:7?USER=admin.\n\n[[Progress(M1)]]\n\n[[Roadmap]]\n\n[[Backlinks]]\n\n[[Timeline]]",
        );
    }

    /// The numbers of the hidden tickets and pages are given away where there is nothing hidden, too.
    fn leave_out(&self) {
        let skip = "update sqlite_sequence set seq = seq + 2 where name in ('ticket', 'page');
                    update sqlite_sequence set seq = seq + 1 where name in ('page_thread', 'page_message', 'page_suggestion');
                    update sqlite_sequence set seq = seq + 1 where name = 'report'";
        self.test.demo().db().write(|db| Ok(db.execute_batch(skip)?)).unwrap();
    }

    fn hide(&self) {
        let admin = self.person("admin");
        admin.save_page(
            "Secret/Plan",
            "---\ntags: hush\n---\nThe secret plan, with words to be found. See [[Plan]] and [[Elsewhere]].",
        );
        admin.attach("/demo/attachment/wiki/Secret/Plan/", "note.txt", b"A secret note.").expect(303);
        let talk = serde_json::json!({ "comment": "Said of [[Plan]] in secret, with words to be found. See #1, discussion:1." });
        self.person("insider").post_json("/demo/wiki/Secret/Plan?action=discussion", &talk).expect(201);
        let edit = serde_json::json!({ "text": "A secret suggestion, with words to be found.", "version": 1 });
        self.person("insider").post_json("/demo/wiki/Secret/Plan?action=suggest", &edit).expect(201);
        admin.save_page("Secret/Gone", "Soon in the trash.");
        admin.submit("/demo/wiki/Secret/Gone?action=delete", &[("comment", "")]).expect(303);
        let (demo, operator) = (self.test.demo(), self.test.operator());
        let by = Act::new(&operator, Via::Command);
        let secret = Wish { name: Some("Secret"), is_default: Some(true), owner: Some("insider"), ..Wish::default() };
        let secret = options_edit::create(&self.test.site, &demo, by, "component", &secret).unwrap();
        // It is closed when there is a ticket in it, so that all of that has to follow.
        file(
            &admin,
            &[
                ("field_summary", "The secret matter, with words to be found"),
                ("field_description", "See #1 and [[Plan]]."),
                ("field_milestone", "M1"),
                ("field_component", "Secret"),
                ("field_cc", "member"),
            ],
        );
        admin
            .post_json("/demo/ticket/2", &serde_json::json!({ "comment": "Said of #1 in secret.", "time": "5h" }))
            .expect(201);
        admin.post_json("/demo/ticket/2/reminder", &serde_json::json!({ "due": "2999-12-24" })).expect(201);
        admin.post_json("/demo/ticket/2/bookmark", &serde_json::json!({ "on": "1" })).expect(200);
        admin.attach("/demo/attachment/ticket/2/", "note.txt", b"A secret note.").expect(303);
        let insider = self.person("insider");
        let note = |ticket: i64, text: &str| {
            let body = serde_json::json!({ "comment": text, "internal": true });
            insider.post_json(&format!("/demo/ticket/{ticket}"), &body).expect(201);
        };
        note(2, "A secret remark on #1 and [[Plan]], with words to be found.");
        let closed = queue::Wish { doors: Some(Doors::ClosedTo("insider")), ..queue::Wish::default() };
        queue::change(&self.test.site, &demo, by, secret.id, &closed).unwrap();
        file(
            &insider,
            &[
                ("field_summary", "The private matter, with words to be found"),
                ("field_private", "1"),
                ("field_description", "See #1 and [[Plan]]."),
                ("field_milestone", "M1"),
                ("field_component", "Doors"),
            ],
        );
        insider.post_json("/demo/ticket/3", &serde_json::json!({ "comment": "Said of #1 in private." })).expect(201);
        insider.attach("/demo/attachment/ticket/3/", "note.txt", b"A private note.").expect(303);
        note(3, "A private remark on #1, with words to be found.");
        note(1, "A remark on #1, #2, [[Plan]], milestone:M1 and note:1, with words to be found.");
        note(1, "Another remark.");
        let list = serde_json::json!({ "title": "A list of secrets", "query": "?component=Secret" });
        insider.post_json("/demo/report", &list).expect(201);
        let better = [("edited_note", "A better remark, with words to be found.")];
        insider.submit("/demo/ticket/1?action=note-edit&note=2", &better).expect(303);
        self.test.project("hidden", false);
        let form = [("text", "The plan of another project."), ("save", "1")];
        admin.submit("/hidden/wiki/Plan?action=edit", &form).expect(303);
        admin.submit("/hidden/milestone?action=new", &[("name", "M1")]).expect(303);
        self.test.site.project(&self.test.row("hidden")).unwrap().catch_up().unwrap();
    }

    pub fn person(&self, viewer: &str) -> Person<'_> {
        let session = self.sessions.iter().find(|(name, _)| *name == viewer).map(|(_, session)| session.clone());
        Person::new(&self.test, if session.is_some() { viewer } else { "" }, session)
    }

    pub fn post(&self, viewer: &str, address: &str, send: Send, guard: Guard) -> Answer {
        let mut person = self.person(viewer);
        let session = person.session.clone().unwrap_or_default();
        let issue = |session: &str| token::issue(self.test.site.secret(), session);
        let form_token = match guard {
            Guard::None => None,
            Guard::Forged => Some(issue("another session")),
            Guard::OfNobody => Some(issue("")),
            _ => Some(issue(&session)),
        };
        match guard {
            Guard::ForeignOrigin => person = person.with_header("Origin", "https://evil.example"),
            Guard::CrossSite => person = person.with_header("Sec-Fetch-Site", "cross-site"),
            Guard::SameSite => person = person.with_header("Sec-Fetch-Site", "same-site"),
            _ => {}
        }
        let token = form_token.as_deref().map(|token| ("__FORM_TOKEN", token));
        let (kind, body) = match send {
            Send::Nothing => (String::new(), Vec::new()),
            Send::Form(fields) => (
                "application/x-www-form-urlencoded".to_owned(),
                encode(token.into_iter().chain(fields.iter().copied())).into_bytes(),
            ),
            Send::File(fields, name, bytes) => {
                let fields: Vec<_> = token.into_iter().chain(fields.iter().copied()).collect();
                multipart(&fields, &[("attachment", name, bytes)])
            }
        };
        person.send(Method::Post, address, &kind, body)
    }

    /// Without what differs between two sites that are alike: tokens, moments, and the random ids of projects.
    pub fn plain(&self, answer: &Answer) -> String {
        let mut text = answer.without_token();
        if answer.header("Content-Type") == Some("application/zip") {
            // The moments in an archive are no text; that nothing more is in it shows in its length.
            text = format!("{} bytes", answer.body.len());
        }
        for row in self.test.site.projects().unwrap() {
            text = text.replace(&row.id, "");
        }
        let text = without_all(&text, "<time", "</time>");
        // Who has an editor open: not the same people have been in both houses.
        let text = without_all(&text, "role=\"status\" data-others", "</p>");
        let text = without_all(&text, "<updated>", "</updated>");
        let text = without_all(&text, "\"time\":\"", "\"");
        let text =
            ["DTSTAMP:", "CREATED:", "LAST-MODIFIED:"].iter().fold(text, |text, line| without_all(&text, line, "\r"));
        let text = without_all(&text, "\"changetime\":\"", "\"");
        let text = without_all(&text, "class=\"new-token\">", "<");
        // The secret of a second factor is nobody's yet when it is shown.
        let text = without_all(&text, "<svg class=\"qr\"", "</svg>");
        let text = without_all(&text, "name=\"secret\" value=\"", "\"");
        let text = without_all(&text, "otpauth://", "\"");
        let text = without_all(&text, "\"entered\":\"", "\"");
        let text = without_all(&text, "\"created\":\"", "\"");
        let text = without_all(&text, "timeline?from=", "&");
        // Permanent ids in feeds are drawn from the site's secret.
        let text = without_all(&text, "/timeline#", "</id>");
        let mut headers: Vec<String> = answer
            .headers
            .iter()
            .filter(|(name, _)| {
                !["date", "content-length", "etag", "last-modified"].contains(&name.to_lowercase().as_str())
            })
            .map(|(name, value)| format!("{name}: {value}"))
            .collect();
        // Rocket keeps them in no order.
        headers.sort();
        format!("{} {}\n{text}", answer.status, headers.join("\n"))
    }
}

fn file(person: &Person<'_>, fields: &[(&str, &str)]) {
    let mut fields = fields.to_vec();
    fields.push(("submit", "1"));
    person.submit("/demo/newticket", &fields).expect(303);
}

fn without_all(text: &str, begin: &str, end: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(begin) {
        out.push_str(&rest[..at]);
        rest = rest[at + begin.len()..].split_once(end).map_or("", |(_, after)| after);
    }
    out + rest
}
