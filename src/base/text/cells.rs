//! Tables in files: values between commas, semicolons or tabs, quoted where they must be (RFC 4180).

/// The first rows of a table. Any text is one; a quote that never ends takes the rest.
pub fn rows(text: &str, separator: char, most: usize) -> Vec<Vec<String>> {
    let mut rows = Vec::new();
    let mut row = Vec::new();
    let mut cell = String::new();
    let mut quoted = false;
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '"' if quoted && characters.peek() == Some(&'"') => cell.extend(characters.next()),
            '"' if quoted || cell.is_empty() => quoted = !quoted,
            '\r' if !quoted && characters.peek() == Some(&'\n') => {}
            '\n' if !quoted => {
                row.push(std::mem::take(&mut cell));
                rows.push(std::mem::take(&mut row));
                if rows.len() == most {
                    return rows;
                }
            }
            _ if character == separator && !quoted => row.push(std::mem::take(&mut cell)),
            _ => cell.push(character),
        }
    }
    if !cell.is_empty() || !row.is_empty() {
        row.push(cell);
        rows.push(row);
    }
    rows
}

/// What stands between the values of the first line most often: a comma, if it says nothing.
pub fn separator(text: &str) -> char {
    let first = text.lines().next().unwrap_or_default();
    let mut best = (',', first.matches(',').count());
    for other in [';', '\t'] {
        let count = first.matches(other).count();
        if count > best.1 {
            best = (other, count);
        }
    }
    best.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_keep_separators_quotes_and_line_ends() {
        let text = "a,\"b, \"\"c\"\"\nd\",\r\n,e\n\nlast \"quoted\"";
        assert_eq!(
            rows(text, ',', 10),
            [vec!["a", "b, \"c\"\nd", ""], vec!["", "e"], vec![""], vec!["last \"quoted\""]]
        );
        assert_eq!(rows(text, ',', 1).len(), 1);
        assert_eq!(rows("\"never ends,\n", ',', 9), [["never ends,\n"]]);
        assert!(rows("", ',', 9).is_empty());
    }

    #[test]
    fn the_first_line_tells_the_separator() {
        for (line, separator) in [("a,b", ','), ("a;b;1,5", ';'), ("a\tb", '\t'), ("a", ','), ("", ',')] {
            assert_eq!(super::separator(line), separator, "{line:?}");
        }
    }
}
