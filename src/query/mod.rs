//! Questions to the tickets: one syntax tree, whoever asks: the page, the macro, a link, the command.
//!
//! [`from_address`], [`from_pairs`] and [`from_text`] read Trac's two written forms into a [`Query`], [`people`] reads and writes
//! the one for people, and [`from_either`] tells them apart; [`Query::to_address`] and [`Query::to_text`] write Trac's again.
//! [`looked_up`] asks the full-text search, where a query has words for it. [`run()`] finds one page of tickets, [`count`] how
//! many there are: one statement under the viewer's access classes ([`compile`]).
//!
//! What shows them: the page (`pages`, its filters in `form`, its rows in `table`, what stands around them in `around`), files for other programs (`export`), the
//! macro (`macros`) and links (`link`). What they find is drawn as well: as
//! charts (`chart`, `chart_pages`, `chart_macro`) and as boards (`board`, `board_html`, `board_pages`), whose cards can be
//! moved (`move_pages`), and as a month of days (`month`, `month_pages`).

pub mod compile;
pub mod dates;

mod board;
mod board_html;
mod board_pages;
mod move_pages;
mod month;
mod month_pages;
mod chart;
mod chart_macro;
mod chart_pages;
mod export;
mod form;
mod around;
mod asked;
mod badge;
mod batch_pages;
mod column;
mod condition;
mod ids;
mod line;
mod link;
mod lists;
mod lookup;
mod macros;
mod narrow;
mod neighbours;
mod pages;
mod past;
pub mod people;
mod measures;
mod operator;
mod parse_address;
mod parse_text;
mod read;
mod run;
mod table;
mod tree;
mod words;

use rusqlite::Connection;

pub use line::{Person, TicketLine};
pub use lists::not_closed;
pub use lookup::{Lookups, Sources, looked_up};
pub use pages::href as page_href;
pub use parse_address::{from_address, from_pairs};
pub use parse_text::{from_either, from_text, from_typed, is_for_people};
pub use read::{LONGEST, MOST_CLAUSES, MOST_PARTS, MOST_VALUES};
pub use run::{Found, GroupHead, count, group_counts, run, run_whole};
pub use table::table_of;
pub use tree::{Clause, Column, Condition, DEFAULT_ORDER, DEFAULT_PAGE_SIZE, Operator, Order, Query, USER};

use crate::base::component::{Component, ListPlace, Neighbours};
use crate::base::error::Result;
use crate::base::markup::{Arguments, LinkKind, Macro};
use crate::base::viewer::Viewer;
use crate::ticket::TICKET_VIEW;
use crate::web::{Desk, Room};

const NO_PAGE: &str = "There is no page at this address.";

/// Enters the project for those who may see tickets.
fn enter(desk: &Desk, project: &str) -> Result<Room> {
    let room = desk.room(project)?;
    room.viewer.require_to_see(TICKET_VIEW, NO_PAGE)?;
    Ok(room)
}

pub struct Queries;

pub static COMPONENT: Queries = Queries;

impl Component for Queries {
    fn name(&self) -> &'static str {
        "query"
    }

    fn routes(&self) -> Vec<rocket::Route> {
        let mut routes = pages::routes();
        routes.extend(batch_pages::routes());
        routes.extend(chart_pages::routes());
        routes.extend(board_pages::routes());
        routes.extend(move_pages::routes());
        routes.extend(month_pages::routes());
        routes
    }

    fn link_kinds(&self) -> &'static [LinkKind] {
        &[link::QUERY]
    }

    fn macros(&self) -> &'static [Macro] {
        &[macros::TICKET_QUERY, chart_macro::CHART]
    }

    fn is_inline_call(&self, name: &str, arguments: &Arguments) -> bool {
        name == macros::TICKET_QUERY.name && macros::is_inline(arguments)
    }

    fn list_address(&self, db: &Connection, viewer: &Viewer, written: &str) -> Result<Option<String>> {
        pages::address_of(db, viewer, written).map(Some)
    }

    fn neighbours(&self, db: &Connection, viewer: &Viewer, place: &ListPlace) -> Result<Option<Neighbours>> {
        neighbours::neighbours(db, viewer, place)
    }
}
