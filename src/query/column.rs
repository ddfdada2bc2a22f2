//! What can be asked for, shown and ordered by. Pure.

use super::operator::Operator;
use crate::ticket::fields::{Field, Fields, Kind, field};
use crate::ticket::relations;

/// The number of a ticket, one of its fields, the other end of a relation, or a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Column {
    Id,
    Of(&'static Field),
}

const fn question(name: &'static str, label: &'static str, kind: Kind) -> Field {
    Field { name, label, kind, own: false }
}

/// Whether something in a ticket is new to whoever asks. No field of the ticket: everybody has their own.
pub static UNREAD: Field = question("unread", "Unread", Kind::Check);
/// Whether words are in its summary, its description or its keywords, letter for letter.
pub static ABOUT: Field = question("about", "About", Kind::Line);
/// Whether a full-text search for words finds it.
pub static TEXT: Field = question("text", "Full text", Kind::Line);
/// Whether it is in one of the states that [`IS_WORDS`] name.
pub static IS: Field = question("is", "Is", Kind::Line);

/// What a ticket can be asked whether it is.
pub const IS_WORDS: [&str; 10] =
    ["open", "waiting", "closed", "blocked", "overdue", "unowned", "private", "watched", "bookmarked", "unread"];

impl Column {
    /// The column of that name, by Trac's synonyms too (row Q12). A field of the project comes before a question that has
    /// come to be called like it.
    pub fn named(fields: &Fields, name: &str) -> Option<Self> {
        match name {
            "id" => Some(Self::Id),
            "created" => field("time").map(Self::Of),
            "modified" => field("changetime").map(Self::Of),
            "unread" => Some(Self::Of(&UNREAD)),
            name => {
                fields.named(name).or_else(|| relations::inverse(name)).or_else(|| question_named(name)).map(Self::Of)
            }
        }
    }

    /// That of a field which every project has.
    pub fn built_in(name: &str) -> Option<Self> {
        field(name).map(Self::Of)
    }

    pub fn name(self) -> &'static str {
        match self {
            Self::Id => "id",
            Self::Of(field) => field.name,
        }
    }

    pub fn is_unread(self) -> bool {
        self == Self::Of(&UNREAD)
    }

    /// Whether it can be asked for and nothing else: it has no value that could be shown.
    pub fn is_question(self) -> bool {
        [&ABOUT, &TEXT, &IS].into_iter().any(|question| self == Self::Of(question))
    }

    /// As heads of tables call it.
    pub fn label(self) -> &'static str {
        match self {
            Self::Id => "Ticket",
            Self::Of(field) => field.label,
        }
    }

    pub fn field(self) -> Option<&'static Field> {
        match self {
            Self::Id => None,
            Self::Of(field) => Some(field),
        }
    }

    /// Instants and calendar dates.
    pub fn is_time(self) -> bool {
        self.field().is_some_and(|field| matches!(field.kind, Kind::Time | Kind::Moment | Kind::Date))
    }

    /// What is more or less: numbers, lengths of time.
    pub fn is_measured(self) -> bool {
        self.field().is_some_and(|field| matches!(field.kind, Kind::Number | Kind::Minutes))
    }

    /// What has an order of its own among its choices.
    pub fn is_ranked(self) -> bool {
        self.field().is_some_and(|field| {
            matches!(field.kind, Kind::Status | Kind::Option { .. } | Kind::Options | Kind::Milestone)
        })
    }

    /// What is written as a text: pieces of it can be asked for.
    pub fn is_text(self) -> bool {
        !self.is_question()
            && self.field().is_some_and(|field| matches!(field.kind, Kind::Line | Kind::Text | Kind::Words | Kind::Url))
    }

    /// Whether its earlier values are known.
    fn has_history(self) -> bool {
        self.field().is_some_and(|field| {
            !field.is_noted() && !relations::is_inverse(field) && !self.is_unread() && !self.is_question()
        })
    }

    /// What its values can be asked by: ids, times and numbers know no pieces.
    pub fn takes(self, operator: Operator) -> bool {
        let counted = self.field().is_none_or(|field| matches!(field.kind, Kind::Tickets | Kind::Check));
        match operator {
            Operator::Is => true,
            Operator::Contains | Operator::Begins | Operator::Ends => {
                !(counted || self.is_time() || self.is_measured() || self.is_question())
            }
            Operator::During => self.is_time(),
            Operator::Above | Operator::AtLeast | Operator::Below | Operator::AtMost => {
                self == Self::Id || self.is_time() || self.is_measured() || self.is_ranked()
            }
            Operator::Was | Operator::Changed => self.has_history(),
        }
    }

    /// What it is asked by, in words, where that is not every operator.
    pub fn takes_what(self) -> &'static str {
        match self.field().map(|field| field.kind) {
            _ if self == Self::Of(&IS) => "a word such as open, blocked or overdue",
            _ if self.is_question() => "words to look for",
            None | Some(Kind::Tickets) => "numbers and ranges such as 1,3-5",
            Some(Kind::Check) => "1 or 0",
            Some(Kind::Number) => "a number or a range such as 1..5",
            Some(Kind::Minutes) => "a length of time or a range such as 1h..4h",
            Some(Kind::Time | Kind::Moment | Kind::Date) => "a date or a range of dates",
            _ => "a value or a piece of it",
        }
    }

    /// Whether a list can be parted by it (row Q19).
    pub fn groups(self) -> bool {
        !self.is_unread()
            && !self.is_question()
            && self.field().is_some_and(|field| {
                !field.kind.is_list() && !matches!(field.kind, Kind::Text | Kind::Time | Kind::Moment)
            })
    }
}

fn question_named(name: &str) -> Option<&'static Field> {
    [&ABOUT, &TEXT, &IS].into_iter().find(|question| question.name == name)
}
