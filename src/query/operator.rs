//! How a value is compared, and how Trac's forms write that. Pure.

use super::column::Column;
use crate::ticket::asked::{USER, exactly, is_mistakable, is_shielded};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operator {
    /// Equal; of ids one of the ranges, of times within Trac's span: from the first on and before the second.
    Is,
    Contains,
    Begins,
    Ends,
    /// Of times: within what the value means, both of its ends included: `2026-03`, `2026-01..2026-03`, `-7d`.
    During,
    /// More, by number, by date, or by the order of the choices; of times after all of what the value means.
    Above,
    AtLeast,
    Below,
    AtMost,
    /// It is so, or was at some time.
    Was,
    /// It was changed after the ticket had been filed, at a time within the value, as [`During`](Self::During) reads it.
    Changed,
}

impl Operator {
    /// In an order in which no sign is mistaken for a shorter one.
    pub const ALL: [Self; 11] = [
        Self::Was,
        Self::Changed,
        Self::AtLeast,
        Self::AtMost,
        Self::Above,
        Self::Below,
        Self::During,
        Self::Contains,
        Self::Begins,
        Self::Ends,
        Self::Is,
    ];

    /// As Trac's forms write it before a value (row Q03); those that Trac has not got are ours.
    pub fn sign(self) -> &'static str {
        match self {
            Self::Is => "",
            Self::Contains => "~",
            Self::Begins => "^",
            Self::Ends => "$",
            Self::During => "=",
            Self::Above => ">",
            Self::AtLeast => ">=",
            Self::Below => "<",
            Self::AtMost => "<=",
            Self::Was => "<<",
            Self::Changed => "><",
        }
    }

    /// Whether Trac has it, too: its values are then alternatives of the others that a group asks of the column (row Q02).
    /// Each of ours is a condition of its own: `due=>=2026-01-01&due=<=2026-01-31` is January.
    pub fn is_tracs(self) -> bool {
        matches!(self, Self::Is | Self::Contains | Self::Begins | Self::Ends)
    }

    /// Whether it asks for what once was.
    pub fn is_historical(self) -> bool {
        matches!(self, Self::Was | Self::Changed)
    }
}

/// Takes the operator from the beginning of a value: `!~x` is “does not contain x”. `$USER` is no operator, a sign of ours is
/// one only where the column takes it, and a backslash before what looks like one takes that meaning away.
pub(super) fn operator_of(column: Column, text: &str) -> (bool, Operator, String) {
    let (negated, rest) = text.strip_prefix('!').map_or((false, text), |rest| (true, rest));
    let is_meant = |operator: &Operator| {
        rest.starts_with(operator.sign())
            && (operator.is_tracs() || column.takes(*operator))
            && !(*operator == Operator::Ends && rest.starts_with(USER))
    };
    let operator = Operator::ALL.into_iter().find(is_meant).unwrap_or(Operator::Is);
    let rest = &rest[operator.sign().len()..];
    let value = rest.strip_prefix('\\').filter(|after| is_mistakable(after)).unwrap_or(rest);
    (negated, operator, value.to_owned())
}

/// A value as it stands behind its operator.
pub(super) fn escaped(operator: Operator, value: &str) -> String {
    let looks_like_one = match operator {
        Operator::Is => return exactly(value),
        // `$` and `USER` side by side would be `$USER`.
        Operator::Ends => value.starts_with(&USER[1..]),
        Operator::Above | Operator::Below => value.starts_with(['=', '<', '>']),
        _ => false,
    };
    if looks_like_one || is_shielded(value) { format!("\\{value}") } else { value.to_owned() }
}
