//! The grammar of links (DESIGN 6 "Links"): what a form looks like in the text, in double brackets and as the target of a
//! Markdown link. Which forms there are follows from the vocabulary: a kind that nobody offers leaves its forms as text.

use super::{Form, Options, Otherwise, Target, Vocabulary, macros};

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

/// Schemes that may stand in an address. Everything else loses its link.
pub(super) const SCHEMES: [&str; 20] = [
    "http", "https", "mailto", "ftp", "ftps", "sftp", "git", "ssh", "svn", "irc", "ircs", "xmpp", "news", "nntp",
    "sip", "sips", "tel", "magnet", "geo", "webcal",
];
/// Those of them that a bare address may begin with.
const BARE_SCHEMES: [&str; 10] = ["http", "https", "ftp", "ftps", "sftp", "git", "ssh", "svn", "irc", "ircs"];
const LONGEST_ADDRESS: usize = 2048;
const LONGEST_REST: usize = 512;
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

/// `{3}` between blanks or sentence punctuation.
fn report(spot: Spot<'_>) -> Option<(usize, Found)> {
    let digits = spot.rest[1..].bytes().take_while(u8::is_ascii_digit).count();
    let end = 1 + digits + 1;
    let number = &spot.rest[1..=digits];
    let before = spot.before.chars().next_back();
    let after = spot.rest.get(end..).and_then(|rest| rest.chars().next());
    let apart = |c: char| c.is_whitespace() || "()[]<>\"'“”‘’.,;:!?…–—*_~|".contains(c);
    if !is_number(number) || !spot.rest[1 + digits..].starts_with('}') {
        return None;
    }
    (before.is_none_or(apart) && after.is_none_or(apart)).then(|| (end, weak("report", number, &spot.rest[..end])))
}

/// `@user`, not inside a mail address or path.
fn user(spot: Spot<'_>) -> Option<(usize, Found)> {
    if word_before(spot.before) || spot.before.ends_with(['/', '.', '-', '+', '@', '#', '=', '&', ':', '%', '~']) {
        return None;
    }
    let length = user_length(&spot.rest[1..]);
    let end = 1 + length;
    let after = &spot.rest[end..];
    if length == 0 || after.starts_with(['@', '/']) {
        return None;
    }
    Some((end, weak("user", &spot.rest[1..end], &spot.rest[..end])))
}

fn user_length(text: &str) -> usize {
    let run = text.find(|c: char| !(c.is_alphanumeric() || "._-".contains(c))).unwrap_or(text.len());
    let name = text[..run].trim_end_matches(['.', '-', '_']);
    if name.starts_with(['.', '-', '_']) || name.len() > 200 { 0 } else { name.len() }
}

/// A commit id, bare or after `r`: the length and the id.
fn commit(spot: Spot<'_>) -> Option<(usize, &str)> {
    let word = spot.rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(spot.rest.len());
    let after = &spot.rest[word..];
    let mut following = after.chars();
    let apart = match following.next() {
        None => true,
        Some('/' | '@' | '#' | '=' | '&' | '\\') => false,
        Some('-' | '.' | ':' | '+') => !following.next().is_some_and(char::is_alphanumeric),
        Some(_) => true,
    };
    if !apart
        || word_before(spot.before)
        || spot.before.ends_with(['/', '-', '.', '@', '#', '=', '&', '+', ':', '%', '$'])
    {
        return None;
    }
    let text = &spot.rest[..word];
    if let Some(sha) = text.strip_prefix('r')
        && (7..=40).contains(&sha.len())
        && is_hex(sha)
        && sha.bytes().any(|byte| byte.is_ascii_digit())
    {
        return Some((word, sha));
    }
    let mixed = text.bytes().any(|byte| byte.is_ascii_digit()) && text.bytes().any(|byte| byte.is_ascii_lowercase());
    (is_hex(text) && (text.len() == 40 || (7..40).contains(&text.len()) && mixed)).then_some((word, text))
}

fn is_hex(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

/// A number of 1 to 10 digits without a leading zero.
fn is_number(text: &str) -> bool {
    (1..=10).contains(&text.len()) && !text.starts_with('0') && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// The end of a list such as `1,3-5` that begins at `from`, if nothing beside it forbids it.
fn number_list(text: &str, from: usize) -> Option<usize> {
    let number = |from: usize| {
        let digits = text[from..].bytes().take_while(u8::is_ascii_digit).count();
        is_number(&text[from..from + digits]).then_some(from + digits)
    };
    let mut best = None;
    let mut end = number(from)?;
    loop {
        if open_after(&text[end..]) {
            best = Some(end);
        }
        let separated = matches!(text.as_bytes().get(end), Some(b',' | b'-'));
        match separated.then(|| number(end + 1)).flatten() {
            Some(next) if next < 400 => end = next,
            _ => return best,
        }
    }
}

/// No word character, `/`, `&`, `#` or `=` beside a ticket number.
fn open_before(before: &str) -> bool {
    !word_before(before) && !before.ends_with(['/', '&', '#', '='])
}

fn open_after(after: &str) -> bool {
    let mut rest = after;
    // An underscore that ends emphasis is no word character.
    while let Some(short) = rest.strip_prefix('_').filter(|_| after.len() - rest.len() < 3) {
        rest = short;
    }
    let next = rest.chars().next();
    let word = next.is_some_and(|c| c.is_alphanumeric() || c == '_');
    let sign = rest.len() == after.len() && next.is_some_and(|c| "/&#=".contains(c));
    !word && !sign
}

/// Whether a word goes on here. Underscores of emphasis (`_see #12_`) belong to no word.
fn word_before(before: &str) -> bool {
    let mut rest = before;
    while let Some(short) = rest.strip_suffix('_').filter(|_| before.len() - rest.len() < 3) {
        rest = short;
    }
    rest.chars().next_back().is_some_and(|c| c.is_alphanumeric() || c == '_')
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

/// What follows the colon of `prefix:`: quoted (`"Two Words"`) and plain stretches up to a blank, with its length. Punctuation
/// at the end belongs to the sentence.
fn rest_of(text: &str, pipes: bool) -> Option<(usize, String)> {
    let text = within(text, LONGEST_REST);
    let mut value = String::new();
    let mut at = 0;
    let mut quoted_to = 0;
    while let Some(next) = text[at..].chars().next() {
        if next == '"' && (at == 0 || text[..at].ends_with([':', '@', '/', '#'])) {
            let Some(length) = text[at + 1..].find('"').filter(|length| *length > 0) else { break };
            value.push_str(&text[at + 1..at + 1 + length]);
            at += length + 2;
            quoted_to = at;
            if !text[at..].starts_with([':', '@', '#', '?', '/']) {
                break;
            }
        } else {
            let from = if at == quoted_to { at } else { break };
            let end = plain_end(&text[from..], pipes) + from;
            let more = text[end..].starts_with('"') && text[..end].ends_with([':', '@', '/', '#']) && end > from;
            let end = if more { end } else { from + trimmed(&text[from..end]).len() };
            value.push_str(&text[from..end]);
            at = end;
            if !more {
                break;
            }
            let Some(length) = text[at + 1..].find('"').filter(|length| *length > 0) else {
                let end = from + trimmed(&text[from..at]).len();
                value.truncate(value.len() - (at - end));
                at = end;
                break;
            };
            value.push_str(&text[at + 1..at + 1 + length]);
            at += length + 2;
            quoted_to = at;
        }
    }
    (!value.trim().is_empty()).then_some((at, value))
}

/// Where a plain stretch ends at the latest: at a blank, a quote, an angle bracket, or a bracket that it didn't open. With
/// `pipes` the alternatives of a value belong to it, as in `query:status=new|assigned`.
fn plain_end(text: &str, pipes: bool) -> usize {
    let mut open: Vec<char> = Vec::new();
    for (at, character) in text.char_indices() {
        match character {
            '(' | '[' | '{' => open.push(character),
            ')' | ']' | '}' => {
                let opener = match character {
                    ')' => '(',
                    ']' => '[',
                    _ => '{',
                };
                if open.pop() != Some(opener) {
                    return at;
                }
            }
            '|' if pipes
                && text[..at].contains('=')
                && text[at + 1..].chars().next().is_some_and(|next| !ends_reference(next)) => {}
            _ if ends_reference(character) => return at,
            _ => {}
        }
    }
    text.len()
}

fn ends_reference(character: char) -> bool {
    character.is_whitespace()
        || character.is_control()
        || "\"'`<>|\\“”„‘’«»。，、；：！？「」『』（）【】《》…".contains(character)
}

fn trimmed(text: &str) -> &str {
    text.trim_end_matches(['.', ',', ';', ':', '!', '?', '*', '_', '~', '(', '[', '{'])
}

/// A quoted whole or quoted parts without their quotes: `"Two Words"#goals`.
fn unquoted(text: &str) -> String {
    let text = text.trim();
    match rest_of(text, false) {
        Some((length, value)) if length == text.len() && text.contains('"') => value,
        _ => text.to_owned(),
    }
}

/// Target and label of a page link.
fn split_label(contents: &str) -> (String, Option<String>) {
    let plain = |part: &str| part.replace("\\|", "|");
    match separator(contents) {
        None => (plain(contents), None),
        Some(at) => (plain(&contents[..at]), Some(plain(&contents[at + 1..]))),
    }
}

/// Where target and label of a page link part: at the first `|` that is neither escaped nor in parentheses.
pub(super) fn separator(contents: &str) -> Option<usize> {
    let mut depth = 0_usize;
    let mut escaped = false;
    for (at, character) in contents.char_indices() {
        match character {
            '\\' if !escaped => {
                escaped = true;
                continue;
            }
            '|' if !escaped && depth == 0 => return Some(at),
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        escaped = false;
    }
    None
}

/// A bare address: `https://…`, `mailto:a@b.org`, `www.…`, `a@b.org`. `name` is the length of the word it begins with.
fn address(spot: Spot<'_>, name: usize) -> Option<(usize, Found)> {
    let rest = spot.rest;
    let lower = rest[..name].to_ascii_lowercase();
    if rest[name..].starts_with("://") && BARE_SCHEMES.contains(&lower.as_str()) {
        let end = address_end(rest)?;
        let host = rest.get(name + 3..end)?;
        let begins = host.chars().next().is_some_and(|c| c.is_alphanumeric() || c == '[' || !c.is_ascii());
        return begins.then(|| (end, bare_address("", &decoded(&rest[..end]))));
    }
    if rest.starts_with("www.") && !spot.before.ends_with(['/', '.', '@', ':', '-']) {
        let end = address_end(rest)?;
        let host = &rest[4..end.max(4)];
        let host = &host[..host.find(['/', '?', '#', ':']).unwrap_or(host.len())];
        let mut ends = host.rsplit('.').take(2);
        let valid = host.chars().next().is_some_and(char::is_alphanumeric) && !ends.any(|part| part.contains('_'));
        return valid.then(|| (end, bare_address("http://", &decoded(&rest[..end]))));
    }
    if rest[name..].starts_with(':') && (lower == "mailto" || lower == "xmpp") {
        let length = mail_length(&rest[name + 1..])?;
        return Some((name + 1 + length, bare_address("", &rest[..name + 1 + length])));
    }
    if spot.before.ends_with(['.', '+', '-', '/', '@', ':', '%', '=', '&', '#']) {
        return None;
    }
    let length = mail_length(rest)?;
    Some((length, bare_address("mailto:", &rest[..length])))
}

fn bare_address(scheme: &str, shown: &str) -> Found {
    Found::Address { address: format!("{scheme}{shown}"), label: shown.to_owned() }
}

fn mail_length(text: &str) -> Option<usize> {
    let text = within(text, 320);
    let local = text.bytes().take_while(|byte| byte.is_ascii_alphanumeric() || b"._+-".contains(byte)).count();
    let domain = text[local..].strip_prefix('@').filter(|_| local > 0)?;
    let length = domain.bytes().take_while(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(byte)).count();
    let host = domain[..length].trim_end_matches('.');
    let valid = host.contains('.')
        && host.split('.').all(|part| !part.is_empty())
        && !host.ends_with(['-', '_'])
        && host.len() == domain[..length].trim_end_matches(['.']).len();
    (valid && !domain[host.len()..].starts_with('@')).then(|| local + 1 + host.len())
}

/// Where a bare address ends: trailing punctuation and brackets that it didn't open stay outside.
fn address_end(text: &str) -> Option<usize> {
    let stop =
        |c: char| c.is_whitespace() || c.is_control() || "<>\"`|\\“”„«»。，、；：！？「」『』（）【】《》".contains(c);
    let text = within(text, LONGEST_ADDRESS + 4);
    let mut end = text.find(stop).unwrap_or(text.len());
    if end > LONGEST_ADDRESS {
        return None;
    }
    let count = |from: &str, bracket: char| from.matches(bracket).count();
    let mut parens = (count(&text[..end], '('), count(&text[..end], ')'));
    let mut squares = (count(&text[..end], '['), count(&text[..end], ']'));
    loop {
        let address = &text[..end];
        let last = address.chars().next_back()?;
        match last {
            '?' | '!' | '.' | ',' | ':' | '*' | '_' | '~' | '\'' | '’' | '{' | '}' => {}
            '(' => parens.0 -= 1,
            '[' => squares.0 -= 1,
            ')' if parens.1 > parens.0 => parens.1 -= 1,
            ']' if squares.1 > squares.0 => squares.1 -= 1,
            ';' => {
                let name = address[..end - 1].trim_end_matches(|c: char| c.is_ascii_alphanumeric());
                if name.len() < end - 1 && name.ends_with('&') {
                    end = name.len() - 1;
                    continue;
                }
            }
            _ => return Some(end),
        }
        end -= last.len_utf8();
    }
}

/// Authors write `&amp;` in addresses that they have copied from HTML.
fn decoded(address: &str) -> String {
    address.replace("&amp;", "&")
}

pub(super) fn is_scheme(prefix: &str) -> bool {
    SCHEMES.iter().any(|scheme| scheme.eq_ignore_ascii_case(prefix))
}

/// Whether something is an address of its own that may be linked to: a known scheme, and `//` where it needs one.
pub(super) fn is_address(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once(':') else { return false };
    let needs_host = BARE_SCHEMES.iter().any(|known| known.eq_ignore_ascii_case(scheme));
    is_scheme(scheme) && !rest.is_empty() && (!needs_host || rest.starts_with("//") && rest.len() > 2)
}

/// At most so many bytes of a text.
fn within(text: &str, bytes: usize) -> &str {
    let mut end = bytes.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}
