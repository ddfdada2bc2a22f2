//! Forms that are single words: `{3}`, `@kim`, commit ids, ticket numbers; and what may stand beside them.

use super::{Found, Spot, weak};

/// `{3}` between blanks or sentence punctuation.
pub(super) fn report(spot: Spot<'_>) -> Option<(usize, Found)> {
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
pub(super) fn user(spot: Spot<'_>) -> Option<(usize, Found)> {
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

pub(super) fn user_length(text: &str) -> usize {
    let run = text.find(|c: char| !(c.is_alphanumeric() || "._-".contains(c))).unwrap_or(text.len());
    let name = text[..run].trim_end_matches(['.', '-', '_']);
    if name.starts_with(['.', '-', '_']) || name.len() > 200 { 0 } else { name.len() }
}

/// A commit id, bare or after `r`: the length and the id.
pub(super) fn commit(spot: Spot<'_>) -> Option<(usize, &str)> {
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
pub(super) fn is_number(text: &str) -> bool {
    (1..=10).contains(&text.len()) && !text.starts_with('0') && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// The end of a list such as `1,3-5` that begins at `from`, if nothing beside it forbids it.
pub(super) fn number_list(text: &str, from: usize) -> Option<usize> {
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
pub(super) fn open_before(before: &str) -> bool {
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
pub(super) fn word_before(before: &str) -> bool {
    let mut rest = before;
    while let Some(short) = rest.strip_suffix('_').filter(|_| before.len() - rest.len() < 3) {
        rest = short;
    }
    rest.chars().next_back().is_some_and(|c| c.is_alphanumeric() || c == '_')
}
