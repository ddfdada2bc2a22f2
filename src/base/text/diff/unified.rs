//! The same difference as a patch.

use std::time::Instant;

use similar::{DiffOp, group_diff_ops};

use super::super::lines::{Numbers, TIME_LIMIT, compare};

/// The difference as a patch in unified format with three lines of context, which `patch` and
/// `git apply` take; empty if the texts are the same. Bounded like [`diff`].
pub fn unified(old_label: &str, new_label: &str, old: &str, new: &str) -> String {
    let old_lines: Vec<&str> = old.split_inclusive('\n').collect();
    let new_lines: Vec<&str> = new.split_inclusive('\n').collect();
    let mut numbers = Numbers::new();
    let old_ids = numbers.of(old_lines.iter().copied());
    let new_ids = numbers.of(new_lines.iter().copied());
    let ops = compare(&old_ids, &new_ids, Instant::now() + TIME_LIMIT);
    if old == new {
        return String::new();
    }
    let label = |text: &str| -> String { text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect() };
    let mut patch = format!("--- {}\n+++ {}\n", label(old_label), label(new_label));
    for group in group_diff_ops(ops, 3) {
        let (Some(first), Some(last)) = (group.first(), group.last()) else {
            continue;
        };
        patch.push_str(&format!(
            "@@ -{} +{} @@\n",
            patch_range(first.old_range().start, last.old_range().end),
            patch_range(first.new_range().start, last.new_range().end)
        ));
        for op in group {
            if let DiffOp::Equal { .. } = op {
                push_patch_lines(&mut patch, ' ', &old_lines[op.old_range()]);
            } else {
                push_patch_lines(&mut patch, '-', &old_lines[op.old_range()]);
                push_patch_lines(&mut patch, '+', &new_lines[op.new_range()]);
            }
        }
    }
    patch
}

fn patch_range(start: usize, end: usize) -> String {
    match end - start {
        0 => format!("{start},0"),
        1 => format!("{}", start + 1),
        lines => format!("{},{lines}", start + 1),
    }
}

fn push_patch_lines(patch: &mut String, sign: char, lines: &[&str]) {
    for line in lines {
        patch.push(sign);
        patch.push_str(line);
        if !line.ends_with('\n') {
            patch.push_str("\n\\ No newline at end of file\n");
        }
    }
}
