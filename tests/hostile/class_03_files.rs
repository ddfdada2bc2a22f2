//! Class 3, through files: whatever somebody attaches or commits, under whatever name and whatever type the request claims, a
//! browser saves it or shows it where it can do nothing.

use rocket::http::Method;

use super::{judged, nothing_in};
use crate::support::TestSite;
use crate::support::answer::Answer;
use crate::support::work_tree::TestRepository;

const ACTIVE: &[(&str, &[u8])] = &[
    ("page.html", b"<!doctype html><script>alert(1)</script>"),
    ("page.HTM", b"<script>alert(1)</script>"),
    ("page.xhtml", b"<html xmlns='http://www.w3.org/1999/xhtml'><script>alert(1)</script></html>"),
    ("page.shtml", b"<script>alert(1)</script>"),
    ("page.mhtml", b"MIME-Version: 1.0\r\nContent-Type: text/html\r\n\r\n<script>alert(1)</script>"),
    ("page.mht", b"Content-Type: multipart/related; boundary=x\r\n\r\n--x\r\nContent-Type: text/html\r\n\r\n<script>alert(1)</script>"),
    ("drawing.svg", b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'><script>alert(1)</script></svg>"),
    ("drawing.svgz", b"\x1f\x8b\x08\0"),
    ("data.xml", b"<?xml version='1.0'?><?xml-stylesheet type='text/xsl' href='#x'?><x><script xmlns='http://www.w3.org/1999/xhtml'>alert(1)</script></x>"),
    ("style.xsl", b"<xsl:stylesheet xmlns:xsl='http://www.w3.org/1999/XSL/Transform'/>"),
    ("feed.rss", b"<rss><script xmlns='http://www.w3.org/1999/xhtml'>alert(1)</script></rss>"),
    ("feed.atom", b"<feed/>"),
    ("script.js", b"alert(1)"),
    ("script.mjs", b"alert(1)"),
    ("worker.json", b"{\"a\":\"<script>alert(1)</script>\"}"),
    ("style.css", b"body{background:url(https://evil.example/)}"),
    ("paper.pdf", b"%PDF-1.7\n1 0 obj<</OpenAction<</S/JavaScript/JS(app.alert(1))>>>>endobj"),
    ("movie.swf", b"CWS\x0a"),
    ("applet.jar", b"PK\x03\x04"),
    ("note.ipynb", b"{\"cells\":[{\"output_type\":\"display_data\",\"data\":{\"text/html\":\"<script>alert(1)</script>\"}}]}"),
    ("link.url", b"[InternetShortcut]\nURL=javascript:alert(1)"),
    ("help.chm", b"ITSF"),
    ("component.htc", b"<public:attach event='onload'/>"),
    ("cache.appcache", b"CACHE MANIFEST"),
    ("site.webmanifest", b"{}"),
    ("module.wasm", b"\0asm\x01\0\0\0"),
    ("picture.png", b"<script>alert(1)</script>"),
    ("picture.gif", b"GIF89a/*<svg onload=alert(1)>*/=1;alert(1)"),
    ("picture.jpg", b"\xff\xd8\xff<script>alert(1)</script>"),
    ("picture.webp", b"RIFF\0\0\0\0WEBP<script>alert(1)</script>"),
    ("table.csv", b"=cmd|' /C calc'!A0,<img src=x onerror=alert(1)>"),
    ("text.txt", b"<script>alert(1)</script>"),
    ("text.md", b"<script>alert(1)</script>[x](javascript:alert(1))"),
    ("change.diff", b"--- a\n+++ b\n@@ -1 +1 @@\n-<script>alert(1)</script>\n+<img src=x onerror=alert(1)>\n"),
    ("utf7.txt", b"+ADw-script+AD4-alert(1)+ADw-/script+AD4-"),
    ("utf16", b"\xff\xfe<\0s\0c\0r\0i\0p\0t\0>\0"),
    ("none", b"<script>alert(1)</script>"),
    ("double.png.html", b"<script>alert(1)</script>"),
    ("double.html.unknown", b"<script>alert(1)</script>"),
];
/// What a browser may open in place: pictures without scripts, and plain text.
const OPENED: &[&str] = &["image/png", "image/jpeg", "image/gif", "image/webp", "image/avif", "text/plain"];
/// Types that a request may claim its file to have.
const CLAIMED: &[&str] =
    &["text/html", "image/svg+xml", "application/xhtml+xml", "image/png", "text/html\"><script>alert(1)</script>"];

/// What is wrong with how the bytes of a file are sent.
pub fn danger(answer: &Answer) -> Option<String> {
    let header = |name: &str| answer.header(name).unwrap_or_default().to_owned();
    let (kind, shown) = (header("Content-Type"), header("Content-Disposition"));
    let kind = kind.split(';').next().unwrap_or_default();
    if answer.status != 200 {
        return Some(format!("answers {}", answer.status));
    }
    if header("X-Content-Type-Options") != "nosniff" {
        return Some("may be guessed".to_owned());
    }
    if header("Content-Security-Policy") != "sandbox; default-src 'none'" {
        return Some(format!("may do what {:?} lets it", header("Content-Security-Policy")));
    }
    if shown.chars().any(char::is_control) || !(shown.starts_with("inline") || shown.starts_with("attachment")) {
        return Some(format!("is to be treated as {shown:?}"));
    }
    if shown.starts_with("inline") && !OPENED.contains(&kind) {
        return Some(format!("is opened as {kind}"));
    }
    let active = [
        "html", "svg", "xml", "javascript", "ecmascript", "css", "mhtml", "rfc822", "multipart", "xslt", "flash",
        "java-archive",
    ];
    active.iter().find(|part| kind.contains(**part) && !kind.contains("openxml")).map(|_| format!("is sent as {kind}"))
}

#[test]
fn attached() {
    let test = TestSite::new();
    let kim = test.admin("kim");
    kim.save_page("Plan", "words");
    let list = "/demo/attachment/wiki/Plan/";
    let form = kim.form(list, &[("attachment", "")]);
    let mut complaints = Vec::new();
    for (at, (name, bytes)) in ACTIVE.iter().enumerate() {
        let mut body = Vec::new();
        let mut part = |head: &str, bytes: &[u8]| {
            body.extend(format!("--line\r\nContent-Disposition: form-data; {head}\r\n\r\n").bytes());
            body.extend(bytes);
            body.extend(b"\r\n");
        };
        for (field, value) in form.fields.iter().filter(|(field, _)| field != "attachment") {
            part(&format!("name=\"{field}\""), value.as_bytes());
        }
        let claimed = CLAIMED[at % CLAIMED.len()];
        part(&format!("name=\"attachment\"; filename=\"{name}\"\r\nContent-Type: {claimed}"), bytes);
        body.extend(b"--line--\r\n");
        let sent = kim.send(Method::Post, &form.action, "multipart/form-data; boundary=line", body);
        judged(&mut complaints, &sent);
        if sent.status != 303 {
            continue;
        }
        let raw = format!("/demo/raw-attachment/wiki/Plan/{name}");
        for address in
            [raw.clone(), format!("{raw}?version=1"), format!("{raw}?format=html"), format!("{raw}?as=text/html")]
        {
            let answer = kim.clone().with_header("Sec-Fetch-Dest", "document").get(&address);
            complaints.extend(danger(&answer).map(|problem| format!("{}: {problem}", answer.asked)));
        }
        judged(&mut complaints, &kim.get(&format!("/demo/attachment/wiki/Plan/{name}")));
    }
    let text: String =
        ACTIVE.iter().map(|(name, _)| format!("[[Image({name})]] [[{name}]] ![x](attachment:{name})\n\n")).collect();
    kim.save_page("Plan", &text);
    for address in ["/demo/wiki/Plan", list, "/demo/wiki/Plan?action=print"] {
        judged(&mut complaints, &kim.get(address));
    }
    let archive = kim.get("/demo/zip-attachment/wiki/Plan/");
    assert_eq!(archive.header("Content-Type"), Some("application/zip"));
    assert!(archive.header("Content-Disposition").is_some_and(|shown| shown.starts_with("attachment")));
    nothing_in(&complaints);
}

#[test]
fn committed() {
    let test = TestSite::new();
    let kim = test.admin("kim");
    let repository = TestRepository::new();
    for (name, bytes) in ACTIVE {
        repository.write(name, bytes);
    }
    let commit = repository.commit("All of them");
    test.connect(&repository.path(), "code");
    test.take_in_history();
    let mut complaints = Vec::new();
    for (name, _) in ACTIVE {
        for address in [
            format!("/demo/export/{commit}/{name}"),
            format!("/demo/browser/{name}?format=raw"),
            format!("/demo/browser/{name}?format=txt"),
        ] {
            let answer = kim.get(&address);
            complaints.extend(danger(&answer).map(|problem| format!("{}: {problem}", answer.asked)));
        }
        for address in [format!("/demo/browser/{name}"), format!("/demo/browser/{name}?annotate=blame")] {
            judged(&mut complaints, &kim.get(&address));
        }
    }
    judged(&mut complaints, &kim.get(&format!("/demo/changeset/{commit}")));
    nothing_in(&complaints);
}
