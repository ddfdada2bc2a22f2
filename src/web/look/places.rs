//! The places in the top bar of a project, as it wants them: in another order, by other names, fewer of them, and more that lead
//! elsewhere (row AD09).

use std::ops::RangeInclusive;

/// The keys of the places that there are: their addresses below a project. The administration stands at the end in any case,
/// for those who may use it.
pub const KEYS: [&str; 6] = ["wiki", "query", "roadmap", "timeline", "browser", "admin"];

/// How long the name of a place is, in characters.
const NAMED: RangeInclusive<usize> = 1..=30;
const MOST: usize = 12;
/// In bytes: as many characters as its field takes, each of four.
const LONGEST: usize = 8_000;

/// One place of the bar.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Entry {
    /// One of those that there are, by its key, by another name if there is one.
    Known { key: &'static str, name: Option<String> },
    /// One of the project's own: an address below it that begins with `/`, or a whole one.
    Own { name: String, address: String },
}

/// Reads `wiki; query = Issues; Chat = https://chat.example.org`. None if it can't be read; empty: the usual ones.
pub fn parse(text: &str) -> Option<Vec<Entry>> {
    if text.len() > LONGEST {
        return None;
    }
    let parts = text.split(';').map(str::trim).filter(|part| !part.is_empty());
    let entries: Vec<Entry> = parts.map(entry).collect::<Option<_>>()?;
    (entries.len() <= MOST).then_some(entries)
}

fn entry(part: &str) -> Option<Entry> {
    let (left, right) = part.split_once('=').map_or((part, None), |(left, right)| (left.trim(), Some(right.trim())));
    let named = |name: &str| NAMED.contains(&name.chars().count()).then(|| name.to_owned());
    if let Some(key) = KEYS.into_iter().find(|key| *key == left) {
        return match right {
            None => Some(Entry::Known { key, name: None }),
            Some(name) => Some(Entry::Known { key, name: Some(named(name)?) }),
        };
    }
    let address = right.filter(|address| leads_somewhere(address))?;
    Some(Entry::Own { name: named(left)?, address: address.to_owned() })
}

/// An address that is no more than one.
fn leads_somewhere(address: &str) -> bool {
    let plain = !address.contains(|c: char| c.is_control() || c.is_whitespace() || matches!(c, '\\' | '"' | '<' | '>'));
    let whole = ["https://", "http://"].iter().any(|scheme| {
        address
            .strip_prefix(scheme)
            .is_some_and(|rest| rest.starts_with(|first: char| first.is_alphanumeric() || first == '['))
    });
    plain && address.len() <= 500 && (whole || (address.starts_with('/') && !address.starts_with("//")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_read_in_their_order() {
        let entries = parse(" wiki; query = Issues;; Chat = https://chat.example.org/?a=b ;Handbook=/wiki/Handbook")
            .expect("reads");
        let own = |name: &str, address: &str| Entry::Own { name: name.into(), address: address.into() };
        assert_eq!(
            entries,
            [
                Entry::Known { key: "wiki", name: None },
                Entry::Known { key: "query", name: Some("Issues".into()) },
                own("Chat", "https://chat.example.org/?a=b"),
                own("Handbook", "/wiki/Handbook"),
            ]
        );
        assert_eq!(parse(""), Some(Vec::new()));
    }

    #[test]
    fn what_leads_nowhere_is_refused() {
        let long = "x".repeat(31);
        for text in [
            "forum",
            "Chat =",
            "= /wiki",
            "wiki =",
            "Chat = //evil.example",
            "Chat = javascript:alert(1)",
            "Chat = /\\evil",
            "Chat = https://",
            "Chat = data:text/html,x",
            "Chat = /a b",
            "Chat = chat.example.org",
            &format!("{long} = /wiki"),
            &"wiki;".repeat(13),
            &";".repeat(LONGEST + 1),
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
