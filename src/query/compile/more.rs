//! What Trac can't ask: more and less, what a date means as a whole, and questions that are no fields.

use rusqlite::types::Value;

use super::{Compiler, joined};
use crate::base::error::{Error, Result};
use crate::base::moment;
use crate::base::time::Instant;
use crate::milestone::due;
use crate::query::past::{current_table, ticket_table};
use crate::query::tree::{ABOUT, Column, IS, Operator};
use crate::query::{dates, ids, measures};
use crate::ticket::fields::{Field, Kind, field};
use crate::ticket::status::Category;

impl Compiler<'_> {
    /// Within all of what a time means; none if that is any time.
    pub(super) fn during_test(&mut self, column: Column, text: &str) -> Result<Option<String>> {
        let Column::Of(field) = column else { return Ok(None) };
        let (first, last) = dates::stretch(text, &self.clock).map_err(|message| Error::invalid(field.name, message))?;
        let first = first.map(|first| format!("value >= {}", self.time_bound(field, first)));
        let last = last.map(|last| format!("value <= {}", self.time_bound(field, last)));
        let ends: Vec<String> = first.into_iter().chain(last).collect();
        Ok((!ends.is_empty()).then(|| self.scalar_test(field, Some(&ends.join(" and ")))))
    }

    /// More or less than a number or a time. What has no value is neither.
    pub(super) fn comparison_test(&mut self, column: Column, operator: Operator, text: &str) -> Result<String> {
        let refused = |message: String| Error::invalid(column.name(), message);
        let sign = match operator {
            Operator::Above => ">",
            Operator::AtLeast => ">=",
            Operator::Below => "<",
            _ => "<=",
        };
        let Column::Of(field) = column else {
            let number = ids::number(text).map_err(refused)?;
            return Ok(format!("ticket.id {sign} {}", self.bound(number)));
        };
        if column.is_measured() {
            let bound = self.bound(measures::measure(column, text).map_err(refused)?);
            return Ok(self.scalar_test(field, Some(&format!("cast(value as real) {sign} {bound}"))));
        }
        let (first, last) = dates::around(text, &self.clock).map_err(refused)?;
        let end = if matches!(operator, Operator::Above | Operator::AtMost) { last } else { first };
        let bound = self.time_bound(field, end);
        Ok(self.scalar_test(field, Some(&format!("value {sign} {bound}"))))
    }

    /// An instant as a field has it: its day, where the field knows days alone.
    fn time_bound(&mut self, field: &Field, at: Instant) -> String {
        let value = match field.kind {
            Kind::Date => Value::from(moment::iso(moment::day_of(at, &self.clock.zone)).unwrap_or_default()),
            _ => Value::from(at.0),
        };
        self.bound(value)
    }

    pub(super) fn question_test(&mut self, column: Column, text: &str) -> Result<String> {
        if column == Column::Of(&IS) {
            return self.is_test(text.trim());
        }
        if column == Column::Of(&ABOUT) {
            let fields = ["summary", "description", "keywords"].into_iter().filter_map(field);
            let tests = fields.map(|field| self.text_test(field, Operator::Contains, &[text])).collect();
            return Ok(joined(tests, " or "));
        }
        let Some((_, ids)) = self.lookups.texts.iter().find(|(words, _)| words == text) else {
            return Err(Error::invalid("text", "A full-text search can't be asked for here."));
        };
        let list = self.list(ids.iter().copied());
        Ok(format!("ticket.id in ({list})"))
    }

    fn is_test(&mut self, word: &str) -> Result<String> {
        let of_category = |compiler: &mut Self, category: Category| {
            let states = compiler.choices.statuses.iter().filter(|status| status.category == category);
            let list = compiler.list(states.map(|status| status.id));
            format!("ticket.status in ({list})")
        };
        Ok(match word {
            "open" => of_category(self, Category::Open),
            "waiting" => of_category(self, Category::Waiting),
            "closed" => of_category(self, Category::Closed),
            "blocked" => {
                let closed = of_category(self, Category::Closed);
                format!("(not {closed} and ticket.id in ({}))", self.blocked())
            }
            "overdue" => {
                let closed = of_category(self, Category::Closed);
                let project = due::Clock::of(self.db)?;
                let today = self.past.map_or(project.today, |past| moment::day_of(past.at, &project.zone));
                let today = self.bound(moment::iso(today).unwrap_or_default());
                format!("(not {closed} and ticket.due is not null and ticket.due < {today})")
            }
            "unowned" => "ticket.owner is null".to_owned(),
            "private" => "ticket.private = 1".to_owned(),
            "unread" => {
                let unread = self.unread();
                format!("ticket.id in ({unread})")
            }
            "watched" => {
                let own = self.viewer.person.unwrap_or(0);
                let (table, ticket, role) = match self.past {
                    Some(_) => (current_table(self.past), "ticket", "field = 'cc' and value"),
                    None => ("participant", "resource_id", "resource_kind = 'ticket' and role = 'cc' and person"),
                };
                format!("ticket.id in (select {ticket} from {table} where {role} = {own})")
            }
            "bookmarked" => {
                let own = self.viewer.person.unwrap_or(0);
                format!("ticket.id in (select ticket from bookmark where person = {own})")
            }
            _ => return Err(Error::invalid(IS.name, "A ticket is nothing of that kind.")),
        })
    }

    /// The tickets that depend on one that is not closed and that the viewer sees; what was merged counts where it lives on.
    fn blocked(&mut self) -> String {
        let closed: Vec<String> = self
            .choices
            .statuses
            .iter()
            .filter(|status| status.category.is_closed())
            .map(|status| status.id.to_string())
            .collect();
        let (current, tickets) = (current_table(self.past), ticket_table(self.past).replace(" as ticket", ""));
        let open = format!(
            "goal.merged_into is null and goal.deleted_at is null and goal.status not in ({}) and {}",
            closed.join(", "),
            self.viewer.sees_sql("goal", "ticket")
        );
        if !self.any_merged {
            return format!(
                "select ticket_current.ticket from {current} join {tickets} as goal on goal.id = ticket_current.value
                 where ticket_current.field = 'depends_on' and {open}"
            );
        }
        format!(
            "with recursive target(ticket, id) as (
                 select ticket_current.ticket, ticket_current.value from {current} where ticket_current.field = 'depends_on'
                 union select target.ticket, merged.merged_into from target join ticket as merged on merged.id = target.id
                     where merged.merged_into is not null),
             home(id, goal) as (
                 select ticket, id from target
                 union select merged.merged_into, home.goal from home join ticket as merged on merged.id = home.id
                     where merged.merged_into is not null)
             select home.id from home join {tickets} as goal on goal.id = home.goal where goal.id <> home.id and {open}"
        )
    }
}
