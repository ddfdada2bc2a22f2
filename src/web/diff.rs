//! Differences between two texts, as pages draw them.

use serde::Serialize;

use crate::base::text::diff::{Diff, RowKind, Span};

/// A row of `ui.diff`.
#[derive(Debug, Clone, Serialize)]
pub struct DiffRow {
    kind: &'static str,
    count: usize,
    old_no: Option<usize>,
    new_no: Option<usize>,
    old: Vec<Span>,
    new: Vec<Span>,
}

pub fn diff_rows(diff: Diff) -> Vec<DiffRow> {
    let skipped =
        |count: usize| DiffRow { kind: "skipped", count, old_no: None, new_no: None, old: vec![], new: vec![] };
    let mut rows = Vec::new();
    for hunk in diff.hunks {
        if hunk.skipped_before > 0 {
            rows.push(skipped(hunk.skipped_before));
        }
        for row in hunk.rows {
            rows.push(DiffRow {
                kind: match row.kind {
                    RowKind::Same => "same",
                    RowKind::Removed => "removed",
                    RowKind::Added => "added",
                    RowKind::Changed => "changed",
                },
                count: 0,
                old_no: row.old_number,
                new_no: row.new_number,
                old: row.old,
                new: row.new,
            });
        }
    }
    if diff.skipped_after > 0 {
        rows.push(skipped(diff.skipped_after));
    }
    rows
}
