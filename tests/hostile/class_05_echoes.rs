//! Class 5, through the request: every door with a payload in each part of its path, in each value of its query, in each field
//! of its form and in each header that a program may look at. Whatever status it is answered by, nothing of it becomes markup.

use std::collections::BTreeSet;

use rocket::http::Method;

use super::{judged, nothing_in};
use crate::enumerator::rules::{RULES, Send};
use crate::support::form::encode;
use crate::support::{Person, TestSite};

const PAYLOAD: &str = "\"'><img src=x onerror=alert(1)>";
/// Headers that a page could repeat.
const HEADERS: &[&str] = &[
    "Referer", "User-Agent", "Accept", "Accept-Language", "If-Match", "If-None-Match", "If-Modified-Since", "Range",
    "Origin", "Host", "Content-Type", "X-Forwarded-Host", "X-Forwarded-For", "X-Forwarded-Proto", "X-Requested-With",
    "Sec-Fetch-Site",
];

pub fn encoded(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
}

fn house(test: &TestSite) -> Person<'_> {
    let kim = test.admin("kim");
    kim.save_page("Plan", "words");
    kim.submit("/demo/newticket", &[("field_summary", "One"), ("submit", "1")]).expect(303);
    kim.submit("/demo/milestone?action=new", &[("name", "M1")]).expect(303);
    kim
}

/// The address with the payload in the place of one part of its path, or of one value of its query.
pub fn poisoned(address: &str, payload: &str) -> Vec<String> {
    let (path, query) = address.split_once('?').map_or((address, None), |(path, query)| (path, Some(query)));
    let payload = encoded(payload);
    let after = query.map(|query| format!("?{query}")).unwrap_or_default();
    let parts: Vec<&str> = path.split('/').collect();
    let mut all: Vec<String> = (1..parts.len())
        .map(|at| {
            let path: Vec<&str> =
                parts.iter().enumerate().map(|(place, part)| if place == at { &payload } else { *part }).collect();
            format!("{}{after}", path.join("/"))
        })
        .collect();
    let pairs: Vec<&str> = query.map(|query| query.split('&').collect()).unwrap_or_default();
    all.extend((0..pairs.len()).map(|at| {
        let pairs = pairs.iter().enumerate().map(|(place, pair)| match pair.split_once('=') {
            Some((name, _)) if place == at => format!("{name}={payload}"),
            _ => (*pair).to_owned(),
        });
        format!("{path}?{}", pairs.collect::<Vec<_>>().join("&"))
    }));
    all
}

#[test]
fn addresses() {
    let test = TestSite::new();
    let kim = house(&test);
    let (mut complaints, mut statuses) = (Vec::new(), BTreeSet::new());
    let asked: BTreeSet<String> = RULES
        .iter()
        .filter(|rule| rule.is_get() && !rule.route.contains("live"))
        .flat_map(|rule| rule.doors)
        .flat_map(|door| poisoned(door.address, PAYLOAD))
        .collect();
    for address in &asked {
        let answer = kim.get(address);
        statuses.insert(answer.status);
        judged(&mut complaints, &answer);
    }
    nothing_in(&complaints);
    assert!(asked.len() > 500, "{}", asked.len());
    assert!([200, 303, 404, 422].iter().all(|status| statuses.contains(status)), "{statuses:?}");
}

#[test]
fn values_of_lists() {
    let test = TestSite::new();
    let kim = house(&test);
    let mut complaints = Vec::new();
    let names = [
        "q", "page", "page_name", "order", "col", "group", "row", "max", "status", "owner", "format", "rev", "from",
        "daysback", "author", "version", "old_version", "action", "next", "by", "tag", "name", "summary",
        "description", "milestone", "keywords", "template", "heading", "quote", "replyto", "style", "context", "words",
        "id", "section", "undo", "report", "at", "width", "type",
    ];
    for place in [
        "/demo/query", "/demo/search", "/-/search", "/demo/wiki/Plan", "/demo/wiki", "/demo/timeline",
        "/demo/newticket", "/demo/ticket/1", "/demo/roadmap", "/demo/report", "/demo/board", "/demo/month",
        "/demo/chart", "/demo/batch", "/-/login", "/demo/discussions", "/demo/wiki/Missing", "/demo/milestone/M1",
        "/demo/home", "/-/projects",
    ] {
        for some in names.chunks(5) {
            let query: Vec<String> = some.iter().map(|name| format!("{name}={}", encoded(PAYLOAD))).collect();
            judged(&mut complaints, &kim.get(&format!("{place}?{}", query.join("&"))));
        }
        for name in names {
            judged(&mut complaints, &kim.get(&format!("{place}?{name}={}", encoded(PAYLOAD))));
        }
        judged(&mut complaints, &kim.get(&format!("{place}?{}=1", encoded(PAYLOAD))));
    }
    nothing_in(&complaints);
}

#[test]
fn headers() {
    let test = TestSite::new();
    let kim = house(&test);
    let (mut complaints, mut statuses) = (Vec::new(), BTreeSet::new());
    for header in HEADERS {
        for (place, value) in
            [("", PAYLOAD.to_owned()), ("https://evil.example/", format!("https://evil.example/{PAYLOAD}"))]
        {
            let person = kim.clone().with_header(header, &value);
            for address in [
                "/", "/demo/wiki/Plan", "/demo/wiki/Missing", "/demo/ticket/1", "/demo/ticket/99", "/demo/query",
                "/nowhere", "/demo/query?nonsense=1", "/-/login", "/demo/attachment/wiki/Plan/",
            ] {
                let answer = person.get(address);
                statuses.insert(answer.status);
                judged(&mut complaints, &answer);
            }
            for fields in [&[("action", "edit"), ("text", PAYLOAD), ("version", "0"), ("save", "1")][..], &[]] {
                let answer = person.post_signed("/demo/wiki/Plan", fields);
                statuses.insert(answer.status);
                judged(&mut complaints, &answer);
            }
            assert!(place.is_empty() || value.starts_with(place));
        }
    }
    nothing_in(&complaints);
    assert!([200, 400, 404, 421, 422].iter().all(|status| statuses.contains(status)), "{statuses:?}");
}

/// Where the payload stands in a field of a form, the page that comes back shows it again.
#[test]
fn fields_of_forms() {
    let test = TestSite::new();
    let kim = house(&test);
    let sam = test.user("sam").member();
    let (mut complaints, mut statuses) = (Vec::new(), BTreeSet::new());
    let doors = RULES.iter().filter(|rule| !rule.is_get()).flat_map(|rule| rule.doors);
    for door in doors.filter(|door| !door.address.starts_with("/-/log")) {
        let Send::Form(fields) = door.send else { continue };
        for at in 0..=fields.len() {
            let fields: Vec<(&str, &str)> = fields
                .iter()
                .enumerate()
                .map(|(place, (name, value))| (*name, if place == at || at == fields.len() { PAYLOAD } else { *value }))
                .collect();
            for person in [&kim, &sam] {
                let signed = person.post_signed(door.address, &fields);
                statuses.insert(signed.status);
                judged(&mut complaints, &signed);
            }
            // Without the token it is shown again by the page that says so.
            let unsigned =
                kim.send(Method::Post, door.address, "application/x-www-form-urlencoded", encode(fields).into_bytes());
            statuses.insert(unsigned.status);
            judged(&mut complaints, &unsigned);
        }
        for address in poisoned(door.address, PAYLOAD) {
            judged(&mut complaints, &kim.post_signed(&address, fields));
        }
    }
    nothing_in(&complaints);
    assert!([303, 400, 401, 404, 422].iter().all(|status| statuses.contains(status)), "{statuses:?}");
}

#[test]
fn requests_that_are_refused() {
    let test = TestSite::new();
    let kim = house(&test);
    let sam = test.user("sam").member();
    let mut complaints = Vec::new();
    let mut refused = |status: u16, person: &Person<'_>, address: &str, fields: &[(&str, &str)]| {
        let answer = person.post_signed(address, fields).expect(status);
        judged(&mut complaints, &answer);
    };
    let edit = [("action", "edit"), ("save", "1"), ("version", "1"), ("comment", PAYLOAD), ("text", PAYLOAD)];
    refused(303, &kim, "/demo/wiki/Plan", &edit);
    refused(409, &sam, "/demo/wiki/Plan", &[&edit[..4], &[("text", "other words")]].concat());
    refused(409, &sam, "/demo/wiki/Plan", &[&edit[..4], &[("text", &format!("{PAYLOAD} {PAYLOAD}"))]].concat());
    refused(403, &sam, "/demo/wiki/Plan?action=rename", &[("new_name", PAYLOAD)]);
    refused(403, &test.anonymous(), "/-/account", &[("full_name", PAYLOAD)]);
    let page = format!("/demo/wiki/{}", encoded(PAYLOAD));
    for (method, kind, body) in [
        (Method::Put, "", ""),
        (Method::Delete, "text/html", PAYLOAD),
        (Method::Post, "text/html", PAYLOAD),
        (Method::Post, "application/json", PAYLOAD),
        (Method::Post, "application/json", "{\"text\":{\"<img src=x onerror=alert(1)>\":1}}"),
        (Method::Post, "multipart/form-data; boundary=<img src=x onerror=alert(1)>", PAYLOAD),
        (
            Method::Post,
            "multipart/form-data; boundary=x",
            "--x\r\nContent-Disposition: form-data; name=\"<img src=x onerror=alert(1)>\"\r\n\r\n1\r\n--x--",
        ),
    ] {
        for address in [page.as_str(), "/demo/wiki/Plan", "/demo/ticket/1", "/demo/attachment/wiki/Plan/"] {
            judged(&mut complaints, &kim.send(method, address, kind, body.as_bytes().to_vec()));
        }
    }
    nothing_in(&complaints);
}
