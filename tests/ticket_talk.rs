//! Stories of talking on tickets and of filing them well: threads, what is new, canned replies, boxes that are ticked, who will be
//! told, templates, clones, and tickets that are filed already.

use serde_json::{Value as Json, json};

use crate::support::answer::Answer;
use crate::support::form;
use crate::support::{Person, TestSite};

fn kim(test: &TestSite) -> Person<'_> {
    test.user("kim").member()
}

#[track_caller]
fn file(person: &Person<'_>, fields: &[(&str, &str)]) -> String {
    let mut typed = vec![("field_summary", "Doors open too late"), ("submit", "1")];
    typed.retain(|(name, _)| !fields.iter().any(|(other, _)| other == name));
    typed.extend_from_slice(fields);
    person.submit("/demo/newticket", &typed).expect(303).location().to_owned()
}

#[track_caller]
fn comment(person: &Person<'_>, ticket: &str, text: &str, replyto: Json) {
    person.post_json(ticket, &json!({ "comment": text, "replyto": replyto })).expect(201);
}

#[track_caller]
fn data(person: &Person<'_>, ticket: &str) -> Json {
    person.get(&format!("{ticket}?format=json")).expect(200).json()
}

#[track_caller]
fn boxes(page: &Answer) -> Vec<(String, String)> {
    let values = page.attributes("button.task", "value");
    values.into_iter().zip(page.attributes("button.task", "aria-checked")).collect()
}

fn ids(page: &Answer) -> Vec<String> {
    page.attributes("li.entry", "id")
}

/// What stands in a control of a page, line breaks and all.
#[track_caller]
fn typed(page: &Answer, name: &str) -> String {
    let forms = form::post_forms(&page.text());
    let fields = forms.into_iter().flat_map(|form| form.fields);
    fields.into_iter().find(|(known, _)| known == name).map(|(_, value)| value).unwrap()
}

// Threads and looks

#[test]
fn a_conversation_is_read_in_threads_and_a_look_can_be_kept() {
    let test = TestSite::new();
    let kim = kim(&test);
    let ticket = file(&kim, &[]);
    for (text, replyto) in [
        ("One", json!(null)),
        ("Two", json!(null)),
        ("To one", json!(1)),
        ("To that", json!(3)),
        ("To all", json!("description")),
    ] {
        comment(&kim, &ticket, text, replyto);
    }
    kim.post_json(&ticket, &json!({ "priority": "minor" })).expect(201);

    let page = kim.get(&format!("{ticket}?order=threaded")).expect(200);
    assert_eq!(ids(&page), ["comment:1", "comment:3", "comment:4", "comment:2", "comment:5", "comment:6"]);
    assert_eq!(page.attributes("li.depth-1", "id"), ["comment:3"]);
    assert_eq!(page.attributes("li.depth-2", "id"), ["comment:4"]);
    let comments = kim.get(&format!("{ticket}?show=comments")).expect(200);
    assert_eq!(ids(&comments).len(), 5, "changes without a word are left out");
    let changes = kim.get(&format!("{ticket}?show=changes")).expect(200);
    assert_eq!(ids(&changes), ["comment:6"]);

    let kept =
        kim.submit(&format!("{ticket}?order=threaded&show=comments"), &[("show", "comments"), ("order", "threaded")]);
    kept.expect(303);
    let other = file(&kim, &[]);
    comment(&kim, &other, "One", json!(null));
    assert_eq!(kim.get(&other).all(".looks [aria-current]"), ["Threads", "Comments"], "on every ticket");
    assert_eq!(
        kim.get(&format!("{other}?order=oldest&show=all")).all(".looks [aria-current]"),
        ["Oldest first", "Everything"]
    );
    let sam = test.user("sam").member();
    assert_eq!(sam.get(&other).all(".looks [aria-current]"), ["Oldest first", "Everything"], "of their own");
}

// What is new

#[test]
fn what_others_said_since_is_new_until_it_is_marked_as_read() {
    let test = TestSite::new();
    let (kim, sam) = (kim(&test), test.user("sam").member());
    let ticket = file(&kim, &[]);
    let page = sam.get(&ticket).expect(200);
    assert_eq!(page.all(".entry-new").len() + page.all(".news a").len(), 0, "to a first reader nothing is new");
    comment(&sam, &ticket, "One", json!(null));
    comment(&sam, &ticket, "Two", json!(null));

    let page = kim.get(&ticket).expect(200);
    assert_eq!(page.all(".news a"), ["2 new since you looked"]);
    assert_eq!(page.attributes(".news a", "href"), ["#comment:1"]);
    assert_eq!(page.attributes(".entry-new", "id"), ["comment:1", "comment:2"]);
    assert_eq!(kim.get(&ticket).all(".news a").len(), 1, "looking at it changes nothing");
    assert_eq!(sam.get(&ticket).all(".news a").len(), 0, "one's own words are not new");

    let events = test.event_count();
    kim.submit(&ticket, &[("change", "2")]).expect(303);
    let page = kim.get(&ticket).expect(200);
    assert_eq!((page.all(".news").len(), page.all(".entry-new").len()), (0, 0));
    assert_eq!(test.event_count(), events, "nobody hears what somebody reads");
    comment(&sam, &ticket, "Three", json!(null));
    assert_eq!(kim.get(&ticket).attributes(".entry-new", "id"), ["comment:3"]);
    kim.post_json(&format!("{ticket}/seen"), &json!({ "change": 1 })).expect(200);
    assert_eq!(kim.get(&ticket).attributes(".entry-new", "id"), ["comment:3"], "nobody unreads what they have read");
}

#[test]
fn who_answers_what_they_see_has_read_it() {
    let test = TestSite::new();
    let (kim, sam) = (kim(&test), test.user("sam").member());
    let ticket = file(&kim, &[]);
    comment(&sam, &ticket, "One", json!(null));
    kim.submit(&ticket, &[("comment", "Seen"), ("submit", "1")]).expect(303);
    assert_eq!(kim.get(&ticket).all(".news").len(), 0);
    let anonymous = TestSite::public();
    let ticket = file(&anonymous.user("kim"), &[]);
    assert_eq!(anonymous.anonymous().get(&ticket).expect(200).all(".news").len(), 0);
    anonymous.anonymous().post_json(&format!("{ticket}/seen"), &json!({ "change": 0 })).expect(403);
}

#[test]
fn a_list_says_in_which_tickets_something_is_new() {
    let test = TestSite::public();
    let (kim, sam) = (test.user("kim").member(), test.user("sam").member());
    let (read, given, other) = (file(&kim, &[]), file(&sam, &[("field_cc", "kim")]), file(&sam, &[]));
    comment(&sam, &read, "One", json!(null));
    let unread = |person: &Person<'_>| {
        let list = person.get("/demo/query?unread=1&order=id&format=json").expect(200).json();
        list["items"].as_array().unwrap().iter().map(|item| item["id"].as_i64().unwrap()).collect::<Vec<_>>()
    };

    assert_eq!(unread(&kim), [1, 2], "what others said, and what she was never shown");
    assert_eq!(unread(&sam), [] as [i64; 0], "one's own words are not new");
    assert_eq!(unread(&test.anonymous()), [] as [i64; 0]);
    let page = kim.get("/demo/query?order=id&col=summary&col=unread").expect(200);
    assert_eq!(page.all("tr.is-unread td.col-id"), ["#1", "#2"]);
    assert_eq!(page.all("tr.is-unread td.col-summary .unseen").len(), 2, "in words for those who hear it");
    assert_eq!(page.all("td.col-unread"), ["new", "new", ""]);
    assert_eq!(kim.get("/demo/query?unread=0&order=id").expect(200).all("td.col-id"), ["#3"]);
    let first = kim.get("/demo/query?order=unread&desc=1&group=status").expect(200);
    assert_eq!(first.all("td.col-id"), ["#1", "#2", "#3"]);
    assert!(kim.get("/demo/query?id=!0").expect(200).all("nav.tabs a").contains(&"Unread".to_owned()));
    let anonymous = test.anonymous().get("/demo/query?order=id").expect(200);
    assert!(!anonymous.main().contains("unread") && !anonymous.main().contains("Unread"));
    kim.get("/demo/query?unread~=1").expect(422);
    kim.get("/demo/query?group=unread").expect(422);

    for (ticket, change) in [(&read, "1"), (&given, "0")] {
        kim.submit(ticket, &[("change", change)]).expect(303);
    }
    assert_eq!(unread(&kim), [] as [i64; 0]);
    comment(&sam, &other, "Of no concern to kim", json!(null));
    assert_eq!(unread(&kim), [] as [i64; 0], "she never looked at it and has no part in it");
    kim.submit(&other, &[("change", "1")]).expect(303);
    comment(&sam, &other, "Now it is", json!(null));
    assert_eq!(unread(&kim), [3]);
    let list = test.command(&["query", "demo", "unread=1&col=id", "--as", "kim"]).expect(0);
    assert!(list.stdout.contains('3'), "{}", list.stdout);
    let named = json!({ "act": "add", "name": "unread", "label": "Unread", "kind": "text" });
    test.admin("ada").post_json("/demo/admin/ticket/fields", &named).expect(422);
}

#[test]
fn an_internal_note_is_new_to_those_who_read_notes() {
    let test = TestSite::new();
    let kim = kim(&test);
    let (ann, bob) = (test.user("ann").member().can("TICKET_NOTES"), test.user("bob").member().can("TICKET_NOTES"));
    let ticket = file(&kim, &[]);
    for person in [&ann, &bob] {
        person.submit(&ticket, &[("change", "0")]).expect(303);
    }
    let note = |person: &Person<'_>, text: &str| {
        person.post_json(&ticket, &json!({ "comment": text, "internal": true })).expect(201);
    };
    note(&ann, "Not our fault.");
    comment(&ann, &ticket, "We are looking.", json!(null));
    note(&ann, "It is.");

    let page = bob.get(&ticket).expect(200);
    assert_eq!(page.all(".news a"), ["3 new since you looked"]);
    assert_eq!(page.attributes(".news a", "href"), ["#note:1"]);
    assert_eq!(page.attributes(".entry-new", "id"), ["note:1", "comment:1", "note:2"]);
    let page = kim.get(&ticket).expect(200);
    assert_eq!(page.all(".news a"), ["1 new since you looked"]);
    assert_eq!(page.attributes("form.news input[name=note]", "value"), ["0"]);
    assert_eq!(ann.get(&ticket).expect(200).all(".news a").len(), 0);

    bob.submit(&ticket, &[("change", "1"), ("note", "2")]).expect(303);
    kim.submit(&ticket, &[("change", "1"), ("note", "9")]).expect(303);
    assert_eq!(bob.get(&ticket).expect(200).all(".news").len(), 0);
    note(&ann, "One more.");
    let unread = |person: &Person<'_>| person.get("/demo/query?unread=1").expect(200).all("td.col-id");
    assert_eq!((unread(&bob).len(), unread(&kim).len(), unread(&ann).len()), (1, 0, 0));
    test.grant("kim", &["TICKET_NOTES"]);
    assert_eq!(kim.get(&ticket).expect(200).all(".news a"), ["3 new since you looked"], "none of them was seen");
}

// Canned replies

#[test]
fn a_canned_reply_is_put_in_with_the_words_of_the_ticket() {
    let test = TestSite::new();
    let (admin, kim) = (test.admin("ada"), kim(&test));
    let text = "Hello $reporter,\n\n$ticket “$summary” of $project costs $$5. $unknown\n\n$user";
    admin.submit("/demo/admin/ticket/replies", &[("act", "add"), ("name", "Thanks"), ("text", text)]).expect(303);
    let ticket = file(&kim, &[("field_summary", "Doors *open* too late #7")]);
    let page = admin.get(&ticket).expect(200);
    assert_eq!(page.all(".canned option"), ["choose …", "Thanks"]);

    let shown = admin.submit(&ticket, &[("comment", "So far."), ("canned", "1"), ("insert_canned", "1")]).expect(200);
    let wanted = "So far.\n\nHello kim,\n\n#1 “Doors \\*open\\* too late \\#7” of demo costs $5. $unknown\n\nada";
    assert_eq!(typed(&shown, "comment"), wanted);
    assert_eq!(data(&kim, &ticket)["comments"], json!([]), "nothing is saved");
    assert_eq!(
        kim.get(&format!("{ticket}/reply/1")).expect(200).text(),
        wanted.strip_prefix("So far.\n\n").unwrap().replace("ada", "kim")
    );
    let refused = admin.submit(&ticket, &[("comment", "So far."), ("insert_canned", "1")]).expect(200);
    assert_eq!(refused.problems()[0].0, "canned");

    admin.submit("/demo/admin/ticket/replies", &[("act", "retire"), ("id", "1")]).expect(303);
    assert_eq!(kim.get(&ticket).all(".canned").len(), 0);
    kim.get(&format!("{ticket}/reply/1")).expect(404);
    kim.get("/demo/admin/ticket/replies").expect(404);
}

#[test]
fn texts_are_kept_by_command() {
    let test = TestSite::new();
    test.command(&["component", "create", "demo", "lift"]).expect(0);
    let create = ["reply", "create", "demo", "Thanks", "--component", "lift", "--text", "-"];
    test.command_with_input(&create, "Thank you,\r\n$user").expect(0);
    test.command(&["reply", "change", "demo", "thanks", "--rename", "Many thanks"]).expect(0);
    let refused = test.command(&["reply", "create", "demo", "MANY THANKS", "--text", "x"]);
    assert!(refused.expect(1).stderr.contains("already"));
    let list = test.command(&["--format", "json", "reply", "list", "demo"]).expect(0);
    let list: Json = serde_json::from_str(&list.stdout).unwrap();
    assert_eq!(list[0]["name"], "Many thanks");
    assert_eq!((&list[0]["component"], &list[0]["text"]), (&json!("lift"), &json!("Thank you,\n$user")));
    test.command(&["reply", "remove", "demo", "Many thanks"]).expect(0);
    test.command(&["reply", "restore", "demo", "Many thanks"]).expect(0);
    let template =
        ["template", "create", "demo", "Fault", "--type", "defect", "--text", "## Steps\n", "--require", "Log"];
    assert!(test.command(&template).expect(1).stderr.contains("no heading “Log”"));
}

// Boxes

#[test]
fn a_box_of_the_description_is_ticked_with_one_click() {
    let test = TestSite::new();
    let (kim, sam) = (kim(&test), test.user("sam").member());
    let ticket = file(&kim, &[("field_description", "- [ ] one\n- [x] two #1\n  - [ ] three")]);
    let page = kim.get(&ticket).expect(200);
    let shown = boxes(&page);
    assert_eq!(shown.iter().map(|(_, checked)| checked.as_str()).collect::<Vec<_>>(), ["false", "true", "false"]);
    assert_eq!(page.all("[data-task-progress]"), ["1 of 3 done"]);
    assert_eq!(boxes(&sam.get(&ticket)), [], "those who may not edit it see boxes only");
    assert_eq!(sam.get(&ticket).all(".text input[disabled]").len(), 3);

    let ticked = kim.submit(&ticket, &[("task", &shown[0].0)]).expect(303);
    assert_eq!(ticked.location(), format!("{ticket}#description"));
    let found = data(&kim, &ticket);
    assert_eq!(found["description"], "- [x] one\n- [x] two #1\n  - [ ] three");
    assert_eq!(found["comments"][0]["changes"][0]["field"], "description", "a change like any other");
    // Another box of the page that was open before: ticks of others don't stand in the way.
    kim.submit(&ticket, &[("task", &shown[2].0)]).expect(303);
    kim.submit(&ticket, &[("task", &shown[2].0)]).expect(303);
    let found = data(&kim, &ticket);
    assert_eq!(found["description"], "- [x] one\n- [x] two #1\n  - [x] three");
    assert_eq!(found["comments"].as_array().unwrap().len(), 2, "what is ticked already is no change");
    let forbidden = sam.post_json(&format!("{ticket}/task"), &json!({ "task": "description-0-open" })).expect(403);
    assert!(forbidden.text().contains("TICKET_EDIT_DESCRIPTION"));

    kim.post_json(&ticket, &json!({ "description": "- [ ] another\n- [ ] one" })).expect(201);
    let refused = kim.submit(&ticket, &[("task", &shown[0].0)]).expect(409);
    assert!(refused.words().contains("changed meanwhile"), "{}", refused.words());
    let counted = kim.post_json(&format!("{ticket}/task"), &json!({ "task": "description-1-done" })).expect(200);
    assert_eq!((&counted.json()["done"], &counted.json()["total"]), (&json!(1), &json!(2)));
}

#[test]
fn boxes_of_own_comments_are_ticked_and_included_ones_are_not() {
    let test = TestSite::new();
    let (kim, sam) = (kim(&test), test.user("sam").member());
    kim.save_page("List", "- [ ] of the page").expect(303);
    let ticket = file(&kim, &[("field_description", "[[Include(List)]]\n\n- [ ] mine")]);
    comment(&sam, &ticket, "- [ ] theirs", json!(null));
    comment(&kim, &ticket, "- [ ] my own", json!(null));
    let page = kim.get(&ticket).expect(200);
    let shown = boxes(&page);
    assert_eq!(page.attributes("button.task", "aria-label"), ["mine", "my own"]);
    assert_eq!(page.all(".text input[disabled]").len(), 2);
    let ticked = kim.submit(&ticket, &[("task", &shown[1].0)]).expect(303);
    assert_eq!(ticked.location(), format!("{ticket}#comment:2"));
    let page = kim.get(&ticket).expect(200);
    assert!(page.all(".entry .muted").iter().any(|words| words.starts_with("edited")), "the earlier text is kept");
    assert_eq!(data(&kim, &ticket)["comments"].as_array().unwrap().len(), 2, "an edit is no comment");
}

#[test]
fn what_only_looks_like_a_box_is_no_box() {
    let test = TestSite::new();
    let kim = kim(&test);
    let hostile = "<input type=\"checkbox\" class=\"task\" disabled data-task=\"description-0\">\n\n```\n- [ ] code\n```\n\n- [ ] <b onclick=x>real</b> \"quoted\"";
    let ticket = file(&kim, &[("field_description", hostile)]);
    let page = kim.get(&ticket).expect(200);
    assert_eq!(page.attributes("button.task", "aria-label"), ["real \"quoted\""]);
    kim.submit(&ticket, &[("task", &boxes(&page)[0].0)]).expect(303);
    assert_eq!(data(&kim, &ticket)["description"], hostile.replace("- [ ] <b", "- [x] <b"));
}

// Who will be told

#[test]
fn the_preview_says_who_will_be_told() {
    let test = TestSite::new();
    let (kim, _sam, lee) = (kim(&test), test.user("sam").member(), test.user("lee").member());
    lee.save_page("Mine", "So that the project knows lee.").expect(303);
    test.user("out");
    let first = kim.submit("/demo/newticket", &[("field_summary", "Of a newcomer"), ("preview", "1")]).expect(200);
    assert_eq!(first.all(".told").len(), 0, "one is not told what one does, not even the first time");
    let ticket = file(&kim, &[("field_cc", "kim sam pat@example.org nobody"), ("field_description", "For @lee.")]);
    let told = |person: &Person<'_>, fields: &[(&str, &str)]| {
        let mut fields = fields.to_vec();
        fields.push(("preview", "1"));
        person.submit(&ticket, &fields).expect(200).all(".told").concat()
    };
    assert_eq!(told(&kim, &[]), "", "nothing happens, so nobody hears of it");
    let words = told(&kim, &[("comment", "See @lee, @out and @kim.")]);
    let words: String = words.split_whitespace().collect::<Vec<_>>().join(" ");
    assert_eq!(words, "Will be told: sam (Cc), pat@example.org (Cc), lee (mentioned)");
    let words = told(&lee, &[("comment", "Yes.")]);
    assert!(words.contains("kim") && words.contains("reporter"), "{words}");
    assert!(!words.contains("lee"), "{words}");

    test.revoke("members", &["TICKET_VIEW"]);
    test.grant("kim", &["TICKET_VIEW"]);
    let words = told(&kim, &[("comment", "See @lee.")]);
    assert!(!words.contains("lee") && !words.contains("sam"), "who may not see it is not told: {words}");
}

#[test]
fn a_change_remembers_whom_it_names() {
    let test = TestSite::new();
    let (kim, lee) = (kim(&test), test.user("lee").member());
    lee.save_page("Mine", "So that the project knows lee.").expect(303);
    let ticket = file(&kim, &[("field_description", "For @lee.")]);
    comment(&kim, &ticket, "Again @LEE and `@kim`.", json!(null));
    comment(&kim, &ticket, "Nobody.", json!(null));
    kim.post_json(&ticket, &json!({ "description": "For @lee and more." })).expect(201);
    let named: Vec<Option<String>> = test
        .demo()
        .read(|db| {
            let mut statement = db.prepare(
                "select (select login from person where id = data ->> '$.mentioned[0]') from event
                 where resource_kind = 'ticket' order by id",
            )?;
            Ok(statement.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?)
        })
        .unwrap();
    assert_eq!(
        named,
        [Some("lee".to_owned()), Some("lee".to_owned()), None, None],
        "who was named before is not named anew"
    );
}

// Filing

#[test]
fn every_field_of_a_new_ticket_can_be_filled_in_by_its_address() {
    let test = TestSite::new();
    let kim = kim(&test);
    for (field, name) in [("component", "lift"), ("version", "1.0"), ("severity", "bad")] {
        test.command(&[field, "create", "demo", name]).expect(0);
    }
    test.command(&["milestone", "create", "demo", "Spring"]).expect(0);
    let address = "/demo/newticket?summary=S+1&description=D%0A2&type=task&field_priority=minor&milestone=Spring&component=lift\
        &version=1.0&severity=bad&keywords=a+b&cc=sam&cc=lee&owner=kim&action=create_and_assign\
        &action_create_and_assign_reassign_owner=kim";
    let page = kim.get(address).expect(200);
    assert_eq!(page.attributes("#field-field_summary", "value"), ["S 1"]);
    assert_eq!(typed(&page, "field_description"), "D\n2");
    for (field, value) in [
        ("type", "task"),
        ("priority", "minor"),
        ("milestone", "Spring"),
        ("component", "lift"),
        ("version", "1.0"),
        ("severity", "bad"),
    ] {
        let selected = page.attributes(&format!("[name=field_{field}] option[selected]"), "value");
        assert_eq!(selected, [value], "{field}");
    }
    assert_eq!(page.attributes("[name=field_keywords]", "value"), ["a b"]);
    assert_eq!(page.attributes("[name=field_cc]", "value"), ["sam, lee"]);
    assert_eq!(page.attributes("[name=action][checked]", "value"), ["create_and_assign"]);
}

#[test]
fn a_template_begins_the_description_and_its_parts_are_asked_for() {
    let test = TestSite::new();
    let (admin, kim) = (test.admin("ada"), kim(&test));
    let text = "## Steps\n\nWhat did you do?\n\n## Log\n";
    let fault = [
        ("act", "add"),
        ("name", "Fault"),
        ("type", "defect"),
        ("text", text),
        ("summary", "Broken: "),
        ("required_parts", "Steps\nLog"),
    ];
    admin.submit("/demo/admin/ticket/templates", &fault).expect(303);
    let wish = json!({ "act": "add", "name": "Wish", "type": "enhancement", "text": "## Why\n" });
    admin.post_json("/demo/admin/ticket/templates", &wish).expect(201);

    let page = kim.get("/demo/newticket").expect(200);
    assert_eq!(typed(&page, "field_description"), text, "the type that is proposed is a defect");
    assert_eq!(page.attributes("#field-field_summary", "value"), ["Broken:"]);
    assert_eq!(page.all("[aria-label=Template] a"), ["Fault", "Wish", "none"]);
    assert_eq!(page.all("[aria-label=Template] [aria-current]"), ["Fault"]);
    let wish = kim.get("/demo/newticket?template=wish&summary=More").expect(200);
    assert_eq!(typed(&wish, "field_description"), "## Why\n");
    assert_eq!(wish.attributes("[name=field_type] option[selected]", "value"), ["enhancement"]);
    assert_eq!(wish.attributes("#field-field_summary", "value"), ["More"]);
    assert_eq!(typed(&kim.get("/demo/newticket?type=enhancement"), "field_description"), "## Why\n");
    assert_eq!(typed(&kim.get("/demo/newticket?template="), "field_description"), "");
    assert_eq!(typed(&kim.get("/demo/newticket?description=Mine"), "field_description"), "Mine");

    let gone = kim.get("/demo/newticket?template=gone&summary=Kept").expect(200);
    assert!(gone.problems()[0].1.contains("gone"));
    assert_eq!(gone.attributes("#field-field_summary", "value"), ["Kept"]);

    let refused = kim.submit("/demo/newticket", &[("field_summary", "Broken"), ("submit", "1")]).expect(422);
    let told: Vec<String> = refused.problems().into_iter().map(|(_, words)| words).collect();
    assert_eq!(
        told,
        ["Something has to stand below the heading “Steps”.", "Something has to stand below the heading “Log”."]
    );
    let json = json!({ "summary": "Broken", "description": "## Steps\n\nI sat down.", "type": "defect" });
    let refused = kim.post_json("/demo/newticket", &json).expect(422);
    assert_eq!(refused.json()["problems"][0]["field"], "field_description");
    kim.post_json("/demo/newticket", &json!({ "summary": "Broken", "type": "task" })).expect(201);
    let json =
        json!({ "summary": "Broken", "description": "# Steps\n\nI sat down.\n\n# Log\n\nNone.", "type": "defect" });
    kim.post_json("/demo/newticket", &json).expect(201);
    assert_eq!(
        kim.get("/demo/newticket?clone=2").expect(200).all("[aria-label=Template]").len(),
        0,
        "a clone has its own text"
    );
}

#[test]
fn a_ticket_is_cloned_and_another_like_it_begun() {
    let test = TestSite::new();
    let (kim, sam) = (kim(&test), test.user("sam").member());
    test.command(&["component", "create", "demo", "lift"]).expect(0);
    test.command(&["component", "create", "demo", "stairs"]).expect(0);
    let fields = [
        ("field_component", "lift"),
        ("field_priority", "minor"),
        ("field_keywords", "door"),
        ("field_cc", "sam"),
        ("field_description", "They *do*."),
    ];
    let ticket = file(&kim, &fields);
    comment(&sam, &ticket, "The stairs\nare wet.", json!(null));
    test.command(&["component", "remove", "demo", "lift"]).expect(0);
    let page = sam.get(&ticket).expect(200);
    assert_eq!(
        page.attributes(".description .entry-ways a", "href")[1..],
        ["/demo/newticket?clone=1", "/demo/newticket?like=1"]
    );

    let clone = sam.get("/demo/newticket?clone=1").expect(200);
    assert_eq!(clone.attributes("#field-field_summary", "value"), ["Doors open too late"]);
    assert_eq!(typed(&clone, "field_description"), "Copied from #1.\n\nThey *do*.");
    assert_eq!(clone.attributes("[name=field_priority] option[selected]", "value"), ["minor"]);
    assert_ne!(
        clone.attributes("[name=field_component] option[selected]", "value"),
        ["lift"],
        "it is offered no longer"
    );
    assert_eq!(clone.attributes("[name=field_cc]", "value"), ["sam"]);
    let split = sam.get(&page.attributes("#comment\\:1 .entry-ways a", "href")[2]).expect(200);
    assert_eq!(typed(&split, "field_description"), "From comment:1:ticket:1.\n\n> The stairs\n> are wet.");
    let like = sam.get("/demo/newticket?like=1&priority=blocker").expect(200);
    assert_eq!(like.attributes("#field-field_summary", "value"), [""]);
    assert_eq!(like.attributes("[name=field_keywords]", "value"), ["door"]);
    assert_eq!(
        like.attributes("[name=field_priority] option[selected]", "value"),
        ["blocker"],
        "the address comes first"
    );
}

#[test]
fn open_tickets_of_the_same_matter_are_shown_before_one_is_filed() {
    let test = TestSite::new();
    let kim = kim(&test);
    file(&kim, &[("field_summary", "Lift doors open too late in the morning")]);
    file(&kim, &[("field_summary", "Lift doors squeak")]);
    file(&kim, &[("field_summary", "Coffee is cold")]);
    kim.post_json("/demo/ticket/2", &json!({ "action": "resolve", "action_resolve_resolve_resolution": "fixed" }))
        .expect(201);
    test.catch_up();
    let found = kim.get("/demo/newticket/similar?summary=doors+of+the+lift+open+late").expect(200);
    assert_eq!(found.all("a"), ["#1 Lift doors open too late in the morning"]);
    assert_eq!(kim.get("/demo/newticket/similar?summary=Windows").all("a").len(), 0);
    assert_eq!(
        kim.get("/demo/newticket/similar?summary=%22(+OR+*").expect(200).all("a").len(),
        0,
        "no query, only words"
    );
    let preview = kim.submit("/demo/newticket", &[("field_summary", "Doors open late"), ("preview", "1")]).expect(200);
    assert_eq!(preview.all(".similar a"), ["#1 Lift doors open too late in the morning"]);
}

// Long conversations

#[test]
fn the_address_of_a_note_finds_its_page_however_long_the_conversation_is() {
    let test = TestSite::new();
    let kim = kim(&test).can("TICKET_NOTES");
    let ticket = file(&kim, &[]);
    let sql = |sql: &str| test.demo().db().write(|db| Ok(db.execute_batch(sql)?)).unwrap();
    sql("with recursive one(number) as (select 1 union all select number + 1 from one where number < 450)
         insert into ticket_change (ticket, number, author, changed_at, via, comment, acl)
             select 1, one.number, 1, filing.changed_at - 1000000000 + one.number * 1000, 'web', 'Number ' || one.number, 1
             from one, ticket_change as filing where filing.number = 0;
         update ticket set changes = 450");
    let note = |text: &str, after: i64| {
        kim.post_json(&ticket, &json!({ "comment": text, "internal": true })).expect(201);
        sql(&format!(
            "update ticket_note set written_at = (select changed_at + 1 from ticket_change where number = {after})
                 where text = '{text}'"
        ));
    };
    note("Early.", 3);
    note("In between, see note:1 and ticket:1#note:3.", 200);
    note("Late.", 450);
    kim.post_json(&ticket, &json!({ "comment": "Yes.", "replyto": "note:1" })).expect(201);

    for (number, page) in [(1, 1), (2, 1), (3, 3)] {
        let shown = kim.get(&format!("{ticket}?note={number}")).expect(200);
        assert_eq!(shown.all(&format!("[id='note:{number}']")).len(), 1, "note {number}");
        assert_eq!(shown.all("[data-comments] [aria-current=page]"), [["1–200", "201–400", "401–450"][page - 1]]);
    }
    let last = kim.get(&ticket).expect(200);
    let answered = last.attributes("[id='note:4'] .entry-head a[href*='note:1']", "href");
    assert_eq!(answered, [format!("{ticket}?note=1#note:1")]);
    let linked = kim.get(&format!("{ticket}?page=1")).expect(200).attributes("[id='note:2'] .text a", "href");
    assert_eq!(linked, [format!("{ticket}?note=1#note:1"), format!("{ticket}?note=3#note:3")]);
    assert_eq!(kim.get(&format!("{ticket}?replyto=note:1")).expect(200).all("[id='note:1']").len(), 1);
    // Who may read none is told nothing by the page that is shown.
    let lee = test.user("lee").member();
    for number in [1, 99] {
        let shown = lee.get(&format!("{ticket}?note={number}")).expect(200);
        assert_eq!(shown.all("[data-comments] [aria-current=page]"), ["401–450"]);
    }
}
