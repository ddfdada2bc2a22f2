//! Prefixes for addresses outside, kept on the page `InterMap` (row L16): the lines of its first fenced block.
//!
//! A line is `Prefix address # Title`; `$1`, `$2` … in the address stand for the arguments between colons.

use rusqlite::{Connection, OptionalExtension};

use crate::base::error::Result;
use crate::base::markup::{Html, InterMap, InterMapEntry, Macro};

const MOST_ENTRIES: usize = 500;

pub const INTER_WIKI: Macro = Macro {
    name: "InterWiki",
    doc: "The prefixes for addresses outside, as the page `InterMap` has them.",
    example: "[[InterWiki]]",
    block: true,
    targets: |_, _| Vec::new(),
    run: |context, _| Ok(table(&load(context.db)?)),
};

fn table(map: &InterMap) -> Html {
    let mut html = Html::default();
    if map.entries.is_empty() {
        html.tag("<p class=\"muted\">There are no prefixes yet: the page InterMap has none.</p>");
        return html;
    }
    html.tag("<div class=\"table-wrap\" tabindex=\"0\"><table><thead><tr><th scope=\"col\">Prefix</th>");
    html.tag("<th scope=\"col\">Leads to</th></tr></thead><tbody>");
    for entry in &map.entries {
        html.tag("<tr><td><code>").text(&entry.prefix).tag("</code></td><td>");
        html.text(if entry.title.is_empty() { &entry.address } else { &entry.title });
        html.tag(" <span class=\"muted\">").text(&entry.address).tag("</span></td></tr>");
    }
    html.tag("</tbody></table></div>");
    html
}

/// The InterMap of a project. The page is read whoever asks: a prefix tells nothing but a public address.
pub fn load(db: &Connection) -> Result<InterMap> {
    let text: Option<String> = db
        .prepare_cached(
            "select page_version.text from page
             join page_version on page_version.page = page.id and page_version.version = page.version
             where page.folded = 'intermap' and deleted_at is null and acl = 1",
        )?
        .query_row([], |row| row.get(0))
        .optional()?;
    Ok(text.map(|text| parse(&text)).unwrap_or_default())
}

fn parse(text: &str) -> InterMap {
    let entries = text
        .lines()
        .skip_while(|line| !is_fence(line))
        .skip(1)
        .take_while(|line| !is_fence(line))
        .filter_map(entry)
        .take(MOST_ENTRIES)
        .collect();
    InterMap { entries }
}

fn is_fence(line: &str) -> bool {
    let line = line.trim_start();
    line.starts_with("```") || line.starts_with("~~~")
}

fn entry(line: &str) -> Option<InterMapEntry> {
    let (line, title) = line.split_once(" #").unwrap_or((line, ""));
    let (prefix, address) = line.trim().split_once(char::is_whitespace)?;
    let address = address.trim();
    let word = prefix.starts_with(char::is_alphabetic)
        && prefix.chars().all(|character| character.is_alphanumeric() || "-_.+".contains(character));
    let safe = (address.starts_with("https://") || address.starts_with("http://"))
        && !address.chars().any(|character| character.is_whitespace() || character.is_control());
    (word && safe).then(|| InterMapEntry {
        prefix: prefix.to_owned(),
        address: address.to_owned(),
        title: title.trim().to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_fenced_block_is_the_map() {
        let text = "Words.\n\n```\nRFC  https://rfc.example/$1  # Requests\nBad javascript:alert(1)\nnothing\n```\n\n```\nX https://x.example/\n```\n";
        let map = parse(text);
        assert_eq!(map.entries.len(), 1);
        assert_eq!(map.entries[0].prefix, "RFC");
        assert_eq!(map.entries[0].address, "https://rfc.example/$1");
        assert_eq!(map.entries[0].title, "Requests");
    }
}
