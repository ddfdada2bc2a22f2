//! Search over real databases and index folders, with a component of notes that stands for all others.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use rocket::http::{Header, Status};
use rocket::local::blocking::Client;
use rusqlite::{Connection, OptionalExtension};
use serde_json::{Value, json};
use tempfile::TempDir;
use trackway::attachment::Attachments;
use trackway::auth::permissions;
use trackway::base::component::{Card, Component, Components, Document, Owner, Searchable};
use trackway::base::error::{Error, Result};
use trackway::base::event::{self, NewEvent, Via};
use trackway::base::markup::{Arguments, Context, Here, InterMap, LinkKind, LinkTarget, Resolved, TextSettings};
use trackway::base::project::{Act, Project};
use trackway::base::resource::Resource;
use trackway::base::site::Site;
use trackway::base::time::Instant;
use trackway::base::viewer::{ByDefault, DEFAULT_CLASS, Permission, Principal, Viewer};
use trackway::search::corpus::Order;
use trackway::search::find::{self, Results, Wanted};
use trackway::search::{self, Rebuilt, SEARCH_VIEW, Search, command_json};
use trackway::web::Web;
use trackway::web::address::SiteAddress;

use crate::support::{Person, TestSite};

const NOTE_VIEW: Permission =
    Permission { name: "NOTE_VIEW", doc: "May read notes.", implies: &[], by_default: ByDefault::Readers };
const MEMO_VIEW: Permission =
    Permission { name: "MEMO_VIEW", doc: "May read memos.", implies: &[], by_default: ByDefault::Readers };

/// Kinds of one table: notes have even ids, memos odd ones. Tickets have fields, and may need another right than notes do.
struct Notes;

static NOTES: Notes = Notes;
static SEARCH: Search = Search;
static FILES: Attachments = Attachments::new(|| COMPONENTS);
static COMPONENTS: Components = Components(&[&NOTES, &SEARCH, &FILES, &trackway::account::COMPONENT]);

impl Component for Notes {
    fn name(&self) -> &'static str {
        "notes"
    }

    fn permissions(&self) -> &'static [Permission] {
        &[NOTE_VIEW, MEMO_VIEW]
    }

    fn link_kinds(&self) -> &'static [LinkKind] {
        &[TO_NOTE, TO_OUTSIDE]
    }

    fn searchable(&self) -> &'static [Searchable] {
        &[
            Searchable { kind: "note", title: "Notes", permission: None },
            Searchable { kind: "memo", title: "Memos", permission: None },
            Searchable { kind: "ticket", title: "Tickets", permission: None },
        ]
    }

    fn document(&self, db: &Connection, resource: &Resource) -> Result<Option<Document>> {
        let Some(note) = Note::load(db, &resource.kind, resource.id)? else { return Ok(None) };
        if note.text == "unreadable" {
            return Err(Error::internal("this note can't be read"));
        }
        Ok(Some(Document {
            resource: resource.clone(),
            acl: note.acl,
            participants: participants(db, resource)?,
            permission: note.needs().name,
            facets: note.facets(),
            title: note.title,
            text: note.text,
            author: note.author,
            changed: note.changed,
        }))
    }

    fn document_ids(&self, db: &Connection, kind: &str, after: i64, limit: usize) -> Result<Vec<i64>> {
        let mut statement = db.prepare("select id from note where kind = ?1 and id > ?2 order by id limit ?3")?;
        Ok(statement.query_map((kind, after, limit as i64), |row| row.get(0))?.collect::<rusqlite::Result<_>>()?)
    }

    fn cards(&self, db: &Connection, viewer: &Viewer, kind: &str, ids: &[i64]) -> Result<Vec<Option<Card>>> {
        ids.iter()
            .map(|id| {
                let resource = Resource::stored(kind.to_owned(), *id);
                let Some(note) = Note::seen(db, viewer, &resource)? else { return Ok(None) };
                Ok(Some(Card {
                    href: format!("/{kind}/{id}"),
                    resource,
                    class: (note.field("status") == Some("closed")).then_some("closed"),
                    title: note.title,
                    author: note.author,
                    changed: note.changed,
                    place: String::new(),
                }))
            })
            .collect()
    }

    fn owner_of(&self, db: &Connection, viewer: &Viewer, resource: &Resource) -> Result<Option<Owner>> {
        if !["note", "memo", "ticket"].contains(&resource.kind.as_ref()) {
            return Ok(None);
        }
        let owner = |note: Note| Owner {
            asked_by: None,
            resource: resource.clone(),
            acl: note.acl,
            realm: "note",
            id: resource.id.to_string(),
            to_view: note.needs(),
            to_attach: note.needs(),
            to_remove: note.needs(),
            title: note.title,
            href: format!("/{}/{}", resource.kind, resource.id),
        };
        Ok(Note::seen(db, viewer, resource)?.map(owner))
    }
}

fn participants(db: &Connection, resource: &Resource) -> Result<Vec<i64>> {
    let mut statement = db.prepare("select person from participant where resource_kind = ?1 and resource_id = ?2")?;
    Ok(statement.query_map((&resource.kind, resource.id), |row| row.get(0))?.collect::<rusqlite::Result<_>>()?)
}

const TO_NOTE: LinkKind = LinkKind {
    prefixes: &["wiki"],
    doc: "A note by its title.",
    example: "wiki:Kitchen",
    targets: |_, rest| vec![LinkTarget::new("note", rest.to_owned())],
    resolve: |context, rests| {
        let one = |title: &&str| {
            let found = context
                .db
                .query_row("select id from note where title = ?1 and acl = 1", [title], |row| row.get::<_, i64>(0))
                .optional()?;
            Ok(match found {
                Some(id) => Resolved::Found { href: format!("/note/{id}"), label: None, title: None, class: None },
                None => Resolved::Missing { href: Some("/note/new".to_owned()), title: String::new() },
            })
        };
        rests.iter().map(one).collect()
    },
};

const TO_OUTSIDE: LinkKind = LinkKind {
    prefixes: &["out"],
    doc: "Somewhere else.",
    example: "out:x",
    targets: |_, rest| vec![LinkTarget::new("url", rest.to_owned())],
    resolve: |_, rests| {
        let href = "https://elsewhere.example/".to_owned();
        Ok(rests
            .iter()
            .map(|_| Resolved::Found { href: href.clone(), label: None, title: None, class: None })
            .collect())
    },
};

struct Note {
    kind: String,
    acl: i64,
    /// The right to see it, where it is not that of its kind.
    needs: String,
    /// `{"status": "new"}`.
    fields: Value,
    title: String,
    text: String,
    author: String,
    changed: Instant,
}

impl Note {
    fn load(db: &Connection, kind: &str, id: i64) -> Result<Option<Self>> {
        Ok(db
            .query_row("select * from note where kind = ?1 and id = ?2", (kind, id), |row| {
                let fields: String = row.get("fields")?;
                Ok(Self {
                    kind: kind.to_owned(),
                    needs: row.get("needs")?,
                    fields: serde_json::from_str(&fields).unwrap_or_default(),
                    acl: row.get("acl")?,
                    title: row.get("title")?,
                    text: row.get("text")?,
                    author: row.get("author")?,
                    changed: row.get("changed")?,
                })
            })
            .optional()?)
    }

    fn seen(db: &Connection, viewer: &Viewer, resource: &Resource) -> Result<Option<Self>> {
        let Some(note) = Self::load(db, &resource.kind, resource.id)? else { return Ok(None) };
        let people = participants(db, resource)?;
        let joined =
            viewer.joined_classes.contains(&note.acl) && viewer.person.is_some_and(|person| people.contains(&person));
        Ok((viewer.may(note.needs()) && (viewer.sees_class(note.acl) || joined)).then_some(note))
    }

    fn needs(&self) -> Permission {
        if self.needs == MEMO_VIEW.name || self.kind == "memo" { MEMO_VIEW } else { NOTE_VIEW }
    }

    fn field(&self, name: &str) -> Option<&str> {
        self.fields[name].as_str()
    }

    fn facets(&self) -> Vec<(&'static str, String)> {
        let one = |name: &'static str| Some((name, self.field(name)?.to_owned()));
        ["status", "milestone", "component", "owner", "type"].into_iter().filter_map(one).collect()
    }
}

struct Test {
    dir: TempDir,
    site: Arc<Site>,
    project: Arc<Project>,
}

const PRIVATE: i64 = 2;

impl Test {
    fn new() -> Self {
        let dir = TempDir::new().expect("a folder");
        let site = Site::create(dir.path(), COMPONENTS).expect("a site");
        let row = site
            .create_project("demo", "Demo", None, Via::System, |project| {
                project.db().write(|db| {
                    db.execute_batch(
                        "create table note (kind text, id integer, acl integer, title text, text text, author text, changed integer,
                                            needs text not null default '', fields text not null default '{}',
                                            primary key (kind, id)) strict;
                         insert into acl (id, kind, path, participants) values (2, 'private', 'x', 1);
                         insert into person (id, login, kind) values (7, 'kim', 'account'), (8, 'lee', 'account');",
                    )?;
                    Ok(())
                })
            })
            .expect("a project");
        let project = site.project(&row).expect("opens");
        Self { dir, site: Arc::new(site), project }
    }

    fn save(&self, id: i64, title: &str, text: &str) {
        self.save_as("note", id, DEFAULT_CLASS, title, text, json!({}));
    }

    fn save_as(&self, kind: &'static str, id: i64, acl: i64, title: &str, text: &str, data: Value) {
        self.save_at(kind, id, acl, title, text, data, Instant::now());
    }

    #[expect(clippy::too_many_arguments, reason = "the columns of a row")]
    fn save_at(&self, kind: &'static str, id: i64, acl: i64, title: &str, text: &str, data: Value, changed: Instant) {
        self.change(kind, id, acl, data, |db| {
            db.execute(
                "insert or replace into note (kind, id, acl, title, text, author, changed) values (?1, ?2, ?3, ?4, ?5, 'Kim Lee', ?6)",
                (kind, id, acl, title, text, changed),
            )?;
            Ok(())
        });
    }

    fn change(
        &self,
        kind: &'static str,
        id: i64,
        acl: i64,
        data: Value,
        change: impl FnOnce(&Connection) -> Result<()>,
    ) {
        let viewer = everything();
        self.project
            .write(Act::new(&viewer, Via::System), |tx| {
                change(tx)?;
                tx.record(&NewEvent::new("note.saved", Resource::new(kind, id), acl).data(data))
            })
            .expect("writes");
    }

    /// A ticket, with `fields` as `{"status": "new"}`; seen by who has the right `needs`.
    fn ticket(&self, id: i64, acl: i64, title: &str, needs: Permission, fields: Value) {
        self.change("ticket", id, acl, json!({}), |db| {
            db.execute(
                "insert or replace into note (kind, id, acl, title, text, author, changed, needs, fields)
                 values ('ticket', ?1, ?2, ?3, 'shared', 'Kim Lee', ?4, ?5, ?6)",
                (id, acl, title, Instant::now(), needs.name, fields.to_string()),
            )?;
            Ok(())
        });
    }

    fn delete(&self, id: i64) {
        self.change("note", id, DEFAULT_CLASS, json!({}), |db| {
            db.execute("delete from note where kind = 'note' and id = ?1", [id])?;
            Ok(())
        });
    }

    fn catch_up(&self) {
        assert!(self.project.catch_up().expect("catches up"), "the follower waits for a retry");
    }

    fn find(&self, query: &str) -> Results {
        self.find_as(&reader(), query)
    }

    fn find_as(&self, viewer: &Viewer, query: &str) -> Results {
        let query = find::read(COMPONENTS, viewer, query);
        find::find(&self.project, viewer, &query, &Wanted::default()).expect("finds")
    }

    /// Titles of the hits, best first; the count must agree.
    fn titles(&self, query: &str) -> Vec<String> {
        self.titles_as(&reader(), query)
    }

    fn titles_as(&self, viewer: &Viewer, query: &str) -> Vec<String> {
        let results = self.find_as(viewer, query);
        assert_eq!(results.total as usize, results.hits.len(), "{query}: the count and the hits");
        let facets: u64 = results.facets.iter().map(|facet| facet.count).sum();
        assert!(facets >= results.total, "{query}: the facets");
        // A page that shows one hit knows of the others by the index alone.
        let read = find::read(COMPONENTS, viewer, query);
        let wanted = Wanted { page_size: 1, ..Wanted::default() };
        let first = find::find(&self.project, viewer, &read, &wanted).expect("finds");
        assert_eq!((first.total, first.hits.len()), (results.total, results.hits.len().min(1)), "{query}: one by one");
        results.hits.into_iter().map(|hit| hit.card.title).collect()
    }

    /// A browser of somebody anonymous, in a project that everybody may read.
    fn client(&self) -> Client {
        let defined = COMPONENTS.permissions();
        self.project.db().write(|db| permissions::grant_defaults(db, &defined, true)).expect("grants");
        let address = SiteAddress::parse("http://127.0.0.1:8000").expect("an address");
        let web = Web::new(Arc::clone(&self.site), address).expect("templates");
        let config = rocket::Config { log_level: rocket::config::LogLevel::Off, ..rocket::Config::debug_default() };
        let rocket = rocket::custom(config)
            .manage(Arc::new(web))
            .mount("/", SEARCH.routes())
            .register("/", trackway::web::error::catchers());
        Client::untracked(rocket).expect("a server")
    }

    fn index(&self) -> PathBuf {
        self.project.dir().join("index")
    }

    fn position(&self) -> i64 {
        self.project.read(|db| event::position(db, "search")).expect("reads")
    }
}

fn viewer(principal: Principal, person: Option<i64>, classes: &[i64], joined: &[i64]) -> Viewer {
    Viewer {
        principal: Arc::new(principal),
        person,
        permissions: [SEARCH_VIEW.name, NOTE_VIEW.name, MEMO_VIEW.name].into(),
        classes: classes.to_vec(),
        joined_classes: joined.to_vec(),
        archived: false,
        local: None,
    }
}

fn reader() -> Viewer {
    viewer(Principal::anonymous(), None, &[DEFAULT_CLASS], &[])
}

fn everything() -> Viewer {
    viewer(Principal::operator(), None, &[DEFAULT_CLASS, PRIVATE], &[])
}

#[test]
fn a_saved_text_is_found_at_once_and_after_the_index_caught_up() {
    let test = Test::new();
    test.save(2, "Kitchen", "The sink leaks.");
    assert_eq!(test.titles("sink"), ["Kitchen"]);
    test.catch_up();
    assert_eq!(test.titles("sink"), ["Kitchen"]);
    test.save(2, "Kitchen", "The tap drips.");
    for round in ["before", "after"] {
        assert!(test.titles("sink").is_empty(), "{round}");
        assert_eq!(test.titles("drips"), ["Kitchen"], "{round}");
        test.catch_up();
    }
}

#[test]
fn what_was_deleted_is_gone_at_once() {
    let test = Test::new();
    test.save(2, "Kitchen", "The sink leaks.");
    test.save(4, "Bath", "The sink is new.");
    test.catch_up();
    test.delete(2);
    assert_eq!(test.titles("sink"), ["Bath"]);
    test.catch_up();
    assert_eq!(test.titles("sink"), ["Bath"]);
}

#[test]
fn words_phrases_beginnings_accents_and_scripts_without_blanks_are_found() {
    let test = Test::new();
    test.save(2, "Café Straße", "The running water of the old wiki page.");
    test.save(4, "WikiStart", "page wiki, reversed; a wiki-page with plumbing");
    test.save(6, "東京都", "私は東京都に住む");
    for round in ["in memory", "in the index"] {
        for (query, titles) in [
            ("cafe", &["Café Straße"][..]),
            ("STRASSE café", &["Café Straße"]),
            ("\"old wiki page\"", &["Café Straße"]),
            ("\"wiki page\" -old", &["WikiStart"]),
            ("wiki-page reversed", &["WikiStart"]),
            ("plumb*", &["WikiStart"]),
            ("\"a wiki pa\"*", &["WikiStart"]),
            ("run", &["Café Straße"]),
            ("\"run\"", &[]),
            ("start", &["WikiStart"]),
            ("東京", &["東京都"]),
            ("京東", &[]),
            ("-wiki", &["東京都"]),
            ("author:kim plumbing", &["WikiStart"]),
            ("author:\"lee kim\"", &[]),
            ("plumbing changed:today", &["WikiStart"]),
            ("plumbing changed:<-1d", &[]),
            ("plumbing water", &[]),
            ("foo:bar", &[]),
            ("", &[]),
            ("*", &[]),
            ("???", &[]),
            ("\u{0}\u{202e}\"", &[]),
        ] {
            assert_eq!(test.titles(query), titles, "{round}: {query}");
        }
        test.catch_up();
    }
}

#[test]
fn a_typing_error_is_forgiven_only_where_nothing_is_found_and_is_told() {
    let test = Test::new();
    test.save(2, "Plumbing", "plumbing plumbin");
    test.save(4, "Plum", "plums");
    test.catch_up();
    let results = test.find("plumbign");
    assert_eq!((results.total, results.hits[0].card.title.as_str()), (1, "Plumbing"));
    assert_eq!(results.forgiven.len(), 1);
    assert_eq!((results.forgiven[0].typed.as_str(), results.forgiven[0].found[0].as_str()), ("plumbign", "plumbing"));
    assert!(results.hits[0].excerpt.iter().any(|span| span.mark));
    assert!(test.find("plumbing").forgiven.is_empty());
    assert_eq!(test.find("plim").total, 0, "a short word is not forgiven");
    assert_eq!(test.find("\"plumbign\"").total, 0, "nor is what stands in quotes");
}

#[test]
fn the_title_and_the_newer_text_come_first_and_a_whole_title_before_all() {
    let test = Test::new();
    let now = Instant::now();
    let old = now.plus_seconds(-3 * 365 * 86_400);
    test.save_at("note", 2, DEFAULT_CLASS, "Old", "pipe and more", json!({}), old);
    test.save_at("note", 4, DEFAULT_CLASS, "New", "pipe and more", json!({}), now);
    test.save_at("note", 6, DEFAULT_CLASS, "A pipe in the title", "nothing", json!({}), old);
    test.save_at("note", 8, DEFAULT_CLASS, "Pipe", "nothing", json!({}), old);
    for round in ["in memory", "in the index"] {
        assert_eq!(test.titles("pipe"), ["Pipe", "A pipe in the title", "New", "Old"], "{round}");
        test.catch_up();
    }
    let query = find::read(COMPONENTS, &reader(), "pipe");
    let wanted = Wanted { order: Order::Newest, ..Wanted::default() };
    let newest = find::find(&test.project, &reader(), &query, &wanted).expect("finds");
    assert_eq!(newest.hits[0].card.title, "New");
}

#[test]
fn forbidden_rows_are_neither_counted_nor_shown_even_right_after_their_class_changed() {
    let test = Test::new();
    test.save(2, "Open", "the word secretive");
    test.save_as("note", 4, PRIVATE, "Closed", "the word secretive", json!({}));
    for round in ["in memory", "in the index"] {
        assert_eq!(test.titles("secretive"), ["Open"], "{round}");
        assert_eq!(test.find_as(&everything(), "secretive").total, 2, "{round}");
        test.catch_up();
    }
    test.save_as("note", 2, PRIVATE, "Open", "the word secretive", json!({}));
    assert!(test.titles("secretive").is_empty());
    assert_eq!(test.find("secretive").facets[0].count, 0);
    assert!(find::suggest(&test.project, &reader(), "ope").expect("suggests").is_empty());
    test.save_as("note", 4, DEFAULT_CLASS, "Closed", "the word secretive", json!({}));
    assert_eq!(test.titles("secretive"), ["Closed"]);
    test.catch_up();
    assert_eq!(test.titles("secretive"), ["Closed"]);
}

#[test]
fn a_change_of_many_rows_is_known_from_what_the_event_says_of_them() {
    let test = Test::new();
    for id in [2, 4, 6] {
        test.save(id, &format!("Note {id}"), "shared words");
    }
    test.save_as("memo", 1, DEFAULT_CLASS, "Memo", "shared words", json!({}));
    test.catch_up();
    let hide = |ids: &str| format!("update note set acl = 2 where kind = 'note' and id in ({ids})");
    test.change("note", 2, PRIVATE, json!({ "also": [["note", 4]] }), |db| Ok(db.execute_batch(&hide("2, 4"))?));
    for _ in 0..2 {
        let mut titles = test.titles("shared");
        titles.sort();
        assert_eq!(titles, ["Memo", "Note 6"]);
        test.catch_up();
    }
    test.change("project", 0, DEFAULT_CLASS, json!({ "kinds": ["note"] }), |db| Ok(db.execute_batch(&hide("6"))?));
    for _ in 0..2 {
        assert_eq!(test.titles("shared"), ["Memo"]);
        assert_eq!(test.find_as(&everything(), "shared").total, 4);
        test.catch_up();
    }
}

#[test]
fn who_takes_part_finds_rows_of_a_class_of_participants_and_nobody_else_does() {
    let test = Test::new();
    test.change("note", 2, PRIVATE, json!({}), |db| {
        Ok(db.execute_batch(
            "insert into note (kind, id, acl, title, text, author, changed)
                 values ('note', 2, 2, 'Mine', 'a private matter', 'Kim', 1);
             insert into participant values ('note', 2, 7, 'reporter');",
        )?)
    });
    let kim = viewer(Principal::anonymous(), Some(7), &[DEFAULT_CLASS], &[PRIVATE]);
    let lee = viewer(Principal::anonymous(), Some(8), &[DEFAULT_CLASS], &[PRIVATE]);
    for round in ["in memory", "in the index"] {
        assert_eq!(test.titles_as(&kim, "matter"), ["Mine"], "{round}");
        assert!(test.titles_as(&lee, "matter").is_empty(), "{round}");
        test.catch_up();
    }
}

#[test]
fn kinds_narrow_are_counted_and_need_their_permission() {
    let test = Test::new();
    test.save(2, "Note", "shared");
    test.save_as("memo", 1, DEFAULT_CLASS, "Memo", "shared", json!({}));
    test.catch_up();
    let results = test.find("shared type:memos");
    assert_eq!((results.total, results.hits[0].card.title.as_str()), (1, "Memo"));
    let counts: Vec<_> = results.facets.iter().map(|facet| (facet.kind, facet.count, facet.chosen)).collect();
    assert_eq!(counts[..2], [("note", 1, false), ("memo", 1, true)]);
    let mut no_memos = reader();
    no_memos.permissions.remove(MEMO_VIEW.name);
    assert_eq!(test.titles_as(&no_memos, "shared"), ["Note"]);
    assert_eq!(test.find_as(&no_memos, "shared type:memo").total, 0);
    assert_eq!(test.find_as(&no_memos, "shared").facets[1].count, 0);
    assert!(find::suggest(&test.project, &no_memos, "mem").expect("suggests").is_empty());
    assert_eq!(find::suggest(&test.project, &reader(), "mem").expect("suggests").len(), 1);
    let query = find::read(COMPONENTS, &reader(), "shared");
    let mut nobody = reader();
    nobody.permissions.remove(SEARCH_VIEW.name);
    let refused = find::find(&test.project, &nobody, &query, &Wanted::default());
    assert!(matches!(refused, Err(Error::NotFound(_))));
}

/// `status: new 2, closed 1`, those that were asked for with a star.
fn drawn(results: &Results) -> Vec<String> {
    let value =
        |value: &find::FieldValue| format!("{}{} {}", value.label, if value.chosen { "*" } else { "" }, value.count);
    results
        .fields
        .iter()
        .map(|facet| {
            let values: Vec<String> = facet.values.iter().map(value).collect();
            format!("{}: {}", facet.name, values.join(", "))
        })
        .collect()
}

#[test]
fn values_are_asked_for_by_name_and_counted_as_if_they_were_not() {
    let test = Test::new();
    test.ticket(1, DEFAULT_CLASS, "One", NOTE_VIEW, json!({ "status": "new", "milestone": "M 2", "type": "defect" }));
    test.ticket(2, DEFAULT_CLASS, "Two", NOTE_VIEW, json!({ "status": "new", "milestone": "m 2", "owner": "kim" }));
    test.ticket(3, DEFAULT_CLASS, "Three", NOTE_VIEW, json!({ "status": "closed", "milestone": "M 2" }));
    test.save(2, "Note", "shared");
    for round in ["in memory", "in the index"] {
        let found = |query: &str| {
            let mut titles = test.titles(query);
            titles.sort();
            titles.join(" ")
        };
        for (query, titles) in [
            ("shared", "Note One Three Two"),
            ("status:new", "One Two"),
            ("shared STATUS:New", "One Two"),
            ("status:new status:closed", "One Three Two"),
            ("milestone:\"M 2\" status:closed", "Three"),
            ("milestone:M", ""),
            ("owner:kim", "Two"),
            ("type:defect", "One"),
            ("type:ticket -status:closed", "One Two"),
            ("shared -type:ticket", "Note"),
            ("shared -type:defect", "Note Three Two"),
            ("shared -author:kim", ""),
            ("shared -changed:1d", ""),
            ("status:new -two", "One"),
            ("status:nothing", ""),
        ] {
            assert_eq!(found(query), titles, "{round}: {query}");
        }
        let all = ["status: new 2, closed 1", "milestone: M 2 3", "owner: kim 1"];
        assert_eq!(drawn(&test.find("shared")), all, "{round}");
        let results = test.find("shared status:closed");
        assert_eq!(drawn(&results), ["status: closed* 1, new 2", "milestone: M 2 1"], "{round}");
        assert_eq!(results.facets[2].count, 1, "{round}: tickets");
        assert_eq!(drawn(&test.find("status:none type:defect")), ["status: none* 0, new 1", "type: defect* 0"]);
        test.catch_up();
    }
}

#[test]
fn counts_are_those_that_the_viewer_could_count_one_by_one() {
    const NEEDS: [Permission; 2] = [NOTE_VIEW, MEMO_VIEW];
    const STATUS: [&str; 3] = ["new", "assigned", "closed"];
    const MILESTONES: [&str; 3] = ["M 1", "M 2", ""];
    struct Row {
        id: i64,
        acl: i64,
        needs: Permission,
        status: &'static str,
        milestone: &'static str,
        joined: bool,
    }
    let mut state = 20_26_u64;
    let mut next = |most: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % most
    };
    let test = Test::new();
    test.project
        .db()
        .write(|db| Ok(db.execute("insert into acl (id, kind, path) values (3, 'path', 'y')", [])?))
        .expect("writes");
    let mut rows: Vec<Row> = Vec::new();
    // Some are in the index alone, some have changed since, some are not there yet.
    for round in 0..3 {
        for _ in 0..30 {
            let row = Row {
                id: 1 + next(60) as i64,
                acl: 1 + next(3) as i64,
                needs: NEEDS[next(2)],
                status: STATUS[next(3)],
                milestone: MILESTONES[next(3)],
                joined: next(2) == 0,
            };
            test.project
                .db()
                .write(|db| {
                    db.execute("delete from participant where resource_id = ?1", [row.id])?;
                    if row.joined {
                        db.execute("insert into participant values ('ticket', ?1, 7, 'reporter')", [row.id])?;
                    }
                    Ok(())
                })
                .expect("writes");
            let fields = json!({ "status": row.status, "milestone": row.milestone });
            test.ticket(row.id, row.acl, "Ticket", row.needs, fields);
            rows.retain(|known| known.id != row.id);
            rows.push(row);
        }
        if round < 2 {
            test.catch_up();
        }
    }
    for classes in [&[1][..], &[1, 3], &[1, 2, 3], &[]] {
        for rights in [&NEEDS[..], &NEEDS[..1], &NEEDS[1..]] {
            for person in [None, Some(7), Some(8)] {
                let mut viewer = viewer(Principal::anonymous(), person, classes, &[2]);
                viewer.permissions = rights.iter().map(|right| right.name).chain([SEARCH_VIEW.name]).collect();
                let sees = |row: &&Row| {
                    let joined = row.acl == 2 && row.joined && person == Some(7);
                    rights.contains(&row.needs) && (classes.contains(&row.acl) || joined)
                };
                for (query, status, milestone) in [
                    ("shared", None, None),
                    ("shared status:new", Some("new"), None),
                    ("status:closed milestone:\"M 1\"", Some("closed"), Some("M 1")),
                ] {
                    let of_status = |row: &&Row| status.is_none_or(|status| row.status == status);
                    let of_milestone = |row: &&Row| milestone.is_none_or(|milestone| row.milestone == milestone);
                    let seen: Vec<&Row> = rows.iter().filter(sees).collect();
                    let count = |test: &dyn Fn(&&Row) -> bool| seen.iter().filter(|row| test(row)).count() as u64;
                    let results = test.find_as(&viewer, query);
                    let told = format!("{query} {classes:?} {person:?} {:?}", viewer.permissions);
                    assert_eq!(results.total, count(&|row| of_status(row) && of_milestone(row)), "{told}");
                    assert_eq!(results.facets[2].count, results.total, "{told}");
                    let counted = |name: &str, label: &str| -> u64 {
                        let facet = results.fields.iter().find(|facet| facet.name == name);
                        let value = facet.and_then(|facet| facet.values.iter().find(|value| value.label == label));
                        value.map_or(0, |value| value.count)
                    };
                    for value in STATUS {
                        let expected = count(&|row| row.status == value && of_milestone(row));
                        assert_eq!(counted("status", value), expected, "{told}: {value}");
                    }
                    for value in &MILESTONES[..2] {
                        let expected = count(&|row| row.milestone == *value && of_status(row));
                        assert_eq!(counted("milestone", value), expected, "{told}: {value}");
                    }
                }
            }
        }
    }
}

#[test]
fn a_file_is_found_counted_and_completed_only_by_who_sees_what_it_hangs_on() {
    let test = Test::new();
    test.ticket(4, DEFAULT_CLASS, "Open", NOTE_VIEW, json!({}));
    test.ticket(5, DEFAULT_CLASS, "Other", MEMO_VIEW, json!({}));
    test.ticket(6, PRIVATE, "Mine", NOTE_VIEW, json!({}));
    for (id, parent, name) in [(1, 4, "drawing-open.png"), (2, 5, "drawing-other.png"), (3, 6, "drawing-mine.png")] {
        test.change("attachment", id, DEFAULT_CLASS, json!({}), |db| {
            db.execute(
                "insert into attachment (id, parent_kind, parent_id, name, hash, size, added_at, acl)
                 values (?1, 'ticket', ?2, ?3, 'x', 1, 1, 1)",
                (id, parent, name),
            )?;
            Ok(())
        });
    }
    let mut no_memos = reader();
    no_memos.permissions.remove(MEMO_VIEW.name);
    let kim = viewer(Principal::anonymous(), Some(7), &[DEFAULT_CLASS], &[PRIVATE]);
    let found = |viewer: &Viewer| {
        let results = test.find_as(viewer, "drawing");
        let files = results.facets.iter().find(|facet| facet.kind == "attachment").map(|facet| facet.count);
        let mut titles = test.titles_as(viewer, "drawing");
        titles.sort();
        let offered = find::suggest(&test.project, viewer, "draw").expect("suggests");
        assert_eq!(files, Some(titles.len() as u64));
        assert_eq!(offered.len(), titles.len());
        titles.join(" ")
    };
    for round in ["in memory", "in the index"] {
        assert_eq!(found(&reader()), "drawing-open.png drawing-other.png", "{round}");
        assert_eq!(found(&no_memos), "drawing-open.png", "{round}");
        assert_eq!(found(&kim), "drawing-open.png drawing-other.png", "{round}");
        test.catch_up();
    }
    // Nothing is told of the files: what they hang on was touched.
    test.change("ticket", 6, PRIVATE, json!({}), |db| {
        Ok(db.execute_batch("insert into participant values ('ticket', 6, 7, 'cc')")?)
    });
    test.ticket(4, DEFAULT_CLASS, "Open", MEMO_VIEW, json!({}));
    for round in ["in memory", "in the index"] {
        assert_eq!(found(&no_memos), "", "{round}");
        assert_eq!(found(&kim), "drawing-mine.png drawing-open.png drawing-other.png", "{round}");
        test.catch_up();
    }
}

#[test]
fn a_score_does_not_tell_what_hidden_texts_hold() {
    let score = |hidden: i64| {
        let test = Test::new();
        test.save(2, "One", "a telling word among others");
        test.save(4, "Two", "nothing of the kind");
        for id in 0..hidden {
            test.save_as("note", 100 + 2 * id, PRIVATE, "Hidden", "telling telling telling", json!({}));
        }
        test.catch_up();
        test.find("telling").hits[0].score
    };
    assert!((score(0) - score(20)).abs() < 1e-4);
}

#[test]
fn pages_of_results_hold_each_hit_once() {
    let test = Test::new();
    for id in 1..=30 {
        test.save(2 * id, &format!("Note {id}"), "common");
        if id == 20 {
            test.catch_up();
        }
    }
    let query = find::read(COMPONENTS, &reader(), "common");
    let mut seen = Vec::new();
    for page in 1..=4 {
        let wanted = Wanted { page, page_size: 8, ..Wanted::default() };
        let results = find::find(&test.project, &reader(), &query, &wanted).expect("finds");
        assert_eq!((results.total, results.pages, results.page), (30, 4, page));
        seen.extend(results.hits.into_iter().map(|hit| hit.card.resource.id));
    }
    let wanted = Wanted { page: 99, page_size: 8, ..Wanted::default() };
    assert_eq!(find::find(&test.project, &reader(), &query, &wanted).expect("finds").page, 4);
    seen.sort_unstable();
    assert_eq!(seen, (1..=30).map(|id| 2 * id).collect::<Vec<i64>>());
}

#[test]
fn completion_offers_titles_of_which_a_word_begins_so() {
    let test = Test::new();
    test.save(2, "Installation guide", "");
    test.save(4, "How to install", "");
    test.save(6, "WikiInstall", "");
    test.save(8, "Text with install", "other");
    test.catch_up();
    test.save(10, "Install", "");
    let titles = |typed: &str| -> Vec<String> {
        let found = find::suggest(&test.project, &reader(), typed).expect("suggests");
        found.into_iter().map(|one| one.title).collect()
    };
    let found = titles("inst");
    assert_eq!(found.len(), 5);
    assert!(found[..2].contains(&"Install".to_owned()) && found[..2].contains(&"Installation guide".to_owned()));
    assert_eq!(titles("install")[0], "Install");
    assert_eq!(titles("guide inst"), ["Installation guide"]);
    assert!(titles("stall").is_empty());
    assert!(titles("\"").is_empty());
}

#[test]
fn a_damaged_or_missing_index_is_built_anew_while_search_goes_on() {
    for damage in [damage_meta, damage_segments, damage_inside, remove_index, older_schema] {
        let test = Test::new();
        test.save(2, "Kitchen", "The sink leaks.");
        test.catch_up();
        assert_eq!(test.titles("sink"), ["Kitchen"]);
        damage(&test);
        let mut findings = Vec::new();
        Component::check(&SEARCH, &test.project, &mut findings).expect("checks");
        assert_ne!(findings.is_empty(), test.index().exists(), "what is there is known to be damaged");
        assert_eq!(test.titles("sink"), ["Kitchen"], "from the database alone");
        test.save(4, "Bath", "Another sink.");
        test.catch_up();
        let mut titles = test.titles("sink");
        titles.sort();
        assert_eq!(titles, ["Bath", "Kitchen"]);
        let mut findings = Vec::new();
        Component::check(&SEARCH, &test.project, &mut findings).expect("checks");
        assert_eq!(findings, [""; 0]);
    }
}

fn damage_meta(test: &Test) {
    fs::write(test.index().join("meta.json"), "{").expect("writes");
}

/// Overwrites all that the index has of words, as a bad disk would; the files keep their length.
fn damage_segments(test: &Test) {
    damage_files(test, &["fast", "fieldnorm", "idx", "pos", "store", "term"], |bytes| bytes.fill(0xff));
}

/// Overwrites the middle of what hits are read from alone, so that the damage shows no earlier than in a search.
fn damage_inside(test: &Test) {
    damage_files(test, &["store"], |bytes| {
        for byte in bytes.iter_mut().skip(5).take(6) {
            *byte = !*byte;
        }
    });
}

fn damage_files(test: &Test, extensions: &[&str], damage: impl Fn(&mut [u8])) {
    let mut damaged = 0;
    for entry in fs::read_dir(test.index()).expect("a folder") {
        let path = entry.expect("a file").path();
        if path.extension().is_some_and(|extension| extensions.iter().any(|damaged| extension == *damaged)) {
            let mut bytes = fs::read(&path).expect("reads");
            damage(&mut bytes);
            fs::remove_file(&path).expect("removes");
            fs::write(&path, bytes).expect("writes");
            damaged += 1;
        }
    }
    assert!(damaged > 0);
    // As after a restart: the files are opened afresh.
    let meta = test.index().join("meta.json");
    let text = fs::read(&meta).expect("reads");
    fs::remove_file(&meta).expect("removes");
    fs::write(&meta, text).expect("writes");
}

fn remove_index(test: &Test) {
    fs::remove_dir_all(test.index()).expect("removes");
}

fn older_schema(test: &Test) {
    let meta = test.index().join("meta.json");
    let text = fs::read_to_string(&meta).expect("reads").replace("words-1", "words-0");
    fs::write(&meta, text).expect("writes");
}

#[test]
fn an_index_from_before_documents_held_more_is_built_anew_without_being_asked() {
    let test = Test::new();
    test.save(2, "Kitchen", "The sink leaks.");
    test.catch_up();
    let meta = test.index().join("meta.json");
    let read = || fs::read_to_string(&meta).expect("reads");
    let older = read().replace(r#",\"form\":1"#, "");
    assert_ne!(older, read());
    fs::write(&meta, older).expect("writes");
    assert_eq!(test.titles("sink"), ["Kitchen"], "from the database alone");
    test.catch_up();
    assert!(read().contains(r#"\"form\":1"#));
    assert_eq!(test.titles("sink"), ["Kitchen"]);
}

#[test]
fn a_crash_between_the_commit_of_the_index_and_of_the_position_costs_nothing() {
    let test = Test::new();
    test.save(2, "Kitchen", "The sink leaks.");
    test.catch_up();
    let reached = test.position();
    test.save(4, "Bath", "Another sink.");
    test.catch_up();
    test.project
        .db()
        .write(|db| Ok(db.execute("update follower set position = ?1 where name = 'search'", [reached])?))
        .expect("writes");
    test.catch_up();
    assert_eq!(test.titles("sink").len(), 2);
    assert!(test.position() > reached);
}

#[test]
fn an_index_that_is_behind_its_position_or_of_another_database_is_noticed() {
    let test = Test::new();
    test.save(2, "Kitchen", "The sink leaks.");
    test.catch_up();
    let kept = test.dir.path().join("kept");
    copy(&test.index(), &kept);
    test.save(4, "Bath", "Another sink.");
    test.catch_up();
    fs::remove_dir_all(test.index()).expect("removes");
    copy(&kept, &test.index());
    assert_eq!(test.titles("sink").len(), 2);
    test.catch_up();
    assert_eq!(test.titles("sink").len(), 2);

    let other = Test::new();
    other.save(2, "Elsewhere", "Nothing of the kind.");
    other.save(4, "Elsewhere", "Nothing of the kind.");
    other.catch_up();
    fs::remove_dir_all(test.index()).expect("removes");
    copy(&other.index(), &test.index());
    for _ in 0..2 {
        let mut titles = test.titles("sink");
        titles.sort();
        assert_eq!(titles, ["Bath", "Kitchen"]);
        test.catch_up();
    }
}

fn copy(from: &std::path::Path, to: &std::path::Path) {
    fs::create_dir_all(to).expect("makes");
    for entry in fs::read_dir(from).expect("a folder") {
        let entry = entry.expect("a file");
        fs::copy(entry.path(), to.join(entry.file_name())).expect("copies");
    }
}

#[test]
fn a_folder_that_takes_no_index_fails_the_follower_and_not_the_search() {
    let test = Test::new();
    test.save(2, "Kitchen", "The sink leaks.");
    test.catch_up();
    // The lock of the writer can't be made: it is a folder. So it fails for root, too.
    let lock = test.index().join(".tantivy-writer.lock");
    let _ = fs::remove_file(&lock);
    fs::create_dir(&lock).expect("makes");
    test.save(4, "Bath", "Another sink.");
    assert!(!test.project.catch_up().expect("tries"), "the follower waits");
    let mut titles = test.titles("sink");
    titles.sort();
    assert_eq!(titles, ["Bath", "Kitchen"]);
    fs::remove_dir(&lock).expect("removes");
    retry_now(&test);
    test.catch_up();
    assert_eq!(test.titles("sink").len(), 2);
}

fn retry_now(test: &Test) {
    test.project.db().write(|db| Ok(db.execute("update follower set retry_at = 0", [])?)).expect("writes");
}

#[test]
fn a_text_that_cannot_be_read_is_parked_and_keeps_nothing_else_from_being_found() {
    let test = Test::new();
    test.save(2, "Kitchen", "The sink leaks.");
    test.catch_up();
    test.save(4, "Broken", "unreadable");
    test.save(6, "Bath", "Another sink.");
    for _ in 0..20 {
        retry_now(&test);
        if test.project.catch_up().expect("tries") {
            break;
        }
        assert_eq!(test.find("sink").total, 2);
    }
    test.catch_up();
    assert_eq!(test.project.read(event::parked).expect("reads").len(), 1);
    assert_eq!(test.titles("sink").len(), 2);
    test.save(4, "Mended", "A third sink.");
    test.catch_up();
    assert_eq!(test.titles("sink").len(), 3);
}

#[test]
fn a_rebuild_finds_everything_and_leaves_nothing_behind() {
    let test = Test::new();
    for id in 1..=450 {
        test.save(2 * id, &format!("Note {id}"), "common");
    }
    let viewer = everything();
    assert_eq!(search::rebuild(&test.project, &viewer).expect("rebuilds"), Rebuilt::Done(452), "with two people");
    test.catch_up();
    assert_eq!(test.find("common").total, 450);
    let left = fs::read_dir(test.project.dir()).expect("a folder");
    let left = left
        .filter(|entry| entry.as_ref().is_ok_and(|entry| entry.file_name().to_string_lossy().starts_with("index.")));
    assert_eq!(left.count(), 0);
}

#[test]
fn an_index_far_behind_says_so_and_still_finds_what_is_newest() {
    let test = Test::new();
    for id in 1..=400 {
        test.save(2 * id, &format!("Note {id}"), "common");
    }
    test.save(802, "Newest", "common newest");
    let results = test.find("common");
    assert!(results.behind);
    assert!(results.total >= 300 && results.total < 401);
    assert_eq!(test.find("newest").hits[0].card.title, "Newest");
    test.catch_up();
    let results = test.find("common");
    assert!(!results.behind);
    assert_eq!(results.total, 401);
}

#[test]
fn ten_thousand_words_are_bounded_and_said_to_be() {
    let test = Test::new();
    test.save(2, "Kitchen", "The sink leaks.");
    test.catch_up();
    let results = test.find(&"sink ".repeat(10_000));
    assert!(results.shortened);
    assert_eq!(results.total, 1);
    for odd in
        ["a\"b\"c -\"", "((((", "\\", "author:", "type:", "changed:>", "-", "foo*bar*", &"é".repeat(5_000), "\u{301}"]
    {
        test.find(odd);
    }
}

/// Status, `Location` and body.
fn get(client: &Client, address: &str) -> (Status, String, String) {
    let response = client.get(address.to_owned()).header(Header::new("Host", "127.0.0.1:8000")).dispatch();
    let location = response.headers().get_one("Location").unwrap_or_default().to_owned();
    (response.status(), location, response.into_string().unwrap_or_default())
}

#[test]
fn the_page_shows_hits_counts_and_excerpts_and_escapes_them() {
    let test = Test::new();
    test.save(2, "Kitchen <b>", "The sink <script>leaks</script> & drips.");
    test.save_as("memo", 1, DEFAULT_CLASS, "Sink", "Memo of it.", json!({}));
    test.catch_up();
    let client = test.client();
    let (status, _, page) = get(&client, "/demo/search?q=sink%20%3Ci%3E");
    assert_eq!(status, Status::Ok);
    let page = scraper::Html::parse_document(&page);
    let count = |css: &str| page.select(&scraper::Selector::parse(css).expect("a selector")).count();
    assert_eq!((count(".hits li"), count(".hits script"), count(".hits b"), count("i")), (0, 0, 0, 0));
    let (_, _, page) = get(&client, "/demo/search?q=sink");
    let page = scraper::Html::parse_document(&page);
    let text = |css: &str| -> Vec<String> {
        page.select(&scraper::Selector::parse(css).expect("a selector")).map(|one| one.text().collect()).collect()
    };
    assert_eq!(text(".hits h2 a"), ["Sink", "Kitchen <b>"]);
    assert_eq!(text(".hits .badge"), ["memo", "note"]);
    assert_eq!(text(".hits mark"), ["sink"]);
    assert_eq!(text(".found strong"), ["2"]);
    assert!(text("aside .facet a, .margin .facet a").contains(&"Notes".to_owned()));
    let (_, _, page) = get(&client, "/demo/search?q=sink&type=memo&sort=newest");
    assert!(page.contains("/demo/memo/1") && !page.contains("/demo/note/2"));
    for odd in [
        "",
        "?q=",
        "?q=%00%ff",
        "?q=%22",
        "?q=x&page=0&page=-1",
        "?type=nothing&q=sink&page=99999999999999999999",
        "?q=plumbign",
    ] {
        assert_eq!(get(&client, &format!("/demo/search{odd}")).0, Status::Ok, "{odd}");
    }
}

#[test]
fn a_mistyped_word_is_said_to_be_forgiven_on_the_page() {
    let test = Test::new();
    test.save(2, "Plumbing", "of houses");
    let (_, _, page) = get(&test.client(), "/demo/search?q=plumbign");
    assert!(page.contains("Nothing was found exactly as typed") && page.contains("plumbing"), "{page}");
}

#[test]
fn a_link_typed_into_the_box_is_followed_within_the_project_only() {
    let test = Test::new();
    test.save(2, "Kitchen", "text");
    test.save_as("note", 4, PRIVATE, "Secret", "text", json!({}));
    let client = test.client();
    let (status, location, _) = get(&client, "/demo/search?q=wiki:Kitchen");
    assert_eq!((status, location.as_str()), (Status::SeeOther, "/demo/note/2"));
    for stays in
        ["wiki:Secret", "wiki:Missing", "!wiki:Kitchen", "out:x", "https://elsewhere.example/", "Kitchen", "//x"]
    {
        assert_eq!(get(&client, &format!("/demo/search?q={stays}")).0, Status::Ok, "{stays}");
    }
    assert_eq!(get(&client, "/demo/search?q=wiki:Kitchen&page=1").0, Status::Ok);
    let (_, _, page) = get(&client, "/demo/search?q=Attic");
    assert!(page.contains("/demo/note/new"));
    let (_, _, page) = get(&client, "/demo/search?q=Kitchen");
    assert!(!page.contains("/demo/note/new"));
}

#[test]
fn a_number_leads_to_its_ticket_if_it_is_seen_and_is_offered_first() {
    let test = Test::new();
    test.ticket(12, DEFAULT_CLASS, "Doors open too late", NOTE_VIEW, json!({ "status": "closed" }));
    test.ticket(13, PRIVATE, "Secret", NOTE_VIEW, json!({}));
    test.save(2, "12 angry notes", "text");
    let client = test.client();
    for leads in ["12", "%2312", "ticket:12", "%2012%20"] {
        let (status, location, _) = get(&client, &format!("/demo/search?q={leads}"));
        assert_eq!((status, location.as_str()), (Status::SeeOther, "/demo/ticket/12"), "{leads}");
    }
    for stays in ["13", "%2313", "ticket:13", "99", "!12", "012", "12+13", "12&page=1", "12&noquickjump=1"] {
        assert_eq!(get(&client, &format!("/demo/search?q={stays}")).0, Status::Ok, "{stays}");
    }
    let offered = |typed: &str| -> Value {
        serde_json::from_str(&get(&client, &format!("/demo/search/suggest?q={typed}")).2).expect("JSON")
    };
    for typed in ["12", "%2312"] {
        assert_eq!(
            offered(typed)[0],
            json!({ "title": "Doors open too late", "url": "/demo/ticket/12", "type": "ticket", "closed": true })
        );
        assert_eq!(offered(typed)[1]["title"], "12 angry notes");
    }
    assert_eq!(offered("doors").as_array().map(Vec::len), Some(1));
    assert_eq!(offered("%2313"), json!([]));
}

#[test]
fn links_beside_the_hits_add_and_remove_conditions_and_lead_nowhere_else() {
    let test = Test::new();
    test.ticket(1, DEFAULT_CLASS, "One", NOTE_VIEW, json!({ "status": "new", "milestone": "Kitchen" }));
    test.ticket(2, DEFAULT_CLASS, "Two", NOTE_VIEW, json!({ "status": "closed", "milestone": "M 2" }));
    test.save(2, "Kitchen", "shared");
    let client = test.client();
    // Each facet with its values: label, count, whether it is chosen, and the link.
    let facets = |address: &str| -> Vec<(String, String, bool, String)> {
        let (status, _, page) = get(&client, address);
        assert_eq!(status, Status::Ok, "{address}");
        let page = scraper::Html::parse_document(&page);
        let select = |css: &str| scraper::Selector::parse(css).expect("a selector");
        let mut found = Vec::new();
        for facet in page.select(&select(".outline-fold .facet")) {
            let name = facet.attr("aria-label").unwrap_or_default();
            for value in facet.select(&select("li")) {
                let link = value.select(&select("a")).next().expect("a link");
                let count: String = value.select(&select(".number")).flat_map(|one| one.text()).collect();
                found.push((
                    format!("{name} {}", link.text().collect::<String>()),
                    count,
                    link.attr("aria-current").is_some(),
                    link.attr("href").unwrap_or_default().to_owned(),
                ));
            }
        }
        found
    };
    let value = |address: &str, label: &str| {
        let all = facets(address);
        all.iter().find(|(name, ..)| name == label).cloned().unwrap_or_else(|| panic!("{address}: {label} in {all:?}"))
    };
    let (_, count, chosen, closed) = value("/demo/search?q=shared&page=1", "Status closed");
    assert_eq!((count.as_str(), chosen), ("1", false));
    let (_, count, chosen, back) = value(&closed, "Status closed");
    assert_eq!((count.as_str(), chosen), ("1", true));
    assert_eq!(back, "/demo/search?q=shared");
    let (.., both) = value(&closed, "Milestone M 2");
    let (.., without) = value(&both, "Status closed");
    assert_eq!(value(&without, "Milestone M 2").1, "1");
    let (.., tickets) = value("/demo/search?q=shared", "Kind Tickets");
    assert_eq!(value(&tickets, "Kind Tickets").1, "2");
    assert_eq!(value(&tickets, "Kind Notes").1, "1", "as if no kind were chosen");
    assert_eq!(value(&tickets, "Kind Tickets").3, "/demo/search?q=shared");
    assert_eq!(value("/demo/search?q=shared&type=ticket", "Kind Tickets").3, "/demo/search?q=shared");
    // `wiki:Kitchen` is followed, but not where it narrows a search.
    assert_eq!(get(&client, "/demo/search?q=wiki:Kitchen").0, Status::SeeOther);
    assert!(facets("/demo/search?q=nothing").is_empty());
    let (_, _, page) = get(&client, "/demo/search?q=shared+status:other");
    assert!(page.contains("shared in everything"), "{page}");
}

#[test]
fn programs_browsers_and_the_box_are_answered_in_their_forms() {
    let test = Test::new();
    for id in 1..=25 {
        test.save(2 * id, &format!("Kitchen {id}"), "The sink leaks.");
    }
    let client = test.client();
    let read = |address: &str| -> Value { serde_json::from_str(&get(&client, address).2).expect("JSON") };
    let found = read("/demo/search?q=sink&format=json");
    assert_eq!((&found["total"], &found["page"]), (&json!(25), &json!(1)));
    assert_eq!(found["items"].as_array().map(Vec::len), Some(20));
    assert_eq!(found["items"][0]["type"], "note");
    assert_eq!(found["items"][0]["excerpt"], "The sink leaks.");
    assert_eq!(found["items"][0]["hits"], 1);
    assert!(found["items"][0]["url"].as_str().is_some_and(|url| url.starts_with("http://127.0.0.1:8000/demo/note/")));
    let next = found["next"].as_str().expect("a next page").trim_start_matches("http://127.0.0.1:8000").to_owned();
    let found = read(&next);
    assert_eq!((found["items"].as_array().map(Vec::len), &found["next"]), (Some(5), &Value::Null));

    let offered = read("/demo/search/suggest?q=kit");
    assert_eq!(offered.as_array().map(Vec::len), Some(8));
    assert_eq!(offered[0]["type"], "note");
    assert!(offered[0]["url"].as_str().is_some_and(|url| url.starts_with("/demo/note/")));
    assert_eq!(read("/demo/search/suggest?q=kit&format=opensearch")[0], "kit");
    assert_eq!(read("/demo/search/suggest?q=kit&type=none-such"), json!([]));
    assert_eq!(read("/demo/search/suggest"), json!([]));

    assert_eq!(get(&client, "/demo/search?q=sink&format=csv").0, Status::UnprocessableEntity);
    let (status, _, html) = get(&client, "/demo/search?q=sink+changed:%3Esoon");
    assert_eq!(status, Status::Ok);
    assert!(html.contains("names no time; write"), "{html}");
    for address in ["/demo/search/opensearch.xml", "/demo/search/opensearch"] {
        let (status, _, xml) = get(&client, address);
        assert_eq!(status, Status::Ok, "{address}");
        assert!(xml.contains("http://127.0.0.1:8000/demo/search?q={searchTerms}"), "{xml}");
    }
}

#[test]
fn without_the_permission_search_does_not_exist() {
    let test = Test::new();
    let client = test.client();
    let missing = get(&client, "/nowhere/search");
    test.project
        .db()
        .write(|db| Ok(db.execute("delete from permission_grant where permission = 'SEARCH_VIEW'", [])?))
        .expect("revokes");
    assert_eq!(missing.0, Status::NotFound);
    for address in
        ["/demo/search", "/demo/search/suggest?q=x", "/demo/search/opensearch.xml", "/demo/search/opensearch"]
    {
        assert_eq!(get(&client, address).0, Status::NotFound, "{address}");
    }
}

#[test]
fn the_command_catches_up_and_gives_what_it_promises() {
    let test = Test::new();
    test.save(2, "Kitchen", "The sink leaks, and the sink drips.");
    let found = command_json(&test.project, &everything(), "sink", 5, "http://x/demo").expect("finds");
    assert!(test.position() > 0);
    let mut item = found["items"][0].clone();
    assert!(item["score"].as_f64().is_some_and(|score| score > 0.0));
    item["score"] = Value::Null;
    assert_eq!(found["total"], 1);
    assert_eq!(
        item,
        json!({ "type": "note", "id": 2, "title": "Kitchen", "url": "http://x/demo/note/2",
                "excerpt": "The sink leaks, and the sink drips.", "hits": 2, "score": null })
    );
}

#[test]
fn the_macro_shows_what_its_reader_may_see_and_not_its_own_page() {
    let test = Test::new();
    test.save(2, "Kitchen", "The sink <leaks>.");
    test.save(4, "Here", "This page shows what is found for sink.");
    test.save_as("note", 6, PRIVATE, "Secret", "A hidden sink.", json!({}));
    let run = |viewer: &Viewer, words: &[&str], named: &[(&str, &str)]| {
        let vocabulary = COMPONENTS.vocabulary();
        let results = vocabulary.macros.iter().find(|one| one.name == "SearchResults").expect("the macro");
        let here = Here { resource: Resource::new("note", 4), name: "Here".to_owned() };
        let arguments = Arguments {
            positional: words.iter().map(|word| (*word).to_owned()).collect(),
            named: named.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
            ..Arguments::default()
        };
        test.project.read(|db| {
            let context = Context {
                db,
                viewer,
                vocabulary: &vocabulary,
                settings: &TextSettings::default(),
                intermap: &InterMap::default(),
                elsewhere: None,
                compiled: &|_, _| Err(Error::internal("nothing is included")),
                here: Some(&here),
                root: "/demo",
                outline: &[],
                depth: 0,
                macros_run: &std::cell::Cell::new(0),
            };
            (results.run)(&context, &arguments).map(|html| html.into_string())
        })
    };
    for round in ["in memory", "in the index"] {
        let html = run(&reader(), &["sink"], &[]).expect("runs");
        assert!(html.contains("href=\"/demo/note/2\"") && html.contains("&lt;leaks&gt;"), "{round}: {html}");
        assert!(!html.contains("Secret") && !html.contains("/demo/note/4"), "{round}: {html}");
        assert!(run(&everything(), &["sink"], &[]).expect("runs").contains("Secret"), "{round}");
        test.catch_up();
    }
    assert_eq!(run(&everything(), &["sink"], &[("limit", "1")]).expect("runs").matches("<li>").count(), 1);
    assert!(run(&reader(), &["<nothing>"], &[]).expect("runs").contains("&lt;nothing&gt;"));
    for (words, named) in [(&[][..], &[][..]), (&["sink"], &[("limit", "0")]), (&["sink"], &[("colour", "red")])] {
        assert!(matches!(run(&reader(), words, named), Err(Error::Invalid(_))), "{words:?} {named:?}");
    }
}

#[test]
fn people_of_the_project_are_found_by_who_may_read_pages() {
    let test = TestSite::new();
    let kim = test.user("kim").member();
    test.user("stranger");
    let lee = test.user("lee").member();
    test.revoke("members", &["WIKI_VIEW"]);
    test.grant("kim", &["WIKI_VIEW"]);
    kim.save_page("Plan", "A page of kim.");
    let items = |person: &Person<'_>, q: &str| -> Vec<String> {
        let found = person.get(&format!("/demo/search?q={q}&format=json")).expect(200);
        let found: Value = serde_json::from_str(&found.text()).expect("JSON");
        let items = found["items"].as_array().cloned().unwrap_or_default();
        assert_eq!(found["total"], items.len());
        items.iter().map(|item| format!("{} {}", item["type"], item["title"]).replace('"', "")).collect()
    };
    for round in ["in memory", "in the index"] {
        assert_eq!(items(&kim, "lee"), ["person lee"], "{round}: who has done nothing yet");
        assert_eq!(items(&kim, "type:person+kim"), ["person kim"], "{round}");
        assert_eq!(items(&kim, "author:kim"), ["page Plan"], "{round}");
        assert_eq!(items(&kim, "stranger"), [""; 0], "{round}: no account of another project");
        assert_eq!(items(&kim, "type:person+changed:%3C2000"), [""; 0], "{round}");
        assert_eq!(items(&lee, "kim"), [""; 0], "{round}: without the right");
        assert_eq!(lee.get("/demo/search/suggest?q=ki").text(), "[]", "{round}");
        let offered = kim.get("/demo/search/suggest?q=le").text();
        assert!(
            offered.contains(r#""url":"/demo/search?q=author:lee""#) && offered.contains("\"person\""),
            "{offered}"
        );
        test.catch_up();
    }
    let rename =
        |db: &Connection| Ok(db.execute("update account set display_name = 'Robin Ray' where login = 'kim'", [])?);
    test.site.db().write(rename).expect("writes");
    kim.save_page("Plan", "Another text.");
    assert_eq!(items(&kim, "robin"), ["person Robin Ray (kim)"]);
    let page = kim.get("/demo/search?q=robin+type:person").expect(200).text();
    assert!(page.contains("person") && !page.contains("1970"), "{page}");
}

#[test]
fn a_file_on_a_page_is_nothing_to_those_who_read_no_pages() {
    let test = TestSite::new();
    let kim = test.user("kim").member();
    kim.save_page("Plan", "A page.");
    kim.attach("/demo/attachment/wiki/Plan/?action=new", "drawing.png", b"x").expect(303);
    let lee = test.user("lee").member();
    test.revoke("members", &["WIKI_VIEW"]);
    test.grant("kim", &["WIKI_VIEW"]);
    for _ in 0..2 {
        for (person, total, offered) in [(&kim, 1, true), (&lee, 0, false)] {
            let found = person.get("/demo/search?q=drawing&format=json").expect(200);
            let found: Value = serde_json::from_str(&found.text()).expect("JSON");
            assert_eq!(found["total"], total, "{}", person.login);
            let page = person.get("/demo/search?q=drawing").expect(200).text();
            assert_eq!(page.contains("drawing.png"), offered, "{}", person.login);
            assert_eq!(person.get("/demo/search/suggest?q=draw").text() != "[]", offered, "{}", person.login);
        }
        test.catch_up();
    }
}

#[test]
fn tickets_are_found_by_their_comments_and_fields_and_jumped_to_by_number() {
    let test = TestSite::new();
    let kim = test.user("kim").member();
    test.command(&["milestone", "create", "demo", "M 2"]).expect(0);
    let mean = "Doors <b>open</b> late";
    test.command(&["ticket", "new", "demo", "--summary", mean, "--set", "owner=kim", "--set", "milestone=M 2"])
        .expect(0);
    test.command(&["ticket", "new", "demo", "--summary", "Doors squeak", "--set", "type=task"]).expect(0);
    test.command(&["ticket", "comment", "demo", "2", "The **hinges** want oil."]).expect(0);
    test.command(&["ticket", "change", "demo", "2", "--action", "resolve", "--resolution", "fixed"]).expect(0);
    let found = |q: &str| -> Vec<String> {
        let found = kim.get(&format!("/demo/search?q={q}&format=json")).expect(200).json();
        let items = found["items"].as_array().cloned().unwrap_or_default();
        assert_eq!(found["total"], items.len(), "{q}");
        let mut titles: Vec<String> =
            items.iter().map(|item| item["title"].as_str().unwrap_or_default().to_owned()).collect();
        titles.sort();
        titles
    };
    let (one, two) = (format!("#1 {mean}"), "#2 Doors squeak".to_owned());
    for round in ["in memory", "in the index"] {
        for (q, titles) in [
            ("hinges", vec![&two]),
            ("doors", vec![&one, &two]),
            ("doors+status:closed", vec![&two]),
            ("doors+-status:closed", vec![&one]),
            ("type:ticket+milestone:%22m+2%22", vec![&one]),
            ("type:task", vec![&two]),
            ("owner:kim", vec![&one]),
            ("type:ticket+-owner:kim", vec![&two]),
        ] {
            assert_eq!(found(q).iter().collect::<Vec<_>>(), titles, "{round}: {q}");
        }
        test.catch_up();
    }
    assert_eq!(kim.get("/demo/search?q=2").expect(303).location(), "/demo/ticket/2");
    assert_eq!(kim.get("/demo/search?q=%231").expect(303).location(), "/demo/ticket/1");
    assert_eq!(kim.get("/demo/search/suggest?q=%232").json()[0]["closed"], true);
    assert_eq!(kim.get("/demo/search/suggest?q=squeak").json()[0]["title"], "#2 Doors squeak");
    assert_eq!(kim.get("/demo/search/suggest?q=squeak&type=ticket").json()[0]["title"], "#2 Doors squeak");
    for elsewhere in ["squeak", "2", "%232"] {
        assert_eq!(kim.get(&format!("/demo/search/suggest?q={elsewhere}&type=page")).json(), json!([]));
    }
    let page = kim.get("/demo/search?q=doors").expect(200);
    assert_eq!(page.all(".hits h2 a.closed"), ["#2 Doors squeak"]);
    assert!(page.all(".facet li").iter().any(|value| value.contains("M 2")), "{:?}", page.all(".facet li"));
    assert!(!page.text().contains("<b>open"));
}
