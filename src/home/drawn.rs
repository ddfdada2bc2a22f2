//! What each box of a page at a glance holds for one viewer at one moment.

use std::collections::HashMap;

use rusqlite::Connection;
use serde::Serialize;

use super::kinds::{Boxed, Kind, Side};
use super::lists;
use crate::base::error::Result;
use crate::base::markup::{Flavour, Html};
use crate::milestone::due::{Clock, Day};
use crate::query::{Column, Found, Query, TicketLine, page_href, table_of};
use crate::ticket::fields::{Choices, Field, Kind as FieldKind, field};
use crate::ticket::link::class_of;
use crate::ticket::plan::Planner;
use crate::ticket::store::{by_ids, newest_changes};
use crate::ticket::verbs::{ListVerbs, Subject};
use crate::ticket::{TICKET_CHGPROP, TICKET_CREATE, TICKET_VIEW, bookmarks, people, reminders, tally, ticket_href};
use crate::web::text::Reader;
use crate::web::{Desk, Room};
use crate::wiki::{WIKI_MODIFY, WIKI_VIEW, suggestion, watching};

/// Rows of a box, as many as RT shows.
const ROWS: usize = 10;
/// Columns of the boxes of tickets.
const COLUMNS: [&str; 4] = ["summary", "priority", "component", "status"];
/// Components with open tickets that are listed.
const MOST_COMPONENTS: usize = 50;

/// The fields of a box in `home/show.html`.
#[derive(Serialize)]
pub struct Shown {
    kind: &'static str,
    #[serde(skip)]
    pub side: Side,
    title: String,
    /// All of what it shows a part of.
    href: Option<String>,
    /// Empty: nothing to show.
    html: String,
    /// Said where there is nothing to show.
    empty: &'static str,
    reminders: Vec<Reminder>,
    form: Option<NewTicket>,
}

#[derive(Serialize)]
struct Reminder {
    day: Day,
    href: String,
    number: i64,
    summary: String,
    class: Option<&'static str>,
    text: String,
    done_href: String,
}

/// The short form for a new ticket.
#[derive(Serialize)]
struct NewTicket {
    action: String,
    components: Vec<Choice>,
    types: Vec<Choice>,
    /// The login of whoever may have it at once; none: who may not choose.
    me: Option<String>,
}

#[derive(Serialize)]
struct Choice {
    name: String,
    chosen: bool,
}

/// What boxes are filled from.
struct Scene<'a> {
    desk: &'a Desk,
    room: &'a Room,
    db: &'a Connection,
    choices: &'a Choices,
}

/// The boxes that this viewer has anything of. Texts, queries and charts are drawn together.
pub fn boxes(desk: &Desk, room: &Room, db: &Connection, arranged: &[Boxed]) -> Result<Vec<Shown>> {
    let choices = Choices::load(db, &room.viewer)?;
    let scene = Scene { desk, room, db, choices: &choices };
    let reader = Reader::new(desk.site(), &room.project, &room.viewer, desk.base(), &room.root)?;
    let mut compiled = Vec::new();
    for (at, one) in arranged.iter().enumerate() {
        if let Some(text) = markup_of(one) {
            compiled.push((at, reader.compiled(&text, Flavour::Page)?, format!("box-{at}-")));
        }
    }
    let texts: Vec<_> = compiled.iter().map(|(_, compiled, prefix)| (&**compiled, prefix.as_str())).collect();
    let mut htmls: HashMap<usize, Html> =
        compiled.iter().map(|(at, _, _)| *at).zip(reader.htmls(db, &texts, None)?).collect();
    let mut shown = Vec::new();
    for (at, one) in arranged.iter().enumerate() {
        let filled = match htmls.remove(&at) {
            Some(html) => Some(Shown { html: html.into_string(), ..scene.blank(one) }),
            None => scene.fill(one)?,
        };
        shown.extend(filled);
    }
    Ok(shown)
}

/// The Markdown of a box that is made of one; none for the others.
fn markup_of(one: &Boxed) -> Option<String> {
    // A call is one line.
    let content = || one.content.split_whitespace().collect::<Vec<_>>().join(" ");
    Some(match one.kind {
        Kind::Text => one.content.clone(),
        Kind::Chart => format!("[[Chart({})]]", content()),
        Kind::Query if one.content.contains("format=") => format!("[[TicketQuery({})]]", content()),
        Kind::Query => format!("[[TicketQuery({}, format=table)]]", content()),
        _ => return None,
    })
}

impl Scene<'_> {
    fn blank(&self, one: &Boxed) -> Shown {
        let about = one.kind.about();
        Shown {
            kind: about.name,
            side: one.side,
            title: if one.title.is_empty() { about.title.to_owned() } else { one.title.clone() },
            href: None,
            html: String::new(),
            empty: "",
            reminders: Vec::new(),
            form: None,
        }
    }

    /// None: nothing of that kind is for this viewer.
    fn fill(&self, one: &Boxed) -> Result<Option<Shown>> {
        let viewer = &self.room.viewer;
        let of_their_own = matches!(one.kind, Kind::Mine | Kind::Bookmarks | Kind::Reminders | Kind::Watched);
        let right = match one.kind {
            Kind::NewTicket => TICKET_CREATE,
            Kind::Watched => WIKI_VIEW,
            Kind::Suggestions => WIKI_MODIFY,
            _ => TICKET_VIEW,
        };
        if of_their_own && !viewer.signed_in() || !viewer.may(right) {
            return Ok(None);
        }
        let mut shown = self.blank(one);
        match one.kind {
            Kind::Mine => self.mine(&mut shown)?,
            Kind::Unowned => self.unowned(&mut shown)?,
            Kind::Bookmarks => self.bookmarks(&mut shown)?,
            Kind::Reminders => self.reminders(&mut shown)?,
            Kind::Counts => self.counts(&mut shown)?,
            Kind::Watched => self.watched(&mut shown)?,
            Kind::Suggestions => self.suggestions(&mut shown)?,
            Kind::NewTicket => shown.form = Some(self.new_ticket()),
            _ => return Ok(None),
        }
        Ok(Some(shown))
    }

    /// The first rows of a list of open tickets.
    fn open(&self, field: &str, value: &str, order: &[(&str, bool)]) -> Query {
        let is_used = |column: &Column| column.field().is_none_or(|field| self.choices.has(field));
        let columns = COLUMNS.into_iter().filter_map(Column::built_in).filter(is_used).collect();
        Query { columns: Some(columns), max: Some(ROWS), ..lists::open(self.choices, &[(field, value)], order) }
    }

    /// Shows what a query finds, each ticket with what can be done with it.
    fn tickets(
        &self,
        shown: &mut Shown,
        query: &Query,
        acts: impl FnOnce(&Found) -> Result<Option<HashMap<i64, Html>>>,
    ) -> Result<()> {
        let (viewer, root) = (&self.room.viewer, &self.room.root);
        let (found, html) =
            table_of(&format!("List: {}", shown.title), self.db, viewer, self.choices, root, query, acts)?;
        let all = Query { max: None, ..query.clone() };
        shown.href = Some(format!("{root}{}", page_href(&all)));
        if !found.lines.is_empty() {
            shown.html = html.into_string();
        }
        Ok(())
    }

    /// "10 highest priority tickets I own".
    fn mine(&self, shown: &mut Shown) -> Result<()> {
        shown.empty = "No open ticket is yours.";
        let query = self.open("owner", crate::query::USER, &[("priority", false), ("changetime", true)]);
        self.tickets(shown, &query, |_| Ok(None))
    }

    /// "10 newest unowned tickets", each with a button that takes it.
    fn unowned(&self, shown: &mut Shown) -> Result<()> {
        shown.empty = "Every open ticket has an owner.";
        let query = self.open("owner", "", &[("id", true)]);
        self.tickets(shown, &query, |found| self.takes(found))
    }

    fn takes(&self, found: &Found) -> Result<Option<HashMap<i64, Html>>> {
        let (viewer, root) = (&self.room.viewer, &self.room.root);
        if !viewer.signed_in() || !viewer.may(TICKET_CHGPROP) {
            return Ok(None);
        }
        let (site, actor) = (self.desk.site(), people::own(viewer));
        let planner = Planner { db: self.db, site, project: &self.room.project, viewer, actor };
        let mut verbs = ListVerbs::new(&planner, self.choices);
        let ids: Vec<i64> = found.lines.iter().map(|line| line.id).collect();
        let newest = newest_changes(self.db, &ids)?;
        let mut acts = HashMap::new();
        for line in &found.lines {
            let can = verbs.of(&subject(line))?;
            let Some(take) = can.verbs.iter().find(|verb| verb.label.starts_with("Take")) else { continue };
            let seen = newest.get(&line.id).copied().unwrap_or_default();
            let mut html = Html::default();
            html.tag("<button type=\"submit\" form=\"verbs\" name=\"action\"")
                .attribute("value", &take.action)
                .attribute("formaction", &format!("{root}{}?view_time={seen}&back=home", ticket_href(line.id)))
                .tag(">")
                .text(&take.label)
                .tag("<span class=\"unseen\"> #")
                .text(&line.id.to_string())
                .tag("</span></button>");
            acts.insert(line.id, html);
        }
        Ok((!acts.is_empty()).then_some(acts))
    }

    fn bookmarks(&self, shown: &mut Shown) -> Result<()> {
        shown.empty = "You have marked no ticket; the star on its page does it.";
        let root = &self.room.root;
        shown.href = Some(format!("{root}/bookmarks"));
        let mut ids = bookmarks::of_viewer(self.db, &self.room.viewer)?;
        ids.truncate(ROWS);
        let rows = by_ids(self.db, &self.room.viewer, &ids)?;
        let mut html = Html::default();
        for row in ids.iter().filter_map(|id| rows.iter().find(|row| row.id == *id)) {
            html.tag("<li><a").attribute("href", &format!("{root}{}", ticket_href(row.id)));
            if let Some(class) = class_of(self.choices, row.status) {
                html.attribute("class", class);
            }
            html.tag(">").text(&format!("#{}", row.id)).tag("</a> <bdi>").text(&row.summary).tag("</bdi></li>");
        }
        shown.html = list_of(&html);
        Ok(())
    }

    fn watched(&self, shown: &mut Shown) -> Result<()> {
        shown.empty = "Nothing new on the pages that you watch.";
        shown.href = Some(format!("{}{}", self.room.root, watching::PATH));
        let mut html = Html::default();
        for one in watching::news(self.db, self.room, ROWS)?.unwrap_or_default() {
            let href =
                one.diff_href.as_deref().unwrap_or(if one.saved.is_empty() { &one.message_href } else { &one.href });
            let words = [one.saved.as_str(), one.said.as_str()].into_iter().filter(|words| !words.is_empty());
            html.tag("<li><a").attribute("href", href).tag("><bdi>").text(&one.name).tag("</bdi></a> ");
            html.tag("<span class=\"muted\">").text(&words.collect::<Vec<_>>().join(", ")).tag("</span></li>");
        }
        shown.html = list_of(&html);
        Ok(())
    }

    fn suggestions(&self, shown: &mut Shown) -> Result<()> {
        shown.empty = "No suggestion is waiting.";
        let root = &self.room.root;
        shown.href = Some(format!("{root}/suggestions"));
        let mut html = Html::default();
        for (row, page) in suggestion::waiting(self.db, &self.room.viewer, ROWS)? {
            html.tag("<li><a").attribute("href", &format!("{root}{}", suggestion::href(row.id))).tag("><bdi>");
            html.text(&page).tag("</bdi></a> <span class=\"muted\">by <bdi>").text(&row.author_name).tag("</bdi>");
            if !row.comment.is_empty() {
                html.tag(": <bdi>").text(&row.comment).tag("</bdi>");
            }
            html.tag("</span></li>");
        }
        shown.html = list_of(&html);
        Ok(())
    }

    fn reminders(&self, shown: &mut Shown) -> Result<()> {
        shown.empty = "There is nothing to be reminded of.";
        let (viewer, root) = (&self.room.viewer, &self.room.root);
        shown.href = Some(format!("{root}/reminders"));
        let mut found = reminders::of_viewer(self.db, viewer, false)?;
        found.truncate(ROWS);
        if found.is_empty() {
            return Ok(());
        }
        let ids: Vec<i64> = found.iter().map(|one| one.ticket).collect();
        let (rows, clock) = (by_ids(self.db, viewer, &ids)?, Clock::of(self.db)?);
        let line = |one: &reminders::Reminder| {
            let row = rows.iter().find(|row| row.id == one.ticket)?;
            Some(Reminder {
                day: Day::of(&one.due, &clock),
                href: format!("{root}{}", ticket_href(row.id)),
                number: row.id,
                summary: row.summary.clone(),
                class: class_of(self.choices, row.status),
                text: one.text.clone(),
                done_href: format!("{root}/reminder/{}", one.id),
            })
        };
        shown.reminders = found.iter().filter_map(line).collect();
        Ok(())
    }

    /// "Quick search": each component by each state that is not closed.
    fn counts(&self, shown: &mut Shown) -> Result<()> {
        shown.empty = "There is no open ticket.";
        let Some(component) = field("component") else { return Ok(()) };
        let counts = tally::by_state(self.db, &self.room.viewer, component.name)?;
        let states: Vec<_> = self
            .choices
            .statuses
            .iter()
            .filter(|status| !status.category.is_closed() && counts.keys().any(|(_, state)| *state == status.id))
            .collect();
        let mut values: Vec<Option<i64>> = Vec::new();
        for row in self.choices.options.iter().filter(|row| row.field == component.name) {
            values.push(Some(row.id));
        }
        values.push(None);
        values.retain(|value| states.iter().any(|state| counts.contains_key(&(*value, state.id))));
        values.truncate(MOST_COMPONENTS);
        if values.is_empty() {
            return Ok(());
        }
        let mut html = Html::default();
        html.tag("<div class=\"table-wrap\"><table class=\"list glance-counts\"><thead><tr><th scope=\"col\">");
        html.text(component.label).tag("</th>");
        for state in &states {
            html.tag("<th scope=\"col\" class=\"number\">").text(&state.name).tag("</th>");
        }
        html.tag("</tr></thead><tbody>");
        for value in values {
            let name = value.map_or("", |id| self.choices.name_of(component, id));
            html.tag("<tr><th scope=\"row\">");
            self.number(&mut html, component, name, None, if name.is_empty() { "none" } else { name });
            html.tag("</th>");
            for state in &states {
                html.tag("<td class=\"number\">");
                match counts.get(&(value, state.id)) {
                    Some(tickets) => {
                        self.number(&mut html, component, name, Some(&state.name), &tickets.to_string());
                    }
                    None => {
                        html.tag("<span class=\"muted\">–</span>");
                    }
                }
                html.tag("</td>");
            }
            html.tag("</tr>");
        }
        html.tag("</tbody></table></div>");
        shown.html = html.into_string();
        Ok(())
    }

    /// A link to the open tickets of a component, of one state or of all.
    fn number(&self, html: &mut Html, component: &'static Field, name: &str, state: Option<&str>, words: &str) {
        let query = match state {
            Some(state) => lists::in_state(state, component.name, name),
            None => lists::open(self.choices, &[(component.name, name)], &[]),
        };
        html.tag("<a")
            .attribute("href", &format!("{}{}", self.room.root, page_href(&query)))
            .tag("><bdi>")
            .text(words)
            .tag("</bdi></a>");
    }

    fn new_ticket(&self) -> NewTicket {
        let viewer = &self.room.viewer;
        let choices_of = |name: &str| -> Vec<Choice> {
            let in_use = self.choices.options.iter().filter(|row| row.field == name && row.retired_at.is_none());
            in_use.map(|row| Choice { name: row.name.clone(), chosen: row.is_default }).collect()
        };
        let offers_owner = viewer.signed_in()
            && viewer.may(TICKET_CHGPROP)
            && field("owner").is_some_and(|owner| owner.kind == FieldKind::Person);
        NewTicket {
            action: format!("{}/newticket", self.room.root),
            components: choices_of("component"),
            types: choices_of("type"),
            me: offers_owner.then(|| people::own_login(viewer).to_owned()),
        }
    }
}

/// The lines of a box as a list; empty if there are none.
fn list_of(lines: &Html) -> String {
    let mut list = Html::default();
    if !lines.as_str().is_empty() {
        list.tag("<ul class=\"ticket-list\">").html(lines).tag("</ul>");
    }
    list.into_string()
}

fn subject(line: &TicketLine) -> Subject {
    Subject {
        component: line.component,
        kind: line.kind,
        status: line.status,
        owner: line.owner.as_ref().map(|owner| owner.id),
        resolution: line.resolution,
    }
}
