//! Suggested edits for programs.

use serde_json::{Value, json};

use super::href;
use super::pages::MOST_CHANGES;
use super::rebase::proposal;
use super::store::{self, State, SuggestionRow};
use crate::base::error::Result;
use crate::web::{Answer, Desk, Room};
use crate::wiki::store::PageRow;

/// One of a list; `page` is the name of its page.
pub fn of_row(desk: &Desk, room: &Room, row: &SuggestionRow, page: &str) -> Value {
    let filled = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    json!({
        "id": row.id,
        "url": desk.web().address.absolute(&format!("{}{}", room.root, href(row.id))),
        "page": page,
        "base": row.base,
        "author": room.viewer.shown_name(&row.author_name),
        "time": row.made_at.iso(),
        "comment": filled(&row.comment),
        "state": row.state.name(),
        "reason": filled(&row.reason),
        "edits": row.edits,
    })
}

/// One with its text and what it would change now.
pub fn one(desk: &Desk, room: &Room, row: &SuggestionRow, page: &PageRow) -> Result<Answer> {
    let (text, versions, proposal) = room.project.read(|db| {
        let proposal = if row.state == State::Open { Some(proposal(db, row, page)?) } else { None };
        Ok((store::text(db, row.id)?, store::versions(db, page.id, row.id)?, proposal))
    })?;
    let mut value = of_row(desk, room, row, &page.name);
    value["text"] = json!(text);
    value["versions"] = json!(versions);
    value["version"] = json!(page.version);
    if let Some(proposal) = proposal {
        let hunks = proposal.hunks();
        let changes = (0..hunks.changes.len().min(MOST_CHANGES)).map(|place| {
            let excerpt = hunks.excerpt(place, 0);
            json!({ "hunk": place, "line": excerpt.old_line, "old": excerpt.old, "new": excerpt.new })
        });
        value["changes"] = json!(changes.collect::<Vec<_>>());
        value["clashes"] = json!(proposal.clashes.len());
    }
    Answer::json(&value)
}
