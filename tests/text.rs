//! `base::text` under any input: nothing typed is lost, a diff is the difference, an excerpt is the text.

use std::collections::HashMap;
use std::time::Duration;

use proptest::collection::vec;
use proptest::prelude::*;
use trackway::base::text::diff::{Diff, FinalNewline, Options, RowKind, Span, diff, unified};
use trackway::base::text::excerpt::{Term, excerpt};
use trackway::base::text::merge::{Merge, Part, merge};

use crate::support::cpu_time;

/// Texts of few different lines, so that versions share some, repeat some and end in all ways.
fn text() -> impl Strategy<Value = String> {
    let line = prop::sample::select(vec![
        "a", "b", "c", "", " ", "=======", "<<<<<<< x", "one two three", "one two 3", "\u{301}e", "a\r",
    ]);
    (vec(line, 0..9), any::<bool>()).prop_map(|(lines, ended)| {
        let mut text = lines.join("\n");
        if ended && !lines.is_empty() {
            text.push('\n');
        }
        text
    })
}

fn cases(cases: u32) -> ProptestConfig {
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

fn lines(text: &str) -> Vec<&str> {
    text.strip_suffix('\n').unwrap_or(text).split('\n').filter(|_| !text.is_empty()).collect()
}

fn counted<'a>(lines: impl IntoIterator<Item = &'a str>) -> HashMap<&'a str, usize> {
    lines.into_iter().fold(HashMap::new(), |mut counts, line| {
        *counts.entry(line).or_default() += 1;
        counts
    })
}

/// However much oftener than `base` the side has a line, so often at least it stands in what is shown of that side.
fn holds_all_inserted(merge: &Merge, base: &str, side: &str, pick: fn(&Part) -> &str) -> bool {
    let base = counted(lines(base));
    let shown = counted(merge.parts.iter().flat_map(|part| lines(pick(part))));
    counted(lines(side))
        .into_iter()
        .all(|(line, count)| shown.get(line).unwrap_or(&0) + base.get(line).unwrap_or(&0) >= count)
}

fn theirs(part: &Part) -> &str {
    match part {
        Part::Merged(text) => text,
        Part::Conflict { theirs, .. } => theirs,
    }
}

fn yours(part: &Part) -> &str {
    match part {
        Part::Merged(text) => text,
        Part::Conflict { yours, .. } => yours,
    }
}

proptest! {
    #![proptest_config(cases(400))]

    #[test]
    fn every_inserted_line_of_both_sides_is_merged_or_shown(base in text(), a in text(), b in text()) {
        let merge = merge(&base, &a, &b);
        prop_assert!(holds_all_inserted(&merge, &base, &a, theirs), "{merge:?}");
        prop_assert!(holds_all_inserted(&merge, &base, &b, yours), "{merge:?}");
        let marked = merge.marked("theirs", "yours");
        for part in &merge.parts {
            for line in lines(theirs(part)).into_iter().chain(lines(yours(part))) {
                prop_assert!(lines(&marked).contains(&line));
            }
        }
    }

    #[test]
    fn lines_of_one_kind_each_are_all_kept(kept in vec(any::<[bool; 2]>(), 1..12), added in vec(0..12_usize, 0..8)) {
        let base: Vec<String> = (0..kept.len()).map(|n| format!("line {n}")).collect();
        let mut sides = [Vec::new(), Vec::new()];
        for (side, lines) in sides.iter_mut().enumerate() {
            for (n, line) in base.iter().enumerate() {
                if kept[n][side] {
                    lines.push(line.clone());
                }
                lines.extend(added.iter().enumerate().filter(|(k, at)| **at == n && k % 2 == side).map(|(k, _)| format!("new {k}")));
            }
        }
        let [a, b] = sides.map(|lines| lines.join("\n") + "\n");
        let merge = merge(&(base.join("\n") + "\n"), &a, &b);
        let shown = merge.marked("theirs", "yours");
        for k in added.iter().enumerate().filter(|(_, at)| **at < base.len()).map(|(k, _)| k) {
            prop_assert_eq!(lines(&shown).iter().filter(|line| **line == format!("new {k}")).count(), 1, "{}", shown);
        }
        if let Some(clean) = merge.clean() {
            for (n, line) in base.iter().enumerate() {
                prop_assert_eq!(lines(&clean).contains(&line.as_str()), kept[n] == [true, true], "{}", clean);
            }
        }
    }

    #[test]
    fn merging_with_an_unchanged_side_gives_the_other(base in text(), x in text()) {
        prop_assert_eq!(merge(&base, &x, &base).clean(), Some(x.clone()));
        prop_assert_eq!(merge(&base, &base, &x).clean(), Some(x.clone()));
        prop_assert_eq!(merge(&base, &x, &x).clean(), Some(x));
    }

    #[test]
    fn merging_is_fair(base in text(), a in text(), b in text()) {
        prop_assert_eq!(merge(&base, &a, &b).clean(), merge(&base, &b, &a).clean());
    }

    #[test]
    fn a_diff_applied_gives_the_new_text(old in text(), new in text(), inline in any::<bool>()) {
        let all = diff(&old, &new, &Options { context: None, ..Options::default() });
        let all = if inline { all.inline() } else { all };
        prop_assert_eq!(side(&all, &old, |row| (row.old_number, &row.old)), old.clone());
        let end = match all.final_newline {
            FinalNewline::Added => true,
            FinalNewline::Removed => false,
            FinalNewline::Same => new.ends_with('\n'),
        };
        prop_assert_eq!(side(&all, if end { "\n" } else { "" }, |row| (row.new_number, &row.new)), new.clone());
        prop_assert_eq!(all.identical, old == new);
    }

    #[test]
    fn a_shorter_diff_is_a_part_of_the_whole_one(old in text(), new in text(), context in 0..4_usize, ignore in any::<[bool; 3]>()) {
        let options = Options { context: Some(context), ignore_blanks: ignore[0], ignore_case: ignore[1], ignore_blank_lines: ignore[2], ..Options::default() };
        let part = diff(&old, &new, &options);
        let whole = diff(&old, &new, &Options { context: None, ..options });
        let rows: Vec<_> = whole.hunks.iter().flat_map(|hunk| &hunk.rows).collect();
        let mut at = 0;
        for hunk in &part.hunks {
            at += hunk.skipped_before;
            for row in &hunk.rows {
                prop_assert_eq!(row, rows[at]);
                prop_assert!(row.old_number.is_none_or(|number| number >= hunk.old_start));
                prop_assert!(row.new_number.is_none_or(|number| number >= hunk.new_start));
                at += 1;
            }
        }
        prop_assert_eq!(at + part.skipped_after, rows.len());
        let changes = rows.iter().filter(|row| row.kind != RowKind::Same).count();
        prop_assert_eq!(part.hunks.iter().flat_map(|hunk| &hunk.rows).filter(|row| row.kind != RowKind::Same).count(), changes);
    }

    #[test]
    fn a_patch_applied_gives_the_new_text(old in text(), new in text()) {
        prop_assert_eq!(patched(&old, &unified("a", "b", &old, &new)), new);
    }

    #[test]
    fn changed_lines_keep_their_text(old in any_text(), new in any_text()) {
        let found = diff(&old, &new, &Options { context: None, ..Options::default() });
        for row in found.hunks.iter().flat_map(|hunk| &hunk.rows) {
            if let Some(number) = row.old_number {
                prop_assert_eq!(joined(&row.old), lines(&old)[number - 1]);
            }
            if let Some(number) = row.new_number {
                prop_assert_eq!(joined(&row.new), lines(&new)[number - 1]);
            }
        }
    }

    #[test]
    fn an_excerpt_is_a_piece_of_the_text(text in any_text(), words in vec(any_text(), 0..4), prefix in any::<bool>(), room in 0..40_usize) {
        let terms: Vec<Term> = words.into_iter().map(|text| Term { text, prefix }).collect();
        let mut pieces = excerpt(&text, &terms, room);
        prop_assert!(pieces.iter().all(|piece| !piece.text.is_empty()));
        let ellipsis = |span: Option<&trackway::base::text::excerpt::Span>| span.is_some_and(|span| span.text == "…" && !span.mark);
        // The text itself may hold an ellipsis, so take one off only where the rest needs it.
        let whole: String = pieces.iter().map(|piece| piece.text.as_str()).collect();
        if !(text.contains(&whole) && whole.chars().count() <= room) {
            if ellipsis(pieces.first()) {
                pieces.remove(0);
            }
            let rest: String = pieces.iter().map(|piece| piece.text.as_str()).collect();
            if !(text.contains(&rest) && rest.chars().count() <= room) {
                prop_assert!(ellipsis(pieces.last()));
                pieces.pop();
            }
        }
        let window: String = pieces.iter().map(|piece| piece.text.as_str()).collect();
        prop_assert!(text.contains(&window), "{:?}", pieces);
        prop_assert!(window.chars().count() <= room, "{:?}", pieces);
    }

    #[test]
    fn a_word_of_the_text_is_marked(before in "[0-9 .]{0,60}", word in "[A-Zäöü]{1,9}", after in "( [0-9 .]{0,60})?") {
        let text = format!("{before} {word}{after}");
        let pieces = excerpt(&text, &[Term { text: word.to_lowercase(), prefix: false }], 20);
        prop_assert!(pieces.iter().any(|piece| piece.mark && piece.text.to_lowercase() == word.to_lowercase()), "{:?}", pieces);
    }
}

/// Any Unicode, with many of the characters that cling, split and fold.
fn any_text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        any::<char>().prop_map(String::from),
        prop::sample::select(vec![
            "a", "b", "word", "two words", " ", "  ", "\n", "\r\n", "é", "e\u{301}", "ß", "İ", "ﬁ", "…",
            "👩\u{200d}👧", "👍🏽", "🇩🇪", "東京", "か\u{3099}", "ก\u{e33}", "\u{345}", "\u{200d}", "-", "_", "\u{0}",
            "\u{202e}",
        ])
        .prop_map(str::to_owned),
    ];
    vec(piece, 0..30).prop_map(|pieces| pieces.concat())
}

fn joined(spans: &[Span]) -> String {
    spans.iter().map(|span| span.text.as_str()).collect()
}

/// One side's text from all rows, ended as `like` is.
fn side<'a>(
    diff: &'a Diff,
    like: &str,
    pick: impl Fn(&'a trackway::base::text::diff::Row) -> (Option<usize>, &'a Vec<Span>),
) -> String {
    let mut lines = Vec::new();
    for row in diff.hunks.iter().flat_map(|hunk| &hunk.rows) {
        if let (Some(number), spans) = pick(row) {
            assert_eq!(number, lines.len() + 1);
            lines.push(joined(spans));
        }
    }
    let end = if like.ends_with('\n') && !lines.is_empty() { "\n" } else { "" };
    lines.join("\n") + end
}

/// Applies a patch in unified format.
fn patched(old: &str, patch: &str) -> String {
    let old: Vec<&str> = old.split_inclusive('\n').collect();
    let mut new: Vec<String> = Vec::new();
    let (mut at, mut previous) = (0, "");
    for line in patch.split_inclusive('\n').skip(2) {
        let (sign, rest) = line.split_at(1);
        match sign {
            "@" => {
                let range = rest.split(' ').nth(1).unwrap_or_default().trim_start_matches('-');
                let (start, count) = range.split_once(',').unwrap_or((range, "1"));
                let start = start.parse::<usize>().unwrap_or_default() - usize::from(count != "0");
                new.extend(old[at..start].iter().map(|line| (*line).to_owned()));
                at = start;
            }
            "\\" if previous != "-" => {
                new.last_mut().map(String::pop);
            }
            "\\" => {}
            " " => {
                assert_eq!(old[at].trim_end_matches('\n'), rest.trim_end_matches('\n'));
                new.push(rest.to_owned());
                at += 1;
            }
            "-" => {
                assert_eq!(old[at].trim_end_matches('\n'), rest.trim_end_matches('\n'));
                at += 1;
            }
            _ => new.push(rest.to_owned()),
        }
        previous = sign;
    }
    new.extend(old[at..].iter().map(|line| (*line).to_owned()));
    new.concat()
}

/// The hostile texts: 1 MiB each, in the ways that cost most.
fn hostile() -> Vec<(&'static str, String, String, String)> {
    const SIZE: usize = 1 << 20;
    let lines = |seed: u64, kinds: u64| {
        let mut state = seed;
        let mut text = String::with_capacity(SIZE + 32);
        while text.len() < SIZE {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            text.push_str(&format!("{:x}\n", (state >> 33) % kinds));
        }
        text
    };
    let one_line = |seed: u64| lines(seed, 1000).replace('\n', " ");
    vec![
        ("unique lines", lines(1, u64::MAX), lines(2, u64::MAX), lines(3, u64::MAX)),
        ("two kinds of lines", lines(1, 2), lines(2, 2), lines(3, 2)),
        ("empty lines", "\n".repeat(SIZE), "\n".repeat(SIZE - 1) + "x", "y".to_owned() + &"\n".repeat(SIZE - 1)),
        ("one line of many words", one_line(1), one_line(2), one_line(3)),
        ("only marks", "\u{301}".repeat(SIZE / 2), "\u{302}".repeat(SIZE / 2), "\u{303}".repeat(SIZE / 2)),
    ]
}

#[test]
fn hostile_texts_take_bounded_time() {
    let limit = Duration::from_secs(15);
    for (name, base, a, b) in hostile() {
        let timed = |what: &str, work: &dyn Fn()| {
            let took = cpu_time(work);
            println!("{name}: {what} {took:?}");
            assert!(took < limit, "{name}: {what} took {took:?}");
        };
        timed("merge", &|| drop(merge(&base, &a, &b).marked("theirs", "yours")));
        timed("diff", &|| drop(diff(&a, &b, &Options::default())));
        timed("diff with all lines, nothing counting", &|| {
            drop(diff(
                &a,
                &b,
                &Options {
                    context: None,
                    ignore_blanks: true,
                    ignore_case: true,
                    ignore_blank_lines: true,
                    ..Options::default()
                },
            ))
        });
        timed("patch", &|| drop(unified("a", "b", &a, &b)));
        let terms: Vec<Term> =
            ["a", "1 2", "f", "- !", "1 1 1 1 1 2"].map(|text| Term { text: text.to_owned(), prefix: true }).into();
        timed("excerpt", &|| drop(excerpt(&a, &terms, 240)));
    }
}
