//! The groups of states that progress is counted by (row M04), for the bars of milestones, queries and texts, and for those
//! who arrange them. A project that has arranged none counts by the three categories.

use rusqlite::{Connection, named_params};
use serde::Serialize;
use serde_json::json;

use super::TICKET_VIEW;
use super::fields::Choices;
use super::options::StatusRow;
use super::status::Category;
use crate::base::error::{Error, Problem, Result};
use crate::base::event::NewEvent;
use crate::base::project::{Act, Project};
use crate::base::resource::Resource;
use crate::base::viewer::{DEFAULT_CLASS, Permission};
use crate::milestone::MILESTONE_ADMIN;

/// A bar of more parts can't be told apart.
pub const MOST_GROUPS: usize = 8;
const LONGEST_TITLE: usize = 40;
const LONGEST_QUERY: usize = 200;

/// How a group's part of a bar looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Look {
    Closed,
    Started,
    Waiting,
    Open,
}

impl Look {
    pub const ALL: [Self; 4] = [Self::Closed, Self::Started, Self::Waiting, Self::Open];

    pub fn name(self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::Started => "started",
            Self::Waiting => "waiting",
            Self::Open => "open",
        }
    }

    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|look| look.name() == name)
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    pub title: String,
    pub look: Look,
    /// Its tickets count as done.
    pub is_done: bool,
    /// It takes the states that no group names.
    pub is_rest: bool,
    /// What its lists are asked for as well, as an address has it, without `?`; mostly empty.
    pub query: String,
    /// Ids of the states that it names.
    pub statuses: Vec<i64>,
}

impl Group {
    /// The address of a list of tickets in its states, with what it asks for beside them.
    pub fn asked(&self, href: String) -> String {
        if self.query.is_empty() { href } else { format!("{href}&{}", self.query) }
    }
}

/// The groups of a project in the order in which bars show them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Groups {
    pub groups: Vec<Group>,
    /// Nobody has arranged any.
    pub is_usual: bool,
}

impl Groups {
    pub fn load(db: &Connection, statuses: &[StatusRow]) -> Result<Self> {
        let mut statement = db.prepare_cached(
            "select id, title, look, is_done, is_rest, query,
               (select json_group_array(status) from progress_group_status where progress_group = progress_group.id)
             from progress_group order by rank, id",
        )?;
        let mut rows = statement.query([])?;
        let mut groups = Vec::new();
        while let Some(row) = rows.next()? {
            groups.push(Group {
                title: row.get(1)?,
                look: Look::from_name(&row.get::<_, String>(2)?).unwrap_or(Look::Open),
                is_done: row.get(3)?,
                is_rest: row.get(4)?,
                query: row.get(5)?,
                statuses: serde_json::from_str(&row.get::<_, String>(6)?)?,
            });
        }
        Ok(if groups.is_empty() { Self::usual(statuses) } else { Self { groups, is_usual: false } })
    }

    /// The categories of states; what is closed is done.
    fn usual(statuses: &[StatusRow]) -> Self {
        let group = |category: Category, look: Look| Group {
            title: category.name().to_owned(),
            look,
            is_done: category.is_closed(),
            is_rest: category == Category::Open,
            query: String::new(),
            statuses: statuses.iter().filter(|one| one.category == category).map(|one| one.id).collect(),
        };
        let groups = vec![
            group(Category::Closed, Look::Closed),
            group(Category::Waiting, Look::Waiting),
            group(Category::Open, Look::Open),
        ];
        Self { groups, is_usual: true }
    }

    /// The place of the group that a state belongs to.
    pub fn at(&self, status: i64) -> usize {
        let named = self.groups.iter().position(|group| group.statuses.contains(&status));
        named.or_else(|| self.groups.iter().position(|group| group.is_rest)).unwrap_or(0)
    }

    /// Tickets of each group, from the number of tickets in each state.
    pub fn counts(&self, states: impl IntoIterator<Item = (i64, i64)>) -> Vec<i64> {
        let mut counts = vec![0; self.groups.len()];
        for (status, tickets) in states {
            if let Some(count) = counts.get_mut(self.at(status)) {
                *count += tickets;
            }
        }
        counts
    }
}

/// A group as somebody wants it: states by their names.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Wish {
    pub title: String,
    pub look: String,
    pub is_done: bool,
    pub is_rest: bool,
    pub query: String,
    pub statuses: Vec<String>,
}

/// Who arranges groups: those who arrange milestones, whose bars they are.
pub const TO_ARRANGE: Permission = MILESTONE_ADMIN;

/// Arranges the groups anew; none at all brings the categories back. Returns whether anything changed. Problems are named
/// `title_0`, `status_0` …, by the place of the group.
pub fn arrange(project: &Project, by: Act<'_>, wishes: &[Wish]) -> Result<bool> {
    by.viewer.require(TO_ARRANGE)?;
    by.viewer.require(TICKET_VIEW)?;
    project.write(by, |tx| {
        let choices = Choices::load(tx, by.viewer)?;
        let wanted = checked(wishes, &choices)?;
        let now = &choices.groups;
        let same = if now.is_usual { wanted.is_empty() } else { alike(&now.groups, &wanted) };
        if same {
            return Ok(false);
        }
        tx.execute("delete from progress_group", [])?;
        for (rank, group) in wanted.iter().enumerate() {
            tx.prepare_cached(
                "insert into progress_group (rank, title, look, is_done, is_rest, query)
                 values (:rank, :title, :look, :done, :rest, :query)",
            )?
            .execute(named_params! {
                ":rank": rank as i64,
                ":title": group.title,
                ":look": group.look.name(),
                ":done": group.is_done,
                ":rest": group.is_rest,
                ":query": group.query,
            })?;
            let id = tx.last_insert_rowid();
            for status in &group.statuses {
                tx.prepare_cached("insert into progress_group_status (status, progress_group) values (?1, ?2)")?
                    .execute([*status, id])?;
            }
        }
        let event = NewEvent::new("setting.changed", Resource::new("project", 0), DEFAULT_CLASS);
        tx.record(&event.data(json!({ "setting": "progress_groups" })).saying("what", "progress_groups"))?;
        Ok(true)
    })
}

fn alike(one: &[Group], other: &[Group]) -> bool {
    let sorted = |group: &Group| {
        let mut group = group.clone();
        group.statuses.sort_unstable();
        group
    };
    one.iter().map(sorted).eq(other.iter().map(sorted))
}

fn checked(wishes: &[Wish], choices: &Choices) -> Result<Vec<Group>> {
    let mut problems = Vec::new();
    let mut groups: Vec<Group> = Vec::new();
    if wishes.len() > MOST_GROUPS {
        let message = format!("There are {} groups; a bar has at most {MOST_GROUPS}.", wishes.len());
        return Err(Error::invalid("title_0", message));
    }
    for (at, wish) in wishes.iter().enumerate() {
        let title = wish.title.trim();
        if title.is_empty() || title.chars().count() > LONGEST_TITLE || title.chars().any(char::is_control) {
            let message = format!("A group needs a title of one line, at most {LONGEST_TITLE} characters.");
            problems.push(Problem::new(format!("title_{at}"), message));
        } else if groups.iter().any(|group| group.title.eq_ignore_ascii_case(title)) {
            problems.push(Problem::new(format!("title_{at}"), format!("There are two groups “{title}”.")));
        }
        let look = Look::from_name(&wish.look);
        if look.is_none() {
            problems.push(Problem::new(format!("look_{at}"), "A group looks closed, started, waiting or open."));
        }
        let mut statuses = Vec::new();
        for name in &wish.statuses {
            let Some(status) = choices.status_named(name) else {
                problems.push(Problem::new(format!("status_{at}"), format!("There is no state “{name}”.")));
                continue;
            };
            let other = groups.iter().find(|group| group.statuses.contains(&status.id));
            match other {
                Some(other) => {
                    let message = format!("The state “{name}” is in the group “{}” already.", other.title);
                    problems.push(Problem::new(format!("status_{at}"), message));
                }
                None if statuses.contains(&status.id) => {}
                None => statuses.push(status.id),
            }
        }
        if wish.is_rest && groups.iter().any(|group| group.is_rest) {
            problems.push(Problem::new(format!("rest_{at}"), "Only one group can take the other states."));
        }
        if statuses.is_empty() && !wish.is_rest && wish.statuses.is_empty() {
            let message = "A group needs states, or takes those that no other names.";
            problems.push(Problem::new(format!("status_{at}"), message));
        }
        if wish.query.len() > LONGEST_QUERY {
            let message = format!("This holds at most {LONGEST_QUERY} characters.");
            problems.push(Problem::new(format!("query_{at}"), message));
        }
        groups.push(Group {
            title: title.to_owned(),
            look: look.unwrap_or(Look::Open),
            is_done: wish.is_done,
            is_rest: wish.is_rest,
            query: wish.query.trim().to_owned(),
            statuses,
        });
    }
    if problems.is_empty() && !groups.is_empty() && !groups.iter().any(|group| group.is_rest) {
        let message = "One group has to take the states that no other names, also those that are still to come.";
        problems.push(Problem::new("rest_0", message));
    }
    if problems.is_empty() { Ok(groups) } else { Err(Error::Invalid(problems)) }
}
