//! Taking a move back: the pages get their old names, and the texts that had followed their old links, unless somebody has
//! edited one of the pages since.

use std::collections::HashMap;

use rusqlite::Connection;

use super::edit::require_on;
use super::move_store::{self, MovedRow};
use super::moving::{NewText, Plan, carry_out, holder, refuse_taken, warm, with_links};
use super::name::PageName;
use super::rewriting::{Moves, References};
use super::store::{self, PageRow};
use super::{WIKI_MODIFY, WIKI_RENAME, WIKI_VIEW};
use crate::base::error::{Error, Result};
use crate::base::markup;
use crate::base::project::{Act, Project};
use crate::base::site::Site;
use crate::base::viewer::Viewer;
use crate::web::text::options;

/// Takes a move back: the pages get their old names, and the texts that had followed their old links. Returns the name of
/// the page that comes first then.
pub fn undo(site: &Site, project: &Project, by: Act<'_>, id: i64) -> Result<String> {
    let missing = || Error::not_found("There is no such move.");
    by.viewer.require_to_see(WIKI_VIEW, "There is no page at this address.")?;
    // First of all, or the answer would tell whether there was such a move.
    by.viewer.require(WIKI_RENAME)?;
    let (moves, texts) = project.read(|db| {
        move_store::find(db, id)?.ok_or_else(missing)?;
        let rows = move_store::moved(db, id)?;
        let moves = back(db, by.viewer, &rows)?.ok_or_else(missing)?;
        moves.iter().try_for_each(|(page, _)| require_on(by.viewer, page, WIKI_RENAME))?;
        let texts = if by.viewer.may(WIKI_MODIFY) { move_store::texts(db, id)? } else { Vec::new() };
        let mut edited: Vec<&str> = moves
            .iter()
            .zip(&rows)
            .filter(|((page, _), row)| page.version != row.version || page.name != row.to_name)
            .map(|((page, _), _)| page.name.as_str())
            .collect();
        let others = others_edited(db, by.viewer, &texts, &moves)?;
        edited.extend(others.iter().map(String::as_str));
        if !edited.is_empty() {
            let names: Vec<String> = edited.iter().map(|name| format!("“{name}”")).collect();
            return Err(Error::conflict(format!(
                "This move can't be undone any more, since {} changed after it: {}.",
                if names.len() == 1 { "a page was" } else { "pages were" },
                names.join(", ")
            )));
        }
        refuse_taken(db, by.viewer, &moves)?;
        Ok((moves, texts))
    })?;
    let texts = texts_before(site, project, by.viewer, &moves, texts)?;
    let plan = Plan { moves: with_links(site, project, moves)?, texts };
    warm(site, project, &plan.texts)?;
    project.write(by, |tx| {
        move_store::find(tx, id)?.ok_or_else(missing)?;
        let moves = back(tx, by.viewer, &move_store::moved(tx, id)?)?.ok_or_else(missing)?;
        let same = moves.iter().zip(&plan.moves).all(|((page, _), moving)| {
            (page.id, page.version, &page.name) == (moving.page.id, moving.page.version, &moving.page.name)
        });
        if !same {
            return Err(Error::conflict("Somebody changed one of these pages meanwhile. Please try again."));
        }
        refuse_taken(tx, by.viewer, &moves)?;
        carry_out(site, tx, by.viewer, &plan, true, "Links go back with a move that was undone.")?;
        move_store::mark_undone(tx, id)?;
        Ok(moves.first().map(|(_, name)| name.as_str().to_owned()).unwrap_or_default())
    })
}

/// The pages of a move with their old names; none if any of them is not to be seen.
fn back(db: &Connection, viewer: &Viewer, rows: &[MovedRow]) -> Result<Option<Vec<(PageRow, PageName)>>> {
    let ids: Vec<i64> = rows.iter().map(|row| row.page).collect();
    let mut pages: HashMap<i64, PageRow> =
        store::by_ids(db, viewer, &ids)?.into_iter().map(|page| (page.id, page)).collect();
    let mut moves = Vec::with_capacity(rows.len());
    for row in rows {
        let Some(page) = pages.remove(&row.page) else {
            let trashed = store::trashed(db, viewer, row.page)?;
            return trashed.map_or(Ok(None), |trashed| {
                Err(Error::conflict(format!("“{}” is in the trash. Bring it back before.", trashed.page.name)))
            });
        };
        moves.push((page, PageName::parse(&row.from_name, "page")?));
    }
    Ok(Some(moves))
}

/// Pages that followed without being moved and were edited since, as far as this viewer sees them.
fn others_edited(
    db: &Connection,
    viewer: &Viewer,
    texts: &[move_store::TextRow],
    moves: &[(PageRow, PageName)],
) -> Result<Vec<String>> {
    let others = |id: i64| moves.iter().all(|(page, _)| page.id != id);
    let after: HashMap<i64, i64> = texts
        .iter()
        .filter(|text| text.resource.is("page") && others(text.resource.id))
        .map(|text| (text.resource.id, text.after))
        .collect();
    let ids: Vec<i64> = after.keys().copied().collect();
    let pages = store::by_ids(db, viewer, &ids)?;
    let mut names: Vec<String> =
        pages.into_iter().filter(|page| after.get(&page.id) != Some(&page.version)).map(|page| page.name).collect();
    names.sort_unstable();
    Ok(names)
}

/// The texts that followed, with their links as they were before.
fn texts_before(
    site: &Site,
    project: &Project,
    viewer: &Viewer,
    moves: &[(PageRow, PageName)],
    texts: Vec<move_store::TextRow>,
) -> Result<Vec<NewText>> {
    let names = project.read(|db| Moves::new(project, db, viewer, moves, true))?;
    let mut new_texts = Vec::new();
    for row in texts {
        let kept = project.read(|db| {
            let component = holder(project, &row.resource.kind);
            let kept = component.map_or(Ok(None), |of| of.text_to_change(db, viewer, &row.resource, &row.part))?;
            let before = match &kept {
                Some(kept) if kept.resource.is("page") => store::version(db, kept.resource.id, row.before)?,
                _ => None,
            };
            Ok(kept.map(|kept| (kept, before)))
        })?;
        let Some((kept, before)) = kept else { continue };
        if before.is_some() && kept.revision != row.after {
            return Err(Error::conflict("Somebody changed one of these pages meanwhile. Please try again."));
        }
        // A page has its versions; of other texts the links alone are taken back.
        let text = match before {
            Some(before) => Some(before.text),
            None => {
                let on_page = kept.here.resource.is("page");
                let moved = moves.iter().find(|(page, _)| on_page && page.id == kept.here.resource.id);
                let now = kept.here.name.as_str();
                let here = on_page.then(|| (now, moved.map_or(now, |(_, name)| name.as_str())));
                let references = References { moves: &names, acl: kept.acl, here };
                let options = options(site, project)?;
                markup::rewritten(&kept.text, kept.flavour, site.vocabulary(), &options, &references)
                    .map(|rewritten| rewritten.text)
            }
        };
        new_texts.extend(text.map(|text| NewText { kept, text, changes: Vec::new() }));
    }
    Ok(new_texts)
}
