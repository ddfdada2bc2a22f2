//! Tickets in a table: what `templates/query/_table.html` shows, for the page and (drawn by [`Table::html`]) inside texts.

use std::borrow::Cow;
use std::collections::HashMap;

use rusqlite::Connection;
use serde::Serialize;

use super::line::is_more;
use super::narrow;
use super::run::{Found, GroupHead};
use super::tree::{Column, Order, Query};
use super::{Person, TicketLine};
use crate::base::error::Result;
use crate::base::markup::{self, Html};
use crate::base::time::Instant;
use crate::base::viewer::Viewer;
use crate::milestone::MILESTONE_VIEW;
use crate::milestone::name::href_of as milestone_href;
use crate::ticket::fields::{Choices, Field, Kind};
use crate::ticket::people::shown_to;
use crate::ticket::relations::waiting_for;
use crate::ticket::status::Category;
use crate::ticket::ticket_href;
use crate::web::address;

/// A longer list is not carried along by the links to its tickets.
const LONGEST_LIST: usize = 1_000;
/// So much of a long text stands in a cell, in characters.
const LONGEST_CELL: usize = 200;
/// There are classes for so many priorities; the rest look alike (row Q22).
const RANKS: usize = 5;
/// Before the summary of a ticket in which something is new to the reader.
const UNREAD_SIGN: &str =
    "<span class=\"unread-sign\" title=\"New since you looked\"></span><span class=\"unseen\">Unread: </span>";
/// As `ui.icon` draws it.
const STAR: &str = "m8 1.9 1.9 3.9 4.3.6-3.1 3 .7 4.3L8 11.7l-3.8 2 .7-4.3-3.1-3 4.3-.6z";

/// The fields of `query/_table.html`.
#[derive(Debug, Serialize)]
pub struct Table {
    pub label: Cow<'static, str>,
    pub columns: Vec<Head>,
    pub groups: Vec<Group>,
}

#[derive(Debug, Serialize)]
pub struct Head {
    pub name: &'static str,
    pub label: &'static str,
    pub href: Option<String>,
    pub sorted: Option<&'static str>,
}

#[derive(Debug, Serialize)]
pub struct Group {
    pub heading_html: String,
    pub label: &'static str,
    pub count: usize,
    pub continued: bool,
    /// All its rows: a template that draws hundreds of cells costs more than finding what is in them.
    pub rows_html: String,
}

/// Draws what one query found for one viewer.
pub struct Drawing<'a> {
    pub query: &'a Query,
    pub choices: &'a Choices,
    pub viewer: &'a Viewer,
    /// Base path and project.
    pub root: &'a str,
    /// What the links to tickets carry along (row C16).
    list: Option<String>,
    /// What can be done with each ticket by one click, by its number; none: such a column is not wanted.
    acts: Option<HashMap<i64, Html>>,
    /// What addresses of this list have beside the query: `&verbs=1`.
    aside: &'static str,
    /// The tickets that the reader has marked; none where nothing can be marked.
    marked: Option<Vec<i64>>,
}

impl<'a> Drawing<'a> {
    pub fn new(query: &'a Query, choices: &'a Choices, viewer: &'a Viewer, root: &'a str) -> Self {
        let list = format!("query:{}", Query { page: 1, ..query.clone() }.to_address());
        let list = (list.len() <= LONGEST_LIST).then(|| address::query_value(&list));
        Self { query, choices, viewer, root, list, acts: None, aside: "", marked: None }
    }

    /// The same with a column of what can be done; `aside` asks for it in addresses.
    pub fn with_acts(self, acts: HashMap<i64, Html>, aside: &'static str) -> Self {
        Self { acts: Some(acts), aside, ..self }
    }

    /// The same with a star beside each ticket: a button of the form `bookmark`, which the page has.
    pub fn with_stars(self, marked: Vec<i64>) -> Self {
        Self { marked: Some(marked), ..self }
    }

    /// The address of the ticket in a line of the whole list, counted from 0.
    pub fn ticket_href(&self, id: i64, at: usize) -> String {
        let href = format!("{}{}", self.root, ticket_href(id));
        match &self.list {
            Some(list) => format!("{href}?list={list}&at={at}"),
            None => href,
        }
    }

    /// The lines in their groups; `more` gives what stands beneath a line over the full width.
    pub fn table(&self, found: &Found, sorts: bool, more: impl Fn(&TicketLine) -> Result<Vec<Html>>) -> Result<Table> {
        let columns = self.query.shown_columns(self.choices);
        let mut groups = Vec::new();
        for (head, first, last) in parts(found) {
            let mut rows = Html::default();
            for (at, line) in found.lines.iter().enumerate().take(last).skip(first) {
                let href = self.ticket_href(line.id, found.offset + at);
                self.row(&mut rows, line, &columns, &href, &more(line)?);
            }
            let rows_html = rows.into_string();
            let field = self.query.group.and_then(|group| group.column.field());
            groups.push(match head.zip(field) {
                None => Group { heading_html: String::new(), label: "", count: 0, continued: false, rows_html },
                Some((head, field)) => Group {
                    heading_html: self.heading(field, head, found).into_string(),
                    label: field.label,
                    count: head.total,
                    continued: head.continued,
                    rows_html,
                },
            });
        }
        let mut columns: Vec<Head> = columns.iter().map(|column| self.head(*column, sorts)).collect();
        if self.acts.is_some() {
            columns.push(Head { name: "acts", label: "Act", href: None, sorted: None });
        }
        Ok(Table { label: Cow::Borrowed("Tickets"), columns, groups })
    }

    fn row(&self, html: &mut Html, line: &TicketLine, columns: &[Column], href: &str, more: &[Html]) {
        html.tag("<tr role=\"row\" class=\"rank-").text(&rank(self.choices, line).to_string());
        if line.category(self.choices).is_closed() {
            html.tag(" is-closed");
        }
        if !more.is_empty() {
            html.tag(" has-more");
        }
        if line.unread {
            html.tag(" is-unread");
        }
        html.tag("\">");
        // The sign stands by the day, where that is shown.
        let sign = self
            .is_late(line)
            .then(|| if columns.iter().any(|column| column.name() == "due") { "due" } else { "summary" });
        for (at, column) in columns.iter().enumerate() {
            let mut cell = self.cell(line, *column, href);
            if at == 0
                && let Some(marked) = &self.marked
            {
                self.star(&mut cell, line.id, marked.contains(&line.id));
            }
            if sign == Some(column.name()) {
                late(&mut cell, line.due.as_deref().unwrap_or_default());
            }
            html.tag("<td role=\"cell\" class=\"col-").tag(column.name());
            if cell.as_str().is_empty() {
                html.tag(" blank");
            }
            html.tag("\"").attribute("data-label", column.label()).tag(">").html(&cell).tag("</td>");
        }
        if let Some(acts) = &self.acts {
            html.tag("<td role=\"cell\" class=\"col-acts\" data-label=\"Act\">");
            if let Some(act) = acts.get(&line.id) {
                html.html(act);
            }
            html.tag("</td>");
        }
        html.tag("</tr>\n");
        let across = columns.len() + usize::from(self.acts.is_some());
        for more in more {
            html.tag("<tr class=\"full\" role=\"row\"><td role=\"cell\"")
                .attribute("colspan", &across.to_string())
                .tag("><div class=\"text\" dir=\"auto\">")
                .html(more)
                .tag("</div></td></tr>\n");
        }
    }

    /// The value that a group has in common, as a link to what it is or to its tickets.
    pub fn heading(&self, field: &'static Field, head: &GroupHead, found: &Found) -> Html {
        if field.kind == Kind::Milestone
            && let Some(id) = head.id
        {
            return self.milestone(id);
        }
        let person = found.lines.get(head.first).and_then(|line| match field.name {
            "owner" => line.owner.as_ref(),
            "reporter" => line.reporter.as_ref(),
            _ => None,
        });
        let words = match (person, head.value.as_str()) {
            (Some(person), _) => person.called(),
            (None, "") => "None".to_owned(),
            (None, value) => value.to_owned(),
        };
        // An address that is shortened for this reader would be whole in the link.
        let hidden = hides_addresses(self.viewer) && field.kind == Kind::Person && head.value.contains('@');
        let narrow =
            if hidden { None } else { narrow::to_value(self.query, Column::Of(field), &head.value, self.viewer) };
        let mut html = Html::default();
        match narrow {
            Some(narrow) => html
                .tag("<a")
                .attribute("href", &format!("{}{}", self.root, narrow.href()))
                .tag("><bdi>")
                .text(&words)
                .tag("</bdi></a>"),
            None => html.tag("<bdi>").text(&words).tag("</bdi>"),
        };
        html
    }

    fn head(&self, column: Column, sorts: bool) -> Head {
        let first = self.query.effective_order().first().copied().filter(|first| first.column == column);
        let order = vec![Order { column, descending: first.is_some_and(|first| !first.descending) }];
        let sorted = Query { order, page: 1, ..self.query.clone() };
        Head {
            name: column.name(),
            label: column.label(),
            href: sorts.then(|| format!("{}{}{}", self.root, sorted.href(), self.aside)),
            sorted: first.map(|first| if first.descending { "desc" } else { "asc" }),
        }
    }

    /// A link to the ticket, struck through if it is closed.
    pub fn ticket_link(&self, line: &TicketLine, href: &str, words: &str, title: &str) -> Html {
        let mut html = Html::default();
        html.tag("<a").attribute("href", href);
        if line.category(self.choices).is_closed() {
            html.tag(" class=\"closed\"");
        }
        if !title.is_empty() {
            html.attribute("title", title);
        }
        html.tag(" dir=\"auto\">").text(words).tag("</a>");
        html
    }

    fn is_late(&self, line: &TicketLine) -> bool {
        line.is_late && !line.category(self.choices).is_closed()
    }

    fn star(&self, html: &mut Html, id: i64, on: bool) {
        html.tag("<button class=\"quiet star-button").tag(if on { " star-on\"" } else { "\"" });
        html.tag(" type=\"submit\" form=\"bookmark\" name=\"on\" value=\"").tag(if on { "0" } else { "1" });
        html.tag("\" aria-pressed=\"").tag(if on { "true\"" } else { "false\"" });
        html.attribute("formaction", &format!("{}{}/bookmark", self.root, ticket_href(id)))
            .attribute("aria-label", &format!("Bookmark #{id}"))
            .tag("><svg class=\"icon icon-star\" viewBox=\"0 0 16 16\" width=\"16\" height=\"16\" ")
            .tag("aria-hidden=\"true\" focusable=\"false\"><path d=\"")
            .tag(STAR)
            .tag("\"/></svg></button>");
    }

    fn cell(&self, line: &TicketLine, column: Column, href: &str) -> Html {
        let Column::Of(field) = column else { return self.ticket_link(line, href, &format!("#{}", line.id), "") };
        let mut html = Html::default();
        match (field.name, field.kind) {
            ("description", _) => {
                html.text(&shortened(&markup::plain(line.description.as_deref().unwrap_or_default()), LONGEST_CELL));
            }
            ("reporter", _) => html = people(line.reporter.as_slice()),
            ("owner", _) => html = people(line.owner.as_slice()),
            ("cc", _) => html = people(&line.cc),
            ("keywords", _) => {
                html.text(&line.keywords);
            }
            (_, Kind::Status) => {
                html = self.status(line);
                if let Some((words, href)) = waiting_for(&line.waiting) {
                    html.tag(" <a class=\"waiting-for\"").attribute("href", &format!("{}{href}", self.root));
                    html.tag(">").text(&words).tag("</a>");
                }
            }
            (_, Kind::Tickets) => html = self.tickets(line, field),
            (_, Kind::Moment) => html = line.time(field).map(|at| self.time(at)).unwrap_or_default(),
            _ if column.is_unread() => {
                if line.unread {
                    html.tag("<span class=\"fresh\">new</span>");
                }
            }
            ("summary", _) => {
                if line.unread {
                    html.tag(UNREAD_SIGN);
                }
                html.html(&self.ticket_link(line, href, &line.summary, ""));
            }
            _ if is_more(field) && field.kind != Kind::Time => {
                let shown = line.more.get(field.name).map_or("", |cell| cell.shown.as_str());
                html.text(&shortened(shown, LONGEST_CELL));
            }
            (_, Kind::Milestone) => html = line.milestone.map(|id| self.milestone(id)).unwrap_or_default(),
            (_, Kind::Time) => html = line.time(field).map(|at| self.time(at)).unwrap_or_default(),
            _ => {
                html.text(line.choice(field).map_or("", |id| self.choices.name_of(field, id)));
            }
        }
        html
    }

    /// Numbers that lead to their tickets.
    fn tickets(&self, line: &TicketLine, field: &Field) -> Html {
        let mut html = Html::default();
        for (at, number) in line.more.get(field.name).into_iter().flat_map(|cell| &cell.tickets).enumerate() {
            if at > 0 {
                html.tag(", ");
            }
            let href = format!("{}{}", self.root, ticket_href(*number));
            html.tag("<a").attribute("href", &href).tag(">#").text(&number.to_string()).tag("</a>");
        }
        html
    }

    /// As `ui.status` draws it.
    pub fn status(&self, line: &TicketLine) -> Html {
        let name = self.choices.status(line.status).map_or("", |status| status.name.as_str());
        let mut html = status_sign(line.category(self.choices));
        html.text(name).tag("</span>");
        html
    }

    /// Its name, which all may read on a ticket; a link for those who may see the milestone itself.
    fn milestone(&self, id: i64) -> Html {
        let mut html = Html::default();
        let Some(row) = self.choices.milestone(id) else { return html };
        if self.viewer.may(MILESTONE_VIEW) && self.viewer.sees_class(row.acl) {
            let href = format!("{}{}", self.root, milestone_href(&row.name));
            html.tag("<a").attribute("href", &href);
            if row.completed_at.is_some() {
                html.tag(" class=\"closed\"");
            }
            html.tag("><bdi>").text(&row.name).tag("</bdi></a>");
        } else {
            html.tag("<bdi>").text(&row.name).tag("</bdi>");
        }
        html
    }

    fn time(&self, at: Instant) -> Html {
        let when = at.when(&self.viewer.zone());
        let mut html = Html::default();
        html.tag("<time").attribute("datetime", &when.iso).attribute("title", &when.exact).tag(">");
        html.text(&when.ago).tag("</time>");
        html
    }
}

impl Table {
    /// As the template draws it.
    pub fn html(&self) -> Html {
        let mut html = Html::default();
        html.tag("<div class=\"table-wrap tickets-wrap\" tabindex=\"0\" role=\"region\"")
            .attribute("aria-label", &self.label)
            .tag(
                "><table class=\"list tickets ticket-table\" role=\"table\"><thead role=\"rowgroup\"><tr role=\"row\">",
            );
        for column in &self.columns {
            html.tag("<th scope=\"col\" role=\"columnheader\"")
                .attribute("class", &format!("col-{}", column.name))
                .tag(">")
                .text(column.label)
                .tag("</th>");
        }
        html.tag("</tr></thead>");
        let across = self.columns.len().to_string();
        for group in &self.groups {
            if !group.label.is_empty() {
                html.tag("<tbody class=\"group\" role=\"rowgroup\"><tr role=\"row\">")
                    .tag("<th scope=\"colgroup\" role=\"rowheader\"")
                    .attribute("colspan", &across)
                    .tag("><span class=\"muted\">")
                    .text(group.label)
                    .tag("</span> ")
                    .html(&Html::trusted(group.heading_html.clone()))
                    .tag(" <span class=\"muted figures\">")
                    .text(&group.count.to_string())
                    .tag("</span></th></tr></tbody>");
            }
            html.tag("<tbody role=\"rowgroup\">").html(&Html::trusted(group.rows_html.clone())).tag("</tbody>");
        }
        html.tag("</table></div>");
        html
    }
}

/// The first page of what a query finds, as a table for other pages, which calls it `label`; `acts` gives what can be done
/// with each ticket.
pub fn table_of(
    label: &str,
    db: &Connection,
    viewer: &Viewer,
    choices: &Choices,
    root: &str,
    query: &Query,
    acts: impl FnOnce(&Found) -> Result<Option<HashMap<i64, Html>>>,
) -> Result<(Found, Html)> {
    let mut found = super::run(db, viewer, choices, query)?;
    shorten_addresses(&mut found, viewer, query);
    let mut drawing = Drawing::new(query, choices, viewer, root);
    if let Some(acts) = acts(&found)? {
        drawing = drawing.with_acts(acts, "");
    }
    let table = Table { label: label.to_owned().into(), ..drawing.table(&found, false, |_| Ok(Vec::new()))? };
    Ok((found, table.html()))
}

/// The place of a ticket's priority among those that have a class of their own; 0 without one.
pub(super) fn rank(choices: &Choices, line: &TicketLine) -> usize {
    let place = |priority| choices.options("priority").position(|option| option.id == priority);
    line.priority.and_then(place).map_or(0, |place| (place + 1).min(RANKS))
}

/// The beginning of a state as `ui.status` draws it: shape and colour of its category, before its name.
pub(super) fn status_sign(category: Category) -> Html {
    let mut html = Html::default();
    html.tag(match category {
        Category::Open => concat!(
            "<span class=\"status status-open\"><svg class=\"icon icon-status-open\" viewBox=\"0 0 16 16\" ",
            "width=\"16\" height=\"16\" aria-hidden=\"true\" focusable=\"false\"><circle cx=\"8\" cy=\"8\" ",
            "r=\"5.25\"/></svg>"
        ),
        Category::Waiting => concat!(
            "<span class=\"status status-waiting\"><svg class=\"icon icon-status-waiting\" viewBox=\"0 0 16 16\" ",
            "width=\"16\" height=\"16\" aria-hidden=\"true\" focusable=\"false\"><circle cx=\"8\" cy=\"8\" ",
            "r=\"5.25\"/><path d=\"M6.4 5.9v4.2M9.6 5.9v4.2\"/></svg>"
        ),
        Category::Closed => concat!(
            "<span class=\"status status-closed\"><svg class=\"icon icon-status-closed\" viewBox=\"0 0 16 16\" ",
            "width=\"16\" height=\"16\" aria-hidden=\"true\" focusable=\"false\"><circle class=\"filled\" ",
            "cx=\"8\" cy=\"8\" r=\"6\"/><path class=\"cut\" d=\"m5.25 8.25 2 2 3.5-4.25\"/></svg>"
        ),
    });
    html
}

/// The groups of a page with their first line and the one after their last; one part where nothing groups.
pub fn parts(found: &Found) -> Vec<(Option<&GroupHead>, usize, usize)> {
    if found.groups.is_empty() {
        return vec![(None, 0, found.lines.len())];
    }
    let ends = found.groups.iter().skip(1).map(|next| next.first).chain([found.lines.len()]);
    found.groups.iter().zip(ends).map(|(head, end)| (Some(head), head.first, end)).collect()
}

/// What says that a ticket is late: a sign and its colour, in words for those who hear it.
pub(super) fn late(html: &mut Html, due: &str) {
    html.tag(" <span class=\"overdue\"").attribute("title", &format!("It was due on {due}")).tag(
        "><svg class=\"icon icon-due-late\" viewBox=\"0 0 16 16\" width=\"16\" height=\"16\" aria-hidden=\"true\" \
         focusable=\"false\"><path d=\"M8 2.25 14.5 13.5h-13z\"/><path d=\"M8 6.5v3.25M8 11.5v.25\"/></svg>",
    );
    html.tag("<span class=\"unseen\">late</span></span>");
}

fn people(people: &[Person]) -> Html {
    let mut html = Html::default();
    for (at, person) in people.iter().enumerate() {
        if at > 0 {
            html.text(", ");
        }
        let called = person.called();
        html.tag("<bdi");
        if called != person.login {
            html.attribute("title", &person.login);
        }
        html.tag(">").text(&called).tag("</bdi>");
    }
    html
}

/// Whether addresses of people are shortened for this viewer: nobody who is not signed in collects them (row Q23).
pub fn hides_addresses(viewer: &Viewer) -> bool {
    !viewer.signed_in() && !viewer.principal.is_operator()
}

/// Shortens every name that is an address, for a viewer from whom they are kept: `kim@…`.
pub fn shorten_addresses(found: &mut Found, viewer: &Viewer, query: &Query) {
    if !hides_addresses(viewer) {
        return;
    }
    let shorten = |name: &mut String| *name = shown_to(viewer, name);
    for line in &mut found.lines {
        for person in line.reporter.iter_mut().chain(&mut line.owner).chain(&mut line.cc) {
            shorten(&mut person.login);
            shorten(&mut person.display_name);
        }
    }
    if query.group.and_then(|group| group.column.field()).is_some_and(|field| field.kind == Kind::Person) {
        found.groups.iter_mut().for_each(|head| shorten(&mut head.value));
    }
}

/// The beginning of a text on one line.
pub fn shortened(text: &str, longest: usize) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(longest) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}
