//! Class 1, through texts: every payload in every field that holds a text, seen wherever that text is shown, previewed and
//! fed. What Markdown makes of each payload in each place of a text is the matter of `markup::hostile`.

use serde_json::json;
use trackway::base::event::Via;
use trackway::base::project::Act;
use trackway::ticket::options_edit::{self, Wish};
use trackway::ticket::{own_fields_edit, own_fields_wish};

use super::{judged, nothing_in};
use crate::markup::hostile::PAYLOADS;
use crate::support::answer::Answer;
use crate::support::work_tree::TestRepository;
use crate::support::{Person, TestSite};

/// Payloads that are tried together.
const AT_ONCE: usize = 12;

/// Texts of several lines, each with some of the payloads, and the same as one line.
fn texts() -> Vec<(String, String)> {
    let one_line = |payload: &&str| payload.replace(|c: char| c.is_control(), " ");
    PAYLOADS
        .chunks(AT_ONCE)
        .map(|some| {
            (some.join("\n\n"), some.iter().map(one_line).collect::<Vec<_>>().join(" ").chars().take(240).collect())
        })
        .collect()
}

/// Sees what is at these addresses, and judges what was sent before as well.
fn look(complaints: &mut Vec<String>, person: &Person<'_>, sent: Answer, addresses: &[&str]) {
    judged(complaints, &sent);
    for address in addresses {
        judged(complaints, &person.get(address));
    }
}

#[test]
fn pages_and_what_is_said_about_them() {
    let test = TestSite::new();
    let kim = test.admin("kim");
    let mut complaints = Vec::new();
    for (at, (text, line)) in texts().into_iter().enumerate() {
        let page = format!("/demo/wiki/Page{at}");
        let save = |version: &str, text: &str| {
            let fields = [("action", "edit"), ("text", text), ("comment", &line), ("version", version), ("save", "1")];
            kim.post_signed(&page, &fields)
        };
        let first = save("0", "before");
        look(&mut complaints, &kim, first, &[]);
        let saved = save("1", &text);
        assert_eq!(saved.status, 303, "{}", saved.text());
        let of = |rest: &str| format!("{page}{rest}");
        let seen = [
            "", "?action=edit", "?action=history", "?action=diff&version=2", "?action=print", "?version=2",
            "?action=history&format=atom", "?action=annotate",
        ]
        .map(of);
        look(&mut complaints, &kim, saved, &seen.each_ref().map(String::as_str));
        let preview = kim.post_signed(&of("?action=preview"), &[("text", &text)]);
        look(&mut complaints, &kim, preview, &[]);
        let refused = kim.post_signed(
            &page,
            &[("action", "edit"), ("text", &text), ("comment", &text), ("version", "99"), ("save", "1")],
        );
        look(&mut complaints, &kim, refused, &[]);

        let said = kim.post_json(&of("?action=discussion"), &json!({ "comment": text, "quote": line }));
        look(&mut complaints, &kim, said, &[]);
        let said = kim.post_json(&of("?action=discussion"), &json!({ "comment": text })).expect(201);
        let asked = format!("?action=discussion&quote={0}&heading={0}", super::class_05_echoes::encoded(&line));
        let seen = ["?action=discussion", "?action=discussion&format=atom", &asked].map(of);
        look(&mut complaints, &kim, said, &seen.each_ref().map(String::as_str));
        let suggestion = kim.post_json(
            &of("?action=suggest"),
            &json!({ "text": format!("{text}\n\nmore"), "version": 2, "comment": line }),
        );
        assert_eq!(suggestion.status, 201, "{}", suggestion.text());
        let one = format!("/demo/suggestion/{}", at + 1);
        kim.post_json(&format!("{one}/answer"), &json!({ "comment": text })).expect(201);
        let declined = kim.post_signed(&format!("{one}/decline"), &[("reason", &line)]);
        look(&mut complaints, &kim, declined, &[&one]);
    }
    test.catch_up();
    for address in [
        "/demo/timeline", "/demo/timeline?format=atom", "/demo/suggestions", "/demo/suggestions?by=me",
        "/demo/discussions", "/demo/search?q=alert", "/demo/wiki?action=index", "/demo/wiki?format=atom", "/demo/home",
    ] {
        judged(&mut complaints, &kim.get(address));
    }
    nothing_in(&complaints);
}

#[test]
fn tickets_with_all_that_is_written_on_them() {
    let test = TestSite::new();
    let kim = test.admin("kim").can("TICKET_ADMIN").can("TICKET_NOTES");
    let (demo, operator) = (test.demo(), test.operator());
    let by = Act::new(&operator, Via::Command);
    let desk = own_fields_edit::Desk { site: &test.site, project: &demo, viewer: &operator };
    for (name, kind, format) in [("line", "text", "plain"), ("wording", "text", "wiki"), ("story", "textarea", "wiki")]
    {
        let text = |text: &str| Some(text.to_owned());
        let wish =
            own_fields_wish::Wish { label: text(name), kind: text(kind), format: text(format), ..Default::default() };
        desk.save(by, name, &wish).unwrap();
    }
    let mut complaints = Vec::new();
    for (at, (text, line)) in texts().into_iter().enumerate() {
        let filed = kim.post_signed(
            "/demo/newticket",
            &[
                ("field_summary", &line),
                ("field_description", &text),
                ("field_keywords", &line),
                ("field_line", &line),
                ("field_wording", &line),
                ("field_story", &text),
                ("submit", "1"),
            ],
        );
        assert_eq!(filed.status, 303, "{}", filed.text());
        let ticket = format!("/demo/ticket/{}", at + 1);
        look(&mut complaints, &kim, filed, &[]);
        let body =
            json!({ "comment": text, "summary": format!("{line} again"), "description": format!("{text}\n\nmore") });
        kim.post_json(&ticket, &body).expect(201);
        kim.post_json(&ticket, &json!({ "comment": text, "internal": true })).expect(201);
        let edited = kim.post_signed(
            &format!("{ticket}/comment/1"),
            &[("edited_comment", "other"), ("version", "0"), ("save", "1")],
        );
        let of = |rest: &str| format!("{ticket}{rest}");
        let seen = [
            "",
            "?action=history",
            "?action=diff&version=1",
            "?format=csv",
            "?format=json",
            "?action=comment-edit&comment=1",
            "?action=comment-history&comment=1",
        ]
        .map(of);
        look(&mut complaints, &kim, edited, &seen.each_ref().map(String::as_str));
        let previewed = [
            ("field_summary", line.as_str()),
            ("field_description", &text),
            ("field_wording", &line),
            ("preview", "1"),
        ];
        look(&mut complaints, &kim, kim.post_signed("/demo/newticket", &previewed), &[]);
        let refused = kim.post_signed(
            &ticket,
            &[("comment", &text), ("field_owner", &line), ("field_milestone", &line), ("submit", "1")],
        );
        look(&mut complaints, &kim, refused, &[]);
        let reminder = kim.post_signed(&format!("{ticket}/reminder"), &[("due", "2999-12-24"), ("text", &line)]);
        look(&mut complaints, &kim, reminder, &[]);
    }
    test.catch_up();
    for address in [
        "/demo/query?status=!closed&col=id&col=summary&col=description&col=line&col=wording&col=story&row=description",
        "/demo/query?format=csv",
        "/demo/query?format=rss",
        "/demo/timeline?ticket_details=on",
        "/demo/timeline?format=atom",
        "/demo/home",
        "/demo/search?q=alert",
        "/demo/-/reminders",
        "/demo/reminders",
    ] {
        judged(&mut complaints, &kim.get(address));
    }
    nothing_in(&complaints);
}

#[test]
fn descriptions_of_everything_else() {
    let test = TestSite::new();
    let kim = test.admin("kim");
    let (demo, operator) = (test.demo(), test.operator());
    kim.save_page("Plan", "text");
    let mut complaints = Vec::new();
    for (at, (text, line)) in texts().into_iter().enumerate() {
        let name = format!("M{at}");
        let made = kim.post_signed("/demo/milestone?action=new", &[("name", &name), ("description", &text)]);
        look(
            &mut complaints,
            &kim,
            made,
            &[&format!("/demo/milestone/{name}"), &format!("/demo/milestone/{name}?action=edit")],
        );
        let preview = kim.post_signed("/demo/milestone?action=preview", &[("description", &text)]);
        look(&mut complaints, &kim, preview, &[]);
        let report =
            kim.post_json("/demo/report", &json!({ "title": line, "description": text, "query": "?status=new" }));
        look(
            &mut complaints,
            &kim,
            report,
            &[&format!("/demo/report/{}", at + 1), &format!("/demo/report/{}?action=edit", at + 1)],
        );
        for kind in ["component", "version"] {
            let wish = Wish { name: Some(&name), description: Some(&line), ..Wish::default() };
            // What is too long or of several lines is refused.
            options_edit::create(&test.site, &demo, Act::new(&operator, Via::Command), kind, &wish).ok();
        }
        for kind in ["replies", "templates"] {
            let sent = kim.post_signed(
                &format!("/demo/admin/ticket/{kind}"),
                &[("name", &name), ("text", &text), ("summary", &line), ("act", "add")],
            );
            look(&mut complaints, &kim, sent, &[]);
        }
        let form = kim.form("/demo/attachment/wiki/Plan/", &[("attachment", "")]);
        let fields: Vec<(&str, &str)> = form
            .fields
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .filter(|(name, _)| !matches!(*name, "attachment" | "description"))
            .chain([("description", line.as_str())])
            .collect();
        let (kind, body) =
            crate::support::form::multipart(&fields, &[("attachment", &format!("{name}.txt"), text.as_bytes())]);
        let sent = kim.send(rocket::http::Method::Post, &form.action, &kind, body);
        look(&mut complaints, &kim, sent, &[&format!("/demo/attachment/wiki/Plan/{name}.txt")]);
    }
    for address in [
        "/demo/roadmap",
        "/demo/roadmap?format=ics",
        "/demo/report",
        "/demo/attachment/wiki/Plan/",
        "/demo/wiki/Plan",
        "/demo/admin/ticket/components",
        "/demo/admin/ticket/versions",
        "/demo/admin/ticket/replies",
        "/demo/admin/ticket/templates",
        "/demo/newticket",
        "/demo/admin/ticket/milestones",
    ] {
        judged(&mut complaints, &kim.get(address));
    }
    nothing_in(&complaints);
}

#[test]
fn messages_of_commits_and_files_of_a_repository() {
    let test = TestSite::new();
    let kim = test.admin("kim");
    let repository = TestRepository::new();
    let mut commits = Vec::new();
    for (at, (text, line)) in texts().into_iter().enumerate() {
        let text = text.replace('\0', "");
        let (page, source) = (format!("page{at}.md"), format!("source{at}.html"));
        repository.write(&page, &text).write(&source, &text).write("README.md", &text);
        commits.push(repository.commit(&format!("{line}\n\n{text}").replace('\0', "")));
    }
    test.connect(&repository.path(), "code");
    test.take_in_history();
    test.catch_up();
    let mut complaints = Vec::new();
    for (at, commit) in commits.iter().enumerate() {
        for address in [
            format!("/demo/changeset/{commit}"),
            format!("/demo/browser/page{at}.md"),
            format!("/demo/browser/page{at}.md?as=source"),
            format!("/demo/browser/source{at}.html"),
            format!("/demo/browser/source{at}.html?annotate=blame"),
            format!("/demo/browser?rev={commit}"),
            format!("/demo/export/{commit}/source{at}.html"),
            format!("/demo/changeset/{commit}?format=diff"),
        ] {
            judged(&mut complaints, &kim.get(&address));
        }
    }
    for address in [
        "/demo/log", "/demo/log?verbose=on", "/demo/log?format=atom", "/demo/log?format=changelog", "/demo/timeline",
        "/demo/search?q=alert", "/demo/browser",
    ] {
        judged(&mut complaints, &kim.get(address));
    }
    nothing_in(&complaints);
}
