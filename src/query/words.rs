//! The words that a list such as keywords is asked for (row Q08): `red -green "light blue"`. Pure.

#[derive(Debug, Clone, PartialEq)]
pub struct Word {
    pub text: String,
    /// It had a minus.
    pub unwanted: bool,
}

/// Words between blanks; what is in quotes is one. A quote that is not closed goes to the end.
pub fn split(text: &str) -> Vec<Word> {
    let mut words = Vec::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let bare = rest.strip_prefix('-').filter(|bare| !bare.is_empty());
        let unwanted = bare.is_some();
        let word = bare.unwrap_or(rest);
        let (word, after) = match word.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"').unwrap_or((quoted, "")),
            None => word.split_at(word.find(char::is_whitespace).unwrap_or(word.len())),
        };
        if !word.is_empty() && (unwanted || word != "-") {
            words.push(Word { text: word.to_owned(), unwanted });
        }
        rest = after.trim_start();
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_phrases_and_what_is_not_wanted_are_told_apart() {
        let read = |text: &str| -> Vec<String> {
            split(text)
                .into_iter()
                .map(|word| format!("{}{}", if word.unwanted { "not " } else { "" }, word.text))
                .collect()
        };
        assert_eq!(
            read(r#" red -green "light blue" -"dark  red" x-y"#),
            ["red", "not green", "light blue", "not dark  red", "x-y"]
        );
        assert_eq!(read(r#"- "" -"" "#), [""; 0]);
        assert_eq!(read(r#"a "b c"#), ["a", "b c"]);
    }
}
