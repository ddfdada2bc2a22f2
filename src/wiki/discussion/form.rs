//! The form by which something is said about a page: what it may be about, what was typed, and what is wrong with it.

use rocket::http::Status;
use serde::Serialize;

use super::anchor::{Quote, Wish};
use super::edit::{FIELD, LARGEST_TEXT};
use super::shown::{Scene, rendered};
use crate::base::error::{Problem, Result};
use crate::base::markup::{Flavour, Heading};
use crate::web::Desk;
use crate::web::form::Form;
use crate::wiki::WIKI_DISCUSS;
use crate::wiki::name::href_of;
use crate::wiki::store as pages;

/// The form by which something is said.
#[derive(Serialize)]
pub struct Writing {
    action_href: String,
    preview_href: String,
    preview_html: Option<String>,
    draft_key: String,
    help_href: Option<String>,
    pub comment: String,
    pub problems: Vec<Problem>,
    /// Of a new thread: what it may be about.
    pub about: Option<About>,
    /// Of an answer: the number of what it answers, and whether the thread is open.
    pub replyto: String,
    pub open: bool,
}

#[derive(Serialize)]
pub struct About {
    headings: Vec<Choice>,
    quote: Quote,
}

#[derive(Serialize)]
struct Choice {
    id: String,
    label: String,
    chosen: bool,
}

/// What stands in the form, and what is wrong with it.
#[derive(Default)]
pub struct Typed {
    pub wish: Wish,
    pub comment: String,
    pub replyto: String,
    pub previewed: bool,
    pub problems: Vec<Problem>,
}

impl Typed {
    /// What the address fills the form with: a heading or a passage that somebody pointed at.
    pub fn asked(desk: &Desk) -> Self {
        let value = |name: &str| desk.visit.value(name).unwrap_or_default().replace('\0', "\u{FFFD}");
        Self { wish: wish(&value), ..Self::default() }
    }

    pub fn sent(form: &Form) -> Self {
        let value = |name: &str| form.text(name).to_owned();
        Self { wish: wish(&value), comment: value(FIELD), replyto: value("replyto"), ..Self::default() }
    }

    pub fn status(&self) -> Status {
        if self.problems.is_empty() { Status::Ok } else { Status::UnprocessableEntity }
    }
}

fn wish(value: &dyn Fn(&str) -> String) -> Wish {
    let quote = Quote { words: value("quote"), before: value("quote_before"), after: value("quote_after") };
    Wish { heading: value("heading"), quote }
}

/// None for those who may only read.
pub fn writing(scene: &Scene<'_>, typed: &Typed, action_href: String, draft: &str) -> Result<Option<Writing>> {
    let Scene { db, room, page, href, .. } = *scene;
    if !room.viewer.may(WIKI_DISCUSS) {
        return Ok(None);
    }
    let help = pages::by_folded(db, &room.viewer, &["manual/text".to_owned()])?.pop();
    let preview_html = match typed.previewed && typed.comment.len() <= LARGEST_TEXT {
        true => Some(rendered(scene.reader, db, page, &typed.comment)?.into_string()),
        false => None,
    };
    Ok(Some(Writing {
        action_href,
        preview_href: format!("{href}?action=discussion-preview"),
        preview_html,
        draft_key: format!("{}/wiki/{}/{draft}", room.row.id, page.id),
        help_href: help.map(|page| format!("{}{}", room.root, href_of(&page.name))),
        comment: typed.comment.clone(),
        problems: typed.problems.clone(),
        about: None,
        replyto: typed.replyto.clone(),
        open: true,
    }))
}

pub fn about(scene: &Scene<'_>, wish: &Wish) -> Result<About> {
    let text = scene.text()?;
    let of_page = scene.reader.compiled(&text, Flavour::Page)?;
    let choice = |heading: &Heading| Choice {
        // As deep as it stands.
        label: format!("{}{}", "\u{2003}".repeat(usize::from(heading.level.saturating_sub(1))), heading.text),
        chosen: heading.id == wish.heading,
        id: heading.id.clone(),
    };
    Ok(About { headings: of_page.outline.iter().map(choice).collect(), quote: wish.quote.clone() })
}
