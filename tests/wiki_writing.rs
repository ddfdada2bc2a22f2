//! Writing as it goes on every day: the preview shows what will be saved, many write one page at once and lose nothing,
//! those who do know of each other, and differences look as each of them likes.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use rocket::http::Method;
use serde_json::json;

use crate::support::{Person, TestSite, form, test_data};

const FORM: &str = "application/x-www-form-urlencoded";
const PAGE: &str = "/demo/wiki/Plan";

fn text(person: &Person<'_>) -> String {
    person.get(&format!("{PAGE}?format=txt")).expect(200).text()
}

fn send(person: &Person<'_>, form: &form::PageForm) -> crate::support::answer::Answer {
    person.send(Method::Post, &form.action, FORM, form.encoded().into_bytes())
}

// Preview

/// What a page shows of its text, without the pencils, which no preview has.
fn shown(person: &Person<'_>) -> String {
    let page = person.get(PAGE).expect(200).main();
    let begin = page.find("<article class=\"text\"").unwrap();
    let begin = begin + page[begin..].find('>').unwrap() + 1;
    let text = &page[begin..page.find("</article>").unwrap()];
    let mut parts = text.split("<a class=\"pencil\"");
    let mut bare = parts.next().unwrap_or_default().to_owned();
    parts.for_each(|part| bare.push_str(&part[part.find("</a>").unwrap() + 4..]));
    bare.trim().to_owned()
}

fn assert_previewed_as_saved(person: &Person<'_>, text: &str) {
    let preview = person.post_signed(&format!("{PAGE}?action=preview"), &[("text", text)]).expect(200).text();
    person.post_json(PAGE, &json!({ "text": text, "version": newest(person) })).expect(201);
    let (preview, saved) = (preview.trim(), shown(person));
    if preview != saved {
        let differs = preview.char_indices().zip(saved.chars()).find(|((_, one), other)| one != other);
        let at = differs.map_or(preview.len().min(saved.len()), |((at, _), _)| at);
        let near = |html: &str| html[at.saturating_sub(200)..].chars().take(600).collect::<String>();
        panic!("{text}\n\npreviewed as\n{}\n\nsaved as\n{}", near(preview), near(&saved));
    }
}

fn newest(person: &Person<'_>) -> i64 {
    person.get(&format!("{PAGE}?format=json")).expect(200).json()["version"].as_i64().unwrap()
}

fn gather(folder: &Path, texts: &mut Vec<String>) {
    let mut entries: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            gather(&path, texts);
        } else if path.extension().is_some_and(|extension| extension == "md") {
            texts.push(std::fs::read_to_string(&path).unwrap());
        }
    }
}

/// xorshift: the same texts on every run.
fn random(state: &mut u64, limit: usize) -> usize {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    (*state % limit as u64) as usize
}

#[test]
fn the_preview_is_the_saved_page() {
    let Some(folder) = test_data("markdown") else { return };
    let test = TestSite::new();
    let kim = test.user("kim").member();
    kim.save_page("Plan", "begun");
    let mut texts = Vec::new();
    gather(&folder, &mut texts);
    assert!(texts.len() > 50);
    for text in texts.iter().filter(|text| !text.trim().is_empty()).step_by(4).take(30) {
        assert_previewed_as_saved(&kim, text);
    }
}

#[test]
fn the_preview_of_any_text_is_the_saved_page() {
    const PIECES: [&str; 28] = [
        "# A\n\n",
        "## A\n\n",
        "[[PageOutline]]\n\n",
        "[[TitleIndex]]\n\n",
        "[[./Sub]] ",
        "[[Include(Other)]]\n\n",
        "#1 ",
        "- [ ] x\n",
        "> quote\n\n",
        "```rust\nfn a() {}\n```\n",
        "| a | b |\n|---|---|\n| c | d |\n\n",
        "[^1] ",
        "[^1]: note\n\n",
        "<b>",
        "</b>",
        "<div>\n\n",
        "</div>\n\n",
        "**",
        "`",
        "$x^2$ ",
        "[a](b) ",
        "![p](attachment:p.png) ",
        "\\",
        "!",
        "\n",
        "    ",
        "word ",
        "<!-- ",
    ];
    let test = TestSite::new();
    let kim = test.user("kim").member();
    kim.save_page("Other", "## A\n\nincluded [^1] #2\n\n[^1]: there\n");
    kim.save_page("Plan", "begun");
    let mut state = 0x9e37_79b9_7f4a_7c15;
    for number in 0..100 {
        let mut text = format!("{number} ");
        for _ in 0..=random(&mut state, 30) {
            text.push_str(PIECES[random(&mut state, PIECES.len())]);
        }
        assert_previewed_as_saved(&kim, &text);
    }
}

#[test]
fn a_page_of_a_mebibyte_is_written_read_and_edited() {
    let test = TestSite::new();
    let kim = test.user("kim").member();
    let mut body = String::new();
    for number in 0.. {
        let words = "Some *words*, and more of them. ".repeat(20);
        let part = format!("## Part {number}\n\n{words}[[Plan]]\n\n");
        if body.len() + part.len() > 1024 * 1024 {
            break;
        }
        body.push_str(&part);
    }
    kim.save_page("Plan", &body);
    let section = format!("{PAGE}?action=edit&section=part-900");
    assert_eq!(kim.get(&section).expect(200).all("textarea[name=text]").len(), 1);
    kim.submit(&section, &[("text", "## Part 900\n\nshort\n"), ("save", "1")]).expect(303);
    assert!(text(&kim).contains("## Part 900\n\nshort\n\n## Part 901"));
    kim.get(PAGE).expect(200);
    kim.get(&format!("{PAGE}?action=annotate")).expect(200);
}

// Many at once

#[test]
fn twenty_people_write_one_page_at_once_and_lose_nothing() {
    const PEOPLE: usize = 20;
    const ROUNDS: usize = 4;
    let test = TestSite::new();
    let people: Vec<_> = (0..PEOPLE).map(|number| test.user(&format!("writer{number}")).member()).collect();
    let parts: String = (0..PEOPLE / 2).map(|number| format!("## Part {number}\n\nbegin {number}\n\n")).collect();
    people[0].save_page("Plan", &parts);
    for round in 0..ROUNDS {
        // All of them have the editor open before the first one saves.
        let forms: Vec<_> = people.iter().enumerate().map(|(number, person)| typed(person, number, round)).collect();
        for (person, form) in people.iter().zip(forms) {
            saved_in_the_end(person, form);
        }
    }
    all_lines_saved(&people[0], PEOPLE, ROUNDS);

    // The same with everybody pressing the button at the same moment.
    let mut doors: Vec<TestSite> = people.iter().map(|_| test.another_door()).collect();
    for round in ROUNDS..2 * ROUNDS {
        let forms: Vec<_> = people.iter().enumerate().map(|(number, person)| typed(person, number, round)).collect();
        let all_ready = AtomicBool::new(false);
        std::thread::scope(|scope| {
            for ((person, form), door) in people.iter().zip(forms).zip(&mut doors) {
                let (login, session, all_ready) = (&person.login, person.session.clone(), &all_ready);
                scope.spawn(move || {
                    let person = Person::new(door, login, session);
                    while !all_ready.load(Ordering::Acquire) {
                        std::thread::yield_now();
                    }
                    saved_in_the_end(&person, form);
                });
            }
            all_ready.store(true, Ordering::Release);
        });
    }
    all_lines_saved(&people[0], PEOPLE, 2 * ROUNDS);
    assert_eq!(test.command(&["check", "demo"]).status, 0);
}

/// Each line of each person stands once.
fn all_lines_saved(person: &Person<'_>, people: usize, rounds: usize) {
    let saved = text(person);
    for number in 0..people {
        for round in 0..rounds {
            let line = format!("line {round} of {number}.");
            assert_eq!(saved.matches(&line).count(), 1, "{line}\n{saved}");
        }
    }
}

/// One more line in the editor. Two people share a section; every other round all edit the whole page instead.
fn typed(person: &Person<'_>, number: usize, round: usize) -> form::PageForm {
    let part = number / 2;
    let section = if round.is_multiple_of(2) { format!("&section=part-{part}") } else { String::new() };
    let mut form = person.form(&format!("{PAGE}?action=edit{section}"), &[("save", "1")]);
    let text = form.fields.iter().find(|(name, _)| name == "text").unwrap().1.clone();
    let heading = format!("## Part {part}\n");
    let typed = text.replacen(&heading, &format!("{heading}\nline {round} of {number}.\n"), 1);
    assert_ne!(typed, text);
    form.fill(&[("text", &typed)]);
    form
}

/// Whoever clashes with somebody keeps both texts.
fn saved_in_the_end(person: &Person<'_>, mut form: form::PageForm) {
    for _ in 0..20 {
        let answer = send(person, &form);
        if answer.status == 303 {
            return;
        }
        let page = answer.expect(409).text();
        let has = |form: &form::PageForm| form.names.iter().any(|name| name == "merge");
        form = form::post_forms(&page).into_iter().find(has).unwrap();
        form.fill(&[("save", "1")]);
    }
    panic!("{} never got through", person.login);
}

// Who else is there

#[test]
fn who_edits_a_page_hears_of_others_who_do() {
    let test = TestSite::public();
    let (kim, lee) = (test.user("kim").member(), test.user("lee").member());
    kim.save_page("Plan", "text");
    let note = |person: &Person<'_>| {
        let page = person.get(&format!("{PAGE}?action=edit")).expect(200);
        page.all("[data-others]:not([hidden]) [data-others-words]")
    };
    let editing = format!("{PAGE}?action=editing");
    let heard =
        |person: &Person<'_>, fields: &[(&str, &str)]| person.post_signed(&editing, fields).json()["others"].clone();
    assert!(note(&kim).is_empty());
    assert_eq!(heard(&kim, &[]), serde_json::Value::Null, "one is not told of oneself");
    assert_eq!(note(&lee), ["kim is editing this page, too."]);
    assert_eq!(heard(&lee, &[]), "kim is editing this page, too.");
    assert_eq!(heard(&kim, &[]), "lee is editing this page, too.");
    assert!(!kim.get(PAGE).text().contains("lee is editing"), "only who writes is told");
    heard(&lee, &[("gone", "1")]);
    assert_eq!(heard(&kim, &[]), serde_json::Value::Null);
    heard(&lee, &[]);
    lee.submit(&format!("{PAGE}?action=edit"), &[("text", "new"), ("save", "1")]).expect(303);
    assert_eq!(heard(&kim, &[]), serde_json::Value::Null, "who has saved is done");
    test.user("mia").member().get(&format!("{PAGE}?action=edit")).expect(200);
    assert_eq!(
        heard(&kim, &[]),
        "mia is editing this page, too.",
        "who has opened the editor, with or without scripts"
    );
}

// Differences

#[test]
fn differences_are_drawn_as_each_reader_likes_and_remembered_for_the_session() {
    let test = TestSite::public();
    let kim = test.user("kim").member();
    kim.save_page("Plan", "One word\n\nkept\n\nblanks  here\n");
    kim.save_page("Plan", "one word\n\nkept\n\nblanks here\n");
    let difference = format!("{PAGE}?action=diff");
    let usual = kim.get(&difference).expect(200);
    assert_eq!(usual.all("table.diff.side ins").len(), 2, "{}", usual.main());
    assert!(kim.get(&format!("{difference}&words=no")).expect(200).all("table.diff ins").is_empty());
    let case = kim.get(&format!("{difference}&case=1")).expect(200);
    assert_eq!(case.all("table.diff tr.changed").len(), 1);
    let same = kim.get(&format!("{difference}&case=1&blanks=1")).expect(200);
    assert!(same.words().contains("ignored at present"), "{}", same.words());
    let chosen = kim.get(&format!("{difference}&style=inline&context=1&blanks=1&words=no")).expect(200);
    let cookie = chosen.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("set-cookie")).unwrap().1.clone();
    assert!(cookie.starts_with("trackway_diff=inline.1.bl;") && !cookie.contains("Max-Age"), "{cookie}");
    let value = cookie.split(['=', ';']).nth(1).unwrap().to_owned();
    let cookies = [("trackway", kim.session.clone().unwrap()), ("trackway_diff", value)];
    let request = cookies.into_iter().fold(test.client.get(&difference), |request, cookie| request.cookie(cookie));
    let again = request.dispatch().into_string().unwrap();
    assert!(again.contains("<table class=\"diff inline\">"), "{again}");
    assert!(again.contains("<option value=\"1\" selected>1 line</option>"), "{again}");
    assert!(
        again.contains(&format!("{PAGE}?action=diff&amp;style=side&amp;context=1&amp;blanks=1&amp;words=no")),
        "{again}"
    );
    let stranger = test.anonymous().get(&format!("{difference}&style=inline")).expect(200);
    assert!(stranger.header("Set-Cookie").is_none(), "reading sets no cookie for who is not signed in");
    kim.get(&format!("{difference}&style=nonsense")).expect(422);
}

#[test]
fn pages_take_the_whole_width_for_who_wants_that() {
    let test = TestSite::public();
    let kim = test.user("kim").member();
    kim.save_page("Plan", "text");
    let is_wide = |person: &Person<'_>| !person.get(PAGE).attributes("html[data-width=full]", "lang").is_empty();
    assert!(!is_wide(&kim));
    kim.submit("/-/account", &[("full_width", "1"), ("theme", "auto")]).expect(303);
    assert!(is_wide(&kim) && !is_wide(&test.anonymous()));
}
