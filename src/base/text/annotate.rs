//! Which of several versions of a text each line of the newest one comes from: for who asks who wrote that.
//!
//! The versions are looked at one after the other, from the newest back, until every line has been seen to begin.

use std::time::{Duration, Instant};

use similar::DiffOp;

use super::lines::{Lines, Numbers, TIME_LIMIT, compare};

/// Looks for the origin of each line of a text. Takes time in proportion to the texts that it is given plus that for
/// searching, after which what is left counts as old; whoever gives it texts decides when to stop.
pub struct Annotation {
    /// By line of the newest text: the version in which it came; none while that is not known.
    origins: Vec<Option<i64>>,
    /// The lines that are still looked for: which of the newest text, and which of the text that was looked at last.
    open: Vec<(usize, usize)>,
    version: i64,
    text: String,
    deadline: Instant,
}

impl Annotation {
    /// Begins with the newest text, which is that version.
    pub fn of(version: i64, text: String, time: Duration) -> Self {
        let count = Lines::of(&text).lines.len();
        Self {
            origins: vec![None; count],
            open: (0..count).map(|line| (line, line)).collect(),
            version,
            text,
            deadline: Instant::now() + time,
        }
    }

    /// Whether a text that is older still would tell more, and there is time for it.
    pub fn goes_on(&self) -> bool {
        !self.open.is_empty() && Instant::now() < self.deadline
    }

    /// Looks at the version before. What is not in it came with the one that was looked at last.
    pub fn look_at(&mut self, version: i64, text: String) {
        if text != self.text {
            let (old, new) = (Lines::of(&text), Lines::of(&self.text));
            let mut numbers = Numbers::new();
            let old_ids = numbers.of(old.lines.iter().copied());
            let new_ids = numbers.of(new.lines.iter().copied());
            let mut before = vec![None; new_ids.len()];
            let deadline = self.deadline.min(Instant::now() + TIME_LIMIT);
            for op in compare(&old_ids, &new_ids, deadline) {
                if let DiffOp::Equal { old_index, new_index, len } = op {
                    (0..len).for_each(|by| before[new_index + by] = Some(old_index + by));
                }
            }
            let (origins, newer) = (&mut self.origins, self.version);
            self.open.retain_mut(|(line, here)| match before[*here] {
                Some(there) => {
                    *here = there;
                    true
                }
                None => {
                    origins[*line] = Some(newer);
                    false
                }
            });
        }
        (self.version, self.text) = (version, text);
    }

    /// There is no version before: what is left came with the last one.
    pub fn end(&mut self) {
        for (line, _) in self.open.drain(..) {
            self.origins[line] = Some(self.version);
        }
    }

    /// By line of the newest text: the version in which it came; none for lines that are older than all that was looked at.
    pub fn origins(&self) -> &[Option<i64>] {
        &self.origins
    }

    /// The oldest version that was looked at.
    pub fn oldest(&self) -> i64 {
        self.version
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origins(versions: &[&str]) -> Vec<Option<i64>> {
        let mut numbered = versions.iter().enumerate().map(|(at, text)| (at as i64 + 1, text)).rev();
        let Some((version, newest)) = numbered.next() else { return Vec::new() };
        let mut annotation = Annotation::of(version, (*newest).to_owned(), Duration::from_secs(60));
        for (version, text) in numbered {
            if annotation.goes_on() {
                annotation.look_at(version, (*text).to_owned());
            }
        }
        annotation.end();
        annotation.origins().to_vec()
    }

    #[test]
    fn each_line_comes_from_the_version_that_brought_it() {
        let found = origins(&["a\nb\nc\n", "a\nx\nb\nc\n", "a\nx\nB\nc", "0\na\nx\nB\nc\nd\n"]);
        assert_eq!(found, [4, 1, 2, 3, 1, 4].map(Some));
    }

    #[test]
    fn a_line_that_went_and_came_back_is_new() {
        assert_eq!(origins(&["a\nb\n", "a\n", "a\nb\n"]), [Some(1), Some(3)]);
        assert_eq!(origins(&["", "a\n"]), [Some(2)]);
        assert_eq!(origins(&["a\n", ""]), []);
    }

    #[test]
    fn without_time_lines_are_older_than_what_was_looked_at() {
        let annotation = Annotation::of(7, "a\nb\n".to_owned(), Duration::ZERO);
        assert!(!annotation.goes_on());
        assert_eq!((annotation.origins(), annotation.oldest()), (&[None, None][..], 7));
    }
}
