//! How the address of a query says a value, for whoever leads to lists of tickets: this room, the roadmap, the queries
//! themselves.

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
