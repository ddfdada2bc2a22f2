//! What is in the houses: what all of them have, and what some of them hide.

use serde_json::json;
use trackway::auth::api_tokens::{self, NewToken};
use trackway::auth::{accounts, permissions};
use trackway::base::event::Via;
use trackway::base::project::Act;
use trackway::base::viewer::Scope;
use trackway::ticket::edit;
use trackway::ticket::options_edit::{self, Wish};
use trackway::ticket::plan::Request;
use trackway::ticket::queue::{self, Doors};
use trackway::ticket::reminders;
use trackway::ticket::worked::TimeRequest;

use super::house::{Credential, Hides, House, VIEWERS};
use crate::support::work_tree::TestRepository;
use crate::support::{Person, TestSite};

/// Everybody who is there beside [`VIEWERS`], all but the first members of `demo`; the account of the last is disabled.
const OTHERS: [&str; 7] = ["elsewhere", "reporter", "owner", "cc", "admincc", "robot", "leaver"];

/// Tokens: how they are called, of whom they are, how far they go, and the one project that they are good for.
const TOKENS: [(&str, &str, Scope, Option<&str>); 5] = [
    ("reading token", "robot", Scope::Read, None),
    ("writing token", "robot", Scope::Write, None),
    ("insider's token", "insider", Scope::Read, None),
    ("admin's token", "admin", Scope::Admin, None),
    ("admin's token for another project", "admin", Scope::Admin, Some("other")),
];

/// Builds a house, with who may come in.
pub fn build(hides: Hides) -> House {
    let test = TestSite::new();
    let mut credentials = Vec::new();
    for viewer in VIEWERS[1..].iter().chain(&OTHERS) {
        let person = if *viewer == "admin" { test.admin(viewer) } else { test.user(viewer) };
        let outside = matches!(*viewer, "stranger" | "admin" | "elsewhere");
        let person = if outside { person } else { person.member() };
        credentials.push((*viewer, Credential::Session(person.session.unwrap())));
    }
    test.project("other", false);
    test.command(&["permission", "grant", "other", "elsewhere", "members"]).expect(0);
    for (name, account, scope, project) in TOKENS {
        let account = test.site.read(|db| accounts::load(db, account)).unwrap().id;
        let projects: Vec<String> = project.into_iter().map(|project| test.row(project).id).collect();
        let new = NewToken { label: name, scope, projects: &projects, days: 30 };
        let secret = test.site.write(None, Via::Command, |db, record| api_tokens::create(db, record, account, &new));
        credentials.push((name, Credential::Token(secret.unwrap())));
    }
    let house = House::furnished(test, credentials);
    house.furnish();
    house.hide(hides);
    house.relate(hides);
    house.list();
    let leaver = house.test.site.read(|db| accounts::load(db, "leaver")).unwrap().id;
    let disable =
        |db: &rusqlite::Connection, record: &dyn Fn(&_) -> _| accounts::set_disabled(db, record, leaver, true);
    house.test.site.write(None, Via::Command, disable).unwrap();
    house.test.catch_up();
    house
}

impl House {
    /// A repository, which only reading asks for.
    pub fn keep_code(&self) -> TestRepository {
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
        let talk = json!({ "comment": "See [[Plan]], [[Secret/Plan]], discussion:1 and discussion:2." });
        admin.post_json("/demo/wiki/Plan?action=discussion", &talk).expect(201);
        let edit = json!({ "text": "A suggested plan.", "version": 2, "comment": "See #2" });
        self.person("insider").post_json("/demo/wiki/Plan?action=suggest", &edit).expect(201);
        admin.submit("/demo/milestone?action=new", &[("name", "Before"), ("duedate", "2099-12-31")]).expect(303);
        admin.submit("/demo/milestone/Before?action=edit", &[("name", "M1")]).expect(303);
        admin.attach("/demo/attachment/milestone/M1/", "note.txt", b"A note.").expect(303);
    }

    /// Ticket 4 hangs together with ticket 1 and, in all its relations, with the hidden ones: as it was filed and by a change.
    /// Where there are none, it is filed and commented on all the same.
    fn relate(&self, hides: Hides) {
        let insider = self.person("insider");
        let mut filing = vec![("field_summary", "Hangs together"), ("field_component", "Doors")];
        let mut comment = json!({ "comment": "Looked at again." });
        if hides == Hides::Everything {
            filing.extend([("field_depends_on", "2"), ("field_refers_to", "2, 1")]);
            comment["depends_on"] = json!([2, 3]);
        } else {
            filing.push(("field_refers_to", "1"));
        }
        if hides != Hides::Nothing {
            if hides == Hides::Private {
                comment["depends_on"] = json!([3]);
            }
            comment["refers_to"] = json!([1, 3]);
            for field in ["parent", "duplicate_of"] {
                comment[field] = json!([3]);
            }
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

    /// The numbers of what is left out are given away all the same.
    fn skip(&self, tables: &[(&str, i64)]) {
        for (table, count) in tables {
            let sql = "update sqlite_sequence set seq = seq + ?2 where name = ?1";
            self.test.demo().db().write(|db| Ok(db.execute(sql, (*table, *count))?)).unwrap();
        }
    }

    fn hide(&self, hides: Hides) {
        if hides == Hides::Everything {
            self.hide_pages();
            self.hide_component();
        } else {
            let texts = [("page", 2), ("page_thread", 1), ("page_message", 1), ("page_suggestion", 1)];
            self.skip(&texts);
            self.skip(&[("ticket", 1), ("attachment", 2)]);
        }
        if hides == Hides::Nothing {
            self.skip(&[("ticket", 1), ("attachment", 1)]);
        } else {
            self.hide_private_ticket();
        }
        if hides == Hides::Everything {
            self.hide_notes();
            self.hide_list();
            self.hide_project();
        } else {
            self.skip(&[("report", 1)]);
        }
    }

    /// The pages below `Secret`, a discussion and a suggestion of one of them, another one in the trash.
    fn hide_pages(&self) {
        let admin = self.person("admin");
        admin.save_page(
            "Secret/Plan",
            "---\ntags: hush\n---\nThe secret plan, with words to be found. See [[Plan]] and [[Elsewhere]].",
        );
        admin.attach("/demo/attachment/wiki/Secret/Plan/", "note.txt", b"A secret note.").expect(303);
        let talk = json!({ "comment": "Said of [[Plan]] in secret, with words to be found. See #1, discussion:1." });
        self.person("insider").post_json("/demo/wiki/Secret/Plan?action=discussion", &talk).expect(201);
        let edit = json!({ "text": "A secret suggestion, with words to be found.", "version": 1 });
        self.person("insider").post_json("/demo/wiki/Secret/Plan?action=suggest", &edit).expect(201);
        admin.save_page("Secret/Gone", "Soon in the trash.");
        admin.submit("/demo/wiki/Secret/Gone?action=delete", &[("comment", "")]).expect(303);
    }

    /// A component `Secret` that is closed to all but the insider, and ticket 2 in it.
    fn hide_component(&self) {
        let admin = self.person("admin");
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
        let comment = json!({ "comment": "Said of #1 in secret.", "time": "5h" });
        admin.post_json("/demo/ticket/2", &comment).expect(201);
        admin.post_json("/demo/ticket/2/reminder", &json!({ "due": "2999-12-24" })).expect(201);
        admin.post_json("/demo/ticket/2/bookmark", &json!({ "on": "1" })).expect(200);
        admin.attach("/demo/attachment/ticket/2/", "note.txt", b"A secret note.").expect(303);
        self.note(2, "A secret remark on #1 and [[Plan]], with words to be found.");
        // Who watches it from inside reads notes of what they see, and is not let in by that.
        let doors = Some(Doors::ClosedTo("insider"));
        let closed = queue::Wish { doors, admincc: Some("admincc"), ..queue::Wish::default() };
        queue::change(&self.test.site, &demo, by, secret.id, &closed).unwrap();
    }

    /// Ticket 3, which only those see who take part in it.
    fn hide_private_ticket(&self) {
        let insider = self.person("insider");
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
        insider.post_json("/demo/ticket/3", &json!({ "comment": "Said of #1 in private." })).expect(201);
        insider.attach("/demo/attachment/ticket/3/", "note.txt", b"A private note.").expect(303);
        let parts = [("reporter", "reporter"), ("owner", "owner"), ("cc", "cc, insider")];
        let set = parts.map(|(field, who)| (field.to_owned(), who.to_owned())).to_vec();
        let (demo, operator) = (self.test.demo(), self.test.operator());
        let request = Request { set, ..Request::default() };
        edit::change(&self.test.site, &demo, Act::new(&operator, Via::Command), 3, &request).map(drop).unwrap();
    }

    /// Internal notes on ticket 1, and on the private one.
    fn hide_notes(&self) {
        self.note(3, "A private remark on #1, with words to be found.");
        self.note(1, "A remark on #1, #2, [[Plan]], milestone:M1 and note:1, with words to be found.");
        self.note(1, "Another remark.");
        let better = [("edited_note", "A better remark, with words to be found.")];
        self.person("insider").submit("/demo/ticket/1?action=note-edit&note=2", &better).expect(303);
    }

    fn hide_list(&self) {
        let list = json!({ "title": "A list of secrets", "query": "?component=Secret" });
        self.person("insider").post_json("/demo/report", &list).expect(201);
    }

    /// Another project.
    fn hide_project(&self) {
        let admin = self.person("admin");
        self.test.project("hidden", false);
        let form = [("text", "The plan of another project."), ("save", "1")];
        admin.submit("/hidden/wiki/Plan?action=edit", &form).expect(303);
        admin.submit("/hidden/milestone?action=new", &[("name", "M1")]).expect(303);
        self.test.site.project(&self.test.row("hidden")).unwrap().catch_up().unwrap();
    }

    fn note(&self, ticket: i64, text: &str) {
        let body = json!({ "comment": text, "internal": true });
        self.person("insider").post_json(&format!("/demo/ticket/{ticket}"), &body).expect(201);
    }
}

fn file(person: &Person<'_>, fields: &[(&str, &str)]) {
    let mut fields = fields.to_vec();
    fields.push(("submit", "1"));
    person.submit("/demo/newticket", &fields).expect(303);
}
