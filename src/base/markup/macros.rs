//! The grammar of macro calls (DESIGN 6 "Macros"): `[[Name(a, key="b, c")]]` and the fenced form.

use std::ops::Range;

use super::{Arguments, Call, Html};

/// Longer calls are no calls, which also bounds the search for their end.
const LONGEST: usize = 4096;

/// A call as read from the source.
#[derive(Debug, PartialEq)]
pub(super) struct Read {
    pub(super) call: Call,
    /// Why it can't be run.
    pub(super) problem: Option<&'static str>,
}

impl Read {
    pub(super) fn with_source(mut self, source: &str) -> Self {
        self.call.source = source.to_owned();
        self
    }
}

const UNCLOSED: &str = "a double quote is not closed";

/// A call without arguments.
pub(super) fn bare(name: &str) -> Read {
    let call = Call { source: String::new(), name: name.to_owned(), arguments: Arguments::default() };
    Read { call, problem: None }
}

/// `Name(…)]]`, as it stands after `[[`, and its length.
pub(super) fn in_brackets(text: &str, table: bool) -> Option<(usize, Read)> {
    let name = name_length(text);
    let rest = text[name..].strip_prefix('(').filter(|_| name > 0)?;
    let (inner, closed) = match arguments_end(rest, true) {
        Some(end) => (end, true),
        None => (arguments_end(rest, false)?, false),
    };
    let after = &rest[inner + 1..];
    let length = name + 1 + inner + 1 + (after.len() - after.trim_start_matches([' ', '\t']).len()) + 2;
    let arguments = if table { rest[..inner].replace("\\|", "|") } else { rest[..inner].to_owned() };
    Some((length, read(&text[..name], &arguments, closed)))
}

/// The info string of a fence, if it calls a macro: `Name(…)`, or a name that `known` knows.
pub(super) fn in_fence(info: &str, known: impl Fn(&str) -> bool) -> Option<Read> {
    let info = info.trim();
    let name = name_length(info);
    if name == 0 {
        return None;
    }
    if name == info.len() {
        return known(info).then(|| bare(info));
    }
    let arguments = info[name..].strip_prefix('(')?.strip_suffix(')')?;
    Some(read(&info[..name], arguments, true))
}

fn read(name: &str, arguments: &str, closed: bool) -> Read {
    let parsed = parse(arguments);
    let problem = if closed && parsed.is_some() { None } else { Some(UNCLOSED) };
    let call = Call { source: String::new(), name: name.to_owned(), arguments: parsed.unwrap_or_default() };
    Read { call, problem }
}

/// `[A-Z][A-Za-z0-9]*`
fn name_length(text: &str) -> usize {
    if !text.as_bytes().first().is_some_and(u8::is_ascii_uppercase) {
        return 0;
    }
    text.bytes().take(64).take_while(u8::is_ascii_alphanumeric).count()
}

/// Where the `)` stands that is followed by `]]`: not in double quotes (if they count) and not escaped.
fn arguments_end(text: &str, quotes: bool) -> Option<usize> {
    let mut quoted = false;
    let mut escaped = false;
    for (at, byte) in text.bytes().enumerate().take(LONGEST) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' if quotes => quoted = !quoted,
            b')' if !quoted && text[at + 1..].trim_start_matches([' ', '\t']).starts_with("]]") => return Some(at),
            _ => {}
        }
    }
    None
}

/// Splits at `,` outside double quotes; `\,` `\"` `\)` stand for the character. None: a quote is not closed.
fn parse(text: &str) -> Option<Arguments> {
    let mut arguments = Arguments { raw: text.to_owned(), ..Arguments::default() };
    if text.trim().is_empty() {
        return Some(arguments);
    }
    let mut current = Current::default();
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '\\' if characters.peek().is_some_and(|next| ",\")".contains(*next)) => {
                current.keep(characters.next().unwrap_or('\\'));
            }
            '"' => {
                current.quoted = !current.quoted;
                current.kept = current.value.len();
                current.any_quotes = true;
            }
            ',' if !current.quoted => std::mem::take(&mut current).finish(&mut arguments),
            '=' if !current.quoted && current.key.is_none() && !current.any_quotes && is_key(current.value.trim()) => {
                current.key = Some(current.value.trim().to_owned());
                current.value.clear();
            }
            _ if current.quoted => current.keep(character),
            _ if character.is_whitespace() && current.value.is_empty() => {}
            _ => current.value.push(character),
        }
    }
    if current.quoted {
        return None;
    }
    current.finish(&mut arguments);
    Some(arguments)
}

/// Where the argument of that number among those without a name stands in what is between the brackets, without the blanks
/// around it.
pub(super) fn positional(text: &str, number: usize) -> Option<Range<usize>> {
    let mut parts: Vec<Range<usize>> = Vec::new();
    let (mut start, mut quoted, mut escaped) = (0, false, false);
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => quoted = !quoted,
            b',' if !quoted => {
                parts.push(start..at);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(start..text.len());
    let named = |part: &Range<usize>| text[part.clone()].split_once('=').is_some_and(|(key, _)| is_key(key.trim()));
    let part = parts.into_iter().filter(|part| !named(part)).nth(number)?;
    let (written, inner) = (&text[part.clone()], text[part.clone()].trim_start());
    let start = part.start + written.len() - inner.len();
    Some(start..start + inner.trim_end().len())
}

#[derive(Default)]
struct Current {
    key: Option<String>,
    value: String,
    quoted: bool,
    any_quotes: bool,
    /// How much of the value is not to be trimmed.
    kept: usize,
}

impl Current {
    fn keep(&mut self, character: char) {
        self.value.push(character);
        self.kept = self.value.len();
    }

    fn finish(mut self, arguments: &mut Arguments) {
        let length = self.value.trim_end().len().max(self.kept);
        self.value.truncate(length);
        match self.key {
            Some(key) => arguments.named.push((key, self.value)),
            None => {
                arguments.before.push(arguments.named.len());
                arguments.positional.push(self.value);
            }
        }
    }
}

fn is_key(text: &str) -> bool {
    text.as_bytes().first().is_some_and(u8::is_ascii_alphabetic)
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}

/// The visible sign of a macro that could not be run: in place, naming the macro and the reason.
pub fn macro_box(name: &str, problem: &str, block: bool) -> Html {
    let mut html = Html::default();
    html.tag(if block { "<div class=\"macro-box\"><strong>" } else { "<span class=\"macro-box\"><strong>" });
    html.text(name).tag("</strong>: ").text(problem);
    html.tag(if block { "</div>" } else { "</span>" });
    html
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arguments(text: &str) -> (Vec<String>, Vec<(String, String)>) {
        let read = parse(text).unwrap_or_default();
        (read.positional, read.named)
    }

    #[test]
    fn arguments_split_at_commas_outside_quotes() {
        let (positional, named) = arguments(r#" a b , "c, d" ,e\,f, key = "x, y" , other=1"#);
        assert_eq!(positional, ["a b", "c, d", "e,f"]);
        assert_eq!(named, [("key".into(), "x, y".into()), ("other".into(), "1".into())]);
    }

    #[test]
    fn quotes_keep_blanks_and_equals_signs() {
        assert_eq!(arguments(r#"" a ""#).0, [" a "]);
        assert_eq!(arguments(r#""a=b""#).0, ["a=b"]);
        assert_eq!(arguments("").0, [""; 0]);
        assert_eq!(arguments("a,,b").0, ["a", "", "b"]);
        assert_eq!(arguments(r#"say \"hi\""#).0, [r#"say "hi""#]);
    }

    #[test]
    fn a_call_ends_at_the_parenthesis_before_the_brackets() {
        assert_eq!(in_brackets("Name(f(x) y)]] more", false).map(|(length, _)| length), Some(14));
        assert_eq!(in_brackets(r#"Name("a)]]b")]]"#, false).map(|(length, _)| length), Some(15));
        assert_eq!(in_brackets(r"Name(a\)]]b)]]", false).map(|(length, _)| length), Some(14));
        assert_eq!(in_brackets("Name(a)|label]]", false), None);
        let broken = in_brackets(r#"Name(5")]]"#, false).map(|(_, read)| read.problem);
        assert_eq!(broken, Some(Some(UNCLOSED)));
    }
}
