//! A board as HTML: its columns, its rows, its cards, and with each card what it can be moved to. Written here and not in a
//! template, since a board has a hundred cards.
//!
//! Every card can be moved without scripts: its menu and its button belong to the form `move` of the page. Scripts let it be
//! dragged (static/board.js): what may be dropped where is what its menu offers.

use std::collections::HashMap;

use super::board::{Asked, Board, Cell, Value};
use super::line::TicketLine;
use super::table::hides_addresses;
use super::tree::{Column, Query};
use super::{narrow, pages};
use crate::base::error::Result;
use crate::base::markup::Html;
use crate::base::viewer::Viewer;
use crate::ticket::fields::{Choices, Field, Kind};
use crate::ticket::moves::ListMoves;
use crate::ticket::relations::waiting_for;
use crate::ticket::status::Category;
use crate::ticket::ticket_href;
use crate::ticket::verbs::Subject;

/// What is drawn, and for whom.
pub(super) struct Drawn<'a> {
    pub board: &'a Board,
    pub asked: &'a Asked,
    pub choices: &'a Choices,
    pub viewer: &'a Viewer,
    pub root: &'a str,
    /// The newest change of each ticket, which a move has seen.
    pub newest: &'a HashMap<i64, i64>,
    /// Anything can be moved at all, and to values of fields, too.
    pub may_move: bool,
    pub changes_fields: bool,
}

impl Drawn<'_> {
    pub fn html(&self, moves: &mut ListMoves<'_>) -> Result<Html> {
        let mut html = Html::default();
        let in_rows = self.asked.rows.is_some();
        if in_rows {
            html.tag("<div class=\"board-lane board-heads\">");
            for (at, column) in self.board.columns.iter().enumerate() {
                html.tag("<div class=\"board-column\">");
                self.heading(&mut html, column, at);
                html.tag("</div>");
            }
            html.tag("</div>");
        }
        for (number, row) in self.board.rows.iter().enumerate() {
            if in_rows {
                html.tag("<h2 class=\"board-row\"").attribute("id", &format!("row-{number}")).tag("><bdi>");
                html.text(&row.label).tag("</bdi> <span class=\"muted figures\">");
                html.text(&self.board.in_row(row).to_string()).tag("</span></h2>");
            }
            html.tag("<div class=\"board-lane\">");
            for (at, column) in self.board.columns.iter().enumerate() {
                let labels = if in_rows { format!("row-{number} column-{at}") } else { format!("column-{at}") };
                html.tag("<section class=\"board-column\"").attribute("aria-labelledby", &labels).tag(">");
                if !in_rows {
                    self.heading(&mut html, column, at);
                }
                self.cell(&mut html, moves, column, row)?;
                html.tag("</section>");
            }
            html.tag("</div>");
        }
        Ok(html)
    }

    fn heading(&self, html: &mut Html, column: &Value, at: usize) {
        html.tag(if self.asked.rows.is_some() { "<p class=\"board-head\"" } else { "<h2 class=\"board-head\"" })
            .attribute("id", &format!("column-{at}"))
            .tag(">");
        match column.category {
            Some(category) => status(html, category, &column.label),
            None => {
                html.tag("<bdi>").text(&column.label).tag("</bdi>");
            }
        }
        html.tag(" <span class=\"muted figures\">").text(&self.board.in_column(column).to_string()).tag("</span>");
        html.tag(if self.asked.rows.is_some() { "</p>" } else { "</h2>" });
    }

    fn cell(&self, html: &mut Html, moves: &mut ListMoves<'_>, column: &Value, row: &Value) -> Result<()> {
        html.tag("<ul class=\"cards\"");
        if column.takes {
            html.attribute("data-column", &target(self.asked.columns, column));
        }
        if let Some(field) = self.asked.rows.filter(|_| row.takes) {
            html.attribute("data-row", &target(field, row));
        }
        html.tag(">");
        let empty = Cell::default();
        let cell = self.board.cell(column, row).unwrap_or(&empty);
        for line in &cell.lines {
            self.card(html, moves, line, (column, row))?;
        }
        html.tag("</ul>");
        let more = cell.total.saturating_sub(cell.lines.len());
        if more > 0 {
            html.tag("<p class=\"board-more\">");
            let words = format!("{more} more");
            match self.list_of(column, row) {
                Some(query) => {
                    let href = format!("{}{}", self.root, pages::href(&query));
                    html.tag("<a").attribute("href", &href).tag(">").text(&words).tag("</a>");
                }
                None => {
                    html.text(&words);
                }
            }
            html.tag("</p>");
        }
        Ok(())
    }

    /// The list of all tickets of a cell.
    fn list_of(&self, column: &Value, row: &Value) -> Option<Query> {
        let narrowed = |query: &Query, field: &'static Field, value: &Value| {
            let nameless = value.name.is_empty() && value.id.is_some();
            let hidden = field.kind == Kind::Person && hides_addresses(self.viewer) && value.name.contains('@');
            let query = narrow::to_value(query, Column::Of(field), &value.name, self.viewer);
            query.filter(|_| !nameless && !hidden)
        };
        let query = narrowed(&self.asked.query, self.asked.columns, column)?;
        match self.asked.rows {
            Some(field) => narrowed(&query, field, row),
            None => Some(query),
        }
    }

    fn card(
        &self,
        html: &mut Html,
        moves: &mut ListMoves<'_>,
        line: &TicketLine,
        (column, row): (&Value, &Value),
    ) -> Result<()> {
        let href = format!("{}{}", self.root, ticket_href(line.id));
        let closed = line.category(self.choices).is_closed();
        let rank = super::table::rank(self.choices, line);
        let class = format!("card rank-{rank}{}", if closed { " is-closed" } else { "" });
        html.tag("<li").attribute("class", &class).attribute("id", &format!("card-{}", line.id));
        html.tag("><p class=\"card-head\"><a").attribute("href", &href);
        if closed {
            html.tag(" class=\"closed\"");
        }
        html.tag(" draggable=\"false\">").text(&format!("#{}", line.id)).tag("</a>");
        if line.is_late && !closed {
            super::table::late(html, line.due.as_deref().unwrap_or_default());
        }
        if let Some((words, href)) = waiting_for(&line.waiting) {
            html.tag(" <a class=\"waiting-for\" draggable=\"false\"")
                .attribute("href", &format!("{}{href}", self.root));
            html.tag(">").text(&words).tag("</a>");
        }
        html.tag("</p><p class=\"card-summary\" dir=\"auto\">").text(&line.summary).tag("</p>");
        self.foot(html, line);
        self.mover(html, moves, line, (column, row))?;
        html.tag("</li>");
        Ok(())
    }

    /// What else tells cards apart: whose it is and how urgent, unless the board is parted by that.
    fn foot(&self, html: &mut Html, line: &TicketLine) {
        let parted =
            |name: &str| self.asked.columns.name == name || self.asked.rows.is_some_and(|rows| rows.name == name);
        let owner = line.owner.as_ref().filter(|_| !parted("owner"));
        let owner = owner.map(|owner| self.viewer.shown_name(&owner.called()));
        let priority = line.priority.filter(|_| !parted("priority")).and_then(|id| self.choices.option(id));
        if owner.is_none() && priority.is_none() {
            return;
        }
        html.tag("<p class=\"card-foot\">");
        if let Some(owner) = owner {
            html.tag("<bdi class=\"card-owner\">").text(&owner).tag("</bdi>");
        }
        if let Some(priority) = priority {
            html.tag("<span class=\"card-priority\">").text(&priority.name).tag("</span>");
        }
        html.tag("</p>");
    }

    /// The menu of what this card can be moved to, and its button.
    fn mover(
        &self,
        html: &mut Html,
        moves: &mut ListMoves<'_>,
        line: &TicketLine,
        (column, row): (&Value, &Value),
    ) -> Result<()> {
        if !self.may_move {
            return Ok(());
        }
        let mut options = Html::default();
        self.options(&mut options, moves, line, self.asked.columns, &self.board.columns, column)?;
        if let Some(field) = self.asked.rows {
            self.options(&mut options, moves, line, field, &self.board.rows, row)?;
        }
        if options.as_str().is_empty() {
            return Ok(());
        }
        let seen = self.newest.get(&line.id).copied().unwrap_or_default();
        let (id, number) = (format!("to-{}", line.id), line.id.to_string());
        html.tag("<details class=\"card-move\"><summary>Move<span class=\"unseen\"> #").text(&number);
        html.tag("</span></summary><p><select form=\"move\"").attribute("name", &id);
        html.attribute("aria-label", &format!("Move #{number} to")).tag(">").html(&options).tag("</select>");
        html.tag("<button type=\"submit\" form=\"move\" name=\"ticket\"").attribute("value", &number);
        html.attribute("formaction", &format!("{}/board/move?view_time={seen}", self.root)).tag(">Move");
        html.tag("<span class=\"unseen\"> #").text(&number).tag("</span></button></p></details>");
        Ok(())
    }

    fn options(
        &self,
        html: &mut Html,
        moves: &mut ListMoves<'_>,
        line: &TicketLine,
        field: &'static Field,
        values: &[Value],
        own: &Value,
    ) -> Result<()> {
        let states = if field.kind == Kind::Status {
            let subject = Subject {
                component: line.component,
                kind: line.kind,
                status: line.status,
                owner: line.owner.as_ref().map(|owner| owner.id),
                resolution: line.resolution,
            };
            moves.of(&subject)?
        } else {
            &[]
        };
        let may = |value: &&Value| match field.kind {
            Kind::Status => states.contains(&value.name),
            _ => self.changes_fields && value.takes,
        };
        let mut any = false;
        for value in values.iter().filter(|value| value.id != own.id).filter(may) {
            if !any {
                html.tag("<optgroup").attribute("label", field.label).tag(">");
                any = true;
            }
            html.tag("<option").attribute("value", &target(field, value)).tag(">").text(&value.label).tag("</option>");
        }
        if any {
            html.tag("</optgroup>");
        }
        Ok(())
    }
}

/// What a move gives a ticket, as its form says it: `status=closed`.
fn target(field: &Field, value: &Value) -> String {
    format!("{}={}", field.name, value.name)
}

/// As `ui.status` draws it.
fn status(html: &mut Html, category: Category, name: &str) {
    html.html(&super::table::status_sign(category)).text(name).tag("</span>");
}
