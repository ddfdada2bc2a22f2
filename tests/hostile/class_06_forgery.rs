//! Class 6, forged requests: whatever a page of another site makes a browser send changes nothing here.

use std::collections::BTreeSet;

use rocket::http::Method;
use serde_json::{Map, Value};

use super::nothing_in;
use super::state::{changed, state};
use crate::enumerator::house::{Guard, Hides, House};
use crate::enumerator::rules::{RULES, Send};
use crate::support::form::encode;

#[test]
fn everything_is_changed_by_post_and_by_no_other_method() {
    let house = House::new(Hides::Nothing);
    let methods: BTreeSet<String> = house.test.client.rocket().routes().map(|route| route.method.to_string()).collect();
    assert_eq!(methods.iter().collect::<Vec<_>>(), ["GET", "POST"]);
}

#[test]
fn no_get_changes_anything() {
    let house = House::with_code(Hides::Everything);
    let before = state(&house.test);
    let mut complaints = Vec::new();
    let mut asked = 0;
    for rule in RULES {
        for door in rule.doors {
            let address = match door.send {
                // What a form would send, and its token, in an address.
                Send::Form(fields) => {
                    let mark = if door.address.contains('?') { '&' } else { '?' };
                    format!("{}{mark}{}", door.address, encode(fields.iter().copied()))
                }
                _ => door.address.to_owned(),
            };
            for (viewer, method) in [("admin", Method::Get), ("member", Method::Get), ("admin", Method::Head)] {
                // Anonymous people are tried by the enumerator; a stream has no end.
                if !address.contains("/live") {
                    house.person(viewer).send(method, &address, "", Vec::new());
                    asked += 1;
                }
            }
        }
        for table in changed(&before, &state(&house.test)) {
            complaints.push(format!("{} changes {table}", rule.route));
        }
    }
    nothing_in(&complaints);
    assert!(asked > 1000, "{asked}");
}

/// What another site's page can make a browser send, with the cookie of whoever sits before it.
#[test]
fn no_form_of_another_site_changes_anything() {
    let house = House::new(Hides::Everything);
    let before = state(&house.test);
    let mut complaints = Vec::new();
    for rule in RULES.iter().filter(|rule| !rule.is_get()) {
        for door in rule.doors {
            for guard in [Guard::None, Guard::OfNobody, Guard::ForeignOrigin, Guard::CrossSite, Guard::SameSite] {
                let answer = house.post("admin", door.address, door.send, guard);
                if ![400, 404].contains(&answer.status) {
                    complaints.push(format!("{} with {guard:?} is answered by {}", answer.asked, answer.status));
                }
            }
        }
        for table in changed(&before, &state(&house.test)) {
            complaints.push(format!("{} changes {table}", rule.route));
        }
    }
    nothing_in(&complaints);
}

/// JSON needs no token, since no page of another site can send it unasked: so it must say what it is, and whence.
#[test]
fn no_json_of_another_site_changes_anything() {
    let house = House::new(Hides::Everything);
    let before = state(&house.test);
    let mut complaints = Vec::new();
    for rule in RULES.iter().filter(|rule| !rule.is_get()) {
        for door in rule.doors {
            let Send::Form(fields) = door.send else { continue };
            let body: Map<String, Value> =
                fields.iter().map(|(name, value)| ((*name).to_owned(), Value::from(*value))).collect();
            let body = Value::Object(body).to_string().into_bytes();
            let admin = house.person("admin");
            for (kind, header, value) in [
                ("application/json", "Origin", "https://evil.example"),
                ("application/json", "Origin", "null"),
                ("application/json", "Origin", "http://127.0.0.1:8001"),
                ("application/json", "Sec-Fetch-Site", "cross-site"),
                ("application/json", "Sec-Fetch-Site", "same-site"),
                ("application/json", "Sec-Fetch-Site", "nonsense"),
                // Kinds that need no leave.
                ("text/plain", "Accept", "*/*"),
                ("text/plain; application/json", "Accept", "*/*"),
                ("multipart/form-data; boundary=application/json", "Accept", "*/*"),
                ("application/x-www-form-urlencoded", "Accept", "application/json"),
                ("", "Accept", "application/json"),
            ] {
                let answer =
                    admin.clone().with_header(header, value).send(Method::Post, door.address, kind, body.clone());
                if answer.status < 400 {
                    complaints.push(format!("{} as {kind} with {header}: {value}: {}", answer.asked, answer.status));
                }
            }
        }
        for table in changed(&before, &state(&house.test)) {
            complaints.push(format!("{} changes {table}", rule.route));
        }
    }
    nothing_in(&complaints);
}

/// Rocket takes a form's first field `_method` for the method that was meant.
#[test]
fn no_field_makes_another_method_of_a_request() {
    let house = House::new(Hides::Everything);
    let before = state(&house.test);
    for method in ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"] {
        for address in ["/demo/wiki/Plan", "/demo/ticket/1", "/-/logout", "/-/admin/accounts/stranger/disable"] {
            let fields = [("_method", method), ("action", "edit"), ("text", "forged"), ("version", "2"), ("save", "1")];
            house.person("admin").post(address, &fields);
        }
    }
    assert!(changed(&before, &state(&house.test)).is_empty());
    house.person("admin").get("/-/admin").expect(200);
}
