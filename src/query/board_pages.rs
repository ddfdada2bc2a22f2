//! `/<project>/board?status=!closed&columns=status&rows=owner`: what a query finds as a board, whose whole state is its
//! address.

use rocket::http::Status;
use rocket::{Route, get, routes};
use rusqlite::Connection;
use serde::Serialize;

use super::board::{Asked, Board, OWN, partings};
use super::board_html::Drawn;
use super::pages::looked_up_by;
use super::{enter, form};
use crate::base::error::{Error, Problem, Result};
use crate::ticket::fields::{Choices, field};
use crate::ticket::moves::ListMoves;
use crate::ticket::people;
use crate::ticket::plan::Planner;
use crate::ticket::store::newest_changes;
use crate::ticket::ways::{self, Way};
use crate::ticket::{TICKET_APPEND, TICKET_CHGPROP, TICKET_CREATE};
use crate::web::{Answer, Desk, Page, Room, Sheet, Visit};

pub fn routes() -> Vec<Route> {
    routes![page]
}

#[get("/<project>/board")]
async fn page(visit: Visit, project: String) -> Answer {
    visit
        .answer(move |desk| {
            let room = enter(desk, &project)?;
            room.project.read(|db| answer(desk, &room, db))
        })
        .await
}

#[derive(Serialize)]
struct BoardPage {
    href: String,
    about: String,
    total: usize,
    ways: Vec<Way>,
    board_html: Option<String>,
    left_out: usize,
    columns: Vec<Choice>,
    rows: Vec<Choice>,
    kept: Vec<Kept>,
    /// Where moves are sent, and the address of this board for the way back; none for those who can't move anything.
    moves: Option<Moves>,
    new_ticket_href: Option<String>,
    problems: Vec<Problem>,
}

impl Page for BoardPage {
    const TEMPLATE: &'static str = "query/board.html";
}

#[derive(Serialize)]
struct Choice {
    value: &'static str,
    label: &'static str,
    chosen: bool,
}

/// A condition that is sent along as it is.
#[derive(Serialize)]
struct Kept {
    name: String,
    value: String,
}

#[derive(Serialize)]
struct Moves {
    href: String,
    back: String,
}

fn answer(desk: &Desk, room: &Room, db: &Connection) -> Result<Answer> {
    let choices = Choices::load(db, &room.viewer)?;
    let pairs = desk.visit.pairs();
    let mut problems = Vec::new();
    let mut shown = None;
    match Asked::read(&choices, &pairs).and_then(|asked| {
        let asked = Asked { query: looked_up_by(desk, room, db, &asked.query)?, ..asked };
        Ok((Board::load(db, &room.viewer, &choices, &asked)?, asked))
    }) {
        Ok(found) => shown = Some(found),
        Err(Error::Invalid(wrong)) => problems = wrong,
        Err(other) => return Err(other),
    }
    let (board, asked) = match &shown {
        Some((board, asked)) => (Some(board), Some(asked)),
        None => (None, None),
    };
    let viewer = &room.viewer;
    let changes_fields = viewer.may(TICKET_CHGPROP);
    let may_move = changes_fields || viewer.may(TICKET_APPEND);
    let board_html = match (board, asked) {
        (Some(board), Some(asked)) if board.total > 0 => {
            let ids: Vec<i64> = board.cells.values().flat_map(|cell| &cell.lines).map(|line| line.id).collect();
            let newest = if may_move { newest_changes(db, &ids)? } else { Default::default() };
            let planner = Planner { db, site: desk.site(), project: &room.project, viewer, actor: people::own(viewer) };
            let mut moves = ListMoves::new(&planner, &choices);
            let drawn = Drawn {
                board,
                asked,
                choices: &choices,
                viewer,
                root: &room.root,
                newest: &newest,
                may_move,
                changes_fields,
            };
            Some(drawn.html(&mut moves)?.into_string())
        }
        _ => None,
    };
    let chosen = |name: &str| {
        let typed = pairs.iter().find(|(key, _)| key == name).map(|(_, value)| value.trim().to_owned());
        typed.filter(|typed| !typed.is_empty())
    };
    let choice = |name: &'static str, usual: &'static str| {
        let chosen = chosen(name).unwrap_or_else(|| usual.to_owned());
        let one = |value: &'static str, label: &'static str| Choice { value, label, chosen: chosen == value };
        let none = (name == "rows").then(|| one("", "nothing"));
        none.into_iter().chain(partings(&choices).map(|field| one(field.name, field.label))).collect()
    };
    let refused = board.is_none();
    let sheet = BoardPage {
        href: format!("{}/board", room.root),
        about: asked.map(|asked| form::in_words(&asked.query.groups, asked.query.further.as_ref())).unwrap_or_default(),
        total: board.map_or(0, |board| board.total),
        ways: asked.map(|asked| ways::of_query(&room.root, &asked.query.to_address(), "Board")).unwrap_or_default(),
        board_html,
        left_out: board.map_or(0, |board| board.left_out),
        columns: choice("columns", field("status").map_or("", |status| status.name)),
        rows: choice("rows", ""),
        kept: (pairs.iter().filter(|(name, _)| !OWN.contains(&name.as_str())))
            .map(|(name, value)| Kept { name: name.clone(), value: value.clone() })
            .collect(),
        moves: asked
            .filter(|_| may_move)
            .map(|asked| Moves { href: format!("{}/board/move", room.root), back: asked.address() }),
        new_ticket_href: viewer.may(TICKET_CREATE).then(|| format!("{}/newticket", room.root)),
        problems,
    };
    let sheet = Sheet::new("Board", sheet).at("/query").noindex();
    if refused { sheet.status(Status::UnprocessableEntity) } else { sheet }.render(desk)
}
