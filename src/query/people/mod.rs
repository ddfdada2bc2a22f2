//! The form of a query for people: `status:open owner:me (milestone:"1.0" or priority:>=major) -component:docs sort:-priority`.
//!
//! * Conditions stand beside each other or have `and` between them; `or` binds less, `not` or `-` before a condition or a
//!   bracket more.
//! * A condition is `field:value`. Before a value there may be a sign: `=` `~` `^` `$` (equal, has in it, begins, ends) and
//!   `>` `>=` `<` `<=`. Without one texts are asked for what they have in them, times for what the value means as a whole
//!   (`2026-03`: all of March), everything else for what is equal. Alternatives have commas between them and keep the sign of
//!   the one before.
//! * `none`, `any` and (of people) `me` are words, unless they are in quotes; in quotes a backslash keeps the next character.
//! * `was:field=value` and `changed:field`, `changed:field=2026-03..` ask for what once was. `changed:2026-03` without the name
//!   of a field asks when the ticket was changed last.
//! * A word or quoted text alone is looked for in summary, description and keywords; `#12` is the ticket.
//! * `sort:`, `group:`, `columns:`, `show:`, `max:`, `page:` and `at:` say how the list looks.
//!
//! [`query`] and [`said`] read it, [`of_query`] and [`written`] write it; what was read and is written is read as the same
//! tree. [`Slip`] says what is wrong and where; [`suggest`] offers what could stand at a place.

mod near;
mod read;
mod slip;
mod suggest;
mod terms;
mod write;

pub(super) use read::said;
pub use read::{Said, query};
pub use slip::Slip;
pub use suggest::{Offer, suggest};
pub use write::{of_query, written};

use super::tree::{Column, Operator};

/// What joins conditions.
const JOINTS: [&str; 3] = ["and", "or", "not"];
/// What no condition begins with but what it says itself: the names of history and of how a list looks.
const WORDS: [&str; 9] = ["was", "changed", "sort", "group", "columns", "show", "max", "page", "at"];
/// The signs before a value, in an order in which none is mistaken for a shorter one.
const SIGNS: [(&str, Operator); 8] = [
    (">=", Operator::AtLeast),
    ("<=", Operator::AtMost),
    (">", Operator::Above),
    ("<", Operator::Below),
    ("=", Operator::Is),
    ("~", Operator::Contains),
    ("^", Operator::Begins),
    ("$", Operator::Ends),
];

/// How a column is asked for a value without a sign.
fn usual(column: Column) -> Operator {
    if column.is_text() {
        Operator::Contains
    } else if column.is_time() {
        Operator::During
    } else {
        Operator::Is
    }
}

/// Whether `none` and `any` are words of a column: texts may say them.
fn knows_none(column: Column) -> bool {
    !column.is_text() && !column.is_question() && column != Column::Id
}

/// What is no column by itself, but called like one here.
fn synonym(name: &str) -> &str {
    match name {
        "changed" => "changetime",
        other => other,
    }
}
