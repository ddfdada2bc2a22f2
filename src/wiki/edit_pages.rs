//! Writing a page: the editor opens on it or on one of its sections, and what was typed is saved as a new version or comes
//! back with what is wrong.

use rocket::data::Data;
use rocket::{Route, get, post, routes};
use serde_json::json;

use super::change_pages::existing;
use super::conflict_pages::{self, Clash};
use super::edit::{self, Also, Save, Saved};
use super::editor::{self, Draft, NO_PREVIEW, edit_page, previewed, refused, refused_or_error};
use super::name::{PageName, href_of};
use super::shown::{NO_PAGE, asked_name, enter};
use super::store::{self, PageRow};
use super::template;
use super::{WIKI_CREATE, WIKI_MODIFY};
use crate::base::error::{Error, Problem, Result};
use crate::base::text::merge::merge;
use crate::web::form::Form;
use crate::web::presence;
use crate::web::text::Reader;
use crate::web::{Answer, Desk, Room, Visit};

pub fn routes() -> Vec<Route> {
    routes![write, preview, editing]
}

#[get("/<project>/wiki/<_..>?action=edit", rank = 1)]
async fn write(visit: Visit, project: String) -> Answer {
    visit.answer(move |desk| editor(desk, &project)).await
}

#[post("/<project>/wiki/<_..>?action=preview", rank = 1, data = "<data>")]
async fn preview(visit: Visit, project: String, data: Data<'_>) -> Answer {
    visit
        .answer_form(data, move |desk, form| {
            let room = enter(desk, &project)?;
            let name = asked_name(desk)?;
            may_write(&room, &name)?;
            // None for who previews a whole text, which comes from no version.
            let version = if form.has("version") { form.number("version")? } else { 0 };
            Ok(Answer::fragment(previewed(desk, &room, &name, &Draft::typed(form, version))?))
        })
        .await
}

/// The editor tells from time to time that it is still open, and hears who else is there; `gone=1` when it closes.
#[post("/<project>/wiki/<_..>?action=editing", rank = 4, data = "<data>")]
async fn editing(visit: Visit, project: String, data: Data<'_>) -> Answer {
    visit
        .answer_form(data, move |desk, form| {
            let room = enter(desk, &project)?;
            let name = asked_name(desk)?;
            may_write(&room, &name)?;
            if form.has("gone") {
                editor::leave(desk, &room, &name);
                return Answer::json(&json!({ "others": null }));
            }
            Answer::json(&json!({ "others": editor::hold(desk, &room, &name, presence::KEPT) }))
        })
        .await
}

fn editor(desk: &Desk, project: &str) -> Result<Answer> {
    let room = enter(desk, project)?;
    let name = asked_name(desk)?;
    let page = may_write(&room, &name)?;
    if let (Some(page), Some(undone)) = (&page, desk.visit.value("undo")) {
        return undo(desk, &room, page, &undone);
    }
    let mut draft = Draft::default();
    if let Some(page) = &page {
        let asked = match desk.visit.value("version") {
            None => page.version,
            Some(text) => text.parse().map_err(|_| super::pages::bad_version(&text))?,
        };
        let version = room.project.read(|db| store::version(db, page.id, asked))?;
        let version = version.ok_or_else(|| Error::not_found(format!("“{}” has no version {asked}.", page.name)))?;
        let is_old = asked < page.version;
        let section = desk.visit.value("section").filter(|_| !is_old);
        draft = Draft::of(&reader(desk, &room)?, page.version, version.text, section)?;
        if is_old {
            draft.restores = Some(asked);
            draft.comment = format!("Reverted to version {asked}.");
        }
    } else {
        begin(desk, &room, &name, &mut draft)?;
    }
    edit_page(desk, &room, &name, page.is_none(), draft)
}

/// What a new page begins with, and what it could begin with.
fn begin(desk: &Desk, room: &Room, name: &PageName, draft: &mut Draft) -> Result<()> {
    let asked = desk.visit.value("template");
    let (text, offered) = room
        .project
        .read(|db| Ok((template::text(db, &room.viewer, asked.as_deref())?, template::offered(db, room, name)?)))?;
    match (text, asked) {
        (Some(text), _) => draft.text = template::filled(&text, name, &room.viewer, room.row.called()),
        (None, Some(asked)) => {
            let message = format!("There is no template “{}”.", crate::web::form::shortened(&asked));
            draft.problems.push(Problem::new("template", message));
        }
        (None, None) => {}
    }
    draft.templates = offered;
    Ok(())
}

/// The page without what one of its versions changed, in the editor; where later changes are in the way, both.
fn undo(desk: &Desk, room: &Room, page: &PageRow, asked: &str) -> Result<Answer> {
    let version: i64 = asked.parse().map_err(|_| super::pages::bad_version(asked))?;
    let missing = |version| super::versions::no_version(page, version);
    let [undone, before, current] = room.project.read(|db| {
        let undone = store::version(db, page.id, version)?.ok_or_else(|| missing(version))?;
        let number = store::version_before(db, page.id, version)?;
        let before = store::version(db, page.id, number)?.ok_or_else(|| {
            Error::invalid("undo", format!("Version {version} is the first one: there is nothing before it."))
        })?;
        let current = store::version(db, page.id, page.version)?.ok_or_else(|| missing(page.version))?;
        Ok([undone.text, before.text, current.text])
    })?;
    let merge = merge(&undone, &current, &before);
    let draft = Draft {
        version: page.version,
        comment: format!("Took the change of version {version} back."),
        undoes: Some(version),
        ..Draft::default()
    };
    match merge.clean() {
        Some(text) => edit_page(desk, room, &PageName::parse(&page.name, "page")?, false, Draft { text, ..draft }),
        None => {
            let text = conflict_pages::both(&merge);
            let yours = before;
            let clash =
                Clash { base: version, version: page.version, yours, merge: &merge, text, undoes: Some(version) };
            conflict_pages::conflicted(desk, room, page, draft, clash)
        }
    }
}

fn reader<'a>(desk: &'a Desk, room: &'a Room) -> Result<Reader<'a>> {
    Reader::new(desk.site(), &room.project, &room.viewer, desk.base(), &room.root)
}

/// Whether this viewer may write under that name; the page, if there is one. Nothing is said of what they may not see.
fn may_write(room: &Room, name: &PageName) -> Result<Option<PageRow>> {
    let (page, class) =
        room.project.read(|db| Ok((store::find_unseen(db, name.folded())?, store::class_of(db, name.folded())?)))?;
    let class = page.as_ref().map_or(class, |page| page.acl);
    if !room.viewer.sees_class(class) {
        return Err(Error::not_found(NO_PAGE));
    }
    match &page {
        Some(page) => edit::require_on(&room.viewer, page, WIKI_MODIFY)?,
        None if room.viewer.at_path(name.folded()).may(WIKI_CREATE) => {}
        // To whom the wiki can only be read, a page that could be made is one that is not there.
        None => return Err(Error::not_found(NO_PAGE)),
    }
    Ok(page)
}

pub(super) fn save(desk: &Desk, room: &Room, form: &Form) -> Result<Answer> {
    let name = asked_name(desk)?;
    let page = may_write(room, &name)?;
    let current = page.as_ref().map_or(0, |page| page.version);
    let base = match base_version(desk, form) {
        Ok(base) => base,
        Err(Error::Invalid(problems)) if !form.json => {
            return refused(desk, room, &name, page.is_none(), Draft::typed(form, current), problems);
        }
        Err(other) => return Err(other),
    };
    let mut draft = Draft::typed(form, base);
    let refused = |draft, problem| refused_or_error(desk, room, form, &name, page.is_none(), draft, vec![problem]);
    if !form.has("text") {
        return refused(draft, Problem::new("text", "The field `text` is missing."));
    }
    if form.has("preview") {
        if draft.text.len() > edit::LARGEST_TEXT {
            return refused(draft, Problem::new("text", NO_PREVIEW));
        }
        draft.previewed = true;
        return edit_page(desk, room, &name, page.is_none(), draft);
    }
    if let (Some(which), Some(page)) = (form.get("merge"), &page) {
        return conflict_pages::choose(desk, room, &name, page, form, which);
    }
    let reader = reader(desk, room)?;
    let Some(whole) = draft.whole(room, &reader, page.as_ref())? else {
        return conflict_pages::section_gone(desk, room, form, draft);
    };
    let strict = desk.visit.if_match()?.is_some();
    // A page keeps the name it was given: only renaming changes its case.
    let stored = page.as_ref().map_or(Ok(name.clone()), |page| PageName::parse(&page.name, "page"))?;
    let request = Save { name: &stored, text: &whole.text, comment: &draft.comment, base: Some(base), strict };
    let was_read_only = page.as_ref().is_some_and(|page| page.read_only);
    let also = Also { minor: draft.minor, read_only: draft.read_only.filter(|wanted| *wanted != was_read_only) };
    match edit::save_also(desk.site(), &room.project, room.act(), &request, also) {
        Ok(Saved::As { version, name, merged }) => {
            editor::leave(desk, room, &stored);
            saved(desk, room, form, version, &name, merged, &whole.place(&reader)?)
        }
        Ok(Saved::Conflict { version, merge }) if form.json => {
            let theirs = page.map(|page| page.name).unwrap_or_default();
            Err(Error::conflict(format!(
                "“{theirs}” is at version {version} by now, and {} of your changes clash with it.",
                merge.conflicts()
            )))
        }
        Ok(Saved::Conflict { version, merge }) => {
            let current = existing(desk, room)?;
            let text = conflict_pages::both(&merge);
            let clash = Clash { base, version, yours: whole.text, merge: &merge, text, undoes: None };
            conflict_pages::conflicted(desk, room, &current, draft, clash)
        }
        Err(Error::Invalid(problems)) => {
            if problems.iter().any(|problem| problem.field == "version") {
                // No such version (any more): the form that comes back starts from what there is now.
                draft.version = current;
            }
            refused_or_error(desk, room, form, &name, page.is_none(), draft, problems)
        }
        Err(other) => Err(other),
    }
}

/// `place` is what of the page the answer leads to: empty, or `#` and the id of a heading.
fn saved(
    desk: &Desk,
    room: &Room,
    form: &Form,
    version: i64,
    name: &str,
    merged: Option<i64>,
    place: &str,
) -> Result<Answer> {
    let href = format!("{}{}{place}", room.root, href_of(name));
    if form.json {
        let value = json!({ "name": name, "version": version, "merged_with": merged });
        return Ok(Answer::created(desk, &href, &value)?.header("ETag", format!("\"{version}\"")));
    }
    let sentence = match merged {
        None => format!("Saved as version {version}."),
        Some(other) => {
            format!("Saved as version {version}. Version {other} was saved while you wrote; both are in it now.")
        }
    };
    Ok(Answer::see(&href).telling(desk, &sentence))
}

/// The version that the text was made from: in the form, or as `If-Match`.
fn base_version(desk: &Desk, form: &Form) -> Result<i64> {
    match desk.visit.if_match()? {
        Some(version) => Ok(version),
        None => form.number("version"),
    }
}
