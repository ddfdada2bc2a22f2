//! The roadmap: `/<project>/roadmap?show=completed&show=noduedate` (rows M02, M03), as a page, a feed, a calendar, JSON.

use rocket::{Route, get, routes};
use rusqlite::Connection;
use serde::Serialize;
use serde_json::{Value, json};

use super::calendar;
use super::progress::{self, Progress};
use super::shown::{Due, as_json, href};
use super::work::{self, Work};
use super::{NO_ROADMAP, ROADMAP_VIEW};
use crate::base::error::{Error, Result};
use crate::base::markup::{Flavour, Here, Html};
use crate::base::resource::Resource;
use crate::base::time::Instant;
use crate::milestone::due::{self, Clock};
use crate::milestone::store::{self, MilestoneRow};
use crate::milestone::{MILESTONE_CREATE, MILESTONE_MODIFY, MILESTONE_VIEW};
use crate::ticket::fields::Choices;
use crate::ticket::ways::{self, Way};
use crate::web::address;
use crate::web::feed::{Entry, Feed};
use crate::web::form::shortened;
use crate::web::page::Alternate;
use crate::web::paging::{self, Paging};
use crate::web::text::Reader;
use crate::web::{Answer, Desk, Page, Room, Sheet, Visit};

const PER_PAGE: usize = 50;
const FEED_ENTRIES: usize = 50;

pub fn routes() -> Vec<Route> {
    routes![roadmap]
}

#[get("/<project>/roadmap")]
async fn roadmap(visit: Visit, project: String) -> Answer {
    visit.answer(move |desk| answered(desk, &project)).await
}

#[derive(Serialize)]
struct RoadmapPage {
    milestones: Vec<Item>,
    shows: Vec<Switch>,
    hidden: usize,
    ways: Vec<Way>,
    ics_href: Option<String>,
    feed_href: Option<String>,
    new_href: Option<String>,
    paging: Paging,
}

impl Page for RoadmapPage {
    const TEMPLATE: &'static str = "roadmap/index.html";
}

#[derive(Serialize)]
struct Item {
    name: String,
    href: String,
    due: Due,
    progress: Progress,
    work: Option<Work>,
    description_html: String,
    edit_href: Option<String>,
}

#[derive(Serialize)]
struct Switch {
    label: &'static str,
    href: String,
    on: bool,
}

/// Which milestones are asked for.
#[derive(Clone, Copy, Default)]
struct Show {
    completed: bool,
    /// Leaves out those without a date.
    noduedate: bool,
}

impl Show {
    fn asked(desk: &Desk) -> Result<Self> {
        let mut show = Self::default();
        for (_, value) in desk.visit.pairs().into_iter().filter(|(name, _)| name == "show") {
            match value.as_str() {
                "completed" => show.completed = true,
                "noduedate" => show.noduedate = true,
                "" => {}
                other => {
                    let message = format!("`show` is `completed` or `noduedate`, not `{}`.", shortened(other));
                    return Err(Error::invalid("show", message));
                }
            }
        }
        Ok(show)
    }

    fn shows(self, row: &MilestoneRow) -> bool {
        (self.completed || row.completed_at.is_none())
            && (!self.noduedate || row.due.is_some() || row.completed_at.is_some())
    }

    fn href(self, root: &str) -> String {
        let mut names = Vec::new();
        if self.completed {
            names.push("show=completed");
        }
        if self.noduedate {
            names.push("show=noduedate");
        }
        if names.is_empty() { format!("{root}/roadmap") } else { format!("{root}/roadmap?{}", names.join("&")) }
    }

    /// The same list in another format.
    fn format(self, root: &str, more: &str) -> String {
        let href = self.href(root);
        let sign = if href.contains('?') { '&' } else { '?' };
        format!("{href}{sign}{more}")
    }
}

fn answered(desk: &Desk, project: &str) -> Result<Answer> {
    let room = desk.room(project)?;
    room.viewer.require_to_see(ROADMAP_VIEW, NO_ROADMAP)?;
    let show = Show::asked(desk)?;
    let format = desk.visit.value("format");
    room.project.read(|db| {
        let all = if room.viewer.may(MILESTONE_VIEW) { store::list(db, &room.viewer)? } else { Vec::new() };
        let count = all.len();
        let rows: Vec<MilestoneRow> = all.into_iter().filter(|row| show.shows(row)).collect();
        match format.as_deref() {
            None | Some("" | "html" | "json") if desk.visit.wants_json() => listed(desk, db, &room, &rows),
            None | Some("" | "html") => as_page(desk, db, &room, show, &rows, count),
            Some("ics") => calendar::answer(desk, db, &room, &rows, desk.visit.value("user").as_deref()),
            Some("atom" | "rss") => feed(desk, db, &room, show, rows),
            Some(other) => Err(Error::invalid("format", format!("There is no format `{}` here.", shortened(other)))),
        }
    })
}

fn as_page(
    desk: &Desk,
    db: &Connection,
    room: &Room,
    show: Show,
    rows: &[MilestoneRow],
    count: usize,
) -> Result<Answer> {
    let viewer = &room.viewer;
    let pairs: Vec<(String, String)> =
        desk.visit.pairs().into_iter().filter(|(name, _)| name == "show" || name == work::ASKS).collect();
    let page = paging::asked(desk.visit.value("page"));
    let paging = Paging::new(&format!("{}/roadmap", room.root), &pairs, page, PER_PAGE, rows.len());
    let shown: Vec<MilestoneRow> = rows.iter().skip(paging.offset(PER_PAGE)).take(PER_PAGE).cloned().collect();
    let clock = Clock::of(db)?;
    let choices = Choices::load(db, &room.viewer)?;
    let bars = progress::of_milestones(db, viewer, &shown, &choices, &room.root)?;
    let by_estimate = work::is_wanted(desk, db)?;
    let minutes = if by_estimate {
        let ids: Vec<i64> = shown.iter().map(|row| row.id).collect();
        work::minutes(db, viewer, &choices, &ids)?
    } else {
        Vec::new()
    };
    let reader = Reader::new(desk.site(), &room.project, viewer, desk.base(), &room.root)?;
    let mut milestones = Vec::new();
    for (row, (_, progress)) in shown.iter().zip(bars) {
        let href = href(room, row);
        milestones.push(Item {
            name: row.name.clone(),
            due: Due::of(row, &clock),
            progress,
            work: minutes.iter().find(|minutes| minutes.milestone == row.id).map(Work::of),
            description_html: described(db, &reader, row)?.into_string(),
            edit_href: viewer.may(MILESTONE_MODIFY).then(|| format!("{href}?action=edit")),
            href,
        });
    }
    let user = viewer.principal.identity.as_ref().map(|identity| identity.login.clone());
    let calendar = match user {
        Some(login) => format!("format=ics&user={}", address::query_value(&login)),
        None => "format=ics".to_owned(),
    };
    let (ics, atom) = (show.format(&room.root, &calendar), show.format(&room.root, "format=atom"));
    let creates = viewer.may(MILESTONE_VIEW) && viewer.may(MILESTONE_CREATE);
    let sheet = RoadmapPage {
        milestones,
        shows: vec![
            Switch {
                label: "Completed ones too",
                href: Show { completed: !show.completed, ..show }.href(&room.root),
                on: show.completed,
            },
            Switch {
                label: "Only those with a date",
                href: Show { noduedate: !show.noduedate, ..show }.href(&room.root),
                on: show.noduedate,
            },
            Switch {
                label: "By estimated time",
                href: show.format(&room.root, if by_estimate { "by_estimate=0" } else { "by_estimate=1" }),
                on: by_estimate,
            },
        ],
        hidden: count - rows.len(),
        ways: ways::of_plan(desk.site().components(), viewer, &room.root, "Roadmap"),
        ics_href: Some(ics.clone()),
        feed_href: Some(atom.clone()),
        new_href: creates.then(|| format!("{}/milestone?action=new", room.root)),
        paging,
    };
    let alternates = vec![
        Alternate { href: ics, media_type: "text/calendar", title: "Calendar of the roadmap".to_owned() },
        Alternate { href: atom, media_type: "application/atom+xml", title: "Milestones".to_owned() },
        Alternate::json(show.format(&room.root, "format=json"), "Milestones"),
    ];
    Sheet::new("Roadmap", sheet).at("/roadmap").alternates(alternates).render(desk)
}

/// The description for this viewer.
pub(super) fn described(db: &Connection, reader: &Reader<'_>, row: &MilestoneRow) -> Result<Html> {
    let compiled = reader.compiled(&row.description, Flavour::Page)?;
    let here = Here { resource: Resource::new("milestone", row.id), name: row.name.clone() };
    reader.html(db, &compiled, Some(&here))
}

fn listed(desk: &Desk, db: &Connection, room: &Room, rows: &[MilestoneRow]) -> Result<Answer> {
    let pairs = desk.visit.pairs();
    let page = paging::asked(desk.visit.value("page"));
    let paging = Paging::new(&format!("{}/roadmap", room.root), &pairs, page, PER_PAGE, rows.len());
    let shown: Vec<MilestoneRow> = rows.iter().skip(paging.offset(PER_PAGE)).take(PER_PAGE).cloned().collect();
    let bars = progress::of_milestones(db, &room.viewer, &shown, &*Choices::load(db, &room.viewer)?, &room.root)?;
    let items: Vec<Value> = shown.iter().zip(&bars).map(|(row, bar)| as_json(desk, room, row, bar)).collect();
    let next = paging.next.as_ref().map(|href| desk.web().address.absolute(href));
    Answer::json(&json!({ "total": paging.total, "page": paging.page, "items": items, "next": next }))
}

/// The milestones that were changed last.
fn feed(desk: &Desk, db: &Connection, room: &Room, show: Show, mut rows: Vec<MilestoneRow>) -> Result<Answer> {
    rows.sort_by_key(|row| std::cmp::Reverse((row.changed_at, row.id)));
    rows.truncate(FEED_ENTRIES);
    let clock = Clock::of(db)?;
    let bars = progress::of_milestones(db, &room.viewer, &rows, &*Choices::load(db, &room.viewer)?, &room.root)?;
    let absolute = |href: &str| desk.web().address.absolute(href);
    let updated = rows.first().map_or(Instant(0), |row| row.changed_at);
    let mut entries = Vec::new();
    for (row, (_, progress)) in rows.iter().zip(bars) {
        entries.push(Entry {
            title: row.name.clone(),
            id: absolute(&format!("{}/milestone#{}", room.root, row.id)),
            url: absolute(&href(room, row)),
            updated: row.changed_at.iso(),
            author: store::author_of(db, row)?,
            summary_html: told(&due::standing(row, &clock).sentence(), &progress).into_string(),
        });
    }
    let home = absolute(&show.href(&room.root));
    Feed {
        title: format!("{}: milestones", room.row.called()),
        subtitle: String::new(),
        id: home.clone(),
        self_url: absolute(&show.format(&room.root, "format=atom")),
        html_url: home,
        updated: updated.iso(),
        entries,
    }
    .render(desk)
}

fn told(standing: &str, progress: &Progress) -> Html {
    let tickets = match progress.total {
        0 => "no tickets".to_owned(),
        total => format!("{} of {total} tickets done ({}%)", progress.done, progress.percent),
    };
    let mut html = Html::default();
    html.tag("<p>").text(&format!("{standing}; {tickets}.")).tag("</p>");
    html
}
