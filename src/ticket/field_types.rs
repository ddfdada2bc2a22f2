//! The kinds of fields for the manual: those that a project may define, then those that only the program has.

use super::fields::{FIELDS, Kind};
use super::own_fields::OwnKind;
use crate::base::field_type::FieldType;

/// What only built-in fields hold: name, what it is, and a value as it is typed.
const BUILT_IN: [(Kind, &str, &str, &str); 6] = [
    (Kind::People, "people", "Any number of persons, with commas between them.", "ann, ben@example.org"),
    (Kind::Status, "status", "A state of the workflow. Only its actions change it.", ""),
    (Kind::Milestone, "milestone", "A milestone by its name, or none.", "1.0"),
    (Kind::Minutes, "duration", "A time that something takes, in hours and minutes.", "2h 30m"),
    (Kind::Tickets, "tickets", "Any number of tickets by their numbers.", "#12, #14"),
    (Kind::Time, "noted", "A moment that the program notes by itself.", ""),
];

/// All of them. Each built-in field stands in exactly one.
pub(super) fn all() -> Vec<FieldType> {
    let own = OwnKind::ALL.into_iter().map(|kind| FieldType {
        name: kind.name(),
        doc: kind.doc(),
        example: kind.example(),
        formats: kind.formats(),
        may_be_defined: true,
        built_in: of(|field| holder(field) == Some(kind)),
    });
    let built_in = BUILT_IN.into_iter().map(|(holds, name, doc, example)| FieldType {
        name,
        doc,
        example,
        formats: &[],
        may_be_defined: false,
        built_in: of(|field| field == holds),
    });
    own.chain(built_in).collect()
}

fn of(holds: impl Fn(Kind) -> bool) -> Vec<&'static str> {
    FIELDS.iter().filter(|field| holds(field.kind)).map(|field| field.name).collect()
}

/// The kind under which a built-in field of these values stands in the table; none if projects can't define such fields.
fn holder(kind: Kind) -> Option<OwnKind> {
    match kind {
        Kind::Line | Kind::Words => Some(OwnKind::Text),
        Kind::Text => Some(OwnKind::Textarea),
        Kind::Option { .. } => Some(OwnKind::Select),
        Kind::Options => Some(OwnKind::Multiple),
        Kind::Person => Some(OwnKind::User),
        Kind::Moment => Some(OwnKind::Time),
        Kind::Date => Some(OwnKind::Date),
        Kind::Number => Some(OwnKind::Number),
        Kind::Check => Some(OwnKind::Checkbox),
        Kind::Url => Some(OwnKind::Url),
        Kind::People | Kind::Status | Kind::Milestone | Kind::Minutes | Kind::Tickets | Kind::Time => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_built_in_field_stands_in_exactly_one() {
        let mut named: Vec<&str> = all().into_iter().flat_map(|kind| kind.built_in).collect();
        let mut known: Vec<&str> = FIELDS.iter().map(|field| field.name).collect();
        named.sort_unstable();
        known.sort_unstable();
        assert_eq!(named, known);
    }
}
