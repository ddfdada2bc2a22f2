//! What a ticket has: its fields by Trac's names and in Trac's order (row T03), then dates, times and relations, then those
//! that the project has defined itself, and the choices that this project offers for them. Whoever shows, changes, asks for
//! or counts a field looks here.

use std::collections::HashSet;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use rusqlite::Connection;

use super::options::{self, OptionRow, StatusRow};
use super::own_fields::{self, OwnField};
use super::progress_groups::Groups;
use crate::base::error::Result;
use crate::base::kept::kept;
use crate::base::text::fold;
use crate::base::viewer::Viewer;
use crate::milestone::store::{self as milestones, MilestoneRow};

/// The largest description or comment in bytes, and the longest summary in characters (rows T09, DESIGN 11).
pub const LARGEST_TEXT: usize = 1024 * 1024;
pub const LONGEST_SUMMARY: usize = 1000;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Field {
    /// As forms, addresses, queries, JSON and the database call it.
    pub name: &'static str,
    /// As pages and the heads of tables call it.
    pub label: &'static str,
    pub kind: Kind,
    /// The project has defined it itself (row F01).
    pub own: bool,
}

/// What values a field takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
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
    /// The ids of any number of options.
    Options,
    /// The id of a milestone, or none.
    Milestone,
    /// An instant that the program sets.
    Time,
    /// An instant that somebody sets, in microseconds.
    Moment,
    /// A calendar date in the project's time zone: `2026-12-31`.
    Date,
    /// A decimal number, kept as it is written.
    Number,
    /// A number of minutes: `2h 30m`.
    Minutes,
    /// 1 or nothing.
    Check,
    /// A web address.
    Url,
    /// The numbers of any number of tickets.
    Tickets,
}

impl Kind {
    /// Whether a field of this kind holds several values.
    pub fn is_list(self) -> bool {
        matches!(self, Self::People | Self::Options | Self::Tickets)
    }

    /// Whether its values are texts, not numbers of something.
    pub fn is_text(self) -> bool {
        matches!(self, Self::Line | Self::Text | Self::Words | Self::Date | Self::Number | Self::Url)
    }
}

const OPTION: Kind = Kind::Option { empty: false };
const OPTION_OR_NONE: Kind = Kind::Option { empty: true };

const fn built_in(name: &'static str, label: &'static str, kind: Kind) -> Field {
    Field { name, label, kind, own: false }
}

/// The fields that every project has: Trac's in its order (row T03), then dates, times (row A1 of RT) and relations (A2).
pub const FIELDS: [Field; 29] = [
    built_in("summary", "Summary", Kind::Line),
    built_in("reporter", "Reporter", Kind::Person),
    built_in("owner", "Owner", Kind::Person),
    built_in("description", "Description", Kind::Text),
    built_in("type", "Type", OPTION),
    built_in("status", "Status", Kind::Status),
    built_in("priority", "Priority", OPTION),
    built_in("milestone", "Milestone", Kind::Milestone),
    built_in("component", "Component", OPTION),
    built_in("version", "Version", OPTION_OR_NONE),
    built_in("severity", "Severity", OPTION),
    built_in("resolution", "Resolution", OPTION_OR_NONE),
    built_in("keywords", "Keywords", Kind::Words),
    built_in("cc", "Cc", Kind::People),
    built_in("time", "Created", Kind::Time),
    built_in("changetime", "Modified", Kind::Time),
    built_in("starts", "Starts", Kind::Date),
    built_in("due", "Due", Kind::Date),
    built_in("started", "Started", Kind::Time),
    built_in("resolved", "Resolved", Kind::Time),
    built_in("contacted", "Last contact", Kind::Time),
    built_in("estimated", "Estimated", Kind::Minutes),
    built_in("remaining", "Time left", Kind::Minutes),
    built_in("worked", "Worked", Kind::Minutes),
    built_in("depends_on", "Depends on", Kind::Tickets),
    built_in("parent", "Parent", Kind::Tickets),
    built_in("refers_to", "Refers to", Kind::Tickets),
    built_in("duplicate_of", "Duplicate of", Kind::Tickets),
    built_in("private", "Private", Kind::Check),
];

/// The built-in fields with which a ticket is planned and related: shown where they have a value, changed in a fold.
pub const PLANNING: [&str; 9] =
    ["starts", "due", "estimated", "remaining", "depends_on", "parent", "refers_to", "duplicate_of", "private"];

/// The built-in field of that name.
pub fn field(name: &str) -> Option<&'static Field> {
    FIELDS.iter().find(|field| field.name == name)
}

impl Field {
    /// Whether a form may set it: what only the workflow or the program sets is not (row T05).
    pub fn is_editable(&self) -> bool {
        !matches!(self.kind, Kind::Status) && !self.is_noted() && self.name != "resolution"
    }

    /// Whether the program notes it by itself: its values are in a column and in no history.
    pub fn is_noted(&self) -> bool {
        self.kind == Kind::Time || self.name == "worked"
    }

    /// The column of the table `ticket` that repeats its current value; none if it has several, or is a project's own.
    pub fn column(&self) -> Option<&'static str> {
        match self.name {
            _ if self.own => None,
            "time" => Some("created_at"),
            "changetime" => Some("changed_at"),
            "started" => Some("started_at"),
            "resolved" => Some("closed_at"),
            "contacted" => Some("contacted_at"),
            _ if self.kind.is_list() => None,
            name => Some(name),
        }
    }

    /// Whether `ticket_current` repeats its current values: what has no column and is looked for by value. Those of Cc are
    /// participants, and long texts are in `ticket_value` alone.
    pub fn is_current(&self) -> bool {
        self.column().is_none() && self.name != "cc" && self.kind != Kind::Text
    }

    /// What stands in its column where it has no value.
    pub fn nothing(&self) -> rusqlite::types::Value {
        match self.kind {
            Kind::Line | Kind::Text | Kind::Words => String::new().into(),
            Kind::Check => 0.into(),
            _ => rusqlite::types::Value::Null,
        }
    }

    /// Whether its values are ids of something that has a name.
    pub fn is_id(&self) -> bool {
        matches!(
            self.kind,
            Kind::Person | Kind::People | Kind::Status | Kind::Option { .. } | Kind::Options | Kind::Milestone
        )
    }

    /// The one copy of a field that a project has defined. Such definitions are few, and each is kept as long as the program
    /// runs, so that all fields can be passed on as the built-in ones are.
    pub(super) fn defined(name: &str, label: &str, kind: Kind) -> &'static Self {
        static DEFINED: LazyLock<Mutex<HashSet<&'static Field>>> = LazyLock::new(Mutex::default);
        let mut defined = DEFINED.lock().unwrap_or_else(PoisonError::into_inner);
        let same = |known: &&&'static Self| known.name == name && known.label == label && known.kind == kind;
        if let Some(known) = defined.iter().find(same) {
            return known;
        }
        let field = Box::leak(Box::new(Self {
            name: Box::leak(name.to_owned().into_boxed_str()),
            label: Box::leak(label.to_owned().into_boxed_str()),
            kind,
            own: true,
        }));
        defined.insert(field);
        field
    }
}

/// All fields of a project, in order: the built-in ones, then its own.
#[derive(Debug, Clone)]
pub struct Fields {
    own: Vec<&'static Field>,
}

impl Fields {
    /// Those that every project has.
    pub const BUILT_IN: Self = Self { own: Vec::new() };

    /// Those of a project, also the retired ones: old tickets and histories have them.
    pub fn load(db: &Connection) -> Result<Self> {
        Ok(Self { own: own_fields::all(db)?.into_iter().map(|own| own.field).collect() })
    }

    /// The field of that name.
    pub fn named(&self, name: &str) -> Option<&'static Field> {
        field(name).or_else(|| self.own.iter().copied().find(|field| field.name == name))
    }

    pub fn iter(&self) -> impl Iterator<Item = &'static Field> {
        FIELDS.iter().chain(self.own.iter().copied())
    }

    /// Where it stands among all of them.
    pub fn place(&self, field: &Field) -> usize {
        self.iter().position(|known| known.name == field.name).unwrap_or(usize::MAX)
    }
}

/// The choices of a project: options, states, milestones. Small tables, read whole.
pub struct Choices {
    pub fields: Fields,
    /// What a project has said of its own fields, in their order; retired ones among them.
    pub own: Vec<OwnField>,
    pub options: Vec<OptionRow>,
    pub statuses: Vec<StatusRow>,
    /// What progress is counted by.
    pub groups: Groups,
    pub milestones: Arc<Vec<MilestoneRow>>,
    /// Ids and names of milestones that were deleted: what histories still speak of.
    gone_milestones: Vec<(i64, String)>,
}

impl Choices {
    /// What this viewer may know of, retired options among them: they are what old tickets have. It is for whoever has
    /// already found out that the viewer may see tickets; milestones are named on tickets to all who see those. A component
    /// that is closed to them is not there, so that no choice, list, count, query or history ever names it.
    pub fn load(db: &Connection, viewer: &Viewer) -> Result<Arc<Self>> {
        kept(db, &viewer.acls(), || Self::of(db, options::seen(db, viewer)?))
    }

    /// Everything, for what the program does by itself.
    pub fn whole(db: &Connection) -> Result<Arc<Self>> {
        kept(db, "", || Self::of(db, options::all(db)?))
    }

    fn of(db: &Connection, options: Vec<OptionRow>) -> Result<Self> {
        let own = own_fields::all(db)?;
        let statuses = options::statuses(db)?;
        Ok(Self {
            fields: Fields { own: own.iter().map(|own| own.field).collect() },
            own,
            options,
            groups: Groups::load(db, &statuses)?,
            statuses,
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
            Kind::Option { .. } | Kind::Options => self.option(id).map(|option| option.name.as_str()),
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
            Kind::Option { .. } | Kind::Options => {
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
            _ if field.own => self.own(field.name).is_some_and(|own| own.retired_at.is_none()),
            Kind::Option { .. } => self.options.iter().any(|option| option.field == field.name),
            Kind::Milestone => !self.milestones.is_empty(),
            _ => true,
        }
    }

    /// The fields of this project, in order.
    pub fn fields(&self) -> impl Iterator<Item = &'static Field> {
        self.fields.iter().filter(|field| self.has(field))
    }

    /// What the project has said of a field of its own.
    pub fn own(&self, name: &str) -> Option<&OwnField> {
        self.own.iter().find(|own| own.field.name == name)
    }
}
