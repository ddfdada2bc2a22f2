//! From source to [`Compiled`], in bounded work whatever the source.

use std::borrow::Cow;

use pulldown_cmark::{Event, Parser, Tag};

use super::front::without_front;
use super::links::Grammar;
use super::write::{Events, Hole, Setting, TooMuch, Written};
use super::{
    Compiled, Flavour, Options, Part, Vocabulary, containers, holes, macro_box, sanitise, scan, settle, write,
};
use crate::base::error::{Error, Result};

/// To be raised whenever the same text would give another result; part of the cache's key.
pub const COMPILER_VERSION: u32 = 10;

/// Bytes of the longest text that is read (DESIGN 11).
pub const MAX_TEXT: usize = 1 << 20;

/// More events than that and the text is shown as written.
const MOST_EVENTS: usize = 700_000;

/// Reads a text. `Invalid` if it is longer than [`MAX_TEXT`]; a text that would take too much work is shown as it was
/// written, under a note that says so.
pub fn compile(text: &str, flavour: Flavour, vocabulary: &Vocabulary, options: &Options) -> Result<Compiled> {
    if text.len() > MAX_TEXT {
        let problem = format!("The text is {} bytes long; {MAX_TEXT} (1 MiB) are allowed.", text.len());
        return Err(Error::invalid("text", problem));
    }
    let body = if flavour == Flavour::Page && options.extensions { without_front(text) } else { text };
    let front = text.len() - body.len();
    let clear = holes::cleared(body);
    let mut compiled =
        marked_up(&clear, flavour, vocabulary, options).unwrap_or_else(|TooMuch| as_written(&clear, flavour));
    // Where characters were taken out, its places are not those of the text that it was made from.
    let is_same = *clear == *body;
    for heading in &mut compiled.outline {
        heading.at = heading.at.filter(|_| is_same).map(|at| front + at);
    }
    Ok(compiled)
}

/// Markdown's own answer, as it is before ammonia and without holes filled: what the examples of the CommonMark
/// specification are about. Never for a page.
pub fn unsanitised(text: &str, flavour: Flavour, options: &Options) -> String {
    let vocabulary = Vocabulary::default();
    let text = holes::cleared(text);
    let Ok(written) = written(&text, flavour, &vocabulary, options, false) else { return String::new() };
    let mut html = String::with_capacity(written.html.len());
    for piece in holes::pieces(&written.html) {
        match piece {
            holes::Piece::Text(text) => html.push_str(text),
            holes::Piece::Hole(number) => match written.holes.get(number) {
                Some(Hole::Ready(ready)) => html.push_str(ready),
                Some(Hole::Box { name, problem, block }) => html.push_str(macro_box(name, problem, *block).as_str()),
                Some(Hole::Form(form)) => write::escape(&mut html, &written.forms[*form].source),
                Some(Hole::Call { call, .. }) => write::escape(&mut html, &written.calls[*call].source),
                None => {}
            },
            holes::Piece::Place(_) | holes::Piece::Id => {}
        }
    }
    html
}

fn marked_up(
    text: &str,
    flavour: Flavour,
    vocabulary: &Vocabulary,
    options: &Options,
) -> std::result::Result<Compiled, TooMuch> {
    let written = written(text, flavour, vocabulary, options, true)?;
    let clean = sanitise::sanitise(&written.html);
    let settled = settle::settle(&clean, &written, &options.settings)?;
    Ok(Compiled {
        flavour,
        outline: written.outline,
        plain: written.plain,
        tasks: written.tasks,
        parts: settled.parts,
        forms: settled.forms,
        calls: settled.calls,
        outside: settled.outside,
    })
}

fn written(
    text: &str,
    flavour: Flavour,
    vocabulary: &Vocabulary,
    options: &Options,
    guarded: bool,
) -> std::result::Result<Written, TooMuch> {
    let text = match flavour {
        Flavour::Line => Cow::Owned(one_line(text)),
        _ if options.extensions => containers::as_alerts(text),
        _ => Cow::Borrowed(text),
    };
    let parse = parse_options(options, flavour);
    let grammar = Grammar::new(vocabulary, options, flavour != Flavour::Line);
    let scanned = scan::scan(&text, &grammar, parse);
    let source = scanned.text.clone();
    let events = events(&source, parse)?;
    write::write(scanned, source.len(), &events, &Setting { grammar: &grammar, flavour, guarded })
}

/// One line that is no block whatever it begins with: a no-break space before it, which the writer takes away.
fn one_line(text: &str) -> String {
    let words = text.trim().replace("\r\n", " ").replace(['\n', '\r', '\t'], " ");
    format!("\u{A0}{words}")
}

pub(super) fn parse_options(options: &Options, flavour: Flavour) -> pulldown_cmark::Options {
    use pulldown_cmark::Options as Parse;
    if !options.extensions {
        return Parse::empty();
    }
    // Superscript and subscript are the scanner's, as pulldown-cmark has none inside words; but only with its option on
    // does it leave single tildes alone.
    let inline = Parse::ENABLE_STRIKETHROUGH | Parse::ENABLE_SUBSCRIPT | Parse::ENABLE_MATH;
    if flavour == Flavour::Line {
        return inline;
    }
    inline
        | Parse::ENABLE_TABLES
        | Parse::ENABLE_FOOTNOTES
        | Parse::ENABLE_TASKLISTS
        | Parse::ENABLE_GFM
        | Parse::ENABLE_DEFINITION_LIST
}

/// Markdown's events, with neighbouring texts joined.
fn events(source: &str, parse: pulldown_cmark::Options) -> std::result::Result<Events<'_>, TooMuch> {
    let mut read = Events { list: Vec::new(), sections: Vec::new() };
    let events = &mut read.list;
    let mut depth = 0;
    for (event, range) in Parser::new_ext(source, parse).into_offset_iter() {
        match &event {
            Event::Start(tag) => {
                if depth == 0 && matches!(tag, Tag::Heading { .. }) {
                    read.sections.push((events.len(), range.start));
                }
                depth += 1;
            }
            Event::End(_) => depth -= 1,
            _ => {}
        }
        if let (Event::Text(more), Some(Event::Text(text))) = (&event, events.last_mut()) {
            let mut joined = std::mem::replace(text, "".into()).into_string();
            joined.push_str(more);
            *text = joined.into();
            continue;
        }
        if events.len() >= MOST_EVENTS {
            return Err(TooMuch);
        }
        events.push(event);
    }
    Ok(read)
}

fn as_written(text: &str, flavour: Flavour) -> Compiled {
    let mut html = String::with_capacity(text.len() + 200);
    if flavour != Flavour::Line {
        html.push_str("<p class=\"macro-box\">This text has too much markup to be formatted. It is shown as it was written.</p>\n<pre>");
    }
    write::escape(&mut html, text);
    if flavour != Flavour::Line {
        html.push_str("</pre>\n");
    }
    Compiled {
        flavour,
        outline: Vec::new(),
        plain: text.to_owned(),
        tasks: Vec::new(),
        parts: vec![Part::Html(html)],
        forms: Vec::new(),
        calls: Vec::new(),
        outside: Vec::new(),
    }
}
