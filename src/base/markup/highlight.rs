//! Colours for code, as classes (`hl-keyword`, `hl-string` …), made on the server.
//!
//! Syntaxes are loaded at the first use. Code that is too large, lines that are too long and languages that nobody knows
//! stay plain; so does whatever is left when the time for one text is used up.

use std::sync::LazyLock;
use std::time::{Duration, Instant};

use syntect::parsing::{ParseState, Scope, ScopeStack, SyntaxReference, SyntaxSet};

use super::Html;

/// More code than that stays plain.
pub(super) const LARGEST: usize = 256 << 10;
const LONGEST_LINE: usize = 2000;

static SYNTAXES: LazyLock<SyntaxSet> = LazyLock::new(two_face::syntax::extra_newlines);

/// Which scopes show; the most special first. Whatever isn't listed looks like its surroundings.
const CLASSES: [(&str, &str); 30] = [
    ("comment", "hl-comment"),
    ("constant.character.escape", "hl-constant hl-escape"),
    ("constant.numeric", "hl-constant hl-numeric"),
    ("constant", "hl-constant"),
    ("string.regexp", "hl-string hl-regexp"),
    ("string", "hl-string"),
    ("keyword.operator", "hl-keyword hl-operator"),
    ("keyword", "hl-keyword"),
    ("storage.type", "hl-storage"),
    ("storage", "hl-storage"),
    ("entity.name.function", "hl-entity hl-name hl-function"),
    ("entity.name.tag", "hl-entity hl-name hl-tag"),
    ("entity.name.section", "hl-markup hl-heading"),
    ("entity.name", "hl-entity hl-name hl-type"),
    ("entity.other.attribute-name", "hl-entity hl-other hl-attribute-name"),
    ("entity.other.inherited-class", "hl-entity hl-name hl-class"),
    ("support.function", "hl-support hl-function"),
    ("support.macro", "hl-support hl-function"),
    ("support.constant", "hl-constant"),
    ("support.type.property-name", "hl-entity hl-other hl-attribute-name"),
    ("support", "hl-support hl-type"),
    ("variable.language", "hl-constant"),
    ("variable.function", "hl-support hl-function"),
    ("markup.heading", "hl-markup hl-heading"),
    ("markup.bold", "hl-markup hl-bold"),
    ("markup.italic", "hl-markup hl-italic"),
    ("markup.inserted", "hl-markup hl-inserted"),
    ("markup.deleted", "hl-markup hl-deleted"),
    ("markup.raw", "hl-markup hl-raw"),
    ("invalid", "hl-invalid"),
];

static SCOPES: LazyLock<Vec<(Scope, &'static str)>> =
    LazyLock::new(|| CLASSES.iter().filter_map(|(name, class)| Some((Scope::new(name).ok()?, *class))).collect());

/// How much time is left for the code of one text.
pub(super) struct Budget {
    deadline: Instant,
}

impl Budget {
    pub(super) fn new() -> Self {
        Self::of(Duration::from_secs(3))
    }

    fn of(time: Duration) -> Self {
        Self { deadline: Instant::now() + time }
    }

    pub(super) fn is_used_up(&self) -> bool {
        Instant::now() > self.deadline
    }
}

/// A whole file in colours, for the pages that show code; what is not done within that time stays plain. `language` is a
/// name or a file extension. Stretches of colour are never nested.
pub fn highlighted(code: &str, language: &str, time: Duration) -> Html {
    let mut out = String::new();
    write(&mut out, code, language, &Budget::of(time));
    Html::trusted(out)
}

/// What the colours of a file go by (rows G01, G03): its name or the end of it where a language is known by that, else what
/// its first lines say (`-*- mode: python -*-`, `vim: ft=sh`, `#!/bin/sh`). As [`highlighted`] takes it.
pub fn language_of<'a>(name: &'a str, text: &'a str) -> &'a str {
    let end = name.rsplit_once('.').map_or(name, |(_, extension)| extension);
    if SYNTAXES.find_syntax_by_token(end).is_some() {
        return end;
    }
    let said = text.lines().take(5).find_map(mode);
    if let Some(mode) = said.filter(|mode| syntax(mode).is_some()) {
        return mode;
    }
    let first = text.lines().next().filter(|line| line.len() <= LONGEST_LINE).unwrap_or_default();
    SYNTAXES.find_syntax_by_first_line(first).map_or(end, |syntax| syntax.name.as_str())
}

/// The language that a line for an editor names.
fn mode(line: &str) -> Option<&str> {
    let word =
        |text: &'_ str| text.find(|c: char| !(c.is_ascii_alphanumeric() || "+#_-".contains(c))).unwrap_or(text.len());
    if let Some((_, after)) = line.split_once("-*-") {
        let inner = after.split_once("-*-")?.0.trim();
        let mode = inner.split(';').find_map(|part| part.trim().strip_prefix("mode:")).unwrap_or(inner).trim();
        return (word(mode) == mode.len() && !mode.is_empty()).then_some(mode);
    }
    let (_, after) = line.split_once("vim:").or_else(|| line.split_once("vi:"))?;
    let mut settings = after.split([' ', ':', '\t']);
    let mode = settings.find_map(|one| one.strip_prefix("ft=").or_else(|| one.strip_prefix("filetype=")))?;
    Some(&mode[..word(mode)])
}

/// Writes code, escaped, in colours if its language is known.
pub(super) fn write(out: &mut String, code: &str, language: &str, budget: &Budget) {
    let long_line = || code.lines().any(|line| line.len() > LONGEST_LINE);
    let known = if code.len() > LARGEST || language.is_empty() || long_line() { None } else { syntax(language) };
    match known {
        Some(syntax) => coloured(out, code, syntax, budget),
        None => super::write::escape(out, code),
    }
}

fn syntax(language: &str) -> Option<&'static SyntaxReference> {
    let language = language.to_ascii_lowercase();
    let name = match language.as_str() {
        "text" | "plain" | "txt" | "none" | "console" | "output" => return None,
        "shell" | "sh" | "shell-session" => "bash",
        "jsx" => "js",
        "docker" => "dockerfile",
        "golang" => "go",
        "c++" => "cpp",
        "c#" => "cs",
        "yml" => "yaml",
        other => other,
    };
    let syntax = SYNTAXES.find_syntax_by_token(name)?;
    (syntax.name != "Plain Text").then_some(syntax)
}

fn coloured(out: &mut String, code: &str, syntax: &SyntaxReference, budget: &Budget) {
    let mut state = ParseState::new(syntax);
    let mut stack = ScopeStack::new();
    let mut open: Option<&'static str> = None;
    let mut done = 0;
    for line in code.split_inclusive('\n') {
        let operations = if budget.is_used_up() { None } else { state.parse_line(line, &SYNTAXES).ok() };
        let Some(operations) = operations else { break };
        let mut from = 0;
        for (at, operation) in operations {
            let at = at.min(line.len());
            if at > from && line.is_char_boundary(at) {
                span(out, &mut open, class(&stack), &line[from..at]);
                from = at;
            }
            if stack.apply(&operation).is_err() {
                stack = ScopeStack::new();
            }
        }
        span(out, &mut open, class(&stack), &line[from..]);
        done += line.len();
    }
    if open.is_some() {
        out.push_str("</span>");
    }
    super::write::escape(out, &code[done..]);
}

/// Writes a stretch; neighbours of one class share one span.
fn span(out: &mut String, open: &mut Option<&'static str>, class: Option<&'static str>, text: &str) {
    // Blanks have no colour.
    if *open != class && !text.trim().is_empty() {
        if open.take().is_some() {
            out.push_str("</span>");
        }
        if let Some(class) = class {
            out.push_str("<span class=\"");
            out.push_str(class);
            out.push_str("\">");
        }
        *open = class;
    }
    super::write::escape(out, text);
}

fn class(stack: &ScopeStack) -> Option<&'static str> {
    let shown = |scope: &Scope| SCOPES.iter().find(|(known, _)| known.is_prefix_of(*scope)).map(|(_, class)| *class);
    stack.as_slice().iter().rev().take(16).find_map(shown)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_tells_its_language_by_name_by_a_line_for_editors_or_by_its_first_line() {
        for (name, text, language) in [
            ("a.rs", "#!/bin/sh", "rs"),
            ("Makefile", "", "Makefile"),
            ("deploy", "#!/usr/bin/env python3\nx", "Python"),
            ("deploy", "# -*- mode: ruby; x -*-\n", "ruby"),
            ("deploy", "# -*- python -*-\n", "python"),
            ("deploy", "\n# vim: set ft=sh :\n", "sh"),
            ("deploy", "plain words", "deploy"),
            ("deploy", "# -*- <script> -*-", "deploy"),
        ] {
            assert_eq!(language_of(name, text), language, "{name} {text}");
        }
    }
}
