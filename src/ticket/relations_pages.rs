//! The box of a ticket's relations on its page, from both ends, and its small forms: `POST /<project>/ticket/<n>/relation`
//! adds one and takes one away. Either end can be named: that a ticket blocks another one is a field of the other.

use rocket::data::Data;
use rocket::http::Status;
use rocket::{Route, post, routes};
use rusqlite::Connection;
use serde::Serialize;

use super::controls::FormField;
use super::edit::{self, Outcome};
use super::fields::Choices;
use super::head::{self, asked_ticket, enter_ticket};
use super::merge;
use super::pages::{Draft, as_json, drawn};
use super::plan::Request;
use super::relations::{self, Around, RELATIONS, Relation};
use super::relations_rules::CLOSE_ANYWAY;
use super::status::Category;
use super::store::{self, Ticket, TicketRow};
use super::values::Values;
use super::workflow::Offer;
use super::{NO_TICKET, TICKET_CHGPROP, link, people};
use crate::base::error::{Error, Problem, Result};
use crate::base::project::Tx;
use crate::base::text::fold;
use crate::base::viewer::Viewer;
use crate::web::form::{Form, shortened};
use crate::web::{Answer, Desk, Room, Visit};

/// So many tickets of one kind stand in the box; the rest are a list of their own.
const MOST_SHOWN: usize = 50;

pub fn routes() -> Vec<Route> {
    routes![relate]
}

/// The `Relations` of `ticket/_relations.html`.
#[derive(Debug, Serialize)]
pub(super) struct Relations {
    groups: Vec<Group>,
    /// How far its children are; none without any.
    progress: Option<Bar>,
    progress_hint: String,
    waiting: Option<Waiting>,
    /// What a closed ticket was a duplicate of.
    duplicate_of: Vec<Item>,
    /// What lives on in this ticket.
    merged: Vec<Item>,
    href: String,
    merge_href: Option<String>,
    unmerge: bool,
    add: Option<Add>,
}

#[derive(Debug, Serialize)]
struct Group {
    /// As the forms call this end.
    name: &'static str,
    label: &'static str,
    items: Vec<Item>,
    more: Option<More>,
}

#[derive(Debug, Clone, Serialize)]
struct Item {
    number: i64,
    href: String,
    summary: String,
    state: State,
    /// Whether it can be taken away here.
    removable: bool,
}

#[derive(Debug, Clone, Serialize)]
struct State {
    name: String,
    category: &'static str,
    href: Option<String>,
}

#[derive(Debug, Serialize)]
struct More {
    count: usize,
    href: String,
}

#[derive(Debug, Serialize)]
struct Waiting {
    words: String,
    href: String,
}

/// As `layout/progress.html` draws it.
#[derive(Debug, Serialize)]
struct Bar {
    closed: i64,
    total: i64,
    percent: i64,
    length: i64,
    segments: Vec<Segment>,
}

#[derive(Debug, Serialize)]
struct Segment {
    title: &'static str,
    kind: &'static str,
    count: i64,
    x: f64,
    width: f64,
}

#[derive(Debug, Serialize)]
struct Add {
    open: bool,
    ends: Vec<End>,
    ticket: String,
    problems: Vec<Problem>,
}

#[derive(Debug, Serialize)]
struct End {
    name: &'static str,
    label: &'static str,
    chosen: bool,
}

/// What was typed into the form of the box, with what is wrong with it.
#[derive(Debug, Clone, Default)]
pub(super) struct Typed {
    relation: String,
    ticket: String,
    problems: Vec<Problem>,
}

/// Both ends of all relations, by the names that forms and JSON use.
fn ends() -> impl Iterator<Item = (&'static Relation, bool, &'static str, &'static str)> {
    RELATIONS.iter().flat_map(|relation| {
        [(relation, false, relation.field, relation.label), (relation, true, relation.inverse, relation.inverse_label)]
    })
}

/// The box of the ticket as it is, for this viewer; none where there is nothing to show or to do.
pub(super) fn of_ticket(
    db: &Connection,
    room: &Room,
    ticket: &Ticket,
    choices: &Choices,
    around: &Around,
    typed: Option<Typed>,
) -> Result<Option<Relations>> {
    let viewer = &room.viewer;
    let changes = viewer.may(TICKET_CHGPROP) && ticket.row.merged_into.is_none();
    let others: Vec<i64> = around.edges.iter().map(|edge| edge.other).chain(around.merged.iter().copied()).collect();
    let rows = store::by_ids(db, viewer, &others)?;
    let item = |id: i64, removable: bool| {
        let row = rows.binary_search_by_key(&id, |row| row.id).ok().map(|at| &rows[at])?;
        Some(Item::of(room, choices, row, removable))
    };
    let mut groups = Vec::new();
    for (relation, inverse, name, label) in ends() {
        let of_end = around.edges.iter().filter(|edge| edge.relation == relation && edge.inverse == inverse);
        // What a merged ticket has goes when the merge is taken back, not before.
        let own: Vec<i64> = of_end
            .filter(|edge| edge.holder == if inverse { edge.other } else { ticket.row.id })
            .map(|edge| edge.other)
            .collect();
        let ids = around.others(relation.field, inverse);
        let mut items: Vec<Item> = ids.iter().filter_map(|id| item(*id, changes && own.contains(id))).collect();
        let more = (items.len() > MOST_SHOWN).then(|| {
            let list: Vec<String> = items.iter().map(|item| item.number.to_string()).collect();
            More { count: items.len() - MOST_SHOWN, href: format!("{}/query?id={}", room.root, list.join(",")) }
        });
        items.truncate(MOST_SHOWN);
        if !items.is_empty() {
            groups.push(Group { name, label, items, more });
        }
    }
    let merged: Vec<Item> = around.merged.iter().filter_map(|id| item(*id, false)).collect();
    if groups.is_empty() && merged.is_empty() && !changes {
        return Ok(None);
    }
    let closed = edit::is_closed(choices, &ticket.values);
    let has = |name: &str| groups.iter().find(|group| group.name == name);
    let progress =
        if has("children").is_some() { bar(&relations::descendants(db, viewer, ticket.row.id)?) } else { None };
    let left = progress.as_ref().map_or(0, |bar| bar.total - bar.closed);
    let waiting = match has("depends_on") {
        Some(group) if !closed => {
            let open: Vec<i64> =
                group.items.iter().filter(|item| item.state.category != "closed").map(|item| item.number).collect();
            let for_these = relations::waiting_for(&open);
            for_these.map(|(words, href)| Waiting { words, href: format!("{}{href}", room.root) })
        }
        _ => None,
    };
    let href = head::href(room, ticket.row.id);
    let merges = changes && merge::may_merge(viewer);
    Ok(Some(Relations {
        progress_hint: match (closed, left) {
            (true, 1) => "This ticket is closed; one of its children is still open.".to_owned(),
            (true, left) if left > 1 => format!("This ticket is closed; {left} of its children are still open."),
            _ => String::new(),
        },
        duplicate_of: if closed {
            has("duplicate_of").map(|group| group.items.clone()).unwrap_or_default()
        } else {
            Vec::new()
        },
        groups,
        progress,
        waiting,
        merged,
        merge_href: merges.then(|| format!("{href}/merge")),
        unmerge: merges,
        add: changes.then(|| Add::with(typed)),
        href: format!("{href}/relation"),
    }))
}

/// The control for the other ticket stands beside the actions where one of them resolves as duplicate, not in the fold.
pub(super) fn beside_actions(offers: &[Offer], planning: &mut Vec<FormField>) -> Option<FormField> {
    let resolves = |offer: &Offer| {
        offer.resolution.as_ref().is_some_and(|input| input.choices.iter().any(|name| fold(name) == "duplicate"))
    };
    // An action that asks for it by itself has its own control.
    if !offers.iter().any(resolves) || offers.iter().any(|offer| offer.duplicate_of.is_some()) {
        return None;
    }
    let at = planning.iter().position(|field| field.name == "duplicate_of")?;
    let hint = "The number of the other ticket, if this one is resolved as duplicate.".to_owned();
    Some(FormField { hint, ..planning.remove(at) })
}

/// Whether the form asks to confirm that a ticket is closed with open dependencies, and whether that was ticked.
pub(super) fn close_anyway(request: Option<&Request>, problems: &[Problem]) -> Option<bool> {
    let ticked = request.is_some_and(|request| request.force);
    (ticked || problems.iter().any(|problem| problem.field == CLOSE_ANYWAY)).then_some(ticked)
}

impl Item {
    fn of(room: &Room, choices: &Choices, row: &TicketRow, removable: bool) -> Self {
        let status = choices.status(row.status);
        Self {
            number: row.id,
            href: head::href(room, row.id),
            summary: row.summary.clone(),
            state: State {
                name: status.map(|status| status.name.clone()).unwrap_or_default(),
                category: status.map_or(Category::Open, |status| status.category).name(),
                href: None,
            },
            removable,
        }
    }
}

impl Add {
    fn with(typed: Option<Typed>) -> Self {
        let open = typed.is_some();
        let typed = typed.unwrap_or_default();
        let ends = ends().map(|(_, _, name, label)| End { name, label, chosen: name == typed.relation });
        Self { open, ends: ends.collect(), ticket: typed.ticket, problems: typed.problems }
    }
}

/// Numbers by category as a bar; none without any.
fn bar(counts: &[(String, i64)]) -> Option<Bar> {
    let of = |name: &str| counts.iter().filter(|(category, _)| category == name).map(|(_, count)| count).sum::<i64>();
    let total: i64 = counts.iter().map(|(_, count)| count).sum();
    if total == 0 {
        return None;
    }
    let share = |count: i64| (count as f64 / total as f64 * 100_000.0).round() / 1000.0;
    let mut before = 0;
    let segments = [Category::Closed, Category::Waiting, Category::Open].map(|category| {
        let count = of(category.name());
        let x = share(before);
        before += count;
        Segment { title: category.name(), kind: category.name(), count, x, width: share(before) - x }
    });
    let closed = of("closed");
    Some(Bar { closed, total, percent: closed * 100 / total, length: 100, segments: segments.into() })
}

#[post("/<project>/ticket/<number>/relation", data = "<data>")]
async fn relate(visit: Visit, project: String, number: String, data: Data<'_>) -> Answer {
    visit
        .answer_form(data, move |desk, form| {
            let (room, ticket) = enter_ticket(desk, &project, &number)?;
            related(desk, &room, &ticket, form)
        })
        .await
}

fn related(desk: &Desk, room: &Room, ticket: &Ticket, form: &Form) -> Result<Answer> {
    room.viewer.require(TICKET_CHGPROP)?;
    let typed = Typed {
        relation: form.text("relation").trim().to_owned(),
        ticket: form.text("ticket").trim().to_owned(),
        problems: Vec::new(),
    };
    let id = ticket.row.id;
    match asked(&typed).and_then(|asked| {
        let change = Change { asked, remove: form.has("remove") };
        room.project.write(room.act(), |tx| change.make(desk, tx, &room.viewer, id))
    }) {
        Ok(()) => {
            let href = format!("{}#relations", head::href(room, id));
            if !form.json {
                return Ok(Answer::see(&href));
            }
            let answer =
                room.project.read(|db| as_json(desk, db, room, &asked_ticket(db, room, &id.to_string())?, None))?;
            Ok(answer.with_status(Status::Created).header("Location", desk.web().address.absolute(&href)))
        }
        Err(Error::Invalid(problems)) if !form.json => room.project.read(|db| {
            let ticket = asked_ticket(db, room, &id.to_string())?;
            let status = Some(Status::UnprocessableEntity);
            let relation = Some(Typed { problems, ..typed });
            drawn(desk, db, room, &ticket, Draft { relation, status, ..Draft::default() })
        }),
        Err(error) => Err(error),
    }
}

/// One end of a relation and the tickets at the other.
struct Asked {
    relation: &'static Relation,
    inverse: bool,
    tickets: Vec<i64>,
}

fn asked(typed: &Typed) -> Result<Asked> {
    let mut problems = Vec::new();
    let end = ends().find(|(_, _, name, _)| *name == typed.relation);
    if end.is_none() {
        let known: Vec<&str> = ends().map(|(_, _, name, _)| name).collect();
        problems.push(Problem::new("relation", format!("Tickets are related by one of {}.", known.join(", "))));
    }
    let mut tickets = Vec::new();
    for one in people::split(&typed.ticket) {
        match link::number(one.strip_prefix('#').unwrap_or(one)) {
            Some(number) if !tickets.contains(&number) => tickets.push(number),
            Some(_) => {}
            None => {
                let one = shortened(one);
                problems.push(Problem::new("ticket", format!("“{one}” is no number of a ticket.")));
            }
        }
    }
    if tickets.is_empty() && problems.is_empty() {
        problems.push(Problem::new("ticket", "The number of the other ticket is missing."));
    }
    match end {
        Some((relation, inverse, _, _)) if problems.is_empty() => Ok(Asked { relation, inverse, tickets }),
        _ => Err(Error::Invalid(problems)),
    }
}

struct Change {
    asked: Asked,
    remove: bool,
}

impl Change {
    fn make(&self, desk: &Desk, tx: &Tx<'_>, viewer: &Viewer, id: i64) -> Result<()> {
        let Asked { inverse, tickets, .. } = &self.asked;
        if !inverse {
            return self.change(desk, tx, viewer, id, tickets);
        }
        for other in tickets {
            let missing = || Error::invalid("ticket", format!("There is no ticket #{other}."));
            let seen = store::by_ids(tx, viewer, &[*other])?.pop().ok_or_else(missing)?;
            self.change(desk, tx, viewer, seen.id, &[id])?;
        }
        Ok(())
    }

    /// Relates one ticket to these, or no longer, by the way that all changes of tickets go.
    fn change(&self, desk: &Desk, tx: &Tx<'_>, viewer: &Viewer, holder: i64, ends: &[i64]) -> Result<()> {
        let field = self.asked.relation.field;
        let ticket = store::find(tx, viewer, holder)?.ok_or_else(|| Error::not_found(NO_TICKET))?;
        let values = self.values(tx, viewer, &ticket.values, ends)?;
        let list: Vec<String> = values.iter().map(i64::to_string).collect();
        let request = Request { set: vec![(field.to_owned(), list.join(", "))], ..Request::default() };
        match edit::change_within(desk.site(), tx, viewer, holder, &request) {
            Ok(Outcome::Saved { .. } | Outcome::Unchanged | Outcome::Conflict(_)) => Ok(()),
            Err(Error::Invalid(problems)) => {
                let at_field = |problem: Problem| Problem { field: "ticket".to_owned(), ..problem };
                Err(Error::Invalid(problems.into_iter().map(at_field).collect()))
            }
            Err(other) => Err(other),
        }
    }

    fn values(&self, db: &Connection, viewer: &Viewer, values: &Values, ends: &[i64]) -> Result<Vec<i64>> {
        let relation = self.asked.relation;
        let mut kept: Vec<i64> = values.ids(relation.field).collect();
        if !self.remove {
            if relation.single {
                kept.clear();
            }
            kept.extend(ends.iter().filter(|end| !kept.contains(end)).copied().collect::<Vec<_>>());
            return Ok(kept);
        }
        // What they may not know of leads to nothing.
        let ends: Vec<i64> = store::by_ids(db, viewer, ends)?.into_iter().map(|row| row.id).collect();
        let all: Vec<i64> = kept.iter().chain(&ends).copied().collect();
        let survivors = merge::survivors(db, &all)?;
        kept.retain(|id| !ends.iter().any(|end| end == id || survivors.get(end) == survivors.get(id)));
        Ok(kept)
    }
}
