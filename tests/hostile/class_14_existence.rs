//! Class 14, telling that something exists: what is hidden and what is nowhere have the same headers, as they have the same
//! bytes (the enumerator compares those at every door), and no count, order or tag of a version betrays it.

use super::nothing_in;
use crate::enumerator::house::{Hides, House};
use crate::enumerator::rules::RULES;
use crate::support::answer::Answer;

/// All headers but those that differ from one request to the next.
fn headers(house: &House, answer: &Answer) -> Vec<(String, String)> {
    let mut headers: Vec<(String, String)> = answer
        .headers
        .iter()
        .map(|(name, value)| (name.to_ascii_lowercase(), value.clone()))
        .filter(|(name, _)| name != "date" && name != "set-cookie")
        .collect();
    for row in house.test.site.projects().unwrap() {
        headers.iter_mut().for_each(|(_, value)| *value = value.replace(&row.id, ""));
    }
    // The two were not built in the same moment.
    let dated = |name: &str| name == "etag" || name == "last-modified";
    headers.iter_mut().filter(|(name, _)| dated(name)).for_each(|(_, value)| value.clear());
    headers.sort();
    headers
}

#[test]
fn no_header_tells_what_is_hidden() {
    let (full, bare) = (House::with_code(Hides::Everything), House::with_code(Hides::Nothing));
    let (mut complaints, mut asked) = (Vec::new(), 0);
    for door in RULES.iter().filter(|rule| rule.is_get() && !rule.route.contains("/live")).flat_map(|rule| rule.doors) {
        for viewer in ["anonymous", "stranger", "member"] {
            let (hidden, missing) = (full.person(viewer).get(door.address), bare.person(viewer).get(door.address));
            asked += 1;
            let (with, without) = (headers(&full, &hidden), headers(&bare, &missing));
            for differ in with.iter().filter(|header| !without.contains(header)) {
                // The length of a page in which something else moves is that of its text.
                if differ.0 == "content-length" && full.plain(&hidden) == bare.plain(&missing) {
                    continue;
                }
                complaints.push(format!("{}: {differ:?}", hidden.asked));
            }
        }
    }
    nothing_in(&complaints);
    assert!(asked > 1500, "{asked}");
}

/// A tag of a version that somebody has kept opens nothing and confirms nothing.
#[test]
fn no_tag_of_a_version_confirms_what_is_hidden() {
    let house = House::with_code(Hides::Everything);
    let (mut complaints, mut tags) = (Vec::new(), 0);
    for door in RULES.iter().filter(|rule| rule.is_get() && !rule.route.contains("/live")).flat_map(|rule| rule.doors) {
        let Some(tag) = house.person("admin").get(door.address).header("ETag").map(str::to_owned) else { continue };
        tags += 1;
        for (viewer, declared) in
            [("anonymous", door.answers[0]), ("stranger", door.answers[1]), ("member", door.answers[2])]
        {
            if declared == 404 {
                for name in ["If-None-Match", "If-Match", "If-Range"] {
                    let status = house.person(viewer).with_header(name, &tag).get(door.address).status;
                    if status != 404 {
                        complaints.push(format!("{} with {name} answers {viewer} {status}", door.address));
                    }
                }
            }
        }
    }
    nothing_in(&complaints);
    assert!(tags > 10, "{tags}");
}
