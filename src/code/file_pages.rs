//! One file of a repository (row V06): its lines in colours, a rendered document, an image, or why nothing is shown.

use std::borrow::Cow;

use serde::Serialize;

use super::browse_pages::{ground, is_markdown, target, ways};
use super::place::{self, Head, Place};
use super::raw::LARGEST;
use super::source::{self, Content};
use super::told::{self, CommitLine};
use super::tree::{self, Entry, Kind};
use super::{LOG_VIEW, blame_pages, past, relative};
use crate::attachment::media;
use crate::base::error::Result;
use crate::base::markup::{Flavour, Html, language_of};
use crate::base::text::unseen;
use crate::web::page::file_size;
use crate::web::paging::with_value;
use crate::web::text::Reader;
use crate::web::{Answer, Desk, Page, Room, Sheet};

/// Larger files are not shown, only sent.
const LARGEST_SHOWN: u64 = 1 << 20;
/// Larger documents are shown as source.
const LARGEST_RENDERED: usize = 256 * 1024;

#[derive(Serialize)]
struct FilePage {
    head: Head,
    facts: Vec<String>,
    changed: Option<CommitLine>,
    is_unknown: bool,
    log_href: Option<String>,
    blame_href: Option<String>,
    raw_href: Option<String>,
    plain_href: Option<String>,
    source_href: Option<String>,
    rendered_href: Option<String>,
    is_source: bool,
    kind: &'static str,
    code_html: String,
    text_html: String,
    image_href: String,
    sentence: String,
}

impl Page for FilePage {
    const TEMPLATE: &'static str = "code/file.html";
}

/// What is shown of a file.
enum Shown {
    Code(Html),
    Document(String),
    Image,
    /// Nothing, and why.
    Sentence(String),
}

pub fn file(desk: &Desk, room: &Room, place: &Place, entry: &Entry) -> Result<Answer> {
    let pairs = desk.visit.pairs();
    let mut facts = Vec::new();
    let shown = shown(desk, room, place, entry, &mut facts)?;
    let (head, changed, is_unknown) = room.project.read(|db| {
        let line = past::line(db, &place.git, place.repository.id, place.commit())?;
        let (folder, _) = place.path.split_at(place.path.len().saturating_sub(1));
        let changes = past::last_changes(db, &place.git, &line, folder, std::slice::from_ref(entry))?;
        let change = changes.get(&entry.name).copied();
        let told = told::told(db, &place.git, &room.viewer, change.into_iter().chain([place.commit()]))?;
        let commit = told.get(&place.commit()).map(|told| told.line(room));
        let head = place::head(db, room, place, "/browser", ways(room), commit)?;
        Ok((head, change.and_then(|id| told.get(&id)).map(|told| told.line(room)), change.is_none()))
    })?;
    let here = place.href(room, "/browser", &place.path);
    let plain = here.split('?').next().unwrap_or(&here);
    let way = |value: &str| with_value(plain, &pairs, "as", value);
    let has_contents = matches!(entry.kind(), Kind::File | Kind::Executable | Kind::Symlink);
    let is_small = has_contents && tree::size(&place.git, entry.id).is_ok_and(|size| size <= LARGEST);
    let is_document = is_markdown(&entry.name) && matches!(shown, Shown::Code(_) | Shown::Document(_));
    let export = place.export_href(room, &place.path);
    let mut page = FilePage {
        head,
        facts,
        changed,
        is_unknown,
        log_href: room.viewer.may(LOG_VIEW).then(|| place.href(room, "/log", &place.path)),
        blame_href: matches!(shown, Shown::Code(_) | Shown::Document(_)).then(|| blame_pages::href(room, place)),
        raw_href: is_small.then(|| export.clone()),
        plain_href: (is_small && matches!(shown, Shown::Code(_) | Shown::Document(_)))
            .then(|| with_value(plain, &pairs, "format", "txt")),
        source_href: is_document.then(|| way("source")),
        rendered_href: is_document.then(|| way("")),
        is_source: matches!(shown, Shown::Code(_)),
        kind: "",
        code_html: String::new(),
        text_html: String::new(),
        image_href: String::new(),
        sentence: String::new(),
    };
    match shown {
        Shown::Code(html) => (page.kind, page.code_html) = ("code", html.into_string()),
        Shown::Document(html) => (page.kind, page.text_html) = ("document", html),
        Shown::Image => (page.kind, page.image_href) = ("image", export),
        Shown::Sentence(sentence) => (page.kind, page.sentence) = ("none", sentence),
    }
    let path = tree::shown_path(&place.path);
    let sheet = Sheet::new(path.clone(), page).at("/browser").about(format!("source:{path}"));
    if place.rev.is_some() { sheet.noindex() } else { sheet }.render(desk)
}

fn shown(desk: &Desk, room: &Room, place: &Place, entry: &Entry, facts: &mut Vec<String>) -> Result<Shown> {
    match entry.kind() {
        Kind::Symlink => {
            facts.push("symbolic link".to_owned());
            let target = target(place, entry);
            return Ok(Shown::Sentence(match target {
                Some(target) => format!("This is a symbolic link to {target}"),
                None => "This is a symbolic link whose target is too long to be shown.".to_owned(),
            }));
        }
        Kind::Submodule => {
            facts.push("submodule".to_owned());
            let id = entry.id;
            return Ok(Shown::Sentence(format!("This is another repository (a submodule), at its commit {id}.")));
        }
        Kind::File | Kind::Executable | Kind::Folder => {}
    }
    // Before anything of it is read.
    let size = tree::size(&place.git, entry.id)?;
    facts.push(file_size(size as i64));
    if entry.kind() == Kind::Executable {
        facts.push("executable".to_owned());
    }
    let name = tree::shown(&entry.name);
    if media::of(&name).kind == media::Kind::Image && size <= LARGEST {
        return Ok(Shown::Image);
    }
    if size > LARGEST_SHOWN {
        let offer = if size <= LARGEST { "The download has it." } else { "A clone of the repository has it." };
        let largest = file_size(LARGEST_SHOWN as i64);
        return Ok(Shown::Sentence(format!("This file is larger than {largest}, so it is not shown here. {offer}")));
    }
    let blob = place.git.find_blob(entry.id).map_err(|error| tree::unreadable(&error))?;
    let text = match source::content(blob.content()) {
        Content::Text { text, encoding } => {
            let lines = source::line_count(&text);
            facts.push(format!("{lines} line{}", if lines == 1 { "" } else { "s" }));
            if encoding != "UTF-8" {
                facts.push(encoding.to_owned());
            }
            let named = unseen::named(&text);
            if let Cow::Owned(_) = named {
                facts.push(
                    "holds characters that can't be seen or that turn the text around: they are named".to_owned(),
                );
            }
            named.into_owned()
        }
        Content::Binary => {
            facts.push("binary".to_owned());
            return Ok(Shown::Sentence("This file is binary, so there is nothing to read here.".to_owned()));
        }
        Content::Pointer { bytes, id } => {
            facts.push("Git LFS".to_owned());
            let bytes = file_size(i64::try_from(bytes).unwrap_or(i64::MAX));
            return Ok(Shown::Sentence(format!(
                "The contents of this file ({bytes}) are kept outside of the repository, by Git LFS; here is only \
                 their name: {id}"
            )));
        }
    };
    if text.is_empty() {
        return Ok(Shown::Sentence("This file is empty.".to_owned()));
    }
    let marks = source::marks(&desk.visit.value("marks").unwrap_or_default());
    let as_source = desk.visit.value("as").as_deref() == Some("source") || !marks.is_empty();
    if is_markdown(&entry.name) && !as_source && text.len() <= LARGEST_RENDERED {
        return document(desk, room, place, &text).map(Shown::Document);
    }
    Ok(Shown::Code(source::lines_html(entry.id, &text, language_of(&name, &text), &marks)))
}

fn document(desk: &Desk, room: &Room, place: &Place, text: &str) -> Result<String> {
    let reader = Reader::new(desk.site(), &room.project, &room.viewer, desk.base(), &room.root)?;
    let compiled = reader.compiled(text, Flavour::Page)?;
    let html = room.project.read(|db| reader.html(db, &compiled, None))?;
    let folder = place.path.split_last().map(|(_, folder)| folder).unwrap_or_default();
    Ok(relative::turned(html.as_str(), &ground(room, place, folder)))
}
