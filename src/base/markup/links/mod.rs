//! The grammar of links (DESIGN 6 "Links"): what a form looks like in the text, in double brackets and as the target of a
//! Markdown link. Which forms there are follows from the vocabulary: a kind that nobody offers leaves its forms as text.

mod address;
mod rest;
mod words;

use super::{Form, Options, Otherwise, Target, Vocabulary, macros};

use address::address;
pub(super) use address::{SCHEMES, is_address, is_scheme};
pub(super) use rest::separator;
use rest::{rest_of, split_label, unquoted};
use words::{commit, is_number, number_list, open_before, report, user, user_length, word_before};

/// A form as found in the source.
#[derive(Debug, PartialEq)]
pub(super) enum Found {
    Form(Form),
    /// An address outside, as `https://…`, `www.…` or a mail address, and what is shown of it.
    Address {
        address: String,
        label: String,
    },
    Call(macros::Read),
}

const LONGEST_BRACKETS: usize = 2048;

/// What the scanner looks at: the region of the source that a form may not leave.
#[derive(Clone, Copy)]
pub(super) struct Spot<'a> {
    pub(super) before: &'a str,
    /// From the first character of the form to the end of the line.
    pub(super) rest: &'a str,
    /// Inside a table a pipe is written `\|`.
    pub(super) table: bool,
}

pub(super) struct Grammar<'a> {
    pub(super) vocabulary: &'a Vocabulary,
    pub(super) options: &'a Options,
    pub(super) macros: bool,
    ticket: bool,
    report: bool,
    changeset: bool,
    user: bool,
    wiki: bool,
}

impl<'a> Grammar<'a> {
    pub(super) fn new(vocabulary: &'a Vocabulary, options: &'a Options, macros: bool) -> Self {
        let has = |prefix| vocabulary.link_kind(prefix).is_some();
        Self {
            vocabulary,
            options,
            macros: macros && options.references,
            ticket: has("ticket"),
            report: has("report"),
            changeset: has("changeset"),
            user: has("user"),
            wiki: has("wiki"),
        }
    }

    /// The form at the start of `spot.rest`, with its length in bytes.
    pub(super) fn form(&self, spot: Spot<'_>) -> Option<(usize, Found)> {
        let references = self.options.references;
        match spot.rest.as_bytes().first()? {
            b'#' if references && self.ticket => self.tickets(spot),
            b'{' if references && self.report => report(spot),
            b'@' if references && self.user => user(spot),
            b'[' if references && spot.rest.starts_with("[[") => self.brackets(spot),
            byte if byte.is_ascii_alphanumeric() => self.word(spot),
            byte if !byte.is_ascii() && references && self.options.settings.camel_case => self.camel_case(spot),
            _ => None,
        }
    }

    /// `#12`, `#1,3-5`.
    fn tickets(&self, spot: Spot<'_>) -> Option<(usize, Found)> {
        if !open_before(spot.before) {
            return None;
        }
        let end = number_list(spot.rest, 1)?;
        Some((end, kind("ticket", &spot.rest[1..end], &spot.rest[..end])))
    }

    /// Whatever begins with a letter or digit.
    fn word(&self, spot: Spot<'_>) -> Option<(usize, Found)> {
        let references = self.options.references;
        let before = spot.before.chars().next_back();
        if word_before(spot.before) {
            return None;
        }
        let name = name_length(spot.rest);
        let after = &spot.rest[name..];
        if self.options.extensions
            && let Some(address) = address(spot, name)
        {
            return Some(address);
        }
        if !references {
            return None;
        }
        if name > 0 && !before.is_some_and(|c| "/&#=-.:@+~%$\\".contains(c)) {
            let prefix = &spot.rest[..name];
            if let Some(rest) = after.strip_prefix(':') {
                if let Some((length, rest)) = rest_of(rest, !spot.table) {
                    let end = name + 1 + length;
                    let source = &spot.rest[..end];
                    if self.vocabulary.link_kind(prefix).is_some() {
                        return Some((end, kind(prefix, &rest, source)));
                    }
                    if may_be_elsewhere(prefix, &source[name + 1..]) {
                        return Some((end, elsewhere(prefix, &rest, source)));
                    }
                }
            } else if after.starts_with('#')
                && is_project_name(prefix)
                && self.vocabulary.link_kind(prefix).is_none()
                && let Some(length) = number_list(after, 1).filter(|length| !after[..*length].contains([',', '-']))
            {
                let end = name + length;
                return Some((end, elsewhere(prefix, &format!("ticket:{}", &after[1..length]), &spot.rest[..end])));
            }
        }
        if self.changeset
            && let Some((length, sha)) = commit(spot)
        {
            return Some((length, weak("changeset", sha, &spot.rest[..length])));
        }
        if self.options.settings.camel_case { self.camel_case(spot) } else { None }
    }

    /// Two or more runs of one upper-case letter and lower-case ones.
    fn camel_case(&self, spot: Spot<'_>) -> Option<(usize, Found)> {
        if !self.wiki || word_before(spot.before) || spot.before.ends_with(['/', '.', '-', ':', '#', '@', '=', '&']) {
            return None;
        }
        let mut runs = 0;
        let mut lower = 0;
        let mut end = spot.rest.len();
        for (at, character) in spot.rest.char_indices() {
            if character.is_uppercase() {
                if runs > 0 && lower == 0 {
                    return None;
                }
                runs += 1;
                lower = 0;
            } else if character.is_lowercase() && runs > 0 {
                lower += 1;
            } else {
                end = at;
                break;
            }
        }
        let next = spot.rest[end..].chars().next();
        if runs < 2 || lower == 0 || next.is_some_and(|c| c.is_alphanumeric() || c == '_') {
            return None;
        }
        let source = &spot.rest[..end];
        Some((end, kind("wiki", source, source)))
    }

    /// `[[Page]]`, `[[Page|label]]`, `[[ticket:12|label]]`, `[[Name(…)]]`, `[[Name]]`.
    fn brackets(&self, spot: Spot<'_>) -> Option<(usize, Found)> {
        let inner = &spot.rest[2..];
        if let Some((length, read)) = macros::in_brackets(inner, spot.table) {
            let call = || Found::Call(read.with_source(&spot.rest[..2 + length]));
            return self.macros.then(|| (2 + length, call()));
        }
        let end = within(inner, LONGEST_BRACKETS).find(['[', ']'])?;
        if !inner[end..].starts_with("]]") {
            return None;
        }
        let contents = if spot.table { inner[..end].replace("\\|", "|") } else { inner[..end].to_owned() };
        let (target, label) = split_label(&contents);
        let (target, label) = (target.trim(), label.as_deref().map(str::trim).filter(|label| !label.is_empty()));
        if target.is_empty() {
            return None;
        }
        let end = 2 + end + 2;
        let source = &spot.rest[..end];
        if label.is_none() && self.vocabulary.macro_named(target).is_some() {
            return self.macros.then(|| (end, Found::Call(macros::bare(target).with_source(source))));
        }
        if is_address(target) && self.vocabulary.link_kind(&target[..name_length(target)]).is_none() {
            let label = label.unwrap_or(target).to_owned();
            return Some((end, Found::Address { address: target.to_owned(), label }));
        }
        let mut form = self.bracket_target(target)?;
        form.source = source.to_owned();
        form.label = label.map(str::to_owned);
        form.reads = Some(target.to_owned());
        Some((end, Found::Form(form)))
    }

    fn bracket_target(&self, target: &str) -> Option<Form> {
        let name = name_length(target);
        let prefix = &target[..name];
        if let Some(rest) = target[name..].strip_prefix(':').filter(|_| name > 0) {
            if self.vocabulary.link_kind(prefix).is_some() {
                let rest = unquoted(rest);
                return (!rest.is_empty()).then(|| form(Target::Kind { prefix: prefix.to_owned(), rest }));
            }
            if rest.chars().next().is_some_and(|c| !c.is_whitespace()) {
                let otherwise = if self.wiki { Otherwise::Page(target.to_owned()) } else { Otherwise::Text };
                let target = Target::Elsewhere { prefix: prefix.to_owned(), rest: unquoted(rest) };
                return Some(Form { otherwise, ..form(target) });
            }
        }
        if self.ticket && target.starts_with('#') && number_list(target, 1) == Some(target.len()) {
            return Some(form(Target::Kind { prefix: "ticket".to_owned(), rest: target[1..].to_owned() }));
        }
        self.wiki.then(|| form(Target::Kind { prefix: "wiki".to_owned(), rest: unquoted(target) }))
    }

    /// The form that the target of a Markdown link or image is, if it is one.
    pub(super) fn destination(&self, address: &str) -> Option<Form> {
        if !self.options.references || address.is_empty() {
            return None;
        }
        let found = |prefix: &str, rest: &str| {
            let target = Target::Kind { prefix: prefix.to_owned(), rest: rest.to_owned() };
            Some(Form { source: address.to_owned(), ..form(target) })
        };
        let weak = |prefix: &str, rest: &str| found(prefix, rest).map(|form| Form { weak: true, ..form });
        let as_written = || Otherwise::Address(address.to_owned());
        if let Some(numbers) = address.strip_prefix('#') {
            let whole = self.ticket && number_list(address, 1) == Some(address.len());
            return if whole { found("ticket", numbers) } else { None };
        }
        if let Some(digits) = address.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) {
            return if self.report && is_number(digits) { weak("report", digits) } else { None };
        }
        if let Some(name) = address.strip_prefix('@') {
            return if self.user && user_length(name) == name.len() { weak("user", name) } else { None };
        }
        let name = name_length(address);
        let (prefix, after) = address.split_at(name);
        if name > 0 && after.starts_with(':') {
            let rest = &after[1..];
            if self.vocabulary.link_kind(prefix).is_some() {
                let rest = unquoted(rest);
                // A blank can't be written otherwise in a Markdown target without angle brackets.
                let rest = if rest.contains('?') { rest } else { rest.replace("%20", " ") };
                return if rest.is_empty() { None } else { found(prefix, &rest) };
            }
            if rest.is_empty() || rest.starts_with("//") || is_scheme(prefix) {
                return None;
            }
            let target = Target::Elsewhere { prefix: prefix.to_owned(), rest: unquoted(rest) };
            return Some(Form { source: address.to_owned(), ..form(target) });
        }
        if after.starts_with('#') && is_project_name(prefix) && number_list(after, 1) == Some(after.len()) {
            if self.vocabulary.link_kind(prefix).is_some() || after.contains([',', '-']) {
                return None;
            }
            let target = Target::Elsewhere { prefix: prefix.to_owned(), rest: format!("ticket:{}", &after[1..]) };
            return Some(Form { source: address.to_owned(), otherwise: as_written(), ..form(target) });
        }
        let spot = Spot { before: "", rest: address, table: false };
        match commit(spot) {
            Some((length, sha)) if self.changeset && length == address.len() => weak("changeset", sha),
            _ => None,
        }
    }
}

fn form(target: Target) -> Form {
    Form { source: String::new(), label: None, reads: None, target, otherwise: Otherwise::Text, weak: false }
}

fn kind(prefix: &str, rest: &str, source: &str) -> Found {
    let target = Target::Kind { prefix: prefix.to_owned(), rest: rest.to_owned() };
    Found::Form(Form { source: source.to_owned(), ..form(target) })
}

/// A form that stays text where its target is missing or hidden.
fn weak(prefix: &str, rest: &str, source: &str) -> Found {
    let target = Target::Kind { prefix: prefix.to_owned(), rest: rest.to_owned() };
    Found::Form(Form { source: source.to_owned(), weak: true, ..form(target) })
}

fn elsewhere(prefix: &str, rest: &str, source: &str) -> Found {
    let target = Target::Elsewhere { prefix: prefix.to_owned(), rest: rest.to_owned() };
    Found::Form(Form { source: source.to_owned(), ..form(target) })
}

/// The letters of a prefix: of a link kind, a project, an InterMap word or a scheme.
fn name_length(text: &str) -> usize {
    if !text.as_bytes().first().is_some_and(u8::is_ascii_alphabetic) {
        return 0;
    }
    text.bytes().take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')).take(64).count()
}

/// DESIGN 4: `[a-z][a-z0-9-]{0,38}`.
pub(super) fn is_project_name(name: &str) -> bool {
    name.len() <= 39
        && name.as_bytes().first().is_some_and(u8::is_ascii_lowercase)
        && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

/// Whether `prefix:rest` with a prefix that no link kind has may be a project's or an InterMap word. It must read the same
/// as Markdown and as plain text, since that is what becomes of it if it is neither.
fn may_be_elsewhere(prefix: &str, rest: &str) -> bool {
    let entity = rest.find('&').is_some_and(|at| rest[at..].contains(';'));
    let first = rest.chars().next();
    prefix.len() >= 2
        && !rest.starts_with("//")
        && first.is_some_and(|c| c.is_alphanumeric() || "/?\"".contains(c))
        && !rest.contains(['*', '[', ']', '\\', '^', '~', '$', '!'])
        && !entity
}

/// At most so many bytes of a text.
fn within(text: &str, bytes: usize) -> &str {
    let mut end = bytes.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}
