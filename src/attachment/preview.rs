//! What the page of a file shows of it (rows H05, G01 to G05): pictures, source with numbered lines, patches as changesets
//! are shown, tables, and Markdown as a text of the house. Everything else is only sent.

use std::io::Read as _;
use std::time::Duration;

use rusqlite::Connection;

use super::blob;
use super::media::{self, Kind};
use super::name;
use super::store::FileRow;
use crate::base::component::Owner;
use crate::base::error::Result;
use crate::base::markup::{Flavour, Here, Html, file_lines, highlighted, language_of, line_count, marks, patch_html};
use crate::base::text::encoding::{Encoding, decoded};
use crate::base::text::{cells, lines_lf, patch, unseen};
use crate::web::diff::Style;
use crate::web::text::Reader;
use crate::web::{Desk, Room};

/// Of a text, so much is shown on its page (row G02).
const SHOWN_BYTES: u64 = 256 * 1024;
/// Of a text, so much can be searched.
const SEARCHED_BYTES: u64 = 128 * 1024;
/// What one page may spend on colours.
const TIME: Duration = Duration::from_millis(120);
const MOST_ROWS: usize = 500;
const MOST_COLUMNS: usize = 50;

/// A file on its page.
#[derive(Debug, Default)]
pub struct Preview {
    /// `image`, `code`, `document`, `table`, `patch` or `none`.
    pub kind: &'static str,
    pub html: Html,
    /// `12 lines`, `Latin-1`.
    pub facts: Vec<String>,
    /// Only the beginning is shown.
    pub truncated: bool,
    /// It can be shown as its source as well.
    pub has_source: bool,
}

pub fn preview(desk: &Desk, room: &Room, owner: &Owner, row: &FileRow) -> Result<Preview> {
    let mut bytes = beginning(&blob::folder(&room.project), row, SHOWN_BYTES)?;
    match media::seen(&row.name, &bytes).kind {
        Kind::Image => return Ok(Preview { kind: "image", ..Preview::default() }),
        Kind::Other => return Ok(Preview { kind: "none", ..Preview::default() }),
        Kind::Text => {}
    }
    let truncated = row.size.unsigned_abs() > SHOWN_BYTES;
    if truncated {
        // A line that the limit cuts in two is left out, if there is another.
        let whole = bytes.iter().rposition(|byte| *byte == b'\n').map_or(bytes.len(), |at| at + 1);
        bytes.truncate(whole);
    }
    let Some((text, encoding)) = decoded(&bytes) else {
        return Ok(Preview { kind: "none", ..Preview::default() });
    };
    let text = lines_lf(&text).into_owned();
    let mut preview = Preview { kind: "code", truncated, ..Preview::default() };
    let lines = line_count(&text);
    if !truncated {
        preview.facts.push(format!("{lines} line{}", if lines == 1 { "" } else { "s" }));
    }
    if encoding != Encoding::Utf8 {
        preview.facts.push(encoding.name().to_owned());
    }
    let marks = marks(&desk.visit.value("marks").unwrap_or_default());
    let as_source = desk.visit.value("as").as_deref() == Some("source") || !marks.is_empty();
    let dressed = dressed(desk, room, owner, row, &text)?;
    preview.has_source = dressed.is_some();
    if let Some((kind, html)) = dressed.filter(|_| !as_source) {
        (preview.kind, preview.html) = (kind, html);
        return Ok(preview);
    }
    let named = unseen::named(&text);
    if matches!(named, std::borrow::Cow::Owned(_)) {
        preview.facts.push("holds characters that can't be seen: they are named".to_owned());
    }
    let coloured = highlighted(&named, language_of(&row.name, &named), TIME);
    preview.html = file_lines(&named, coloured.as_str(), &marks);
    Ok(preview)
}

/// The file as more than its source, where it is of a kind that can be.
fn dressed(desk: &Desk, room: &Room, owner: &Owner, row: &FileRow, text: &str) -> Result<Option<(&'static str, Html)>> {
    Ok(match name::extension(&row.name).as_str() {
        "md" | "markdown" => Some(("document", document(desk, room, owner, text)?)),
        "csv" => Some(("table", table(text, cells::separator(text)))),
        "tsv" => Some(("table", table(text, '\t'))),
        "diff" | "patch" => {
            let style = if desk.visit.value("style").as_deref() == Some("side") { Style::Side } else { Style::Inline };
            patch::read(&unseen::named(text)).map(|patch| ("patch", patch_html(&patch, style)))
        }
        _ => None,
    })
}

/// A document, read as a text of what it hangs on: `attachment:other.png` in it is a file beside it.
fn document(desk: &Desk, room: &Room, owner: &Owner, text: &str) -> Result<Html> {
    let reader = Reader::new(desk.site(), &room.project, &room.viewer, desk.base(), &room.root)?;
    let compiled = reader.compiled(text, Flavour::Page)?;
    let here = Here { resource: owner.resource.clone(), name: owner.id.clone() };
    room.project.read(|db| reader.html(db, &compiled, Some(&here)))
}

/// Rows and columns beyond the limits are counted, not shown. The first row is taken for the head.
fn table(text: &str, separator: char) -> Html {
    let rows = cells::rows(text, separator, MOST_ROWS + 1);
    let mut html = Html::default();
    html.tag(
        "<div class=\"table-wrap\" tabindex=\"0\" role=\"region\" aria-label=\"Table\"><table class=\"list cells\">",
    );
    for (at, row) in rows.iter().take(MOST_ROWS).enumerate() {
        let (open, close) =
            if at == 0 { ("<th scope=\"col\" dir=\"auto\">", "</th>") } else { ("<td dir=\"auto\">", "</td>") };
        html.tag(match at {
            0 => "<thead><tr>",
            1 => "<tbody><tr>",
            _ => "<tr>",
        });
        for cell in row.iter().take(MOST_COLUMNS) {
            html.tag(open).text(cell).tag(close);
        }
        html.tag(if at == 0 { "</tr></thead>\n" } else { "</tr>\n" });
    }
    html.tag(if rows.len() > 1 { "</tbody></table></div>" } else { "</table></div>" });
    if rows.len() > MOST_ROWS || rows.iter().any(|row| row.len() > MOST_COLUMNS) {
        html.tag("<p class=\"muted\">Only the first ").text(&MOST_ROWS.to_string()).tag(" rows and ");
        html.text(&MOST_COLUMNS.to_string()).tag(" columns are shown.</p>");
    }
    html
}

/// The words of a text file, for the search; nothing of other kinds.
pub fn words(db: &Connection, row: &FileRow) -> Result<String> {
    let promised = media::of(&row.name);
    if promised.kind != Kind::Text && !promised.is_unknown() {
        return Ok(String::new());
    }
    let bytes = beginning(&blob::folder_beside(db), row, SEARCHED_BYTES)?;
    if media::seen(&row.name, &bytes).kind != Kind::Text {
        return Ok(String::new());
    }
    let text = decoded(&bytes).map(|(text, _)| text.replace('\0', " ")).unwrap_or_default();
    let is_markdown = matches!(name::extension(&row.name).as_str(), "md" | "markdown");
    Ok(if is_markdown { crate::base::markup::plain(&text) } else { text })
}

/// The first bytes of a file, for telling what it is.
pub fn beginning(folder: &std::path::Path, row: &FileRow, most: u64) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    blob::open_in(folder, &row.hash, row.size)?.take(most).read_to_end(&mut bytes)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_shows_its_cells_as_text() {
        let html = table("name,<b>\nKim,\"1,5\"\n", ',').into_string();
        assert!(html.contains("<thead><tr><th scope=\"col\" dir=\"auto\">name</th><th scope=\"col\" dir=\"auto\">&lt;b&gt;</th></tr></thead>"), "{html}");
        assert!(
            html.contains("<tbody><tr><td dir=\"auto\">Kim</td><td dir=\"auto\">1,5</td></tr>\n</tbody>"),
            "{html}"
        );
        let long = "a\n".repeat(600);
        assert!(table(&long, ',').as_str().contains("Only the first 500 rows"));
        assert!(table("", ',').as_str().contains("<table"));
    }
}
