//! Three-way merge by line: what one person saved and what another typed, both on top of one older text.
//!
//! The promise to who typed: **every line that either side inserted is in the merged text or in a
//! conflict that is shown**; nothing typed is lost. Serves the wiki's save, and any other text that two
//! people may edit at once.
//!
//! What clashes: both sides changed the same lines, or inserted at the same place, unless they did the
//! same (then it is merged once). Changes of neighbouring lines don't clash as long as each keeps its
//! number of lines; with lines added or removed right beside each other the order would be a guess, so
//! that is shown. Whether the last line is ended is merged like one more line, and never clashes.

use std::collections::HashSet;
use std::ops::Range;
use std::time::Instant;

use serde::Serialize;
use similar::DiffOp;

use super::lines::{Lines, Numbers, TIME_LIMIT, compare};

/// Merges two changes of `base`: `theirs`, what is saved now, and `yours`, what was typed. Lines end in LF.
///
/// Takes time in proportion to the texts plus at most 1.6 s of search; texts that differ too wildly for
/// that give larger conflicts, never a wrong merge.
pub fn merge(base: &str, theirs: &str, yours: &str) -> Merge {
    if theirs == yours || base == yours {
        return Merge::of(theirs);
    }
    if base == theirs {
        return Merge::of(yours);
    }
    let [base, theirs, yours] = [base, theirs, yours].map(Lines::of);
    let ended = merged_end(base.ended, theirs.ended, yours.ended);
    let mut builder =
        Builder { base: &base, theirs: &theirs, yours: &yours, ended, parts: Vec::new(), run: Vec::new() };
    let mut numbers = Numbers::new();
    let [base_ids, their_ids, your_ids] = [&base, &theirs, &yours].map(|text| numbers.of(text.lines.iter().copied()));
    let mut at = 0;
    for clash in clashes(&edits(&base_ids, &their_ids), &edits(&base_ids, &your_ids)) {
        builder.run.extend(&base.lines[at..clash.base.start]);
        at = clash.base.end;
        match clash.changed {
            Changed::Theirs => builder.run.extend(&theirs.lines[clash.theirs]),
            Changed::Yours => builder.run.extend(&yours.lines[clash.yours]),
            Changed::Both => builder.both(clash),
        }
    }
    builder.run.extend(&base.lines[at..]);
    builder.finish()
}

/// What came of a [`merge`]: parts in the order of the text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Merge {
    pub parts: Vec<Part>,
}

/// A stretch of whole lines. Every line is ended by LF, except the last one of a text that doesn't end so.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", content = "content", rename_all = "snake_case")]
pub enum Part {
    /// Lines that nobody changed, one side changed, or both changed alike.
    Merged(String),
    /// Lines that both sides changed differently; each may be empty.
    Conflict { base: String, theirs: String, yours: String },
}

impl Merge {
    fn of(text: &str) -> Self {
        Merge { parts: if text.is_empty() { Vec::new() } else { vec![Part::Merged(text.to_owned())] } }
    }

    /// The merged text, if nothing clashes.
    pub fn clean(&self) -> Option<String> {
        self.parts
            .iter()
            .map(|part| match part {
                Part::Merged(text) => Some(text.as_str()),
                Part::Conflict { .. } => None,
            })
            .collect()
    }

    /// How many conflicts there are.
    pub fn conflicts(&self) -> usize {
        self.parts.iter().filter(|part| matches!(part, Part::Conflict { .. })).count()
    }

    /// The whole text with conflicts between markers as git draws them: `<<<<<<<` with their label, their
    /// lines, `=======`, your lines, `>>>>>>>` with your label. A marker is seven signs long, or the next
    /// length with which no line of the text begins. A label's line breaks become blanks.
    pub fn marked(&self, theirs_label: &str, yours_label: &str) -> String {
        let size = self.marker_size();
        if size > 7 && size * 3 * self.conflicts() > MARKER_BYTES {
            return self.in_one_conflict().marked(theirs_label, yours_label);
        }
        let [open, middle, close] = ["<", "=", ">"].map(|sign| sign.repeat(size));
        let mut out = String::new();
        for part in &self.parts {
            match part {
                Part::Merged(text) => out.push_str(text),
                Part::Conflict { theirs, yours, .. } => {
                    push_line(&mut out, &format!("{open} {}", one_line(theirs_label)));
                    push_line(&mut out, theirs);
                    push_line(&mut out, &middle);
                    push_line(&mut out, yours);
                    push_line(&mut out, &format!("{close} {}", one_line(yours_label)));
                }
            }
        }
        out
    }

    fn marker_size(&self) -> usize {
        let texts = self.parts.iter().flat_map(|part| match part {
            Part::Merged(text) => [text.as_str(), ""],
            Part::Conflict { theirs, yours, .. } => [theirs.as_str(), yours.as_str()],
        });
        let taken: HashSet<usize> = texts.flat_map(|text| text.split('\n')).map(leading_signs).collect();
        (7..).find(|size| !taken.contains(size)).unwrap_or(7)
    }

    fn in_one_conflict(&self) -> Merge {
        let [base, theirs, yours] = [0, 1, 2].map(|side| {
            let texts = self.parts.iter().map(|part| match part {
                Part::Merged(text) => text,
                Part::Conflict { base, theirs, yours } => [base, theirs, yours][side],
            });
            texts.map(String::as_str).collect()
        });
        Merge { parts: vec![Part::Conflict { base, theirs, yours }] }
    }
}

/// What the markers of one text may take, beyond the usual seven signs each. A text made to need long
/// markers at many places gets one conflict around everything instead.
const MARKER_BYTES: usize = 1 << 20;

/// How many of the same marker sign the line begins with.
fn leading_signs(line: &str) -> usize {
    match line.as_bytes().first() {
        Some(sign @ (b'<' | b'=' | b'>')) => line.bytes().take_while(|byte| byte == sign).count(),
        _ => 0,
    }
}

fn one_line(label: &str) -> String {
    label.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

fn push_line(out: &mut String, text: &str) {
    out.push_str(text);
    if !text.is_empty() && !text.ends_with('\n') {
        out.push('\n');
    }
}

fn merged_end(base: Option<bool>, theirs: Option<bool>, yours: Option<bool>) -> bool {
    let end = if theirs == base {
        yours
    } else if yours == base || theirs == yours {
        theirs
    } else {
        return theirs == Some(true) || yours == Some(true);
    };
    end.unwrap_or(true)
}

/// Base lines `base` became lines `side` of the other text; between two edits lies at least one kept line.
#[derive(Clone, Debug)]
struct Edit {
    base: Range<usize>,
    side: Range<usize>,
}

impl Edit {
    fn clashes_with(&self, other: &Edit) -> bool {
        let apart = self.base.end < other.base.start || other.base.end < self.base.start;
        let touching = self.base.end == other.base.start || other.base.end == self.base.start;
        let in_order = touching && self.keeps_line_count() && other.keeps_line_count();
        !(apart || in_order)
    }

    fn keeps_line_count(&self) -> bool {
        self.base.len() == self.side.len()
    }
}

fn edits(base: &[u32], side: &[u32]) -> Vec<Edit> {
    let mut edits: Vec<Edit> = Vec::new();
    for op in compare(base, side, Instant::now() + TIME_LIMIT) {
        if matches!(op, DiffOp::Equal { .. }) {
            continue;
        }
        let (base, side) = (op.old_range(), op.new_range());
        match edits.last_mut() {
            Some(last) if last.base.end == base.start => {
                last.base.end = base.end;
                last.side.end = side.end;
            }
            _ => edits.push(Edit { base, side }),
        }
    }
    edits
}

enum Changed {
    Theirs,
    Yours,
    Both,
}

/// The edits that have to be looked at together, as ranges of lines in the three texts.
struct Clash {
    changed: Changed,
    base: Range<usize>,
    theirs: Range<usize>,
    yours: Range<usize>,
}

/// Goes through one side's edits and keeps what maps base lines to that side's lines.
struct Side<'a> {
    edits: &'a [Edit],
    next: usize,
    /// The edit that belongs to the clash being collected.
    last: Option<&'a Edit>,
    /// After the last edit taken, base line `base_end + n` is line `side_end + n` here.
    base_end: usize,
    side_end: usize,
}

impl<'a> Side<'a> {
    fn new(edits: &'a [Edit]) -> Self {
        Side { edits, next: 0, last: None, base_end: 0, side_end: 0 }
    }

    fn peek(&self) -> Option<&'a Edit> {
        self.edits.get(self.next)
    }

    fn take(&mut self, edit: &'a Edit) {
        self.next += 1;
        self.last = Some(edit);
        (self.base_end, self.side_end) = (edit.base.end, edit.side.end);
    }

    fn line(&self, base_line: usize) -> usize {
        self.side_end + (base_line - self.base_end)
    }
}

/// Collects edits of both sides that clash with each other; an edit that clashes with none stands alone.
/// Linear: edits of one side never touch, so only the last one taken of the other side can clash.
fn clashes(theirs: &[Edit], yours: &[Edit]) -> Vec<Clash> {
    let (mut theirs, mut yours) = (Side::new(theirs), Side::new(yours));
    let mut clashes = Vec::new();
    loop {
        let Some(start) = [theirs.peek(), yours.peek()].into_iter().flatten().map(|edit| edit.base.start).min() else {
            return clashes;
        };
        let (their_start, your_start) = (theirs.line(start), yours.line(start));
        (theirs.last, yours.last) = (None, None);
        loop {
            let first = theirs.last.is_none() && yours.last.is_none();
            if let Some(edit) = theirs.peek()
                && (if first {
                    edit.base.start == start
                } else {
                    yours.last.is_some_and(|last| last.clashes_with(edit))
                })
            {
                theirs.take(edit);
            } else if let Some(edit) = yours.peek()
                && (if first {
                    edit.base.start == start
                } else {
                    theirs.last.is_some_and(|last| last.clashes_with(edit))
                })
            {
                yours.take(edit);
            } else {
                break;
            }
        }
        let end = [theirs.last, yours.last].into_iter().flatten().map(|edit| edit.base.end).max().unwrap_or(start);
        clashes.push(Clash {
            changed: match (theirs.last, yours.last) {
                (Some(_), Some(_)) => Changed::Both,
                (Some(_), None) => Changed::Theirs,
                _ => Changed::Yours,
            },
            base: start..end,
            theirs: their_start..theirs.line(end),
            yours: your_start..yours.line(end),
        });
    }
}

struct Builder<'a> {
    base: &'a Lines<'a>,
    theirs: &'a Lines<'a>,
    yours: &'a Lines<'a>,
    /// Whether the last line of the merged text is ended.
    ended: bool,
    parts: Vec<Part>,
    /// Merged lines since the last conflict.
    run: Vec<&'a str>,
}

impl Builder<'_> {
    /// Merges what both sides have alike at the start and end of a clash, and shows the rest.
    fn both(&mut self, clash: Clash) {
        let (theirs, yours) = (&self.theirs.lines[clash.theirs.clone()], &self.yours.lines[clash.yours.clone()]);
        let head = theirs.iter().zip(yours).take_while(|(a, b)| a == b).count();
        let tail = theirs[head..].iter().rev().zip(yours[head..].iter().rev()).take_while(|(a, b)| a == b).count();
        let (their_rest, your_rest) = (theirs.len() - head - tail, yours.len() - head - tail);
        // Where nothing of the base was touched and one side only inserted more than the other, more is right.
        let one_has_all = clash.base.is_empty() && (their_rest == 0 || your_rest == 0);
        if one_has_all || their_rest + your_rest == 0 {
            self.run.extend(if their_rest > 0 { theirs } else { yours });
            return;
        }
        self.run.extend(&theirs[..head]);
        self.flush();
        self.parts.push(Part::Conflict {
            base: joined(self.base, clash.base),
            theirs: joined(self.theirs, clash.theirs.start + head..clash.theirs.end - tail),
            yours: joined(self.yours, clash.yours.start + head..clash.yours.end - tail),
        });
        self.run.extend(&theirs[theirs.len() - tail..]);
    }

    fn flush(&mut self) {
        if !self.run.is_empty() {
            let mut text = self.run.join("\n");
            text.push('\n');
            self.parts.push(Part::Merged(text));
            self.run.clear();
        }
    }

    fn finish(mut self) -> Merge {
        // An empty last line exists only if it is ended.
        let keep_end = self.ended || self.run.last().is_none_or(|line| line.is_empty());
        self.flush();
        if !keep_end && let Some(Part::Merged(text)) = self.parts.last_mut() {
            text.pop();
        }
        Merge { parts: self.parts }
    }
}

fn joined(text: &Lines<'_>, range: Range<usize>) -> String {
    if range.is_empty() {
        return String::new();
    }
    let to_the_end = range.end == text.lines.len();
    let mut out = text.lines[range].join("\n");
    if !to_the_end || text.ended != Some(false) {
        out.push('\n');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Conflicts drawn as `{base|theirs|yours}`.
    fn drawn(base: &str, theirs: &str, yours: &str) -> String {
        let parts = merge(base, theirs, yours).parts;
        parts
            .iter()
            .map(|part| match part {
                Part::Merged(text) => text.clone(),
                Part::Conflict { base, theirs, yours } => format!("{{{base}|{theirs}|{yours}}}"),
            })
            .collect()
    }

    #[test]
    fn changes_of_different_lines_merge() {
        assert_eq!(drawn("a\nb\nc\n", "A\nb\nc\n", "a\nb\nC\n"), "A\nb\nC\n");
        assert_eq!(drawn("a\nb\nc\n", "x\na\nb\nc\n", "a\nb\nc\ny\n"), "x\na\nb\nc\ny\n");
        assert_eq!(drawn("a\nb\nc\n", "b\nc\n", "a\nb\n"), "b\n");
    }

    #[test]
    fn changes_of_neighbouring_lines_merge_as_long_as_no_line_comes_or_goes() {
        assert_eq!(drawn("a\nb\n", "A\nb\n", "a\nB\n"), "A\nB\n");
        assert_eq!(drawn("a\nb\nc\n", "A\nb\nC\n", "a\nB\nc\n"), "A\nB\nC\n");
        assert_eq!(drawn("a\nb\n", "A\nb\n", "a\nnew\nb\n"), "{a\n|A\n|a\nnew\n}b\n");
    }

    #[test]
    fn a_line_changed_by_both_is_shown_with_all_three_texts() {
        assert_eq!(drawn("a\nb\nc\n", "a\nx\nc\n", "a\ny\nc\n"), "a\n{b\n|x\n|y\n}c\n");
        assert_eq!(drawn("a\nb\nc\n", "a\nc\n", "a\ny\nc\n"), "a\n{b\n||y\n}c\n");
        assert_eq!(drawn("a\n", "a\nx\n", "a\ny\n"), "a\n{|x\n|y\n}");
    }

    #[test]
    fn what_both_did_alike_is_merged_once() {
        assert_eq!(drawn("a\n", "a\nx\n", "a\nx\n"), "a\nx\n");
        assert_eq!(drawn("a\nz\n", "a\nx\nz\n", "b\na\nx\nz\n"), "b\na\nx\nz\n");
        assert_eq!(drawn("a\nb\n", "a\nx\ny\n", "a\nx\nz\n"), "a\nx\n{b\n|y\n|z\n}");
        assert_eq!(drawn("", "x\n", "x\ny\n"), "x\ny\n");
        assert_eq!(drawn("b\n", "y\nx\n", "z\nx\n"), "{b\n|y\n|z\n}x\n");
    }

    #[test]
    fn the_end_of_the_last_line_never_clashes() {
        assert_eq!(drawn("a\nb", "a\nb\nc", "A\nb"), "A\nb\nc");
        assert_eq!(drawn("a\nb", "a\nb\n", "A\nb"), "A\nb\n");
        assert_eq!(drawn("a\nb\n", "a\nb", "A\nb\n"), "A\nb");
        assert_eq!(drawn("a\nb", "a\nx", "a\ny"), "a\n{b|x|y}");
        assert_eq!(drawn("", "x", "y\n"), "{|x|y\n}");
    }

    #[test]
    fn empty_texts_and_lines_with_cr_are_plain_cases() {
        assert_eq!(drawn("", "", ""), "");
        assert_eq!(drawn("a\n", "", "a\n"), "");
        assert_eq!(drawn("a\n", "", "b\n"), "{a\n||b\n}");
        assert_eq!(drawn("a\r\nb\n", "a\nb\n", "a\r\nb\nc\n"), "a\nb\nc\n");
    }

    #[test]
    fn a_merge_is_clean_exactly_when_nothing_is_in_conflict() {
        assert_eq!(merge("a\n", "b\n", "a\n").clean().as_deref(), Some("b\n"));
        let clash = merge("a\n", "b\n", "c\n");
        assert_eq!((clash.clean(), clash.conflicts()), (None, 1));
    }

    #[test]
    fn markers_are_gits_and_hold_both_texts() {
        let marked = merge("a\nb\nc\n", "a\nx\nc\n", "a\ny\nc\n").marked("version 3\nby kim", "your text");
        assert_eq!(marked, "a\n<<<<<<< version 3 by kim\nx\n=======\ny\n>>>>>>> your text\nc\n");
    }

    #[test]
    fn a_marker_is_longer_than_any_line_that_looks_like_one() {
        let marked = merge("a\n", "Title\n=======\n", "<<<<<<<< b").marked("t", "y");
        assert_eq!(marked, "<<<<<<<<< t\nTitle\n=======\n=========\n<<<<<<<< b\n>>>>>>>>> y\n");
    }

    #[test]
    fn a_text_made_to_need_long_markers_everywhere_gets_one_conflict() {
        let signs: String = (7..400).map(|size| format!("{}\n", "=".repeat(size))).collect();
        let side = |text: &str| format!("{signs}{}", format!("{text}\nkept\n").repeat(2000));
        let marked = merge(&side("a"), &side("b"), &side("c")).marked("t", "y");
        assert_eq!(marked.matches(&format!("\n{}\n", "=".repeat(400))).count(), 1);
        assert!(marked.contains(&side("b")) && marked.contains(&side("c")));
    }
}
