//! Who may read a page and those below it, and from when on: `?action=access`.
//!
//! Administrators of the project say who; whoever has all rights on pages says when. Before anything is changed, the pages
//! that it concerns are listed.

use rocket::data::Data;
use rocket::http::Status;
use rocket::{Route, get, post, routes};
use rusqlite::Connection;
use serde::Serialize;
use serde_json::json;

use super::access::{self, Concerned};
use super::change_pages::enter_page;
use super::name::{PageName, href_of};
use super::shown::{self, Head, Named};
use super::store::PageRow;
use super::{WIKI_ADMIN, WIKI_MODIFY, WIKI_VIEW};
use crate::auth::path_rules::{self, KeptBack, NewReaders, PathRule, Readers};
use crate::auth::permissions;
use crate::base::error::{Error, Problem, Result};
use crate::base::moment;
use crate::base::time::Instant;
use crate::base::viewer::TRAC_ADMIN;
use crate::milestone::due::{Clock, local};
use crate::web::form::Form;
use crate::web::{Answer, Desk, Page, Room, Sheet, Visit};

/// Pages that are named before a change.
const NAMED: usize = 200;
/// How the form names the three kinds of readers.
const ABOVE: &str = "above";
const ONLY: &str = "only";
const EVERYBODY: &str = "everybody";

pub fn routes() -> Vec<Route> {
    routes![show, change]
}

#[get("/<project>/wiki/<_..>?action=access", rank = 51)]
async fn show(visit: Visit, project: String) -> Answer {
    visit
        .answer(move |desk| {
            let (room, page) = enter_page(desk, &project)?;
            room.viewer.require(WIKI_ADMIN)?;
            let wish = room.project.read(|db| Wish::of(db, &page))?;
            form(desk, &room, &page, wish, Vec::new(), None)
        })
        .await
}

#[post("/<project>/wiki/<_..>?action=access", rank = 51, data = "<data>")]
async fn change(visit: Visit, project: String, data: Data<'_>) -> Answer {
    visit
        .answer_form(data, move |desk, typed| {
            let (room, page) = enter_page(desk, &project)?;
            room.viewer.require(WIKI_ADMIN)?;
            let wish = Wish::typed(typed, room.project.read(|db| Wish::of(db, &page))?);
            match settle(desk, &room, &page, &wish, typed.get("confirm").is_some()) {
                Ok(Settled::Done) if typed.json => Answer::json(&json!({ "page": page.name })),
                Ok(Settled::Done) => {
                    let href = format!("{}{}", room.root, href_of(&page.name));
                    Ok(Answer::see(&href).telling(desk, "It is changed who may read this page and those below it."))
                }
                Ok(Settled::Asks(confirm)) => form(desk, &room, &page, wish, Vec::new(), Some(confirm)),
                Err(Error::Invalid(problems)) if !typed.json => form(desk, &room, &page, wish, problems, None),
                Err(error) => Err(error),
            }
        })
        .await
}

/// What the form says.
#[derive(Debug, Clone, Serialize)]
struct Wish {
    readers: String,
    subjects: String,
    visible_from: String,
}

impl Wish {
    /// As it is now.
    fn of(db: &Connection, page: &PageRow) -> Result<Self> {
        let clock = Clock::of(db)?;
        let own = access::standing(db, &page.folded)?.own;
        let (readers, subjects) = match own.as_ref().map(|rule| &rule.readers) {
            None | Some(Readers::Above) => (ABOVE, String::new()),
            Some(Readers::Only(subjects)) => (ONLY, subjects.join(" ")),
            Some(Readers::Everybody) => (EVERYBODY, String::new()),
        };
        let visible_from = own.and_then(|rule| rule.visible_from).map(|at| local(at, &clock)).unwrap_or_default();
        Ok(Self { readers: readers.to_owned(), subjects, visible_from })
    }

    /// What was not sent stays as it is.
    fn typed(form: &Form, now: Self) -> Self {
        let typed = |name: &str, now: String| form.get(name).map_or(now, str::to_owned);
        Self {
            readers: typed("readers", now.readers),
            subjects: typed("subjects", now.subjects),
            visible_from: typed("visible_from", now.visible_from),
        }
    }
}

enum Settled {
    Done,
    /// To be confirmed first.
    Asks(Confirm),
}

fn settle(desk: &Desk, room: &Room, page: &PageRow, wish: &Wish, confirmed: bool) -> Result<Settled> {
    let viewer = &room.viewer;
    let (clock, now) = room.project.read(|db| Ok((Clock::of(db)?, Wish::of(db, page)?)))?;
    let mut problems = Vec::new();
    let until = match wish.visible_from.trim() {
        "" => None,
        text if text == now.visible_from => {
            room.project.read(|db| access::standing(db, &page.folded))?.own.and_then(|rule| rule.visible_from)
        }
        text => match moment::parse(text, &clock.zone, None) {
            Ok(moment) => Some(moment.begin),
            Err(why) => {
                problems.push(Problem::new("visible_from", why));
                None
            }
        },
    };
    let sets_readers = (&wish.readers, &wish.subjects) != (&now.readers, &now.subjects);
    let mut subjects = Vec::new();
    if sets_readers {
        viewer.require(TRAC_ADMIN)?;
        match wish.readers.as_str() {
            ONLY => {
                for name in wish.subjects.split([' ', ',', '\n']).filter(|name| !name.is_empty()) {
                    match permissions::subject(desk.site(), &room.project, name) {
                        Ok(subject) => subjects.push(subject),
                        Err(Error::Invalid(own)) => {
                            problems.extend(own.into_iter().map(|one| Problem::new("subjects", one.message)));
                        }
                        Err(error) => return Err(error),
                    }
                }
                if subjects.is_empty() && problems.is_empty() {
                    problems.push(Problem::new("subjects", "Name at least one account or group."));
                }
            }
            ABOVE | EVERYBODY => {}
            _ => problems.push(Problem::new("readers", "Choose one of the three.")),
        }
    }
    if !problems.is_empty() {
        return Err(Error::Invalid(problems));
    }
    if !confirmed {
        let concerned = room.project.read(|db| access::concerned(db, viewer, &page.folded))?;
        return Ok(Settled::Asks(Confirm::of(
            room,
            wish,
            until.map(|until| (until, until.exact(&clock.zone))),
            &concerned,
        )));
    }
    let kept = until.map(|until| KeptBack { until, but_for: WIKI_MODIFY });
    // First what hides: at no moment is more shown than was asked for.
    if kept.is_some() {
        path_rules::keep_back(&room.project, room.act(), WIKI_ADMIN, &page.folded, kept)?;
    }
    if sets_readers {
        let readers = match wish.readers.as_str() {
            ONLY => NewReaders::Only(&subjects),
            EVERYBODY => NewReaders::Everybody(WIKI_VIEW),
            _ => NewReaders::Above,
        };
        path_rules::set_readers(&room.project, room.act(), &page.folded, readers)?;
    }
    if kept.is_none() {
        path_rules::keep_back(&room.project, room.act(), WIKI_ADMIN, &page.folded, None)?;
    }
    Ok(Settled::Done)
}

#[derive(Serialize)]
struct AccessPage {
    #[serde(flatten)]
    head: Head,
    heading: String,
    #[serde(flatten)]
    wish: Wish,
    may_set_readers: bool,
    above: String,
    zone: String,
    confirm: Option<Confirm>,
    problems: Vec<Problem>,
}

impl Page for AccessPage {
    const TEMPLATE: &'static str = "wiki/access.html";
}

/// What a change comes to.
#[derive(Serialize)]
struct Confirm {
    sentence: String,
    pages: Vec<Named>,
    count: usize,
    files: usize,
    more: bool,
    others: usize,
}

impl Confirm {
    fn of(room: &Room, wish: &Wish, until: Option<(Instant, String)>, concerned: &Concerned) -> Self {
        let who = match wish.readers.as_str() {
            EVERYBODY => "everybody, signed in or not,".to_owned(),
            ONLY => format!(
                "nobody but {} and administrators",
                wish.subjects.split([' ', ',']).filter(|name| !name.is_empty()).collect::<Vec<_>>().join(", ")
            ),
            _ => "whoever may read what lies above".to_owned(),
        };
        let sentence = match until.filter(|(until, _)| *until > Instant::now()) {
            None => format!("From now on {who} can read:"),
            Some((_, at)) => {
                format!("Until {at} nobody who may not change pages can read the following. From then on {who} can:")
            }
        };
        let named =
            |page: &PageRow| Named { name: page.name.clone(), href: format!("{}{}", room.root, href_of(&page.name)) };
        Self {
            sentence,
            pages: concerned.pages.iter().take(NAMED).map(named).collect(),
            count: concerned.pages.len(),
            files: concerned.files,
            more: concerned.more || concerned.pages.len() > NAMED,
            others: concerned.others,
        }
    }
}

fn form(
    desk: &Desk,
    room: &Room,
    page: &PageRow,
    wish: Wish,
    problems: Vec<Problem>,
    confirm: Option<Confirm>,
) -> Result<Answer> {
    let name = PageName::parse(&page.name, "page")?;
    let status = if problems.is_empty() { Status::Ok } else { Status::UnprocessableEntity };
    let (head, above, clock) = room.project.read(|db| {
        let standing = access::standing(db, &page.folded)?;
        Ok((shown::head(db, room, &name, true)?, said_of(standing.above.as_ref()), Clock::of(db)?))
    })?;
    let sheet = AccessPage {
        heading: format!("Who may read {}", page.name),
        head,
        wish,
        may_set_readers: room.viewer.may(TRAC_ADMIN),
        above,
        zone: clock.zone.iana_name().unwrap_or("UTC").to_owned(),
        confirm,
        problems,
    };
    Sheet::new(format!("Who may read {}", page.name), sheet).at("/wiki").status(status).render(desk)
}

/// Who reads what lies above, for those who set rights.
fn said_of(above: Option<&PathRule>) -> String {
    match above.map(|rule| (&rule.readers, &rule.path)) {
        None | Some((Readers::Above, _)) => "everybody who may read the wiki".to_owned(),
        Some((Readers::Everybody, path)) => format!("everybody, as for {path}"),
        Some((Readers::Only(subjects), path)) => format!("{}, as for {path}", subjects.join(", ")),
    }
}
