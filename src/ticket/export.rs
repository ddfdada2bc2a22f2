//! One ticket for other programs: a row of its values (rows C21, G09, G10), and its changes as a feed.

use rocket::http::{ContentType, Status};
use rusqlite::Connection;

use super::fields::{Choices, Kind};
use super::history;
use super::store::Ticket;
use super::time_store;
use super::values::{Names, People};
use super::{comment_href, duration, json, ticket_href};
use crate::base::error::Result;
use crate::base::markup::{Flavour, Here};
use crate::base::resource::Resource;
use crate::web::feed::{Entry, Feed};
use crate::web::separated::powerless;
use crate::web::text::Reader;
use crate::web::{Answer, Desk, Room};

/// The newest changes that the feed holds.
const FEED_ENTRIES: i64 = 50;

/// Field names, then values; `format` is `csv` or `tab`.
pub(super) fn row(
    desk: &Desk,
    db: &Connection,
    room: &Room,
    ticket: &Ticket,
    version: Option<i64>,
    format: &str,
) -> Result<Answer> {
    let choices = Choices::load(db, &room.viewer)?;
    let earlier = version.map(|version| history::at(db, &room.viewer, ticket, version)).transpose()?;
    let values = earlier.as_ref().unwrap_or(&ticket.values);
    let people = People::load(db, values.named_people(&choices.fields))?.shown_to(&room.viewer);
    let names = Names { choices: &choices, people: &people };
    let fields: Vec<_> = choices.fields().filter(|field| field.kind != Kind::Time).collect();
    let heads = std::iter::once("id".to_owned()).chain(fields.iter().map(|field| field.name.to_owned()));
    let worked = time_store::times(db, &room.viewer, &ticket.row)?.worked;
    let row = std::iter::once(ticket.row.id.to_string()).chain(fields.iter().map(|field| match worked {
        Some(worked) if field.is_noted() => duration::written(worked),
        _ => names.joined(field, values.get(field.name)),
    }));
    let (separator, media_type, ending, mark) = match format {
        "tab" => ('\t', "tab-separated-values", "tsv", ""),
        _ => (',', "csv", "csv", "\u{feff}"),
    };
    let raw = desk.visit.wants_raw();
    let text = format!("{mark}{}{}", line(separator, raw, heads), line(separator, raw, row));
    let media_type = ContentType::new("text", media_type).with_params(("charset", "utf-8"));
    Ok(Answer::new(Status::Ok, media_type, text.into_bytes())
        .header("Content-Disposition", format!("attachment; filename=t{}.{ending}", ticket.row.id)))
}

/// One line: values are quoted where they hold the separator, a quote or a line end; `raw`: as they are.
pub(super) fn line(separator: char, raw: bool, values: impl Iterator<Item = String>) -> String {
    let quoted: Vec<String> = values
        .map(|value| if raw { value } else { powerless(value) })
        .map(|value| {
            let must = value.contains([separator, '"', '\n', '\r']);
            if must { format!("\"{}\"", value.replace('"', "\"\"")) } else { value }
        })
        .collect();
    quoted.join(&separator.to_string()) + "\n"
}

/// The newest changes, newest first.
pub(super) fn feed(desk: &Desk, db: &Connection, room: &Room, ticket: &Ticket) -> Result<Answer> {
    let row = &ticket.row;
    let choices = Choices::load(db, &room.viewer)?;
    let mut groups = history::groups(
        db,
        &room.viewer,
        &choices.fields,
        ticket,
        (row.changes - FEED_ENTRIES + 1).max(0),
        row.changes,
    )?;
    groups.reverse();
    let people = People::load(db, json::people_of(&groups))?.shown_to(&room.viewer);
    let names = Names { choices: &choices, people: &people };
    let reader = Reader::new(desk.site(), &room.project, &room.viewer, desk.base(), &room.root)?;
    let here = Here { resource: Resource::new("ticket", row.id), name: row.id.to_string() };
    let compiled: Vec<_> = groups
        .iter()
        .map(|group| match group.change.number {
            0 => reader.compiled(ticket.values.text("description"), Flavour::Note),
            _ => reader.compiled(&group.change.comment, Flavour::Note),
        })
        .collect::<Result<_>>()?;
    let borrowed: Vec<_> = compiled.iter().map(|compiled| (&**compiled, "")).collect();
    let htmls = reader.htmls(db, &borrowed, Some(&here))?;
    let absolute = |href: String| desk.web().address.absolute(&format!("{}{href}", room.root));
    let url = absolute(ticket_href(row.id));
    let entries = groups
        .iter()
        .zip(htmls)
        .map(|(group, html)| {
            let number = group.change.number;
            let changed: Vec<&str> = group.fields.iter().map(|change| change.field.label).collect();
            Entry {
                title: match (number, changed.is_empty()) {
                    (0, _) => format!("#{} filed: {}", row.id, row.summary),
                    (_, true) => format!("#{}: comment {number}", row.id),
                    (_, false) => format!("#{}: {} changed", row.id, changed.join(", ")),
                },
                id: format!("{url}#comment:{number}"),
                url: if number == 0 { url.clone() } else { absolute(comment_href(row.id, number, row.changes)) },
                updated: group.change.at.iso(),
                author: names.people.called(group.change.author),
                summary_html: html.into_string(),
            }
        })
        .collect();
    Feed {
        title: format!("{}: #{} {}", room.row.called(), row.id, row.summary),
        subtitle: String::new(),
        id: url.clone(),
        self_url: format!("{url}?format=atom"),
        html_url: url,
        updated: row.changed_at.iso(),
        entries,
    }
    .render(desk)
}
