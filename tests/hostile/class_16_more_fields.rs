//! Class 16, fields that nobody asked for: a form takes what it is about, and no further field changes whose something is, what
//! it is called by the program, or what somebody may.

use serde_json::{Map, Value};

use super::nothing_in;
use super::state::{Changes, settled};
use crate::enumerator::house::{Hides, House};
use crate::enumerator::rules::{RULES, Send};
use crate::support::Person;

/// Names under which programs keep what a form is not to change.
const MORE: &[(&str, &str)] = &[
    ("account", "1"),
    ("author", "admin"),
    ("actor", "1"),
    ("by", "admin"),
    ("as", "admin"),
    ("login", "admin"),
    ("uuid", "1"),
    ("is_admin", "1"),
    ("administrator", "1"),
    ("superuser", "1"),
    ("disabled", "0"),
    ("roles", "admin"),
    ("role", "admin"),
    ("permissions", "TRAC_ADMIN"),
    ("acl", "2"),
    ("class", "2"),
    ("project_id", "2"),
    ("created_at", "1"),
    ("changed_at", "1"),
    ("deleted_at", "1"),
    ("happened_at", "1"),
    ("time_created", "1"),
    ("changetime", "1"),
    ("event", "1"),
    ("kind_of_actor", "system"),
    ("via", "system"),
    ("batch", "1"),
    ("live", "0"),
    ("number", "77"),
    ("rowid", "77"),
    ("_id", "77"),
    ("owner_id", "1"),
    ("author_id", "1"),
    ("session", "x"),
    ("secret", "x"),
    ("hash", "x"),
    ("password_hash", "x"),
    ("email_verified", "1"),
    ("constructor", "1"),
    ("__proto__", "1"),
    ("account[admin]", "1"),
    ("admin[]", "1"),
    ("field_id", "77"),
    ("field_acl", "2"),
    ("field_time", "1"),
    ("field_changetime", "1"),
    ("field_number", "77"),
    ("field_changes", "77"),
    ("reporter_id", "1"),
];

/// Two sites that are alike: one gets each form as it is, the other one with all these fields.
fn compare(viewer: &str, post: impl Fn(&Person<'_>, &House, &str, Send, bool) -> u16) {
    let (mut plain, mut fuller) = (House::new(Hides::Everything), House::new(Hides::Everything));
    let (mut complaints, mut taken) = (Vec::new(), 0);
    for rule in RULES.iter().filter(|rule| !rule.is_get()) {
        for door in rule.doors {
            let Send::Form(_) = door.send else { continue };
            let before = [&plain, &fuller].map(|house| settled(&house.test));
            let without = post(&plain.person(viewer), &plain, door.address, door.send, false);
            let with = post(&fuller.person(viewer), &fuller, door.address, door.send, true);
            let after = [&plain, &fuller].map(|house| settled(&house.test));
            let changes = [0, 1].map(|at| Changes::between(&before[at], &after[at]));
            taken += usize::from(!changes[0].0.is_empty());
            // To refuse a field that means nothing is an answer, too.
            let is_refused = with == 422 && changes[1].0.is_empty();
            if !is_refused && changes[0] != changes[1] {
                complaints.push(format!(
                    "{} ({without}, {with}): {:?}\nwith more: {:?}",
                    door.address, changes[0], changes[1]
                ));
            }
            if without < 400 || with < 400 {
                (plain, fuller) = (House::new(Hides::Everything), House::new(Hides::Everything));
            }
        }
    }
    nothing_in(&complaints);
    assert!(taken > 20, "only {taken} forms changed anything");
}

#[test]
fn no_further_field_of_a_form_changes_anything() {
    compare("member", |_, house, address, send, more| {
        let Send::Form(fields) = send else { return 0 };
        let mut fields = fields.to_vec();
        if more {
            fields.extend(
                MORE.iter()
                    .filter(|(name, _)| !fields.iter().any(|(known, _)| known == name))
                    .copied()
                    .collect::<Vec<_>>(),
            );
        }
        house.person("member").post_signed(address, &fields).status
    });
}

#[test]
fn no_further_name_of_json_changes_anything() {
    compare("member", |person, _, address, send, more| {
        let Send::Form(fields) = send else { return 0 };
        let mut body: Map<String, Value> =
            fields.iter().map(|(name, value)| ((*name).to_owned(), Value::from(*value))).collect();
        if more {
            for (name, value) in MORE {
                body.entry((*name).to_owned()).or_insert_with(|| Value::from(*value));
            }
        }
        person.post_json(address, &Value::Object(body)).status
    });
}
