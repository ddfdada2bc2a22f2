//! What was typed for a field becomes its values: which field is meant, what its kind takes, and a sentence for what it does not
//! (rows T08 to T12, F02 to F06).

use super::fields::{Choices, Field, Kind, LARGEST_TEXT, LONGEST_SUMMARY};
use super::plan::{Plan, Planner, form_name, too_large};
use super::values::{Names, People, Value};
use super::{TICKET_ADMIN, duration, link, people};
use crate::base::error::{Error, Problem, Result};
use crate::base::moment;
use crate::base::time::Instant;
use crate::milestone::{MILESTONE_VIEW, due};
use crate::web::form::shortened;

const LONGEST_LINE: usize = 2000;
const LONGEST_NUMBER: usize = 40;
const MOST_PEOPLE: usize = 200;
const MOST_TICKETS: usize = 200;

impl Planner<'_> {
    /// The field that a name means, if it is one that can be set here; what can't be is told or passed over.
    pub(super) fn known(&self, plan: &mut Plan, name: &str, typed: &str) -> Result<Option<&'static Field>> {
        let Some(field) = plan.choices.fields.named(name) else {
            let known: Vec<&str> =
                plan.choices.fields.iter().filter(|field| field.is_editable()).map(|field| field.name).collect();
            plan.problems.push(Problem::new(
                format!("field_{}", shortened(name)),
                format!("Tickets have no field `{}`; they have {}.", shortened(name), known.join(", ")),
            ));
            return Ok(None);
        };
        if !field.is_editable() {
            let people = People::default();
            let names = Names { choices: &plan.choices, people: &people };
            if !reads_as(field, typed, &names.joined(field, plan.before.get(field.name))) {
                plan.problems.push(Problem::new(
                    form_name(field),
                    if field.is_noted() {
                        format!("{} can't be set: it is noted as it happens.", field.label)
                    } else {
                        format!("{} can't be set: an action of the workflow changes it.", field.label)
                    },
                ));
            }
            return Ok(None);
        }
        if !plan.choices.has(field) {
            if !typed.trim().is_empty() {
                let why = if field.own {
                    format!("The field {} is no longer in use.", field.label)
                } else {
                    format!("This project has no choices for {} so far.", field.label)
                };
                plan.problems.push(Problem::new(form_name(field), why));
            }
            return Ok(None);
        }
        Ok(Some(field))
    }

    /// What was typed, as values; none if it was refused.
    pub(super) fn parsed(&self, plan: &mut Plan, field: &'static Field, typed: &str) -> Result<Option<Vec<Value>>> {
        match self.parse(&plan.choices, field, typed) {
            Ok(values) => Ok(Some(values)),
            Err(Error::Invalid(problems)) => {
                plan.problems.extend(problems);
                Ok(None)
            }
            Err(other) => Err(other),
        }
    }

    /// A completed milestone takes new tickets from administrators only (row T18).
    pub(super) fn refuse_closed_milestone(&self, plan: &mut Plan, field: &'static Field, parsed: &[Value]) {
        if field.kind != Kind::Milestone || self.viewer.may(TICKET_ADMIN) {
            return;
        }
        if let [Value::Id(id)] = parsed
            && let Some(milestone) = plan.choices.milestone(*id)
            && milestone.completed_at.is_some()
        {
            plan.problems.push(Problem::new(
                form_name(field),
                format!("The milestone “{}” is completed; only an administrator puts tickets into it.", milestone.name),
            ));
        }
    }

    /// The values that a field gets by what was typed.
    pub(super) fn parse(&self, choices: &Choices, field: &'static Field, typed: &str) -> Result<Vec<Value>> {
        let name = form_name(field);
        let trimmed = typed.trim();
        let text = |text: String| if text.is_empty() { Vec::new() } else { vec![Value::Text(text)] };
        match field.kind {
            _ if self.is_too_long(choices, field, typed) => {
                let most = choices.own(field.name).and_then(|own| own.max_size).unwrap_or_default();
                Err(Error::invalid(name, format!("{} has at most {most} characters.", field.label)))
            }
            Kind::Text if typed.len() > LARGEST_TEXT => Err(Error::Invalid(vec![too_large(&name, typed.len())])),
            Kind::Text => Ok(text(typed.to_owned())),
            Kind::Line | Kind::Words => {
                let line = trimmed.split_whitespace().collect::<Vec<_>>().join(" ");
                let longest = if field.kind == Kind::Line { LONGEST_SUMMARY } else { LONGEST_LINE };
                if line.chars().count() > longest {
                    return Err(Error::invalid(name, format!("{} has at most {longest} characters.", field.label)));
                }
                if line.chars().any(char::is_control) {
                    return Err(Error::invalid(name, format!("{} is one line of text.", field.label)));
                }
                if line.is_empty() && field.name == "summary" {
                    return Err(Error::invalid(name, "A ticket needs a summary: one line that says what it is about."));
                }
                Ok(text(line))
            }
            Kind::Person => Ok(people::find(self.db, self.site, self.project, &name, trimmed)?.into_iter().collect()),
            Kind::People => {
                let names = people::split(typed);
                if names.len() > MOST_PEOPLE {
                    return Err(Error::invalid(name, format!("{} takes at most {MOST_PEOPLE} people.", field.label)));
                }
                let mut values: Vec<Value> = Vec::new();
                for one in names {
                    let found = people::find(self.db, self.site, self.project, &name, one)?;
                    values.extend(found.filter(|value| !values.contains(value)));
                }
                Ok(values)
            }
            Kind::Option { empty } if trimmed.is_empty() => {
                if empty {
                    Ok(Vec::new())
                } else {
                    Err(Error::invalid(name, format!("{} can't be empty.", field.label)))
                }
            }
            Kind::Milestone if trimmed.is_empty() => Ok(Vec::new()),
            Kind::Option { .. } => Ok(vec![Value::Id(offered(choices, field, &name, trimmed)?)]),
            Kind::Milestone => match choices.id_of(field, trimmed) {
                Some(id) if self.viewer.may(MILESTONE_VIEW) => Ok(vec![Value::Id(id)]),
                _ => {
                    let known: Vec<&str> = choices.milestones.iter().map(|milestone| milestone.name.as_str()).collect();
                    let known = if self.viewer.may(MILESTONE_VIEW) { known } else { Vec::new() };
                    Err(Error::invalid(name, not_among(field, trimmed, &known)))
                }
            },
            Kind::Status | Kind::Time => Ok(Vec::new()),
            _ if trimmed.is_empty() => Ok(Vec::new()),
            Kind::Options => {
                let mut values: Vec<Value> = Vec::new();
                for one in trimmed.split([',', ';']).map(str::trim).filter(|one| !one.is_empty()) {
                    let value = Value::Id(offered(choices, field, &name, one)?);
                    if !values.contains(&value) {
                        values.push(value);
                    }
                }
                Ok(values)
            }
            Kind::Check => match trimmed.to_lowercase().as_str() {
                "1" | "yes" | "true" | "on" => Ok(vec![Value::Id(1)]),
                "0" | "no" | "false" | "off" => Ok(Vec::new()),
                other => {
                    let other = shortened(other);
                    Err(Error::invalid(name, format!("{} is 1 or 0, not “{other}”.", field.label)))
                }
            },
            Kind::Date => {
                let date = due::due(trimmed, &name)?;
                Ok(date.and_then(moment::iso).map(Value::Text).into_iter().collect())
            }
            Kind::Moment => {
                let at = if trimmed == "now" {
                    Instant::now()
                } else {
                    // With a `Z` or an offset it is what it says, else by the clock of whoever types.
                    let read = moment::parse(trimmed, &self.viewer.zone(), None);
                    read.map_err(|why| Error::invalid(name.clone(), why))?.begin
                };
                Ok(vec![Value::Id(at.0)])
            }
            Kind::Minutes => {
                let minutes = duration::parse(trimmed).map_err(|why| Error::invalid(name.clone(), why))?;
                if minutes < 0 {
                    return Err(Error::invalid(name, format!("{} can't be less than nothing.", field.label)));
                }
                Ok(vec![Value::Id(minutes)])
            }
            Kind::Number => number(trimmed)
                .map(|number| vec![Value::Text(number)])
                .ok_or_else(|| Error::invalid(name, format!("{} is a number such as 12 or -3.5.", field.label))),
            Kind::Url => web_address(trimmed).map(|url| vec![Value::Text(url.to_owned())]).ok_or_else(|| {
                Error::invalid(name, format!("{} is an address such as https://example.org/.", field.label))
            }),
            Kind::Tickets => Self::tickets(field, &name, trimmed),
        }
    }

    fn is_too_long(&self, choices: &Choices, field: &Field, typed: &str) -> bool {
        let most = choices.own(field.name).and_then(|own| own.max_size);
        most.is_some_and(|most| usize::try_from(most).is_ok_and(|most| typed.trim().chars().count() > most))
    }

    /// Numbers of tickets, with or without `#`. Whether there are such tickets is asked where they are new.
    fn tickets(field: &Field, name: &str, typed: &str) -> Result<Vec<Value>> {
        let mut numbers: Vec<i64> = Vec::new();
        for one in people::split(typed) {
            let number = link::number(one.strip_prefix('#').unwrap_or(one)).ok_or_else(|| {
                let one = shortened(one);
                Error::invalid(
                    name,
                    format!("{} takes numbers of tickets such as 12, 15; “{one}” is none.", field.label),
                )
            })?;
            if !numbers.contains(&number) {
                numbers.push(number);
            }
        }
        if numbers.len() > MOST_TICKETS {
            return Err(Error::invalid(name, format!("{} takes at most {MOST_TICKETS} tickets.", field.label)));
        }
        Ok(numbers.into_iter().map(Value::Id).collect())
    }
}

/// Whether what came back in a form is what the form had shown.
pub(super) fn reads_as(field: &Field, typed: &str, shown: &str) -> bool {
    match field.kind {
        Kind::Text => typed == shown,
        Kind::People | Kind::Words | Kind::Tickets => people::split(typed) == people::split(shown),
        Kind::Minutes => duration::parse(typed).ok() == duration::parse(shown).ok(),
        Kind::Check => (typed == "1") == (shown == "1"),
        _ => typed.trim() == shown,
    }
}

/// The option of that name, if it is offered.
fn offered(choices: &Choices, field: &Field, name: &str, typed: &str) -> Result<i64> {
    let known = choices.id_of(field, typed);
    known.filter(|id| choices.option(*id).is_some_and(|option| option.retired_at.is_none())).ok_or_else(|| {
        let known: Vec<&str> = choices.options(field.name).map(|option| option.name.as_str()).collect();
        Error::invalid(name, not_among(field, typed, &known))
    })
}

/// A decimal number as it is kept: with a point, without zeros that say nothing.
fn number(typed: &str) -> Option<String> {
    let typed = typed.replace(',', ".");
    let digits = typed.strip_prefix(['-', '+']).unwrap_or(&typed);
    let is_decimal = digits.chars().all(|character| character.is_ascii_digit() || character == '.')
        && digits.chars().any(|character| character.is_ascii_digit())
        && digits.matches('.').count() < 2;
    if !is_decimal || typed.len() > LONGEST_NUMBER {
        return None;
    }
    let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
    let (whole, part) = (whole.trim_start_matches('0'), part.trim_end_matches('0'));
    let sign = if typed.starts_with('-') && !(whole.is_empty() && part.is_empty()) { "-" } else { "" };
    let whole = if whole.is_empty() { "0" } else { whole };
    Some(if part.is_empty() { format!("{sign}{whole}") } else { format!("{sign}{whole}.{part}") })
}

/// An absolute address of the web, without blanks.
fn web_address(typed: &str) -> Option<&str> {
    let rest = ["https://", "http://"].iter().find_map(|scheme| {
        let head = typed.get(..scheme.len())?;
        head.eq_ignore_ascii_case(scheme).then(|| &typed[scheme.len()..])
    })?;
    let fits = typed.len() <= LONGEST_LINE && !typed.contains(|c: char| c.is_whitespace() || c.is_control());
    (fits && !rest.is_empty() && !rest.starts_with('/')).then_some(typed)
}

fn not_among(field: &Field, typed: &str, known: &[&str]) -> String {
    let typed = shortened(typed);
    match known {
        [] => format!("There is no {} “{typed}”.", field.label.to_lowercase()),
        known => {
            let shown: Vec<&str> = known.iter().take(30).copied().collect();
            format!("There is no {} “{typed}”; there are {}.", field.label.to_lowercase(), shown.join(", "))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_kept_in_one_way() {
        for (typed, kept) in [
            ("12", Some("12")),
            ("012.50", Some("12.5")),
            ("-0,5", Some("-0.5")),
            ("+3", Some("3")),
            ("-0", Some("0")),
            (".5", Some("0.5")),
            ("1e5", None),
            ("1.2.3", None),
            ("-", None),
            ("NaN", None),
        ] {
            assert_eq!(number(typed).as_deref(), kept, "{typed}");
        }
    }

    #[test]
    fn an_address_is_one_of_the_web() {
        for (typed, fits) in [
            ("https://example.org/a?b", true),
            ("HTTP://example.org", true),
            ("https://", false),
            ("https:///etc", false),
            ("javascript:alert(1)", false),
            ("https://a b", false),
            ("example.org", false),
        ] {
            assert_eq!(web_address(typed).is_some(), fits, "{typed}");
        }
    }
}
