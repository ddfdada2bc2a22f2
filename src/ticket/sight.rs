//! Which of the tickets that stand in the fields of others a viewer may know of. A number that they may not see is to them
//! what a missing one is: it is in no value, no history, no list and no file that they read, and is asked for in vain.
//!
//! Whatever reads values for somebody has this rule in its question: [`super::store`] for a ticket as it is, as it was and as
//! it changed, lists for their columns and their conditions. Nothing else reads the tables of values.

use super::TICKET_VIEW;
use super::relations::RELATIONS;
use crate::base::viewer::Viewer;

/// That a viewer may know of the value in a row of `table`, which is `ticket_value` or `ticket_current`: of all that is no
/// number of a ticket, and of the numbers of the tickets that they see.
pub fn knows_sql(viewer: &Viewer, table: &'static str) -> String {
    let fields = RELATIONS.each_ref().map(|relation| format!("'{}'", relation.field)).join(", ");
    format!("({table}.field not in ({fields}) or {})", sees_sql(viewer, &format!("{table}.value")))
}

/// That `number`, an expression of ours, is the number of a ticket which this viewer sees.
pub fn sees_sql(viewer: &Viewer, number: &str) -> String {
    if !viewer.may(TICKET_VIEW) {
        return "0".to_owned();
    }
    format!("exists (select 1 from ticket as seen where seen.id = {number} and {})", viewer.sees_sql("seen", "ticket"))
}

#[cfg(test)]
mod tests {
    use super::super::fields::{FIELDS, Kind};
    use super::super::relations::relation;

    #[test]
    fn every_field_that_holds_numbers_of_tickets_is_looked_at() {
        for field in &FIELDS {
            assert_eq!(relation(field.name).is_some(), field.kind == Kind::Tickets, "{}", field.name);
        }
    }
}
