//! In which order tickets come: by the ranks of what they have, by texts, by numbers (rows Q18, Q19).

use rusqlite::Connection;

use super::names::PersonRow;
use super::statement::Ranked;
use super::{Compiler, MOST_IN_PLACE, json};
use crate::base::error::Result;
use crate::base::text::natural;
use crate::base::viewer::Viewer;
use crate::query::past::{Past, current_table};
use crate::query::tree::{Column, Order, Query};
use crate::ticket::fields::{Field, Kind};
use crate::ticket::{merge, relations, time_store};

impl Compiler<'_> {
    /// First by what groups, then as asked, then by id (rows Q18, Q19).
    pub(super) fn order(&mut self, query: &Query) -> Result<Vec<String>> {
        let mut terms = Vec::new();
        let mut seen: Vec<Column> = Vec::new();
        for order in query.group.into_iter().chain(query.effective_order()) {
            if !seen.contains(&order.column) {
                seen.push(order.column);
                terms.push(self.order_term(order)?);
            }
        }
        if !seen.contains(&Column::Id) {
            terms.push("ticket.id".to_owned());
        }
        Ok(terms)
    }

    /// What orders first, if that is a column of few ids.
    pub(super) fn first(&self, query: &Query) -> Result<Option<Ranked>> {
        let Some(order) = query.group.into_iter().chain(query.effective_order()).next() else { return Ok(None) };
        let Column::Of(field) = order.column else { return Ok(None) };
        let Some(column) = field.column().filter(|_| field.is_id()) else { return Ok(None) };
        let ids = self.ranked(field)?;
        let few = !ids.is_empty() && ids.len() <= MOST_IN_PLACE;
        Ok(few.then_some(Ranked { column, ids, descending: order.descending }))
    }

    /// What is empty comes last, and first where the order is turned round.
    pub(super) fn order_term(&mut self, order: Order) -> Result<String> {
        let direction = if order.descending { " desc" } else { "" };
        let Column::Of(field) = order.column else { return Ok(format!("ticket.id{direction}")) };
        let nulls = if order.descending { "desc nulls first" } else { "asc nulls last" };
        Ok(match field.kind {
            _ if order.column.is_unread() => {
                let unread = self.unread();
                self.ranks.push(format!("unread(id) as ({unread})"));
                format!("(ticket.id in (select id from unread)){direction}")
            }
            Kind::Time if matches!(field.name, "time" | "changetime") => {
                format!("{}{direction}", self.value_sql(field))
            }
            Kind::Line | Kind::Text | Kind::Words | Kind::Url => {
                format!("nullif(folded({}), '') {nulls}", self.value_sql(field))
            }
            Kind::Number => format!("cast({} as real) {nulls}", self.value_sql(field)),
            Kind::Time | Kind::Moment | Kind::Date | Kind::Minutes | Kind::Check => {
                format!("{} {nulls}", self.value_sql(field))
            }
            Kind::Tickets => {
                let (relation, near, far) = relations::kept(field);
                format!(
                    "(select {far} from {} where {near} = ticket.id and field = '{relation}' and {}
                        order by ticket, ord limit 1) {nulls}",
                    current_table(self.past),
                    self.sees(far)
                )
            }
            Kind::People if self.past.is_some() => format!(
                "(select min(folded(coalesce(nullif(person.display_name, ''), person.login))) from {}
                   join person on person.id = ticket_current.value
                   where ticket_current.ticket = ticket.id and ticket_current.field = 'cc') {nulls}",
                current_table(self.past)
            ),
            Kind::People => format!(
                "(select min(folded(coalesce(nullif(person.display_name, ''), person.login))) from participant
                   join person on person.id = participant.person
                   where participant.resource_kind = 'ticket' and participant.resource_id = ticket.id
                     and participant.role = 'cc') {nulls}"
            ),
            Kind::Status | Kind::Option { .. } | Kind::Options | Kind::Milestone | Kind::Person => {
                let ranked = self.ranked(field)?;
                format!("{} {nulls}", self.rank(field, &ranked))
            }
        })
    }

    pub(super) fn value_sql(&self, field: &'static Field) -> String {
        value_sql(self.viewer, self.any_merged, self.past, field)
    }

    /// The ids of a field in the order of what they name.
    pub(super) fn ranked(&self, field: &Field) -> Result<Vec<i64>> {
        Ok(match field.kind {
            Kind::Status => self.choices.statuses.iter().map(|row| row.id).collect(),
            Kind::Milestone => self.choices.milestones.iter().map(|row| row.id).collect(),
            Kind::Person => {
                let mut people: Vec<&PersonRow> = self.everybody()?.iter().collect();
                people.sort_by(|one, other| (&one.called, one.id).cmp(&(&other.called, other.id)));
                people.into_iter().map(|person| person.id).collect()
            }
            _ => {
                let mut options: Vec<_> = self.choices.options.iter().filter(|row| row.field == field.name).collect();
                if field.name == "version" {
                    options.sort_by_cached_key(|row| {
                        (row.released_at.is_none(), row.released_at, natural(&row.name), row.id)
                    });
                }
                options.into_iter().map(|row| row.id).collect()
            }
        })
    }

    /// The rank of a column's id as SQL.
    pub(super) fn rank(&mut self, field: &'static Field, ranked: &[i64]) -> String {
        if ranked.is_empty() {
            return "null".to_owned();
        }
        if ranked.len() <= MOST_IN_PLACE {
            let whens: Vec<String> =
                ranked.iter().enumerate().map(|(rank, id)| format!("when {id} then {rank}")).collect();
            return format!("case {} {} end", self.value_sql(field), whens.join(" "));
        }
        let list = self.bound(json(ranked.iter().copied()));
        let name = format!("{}_rank", field.name);
        self.ranks.push(format!(
            "{name}(id, place) as materialized (select cast(value as integer), key from json_each({list}))"
        ));
        self.joins.push(format!(" left join {name} on {name}.id = {}", self.value_sql(field)));
        format!("{name}.place")
    }
}

/// The column of a field as SQL; none if it has none. What was worked on a merged ticket counts where that lives on.
pub(super) fn column_sql(viewer: &Viewer, any_merged: bool, field: &Field) -> Option<String> {
    match field.column() {
        Some("worked") if any_merged => Some(time_store::worked_sql(viewer)),
        column => column.map(|column| format!("ticket.{column}")),
    }
}

/// The value of a field as SQL, of several the first. Names of a project's own fields are words of letters, digits and `_`,
/// which is what makes them fit to stand here.
fn value_sql(viewer: &Viewer, any_merged: bool, past: Option<&Past>, field: &'static Field) -> String {
    match column_sql(viewer, any_merged, field) {
        Some(column) => column,
        None if field.kind == Kind::Text && past.is_none() => format!(
            "(select value from ticket_value where ticket_value.ticket = ticket.id and field = '{}' and to_change is null)",
            field.name
        ),
        None => format!(
            "(select value from {} where ticket_current.ticket = ticket.id and field = '{}' order by ord limit 1)",
            current_table(past),
            field.name
        ),
    }
}

/// The same, as it is now, for a statement that is made of parts elsewhere.
pub(in crate::query) fn field_sql(db: &Connection, viewer: &Viewer, field: &'static Field) -> Result<String> {
    Ok(value_sql(viewer, merge::any(db)?, None, field))
}
