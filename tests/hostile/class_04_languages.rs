//! Class 4, through other languages: diagrams, formulas, tables, code and what texts take in from elsewhere. Each is drawn into
//! known elements, or in a frame that reaches nothing.

use super::{judged, nothing_in};
use crate::markup::hostile::PAYLOADS;
use crate::support::TestSite;
use crate::support::work_tree::TestRepository;

/// Where a payload stands in a source; `$` is its place.
const SOURCES: &[&str] = &[
    "```pikchr\nbox \"$\" color 0\n```",
    "```pikchr\n$\n```",
    "```pikchr\nbox \"<svg onload=alert(1)>\" fill $\n```",
    "```pikchr\nprint \"$\"; line from 0,0 to 1,1 \"$\" above\n```",
    "```mermaid\ngraph TD; A[\"$\"] --> B; click A href \"javascript:alert(1)\"\n```",
    "```mermaid\n%%{init: {\"securityLevel\":\"loose\",\"themeCSS\":\"$\"}}%%\ngraph TD; A-->B\n```",
    "```math\n$\n```",
    "$$\\text{$}$$",
    "$$\\href{javascript:alert(1)}{$} \\unicode{x3c} \\htmlClass{$}{x} \\includegraphics{$}$$",
    "```csv\n$,b\n=cmd|x,\"$\"\n```",
    "```diff\n--- a/$\n+++ b/$\n@@ -1 +1 @@\n-$\n+$\n```",
    "```html linenos=$ mark=$\n$\n```",
    "[[Include($)]]",
    "[[Include(../../etc/passwd)]] [[Include(/etc/passwd)]] [[Include(file:///etc/passwd)]] $",
    "[[Code($)]] [[Code(../../etc/passwd)]] [[Code(src/main.rs@$#L1-L2)]]",
    "[[Image($)]] [[Image(https://evil.example/$)]] [[Image(x.png, link=$, title=$, alt=$, width=$)]]",
    "[[TicketQuery($)]] [[TicketQuery(summary=$, format=table, col=$)]]",
    "[[Chart($)]] [[Progress($)]] [[Milestone($)]] [[Roadmap(show=$)]] [[Timeline($)]] [[Commits(limit=$)]]",
    "[[TitleIndex($)]] [[RecentChanges($)]] [[PageOutline(1-3, title=$)]] [[Backlinks($)]] [[Span($)]] [[Div($)]]",
    "::: $ {onclick=alert(1)}\n$\n:::",
    "{{constructor.constructor('alert(1)')()}} {% raw %} {{ layout.form_token }} ${alert(1)} <%= 1 %> $",
    "---\ntitle: $\ntags: [$]\naliases: [$]\n---\ntext",
    ":$: *[$]: $\n\n$",
];

#[test]
fn sources_of_every_language() {
    let test = TestSite::new();
    let kim = test.admin("kim");
    let repository = TestRepository::new();
    repository.write("src/main.rs", "<script>alert(1)</script>\n</code></pre><img src=x onerror=alert(1)>\n");
    repository.commit("Begin");
    test.connect(&repository.path(), "code");
    test.take_in_history();
    kim.save_page("Templates", "{{constructor}}");
    let mut complaints = Vec::new();
    for (number, source) in SOURCES.iter().enumerate() {
        for (at, some) in PAYLOADS.chunks(PAYLOADS.len() / 8).enumerate() {
            // One line each, so that all of them are within the source.
            let written = some.iter().map(|payload| source.replace('$', &payload.replace(['\n', '\r'], " ")));
            let text = written.collect::<Vec<_>>().join("\n\n");
            judged(&mut complaints, &kim.post_signed("/demo/wiki/Plan?action=preview", &[("text", &text)]));
            if at == 0 {
                // A page of its own; what says nonsense of itself is not saved.
                let page = format!("/demo/wiki/Plan{number}");
                let fields = [("action", "edit"), ("text", text.as_str()), ("version", "0"), ("save", "1")];
                judged(&mut complaints, &kim.post_signed(&page, &fields));
                judged(&mut complaints, &kim.get(&page));
                judged(&mut complaints, &kim.get(&format!("{page}?action=print")));
            }
        }
    }
    kim.save_page("Plan", "[[Code(src/main.rs)]]\n\n{{ layout.form_token }}");
    let page = kim.page("Plan");
    judged(&mut complaints, &page);
    assert!(page.text().contains("{{ layout.form_token }}"), "texts are no templates");
    nothing_in(&complaints);
}

#[test]
fn the_frame_of_diagrams_reaches_nothing() {
    let test = TestSite::new();
    let frame = test.anonymous().get("/-/static/any/diagram.html").expect(200);
    let policy = frame.header("Content-Security-Policy").unwrap();
    let parts: Vec<&str> = policy.split(';').map(str::trim).collect();
    assert!(parts.contains(&"sandbox allow-scripts") && parts.contains(&"default-src 'none'"), "{policy}");
    for part in ["connect-src", "frame-src", "allow-same-origin", "unsafe-eval", "http", "*"] {
        assert!(!policy.contains(part), "{policy}");
    }
    assert!(frame.text().contains("<script src=\"diagram.js\">"));
    for (file, sharing) in
        [("mermaid.min.js", "cross-origin"), ("diagram.js", "cross-origin"), ("editor.js", "same-origin")]
    {
        let script = test.anonymous().get(&format!("/-/static/any/{file}")).expect(200);
        assert_eq!(script.header("Cross-Origin-Resource-Policy"), Some(sharing), "{file}");
    }
}
