//! What a new ticket begins with, by its type and its component, and the parts without which it isn't filed.

use rusqlite::Connection;

use super::texts::{self, Kind, TextRow};
use super::values::Values;
use crate::base::error::{Problem, Result};
use crate::base::markup;
use crate::base::text::fold;

/// The templates that speak of tickets of that type and component: of those that say most about both, all.
pub(super) fn of(templates: &[TextRow], ticket_type: Option<i64>, component: Option<i64>) -> Vec<&TextRow> {
    let fits = |wanted: Option<i64>, has: Option<i64>| wanted.is_none() || wanted == has;
    let weight = |row: &TextRow| 2 * u8::from(row.component.is_some()) + u8::from(row.ticket_type.is_some());
    let mut found: Vec<&TextRow> =
        templates.iter().filter(|row| fits(row.ticket_type, ticket_type) && fits(row.component, component)).collect();
    let most = found.iter().map(|row| weight(row)).max();
    found.retain(|row| Some(weight(row)) == most);
    found
}

/// What is missing of a new ticket with these values. Of several templates that fit, one is enough.
pub(super) fn problems(db: &Connection, values: &Values) -> Result<Vec<Problem>> {
    let templates = texts::offered(db, Kind::Template)?;
    if templates.iter().all(|row| row.required_parts.is_empty()) {
        return Ok(Vec::new());
    }
    let fitting = of(&templates, values.id("type"), values.id("component"));
    let missing = fitting.iter().map(|row| missing(row, values.text("description"))).min_by_key(Vec::len);
    Ok(missing
        .unwrap_or_default()
        .into_iter()
        .map(|part| {
            let message = format!("Something has to stand below the heading “{part}”.");
            Problem::new("field_description", message)
        })
        .collect())
}

/// The required parts that a description has not got, or that say no more than the template does.
fn missing<'a>(row: &'a TextRow, description: &str) -> Vec<&'a str> {
    let (found, given) = (markup::passages(description), markup::passages(&row.text));
    let words = |parts: &[markup::Passage], wanted: &str| {
        let part = parts.iter().find(|part| fold(part.heading.trim()) == fold(wanted));
        part.map(|part| part.words.trim().to_owned()).unwrap_or_default()
    };
    let lacks = |wanted: &&str| {
        let said = words(&found, wanted);
        said.is_empty() || said == words(&given, wanted)
    };
    row.required_parts.iter().map(String::as_str).filter(lacks).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(id: i64, ticket_type: Option<i64>, component: Option<i64>) -> TextRow {
        TextRow {
            id,
            name: String::new(),
            text: "## Steps\n\nWhat did you do?\n\n## Log\n".to_owned(),
            ticket_type,
            component,
            summary: String::new(),
            required_parts: vec!["Steps".to_owned(), "Log".to_owned()],
            retired_at: None,
        }
    }

    #[test]
    fn the_template_that_says_most_about_a_ticket_fits_it_best() {
        let templates = [row(1, None, None), row(2, Some(7), None), row(3, None, Some(9)), row(4, Some(7), Some(9))];
        let best = |ticket_type, component| {
            of(&templates, ticket_type, component).iter().map(|row| row.id).collect::<Vec<_>>()
        };
        assert_eq!(best(Some(1), Some(1)), [1]);
        assert_eq!(best(Some(7), None), [2]);
        assert_eq!(best(Some(1), Some(9)), [3]);
        assert_eq!(best(Some(7), Some(9)), [4]);
    }

    #[test]
    fn a_part_is_missing_that_is_empty_or_as_the_template_has_it() {
        let row = row(1, None, None);
        assert_eq!(missing(&row, "No headings"), ["Steps", "Log"]);
        assert_eq!(missing(&row, &row.text), ["Steps", "Log"]);
        assert_eq!(missing(&row, "## steps\n\nI sat down.\n\n## Log\n"), ["Log"]);
        assert_eq!(missing(&row, "# Steps\n\n![](a.png)\n\n# Log\n\n`none`"), [""; 0]);
    }
}
