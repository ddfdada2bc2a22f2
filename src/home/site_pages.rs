//! `/-/home`: what is to be seen at a glance across all projects of the site that somebody may enter; with `?group=NAME` across
//! those in which a group has rights, which is how an instructor looks at all groups of a course.

use std::cmp::Reverse;

use rocket::{Route, get, routes};
use rusqlite::Connection;
use serde::Serialize;
use serde_json::{Value as Json, json};

use super::{NO_PAGE, lists};
use crate::auth::{groups, permissions};
use crate::base::error::{Error, Result};
use crate::base::event;
use crate::base::site::State;
use crate::base::time::{Instant, When};
use crate::code::listed::{self, Wanted};
use crate::code::{changeset_href, short};
use crate::milestone::due::{Clock, Day};
use crate::query::{Query, USER, count, page_href, run};
use crate::ticket::fields::Choices;
use crate::ticket::link::class_of;
use crate::ticket::store::by_ids;
use crate::ticket::{TICKET_VIEW, reminders, ticket_href};
use crate::web::page::Alternate;
use crate::web::paging::{self, Paging};
use crate::web::{Answer, Desk, Page, Room, Sheet, Visit, address};

/// Projects on a page: each is asked for by itself.
const PER_PAGE: usize = 60;
/// Tickets and reminders that are shown of all projects together.
const ROWS: usize = 10;

pub(super) fn routes() -> Vec<Route> {
    routes![everywhere]
}

#[derive(Serialize)]
struct SitePage {
    /// The group whose projects these are; empty: all that the reader may enter.
    group: String,
    tabs: Vec<Tab>,
    tickets: Vec<TicketRow>,
    reminders: Vec<ReminderRow>,
    projects: Vec<ProjectLine>,
    /// Of a project column: whether anybody's commits are known.
    commits: bool,
    paging: Paging,
}

impl Page for SitePage {
    const TEMPLATE: &'static str = "home/site.html";
}

#[derive(Serialize)]
struct Tab {
    name: String,
    href: String,
    current: bool,
}

#[derive(Serialize)]
struct TicketRow {
    href: String,
    number: i64,
    summary: String,
    project: String,
    priority: String,
    status: Status,
    #[serde(skip)]
    rank: (usize, Reverse<Instant>),
}

/// As `ui.status` draws it.
#[derive(Serialize)]
struct Status {
    name: String,
    category: &'static str,
    href: Option<String>,
}

#[derive(Serialize)]
struct ReminderRow {
    day: Day,
    href: String,
    number: i64,
    summary: String,
    class: Option<&'static str>,
    project: String,
    text: String,
    #[serde(skip)]
    due: String,
}

#[derive(Serialize)]
struct ProjectLine {
    name: String,
    title: String,
    href: String,
    archived: bool,
    /// None: its tickets are not for this reader.
    tickets: Option<Counts>,
    active: Option<When>,
    commit: Option<Commit>,
}

#[derive(Serialize)]
struct Counts {
    open: Number,
    overdue: Number,
    mine: Number,
}

#[derive(Serialize)]
struct Number {
    count: usize,
    href: String,
}

#[derive(Serialize)]
struct Commit {
    href: String,
    short: String,
    subject: String,
    author: String,
    when: When,
}

#[get("/-/home")]
async fn everywhere(visit: Visit) -> Answer {
    visit.answer(shown).await
}

fn shown(desk: &Desk) -> Result<Answer> {
    if desk.account.is_none() {
        let next = address::segment(&desk.visit.here());
        return Ok(Answer::see(&format!("{}/-/login?next={next}", desk.base())));
    }
    let group = desk.visit.value("group").filter(|name| !name.is_empty());
    let group = group.map(|name| known_group(desk, &name)).transpose()?;
    let rooms = rooms(desk, group.as_ref().map(|(id, _)| id.as_str()))?;
    let path = format!("{}/-/home", desk.base());
    let pairs = desk.visit.pairs();
    let mut paging = Paging::new(&path, &pairs, paging::asked(desk.visit.value("page")), PER_PAGE, rooms.len());
    paging.total = rooms.len();
    let mut all = Gathered::default();
    for room in rooms.into_iter().skip(paging.offset(PER_PAGE)).take(PER_PAGE) {
        let looked = room.project.read(|db| all.look(desk, &room, db));
        if let Err(error) = looked {
            // One damaged project must not hide the others.
            log::error!("project {}: {error}", room.row.name);
        }
    }
    desk.leave();
    if desk.visit.wants_json() {
        let items: Vec<Json> = all.projects.iter().map(|line| as_json(desk, line)).collect();
        let next = paging.next.as_ref().map(|next| desk.web().address.absolute(next));
        return Answer::json(&json!({ "total": paging.total, "page": paging.page, "items": items, "next": next }));
    }
    let name = group.map(|(_, name)| name).unwrap_or_default();
    let title = if name.is_empty() { "At a glance".to_owned() } else { format!("Projects of {name}") };
    let json_href = format!("{path}?{}format=json", if name.is_empty() { String::new() } else { group_pair(&name) });
    let page = SitePage {
        tabs: tabs(desk, &path, &name)?,
        tickets: all.tickets(),
        reminders: all.reminders(),
        commits: all.projects.iter().any(|line| line.commit.is_some()),
        projects: all.projects,
        group: name,
        paging,
    };
    Sheet::new(title, page).alternates(vec![Alternate::json(json_href, "Projects as JSON")]).noindex().render(desk)
}

fn group_pair(name: &str) -> String {
    format!("group={}&", address::query_value(name))
}

/// The group of that name, for its members and for who administers the site; to anybody else there is none.
fn known_group(desk: &Desk, name: &str) -> Result<(String, String)> {
    let found = desk.site().read(|db| groups::find(db, name))?;
    found
        .filter(|(id, _)| desk.principal.administers() || desk.principal.groups.contains(id))
        .ok_or_else(|| Error::not_found(NO_PAGE))
}

/// Those of all projects, then of each group that the reader may ask for.
fn tabs(desk: &Desk, path: &str, current: &str) -> Result<Vec<Tab>> {
    let names = desk.site().read(|db| {
        if desk.principal.administers() {
            return Ok(groups::list(db)?.into_iter().map(|group| group.name).collect());
        }
        groups::names(db, &desk.principal.groups)
    })?;
    let all = Tab { name: "All projects".to_owned(), href: path.to_owned(), current: current.is_empty() };
    let of_group = |name: String| Tab {
        href: format!("{path}?group={}", address::query_value(&name)),
        current: name == current,
        name,
    };
    Ok(if names.is_empty() {
        Vec::new()
    } else {
        std::iter::once(all).chain(names.into_iter().map(of_group)).collect()
    })
}

/// The projects that the reader may enter, of one group or all.
fn rooms(desk: &Desk, group: Option<&str>) -> Result<Vec<Room>> {
    let mut rooms = Vec::new();
    for row in desk.site().projects()? {
        let name = row.name.clone();
        let entered = desk.room_of(row).and_then(|room| {
            let Some(room) = room else { return Ok(None) };
            let belongs = match group {
                Some(group) => room.project.read(|db| permissions::is_of_group(db, group))?,
                None => true,
            };
            Ok(belongs.then_some(room))
        });
        match entered {
            Ok(room) => rooms.extend(room),
            Err(error) => log::error!("project {name}: {error}"),
        }
    }
    desk.leave();
    Ok(rooms)
}

/// What was found in the projects looked at so far.
#[derive(Default)]
struct Gathered {
    tickets: Vec<TicketRow>,
    reminders: Vec<ReminderRow>,
    projects: Vec<ProjectLine>,
}

impl Gathered {
    fn look(&mut self, desk: &Desk, room: &Room, db: &Connection) -> Result<()> {
        let (viewer, root) = (&room.viewer, &room.root);
        let zone = desk.principal.zone();
        let mut tickets = None;
        if viewer.may(TICKET_VIEW) {
            let choices = Choices::load(db, viewer)?;
            let counted = |query: &Query| -> Result<Number> {
                Ok(Number { count: count(db, viewer, &choices, query)?, href: format!("{root}{}", page_href(query)) })
            };
            let mine = lists::open(&choices, &[("owner", USER)], &[("priority", false), ("changetime", true)]);
            tickets = Some(Counts {
                open: counted(&lists::open(&choices, &[], &[]))?,
                overdue: counted(&lists::open(&choices, &[("due", "..today")], &[]))?,
                mine: counted(&mine)?,
            });
            self.take_tickets(room, db, &choices, mine)?;
            self.take_reminders(room, db, &choices)?;
        }
        let commit = listed::newest(db, viewer, &Wanted::default(), 1)?.pop().map(|commit| Commit {
            href: format!("{root}{}", changeset_href(&commit.sha)),
            short: short(&commit.sha).to_owned(),
            subject: commit.subject(),
            author: viewer.shown_name(&commit.author),
            when: commit.committed_at.when(&zone),
        });
        self.projects.push(ProjectLine {
            name: room.row.name.clone(),
            title: room.row.called().to_owned(),
            href: format!("{root}/home"),
            archived: room.row.state == State::Archived,
            tickets,
            active: event::last_time_seen(db, viewer)?.map(|at| at.when(&zone)),
            commit,
        });
        Ok(())
    }

    fn take_tickets(&mut self, room: &Room, db: &Connection, choices: &Choices, mine: Query) -> Result<()> {
        let found = run(db, &room.viewer, choices, &Query { max: Some(ROWS), ..mine })?;
        let priorities: Vec<_> = choices.options.iter().filter(|row| row.field == "priority").collect();
        for line in found.lines {
            let at = priorities.iter().position(|row| Some(row.id) == line.priority);
            let status = choices.status(line.status);
            self.tickets.push(TicketRow {
                href: format!("{}{}", room.root, ticket_href(line.id)),
                number: line.id,
                project: room.row.called().to_owned(),
                priority: at.map(|at| priorities[at].name.clone()).unwrap_or_default(),
                status: Status {
                    name: status.map(|status| status.name.clone()).unwrap_or_default(),
                    category: status.map_or("open", |status| status.category.name()),
                    href: None,
                },
                rank: (at.unwrap_or(usize::MAX), Reverse(line.changed_at)),
                summary: line.summary,
            });
        }
        Ok(())
    }

    fn take_reminders(&mut self, room: &Room, db: &Connection, choices: &Choices) -> Result<()> {
        let mut found = reminders::of_viewer(db, &room.viewer, false)?;
        found.truncate(ROWS);
        if found.is_empty() {
            return Ok(());
        }
        let ids: Vec<i64> = found.iter().map(|one| one.ticket).collect();
        let (rows, clock) = (by_ids(db, &room.viewer, &ids)?, Clock::of(db)?);
        for one in found {
            let Some(row) = rows.iter().find(|row| row.id == one.ticket) else { continue };
            self.reminders.push(ReminderRow {
                day: Day::of(&one.due, &clock),
                href: format!("{}{}#reminders", room.root, ticket_href(row.id)),
                number: row.id,
                summary: row.summary.clone(),
                class: class_of(choices, row.status),
                project: room.row.called().to_owned(),
                text: one.text,
                due: one.due,
            });
        }
        Ok(())
    }

    /// Those that matter most: by the place of their priority, then those changed last.
    fn tickets(&mut self) -> Vec<TicketRow> {
        let mut tickets = std::mem::take(&mut self.tickets);
        tickets.sort_by_key(|one| one.rank);
        tickets.truncate(ROWS);
        tickets
    }

    fn reminders(&mut self) -> Vec<ReminderRow> {
        let mut reminders = std::mem::take(&mut self.reminders);
        reminders.sort_by(|one, other| one.due.cmp(&other.due));
        reminders.truncate(ROWS);
        reminders
    }
}

fn as_json(desk: &Desk, line: &ProjectLine) -> Json {
    let absolute = |href: &str| desk.web().address.absolute(href);
    let counts = line.tickets.as_ref();
    json!({
        "name": line.name,
        "title": line.title,
        "url": absolute(&line.href),
        "archived": line.archived,
        "open": counts.map(|counts| counts.open.count),
        "overdue": counts.map(|counts| counts.overdue.count),
        "mine": counts.map(|counts| counts.mine.count),
        "changetime": line.active.as_ref().map(|when| &when.iso),
        "commit": line.commit.as_ref().map(|commit| json!({
            "url": absolute(&commit.href), "subject": commit.subject, "author": commit.author, "time": commit.when.iso,
        })),
    })
}
