//! What changed between two texts, drawn for people: by line, and by word within a changed line.
//!
//! One structure serves both drawings: [`Diff`] as it comes has old and new side by side in each row,
//! [`Diff::inline`] puts the removed rows above the added ones. [`unified`] is the same difference for
//! programs, as a patch. Serves wiki history, ticket descriptions and source files.

mod pairs;
mod unified;

use std::borrow::Cow;
use std::ops::Range;
use std::time::{Duration, Instant};

use serde::Serialize;
use similar::DiffOp;

use super::fold;
use super::lines::{Lines, Numbers, TIME_LIMIT, compare};
use pairs::{Bag, ENOUGH_SHARED, best_pairs, changed_words};
pub use unified::unified;

/// Compares two texts whose lines end in LF.
///
/// Bounded for any input: the search for the smallest difference ends after [`Options::time_limit`] (the rest
/// counts as removed and added), pairing of similar lines after a fixed number of steps, and only
/// [`Options::max_rows`] rows are made.
pub fn diff(old: &str, new: &str, options: &Options) -> Diff {
    let deadline = Instant::now() + options.time_limit;
    let (old_text, new_text) = (Lines::of(old), Lines::of(new));
    let mut comparison = Comparison {
        old: &old_text.lines,
        new: &new_text.lines,
        options,
        deadline,
        steps_left: PAIRING_STEPS,
        places: Vec::new(),
    };
    comparison.find_places();
    let places = &comparison.places;
    let counted = |side: fn(&Place) -> Option<usize>| {
        places.iter().filter(|place| place.kind != RowKind::Same && side(place).is_some()).count()
    };
    let mut diff = Diff {
        hunks: Vec::new(),
        added: counted(|place| place.new),
        removed: counted(|place| place.old),
        identical: old == new,
        final_newline: match (old_text.ended, new_text.ended) {
            (Some(false), Some(true)) => FinalNewline::Added,
            (Some(true), Some(false)) => FinalNewline::Removed,
            _ => FinalNewline::Same,
        },
        skipped_after: 0,
        left_out: 0,
    };
    comparison.fill(&mut diff);
    diff
}

/// What to compare and how much to show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// How many unchanged lines to show around a change; `None` shows all lines.
    pub context: Option<usize>,
    /// The amount of white space doesn't count, nor does any at the start or end of a line.
    pub ignore_blanks: bool,
    /// Upper and lower case are the same.
    pub ignore_case: bool,
    /// Added and removed lines of nothing but white space are no change.
    pub ignore_blank_lines: bool,
    /// Changed lines are told, and not what changed within them.
    pub by_line: bool,
    /// No more rows than this are made (a changed row that turns into two counts once);
    /// [`Diff::left_out`] tells how many that cost.
    pub max_rows: usize,
    /// The search for the smallest difference ends after that time.
    pub time_limit: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            context: Some(3),
            ignore_blanks: false,
            ignore_case: false,
            ignore_blank_lines: false,
            by_line: false,
            max_rows: 10_000,
            time_limit: TIME_LIMIT,
        }
    }
}

/// The difference of two texts under some [`Options`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Diff {
    /// Empty if nothing changed, unless all lines were asked for.
    pub hunks: Vec<Hunk>,
    /// Lines of the new text that are added or changed.
    pub added: usize,
    /// Lines of the old text that are removed or changed.
    pub removed: usize,
    /// Both texts are the same to the byte, whatever the options ignore.
    pub identical: bool,
    /// A line end at the end of the text is no change of a line; it is told here.
    pub final_newline: FinalNewline,
    /// Unchanged lines after the last hunk.
    pub skipped_after: usize,
    /// Rows that are missing at the end because of [`Options::max_rows`].
    pub left_out: usize,
}

/// Whether the line end at the very end of the text came or went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FinalNewline {
    Same,
    Added,
    Removed,
}

/// Changes that lie close together, with the unchanged lines around them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Hunk {
    /// Number of the first line of the old text in or after the start of this hunk, from 1.
    pub old_start: usize,
    /// The same for the new text.
    pub new_start: usize,
    /// Unchanged lines between the hunk before and this one.
    pub skipped_before: usize,
    pub rows: Vec<Row>,
}

/// One row of the drawing: a line of the old text, of the new one, or both beside each other.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Row {
    pub kind: RowKind,
    /// From 1; nothing where the old text has no such line.
    pub old_number: Option<usize>,
    /// From 1; nothing where the new text has no such line.
    pub new_number: Option<usize>,
    /// The old line, without its end.
    pub old: Vec<Span>,
    /// The new line, without its end.
    pub new: Vec<Span>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RowKind {
    /// The line is in both texts. With [`Options::ignore_blank_lines`] also an empty line of only one.
    Same,
    Removed,
    Added,
    /// The line is in both texts and enough of it stayed to show what didn't.
    Changed,
}

/// A piece of a line; the pieces together are the line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Span {
    pub text: String,
    pub changed: bool,
}

impl Diff {
    /// For drawing in one column: each changed row becomes a removed and an added one, and in each
    /// stretch of changes the removed rows come first.
    pub fn inline(mut self) -> Diff {
        for hunk in &mut self.hunks {
            let mut rows = Vec::with_capacity(hunk.rows.len());
            let mut added = Vec::new();
            for row in hunk.rows.drain(..) {
                match row.kind {
                    RowKind::Same => {
                        rows.append(&mut added);
                        rows.push(row);
                    }
                    RowKind::Removed => rows.push(row),
                    RowKind::Added => added.push(row),
                    RowKind::Changed => {
                        added.push(Row { kind: RowKind::Added, old_number: None, old: Vec::new(), ..row.clone() });
                        rows.push(Row { kind: RowKind::Removed, new_number: None, new: Vec::new(), ..row });
                    }
                }
            }
            rows.append(&mut added);
            hunk.rows = rows;
        }
        self
    }
}

/// How many words pairing may look at in one comparison, and how many pairs of lines in one stretch.
const PAIRING_STEPS: usize = 2_000_000;
const PAIRING_CELLS: usize = 10_000;

/// A row before its text is taken apart: line indexes from 0.
struct Place {
    kind: RowKind,
    old: Option<usize>,
    new: Option<usize>,
}

struct Comparison<'a> {
    old: &'a [&'a str],
    new: &'a [&'a str],
    options: &'a Options,
    deadline: Instant,
    steps_left: usize,
    places: Vec<Place>,
}

impl<'a> Comparison<'a> {
    fn find_places(&mut self) {
        let mut numbers = Numbers::new();
        let old_ids = numbers.of(self.old.iter().map(|line| line_key(line, self.options)));
        let new_ids = numbers.of(self.new.iter().map(|line| line_key(line, self.options)));
        for op in compare(&old_ids, &new_ids, self.deadline) {
            let (old, new) = (op.old_range(), op.new_range());
            if let DiffOp::Equal { .. } = op {
                self.places.extend(old.zip(new).map(|(old, new)| Place {
                    kind: RowKind::Same,
                    old: Some(old),
                    new: Some(new),
                }));
                continue;
            }
            let (mut old_at, mut new_at) = (old.start, new.start);
            for (old_line, new_line) in self.pairs(old.clone(), new.clone()) {
                self.unpaired(old_at..old_line, new_at..new_line);
                self.places.push(Place { kind: RowKind::Changed, old: Some(old_line), new: Some(new_line) });
                (old_at, new_at) = (old_line + 1, new_line + 1);
            }
            self.unpaired(old_at..old.end, new_at..new.end);
        }
    }

    fn unpaired(&mut self, old: Range<usize>, new: Range<usize>) {
        let kind = |line: &str, kind| {
            if self.options.ignore_blank_lines && line.trim().is_empty() { RowKind::Same } else { kind }
        };
        let removed = old.map(|at| Place { kind: kind(self.old[at], RowKind::Removed), old: Some(at), new: None });
        let added = new.map(|at| Place { kind: kind(self.new[at], RowKind::Added), old: None, new: Some(at) });
        self.places.extend(removed.chain(added));
    }

    /// Which old and new lines of a changed stretch belong together: the pairs, in order on both sides,
    /// that share most. A stretch too large for that pairs line by line if it can, else not at all.
    fn pairs(&mut self, old: Range<usize>, new: Range<usize>) -> Vec<(usize, usize)> {
        if old.is_empty() || new.is_empty() {
            return Vec::new();
        }
        let cells = old.len().saturating_mul(new.len());
        if cells > PAIRING_CELLS && old.len() != new.len() {
            return Vec::new();
        }
        let mut numbers = Numbers::new();
        let old_bags: Vec<Bag> = old.clone().map(|at| Bag::of(self.old[at], self.options, &mut numbers)).collect();
        let new_bags: Vec<Bag> = new.clone().map(|at| Bag::of(self.new[at], self.options, &mut numbers)).collect();
        if cells > PAIRING_CELLS {
            let by_line = old.zip(new).zip(old_bags.iter().zip(&new_bags));
            return by_line
                .filter(|(_, (a, b))| self.shared(a, b) >= ENOUGH_SHARED)
                .map(|(pair, _)| pair)
                .collect::<Vec<_>>();
        }
        let shared: Vec<Vec<f64>> =
            old_bags.iter().map(|a| new_bags.iter().map(|b| self.shared(a, b)).collect()).collect();
        best_pairs(&shared).into_iter().map(|(i, j)| (old.start + i, new.start + j)).collect()
    }

    /// How much two lines share, from 0 (nothing) to 1; 0 also when no steps are left for looking.
    fn shared(&mut self, old: &Bag, new: &Bag) -> f64 {
        let steps = old.words.len() + new.words.len() + 1;
        if self.steps_left < steps {
            return 0.0;
        }
        self.steps_left -= steps;
        old.shared_with(new)
    }

    fn fill(&self, diff: &mut Diff) {
        let mut rows_left = self.options.max_rows;
        let (mut at, mut old_seen, mut new_seen) = (0, 0, 0);
        let mut see = |places: &[Place]| {
            let before = (old_seen, new_seen);
            old_seen += places.iter().filter(|place| place.old.is_some()).count();
            new_seen += places.iter().filter(|place| place.new.is_some()).count();
            before
        };
        for range in shown(&self.places, self.options.context) {
            see(&self.places[at..range.start]);
            let (old_before, new_before) = see(&self.places[range.clone()]);
            let end = range.end.min(range.start.saturating_add(rows_left));
            diff.left_out += range.end - end;
            rows_left -= end - range.start;
            if end > range.start {
                diff.hunks.push(Hunk {
                    old_start: old_before + 1,
                    new_start: new_before + 1,
                    skipped_before: range.start - at,
                    rows: self.places[range.start..end].iter().flat_map(|place| self.rows(place)).collect(),
                });
            }
            at = range.end;
        }
        diff.skipped_after = self.places.len() - at;
    }

    /// One row, or two if a pair of lines turns out to share too little in order.
    fn rows(&self, place: &Place) -> Vec<Row> {
        let (old, new) = (place.old.map(|at| self.old[at]), place.new.map(|at| self.new[at]));
        let row = |kind| Row {
            kind,
            old_number: place.old.map(|at| at + 1),
            new_number: place.new.map(|at| at + 1),
            old: whole(old, kind != RowKind::Same),
            new: whole(new, kind != RowKind::Same),
        };
        if place.kind != RowKind::Changed {
            return vec![row(place.kind)];
        }
        let (old, new) = (old.unwrap_or_default(), new.unwrap_or_default());
        match changed_words(old, new, self.options, self.deadline) {
            Some((old, new)) => vec![Row { old, new, ..row(RowKind::Changed) }],
            None => vec![
                Row { new_number: None, new: Vec::new(), ..row(RowKind::Removed) },
                Row { old_number: None, old: Vec::new(), ..row(RowKind::Added) },
            ],
        }
    }
}

fn whole(line: Option<&str>, changed: bool) -> Vec<Span> {
    match line {
        None | Some("") => Vec::new(),
        Some(text) => vec![Span { text: text.to_owned(), changed }],
    }
}

/// The ranges of rows to show: all changes with the lines around them, in order and apart from each other.
fn shown(places: &[Place], context: Option<usize>) -> Vec<Range<usize>> {
    let mut shown: Vec<Range<usize>> = Vec::new();
    let Some(context) = context else {
        shown.extend((!places.is_empty()).then_some(0..places.len()));
        return shown;
    };
    for (at, _) in places.iter().enumerate().filter(|(_, place)| place.kind != RowKind::Same) {
        let range = at.saturating_sub(context)..at.saturating_add(1).saturating_add(context).min(places.len());
        match shown.last_mut() {
            Some(last) if range.start <= last.end => last.end = range.end,
            _ => shown.push(range),
        }
    }
    shown
}

fn line_key<'a>(line: &'a str, options: &Options) -> Cow<'a, str> {
    let line = if options.ignore_blanks {
        Cow::Owned(line.split_whitespace().collect::<Vec<_>>().join(" "))
    } else {
        Cow::Borrowed(line)
    };
    if options.ignore_case { Cow::Owned(fold(&line)) } else { line }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One line per row: sign, numbers, old and new text with changed pieces in brackets; `@` before each hunk.
    fn drawn(diff: &Diff) -> String {
        let text = |spans: &[Span]| -> String {
            spans.iter().map(|span| if span.changed { format!("[{}]", span.text) } else { span.text.clone() }).collect()
        };
        let mut out = String::new();
        for hunk in &diff.hunks {
            out.push_str(&format!("@{},{}+{}\n", hunk.old_start, hunk.new_start, hunk.skipped_before));
            for row in &hunk.rows {
                out.push_str(&match row.kind {
                    RowKind::Same => format!("  {}\n", text(&row.new)),
                    RowKind::Removed => format!("- {}\n", text(&row.old)),
                    RowKind::Added => format!("+ {}\n", text(&row.new)),
                    RowKind::Changed => format!("* {} > {}\n", text(&row.old), text(&row.new)),
                });
            }
        }
        out
    }

    fn all(old: &str, new: &str) -> Diff {
        diff(old, new, &Options { context: None, ..Options::default() })
    }

    #[test]
    fn a_changed_line_shows_its_changed_words() {
        let diff = all("The sink leaks at night.\n", "The old sink drips at night!\n");
        assert_eq!(drawn(&diff), "@1,1+0\n* The sink [leaks] at night[.] > The [old ]sink [drips] at night[!]\n");
        assert_eq!((diff.added, diff.removed, diff.identical), (1, 1, false));
    }

    #[test]
    fn blanks_between_two_changes_are_part_of_one_mark() {
        assert_eq!(
            drawn(&all("please keep old thing here now\n", "please keep new stuff here now\n")),
            "@1,1+0\n* please keep [old thing] here now > please keep [new stuff] here now\n"
        );
    }

    #[test]
    fn lines_that_share_too_little_are_removed_and_added() {
        assert_eq!(
            drawn(&all("The sink leaks.\n", "Completely different words here.\n")),
            "@1,1+0\n- [The sink leaks.]\n+ [Completely different words here.]\n"
        );
        // The same words in another order share nothing that stayed in place.
        assert_eq!(
            drawn(&all("aaaa bbbb cccc dddd\n", "dddd cccc bbbb aaaa\n")).lines().nth(1),
            Some("- [aaaa bbbb cccc dddd]")
        );
    }

    #[test]
    fn similar_lines_find_each_other_among_others() {
        assert_eq!(
            drawn(&all("one two three\nfour five six\n", "brand new\none two 3\nfour 5 six\n")),
            "@1,1+0\n+ [brand new]\n* one two [three] > one two [3]\n* four [five] six > four [5] six\n"
        );
    }

    #[test]
    fn inline_puts_removed_above_added() {
        let diff = all("one two three\nfour five six\nend\n", "one two 3\nfour 5 six\nend\n").inline();
        assert_eq!(
            drawn(&diff),
            "@1,1+0\n- one two [three]\n- four [five] six\n+ one two [3]\n+ four [5] six\n  end\n"
        );
        let numbers: Vec<_> = diff.hunks[0].rows.iter().map(|row| (row.old_number, row.new_number)).collect();
        assert_eq!(numbers, [(Some(1), None), (Some(2), None), (None, Some(1)), (None, Some(2)), (Some(3), Some(3))]);
    }

    #[test]
    fn hunks_tell_where_they_start_and_what_they_skip() {
        let old: String = (1..=30).map(|n| format!("{n}\n")).collect();
        let new = old.replace("\n10\n", "\nten\n").replace("\n25\n", "\n");
        let options = Options { context: Some(1), ..Options::default() };
        let found = diff(&old, &new, &options);
        assert_eq!(drawn(&found), "@9,9+8\n  9\n- [10]\n+ [ten]\n  11\n@24,24+12\n  24\n- [25]\n  26\n");
        assert_eq!((found.skipped_after, found.added, found.removed), (4, 1, 2));
        assert_eq!(diff(&old, &new, &Options { max_rows: 2, ..options }).left_out, 5);
    }

    #[test]
    fn what_is_ignored_is_no_change() {
        let ignoring = |blanks, case, lines, old, new| {
            let options =
                Options { ignore_blanks: blanks, ignore_case: case, ignore_blank_lines: lines, ..Options::default() };
            let diff = diff(old, new, &options);
            assert!(!diff.identical);
            (diff.hunks.len(), diff.added + diff.removed)
        };
        for (old, new, which) in [
            ("a  b\n", " a b \n", [true, false, false]),
            ("Straße\n", "STRASSE\n", [false, true, false]),
            ("a\nb\n", "a\n\n \nb\n", [false, false, true]),
        ] {
            assert_eq!(ignoring(which[0], which[1], which[2], old, new), (0, 0), "{old:?}");
            assert_ne!(ignoring(!which[0], !which[1], !which[2], old, new), (0, 0), "{old:?}");
        }
        let options = Options { ignore_blanks: true, ..Options::default() };
        assert_eq!(
            drawn(&diff("a long  line\n", "  a long line x\n", &options)),
            "@1,1+0\n* a long  line >   a long line[ x]\n"
        );
    }

    #[test]
    fn the_end_of_the_last_line_is_told_apart_from_the_lines() {
        let diff = all("a", "a\nb\n");
        assert_eq!((drawn(&diff).as_str(), diff.final_newline), ("@1,1+0\n  a\n+ [b]\n", FinalNewline::Added));
        let diff = super::diff("a\n", "a", &Options::default());
        assert_eq!((diff.hunks.len(), diff.final_newline, diff.identical), (0, FinalNewline::Removed, false));
    }

    #[test]
    fn equal_and_empty_texts_have_no_hunks() {
        for text in ["", "a\n", "\n"] {
            let diff = diff(text, text, &Options::default());
            assert!(diff.hunks.is_empty() && diff.identical, "{text:?}");
            assert_eq!(unified("a", "b", text, text), "");
        }
    }

    #[test]
    fn a_patch_is_in_unified_format() {
        assert_eq!(
            unified("old\nname", "new", "a\nb\nc\n", "a\nB\nc\nd"),
            "--- old name\n+++ new\n@@ -1,3 +1,4 @@\n a\n-b\n+B\n c\n+d\n\\ No newline at end of file\n"
        );
        assert_eq!(unified("a", "b", "", "x\n"), "--- a\n+++ b\n@@ -0,0 +1 @@\n+x\n");
    }

    #[test]
    fn a_diff_serialises_for_templates() -> Result<(), serde_json::Error> {
        let json = serde_json::to_value(all("a\n", "a\nb\n"))?;
        assert_eq!(json["hunks"][0]["rows"][1]["kind"], "added");
        assert_eq!(json["final_newline"], "same");
        Ok(())
    }
}
