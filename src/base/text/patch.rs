//! Patches in unified format as they are pasted and attached (row G05): which files they change, and in what. People leave
//! out heads, counts and line numbers, so nothing is a must: whatever begins with `+` or `-` is a change.

use super::diff::{Diff, FinalNewline, Hunk, Options, Row, diff};

/// More rows are not made of one patch.
const MOST_ROWS: usize = 10_000;
/// Numbers beyond that are none.
const MOST_LINES: usize = 100_000_000;

/// What a patch says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Patch {
    /// What stands before the first file: the message of a mailed commit.
    pub lead: String,
    pub files: Vec<FilePatch>,
    /// Something was left out, since it is longer than [`MOST_ROWS`].
    pub cut: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FilePatch {
    /// Empty where the patch does not say.
    pub old: String,
    /// Empty where the file is removed, or where the patch does not say.
    pub new: String,
    /// Other lines of its head, such as `rename from …`.
    pub notes: Vec<String>,
    /// With line numbers where the patch has them.
    pub diff: Diff,
}

/// Reads a patch. None if nothing in it adds or removes a line.
pub fn read(text: &str) -> Option<Patch> {
    let mut reading = Reading { lines: text.lines().collect(), at: 0, patch: Patch::default(), rows: 0 };
    if reading.lines.iter().any(|line| line.starts_with("@@ ")) {
        reading.whole();
    } else {
        reading.bare();
    }
    let patch = reading.patch;
    patch.files.iter().any(|file| file.diff.added + file.diff.removed > 0).then_some(patch)
}

struct Reading<'a> {
    lines: Vec<&'a str>,
    at: usize,
    patch: Patch,
    rows: usize,
}

/// Lines of a hunk by side.
#[derive(Default)]
struct Sides {
    old: String,
    new: String,
}

impl Sides {
    fn take(&mut self, line: &str) {
        let (old, new) = match line.as_bytes().first() {
            Some(b'-') => (true, false),
            Some(b'+') => (false, true),
            _ => (true, true),
        };
        let rest = line.strip_prefix(['-', '+', ' ']).unwrap_or(line);
        for side in
            [(old, &mut self.old), (new, &mut self.new)].into_iter().filter(|(takes, _)| *takes).map(|(_, side)| side)
        {
            side.push_str(rest);
            side.push('\n');
        }
    }
}

impl<'a> Reading<'a> {
    fn whole(&mut self) {
        // Where the head of the file at hand begins among its notes.
        let mut fresh = true;
        while let Some(line) = self.lines.get(self.at).copied() {
            self.at += 1;
            let next = self.lines.get(self.at).copied().unwrap_or_default();
            if let Some(hunk) = line.strip_prefix("@@ ") {
                if self.patch.files.is_empty() {
                    self.begin("", "");
                }
                self.hunk(hunk);
                fresh = true;
            } else if let Some(names) = line.strip_prefix("diff --git ") {
                let (old, new) = names.split_once(' ').unwrap_or((names, names));
                self.begin(old, new);
                fresh = false;
            } else if line.starts_with("--- ") && next.starts_with("+++ ") {
                if fresh {
                    self.begin("", "");
                }
                let (old, new) = (name_of(&line[4..]), name_of(&next[4..]));
                if let Some(file) = self.patch.files.last_mut() {
                    (file.old, file.new) = (old, new);
                }
                self.at += 1;
                fresh = false;
            } else if let Some(file) = self.patch.files.last_mut() {
                let told = ["rename ", "copy ", "new file", "deleted file", "old mode", "new mode", "Binary files"];
                if told.iter().any(|begin| line.starts_with(begin)) {
                    file.notes.push(line.to_owned());
                }
            } else if !line.starts_with("Index: ") && !line.starts_with("====") {
                self.patch.lead.push_str(line);
                self.patch.lead.push('\n');
            }
        }
    }

    /// Without heads of hunks: all of it is one, and nobody knows where.
    fn bare(&mut self) {
        let mut sides = Sides::default();
        let (mut old, mut new) = (String::new(), String::new());
        while let Some(line) = self.lines.get(self.at).copied() {
            self.at += 1;
            let next = self.lines.get(self.at).copied().unwrap_or_default();
            if line.starts_with("--- ") && next.starts_with("+++ ") && old.is_empty() && new.is_empty() {
                (old, new) = (name_of(&line[4..]), name_of(&next[4..]));
                self.at += 1;
            } else {
                sides.take(line);
            }
        }
        self.begin(&old, &new);
        self.add(&sides, None);
    }

    fn begin(&mut self, old: &str, new: &str) {
        let diff = Diff {
            hunks: Vec::new(),
            added: 0,
            removed: 0,
            identical: false,
            final_newline: FinalNewline::Same,
            skipped_after: 0,
            left_out: 0,
        };
        let file = FilePatch { old: name_of(old), new: name_of(new), notes: Vec::new(), diff };
        self.patch.files.push(file);
    }

    /// The lines after a head such as `-10,3 +10,4 @@ fn main()`: as many as it counts.
    fn hunk(&mut self, head: &str) {
        let mut words = head.split_whitespace();
        let old = words.next().and_then(|word| range(word, '-'));
        let new = words.next().and_then(|word| range(word, '+'));
        let mut left = old.zip(new).map(|((_, old), (_, new))| (old, new));
        let mut sides = Sides::default();
        while let Some(line) = self.lines.get(self.at).copied() {
            let first = line.as_bytes().first().copied().unwrap_or(b' ');
            match left.as_mut() {
                Some((0, 0)) if first != b'\\' => break,
                None if !matches!(first, b' ' | b'+' | b'-' | b'\\') => break,
                Some((old, new)) => match first {
                    b'-' if *old > 0 => *old -= 1,
                    b'+' if *new > 0 => *new -= 1,
                    b' ' if *old > 0 && *new > 0 => (*old, *new) = (*old - 1, *new - 1),
                    b'\\' => {}
                    _ => break,
                },
                None => {}
            }
            self.at += 1;
            if first != b'\\' {
                sides.take(line);
            }
        }
        self.add(&sides, old.zip(new).map(|((old, _), (new, _))| (old, new)));
    }

    fn add(&mut self, sides: &Sides, start: Option<(usize, usize)>) {
        let room = MOST_ROWS - self.rows.min(MOST_ROWS);
        let options = Options { context: None, max_rows: room, ..Options::default() };
        let found = diff(&sides.old, &sides.new, &options);
        self.patch.cut |= found.left_out > 0;
        let Some(file) = self.patch.files.last_mut() else { return };
        file.diff.added += found.added;
        file.diff.removed += found.removed;
        let end = file.diff.hunks.last().and_then(end_of);
        let mut rows: Vec<Row> = found.hunks.into_iter().flat_map(|hunk| hunk.rows).collect();
        self.rows += rows.len();
        for row in &mut rows {
            let moved = |number: Option<usize>, by: Option<usize>| Some(number? + by?.saturating_sub(1));
            row.old_number = moved(row.old_number, start.map(|(old, _)| old));
            row.new_number = moved(row.new_number, start.map(|(_, new)| new));
        }
        let (old_start, new_start) = start.unwrap_or((1, 1));
        let skipped_before = if start.is_some() { old_start.saturating_sub(end.unwrap_or(1)) } else { 0 };
        file.diff.hunks.push(Hunk { old_start, new_start, skipped_before, rows });
    }
}

/// The number of the old line after a hunk.
fn end_of(hunk: &Hunk) -> Option<usize> {
    let last = hunk.rows.iter().rev().find_map(|row| row.old_number);
    last.map_or(Some(hunk.old_start), |last| Some(last + 1))
}

/// `-10,3` → (10, 3), `+4` → (4, 1).
fn range(word: &str, sign: char) -> Option<(usize, usize)> {
    let word = word.strip_prefix(sign)?;
    let (start, count) = word.split_once(',').unwrap_or((word, "1"));
    let number = |text: &str| text.parse::<usize>().ok().filter(|number| *number <= MOST_LINES);
    Some((number(start)?, number(count)?))
}

/// `a/src/main.rs<tab>2026-11-30` → `src/main.rs`; `/dev/null` is none.
fn name_of(written: &str) -> String {
    let name = written.split('\t').next().unwrap_or_default().trim();
    if name == "/dev/null" {
        return String::new();
    }
    name.strip_prefix("a/").or_else(|| name.strip_prefix("b/")).unwrap_or(name).to_owned()
}

#[cfg(test)]
mod tests {
    use super::super::diff::RowKind;
    use super::*;

    #[test]
    fn a_mailed_commit_is_its_message_and_its_files() {
        let text = "From: Kim\n\nDoors\n---\n src/a.rs | 2 +-\n\ndiff --git a/src/a.rs b/src/a.rs\nindex 1..2 100644\n--- a/src/a.rs\n\
                    +++ b/src/a.rs\n@@ -10,3 +10,4 @@ fn main\n one\n-two old\n+two new\n+more\n three\n@@ -30 +31 @@\n-x\n+y\n\
                    diff --git a/b b/c\nrename from b\nrename to c\n-- \n2.40\n";
        let patch = read(text).expect("a patch");
        assert!(patch.lead.starts_with("From: Kim\n\nDoors\n"), "{}", patch.lead);
        assert_eq!(patch.files.len(), 2);
        let first = &patch.files[0];
        assert_eq!((first.old.as_str(), first.new.as_str()), ("src/a.rs", "src/a.rs"));
        assert_eq!((first.diff.added, first.diff.removed), (3, 2));
        let rows: Vec<_> =
            first.diff.hunks[0].rows.iter().map(|row| (row.kind, row.old_number, row.new_number)).collect();
        assert_eq!(
            rows,
            [
                (RowKind::Same, Some(10), Some(10)),
                (RowKind::Changed, Some(11), Some(11)),
                (RowKind::Added, None, Some(12)),
                (RowKind::Same, Some(12), Some(13)),
            ]
        );
        assert_eq!((first.diff.hunks[0].skipped_before, first.diff.hunks[1].skipped_before), (9, 17));
        assert_eq!(patch.files[1].notes, ["rename from b", "rename to c"]);
    }

    #[test]
    fn lines_with_signs_are_enough() {
        let patch = read("- old\n+ new\n  stays\n").expect("a patch");
        let rows = &patch.files[0].diff.hunks[0].rows;
        assert_eq!((rows[0].old_number, rows.len()), (None, 3));
        assert_eq!(read("nothing\nchanges\n"), None);
        assert_eq!(read(""), None);
    }

    #[test]
    fn wrong_counts_and_huge_numbers_do_no_harm() {
        for text in [
            "@@ -1,99999999999999999999 +1 @@\n-a\n+b\n",
            "@@ -1,5 +1,5 @@\n-a\n+b\nrest of the mail\n",
            "@@ -0,0 +1,2 @@\n+a\n+b\n+c beyond\n",
            "@@ @@\n-a\n",
            "@@ -5 +5 @@\n-a\n+b\n@@ -1 +1 @@\n-c\n+d\n",
        ] {
            assert!(read(text).is_some(), "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_read(text in "(@@ -[0-9]{1,3},[0-9] \\+[0-9],[0-9] @@|[-+ ]?[a-z]{0,3}|--- a|\\+\\+\\+ b|diff --git a b|\\PC{0,5}\n?){0,30}") {
            read(&text);
        }
    }
}
