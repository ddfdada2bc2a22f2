//! The variables of SQL reports: `$NAME` in capitals, given by the address of the report, by whoever reads it (`$USER`) or by
//! a line `-- NAME = value` in the report itself (rows R04, R05).
//!
//! They are bound as parameters, also within quotes: `'%$NAME%'` becomes `('%' || ?1 || '%')`. No value is ever read as SQL.

use std::collections::BTreeMap;

pub type Arguments = BTreeMap<String, String>;

/// Where a statement wants the column that orders it (row R10).
pub const SORT_COLUMN: &str = "@SORT_COLUMN@";
/// Where it wants to be cut into pages (row R11): pages are cut from what was found, so nothing stands there.
const LIMIT_OFFSET: &str = "@LIMIT_OFFSET@";

/// Fills both places; ordered by a column of that name, descending or not, or by the first.
pub fn with_places(sql: &str, sort: Option<(&str, bool)>) -> String {
    let is_name = |name: &str| name.chars().all(|character| character.is_alphanumeric() || character == '_');
    let order = match sort.filter(|(name, _)| is_name(name)) {
        Some((name, ascending)) => format!("\"{name}\"{}", if ascending { "" } else { " desc" }),
        None => "1".to_owned(),
    };
    sql.replace(SORT_COLUMN, &order).replace(LIMIT_OFFSET, "")
}

/// A statement whose variables are parameters.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Bound {
    pub sql: String,
    /// Of `?1`, `?2` and so on.
    pub values: Vec<String>,
    /// The variables that nothing gives a value; they are empty.
    pub missing: Vec<String>,
}

/// Binds the variables of a statement.
pub fn bind(sql: &str, arguments: &Arguments) -> Bound {
    let mut bound = Bound::default();
    let mut names: Vec<String> = Vec::new();
    for piece in pieces(sql) {
        match piece {
            Piece::Code(text) | Piece::Aside(text) => bound.sql.push_str(text),
            Piece::Dollar => bound.sql.push('$'),
            Piece::Variable(name) => bound.sql.push_str(&parameter(name, &mut names)),
            Piece::Literal(text) => {
                let parts = parts(&text[1..text.len() - 1]);
                if parts.iter().all(|part| matches!(part, Part::Text(_))) {
                    bound.sql.push_str(&text.replace("$$", "$"));
                    continue;
                }
                let written: Vec<String> = parts
                    .into_iter()
                    .map(|part| match part {
                        Part::Text(text) => format!("'{text}'"),
                        Part::Variable(name) => parameter(name, &mut names),
                    })
                    .collect();
                bound.sql.push_str(&format!("({})", written.join(" || ")));
            }
        }
    }
    for name in names {
        match value(&name, arguments) {
            Some(value) => bound.values.push(value.to_owned()),
            None => {
                bound.values.push(String::new());
                bound.missing.push(name);
            }
        }
    }
    bound
}

fn parameter(name: &str, names: &mut Vec<String>) -> String {
    let at = names.iter().position(|known| known == name).unwrap_or_else(|| {
        names.push(name.to_owned());
        names.len() - 1
    });
    format!("?{}", at + 1)
}

/// The value of a variable; one that is itself `$OTHER` has the value of that one.
fn value<'a>(name: &str, arguments: &'a Arguments) -> Option<&'a str> {
    let value = arguments.get(name)?;
    match value.strip_prefix('$').filter(|other| is_name(other)) {
        Some(other) => arguments.get(other).map(String::as_str),
        None => Some(value),
    }
}

/// The variables of a statement in the order of their first mention.
pub fn names(sql: &str) -> Vec<String> {
    let mut names = Vec::new();
    for piece in pieces(sql) {
        match piece {
            Piece::Variable(name) => {
                parameter(name, &mut names);
            }
            Piece::Literal(text) => {
                for part in parts(&text[1..text.len() - 1]) {
                    if let Part::Variable(name) = part {
                        parameter(name, &mut names);
                    }
                }
            }
            _ => {}
        }
    }
    names
}

/// What lines such as `-- STATE = new` give.
pub fn defaults(sql: &str) -> Arguments {
    let line = |line: &str| {
        let (name, value) = line.trim().strip_prefix("--")?.split_once('=')?;
        let name = name.trim();
        is_name(name).then(|| (name.to_owned(), value.trim().to_owned()))
    };
    sql.lines().filter_map(line).collect()
}

/// The variables in a title or a description.
pub fn substitute(text: &str, arguments: &Arguments) -> String {
    let mut written = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        written.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        if let Some(after) = rest.strip_prefix('$') {
            written.push('$');
            rest = after;
        } else {
            let length = name_length(rest);
            match value(&rest[..length], arguments).filter(|_| length > 0) {
                Some(value) => written.push_str(value),
                None => {
                    written.push('$');
                    written.push_str(&rest[..length]);
                }
            }
            rest = &rest[length..];
        }
    }
    written + rest
}

pub fn is_name(name: &str) -> bool {
    !name.is_empty() && name_length(name) == name.len()
}

fn name_length(text: &str) -> usize {
    let is_first = text.starts_with(|first: char| first.is_ascii_uppercase() || first == '_');
    let is_of_name = |byte: &u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || *byte == b'_';
    if is_first { text.bytes().take_while(is_of_name).count() } else { 0 }
}

/// A statement taken apart where variables may stand.
enum Piece<'a> {
    Code(&'a str),
    /// A comment or a quoted name: no place for variables.
    Aside(&'a str),
    /// With its quotes.
    Literal(&'a str),
    Variable(&'a str),
    /// `$$`
    Dollar,
}

fn pieces(sql: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let (mut begin, mut at) = (0, 0);
    while at < sql.len() {
        let rest = &sql[at..];
        let first = rest.as_bytes()[0];
        let (length, piece) = match first {
            b'\'' => match quoted_length(rest, '\'') {
                Some(length) => (length, Piece::Literal(&rest[..length])),
                None => (rest.len(), Piece::Aside(rest)),
            },
            b'"' | b'`' => {
                let length = quoted_length(rest, char::from(first)).unwrap_or(rest.len());
                (length, Piece::Aside(&rest[..length]))
            }
            b'[' => {
                let length = rest.find(']').map_or(rest.len(), |end| end + 1);
                (length, Piece::Aside(&rest[..length]))
            }
            b'-' if rest.starts_with("--") => {
                let length = rest.find('\n').unwrap_or(rest.len());
                (length, Piece::Aside(&rest[..length]))
            }
            b'/' if rest.starts_with("/*") => {
                let length = rest[2..].find("*/").map_or(rest.len(), |end| end + 4);
                (length, Piece::Aside(&rest[..length]))
            }
            b'$' if rest.starts_with("$$") => (2, Piece::Dollar),
            b'$' if name_length(&rest[1..]) > 0 => {
                let length = 1 + name_length(&rest[1..]);
                (length, Piece::Variable(&rest[1..length]))
            }
            _ => {
                at += rest.chars().next().map_or(1, char::len_utf8);
                continue;
            }
        };
        if begin < at {
            pieces.push(Piece::Code(&sql[begin..at]));
        }
        pieces.push(piece);
        at += length;
        begin = at;
    }
    if begin < sql.len() {
        pieces.push(Piece::Code(&sql[begin..]));
    }
    pieces
}

/// The length of what stands between two such quotes, with them; a doubled quote belongs to it. None without an end.
fn quoted_length(rest: &str, quote: char) -> Option<usize> {
    let mut at = 1;
    loop {
        at += rest[at..].find(quote)? + 1;
        if !rest[at..].starts_with(quote) {
            return Some(at);
        }
        at += 1;
    }
}

enum Part<'a> {
    /// As it stands between quotes.
    Text(String),
    Variable(&'a str),
}

fn parts(literal: &str) -> Vec<Part<'_>> {
    let mut parts = Vec::new();
    let mut text = String::new();
    let mut rest = literal;
    while let Some(at) = rest.find('$') {
        text.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        if let Some(after) = rest.strip_prefix('$') {
            text.push('$');
            rest = after;
            continue;
        }
        let length = name_length(rest);
        if length == 0 {
            text.push('$');
            continue;
        }
        if !text.is_empty() {
            parts.push(Part::Text(std::mem::take(&mut text)));
        }
        parts.push(Part::Variable(&rest[..length]));
        rest = &rest[length..];
    }
    text.push_str(rest);
    if !text.is_empty() {
        parts.push(Part::Text(text));
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arguments(pairs: &[(&str, &str)]) -> Arguments {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn variables_become_parameters_wherever_they_stand() {
        let given = arguments(&[("USER", "kim"), ("X", "a'b"), ("BY", "$USER")]);
        for (sql, bound, values) in [
            ("select $X", "select ?1", vec!["a'b"]),
            ("select $X, $USER, $X", "select ?1, ?2, ?1", vec!["a'b", "kim"]),
            ("owner = $BY", "owner = ?1", vec!["kim"]),
            ("x like '%$X%'", "x like ('%' || ?1 || '%')", vec!["a'b"]),
            ("x = '$X'", "x = (?1)", vec!["a'b"]),
            ("x = 'it''s $X'", "x = ('it''s ' || ?1)", vec!["a'b"]),
            ("x = '5 $$ or $$X'", "x = '5 $ or $X'", vec![]),
            ("x = '$5 and $x'", "x = '$5 and $x'", vec![]),
            ("-- it's $X\nselect 1 /* $X ' */", "-- it's $X\nselect 1 /* $X ' */", vec![]),
            ("select \"$X\", [$X], `$X`", "select \"$X\", [$X], `$X`", vec![]),
            ("select 'open $X", "select 'open $X", vec![]),
            ("select 'é$X'", "select ('é' || ?1)", vec!["a'b"]),
        ] {
            let found = bind(sql, &given);
            assert_eq!((found.sql.as_str(), found.values), (bound, values.iter().map(|v| (*v).to_owned()).collect()));
        }
    }

    #[test]
    fn what_nobody_gives_is_empty_and_told() {
        let found = bind("select $A, '$B', $A, $LOOP", &arguments(&[("LOOP", "$A")]));
        assert_eq!(found.values, ["", "", ""]);
        assert_eq!(found.missing, ["A", "B", "LOOP"]);
        assert_eq!(names("select $A, '$B', $A -- $C"), ["A", "B"]);
    }

    #[test]
    fn a_report_gives_its_variables_values_itself() {
        let given = defaults("-- STATE = new\n--OTHER=a = b\nselect 1 -- no = thing\n-- It's = nothing");
        assert_eq!(given, arguments(&[("STATE", "new"), ("OTHER", "a = b")]));
        assert_eq!(substitute("Tickets of $STATE, $$5 and $NONE $", &given), "Tickets of new, $5 and $NONE $");
    }
}
