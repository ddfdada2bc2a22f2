//! What stands behind the colon of a reference and between its brackets: quoted and plain stretches, target and label.

use super::within;

const LONGEST_REST: usize = 512;

/// What follows the colon of `prefix:`: quoted (`"Two Words"`) and plain stretches up to a blank, with its length. Punctuation
/// at the end belongs to the sentence.
pub(super) fn rest_of(text: &str, pipes: bool) -> Option<(usize, String)> {
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
pub(super) fn unquoted(text: &str) -> String {
    let text = text.trim();
    match rest_of(text, false) {
        Some((length, value)) if length == text.len() && text.contains('"') => value,
        _ => text.to_owned(),
    }
}

/// Target and label of a page link.
pub(super) fn split_label(contents: &str) -> (String, Option<String>) {
    let plain = |part: &str| part.replace("\\|", "|");
    match separator(contents) {
        None => (plain(contents), None),
        Some(at) => (plain(&contents[..at]), Some(plain(&contents[at + 1..]))),
    }
}

/// Where target and label of a page link part: at the first `|` that is neither escaped nor in parentheses.
pub(in super::super) fn separator(contents: &str) -> Option<usize> {
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
