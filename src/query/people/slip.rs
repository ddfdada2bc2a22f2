//! What is wrong with a text, and where.

/// One thing that can't be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slip {
    /// Where it stands, in bytes: from, and the first one after it.
    pub from: usize,
    pub to: usize,
    /// A sentence for the reader, without the place.
    pub message: String,
}

impl Slip {
    /// The sentence with the place, for where the text itself can't be shown: characters are counted from 1.
    pub fn told(&self, text: &str) -> String {
        let before = text.get(..self.from).map_or(0, |before| before.chars().count());
        format!("{} (character {})", self.message, before + 1)
    }

    /// The text in three parts, the second of which is what can't be read.
    pub fn parts<'a>(&self, text: &'a str) -> [&'a str; 3] {
        let whole = [text, "", ""];
        let (Some(before), Some(wrong), Some(after)) =
            (text.get(..self.from), text.get(self.from..self.to), text.get(self.to..))
        else {
            return whole;
        };
        [before, wrong, after]
    }
}
