//! The contents of files as they are (row V07): `/export/<rev>/<path>`, and `?format=raw|txt` of a file's page.
//!
//! As with attachments, nothing that comes from here can act in the name of this site.

use std::io::{Seek, Write};

use git2::Oid;
use rocket::Route;
use rocket::http::{ContentType, Status};
use rocket::request::{FromRequest, Outcome, Request};

use super::place::{self, Place};
use super::tree::{self, Entry, Kind};
use super::{FILE_VIEW, NO_PAGE};
use crate::attachment::raw::{POLICY, disposition, matches_tag};
use crate::attachment::{blob, media};
use crate::base::error::{Error, Result};
use crate::base::project::Project;
use crate::web::answer::Body;
use crate::web::page::file_size;
use crate::web::{Answer, Visit, address};

/// Larger files are not sent: git has no way to read a part of one.
pub const LARGEST: u64 = 32 << 20;
/// Larger ones go over the disk, so that they are in memory once.
const LARGEST_IN_MEMORY: u64 = 4 << 20;

pub fn routes() -> Vec<Route> {
    rocket::routes![export]
}

/// What the browser has already.
pub struct Known(Option<String>);

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Known {
    type Error = ();

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, ()> {
        Outcome::Success(Self(request.headers().get_one("If-None-Match").map(str::to_owned)))
    }
}

#[rocket::get("/<project>/export/<_..>")]
async fn export(visit: Visit, known: Known, project: &str) -> Answer {
    let project = project.to_owned();
    visit
        .answer(move |desk| {
            let room = desk.room(&project)?;
            room.viewer.require_to_see(FILE_VIEW, NO_PAGE)?;
            let tail = desk.visit.raw_tail("/export").unwrap_or_default();
            let (rev, path) = tail.split_once('/').unwrap_or((tail, ""));
            let rev = address::decode(rev).ok_or_else(|| Error::not_found(NO_PAGE))?;
            let asked = room.project.read(|db| place::asked(db, tree::segments(path)))?;
            // What can't be read has no contents; its page says why.
            let place = place::open(asked, Some(rev)).map_err(not_found)?;
            let entry = find(&place)?;
            send(&room.project, &place, &entry, &known, desk.visit.value("format").as_deref() == Some("txt"))
        })
        .await
}

fn not_found(error: Error) -> Error {
    match error {
        Error::Conflict(message) => Error::NotFound(message),
        other => other,
    }
}

fn find(place: &Place) -> Result<Entry> {
    let root = tree::root(&place.git, place.commit())?;
    tree::find(&place.git, root, &place.path).map_err(not_found)?.ok_or_else(|| place.missing())
}

/// The contents of a file, to be shown or saved as its kind allows. `as_text`: shown as plain text, whatever it is.
pub fn send(project: &Project, place: &Place, entry: &Entry, known: &Known, as_text: bool) -> Result<Answer> {
    match entry.kind() {
        Kind::File | Kind::Executable | Kind::Symlink => {}
        Kind::Folder | Kind::Submodule => {
            let path = tree::shown_path(&place.path);
            return Err(Error::not_found(format!("`{path}` is no file, so it has no contents.")));
        }
    }
    let name = tree::shown(&entry.name);
    let media = media::of(&name);
    let (content_type, inline) = if as_text || entry.kind() == Kind::Symlink {
        ("text/plain; charset=utf-8", true)
    } else {
        (media.content_type, media.inline)
    };
    let tag = format!("\"{}\"", entry.id);
    let content_type = ContentType::parse_flexible(content_type).unwrap_or(ContentType::Binary);
    let mut answer = Answer::new(Status::Ok, content_type, Vec::new())
        .header("Content-Security-Policy", POLICY)
        .header("Content-Disposition", disposition(inline, &name))
        .header("ETag", tag.clone());
    if known.0.as_deref().is_some_and(|known| matches_tag(known, &tag)) {
        return Ok(answer.with_status(Status::NotModified));
    }
    let size = tree::size(&place.git, entry.id).map_err(not_found)?;
    if size > LARGEST {
        let (size, largest) = (file_size(size as i64), file_size(LARGEST as i64));
        return Err(Error::invalid(
            "",
            format!(
                "`{name}` is {size} large; at most {largest} are sent from here. A clone of the repository has it."
            ),
        ));
    }
    answer.body = body(project, place, entry.id, size)?;
    Ok(answer)
}

fn body(project: &Project, place: &Place, id: Oid, size: u64) -> Result<Body> {
    let blob = place.git.find_blob(id).map_err(|error| not_found(tree::unreadable(&error)))?;
    if size <= LARGEST_IN_MEMORY {
        return Ok(Body::Bytes(blob.content().to_vec()));
    }
    let mut file = tempfile::tempfile_in(blob::folder(project))?;
    file.write_all(blob.content())?;
    file.rewind()?;
    Ok(Body::Part(file, size))
}
