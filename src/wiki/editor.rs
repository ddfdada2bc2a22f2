//! The page of the editor: what stands in it, how it comes back when it was refused, and its preview.
//!
//! It holds a whole page or one section. A section is known by the id of its heading in the version that the editor began
//! from, so that it is found again whatever others have saved since.

use std::ops::Range;
use std::time::Duration;

use rocket::http::Status;
use rusqlite::Connection;
use serde::Serialize;

use super::WIKI_ADMIN;
use super::conflict_pages::Conflict;
use super::edit::LARGEST_TEXT;
use super::name::{PageName, href_of};
use super::shown::{self, Head, Named};
use super::store::{self, PageRow};
use super::tag_store;
use crate::base::error::{Error, Problem, Result};
use crate::base::markup::{self, Flavour, Front, Here, Html};
use crate::base::project::called;
use crate::base::resource::Resource;
use crate::web::form::Form;
use crate::web::presence;
use crate::web::text::Reader;
use crate::web::{Answer, Desk, Page, Room, Sheet, address};

#[derive(Serialize)]
struct EditPage {
    #[serde(flatten)]
    head: Head,
    live: String,
    version: i64,
    is_new: bool,
    section: Option<String>,
    lost_section: bool,
    text: String,
    comment: String,
    minor: bool,
    read_only: bool,
    may_protect: bool,
    problems: Vec<Problem>,
    preview_html: Option<String>,
    preview_href: String,
    upload_href: Option<String>,
    draft_key: String,
    help_href: Option<String>,
    restores: Option<i64>,
    undoes: Option<i64>,
    templates: Vec<Named>,
    conflict: Option<Conflict>,
    others: Option<String>,
    presence_href: String,
}

impl Page for EditPage {
    const TEMPLATE: &'static str = "wiki/edit.html";
}

/// What stands in the editor, beside the page itself.
#[derive(Default)]
pub(super) struct Draft {
    pub text: String,
    /// The section that the text is, of `version`; none for the whole page.
    pub section: Option<String>,
    pub lost_section: bool,
    pub comment: String,
    /// The box of a small change is ticked.
    pub minor: bool,
    /// Whether the box of a read-only page is ticked; none where it was not shown.
    pub read_only: Option<bool>,
    /// The version that the text comes from; 0 for a new page.
    pub version: i64,
    pub problems: Vec<Problem>,
    /// The text is that of this old version.
    pub restores: Option<i64>,
    /// The text is the newest one without the change of this version.
    pub undoes: Option<i64>,
    pub previewed: bool,
    /// What a new page may begin from.
    pub templates: Vec<Named>,
    pub conflict: Option<Conflict>,
    pub status: Option<Status>,
}

impl Draft {
    /// What a form of the editor brings, made from that version.
    pub(super) fn typed(form: &Form, version: i64) -> Self {
        Self {
            text: form.text("text").to_owned(),
            section: form.get("section").filter(|id| !id.is_empty()).map(str::to_owned),
            comment: form.text("comment").to_owned(),
            minor: form.has("minor"),
            read_only: form.has("protection").then(|| form.has("read_only")),
            version,
            ..Self::default()
        }
    }

    /// A version of a page as it is put into the editor: whole, or that section of it alone.
    pub(super) fn of(reader: &Reader<'_>, version: i64, text: String, section: Option<String>) -> Result<Self> {
        let mut draft = Self { version, text, ..Self::default() };
        if let Some(id) = section {
            let compiled = reader.compiled(&draft.text, Flavour::Page)?;
            match markup::section(&draft.text, &compiled.outline, &id) {
                Some(range) => {
                    draft.text = markup::section_text(&draft.text, range).to_owned();
                    draft.section = Some(id);
                }
                None => draft.lost_section = true,
            }
        }
        Ok(draft)
    }

    /// The text of the whole page that saving this would give; none if the version has no such section (any more).
    pub(super) fn whole(&self, room: &Room, reader: &Reader<'_>, page: Option<&PageRow>) -> Result<Option<Whole>> {
        let Some(id) = &self.section else {
            return Ok(Some(Whole { text: self.text.clone(), part: None }));
        };
        let version = match page {
            Some(page) => room.project.read(|db| store::version(db, page.id, self.version))?,
            None => None,
        };
        let Some(version) = version else { return Ok(None) };
        let compiled = reader.compiled(&version.text, Flavour::Page)?;
        let Some(section) = markup::section(&version.text, &compiled.outline, id) else { return Ok(None) };
        let (text, part) = markup::with_section(&version.text, section, &self.text);
        Ok(Some(Whole { text, part: Some(part) }))
    }
}

/// The text of a page, and which part of it stands in the editor; none for all of it.
pub(super) struct Whole {
    pub text: String,
    pub part: Option<Range<usize>>,
}

impl Whole {
    /// Where in the page a reader goes on after saving: `#` and the id of the section's heading, whatever it is called now.
    pub(super) fn place(&self, reader: &Reader<'_>) -> Result<String> {
        let Some(part) = &self.part else { return Ok(String::new()) };
        let compiled = reader.compiled(&self.text, Flavour::Page)?;
        let begun = compiled.outline.iter().find(|heading| heading.at.is_some_and(|at| part.contains(&at)));
        Ok(begun.map_or_else(String::new, |heading| format!("#{}", address::segment(&heading.id))))
    }
}

pub(super) fn edit_page(desk: &Desk, room: &Room, name: &PageName, is_new: bool, draft: Draft) -> Result<Answer> {
    let preview_html = if draft.previewed { Some(previewed(desk, room, name, &draft)?.into_string()) } else { None };
    let (head, help, page) = room.project.read(|db| {
        let help = store::by_folded(db, &room.viewer, &["manual/text".to_owned()])?.pop();
        Ok((shown::head(db, room, name, !is_new)?, help, store::find(db, &room.viewer, name.folded())?))
    })?;
    let was_read_only = page.as_ref().is_some_and(|page| page.read_only);
    let place = draft.section.as_ref().map_or_else(String::new, |id| format!("#{id}"));
    let page = EditPage {
        live: page.map_or_else(String::new, |page| format!("page:{}", page.id)),
        version: draft.version,
        is_new,
        lost_section: draft.lost_section,
        text: draft.text,
        comment: draft.comment,
        minor: draft.minor,
        read_only: draft.read_only.unwrap_or(was_read_only),
        may_protect: room.viewer.may(WIKI_ADMIN),
        problems: draft.problems,
        preview_html,
        preview_href: format!("{}?action=preview", head.href),
        upload_href: (!is_new).then(|| head.files_href.clone()),
        draft_key: format!("{}/wiki/{}{place}", room.row.id, name.folded()),
        section: draft.section,
        help_href: help.map(|page| format!("{}{}", room.root, href_of(&page.name))),
        restores: draft.restores,
        undoes: draft.undoes,
        templates: draft.templates,
        conflict: draft.conflict,
        others: hold(desk, room, name, presence::KEPT_OPEN),
        presence_href: format!("{}?action=editing", head.href),
        head,
    };
    let title = if is_new { format!("New page {}", name.as_str()) } else { format!("Edit {}", name.as_str()) };
    Sheet::new(title, page).at("/wiki").noindex().status(draft.status.unwrap_or(Status::Ok)).render(desk)
}

/// Says that they have the page open for writing, for so long at least; answers a sentence about who else has, none if nobody
/// has.
pub(super) fn hold(desk: &Desk, room: &Room, name: &PageName, kept: Duration) -> Option<String> {
    let account = desk.account.as_ref()?;
    let called = called(Some(&account.login), Some(&account.display_name));
    told(&desk.web().presence.hold(&thing(room, name), account.id, &called, kept))
}

fn told(others: &[String]) -> Option<String> {
    let (last, before) = others.split_last()?;
    Some(if before.is_empty() {
        format!("{last} is editing this page, too.")
    } else {
        format!("{} and {last} are editing this page, too.", before.join(", "))
    })
}

/// They have saved, or gone elsewhere.
pub(super) fn leave(desk: &Desk, room: &Room, name: &PageName) {
    if let Some(account) = &desk.account {
        desk.web().presence.leave(&thing(room, name), account.id);
    }
}

/// A page as what somebody may hold.
fn thing(room: &Room, name: &PageName) -> String {
    format!("{}/wiki/{}", room.row.id, name.folded())
}

/// What is wrong with the form, beside all that was typed.
pub(super) fn refused(
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

/// The same for who may be a program.
pub(super) fn refused_or_error(
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

pub(super) const NO_PREVIEW: &str = "The text is larger than 1 MiB, so there is no preview of it.";

/// The HTML that the page would have, or that its section would: made from the whole text, since numbers, notes and links
/// of a section depend on what stands elsewhere.
pub(super) fn previewed(desk: &Desk, room: &Room, name: &PageName, draft: &Draft) -> Result<Html> {
    let reader = Reader::new(desk.site(), &room.project, &room.viewer, desk.base(), &room.root)?;
    let page = room.project.read(|db| store::find(db, &room.viewer, name.folded()))?;
    let alone = || Whole { text: draft.text.clone(), part: None };
    let Whole { text, part } = draft.whole(room, &reader, page.as_ref())?.unwrap_or_else(alone);
    if text.len() > LARGEST_TEXT {
        return Err(Error::invalid("text", NO_PREVIEW));
    }
    let compiled = reader.compiled_in_passing(&text, Flavour::Page)?;
    let here = Here { resource: Resource::new("page", page.map_or(0, |page| page.id)), name: name.as_str().to_owned() };
    room.project.read(|db| {
        let mut shown = front_problems(db, room, here.resource.id, &text)?;
        let html = reader.html(db, &compiled, Some(&here))?;
        let section = part.and_then(|part| markup::section_html(&html, &text, &compiled.outline, part));
        shown.html(&section.unwrap_or(html));
        Ok(shown)
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
