//! Fields that a project has defined itself (rows F01 to F10), as they stand in the table `ticket_field`. Decides nothing.

use rusqlite::{Connection, Row};

use super::fields::{Field, Kind};
use crate::base::error::Result;
use crate::base::time::Instant;

/// What kinds of fields can be defined, by their names in the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OwnKind {
    Text,
    Textarea,
    Checkbox,
    Select,
    Radio,
    Multiple,
    Time,
    Date,
    Number,
    User,
    Url,
}

impl OwnKind {
    pub const ALL: [Self; 11] = [
        Self::Text,
        Self::Textarea,
        Self::Checkbox,
        Self::Select,
        Self::Radio,
        Self::Multiple,
        Self::Time,
        Self::Date,
        Self::Number,
        Self::User,
        Self::Url,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Textarea => "textarea",
            Self::Checkbox => "checkbox",
            Self::Select => "select",
            Self::Radio => "radio",
            Self::Multiple => "multiple",
            Self::Time => "time",
            Self::Date => "date",
            Self::Number => "number",
            Self::User => "user",
            Self::Url => "url",
        }
    }

    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// What it holds, for the manual.
    pub fn doc(self) -> &'static str {
        match self {
            Self::Text => "A line; as a `list` it holds words, as a `reference` it leads to the tickets with the same.",
            Self::Textarea => "A text of many lines.",
            Self::Checkbox => "`1`, or nothing.",
            Self::Select => "One of its options, or none, in a list that opens.",
            Self::Radio => "One of its options, or none, all of them in sight.",
            Self::Multiple => "Any number of its options, with commas between them.",
            Self::Time => "A moment; also `now`.",
            Self::Date => "A day.",
            Self::Number => "A number, kept as it is written.",
            Self::User => "Somebody: a login, an address of mail or a name.",
            Self::Url => "An address of the web.",
        }
    }

    /// A value as it is typed; for kinds with options, options.
    pub fn example(self) -> &'static str {
        match self {
            Self::Text => "Harbour office",
            Self::Textarea => "What we *know* so far",
            Self::Checkbox => "1",
            Self::Select | Self::Radio => "beta",
            Self::Multiple => "linux, windows",
            Self::Time => "2026-12-31T14:00",
            Self::Date => "2026-12-31",
            Self::Number => "12.5",
            Self::User => "ann",
            Self::Url => "https://example.org/a",
        }
    }

    /// Whether its values are chosen among options of the field.
    pub fn has_options(self) -> bool {
        matches!(self, Self::Select | Self::Radio | Self::Multiple)
    }

    /// The ways in which its values are shown, the first where nothing is said.
    pub fn formats(self) -> &'static [&'static str] {
        match self {
            Self::Text => &["plain", "wiki", "reference", "list"],
            Self::Textarea => &["wiki", "plain"],
            Self::Time => &["datetime", "date", "relative"],
            _ => &[],
        }
    }

    /// The kind of values that a field of this kind and format holds.
    pub fn kind(self, format: &str) -> Kind {
        match self {
            Self::Text if format == "list" => Kind::Words,
            Self::Text => Kind::Line,
            Self::Textarea => Kind::Text,
            Self::Checkbox => Kind::Check,
            Self::Select | Self::Radio => Kind::Option { empty: true },
            Self::Multiple => Kind::Options,
            Self::Time => Kind::Moment,
            Self::Date => Kind::Date,
            Self::Number => Kind::Number,
            Self::User => Kind::Person,
            Self::Url => Kind::Url,
        }
    }
}

/// A field as a project has defined it.
#[derive(Debug, Clone)]
pub struct OwnField {
    pub id: i64,
    pub field: &'static Field,
    pub kind: OwnKind,
    /// One of [`OwnKind::formats`]; empty where there are none.
    pub format: String,
    pub help: String,
    /// What a new ticket has where nothing is typed, as it would be typed.
    pub proposed: String,
    pub rank: i64,
    /// Lines of a textarea.
    pub rows: i64,
    /// In characters; none: what the program allows.
    pub max_size: Option<i64>,
    /// Ids of the types of tickets that have it; empty: all.
    pub types: Vec<i64>,
    /// Names of the states in which it can't be empty.
    pub required_in: Vec<String>,
    pub retired_at: Option<Instant>,
}

impl OwnField {
    /// Whether tickets of this type have it.
    pub fn is_of_type(&self, kind: Option<i64>) -> bool {
        self.types.is_empty() || kind.is_some_and(|kind| self.types.contains(&kind))
    }
}

/// All of them in order, the retired ones last.
pub fn all(db: &Connection) -> Result<Vec<OwnField>> {
    let mut statement = db.prepare_cached(
        "select id, name, label, kind, format, help, proposed, rank, rows, max_size, types, required_in, retired_at
         from ticket_field order by retired_at is not null, rank, name",
    )?;
    Ok(statement.query_map([], from_row)?.collect::<rusqlite::Result<_>>()?)
}

fn from_row(row: &Row<'_>) -> rusqlite::Result<OwnField> {
    let (name, label): (String, String) = (row.get(1)?, row.get(2)?);
    let kind = OwnKind::from_name(row.get_ref(3)?.as_str()?).unwrap_or(OwnKind::Text);
    let format: String = row.get(4)?;
    let list = |column: usize| Ok::<_, rusqlite::Error>(row.get::<_, Option<String>>(column)?.unwrap_or_default());
    Ok(OwnField {
        id: row.get(0)?,
        field: Field::defined(&name, &label, kind.kind(&format)),
        kind,
        format,
        help: row.get(5)?,
        proposed: row.get(6)?,
        rank: row.get(7)?,
        rows: row.get(8)?,
        max_size: row.get(9)?,
        types: serde_json::from_str(&list(10)?).unwrap_or_default(),
        required_in: serde_json::from_str(&list(11)?).unwrap_or_default(),
        retired_at: row.get(12)?,
    })
}
