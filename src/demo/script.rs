//! Reads the texts of the semester: what happens, when, and who does it.
//!
//! `tickets-*.txt` tell of tickets, see `tickets`, and `talk.txt` of what is said about pages, see `talk`. `pages/*.md` hold each page in pieces: a piece that begins with
//! `@ 9 17:25 mira | comment` is part of the page from then on, and with `| until 17 20:45` only until then. What is in
//! braces (`{day:9}`, `{commit:c07}`) is filled in by the calendar and the repository.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::calendar::Calendar;
use super::talk::{self, Talk};
use super::{Character, broken, entries, files, text, tickets};
use crate::base::error::Result;
use crate::base::time::Instant;
use crate::ticket::batch::Batch;
use crate::ticket::note;
use crate::ticket::plan::Request;

#[derive(Debug, Deserialize)]
pub struct Project {
    pub name: String,
    pub title: String,
    pub people: Vec<Character>,
    pub components: Vec<Component>,
    pub versions: Vec<Version>,
    pub milestones: Vec<Milestone>,
    pub fields: Vec<Field>,
    pub templates: Vec<Text>,
    pub replies: Vec<Text>,
    /// Until when everybody has read everything.
    pub read: String,
}

#[derive(Debug, Deserialize)]
pub struct Component {
    pub name: String,
    pub owner: String,
    pub description: String,
    /// The logins of those to whom alone it is open.
    pub closed_to: Option<String>,
}

/// A field that the project has defined itself.
#[derive(Debug, Deserialize)]
pub struct Field {
    pub name: String,
    pub label: String,
    pub kind: String,
    pub help: String,
    #[serde(default)]
    pub options: Vec<String>,
    #[serde(default)]
    pub types: Vec<String>,
}

/// A template of new tickets of a type, or a canned reply.
#[derive(Debug, Deserialize)]
pub struct Text {
    pub name: String,
    #[serde(rename = "type")]
    pub ticket_type: Option<String>,
    pub text: String,
}

#[derive(Debug, Deserialize)]
pub struct Version {
    pub name: String,
    pub day: i64,
    pub description: String,
}

#[derive(Debug, Deserialize)]
pub struct Milestone {
    pub name: String,
    pub made: String,
    pub due: Option<i64>,
    pub completed: Option<String>,
    #[serde(default)]
    pub default: bool,
    pub description: String,
}

/// One thing that somebody does.
#[derive(Debug, Clone)]
pub struct Step {
    pub at: Instant,
    pub who: String,
    pub deed: Deed,
}

#[derive(Debug, Clone)]
pub enum Deed {
    Talk(Talk),
    /// Saves the next version of a page.
    Save {
        page: String,
        text: String,
        comment: String,
    },
    /// Files a ticket; its number is in its place.
    File {
        ticket: i64,
        request: Request,
    },
    Change {
        ticket: i64,
        request: Request,
        note: Option<note::Draft>,
    },
    /// The same change of many tickets.
    ChangeAll {
        tickets: Vec<i64>,
        batch: Batch,
    },
    Merge {
        ticket: i64,
        into: i64,
    },
    Remind {
        ticket: i64,
        person: String,
        due: String,
        text: String,
    },
    Bookmark {
        ticket: i64,
    },
    Attach {
        to: Parent,
        file: String,
        description: String,
    },
}

#[derive(Debug, Clone)]
pub enum Parent {
    Page(String),
    Ticket(i64),
}

pub fn project() -> Result<Project> {
    serde_json::from_str(&text("project.json")?).map_err(|error| broken(&format!("project.json: {error}")))
}

/// A filled-in text.
pub type Fill<'a> = &'a dyn Fn(&str) -> String;

/// Everything that is written on pages and tickets, in the order in which it happens.
pub fn steps(calendar: &Calendar, fill: Fill<'_>) -> Result<Vec<Step>> {
    let mut steps = Vec::new();
    for file in files("pages/") {
        page(&text(&file)?, calendar, fill, &mut steps).map_err(|error| error.during(&file))?;
    }
    for file in files("tickets-") {
        for written in entries(&text(&file)?) {
            tickets::read(written, calendar, fill, &mut steps).map_err(|error| error.during(&file))?;
        }
    }
    for written in entries(&text("talk.txt")?) {
        talk::read(written, calendar, fill, &mut steps).map_err(|error| error.during("talk.txt"))?;
    }
    steps.sort_by_key(|step| step.at);
    Ok(steps)
}

/// A part of a page that stands there from one moment on, perhaps until another.
struct Piece {
    from: Instant,
    until: Option<Instant>,
    lines: Vec<String>,
}

fn page(written: &str, calendar: &Calendar, fill: Fill<'_>, steps: &mut Vec<Step>) -> Result<()> {
    let mut lines = written.lines();
    let name = lines.next().and_then(|line| line.strip_prefix("= ")).ok_or_else(|| broken("a page without a name"))?;
    let name = fill(name);
    let mut pieces: Vec<Piece> = Vec::new();
    let mut versions: BTreeMap<Instant, (String, String)> = BTreeMap::new();
    for line in lines {
        let Some(head) = line.strip_prefix("@ ") else {
            let piece = pieces.last_mut().ok_or_else(|| broken(&format!("{line} stands before all pieces")))?;
            piece.lines.push(line.to_owned());
            continue;
        };
        let (from, rest) = calendar.moment(head)?;
        let mut parts = rest.split('|').map(str::trim);
        let who = parts.next().unwrap_or_default();
        let comment = parts.next().unwrap_or_default();
        if let Some((who, file)) = who.split_once(" attach ") {
            let (to, file) = (Parent::Page(name.clone()), file.to_owned());
            let deed = Deed::Attach { to, file, description: comment.to_owned() };
            steps.push(Step { at: from, who: who.to_owned(), deed });
            continue;
        }
        let until = parts.next().and_then(|part| part.strip_prefix("until "));
        let until = until.map(|until| calendar.moment(until)).transpose()?.map(|(at, _)| at);
        pieces.push(Piece { from, until, lines: Vec::new() });
        let version = versions.entry(from).or_insert_with(|| (who.to_owned(), String::new()));
        if version.1.is_empty() {
            version.1 = comment.to_owned();
        }
    }
    for (at, (who, comment)) in versions {
        let there = pieces.iter().filter(|piece| piece.from <= at && piece.until.is_none_or(|until| until > at));
        let text: Vec<&str> = there.flat_map(|piece| piece.lines.iter().map(String::as_str)).collect();
        let text = fill(&(text.join("\n").trim_end().to_owned() + "\n"));
        steps.push(Step { at, who, deed: Deed::Save { page: name.clone(), text, comment } });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tickets_are_filed_in_the_order_of_their_numbers() {
        let steps = steps(&Calendar::until_now(), &|text| text.to_owned()).unwrap_or_default();
        let filed: Vec<i64> = steps
            .iter()
            .filter_map(|step| match step.deed {
                Deed::File { ticket, .. } => Some(ticket),
                _ => None,
            })
            .collect();
        assert!(filed.len() >= 60);
        assert!(filed.iter().copied().eq(1..=filed.len() as i64), "{filed:?}");
    }

    #[test]
    fn a_page_is_what_its_pieces_are_at_each_moment() {
        let written = "= Tea\n@ 1 10:00 ines | First\n# Tea\n@ 1 10:00 ines | | until 3 09:00\nwith milk\n@ 3 09:00 dele | No\nwithout\n";
        let mut steps = Vec::new();
        page(written, &Calendar::until_now(), &|text| text.to_owned(), &mut steps).unwrap_or_default();
        let told: Vec<String> = steps
            .iter()
            .map(|step| match &step.deed {
                Deed::Save { page, text, comment } => format!("{page} {} {comment}: {text}", step.who),
                other => format!("{other:?}"),
            })
            .collect();
        assert_eq!(told, ["Tea ines First: # Tea\nwith milk\n", "Tea dele No: # Tea\nwithout\n"]);
    }
}
