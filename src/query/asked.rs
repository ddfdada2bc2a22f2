//! What the page of queries is asked, whether it can be read or not: nothing that was typed is lost.

use rusqlite::Connection;

use super::form;
use super::lists::usual;
use super::tree::{Clause, FURTHER, Query};
use super::{LONGEST, export, from_pairs, people};
use crate::base::component::SavedList;
use crate::base::error::{Error, Problem, Result};
use crate::ticket::fields::Choices;
use crate::web::Room;

/// Asks for what can be done with each ticket, in a column of its own.
pub(super) const VERBS: &str = "verbs";
/// Names that say how a page is made; an address with nothing else asks for nothing.
const ASIDE: [&str; 6] = ["format", "action", "update", "report", VERBS, export::RAW];

/// What the page is asked, as far as it can be read.
pub(super) struct Asked {
    pub(super) query: Query,
    /// The groups as they were typed, those that can't be read among them.
    pub(super) groups: Vec<Vec<Clause>>,
    /// What was typed in the form for people, as far as it is not among the groups.
    pub(super) text: String,
    /// A text of that form, before, in and after the first thing in it that can't be read.
    pub(super) marked: Option<[String; 3]>,
    pub(super) problems: Vec<Problem>,
    /// The address says nothing of tickets, so the list that people usually want is shown (row Q15).
    pub(super) nothing: bool,
    pub(super) editing: bool,
    /// The list that was saved under a name, if this is one.
    pub(super) saved: Option<SavedList>,
}

impl Asked {
    pub(super) fn read(pairs: &[(String, String)], room: &Room, db: &Connection, choices: &Choices) -> Result<Self> {
        let editing = pairs.iter().any(|(name, value)| name == "action" && value == "edit");
        if pairs.iter().all(|(name, _)| ASIDE.contains(&name.as_str())) {
            let (query, saved) = usual(room, db, choices)?;
            return Ok(Self { nothing: true, editing, saved, ..Self::of(query) });
        }
        let saved = saved(pairs, room, db)?;
        Ok(match from_pairs(&choices.fields, pairs) {
            Ok(query) => Self { editing, saved, ..Self::of(query) },
            Err(error) => {
                let problems = match error {
                    Error::Invalid(problems) => problems,
                    other => vec![Problem::new("query", other.to_string())],
                };
                // Everything that can be read by itself is kept.
                let length: usize = pairs.iter().map(|(name, value)| name.len() + value.len()).sum();
                let kept: &[(String, String)] = if length <= LONGEST { pairs } else { &[] };
                let fields = &choices.fields;
                let is_sound = |pair: &&(String, String)| from_pairs(fields, std::slice::from_ref(*pair)).is_ok();
                let sound: Vec<(String, String)> = kept.iter().filter(is_sound).cloned().collect();
                let query = from_pairs(fields, &sound).unwrap_or_default();
                let typed = kept.iter().filter(|(name, _)| name == FURTHER && fields.named(name).is_none());
                let text = typed.map(|(_, text)| text.as_str()).collect::<Vec<_>>().join(" ");
                Self { groups: form::groups(fields, kept), text, problems, editing, saved, ..Self::of(query) }
            }
        })
    }

    pub(super) fn of(query: Query) -> Self {
        let text = query.further.as_ref().map(people::written).unwrap_or_default();
        let groups = query.groups.clone();
        Self { query, groups, text, marked: None, problems: Vec::new(), nothing: false, editing: false, saved: None }
    }

    /// Tells what is wrong in texts of the form for people, which are shown as they were typed.
    pub(super) fn slip(&mut self, slipped: Vec<Slipped>) {
        let Some(first) = slipped.first() else { return };
        self.problems.retain(|problem| problem.field != FURTHER);
        for Slipped { text, slips } in &slipped {
            self.problems.extend(slips.iter().map(|slip| Problem::new(FURTHER, slip.told(text))));
        }
        self.marked = first.slips.first().map(|slip| slip.parts(&first.text).map(str::to_owned));
        self.text = slipped.iter().map(|slipped| slipped.text.as_str()).collect::<Vec<_>>().join(" ");
    }
}

/// The saved list that `report=` names (row R02).
fn saved(pairs: &[(String, String)], room: &Room, db: &Connection) -> Result<Option<SavedList>> {
    let number = pairs.iter().find(|(name, _)| name == "report").and_then(|(_, number)| number.parse().ok());
    match (room.project.components().saved_lists(), number) {
        (Some(lists), Some(number)) => lists.by_number(db, &room.viewer, number),
        _ => Ok(None),
    }
}

/// A text for people that can't be read: all of it, and what is wrong in it.
pub(super) struct Slipped {
    text: String,
    slips: Vec<people::Slip>,
}

/// Reads what stands in the form for people, by this project's own names, and writes it as it is understood.
pub(super) fn for_people(pairs: &mut [(String, String)], choices: &Choices) -> Vec<Slipped> {
    let mut slipped = Vec::new();
    if choices.fields.named(FURTHER).is_some() {
        return slipped;
    }
    for (_, text) in pairs.iter_mut().filter(|(name, text)| name == FURTHER && !text.trim().is_empty()) {
        match people::query(&choices.fields, Some(choices), text) {
            Ok(query) => *text = people::of_query(&query),
            Err(slips) => slipped.push(Slipped { text: text.clone(), slips }),
        }
    }
    slipped
}
