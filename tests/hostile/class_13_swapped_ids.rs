//! Class 13, ids of other people's things: whatever is asked for by number or name is looked for in its own project and for its
//! own account, and what is elsewhere is what is nowhere. What is hidden in one project is asked for by the enumerator.

use serde_json::json;

use super::nothing_in;
use super::state::{changed, state};
use crate::enumerator::house::{Guard, Hides, House};
use crate::enumerator::rules::RULES;
use crate::support::answer::Answer;
use crate::support::{Person, TestSite};

fn told(answer: &Answer, name: &str) -> (u16, String) {
    (answer.status, answer.without_token().replace(name, "nowhere"))
}

/// Every door of `demo`, asked by those who see nothing of it: people with a project of their own.
#[test]
fn another_project_is_no_project() {
    let house = House::with_code(Hides::Everything);
    let before = state(&house.test);
    let (mut complaints, mut asked) = (Vec::new(), 0);
    for door in RULES.iter().filter(|rule| !rule.route.contains("/live")).flat_map(|rule| rule.doors) {
        let Some(rest) = door.address.strip_prefix("/demo") else { continue };
        let nowhere = format!("/nowhere{rest}");
        let elsewhere = house.person("elsewhere");
        let is_get = matches!(door.send, crate::enumerator::rules::Send::Nothing);
        let [there, nothing] = [door.address, nowhere.as_str()].map(|address| {
            if is_get { elsewhere.get(address) } else { house.post("elsewhere", address, door.send, Guard::Own) }
        });
        asked += 1;
        // What was typed into the form names its own address.
        if told(&there, "demo") != told(&nothing, "demo") {
            complaints.push(format!("{} ({}) is not {nowhere} ({})", there.asked, there.status, nothing.status));
        }
    }
    nothing_in(&complaints);
    assert!(asked > 500, "{asked}");
    assert_eq!(changed(&before, &state(&house.test)), [] as [String; 0]);
}

/// `demo` with one thing of each kind, `other` with several; kim is at home in the first, lee in the second.
fn two_projects() -> TestSite {
    let test = TestSite::new();
    test.project("other", false);
    let (kim, lee) = (test.user("kim").member(), test.user("lee"));
    for rights in ["members", "MILESTONE_ADMIN", "WIKI_ADMIN", "TICKET_ADMIN"] {
        test.command(&["permission", "grant", "other", "lee", rights]).expect(0);
    }
    fill(&kim, "demo", 1);
    fill(&lee, "other", 4);
    test
}

fn fill(person: &Person<'_>, project: &str, count: usize) {
    for at in 1..=count {
        let page = format!("/{project}/wiki/Page{project}{at}");
        person
            .post_signed(&page, &[("action", "edit"), ("text", "words"), ("version", "0"), ("save", "1")])
            .expect(303);
        let text = json!({ "text": "better words", "version": 1 });
        person.post_json(&format!("{page}?action=suggest"), &text).expect(201);
        person.post_json(&format!("{page}?action=discussion"), &json!({ "comment": "A word" })).expect(201);
        person.attach(&format!("/{project}/attachment/wiki/Page{project}{at}/"), "note.txt", b"note").expect(303);
        person.post_json(&format!("/{project}/newticket"), &json!({ "summary": "Doors" })).expect(201);
        let ticket = format!("/{project}/ticket/{at}");
        person.post_json(&ticket, &json!({ "comment": "A word", "time": "1h" })).expect(201);
        person.post_json(&format!("{ticket}/reminder"), &json!({ "due": "2999-12-24" })).expect(201);
        person
            .post_json(&format!("/{project}/report"), &json!({ "title": "Mine", "query": "?status=new" }))
            .expect(201);
    }
}

/// What has an id of its own and exists in `other` alone, asked for in `demo`: the very bytes of what exists in neither.
#[test]
fn ids_of_another_project_mean_nothing_here() {
    let test = two_projects();
    let kim = test.signed_in("kim");
    let before = state(&test);
    let mut complaints = Vec::new();
    for (address, fields) in [
        ("/demo/ticket/$", vec![]),
        ("/demo/ticket/$/time", vec![]),
        ("/demo/ticket/1/time?correct=$", vec![]),
        ("/demo/ticket/$?action=history", vec![]),
        ("/demo/newticket?clone=$", vec![]),
        ("/demo/suggestion/$", vec![]),
        ("/demo/discussion/$", vec![]),
        ("/demo/discussion/$/1", vec![]),
        ("/demo/p/$", vec![]),
        ("/demo/report/9$", vec![]),
        ("/demo/ticket/1/merge?into=$", vec![]),
        ("/demo/wiki/Pagedemo1?action=discussion&thread=$", vec![]),
        ("/demo/ticket/$", vec![("comment", "x"), ("view_time", "1"), ("submit", "1")]),
        ("/demo/ticket/1/merge", vec![("into", "$")]),
        ("/demo/ticket/1/relation", vec![("relation", "refers_to"), ("ticket", "$")]),
        ("/demo/ticket/1/comment/$", vec![("edited_comment", "x")]),
        ("/demo/reminder/$", vec![("done", "1")]),
        ("/demo/suggestion/$/withdraw", vec![]),
        ("/demo/suggestion/$/answer", vec![("comment", "x")]),
        ("/demo/discussion/$", vec![("comment", "x")]),
        ("/demo/discussion/$/state", vec![("state", "resolved")]),
        ("/demo/ticket/$/bookmark", vec![("on", "1")]),
        ("/demo/report/9$", vec![("version", "1"), ("title", "x")]),
        ("/demo/wiki?action=restore&id=$", vec![]),
    ] {
        let posts = !fields.is_empty() || address.ends_with("withdraw") || address.contains("restore");
        let ask = |id: &str| {
            let address = address.replace('$', id);
            let fields: Vec<(&str, String)> =
                fields.iter().map(|(name, value)| (*name, value.replace('$', id))).collect();
            let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
            if posts { kim.post_signed(&address, &fields) } else { kim.get(&address) }
        };
        // The number itself, wherever it is repeated.
        let plain = |answer: &Answer| answer.without_token().replace(|c: char| c.is_ascii_digit(), "");
        let (there, nowhere) = (ask("4"), ask("7"));
        if there.status != nowhere.status || plain(&there) != plain(&nowhere) || there.status < 400 {
            complaints.push(format!("{} ({}) tells from nothing ({})", there.asked, there.status, nowhere.status));
        }
    }
    nothing_in(&complaints);
    assert_eq!(changed(&before, &state(&test)), [] as [String; 0]);
}

/// What belongs to an account is for that account, whoever else asks for it by its number.
#[test]
fn what_belongs_to_an_account_is_nobody_elses() {
    let test = two_projects();
    let (kim, lee, ada) = (test.signed_in("kim"), test.signed_in("lee"), test.admin("ada"));
    lee.post_json("/-/account/tokens", &json!({ "label": "xylophone" })).expect(201);
    lee.post_json("/-/account/api-tokens", &json!({ "label": "xylophone" })).expect(201);
    let page = lee.get("/-/account").expect(200);
    let ends = page.attributes("form[action*='/sessions/']", "action");
    assert!(!ends.is_empty(), "no session can be ended");
    let before = state(&test);
    let mut addresses: Vec<String> = ends;
    addresses.push("/-/account/tokens/1/revoke".to_owned());
    addresses.push("/-/account/api-tokens/1/revoke".to_owned());
    addresses.push("/other/report/9".to_owned());
    for address in addresses {
        for person in [&kim, &ada] {
            let answer = person.post_signed(&address, &[("version", "1"), ("title", "Theirs"), ("account", "2")]);
            assert_eq!(answer.status, 404, "{}", answer.asked);
        }
    }
    for shown in [kim.get("/-/account"), kim.get("/-/account/api-tokens"), ada.get("/-/account/api-tokens?format=json")]
    {
        assert!(!shown.text().contains("xylophone"), "{}", shown.asked);
    }
    assert_eq!(changed(&before, &state(&test)), [] as [String; 0]);
    lee.get("/-/account").expect(200);
}
