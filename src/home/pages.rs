//! `/<project>/home`: what is to be seen at a glance, as each reader has arranged it.

use rocket::{Route, get, routes};
use serde::Serialize;

use super::drawn::{self, Shown};
use super::kinds::Side;
use super::store;
use crate::base::error::Result;
use crate::web::{Answer, Desk, Page, Room, Sheet, Visit};

pub(super) fn routes() -> Vec<Route> {
    routes![show]
}

#[derive(Serialize)]
struct ShowPage {
    main: Vec<Shown>,
    aside: Vec<Shown>,
    arrange_href: Option<String>,
    /// Minutes; 0: never.
    refresh: i64,
    everywhere_href: Option<String>,
}

impl Page for ShowPage {
    const TEMPLATE: &'static str = "home/show.html";
}

#[get("/<project>/home")]
async fn show(visit: Visit, project: String) -> Answer {
    visit
        .answer(move |desk| {
            let room = desk.room(&project)?;
            shown(desk, &room)
        })
        .await
}

fn shown(desk: &Desk, room: &Room) -> Result<Answer> {
    let account = account(room);
    room.project.read(|db| {
        let refresh = if account.is_empty() { 0 } else { store::refresh(db, &account)? };
        let boxes = drawn::boxes(desk, room, db, &store::boxes(db, &account)?)?;
        let (main, aside) = boxes.into_iter().partition(|shown| shown.side == Side::Main);
        let page = ShowPage {
            main,
            aside,
            arrange_href: room.viewer.signed_in().then(|| format!("{}/home/arrange", room.root)),
            refresh,
            everywhere_href: room.viewer.signed_in().then(|| format!("{}/-/home", desk.base())),
        };
        let answer = Sheet::new("At a glance", page).noindex().render(desk)?;
        // Asked for by a header: a page that reloads by itself is nothing to be found within it.
        Ok(if refresh > 0 { answer.header("Refresh", (refresh * 60).to_string()) } else { answer })
    })
}

/// The uuid of the account that reads; empty: nobody's.
pub(super) fn account(room: &Room) -> String {
    room.viewer.principal.identity.as_ref().map(|identity| identity.uuid.clone()).unwrap_or_default()
}
