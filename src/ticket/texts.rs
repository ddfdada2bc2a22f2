//! Texts that are written once: canned replies, and templates of new tickets. Their rows, and the one way to change them.
//!
//! Nothing refers to such a text after it was used, so a change of one changes no ticket.

use rusqlite::{Connection, Row, named_params};
use serde_json::json;
use unicode_normalization::UnicodeNormalization;

use super::fields::{Choices, LONGEST_SUMMARY, field};
use super::{TICKET_ADMIN, TICKET_VIEW};
use crate::base::error::{Error, Problem, Result};
use crate::base::event::NewEvent;
use crate::base::markup;
use crate::base::project::{Act, Project, Tx};
use crate::base::resource::Resource;
use crate::base::text::fold;
use crate::base::time::Instant;
use crate::base::viewer::{DEFAULT_CLASS, Viewer};
use crate::web::form::shortened;

const LONGEST_NAME: usize = 100;
const LARGEST: usize = 64 * 1024;
const MOST_PARTS: usize = 20;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A comment that can be put into the field for it.
    Reply,
    /// What a new ticket begins with.
    Template,
}

impl Kind {
    pub fn name(self) -> &'static str {
        match self {
            Self::Reply => "reply",
            Self::Template => "template",
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextRow {
    pub id: i64,
    pub name: String,
    pub text: String,
    /// For tickets of this type and of this component; none: whatever they have.
    pub ticket_type: Option<i64>,
    pub component: Option<i64>,
    /// Of a template.
    pub summary: String,
    /// Of a template: headings below which something has to stand.
    pub required_parts: Vec<String>,
    pub retired_at: Option<Instant>,
}

fn from_row(row: &Row<'_>) -> rusqlite::Result<TextRow> {
    let parts: String = row.get("required_parts")?;
    Ok(TextRow {
        id: row.get("id")?,
        name: row.get("name")?,
        text: row.get("text")?,
        ticket_type: row.get("type")?,
        component: row.get("component")?,
        summary: row.get("summary")?,
        required_parts: serde_json::from_str(&parts).unwrap_or_default(),
        retired_at: row.get("retired_at")?,
    })
}

/// All of one kind by name, retired ones last. For those who may see or file tickets.
pub fn all(db: &Connection, kind: Kind) -> Result<Vec<TextRow>> {
    let mut statement = db.prepare_cached(
        "select id, name, text, type, component, summary, required_parts, retired_at from ticket_text
         where kind = ?1 order by retired_at is not null, folded, id",
    )?;
    Ok(statement.query_map([kind.name()], from_row)?.collect::<rusqlite::Result<_>>()?)
}

/// Those that are offered, by name.
pub fn offered(db: &Connection, kind: Kind) -> Result<Vec<TextRow>> {
    let mut rows = all(db, kind)?;
    rows.retain(|row| row.retired_at.is_none());
    Ok(rows)
}

/// The one of that name, in any case; one that is offered before a retired one.
pub fn find(db: &Connection, kind: Kind, name: &str) -> Result<TextRow> {
    let folded = fold(&cleaned(name));
    let found = all(db, kind)?.into_iter().find(|row| fold(&row.name) == folded);
    found.ok_or_else(|| Error::not_found(format!("There is no {} “{}”.", kind.name(), shortened(name))))
}

/// What somebody wants of such a text. What is None stays as it is.
#[derive(Debug, Clone, Copy, Default)]
pub struct Wish<'a> {
    pub name: Option<&'a str>,
    pub text: Option<&'a str>,
    /// Names of a type and a component; empty: any.
    pub ticket_type: Option<&'a str>,
    pub component: Option<&'a str>,
    pub summary: Option<&'a str>,
    /// One heading a line.
    pub required_parts: Option<&'a str>,
}

pub fn create(project: &Project, by: Act<'_>, kind: Kind, wish: &Wish<'_>) -> Result<TextRow> {
    require(by.viewer)?;
    let blank = TextRow {
        id: 0,
        name: String::new(),
        text: String::new(),
        ticket_type: None,
        component: None,
        summary: String::new(),
        required_parts: Vec::new(),
        retired_at: None,
    };
    project.write(by, |tx| {
        let row = wished(tx, kind, &blank, wish)?;
        refuse_taken(tx, kind, &row)?;
        tx.prepare_cached("insert into ticket_text (kind, name, folded, text) values (?1, ?2, '', '')")?
            .execute((kind.name(), &row.name))?;
        let row = TextRow { id: tx.last_insert_rowid(), ..row };
        save(tx, &row)?;
        record(tx, "text.created", kind, row.id, &[])?;
        Ok(row)
    })
}

/// Nothing is recorded where nothing changed.
pub fn change(project: &Project, by: Act<'_>, kind: Kind, id: i64, wish: &Wish<'_>) -> Result<TextRow> {
    require(by.viewer)?;
    project.write(by, |tx| {
        let old = existing(tx, kind, id)?;
        let row = wished(tx, kind, &old, wish)?;
        if row == old {
            return Ok(row);
        }
        if row.retired_at.is_none() {
            refuse_taken(tx, kind, &row)?;
        }
        save(tx, &row)?;
        let changed = [
            ("name", row.name != old.name),
            ("text", row.text != old.text),
            ("type", row.ticket_type != old.ticket_type),
            ("component", row.component != old.component),
            ("summary", row.summary != old.summary),
            ("required_parts", row.required_parts != old.required_parts),
        ];
        let changed: Vec<&str> = changed.iter().filter(|(_, differs)| *differs).map(|(name, _)| *name).collect();
        record(tx, "text.changed", kind, id, &changed)?;
        Ok(row)
    })
}

/// Offers it no longer; it can be brought back.
pub fn retire(project: &Project, by: Act<'_>, kind: Kind, id: i64) -> Result<TextRow> {
    require(by.viewer)?;
    project.write(by, |tx| {
        let row = existing(tx, kind, id)?;
        if row.retired_at.is_some() {
            return Err(Error::conflict(format!("“{}” is retired already.", row.name)));
        }
        let row = TextRow { retired_at: Some(tx.now()), ..row };
        save(tx, &row)?;
        record(tx, "text.retired", kind, id, &[])?;
        Ok(row)
    })
}

pub fn restore(project: &Project, by: Act<'_>, kind: Kind, id: i64) -> Result<TextRow> {
    require(by.viewer)?;
    project.write(by, |tx| {
        let row = existing(tx, kind, id)?;
        if row.retired_at.is_none() {
            return Err(Error::conflict(format!("“{}” is not retired.", row.name)));
        }
        let row = TextRow { retired_at: None, ..row };
        refuse_taken(tx, kind, &row)?;
        save(tx, &row)?;
        record(tx, "text.restored", kind, id, &[])?;
        Ok(row)
    })
}

fn require(viewer: &Viewer) -> Result<()> {
    viewer.require_to_see(TICKET_VIEW, "There is no page at this address.")?;
    viewer.require(TICKET_ADMIN)
}

/// The row as it would be.
fn wished(tx: &Tx<'_>, kind: Kind, old: &TextRow, wish: &Wish<'_>) -> Result<TextRow> {
    let mut problems = Vec::new();
    let mut row = old.clone();
    if let Some(name) = wish.name.map(cleaned).or_else(|| old.name.is_empty().then(String::new)) {
        if name.is_empty() {
            problems.push(Problem::new("name", "It needs a name."));
        } else if name.chars().count() > LONGEST_NAME || name.chars().any(char::is_control) {
            problems.push(Problem::new("name", format!("A name is one line of at most {LONGEST_NAME} characters.")));
        }
        row.name = name;
    }
    if let Some(text) = wish.text {
        row.text = text.to_owned();
    }
    if row.text.len() > LARGEST {
        problems.push(Problem::new("text", format!("Such a text has at most 64 KiB ({LARGEST} bytes).")));
    }
    if kind == Kind::Reply && row.text.trim().is_empty() {
        problems.push(Problem::new("text", "A reply without a text says nothing."));
    }
    if let Some(summary) = wish.summary {
        row.summary = summary.split_whitespace().collect::<Vec<_>>().join(" ");
        if row.summary.chars().count() > LONGEST_SUMMARY {
            problems.push(Problem::new("summary", format!("A summary has at most {LONGEST_SUMMARY} characters.")));
        }
    }
    let choices = Choices::whole(tx)?;
    for (name, wished, kept) in
        [("type", wish.ticket_type, &mut row.ticket_type), ("component", wish.component, &mut row.component)]
    {
        let Some(wished) = wished.map(str::trim) else { continue };
        *kept = match field(name).and_then(|field| choices.id_of(field, wished)) {
            _ if wished.is_empty() => None,
            Some(id) => Some(id),
            None => {
                problems.push(Problem::new(name, format!("There is no {name} “{}”.", shortened(wished))));
                None
            }
        };
    }
    if let Some(parts) = wish.required_parts {
        row.required_parts = parts.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect();
    }
    if row.required_parts.len() > MOST_PARTS {
        problems.push(Problem::new("required_parts", format!("At most {MOST_PARTS} parts can be required.")));
    } else if let Some(part) = missing_heading(&row) {
        let message = format!("The description has no heading “{}”, which it asks for.", shortened(part));
        problems.push(Problem::new("required_parts", message));
    }
    if problems.is_empty() { Ok(row) } else { Err(Error::Invalid(problems)) }
}

/// A required part that the template itself does not begin.
fn missing_heading(row: &TextRow) -> Option<&str> {
    if row.required_parts.is_empty() {
        return None;
    }
    let parts = markup::passages(&row.text);
    let has = |wanted: &&String| parts.iter().any(|part| fold(part.heading.trim()) == fold(wanted));
    row.required_parts.iter().find(|part| !has(part)).map(String::as_str)
}

fn cleaned(name: &str) -> String {
    name.trim().nfc().collect()
}

fn existing(db: &Connection, kind: Kind, id: i64) -> Result<TextRow> {
    let found = all(db, kind)?.into_iter().find(|row| row.id == id);
    found.ok_or_else(|| Error::not_found(format!("There is no such {}.", kind.name())))
}

fn refuse_taken(tx: &Tx<'_>, kind: Kind, row: &TextRow) -> Result<()> {
    let folded = fold(&row.name);
    let taken = offered(tx, kind)?.iter().any(|other| other.id != row.id && fold(&other.name) == folded);
    let message = || format!("There is a {} “{}” already.", kind.name(), row.name);
    if taken { Err(Error::invalid("name", message())) } else { Ok(()) }
}

fn save(tx: &Tx<'_>, row: &TextRow) -> Result<()> {
    tx.prepare_cached(
        "update ticket_text set name = :name, folded = :folded, text = :text, type = :type, component = :component,
             summary = :summary, required_parts = :parts, retired_at = :retired where id = :id",
    )?
    .execute(named_params! {
        ":id": row.id,
        ":name": row.name,
        ":folded": fold(&row.name),
        ":text": row.text,
        ":type": row.ticket_type,
        ":component": row.component,
        ":summary": row.summary,
        ":parts": serde_json::to_string(&row.required_parts)?,
        ":retired": row.retired_at,
    })?;
    Ok(())
}

fn record(tx: &Tx<'_>, event: &'static str, kind: Kind, id: i64, changed: &[&str]) -> Result<()> {
    let data = json!({ "kind": kind.name(), "changed": changed });
    tx.record(&NewEvent::new(event, Resource::new("ticket_text", id), DEFAULT_CLASS).data(data))?;
    Ok(())
}
