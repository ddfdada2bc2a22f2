//! Files on pages, through HTTP and through the rules, on a site of their own: a small wiki stands in for the real one.

use std::cell::Cell;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use rocket::http::{Accept, ContentType, Cookie, Header, Status};
use rocket::local::blocking::{Client, LocalRequest};
use rusqlite::{Connection, OptionalExtension};
use tempfile::TempDir;
use trackway::attachment::blob::{self, Spool};
use trackway::attachment::edit::{self, Add, NewFile};
use trackway::attachment::{Attachments, store};
use trackway::auth::{accounts, permissions, sessions};
use trackway::base::component::{Component, Components, Owner};
use trackway::base::error::{Error, Result};
use trackway::base::event::Via;
use trackway::base::markup::{self, Context, Flavour, Here, InterMap, Options, TextSettings};
use trackway::base::project::{Act, Project};
use trackway::base::resource::Resource;
use trackway::base::site::{Site, UPLOAD_LIMIT};
use trackway::base::viewer::{ByDefault, Permission, Principal, Viewer};
use trackway::web::address::SiteAddress;
use trackway::web::{Web, error, headers, token};

const fn permission(name: &'static str, by_default: ByDefault) -> Permission {
    Permission { name, doc: "", implies: &[], by_default }
}
const VIEW: Permission = permission("WIKI_VIEW", ByDefault::Readers);
const MODIFY: Permission = permission("WIKI_MODIFY", ByDefault::Writers);
const DELETE: Permission = permission("WIKI_DELETE", ByDefault::Nobody);

/// As much of a wiki as files need to hang on.
struct SmallWiki;

impl SmallWiki {
    fn page(db: &Connection, viewer: &Viewer, condition: &str, key: &dyn rusqlite::ToSql) -> Result<Option<Owner>> {
        if !viewer.may(VIEW) {
            return Ok(None);
        }
        let sql = format!(
            "select id, name, acl from page where {condition} and deleted_at is null
             and acl in (select value from json_each(?2))"
        );
        let found: Option<(i64, String, i64)> =
            db.query_row(&sql, [key, &viewer.acls()], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).optional()?;
        Ok(found.map(|(id, name, acl)| Owner {
            resource: Resource::new("page", id),
            acl,
            realm: "wiki",
            href: format!("/wiki/{}", trackway::web::address::path(&name)),
            title: name.clone(),
            id: name,
            to_view: VIEW,
            to_attach: MODIFY,
            to_remove: DELETE,
            asked_by: None,
        }))
    }
}

impl Component for SmallWiki {
    fn name(&self) -> &'static str {
        "wiki"
    }

    fn permissions(&self) -> &'static [Permission] {
        &[VIEW, MODIFY, DELETE]
    }

    fn owner(&self, db: &Connection, viewer: &Viewer, realm: &str, id: &str) -> Result<Option<Owner>> {
        if realm == "wiki" { Self::page(db, viewer, "folded = lower(?1)", &id) } else { Ok(None) }
    }

    fn owner_of(&self, db: &Connection, viewer: &Viewer, resource: &Resource) -> Result<Option<Owner>> {
        if resource.is("page") { Self::page(db, viewer, "id = ?1", &resource.id) } else { Ok(None) }
    }
}

static ALL: Components = Components(&[&SmallWiki, &FILES]);
static FILES: Attachments = Attachments::new(|| ALL);

struct House {
    client: Client,
    site: Arc<Site>,
    project: Arc<Project>,
    _dir: TempDir,
}

/// Somebody with a session; nobody with none.
#[derive(Clone, Default)]
struct Person {
    session: Option<String>,
    uuid: String,
}

impl House {
    /// A project `demo` that everybody may read, with the pages Plan, Plan/Details and Secret (which nobody but
    /// administrators sees), and an empty project `other`.
    fn new() -> Self {
        let dir = TempDir::new().expect("a folder");
        let site = Arc::new(Site::create(&dir.path().join("data"), ALL).expect("a site"));
        for name in ["demo", "other"] {
            site.create_project(name, "", None, Via::System, |project| {
                project.db().write(|db| permissions::grant_defaults(db, &ALL.permissions(), true))
            })
            .expect("a project");
        }
        let row = site.find("demo").expect("reads").expect("demo");
        let project = site.project(&row).expect("opens");
        project
            .db()
            .write(|db| {
                db.execute_batch(
                    "insert into acl (id, kind, path) values (2, 'path', 'secret');
                     insert into page (name, folded, version, acl, changed_at, created_at) values
                       ('Plan', 'plan', 1, 1, 0, 0), ('Plan/Details', 'plan/details', 1, 1, 0, 0),
                       ('Secret', 'secret', 1, 2, 0, 0), ('Two Words?', 'two words?', 1, 1, 0, 0);",
                )?;
                Ok(())
            })
            .expect("pages");
        let address = SiteAddress::parse("http://127.0.0.1:8000").expect("an address");
        let web = Arc::new(Web::new(Arc::clone(&site), address).expect("templates"));
        let config = rocket::Config { log_level: rocket::config::LogLevel::Off, ..rocket::Config::release_default() };
        let rocket = rocket::custom(config)
            .manage(web)
            .attach(headers::fairing())
            .register("/", error::catchers())
            .mount("/", FILES.routes());
        Self { client: Client::untracked(rocket).expect("a client"), site, project, _dir: dir }
    }

    fn person(&self, login: &str, admin: bool) -> Person {
        let account = self
            .site
            .write(None, Via::System, |db, record| {
                let new = accounts::NewAccount { login, display_name: "", email: "", password: None, admin };
                accounts::create(db, record, &new)
            })
            .expect("an account");
        let session = self.site.db().write(|db| sessions::begin(db, account.id, "test")).expect("a session");
        Person { session: Some(session), uuid: account.uuid }
    }

    fn viewer(&self, person: &Person) -> Viewer {
        let account = self.site.read(|db| {
            let id: i64 = db.query_row("select id from account where uuid = ?1", [&person.uuid], |row| row.get(0))?;
            accounts::by_id(db, id)
        });
        let account = account.expect("reads").expect("an account");
        let principal = trackway::auth::principal(&self.site, &account, trackway::base::viewer::Credential::Session);
        self.enter(principal.expect("a principal"))
    }

    fn enter(&self, principal: Principal) -> Viewer {
        let row = self.site.find("demo").expect("reads").expect("demo");
        let viewer = permissions::enter(&self.project, &row, &Arc::new(principal)).expect("enters").expect("a viewer");
        Arc::unwrap_or_clone(viewer)
    }

    fn get<'c>(&'c self, person: &Person, address: &str) -> LocalRequest<'c> {
        dressed(self.client.get(address.to_owned()), person)
    }

    fn answer(&self, person: &Person, address: &str) -> (Status, String) {
        let response = self.get(person, address).dispatch();
        (response.status(), response.into_string().unwrap_or_default())
    }

    fn upload<'c>(
        &'c self,
        person: &Person,
        address: &str,
        files: &[(&str, &[u8])],
        fields: &[(&str, &str)],
    ) -> LocalRequest<'c> {
        let token = token::issue(self.site.secret(), person.session.as_deref().unwrap_or_default());
        let mut body = Vec::new();
        for (name, value) in [("__FORM_TOKEN", token.as_str())].iter().chain(fields) {
            body.extend(format!("--XX\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n").bytes());
        }
        for (name, contents) in files {
            body.extend(
                format!(
                    "--XX\r\nContent-Disposition: form-data; name=\"attachment\"; filename=\"{name}\"\r\n\
                     Content-Type: application/octet-stream\r\n\r\n"
                )
                .bytes(),
            );
            body.extend_from_slice(contents);
            body.extend(b"\r\n");
        }
        body.extend(b"--XX--\r\n");
        self.send(person, address, body)
    }

    fn send<'c>(&'c self, person: &Person, address: &str, body: Vec<u8>) -> LocalRequest<'c> {
        let kind = ContentType::new("multipart", "form-data").with_params(("boundary", "XX"));
        dressed(self.client.post(address.to_owned()), person).header(kind).body(body)
    }

    /// Attaches one file and says under which name.
    fn attach(&self, person: &Person, name: &str, contents: &[u8], fields: &[(&str, &str)]) -> String {
        let request = self.upload(person, "/demo/attachment/wiki/Plan/", &[(name, contents)], fields);
        let response = request.header(Accept::JSON).dispatch();
        let status = response.status();
        let body = response.into_string().unwrap_or_default();
        assert_eq!(status, Status::Created, "{body}");
        let value: serde_json::Value = serde_json::from_str(&body).expect("JSON");
        value["name"].as_str().expect("a name").to_owned()
    }

    fn post(&self, person: &Person, address: &str) -> Status {
        let token = token::issue(self.site.secret(), person.session.as_deref().unwrap_or_default());
        dressed(self.client.post(address.to_owned()), person)
            .header(ContentType::Form)
            .body(format!("__FORM_TOKEN={token}"))
            .dispatch()
            .status()
    }

    fn names(&self) -> Vec<String> {
        let files = self.project.read(|db| store::of_parent(db, &Resource::new("page", 1)));
        files.expect("reads").into_iter().map(|file| file.name).collect()
    }

    /// Everything below `files/`, by its name.
    fn stored(&self) -> Vec<PathBuf> {
        let mut found = Vec::new();
        let mut folders = vec![self.project.dir().join("files")];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).expect("a folder") {
                let path = entry.expect("an entry").path();
                if path.is_dir() { folders.push(path) } else { found.push(path) }
            }
        }
        found
    }

    fn findings(&self) -> Vec<String> {
        let mut findings = Vec::new();
        FILES.check(&self.project, &mut findings).expect("checks");
        findings
    }

    fn events(&self) -> Vec<String> {
        self.project
            .read(|db| {
                let mut statement = db.prepare(
                    "select kind || ' ' || resource_id || ' ' || data from event where resource_kind = 'attachment' order by id",
                )?;
                Ok(statement.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?)
            })
            .expect("reads")
    }
}

fn dressed<'c>(request: LocalRequest<'c>, person: &Person) -> LocalRequest<'c> {
    match &person.session {
        Some(session) => request.cookie(Cookie::new("trackway", session.clone())),
        None => request,
    }
}

fn spool(project: &Project, contents: &[u8]) -> Spool {
    let mut spool = Spool::new(&blob::folder(project), 1000).expect("a spool");
    spool.write_all_of(contents).expect("writes");
    spool
}

const PLAN: &str = "/demo/attachment/wiki/Plan/";

#[test]
fn a_file_is_attached_listed_shown_downloaded_and_deleted() {
    let house = House::new();
    let kim = house.person("kim", false);
    let sent = house.upload(&kim, PLAN, &[("notes & co.txt", b"one\ntwo")], &[("description", "What we <said>")]);
    let response = sent.dispatch();
    assert_eq!(response.status(), Status::SeeOther);
    assert_eq!(response.headers().get_one("Location"), Some(PLAN));

    let (status, list) = house.answer(&kim, PLAN);
    assert_eq!(status, Status::Ok);
    assert!(list.contains("notes &amp; co.txt") && list.contains("What we &lt;said&gt;"), "{list}");
    let (status, page) = house.answer(&kim, "/demo/attachment/wiki/Plan/notes%20%26%20co.txt");
    assert_eq!(status, Status::Ok);
    assert!(page.contains("one\n</span>") && page.contains("attachment:&quot;notes &amp; co.txt&quot;"), "{page}");
    let (status, raw) = house.answer(&kim, "/demo/raw-attachment/wiki/Plan/notes%20%26%20co.txt");
    assert_eq!((status, raw.as_str()), (Status::Ok, "one\ntwo"));

    let (status, page) = house.answer(&kim, "/demo/attachment/wiki/Plan/notes%20%26%20co.txt?action=delete");
    assert_eq!(status, Status::Ok);
    assert!(page.contains("notes%20%26%20co.txt?action=delete"), "{page}");
    assert_eq!(house.post(&kim, "/demo/attachment/wiki/Plan/notes%20%26%20co.txt?action=delete"), Status::SeeOther);
    assert!(house.names().is_empty());
    assert_eq!(house.answer(&kim, "/demo/raw-attachment/wiki/Plan/notes%20%26%20co.txt").0, Status::NotFound);
    assert_eq!(house.stored().len(), 1, "the bytes of a deleted file stay");
    assert_eq!(
        house.events(),
        [r#"attachment.added 1 {"parent":["page",1]}"#, r#"attachment.removed 1 {"parent":["page",1]}"#]
    );
    assert!(house.findings().is_empty());
}

#[test]
fn a_script_is_told_how_a_text_names_what_it_sent() {
    let house = House::new();
    let kim = house.person("kim", false);
    for (name, markup) in [
        ("plan.png", "[[Image(plan.png)]]"),
        ("two, words.png", "[[Image(\"two, words.png\")]]"),
        ("a.pdf", "attachment:a.pdf"),
        ("a b.svg", "attachment:\"a b.svg\""),
    ] {
        let request = house.upload(&kim, PLAN, &[(name, b"x")], &[]).header(Accept::JSON);
        let response = request.dispatch();
        assert_eq!(response.status(), Status::Created);
        let location = response.headers().get_one("Location").expect("a location").to_owned();
        let value: serde_json::Value = serde_json::from_str(&response.into_string().expect("a body")).expect("JSON");
        assert_eq!(value["markup"], markup);
        assert_eq!(location, format!("http://127.0.0.1:8000{}", value["url"].as_str().expect("an address")));
    }
    let request = house.upload(&kim, PLAN, &[("c", b"1"), ("d", b"2")], &[]).header(Accept::JSON);
    let value: serde_json::Value =
        serde_json::from_str(&request.dispatch().into_string().expect("a body")).expect("JSON");
    assert_eq!(value["items"].as_array().map(Vec::len), Some(2));
    let list = house.get(&kim, "/demo/attachment/wiki/Plan/?format=json").dispatch().into_string().expect("a body");
    let list: serde_json::Value = serde_json::from_str(&list).expect("JSON");
    assert_eq!(
        (&list["total"], &list["items"][0]["size"], &list["items"][0]["author"]),
        (&6.into(), &1.into(), &"kim".into())
    );
}

#[test]
fn hostile_names_become_plain_ones() {
    let house = House::new();
    let kim = house.person("kim", false);
    let long = format!("{}.png", "y".repeat(900));
    for (sent, kept) in [
        ("../../x", "x"),
        ("..\\\\..\\\\y", "y"),
        ("a\0b", "ab"),
        ("CON", "CON_"),
        ("photo\u{202E}gpj.exe", "photogpj.exe"),
        ("👩‍💻.png", "👩‍💻.png"),
        (".bashrc", "bashrc"),
        ("%2e%2e%2fz", "%2e%2e%2fz"),
        (&long, &format!("{}.png", "y".repeat(196))),
    ] {
        assert_eq!(house.attach(&kim, sent, b"x", &[]), kept, "{sent:?}");
        let address = format!("/demo/raw-attachment/wiki/Plan/{}", trackway::web::address::segment(kept));
        assert_eq!(house.answer(&kim, &address), (Status::Ok, "x".to_owned()), "{sent:?}");
    }
    assert_eq!(house.stored().len(), 1, "equal contents are stored once, and nowhere else");
    for nothing in ["..", "///", "."] {
        let response = house.upload(&kim, PLAN, &[(nothing, b"x")], &[]).dispatch();
        assert_eq!(response.status(), Status::UnprocessableEntity, "{nothing}");
    }
}

#[test]
fn a_second_file_of_a_name_gets_a_number_unless_it_replaces_the_first() {
    let house = House::new();
    let (kim, lee) = (house.person("kim", false), house.person("lee", false));
    assert_eq!(house.attach(&kim, "plan.png", b"1", &[("description", "first")]), "plan.png");
    assert_eq!(house.attach(&lee, "plan.png", b"2", &[]), "plan.2.png");
    assert_eq!(house.attach(&kim, "plan.png", b"3", &[("replace", "1")]), "plan.png");
    assert_eq!(house.names(), ["plan.2.png", "plan.png"]);
    let file = house.project.read(|db| store::find(db, &Resource::new("page", 1), "plan.png")).expect("reads");
    assert_eq!(file.expect("a file").description, "first", "the old description stays if none is given");
    assert_eq!(house.stored().len(), 3, "what was replaced is not lost");
    assert_eq!(house.events()[2], r#"attachment.replaced 3 {"also":[["attachment",1]],"parent":["page",1]}"#);

    let others = house.upload(&lee, PLAN, &[("plan.png", b"4")], &[("replace", "1")]).dispatch();
    assert_eq!(others.status(), Status::Forbidden);
    assert!(others.into_string().expect("a body").contains("WIKI_DELETE"));
    assert_eq!(house.post(&lee, "/demo/attachment/wiki/Plan/plan.png?action=delete"), Status::Forbidden);
    let admin = house.person("root", true);
    assert_eq!(house.post(&admin, "/demo/attachment/wiki/Plan/plan.png?action=delete"), Status::SeeOther);
}

#[test]
fn a_refused_upload_names_every_problem_and_keeps_what_was_typed() {
    let house = House::new();
    let kim = house.person("kim", false);
    UPLOAD_LIMIT.save(&Connection::open(house.site.db().path()).expect("opens"), "10").expect("saves");
    let typed = format!("{}{}", "long ".repeat(220), "end");
    let files: &[(&str, &[u8])] = &[("empty.txt", b""), ("big.txt", b"12345678901"), ("good.txt", b"1234567890")];
    let response = house.upload(&kim, PLAN, files, &[("description", &typed)]).dispatch();
    assert_eq!(response.status(), Status::UnprocessableEntity);
    let page = response.into_string().expect("a page");
    for part in ["“empty.txt” is empty", "“big.txt” is larger than 10 B", "at most 1000 characters", &typed] {
        assert!(page.contains(part), "{part}: {page}");
    }
    assert!(page.contains("data-field=\"attachment\"") && page.contains("data-field=\"description\""));
    assert!(house.names().is_empty() && house.stored().is_empty(), "all or nothing, and nothing is left behind");

    let none = house.upload(&kim, PLAN, &[("", b"")], &[]).dispatch();
    assert_eq!(none.status(), Status::UnprocessableEntity);
    assert!(none.into_string().expect("a page").contains("Choose a file"));
    let json = house.upload(&kim, PLAN, &[("e", b"")], &[]).header(Accept::JSON).dispatch();
    assert_eq!(json.status(), Status::UnprocessableEntity);
    assert!(json.into_string().expect("a body").contains("\"field\":\"attachment\""));
    assert_eq!(house.upload(&kim, PLAN, &[("good.txt", b"1234567890")], &[]).dispatch().status(), Status::SeeOther);
}

#[test]
fn an_upload_far_above_the_limit_is_not_kept_anywhere() {
    let house = House::new();
    let kim = house.person("kim", false);
    UPLOAD_LIMIT.save(&Connection::open(house.site.db().path()).expect("opens"), "100000").expect("saves");
    let response = house.upload(&kim, PLAN, &[("huge.bin", &vec![7; 3_000_000])], &[]).dispatch();
    assert_eq!(response.status(), Status::UnprocessableEntity);
    assert!(response.into_string().expect("a page").contains("too large to be sent together"));
    assert!(house.stored().is_empty());
}

#[test]
fn a_broken_upload_is_refused_wherever_it_breaks() {
    let house = House::new();
    let kim = house.person("kim", false);
    let token = token::issue(house.site.secret(), kim.session.as_deref().unwrap_or_default());
    let whole = format!(
        "--XX\r\nContent-Disposition: form-data; name=\"__FORM_TOKEN\"\r\n\r\n{token}\r\n\
         --XX\r\nContent-Disposition: form-data; name=\"attachment\"; filename=\"a.txt\"\r\n\r\ncontents\r\n--XX--"
    );
    for end in (0..whole.len() - 2).step_by(7) {
        let status = house.send(&kim, PLAN, whole.as_bytes()[..end].to_vec()).dispatch().status();
        assert!(matches!(status.code, 400 | 422), "cut at {end}: {status}");
    }
    for body in ["", "--YY\r\n", "--XX\r\n\r\n\r\nx\r\n--XX--", "--XX\r\nA: b\r\n\r\nx\r\n--XX--"] {
        let status = house.send(&kim, PLAN, body.into()).dispatch().status();
        assert!(matches!(status.code, 400 | 422), "{body:?}: {status}");
    }
    assert!(house.names().is_empty() && house.stored().is_empty());
    assert_eq!(house.send(&kim, PLAN, whole.into_bytes()).dispatch().status(), Status::SeeOther);
}

#[test]
fn nobody_without_the_right_can_fill_the_disk_or_forge_an_upload() {
    let house = House::new();
    let nobody = Person::default();
    let forbidden = house.upload(&nobody, PLAN, &[("a.txt", b"x")], &[("description", "typed by an anonymous reader")]);
    let response = forbidden.dispatch();
    assert_eq!(response.status(), Status::Forbidden);
    assert!(response.into_string().expect("a page").contains("typed by an anonymous reader"));

    let kim = house.person("kim", false);
    let foreign =
        house.upload(&kim, PLAN, &[("a.txt", b"x")], &[]).header(Header::new("Origin", "https://evil.example"));
    assert_eq!(foreign.dispatch().status(), Status::BadRequest);
    let body = "--XX\r\nContent-Disposition: form-data; name=\"attachment\"; filename=\"a\"\r\n\r\nx\r\n--XX--";
    assert_eq!(house.send(&kim, PLAN, body.into()).dispatch().status(), Status::BadRequest, "no token");
    let elsewhere = house.upload(&kim, "/demo/attachment/wiki/Missing/", &[("a.txt", b"x")], &[]);
    assert_eq!(elsewhere.dispatch().status(), Status::NotFound);
    assert!(house.names().is_empty() && house.stored().is_empty());
}

#[test]
fn nothing_is_sent_in_a_way_that_could_run_in_the_name_of_the_site() {
    let house = House::new();
    let kim = house.person("kim", false);
    for (name, kind, way) in [
        ("page.html", "text/plain; charset=utf-8", "attachment"),
        ("drawing.svg", "text/plain; charset=utf-8", "attachment"),
        ("paper.pdf", "application/pdf", "attachment"),
        ("code.js", "text/plain; charset=utf-8", "attachment"),
        ("notes.txt", "text/plain; charset=utf-8", "inline"),
        ("really-html.png", "image/png", "inline"),
        ("unknown.xyz", "text/plain; charset=utf-8", "attachment"),
    ] {
        house.attach(&kim, name, b"<!doctype html><script>alert(1)</script>", &[]);
        let response = house.get(&kim, &format!("/demo/raw-attachment/wiki/Plan/{name}")).dispatch();
        let header = |name: &str| response.headers().get_one(name).unwrap_or_default().to_owned();
        assert_eq!(header("Content-Type"), kind, "{name}");
        assert_eq!(header("X-Content-Type-Options"), "nosniff");
        assert_eq!(header("Content-Security-Policy"), "sandbox; default-src 'none'");
        assert_eq!(header("Content-Disposition"), format!("{way}; filename*=UTF-8''{name}"));
    }
    let (_, page) = house.answer(&kim, "/demo/attachment/wiki/Plan/page.html");
    assert!(page.contains("class=\"source") && !page.contains("<script>alert"), "{page}");
}

#[test]
fn a_file_can_be_had_in_parts_and_is_not_sent_again_unchanged() {
    let house = House::new();
    let kim = house.person("kim", false);
    let contents: Vec<u8> = (0..200_000_u32).map(|number| (number % 251) as u8).collect();
    house.attach(&kim, "big.bin", &contents, &[]);
    let address = "/demo/raw-attachment/wiki/Plan/big.bin";
    let whole = house.get(&kim, address).dispatch();
    let tag = whole.headers().get_one("ETag").expect("a tag").to_owned();
    assert_eq!(whole.headers().get_one("Content-Length"), Some("200000"));
    assert_eq!(whole.into_bytes().as_deref(), Some(contents.as_slice()));

    let part = house.get(&kim, address).header(Header::new("Range", "bytes=150000-")).dispatch();
    assert_eq!(part.status(), Status::PartialContent);
    assert_eq!(part.headers().get_one("Content-Range"), Some("bytes 150000-199999/200000"));
    assert_eq!(part.headers().get_one("Content-Length"), Some("50000"));
    assert_eq!(part.into_bytes().as_deref(), Some(&contents[150_000..]));
    let changed = house.get(&kim, address).header(Header::new("Range", "bytes=5-6"));
    let changed = changed.header(Header::new("If-Range", "\"older\"")).dispatch();
    assert_eq!(changed.status(), Status::Ok);
    let beyond = house.get(&kim, address).header(Header::new("Range", "bytes=200000-")).dispatch();
    assert_eq!(beyond.status(), Status::RangeNotSatisfiable);
    assert_eq!(beyond.headers().get_one("Content-Range"), Some("bytes */200000"));
    let same = house.get(&kim, address).header(Header::new("If-None-Match", tag)).dispatch();
    assert_eq!(same.status(), Status::NotModified);
    assert_eq!(same.into_bytes().unwrap_or_default(), b"");
}

#[test]
fn all_files_can_be_had_as_one_archive() {
    let house = House::new();
    let kim = house.person("kim", false);
    house.attach(&kim, "a.txt", b"first", &[]);
    house.attach(&kim, "b.txt", b"second", &[]);
    let response = house.get(&kim, "/demo/zip-attachment/wiki/Plan/").dispatch();
    assert_eq!(
        response.headers().get_one("Content-Disposition"),
        Some("attachment; filename*=UTF-8''attachments-wiki-Plan.zip")
    );
    let bytes = response.into_bytes().expect("an archive");
    assert!(bytes.starts_with(b"PK\x03\x04") && bytes.windows(6).any(|part| part == b"second"));
    assert_eq!(house.stored().len(), 2, "the archive itself is gone");
}

#[test]
fn missing_forbidden_and_foreign_files_give_the_same_answer() {
    let house = House::new();
    let (kim, admin) = (house.person("kim", false), house.person("root", true));
    let secret = house.upload(&admin, "/demo/attachment/wiki/Secret/", &[("key.txt", b"x")], &[]).dispatch();
    assert_eq!(secret.status(), Status::SeeOther);
    house.attach(&kim, "plan.txt", b"x", &[]);
    assert_eq!(house.answer(&admin, "/demo/raw-attachment/wiki/Secret/key.txt").0, Status::Ok);
    let bare = |(status, page): (Status, String), address: &str| {
        let start = page.find("<main").unwrap_or_default();
        let end = page.find("</main>").unwrap_or(page.len());
        (status, page[start..end].replace(&trackway::web::address::segment(address), "").replace(address, ""))
    };
    for door in ["attachment", "raw-attachment", "zip-attachment"] {
        let missing = format!("/demo/{door}/wiki/Plan/none.txt");
        let expected = bare(house.answer(&kim, &missing), &missing);
        assert_eq!(expected.0, Status::NotFound);
        for address in [
            format!("/demo/{door}/wiki/Secret/key.txt"),
            format!("/demo/{door}/wiki/Secret/"),
            format!("/demo/{door}/wiki/Secret"),
            format!("/demo/{door}/wiki/Nowhere/"),
            format!("/demo/{door}/wiki/Plan/Details/plan.txt"),
            format!("/other/{door}/wiki/Plan/plan.txt"),
            format!("/none/{door}/wiki/Plan/plan.txt"),
            format!("/demo/{door}/ticket/1/plan.txt"),
            format!("/demo/{door}/"),
            format!("/demo/{door}/wiki"),
            format!("/demo/{door}/wiki/Plan/%ff"),
            format!("/demo/{door}/wiki/Plan/..%2f..%2fproject.db"),
        ] {
            assert_eq!(bare(house.answer(&kim, &address), &address), expected, "{address}");
        }
    }
    assert_eq!(house.post(&kim, "/demo/attachment/wiki/Secret/key.txt?action=delete"), Status::NotFound);
    assert_eq!(house.answer(&kim, "/demo/attachment/wiki/Secret/key.txt?action=delete").0, Status::NotFound);
}

#[test]
fn a_list_without_its_slash_leads_to_the_one_with_it() {
    let house = House::new();
    let nobody = Person::default();
    for (from, to) in [
        ("/demo/attachment/wiki/Plan", PLAN),
        ("/demo/attachment/wiki/Plan/Details", "/demo/attachment/wiki/Plan/Details/"),
        ("/demo/attachment/wiki/Two%20Words%3F", "/demo/attachment/wiki/Two%20Words%3F/"),
    ] {
        let response = house.get(&nobody, from).dispatch();
        assert_eq!(response.status(), Status::MovedPermanently, "{from}");
        assert_eq!(response.headers().get_one("Location"), Some(to));
        assert_eq!(house.answer(&nobody, to).0, Status::Ok);
    }
}

#[test]
fn many_files_of_one_name_sent_at_once_all_find_a_place() {
    let house = House::new();
    let kim = house.viewer(&house.person("kim", false));
    std::thread::scope(|scope| {
        for number in 0..8_u8 {
            let (project, kim) = (&house.project, &kim);
            scope.spawn(move || {
                for round in 0..5 {
                    let contents = spool(project, &[number, round]);
                    let add = Add {
                        parent: &Resource::new("page", 1),
                        files: vec![NewFile { name: "same.txt".to_owned(), contents }],
                        description: "",
                        replace: false,
                    };
                    edit::add(project, Act::new(kim, Via::Web), add).expect("adds");
                }
            });
        }
    });
    let mut names = house.names();
    names.sort();
    names.dedup();
    assert_eq!(names.len(), 40);
    assert!(names.contains(&"same.txt".to_owned()) && names.contains(&"same.40.txt".to_owned()));
    assert!(house.findings().is_empty());
}

#[test]
fn a_crash_between_bytes_and_row_leaves_only_what_is_swept_after_a_day() {
    let house = House::new();
    let kim = house.person("kim", false);
    house.attach(&kim, "kept.txt", b"kept", &[]);
    // As a killed process leaves it: bytes in their place without a row, and half an upload.
    let orphan = blob::keep(&house.project, spool(&house.project, b"orphan")).expect("keeps");
    let half = blob::folder(&house.project).join("tmp-half");
    std::fs::write(&half, b"ha").expect("writes");
    assert!(house.findings().is_empty(), "{:?}", house.findings());
    assert_eq!(blob::sweep(&house.project).expect("sweeps"), 0, "an upload may be under way");

    let old = SystemTime::now() - Duration::from_secs(90_000);
    for path in house.stored() {
        std::fs::File::options().append(true).open(path).expect("opens").set_modified(old).expect("ages");
    }
    // Named again before the sweep: a text of the same contents is sent once more.
    assert_eq!(blob::keep(&house.project, spool(&house.project, b"orphan")).expect("keeps"), orphan);
    assert_eq!(blob::sweep(&house.project).expect("sweeps"), 1, "the half upload");
    for path in house.stored() {
        std::fs::File::options().append(true).open(path).expect("opens").set_modified(old).expect("ages");
    }
    assert_eq!(blob::sweep(&house.project).expect("sweeps"), 1);
    assert_eq!(house.stored().len(), 1);
    assert_eq!(house.answer(&kim, "/demo/raw-attachment/wiki/Plan/kept.txt").1, "kept");
}

#[test]
fn damaged_contents_are_found_and_said() {
    let house = House::new();
    let kim = house.person("kim", false);
    house.attach(&kim, "a.txt", b"first", &[]);
    house.attach(&kim, "b.txt", b"second!", &[]);
    house.attach(&kim, "c.txt", b"third!!!", &[]);
    for path in house.stored() {
        let contents = std::fs::read(&path).expect("reads");
        match contents.len() {
            5 => std::fs::remove_file(&path).expect("removes"),
            7 => std::fs::write(&path, b"SECOND!").expect("writes"),
            _ => std::fs::write(&path, b"th").expect("writes"),
        }
    }
    let findings = house.findings().join("\n");
    for part in
        ["“a.txt”: its contents", "“b.txt”: its contents are not those", "“c.txt”: 2 bytes are stored instead of 8"]
    {
        assert!(findings.contains(part), "{findings}");
    }
    let (status, page) = house.answer(&kim, "/demo/raw-attachment/wiki/Plan/a.txt");
    assert_eq!(status, Status::InternalServerError);
    assert!(page.contains("trackway check") && !page.contains("/files/"), "{page}");
    house.attach(&kim, "again.txt", b"third!!!", &[]);
    assert_eq!(house.answer(&kim, "/demo/raw-attachment/wiki/Plan/c.txt").1, "third!!!", "sending it again heals it");
}

#[test]
fn a_file_is_found_only_while_its_page_is_there_and_only_by_who_sees_it() {
    let house = House::new();
    let (kim, admin) = (house.person("kim", false), house.person("root", true));
    house.attach(&kim, "plan.txt", b"x", &[("description", "The first plan")]);
    house.upload(&admin, "/demo/attachment/wiki/Secret/", &[("key.txt", b"x")], &[]).dispatch();
    let document = |id| house.project.read(|db| FILES.document(db, &Resource::new("attachment", id))).expect("reads");
    let found = document(1).expect("a document");
    assert_eq!((found.title.as_str(), found.text.as_str(), found.acl), ("plan.txt", "The first plan\nx", 1));
    assert_eq!(document(2).expect("a document").acl, 2);

    let cards =
        |viewer: &Viewer| house.project.read(|db| FILES.cards(db, viewer, "attachment", &[2, 1, 9])).expect("reads");
    let seen = cards(&house.viewer(&kim));
    assert!(seen[0].is_none() && seen[2].is_none());
    let card = seen[1].as_ref().expect("a card");
    assert_eq!((card.href.as_str(), card.place.as_str()), ("/attachment/wiki/Plan/plan.txt", "Plan"));
    assert!(cards(&house.viewer(&admin))[0].is_some());

    house.project.db().write(|db| Ok(db.execute("update page set deleted_at = 1 where id = 1", [])?)).expect("writes");
    assert!(document(1).is_none());
    assert!(cards(&house.viewer(&admin))[1].is_none());
    assert_eq!(house.answer(&admin, "/demo/raw-attachment/wiki/Plan/plan.txt").0, Status::NotFound);
}

/// A text of the page Plan as `viewer` reads it.
fn read(house: &House, viewer: &Viewer, text: &str) -> String {
    let settings = TextSettings { camel_case: false, image_hosts: vec!["img.example".to_owned()] };
    let options = Options { references: true, extensions: true, settings: settings.clone() };
    let compiled = markup::compile(text, Flavour::Page, house.site.vocabulary(), &options).expect("compiles");
    let here = Here { resource: Resource::new("page", 1), name: "Plan".to_owned() };
    house
        .project
        .read(|db| {
            let context = Context {
                db,
                viewer,
                vocabulary: house.site.vocabulary(),
                settings: &settings,
                intermap: &InterMap::default(),
                elsewhere: None,
                compiled: &|_, _| Err(Error::internal("no text includes another here")),
                here: Some(&here),
                root: "/demo",
                outline: &[],
                depth: 0,
                macros_run: &Cell::new(0),
            };
            Ok(markup::resolve(&compiled, &context)?.into_string())
        })
        .expect("resolves")
}

#[test]
fn texts_link_to_files_and_show_pictures_as_the_reader_may_see_them() {
    let house = House::new();
    let (kim, admin) = (house.person("kim", false), house.person("root", true));
    house.attach(&kim, "two words.png", b"x", &[("description", "A <plan>")]);
    house.attach(&kim, "a.pdf", b"x", &[]);
    house.upload(&admin, "/demo/attachment/wiki/Secret/", &[("key.png", b"x")], &[]).dispatch();
    let (kim, admin) = (house.viewer(&kim), house.viewer(&admin));
    for (text, part) in [
        ("attachment:a.pdf", "href=\"/demo/attachment/wiki/Plan/a.pdf\""),
        ("attachment:\"two words.png\"", "href=\"/demo/attachment/wiki/Plan/two%20words.png\""),
        ("attachment:a.pdf:wiki:Plan", "href=\"/demo/attachment/wiki/Plan/a.pdf\""),
        ("[the paper](attachment:a.pdf)", ">the paper</a>"),
        ("![x](<attachment:two words.png>)", "src=\"/demo/raw-attachment/wiki/Plan/two%20words.png\""),
        (
            "[[Image(two words.png, 50%, left)]]",
            "<figure class=\"image image-left\"><a href=\"/demo/attachment/wiki/Plan/two%20words.png\">",
        ),
        ("[[Image(two words.png)]]", "alt=\"A &lt;plan&gt;\""),
        (
            "[[Image(wiki:Plan:two words.png, link=)]]",
            "<figure class=\"image\"><img src=\"/demo/raw-attachment/wiki/Plan/two%20words.png\"",
        ),
        ("[[Image(https://img.example/a.png, 20px)]]", "<img src=\"https://img.example/a.png\" alt=\"\" width=\"20\""),
        ("[[Image(https://evil.example/a.png)]]", "rel=\"nofollow noopener ugc\""),
        ("[[Image(a.pdf)]]", "macro-box"),
        ("[[Image(gone.png)]]", "gone.png"),
        ("[[Image()]]", "macro-box"),
        ("[[Image(two words.png, onerror=1)]]", "onerror"),
        ("attachment:gone.pdf", "missing"),
    ] {
        let html = read(&house, &kim, text);
        assert!(html.contains(part), "{text}: {html}");
        assert!(!html.contains(" style=") && !html.contains("<img src=\"https://evil"), "{html}");
    }
    for text in ["attachment:key.png:wiki:Secret", "[[Image(key.png:wiki:Secret)]]"] {
        let missing = read(&house, &kim, &text.replace("Secret", "Nowhere"));
        assert_eq!(read(&house, &kim, text), missing.replace("Nowhere", "Secret"), "{text}");
        assert!(read(&house, &admin, text).contains("/wiki/Secret/key.png"), "{text}");
    }
}
