//! How the address of a query says a value, for whoever leads to lists of tickets: this room, the roadmap, the queries
//! themselves; and whether what somebody types is such a question, for the search.

use super::fields::FIELDS;
use super::relations;
use crate::web::address;

/// Stands for the login of whoever asks (row Q14).
pub const USER: &str = "$USER";

/// A value of the address form that means this text and nothing else, even if it begins like an operator (row Q03).
pub fn exactly(value: &str) -> String {
    let operator =
        value.starts_with(['!', '~', '^', '=', '<', '>']) || value.starts_with('$') && !value.starts_with(USER);
    if operator || is_shielded(value) { format!("\\{value}") } else { value.to_owned() }
}

/// The address of the tickets with these values, below the project's address. The values may begin with operators; a name
/// that somebody chose goes through [`exactly`] first.
pub fn href(pairs: &[(&str, String)]) -> String {
    let pairs: Vec<String> =
        pairs.iter().map(|(name, value)| format!("{name}={}", address::query_value(value))).collect();
    format!("/query?{}", pairs.join("&"))
}

/// The address of the list that a text asks for, if it names something of a ticket with a colon, as queries for people do; below
/// the project's address.
pub fn list_of(text: &str) -> Option<String> {
    let names = || FIELDS.iter().map(|field| field.name).chain(relations::INVERSES.iter().map(|field| field.name));
    let asks = |word: &str| {
        let bare = word.trim_start_matches(['-', '(']);
        bare.split_once(':').is_some_and(|(name, value)| {
            let is_one = |known: &str| known.eq_ignore_ascii_case(name);
            !value.is_empty() && (names().any(is_one) || ["created", "is", "was"].into_iter().any(is_one))
        })
    };
    text.split_whitespace().any(asks).then(|| format!("/query?q={}", address::query_value(text.trim())))
}

/// Whether its own first backslash would be taken for the one that takes an operator its meaning.
pub fn is_shielded(value: &str) -> bool {
    value.starts_with('\\') && is_mistakable(value)
}

/// Whether a backslash before this text would be taken for a shield.
pub fn is_mistakable(text: &str) -> bool {
    let bare = text.trim_start_matches('\\');
    bare.starts_with(['!', '~', '^', '$', '=', '<', '>']) || bare.starts_with(&USER[1..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_names_something_of_a_ticket_is_a_question_to_the_tickets() {
        for text in ["status:new", "rain (owner:me or -Milestone:1.0)", "is:open", "blocks:12"] {
            assert!(list_of(text).is_some(), "{text}");
        }
        for text in ["rain", "wiki:Page", "status:", "https://example.org", "double : brackets"] {
            assert_eq!(list_of(text), None, "{text}");
        }
        assert_eq!(list_of(" status:new rain "), Some("/query?q=status:new%20rain".to_owned()));
    }

    #[test]
    fn a_name_that_begins_like_an_operator_is_asked_for_exactly() {
        for (name, asked) in [
            ("1.0", "1.0"),
            ("!x", "\\!x"),
            ("~", "\\~"),
            ("^a", "\\^a"),
            ("$5", "\\$5"),
            ("\\!x", "\\\\!x"),
            ("\\USER", "\\\\USER"),
            ("\\x", "\\x"),
            ("<3", "\\<3"),
            (">=1.0", "\\>=1.0"),
            ("=", "\\="),
            ("USER", "USER"),
        ] {
            assert_eq!(exactly(name), asked);
        }
    }
}
