//! Links to tickets and to what was said about them: `#12`, `ticket:12#comment:3`, `comment:3`, `#1,3-5` (rows L06, L07).

use std::collections::{BTreeSet, HashMap};

use rusqlite::Connection;

use super::fields::Choices;
use super::store::{self, NamedRow};
use super::{NO_TICKET, TICKET_VIEW, comment_href, merge, note, note_store, ticket_href};
use crate::base::error::Result;
use crate::base::markup::{Context, Here, LinkKind, LinkTarget, Resolved};
use crate::base::viewer::Viewer;
use crate::web::address;

pub const KINDS: &[LinkKind] = &[
    LinkKind {
        prefixes: &["ticket", "bug", "issue"],
        doc: "A ticket, by its number: `#12`, `ticket:12`, `ticket:12#comment:3`, `ticket:12#note:3`, `ticket:12?version=2`; several of them: \
              `#1,3-5`. A closed one is struck through.",
        example: "#1",
        targets,
        resolve,
    },
    LinkKind {
        prefixes: &["comment"],
        doc: "A comment on this ticket, `comment:3`, or on another one, `comment:3:ticket:12`; the description is \
              `comment:description`.",
        example: "comment:1:ticket:1",
        targets: |here, rest| comment_target(here, rest).into_iter().collect(),
        resolve: resolve_comments,
    },
    LinkKind {
        prefixes: &["note"],
        doc: "An internal note on this ticket, `note:3`, or on another one, `note:3:ticket:12`. Who may not read it is told \
              what they are told of one that never was.",
        example: "note:1:ticket:1",
        targets: |here, rest| comment_target(here, rest).into_iter().collect(),
        resolve: resolve_notes,
    },
];

/// Tickets of one list that the link table holds.
const MOST_NAMED: usize = 100;

/// The number that a text is: 1 to 2147483647, without a sign or leading zeros.
pub fn number(text: &str) -> Option<i64> {
    let plain = !text.is_empty() && text.len() <= 10 && text.bytes().all(|byte| byte.is_ascii_digit());
    if !plain || text.starts_with('0') {
        return None;
    }
    text.parse().ok().filter(|number| (1..=i64::from(i32::MAX)).contains(number))
}

/// A reference taken apart: the number, and `?query` or `#place` after it.
fn split(rest: &str) -> (&str, &str) {
    let at = rest.find(['#', '?']).unwrap_or(rest.len());
    rest.split_at(at)
}

/// Every ticket of a list is named, of long ranges the first ones.
fn targets(_: Option<&Here>, rest: &str) -> Vec<LinkTarget> {
    let (list, _) = split(rest);
    let numbers = list.split(',').filter_map(|range| {
        let (first, last) = range.trim().split_once('-').unwrap_or((range.trim(), range.trim()));
        Some(number(first)?..=number(last)?)
    });
    let named = numbers.flatten().take(MOST_NAMED);
    named.map(|number| LinkTarget::new("ticket", number.to_string())).collect()
}

fn resolve(context: &Context<'_>, rests: &[&str]) -> Result<Vec<Resolved>> {
    let numbers: Vec<i64> = rests.iter().filter_map(|rest| number(split(rest).0.trim())).collect();
    let tickets = titles(context.db, context.viewer, &numbers)?;
    let one = |rest: &&str| {
        let (list, tail) = split(rest);
        let list = list.trim();
        if list.contains([',', '-']) {
            return Ok(several(context.viewer, list));
        }
        let known = number(list).and_then(|number| Some((number, tickets.get(&number)?)));
        let Some((number, title)) = known else {
            return Ok(missing(rest));
        };
        if let Some(note) = said_in("note", tail) {
            return resolve_note(context, Some((number, note, title)), rest);
        }
        if said_in("comment", tail).is_some_and(|comment| !(0..=title.changes).contains(&comment)) {
            return Ok(no_comment(rest));
        }
        Ok(Resolved::Found {
            href: href_with(number, tail, title),
            label: None,
            title: Some(title.text.clone()),
            class: title.class,
        })
    };
    rests.iter().map(one).collect()
}

/// `1,3-5`: a list of tickets.
fn several(viewer: &Viewer, list: &str) -> Resolved {
    let whole = list.split(',').all(|range| {
        let mut ends = range.split('-');
        ends.next().and_then(number).is_some()
            && ends.next().is_none_or(|end| number(end).is_some())
            && ends.next().is_none()
    });
    if !whole || !viewer.may(TICKET_VIEW) {
        return missing(list);
    }
    Resolved::Found {
        href: format!("/query?id={}", address::query_value(list)),
        label: None,
        title: Some(format!("Tickets {list}")),
        class: None,
    }
}

fn missing(rest: &str) -> Resolved {
    let rest = crate::web::form::shortened(rest);
    Resolved::Missing { href: None, title: format!("{NO_TICKET} ({rest})") }
}

fn no_comment(rest: &str) -> Resolved {
    let rest = crate::web::form::shortened(rest);
    Resolved::Missing { href: None, title: format!("There is no such comment. ({rest})") }
}

/// The comment or the note that `#comment:3`, `#note:3` after a number means.
fn said_in(kind: &str, tail: &str) -> Option<i64> {
    tail.strip_prefix('#')?.strip_prefix(kind)?.strip_prefix(':')?.parse().ok()
}

/// The address of a ticket (0) or of a comment on it. The page of a merged ticket leads on to where it lives on; what stands
/// after `#` never reaches the server, so there the comment stands before.
pub(super) fn of_comment(ticket: i64, number: i64, latest: i64, merged: bool) -> String {
    match (number, merged) {
        (0, _) => ticket_href(ticket),
        (number, true) => format!("{}?comment={number}", ticket_href(ticket)),
        (number, false) => comment_href(ticket, number, latest),
    }
}

fn href_with(number: i64, tail: &str, title: &Title) -> String {
    if let Some(comment) = said_in("comment", tail) {
        return of_comment(number, comment, title.changes, title.merged);
    }
    let (query, place) = tail.split_once('#').map_or((tail, None), |(query, place)| (query, Some(place)));
    let mut href = ticket_href(number);
    if let Some(query) = query.strip_prefix('?') {
        let pairs: Vec<String> = address::pairs(query)
            .iter()
            .map(|(name, value)| format!("{}={}", address::query_value(name), address::query_value(value)))
            .collect();
        href.push_str(&format!("?{}", pairs.join("&")));
    }
    if let Some(place) = place {
        href.push_str(&format!("#{}", address::query_value(place)));
    }
    href
}

/// `3`, `3:ticket:12`, `description`, and the old `ticket:12:3`.
fn comment_of<'a>(here: Option<&'a Here>, rest: &'a str) -> Option<(i64, Option<i64>)> {
    let parts: Vec<&str> = rest.split(':').collect();
    let own = || here.filter(|here| here.resource.is("ticket")).map(|here| here.resource.id);
    let (comment, ticket) = match parts.as_slice() {
        [comment] => (*comment, own()?),
        [comment, "ticket", ticket] | ["ticket", ticket, comment] => (*comment, number(ticket)?),
        _ => return None,
    };
    match comment {
        "description" => Some((ticket, None)),
        text => number(text).map(|comment| (ticket, Some(comment))),
    }
}

fn comment_target(here: Option<&Here>, rest: &str) -> Option<LinkTarget> {
    comment_of(here, rest).map(|(ticket, _)| LinkTarget::new("ticket", ticket.to_string()))
}

fn resolve_comments(context: &Context<'_>, rests: &[&str]) -> Result<Vec<Resolved>> {
    let wanted: Vec<Option<(i64, Option<i64>)>> = rests.iter().map(|rest| comment_of(context.here, rest)).collect();
    let numbers: Vec<i64> = wanted.iter().flatten().map(|(ticket, _)| *ticket).collect();
    let tickets = titles(context.db, context.viewer, &numbers)?;
    Ok(wanted
        .into_iter()
        .zip(rests)
        .map(|(wanted, rest)| {
            let found = wanted.and_then(|(ticket, comment)| Some((ticket, comment, tickets.get(&ticket)?)));
            let Some((ticket, comment, title)) =
                found.filter(|(_, comment, title)| comment.is_none_or(|comment| comment <= title.changes))
            else {
                return no_comment(rest);
            };
            Resolved::Found {
                href: comment.map_or_else(
                    || format!("{}#description", ticket_href(ticket)),
                    |comment| of_comment(ticket, comment, title.changes, title.merged),
                ),
                label: None,
                title: Some(match comment {
                    Some(comment) => format!("Comment {comment} on #{ticket}, {}", title.text),
                    None => format!("Description of #{ticket}, {}", title.text),
                }),
                class: None,
            }
        })
        .collect())
}

fn resolve_notes(context: &Context<'_>, rests: &[&str]) -> Result<Vec<Resolved>> {
    let wanted: Vec<Option<(i64, i64)>> = rests
        .iter()
        .map(|rest| comment_of(context.here, rest).and_then(|(ticket, note)| Some((ticket, note?))))
        .collect();
    let numbers: Vec<i64> = wanted.iter().flatten().map(|(ticket, _)| *ticket).collect();
    let tickets = titles(context.db, context.viewer, &numbers)?;
    wanted
        .into_iter()
        .zip(rests)
        .map(|(wanted, rest)| {
            let found = wanted.and_then(|(ticket, note)| Some((ticket, note, tickets.get(&ticket)?)));
            resolve_note(context, found, rest)
        })
        .collect()
}

/// The note of that number on a ticket that this viewer may see.
fn resolve_note(context: &Context<'_>, wanted: Option<(i64, i64, &Title)>, rest: &str) -> Result<Resolved> {
    let there = match wanted {
        Some((ticket, note, _)) => note_store::find(context.db, context.viewer, ticket, note)?.is_some(),
        None => false,
    };
    let Some((ticket, note, title)) = wanted.filter(|_| there) else {
        let rest = crate::web::form::shortened(rest);
        return Ok(Resolved::Missing { href: None, title: format!("There is no such note. ({rest})") });
    };
    Ok(Resolved::Found {
        href: note::href(ticket, note, title.changes, title.merged),
        label: None,
        title: Some(format!("Note {note} on #{ticket}, {}", title.text)),
        class: None,
    })
}

/// How a ticket is told of in a tooltip.
#[derive(Debug, Clone)]
pub struct Title {
    pub summary: String,
    /// `defect: Doors open too late (closed: fixed)`
    pub text: String,
    pub class: Option<&'static str>,
    pub changes: i64,
    /// It lives on in another ticket, whose state is told with it.
    pub merged: bool,
}

/// The titles of the tickets of these numbers that this viewer may see.
pub fn titles(db: &Connection, viewer: &Viewer, numbers: &[i64]) -> Result<HashMap<i64, Title>> {
    let numbers: Vec<i64> = numbers.iter().copied().collect::<BTreeSet<_>>().into_iter().collect();
    let rows = store::named_by_ids(db, viewer, &numbers)?;
    let merged: Vec<i64> = rows.iter().filter(|row| row.merged_into.is_some()).map(|row| row.id).collect();
    let mut titles: HashMap<i64, Title> = rows.into_iter().map(|row| (row.id, title(row))).collect();
    if !merged.is_empty() {
        tell_where_they_live_on(db, viewer, &merged, &mut titles)?;
    }
    Ok(titles)
}

/// `Doors open too late (new), merged into #3, Doors (closed: fixed)`: struck through as that one is.
fn tell_where_they_live_on(
    db: &Connection,
    viewer: &Viewer,
    merged: &[i64],
    titles: &mut HashMap<i64, Title>,
) -> Result<()> {
    let survivors = merge::survivors(db, merged)?;
    let ids: Vec<i64> = survivors.values().copied().collect();
    let into: HashMap<i64, Title> =
        store::named_by_ids(db, viewer, &ids)?.into_iter().map(|row| (row.id, title(row))).collect();
    for (id, title) in titles.iter_mut().filter(|(_, title)| title.merged) {
        match survivors.get(id).and_then(|survivor| Some((survivor, into.get(survivor)?))) {
            Some((survivor, of_survivor)) => {
                title.text = format!("{}, merged into #{survivor}, {}", title.text, of_survivor.text);
                title.class = of_survivor.class;
            }
            None => title.text.push_str(", merged into another ticket"),
        }
    }
    Ok(())
}

fn title(row: NamedRow) -> Title {
    let mut text = String::new();
    if let Some(kind) = row.kind {
        text.push_str(&format!("{kind}: "));
    }
    text.push_str(&row.summary);
    match row.resolution {
        Some(resolution) => text.push_str(&format!(" ({}: {resolution})", row.status)),
        None => text.push_str(&format!(" ({})", row.status)),
    }
    Title {
        summary: row.summary,
        text,
        class: row.is_closed.then_some("closed"),
        changes: row.changes,
        merged: row.merged_into.is_some(),
    }
}

/// The class that shows a ticket's state: `closed` is struck through.
pub fn class_of(choices: &Choices, status: i64) -> Option<&'static str> {
    choices.status(status).filter(|status| status.category.is_closed()).map(|_| "closed")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ticket_number_has_no_leading_zero_and_an_end() {
        assert_eq!(number("12"), Some(12));
        assert_eq!(number("2147483647"), Some(2_147_483_647));
        for bad in ["", "0", "012", "-1", "+1", "2147483648", "99999999999", "1a", "١٢"] {
            assert_eq!(number(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_list_names_all_its_tickets_and_a_long_range_the_first() {
        let keys = |rest: &str| targets(None, rest).into_iter().map(|target| target.key).collect::<Vec<_>>();
        assert_eq!(keys("12#comment:3"), ["12"]);
        assert_eq!(keys("1,3-5"), ["1", "3", "4", "5"]);
        assert_eq!(keys("5-3,x,0"), [""; 0]);
        assert_eq!(keys("1-2147483647").len(), MOST_NAMED);
    }

    #[test]
    fn a_comment_is_named_in_three_ways() {
        let here = Here { resource: crate::base::resource::Resource::new("ticket", 7), name: "7".to_owned() };
        assert_eq!(comment_of(Some(&here), "3"), Some((7, Some(3))));
        assert_eq!(comment_of(None, "3:ticket:12"), Some((12, Some(3))));
        assert_eq!(comment_of(None, "ticket:12:3"), Some((12, Some(3))));
        assert_eq!(comment_of(Some(&here), "description"), Some((7, None)));
        assert_eq!(comment_of(None, "3"), None);
    }
}
