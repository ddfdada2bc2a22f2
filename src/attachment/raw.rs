//! The contents of files: one by one, in parts, unchanged since, or all in one archive (rows H06, H07).
//!
//! What comes from here can never act in the name of this site (trackers.md e2, class 3): right type, no guessing, to be
//! saved unless it is of a few harmless kinds, and in a sandbox in any case.

use std::io::{Seek, SeekFrom};

use rocket::Route;
use rocket::http::{ContentType, Status};
use rocket::request::{FromRequest, Outcome, Request};

use super::edit::missing;
use super::pages::{Found, found};
use super::preview::beginning;
use super::store::{self, FileRow};
use super::{blob, media};
use crate::base::error::{Error, Result};
use crate::base::project::Project;
use crate::base::time::Instant;
use crate::base::zip::{Archive, Kind};
use crate::web::answer::Body;
use crate::web::page::file_size;
use crate::web::{Answer, Visit, address};

/// More than that is not put into one archive.
const MOST_ARCHIVED: i64 = 256 * 1024 * 1024;
/// So many bytes tell in which encoding a text is.
const LOOKED_AT: u64 = 64 * 1024;
/// What a file may do in a browser: nothing.
pub const POLICY: &str = "sandbox; default-src 'none'";

pub fn routes() -> Vec<Route> {
    rocket::routes![contents, archive]
}

/// What a request has of the file already, and what part of it it wants.
struct Wanted {
    none_match: Option<String>,
    modified_since: Option<String>,
    range: Option<String>,
    if_range: Option<String>,
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Wanted {
    type Error = ();

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, ()> {
        let header = |name: &str| request.headers().get_one(name).map(str::to_owned);
        Outcome::Success(Self {
            none_match: header("If-None-Match"),
            modified_since: header("If-Modified-Since"),
            range: header("Range"),
            if_range: header("If-Range"),
        })
    }
}

#[rocket::get("/<project>/raw-attachment/<_..>")]
async fn contents(visit: Visit, wanted: Wanted, project: &str) -> Answer {
    let project = project.to_owned();
    visit
        .answer(move |desk| {
            let room = desk.room(&project)?;
            let tail = desk.visit.tail("/raw-attachment").ok_or_else(missing)?;
            let version = desk.visit.value("version");
            match room.project.read(|db| found(&room, db, &tail, version.as_deref()))? {
                Found::File(_, file) => send(&room.project, &file, &wanted),
                Found::List(_) | Found::Slashless(_) => Err(missing()),
            }
        })
        .await
}

fn send(project: &Project, row: &FileRow, wanted: &Wanted) -> Result<Answer> {
    let tag = format!("\"{}\"", row.hash);
    let mut media = media::of(&row.name);
    if media.kind == media::Kind::Text || media.is_unknown() {
        media = media::seen(&row.name, &beginning(&blob::folder(project), row, LOOKED_AT)?);
    }
    let size = row.size.unsigned_abs();
    let dressed = |answer: Answer| {
        answer
            .header("Content-Security-Policy", POLICY)
            .header("Content-Disposition", disposition(media.inline, &row.name))
            .header("ETag", tag.clone())
            .header("Last-Modified", http_date(row.added_at))
            .header("Accept-Ranges", "bytes")
    };
    let content_type = || ContentType::parse_flexible(media.content_type).unwrap_or(ContentType::Binary);
    let is_known = match wanted.none_match.as_deref() {
        Some(known) => matches_tag(known, &tag),
        // The very date that was sent; another one, however late, may be that of another file of the same name.
        None => wanted.modified_since.as_deref().is_some_and(|since| since == http_date(row.added_at)),
    };
    if is_known {
        return Ok(dressed(Answer::new(Status::NotModified, content_type(), Vec::new())));
    }
    let current = wanted.if_range.as_deref().is_none_or(|known| known == tag);
    let mut file = blob::open(project, &row.hash, row.size)?;
    let mut answer = dressed(Answer::new(Status::Ok, content_type(), Vec::new()));
    match wanted.range.as_deref().filter(|_| current).map_or(Range::All, |range| range_of(range, size)) {
        Range::All => answer.body = Body::Part(file, size),
        Range::Part(first, last) => {
            file.seek(SeekFrom::Start(first))?;
            answer.body = Body::Part(file, last - first + 1);
            answer.status = Status::PartialContent;
            answer = answer.header("Content-Range", format!("bytes {first}-{last}/{size}"));
        }
        Range::None => {
            answer.status = Status::RangeNotSatisfiable;
            answer = answer.header("Content-Range", format!("bytes */{size}"));
        }
    }
    Ok(answer)
}

#[rocket::get("/<project>/zip-attachment/<_..>")]
async fn archive(visit: Visit, project: &str) -> Answer {
    let project = project.to_owned();
    visit
        .answer(move |desk| {
            let room = desk.room(&project)?;
            let tail = desk.visit.tail("/zip-attachment").ok_or_else(missing)?;
            let (owner, files) = room.project.read(|db| match found(&room, db, &tail, None)? {
                Found::List(owner) | Found::Slashless(owner) => {
                    let files = store::of_parent(db, &owner.resource)?;
                    Ok((owner, files))
                }
                Found::File(..) => Err(missing()),
            })?;
            let answer = pack(&room.project, &files)?;
            let name = format!("attachments-{}-{}.zip", owner.realm, owner.id.replace(['/', '\\', ':'], "-"));
            Ok(answer.header("Content-Disposition", disposition(false, &name)))
        })
        .await
}

/// All files in one archive, made on the disk and gone when it has been sent.
fn pack(project: &Project, files: &[FileRow]) -> Result<Answer> {
    let total: i64 = files.iter().map(|file| file.size).sum();
    if total > MOST_ARCHIVED {
        let (total, most) = (file_size(total), file_size(MOST_ARCHIVED));
        return Err(Error::invalid(
            "",
            format!(
                "These files are {total} together; at most {most} go into one archive. Please download them one by one."
            ),
        ));
    }
    let mut archive = Archive::new(tempfile::tempfile_in(blob::folder(project))?);
    for file in files {
        archive.add(&file.name, Kind::File, file.added_at, blob::open(project, &file.hash, file.size)?)?;
    }
    let (output, length) = archive.finish("")?;
    let mut answer = Answer::new(Status::Ok, ContentType::ZIP, Vec::new()).header("Content-Security-Policy", POLICY);
    answer.body = Body::Part(output, length);
    Ok(answer)
}

/// An instant as headers write it (RFC 9110, 5.6.7).
fn http_date(at: Instant) -> String {
    let stamp = jiff::Timestamp::from_microsecond(at.0).unwrap_or_default();
    stamp.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

/// How a browser is told to save (or to show) a file of that name.
pub fn disposition(inline: bool, name: &str) -> String {
    let way = if inline { "inline" } else { "attachment" };
    format!("{way}; filename*=UTF-8''{}", address::segment(name))
}

/// Whether what a browser has already (`If-None-Match`) is that.
pub fn matches_tag(known: &str, tag: &str) -> bool {
    known.split(',').map(|one| one.trim().trim_start_matches("W/")).any(|one| one == tag || one == "*")
}

#[derive(Debug, PartialEq, Eq)]
enum Range {
    All,
    /// First and last byte.
    Part(u64, u64),
    /// Nothing of what was asked for is there.
    None,
}

/// Reads `bytes=…`. Several ranges, and what is no range, get the whole file, as RFC 9110 allows.
fn range_of(header: &str, size: u64) -> Range {
    let Some((first, last)) = header.trim().strip_prefix("bytes=").and_then(|range| range.split_once('-')) else {
        return Range::All;
    };
    let number = |text: &str| {
        let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        digits.then(|| text.parse().unwrap_or(u64::MAX))
    };
    match (number(first.trim()), number(last.trim())) {
        (None, Some(tail)) if first.trim().is_empty() => {
            if tail == 0 || size == 0 {
                Range::None
            } else {
                Range::Part(size.saturating_sub(tail), size - 1)
            }
        }
        (Some(first), _) if first >= size && is_end(last) => Range::None,
        (Some(first), None) if last.trim().is_empty() => Range::Part(first, size - 1),
        (Some(first), Some(last)) if first <= last => Range::Part(first, last.min(size - 1)),
        _ => Range::All,
    }
}

/// Whether that can stand after the dash of a single range.
fn is_end(text: &str) -> bool {
    text.trim().bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_range_is_read_and_anything_else_gets_the_whole_file() {
        for (header, range) in [
            ("bytes=0-4", Range::Part(0, 4)),
            ("bytes=5-", Range::Part(5, 9)),
            ("bytes=-3", Range::Part(7, 9)),
            ("bytes=-30", Range::Part(0, 9)),
            ("bytes=0-99999999999999999999", Range::Part(0, 9)),
            ("bytes=10-", Range::None),
            ("bytes=-0", Range::None),
            ("bytes=5-2", Range::All),
            ("bytes=0-1,3-4", Range::All),
            ("bytes=a-b", Range::All),
            ("bytes=-", Range::All),
            ("lines=0-1", Range::All),
            ("", Range::All),
        ] {
            assert_eq!(range_of(header, 10), range, "{header}");
        }
        assert_eq!(range_of("bytes=0-", 0), Range::None);
    }

    #[test]
    fn a_name_cannot_leave_its_header() {
        assert_eq!(
            disposition(false, "a\";\r\nX: ü'.txt"),
            "attachment; filename*=UTF-8''a%22%3B%0D%0AX%3A%20%C3%BC%27.txt"
        );
    }

    #[test]
    fn a_tag_is_found_among_several() {
        assert!(matches_tag("W/\"a\", \"b\"", "\"b\""));
        assert!(matches_tag("*", "\"b\""));
        assert!(!matches_tag("\"bb\"", "\"b\""));
    }
}
