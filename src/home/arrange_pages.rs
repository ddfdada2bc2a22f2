//! `/<project>/home/arrange`: what one's page at a glance is made of, in one form. Who has every right in the project also
//! arranges it for all who have arranged nothing (`?whose=everybody`).

use rocket::data::Data;
use rocket::http::Status;
use rocket::{Route, get, post, routes};
use serde::Serialize;
use serde_json::json;

use super::kinds::{Boxed, KINDS, Kind, REFRESHES, Side};
use super::pages::account;
use super::store::{self, EVERYBODY};
use crate::base::error::{Error, Problem, Result};
use crate::base::event::NewEvent;
use crate::base::resource::Resource;
use crate::base::viewer::{DEFAULT_CLASS, TRAC_ADMIN};
use crate::web::form::{Form, shortened};
use crate::web::{Answer, Desk, Page, Room, Sheet, Visit, address};

/// Boxes of one page.
const MOST_BOXES: usize = 24;
/// Characters.
const LONGEST_TITLE: usize = 100;
const LONGEST_CONTENT: usize = 10_000;

pub(super) fn routes() -> Vec<Route> {
    routes![form, save]
}

#[derive(Serialize)]
struct ArrangePage {
    action: String,
    home_href: String,
    everybody: bool,
    /// The other of the two forms, for those who may use both.
    other_href: Option<String>,
    /// Something is arranged, so that it can be taken back.
    own: bool,
    rows: Vec<Row>,
    kinds: Vec<KindChoice>,
    refresh: Vec<Refresh>,
    problems: Vec<Problem>,
}

impl Page for ArrangePage {
    const TEMPLATE: &'static str = "home/arrange.html";
}

/// A box in the form.
#[derive(Serialize)]
struct Row {
    number: usize,
    kind: &'static str,
    doc: &'static str,
    /// As a box without a title is called.
    called: &'static str,
    title: String,
    /// What is asked for; none: nothing is.
    asks: Option<&'static str>,
    content: String,
    place: String,
    aside: bool,
    removed: bool,
}

#[derive(Serialize)]
struct KindChoice {
    name: &'static str,
    title: &'static str,
    doc: &'static str,
}

#[derive(Serialize)]
struct Refresh {
    minutes: i64,
    chosen: bool,
}

/// Whose page is arranged.
struct Whose {
    account: String,
    everybody: bool,
}

impl Whose {
    /// # Errors
    /// Who is not signed in has none; that of everybody is for those with every right.
    fn asked(desk: &Desk, room: &Room) -> Result<Self> {
        let everybody = desk.visit.value("whose").as_deref() == Some("everybody");
        let account = account(room);
        if account.is_empty() || room.viewer.archived {
            return Err(Error::Forbidden {
                permission: "authenticated",
                message: "Pages are arranged by those who are signed in, in projects that are not archived.".to_owned(),
            });
        }
        if everybody {
            room.viewer.require(TRAC_ADMIN)?;
        }
        Ok(Self { account: if everybody { EVERYBODY.to_owned() } else { account }, everybody })
    }
}

#[get("/<project>/home/arrange")]
async fn form(visit: Visit, project: String) -> Answer {
    visit
        .answer(move |desk| {
            let room = desk.room(&project)?;
            if !room.viewer.signed_in() {
                let next = address::segment(&desk.visit.here());
                return Ok(Answer::see(&format!("{}/-/login?next={next}", desk.base())));
            }
            let whose = Whose::asked(desk, &room)?;
            let (boxes, refresh) =
                room.project.read(|db| Ok((store::boxes(db, &whose.account)?, store::refresh(db, &whose.account)?)))?;
            let rows = boxes.into_iter().enumerate().map(|(at, one)| row_of(at, one)).collect();
            page(desk, &room, &whose, rows, refresh, Vec::new())
        })
        .await
}

/// `save`, `add` (one more box of `new_kind`, nothing is saved yet) or `reset` (as everybody has it).
#[post("/<project>/home/arrange", data = "<data>")]
async fn save(visit: Visit, project: String, data: Data<'_>) -> Answer {
    visit
        .answer_form(data, move |desk, form| {
            let room = desk.room(&project)?;
            let whose = Whose::asked(desk, &room)?;
            let told = if form.has("reset") {
                kept(&room, &whose, &[], None)?;
                "Your page is as everybody has it."
            } else {
                let mut rows = rows_of(form);
                let minutes = form.text("refresh").parse::<i64>().ok();
                if form.has("add") {
                    rows.extend(added(form, rows.len()));
                    return page(desk, &room, &whose, rows, minutes.unwrap_or(0), Vec::new());
                }
                let (boxes, mut problems) = read(&rows);
                if minutes.is_some_and(|minutes| !REFRESHES.contains(&minutes)) {
                    problems.push(Problem::new("refresh", "The page comes anew at the intervals that are listed."));
                }
                if !problems.is_empty() {
                    if form.json {
                        return Err(Error::Invalid(problems));
                    }
                    return page(desk, &room, &whose, rows, minutes.unwrap_or(0), problems);
                }
                kept(&room, &whose, &boxes, minutes)?;
                "The page is arranged."
            };
            if form.json {
                return Answer::json(&json!({ "arranged": true }));
            }
            Ok(Answer::see(&format!("{}/home", room.root)).telling(desk, told))
        })
        .await
}

/// What is everybody's is told in an event; what is one's own is nobody else's business.
fn kept(room: &Room, whose: &Whose, boxes: &[Boxed], minutes: Option<i64>) -> Result<()> {
    if !whose.everybody {
        return room.project.db().write(|db| {
            store::save_boxes(db, &whose.account, boxes)?;
            minutes.map_or(Ok(()), |minutes| store::save_refresh(db, &whose.account, minutes))
        });
    }
    room.project.write(room.act(), |tx| {
        store::save_boxes(tx, &whose.account, boxes)?;
        let event = NewEvent::new("home.arranged", Resource::new("project", 0), DEFAULT_CLASS);
        tx.record(&event.data(json!({ "boxes": boxes.len() })))?;
        Ok(())
    })
}

fn row_of(at: usize, one: Boxed) -> Row {
    let about = one.kind.about();
    Row {
        number: at + 1,
        kind: about.name,
        doc: about.doc,
        called: about.title,
        title: one.title,
        asks: about.content,
        content: one.content,
        place: (at + 1).to_string(),
        aside: one.side == Side::Aside,
        removed: false,
    }
}

/// The boxes as the form has them, also those that can't be saved.
fn rows_of(form: &Form) -> Vec<Row> {
    let mut rows = Vec::new();
    for at in 0..MOST_BOXES + 1 {
        let number = at + 1;
        let text = |name: &str| form.text(&format!("{name}_{number}"));
        let Some(kind) = Kind::named(text("kind")) else { continue };
        let side = Side::named(text("side")).unwrap_or(Side::Main);
        let one =
            Boxed { kind, side, title: text("title").trim().to_owned(), content: text("content").trim().to_owned() };
        let removed = text("remove") == "1";
        rows.push(Row { place: text("place").trim().to_owned(), removed, ..row_of(at, one) });
    }
    rows
}

fn added(form: &Form, count: usize) -> Option<Row> {
    let kind = Kind::named(form.text("new_kind")).filter(|_| count < MOST_BOXES)?;
    Some(row_of(count, Boxed { kind, side: Side::Main, title: String::new(), content: String::new() }))
}

/// The boxes in the order of their places, and what is wrong with them.
fn read(rows: &[Row]) -> (Vec<Boxed>, Vec<Problem>) {
    let mut problems = Vec::new();
    let mut placed: Vec<(i64, Boxed)> = Vec::new();
    for row in rows.iter().filter(|row| !row.removed) {
        let mut complain = |field: &str, message: String| {
            problems.push(Problem::new(format!("{field}_{}", row.number), message));
        };
        let named = if row.title.is_empty() { row.called } else { &row.title };
        if row.title.chars().count() > LONGEST_TITLE || row.title.chars().any(char::is_control) {
            complain("title", format!("A heading is one line of at most {LONGEST_TITLE} characters."));
        }
        if row.content.chars().count() > LONGEST_CONTENT {
            complain("content", format!("“{named}” is made of at most {LONGEST_CONTENT} characters."));
        }
        if row.asks.is_some() && row.content.is_empty() {
            complain("content", format!("“{named}” needs something to show: write it, or remove the box."));
        }
        let place = row.place.parse::<i64>().ok().filter(|place| (0..1_000).contains(place));
        if place.is_none() {
            complain("place", format!("“{}” is no place: 1 comes first.", shortened(&row.place)));
        }
        let (Some(place), Some(kind)) = (place, Kind::named(row.kind)) else { continue };
        let side = if row.aside { Side::Aside } else { Side::Main };
        let content = if row.asks.is_some() { row.content.clone() } else { String::new() };
        placed.push((place, Boxed { kind, side, title: row.title.clone(), content }));
    }
    if placed.len() > MOST_BOXES {
        problems.push(Problem::new("", format!("A page has at most {MOST_BOXES} boxes.")));
    }
    // Those of equal places keep their order.
    placed.sort_by_key(|(place, _)| *place);
    (placed.into_iter().map(|(_, one)| one).collect(), problems)
}

fn page(
    desk: &Desk,
    room: &Room,
    whose: &Whose,
    rows: Vec<Row>,
    refresh: i64,
    problems: Vec<Problem>,
) -> Result<Answer> {
    let href = format!("{}/home/arrange", room.root);
    let of_everybody = format!("{href}?whose=everybody");
    let own = room.project.read(|db| store::own_boxes(db, &whose.account))?;
    let status = if problems.is_empty() { Status::Ok } else { Status::UnprocessableEntity };
    let (action, other) = if whose.everybody { (of_everybody, href) } else { (href, of_everybody) };
    let page = ArrangePage {
        action,
        other_href: room.viewer.may(TRAC_ADMIN).then_some(other),
        home_href: format!("{}/home", room.root),
        everybody: whose.everybody,
        own: !own.is_empty(),
        rows,
        kinds: KINDS.iter().map(|about| KindChoice { name: about.name, title: about.title, doc: about.doc }).collect(),
        refresh: REFRESHES.iter().map(|minutes| Refresh { minutes: *minutes, chosen: *minutes == refresh }).collect(),
        problems,
    };
    Sheet::new("Arrange the page", page).noindex().status(status).render(desk)
}
