//! Changing a page: the editor with its preview and its conflicts, deleting, bringing back.

use rocket::data::Data;
use rocket::http::Status;
use rocket::{Route, get, post, routes};
use rusqlite::Connection;
use serde::Serialize;
use serde_json::json;

use super::edit::{self, Save, Saved};
use super::name::{PageName, href_of};
use super::shown::{self, Counted, Head, NO_PAGE, Named, asked_name, enter};
use super::store::{self, PageRow};
use super::tag_store;
use super::template;
use super::{WIKI_CREATE, WIKI_DELETE, WIKI_MODIFY};
use crate::base::error::{Error, Problem, Result};
use crate::base::link;
use crate::base::markup::{Flavour, Front, Here, Html};
use crate::base::resource::Resource;
use crate::base::text::diff::{Options, diff};
use crate::base::text::merge::{Merge, Part, merge};
use crate::base::time::When;
use crate::web::diff::{Style, rows_html};
use crate::web::form::Form;
use crate::web::text::Reader;
use crate::web::{Answer, Desk, Page, Room, Sheet, Visit, address};

pub fn routes() -> Vec<Route> {
    routes![write, delete, preview, change, restore]
}

#[get("/<project>/wiki/<_..>?action=edit", rank = 1)]
async fn write(visit: Visit, project: String) -> Answer {
    visit.answer(move |desk| editor(desk, &project)).await
}

#[get("/<project>/wiki/<_..>?action=delete", rank = 3)]
async fn delete(visit: Visit, project: String) -> Answer {
    visit
        .answer(move |desk| {
            let room = enter(desk, &project)?;
            let page = existing(desk, &room)?;
            room.viewer.require(WIKI_DELETE)?;
            delete_page(desk, &room, &page, "", None)
        })
        .await
}

#[post("/<project>/wiki/<_..>?action=preview", rank = 1, data = "<data>")]
async fn preview(visit: Visit, project: String, data: Data<'_>) -> Answer {
    visit
        .answer_form(data, move |desk, form| {
            let room = enter(desk, &project)?;
            let name = asked_name(desk)?;
            may_write(&room, &name)?;
            Ok(Answer::fragment(previewed(desk, &room, &name, form.text("text"))?))
        })
        .await
}

/// What `action` names: `edit` where it is absent, as the editor and scripts send it.
#[post("/<project>/wiki/<_..>", rank = 101, data = "<data>")]
async fn change(visit: Visit, project: String, data: Data<'_>) -> Answer {
    visit
        .answer_form(data, move |desk, form| {
            let room = enter(desk, &project)?;
            let asked = desk.visit.value("action");
            match form.get("action").or(asked.as_deref()).unwrap_or("edit") {
                "edit" => save(desk, &room, form),
                "rename" => super::move_pages::do_rename(desk, &room, form),
                "delete" => do_delete(desk, &room, form),
                other => Err(Error::invalid(
                    "action",
                    format!(
                        "There is no action `{}`; it is edit, rename or delete.",
                        crate::web::form::shortened(other)
                    ),
                )),
            }
        })
        .await
}

#[post("/<project>/wiki?action=restore&<id>", rank = 2, data = "<data>")]
async fn restore(visit: Visit, project: String, id: i64, data: Data<'_>) -> Answer {
    visit
        .answer_form(data, move |desk, form| {
            let room = enter(desk, &project)?;
            let name = edit::restore(desk.site(), &room.project, room.act(), id)?;
            let href = format!("{}{}", room.root, href_of(&name));
            if form.json {
                return Answer::created(desk, &href, &json!({ "name": name }));
            }
            Ok(Answer::see(&href).telling(desk, &format!("“{name}” is back, with its history and attachments.")))
        })
        .await
}

#[derive(Serialize)]
struct EditPage {
    #[serde(flatten)]
    head: Head,
    live: String,
    version: i64,
    is_new: bool,
    text: String,
    comment: String,
    problems: Vec<Problem>,
    preview_html: Option<String>,
    preview_href: String,
    upload_href: Option<String>,
    draft_key: String,
    help_href: Option<String>,
    restores: Option<i64>,
    templates: Vec<Named>,
    conflict: Option<Conflict>,
}

impl Page for EditPage {
    const TEMPLATE: &'static str = "wiki/edit.html";
}

#[derive(Serialize)]
struct Conflict {
    base: i64,
    version: i64,
    author: String,
    when: When,
    comment: String,
    parts: Vec<ConflictPart>,
    rows_html: String,
    yours: String,
}

#[derive(Serialize)]
struct ConflictPart {
    kind: &'static str,
    text: String,
    count: usize,
    yours: String,
    theirs: String,
}

/// What stands in the editor, beside the page itself.
#[derive(Default)]
struct Draft {
    text: String,
    comment: String,
    version: i64,
    problems: Vec<Problem>,
    restores: Option<i64>,
    previewed: bool,
    templates: Vec<Named>,
    conflict: Option<Conflict>,
    status: Option<Status>,
}

fn editor(desk: &Desk, project: &str) -> Result<Answer> {
    let room = enter(desk, project)?;
    let name = asked_name(desk)?;
    let page = may_write(&room, &name)?;
    let mut draft = Draft::default();
    if let Some(page) = &page {
        let asked = match desk.visit.value("version") {
            None => page.version,
            Some(text) => text.parse().map_err(|_| super::pages::bad_version(&text))?,
        };
        let version = room.project.read(|db| store::version(db, page.id, asked))?;
        let version = version.ok_or_else(|| Error::not_found(format!("“{}” has no version {asked}.", page.name)))?;
        draft.version = page.version;
        draft.text = version.text;
        if asked < page.version {
            draft.restores = Some(asked);
            draft.comment = format!("Reverted to version {asked}.");
        }
    } else {
        begin(desk, &room, &name, &mut draft)?;
    }
    edit_page(desk, &room, &name, page.is_none(), draft)
}

fn edit_page(desk: &Desk, room: &Room, name: &PageName, is_new: bool, draft: Draft) -> Result<Answer> {
    let preview_html =
        if draft.previewed { Some(previewed(desk, room, name, &draft.text)?.into_string()) } else { None };
    let (head, help, page) = room.project.read(|db| {
        let help = store::by_folded(db, &room.viewer, &["manual/text".to_owned()])?.pop();
        Ok((shown::head(db, room, name, !is_new)?, help, store::find(db, &room.viewer, name.folded())?))
    })?;
    let page = EditPage {
        live: page.map_or_else(String::new, |page| format!("page:{}", page.id)),
        version: draft.version,
        is_new,
        text: draft.text,
        comment: draft.comment,
        problems: draft.problems,
        preview_html,
        preview_href: format!("{}?action=preview", head.href),
        upload_href: (!is_new).then(|| head.files_href.clone()),
        draft_key: format!("{}/wiki/{}", room.row.id, name.folded()),
        help_href: help.map(|page| format!("{}{}", room.root, href_of(&page.name))),
        restores: draft.restores,
        templates: draft.templates,
        conflict: draft.conflict,
        head,
    };
    let title = if is_new { format!("New page {}", name.as_str()) } else { format!("Edit {}", name.as_str()) };
    Sheet::new(title, page).at("/wiki").noindex().status(draft.status.unwrap_or(Status::Ok)).render(desk)
}

/// What a new page begins with, and what it could begin with.
fn begin(desk: &Desk, room: &Room, name: &PageName, draft: &mut Draft) -> Result<()> {
    let asked = desk.visit.value("template");
    let (text, offered) = room
        .project
        .read(|db| Ok((template::text(db, &room.viewer, asked.as_deref())?, template::offered(db, &room.viewer)?)))?;
    match (text, asked) {
        (Some(text), _) => draft.text = template::filled(&text, name, &room.viewer, room.row.called()),
        (None, Some(asked)) => {
            let message = format!("There is no template “{}”.", crate::web::form::shortened(&asked));
            draft.problems.push(Problem::new("template", message));
        }
        (None, None) => {}
    }
    let href = |template: &str| {
        format!("{}{}?action=edit&template={}", room.root, name.href(), address::query_value(template))
    };
    draft.templates = offered.into_iter().map(|name| Named { href: href(&name), name }).collect();
    Ok(())
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
        Some(_) => room.viewer.require(WIKI_MODIFY)?,
        None if room.viewer.may(WIKI_CREATE) => {}
        // To whom the wiki can only be read, a page that could be made is one that is not there.
        None => return Err(Error::not_found(NO_PAGE)),
    }
    Ok(page)
}

fn previewed(desk: &Desk, room: &Room, name: &PageName, text: &str) -> Result<Html> {
    if text.len() > edit::LARGEST_TEXT {
        return Err(Error::invalid("text", "The text is larger than 1 MiB, so there is no preview of it."));
    }
    let reader = Reader::new(desk.site(), &room.project, &room.viewer, desk.base(), &room.root)?;
    let compiled = reader.compiled(text, Flavour::Page)?;
    room.project.read(|db| {
        let id = store::find(db, &room.viewer, name.folded())?.map_or(0, |page| page.id);
        let here = Here { resource: Resource::new("page", id), name: name.as_str().to_owned() };
        let mut html = front_problems(db, room, id, text)?;
        html.html(&reader.html(db, &compiled, Some(&here))?);
        Ok(html)
    })
}

/// What is wrong in the lines that a page says of itself in.
fn front_problems(db: &Connection, room: &Room, page: i64, text: &str) -> Result<Html> {
    let mut html = Html::default();
    if let Some(front) = Front::of(text) {
        for problem in tag_store::checked(db, &room.viewer, page, &front)?.1 {
            html.tag("<p class=\"macro-box\">").text(&problem.message).tag("</p>");
        }
    }
    Ok(html)
}

fn save(desk: &Desk, room: &Room, form: &Form) -> Result<Answer> {
    let name = asked_name(desk)?;
    let page = may_write(room, &name)?;
    let mut draft =
        Draft { text: form.text("text").to_owned(), comment: form.text("comment").to_owned(), ..Draft::default() };
    let base = match base_version(desk, form) {
        Ok(base) => base,
        Err(Error::Invalid(problems)) if !form.json => {
            draft.version = page.as_ref().map_or(0, |page| page.version);
            return refused(desk, room, &name, page.is_none(), draft, problems);
        }
        Err(other) => return Err(other),
    };
    draft.version = base;
    if !form.has("text") {
        return refused_or_error(
            desk,
            room,
            form,
            &name,
            page.is_none(),
            draft,
            vec![Problem::new("text", "The field `text` is missing.")],
        );
    }
    if form.has("preview") {
        if draft.text.len() > edit::LARGEST_TEXT {
            let problem = Problem::new("text", "The text is larger than 1 MiB, so there is no preview of it.");
            return refused_or_error(desk, room, form, &name, page.is_none(), draft, vec![problem]);
        }
        draft.previewed = true;
        return edit_page(desk, room, &name, page.is_none(), draft);
    }
    if let (Some(which), Some(page)) = (form.get("merge"), &page) {
        return choose(desk, room, &name, page, form, which);
    }
    let strict = desk.visit.if_match()?.is_some();
    // A page keeps the name it was given: only renaming changes its case.
    let stored = page.as_ref().map_or(Ok(name.clone()), |page| PageName::parse(&page.name, "page"))?;
    let request = Save { name: &stored, text: &draft.text, comment: &draft.comment, base: Some(base), strict };
    match edit::save(desk.site(), &room.project, room.act(), &request) {
        Ok(Saved::As { version, name, merged }) => saved(desk, room, form, version, &name, merged),
        Ok(Saved::Conflict { version, merge }) if form.json => {
            let theirs = page.map(|page| page.name).unwrap_or_default();
            Err(Error::conflict(format!(
                "“{theirs}” is at version {version} by now, and {} of your changes clash with it.",
                merge.conflicts()
            )))
        }
        Ok(Saved::Conflict { merge, .. }) => {
            let current = existing(desk, room)?;
            let yours = draft.text.clone();
            conflicted(desk, room, &current, draft.comment, base, yours, &merge, both(&merge))
        }
        Err(Error::Invalid(problems)) => {
            if problems.iter().any(|problem| problem.field == "version") {
                // No such version (any more): the form that comes back starts from what there is now.
                draft.version = page.as_ref().map_or(0, |page| page.version);
            }
            refused_or_error(desk, room, form, &name, page.is_none(), draft, problems)
        }
        Err(other) => Err(other),
    }
}

fn saved(desk: &Desk, room: &Room, form: &Form, version: i64, name: &str, merged: Option<i64>) -> Result<Answer> {
    let href = format!("{}{}", room.root, href_of(name));
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

fn refused_or_error(
    desk: &Desk,
    room: &Room,
    form: &Form,
    name: &PageName,
    is_new: bool,
    draft: Draft,
    problems: Vec<Problem>,
) -> Result<Answer> {
    if form.json { Err(Error::Invalid(problems)) } else { refused(desk, room, name, is_new, draft, problems) }
}

fn refused(
    desk: &Desk,
    room: &Room,
    name: &PageName,
    is_new: bool,
    draft: Draft,
    problems: Vec<Problem>,
) -> Result<Answer> {
    let draft = Draft { problems, status: Some(Status::UnprocessableEntity), ..draft };
    edit_page(desk, room, name, is_new, draft)
}

/// Shows both texts; nothing is saved and nothing is lost.
#[expect(clippy::too_many_arguments, reason = "each is a field of the page, and there is one caller per situation")]
fn conflicted(
    desk: &Desk,
    room: &Room,
    page: &PageRow,
    comment: String,
    base: i64,
    yours: String,
    merge: &Merge,
    text: String,
) -> Result<Answer> {
    let name = PageName::parse(&page.name, "page")?;
    let theirs =
        room.project.read(|db| store::version(db, page.id, page.version))?.ok_or_else(|| Error::not_found(NO_PAGE))?;
    let parts = merge
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
        base,
        version: page.version,
        author: theirs.author,
        when: theirs.saved_at.when(&room.viewer.zone()),
        comment: theirs.comment,
        parts,
        rows_html: rows_html(&diff(&theirs.text, &yours, &Options::default()), Style::Inline).into_string(),
        yours,
    };
    let draft = Draft {
        text,
        comment,
        version: page.version,
        conflict: Some(conflict),
        status: Some(Status::Conflict),
        ..Draft::default()
    };
    edit_page(desk, room, &name, false, draft)
}

/// Where both changed the same lines: theirs, then yours.
fn both(merge: &Merge) -> String {
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
fn choose(desk: &Desk, room: &Room, name: &PageName, page: &PageRow, form: &Form, which: &str) -> Result<Answer> {
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
            let draft = Draft {
                text: form.text("text").to_owned(),
                comment: form.text("comment").to_owned(),
                version: page.version,
                ..Draft::default()
            };
            let message = format!("`{}` is none of yours, theirs and both.", crate::web::form::shortened(other));
            return refused_or_error(desk, room, form, name, false, draft, vec![Problem::new("merge", message)]);
        }
    };
    conflicted(desk, room, page, form.text("comment").to_owned(), base, yours, &merge, text)
}

/// The page of this address, which must be there and be seen.
pub(super) fn existing(desk: &Desk, room: &Room) -> Result<PageRow> {
    let name = asked_name(desk)?;
    room.project.read(|db| store::find(db, &room.viewer, name.folded()))?.ok_or_else(|| Error::not_found(NO_PAGE))
}

/// With which status a form comes back, and what is wrong with it.
pub(super) type Refusal = (Status, Vec<Problem>);

/// Errors that the form itself shows; others have pages of their own.
pub(super) fn refusal(error: Error) -> Result<Refusal> {
    match error {
        Error::Invalid(problems) => Ok((Status::UnprocessableEntity, problems)),
        Error::Conflict(message) => Ok((Status::Conflict, vec![Problem::new("version", message)])),
        other => Err(other),
    }
}

pub(super) fn children(db: &Connection, room: &Room, page: &PageRow) -> Result<Vec<Named>> {
    let children = store::list(db, &room.viewer, &format!("{}/", page.folded), 200)?;
    Ok(children
        .into_iter()
        .map(|child| Named { href: format!("{}{}", room.root, href_of(&child.name)), name: child.name })
        .collect())
}

#[derive(Serialize)]
struct DeletePage {
    #[serde(flatten)]
    head: Head,
    version: i64,
    versions: i64,
    attachments: i64,
    children: Vec<Named>,
    backlinks: Counted,
    comment: String,
    problems: Vec<Problem>,
}

impl Page for DeletePage {
    const TEMPLATE: &'static str = "wiki/delete.html";
}

fn delete_page(desk: &Desk, room: &Room, page: &PageRow, comment: &str, refusal: Option<Refusal>) -> Result<Answer> {
    let name = PageName::parse(&page.name, "page")?;
    let (status, problems) = refusal.unwrap_or((Status::Ok, Vec::new()));
    let sheet = room.project.read(|db| {
        let keys = store::keys_of(db, page)?;
        let head = shown::head(db, room, &name, true)?;
        Ok(DeletePage {
            version: page.version,
            versions: page.version,
            attachments: store::attachment_count(db, page.id)?,
            children: children(db, room, page)?,
            backlinks: Counted {
                count: link::count(db, room.project.components(), &room.viewer, ("page", &keys))?,
                href: format!("{}?action=backlinks", head.href),
            },
            comment: comment.to_owned(),
            head,
            problems,
        })
    })?;
    Sheet::new(format!("Delete {}", page.name), sheet).at("/wiki").noindex().status(status).render(desk)
}

fn do_delete(desk: &Desk, room: &Room, form: &Form) -> Result<Answer> {
    let page = existing(desk, room)?;
    let name = PageName::parse(&page.name, "page")?;
    let comment = form.text("comment");
    let deleted = form
        .number("version")
        .and_then(|version| edit::delete(&room.project, room.act(), &name, Some(version), comment));
    match deleted {
        Ok(()) => {}
        Err(error) if form.json => return Err(error),
        Err(error) => {
            let refusal = refusal(error)?;
            room.viewer.require(WIKI_DELETE)?;
            return delete_page(desk, room, &page, comment, Some(refusal));
        }
    }
    let href = format!("{}/wiki?action=trash", room.root);
    if form.json {
        return Answer::json(&json!({ "name": page.name, "deleted": true }));
    }
    Ok(Answer::see(&href).telling(desk, &format!("“{}” is in the trash. It can be brought back from here.", page.name)))
}
