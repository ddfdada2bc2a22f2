//! Class 11, tokens that open more than they are for: a secret shown where it does not belong opens nothing. How far each token
//! goes where it does is asked of every door in `enumerator::others`; stories of them are in `api_token.rs`.

use super::nothing_in;
use crate::enumerator::house::{Hides, House};
use crate::enumerator::rules::RULES;
use crate::support::Person;
use crate::support::oidc::encoded;

/// Every secret of an administrator in every place in which it has nothing to do.
fn misplaced(house: &House) -> Vec<(String, Person<'_>, String)> {
    let admin = house.person("admin");
    let made = admin.post_json("/-/account/tokens", &serde_json::json!({ "label": "reader" })).expect(201).json();
    let feed = made["token"].as_str().unwrap().to_owned();
    let session = admin.session.clone().unwrap();
    let made = house.test.command(&["token", "create", "admin", "--label", "robot", "--scope", "admin"]).expect(0);
    let token = made.stdout.trim().to_owned();
    let nobody = house.test.anonymous();
    let basic = |name: &str, secret: &str| format!("Basic {}", encoded(format!("{name}:{secret}").as_bytes()));
    let mut all = Vec::new();
    for (what, secret) in [("session", &session), ("feed token", &feed)] {
        all.push((what, nobody.clone().with_header("Authorization", &format!("Bearer {secret}")), String::new()));
    }
    for (what, secret) in [("session", &session), ("feed token", &feed), ("token", &token)] {
        let with = |header: &str, value: &str| nobody.clone().with_header(header, value);
        all.push((what, with("Authorization", &basic("admin", secret)), String::new()));
        all.push((what, with("Authorization", &basic(secret, "")), String::new()));
        all.push((what, with("Authorization", &format!("token {secret}")), String::new()));
        all.push((what, with("X-Auth-Token", secret), String::new()));
        all.push((what, with("Proxy-Authorization", &format!("Bearer {secret}")), String::new()));
        all.push((what, nobody.clone(), format!("access_token={secret}")));
    }
    all.push(("token", Person::new(&house.test, "", Some(token.clone())), String::new()));
    all.push(("feed token", Person::new(&house.test, "", Some(feed.clone())), String::new()));
    for secret in [&session, &token] {
        all.push(("another secret as a feed's", nobody.clone(), format!("token={secret}")));
    }
    all.into_iter().map(|(what, person, query)| (what.to_owned(), person, query)).collect()
}

#[test]
fn a_secret_in_the_wrong_place_opens_nothing() {
    let house = House::new(Hides::Everything);
    let (mut complaints, mut asked) = (Vec::new(), 0);
    for (what, person, query) in misplaced(&house) {
        for rule in RULES.iter().filter(|rule| rule.is_get()) {
            for door in rule.doors.iter().take(2).filter(|door| !door.address.contains("/live")) {
                let mark = if door.address.contains('?') { '&' } else { '?' };
                let address =
                    if query.is_empty() { door.address.to_owned() } else { format!("{}{mark}{query}", door.address) };
                let (opened, shut) = (person.get(&address).status, door.answers[0]);
                asked += 1;
                // What does not take that word in its query may say so to whoever may come in.
                if opened != shut && opened != 422 {
                    complaints.push(format!("{what} ({query}): {address} answers {opened} in place of {shut}"));
                }
            }
        }
    }
    nothing_in(&complaints);
    assert!(asked > 3000, "{asked}");
}
