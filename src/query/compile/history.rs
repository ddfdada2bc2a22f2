//! What once was: that a field ever had a value, and that it was changed at some time. Both are read from the spans of values,
//! as far as the viewer may know of them.

use super::Compiler;
use super::conditions::is_yes;
use crate::base::error::{Error, Result};
use crate::base::moment;
use crate::query::tree::{Column, Operator};
use crate::query::{dates, ids, measures};
use crate::ticket::fields::{Field, Kind};
use crate::ticket::sight::knows_sql;

impl Compiler<'_> {
    pub(super) fn history_test(&mut self, field: &'static Field, operator: Operator, text: &str) -> Result<String> {
        let name = self.bound(field.name.to_owned());
        let known = knows_sql(self.viewer, "ticket_value");
        // What is done to a note that is closed to others is no news to them.
        let seen = format!("(ticket_change.acl = ticket.acl or {})", self.viewer.class_sql("ticket_change"));
        let (moment, test) = match operator {
            Operator::Was => ("ticket_change.id = ticket_value.from_change", self.value_test(field, text)?),
            _ => ("ticket_change.number > 0", self.time_of_change(field, text)?),
        };
        let by_then =
            self.past.map_or_else(String::new, |past| format!(" and ticket_change.changed_at <= {}", past.at.0));
        let of_ticket = format!("ticket_value.ticket = ticket.id and ticket_value.field = {name} and {known}");
        if operator == Operator::Was {
            return Ok(format!(
                "exists (select 1 from ticket_value cross join ticket_change on {moment}
                     where {of_ticket} and {test} and {seen}{by_then})"
            ));
        }
        // Of a list all values end and begin with a change; it is one of those that come or go.
        let ends = [("from_change", "to_change"), ("to_change", "from_change")].map(|(end, other_end)| {
            format!(
                "exists (select 1 from ticket_value cross join ticket_change on ticket_change.id = ticket_value.{end}
                     where {of_ticket} and {moment} and {test} and {seen}{by_then}
                         and not exists (select 1 from ticket_value as other where other.ticket = ticket.id
                             and other.field = {name} and other.value = ticket_value.value
                             and other.{other_end} = ticket_change.id))"
            )
        });
        Ok(format!("({})", ends.join(" or ")))
    }

    fn time_of_change(&mut self, field: &Field, text: &str) -> Result<String> {
        let (first, last) = dates::stretch(text, &self.clock).map_err(|message| Error::invalid(field.name, message))?;
        let first = first.map(|first| format!("ticket_change.changed_at >= {}", self.bound(first.0)));
        let last = last.map(|last| format!("ticket_change.changed_at <= {}", self.bound(last.0)));
        let ends: Vec<String> = first.into_iter().chain(last).collect();
        Ok(if ends.is_empty() { "1".to_owned() } else { ends.join(" and ") })
    }

    /// That `ticket_value.value` is what is asked for.
    fn value_test(&mut self, field: &'static Field, text: &str) -> Result<String> {
        let value = "ticket_value.value";
        let refused = |message: String| Error::invalid(field.name, message);
        if field.is_id() {
            let ids = self.ids(field, &[(Operator::Is, text.to_owned())])?.ids;
            return Ok(format!("{value} in ({})", self.list(ids)));
        }
        let between = |ends: Vec<String>| if ends.is_empty() { "1".to_owned() } else { ends.join(" and ") };
        Ok(match field.kind {
            Kind::Tickets => {
                let ranges = ids::ranges(&text.replace('#', "")).map_err(refused)?;
                let tests: Vec<String> = ranges
                    .into_iter()
                    .map(|(first, last)| format!("{value} between {} and {}", self.bound(first), self.bound(last)))
                    .collect();
                if tests.is_empty() { "0".to_owned() } else { super::joined(tests, " or ") }
            }
            Kind::Check => format!("{value} = {}", u8::from(is_yes(text))),
            Kind::Number | Kind::Minutes => {
                let (least, most) = measures::range(Column::Of(field), text).map_err(refused)?.unwrap_or_default();
                let least = least.map(|least| format!("cast({value} as real) >= {}", self.bound(least)));
                let most = most.map(|most| format!("cast({value} as real) <= {}", self.bound(most)));
                between(least.into_iter().chain(most).collect())
            }
            Kind::Date | Kind::Moment => {
                let (first, last) = dates::stretch(text, &self.clock).map_err(refused)?;
                let mut end = |end, sign: &str| {
                    let end: crate::base::time::Instant = end;
                    let bound = match field.kind {
                        Kind::Date => {
                            self.bound(moment::iso(moment::day_of(end, &self.clock.zone)).unwrap_or_default())
                        }
                        _ => self.bound(end.0),
                    };
                    format!("{value} {sign} {bound}")
                };
                let first = first.map(|first| end(first, ">="));
                let last = last.map(|last| end(last, "<="));
                between(first.into_iter().chain(last).collect())
            }
            _ => format!("{value} = {}", self.bound(text.trim().to_owned())),
        })
    }
}
