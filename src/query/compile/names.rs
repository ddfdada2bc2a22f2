//! Names of options, states, milestones and people, and the ids behind them.

use std::collections::BTreeSet;

use super::Compiler;
use crate::base::error::Result;
use crate::base::project::called;
use crate::base::text::{fold, natural};
use crate::query::tree::{Clause, Column, Operator};
use crate::ticket::fields::{Field, Kind};
use crate::ticket::options::category_meant;

pub(super) struct PersonRow {
    pub(super) id: i64,
    pub(super) called: String,
    pub(super) folded_login: String,
    pub(super) folded_name: String,
}

/// Values of a column that holds ids.
#[derive(Default)]
pub(super) struct Ids {
    pub(super) ids: BTreeSet<i64>,
    /// That it has none.
    pub(super) none: bool,
}

impl Compiler<'_> {
    /// Everything that one of these values names.
    pub(super) fn ids(&self, field: &Field, values: &[(Operator, String)]) -> Result<Ids> {
        let mut found = Ids::default();
        for (operator, value) in values {
            if *operator == Operator::Is && value.trim().is_empty() {
                found.none = true;
                continue;
            }
            if matches!(operator, Operator::Above | Operator::AtLeast | Operator::Below | Operator::AtMost) {
                found.ids.extend(self.compared(field, *operator, value.trim())?);
                continue;
            }
            match field.kind {
                Kind::Person | Kind::People => found.ids.extend(self.people(*operator, value)?),
                Kind::Status => {
                    let word = Some(value.trim()).filter(|_| *operator == Operator::Is);
                    let category = word.and_then(|word| category_meant(&self.choices.statuses, word));
                    let named = self
                        .choices
                        .statuses
                        .iter()
                        .filter(|row| is_named(&row.name, *operator, value) || category == Some(row.category));
                    found.ids.extend(named.map(|row| row.id));
                }
                Kind::Milestone => {
                    let named = self.choices.milestones.iter().filter(|row| is_named(&row.name, *operator, value));
                    found.ids.extend(named.map(|row| row.id));
                }
                _ => {
                    let options = self.choices.options.iter().filter(|row| row.field == field.name);
                    found.ids.extend(options.filter(|row| is_named(&row.name, *operator, value)).map(|row| row.id));
                }
            }
        }
        Ok(found)
    }

    /// The choices that stand on that side of one of them: of versions the later ones are more, of priorities and severities
    /// those that are listed first, of others those that are listed last. Nothing is more or less than what there is not.
    fn compared(&self, field: &Field, operator: Operator, name: &str) -> Result<Vec<i64>> {
        let mut ranked = self.ranked(field)?;
        if matches!(field.name, "priority" | "severity") {
            ranked.reverse();
        }
        let exact = ranked.iter().position(|id| self.choices.name_of(field, *id) == name);
        let Some(at) = exact else { return Ok(Vec::new()) };
        Ok(match operator {
            Operator::Above => ranked.split_off(at + 1),
            Operator::AtLeast => ranked.split_off(at),
            Operator::Below => ranked[..at].to_vec(),
            _ => ranked[..=at].to_vec(),
        })
    }

    /// People by login, letter for letter, or by the group that they are in; else by login or full name, whatever the case.
    pub(super) fn people(&self, operator: Operator, value: &str) -> Result<BTreeSet<i64>> {
        if operator == Operator::Is {
            let group = self.lookups.groups.iter().find(|(group, _)| group == value.trim());
            let mut statement = self.db.prepare_cached("select id from person where login = ?1")?;
            let mut found = BTreeSet::new();
            for login in group.map_or(&[value.trim().to_owned()][..], |(_, members)| members) {
                let ids = statement.query_map([login], |row| row.get(0))?;
                found.extend(ids.collect::<rusqlite::Result<Vec<i64>>>()?);
            }
            return Ok(found);
        }
        let folded = fold(value);
        let named = self.everybody()?.iter().filter(|person| {
            [&person.folded_login, &person.folded_name].iter().any(|name| compares(name, operator, &folded))
        });
        Ok(named.map(|person| person.id).collect())
    }

    pub(super) fn everybody(&self) -> Result<&[PersonRow]> {
        if let Some(people) = self.people.get() {
            return Ok(people);
        }
        let mut statement = self.db.prepare_cached("select id, login, display_name from person")?;
        let people = statement
            .query_map([], |row| {
                let (login, name): (String, String) = (row.get(1)?, row.get(2)?);
                Ok(PersonRow {
                    id: row.get(0)?,
                    called: natural(&called(Some(&login), Some(&name))),
                    folded_login: fold(&login),
                    folded_name: fold(&name),
                })
            })?
            .collect::<rusqlite::Result<_>>()?;
        Ok(self.people.get_or_init(|| people))
    }
}

/// Whether a ticket whose column has this name meets what a group asks of that column. `word` means it as well: that of its
/// category, of a state.
pub(in crate::query) fn could_be(name: &str, word: Option<&str>, group: &[Clause], column: Column) -> bool {
    let (mut asked, mut wanted) = (false, false);
    // What is asked beside that narrows further, but says nothing of a name.
    for clause in group.iter().filter(|clause| clause.column == column && clause.operator.is_tracs()) {
        let meets = clause.values.iter().any(|value| {
            is_named(name, clause.operator, value) || clause.operator == Operator::Is && word == Some(value.trim())
        });
        if clause.negated && meets {
            return false;
        }
        asked |= !clause.negated;
        wanted |= !clause.negated && meets;
    }
    wanted || !asked
}

/// Equal letter for letter; else whatever the case (row Q06).
fn is_named(name: &str, operator: Operator, value: &str) -> bool {
    match operator {
        Operator::Is => name == value.trim(),
        _ => compares(&fold(name), operator, &fold(value)),
    }
}

fn compares(folded: &str, operator: Operator, part: &str) -> bool {
    match operator {
        Operator::Contains => folded.contains(part),
        Operator::Begins => folded.starts_with(part),
        Operator::Ends => folded.ends_with(part),
        _ => folded == part,
    }
}
