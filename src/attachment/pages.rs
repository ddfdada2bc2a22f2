//! The pages of files: the list with its form, one file with a preview, removing one (rows H02 to H05, H08).
//!
//! An address with a slash at its end is a list; otherwise its last part is a file. Whatever is missing, forbidden or hangs
//! on something else gives one and the same 404.

use std::io::Read;
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
use super::store::{self, FileRow};
use super::upload::{self, Place, Received};
use super::{File, blob, href, link, list_href, multipart, name, raw_href, zip_href};
use crate::base::component::Owner;
use crate::base::error::{Error, Problem, Result};
use crate::base::site::UPLOAD_LIMIT;
use crate::web::form::Form;
use crate::web::{Answer, Desk, Page, Room, Sheet, Visit};

/// Of a text, so much is shown on its page.
const PREVIEW_BYTES: u64 = 256 * 1024;

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
    preview: &'static str,
    preview_html: Option<String>,
    preview_text: Option<String>,
    truncated: bool,
    reference: String,
    replace_href: Option<String>,
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

/// Looks up the decoded rest of an address.
pub(super) fn found(room: &Room, db: &Connection, tail: &str) -> Result<Found> {
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
            return Ok(Found::File(owner, Box::new(file)));
        }
    }
    owner(rest)?.map(Found::Slashless).ok_or_else(missing)
}

fn found_file(room: &Room, db: &Connection, tail: &str) -> Result<(Owner, FileRow)> {
    match found(room, db, tail)? {
        Found::File(owner, file) => Ok((owner, *file)),
        Found::List(_) | Found::Slashless(_) => Err(missing()),
    }
}

fn found_list(room: &Room, db: &Connection, tail: &str) -> Result<Owner> {
    match found(room, db, tail)? {
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
            match room.project.read(|db| found(&room, db, &tail))? {
                Found::List(owner) if desk.visit.wants_json() => list_json(&room, &owner),
                Found::List(owner) => list_page(desk, &room, &owner, "", Vec::new()),
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
                room.viewer.require(owner.to_remove)?;
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
        room.viewer.require(owner.to_attach)?;
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
    room.viewer.require(owner.to_attach)?;
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
        Err(Error::Invalid(problems)) if !json => list_page(desk, &room, &owner, description, problems),
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

fn list_page(desk: &Desk, room: &Room, owner: &Owner, description: &str, problems: Vec<Problem>) -> Result<Answer> {
    let files = room.project.read(|db| super::files(db, &room.viewer, owner, &room.root))?;
    let status = if problems.is_empty() { Status::Ok } else { Status::UnprocessableEntity };
    let page = ListPage {
        owner: owner_line(room, owner),
        href: format!("{}{}", room.root, list_href(owner)),
        zip_href: (!files.is_empty()).then(|| format!("{}{}", room.root, zip_href(owner))),
        files,
        may_attach: room.viewer.may(owner.to_attach),
        max_bytes: upload_limit(desk)?,
        description: description.to_owned(),
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
    let media = media::of(&row.name);
    let text = match media.kind {
        Kind::Text => beginning(room, row)?,
        Kind::Image | Kind::Other => None,
    };
    let preview = match (media.kind, &text) {
        (Kind::Image, _) => "image",
        (_, Some(_)) => "text",
        _ => "none",
    };
    let list = format!("{}{}", room.root, list_href(owner));
    let file = super::file(&room.viewer, owner, row, &room.root);
    let page = ShowPage {
        owner: owner_line(room, owner),
        replace_href: room.viewer.may(owner.to_attach).then(|| format!("{list}#attach")),
        list_href: list,
        media_type: media.content_type,
        preview,
        preview_html: None,
        truncated: text.is_some() && row.size.unsigned_abs() > PREVIEW_BYTES,
        preview_text: text,
        reference: reference(&row.name),
        file,
    };
    Sheet::new(row.name.clone(), page).render(desk)
}

/// The beginning of a text; none if it is no text after all.
fn beginning(room: &Room, row: &FileRow) -> Result<Option<String>> {
    let mut bytes = Vec::new();
    blob::open(&room.project, &row.hash, row.size)?.take(PREVIEW_BYTES).read_to_end(&mut bytes)?;
    if bytes.contains(&0) {
        return Ok(None);
    }
    // A character that the limit cuts in two is left out; bytes that are no UTF-8 show as such.
    if row.size.unsigned_abs() > PREVIEW_BYTES {
        let whole = bytes.utf8_chunks().last().map_or(0, |chunk| {
            if chunk.invalid().len() < 4 && bytes.ends_with(chunk.invalid()) { chunk.invalid().len() } else { 0 }
        });
        bytes.truncate(bytes.len() - whole);
    }
    Ok(Some(String::from_utf8_lossy(&bytes).into_owned()))
}
