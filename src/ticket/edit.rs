//! The one way to change tickets, whoever asks: form, JSON, command, commit, mail, import.

use serde_json::json;

use super::fields::{Choices, Field, LARGEST_TEXT};
use super::plan::{Plan, Planner, Request};
use super::store::{self, NewChange, Ticket};
use super::values::{Value, Values};
use super::worked::Worked;
use super::{
    NO_TICKET, TICKET_APPEND, TICKET_EDIT_COMMENT, TICKET_VIEW, access, audience, merge, people, relations, seen,
    tally, time_store, worked,
};
use crate::base::error::{Error, Problem, Result};
use crate::base::event::NewEvent;
use crate::base::link;
use crate::base::markup::{Flavour, Here};
use crate::base::project::{Act, Project, Said as Spoken, Tx};
use crate::base::resource::Resource;
use crate::base::site::Site;
use crate::base::viewer::Viewer;
use crate::web::text::options;

/// How a submit ended.
pub enum Outcome {
    /// Nothing differed and nothing was said, so nothing was stored (row C03).
    Unchanged,
    /// Saved as the change of that number. `merged`: others had changed other fields since the sender looked.
    Saved { number: i64, merged: bool },
    /// Nothing is saved: others have changed the same fields.
    Conflict(Box<Plan>),
}

/// Files a ticket. Returns its number.
pub fn create(site: &Site, project: &Project, by: Act<'_>, request: &Request) -> Result<i64> {
    warm(site, project, request)?;
    project.write(by, |tx| {
        let viewer = &*access::standing_to_file(tx, by.viewer, request)?;
        let planner = Planner { db: tx, site, project, viewer, actor: tx.actor().map(Value::Id) };
        let plan = planner.create(request)?;
        if !plan.problems.is_empty() {
            return Err(Error::Invalid(plan.problems));
        }
        let values = settled(tx, &plan.after)?;
        let status = values.id("status").ok_or_else(|| Error::internal("a new ticket without a state"))?;
        let acl = access::class_of(tx, &values)?;
        let id = store::insert(tx, status, values.text("summary"), acl)?;
        let change = NewChange { ticket: id, number: 0, comment: &plan.comment, reply_to: None, acl };
        let change = store::insert_change(tx, &change)?;
        for field in plan.choices.fields.iter().filter(|field| !values.get(field.name).is_empty()) {
            store::save_values(tx, id, change, field, values.get(field.name))?;
        }
        let closed = is_closed(&plan.choices, &values).then(|| tx.now());
        store::save_row(tx, id, &values, 0, closed)?;
        note_begin(tx, id, None, &values, &plan.choices)?;
        store::save_participants(tx, id, &values)?;
        tally::update(tx, None, Some((&values, acl)))?;
        save_links(site, project, tx, id, "", acl, values.text("description"))?;
        let fields: Vec<&str> = values.iter().map(|(field, _)| field).collect();
        let mentioned = audience::mentioned(tx, site, project, id, "", ("", values.text("description")))?;
        let event =
            NewEvent::new("ticket.created", Resource::new("ticket", id), acl).part(0).data(told(&fields, &mentioned));
        tx.record(&event)?;
        seen::after_own(tx, by.viewer, id, 0, None)?;
        relations::tell_other_ends(tx, id, &Values::default(), &values)?;
        Ok(id)
    })
}

/// Changes a ticket: fields, an action of the workflow, a comment.
pub fn change(site: &Site, project: &Project, by: Act<'_>, id: i64, request: &Request) -> Result<Outcome> {
    by.viewer.require_to_see(TICKET_VIEW, NO_TICKET)?;
    warm(site, project, request)?;
    project.write(by, |tx| change_within(site, tx, by.viewer, id, request))
}

/// The same within a transaction that does more, as that of a commit; nothing is written unless it is saved.
pub fn change_within(site: &Site, tx: &Tx<'_>, viewer: &Viewer, id: i64, request: &Request) -> Result<Outcome> {
    viewer.require_to_see(TICKET_VIEW, NO_TICKET)?;
    let ticket = store::find(tx, viewer, id)?.ok_or_else(|| Error::not_found(NO_TICKET))?;
    merge::require_to_stand(tx, viewer, &ticket.row)?;
    change_found(site, tx, viewer, &ticket, request)
}

/// The same of a ticket that was found for the viewer, even if it lives on in another one.
pub(super) fn change_found(
    site: &Site,
    tx: &Tx<'_>,
    viewer: &Viewer,
    ticket: &Ticket,
    request: &Request,
) -> Result<Outcome> {
    let (project, id) = (tx.project(), ticket.row.id);
    let viewer = &*access::standing(tx, viewer, &ticket.row)?;
    let planner = Planner { db: tx, site, project, viewer, actor: tx.actor().map(Value::Id) };
    let plan = planner.change(ticket, request)?;
    if !plan.problems.is_empty() {
        return Err(Error::Invalid(plan.problems));
    }
    if !plan.conflicts.is_empty() {
        return Ok(Outcome::Conflict(Box::new(plan)));
    }
    if plan.changes_nothing() {
        return Ok(Outcome::Unchanged);
    }
    let merged = !plan.merged.is_empty();
    let number = save(site, project, tx, ticket, &plan)?;
    seen::after_own(tx, viewer, id, number, request.seen)?;
    Ok(Outcome::Saved { number, merged })
}

/// Writes what was planned as the next change of the ticket. Returns its number.
fn save(site: &Site, project: &Project, tx: &Tx<'_>, ticket: &Ticket, plan: &Plan) -> Result<i64> {
    let id = ticket.row.id;
    let values = settled(tx, &plan.after)?;
    let (old, new) = (ticket.values.text("description"), values.text("description"));
    let mentioned = audience::mentioned(tx, site, project, id, &plan.comment, (old, new))?;
    let said =
        Said { comment: &plan.comment, reply_to: plan.reply_to, mentioned: &mentioned, worked: plan.worked.as_ref() };
    let (number, acl) = append(tx, ticket, &values, &plan.choices, &said)?;
    if new != old {
        save_links(site, project, tx, id, "", acl, new)?;
    }
    if !plan.comment.is_empty() {
        save_links(site, project, tx, id, &comment_part(number), acl, &plan.comment)?;
    }
    Ok(number)
}

/// What comes with a change beside the values that it begins.
#[derive(Clone, Copy, Default)]
pub(super) struct Said<'a> {
    pub comment: &'a str,
    pub reply_to: Option<i64>,
    /// The people whom it names.
    pub mentioned: &'a [i64],
    pub worked: Option<&'a Worked>,
}

/// Gives a ticket these values with its next change, counts it where it belongs now and tells of it. Returns the number of
/// the change, and the access class that the ticket has now.
pub(super) fn append(
    tx: &Tx<'_>,
    ticket: &Ticket,
    values: &Values,
    choices: &Choices,
    said: &Said<'_>,
) -> Result<(i64, i64)> {
    let Said { comment, reply_to, mentioned, worked } = *said;
    let id = ticket.row.id;
    let acl = access::settle(tx, ticket, values)?;
    let number = ticket.row.changes + 1;
    let change = store::insert_change(tx, &NewChange { ticket: id, number, comment, reply_to, acl })?;
    let differs = |field: &&Field| ticket.values.stored(field.name) != values.stored(field.name);
    let fields: Vec<&Field> = choices.fields.iter().filter(differs).collect();
    for field in &fields {
        store::save_values(tx, id, change, field, values.stored(field.name))?;
    }
    let changed: Vec<&str> = fields.iter().map(|field| field.name).collect();
    let (was_closed, closes) = (is_closed(choices, &ticket.values), is_closed(choices, values));
    let closed_at = match (was_closed, closes) {
        (_, false) => None,
        (false, true) => Some(tx.now()),
        (true, true) => ticket.row.closed_at,
    };
    store::save_row(tx, id, values, number, closed_at)?;
    note_begin(tx, id, Some(&ticket.values), values, choices)?;
    if !comment.is_empty() || changed.contains(&"reporter") {
        time_store::note_contact(tx, id, values.id("reporter"))?;
    }
    if let Some(worked) = worked {
        worked::enter(tx, id, change, worked)?;
    }
    store::save_participants(tx, id, values)?;
    // A merged ticket is counted nowhere.
    if ticket.row.merged_into.is_none() {
        tally::update(tx, Some((&ticket.values, ticket.row.acl)), Some((values, acl)))?;
    }
    let kind = match (was_closed, closes) {
        (false, true) => "ticket.closed",
        (true, false) => "ticket.reopened",
        _ if changed.is_empty() && comment.is_empty() && worked.is_some() => "ticket.worked",
        _ if changed.is_empty() => "ticket.commented",
        _ => "ticket.changed",
    };
    let mut event = NewEvent::new(kind, Resource::new("ticket", id), acl).part(number).data(told(&changed, mentioned));
    // Who finds the notes of a ticket and the remarks on it depends on its class, and on who takes part in it.
    let also = access::to_read_again(tx, id)?;
    if !also.is_empty() {
        event.data["also"] = json!(also);
    }
    tx.record(&event)?;
    relations::tell_other_ends(tx, id, &ticket.values, values)?;
    Ok((number, acl))
}

/// What the event of a change holds: names of fields and ids of people.
fn told(fields: &[&str], mentioned: &[i64]) -> serde_json::Value {
    let mut data = json!({ "fields": fields });
    if !mentioned.is_empty() {
        data["mentioned"] = json!(mentioned);
    }
    data
}

/// Puts another text in place of a comment; the earlier ones are kept (row C06).
/// `seen` is how often it had been edited when its editor looked.
pub fn edit_comment(
    site: &Site,
    project: &Project,
    by: Act<'_>,
    ticket: i64,
    number: i64,
    text: &str,
    seen: Option<i64>,
) -> Result<()> {
    by.viewer.require_to_see(TICKET_VIEW, NO_TICKET)?;
    if text.len() > LARGEST_TEXT {
        return Err(Error::invalid("edited_comment", "A comment has at most 1 MiB (1,048,576 bytes)."));
    }
    project.cache().compiled(text, Flavour::Note, site.vocabulary(), &options(site, project)?)?;
    project.write(by, |tx| edit_comment_within(site, tx, by.viewer, ticket, number, text, seen))
}

/// The same within a transaction that does more.
pub(super) fn edit_comment_within(
    site: &Site,
    tx: &Tx<'_>,
    viewer: &Viewer,
    ticket: i64,
    number: i64,
    text: &str,
    seen: Option<i64>,
) -> Result<()> {
    let found = store::find(tx, viewer, ticket)?.ok_or_else(|| Error::not_found(NO_TICKET))?;
    let viewer = &*access::standing(tx, viewer, &found.row)?;
    let change = store::changes(tx, viewer, ticket, number, number)?.pop().filter(|change| change.number > 0);
    let change = change.ok_or_else(|| Error::not_found(format!("Ticket #{ticket} has no comment {number}.")))?;
    let own = viewer.signed_in() && change.author.is_some() && change.author == tx.actor();
    if !(own && viewer.may(TICKET_APPEND)) {
        viewer.require(TICKET_EDIT_COMMENT)?;
    }
    viewer.require(TICKET_APPEND).or_else(|_| viewer.require(TICKET_EDIT_COMMENT))?;
    if seen.is_some_and(|seen| seen != change.edits) {
        return Err(Error::conflict("This comment was edited meanwhile. Please look at it again; your text is below."));
    }
    if text == change.comment {
        return Ok(());
    }
    store::save_comment(tx, ticket, &change, text)?;
    time_store::note_contact(tx, ticket, found.row.reporter)?;
    save_links(site, tx.project(), tx, ticket, &comment_part(number), found.row.acl, text)?;
    let event = NewEvent::new("ticket.comment_edited", Resource::new("ticket", ticket), found.row.acl).part(number);
    tx.record(&event)?;
    Ok(())
}

/// Moves tickets of a milestone that was completed or deleted to another one or to none (rows M08, M09). Where nobody has said
/// anything along with that, `why` is their comment.
pub(super) fn retarget(
    tx: &Tx<'_>,
    from: i64,
    to: Option<i64>,
    open_only: bool,
    why: &str,
    spoken: Option<&Spoken>,
) -> Result<()> {
    let choices = Choices::whole(tx)?;
    let vocabulary = spoken.map(|spoken| (spoken, tx.project().components().vocabulary()));
    let comment = spoken.map_or(why, |spoken| &spoken.text);
    for id in store::in_milestone(tx, from)? {
        let Some(ticket) = store::find_unseen(tx, id)? else { continue };
        if open_only && is_closed(&choices, &ticket.values) {
            continue;
        }
        let mut values = ticket.values.clone();
        values.set("milestone", to.map(Value::Id).into_iter().collect());
        let (number, acl) = append(tx, &ticket, &values, &choices, &Said { comment, ..Said::default() })?;
        if let Some((spoken, vocabulary)) = &vocabulary {
            let here = Here { resource: Resource::new("ticket", id), name: id.to_string() };
            let links = link::of(&spoken.compiled, vocabulary, &here);
            link::replace(tx, &here.resource, &comment_part(number), acl, &links)?;
        }
    }
    Ok(())
}

/// A ticket begins when its state leaves those in which tickets are filed (row A1); then or never.
fn note_begin(tx: &Tx<'_>, id: i64, before: Option<&Values>, after: &Values, choices: &Choices) -> Result<()> {
    let moves = before.is_none_or(|before| before.get("status") != after.get("status"));
    if moves && super::plan::is_begun(&*super::workflows::of(tx, choices, after)?, choices, after) {
        time_store::begin(tx, id)?;
    }
    Ok(())
}

/// Brings a ticket to another state, because the workflow that it follows no longer knows its own. Open tickets have no
/// resolution.
pub(super) fn restate(tx: &Tx<'_>, choices: &Choices, id: i64, to: i64, why: &str) -> Result<()> {
    let Some(ticket) = store::find_unseen(tx, id)? else { return Ok(()) };
    let mut values = ticket.values.clone();
    values.set("status", vec![Value::Id(to)]);
    if is_closed(choices, &ticket.values) && !is_closed(choices, &values) {
        values.set("resolution", Vec::new());
    }
    append(tx, &ticket, &values, choices, &Said { comment: why, ..Said::default() })?;
    Ok(())
}

pub fn comment_part(number: i64) -> String {
    format!("comment:{number}")
}

/// Whether these values are those of a closed ticket.
pub fn is_closed(choices: &Choices, values: &Values) -> bool {
    values.id("status").and_then(|id| choices.status(id)).is_some_and(|status| status.category.is_closed())
}

/// Reads the texts of a submit before the writer is taken, so that their links are at hand within.
pub(super) fn warm(site: &Site, project: &Project, request: &Request) -> Result<()> {
    let texts = request.set.iter().filter(|(name, _)| name == "description").map(|(_, text)| text.as_str());
    for text in texts.chain([request.comment.as_str()]).filter(|text| text.len() <= LARGEST_TEXT) {
        project.cache().compiled(text, Flavour::Note, site.vocabulary(), &options(site, project)?)?;
    }
    Ok(())
}

/// Puts what a text of a ticket refers to in place of what it did before.
pub(super) fn save_links(
    site: &Site,
    project: &Project,
    tx: &Tx<'_>,
    ticket: i64,
    part: &str,
    acl: i64,
    text: &str,
) -> Result<()> {
    let compiled = project.cache().compiled(text, Flavour::Note, site.vocabulary(), &options(site, project)?)?;
    let here = Here { resource: Resource::new("ticket", ticket), name: ticket.to_string() };
    link::replace(tx, &here.resource, part, acl, &link::of(&compiled, site.vocabulary(), &here))
}

/// Everything that is to be stored, with every newcomer made a person of the project.
fn settled(tx: &Tx<'_>, values: &Values) -> Result<Values> {
    let mut settled = Values::default();
    for (field, of_field) in values.all_stored() {
        let mut known: Vec<Value> = Vec::with_capacity(of_field.len());
        for value in of_field {
            let value = people::settle(tx, value.clone())?;
            if !known.contains(&value) {
                known.push(value);
            }
        }
        settled.set(field, known);
    }
    Ok(settled)
}

/// The problems of a conflict, field by field, for those who get no page: JSON and commands.
pub fn conflict_problems(plan: &Plan) -> Vec<Problem> {
    plan.conflicts
        .iter()
        .map(|conflict| {
            Problem::new(
                super::plan::form_name(conflict.field),
                format!("{} was changed by somebody else meanwhile.", conflict.field.label),
            )
        })
        .collect()
}
