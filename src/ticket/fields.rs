//! What a ticket has: its fields by Trac's names and in Trac's order (row T03), and the choices that this project offers
//! for them. Whoever shows, changes, asks for or counts a field looks here.

use rusqlite::Connection;

use super::options::{self, OptionRow, StatusRow};
use crate::base::error::Result;
use crate::base::text::fold;
use crate::milestone::store::{self as milestones, MilestoneRow};

/// The largest description or comment in bytes, and the longest summary in characters (rows T09, DESIGN 11).
pub const LARGEST_TEXT: usize = 1024 * 1024;
pub const LONGEST_SUMMARY: usize = 1000;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Field {
    /// As forms, addresses, queries, JSON and the database call it.
    pub name: &'static str,
    /// As pages and the heads of tables call it.
    pub label: &'static str,
    pub kind: Kind,
}

/// What values a field takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// One line of text.
    Line,
    /// A text with markup, flavour `note`.
    Text,
    /// Words between blanks and commas.
    Words,
    /// Somebody: the id of a person.
    Person,
    /// Any number of persons.
    People,
    /// The id of a state of the workflow; only its actions change it.
    Status,
    /// The id of an option of `field_option`; `empty`: it need not have any (row T07).
    Option { empty: bool },
    /// The id of a milestone, or none.
    Milestone,
    /// An instant that the program sets.
    Time,
}

const OPTION: Kind = Kind::Option { empty: false };
const OPTION_OR_NONE: Kind = Kind::Option { empty: true };

/// All fields, in order (row T03).
pub const FIELDS: [Field; 16] = [
    Field { name: "summary", label: "Summary", kind: Kind::Line },
    Field { name: "reporter", label: "Reporter", kind: Kind::Person },
    Field { name: "owner", label: "Owner", kind: Kind::Person },
    Field { name: "description", label: "Description", kind: Kind::Text },
    Field { name: "type", label: "Type", kind: OPTION },
    Field { name: "status", label: "Status", kind: Kind::Status },
    Field { name: "priority", label: "Priority", kind: OPTION },
    Field { name: "milestone", label: "Milestone", kind: Kind::Milestone },
    Field { name: "component", label: "Component", kind: OPTION },
    Field { name: "version", label: "Version", kind: OPTION_OR_NONE },
    Field { name: "severity", label: "Severity", kind: OPTION },
    Field { name: "resolution", label: "Resolution", kind: OPTION_OR_NONE },
    Field { name: "keywords", label: "Keywords", kind: Kind::Words },
    Field { name: "cc", label: "Cc", kind: Kind::People },
    Field { name: "time", label: "Created", kind: Kind::Time },
    Field { name: "changetime", label: "Modified", kind: Kind::Time },
];

/// The field of that name.
pub fn field(name: &str) -> Option<&'static Field> {
    FIELDS.iter().find(|field| field.name == name)
}

impl Field {
    /// Whether a form may set it: what only the workflow or the program sets is not (row T05).
    pub fn is_editable(&self) -> bool {
        !matches!(self.kind, Kind::Status | Kind::Time) && self.name != "resolution"
    }

    /// The column of the table `ticket` that repeats its current value; none if it has several.
    pub fn column(&self) -> Option<&'static str> {
        match self.name {
            "time" => Some("created_at"),
            "changetime" => Some("changed_at"),
            "cc" => None,
            name => Some(name),
        }
    }

    /// Whether its values are ids of something that has a name.
    pub fn is_id(&self) -> bool {
        matches!(self.kind, Kind::Person | Kind::People | Kind::Status | Kind::Option { .. } | Kind::Milestone)
    }
}

/// The choices of a project: options, states, milestones. Small tables, read whole.
pub struct Choices {
    pub options: Vec<OptionRow>,
    pub statuses: Vec<StatusRow>,
    pub milestones: Vec<MilestoneRow>,
    /// Ids and names of milestones that were deleted: what histories still speak of.
    gone_milestones: Vec<(i64, String)>,
}

impl Choices {
    /// Everything, retired options among them: they are what old tickets have. It is for whoever has already found out
    /// that the viewer may see tickets; milestones are named on tickets to all who see those.
    pub fn load(db: &Connection) -> Result<Self> {
        Ok(Self {
            options: options::all(db)?,
            statuses: options::statuses(db)?,
            milestones: milestones::all(db)?,
            gone_milestones: milestones::gone(db)?,
        })
    }

    /// The options of a field that may be chosen, in order.
    pub fn options(&self, field: &str) -> impl Iterator<Item = &OptionRow> {
        let field = field.to_owned();
        self.options.iter().filter(move |option| option.field == field && option.retired_at.is_none())
    }

    pub fn option(&self, id: i64) -> Option<&OptionRow> {
        self.options.iter().find(|option| option.id == id)
    }

    pub fn status(&self, id: i64) -> Option<&StatusRow> {
        self.statuses.iter().find(|status| status.id == id)
    }

    pub fn status_named(&self, name: &str) -> Option<&StatusRow> {
        self.statuses.iter().find(|status| status.name == name)
    }

    pub fn milestone(&self, id: i64) -> Option<&MilestoneRow> {
        self.milestones.iter().find(|milestone| milestone.id == id)
    }

    /// The name of an option, state or milestone, also of one that is gone; empty for what never was.
    pub fn name_of(&self, field: &Field, id: i64) -> &str {
        match field.kind {
            Kind::Option { .. } => self.option(id).map(|option| option.name.as_str()),
            Kind::Status => self.status(id).map(|status| status.name.as_str()),
            Kind::Milestone => {
                let gone = || self.gone_milestones.iter().find(|(gone, _)| *gone == id).map(|(_, name)| name.as_str());
                self.milestone(id).map(|milestone| milestone.name.as_str()).or_else(gone)
            }
            _ => None,
        }
        .unwrap_or_default()
    }

    /// The id of an option, state or milestone by its name: exactly, else by any case; one in use before a retired one.
    pub fn id_of(&self, field: &Field, name: &str) -> Option<i64> {
        let folded = fold(name.trim());
        match field.kind {
            Kind::Option { .. } => {
                let mut found: Vec<&OptionRow> = self
                    .options
                    .iter()
                    .filter(|option| option.field == field.name && fold(&option.name) == folded)
                    .collect();
                found.sort_by_key(|option| (option.retired_at.is_some(), option.name != name, option.id));
                found.first().map(|option| option.id)
            }
            Kind::Status => {
                let exact = self.status_named(name.trim());
                exact
                    .or_else(|| self.statuses.iter().find(|status| fold(&status.name) == folded))
                    .map(|status| status.id)
            }
            Kind::Milestone => {
                self.milestones.iter().find(|milestone| milestone.folded == folded).map(|milestone| milestone.id)
            }
            _ => None,
        }
    }

    /// Whether the field is there at all: one without choices is nowhere to be seen (row T04).
    pub fn has(&self, field: &Field) -> bool {
        match field.kind {
            Kind::Option { .. } => self.options.iter().any(|option| option.field == field.name),
            Kind::Milestone => !self.milestones.is_empty(),
            _ => true,
        }
    }

    /// The fields of this project, in order.
    pub fn fields(&self) -> impl Iterator<Item = &'static Field> {
        FIELDS.iter().filter(|field| self.has(field))
    }
}
