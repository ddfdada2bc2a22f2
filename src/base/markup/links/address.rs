//! Addresses outside: `https://…`, `www.…`, `mailto:a@b.org`, `a@b.org`; where one ends, and which may be linked to.

use super::{Found, Spot, within};

/// Schemes that may stand in an address. Everything else loses its link.
pub(in super::super) const SCHEMES: [&str; 20] = [
    "http", "https", "mailto", "ftp", "ftps", "sftp", "git", "ssh", "svn", "irc", "ircs", "xmpp", "news", "nntp",
    "sip", "sips", "tel", "magnet", "geo", "webcal",
];
/// Those of them that a bare address may begin with.
const BARE_SCHEMES: [&str; 10] = ["http", "https", "ftp", "ftps", "sftp", "git", "ssh", "svn", "irc", "ircs"];
const LONGEST_ADDRESS: usize = 2048;

/// A bare address: `https://…`, `mailto:a@b.org`, `www.…`, `a@b.org`. `name` is the length of the word it begins with.
pub(super) fn address(spot: Spot<'_>, name: usize) -> Option<(usize, Found)> {
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

pub(in super::super) fn is_scheme(prefix: &str) -> bool {
    SCHEMES.iter().any(|scheme| scheme.eq_ignore_ascii_case(prefix))
}

/// Whether something is an address of its own that may be linked to: a known scheme, and `//` where it needs one.
pub(in super::super) fn is_address(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once(':') else { return false };
    let needs_host = BARE_SCHEMES.iter().any(|known| known.eq_ignore_ascii_case(scheme));
    is_scheme(scheme) && !rest.is_empty() && (!needs_host || rest.starts_with("//") && rest.len() > 2)
}
