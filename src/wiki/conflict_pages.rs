//! The page that shows both texts when two people changed the same lines: nothing is saved and nothing is lost.

use rocket::http::Status;
use serde::Serialize;

use super::change_pages::existing;
use super::editor::{Draft, edit_page, refused_or_error};
use super::name::PageName;
use super::shown::NO_PAGE;
use super::store::{self, PageRow};
use crate::base::error::{Error, Problem, Result};
use crate::base::text::diff::{Options, diff};
use crate::base::text::merge::{Merge, Part, merge};
use crate::base::time::When;
use crate::web::diff::{Style, rows_html};
use crate::web::form::Form;
use crate::web::{Answer, Desk, Room};

#[derive(Serialize)]
pub(super) struct Conflict {
    base: i64,
    version: i64,
    author: String,
    when: When,
    comment: String,
    parts: Vec<ConflictPart>,
    rows_html: String,
    yours: String,
    undoes: Option<i64>,
}

#[derive(Serialize)]
struct ConflictPart {
    kind: &'static str,
    text: String,
    count: usize,
    yours: String,
    theirs: String,
}

/// Two changes of one text that clash.
pub(super) struct Clash<'a> {
    /// The version that both were made from.
    pub base: i64,
    /// The version that `merge` took for the newest one. By now the page may have a newer one, which is not in the text: what
    /// is sent next must not pass for made from that.
    pub version: i64,
    /// The other change as a whole text: what somebody typed, or the page as it was before a version that is taken back.
    pub yours: String,
    pub merge: &'a Merge,
    /// What is put into the editor.
    pub text: String,
    /// The version that is to be taken back; none where somebody typed.
    pub undoes: Option<i64>,
}

/// Shows both texts, with what else was typed; nothing is saved and nothing is lost.
pub(super) fn conflicted(desk: &Desk, room: &Room, page: &PageRow, draft: Draft, clash: Clash<'_>) -> Result<Answer> {
    let name = PageName::parse(&page.name, "page")?;
    let theirs =
        room.project.read(|db| store::version(db, page.id, clash.version))?.ok_or_else(|| Error::not_found(NO_PAGE))?;
    let parts = clash
        .merge
        .parts
        .iter()
        .map(|part| match part {
            Part::Merged(text) => ConflictPart {
                kind: "same",
                count: text.lines().count(),
                text: text.clone(),
                yours: String::new(),
                theirs: String::new(),
            },
            Part::Conflict { theirs, yours, .. } => ConflictPart {
                kind: "clash",
                count: 0,
                text: String::new(),
                yours: yours.clone(),
                theirs: theirs.clone(),
            },
        })
        .collect();
    let conflict = Conflict {
        base: clash.base,
        version: clash.version,
        author: theirs.author,
        when: theirs.saved_at.when(&room.viewer.zone()),
        comment: theirs.comment,
        parts,
        rows_html: rows_html(&diff(&theirs.text, &clash.yours, &Options::default()), Style::Inline).into_string(),
        yours: clash.yours,
        undoes: clash.undoes,
    };
    let draft = Draft {
        text: clash.text,
        section: None,
        version: clash.version,
        conflict: Some(conflict),
        status: Some(Status::Conflict),
        ..draft
    };
    edit_page(desk, room, &name, false, draft)
}

/// What was typed is a section of a version that has none of that name, or is gone itself: shown beside the page as it is.
pub(super) fn section_gone(desk: &Desk, room: &Room, form: &Form, draft: Draft) -> Result<Answer> {
    let page = existing(desk, room)?;
    if form.json {
        let id = crate::web::form::shortened(draft.section.as_deref().unwrap_or_default());
        return Err(Error::conflict(format!("Version {} of “{}” has no section `{id}`.", draft.version, page.name)));
    }
    let current = room.project.read(|db| store::version(db, page.id, page.version))?.map(|row| row.text);
    let theirs = current.unwrap_or_default();
    let part = Part::Conflict { base: String::new(), theirs, yours: draft.text.clone() };
    let merge = Merge { parts: vec![part] };
    let (base, yours, text) = (draft.version, draft.text.clone(), both(&merge));
    conflicted(
        desk,
        room,
        &page,
        draft,
        Clash { base, version: page.version, yours, merge: &merge, text, undoes: None },
    )
}

/// Where both changed the same lines: theirs, then yours.
pub(super) fn both(merge: &Merge) -> String {
    let mut text = String::new();
    for part in &merge.parts {
        match part {
            Part::Merged(merged) => text.push_str(merged),
            Part::Conflict { theirs, yours, .. } => {
                text.push_str(theirs);
                if !theirs.is_empty() && !theirs.ends_with('\n') && !yours.is_empty() {
                    text.push('\n');
                }
                text.push_str(yours);
            }
        }
    }
    text
}

/// The buttons of the conflict page: loads one of the texts into the editor.
pub(super) fn choose(
    desk: &Desk,
    room: &Room,
    name: &PageName,
    page: &PageRow,
    form: &Form,
    which: &str,
) -> Result<Answer> {
    let yours = form.text("yours").to_owned();
    let base: i64 = form.number("base").unwrap_or(0);
    let (base_text, current) = room.project.read(|db| {
        let base = store::version(db, page.id, base)?.map(|row| row.text).unwrap_or_default();
        let current = store::version(db, page.id, page.version)?.map(|row| row.text).unwrap_or_default();
        Ok((base, current))
    })?;
    let merge = merge(&base_text, &current, &yours);
    let text = match which {
        "yours" => yours.clone(),
        "theirs" => current,
        "both" => both(&merge),
        other => {
            let draft = Draft::typed(form, page.version);
            let message = format!("`{}` is none of yours, theirs and both.", crate::web::form::shortened(other));
            return refused_or_error(desk, room, form, name, false, draft, vec![Problem::new("merge", message)]);
        }
    };
    let undoes = form.number("undoes").ok();
    let clash = Clash { base, version: page.version, yours, merge: &merge, text, undoes };
    conflicted(desk, room, page, Draft::typed(form, page.version), clash)
}
