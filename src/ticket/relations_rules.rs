//! What a submit may do with relations, and what they say about closing: rules of the planner, so that forms, JSON, commands
//! and commits all come by them.
//!
//! Whoever may change the fields of tickets here may relate a ticket that they see to another one that they see: rights are
//! the project's, so that there is no ticket that one might change and the other not. A number that was merged means the
//! ticket in which it lives on.

use super::edit::is_closed;
use super::fields::field;
use super::merge;
use super::plan::{Plan, Planner, form_name};
use super::relations::{self, RELATIONS, Relation, TOO_MANY, Way};
use super::store::{self, Ticket};
use super::values::Value;
use crate::base::error::{Problem, Result};
use crate::base::settings::{Scope, Setting, Values as Takes};

/// The control of the form that says so, which `--force` stands for.
pub const CLOSE_ANYWAY: &str = "close_anyway";

pub const CLOSE_WITH_OPEN_DEPENDENCIES: Setting = Setting {
    name: "close_with_open_dependencies",
    scope: Scope::Project,
    values: Takes::Choice(&["confirm", "refuse", "allow"]),
    default: "confirm",
    doc: "Whether a ticket is closed while others that it depends on are open: `refuse`, `confirm` or `allow`. Commits can't \
          confirm anything.",
};

/// A value of that setting, as its page offers it.
pub(super) struct Closing {
    pub value: &'static str,
    pub label: &'static str,
    pub hint: &'static str,
}

pub(super) const CLOSING: [Closing; 3] = [
    Closing {
        value: "confirm",
        label: "ask first",
        hint: "Nothing is saved until a box is ticked. Commits don't close it; commands take --force.",
    },
    Closing { value: "refuse", label: "refuse", hint: "What it depends on is closed first, by whatever way." },
    Closing { value: "allow", label: "allow", hint: "Nothing is said." },
];

impl Planner<'_> {
    /// Settles what relations come to and refuses what can't be, each problem at its field. `ticket` is the one that is
    /// changed; none for a new one.
    pub(super) fn relate(&self, plan: &mut Plan, ticket: Option<&Ticket>, force: bool) -> Result<()> {
        let id = ticket.map(|ticket| ticket.row.id);
        for relation in &RELATIONS {
            if plan.before.get(relation.field) != plan.after.get(relation.field) {
                self.settle(plan, relation, id)?;
            }
        }
        match ticket {
            Some(ticket) => self.close(plan, ticket, force),
            None => Ok(()),
        }
    }

    fn settle(&self, plan: &mut Plan, relation: &Relation, id: Option<i64>) -> Result<()> {
        let Some(field) = field(relation.field) else { return Ok(()) };
        let name = form_name(field);
        let before: Vec<i64> = plan.before.ids(relation.field).collect();
        let after: Vec<i64> = plan.after.ids(relation.field).collect();
        // What is there already is nobody's fault. A number that this viewer may not know of counts as not there.
        let new: Vec<i64> = after.iter().copied().filter(|other| !before.contains(other)).collect();
        let survivors = merge::survivors(self.db, &after)?;
        let survivor = |other: &i64| survivors.get(other).copied().unwrap_or(*other);
        let wanted: Vec<i64> = new.iter().flat_map(|other| [*other, survivor(other)]).collect();
        let seen: Vec<i64> = store::by_ids(self.db, self.viewer, &wanted)?.into_iter().map(|row| row.id).collect();
        let mut settled: Vec<i64> = Vec::new();
        let mut meant: Vec<i64> = Vec::new();
        for other in after {
            let is_new = new.contains(&other);
            if is_new && !(seen.contains(&other) && seen.contains(&survivor(&other))) {
                plan.problems.push(Problem::new(&name, format!("There is no ticket #{other}.")));
                continue;
            }
            if is_new && Some(survivor(&other)) == id {
                plan.problems.push(Problem::new(&name, to_itself(relation)));
                continue;
            }
            if !meant.contains(&survivor(&other)) {
                meant.push(survivor(&other));
                settled.push(if is_new { survivor(&other) } else { other });
            }
        }
        if relation.single && settled.len() > 1 {
            let names: Vec<String> = settled.iter().map(|other| format!("#{other}")).collect();
            let message = format!("{} is one ticket, not {}.", relation.label, names.join(", "));
            plan.problems.push(Problem::new(&name, message));
        }
        if let Some(id) = id.filter(|_| relation.acyclic) {
            for other in new.iter().map(survivor).filter(|other| seen.contains(other) && *other != id) {
                self.refuse_circle(plan, relation, (id, other), &name)?;
            }
        }
        let settled: Vec<Value> = settled.into_iter().map(Value::Id).collect();
        if relation.single && !settled.is_empty() {
            // To whoever sees none there is none: theirs takes the place of one that they may not know of.
            plan.after.replace(relation.field, settled);
        } else {
            plan.after.set(relation.field, settled);
        }
        Ok(())
    }

    /// The way back from the other end, by name.
    fn refuse_circle(&self, plan: &mut Plan, relation: &Relation, (id, other): (i64, i64), name: &str) -> Result<()> {
        match relations::way(self.db, relation, &[other], id)? {
            Way::None => {}
            Way::TooLong => plan.problems.push(Problem::new(name, TOO_MANY)),
            Way::Through(way) => {
                let way: Vec<i64> = std::iter::once(id).chain(way).collect();
                let told = relations::told(self.db, self.viewer, relation, &way)?;
                plan.problems.push(Problem::new(name, format!("That would lead round in a circle: {told}.")));
            }
        }
        Ok(())
    }

    /// Whether a ticket is closed while what it depends on is open is for the project to say.
    fn close(&self, plan: &mut Plan, ticket: &Ticket, force: bool) -> Result<()> {
        if is_closed(&plan.choices, &plan.before) || !is_closed(&plan.choices, &plan.after) {
            return Ok(());
        }
        let around = relations::around(self.db, ticket.row.id)?;
        // What a merged ticket depends on counts here; its own values are those of the plan.
        let of_merged = around
            .edges
            .iter()
            .filter(|edge| edge.relation.field == "depends_on" && !edge.inverse && edge.holder != ticket.row.id);
        let mut others: Vec<i64> = of_merged.map(|edge| edge.other).collect();
        others.extend(plan.after.ids("depends_on"));
        let mut open = relations::open_among(self.db, self.viewer, &others)?;
        open.retain(|other| *other != ticket.row.id);
        if open.is_empty() {
            return Ok(());
        }
        let problem = match CLOSE_WITH_OPEN_DEPENDENCIES.text(self.db)?.as_str() {
            "allow" => return Ok(()),
            "refuse" => Problem::new("action", format!("{}. They are closed first here.", depends(&open))),
            _ if force => return Ok(()),
            _ => Problem::new(CLOSE_ANYWAY, format!("{}; it is closed only if that is confirmed.", depends(&open))),
        };
        plan.problems.push(problem);
        Ok(())
    }
}

fn to_itself(relation: &Relation) -> &'static str {
    match relation.field {
        "depends_on" => "A ticket can't depend on itself.",
        "parent" => "A ticket can't be a child of itself.",
        "refers_to" => "A ticket can't refer to itself.",
        _ => "A ticket can't be a duplicate of itself.",
    }
}

/// `This ticket depends on #3, #7 and 2 others, which are open`
fn depends(open: &[i64]) -> String {
    const MOST_NAMED: usize = 5;
    let mut names: Vec<String> = open.iter().take(MOST_NAMED).map(|id| format!("#{id}")).collect();
    match open.len() - names.len() {
        0 => {}
        1 => names.push("1 other".to_owned()),
        unnamed => names.push(format!("{unnamed} others")),
    }
    let last = names.pop().unwrap_or_default();
    let all = if names.is_empty() { last } else { format!("{} and {last}", names.join(", ")) };
    format!("This ticket depends on {all}, which {} open", if open.len() == 1 { "is" } else { "are" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_open_is_named_up_to_a_few() {
        for (open, told) in [
            (&[3][..], "This ticket depends on #3, which is open"),
            (&[3, 7], "This ticket depends on #3 and #7, which are open"),
            (&[3, 4, 5, 6, 7, 8], "This ticket depends on #3, #4, #5, #6, #7 and 1 other, which are open"),
            (&[3, 4, 5, 6, 7, 8, 9], "This ticket depends on #3, #4, #5, #6, #7 and 2 others, which are open"),
        ] {
            assert_eq!(depends(open), told);
        }
    }
}
