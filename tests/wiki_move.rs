//! Stories of pages that move: links follow in whatever the mover may change, and a move is taken back as a whole.

use std::collections::BTreeMap;

use rocket::http::Method;
use serde_json::{Value, json};
use trackway::auth::permissions;
use trackway::base::event::Via;
use trackway::base::project::Act;
use trackway::web::address;

use crate::support::{Person, TestSite};

const FORM: &str = "application/x-www-form-urlencoded";

fn at(name: &str) -> String {
    format!("/demo/wiki/{}", address::path(name))
}

fn mover(test: &TestSite) -> Person<'_> {
    test.user("kim").member().can("WIKI_ADMIN").can("TICKET_ADMIN").can("MILESTONE_ADMIN")
}

fn text_of(person: &Person<'_>, name: &str) -> String {
    person.get(&format!("{}?format=txt", at(name))).expect(200).text()
}

/// Moves a page and answers what the program says of it.
fn moved(person: &Person<'_>, name: &str, new_name: &str, choices: &[&str]) -> Value {
    let version = person.get(&format!("{}?format=json", at(name))).expect(200).json()["version"].clone();
    let mut body = json!({ "action": "rename", "version": version, "new_name": new_name });
    for choice in choices {
        body[*choice] = json!("1");
    }
    person.post_json(&at(name), &body).expect(201).json()
}

#[test]
fn every_way_of_linking_follows_a_page_and_nothing_else_changes() {
    let test = TestSite::new();
    let kim = mover(&test);
    kim.save_page("Old", "Here I am.\n\n## Goals\n");
    let text = "wiki:Old, wiki:\"Old\"#goals. [[Old]] [[Old|the *old* one]] [[old#goals|g]] [[wiki:Old?version=1]] [[/Old]]\n\n\
                [label](wiki:Old) [two](wiki:Old#goals \"title\") [three][r] <wiki:Old> !wiki:Old `[[Old]]` wiki:Older\n\n\
                | a | b |\n|---|---|\n| [[Old\\|cell]] | wiki:Old |\n\n[[Include(Old)]]\n\n[[Include( old , goals)]]\n\n\
                ```\n[[Old]]\n```\n\n    wiki:Old\n\n[r]: wiki:Old\n";
    kim.save_page("Reader", text);
    moved(&kim, "Old", "New Place/Old (one)", &["redirect", "rewrite"]);
    let expected = "wiki:\"New Place/Old (one)\", wiki:\"New Place/Old (one)\"#goals. [[New Place/Old (one)]] [[New Place/Old (one)|the *old* one]] \
                    [[New Place/Old (one)#goals|g]] [[wiki:New Place/Old (one)?version=1]] [[/New Place/Old (one)]]\n\n\
                    [label](<wiki:New Place/Old (one)>) [two](<wiki:New Place/Old (one)#goals> \"title\") [three][r] <wiki:New%20Place/Old%20(one)> !wiki:Old `[[Old]]` wiki:Older\n\n\
                    | a | b |\n|---|---|\n| [[New Place/Old (one)\\|cell]] | wiki:\"New Place/Old (one)\" |\n\n[[Include(\"New Place/Old (one)\")]]\n\n\
                    [[Include( \"New Place/Old (one)\" , goals)]]\n\n\
                    ```\n[[Old]]\n```\n\n    wiki:Old\n\n[r]: <wiki:New Place/Old (one)>\n";
    assert_eq!(text_of(&kim, "Reader"), expected);
    let page = kim.get(&format!("{}?format=json", at("Reader"))).json();
    assert_eq!(
        (page["version"].as_i64(), page["comment"].as_str()),
        (Some(2), Some("Links follow “Old” to “New Place/Old (one)”."))
    );
    kim.get(&at("Old")).expect(301);
}

#[test]
fn tickets_comments_and_milestones_follow_as_by_hand() {
    let test = TestSite::new();
    let kim = mover(&test);
    kim.save_page("Old", "Here.");
    kim.post_json("/demo/newticket", &json!({ "summary": "One", "description": "See [[Old]]." })).expect(201);
    kim.post_json("/demo/ticket/1", &json!({ "comment": "Also wiki:Old.", "view_time": "0" })).expect(201);
    kim.post_json("/demo/milestone", &json!({ "name": "M1", "description": "[plan](wiki:Old)" })).expect(201);
    let preview = kim.submit(&format!("{}?action=rename", at("Old")), &[("new_name", "New"), ("preview", "1")]);
    let words = preview.expect(200).words();
    for part in ["The links of 3 texts change", "[[Old]] → [[New]]", "ticket, comment 1", "wiki:Old → wiki:New"] {
        assert!(words.contains(part), "{part} in {words}");
    }
    assert_eq!(kim.get("/demo/wiki/New").status, 404);
    let done = moved(&kim, "Old", "New", &["redirect", "rewrite"]);
    assert_eq!((&done["renamed"], &done["rewritten"]), (&json!(1), &json!(3)));
    let ticket = kim.get("/demo/ticket/1?format=json").expect(200).json();
    assert_eq!(ticket["description"], "See [[New]].");
    assert_eq!(ticket["comments"][0]["text"], "Also wiki:New.");
    let milestone = kim.get("/demo/milestone/M1?format=json").expect(200).json();
    assert_eq!(milestone["description"], "[plan](wiki:New)");
    let events: i64 = test
        .demo()
        .read(|db| {
            Ok(db.query_row(
                "select count(*) from event where batch = (select id from event where kind = 'page.renamed')",
                [],
                |row| row.get(0),
            )?)
        })
        .unwrap();
    assert_eq!(events, 3, "all of it is one act");

    let undone =
        kim.post_json(&format!("/demo/wiki?action=undo-move&id={}", done["move"]), &json!({})).expect(201).json();
    assert_eq!(undone["name"], "Old");
    let ticket = kim.get("/demo/ticket/1?format=json").expect(200).json();
    assert_eq!(ticket["description"], "See [[Old]].");
    assert_eq!(ticket["comments"][0]["text"], "Also wiki:Old.");
    kim.get("/demo/wiki/New").expect(301);
    kim.post_json(&format!("/demo/wiki?action=undo-move&id={}", done["move"]), &json!({})).expect(404);
}

#[test]
fn relative_links_go_on_meaning_what_they_meant() {
    let test = TestSite::new();
    let kim = mover(&test);
    kim.save_page("A/B", "[[./C]] [[../D]] [[../D|label]] [[..]] [[./Wished]] [[../Wished]] [[#here]] [[A/B/C]]");
    for name in ["A", "A/B/C", "A/D"] {
        kim.save_page(name, "Up: [[..]], beside: [[../B]]");
    }
    moved(&kim, "A/B", "X/Y", &["redirect", "rewrite", "children"]);
    assert_eq!(
        text_of(&kim, "X/Y"),
        "[[./C]] [[A/D]] [[A/D|label]] [[A]] [[./Wished]] [[../Wished]] [[#here]] [[X/Y/C]]"
    );
    assert_eq!(text_of(&kim, "X/Y/C"), "Up: [[..]], beside: [[../B]]");
    assert_eq!(text_of(&kim, "A/D"), "Up: [[..]], beside: [[X/Y]]");
    moved(&kim, "X/Y", "A/Z", &["redirect", "rewrite", "children"]);
    assert_eq!(
        text_of(&kim, "A/Z"),
        "[[./C]] [[A/D]] [[A/D|label]] [[A]] [[./Wished]] [[../Wished]] [[#here]] [[A/Z/C]]"
    );
}

#[test]
fn what_the_mover_may_not_see_or_change_stays_and_is_not_counted() {
    let test = TestSite::new();
    let root = mover(&test);
    let lee = test.user("lee").member().can("WIKI_RENAME");
    root.save_page("Old", "Here.");
    root.save_page("Secret/Page", "[[Old]]");
    root.save_page("Open", "[[Old]]");
    root.post_json("/demo/newticket", &json!({ "summary": "One", "description": "See [[Old]]." })).expect(201);
    let subject = permissions::subject(&test.site, &test.demo(), "kim").unwrap();
    let operator = test.operator();
    permissions::restrict(&test.demo(), Act::new(&operator, Via::Command), "secret", &[subject]).unwrap();
    let preview = lee.submit(&format!("{}?action=rename", at("Old")), &[("new_name", "New"), ("preview", "1")]);
    let words = preview.expect(200).words();
    assert!(words.contains("The links of 1 text change") && !words.contains("Secret"), "{words}");
    let done = moved(&lee, "Old", "New", &["redirect", "rewrite"]);
    assert_eq!(done["rewritten"], 1);
    assert_eq!(text_of(&root, "Secret/Page"), "[[Old]]");
    assert!(root.page("Secret/Page").expect(200).text().contains("href=\"/demo/wiki/New\""));
    assert_eq!(text_of(&root, "Open"), "[[New]]");
    let ticket = root.get("/demo/ticket/1?format=json").expect(200).json();
    assert_eq!(ticket["description"], "See [[Old]].", "who may not edit it leaves it");
    root.save_page("Secret/Page", "[[Old]] again");
    lee.post_json(&format!("/demo/wiki?action=undo-move&id={}", done["move"]), &json!({})).expect(201);
    assert_eq!(text_of(&root, "Open"), "[[Old]]");
}

#[test]
fn the_hidden_name_that_a_page_gets_is_told_to_nobody_who_may_not_know_it() {
    let test = TestSite::new();
    let root = mover(&test);
    root.save_page("Plan", "Here.");
    root.save_page("Open", "[[Plan]]");
    root.save_page("Secret/Page", "[[/Plan]] [[Plan]]");
    let subject = permissions::subject(&test.site, &test.demo(), "kim").unwrap();
    let operator = test.operator();
    permissions::restrict(&test.demo(), Act::new(&operator, Via::Command), "secret", &[subject]).unwrap();
    moved(&root, "Plan", "Secret/Plan", &["redirect", "rewrite"]);
    assert_eq!(text_of(&root, "Open"), "[[Plan]]");
    assert_eq!(text_of(&root, "Secret/Page"), "[[/Secret/Plan]] [[Plan]]");
    assert!(root.page("Open").expect(200).text().contains("href=\"/demo/wiki/Secret/Plan\""));
}

#[test]
fn a_move_is_undone_as_a_whole_or_refused_with_the_pages_that_changed_since() {
    let test = TestSite::new();
    let kim = mover(&test);
    kim.save_page("A", "[[A/B]] and [[New/B]]");
    kim.save_page("A/B", "child");
    kim.save_page("Reader", "[[A]]");
    let rename = format!("{}?action=rename", at("A"));
    kim.submit(&rename, &[("new_name", "New"), ("children", "1"), ("rewrite", "1")]).expect(303);
    assert_eq!(text_of(&kim, "New"), "[[New/B]] and [[New/B]]");
    kim.save_page("Reader", "[[New]] edited");
    kim.save_page("New/B", "child, edited");
    let shown = kim.get(&format!("{}?action=rename", at("New"))).expect(200);
    assert!(shown.words().contains("renamed from A by"), "{}", shown.words());
    let mut form = kim.form(&format!("{}?action=rename", at("New")), &[]);
    let undo = shown.attributes("form[action*='undo-move']", "action").pop().unwrap();
    form.fields.retain(|(name, _)| name == "__FORM_TOKEN");
    let refused = kim.send(Method::Post, &undo, FORM, form.encoded().into_bytes()).expect(409);
    assert!(refused.words().contains("“New/B”, “Reader”"), "{}", refused.words());

    // Without those edits it goes back to the very texts.
    kim.save_page("P", "[[P/Q]]");
    kim.save_page("P/Q", "x");
    let done = moved(&kim, "P", "R", &["redirect", "rewrite", "children"]);
    kim.post_json(&format!("/demo/wiki?action=undo-move&id={}", done["move"]), &json!({})).expect(201);
    assert_eq!(text_of(&kim, "P"), "[[P/Q]]");
    let page = kim.get(&format!("{}?format=json", at("P"))).json();
    assert_eq!(page["version"], 3);
    kim.get(&at("P/Q")).expect(200);

    // A name that was taken meanwhile is named.
    let done = moved(&kim, "P", "R", &["rewrite"]);
    kim.save_page("P", "another one");
    let refused = kim.post_json(&format!("/demo/wiki?action=undo-move&id={}", done["move"]), &json!({})).expect(422);
    assert!(refused.text().contains("There is a page “P” already"), "{}", refused.text());
}

#[test]
fn a_command_moves_pages_too() {
    let test = TestSite::new();
    let kim = mover(&test);
    kim.save_page("A", "[[A/B]]");
    kim.save_page("A/B", "child");
    let output = test.command(&["wiki", "rename", "demo", "A", "C", "--children", "--rewrite"]).expect(0);
    assert_eq!(output.stdout, "2 renamed, 1 rewritten\n");
    assert_eq!(text_of(&kim, "C"), "[[C/B]]");
    test.command(&["wiki", "rename", "demo", "Nowhere", "C2"]).expect(1);
}

#[test]
fn a_plain_name_goes_on_meaning_the_page_that_it_meant() {
    let test = TestSite::new();
    let kim = mover(&test);
    kim.save_page("A/B/Reader", "[[Near]] [[Far]] wiki:Far [x](wiki:Near) [[Wished]]");
    kim.save_page("A/B/Near", "[[Reader]]");
    kim.save_page("Far", "x");
    kim.save_page("Other", "x");
    // The tree moves with both of them: nothing has to change.
    moved(&kim, "A/B/Near", "A/B/Next", &["rewrite"]);
    assert_eq!(text_of(&kim, "A/B/Reader"), "[[Next]] [[Far]] wiki:Far [x](wiki:Next) [[Wished]]");
    moved(&kim, "A/B/Next", "A/Up", &["rewrite", "redirect"]);
    assert_eq!(text_of(&kim, "A/B/Reader"), "[[Up]] [[Far]] wiki:Far [x](wiki:Up) [[Wished]]");
    assert_eq!(text_of(&kim, "A/Up"), "[[B/Reader]]");
    moved(&kim, "A/Up", "Away", &["rewrite"]);
    assert_eq!(text_of(&kim, "A/B/Reader"), "[[Away]] [[Far]] wiki:Far [x](wiki:Away) [[Wished]]");
    // A page that comes nearer would take the links of another one.
    moved(&kim, "Other", "A/B/Far", &["rewrite"]);
    assert_eq!(text_of(&kim, "A/B/Reader"), "[[Away]] [[/Far]] wiki:/Far [x](wiki:Away) [[Wished]]");
    kim.save_page("C/D", "[[Home]] [[C/Home]]");
    kim.save_page("C/Home", "x");
    kim.save_page("Home", "x");
    moved(&kim, "C/D", "E/D", &["rewrite"]);
    assert_eq!(text_of(&kim, "E/D"), "[[C/Home]] [[C/Home]]");
}

#[test]
fn notes_messages_and_open_suggestions_follow_and_come_back() {
    let test = TestSite::new();
    let kim = mover(&test);
    let ann = test.user("ann").member().can("WIKI_SUGGEST").can("WIKI_DISCUSS");
    test.revoke("members", &["WIKI_MODIFY"]);
    test.grant("kim", &["WIKI_MODIFY", "WIKI_DISCUSS", "TICKET_NOTES"]);
    kim.save_page("Old", "Here.\n");
    kim.save_page("A/Plan", "One [[Old]].\n\nTwo.\n");
    kim.post_json("/demo/newticket", &json!({ "summary": "One" })).expect(201);
    kim.post_json("/demo/ticket/1", &json!({ "comment": "See [[Old]].", "internal": true, "view_time": "0" }))
        .expect(201);
    let said = json!({ "comment": "[[Old]] and [[./Sub]]" });
    kim.post_json("/demo/wiki/A/Plan?action=discussion", &said).expect(201);
    ann.post_json("/demo/wiki/Old?action=discussion", &json!({ "comment": "Mine: [[Old]]" })).expect(201);
    kim.save_page("A/Plan/Sub", "x");
    let wish = json!({ "text": "One [[Old]].\n\nTwo, and [[old#x|the old]], [[./Sub]].\n", "version": 1 });
    ann.post_json("/demo/wiki/A/Plan?action=suggest", &wish).expect(201);
    let texts = || {
        let read =
            |sql: &str| -> String { test.demo().read(|db| Ok(db.query_row(sql, [], |row| row.get(0))?)).unwrap() };
        [
            read("select text from ticket_note"),
            read("select text from page_message order by id limit 1"),
            read("select text from page_message order by id desc limit 1"),
            read("select text from page_suggestion"),
        ]
    };
    let before = texts().map(|text| text.replace("old#", "Old#"));
    let preview = kim.submit(&format!("{}?action=rename", at("Old")), &[("new_name", "New"), ("preview", "1")]);
    let words = preview.expect(200).words();
    for part in ["The links of 5 texts change", "ticket, note 1", "message", "A/Plan suggestion"] {
        assert!(words.contains(part), "{part} in {words}");
    }
    let done = moved(&kim, "Old", "New", &["rewrite"]);
    let suggested = "One [[New]].\n\nTwo, and [[New#x|the old]], [[./Sub]].\n";
    assert_eq!(texts(), ["See [[New]].", "[[New]] and [[./Sub]]", "Mine: [[New]]", suggested]);
    // What was suggested is still all that would change.
    let shown = kim.get("/demo/suggestion/1").expect(200);
    assert_eq!(shown.all("[name=hunk]").len(), 1, "{}", shown.words());
    kim.post_json(&format!("/demo/wiki?action=undo-move&id={}", done["move"]), &json!({})).expect(201);
    assert_eq!(texts(), before);
    // What a page's messages mean from where it is goes along, written anew or not.
    moved(&kim, "A/Plan", "B", &["redirect"]);
    let links = kim.get("/demo/wiki/A/Plan/Sub?action=backlinks&format=json").expect(200).json();
    assert_eq!(links["total"], 0, "{links}");
    moved(&kim, "B", "A/Plan", &["redirect", "rewrite"]);
    moved(&kim, "A/Plan", "C", &["rewrite"]);
    assert_eq!(texts()[1], "[[Old]] and [[A/Plan/Sub]]");
    assert_eq!(texts()[3], "One [[Old]].\n\nTwo, and [[Old#x|the old]], [[A/Plan/Sub]].\n");
    let links = kim.get("/demo/wiki/A/Plan/Sub?action=backlinks&format=json").expect(200).json();
    assert_eq!(links["total"], 1, "{links}");
}

#[test]
fn fenced_calls_and_names_with_signs_follow() {
    let test = TestSite::new();
    let kim = mover(&test);
    kim.save_page("Old", "Here.\n");
    kim.save_page("Reader", "```Include(Old)\n```\n\n> ~~~ Include(old, goals)\n> ~~~\n\n```text Include(Old)\n[[Old]]\n```\n\n[[Old#a|x]] wiki:Old [x](wiki:Old)");
    moved(&kim, "Old", "C# or F?", &["rewrite"]);
    assert_eq!(
        text_of(&kim, "Reader"),
        "```Include(C# or F?)\n```\n\n> ~~~ Include(C# or F?, goals)\n> ~~~\n\n```text Include(Old)\n[[Old]]\n```\n\n\
         [[C%23 or F%3F#a|x]] wiki:\"C%23 or F%3F\" [x](wiki:C%23%20or%20F%3F)"
    );
    let page = kim.page("Reader").expect(200);
    assert_eq!(page.attributes("#text a", "href").len(), 3);
    assert!(page.attributes("#text a", "href").iter().all(|href| href.starts_with("/demo/wiki/C%23%20or%20F%3F")));
    assert!(!page.text().contains("There is no page"));
    moved(&kim, "C# or F?", "Plain", &["rewrite"]);
    assert!(
        text_of(&kim, "Reader").ends_with("[[Plain#a|x]] wiki:Plain [x](wiki:Plain)"),
        "{}",
        text_of(&kim, "Reader")
    );
}

/// A generator without a crate: the next number of a sequence that a seed begins.
struct Random(u64);

impl Random {
    fn below(&mut self, most: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) as usize) % most
    }
}

/// Where each link of every page leads: by the number of the page, the number of the page that it leads to, 0 for a dead one.
fn led(kim: &Person<'_>) -> BTreeMap<i64, Vec<i64>> {
    let index = kim.get("/demo/wiki?action=index&format=json").expect(200).json();
    let mut numbers = BTreeMap::new();
    let mut hrefs = BTreeMap::new();
    for item in index["items"].as_array().unwrap() {
        let name = item["name"].as_str().unwrap();
        let page = kim.page(name).expect(200);
        let number: i64 = page.all("#text strong").first().and_then(|text| text.parse().ok()).unwrap_or(0);
        numbers.insert(at(name), number);
        let text = page.text();
        let (_, text) = text.split_once("id=\"text\"").unwrap();
        let (text, _) = text.split_once("</article>").unwrap();
        let tags = text.split('<').filter(|tag| tag.starts_with("a href") || tag.starts_with("span class=\"missing"));
        let lead = |tag: &str| {
            let tag = tag.split('>').next().unwrap_or_default();
            if tag.contains("class=\"missing\"") { "" } else { tag.split('"').nth(1).unwrap_or_default() }.to_owned()
        };
        hrefs.insert(number, tags.map(lead).collect::<Vec<_>>());
    }
    let number = |href: &String| {
        let address = href.split(['#', '?']).next().unwrap_or_default();
        if address.is_empty() { 0 } else { numbers.get(address).copied().unwrap_or(-1) }
    };
    hrefs.into_iter().map(|(page, hrefs)| (page, hrefs.iter().map(number).collect())).collect()
}

#[test]
fn random_moves_of_random_trees_change_what_no_link_means() {
    for seed in 0..2 {
        let test = TestSite::new();
        let kim = mover(&test);
        let mut random = Random(seed * 7919 + 1);
        let parts = ["A", "b", "Two Words", "C(x)", "Ünï", "d-e", "F"];
        let mut names: Vec<String> = Vec::new();
        for _ in 0..14 {
            let depth = 1 + random.below(3);
            let name: Vec<&str> = (0..depth).map(|_| parts[random.below(parts.len())]).collect();
            let name = name.join("/");
            if !names.iter().any(|known| known.eq_ignore_ascii_case(&name)) {
                names.push(name);
            }
        }
        for (number, name) in names.clone().iter().enumerate() {
            let mut text = format!("**{}**\n\n", number + 1);
            for _ in 0..5 {
                let other = if random.below(6) == 0 {
                    "Nowhere/Dead".to_owned()
                } else {
                    names[random.below(names.len())].clone()
                };
                let last = other.rsplit('/').next().unwrap().to_owned();
                text.push_str(&match random.below(11) {
                    0 => format!("wiki:\"{other}\" "),
                    1 => format!("[[{other}|label]] "),
                    2 => format!("[label](<wiki:{other}#x>) "),
                    3 => format!("[[../{last}]] "),
                    4 => format!("[[./{last}]] "),
                    5 => "[[..]] ".to_owned(),
                    8 => format!("[[{last}]] "),
                    9 => format!("wiki:\"{last}\" "),
                    10 => format!("[[/{last}|label]] "),
                    6 => format!("`[[{other}]]` [[{other}?version=1]] "),
                    _ => format!("[[{other}]] "),
                });
            }
            kim.save_page(name, &text);
        }
        for step in 0..12 {
            let before = led(&kim);
            let at = random.below(names.len());
            let old = names[at].clone();
            let fresh = format!("{}/{}", names[random.below(names.len())], parts[random.below(parts.len())]);
            let new = if random.below(3) == 0 { parts[random.below(parts.len())].to_owned() } else { fresh };
            let new =
                if names.iter().any(|name| name.eq_ignore_ascii_case(&new)) { format!("{new}{step}") } else { new };
            let mut choices = vec!["rewrite"];
            if random.below(2) == 0 {
                choices.push("redirect");
            }
            let children = random.below(2) == 0;
            if children {
                choices.push("children");
            }
            // A page can't move below itself while what is below it goes along.
            moved(&kim, &old, &new, &choices);
            for name in &mut names {
                if *name == old {
                    *name = new.clone();
                } else if children && name.to_lowercase().starts_with(&format!("{}/", old.to_lowercase())) {
                    *name = format!("{new}{}", &name[old.len()..]);
                }
            }
            let after = led(&kim);
            assert_eq!(before.keys().collect::<Vec<_>>(), after.keys().collect::<Vec<_>>());
            for (page, led) in &after {
                let same = led.iter().zip(&before[page]).all(|(now, then)| now == then || *then == 0);
                assert!(
                    same && led.len() == before[page].len(),
                    "seed {seed}, step {step}: {old} to {new} changed links of page {page}: {:?} to {led:?}",
                    before[page]
                );
            }
        }
    }
}
