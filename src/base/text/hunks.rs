//! The changes between two texts, each to be taken by itself. Serves suggested edits.

use std::ops::Range;
use std::time::Instant;

use similar::DiffOp;

use super::lines::{Lines, Numbers, TIME_LIMIT, compare};

/// Lines that another text has in the place of some of the old one; either may be none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    pub old: Range<usize>,
    pub new: Range<usize>,
}

/// Two texts and what differs between them, in order. At least one line that both have stands between two changes.
pub struct Hunks<'a> {
    old: Lines<'a>,
    new: Lines<'a>,
    pub changes: Vec<Change>,
}

impl<'a> Hunks<'a> {
    /// Lines end in LF. Whether the last line is ended counts for nothing by itself.
    pub fn of(old: &'a str, new: &'a str) -> Self {
        let (old, new) = (Lines::of(old), Lines::of(new));
        let mut numbers = Numbers::new();
        let [old_ids, new_ids] = [&old, &new].map(|text| numbers.of(text.lines.iter().copied()));
        let mut changes: Vec<Change> = Vec::new();
        for op in compare(&old_ids, &new_ids, Instant::now() + TIME_LIMIT) {
            if matches!(op, DiffOp::Equal { .. }) {
                continue;
            }
            let (old, new) = (op.old_range(), op.new_range());
            match changes.last_mut() {
                Some(last) if last.old.end == old.start && last.new.end == new.start => {
                    (last.old.end, last.new.end) = (old.end, new.end);
                }
                _ => changes.push(Change { old, new }),
            }
        }
        Self { old, new, changes }
    }

    /// The old text with those changes whose place is `chosen`.
    pub fn taken(&self, chosen: impl Fn(usize) -> bool) -> String {
        let mut lines: Vec<&str> = Vec::with_capacity(self.old.lines.len());
        let (mut at, mut ended) = (0, self.old.ended.or(self.new.ended).unwrap_or(true));
        for (place, change) in self.changes.iter().enumerate() {
            lines.extend(&self.old.lines[at..change.old.start]);
            at = change.old.end;
            if chosen(place) {
                lines.extend(&self.new.lines[change.new.clone()]);
                if at == self.old.lines.len() {
                    ended = self.new.ended.unwrap_or(ended);
                }
            } else {
                lines.extend(&self.old.lines[change.old.clone()]);
            }
        }
        lines.extend(&self.old.lines[at..]);
        let mut text = lines.join("\n");
        if ended && !lines.is_empty() {
            text.push('\n');
        }
        text
    }

    /// A change as two short texts, with at most `context` lines around it, and the number of the first of these lines in
    /// either text, from 1.
    pub fn excerpt(&self, place: usize, context: usize) -> Excerpt {
        let change = &self.changes[place];
        let before = place.checked_sub(1).map_or(0, |before| self.changes[before].old.end);
        let after = self.changes.get(place + 1).map_or(self.old.lines.len(), |after| after.old.start);
        let from = change.old.start.saturating_sub(context).max(before);
        let to = (change.old.end + context).min(after);
        let text = |middle: &[&str]| -> String {
            let lines = self.old.lines[from..change.old.start].iter().chain(middle);
            lines.chain(&self.old.lines[change.old.end..to]).flat_map(|line| [line, "\n"]).collect()
        };
        Excerpt {
            old: text(&self.old.lines[change.old.clone()]),
            new: text(&self.new.lines[change.new.clone()]),
            old_line: from + 1,
            new_line: change.new.start - (change.old.start - from) + 1,
        }
    }
}

/// A change with a few lines around it.
#[derive(Debug, PartialEq, Eq)]
pub struct Excerpt {
    pub old: String,
    pub new: String,
    pub old_line: usize,
    pub new_line: usize,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_choice_of_changes_makes_a_text() {
        let (old, new) = ("a\nb\nc\nd\ne\n", "a\nB\nc\nd\nD\ne\nf");
        let hunks = Hunks::of(old, new);
        assert_eq!(hunks.changes.len(), 3);
        assert_eq!(hunks.taken(|_| false), old);
        assert_eq!(hunks.taken(|_| true), new);
        assert_eq!(hunks.taken(|place| place == 1), "a\nb\nc\nd\nD\ne\n");
        assert_eq!(hunks.taken(|place| place != 1), "a\nB\nc\nd\ne\nf");
    }

    #[test]
    fn texts_without_lines_and_without_an_end_come_out_whole() {
        for (old, new) in [("", "a\n"), ("a", ""), ("a\n", "b"), ("", ""), ("a", "a\nb"), ("\n", "\n\n"), ("a\nb", "b")]
        {
            let hunks = Hunks::of(old, new);
            assert_eq!(hunks.taken(|_| true), new, "{old:?} {new:?}");
            assert_eq!(hunks.taken(|_| false), old, "{old:?} {new:?}");
        }
    }

    #[test]
    fn an_excerpt_has_what_stands_around_and_says_where() {
        let hunks = Hunks::of("1\n2\n3\n4\n5\n6\n7\n", "1\n2\nX\nY\n4\n5\n6\nZ\n");
        let excerpt = hunks.excerpt(1, 2);
        assert_eq!(excerpt, Excerpt { old: "5\n6\n7\n".into(), new: "5\n6\nZ\n".into(), old_line: 5, new_line: 6 });
        assert_eq!(hunks.excerpt(0, 9).old, "1\n2\n3\n4\n5\n6\n");
    }
}
