//! Every door of the house: each route, in each format, for each kind of viewer, for what exists, what is missing and what
//! is hidden, has an answer that is declared here. A route without a declared rule fails by name.
//!
//! Two sites are asked the same questions. They are alike, but for one thing: in the second, what the first one hides does
//! not exist. Whoever may not see it gets the very same bytes from both.

use std::collections::BTreeSet;

use rocket::http::Method;

use crate::support::TestSite;
use crate::support::answer::Answer;

/// Asks the rules in parts that run beside each other.
macro_rules! in_parts {
    ($($story:ident: $($name:ident = $part:literal),*;)*) => {$($(
        #[test]
        fn $name() {
            const { assert!($part < $crate::enumerator::PARTS) };
            $story($part);
        }
    )*)*};
}
pub(crate) use in_parts;

mod furniture;
pub(crate) mod house;
mod others;
pub mod rules;

use house::{Guard, Hides, House, VIEWERS};
use rules::{RULES, Rule};

/// Those of the viewers who see nothing of what is hidden; the insider is let into the hidden path, the admin into everything.
const OUTSIDERS: usize = 3;
/// The rules are asked in so many parts at once.
const PARTS: usize = 4;

#[test]
fn every_route_has_a_rule_and_every_rule_a_route() {
    let test = TestSite::new();
    let routes: BTreeSet<String> =
        test.client.rocket().routes().map(|route| format!("{} {}", route.method, route.uri)).collect();
    let ruled: BTreeSet<String> = RULES.iter().map(|rule| rule.route.to_owned()).collect();

    let without_rule: Vec<_> = routes.difference(&ruled).collect();
    let without_route: Vec<_> = ruled.difference(&routes).collect();

    assert!(without_rule.is_empty(), "routes without a rule in tests/enumerator/rules.rs: {without_rule:#?}");
    assert!(without_route.is_empty(), "rules for routes that are no more: {without_route:#?}");
    assert_eq!(ruled.len(), RULES.len(), "a route has two rules");
}

fn every_get_answers_as_declared_and_changes_nothing(part: usize) {
    let (full, bare) = (House::with_code(Hides::Everything), House::with_code(Hides::Nothing));
    let events = full.test.event_count();
    let mut complaints = Vec::new();
    for rule in rules(part, true) {
        for door in rule.doors {
            for (at, viewer) in VIEWERS.iter().enumerate() {
                let person = full.person(viewer);
                let answer = person.get(door.address);
                compare(&mut complaints, rule, &answer, door.answers[at]);
                let head = person.send(Method::Head, door.address, "", Vec::new());
                if head.status != answer.status || !head.body.is_empty() {
                    complaints.push(format!("{}: HEAD answers otherwise ({})", answer.asked, head.status));
                }
                if at < OUTSIDERS {
                    let there = bare.person(viewer).get(door.address);
                    complain_of_difference(&mut complaints, &full, &answer, &bare, &there);
                }
            }
        }
    }
    assert!(complaints.is_empty(), "\n{}\n", complaints.join("\n"));
    assert_eq!(full.test.event_count(), events, "a GET has changed something");
}

fn every_post_answers_as_declared_and_hides_what_is_hidden(part: usize) {
    let (mut full, mut bare) = (House::new(Hides::Everything), House::new(Hides::Nothing));
    let mut complaints = Vec::new();
    for rule in rules(part, false) {
        for door in rule.doors {
            for (at, viewer) in VIEWERS.iter().enumerate() {
                let answer = full.post(viewer, door.address, door.send, Guard::Own);
                compare(&mut complaints, rule, &answer, door.answers[at]);
                if at < OUTSIDERS {
                    let there = bare.post(viewer, door.address, door.send, Guard::Own);
                    complain_of_difference(&mut complaints, &full, &answer, &bare, &there);
                    if leaves_traces(door.address, &there) {
                        bare = House::new(Hides::Nothing);
                    }
                }
                if leaves_traces(door.address, &answer) {
                    full = House::new(Hides::Everything);
                }
            }
        }
    }
    assert!(complaints.is_empty(), "\n{}\n", complaints.join("\n"));
}

/// What one viewer has done must not change what the next one meets; guessing passwords slows everybody down.
fn leaves_traces(address: &str, answer: &Answer) -> bool {
    answer.status < 400 || address.starts_with("/-/")
}

fn a_post_without_our_token_or_from_another_site_does_nothing(part: usize) {
    let house = House::new(Hides::Everything);
    let mut complaints = Vec::new();
    for rule in rules(part, false) {
        for door in rule.doors {
            for viewer in ["anonymous", "member", "admin"] {
                for guard in [
                    Guard::None,
                    Guard::Forged,
                    Guard::OfNobody,
                    Guard::ForeignOrigin,
                    Guard::CrossSite,
                    Guard::SameSite,
                ] {
                    // Without a session, the token of nobody is the right one.
                    if viewer == "anonymous" && guard == Guard::OfNobody {
                        continue;
                    }
                    let events = house.test.event_count();
                    let answer = house.post(viewer, door.address, door.send, guard);
                    let status = answer.status;
                    // A project that is hidden may say so before it looks at the form.
                    // The form of somebody who has been signed out is carried to the sign-in page.
                    let signs_in = viewer == "anonymous" && guard == Guard::Forged && status == 401;
                    if status != 400 && status != 404 && !signs_in {
                        complaints.push(format!("{} with {guard:?} is answered by {status}", answer.asked));
                    }
                    if house.test.event_count() != events {
                        complaints.push(format!("{} with {guard:?} has changed something", answer.asked));
                    }
                }
            }
        }
    }
    assert!(complaints.is_empty(), "\n{}\n", complaints.join("\n"));
}

/// The rules of one part: neighbours, which are about as slow as each other, come into different ones.
fn rules(part: usize, gets: bool) -> impl Iterator<Item = &'static Rule> {
    RULES.iter().filter(move |rule| rule.is_get() == gets).skip(part).step_by(PARTS)
}

in_parts! {
    every_get_answers_as_declared_and_changes_nothing: every_get_1 = 0, every_get_2 = 1, every_get_3 = 2, every_get_4 = 3;
    every_post_answers_as_declared_and_hides_what_is_hidden:
        every_post_1 = 0, every_post_2 = 1, every_post_3 = 2, every_post_4 = 3;
    a_post_without_our_token_or_from_another_site_does_nothing:
        foreign_post_1 = 0, foreign_post_2 = 1, foreign_post_3 = 2, foreign_post_4 = 3;
}

#[test]
fn nothing_else_is_answered() {
    let house = House::new(Hides::Everything);
    for method in [Method::Put, Method::Delete, Method::Patch, Method::Options, Method::Post] {
        for address in ["/", "/demo/wiki/Plan?action=history", "/-/health"] {
            let answer = house.person("admin").send(method, address, "", Vec::new());
            assert!(
                [404, 405].contains(&answer.status) || method == Method::Post,
                "{}: {}",
                answer.asked,
                answer.status
            );
            assert!(answer.status < 500 && answer.status >= 400, "{}: {}", answer.asked, answer.status);
        }
    }
}

fn compare(complaints: &mut Vec<String>, rule: &Rule, answer: &Answer, declared: u16) {
    if answer.status != declared {
        let way = answer.location();
        let words = if answer.text().contains("<main") { answer.words() } else { answer.text() };
        let words: String = words.chars().take(160).collect();
        complaints.push(format!(
            "{} ({}) is declared to answer {declared} and answers {} {way}: {words}",
            answer.asked, rule.route, answer.status
        ));
    }
}

fn complain_of_difference(complaints: &mut Vec<String>, full: &House, hidden: &Answer, bare: &House, missing: &Answer) {
    let (with, without) = (full.plain(hidden), bare.plain(missing));
    if with == without {
        return;
    }
    let at = with.bytes().zip(without.bytes()).take_while(|(one, other)| one == other).count();
    let around = |text: &str| {
        let begin = (0..=at.saturating_sub(60)).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
        text[begin..].chars().take(160).collect::<String>()
    };
    complaints.push(format!(
        "{} betrays what is hidden:\n   with it: {}\nwithout it: {}",
        hidden.asked,
        around(&with),
        around(&without)
    ));
}
