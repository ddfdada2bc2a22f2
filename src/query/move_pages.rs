//! Moving a card of a board: `POST /<project>/board/move` with `to=status=closed`, by its form or by dragging it. A move to a
//! state is the action of the workflow that leads there; where that asks for something, a page asks.

use rocket::data::Data;
use rocket::http::Status;
use rocket::{Route, get, post, routes};
use rusqlite::Connection;
use serde::Serialize;
use serde_json::json;

use super::enter;
use crate::base::error::{Error, Problem, Result};
use crate::ticket::edit::{self, Outcome};
use crate::ticket::fields::{Choices, Field, Kind};
use crate::ticket::moves::{asks, leading};
use crate::ticket::people;
use crate::ticket::plan::{ActionRequest, Planner, Request};
use crate::ticket::store::{self, Ticket};
use crate::ticket::workflow::{self, Offer, duplicate_field, owner_field, resolution_field};
use crate::ticket::{NO_TICKET, TICKET_APPEND, ticket_href};
use crate::web::form::{Form, shortened};
use crate::web::{Answer, Desk, Page, Room, Sheet, Visit, address};

/// A move changes so many fields at most: the column and the row.
const MOST_FIELDS: usize = 2;

pub fn routes() -> Vec<Route> {
    routes![ask, act]
}

#[get("/<project>/board/move")]
async fn ask(visit: Visit, project: String) -> Answer {
    visit
        .answer(move |desk| {
            let room = enter(desk, &project)?;
            let pairs = desk.visit.pairs();
            let value = |name: &str| desk.visit.value(name).unwrap_or_default();
            let to: Vec<String> =
                pairs.iter().filter(|(name, _)| name == "to").map(|(_, value)| value.clone()).collect();
            room.project.read(|db| {
                let choices = Choices::load(db, &room.viewer)?;
                let ticket = asked_ticket(db, &room, &value("ticket"))?;
                let goal = Goal::read(&choices, &to)?;
                let typed = Typed { back: value("back"), ..Typed::default() };
                Move { desk, room: &room, choices: &choices, ticket: &ticket, goal: &goal }.page(db, typed)
            })
        })
        .await
}

#[post("/<project>/board/move", data = "<data>")]
async fn act(visit: Visit, project: String, data: Data<'_>) -> Answer {
    visit
        .answer_form_with_lists(data, move |desk, form| {
            let room = enter(desk, &project)?;
            moved(desk, &room, form)
        })
        .await
}

fn asked_ticket(db: &Connection, room: &Room, number: &str) -> Result<Ticket> {
    let missing = || Error::not_found(NO_TICKET);
    let id = number.trim().parse().map_err(|_| missing())?;
    store::find(db, &room.viewer, id)?.ok_or_else(missing)
}

/// What a ticket is to become.
struct Goal {
    /// A state of the workflow.
    state: Option<String>,
    /// Other fields, and what is typed for them.
    fields: Vec<(&'static Field, String)>,
    /// The same as it was sent.
    sent: Vec<String>,
}

impl Goal {
    fn read(choices: &Choices, sent: &[String]) -> Result<Self> {
        let mut goal = Self { state: None, fields: Vec::new(), sent: sent.to_vec() };
        for one in sent {
            let (name, value) = one.split_once('=').unwrap_or((one, ""));
            let known = choices.fields.named(name).filter(|field| choices.has(field));
            let Some(field) = known.filter(|_| goal.fields.len() < MOST_FIELDS) else {
                let message = format!("“{}” is no place on a board.", shortened(one));
                return Err(Error::invalid("to", message));
            };
            match field.kind {
                Kind::Status => goal.state = Some(value.to_owned()),
                _ => goal.fields.push((field, value.to_owned())),
            }
        }
        if goal.state.is_none() && goal.fields.is_empty() {
            return Err(Error::invalid("to", "Choose where the card is to be moved."));
        }
        Ok(goal)
    }

    /// `closed, Owner: kim`
    fn in_words(&self) -> String {
        let fields = self.fields.iter().map(|(field, value)| {
            let value = if value.is_empty() { "none" } else { value };
            format!("{}: {value}", field.label)
        });
        self.state.clone().into_iter().chain(fields).collect::<Vec<_>>().join(", ")
    }
}

/// What was typed on the page that asks.
#[derive(Default)]
struct Typed {
    back: String,
    action: String,
    comment: String,
    /// By the names of their controls.
    inputs: Vec<(String, String)>,
    problems: Vec<Problem>,
    status: Option<Status>,
}

impl Typed {
    fn of(form: &Form) -> Self {
        Self {
            back: form.text("back").to_owned(),
            action: form.text("action").to_owned(),
            comment: form.text("comment").to_owned(),
            inputs: form.pairs().to_vec(),
            ..Self::default()
        }
    }

    fn input(&self, control: &str) -> Option<&str> {
        self.inputs.iter().find(|(name, _)| name == control).map(|(_, value)| value.as_str())
    }
}

fn moved(desk: &Desk, room: &Room, form: &Form) -> Result<Answer> {
    let number = form.text("ticket");
    let mut to: Vec<String> =
        form.pairs().iter().filter(|(name, _)| name == "to").map(|(_, value)| value.clone()).collect();
    if to.is_empty() {
        // The menu of a card has the number of its ticket in its name: all of a board are in one form.
        to.extend(form.get(&format!("to-{}", number.trim())).map(str::to_owned));
    }
    let in_address = desk.visit.value("view_time");
    let seen = form.get("view_time").or(in_address.as_deref()).map(|typed| typed.trim().parse::<i64>());
    let typed = Typed::of(form);
    let (choices, ticket, goal, offer) = room.project.read(|db| {
        let choices = Choices::load(db, &room.viewer)?;
        let ticket = asked_ticket(db, room, number)?;
        let goal = Goal::read(&choices, &to)?;
        let planner = planner(desk, room, db);
        let offers = match &goal.state {
            Some(state) => leading(&planner, &choices, &ticket, state)?,
            None => Vec::new(),
        };
        let named = offers.iter().position(|offer| offer.name == typed.action);
        let offer = named.or((!offers.is_empty()).then_some(0)).map(|at| (offers[at].clone(), named.is_some()));
        Ok((choices, ticket, goal, offer))
    })?;
    let card = Move { desk, room, choices: &choices, ticket: &ticket, goal: &goal };
    let request = match (&goal.state, offer) {
        (Some(state), None) => return card.refused(form, typed, card.no_way(state)),
        // Nobody has said yet what the action asks for.
        (Some(_), Some((offer, false))) if asks(&offer) => {
            if form.json {
                let message =
                    format!("The action “{}” asks for more than a move says; name it as `action`.", offer.name);
                return Err(Error::invalid("action", message));
            }
            return Ok(Answer::see(&card.ask_href(&typed.back)));
        }
        (_, offer) => {
            let action = offer.map(|(offer, _)| ActionRequest {
                owner: typed.input(&owner_field(&offer.name)).map(str::to_owned),
                resolution: typed.input(&resolution_field(&offer.name)).map(str::to_owned),
                duplicate_of: typed.input(&duplicate_field(&offer.name)).map(str::to_owned),
                name: offer.name,
                if_asked: true,
            });
            let seen = match seen {
                Some(Ok(seen)) => Some(seen),
                None if form.json => None,
                _ => {
                    let message = "The field `view_time` is missing: it tells which change you had seen.";
                    return Err(Error::invalid("view_time", message));
                }
            };
            Request {
                set: goal.fields.iter().map(|(field, value)| (field.name.to_owned(), value.clone())).collect(),
                action,
                comment: typed.comment.clone(),
                seen,
                ..Request::default()
            }
        }
    };
    match edit::change(desk.site(), &room.project, room.act(), ticket.row.id, &request) {
        Ok(Outcome::Saved { .. } | Outcome::Unchanged) => card.done(form, &typed.back),
        Ok(Outcome::Conflict(plan)) => {
            let mut problems = vec![Problem::new(
                "",
                format!("Somebody was faster: #{} has changed since you looked. Nothing was moved.", ticket.row.id),
            )];
            problems.extend(edit::conflict_problems(&plan));
            if form.json {
                return Ok(Answer::problems(Status::Conflict, "Somebody was faster", &problems[0].message, &problems));
            }
            card.again(Typed { problems, status: Some(Status::Conflict), ..typed })
        }
        Err(error) => card.refused(form, typed, error),
    }
}

fn planner<'a>(desk: &'a Desk, room: &'a Room, db: &'a Connection) -> Planner<'a> {
    let viewer = &*room.viewer;
    Planner { db, site: desk.site(), project: &room.project, viewer, actor: people::own(viewer) }
}

/// A card on its way.
struct Move<'a> {
    desk: &'a Desk,
    room: &'a Room,
    choices: &'a Choices,
    ticket: &'a Ticket,
    goal: &'a Goal,
}

impl Move<'_> {
    /// Why it can't come into a state by this person.
    fn no_way(&self, state: &str) -> Error {
        if let Err(forbidden) = self.room.viewer.require(TICKET_APPEND) {
            return forbidden;
        }
        let (id, own) = (self.ticket.row.id, self.choices.status(self.ticket.row.status));
        let own = own.map_or("", |status| status.name.as_str());
        if own == state {
            return Error::invalid("to", format!("#{id} is {own} already."));
        }
        Error::invalid("to", format!("Nothing that you may do leads #{id} from {own} to {}.", shortened(state)))
    }

    /// Back to the board, at the card.
    fn done(&self, form: &Form, back: &str) -> Result<Answer> {
        let id = self.ticket.row.id;
        if form.json {
            let href = format!("{}{}", self.room.root, ticket_href(id));
            let url = self.desk.web().address.absolute(&href);
            return Answer::created(self.desk, &href, &json!({ "id": id, "url": url, "to": self.goal.sent }));
        }
        let href = format!("{}#card-{id}", board_href(self.room, back));
        Ok(Answer::see(&href).telling(self.desk, &format!("#{id} is moved: {}.", self.goal.in_words())))
    }

    /// The page that asks for what the action needs.
    fn ask_href(&self, back: &str) -> String {
        let to: Vec<String> = self.goal.sent.iter().map(|to| format!("&to={}", address::query_value(to))).collect();
        let (id, back) = (self.ticket.row.id, address::query_value(back));
        format!("{}/board/move?ticket={id}{}&back={back}", self.room.root, to.concat())
    }

    /// The page that asks, with what is wrong; what no form can mend has pages of its own.
    fn refused(&self, form: &Form, typed: Typed, error: Error) -> Result<Answer> {
        let (status, problems) = match &error {
            _ if form.json => return Err(error),
            Error::Invalid(problems) => (Status::UnprocessableEntity, problems.clone()),
            Error::Forbidden { message, .. } => (Status::Forbidden, vec![Problem::new("", message.clone())]),
            Error::Conflict(message) => (Status::Conflict, vec![Problem::new("", message.clone())]),
            _ => return Err(error),
        };
        self.again(Typed { problems, status: Some(status), ..typed })
    }

    /// With the ticket as it is by now.
    fn again(&self, typed: Typed) -> Result<Answer> {
        self.room.project.read(|db| {
            let ticket = asked_ticket(db, self.room, &self.ticket.row.id.to_string())?;
            Move { ticket: &ticket, ..*self }.page(db, typed)
        })
    }

    fn page(&self, db: &Connection, typed: Typed) -> Result<Answer> {
        let Self { desk, room, choices, ticket, goal } = *self;
        let offers = match &goal.state {
            Some(state) => leading(&planner(desk, room, db), choices, ticket, state)?,
            None => Vec::new(),
        };
        let chosen = offers.iter().position(|offer| offer.name == typed.action).unwrap_or(0);
        let action = |(at, offer): (usize, &Offer)| action(choices, offer, at == chosen, &typed);
        let number = ticket.row.id;
        let page = MovePage {
            href: format!("{}/board/move", room.root),
            number,
            ticket_href: format!("{}{}", room.root, ticket_href(number)),
            summary: ticket.values.text("summary").to_owned(),
            words: goal.in_words(),
            to: goal.sent.clone(),
            back_href: format!("{}#card-{number}", board_href(room, &typed.back)),
            view_time: ticket.row.changes,
            actions: offers.iter().enumerate().map(action).collect(),
            back: typed.back,
            comment: typed.comment,
            problems: typed.problems,
        };
        let status = typed.status.unwrap_or(Status::Ok);
        Sheet::new(format!("Move #{number}"), page).at("/query").noindex().status(status).render(desk)
    }
}

fn board_href(room: &Room, back: &str) -> String {
    let sound = !back.is_empty() && back.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'#');
    if sound { format!("{}/board?{back}", room.root) } else { format!("{}/board", room.root) }
}

#[derive(Serialize)]
struct MovePage {
    href: String,
    number: i64,
    ticket_href: String,
    summary: String,
    words: String,
    to: Vec<String>,
    back: String,
    back_href: String,
    view_time: i64,
    actions: Vec<Action>,
    comment: String,
    problems: Vec<Problem>,
}

impl Page for MovePage {
    const TEMPLATE: &'static str = "query/move.html";
}

/// An action that leads there, with what it asks for.
#[derive(Serialize)]
struct Action {
    name: String,
    label: String,
    hint: String,
    chosen: bool,
    owner: Option<Input>,
    resolution: Option<Input>,
    duplicate_of: Option<Input>,
    needs: Vec<String>,
}

#[derive(Serialize)]
struct Input {
    name: String,
    value: String,
    /// What can be chosen; empty: anything.
    options: Vec<String>,
}

fn action(choices: &Choices, offer: &Offer, chosen: bool, typed: &Typed) -> Action {
    let input = |name: &str, default: &str, options: Vec<String>| Input {
        value: typed.input(name).unwrap_or(default).to_owned(),
        name: name.to_owned(),
        options,
    };
    let label = |name: &String| choices.fields.named(name).map_or_else(|| name.clone(), |field| field.label.to_owned());
    Action {
        name: offer.name.clone(),
        label: offer.label.clone(),
        hint: offer.hint.clone(),
        chosen,
        owner: offer.owner.as_ref().and_then(|owner| match &owner.choices {
            workflow::Choices::Free => Some(input(&owner.field, &owner.default, Vec::new())),
            workflow::Choices::Of(people) => Some(input(&owner.field, &owner.default, people.clone())),
            workflow::Choices::Fixed(_) => None,
        }),
        resolution: (offer.resolution.as_ref().filter(|resolution| !resolution.fixed))
            .map(|resolution| input(&resolution.field, &resolution.default, resolution.choices.clone())),
        duplicate_of: offer.duplicate_of.as_ref().map(|name| input(name, "", Vec::new())),
        needs: offer.needs.iter().map(label).collect(),
    }
}
