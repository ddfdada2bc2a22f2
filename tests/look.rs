//! Stories of what a project looks like: its logo, its colour, its footer.

use crate::support::answer::Answer;
use crate::support::form::multipart;
use crate::support::{Person, TestSite};
use rocket::http::Method;

const PAGE: &str = "/demo/admin/look";

/// A picture of 4 × 2 pixels.
const PNG: &[u8] =
    b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x04\0\0\0\x02\x08\x02\0\0\0\xf0\xca\xea\x34\0\0\0\0IEND\xaeB`\x82";

fn send(person: &Person<'_>, fields: &[(&str, &str)], logo: Option<&[u8]>) -> Answer {
    let page = person.get(PAGE).expect(200);
    let token = page.attributes("input[name=__FORM_TOKEN]", "value").remove(0);
    let mut all = vec![("__FORM_TOKEN", token.as_str())];
    all.extend_from_slice(fields);
    // As a browser sends it where no file was chosen.
    let files = [("logo", if logo.is_some() { "logo.png" } else { "" }, logo.unwrap_or_default())];
    let (content_type, body) = multipart(&all, &files);
    person.send(Method::Post, PAGE, &content_type, body)
}

#[test]
fn every_page_of_a_project_shows_its_logo_colour_and_footer() {
    let test = TestSite::public();
    let ada = test.admin("ada");
    let usual = ada.page("WikiStart");
    assert!(!usual.text().contains("look.css") && !usual.text().contains("/demo/logo"));
    let fields = [
        ("colour", "own"),
        ("accent", "#B00040"),
        ("footer", "Run by *us*. <script>alert(1)</script> See #1, [us](https://example.org/)."),
    ];
    send(&ada, &fields, Some(PNG)).expect(303);

    // Also where nobody is signed in, and on what is not there.
    for page in
        [ada.page("WikiStart"), test.anonymous().get("/demo/roadmap").expect(200), ada.get("/demo/nothing").expect(404)]
    {
        let footer = page.all(".foot-own").remove(0);
        assert_eq!(footer.trim(), "Run by us. <script>alert(1)</script> See #1, us.");
        assert_eq!(page.attributes(".foot-own a", "href"), ["https://example.org/"]);
        assert!(!page.text().contains("<script>alert"));
        assert_eq!(page.attributes(".home img", "width"), ["56"]);
    }
    let page = ada.page("WikiStart");
    let style = page.attributes("link[rel=stylesheet]", "href").remove(1);
    let style = test.anonymous().get(&style).expect(200);
    assert_eq!(style.header("Content-Type"), Some("text/css; charset=utf-8"));
    assert!(style.header("Cache-Control").unwrap().contains("immutable"));
    assert!(style.text().contains("--accent: light-dark(#b00040, "), "{}", style.text());
    let logo = page.attributes(".home img", "src").remove(0);
    assert_eq!(page.attributes("link[rel=icon]", "href"), std::slice::from_ref(&logo));
    let logo = test.anonymous().get(&logo).expect(200);
    assert_eq!((logo.header("Content-Type"), logo.body.as_slice()), (Some("image/png"), PNG));
    assert!(logo.header("Content-Security-Policy").unwrap().contains("sandbox"));

    // Other projects and pages of the site know nothing of it.
    test.project("other", true);
    for address in ["/other/roadmap", "/-/projects"] {
        let text = ada.get(address).expect(200).text();
        assert!(!text.contains("foot-own") && !text.contains("look.css"), "{address}");
    }
    ada.get("/other/logo").expect(404);
    ada.get("/other/look.css").expect(404);

    // And back to what is usual.
    send(&ada, &[("colour", "usual"), ("accent", "#b00040"), ("footer", ""), ("remove_logo", "1")], None).expect(303);
    let now = ada.page("WikiStart");
    assert_eq!(now.without_token(), usual.without_token());
    ada.get("/demo/logo").expect(404);
}

#[test]
fn what_can_be_no_look_is_refused_by_field_and_nothing_changes() {
    let test = TestSite::public();
    let ada = test.admin("ada");
    let svg: &[u8] = b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>";
    let html: &[u8] = b"\x89PNG\r\n\x1a\n<script>alert(1)</script>";
    let mut large = PNG.to_vec();
    large.resize(256 * 1024 + 1, 0);
    let mut wide = PNG.to_vec();
    wide[16..20].copy_from_slice(&70_000_u32.to_be_bytes());
    for (logo, why) in
        [(svg, "PNG, JPEG or WebP"), (html, "picture"), (&large, "256 KiB"), (&wide, "2048 pixels"), (b"", "picture")]
    {
        let refused = send(&ada, &[("accent", "red"), ("footer", "kept")], Some(logo)).expect(422);
        let problems = refused.problems();
        assert_eq!(problems.iter().map(|(field, _)| field.as_str()).collect::<Vec<_>>(), ["accent", "logo"]);
        assert!(problems[1].1.contains(why), "{problems:?}");
        assert!(refused.words().contains("kept"));
    }
    let many = vec![("footer", "words"); 600];
    assert_eq!(send(&ada, &many, None).status, 422);
    let long = "x".repeat(1001);
    let refused = send(&ada, &[("footer", &long)], None).expect(422);
    assert_eq!(refused.problems()[0].0, "footer");
    assert_eq!(ada.get("/demo/admin/look?format=json").json()["logo"], serde_json::Value::Null);
    assert_eq!(ada.get("/demo/admin/look?format=json").json()["footer"], "");

    // The same rules hold by every door.
    assert_eq!(test.command(&["setting", "set", "look.accent", "red", "--project", "demo"]).status, 1);
    assert_eq!(test.command(&["setting", "set", "look.footer", &long, "--project", "demo"]).status, 1);
    ada.post_json(PAGE, &serde_json::json!({ "accent": "red" })).expect(422);
    let member = test.user("kim").member();
    member.get(PAGE).expect(404);
    member.post_json(PAGE, &serde_json::json!({ "accent": "#112233" })).expect(404);
}

#[test]
fn programs_and_commands_set_it_and_the_log_tells() {
    let test = TestSite::public();
    let ada = test.admin("ada");
    let said = ada.post_json(PAGE, &serde_json::json!({ "accent": "#112233", "footer": "Ours" })).expect(200).json();
    assert_eq!((said["accent"].as_str(), said["footer"].as_str()), (Some("#112233"), Some("Ours")));
    let said = ada.post_json(PAGE, &serde_json::json!({ "accent": null })).expect(200).json();
    assert_eq!((said["accent"].as_str(), said["footer"].as_str()), (None, Some("Ours")));

    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("logo");
    std::fs::write(&file, PNG).unwrap();
    let set = test.command(&["project", "logo", "demo", file.to_str().unwrap()]).expect(0);
    assert_eq!(set.stdout, "PNG, 4 × 2, 45 B\n");
    assert_eq!(test.command(&["project", "logo", "demo"]).expect(0).stdout, set.stdout);
    assert_eq!(ada.get("/demo/logo").expect(200).body, PNG);
    std::fs::write(&file, "no picture").unwrap();
    assert_eq!(test.command(&["project", "logo", "demo", file.to_str().unwrap()]).status, 1);
    assert_eq!(test.command(&["project", "logo", "demo", "--remove"]).expect(0).stdout, "none\n");
    ada.get("/demo/logo").expect(404);

    let log = ada.get("/demo/admin/audit?kind=project.logo").expect(200).words();
    assert!(log.contains("PNG, 4 × 2, 45 B") && log.contains("none"), "{log}");
}

#[test]
fn a_new_project_looks_like_its_template() {
    let test = TestSite::public();
    let ada = test.admin("ada");
    send(&ada, &[("colour", "own"), ("accent", "#b00040"), ("footer", "Ours")], Some(PNG)).expect(303);
    test.command(&["project", "create", "next", "--from", "demo"]).expect(0);
    let look = ada.get("/next/admin/look?format=json").expect(200).json();
    assert_eq!((look["accent"].as_str(), look["footer"].as_str()), (Some("#b00040"), Some("Ours")));
    assert_eq!(ada.get("/next/logo").expect(200).body, PNG);
}

#[test]
fn the_places_of_the_top_bar_are_those_that_the_project_wants() {
    let test = TestSite::public();
    let ada = test.admin("ada");
    let bar = |person: &Person<'_>| {
        let page = person.get("/demo/roadmap").expect(200);
        page.all(".places a").into_iter().zip(page.attributes(".places a", "href")).collect::<Vec<_>>()
    };
    let keys: Vec<String> = bar(&ada).into_iter().map(|(_, href)| href.replace("/demo/", "")).collect();
    assert_eq!(keys, trackway::web::look::places::KEYS, "the keys are those of the places that there are");
    let places = "roadmap; query = Issues; Handbook = /wiki/Handbook; Chat = https://chat.example.org/?a=b";
    ada.submit(PAGE, &[("places", places)]).expect(303);
    let own = [
        ("Roadmap", "/demo/roadmap"),
        ("Issues", "/demo/query"),
        ("Handbook", "/demo/wiki/Handbook"),
        ("Chat", "https://chat.example.org/?a=b"),
    ];
    let own: Vec<(String, String)> = own.into_iter().map(|(name, href)| (name.to_owned(), href.to_owned())).collect();
    assert_eq!(bar(&test.anonymous()), own);
    assert_eq!(bar(&ada)[..4], own);
    assert_eq!(bar(&ada)[4].1, "/demo/admin");
    // What a reader may not use is not offered to them, whatever it is called.
    test.command(&["permission", "deny", "demo", "anonymous", "TICKET_VIEW"]).expect(0);
    assert!(!bar(&test.anonymous()).iter().any(|(name, _)| name == "Issues"));

    for bad in ["forum", "Chat = javascript:alert(1)", "Chat = //evil.example"] {
        let refused = ada.submit(PAGE, &[("places", bad)]).expect(422);
        assert_eq!(refused.problems()[0].0, "places");
        assert_eq!(refused.attributes("input[name=places]", "value"), [bad]);
        test.command(&["setting", "set", "look.places", bad, "--project", "demo"]).expect(1);
    }
    assert_eq!(bar(&ada).len(), 5);
    ada.submit(PAGE, &[("places", "")]).expect(303);
    assert_eq!(bar(&ada).len(), 6);
}
