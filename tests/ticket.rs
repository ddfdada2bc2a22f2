//! Stories of tickets in the browser and in JSON: filed, changed, discussed, changed by two at once, read as they were, and
//! values that try to be more than values.

use std::sync::Barrier;

use rocket::http::Method;
use serde_json::{Value as Json, json};
use trackway::auth::permissions;
use trackway::base::event::Via;
use trackway::base::project::Act;
use trackway::ticket::edit;
use trackway::ticket::plan::Request;

use crate::support::answer::Answer;
use crate::support::form;
use crate::support::{Person, TestSite};

const OTHER_ENDS: [&str; 6] = ["blocks", "children", "referred_to_by", "duplicates", "merged_into", "merged"];

const FORM: &str = "application/x-www-form-urlencoded";

fn kim(test: &TestSite) -> Person<'_> {
    test.user("kim").member()
}

/// Files a ticket by the form; returns its address.
#[track_caller]
fn file(person: &Person<'_>, fields: &[(&str, &str)]) -> String {
    let mut typed = vec![("field_summary", "Doors open too late")];
    typed.retain(|(name, _)| !fields.iter().any(|(other, _)| other == name));
    typed.extend_from_slice(fields);
    typed.push(("submit", "1"));
    person.submit("/demo/newticket", &typed).expect(303).location().to_owned()
}

/// Fills in the ticket's form and sends it.
#[track_caller]
fn change(person: &Person<'_>, ticket: &str, fields: &[(&str, &str)]) -> Answer {
    send(person, &opened(person, ticket), fields)
}

/// The form as somebody has it before their eyes.
#[track_caller]
fn opened(person: &Person<'_>, ticket: &str) -> form::PageForm {
    let forms = form::post_forms(&person.get(ticket).expect(200).text());
    forms.into_iter().find(|form| form.names.iter().any(|name| name == "comment")).unwrap()
}

fn send(person: &Person<'_>, form: &form::PageForm, fields: &[(&str, &str)]) -> Answer {
    let mut form = form.clone();
    form.fill(fields);
    if !fields.iter().any(|(name, _)| *name == "preview" || name.starts_with("revert_")) {
        form.fill(&[("submit", "1")]);
    }
    person.send(Method::Post, &form.action, FORM, form.encoded().into_bytes())
}

#[track_caller]
fn data(person: &Person<'_>, ticket: &str) -> Json {
    person.get(&format!("{ticket}?format=json")).expect(200).json()
}

fn sql(test: &TestSite, sql: &str) {
    test.demo().db().write(|db| Ok(db.execute_batch(sql)?)).unwrap();
}

fn fields_of(answer: &Answer) -> Vec<String> {
    answer.problems().into_iter().map(|(field, _)| field).collect()
}

// Filing

#[test]
fn a_ticket_is_filed_with_the_defaults_and_shown() {
    let test = TestSite::new();
    let kim = kim(&test);
    let ticket =
        file(&kim, &[("field_description", "One\nTwo, see **this**"), ("field_cc", "sam; lee@example.org sam")]);
    assert_eq!(ticket, "/demo/ticket/1");
    let page = kim.get(&ticket).expect(200);
    assert!(page.words().contains("#1 Doors open too late"), "{}", page.words());
    assert_eq!(page.all(".description strong"), ["this"]);
    assert_eq!(page.all(".description br").len(), 1, "a newline is a line break");
    let labels = page.all("dl.properties dt");
    assert_eq!(labels, ["Reporter", "Owner", "Priority", "Cc"], "what is empty is nowhere, but for the owner");
    let found = data(&kim, &ticket);
    assert_eq!(found["cc"], json!(["sam", "lee@example.org"]));
    assert_eq!(
        (&found["status"], &found["type"], &found["priority"], &found["reporter"], &found["owner"]),
        (&json!("new"), &json!("defect"), &json!("major"), &json!("kim"), &Json::Null)
    );
    assert_eq!(found["time"], found["changetime"]);
}

#[test]
fn a_ticket_without_a_summary_is_refused_and_nothing_typed_is_lost() {
    let test = TestSite::new();
    let kim = kim(&test);
    let typed =
        [("field_summary", "  "), ("field_description", "A long story"), ("field_priority", "minor"), ("submit", "1")];
    let refused = kim.submit("/demo/newticket", &typed).expect(422);
    assert_eq!(fields_of(&refused), ["field_summary"]);
    assert_eq!(refused.all("textarea[name=field_description]"), ["A long story"]);
    assert_eq!(refused.attributes("select[name=field_priority] option[selected]", "value"), ["minor"]);
    kim.get("/demo/ticket/1").expect(404);
}

#[test]
fn a_status_in_the_form_of_a_new_ticket_is_passed_over() {
    let test = TestSite::new();
    let kim = kim(&test);
    let mut form = kim.form("/demo/newticket", &[("field_summary", "Forged")]);
    form.fill(&[("field_status", "closed"), ("field_resolution", "fixed"), ("field_time", "0"), ("submit", "1")]);
    let filed = kim.send(Method::Post, &form.action, FORM, form.encoded().into_bytes()).expect(303);
    assert_eq!(data(&kim, filed.location())["status"], "new");
    let told = kim.post_json("/demo/newticket", &json!({ "summary": "Forged", "status": "closed" })).expect(422);
    assert_eq!(told.json()["problems"][0]["field"], "field_status");
}

#[test]
fn the_address_fills_the_form_of_a_new_ticket() {
    let test = TestSite::new();
    let kim = kim(&test);
    let page = kim.get(
        "/demo/newticket?summary=%3Cb%3ELate%3C%2Fb%3E&description=One%0ATwo&priority=Minor&type=nonsense&colour=red\
         &action=create_and_assign&action_create_and_assign_reassign_owner=sam",
    );
    let page = page.expect(200);
    assert_eq!(page.attributes("input[name=field_summary]", "value"), ["<b>Late</b>"]);
    assert_eq!(page.all("textarea[name=field_description]"), ["One Two"]);
    assert_eq!(page.attributes("select[name=field_priority] option[selected]", "value"), ["minor"]);
    assert_eq!(page.attributes("select[name=field_type] option[selected]", "value"), ["defect"]);
    assert_eq!(page.attributes("input[name=action][checked]", "value"), ["create_and_assign"]);
    assert_eq!(page.attributes("input[name=action_create_and_assign_reassign_owner]", "value"), ["sam"]);
}

#[test]
fn a_preview_shows_the_text_and_files_nothing() {
    let test = TestSite::new();
    let kim = kim(&test);
    let typed = [("field_summary", "Late"), ("field_description", "**loud**"), ("preview", "1")];
    let page = kim.submit("/demo/newticket", &typed).expect(200);
    assert_eq!(page.all("[data-preview-pane] strong"), ["loud"]);
    assert_eq!(page.attributes("input[name=field_summary]", "value"), ["Late"]);
    let form = kim.form("/demo/newticket", &[("field_summary", "x"), ("field_description", "*quiet*")]);
    let part = kim.send(Method::Post, "/demo/newticket?action=preview", FORM, form.encoded().into_bytes()).expect(200);
    assert!(part.text().contains("<em>quiet</em>") && !part.text().contains("<main"), "{}", part.text());
    kim.get("/demo/ticket/1").expect(404);
}

#[test]
fn who_has_files_to_attach_is_led_to_their_form() {
    let test = TestSite::new();
    let kim = kim(&test);
    let typed = [("field_summary", "Late"), ("attachment", "1"), ("submit", "1")];
    let filed = kim.submit("/demo/newticket", &typed).expect(303);
    assert_eq!(filed.location(), "/demo/attachment/ticket/1/");
    kim.attach(filed.location(), "note.txt", b"A note.").expect(303);
    let page = kim.get("/demo/ticket/1").expect(200);
    assert_eq!(page.all("li.entry-file a bdi"), ["note.txt"], "a file stands in the conversation");
}

#[test]
fn who_may_file_and_not_see_gets_a_notice_and_an_empty_form() {
    let test = TestSite::new();
    test.grant("authenticated", &["TICKET_CREATE"]);
    let lee = test.user("lee");
    let filed = lee.submit("/demo/newticket", &[("field_summary", "In the dark"), ("submit", "1")]).expect(303);
    assert_eq!(filed.location(), "/demo/newticket");
    lee.get("/demo/ticket/1").expect(404);
    let json = lee.post_json("/demo/newticket", &json!({ "summary": "Again" })).expect(201);
    assert_eq!(json.json(), json!({ "id": 2 }));
}

#[test]
fn anonymous_people_file_under_the_name_they_give() {
    let test = TestSite::public();
    test.grant("anonymous", &["TICKET_CREATE", "TICKET_APPEND"]);
    let nobody = test.anonymous();
    let ticket = file(&nobody, &[("field_reporter", "lee@example.org")]);
    let page = nobody.get(&ticket).expect(200);
    assert!(!page.text().contains("lee@example.org"), "addresses are shortened for anonymous readers");
    assert!(page.words().contains("lee@…"), "{}", page.words());
    assert!(!nobody.get(&format!("{ticket}?format=json")).text().contains("example.org"));
    assert!(!nobody.get(&format!("{ticket}?format=csv")).text().contains("example.org"));
    assert_eq!(data(&kim(&test), &ticket)["reporter"], "lee@example.org");
    change(&nobody, &ticket, &[("comment", "Me again")]).expect(303);
    assert_eq!(data(&kim_again(&test), &ticket)["comments"][0]["author"], "anonymous");
}

fn kim_again(test: &TestSite) -> Person<'_> {
    test.signed_in("kim")
}

// Changing

#[test]
fn changes_are_one_numbered_group_and_the_answer_leads_to_it() {
    let test = TestSite::new();
    let kim = kim(&test);
    let ticket = file(&kim, &[]);
    let first = change(
        &kim,
        &ticket,
        &[("comment", "Once *more*"), ("field_priority", "minor"), ("field_keywords", "door late")],
    );
    assert_eq!(first.expect(303).location(), "/demo/ticket/1#comment:1");
    let second = change(&kim, &ticket, &[("field_keywords", "door early")]);
    assert_eq!(second.expect(303).location(), "/demo/ticket/1#comment:2");
    let page = kim.get(&ticket).expect(200);
    assert_eq!(page.attributes("li.entry", "id"), ["comment:1", "comment:2"]);
    assert_eq!(page.all("#comment\\:1 .text em"), ["more"]);
    assert_eq!(page.all("#comment\\:1 .changes li"), ["Priority major → became minor", "Keywords door, late added"]);
    assert_eq!(page.all("#comment\\:2 .changes li"), ["Keywords early added; late removed"]);
    let found = data(&kim, &ticket);
    assert_eq!(
        found["comments"][0]["changes"],
        json!([
            { "field": "priority", "old": "major", "new": "minor" },
            { "field": "keywords", "old": [], "new": ["door", "late"] },
        ])
    );
    assert_eq!(
        (found["comments"][0]["text"].as_str(), found["comments"][1]["text"].as_str()),
        (Some("Once *more*"), None)
    );
}

#[test]
fn nothing_changed_stores_nothing_and_says_so() {
    let test = TestSite::new();
    let kim = kim(&test);
    let ticket = file(&kim, &[("field_description", "Text\n\n"), ("field_cc", "sam, lee")]);
    let events = test.event_count();
    let same = change(&kim, &ticket, &[("comment", "  ")]).expect(303);
    assert_eq!(same.location(), ticket);
    assert!(
        same.headers
            .iter()
            .any(|(name, value)| name.eq_ignore_ascii_case("set-cookie") && value.contains("told=Nothing"))
    );
    assert_eq!(test.event_count(), events);
    assert_eq!(kim.post_json(&ticket, &json!({ "priority": "major" })).expect(200).json()["id"], 1);
    assert_eq!(test.event_count(), events);
}

#[test]
fn a_form_without_the_version_seen_is_refused_and_keeps_what_was_typed() {
    let test = TestSite::new();
    let kim = kim(&test);
    let ticket = file(&kim, &[]);
    for (seen, says) in
        [("", "no number"), ("x", "no number"), ("99", "no change 99"), ("-1", "no change -1"), ("9e99", "no number")]
    {
        let refused = change(&kim, &ticket, &[("comment", "Typed words"), ("view_time", seen)]).expect(422);
        let problems = refused.problems();
        assert_eq!(problems[0].0, "view_time", "{problems:?}");
        assert!(problems[0].1.contains(says), "{problems:?}");
        assert_eq!(refused.all("textarea[name=comment]"), ["Typed words"]);
        assert_eq!(refused.attributes("form[data-ticket-form] input[name=view_time]", "value"), ["0"]);
    }
    let mut form = opened(&kim, &ticket);
    form.fields.retain(|(name, _)| name != "view_time");
    let refused = send(&kim, &form, &[("comment", "Typed words")]).expect(422);
    assert_eq!(fields_of(&refused), ["view_time"]);
    change(&kim, &ticket, &[("comment", "Typed words")]).expect(303);
}

#[test]
fn a_ticket_is_taken_resolved_and_reopened_with_one_click_each() {
    let test = TestSite::new();
    let kim = kim(&test);
    let ticket = file(&kim, &[]);
    for (action, label, status, owner, resolution) in [
        ("accept", "Take", "accepted", json!("kim"), Json::Null),
        ("resolve", "Resolve as fixed", "closed", json!("kim"), json!("fixed")),
        ("reopen", "Reopen", "reopened", json!("kim"), Json::Null),
    ] {
        let page = kim.get(&ticket).expect(200);
        assert!(page.all(".quick button").contains(&label.to_owned()), "{label}: {:?}", page.all(".quick button"));
        let forms = form::post_forms(&page.text());
        let own = |form: &&form::PageForm| {
            form.fields.contains(&("action".to_owned(), action.to_owned())) && form.names.len() < 8
        };
        let click = forms.iter().find(own).unwrap();
        send(&kim, click, &[]).expect(303);
        let found = data(&kim, &ticket);
        assert_eq!(
            (found["status"].as_str(), &found["owner"], &found["resolution"]),
            (Some(status), &owner, &resolution)
        );
    }
    assert!(kim.get(&ticket).words().contains("set to fixed"), "the history names the resolution");
}

#[test]
fn an_action_that_is_not_offered_is_refused_and_nothing_is_saved() {
    let test = TestSite::new();
    let kim = kim(&test);
    let ticket = file(&kim, &[]);
    for (action, more) in [
        ("reopen", None),
        ("explode", None),
        ("resolve", Some(("action_resolve_resolve_resolution", "nonsense"))),
        ("accept", Some(("action_accept_reassign_owner", "sam"))),
    ] {
        let mut fields = vec![("comment", "Words"), ("action", action)];
        fields.extend(more);
        let refused = change(&kim, &ticket, &fields).expect(422);
        assert!(!refused.problems().is_empty());
        assert_eq!(refused.all("textarea[name=comment]"), ["Words"]);
    }
    assert_eq!(data(&kim, &ticket)["comments"], json!([]));
}

#[test]
fn all_problems_are_told_at_once_by_field() {
    let test = TestSite::new();
    let kim = kim(&test);
    let ticket = file(&kim, &[]);
    let long = "x".repeat(1001);
    let huge = "x".repeat(1024 * 1024 + 1);
    let refused = change(
        &kim,
        &ticket,
        &[
            ("field_summary", &long),
            ("field_priority", "urgent"),
            ("field_colour", "red"),
            ("comment", &huge),
            ("replyto", "7"),
        ],
    )
    .expect(422);
    let mut fields = fields_of(&refused);
    fields.sort();
    assert_eq!(fields, ["comment", "field_colour", "field_priority", "field_summary", "replyto"]);
    assert_eq!(data(&kim, &ticket)["comments"], json!([]));
}

#[test]
fn of_ten_thousand_made_up_fields_the_first_are_told_and_nothing_is_filed() {
    let test = TestSite::new();
    let kim = kim(&test);
    let mut form = kim.form("/demo/newticket", &[("field_summary", "Doors")]);
    form.fields.splice(0..0, (0..10_000).map(|number| (format!("field_made_up_{number}"), "1".to_owned())));
    let refused = kim.send(Method::Post, &form.action, FORM, form.encoded().into_bytes()).expect(422);
    assert!((1..=100).contains(&refused.problems().len()), "{}", refused.problems().len());
    assert_eq!(refused.attributes("input[name=field_summary]", "value"), ["Doors"]);
    kim.get("/demo/ticket/1").expect(404);
}

#[test]
fn a_field_whose_last_option_is_retired_is_not_in_the_form_of_a_new_ticket() {
    let test = TestSite::new();
    let kim = kim(&test);
    sql(&test, "insert into field_option (field, name, folded, rank) values ('version', '0.9', '0.9', 1)");
    let ticket = file(&kim, &[("field_version", "0.9")]);
    sql(&test, "update field_option set retired_at = 1 where name = '0.9'");
    assert_eq!(kim.get("/demo/newticket").expect(200).all("[name=field_version]").len(), 0);
    assert_eq!(kim.get(&ticket).expect(200).all("select[name=field_version]").len(), 1, "it can be taken away");
}

#[test]
fn a_retired_option_stays_with_the_ticket_that_has_it() {
    let test = TestSite::new();
    let kim = kim(&test);
    let (old, new) = (file(&kim, &[("field_priority", "trivial")]), file(&kim, &[]));
    sql(&test, "update field_option set retired_at = 1 where name = 'trivial'");
    let options = |ticket: &str| kim.get(ticket).attributes("select[name=field_priority] option", "value");
    assert!(options(&old).contains(&"trivial".to_owned()));
    assert!(!options(&new).contains(&"trivial".to_owned()));
    change(&kim, &old, &[("comment", "It stays.")]).expect(303);
    assert_eq!(data(&kim, &old)["priority"], "trivial");
    assert_eq!(fields_of(&change(&kim, &new, &[("field_priority", "trivial")]).expect(422)), ["field_priority"]);
    assert_eq!(fields_of(&change(&kim, &new, &[("field_priority", "")]).expect(422)), ["field_priority"]);
}

#[test]
fn completed_milestones_are_offered_to_administrators_only() {
    let test = TestSite::new();
    let (kim, admin) = (kim(&test), test.admin("root"));
    sql(
        &test,
        "insert into milestone (name, folded, due, completed_at, created_at, changed_at) values
             ('M1', 'm1', null, 1000000, 0, 0), ('M2', 'm2', '2030-01-01', null, 0, 0), ('<M3>', '<m3>', null, null, 0, 0)",
    );
    let ticket = file(&kim, &[("field_milestone", "M2")]);
    let groups = |person: &Person<'_>| person.get(&ticket).attributes("select[name=field_milestone] optgroup", "label");
    assert_eq!(groups(&kim), ["Open, by due date", "Open, without a date"]);
    assert_eq!(groups(&admin), ["Open, by due date", "Open, without a date", "Completed"]);
    assert_eq!(fields_of(&change(&kim, &ticket, &[("field_milestone", "M1")]).expect(422)), ["field_milestone"]);
    change(&admin, &ticket, &[("field_milestone", "M1")]).expect(303);
    // It has it now, so it stays on offer.
    change(&kim, &ticket, &[("comment", "x")]).expect(303);
    assert_eq!(data(&kim, &ticket)["milestone"], "M1");
    change(&kim, &ticket, &[("field_milestone", "<M3>")]).expect(303);
    assert!(kim.get(&ticket).text().contains("milestone=\\%3CM3%3E"), "values lead to the tickets with the same");
}

#[test]
fn a_new_ticket_follows_its_component_to_the_next_owner() {
    let test = TestSite::new();
    let (kim, _) = (kim(&test), test.user("sam").member());
    sql(
        &test,
        "insert into person (login, kind) values ('wheels-owner', 'address');
         insert into field_option (field, name, folded, rank, owner)
             select 'component', 'wheels', 'wheels', 1, id from person where login = 'wheels-owner';
         insert into field_option (field, name, folded, rank) values ('component', 'doors', 'doors', 2)",
    );
    let ticket = file(&kim, &[("field_component", "doors")]);
    assert_eq!(data(&kim, &ticket)["owner"], Json::Null);
    change(&kim, &ticket, &[("field_component", "wheels")]).expect(303);
    assert_eq!(data(&kim, &ticket)["owner"], "wheels-owner");
}

#[test]
fn what_is_filed_and_assigned_goes_to_the_owner_of_the_component_unless_another_one_is_named() {
    let test = TestSite::new();
    let kim = kim(&test);
    sql(
        &test,
        "insert into person (login, kind) values ('wheels-owner', 'address');
         insert into field_option (field, name, folded, rank, owner)
             select 'component', 'wheels', 'wheels', 1, id from person where login = 'wheels-owner'",
    );
    let assigned = |owner: &[(&str, &str)]| {
        let fields = [&[("field_component", "wheels"), ("action", "create_and_assign")], owner].concat();
        let found = data(&kim, &file(&kim, &fields));
        assert_eq!(found["status"], "assigned");
        found["owner"].clone()
    };
    let name = "action_create_and_assign_reassign_owner";
    assert_eq!(assigned(&[]), "wheels-owner", "as the form proposes it");
    assert_eq!(assigned(&[(name, "< default >")]), "wheels-owner");
    assert_eq!(assigned(&[(name, "kim")]), "kim");
    assert_eq!(assigned(&[(name, "")]), Json::Null);
}

// Two at once

#[test]
fn changes_of_different_fields_are_merged_and_said() {
    let test = TestSite::new();
    let (kim, sam) = (kim(&test), test.user("sam").member());
    let ticket = file(&kim, &[("field_description", "one\n\ntwo\n\nthree\n")]);
    let kims = opened(&kim, &ticket);
    change(&sam, &ticket, &[("field_priority", "minor")]).expect(303);
    let merged = send(&kim, &kims, &[("field_keywords", "late")]).expect(303);
    assert!(merged.headers.iter().any(|(_, value)| value.contains("Others")), "the merge is told");
    let found = data(&kim, &ticket);
    assert_eq!((&found["priority"], &found["keywords"]), (&json!("minor"), &json!(["late"])));
}

#[test]
fn a_conflict_shows_both_values_and_the_way_to_go_on() {
    let test = TestSite::new();
    let (kim, sam) = (kim(&test), test.user("sam").member());
    for (choice, wins) in [("theirs", "minor"), ("yours", "blocker")] {
        let ticket = file(&kim, &[]);
        let kims = opened(&kim, &ticket);
        change(&sam, &ticket, &[("field_priority", "minor"), ("comment", "Not that bad")]).expect(303);
        let conflict =
            send(&kim, &kims, &[("field_priority", "blocker"), ("field_keywords", "late"), ("comment", "Terrible")])
                .expect(409);
        let both = conflict.all(".conflict-field strong");
        assert_eq!(both, ["minor", "blocker"]);
        assert!(conflict.words().contains("by sam"), "{}", conflict.words());
        assert_eq!(conflict.all("textarea[name=comment]"), ["Terrible"]);
        assert_eq!(data(&kim, &ticket)["comments"].as_array().unwrap().len(), 1, "nothing is saved");
        let forms = form::post_forms(&conflict.text());
        let again = forms.iter().find(|form| form.names.iter().any(|name| name == "keep_priority")).unwrap();
        send(&kim, again, &[("keep_priority", choice)]).expect(303);
        let found = data(&kim, &ticket);
        assert_eq!((&found["priority"], &found["keywords"]), (&json!(wins), &json!(["late"])));
        assert_eq!(found["comments"][1]["text"], "Terrible");
    }
}

#[test]
fn of_two_who_close_and_take_at_once_the_second_is_asked() {
    let test = TestSite::new();
    let (kim, sam) = (kim(&test), test.user("sam").member());
    let ticket = file(&kim, &[]);
    let kims = opened(&kim, &ticket);
    change(&sam, &ticket, &[("action", "resolve"), ("action_resolve_resolve_resolution", "invalid")]).expect(303);
    let refused = send(&kim, &kims, &[("action", "accept"), ("comment", "I take it")]);
    assert!([409, 422].contains(&refused.status), "{}", refused.status);
    assert_eq!(refused.all("textarea[name=comment]"), ["I take it"]);
    assert_eq!(data(&kim, &ticket)["status"], "closed");
}

#[test]
fn a_preview_shows_pending_changes_others_changes_and_takes_one_back() {
    let test = TestSite::new();
    let (kim, sam) = (kim(&test), test.user("sam").member());
    let ticket = file(&kim, &[]);
    let kims = opened(&kim, &ticket);
    change(&sam, &ticket, &[("comment", "Meanwhile")]).expect(303);
    let typed =
        [("comment", "**loud**"), ("field_priority", "minor"), ("field_keywords", "late"), ("action", "accept")];
    let mut fields = typed.to_vec();
    fields.push(("preview", "1"));
    let shown = send(&kim, &kims, &fields).expect(200);
    assert_eq!(shown.all("[data-preview-pane] strong").last().map(String::as_str), Some("loud"));
    let pane = shown.all("[data-preview-pane]").join(" ");
    for part in ["Meanwhile sam", "major → became minor", "late added", "set to kim", "new → became accepted"] {
        assert!(pane.contains(part), "{part}: {pane}");
    }
    assert_eq!(data(&kim, &ticket)["priority"], "major");
    let forms = form::post_forms(&shown.text());
    let again = forms.iter().find(|form| form.names.iter().any(|name| name == "revert_priority")).unwrap();
    let taken_back = send(&kim, again, &[("revert_priority", "1")]).expect(200);
    assert_eq!(taken_back.attributes("select[name=field_priority] option[selected]", "value"), ["major"]);
    assert_eq!(taken_back.attributes("input[name=field_keywords]", "value"), ["late"]);
    let forms = form::post_forms(&taken_back.text());
    let again = forms.iter().find(|form| form.names.iter().any(|name| name == "revert_action")).unwrap();
    let without_action = send(&kim, again, &[("revert_action", "1")]).expect(200);
    let forms = form::post_forms(&without_action.text());
    let last = forms.iter().find(|form| form.names.iter().any(|name| name == "comment")).unwrap();
    send(&kim, last, &[]).expect(303);
    let found = data(&kim, &ticket);
    assert_eq!(
        (&found["priority"], &found["status"], &found["keywords"]),
        (&json!("major"), &json!("new"), &json!(["late"]))
    );
    let part = send(
        &kim,
        &form::PageForm { action: format!("{ticket}?action=preview"), ..kims },
        &[("comment", "*x*"), ("preview", "1")],
    );
    assert!(part.expect(200).text().contains("<em>x</em>"));
}

#[test]
fn two_threads_on_one_ticket_lose_nothing_and_share_no_number() {
    let test = TestSite::new();
    let (kim, sam) = (kim(&test), test.user("sam").member());
    let ticket = file(&kim, &[]);
    let (site, demo, row, barrier) = (&test.site, &test.demo(), &test.row("demo"), &Barrier::new(2));
    std::thread::scope(|scope| {
        for login in [&kim.login, &sam.login] {
            scope.spawn(move || {
                let principal = trackway::auth::operator(site, Some(login)).unwrap();
                let viewer = permissions::enter(demo, row, &principal).unwrap().unwrap();
                for round in 0..15 {
                    barrier.wait();
                    let request = Request { comment: format!("{login} {round}"), seen: Some(0), ..Request::default() };
                    edit::change(site, demo, Act::new(&viewer, Via::Web), 1, &request).unwrap();
                }
            });
        }
    });
    let comments = data(&kim, &ticket)["comments"].as_array().unwrap().clone();
    let numbers: Vec<i64> = comments.iter().map(|comment| comment["number"].as_i64().unwrap()).collect();
    assert_eq!(numbers, (1..=30).collect::<Vec<i64>>());
    let mut texts: Vec<&str> = comments.iter().map(|comment| comment["text"].as_str().unwrap()).collect();
    texts.sort_unstable();
    texts.dedup();
    assert_eq!(texts.len(), 30);
}

// Rights

#[test]
fn who_may_only_read_sees_no_form_and_is_refused_by_name() {
    let test = TestSite::public();
    let admin = test.admin("root");
    let ticket = file(&admin, &[]);
    let nobody = test.anonymous();
    let page = nobody.get(&ticket).expect(200);
    assert!(form::post_forms(&page.text()).iter().all(|form| !form.names.contains(&"view_time".to_owned())));
    assert!(page.words().contains("Sign in to comment"), "{}", page.words());
    let token = nobody.get("/-/login").attributes("input[name=__FORM_TOKEN]", "value").remove(0);
    let text = "Words that took a while to write";
    let fields = [("__FORM_TOKEN", token.as_str()), ("comment", text), ("view_time", "0"), ("submit", "1")];
    let refused = nobody.post(&ticket, &fields).expect(403);
    assert!(refused.words().contains("TICKET_APPEND") && refused.text().contains(text), "{}", refused.words());
    nobody.get("/demo/newticket").expect(403);
}

#[test]
fn what_is_beyond_ones_rights_is_refused_by_name_and_nothing_is_saved() {
    let test = TestSite::public();
    let admin = test.admin("root");
    let ticket = file(&admin, &[("field_cc", "lee"), ("field_description", "Theirs")]);
    test.revoke("authenticated", &["TICKET_MODIFY"]);
    let pat = test.user("pat").can("TICKET_APPEND");
    let form = opened(&pat, &ticket);
    assert!(!form.names.iter().any(|name| name == "field_priority" || name == "field_description"), "{:?}", form.names);
    for (name, value, permission) in [
        ("field_priority", "minor", "TICKET_CHGPROP"),
        ("field_description", "Mine", "TICKET_EDIT_DESCRIPTION"),
        ("field_reporter", "pat", "TICKET_ADMIN"),
    ] {
        let refused = send(&pat, &form, &[("comment", "Words"), (name, value)]).expect(403);
        assert!(refused.words().contains(permission), "{permission}: {}", refused.words());
        assert_eq!(refused.all("textarea[name=comment]"), ["Words"]);
        let told = pat.post_json(&ticket, &json!({ name: value })).expect(403);
        assert!(told.text().contains(permission), "{}", told.text());
    }
    assert_eq!(data(&pat, &ticket)["comments"], json!([]));
    // The box puts them on the Cc list and takes them off it, and nobody else.
    send(&pat, &form, &[("field_cc", "1")]).expect(303);
    assert_eq!(data(&pat, &ticket)["cc"], json!(["lee", "pat"]));
    let mut form = opened(&pat, &ticket);
    assert!(form.fields.contains(&("field_cc".to_owned(), "1".to_owned())));
    form.fields.retain(|(name, _)| name != "field_cc");
    send(&pat, &form, &[]).expect(303);
    assert_eq!(data(&pat, &ticket)["cc"], json!(["lee"]));
}

#[test]
fn the_reporter_changes_their_own_description() {
    let test = TestSite::public();
    let pat = test.user("pat");
    let ticket = file(&pat, &[("field_description", "First\n")]);
    change(&pat, &ticket, &[("field_description", "Second\n")]).expect(303);
    let page = pat.get(&ticket).expect(200);
    assert!(page.all(".description").join(" ").contains("Second"));
    assert!(page.attributes(".entry .changes a", "href").contains(&"/demo/ticket/1?action=diff&version=1".to_owned()));
    assert!(page.words().contains("edited"), "{}", page.words());
}

#[test]
fn a_hidden_ticket_is_as_good_as_none() {
    let test = TestSite::new();
    let (kim, admin) = (kim(&test), test.admin("root"));
    let ticket = file(&admin, &[("field_summary", "Secret matter")]);
    sql(
        &test,
        "insert into acl (kind, path) values ('path', 'secret'); update ticket set acl = (select max(id) from acl)",
    );
    admin.get(&ticket).expect(200);
    for query in ["", "?format=json", "?format=csv", "?format=atom", "?version=0"] {
        let hidden = kim.get(&format!("{ticket}{query}"));
        let missing = kim.get(&format!("/demo/ticket/7{query}"));
        assert_eq!(hidden.status, 404, "{query}");
        assert_eq!(hidden.without_token().replace("ticket/1", "ticket/7"), missing.without_token(), "{query}");
    }
    assert_eq!(kim.post_json(&ticket, &json!({ "comment": "x" })).status, 404);
}

// Replies, versions, files

#[test]
fn a_reply_quotes_and_both_are_linked() {
    let test = TestSite::new();
    let kim = kim(&test);
    let ticket = file(&kim, &[("field_description", "The story")]);
    change(&kim, &ticket, &[("comment", "First line\nsecond line")]).expect(303);
    let form = opened(&kim, &format!("{ticket}?replyto=1"));
    let quoted = form.fields.iter().find(|(name, _)| name == "comment").unwrap().1.clone();
    assert_eq!(quoted, "Replying to [kim](comment:1):\n\n> First line\n> second line\n\n");
    assert!(form.fields.contains(&("replyto".to_owned(), "1".to_owned())));
    send(&kim, &form, &[("comment", &format!("{quoted}I agree."))]).expect(303);
    let form = opened(&kim, &format!("{ticket}?replyto=description"));
    send(&kim, &form, &[("comment", "To the story")]).expect(303);
    let page = kim.get(&ticket).expect(200);
    assert!(page.attributes("#comment\\:1 .entry-ways a", "href").contains(&"#comment:2".to_owned()));
    assert!(page.attributes("#comment\\:2 .entry-head a", "href").contains(&"#comment:1".to_owned()));
    assert!(page.attributes("#comment\\:3 .entry-head a", "href").contains(&"#description".to_owned()));
    assert_eq!(kim.get(&format!("{ticket}?replyto=99")).expect(200).all("textarea[name=comment]"), [""]);
}

#[test]
fn every_version_is_what_was_seen_then() {
    let test = TestSite::new();
    let kim = kim(&test).can("TICKET_EDIT_CC");
    let ticket = file(&kim, &[("field_description", "0")]);
    let mut seen = vec![data(&kim, &ticket)];
    let mut random: u64 = 0x5DEE_CE66;
    for round in 1..=25 {
        let mut next = |below: u64| {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (random >> 33) % below
        };
        let mut body = json!({ "comment": format!("Round {round}") });
        if next(2) == 0 {
            body["priority"] = json!(["blocker", "major", "minor"][next(3) as usize]);
        }
        if next(2) == 0 {
            body["cc"] = json!((0..next(3)).map(|at| ["sam", "lee", "pat"][at as usize]).collect::<Vec<_>>());
        }
        if next(3) == 0 {
            body["description"] = json!(format!("{round}"));
        }
        if next(3) == 0 {
            body["summary"] = json!(format!("Summary {round}"));
        }
        if next(3) == 0 {
            body["owner"] = if next(2) == 0 { Json::Null } else { json!("sam") };
        }
        let status = seen.last().unwrap()["status"].clone();
        if next(2) == 0 {
            body["action"] = if status == "closed" { json!("reopen") } else { json!("resolve") };
        }
        let answer = kim.post_json(&ticket, &body).expect(201);
        assert_eq!(
            answer.header("Location"),
            Some(format!("http://127.0.0.1:8000/demo/ticket/1#comment:{round}").as_str())
        );
        seen.push(data(&kim, &ticket));
    }
    for (version, then) in seen.iter().enumerate() {
        let replayed = kim.get(&format!("{ticket}?version={version}&format=json")).expect(200);
        // The other ends of relations are told of the ticket as it is.
        let mut then = then.clone();
        then.as_object_mut().unwrap().retain(|key, _| !OTHER_ENDS.contains(&key.as_str()));
        assert_eq!(replayed.json(), then, "version {version}");
        assert_eq!(replayed.header("ETag"), Some(format!("\"{version}\"").as_str()));
        let page = kim.get(&format!("{ticket}?version={version}")).expect(200);
        assert!(page.words().contains(then["summary"].as_str().unwrap()));
        assert!(form::post_forms(&page.text()).iter().all(|form| !form.names.contains(&"comment".to_owned())));
    }
    kim.get(&format!("{ticket}?version=26")).expect(404);
    kim.get(&format!("{ticket}?version=-1")).expect(404);
    kim.get(&format!("{ticket}?version=x")).expect(422);
}

#[test]
fn one_ticket_is_exported_as_rows_and_as_a_feed() {
    let test = TestSite::new();
    let kim = kim(&test);
    let ticket = file(&kim, &[("field_summary", "A \"quoted\", one"), ("field_description", "one\ntwo\t3")]);
    change(&kim, &ticket, &[("comment", "Said <b>so</b>")]).expect(303);
    let csv = kim.get(&format!("{ticket}?format=csv")).expect(200);
    assert_eq!(csv.header("Content-Type"), Some("text/csv; charset=utf-8"));
    assert_eq!(csv.header("Content-Disposition"), Some("attachment; filename=t1.csv"));
    let heads = "id,summary,reporter,owner,description,type,status,priority,resolution,keywords,cc";
    let row = "1,\"A \"\"quoted\"\", one\",kim,,\"one\ntwo\t3\",defect,new,major,,,";
    let text = csv.text();
    let (first, rest) = text.split_once('\n').unwrap();
    assert!(first.starts_with(&format!("\u{feff}{heads},starts,due,")), "{first}");
    assert!(rest.starts_with(row), "{rest}");
    let tab = kim.get(&format!("{ticket}?format=tab")).expect(200).text();
    assert!(tab.starts_with("id\tsummary\treporter") && tab.contains("\"A \"\"quoted\"\", one\"\tkim"), "{tab}");
    for format in ["atom", "rss"] {
        let feed = kim.get(&format!("{ticket}?format={format}")).expect(200).text();
        assert_eq!(feed.matches("<entry>").count(), 2);
        assert!(feed.contains("#comment:1"), "{feed}");
    }
    let formats = kim.get(&ticket).attributes("link[rel=alternate]", "href");
    for format in ["csv", "tab", "json", "atom"] {
        assert!(formats.contains(&format!("{ticket}?format={format}")), "{formats:?}");
    }
    kim.get(&format!("{ticket}?format=pdf")).expect(422);
}

#[test]
fn a_conversation_of_five_thousand_comments_is_paged_and_every_comment_has_its_place() {
    let test = TestSite::new();
    let kim = kim(&test);
    let ticket = file(&kim, &[]);
    sql(
        &test,
        "with recursive n (i) as (select 1 union all select i + 1 from n where i < 5000)
         insert into ticket_change (ticket, number, author, changed_at, via, comment, reply_to)
             select 1, i, (select author from ticket_change where number = 0), 1700000000000000 + i, 'web',
                    '# Heading' || char(10) || 'text ' || i || ', see comment:' || (5001 - i) || ' and #1', null from n;
         update ticket set changes = 5000",
    );
    let page = kim.get(&ticket).expect(200);
    let ids = page.attributes("li.entry", "id");
    assert_eq!((ids.len(), ids.last().map(String::as_str)), (200, Some("comment:5000")), "the newest page comes first");
    let all = page.attributes("[id]", "id");
    let mut distinct = all.clone();
    distinct.sort();
    distinct.dedup();
    assert_eq!(distinct.len(), all.len(), "ids inside texts do not collide");
    let ranges = page.attributes("[data-comments] a", "href");
    assert_eq!(ranges.len(), 25);
    let first = kim.get(&ranges[0]).expect(200);
    assert_eq!(first.attributes("li.entry", "id")[0], "comment:1");
    let named = kim.get(&format!("{ticket}?comment=437")).expect(200);
    assert!(named.attributes("li.entry", "id").contains(&"comment:437".to_owned()));
    assert_eq!(
        kim.get(&format!("{ticket}?page=3&order=newest")).expect(200).attributes("li.entry", "id")[0],
        "comment:600"
    );
    let linked = kim.save_page("Far", "ticket:1#comment:437 ticket:1#comment:5001").expect(303);
    let linked = kim.get(linked.location()).expect(200);
    assert_eq!(linked.all(".missing"), ["ticket:1#comment:5001"]);
    for odd in ["page=0", "page=-1", "page=99999999999999999999", "page=x", "comment=0", "comment=x"] {
        kim.get(&format!("{ticket}?{odd}")).expect(200);
    }
    assert_eq!(change(&kim, &ticket, &[("comment", "One more")]).expect(303).location(), "/demo/ticket/1#comment:5001");
    let last = kim.get(&ticket).expect(200);
    assert_eq!(last.attributes("li.entry", "id"), ["comment:5001"]);
    kim.save_page("Plan", "See ticket:1#comment:3 and comment:437:ticket:1.");
    assert_eq!(
        kim.page("Plan").attributes(".text a", "href"),
        ["/demo/ticket/1?page=1#comment:3", "/demo/ticket/1?page=3#comment:437"],
        "links name the page, so that they lead there without a script too"
    );
}

#[test]
fn the_way_to_the_next_ticket_is_in_the_address() {
    let test = TestSite::new();
    let kim = kim(&test);
    for summary in ["One", "Two", "Three"] {
        file(&kim, &[("field_summary", summary)]);
    }
    let page = kim.get("/demo/ticket/2").expect(200);
    assert_eq!(page.attributes(".walk a[rel=prev]", "href"), ["/demo/ticket/1"]);
    assert_eq!(page.attributes(".walk a[rel=next]", "href"), ["/demo/ticket/3"]);
    let from_list = "/demo/ticket/2?list=query:status%3D!closed&at=1";
    let saved = change(&kim, from_list, &[("comment", "On the way")]).expect(303);
    assert!(
        saved.location().starts_with("/demo/ticket/2?list=query:") && saved.location().ends_with("&at=1#comment:1"),
        "{}",
        saved.location()
    );
    kim.get("/demo/ticket/2?list=%00%ff&at=99999999999999999999999").expect(200);
}

// JSON

#[test]
fn json_takes_tracs_names_and_answers_with_the_ticket() {
    let test = TestSite::new();
    let kim = kim(&test).can("TICKET_EDIT_CC");
    let filed = kim
        .post_json(
            "/demo/newticket",
            &json!({ "summary": "By script", "cc": ["sam", "lee"], "field_priority": "minor" }),
        )
        .expect(201);
    assert_eq!(filed.header("Location"), Some("http://127.0.0.1:8000/demo/ticket/1"));
    assert_eq!(filed.header("ETag"), Some("\"0\""));
    assert_eq!((&filed.json()["priority"], &filed.json()["cc"]), (&json!("minor"), &json!(["sam", "lee"])));
    let keys: Vec<String> = filed.json().as_object().unwrap().keys().cloned().collect();
    for key in ["id", "url", "custom", "comments", "summary", "severity", "version", "milestone"] {
        assert!(keys.contains(&key.to_owned()), "{key}: {keys:?}");
    }
    let changed = kim
        .post_json(
            "/demo/ticket/1",
            &json!({ "comment": "Said", "priority": "major", "cc": [], "owner": "sam", "keywords": ["a", "b"] }),
        )
        .expect(201);
    let found = changed.json();
    assert_eq!((&found["cc"], &found["owner"], &found["keywords"]), (&json!([]), &json!("sam"), &json!(["a", "b"])));
    assert_eq!(changed.header("ETag"), Some("\"1\""));
    // What was read comes back unchanged, protected fields among it.
    let mut same = data(&kim, "/demo/ticket/1");
    let object = same.as_object_mut().unwrap();
    for key in ["id", "url", "custom", "comments"].iter().chain(&OTHER_ENDS) {
        object.remove(*key);
    }
    kim.post_json("/demo/ticket/1", &same).expect(200);
    let emptied = kim.post_json("/demo/ticket/1", &json!({ "owner": null })).expect(201);
    assert_eq!(emptied.json()["owner"], Json::Null);
}

#[test]
fn json_is_told_every_problem_by_field() {
    let test = TestSite::new();
    let kim = kim(&test);
    let ticket = file(&kim, &[]);
    let told = |body: Json| {
        let answer = kim.post_json(&ticket, &body).expect(422);
        assert_eq!(answer.header("Content-Type"), Some("application/problem+json"));
        answer.json()["problems"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| one["field"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(told(json!({ "status": "closed" })), ["field_status"]);
    assert_eq!(told(json!({ "changetime": "2020-01-01T00:00:00Z" })), ["field_changetime"]);
    assert_eq!(told(json!({ "colour": "red", "priority": "urgent" })), ["field_colour", "field_priority"]);
    assert_eq!(told(json!({ "comment": "x", "view_time": "now" })), ["view_time"]);
    assert_eq!(told(json!({ "comment": "x", "view_time": 9 })), ["view_time"]);
    assert_eq!(told(json!({ "cc": [{ "name": "kim" }] })), ["cc"]);
    assert_eq!(told(json!({ "action": "explode" })), ["action"]);
    assert_eq!(told(json!({ "comment": ["one", "two"], "priority": ["minor", "major"] })), ["comment", "priority"]);
    assert_eq!(kim.send(Method::Post, &ticket, "text/plain", b"x".to_vec()).status, 422);
    assert_eq!(kim.send(Method::Post, &ticket, "application/json", b"{".to_vec()).status, 422);
}

#[test]
fn another_version_than_if_match_names_is_refused() {
    let test = TestSite::new();
    let kim = kim(&test);
    let ticket = file(&kim, &[]);
    kim.post_json(&ticket, &json!({ "comment": "First" })).expect(201);
    let with = |etag: &str| kim.clone().with_header("If-Match", etag);
    with("\"0\"").post_json(&ticket, &json!({ "comment": "Too late" })).expect(409);
    with("nonsense").post_json(&ticket, &json!({ "comment": "Too late" })).expect(422);
    with("*").post_json("/demo/ticket/7", &json!({ "comment": "Where?" })).expect(404);
    with("\"1\"").post_json(&ticket, &json!({ "comment": "In time" })).expect(201);
    let clash = kim.post_json(&ticket, &json!({ "priority": "minor", "view_time": 2 })).expect(201);
    with("*").post_json(&ticket, &json!({ "comment": "Whatever there is" })).expect(201);
    assert_eq!(clash.json()["priority"], "minor");
    let clash = kim.post_json(&ticket, &json!({ "priority": "blocker", "view_time": 2 })).expect(409);
    assert_eq!(clash.json()["problems"][0]["field"], "field_priority");
}

// Addresses and odd input

#[test]
fn only_a_number_is_the_address_of_a_ticket() {
    let test = TestSite::new();
    let kim = kim(&test);
    file(&kim, &[]);
    for number in [
        "0", "01", "2", "2147483647", "2147483648", "99999999999", "-1", "+1", "1.0", "x", "%31x", "1%00", "%ff",
        "1%2F2",
    ] {
        kim.get(&format!("/demo/ticket/{number}")).expect(404);
    }
    kim.get("/demo/ticket/%31").expect(200);
    assert_eq!(kim.get("/demo/ticket/1/").expect(301).location(), "/demo/ticket/1");
    assert_eq!(kim.get("/demo/ticket").expect(303).location(), "/demo/query");
    for way in ["ticket/1", "newticket", "ticket/1?version=0", "query?status=new", "milestone/M1", "timeline"] {
        assert_eq!(kim.get(&format!("/{way}")).expect(301).location(), format!("/demo/{way}"));
        test.anonymous().get(&format!("/{way}")).expect(404);
    }
    kim.get("/demo/ticket/1?action=explode").expect(422);
}

#[test]
fn markup_in_every_value_stays_text() {
    let test = TestSite::new();
    let admin = test.admin("root");
    let evil = "\"><script>alert(1)</script><img src=x onerror=y>";
    sql(
        &test,
        &format!("insert into field_option (field, name, folded, rank) values ('component', '{evil}', '{evil}', 9)"),
    );
    let ticket = file(
        &admin,
        &[
            ("field_summary", evil),
            ("field_component", evil),
            ("field_keywords", evil),
            ("field_cc", evil),
            ("field_description", evil),
        ],
    );
    change(&admin, &ticket, &[("comment", evil), ("field_reporter", evil), ("field_cc", "x"), ("field_keywords", "y")])
        .expect(303);
    change(&admin, &ticket, &[("field_summary", "</title>&lt;"), ("preview", "1")]).expect(200);
    for way in ["", "?version=0", "?format=atom", "?replyto=1"] {
        let text = admin.get(&format!("{ticket}{way}")).expect(200).text();
        assert!(!text.contains("<script>alert") && !text.contains("<img src=x"), "{way}");
    }
}

#[test]
fn values_that_look_like_operators_are_asked_for_literally() {
    let test = TestSite::new();
    let admin = test.admin("root");
    sql(
        &test,
        "insert into field_option (field, name, folded, rank) values
             ('component', '!odd', '!odd', 1), ('component', '~x & y', '~x & y', 2), ('component', '\\!z', '\\!z', 3)",
    );
    for (name, asked) in [("!odd", "\\!odd"), ("~x & y", "\\~x %26 y"), ("\\!z", "\\\\!z")] {
        let ticket = file(&admin, &[("field_component", name)]);
        let links = admin.get(&ticket).attributes("dl.properties a", "href");
        let wanted = format!("/demo/query?status=!closed&component={}", asked.replace(' ', "%20"));
        assert!(links.contains(&wanted), "{wanted}: {links:?}");
    }
}

#[test]
fn the_one_way_to_change_tickets_serves_pages_and_program_alike() {
    let test = TestSite::new();
    let kim = kim(&test);
    let ticket = file(&kim, &[]);
    let operator = test.operator();
    let request = Request { comment: "From the command line".to_owned(), ..Request::default() };
    edit::change(&test.site, &test.demo(), Act::new(&operator, Via::Command), 1, &request).unwrap();
    let page = kim.get(&ticket).expect(200);
    assert_eq!(page.all("#comment\\:1 .badge"), ["via command"]);
    assert_eq!(page.all("#comment\\:1 strong bdi"), ["Operator"]);
}

#[test]
fn what_links_to_a_page_names_tickets_only_to_those_who_may_see_them() {
    let test = TestSite::new();
    let kim = kim(&test);
    kim.save_page("Plan", "The plan.\n\n[[Backlinks]]");
    file(&kim, &[("field_summary", "Late"), ("field_description", "As in [[Plan]].")]);
    let total = |person: &Person<'_>| {
        person.get("/demo/wiki/Plan?action=backlinks&format=json").expect(200).json()["total"].as_i64()
    };
    assert_eq!(total(&kim), Some(1));
    assert!(kim.page("Plan").words().contains("#1 "), "the macro names it");

    test.revoke("members", &["TICKET_VIEW"]);
    let lee = test.user("lee").member();
    assert_eq!(total(&lee), Some(0));
    let page = lee.page("Plan").words();
    assert!(page.contains("Nothing links here") && !page.contains("#1"), "{page}");
}

#[test]
fn what_links_to_something_names_a_private_ticket_to_those_who_take_part_in_it() {
    let test = TestSite::new();
    let (kim, lee) = (kim(&test).can("TICKET_EDIT_CC"), test.user("lee").member());
    let keeper = test.user("keeper").member().can("TICKET_PRIVATE");
    kim.save_page("Plan", "The plan.\n\n[[Backlinks]]");
    file(&kim, &[("field_summary", "Public")]);
    file(&kim, &[("field_summary", "My wages"), ("field_description", "As in [[Plan]] and #1.")]);
    kim.post_json("/demo/ticket/2", &json!({ "private": true, "comment": "See [[Plan]] and #1." })).expect(201);
    for (person, sees) in [(&kim, 1), (&keeper, 1), (&lee, 0)] {
        let total = |door: &str| person.get(&format!("{door}?action=backlinks&format=json")).expect(200).json();
        assert_eq!(total("/demo/wiki/Plan")["total"], sees);
        assert_eq!(total("/demo/ticket/1")["total"], sees);
        for door in ["/demo/wiki/Plan", "/demo/ticket/1", "/demo/ticket/1?action=backlinks"] {
            assert_eq!(person.get(door).expect(200).words().contains("My wages"), sees == 1, "{door}");
        }
    }
    kim.post_json("/demo/ticket/2", &json!({ "cc": ["lee"] })).expect(201);
    assert_eq!(lee.get("/demo/ticket/1?action=backlinks&format=json").json()["total"], 1);
}
