//! `/<project>/admin/ticket/progress`: which states the bars of milestones, queries and texts count together, how that looks,
//! and what of it is done (row M04). For those who arrange milestones.

use rocket::data::Data;
use rocket::http::Status;
use rocket::{Route, get, post, routes};
use serde::Serialize;
use serde_json::{Value, json};

use crate::base::component::Panel;
use crate::base::error::{Error, Problem, Result};
use crate::milestone::NO_MILESTONE;
use crate::ticket::TICKET_VIEW;
use crate::ticket::fields::Choices;
use crate::ticket::progress_groups::{self, Group, Look, MOST_GROUPS, TO_ARRANGE, Wish};
use crate::web::form::{Form, shortened};
use crate::web::panels::{self, PanelGroup};
use crate::web::{Answer, Desk, Page, Room, Sheet, Visit};

pub const PANEL: Panel = Panel {
    title: "Progress",
    line: "Which states bars count together, and what of it is done.",
    path: "/admin/ticket/progress",
    permission: TO_ARRANGE,
    order: 31,
};

pub fn routes() -> Vec<Route> {
    routes![show, act]
}

#[get("/<project>/admin/ticket/progress")]
async fn show(visit: Visit, project: String) -> Answer {
    visit
        .answer(move |desk| {
            let room = enter(desk, &project)?;
            page(desk, &room, None, Vec::new())
        })
        .await
}

#[post("/<project>/admin/ticket/progress", data = "<data>")]
async fn act(visit: Visit, project: String, data: Data<'_>) -> Answer {
    visit
        .answer_form_with_lists(data, move |desk, form| {
            let room = enter(desk, &project)?;
            match form.text("act") {
                "save" => save(desk, &room, form),
                "usual" => arrange(desk, &room, form, &[]),
                other => {
                    let message = format!("There is no act `{}`; it is save or usual.", shortened(other));
                    Err(Error::invalid("act", message))
                }
            }
        })
        .await
}

fn enter(desk: &Desk, project: &str) -> Result<Room> {
    let room = desk.room(project)?;
    room.viewer.require_to_see(TO_ARRANGE, NO_MILESTONE)?;
    room.viewer.require_to_see(TICKET_VIEW, NO_MILESTONE)?;
    Ok(room)
}

#[derive(Serialize)]
struct ProgressPage {
    panels: Vec<PanelGroup>,
    href: String,
    is_usual: bool,
    groups: Vec<Item>,
    most: usize,
    problems: Vec<Problem>,
}

impl Page for ProgressPage {
    const TEMPLATE: &'static str = "admin/progress.html";
}

#[derive(Serialize)]
struct Item {
    #[serde(flatten)]
    wish: Wish,
    looks: Vec<Pick>,
    states: Vec<Pick>,
    is_new: bool,
}

#[derive(Serialize)]
struct Pick {
    value: String,
    chosen: bool,
}

fn page(desk: &Desk, room: &Room, typed: Option<Vec<Wish>>, problems: Vec<Problem>) -> Result<Answer> {
    let choices = room.project.read(|db| Choices::load(db, &room.viewer))?;
    if desk.visit.wants_json() && typed.is_none() {
        return as_json(&choices);
    }
    let wishes = typed.unwrap_or_else(|| {
        // The category that no state of this workflow has is nothing to begin from.
        let begun = choices.groups.groups.iter().filter(|group| group.is_rest || !group.statuses.is_empty());
        begun.map(|group| wish_of(group, &choices)).collect()
    });
    let known = wishes.len();
    let empty = (known < MOST_GROUPS).then(Wish::default);
    let item = |(at, wish): (usize, Wish)| Item {
        looks: Look::ALL.map(|look| Pick { value: look.name().to_owned(), chosen: look.name() == wish.look }).into(),
        states: choices
            .statuses
            .iter()
            .map(|status| (status, wish.statuses.contains(&status.name)))
            .filter(|(status, chosen)| status.retired_at.is_none() || *chosen)
            .map(|(status, chosen)| Pick { value: status.name.clone(), chosen })
            .collect(),
        is_new: at >= known,
        wish,
    };
    let status = if problems.is_empty() { Status::Ok } else { Status::UnprocessableEntity };
    let sheet = ProgressPage {
        panels: panels::groups(room, PANEL.path),
        href: format!("{}{}", room.root, PANEL.path),
        is_usual: choices.groups.is_usual,
        groups: wishes.into_iter().chain(empty).enumerate().map(item).collect(),
        most: MOST_GROUPS,
        problems,
    };
    Sheet::new("Progress", sheet).at("/admin").noindex().status(status).render(desk)
}

fn as_json(choices: &Choices) -> Result<Answer> {
    let groups: Vec<Value> =
        choices.groups.groups.iter().map(|group| wish_of(group, choices)).map(|wish| json!(wish)).collect();
    Answer::json(&json!({ "usual": choices.groups.is_usual, "groups": groups }))
}

fn wish_of(group: &Group, choices: &Choices) -> Wish {
    let names = choices.statuses.iter().filter(|status| group.statuses.contains(&status.id));
    Wish {
        title: group.title.clone(),
        look: group.look.name().to_owned(),
        is_done: group.is_done,
        is_rest: group.is_rest,
        query: group.query.clone(),
        statuses: names.map(|status| status.name.clone()).collect(),
    }
}

/// The groups that a form speaks of, in the order of the places it gives them; a group without title and states is none.
fn wishes(form: &Form) -> Vec<Wish> {
    let rest = form.get("rest").and_then(|at| at.parse::<usize>().ok());
    let mut found: Vec<(i64, Wish)> = (0..=MOST_GROUPS)
        .filter(|at| form.has(&format!("title_{at}")))
        .map(|at| {
            let text = |name: &str| form.text(&format!("{name}_{at}")).to_owned();
            let states = format!("status_{at}");
            let wish = Wish {
                title: text("title"),
                look: text("look"),
                is_done: form.has(&format!("done_{at}")),
                is_rest: rest == Some(at),
                query: text("query"),
                statuses: form
                    .pairs()
                    .iter()
                    .filter(|(name, _)| *name == states)
                    .map(|(_, name)| name.clone())
                    .collect(),
            };
            (text("place").trim().parse().unwrap_or(at as i64 + 1), wish)
        })
        .filter(|(_, wish)| !(wish.title.trim().is_empty() && wish.statuses.is_empty()))
        .collect();
    found.sort_by_key(|(place, _)| *place);
    found.into_iter().map(|(_, wish)| wish).collect()
}

fn save(desk: &Desk, room: &Room, form: &Form) -> Result<Answer> {
    let mut wishes = wishes(form);
    if wishes.is_empty() {
        let message = "There is no group; the three categories come back by their own button.";
        return refused(desk, room, form, wishes, vec![Problem::new("title_0", message)]);
    }
    let mut problems = Vec::new();
    for (at, wish) in wishes.iter_mut().enumerate().filter(|(_, wish)| !wish.query.trim().is_empty()) {
        match with_states(room, &wish.query) {
            Ok(query) => wish.query = query,
            Err(Error::Invalid(found)) => {
                let told = found.into_iter().map(|problem| problem.message).collect::<Vec<_>>().join(" ");
                problems.push(Problem::new(format!("query_{at}"), told));
            }
            Err(other) => return Err(other),
        }
    }
    if problems.is_empty() { arrange(desk, room, form, &wishes) } else { refused(desk, room, form, wishes, problems) }
}

/// What a list is asked for beside states and milestone, in the way addresses have it; refused like the list itself.
fn with_states(room: &Room, written: &str) -> Result<String> {
    let written = format!("?{}", written.trim().trim_start_matches(['?', '&']));
    let read = room.project.read(|db| room.project.components().list_address(db, &room.viewer, &written))?;
    Ok(read.unwrap_or_default())
}

fn arrange(desk: &Desk, room: &Room, form: &Form, wishes: &[Wish]) -> Result<Answer> {
    match progress_groups::arrange(&room.project, room.act(), wishes) {
        Ok(_) if form.json => as_json(&*room.project.read(|db| Choices::load(db, &room.viewer))?),
        Ok(changed) => {
            let told = if changed { "Saved. All bars count by these groups." } else { "Nothing was changed." };
            Ok(Answer::see(&format!("{}{}", room.root, PANEL.path)).telling(desk, told))
        }
        Err(Error::Invalid(problems)) => refused(desk, room, form, wishes.to_vec(), problems),
        Err(other) => Err(other),
    }
}

fn refused(desk: &Desk, room: &Room, form: &Form, wishes: Vec<Wish>, problems: Vec<Problem>) -> Result<Answer> {
    if form.json { Err(Error::Invalid(problems)) } else { page(desk, room, Some(wishes), problems) }
}
