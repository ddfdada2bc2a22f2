//! The pages of files: the list with its form, one file with a preview, removing one (rows H02 to H05, H08).
//!
//! An address with a slash at its end is a list; otherwise its last part is a file. Whatever is missing, forbidden or hangs
//! on something else gives one and the same 404.

use std::sync::{Arc, OnceLock};

use rocket::Route;
use rocket::data::Data;
use rocket::http::Status;
use rusqlite::Connection;
use serde::Serialize;
use serde_json::{Value, json};
use unicode_normalization::UnicodeNormalization;

use super::edit::{self, Add, missing};
use super::media::{self, Kind};
use super::preview::{self, Preview};
use super::store::{self, FileRow};
use super::upload::{self, Place, Received};
use super::{File, blob, href, link, list_href, name, raw_href, zip_href};
use crate::base::component::Owner;
use crate::base::error::{Error, Problem, Result};
use crate::base::site::UPLOAD_LIMIT;
use crate::base::time::When;
use crate::web::form::Form;
use crate::web::paging::with_value;
use crate::web::{Answer, Desk, Page, Room, Sheet, Visit, multipart};

pub fn routes() -> Vec<Route> {
    rocket::routes![show, confirm_removal, add, remove]
}

#[derive(Serialize)]
pub(super) struct OwnerLine {
    title: String,
    href: String,
}

#[derive(Serialize)]
struct ListPage {
    owner: OwnerLine,
    href: String,
    files: Vec<File>,
    zip_href: Option<String>,
    may_attach: bool,
    max_bytes: i64,
    description: String,
    replace: bool,
    problems: Vec<Problem>,
}

impl Page for ListPage {
    const TEMPLATE: &'static str = "attachment/list.html";
}

#[derive(Serialize)]
struct ShowPage {
    owner: OwnerLine,
    list_href: String,
    file: File,
    media_type: &'static str,
    facts: Vec<String>,
    preview: &'static str,
    preview_html: String,
    truncated: bool,
    ways: Vec<Way>,
    reference: String,
    replace_href: Option<String>,
    versions: Vec<Version>,
}

/// Another look at the same file.
#[derive(Serialize)]
struct Way {
    name: &'static str,
    href: String,
    is_current: bool,
}

/// One of the contents that a file has had.
#[derive(Serialize)]
struct Version {
    number: usize,
    href: String,
    raw_href: String,
    size: i64,
    author: String,
    when: When,
    is_shown: bool,
}

impl Page for ShowPage {
    const TEMPLATE: &'static str = "attachment/show.html";
}

#[derive(Serialize)]
struct DeletePage {
    owner: OwnerLine,
    list_href: String,
    href: String,
    file: File,
    backlinks: Backlinks,
    problems: Vec<Problem>,
}

#[derive(Serialize)]
struct Backlinks {
    count: i64,
    href: Option<String>,
}

impl Page for DeletePage {
    const TEMPLATE: &'static str = "attachment/delete.html";
}

/// What an address below `/attachment`, `/raw-attachment` or `/zip-attachment` means to a viewer.
pub(super) enum Found {
    List(Owner),
    File(Owner, Box<FileRow>),
    /// A list whose address lacks its slash.
    Slashless(Owner),
}

/// Looks up the decoded rest of an address. `version` is the number of one of the contents that a file has had.
pub(super) fn found(room: &Room, db: &Connection, tail: &str, version: Option<&str>) -> Result<Found> {
    let (realm, rest) = tail.split_once('/').ok_or_else(missing)?;
    let owner = |id: &str| room.project.components().owner(db, &room.viewer, realm, id);
    if let Some(id) = rest.strip_suffix('/') {
        return owner(id)?.map(Found::List).ok_or_else(missing);
    }
    if let Some((id, name)) = rest.rsplit_once('/')
        && let Some(owner) = owner(id)?
    {
        let name: String = name.nfc().collect();
        if let Some(file) = store::find(db, &owner.resource, &name)? {
            let file = match version {
                None => file,
                Some(number) => FileRow { name: file.name, ..of_version(db, file.id, number)? },
            };
            return Ok(Found::File(owner, Box::new(file)));
        }
    }
    owner(rest)?.map(Found::Slashless).ok_or_else(missing)
}

fn of_version(db: &Connection, id: i64, number: &str) -> Result<FileRow> {
    let number: usize = number.parse().map_err(|_| missing())?;
    store::versions(db, id)?.into_iter().nth(number.wrapping_sub(1)).ok_or_else(missing)
}

fn found_file(room: &Room, db: &Connection, tail: &str) -> Result<(Owner, FileRow)> {
    match found(room, db, tail, None)? {
        Found::File(owner, file) => Ok((owner, *file)),
        Found::List(_) | Found::Slashless(_) => Err(missing()),
    }
}

fn found_list(room: &Room, db: &Connection, tail: &str) -> Result<Owner> {
    match found(room, db, tail, None)? {
        Found::List(owner) | Found::Slashless(owner) => Ok(owner),
        Found::File(..) => Err(missing()),
    }
}

#[rocket::get("/<project>/attachment/<_..>")]
async fn show(visit: Visit, project: &str) -> Answer {
    let project = project.to_owned();
    visit
        .answer(move |desk| {
            let room = desk.room(&project)?;
            let tail = desk.visit.tail("/attachment").ok_or_else(missing)?;
            let version = desk.visit.value("version");
            match room.project.read(|db| found(&room, db, &tail, version.as_deref()))? {
                Found::List(owner) if desk.visit.wants_json() => list_json(&room, &owner),
                Found::List(owner) => {
                    let replace = desk.visit.value("replace").is_some();
                    list_page(desk, &room, &owner, ("", replace), Vec::new())
                }
                Found::Slashless(owner) => Ok(Answer::moved(&format!("{}{}", room.root, list_href(&owner)))),
                Found::File(owner, file) if desk.visit.wants_json() => Answer::json(&as_json(&room, &owner, &file)),
                Found::File(owner, file) => show_page(desk, &room, &owner, &file),
            }
        })
        .await
}

#[rocket::get("/<project>/attachment/<_..>?action=delete")]
async fn confirm_removal(visit: Visit, project: &str) -> Answer {
    let project = project.to_owned();
    visit
        .answer(move |desk| {
            let room = desk.room(&project)?;
            let tail = desk.visit.tail("/attachment").ok_or_else(missing)?;
            let (owner, file, count) = room.project.read(|db| {
                let (owner, file) = found_file(&room, db, &tail)?;
                let count = crate::base::link::count(
                    db,
                    room.project.components(),
                    &room.viewer,
                    ("attachment", &link::keys(&owner, &file.name)),
                )?;
                Ok((owner, file, count))
            })?;
            if !edit::may_remove(&room.viewer, &owner, &file) {
                owner.require(&room.viewer, owner.to_remove)?;
            }
            let page = DeletePage {
                list_href: format!("{}{}", room.root, list_href(&owner)),
                href: format!("{}{}?action=delete", room.root, href(&owner, &file.name)),
                file: super::file(&room.viewer, &owner, &file, &room.root),
                backlinks: Backlinks { count, href: None },
                owner: owner_line(&room, &owner),
                problems: Vec::new(),
            };
            Sheet::new(format!("Delete {}", file.name), page).noindex().render(desk)
        })
        .await
}

#[rocket::post("/<project>/attachment/<_..>?action=delete", data = "<data>")]
async fn remove(visit: Visit, project: &str, data: Data<'_>) -> Answer {
    let project = project.to_owned();
    visit
        .answer_form(data, move |desk, form| {
            let room = desk.room(&project)?;
            let tail = desk.visit.tail("/attachment").ok_or_else(missing)?;
            let (owner, file) = room.project.read(|db| found_file(&room, db, &tail))?;
            edit::remove(&room.project, room.act(), &owner.resource, &file.name)?;
            if form.json || desk.visit.wants_json() {
                return Answer::json(&json!({ "removed": file.name }));
            }
            let list = format!("{}{}", room.root, list_href(&owner));
            Ok(Answer::see(&list).telling(desk, &format!("“{}” is deleted.", file.name)))
        })
        .await
}

/// Uploads. `gate` is the same request once more: whether the files may be put down at all is asked before they are read.
#[rocket::post("/<project>/attachment/<_..>", data = "<data>")]
async fn add(visit: Visit, gate: Visit, project: &str, data: Data<'_>) -> Answer {
    let project = project.to_owned();
    let Some(boundary) = multipart::boundary(&visit.content_type) else {
        return visit
            .answer_form(data, move |desk, form| {
                let received = Received { form: Form::default(), files: Vec::new(), problems: Vec::new() };
                take(desk, &project, form, received)
            })
            .await;
    };
    let place = place(gate, project.clone()).await;
    let limit = place.get().map_or_else(default_limit, |place| place.limit);
    let received = upload::receive(data, &boundary, place.get().cloned(), limit).await;
    match received {
        Err(error) => visit.answer(move |_| Err(error)).await,
        Ok(received) => {
            let form = received.form.clone();
            visit.answer_with_form(form, move |desk, form| take(desk, &project, form, received)).await
        }
    }
}

/// Where this visitor may put files down; empty if they may not.
async fn place(gate: Visit, project: String) -> Arc<OnceLock<Place>> {
    let place = Arc::new(OnceLock::new());
    let told = Arc::clone(&place);
    gate.answer(move |desk| {
        if desk.visit.is_foreign() {
            return Err(missing());
        }
        let room = desk.room(&project)?;
        let tail = desk.visit.tail("/attachment").ok_or_else(missing)?;
        let owner = room.project.read(|db| found_list(&room, db, &tail))?;
        owner.require(&room.viewer, owner.to_attach)?;
        let limit = upload_limit(desk)?;
        // Whoever asks is not told here: the answer is made when the form has been read.
        let _ = told.set(Place { folder: blob::folder(&room.project), limit: limit.unsigned_abs() });
        Ok(Answer::text(String::new()))
    })
    .await;
    place
}

fn take(desk: &Desk, project: &str, form: &Form, received: Received) -> Result<Answer> {
    let room = desk.room(project)?;
    let tail = desk.visit.tail("/attachment").ok_or_else(missing)?;
    let owner = room.project.read(|db| found_list(&room, db, &tail))?;
    let parent = owner.resource.clone();
    let description = form.text("description");
    owner.require(&room.viewer, owner.to_attach)?;
    let added = if received.problems.is_empty() {
        let add = Add { parent: &parent, files: received.files, description, replace: form.has("replace") };
        edit::add(&room.project, room.act(), add)
    } else {
        Err(Error::Invalid(received.problems))
    };
    let json = form.json || desk.visit.wants_json();
    match added {
        Ok(files) if json => created(desk, &room, &owner, &files),
        Ok(files) => {
            let names: Vec<String> = files.iter().map(|file| format!("“{}”", file.name)).collect();
            let verb = if names.len() == 1 { "is" } else { "are" };
            // Who attached from the page of the thing itself goes back there.
            let there = if form.has("back") { format!("{}#attachments", owner.href) } else { list_href(&owner) };
            let there = format!("{}{there}", room.root);
            let shown = if names.len() > 5 { format!("{} files", names.len()) } else { names.join(", ") };
            Ok(Answer::see(&there).telling(desk, &format!("{shown} {verb} attached.")))
        }
        Err(Error::Invalid(problems)) if !json => {
            list_page(desk, &room, &owner, (description, form.has("replace")), problems)
        }
        Err(error) => Err(error),
    }
}

/// 201 with how a text names what was attached: `{name, markup, url}`, or `{items: […]}` of them if it was several.
fn created(desk: &Desk, room: &Room, owner: &Owner, files: &[FileRow]) -> Result<Answer> {
    let item = |file: &FileRow| {
        json!({
            "name": file.name,
            "markup": reference(&file.name),
            "url": format!("{}{}", room.root, href(owner, &file.name)),
        })
    };
    match files {
        [file] => Answer::created(desk, &format!("{}{}", room.root, href(owner, &file.name)), &item(file)),
        files => {
            let items: Vec<Value> = files.iter().map(item).collect();
            Answer::created(desk, &format!("{}{}", room.root, list_href(owner)), &json!({ "items": items }))
        }
    }
}

/// How a text of the same page names a file.
fn reference(file: &str) -> String {
    let quoted = name::quoted(file);
    match media::of(file).kind {
        Kind::Image => format!("[[Image({quoted})]]"),
        Kind::Text | Kind::Other => format!("attachment:{quoted}"),
    }
}

fn upload_limit(desk: &Desk) -> Result<i64> {
    desk.site().read(|db| UPLOAD_LIMIT.number(db))
}

/// For passing over what nobody will keep.
fn default_limit() -> u64 {
    UPLOAD_LIMIT.default.parse().unwrap_or(0)
}

pub(super) fn owner_line(room: &Room, owner: &Owner) -> OwnerLine {
    OwnerLine { title: owner.title.clone(), href: format!("{}{}", room.root, owner.href) }
}

fn list_page(
    desk: &Desk,
    room: &Room,
    owner: &Owner,
    (description, replace): (&str, bool),
    problems: Vec<Problem>,
) -> Result<Answer> {
    let files = room.project.read(|db| super::files(db, &room.viewer, owner, &room.root))?;
    let status = if problems.is_empty() { Status::Ok } else { Status::UnprocessableEntity };
    let page = ListPage {
        owner: owner_line(room, owner),
        href: format!("{}{}", room.root, list_href(owner)),
        zip_href: (!files.is_empty()).then(|| format!("{}{}", room.root, zip_href(owner))),
        files,
        may_attach: owner.lets(&room.viewer, owner.to_attach),
        max_bytes: upload_limit(desk)?,
        description: description.to_owned(),
        replace,
        problems,
    };
    Sheet::new(format!("Attachments of {}", owner.title), page).status(status).render(desk)
}

fn list_json(room: &Room, owner: &Owner) -> Result<Answer> {
    let files = room.project.read(|db| store::of_parent(db, &owner.resource))?;
    let items: Vec<Value> = files.iter().map(|file| as_json(room, owner, file)).collect();
    Answer::json(&json!({ "total": items.len(), "page": 1, "items": items, "next": null }))
}

fn as_json(room: &Room, owner: &Owner, file: &FileRow) -> Value {
    json!({
        "id": file.id,
        "name": file.name,
        "description": file.description,
        "size": file.size,
        "type": media::of(&file.name).content_type,
        "sha256": file.hash,
        "author": file.author_name,
        "time": file.added_at.iso(),
        "url": format!("{}{}", room.root, href(owner, &file.name)),
        "raw_url": format!("{}{}", room.root, raw_href(owner, &file.name)),
    })
}

fn show_page(desk: &Desk, room: &Room, owner: &Owner, row: &FileRow) -> Result<Answer> {
    let preview = preview::preview(desk, room, owner, row)?;
    let list = format!("{}{}", room.root, list_href(owner));
    let versions = room.project.read(|db| match store::find(db, &owner.resource, &row.name)? {
        Some(current) => store::versions(db, current.id),
        None => Ok(Vec::new()),
    })?;
    let mut file = super::file(&room.viewer, owner, row, &room.root);
    let versions: Vec<Version> = versions
        .iter()
        .enumerate()
        .map(|(at, version)| Version {
            number: at + 1,
            href: if at + 1 == versions.len() { file.href.clone() } else { numbered(&file.href, at + 1) },
            raw_href: numbered(&file.raw_href, at + 1),
            size: version.size,
            author: version.author_name.clone(),
            when: version.added_at.when(&room.viewer.zone()),
            is_shown: version.id == row.id,
        })
        .rev()
        .collect();
    let shown = versions.iter().find(|version| version.is_shown);
    let is_old = shown.is_some_and(|shown| shown.number < versions.len());
    if let Some(shown) = shown.filter(|_| is_old) {
        (file.raw_href, file.delete_href) = (shown.raw_href.clone(), None);
    }
    let page = ShowPage {
        owner: owner_line(room, owner),
        replace_href: (owner.lets(&room.viewer, owner.to_attach) && !is_old)
            .then(|| format!("{list}?replace=1#attach")),
        list_href: list,
        media_type: media::of(&row.name).content_type,
        ways: ways(desk, &preview, &shown.map_or_else(|| file.href.clone(), |shown| shown.href.clone())),
        facts: preview.facts,
        preview: preview.kind,
        preview_html: preview.html.into_string(),
        truncated: preview.truncated,
        reference: reference(&row.name),
        versions: if versions.len() > 1 { versions } else { Vec::new() },
        file,
    };
    let about = format!("attachment:{}:{}:{}", row.name, owner.realm, owner.id);
    let sheet = Sheet::new(row.name.clone(), page).about(about);
    if is_old { sheet.noindex() } else { sheet }.render(desk)
}

fn numbered(href: &str, number: usize) -> String {
    format!("{href}?version={number}")
}

/// How else this file can be looked at.
fn ways(desk: &Desk, preview: &Preview, href: &str) -> Vec<Way> {
    if !preview.has_source {
        return Vec::new();
    }
    let (plain, query) = href.split_once('?').unwrap_or((href, ""));
    let pairs = crate::web::address::pairs(query);
    let way = |name, value: (&str, &str), is_current| Way {
        name,
        href: if value.1.is_empty() { href.to_owned() } else { with_value(plain, &pairs, value.0, value.1) },
        is_current,
    };
    let is_source = preview.kind == "code";
    let source = way("Source", ("as", "source"), is_source);
    if name::extension(plain) == "diff" || name::extension(plain) == "patch" {
        let is_side = desk.visit.value("style").as_deref() == Some("side");
        return vec![
            way("Inline", ("style", ""), !is_source && !is_side),
            way("Side by side", ("style", "side"), !is_source && is_side),
            source,
        ];
    }
    vec![way("Rendered", ("as", ""), !is_source), source]
}
