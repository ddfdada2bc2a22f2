//! From the box straight to a page: a ticket's number and the beginning of a commit's id lead to them, a query that as a whole is a link is followed (row L20),
//! and one that names a page that is not there offers to write it. Only within the project: an address typed or pasted is
//! never led to (row S09).

use std::cell::Cell;

use rusqlite::Connection;

use crate::base::component::{Card, Components};
use crate::base::error::{Error, Result};
use crate::base::markup::{Context, InterMap, LinkKind, Resolved, TextSettings};
use crate::base::viewer::Viewer;
use crate::web::{Desk, Room};

const LONGEST: usize = 300;
const PAGE: &str = "wiki";
pub const TICKET: &str = "ticket";
const CHANGESET: &str = "changeset";

/// The address, with base path and project, that a query as a whole is a link to. A `!` before it makes it plain words.
pub fn of_query(context: &Context<'_>, query: &str) -> Result<Option<String>> {
    if let Some(number) = number(query.trim())
        && let Some(card) = ticket(context.db, context.vocabulary.components, context.viewer, number)?
    {
        return Ok(Some(format!("{}{}", context.root, card.href)));
    }
    let link = commit_id(query.trim()).map(|id| (CHANGESET, id)).or_else(|| reference(query.trim()));
    let Some((prefix, rest)) = link else { return Ok(None) };
    Ok(match resolved(context, prefix, rest)? {
        Some(Resolved::Found { href, .. }) if is_inside(&href) => Some(format!("{}{href}", context.root)),
        _ => None,
    })
}

/// The ticket that `12`, `#12` or `ticket:12` names.
pub fn number(query: &str) -> Option<i64> {
    let number = query.strip_prefix('#').or_else(|| query.strip_prefix("ticket:")).unwrap_or(query);
    let is_number = (1..=10).contains(&number.len())
        && !number.starts_with('0')
        && number.bytes().all(|byte| byte.is_ascii_digit());
    if is_number { number.parse().ok() } else { None }
}

/// What may be the beginning of a commit's id: `1a2b3c4`, `r1a2b3c4`.
fn commit_id(query: &str) -> Option<&str> {
    let id = query.strip_prefix('r').unwrap_or(query);
    let is_id = (7..=64).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_id.then_some(id)
}

/// The ticket of that number, if this viewer may see it.
pub fn ticket(db: &Connection, components: Components, viewer: &Viewer, number: i64) -> Result<Option<Card>> {
    let Some(component) = components.of_kind(TICKET) else { return Ok(None) };
    Ok(component.cards(db, viewer, TICKET, &[number])?.into_iter().next().flatten())
}

/// Whether the query as a whole reads as a link, whatever it leads to.
pub fn is_link(components: Components, query: &str) -> bool {
    reference(query.trim()).is_some_and(|(prefix, _)| {
        components.iter().flat_map(|component| component.link_kinds()).any(|kind| kind.prefixes.contains(&prefix))
    })
}

/// Where a page of that name can be written by this viewer.
pub fn to_create(context: &Context<'_>, query: &str) -> Result<Option<String>> {
    let name = query.trim();
    if name.is_empty()
        || name.len() > LONGEST
        || name.contains(['"', '*', ':', '#', '|', '[', ']'])
        || name.starts_with('-')
    {
        return Ok(None);
    }
    Ok(match resolved(context, PAGE, name)? {
        Some(Resolved::Missing { href: Some(href), .. }) if is_inside(&href) => Some(format!("{}{href}", context.root)),
        _ => None,
    })
}

/// What links need to look at the project, apart from texts of others.
pub fn with_context<T>(desk: &Desk, room: &Room, act: impl FnOnce(&Context<'_>) -> Result<T>) -> Result<T> {
    room.project.read(|db| {
        act(&Context {
            db,
            viewer: &room.viewer,
            vocabulary: desk.site().vocabulary(),
            settings: &TextSettings::default(),
            intermap: &InterMap::default(),
            elsewhere: None,
            compiled: &|_, _| Err(Error::internal("a query includes no text")),
            here: None,
            root: &room.root,
            outline: &[],
            depth: 0,
            macros_run: &Cell::new(0),
        })
    })
}

/// `wiki:Page`, `wiki:"Two Words"`, `[[Page]]`, `[[ticket:12|label]]`, `{3}`, `#1,3-5` as prefix and rest.
fn reference(query: &str) -> Option<(&str, &str)> {
    if query.len() > LONGEST {
        return None;
    }
    if let Some(inner) = query.strip_prefix("[[").and_then(|rest| rest.strip_suffix("]]")) {
        let target = inner.split('|').next().unwrap_or(inner).trim();
        if target.is_empty() || target.contains(['[', ']', '(']) {
            return None;
        }
        return Some(reference(target).unwrap_or((PAGE, target)));
    }
    let is_number = |digits: &str| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    if let Some(report) = query.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) {
        return is_number(report).then_some(("report", report));
    }
    if let Some(numbers) = query.strip_prefix('#') {
        return numbers.split([',', '-']).all(is_number).then_some((TICKET, numbers));
    }
    let (prefix, rest) = query.split_once(':')?;
    if let Some(quoted) = rest.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
        return (!quoted.is_empty() && !quoted.contains('"')).then_some((prefix, quoted));
    }
    (!rest.is_empty() && !rest.contains(char::is_whitespace)).then_some((prefix, rest))
}

fn resolved(context: &Context<'_>, prefix: &str, rest: &str) -> Result<Option<Resolved>> {
    let of_prefix = |kind: &&&'static LinkKind| kind.prefixes.contains(&prefix);
    let Some(kind) = context.vocabulary.link_kinds.iter().find(of_prefix) else { return Ok(None) };
    Ok((kind.resolve)(context, &[rest])?.into_iter().next())
}

fn is_inside(href: &str) -> bool {
    href.starts_with('/') && !href.starts_with("//") && !href.starts_with("/\\")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_query_that_is_a_link_as_a_whole_is_one() {
        for (query, expected) in [
            ("wiki:Plan", Some(("wiki", "Plan"))),
            ("wiki:\"Two Words\"", Some(("wiki", "Two Words"))),
            ("[[Two Words]]", Some(("wiki", "Two Words"))),
            ("wiki: how", None),
            ("wiki:Plan and more", None),
            ("!wiki:Plan", Some(("!wiki", "Plan"))),
            ("[[ticket:12|the ticket]]", Some(("ticket", "12"))),
            ("{3}", Some(("report", "3"))),
            ("{x}", None),
            ("#1,3-5", Some(("ticket", "1,3-5"))),
            ("#1,x", None),
            ("timeline:2026-11-30", Some(("timeline", "2026-11-30"))),
            ("[[Macro(x)]]", None),
            ("plain words", None),
            ("", None),
        ] {
            assert_eq!(reference(query), expected, "{query}");
        }
        for (query, expected) in [
            ("12", Some(12)),
            ("#12", Some(12)),
            ("ticket:12", Some(12)),
            ("#12345678901", None),
            ("012", None),
            ("#1a", None),
            ("!12", None),
            ("12 13", None),
            ("#", None),
        ] {
            assert_eq!(number(query), expected, "{query}");
        }
        for (query, expected) in [
            ("1a2b3c4", Some("1a2b3c4")),
            ("r1A2B3C4D", Some("1A2B3C4D")),
            ("1234567", Some("1234567")),
            ("1a2b3c", None),
            ("1a2b3c4 x", None),
            ("!1a2b3c4", None),
        ] {
            assert_eq!(commit_id(query), expected, "{query}");
        }
        for outside in ["http://evil/", "//evil", "/\\evil", "javascript:1", ""] {
            assert!(!is_inside(outside), "{outside}");
        }
    }
}
