//! What the columns of an SQL report mean by their names (rows R06 to R08), how its rows are put into order by a click (R10),
//! and how a cell is shown.

use std::cmp::Ordering;
use std::collections::HashMap;

use super::report_href;
use super::sandbox::{Cell, Found};
use crate::base::markup::Html;
use crate::base::text::fold;
use crate::base::time::{Instant, Zone};
use crate::milestone::name::href_of;
use crate::ticket::ticket_href;
use crate::web::{address, page};

/// Where a column stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Cell,
    /// `_x_`: over the full width, beneath its row.
    Beneath,
    /// `_x`: only in files.
    Hidden,
    /// `__x__`: says something of the row.
    Special,
}

/// What a value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Meaning {
    Plain,
    /// The number or name of a ticket or of what the column `realm` says.
    Resource,
    Report,
    Summary,
    /// Microseconds.
    Time,
    /// Markdown.
    Text,
}

#[derive(Debug, Clone)]
pub struct Column {
    /// Where it stands in a row.
    pub at: usize,
    /// As files and addresses call it.
    pub name: String,
    pub label: String,
    pub meaning: Meaning,
    place: Place,
    /// `x_`: what follows stands on another line.
    breaks: bool,
}

pub struct Columns {
    all: Vec<Column>,
    special: HashMap<String, usize>,
}

impl Columns {
    pub fn of(names: &[String]) -> Self {
        let (mut all, mut special) = (Vec::new(), HashMap::new());
        for (at, written) in names.iter().enumerate() {
            let place = place_of(written);
            let name = written.trim_matches('_').to_owned();
            if place == Place::Special {
                special.insert(name.to_lowercase(), at);
            }
            let breaks = place == Place::Cell && written.ends_with('_');
            all.push(Column { at, label: label_of(&name), meaning: meaning_of(&name), name, place, breaks });
        }
        Self { all, special }
    }

    /// Those of the table, line by line.
    pub fn lines(&self) -> Vec<Vec<&Column>> {
        let mut lines = vec![Vec::new()];
        for column in self.all.iter().filter(|column| column.place == Place::Cell) {
            if let Some(line) = lines.last_mut() {
                line.push(column);
            }
            if column.breaks {
                lines.push(Vec::new());
            }
        }
        lines.retain(|line| !line.is_empty());
        lines
    }

    pub fn beneath(&self) -> impl Iterator<Item = &Column> {
        self.all.iter().filter(|column| column.place == Place::Beneath)
    }

    /// Those of files: all but what says something of a row.
    pub fn in_files(&self) -> impl Iterator<Item = &Column> {
        self.all.iter().filter(|column| column.place != Place::Special)
    }

    pub fn named(&self, name: &str) -> Option<&Column> {
        self.all.iter().find(|column| column.place != Place::Special && column.name.eq_ignore_ascii_case(name))
    }

    /// The value of `__name__`.
    pub fn special<'a>(&self, name: &str, row: &'a [Cell]) -> Option<&'a Cell> {
        self.special.get(name).and_then(|at| row.get(*at))
    }

    /// The class of a row: `__color__` from 1, the most urgent, to 5.
    pub fn color(&self, row: &[Cell]) -> Option<i64> {
        let color = self.special("color", row)?.text().trim().parse::<i64>().ok()?;
        (color >= 1).then(|| color.min(5))
    }

    /// What the row is about, below the project's address.
    pub fn href(&self, row: &[Cell]) -> Option<String> {
        let column = self.all.iter().find(|column| column.meaning == Meaning::Resource)?;
        let realm = self.named("realm").and_then(|realm| row.get(realm.at)).map(Cell::text);
        href_of_resource(realm.as_deref().unwrap_or("ticket"), &row.get(column.at)?.text())
    }

    /// The ticket that the row is about.
    pub fn ticket(&self, row: &[Cell]) -> Option<i64> {
        let column = self.all.iter().find(|column| column.meaning == Meaning::Resource)?;
        let realm = self.named("realm").and_then(|realm| row.get(realm.at)).map(Cell::text);
        let is_ticket = realm.is_none_or(|realm| realm == "ticket");
        row.get(column.at)?.text().parse().ok().filter(|number| is_ticket && *number > 0)
    }

    /// Puts rows into the order of a column, each group by itself; what is empty comes last.
    pub fn sort(&self, found: &mut Found, by: &Column, ascending: bool) {
        let mut order: HashMap<String, usize> = HashMap::new();
        let place = |row: &Vec<Cell>, order: &mut HashMap<String, usize>| {
            let group = self.special("group", row).map_or_else(String::new, |group| group.text().into_owned());
            let next = order.len();
            *order.entry(group).or_insert(next)
        };
        let mut rows: Vec<(usize, Vec<Cell>)> =
            found.rows.drain(..).map(|row| (place(&row, &mut order), row)).collect();
        rows.sort_by(|(left_group, left), (right_group, right)| {
            left_group.cmp(right_group).then_with(|| compared(&left[by.at], &right[by.at], ascending))
        });
        found.rows = rows.into_iter().map(|(_, row)| row).collect();
    }
}

fn place_of(name: &str) -> Place {
    let (before, after) = (name.starts_with('_'), name.ends_with('_'));
    match (before, after) {
        _ if name.len() > 4 && name.starts_with("__") && name.ends_with("__") => Place::Special,
        (true, true) => Place::Beneath,
        (true, false) => Place::Hidden,
        _ => Place::Cell,
    }
}

fn label_of(name: &str) -> String {
    let mut characters = name.chars();
    let first: String = characters.next().map(|first| first.to_uppercase().collect()).unwrap_or_default();
    (first + characters.as_str()).replace('_', " ")
}

fn meaning_of(name: &str) -> Meaning {
    match name.to_lowercase().as_str() {
        "ticket" | "id" => Meaning::Resource,
        "report" => Meaning::Report,
        "summary" => Meaning::Summary,
        "time" | "date" | "datetime" | "created" | "modified" | "changetime" => Meaning::Time,
        "description" => Meaning::Text,
        _ => Meaning::Plain,
    }
}

fn href_of_resource(realm: &str, id: &str) -> Option<String> {
    match realm {
        "ticket" => id.parse().ok().filter(|number| *number > 0).map(ticket_href),
        "report" => id.parse().ok().filter(|number| *number > 0).map(report_href),
        _ if id.is_empty() => None,
        "wiki" => Some(format!("/wiki/{}", address::path(id))),
        "milestone" => Some(href_of(id)),
        "changeset" => Some(format!("/changeset/{}", address::path(id))),
        _ => None,
    }
}

fn compared(left: &Cell, right: &Cell, ascending: bool) -> Ordering {
    let is_empty = |cell: &Cell| matches!(cell, Cell::Null) || matches!(cell, Cell::Text(text) if text.is_empty());
    let order = match (is_empty(left), is_empty(right)) {
        (true, true) => return Ordering::Equal,
        (true, false) => return Ordering::Greater,
        (false, true) => return Ordering::Less,
        _ => match (number(left), number(right)) {
            (Some(left), Some(right)) => left.total_cmp(&right),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (None, None) => fold(&left.text()).cmp(&fold(&right.text())),
        },
    };
    if ascending { order } else { order.reverse() }
}

fn number(cell: &Cell) -> Option<f64> {
    match cell {
        Cell::Integer(number) => Some(*number as f64),
        Cell::Real(number) => Some(*number),
        _ => None,
    }
}

/// A moment, if the value is one: microseconds, none for 0.
pub fn moment(cell: &Cell) -> Option<Instant> {
    let micros = match cell {
        Cell::Integer(number) => *number,
        other => other.text().trim().parse().ok()?,
    };
    let in_range = jiff::Timestamp::from_microsecond(micros).is_ok();
    (micros != 0 && in_range).then_some(Instant(micros))
}

/// A cell as a page shows it; `href`: what the row is about, with the project's address. Texts are for the page to compile.
pub fn cell_html(column: &Column, cell: &Cell, href: Option<&str>, root: &str, zone: &Zone) -> Html {
    let text = cell.text();
    let mut html = Html::default();
    let mut link = |href: &str, label: &str| {
        html.tag("<a").attribute("href", href).tag("><bdi>").text(label).tag("</bdi></a>");
    };
    match (column.meaning, href) {
        _ if text.is_empty() => {}
        (Meaning::Resource, Some(href)) if text.bytes().all(|byte| byte.is_ascii_digit()) => {
            link(href, &format!("#{text}"));
        }
        (Meaning::Resource | Meaning::Summary, Some(href)) => link(href, &text),
        (Meaning::Report, _) if href_of_resource("report", &text).is_some() => {
            link(&format!("{root}/report/{text}"), &format!("{{{text}}}"));
        }
        (Meaning::Time, _) => match moment(cell) {
            Some(at) => {
                page::time(&mut html, &at.when(zone));
            }
            None if text == "0" => {}
            None => {
                html.text(&text);
            }
        },
        _ => {
            html.text(&text);
        }
    }
    html
}

/// Where `__grouplink__` leads, if that is a place of this site or on the web.
pub fn safe_href(written: &str) -> Option<&str> {
    let inside = written.starts_with("../")
        || written.starts_with('?')
        || (written.starts_with('/') && !written.starts_with("//"));
    let outside = written.starts_with("https://") || written.starts_with("http://");
    ((inside || outside) && !written.contains('\\') && !written.chars().any(char::is_control)).then_some(written)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_say_what_columns_are() {
        let names = ["__color__", "ticket", "summary_", "_hidden", "_description_", "created", "__group__", "a_b"];
        let columns = Columns::of(&names.map(str::to_owned));
        let lines: Vec<Vec<&str>> =
            columns.lines().iter().map(|line| line.iter().map(|column| column.label.as_str()).collect()).collect();
        assert_eq!(lines, [vec!["Ticket", "Summary"], vec!["Created", "A b"]]);
        assert_eq!(columns.beneath().map(|column| column.meaning).collect::<Vec<_>>(), [Meaning::Text]);
        assert_eq!(columns.in_files().count(), 6);
    }

    #[test]
    fn rows_are_sorted_within_their_groups_with_the_empty_last() {
        let columns = Columns::of(&["__group__".to_owned(), "x".to_owned()]);
        let row = |group: &str, x: Cell| vec![Cell::Text(group.to_owned()), x];
        let mut found = Found {
            rows: vec![
                row("b", Cell::Integer(10)),
                row("b", Cell::Null),
                row("b", Cell::Integer(9)),
                row("a", Cell::Text("Z".into())),
                row("a", Cell::Text("y".into())),
            ],
            ..Found::default()
        };
        let by = columns.named("x").expect("a column").clone();
        columns.sort(&mut found, &by, true);
        let texts: Vec<_> = found.rows.iter().map(|row| row[1].text().into_owned()).collect();
        assert_eq!(texts, ["9", "10", "", "y", "Z"]);
        columns.sort(&mut found, &by, false);
        let texts: Vec<_> = found.rows.iter().map(|row| row[1].text().into_owned()).collect();
        assert_eq!(texts, ["10", "9", "", "Z", "y"]);
    }

    #[test]
    fn links_of_groups_lead_to_places() {
        for (written, safe) in [
            ("../milestone/1.0", true),
            ("/demo/x", true),
            ("?A=b", true),
            ("https://example.org", true),
            ("javascript:alert(1)", false),
            ("//evil.example", false),
            ("/\\evil.example", false),
            ("x", false),
        ] {
            assert_eq!(safe_href(written).is_some(), safe, "{written}");
        }
    }
}
