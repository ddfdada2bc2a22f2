//! A patch as a page shows it (row G05): file by file, each like the difference of a changeset.

use super::Html;
use super::diff::{Style, rows_html};
use crate::base::text::patch::{FilePatch, Patch};

/// What the patch changes, file by file.
pub fn patch_html(patch: &Patch, style: Style) -> Html {
    let mut html = Html::default();
    if !patch.lead.trim().is_empty() {
        html.tag("<pre class=\"patch-lead\" dir=\"auto\">").text(patch.lead.trim_end()).tag("</pre>\n");
    }
    for file in &patch.files {
        one(&mut html, file, style);
    }
    if patch.cut {
        html.tag("<p class=\"file-note\">There is more than one page shows; the file has all of it.</p>\n");
    }
    html
}

fn one(html: &mut Html, file: &FilePatch, style: Style) {
    let (name, deed) = match (file.old.as_str(), file.new.as_str()) {
        ("", new) => (new, None),
        (old, "") => (old, Some("removed")),
        (old, new) if old == new => (new, None),
        (old, new) => (new, Some(old)),
    };
    html.tag("<div class=\"file-diff\">\n<div class=\"file-head\"><p class=\"file-name\">");
    match deed {
        Some("removed") => html.tag("<bdi>").text(name).tag("</bdi> (removed)"),
        Some(old) => html.tag("<bdi>").text(old).tag("</bdi> → <bdi>").text(name).tag("</bdi>"),
        None if name.is_empty() => html.tag("Changes"),
        None => html.tag("<bdi>").text(name).tag("</bdi>"),
    };
    html.tag("</p><p class=\"facts-line\"><span class=\"grown\">+").text(&file.diff.added.to_string());
    html.tag("</span> <span class=\"shrunk\">−").text(&file.diff.removed.to_string()).tag("</span></p></div>\n");
    for note in &file.notes {
        html.tag("<p class=\"file-note\">").text(note).tag("</p>\n");
    }
    if !file.diff.hunks.is_empty() {
        html.tag("<div class=\"table-wrap\" tabindex=\"0\" role=\"region\"");
        html.attribute("aria-label", if name.is_empty() { "Changes" } else { name });
        html.tag(match style {
            Style::Side => {
                "><table class=\"diff side\"><colgroup><col class=\"no\"><col><col class=\"no\"><col></colgroup>\
                 <thead><tr><th scope=\"col\">Old line</th><th scope=\"col\">Old text</th>\
                 <th scope=\"col\">New line</th><th scope=\"col\">New text</th></tr></thead><tbody>"
            }
            Style::Inline => {
                "><table class=\"diff inline\"><colgroup><col class=\"no\"><col class=\"no\"><col></colgroup>\
                 <thead><tr><th scope=\"col\">Old line</th><th scope=\"col\">New line</th>\
                 <th scope=\"col\">Text</th></tr></thead><tbody>"
            }
        });
        html.html(&rows_html(&file.diff, style)).tag("\n</tbody></table></div>\n");
    }
    html.tag("</div>\n");
}
