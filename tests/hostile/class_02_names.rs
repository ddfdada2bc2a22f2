//! Class 2, through names: whatever has a name that somebody gives it is called by a payload, as far as the rules of that name
//! let it be. Then every page, feed, table, suggestion and list that can be reached is read.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use scraper::{Html, Selector};
use trackway::auth::{accounts, groups};
use trackway::base::event::Via;
use trackway::base::project::Act;
use trackway::ticket::options_edit::{self, Wish};
use trackway::ticket::{own_fields_edit, own_fields_wish};

use super::{judged, nothing_in};
use crate::support::work_tree::TestRepository;
use crate::support::{Person, TestSite};

/// With what ends an attribute, and without, for names that may not hold all of it.
const NAMES: [&str; 4] =
    ["\"'><img src=x onerror=alert(1)>", "x\" onmouseover=\"alert(1)", "<svg onload=alert(1)>", "'-alert(1)-'"];
/// Of each kind of address (without what differs between things of one kind) so many are read.
const OF_EACH_KIND: usize = 6;
const MOST: usize = 500;

#[test]
fn nothing_is_called_by_a_script() {
    let test = TestSite::new();
    let repository = TestRepository::new();
    let kim = test.admin("kim");
    let mut complaints = Vec::new();
    let given = call(&test, &kim, &mut complaints, &NAMES);
    assert!(given > 30, "only {given} things may be called so");
    let sam = commit(&test, &repository);
    test.catch_up();
    for person in [&kim, &sam] {
        walk(person, &mut complaints);
    }
    nothing_in(&complaints);
}

/// Gives the names. Returns how many were taken.
pub fn call(test: &TestSite, kim: &Person<'_>, complaints: &mut Vec<String>, names: &[&str]) -> usize {
    let (demo, operator) = (test.demo(), test.operator());
    let by = Act::new(&operator, Via::Command);
    let mut given = 0;
    kim.save_page("Plain", "words");
    let mut send = |address: &str, fields: &[(&str, &str)]| {
        let answer = kim.post_signed(address, fields);
        judged(complaints, &answer);
        given += usize::from(answer.status < 400);
    };
    for (at, name) in names.iter().copied().enumerate() {
        let page = format!("/demo/wiki/{}", super::class_05_echoes::encoded(name));
        send("/-/account", &[("full_name", name), ("email", ""), ("time_zone", "")]);
        send("/-/account/tokens", &[("label", name)]);
        let mut save = |page: &str, text: &str| {
            send(page, &[("action", "edit"), ("text", text), ("version", "0"), ("save", "1")]);
        };
        save(&page, "words #1");
        for (what, value) in
            [("title", name.to_owned()), ("tags", format!("[{name}]")), ("aliases", format!("[{name} 2]"))]
        {
            save(&format!("/demo/wiki/Front{at}{what}"), &format!("---\n{what}: {value}\n---\nwords #1"));
        }
        save(&format!("/demo/wiki/PageTemplates%2F{}", super::class_05_echoes::encoded(name)), "x");
        send("/demo/milestone?action=new", &[("name", name), ("duedate", "2099-12-31")]);
        for kind in ["components", "versions", "types", "priorities", "severities", "resolutions"] {
            send(&format!("/demo/admin/ticket/{kind}"), &[("act", "add"), ("name", name)]);
        }
        for kind in ["replies", "templates"] {
            send(&format!("/demo/admin/ticket/{kind}"), &[("act", "add"), ("name", name), ("text", "words")]);
        }
        for kind in ["component", "version", "priority", "type", "severity", "resolution"] {
            let wish = Wish { name: Some(name), owner: Some(""), ..Wish::default() };
            options_edit::create(&test.site, &demo, by, kind, &wish).ok();
        }
        let desk = own_fields_edit::Desk { site: &test.site, project: &demo, viewer: &operator };
        let wish = own_fields_wish::Wish {
            label: Some(name.to_owned()),
            kind: Some("select".to_owned()),
            help: Some(name.to_owned()),
            options: Some(vec![name.to_owned(), "other".to_owned()]),
            ..Default::default()
        };
        desk.save(by, &format!("field{at}"), &wish).ok();
        send("/demo/report", &[("title", name), ("query", "?status=new&group=component"), ("save", "1")]);
        send(
            "/demo/report",
            &[
                ("title", name),
                ("query", "select 1 as \"<img src=x onerror=alert(1)>\", '<svg onload=alert(1)>' as \"__color__\""),
                ("kind", "sql"),
                ("save", "1"),
            ],
        );
        test.site.write(None, Via::Command, |db, record| groups::create(db, record, name)).ok();
        let new = accounts::NewAccount { login: name, display_name: name, email: "", password: None, admin: false };
        test.site.write(None, Via::Command, |db, record| accounts::create(db, record, &new)).ok();
        let login = format!("named{at}");
        let new = accounts::NewAccount { login: &login, display_name: name, email: "", password: None, admin: false };
        test.site.write(None, Via::Command, |db, record| accounts::create(db, record, &new)).ok();
        test.site.create_project(&format!("p{at}"), name, None, Via::Command, |_| Ok(())).ok();
        send(
            "/demo/newticket",
            &[
                ("field_summary", name),
                ("field_component", name),
                ("field_milestone", name),
                ("field_version", name),
                ("field_keywords", name),
                ("field_cc", name),
                ("field_owner", &login),
                (&format!("field_field{at}"), name),
                ("submit", "1"),
            ],
        );
        send("/demo/newticket", &[("field_summary", name), ("submit", "1")]);
    }
    given + attach(kim, names)
}

/// Files are called so as well.
fn attach(kim: &Person<'_>, names: &[&str]) -> usize {
    let lists = ["/demo/attachment/wiki/Plain/", "/demo/attachment/ticket/1/"];
    let taken = |list: &&str| {
        names.iter().filter(|name| kim.attach(list, &format!("{name}.txt"), b"words").status < 400).count()
    };
    lists.iter().map(taken).sum()
}

/// A repository whose people, branches, tags, paths and messages have such names. Returns a member who may see it.
fn commit<'t>(test: &'t TestSite, repository: &TestRepository) -> Person<'t> {
    for name in NAMES {
        let path = name.replace('/', "");
        repository.write(format!("{path}.md"), "words #1").write(format!("{path}/{path}.rs"), "fn main() {}\n");
        repository.git(["add", "-A"]);
        let author = format!("{} <\"onmouseover=alert(1)@{}>", name.replace(['<', '>'], ""), "example.org");
        repository.git(["commit", "-q", "-m", &format!("{name}\n\n{name} refs #1"), "--author", &author]);
        let reference = name.replace(' ', "/");
        repository.git(["branch", &format!("b{reference}")]);
        repository.git(["tag", "-a", "-m", name, &format!("t{reference}")]);
    }
    test.connect(&repository.path(), "code");
    test.take_in_history();
    test.user("sam").member()
}

/// Reads whatever links, lists and forms lead to, some of each kind.
fn walk(person: &Person<'_>, complaints: &mut Vec<String>) {
    let starts = [
        "/demo/wiki/WikiStart",
        "/demo/wiki?action=index",
        "/demo/wiki-tree",
        "/demo/tags",
        "/demo/wiki-report",
        "/demo/query?col=id&col=summary&col=component&col=field0&col=milestone&col=owner&group=component",
        "/demo/query?format=csv",
        "/demo/query?format=tab",
        "/demo/query?format=rss",
        "/demo/query?format=json",
        "/demo/report",
        "/demo/report/1",
        "/demo/report/2",
        "/demo/report/1?format=csv",
        "/demo/roadmap",
        "/demo/roadmap?format=ics",
        "/demo/timeline?ticket_details=on",
        "/demo/timeline?format=atom",
        "/demo/newticket",
        "/demo/board",
        "/demo/chart",
        "/demo/month",
        "/demo/search?q=img",
        "/demo/search?q=alert",
        "/demo/search/suggest?q=img",
        "/demo/search/suggest?q=onl",
        "/demo/people/suggest?q=na",
        "/demo/people/suggest?q=%22",
        "/demo/home",
        "/demo/watched",
        "/demo/browser",
        "/demo/log",
        "/demo/log?format=atom",
        "/demo/log?verbose=on",
        "/demo/admin/ticket/components",
        "/demo/admin/ticket/fields",
        "/demo/admin/ticket/workflow",
        "/demo/admin/ticket/replies",
        "/demo/admin/ticket/templates",
        "/demo/admin/ticket/milestones",
        "/-/projects",
        "/-/admin",
        "/-/account",
        "/-/search?q=img",
        "/-/home",
        "/demo/attachment/wiki/Plain/",
        "/demo/query?batch=1",
        "/demo/wiki/Front0title?action=edit",
        "/demo/wiki/Missing",
        "/demo/ticket/1",
        "/demo/ticket/2",
        "/demo/discussions",
        "/demo/wiki?format=atom",
    ];
    let links = Selector::parse("a[href], link[rel=alternate][href]").unwrap();
    let mut waiting: VecDeque<String> = starts.iter().map(|start| (*start).to_owned()).collect();
    let mut known: BTreeSet<String> = waiting.iter().cloned().collect();
    let mut kinds: BTreeMap<String, usize> = BTreeMap::new();
    let mut seen = 0;
    while let Some(address) = waiting.pop_front().filter(|_| seen < MOST) {
        let answer = person.get(&address);
        seen += 1;
        judged(complaints, &answer);
        if answer.header("Content-Type").is_some_and(|kind| kind.starts_with("application/json")) {
            answer.json();
        }
        for href in Html::parse_document(&answer.text()).select(&links).filter_map(|link| link.attr("href")) {
            let href = href.split('#').next().unwrap_or_default().trim_start_matches(crate::support::ADDRESS);
            let count = kinds.entry(kind_of(href)).or_default();
            if href.starts_with('/')
                && !href.contains("/-/static/")
                && *count < OF_EACH_KIND
                && known.insert(href.to_owned())
            {
                *count += 1;
                waiting.push_back(href.to_owned());
            }
        }
    }
    assert!(seen > 150, "{seen}");
}

/// An address without what differs between things of one kind: numbers, payloads, ids of commits, values.
fn kind_of(href: &str) -> String {
    let (path, query) = href.split_once('?').unwrap_or((href, ""));
    let part = |part: &str| {
        if part.chars().any(|c| c == '%' || c.is_ascii_digit()) { "*".to_owned() } else { part.to_owned() }
    };
    let path: Vec<String> = path.split('/').map(part).collect();
    let names: Vec<&str> = query.split('&').map(|pair| pair.split('=').next().unwrap_or_default()).collect();
    format!("{}?{}", path.join("/"), names.join("&"))
}
