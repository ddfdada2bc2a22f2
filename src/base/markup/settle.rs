//! Cuts sanitised HTML at its tokens into the parts of a [`Compiled`](super::Compiled), and is the last word on every link and image:
//! links to the outside say so, images from hosts that the site doesn't list become links.
//!
//! A hole may stand as text, as a block, or as a whole `href` or `src`. Anywhere else it becomes the author's plain text.

use std::collections::HashSet;

use percent_encoding::percent_decode_str;

use super::write::{Hole, MOST_HTML, TooMuch, Written, escape};
use super::{Call, Form, Heading, Html, Part, TextSettings, holes, macro_box};

pub(super) struct Settled {
    pub(super) parts: Vec<Part>,
    pub(super) forms: Vec<Form>,
    pub(super) calls: Vec<Call>,
    pub(super) outside: Vec<String>,
}

pub(super) fn settle(html: &str, written: &Written, settings: &TextSettings) -> Result<Settled, TooMuch> {
    let mut settler = Settler {
        written,
        settings,
        headings: written.outline.iter().map(|heading: &Heading| heading.id.as_str()).collect(),
        ids: own_ids(html),
        form_numbers: vec![None; written.forms.len()],
        call_numbers: vec![None; written.calls.len()],
        stack: Vec::new(),
        links: 0,
        code: 0,
        phrasing: 0,
        length: 0,
        seen: HashSet::new(),
        done: Settled { parts: Vec::new(), forms: Vec::new(), calls: Vec::new(), outside: Vec::new() },
    };
    let mut rest = html;
    while let Some(at) = rest.find('<') {
        settler.text(&rest[..at]);
        let end = tag_end(&rest[at..]);
        settler.tag(&rest[at..at + end]);
        rest = &rest[at + end..];
        if settler.length > MOST_HTML {
            return Err(TooMuch);
        }
    }
    settler.text(rest);
    Ok(settler.done)
}

/// The ids that authors gave to raw HTML.
fn own_ids(html: &str) -> HashSet<&str> {
    html.split(" id=\"user-").skip(1).filter_map(|rest| rest.split('"').next()).collect()
}

/// ammonia writes every attribute in double quotes.
fn tag_end(text: &str) -> usize {
    let mut quoted = false;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'"' => quoted = !quoted,
            b'>' if !quoted => return at + 1,
            _ => {}
        }
    }
    text.len()
}

const VOID: [&str; 5] = ["br", "hr", "img", "wbr", "col"];
/// Elements that may not hold a block.
const PHRASING: [&str; 34] = [
    "a", "abbr", "b", "bdi", "bdo", "caption", "cite", "code", "dfn", "dt", "em", "h1", "h2", "h3", "h4", "h5", "h6",
    "i", "kbd", "mark", "p", "pre", "q", "s", "samp", "small", "span", "strong", "sub", "summary", "sup", "u", "var",
    "wbr",
];

struct Open<'a> {
    name: &'a str,
    /// A link that has lost its address: only its content is shown.
    hollow: bool,
    /// The form of a link whose end becomes a part too.
    form: Option<usize>,
}

struct Settler<'a> {
    written: &'a Written,
    settings: &'a TextSettings,
    headings: HashSet<&'a str>,
    ids: HashSet<&'a str>,
    form_numbers: Vec<Option<usize>>,
    call_numbers: Vec<Option<usize>>,
    stack: Vec<Open<'a>>,
    links: usize,
    code: usize,
    phrasing: usize,
    length: usize,
    seen: HashSet<String>,
    done: Settled,
}

impl<'a> Settler<'a> {
    fn text(&mut self, text: &'a str) {
        for piece in holes::pieces(text) {
            match piece {
                holes::Piece::Text(text) => self.html(text),
                holes::Piece::Hole(number) => self.hole(number),
                holes::Piece::Place(_) | holes::Piece::Id => {}
            }
        }
    }

    fn hole(&mut self, number: usize) {
        let written = self.written;
        let plain = self.links > 0 || self.code > 0;
        match written.holes.get(number) {
            Some(Hole::Ready(html)) => self.marked(html),
            Some(Hole::Form(form)) if plain => self.escaped(&written.forms[*form].source),
            Some(Hole::Form(form)) => {
                let form = self.form(*form);
                self.done.parts.push(Part::Link(form));
            }
            Some(Hole::Call { call, .. }) if plain => self.escaped(&written.calls[*call].source),
            Some(Hole::Call { call, block }) => {
                if *block && self.phrasing > 0 {
                    let problem = "this macro must stand alone on its line";
                    let html = macro_box(&written.calls[*call].name, problem, false).into_string();
                    return self.html(&html);
                }
                let call = self.call(*call);
                self.done.parts.push(Part::Macro { call, block: *block });
            }
            Some(Hole::Box { name, problem, block }) => {
                let html = macro_box(name, problem, *block && self.phrasing == 0).into_string();
                self.html(&html);
            }
            None => {}
        }
    }

    fn tag(&mut self, tag: &'a str) {
        let inner = tag.trim_start_matches('<').trim_end_matches('>');
        if let Some(name) = inner.strip_prefix('/') {
            return self.end(name, tag);
        }
        let name = &inner[..inner.find(' ').unwrap_or(inner.len())];
        let mut form = None;
        let mut hollow = false;
        match name {
            "a" => {
                let attributes = attributes(&inner[name.len()..]);
                hollow = value(&attributes, "href").is_none() && value(&attributes, "id").is_none();
                if !hollow {
                    form = self.link(&attributes);
                }
            }
            "img" => return self.image(&attributes(&inner[name.len()..])),
            _ => self.marked(tag),
        }
        if !VOID.contains(&name) {
            if !hollow {
                self.count(name, 1);
            }
            self.stack.push(Open { name, hollow, form });
        }
    }

    fn end(&mut self, name: &str, tag: &'a str) {
        let Some(at) = self.stack.iter().rposition(|open| open.name == name) else { return };
        let mut last = None;
        while self.stack.len() > at {
            if let Some(open) = self.stack.pop() {
                if !open.hollow {
                    self.count(open.name, -1);
                }
                last = Some(open);
            }
        }
        match last {
            Some(Open { form: Some(form), .. }) => self.done.parts.push(Part::Close { form }),
            Some(Open { hollow: true, .. }) => {}
            _ => self.html(tag),
        }
    }

    fn count(&mut self, name: &str, by: isize) {
        let add = |count: &mut usize| *count = count.saturating_add_signed(by);
        if name == "a" {
            add(&mut self.links);
        }
        if name == "code" || name == "pre" {
            add(&mut self.code);
        }
        if PHRASING.contains(&name) {
            add(&mut self.phrasing);
        }
    }

    /// HTML in which only ids may hold a mark of ours.
    fn marked(&mut self, tag: &'a str) {
        for piece in holes::pieces(tag) {
            match piece {
                holes::Piece::Text(text) => self.html(text),
                holes::Piece::Id => self.done.parts.push(Part::Id),
                holes::Piece::Hole(_) | holes::Piece::Place(_) => {}
            }
        }
    }

    /// Writes the start of a link; answers its form if it has one.
    fn link(&mut self, attributes: &[(&'a str, &'a str)]) -> Option<usize> {
        let href = value(attributes, "href");
        if let Some(form) = href.and_then(|href| self.whole(href)) {
            let title = value(attributes, "title").map(unescaped);
            self.done.parts.push(Part::Open { form, title });
            return Some(form);
        }
        let address = href.map(unescaped);
        let outside = address.as_deref().is_some_and(|address| host(address).is_some());
        self.html("<a");
        for (name, value) in attributes {
            match *name {
                "href" => {
                    self.html(" href=\"");
                    self.href(value);
                    self.html("\"");
                }
                "class" if outside => {}
                _ => {
                    self.html(" ");
                    self.html(name);
                    self.html("=\"");
                    self.marked(value);
                    self.html("\"");
                }
            }
        }
        if outside {
            self.html(" class=\"external\" rel=\"nofollow noopener ugc\"");
            self.leaves(address.unwrap_or_default());
        }
        self.html(">");
        None
    }

    /// The address of a link; one to a part of this text gets the prefix of its ids.
    fn href(&mut self, value: &'a str) {
        let Some(part) = value.strip_prefix('#') else { return self.marked(value) };
        let unescaped = unescaped(part);
        let decoded = percent_decode_str(&unescaped).decode_utf8_lossy();
        if self.headings.contains(decoded.as_ref()) {
            self.html("#");
            self.done.parts.push(Part::Id);
            self.escaped(&decoded);
        } else if self.ids.contains(decoded.as_ref()) {
            self.html("#user-");
            self.escaped(&decoded);
        } else {
            self.marked(value);
        }
    }

    fn image(&mut self, attributes: &[(&'a str, &'a str)]) {
        let alt = value(attributes, "alt").map(unescaped).unwrap_or_default();
        let Some(source) = value(attributes, "src") else { return self.escaped(&alt) };
        if let Some(form) = self.whole(source) {
            let kept = attributes.iter().filter(|(name, _)| !matches!(*name, "src" | "alt"));
            let attributes = kept.map(|(name, value)| ((*name).to_owned(), unescaped(value))).collect();
            let linked = self.links > 0;
            self.done.parts.push(Part::Image { form, alt, attributes, linked });
            return;
        }
        let address = unescaped(source);
        if let Some(host) = host(&address) {
            self.leaves(address.clone());
            if !is_listed(&address, &host, self.settings) {
                let mut html = Html::default();
                let shown = if alt.is_empty() { &address } else { &alt };
                if self.links > 0 || !super::links::is_address(&address) {
                    html.text(shown);
                } else {
                    html.tag("<a class=\"external\" rel=\"nofollow noopener ugc\"").attribute("href", &address);
                    html.tag(">").text(shown).tag("</a>");
                }
                return self.html(html.as_str());
            }
        }
        self.html("<img");
        for (name, value) in attributes {
            self.html(" ");
            self.html(name);
            self.html("=\"");
            self.marked(value);
            self.html("\"");
        }
        self.html(if value(attributes, "alt").is_some() {
            " loading=\"lazy\">"
        } else {
            " alt=\"\" loading=\"lazy\">"
        });
    }

    /// The form whose token is the whole value.
    fn whole(&mut self, value: &str) -> Option<usize> {
        let mut pieces = holes::pieces(value);
        let (Some(holes::Piece::Hole(number)), None) = (pieces.next(), pieces.next()) else { return None };
        match self.written.holes.get(number) {
            Some(Hole::Form(form)) => Some(self.form(*form)),
            _ => None,
        }
    }

    /// The number under which a form is kept; forms that stand nowhere are not.
    fn form(&mut self, form: usize) -> usize {
        let next = self.done.forms.len();
        let number = *self.form_numbers[form].get_or_insert(next);
        if number == next {
            self.done.forms.push(self.written.forms[form].clone());
        }
        number
    }

    fn call(&mut self, call: usize) -> usize {
        let next = self.done.calls.len();
        let number = *self.call_numbers[call].get_or_insert(next);
        if number == next {
            self.done.calls.push(self.written.calls[call].clone());
        }
        number
    }

    fn leaves(&mut self, address: String) {
        if self.seen.insert(address.clone()) {
            self.done.outside.push(address);
        }
    }

    fn html(&mut self, html: &str) {
        self.length += html.len();
        match self.done.parts.last_mut() {
            Some(Part::Html(text)) => text.push_str(html),
            _ if html.is_empty() => {}
            _ => self.done.parts.push(Part::Html(html.to_owned())),
        }
    }

    fn escaped(&mut self, text: &str) {
        let mut html = String::with_capacity(text.len());
        escape(&mut html, text);
        self.html(&html);
    }
}

/// Whether images of that address may be shown in place. It must be written plainly: no port, no user, no backslash.
pub(super) fn is_listed(address: &str, host: &str, settings: &TextSettings) -> bool {
    let plain = ["https://", "http://"].iter().any(|scheme| {
        let rest = address.strip_prefix(scheme).and_then(|rest| rest.strip_prefix(host));
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?']))
    });
    plain && settings.image_hosts.iter().any(|listed| listed == host)
}

/// Name and escaped value of each attribute as ammonia writes them.
fn attributes(text: &str) -> Vec<(&str, &str)> {
    let mut attributes = Vec::new();
    let mut rest = text;
    while let Some((name, after)) = rest.split_once("=\"") {
        let Some((value, after)) = after.split_once('"') else { break };
        attributes.push((name.trim_start(), value));
        rest = after;
    }
    attributes
}

fn value<'a>(attributes: &[(&str, &'a str)], name: &str) -> Option<&'a str> {
    attributes.iter().find(|(known, _)| *known == name).map(|(_, value)| *value)
}

fn unescaped(value: &str) -> String {
    if !value.contains('&') {
        return value.to_owned();
    }
    value
        .replace("&nbsp;", "\u{A0}")
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&amp;", "&")
}

/// The host of an address that leads outside (empty where it has none, as in `mailto:`), read as browsers do: they strip
/// blanks and line breaks and take `\` for `/`.
pub(super) fn host(address: &str) -> Option<String> {
    // Nearly all links: a path from the root of this site. Whatever a browser strips, no second slash follows.
    if let [b'/', second, ..] = address.as_bytes()
        && !matches!(second, b'/' | b'\\' | b'\t' | b'\n' | b'\r')
    {
        return None;
    }
    let read: String =
        address.chars().filter(|c| !matches!(c, '\t' | '\n' | '\r')).map(|c| if c == '\\' { '/' } else { c }).collect();
    let read = read.trim_matches(|c: char| c <= ' ');
    let scheme = read.find(':').filter(|at| {
        read.as_bytes()[0].is_ascii_alphabetic()
            && read[..*at].bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
    });
    let rest = match scheme {
        Some(at) => {
            let web = read[..at].eq_ignore_ascii_case("http") || read[..at].eq_ignore_ascii_case("https");
            let rest = &read[at + 1..];
            if !web && !rest.starts_with("//") {
                return Some(String::new());
            }
            rest.trim_start_matches('/')
        }
        None => read.strip_prefix("//")?.trim_start_matches('/'),
    };
    let authority = &rest[..rest.find(['/', '?', '#']).unwrap_or(rest.len())];
    let host = authority.rsplit('@').next().unwrap_or_default();
    let host = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    Some(host.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_read_as_browsers_read_them() {
        let cases = [
            ("https://Example.org/x", Some("example.org")),
            ("//example.org:8080/x", Some("example.org")),
            (r"/\example.org/x", Some("example.org")),
            ("/\t/example.org", Some("example.org")),
            (" https:example.org", Some("example.org")),
            ("https://good.org@evil.org/", Some("evil.org")),
            ("mailto:kim@example.org", Some("")),
            ("/wiki/Page", None),
            ("./Sub:x", None),
            ("#part", None),
            ("?a=b:c", None),
            ("", None),
        ];
        for (address, expected) in cases {
            assert_eq!(host(address).as_deref(), expected, "{address:?}");
        }
    }
}
