//! Puts other references into a text, as when a page moves: what a link says stays, where it leads changes.
//!
//! The references are found by the scanner and by Markdown's own reading, so never in code. Each gets the first way of
//! writing it that reads back as what is wanted; where there is none, or where the new text would read otherwise than the
//! old one in any other place, it stays as it is.

use std::collections::HashSet;
use std::ops::Range;

use pulldown_cmark::{CodeBlockKind, Event, LinkType, Parser, Tag, TagEnd};

use super::compile::{MAX_TEXT, parse_options};
use super::front::without_front;
use super::links::{Found, Grammar, Spot, separator};
use super::scan::{self, Place};
use super::write::{self, Events, Hole, Setting};
use super::{Arguments, Call, Flavour, Form, Options, Target, Vocabulary, holes, macros};

/// Says which references change.
pub trait Renaming {
    /// What is to stand after `prefix:` in place of `rest`, which is unquoted; none: it stays.
    fn reference(&self, prefix: &str, rest: &str) -> Option<Rest>;

    /// What is to stand in place of an argument of a macro call: its place among those without a name, and the value.
    fn argument(&self, call: &str, arguments: &Arguments) -> Option<(usize, String)>;
}

/// What follows the colon of a reference: a name, which is quoted where it must be, and `?query` or `#heading` after it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rest {
    pub name: String,
    pub tail: String,
}

impl Rest {
    fn whole(&self) -> String {
        format!("{}{}", self.name, self.tail)
    }
}

/// A text with other references.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rewritten {
    pub text: String,
    /// Each reference that has changed, as it was and as it is now, in order.
    pub changes: Vec<(String, String)>,
}

/// The text with its references as `renaming` wants them; none where nothing changes.
pub fn rewritten(
    text: &str,
    flavour: Flavour,
    vocabulary: &Vocabulary,
    options: &Options,
    renaming: &dyn Renaming,
) -> Option<Rewritten> {
    let (front, text) =
        text.split_at(if flavour == Flavour::Page { text.len() - without_front(text).len() } else { 0 });
    let grammar = Grammar::new(vocabulary, options, flavour != Flavour::Line);
    let reader = Reader { flavour, grammar: &grammar };
    let found = reader.references(text)?;
    let mut out = String::with_capacity(text.len() + 256);
    let mut changes = Vec::new();
    let mut expected = Vec::with_capacity(found.len());
    let mut copied = 0;
    for reference in found {
        match reader.replacement(text, &reference, renaming).filter(|_| reference.span.start >= copied) {
            Some((source, meant)) => {
                out.push_str(&text[copied..reference.span.start]);
                out.push_str(&source);
                copied = reference.span.end;
                changes.push((text[reference.span].to_owned(), source));
                expected.push(meant);
            }
            None => expected.push(reference.what.meant()),
        }
    }
    out.push_str(&text[copied..]);
    let reads_so = || reader.references(&out).is_some_and(|read| read.iter().map(|one| one.what.meant()).eq(expected));
    (!changes.is_empty() && out.len() <= MAX_TEXT && reads_so())
        .then(|| Rewritten { text: format!("{front}{out}"), changes })
}

/// A reference of a text.
struct Reference {
    span: Range<usize>,
    table: bool,
    what: What,
}

enum What {
    Form(Form),
    Call(Call),
    /// The call that the first line of a fenced block is.
    Fence(Call),
    /// The target of a Markdown link; `angled`: between angle brackets that belong to it.
    Destination {
        form: Form,
        angled: bool,
    },
}

/// What a reference means, however it is written.
#[derive(Debug, PartialEq, Eq)]
enum Meant {
    Target(Target, Option<String>),
    Call(String, Arguments),
}

impl What {
    fn meant(&self) -> Meant {
        match self {
            Self::Form(form) | Self::Destination { form, .. } => meant(form),
            Self::Call(call) | Self::Fence(call) => meant_call(call),
        }
    }
}

fn meant(form: &Form) -> Meant {
    Meant::Target(form.target.clone(), form.label.clone())
}

fn meant_call(call: &Call) -> Meant {
    Meant::Call(call.name.clone(), Arguments { raw: String::new(), ..call.arguments.clone() })
}

struct Reader<'a> {
    flavour: Flavour,
    grammar: &'a Grammar<'a>,
}

impl Reader<'_> {
    /// Every reference of a text in order. None for a text that can't be told from what the compiler makes of it.
    fn references(&self, text: &str) -> Option<Vec<Reference>> {
        if holes::cleared(text) != text || self.flavour == Flavour::Line {
            return None;
        }
        let parse = parse_options(self.grammar.options, self.flavour);
        let scanned = scan::scan_apart(text, self.grammar, parse);
        let mut found = Vec::new();
        for ((_, place), (span, table)) in scanned.places.iter().zip(&scanned.spans) {
            let what = match place {
                Place::Form(form) => What::Form(scanned.forms[*form].clone()),
                Place::Call(call) => What::Call(scanned.calls[*call].clone()),
                _ => continue,
            };
            let number = match place {
                Place::Form(number) | Place::Call(number) => *number,
                _ => continue,
            };
            found.push((number, Reference { span: span.clone(), table: *table, what }));
        }
        let source = scanned.text.clone().into_owned();
        let events = Events { list: Parser::new_ext(&source, parse).collect(), sections: Vec::new() };
        let setting = Setting { grammar: self.grammar, flavour: self.flavour, guarded: true };
        let written = write::write(scanned, source.len(), &events, &setting).ok()?;
        // What the writer has put back, as it stood in code after all, is no reference.
        let (mut forms, mut calls) = (HashSet::new(), HashSet::new());
        for hole in &written.holes {
            match hole {
                Hole::Form(form) => forms.insert(*form),
                Hole::Call { call, .. } => calls.insert(*call),
                Hole::Ready(_) | Hole::Box { .. } => false,
            };
        }
        let mut references: Vec<Reference> = found
            .into_iter()
            .filter(|(number, reference)| match reference.what {
                What::Call(_) => calls.contains(number),
                _ => forms.contains(number),
            })
            .map(|(_, reference)| reference)
            .collect();
        for (span, angled) in destinations(text, parse) {
            let address = &text[span.clone()];
            let escaped = address.contains(['\\', '&']);
            if let Some(form) = self.grammar.destination(address).filter(|_| !escaped) {
                references.push(Reference { span, table: false, what: What::Destination { form, angled } });
            }
        }
        let known = |name: &str| self.grammar.vocabulary.macro_named(name).is_some();
        for span in infos(text, parse) {
            let read = macros::in_fence(&text[span.clone()], known).filter(|read| read.problem.is_none());
            if let Some(read) = read.filter(|read| known(&read.call.name)) {
                references.push(Reference { span, table: false, what: What::Fence(read.call) });
            }
        }
        references.sort_by_key(|reference| reference.span.start);
        Some(references)
    }

    /// What is to be written in place of a reference, and what that means.
    fn replacement(&self, text: &str, reference: &Reference, renaming: &dyn Renaming) -> Option<(String, Meant)> {
        let (line, after) = around(text, &reference.span);
        match &reference.what {
            What::Call(call) => {
                let (number, value) = renaming.argument(&call.name, &call.arguments)?;
                let source = with_argument(&text[reference.span.clone()], &call.arguments, number, &value)?;
                let (length, read) = macros::in_brackets(source.strip_prefix("[[")?, reference.table)?;
                let wanted = called_with(call, number, value)?;
                let right = length + 2 == source.len() && read.problem.is_none() && meant_call(&read.call) == wanted;
                right.then_some((source, wanted))
            }
            What::Fence(call) => {
                let (number, value) = renaming.argument(&call.name, &call.arguments)?;
                let source = with_argument(&text[reference.span.clone()], &call.arguments, number, &value)?;
                let wanted = called_with(call, number, value)?;
                let read = macros::in_fence(&source, |_| true).filter(|read| read.problem.is_none())?;
                let right = meant_call(&read.call) == wanted && !source.contains(['`', '\\', '&']);
                right.then_some((source, wanted))
            }
            What::Form(form) => {
                let (prefix, wanted, meant) = renamed(form, renaming)?;
                let ways = ways(&text[reference.span.clone()], prefix, &wanted, reference.table);
                let reads_so = |way: &String| {
                    let rest = format!("{way}{after}");
                    let spot = Spot { before: line, rest: &rest, table: reference.table };
                    let Some((length, Found::Form(read))) = self.grammar.form(spot) else { return false };
                    length == way.len() && self::meant(&read) == meant
                };
                Some((ways.into_iter().find(reads_so)?, meant))
            }
            What::Destination { form, angled } => {
                let (prefix, wanted, meant) = renamed(form, renaming)?;
                let plain = format!("{prefix}:{}", wanted.whole());
                let encoded = format!("{prefix}:{}{}", wanted.name.replace(' ', "%20"), wanted.tail);
                let bracketed = format!("<{plain}>");
                let (plain_way, encoded_way) = ((plain.clone(), plain.clone()), (encoded.clone(), encoded));
                // Of what stands in angle brackets nothing tells whether a blank would end it.
                let ways = if *angled {
                    vec![encoded_way, plain_way]
                } else {
                    vec![plain_way, encoded_way, (bracketed, plain)]
                };
                let reads_so = |(way, address): &(String, String)| {
                    let free = *angled || !way.contains(char::is_whitespace) && !way.contains(['(', ')']);
                    (free || way.starts_with('<'))
                        && !address.contains(['<', '>', '\\', '&', '\n'])
                        && self.grammar.destination(address).is_some_and(|read| self::meant(&read) == meant)
                };
                Some((ways.into_iter().find(reads_so)?.0, meant))
            }
        }
    }
}

/// The prefix of a form of a link kind, what is to follow it, and what that means.
fn renamed<'a>(form: &'a Form, renaming: &dyn Renaming) -> Option<(&'a str, Rest, Meant)> {
    let Target::Kind { prefix, rest } = &form.target else { return None };
    let wanted = renaming.reference(prefix, rest)?;
    let target = Target::Kind { prefix: prefix.clone(), rest: wanted.whole() };
    Some((prefix, wanted, Meant::Target(target, form.label.clone())))
}

/// The line before a place and what follows it there.
fn around<'a>(text: &'a str, span: &Range<usize>) -> (&'a str, &'a str) {
    let start = text[..span.start].rfind('\n').map_or(0, |at| at + 1);
    let end = text[span.end..].find(['\n', '\r']).map_or(text.len(), |at| span.end + at);
    (&text[start..span.start], &text[span.end..end])
}

/// How a reference may be written, the nearest to what stood there first.
fn ways(source: &str, prefix: &str, wanted: &Rest, table: bool) -> Vec<String> {
    let Rest { name, tail } = wanted;
    let (plain, quoted) = (format!("{name}{tail}"), format!("\"{name}\"{tail}"));
    let prefixed = |rest: &str| format!("{prefix}:{rest}");
    if let Some(inner) = source.strip_prefix("[[").and_then(|rest| rest.strip_suffix("]]")) {
        let contents = if table { inner.replace("\\|", "|") } else { inner.to_owned() };
        let at = separator(&contents).unwrap_or(contents.len());
        let (target, label) = contents.split_at(at);
        let label = if table { label.replace('|', "\\|") } else { label.to_owned() };
        let ways = if target.trim_start().starts_with(&prefixed("")) {
            vec![prefixed(&plain), prefixed(&quoted)]
        } else {
            vec![plain.clone(), quoted, prefixed(&plain)]
        };
        return ways.into_iter().map(|way| format!("[[{}{label}]]", way.replace('|', "\\|"))).collect();
    }
    let mut ways =
        if source.starts_with(&prefixed("")) { vec![prefixed(&plain), prefixed(&quoted)] } else { vec![plain.clone()] };
    ways.push(format!("[[{plain}]]"));
    ways.push(format!("[[{}]]", prefixed(&plain)));
    ways
}

/// A call with another value in place of one of its arguments without a name.
fn with_argument(source: &str, arguments: &Arguments, number: usize, value: &str) -> Option<String> {
    let at = source.find(&arguments.raw).filter(|_| !arguments.raw.is_empty())?;
    let part = macros::positional(&arguments.raw, number)?;
    let quoted = format!("\"{}\"", value.replace('"', "\\\""));
    let written = if value.contains([',', '"', '=', '(', ')', '\\']) { &quoted } else { value };
    let (start, end) = (at + part.start, at + part.end);
    Some(format!("{}{written}{}", source.get(..start)?, source.get(end..)?))
}

/// What a call means with another value in place of one of its arguments without a name.
fn called_with(call: &Call, number: usize, value: String) -> Option<Meant> {
    let mut wanted = call.arguments.clone();
    *wanted.positional.get_mut(number)? = value;
    wanted.raw = String::new();
    Some(Meant::Call(call.name.clone(), wanted))
}

/// Where fenced blocks say what they are, as far as that reads as it is written.
fn infos(text: &str, parse: pulldown_cmark::Options) -> Vec<Range<usize>> {
    let info = |(event, range): (Event<'_>, Range<usize>)| {
        let Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(info))) = event else { return None };
        let line = text[range.clone()].lines().next()?;
        let start = line.find(info.as_ref()).filter(|_| !info.is_empty())?;
        Some(range.start + start..range.start + start + info.len())
    };
    Parser::new_ext(text, parse).into_offset_iter().filter_map(info).collect()
}

/// Where the targets of Markdown links and of their definitions stand, and whether in angle brackets.
fn destinations(text: &str, parse: pulldown_cmark::Options) -> Vec<(Range<usize>, bool)> {
    let parser = Parser::new_ext(text, parse);
    let mut found: Vec<(Range<usize>, bool)> = parser
        .reference_definitions()
        .iter()
        .filter_map(|(_, definition)| {
            let span = &definition.span;
            let colon = unescaped(&text[span.clone()], "]:")?;
            target_at(text, span.start + colon + 2, span.end)
        })
        .collect();
    // The links that are open, each with its range and where its label ends.
    let mut open: Vec<(LinkType, Range<usize>, usize)> = Vec::new();
    for (event, range) in parser.into_offset_iter() {
        match event {
            Event::Start(Tag::Link { link_type, .. }) => open.push((link_type, range.clone(), range.start + 1)),
            Event::End(TagEnd::Link) => {
                let Some((link_type, range, label_end)) = open.pop() else { continue };
                match link_type {
                    LinkType::Inline if text[label_end..range.end].starts_with("](") => {
                        found.extend(target_at(text, label_end + 2, range.end));
                    }
                    LinkType::Autolink if range.len() > 2 => found.push((range.start + 1..range.end - 1, true)),
                    _ => {}
                }
            }
            _ => {
                if let Some((_, _, label_end)) = open.last_mut() {
                    *label_end = range.end.max(*label_end);
                }
            }
        }
    }
    found
}

/// The target that begins after blanks at `from`.
fn target_at(text: &str, from: usize, end: usize) -> Option<(Range<usize>, bool)> {
    let rest = text.get(from..end)?;
    let start = from + (rest.len() - rest.trim_start().len());
    let rest = &text[start..end];
    if let Some(inner) = rest.strip_prefix('<') {
        return Some((start + 1..start + 1 + unescaped(inner, ">")?, true));
    }
    let mut depth = 0_usize;
    for (at, character) in rest.char_indices() {
        match character {
            '(' => depth += 1,
            ')' if depth == 0 => return Some((start..start + at, false)),
            ')' => depth -= 1,
            _ if character.is_whitespace() => return Some((start..start + at, false)),
            _ => {}
        }
    }
    Some((start..end, false))
}

/// Where `sign` stands first without a backslash before it.
fn unescaped(text: &str, sign: &str) -> Option<usize> {
    text.match_indices(sign).map(|(at, _)| at).find(|at| {
        let slashes = text[..*at].bytes().rev().take_while(|byte| *byte == b'\\').count();
        slashes % 2 == 0
    })
}
