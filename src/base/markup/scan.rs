//! Finds links and macros in the source, before Markdown is read, and puts a placeholder for each.
//!
//! It must be the source, because `wow!#12` links and `!#12` does not, because `[[…]]` binds like a code span, and because
//! `*` and `_` in an address are no emphasis. Where Markdown's blocks, code, links and raw HTML are, a first run of
//! pulldown-cmark tells; a placeholder that lands in one of them all the same is put back by the writer, so a wrong guess
//! costs a link and never a character.

use std::borrow::Cow;
use std::collections::{HashMap, VecDeque};
use std::ops::Range;

use pulldown_cmark::{Event, LinkType, Parser, Tag, TagEnd};

use super::links::{Found, Grammar, Spot};
use super::write::picture;
use super::{Call, Form, holes};

/// More forms than that in one text stay text.
const MOST_PLACES: usize = 20_000;
/// What may be spent on looking at things that turn out to be no forms.
const FUEL: usize = 16 << 20;
/// Of that, for a look at a picture that has no size after all.
const SIZE_COST: usize = 512;

/// What stands at a placeholder.
#[derive(Debug, PartialEq)]
pub(super) enum Place {
    /// An escaped form: these characters as text.
    Literal(String),
    Form(usize),
    Address {
        address: String,
        label: String,
    },
    /// `x^2^`, `H~2~O`: the sign and what is between.
    Script {
        tag: char,
        text: String,
    },
    Call(usize),
    /// A call that can't be run: the macro and why.
    Broken(String, String),
}

pub(super) struct Scanned<'a> {
    /// The source with placeholders.
    pub(super) text: Cow<'a, str>,
    /// By placeholder: the author's characters, and what they are.
    pub(super) places: Vec<(String, Place)>,
    /// By placeholder: where it stands first in the source, and whether in a table.
    pub(super) spans: Vec<(Range<usize>, bool)>,
    pub(super) forms: Vec<Form>,
    pub(super) calls: Vec<Call>,
    /// The ends of the placeholders: in the source with placeholders, and in the author's text.
    ends: Vec<(usize, usize)>,
}

impl Scanned<'_> {
    /// Where in the author's text a place of the source with placeholders is.
    pub(super) fn place_in_text(&self, at: usize) -> usize {
        match self.ends[..self.ends.partition_point(|(end, _)| *end <= at)].last() {
            Some((here, there)) => there + (at - here),
            None => at,
        }
    }

    /// A text with its placeholders put back.
    pub(super) fn restored<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let mut pieces = holes::pieces(text).peekable();
        if let (Some(holes::Piece::Text(whole)), None) = (pieces.next(), pieces.peek()) {
            return Cow::Borrowed(whole);
        }
        let mut out = String::with_capacity(text.len());
        for piece in holes::pieces(text) {
            match piece {
                holes::Piece::Text(text) => out.push_str(text),
                holes::Piece::Place(number) => out.extend(self.places.get(number).map(|(source, _)| source.as_str())),
                holes::Piece::Hole(_) | holes::Piece::Id => {}
            }
        }
        Cow::Owned(out)
    }
}

/// A stretch of the source that holds inline Markdown, from its first to its last character.
struct Region {
    range: Range<usize>,
    table: bool,
}

pub(super) fn scan<'a>(text: &'a str, grammar: &Grammar<'_>, parse: pulldown_cmark::Options) -> Scanned<'a> {
    scan_as(text, grammar, parse, false)
}

/// The same with a placeholder for every single place, so that each can be told from others that read alike.
pub(super) fn scan_apart<'a>(text: &'a str, grammar: &Grammar<'_>, parse: pulldown_cmark::Options) -> Scanned<'a> {
    scan_as(text, grammar, parse, true)
}

fn scan_as<'a>(text: &'a str, grammar: &Grammar<'_>, parse: pulldown_cmark::Options, apart: bool) -> Scanned<'a> {
    let mut scanner = Scanner {
        grammar,
        scanned: Scanned {
            text: Cow::Borrowed(text),
            places: Vec::new(),
            spans: Vec::new(),
            forms: Vec::new(),
            calls: Vec::new(),
            ends: Vec::new(),
        },
        apart,
        known: HashMap::new(),
        out: String::new(),
        copied: 0,
        fuel: FUEL,
        taken: 0,
        stray_signs: false,
        colons: VecDeque::new(),
    };
    if !grammar.options.references && !grammar.options.extensions {
        return scanner.scanned;
    }
    scanner.colons = stray_colons(text, parse).into();
    let layout = if scanner.colons.is_empty() {
        layout(text, parse)
    } else {
        // A sign of the same length that begins nothing.
        let mut bytes = text.as_bytes().to_vec();
        scanner.colons.iter().for_each(|at| bytes[*at] = b';');
        layout(&String::from_utf8_lossy(&bytes), parse)
    };
    scanner.stray_signs = layout.stray_signs;
    let mut skips = layout.skips.into_iter().peekable();
    for region in &layout.regions {
        scanner.region(text, region, &mut skips);
    }
    if scanner.copied > 0 {
        scanner.out.push_str(&text[scanner.copied..]);
        scanner.scanned.text = Cow::Owned(scanner.out);
    }
    scanner.scanned
}

/// Where lines begin with a colon that no blank follows. pulldown-cmark reads the definition of a term there, which only a
/// colon with a blank begins; not among them are those of the second line of a table.
fn stray_colons(text: &str, parse: pulldown_cmark::Options) -> Vec<usize> {
    if !parse.contains(pulldown_cmark::Options::ENABLE_DEFINITION_LIST) {
        return Vec::new();
    }
    let stray = |at: &usize| {
        if !text[..*at].trim_end_matches([' ', '\t', '>']).ends_with('\n') {
            return false;
        }
        let line = text[at + 1..].lines().next().unwrap_or_default();
        line.starts_with(|c: char| !c.is_whitespace())
            && !(line.contains('-') && line.bytes().all(|byte| b"|:- \t".contains(&byte)))
    };
    text.match_indices(':').map(|(at, _)| at).filter(stray).collect()
}

struct Layout {
    regions: Vec<Region>,
    skips: Vec<Skip>,
    /// pulldown-cmark has taken signs for a formula or a subscript that are none for us. Only then are they replaced:
    /// beside emphasis a placeholder reads as a letter.
    stray_signs: bool,
}

/// What the scanner steps over.
struct Skip {
    range: Range<usize>,
    /// A Markdown link, which gives way to double brackets that begin where it does.
    link: bool,
}

fn layout(text: &str, parse: pulldown_cmark::Options) -> Layout {
    let mut layout = Layout { regions: Vec::new(), skips: Vec::new(), stray_signs: false };
    let mut current: Option<Range<usize>> = None;
    let mut table = false;
    let mut verbatim = false;
    for (event, range) in Parser::new_ext(text, parse).into_offset_iter() {
        let inline = match &event {
            Event::Start(tag) => is_inline(&tag.to_end()),
            Event::End(tag) => is_inline(tag),
            Event::Html(_) | Event::Rule => false,
            _ => !verbatim,
        };
        match &event {
            Event::Start(Tag::CodeBlock(_) | Tag::HtmlBlock) => verbatim = true,
            Event::End(TagEnd::CodeBlock | TagEnd::HtmlBlock) => verbatim = false,
            Event::Start(Tag::Table(_)) => table = true,
            Event::End(TagEnd::Table) => table = false,
            Event::Start(Tag::Link { link_type, .. }) => {
                let link = !matches!(link_type, LinkType::Autolink | LinkType::Email);
                layout.skips.push(Skip { range: range.clone(), link });
            }
            // No formula: its signs are amounts of money.
            Event::InlineMath(_) if text[range.end..].starts_with(|c: char| c.is_ascii_digit()) => {
                layout.stray_signs = true;
            }
            Event::Start(Tag::Subscript) => layout.stray_signs = true,
            Event::Start(Tag::Image { .. })
            | Event::Code(_)
            | Event::InlineHtml(_)
            | Event::InlineMath(_)
            | Event::DisplayMath(_)
            | Event::FootnoteReference(_)
            | Event::TaskListMarker(_) => {
                layout.skips.push(Skip { range: range.clone(), link: false });
            }
            _ => {}
        }
        if inline {
            current = Some(match current {
                Some(known) => known.start.min(range.start)..known.end.max(range.end),
                None => range,
            });
        } else if let Some(range) = current.take() {
            layout.regions.push(Region { range: with_backslash(text, range), table });
        }
    }
    if let Some(range) = current {
        layout.regions.push(Region { range: with_backslash(text, range), table });
    }
    layout
}

/// The text of `\#12` begins after its backslash for pulldown-cmark; for us it begins with it.
fn with_backslash(text: &str, range: Range<usize>) -> Range<usize> {
    let slashes = text[..range.start].bytes().rev().take_while(|byte| *byte == b'\\').count();
    range.start - slashes % 2..range.end
}

fn is_inline(tag: &TagEnd) -> bool {
    matches!(
        tag,
        TagEnd::Emphasis
            | TagEnd::Strong
            | TagEnd::Strikethrough
            | TagEnd::Superscript
            | TagEnd::Subscript
            | TagEnd::Link
            | TagEnd::Image
    )
}

struct Scanner<'a, 'g> {
    grammar: &'g Grammar<'g>,
    scanned: Scanned<'a>,
    apart: bool,
    /// The same characters get the same placeholder, so that reference links still find their definitions.
    known: HashMap<(String, bool), usize>,
    out: String,
    /// Up to where the source has been copied to `out`.
    copied: usize,
    fuel: usize,
    taken: usize,
    stray_signs: bool,
    /// Where the colons stand that begin no definition, though pulldown-cmark thinks so.
    colons: VecDeque<usize>,
}

impl Scanner<'_, '_> {
    fn region(&mut self, text: &str, region: &Region, skips: &mut std::iter::Peekable<std::vec::IntoIter<Skip>>) {
        let (start, end) = (region.range.start, region.range.end);
        let mut at = start;
        let mut line_end = start;
        while at < end {
            while skips.next_if(|skip| skip.range.start < at).is_some() {}
            if at >= line_end {
                line_end = text[at..end].find('\n').map_or(end, |length| at + length + 1);
            }
            let rest = text[at..line_end].trim_end_matches(['\n', '\r']);
            let brackets = rest.starts_with("[[");
            if let Some(skip) = skips.next_if(|skip| skip.range.start == at && !(brackets && skip.link)) {
                at = skip.range.end.max(at + 1);
                self.stray_colons_before(text, at, region.table);
                continue;
            }
            let spot = Spot { before: &text[start..at], rest, table: region.table };
            at += self.step(text, at, spot).max(1);
            self.stray_colons_before(text, at, region.table);
        }
    }

    /// Puts a placeholder for each of them up to there that is not in one already.
    fn stray_colons_before(&mut self, text: &str, end: usize, table: bool) {
        while let Some(at) = self.colons.front().copied().filter(|at| *at < end) {
            self.colons.pop_front();
            if at >= self.copied {
                self.put(text, at..at + 1, table, |_| Place::Literal(":".to_owned()));
            }
        }
    }

    /// Looks at one place of the source and answers by how much to go on.
    fn step(&mut self, text: &str, at: usize, spot: Spot<'_>) -> usize {
        let Some(first) = spot.rest.chars().next() else { return 1 };
        match first {
            '!' if self.grammar.options.extensions && spot.rest.starts_with("![") && self.fuel > SIZE_COST => {
                match picture::with_size(spot.rest) {
                    Some(inner) => {
                        let (from, to) = (at + inner.start, at + inner.end);
                        let source = text[from..to].to_owned();
                        self.put(text, from..to, spot.table, |_| Place::Literal(source));
                        inner.end + 1
                    }
                    None => {
                        self.fuel -= SIZE_COST;
                        self.escaped(text, at, spot, first)
                    }
                }
            }
            '!' | '\\' => self.escaped(text, at, spot, first),
            // Formulas were stepped over, so this sign must not begin one.
            '$' if self.stray_signs => {
                self.put(text, at..at + 1, spot.table, |_| Place::Literal("$".to_owned()));
                1
            }
            '^' | '~' if self.grammar.options.extensions => {
                let run = spot.rest.bytes().take_while(|byte| char::from(*byte) == first).count();
                if run > 1 {
                    return run;
                }
                let Some(inner) = script(spot.rest, first).map(str::to_owned) else {
                    if self.stray_signs {
                        self.put(text, at..at + 1, spot.table, |_| Place::Literal(first.to_string()));
                    }
                    return 1;
                };
                let length = inner.len() + 2;
                self.put(text, at..at + length, spot.table, |_| Place::Script { tag: first, text: inner });
                length
            }
            ':' if self.grammar.options.extensions => match emoji(spot) {
                Some((length, sign)) => {
                    self.put(text, at..at + length, spot.table, |_| Place::Literal(sign.to_owned()));
                    length
                }
                None => 1,
            },
            '#' | '{' | '@' | '[' => match self.form(spot) {
                Some((length, found)) => {
                    self.found(text, at..at + length, spot.table, found);
                    length
                }
                None => 1,
            },
            _ if first.is_alphanumeric() => match plain_word(spot.rest, self.grammar.options.settings.camel_case) {
                Some(length) => length,
                None => self.word(text, at, spot),
            },
            _ => first.len_utf8(),
        }
    }

    /// What an exclamation mark or a backslash may keep from being a form.
    fn escaped(&mut self, text: &str, at: usize, spot: Spot<'_>, sign: char) -> usize {
        let open = spot.before.chars().next_back().is_none_or(|c| c.is_whitespace() || is_bracket_or_quote(c));
        let inner = Spot { before: "", rest: &spot.rest[1..], table: spot.table };
        if open
            && self.grammar.options.references
            && let Some((length, _)) = self.form(inner)
        {
            let form = inner.rest[..length].to_owned();
            self.put(text, at..at + 1 + length, spot.table, |_| Place::Literal(form));
            return 1 + length;
        }
        let escapes = sign == '\\' && inner.rest.starts_with(|c: char| c.is_ascii_punctuation());
        if escapes { 2 } else { 1 }
    }

    /// What begins with a letter or digit.
    fn word(&mut self, text: &str, at: usize, spot: Spot<'_>) -> usize {
        match self.form(spot) {
            Some((length, found)) => {
                self.found(text, at..at + length, spot.table, found);
                length
            }
            None => spot.rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(spot.rest.len()),
        }
    }

    /// The form at a place, as long as there is fuel to look for costly ones.
    fn form(&mut self, spot: Spot<'_>) -> Option<(usize, Found)> {
        if self.taken >= MOST_PLACES {
            return None;
        }
        let cost = if spot.rest.starts_with("[[") {
            let name = spot.rest.bytes().skip(2).take(64).take_while(u8::is_ascii_alphanumeric).count();
            if spot.rest.as_bytes().get(2 + name) == Some(&b'(') { 4096 } else { 64 }
        } else {
            let word = spot
                .rest
                .bytes()
                .take(65)
                .take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
                .count();
            let after = &spot.rest.as_bytes()[word..];
            if after.first() == Some(&b':') && after.get(1).is_some_and(|byte| !byte.is_ascii_whitespace()) {
                1024
            } else {
                0
            }
        };
        if cost > self.fuel {
            return None;
        }
        let found = self.grammar.form(spot);
        if found.is_none() {
            self.fuel -= cost;
        }
        found
    }

    fn found(&mut self, text: &str, range: Range<usize>, table: bool, found: Found) {
        self.put(text, range, table, |this| match found {
            Found::Form(form) => {
                this.scanned.forms.push(form);
                Place::Form(this.scanned.forms.len() - 1)
            }
            Found::Address { address, label } => Place::Address { address, label },
            Found::Call(read) => this.call(read),
        });
    }

    fn call(&mut self, read: super::macros::Read) -> Place {
        call_place(read, self.grammar, &mut self.scanned.calls)
    }

    fn put(&mut self, text: &str, range: Range<usize>, table: bool, place: impl FnOnce(&mut Self) -> Place) {
        let source = &text[range.clone()];
        self.taken += usize::from(source.len() > 1);
        let known = if self.apart { None } else { self.known.get(&(source.to_owned(), table)) };
        let number = match known {
            Some(number) => *number,
            None => {
                let place = place(self);
                self.scanned.places.push((source.to_owned(), place));
                self.scanned.spans.push((range.clone(), table));
                let number = self.scanned.places.len() - 1;
                self.known.insert((source.to_owned(), table), number);
                number
            }
        };
        self.out.push_str(&text[self.copied..range.start]);
        holes::write_place(&mut self.out, number);
        self.copied = range.end;
        self.scanned.ends.push((self.out.len(), range.end));
    }
}

/// A call, or why it can't be run.
pub(super) fn call_place(read: super::macros::Read, grammar: &Grammar<'_>, calls: &mut Vec<Call>) -> Place {
    let name = read.call.name.clone();
    if grammar.vocabulary.macro_named(&name).is_none() {
        return Place::Broken(name, "there is no macro of this name".to_owned());
    }
    if let Some(problem) = read.problem {
        return Place::Broken(name, problem.to_owned());
    }
    calls.push(read.call);
    Place::Call(calls.len() - 1)
}

/// `:tada:` by GitHub's names, not within a word or a time of day: its length, and the sign itself.
fn emoji(spot: Spot<'_>) -> Option<(usize, &'static str)> {
    let name = &spot.rest[1..];
    let length = name.bytes().take(61).take_while(|byte| byte.is_ascii_alphanumeric() || b"_+-".contains(byte)).count();
    let after = name[length..].strip_prefix(':')?;
    let within = |c: char| c.is_alphanumeric() || matches!(c, ':' | '_' | '/');
    if length == 0 || spot.before.ends_with(within) || after.starts_with(|c: char| c.is_alphanumeric()) {
        return None;
    }
    emojis::get_by_shortcode(&name[..length]).map(|emoji| (length + 2, emoji.as_str()))
}

/// The length of a word that can begin no form, as nearly all words of a text are: letters alone, with what ends a word of
/// a sentence after them. Others are looked at closely.
fn plain_word(text: &str, camel_case: bool) -> Option<usize> {
    let length = text.bytes().take_while(u8::is_ascii_alphabetic).count();
    // An id of a commit may hold no digit if it is whole.
    let is_short = length > 0 && length < 40;
    let ends = text.as_bytes().get(length).is_none_or(|byte| b" \t\r\n,;)\"".contains(byte));
    (is_short && ends && !camel_case).then_some(length)
}

/// What stands between two signs of superscript or subscript: a short word.
fn script(text: &str, sign: char) -> Option<&str> {
    let end = text[1..].find(|c: char| !(c.is_alphanumeric() || "+-=().,*'′:".contains(c)))?;
    let inner = &text[1..=end];
    let after = &text[1 + end..];
    let single = after.starts_with(sign) && !after[1..].starts_with(sign);
    (single && !inner.is_empty() && inner.len() <= 60).then_some(inner)
}

fn is_bracket_or_quote(character: char) -> bool {
    "()[]{}<>\"'“”‘’„«»".contains(character)
}
