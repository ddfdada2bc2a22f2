//! How many tickets a query finds, as a small picture for pages elsewhere (`format=svg`): what it is asked, and the number.

use rocket::http::{ContentType, Status};
use rusqlite::Connection;

use super::table::shortened;
use super::tree::Query;
use super::{count, form};
use crate::base::error::Result;
use crate::base::markup::Html;
use crate::ticket::fields::Choices;
use crate::web::{Answer, Room};

/// Of what is asked, so many characters are drawn.
const LONGEST: usize = 60;
/// A character of eleven pixels is about so wide, in tenths of a pixel, and so much room is left beside a text.
const CHARACTER: usize = 65;
const MARGIN: usize = 8;

/// The number is that of the viewer's own list.
pub fn answer(room: &Room, db: &Connection, choices: &Choices, query: &Query) -> Result<Answer> {
    let total = count(db, &room.viewer, choices, query)?;
    let words = form::in_words(&query.groups, query.further.as_ref());
    let label = if words.is_empty() { "All tickets".to_owned() } else { shortened(&words, LONGEST) };
    let picture = drawn(&label, &total.to_string());
    Ok(Answer::new(Status::Ok, ContentType::SVG, picture.into_bytes()))
}

fn drawn(label: &str, number: &str) -> String {
    let width = |text: &str| text.chars().count() * CHARACTER / 10 + 2 * MARGIN;
    let (left, right) = (width(label), width(number));
    let all = left + right;
    let mut html = Html::default();
    html.tag("<svg xmlns=\"http://www.w3.org/2000/svg\" height=\"20\" role=\"img\"")
        .attribute("width", &all.to_string())
        .attribute("viewBox", &format!("0 0 {all} 20"))
        .attribute("aria-label", &format!("{label}: {number}"))
        .tag("><title>")
        .text(&format!("{label}: {number}"))
        .tag("</title><rect height=\"20\" rx=\"3\" fill=\"#1d5a63\"")
        .attribute("width", &all.to_string())
        .tag("/><path fill=\"#444\"")
        .attribute("d", &format!("M3 0h{}v20H3a3 3 0 0 1-3-3V3a3 3 0 0 1 3-3z", left - 3))
        .tag("/><g fill=\"#fff\" font-family=\"Verdana,DejaVu Sans,sans-serif\" font-size=\"11\" text-anchor=\"middle\">");
    for (text, from, width) in [(label, 0, left), (number, left, right)] {
        html.tag("<text y=\"14\"")
            .attribute("x", &(from + width / 2).to_string())
            .attribute("textLength", &(width - 2 * MARGIN).to_string())
            .tag(">")
            .text(text)
            .tag("</text>");
    }
    html.tag("</g></svg>\n");
    html.into_string()
}
