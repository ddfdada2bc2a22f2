//! Differences between two texts, as pages draw them. The rows are drawn here, since a template takes longer over a line than
//! finding what differs in it.

use super::Html;
use crate::base::text::diff::{Diff, Row, RowKind, Span};

/// Old and new beside each other, or the one below the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    Side,
    Inline,
}

impl Style {
    /// As addresses and classes name it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Side => "side",
            Self::Inline => "inline",
        }
    }
}

/// The rows of the table that `ui.diff` frames; empty if there is nothing to show.
pub fn rows_html(diff: &Diff, style: Style) -> Html {
    let mut html = Html::default();
    for hunk in &diff.hunks {
        skipped(&mut html, hunk.skipped_before, style);
        for row in &hunk.rows {
            match style {
                Style::Side => side(&mut html, row),
                Style::Inline => inline(&mut html, row),
            }
        }
    }
    skipped(&mut html, diff.skipped_after, style);
    html
}

fn skipped(html: &mut Html, count: usize, style: Style) {
    if count == 0 {
        return;
    }
    html.tag(match style {
        Style::Side => "\n  <tr class=\"skipped\"><td colspan=\"4\">",
        Style::Inline => "\n  <tr class=\"skipped\"><td colspan=\"3\">",
    });
    html.text(&count.to_string());
    html.tag(if count == 1 { " unchanged line</td></tr>" } else { " unchanged lines</td></tr>" });
}

fn side(html: &mut Html, row: &Row) {
    html.tag("\n  <tr class=\"").tag(match row.kind {
        RowKind::Same => "same",
        RowKind::Removed => "removed",
        RowKind::Added => "added",
        RowKind::Changed => "changed",
    });
    html.tag("\">");
    number(html, row.old_number);
    old_line(html, row);
    number(html, row.new_number);
    new_line(html, row);
    html.tag("</tr>");
}

fn inline(html: &mut Html, row: &Row) {
    if row.kind == RowKind::Same {
        html.tag("\n  <tr class=\"same\">");
        number(html, row.old_number);
        number(html, row.new_number);
        new_line(html, row);
        html.tag("</tr>");
        return;
    }
    // Not by their numbers: a patch may have none.
    if row.kind != RowKind::Added {
        html.tag("\n  <tr class=\"removed\">");
        number(html, row.old_number);
        number(html, None);
        old_line(html, row);
        html.tag("</tr>");
    }
    if row.kind != RowKind::Removed {
        html.tag("\n  <tr class=\"added\">");
        number(html, None);
        number(html, row.new_number);
        new_line(html, row);
        html.tag("</tr>");
    }
}

fn number(html: &mut Html, number: Option<usize>) {
    html.tag("<td class=\"no\">");
    if let Some(number) = number {
        html.text(&number.to_string());
    }
    html.tag("</td>");
}

fn old_line(html: &mut Html, row: &Row) {
    html.tag("<td class=\"old\" dir=\"auto\">");
    words(html, &row.old, row.kind, ("<del>", "</del>"));
    html.tag("</td>");
}

fn new_line(html: &mut Html, row: &Row) {
    html.tag("<td class=\"new\" dir=\"auto\">");
    words(html, &row.new, row.kind, ("<ins>", "</ins>"));
    html.tag("</td>");
}

/// One line; the changed words of a changed one are marked.
fn words(html: &mut Html, words: &[Span], kind: RowKind, (begin, end): (&'static str, &'static str)) {
    for word in words {
        if word.changed && kind == RowKind::Changed {
            html.tag(begin).text(&word.text).tag(end);
        } else {
            html.text(&word.text);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::text::diff::{Options, diff};

    #[test]
    fn changed_words_are_marked_and_lines_that_stayed_are_counted() {
        let old = "one\ntwo\nthree\nfour\nfive <b>\nsix\n";
        let new = "one\ntwo\nthree\nfour\nfive <i>\nsix\nseven\n";
        let found = diff(old, new, &Options { context: Some(1), ..Options::default() });
        let side = rows_html(&found, Style::Side).into_string();
        assert!(side.contains("<td colspan=\"4\">3 unchanged lines</td>"), "{side}");
        let changed = "<tr class=\"changed\"><td class=\"no\">5</td><td class=\"old\" dir=\"auto\">five &lt;<del>b</del>&gt;</td>\
                       <td class=\"no\">5</td><td class=\"new\" dir=\"auto\">five &lt;<ins>i</ins>&gt;</td></tr>";
        assert!(side.contains(changed), "{side}");
        let inline = rows_html(&found, Style::Inline).into_string();
        let added = "<tr class=\"added\"><td class=\"no\"></td><td class=\"no\">7</td>\
                     <td class=\"new\" dir=\"auto\">seven</td></tr>";
        assert!(inline.contains(added), "{inline}");
        assert_eq!(rows_html(&diff("", "", &Options::default()), Style::Side).as_str(), "");
    }
}
