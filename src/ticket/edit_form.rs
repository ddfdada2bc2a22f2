//! The form by which one goes on with a ticket: which fields, actions and texts it holds for this viewer, what stands in them,
//! and where two have changed the same.

use std::sync::Arc;

use serde::Serialize;

use super::beside::{self, TimeInputs};
use super::controls::{Action, Controls, FormField, actions, may_choose};
use super::drawn_fields::{self, Fold};
use super::fields::{Field, PLANNING, field};
use super::form::Preview;
use super::note_store::{self, NoteRow};
use super::pages::Draft;
use super::plan::Plan;
use super::scene::Scene;
use super::store::Ticket;
use super::values::{Names, People, Value};
use super::workflow::Offer;
use super::{
    TICKET_ADMIN, TICKET_APPEND, TICKET_CHGPROP, TICKET_EDIT_CC, TICKET_EDIT_DESCRIPTION, access, history, note,
    people, relations_pages, reply,
};
use crate::base::error::{Problem, Result};
use crate::base::time::When;
use crate::base::viewer::Viewer;

#[derive(Serialize)]
pub struct EditForm {
    open: bool,
    may_comment: bool,
    /// How the text can be an internal note: not at all, by choice, or in any case.
    internal: &'static str,
    internal_chosen: bool,
    comment: String,
    replyto: String,
    canned: Vec<reply::Canned>,
    canned_href: String,
    fields_html: String,
    planning: Option<Fold>,
    description: Option<Description>,
    actions: Vec<Action>,
    duplicate_of_html: String,
    close_anyway: Option<bool>,
    problems: Vec<Problem>,
    conflicts: Vec<Clash>,
    preview: Option<Preview>,
    preview_href: String,
    draft_key: String,
    help_href: Option<String>,
    time: Option<TimeInputs>,
}

#[derive(Serialize)]
struct Description {
    value: String,
    changed: bool,
}

/// A field that two have changed, for the choice between both (row C10).
#[derive(Serialize)]
struct Clash {
    name: &'static str,
    label: &'static str,
    author: String,
    when: When,
    theirs: String,
    yours: String,
}

/// Row C24: what this viewer may not do is not in the form; none if that is everything.
pub fn edit_form(scene: &Scene<'_>, offers: &[Offer], draft: Draft) -> Result<Option<EditForm>> {
    let Scene { db, room, ticket, .. } = *scene;
    let viewer = &room.viewer;
    let (may_comment, may_note) = (viewer.may(TICKET_APPEND), note::may(db, viewer, ticket)?);
    if !may_comment && !may_note && !viewer.may(TICKET_CHGPROP) {
        return Ok(None);
    }
    let plan = draft.conflict.as_ref();
    let of_plan =
        plan.into_iter().flat_map(|plan| plan.conflicts.iter().flat_map(|one| one.theirs.iter().chain(&one.yours)));
    let ids = of_plan.filter_map(|value| match value {
        Value::Id(id) => Some(*id),
        _ => None,
    });
    let own = &scene.choices.fields;
    let planned = plan.map(|plan| plan.after.named_people(own)).unwrap_or_default();
    let people = People::load(db, ticket.values.named_people(own).into_iter().chain(planned).chain(ids))?;
    let names = Names { choices: scene.choices, people: &people };
    let logins_html = if viewer.signed_in() { people::logins_html(db)? } else { Arc::default() };
    let controls = Controls { viewer, names: &names, logins_html: &logins_html, stored: &ticket.values };
    let typed = draft.typed.as_ref();
    // What stands in a control: both texts of a conflict are worked in, anything else is as it was typed.
    let value = |field: &'static Field| match (plan, typed.and_then(|typed| typed.value(field.name))) {
        (Some(plan), _) => match plan.conflicts.iter().find(|conflict| conflict.field == field) {
            Some(conflict) => names.joined(field, &conflict.yours),
            None => names.joined(field, plan.after.get(field.name)),
        },
        (None, Some(typed)) => typed.to_owned(),
        (None, None) => names.joined(field, ticket.values.get(field.name)),
    };
    let mut fields = Vec::new();
    for field in scene.choices.fields().filter(|field| field.is_editable()) {
        if in_form(viewer, field, &names, ticket) {
            fields.push(controls.control(field, &value(field)));
        } else if field.name == "cc" && viewer.signed_in() && may_comment {
            let login = people::own_login(viewer);
            let has = |list: &str| people::split(list).contains(&login);
            let was = has(&names.joined(field, ticket.values.get(field.name)));
            fields.push(controls.own_cc(field, has(&value(field)), was));
        }
    }
    let (mut planning, fields): (Vec<FormField>, Vec<FormField>) =
        fields.into_iter().partition(|field| PLANNING.contains(&field.name));
    let duplicate_of = relations_pages::beside_actions(offers, &mut planning);
    let description = field("description").filter(|_| may_describe(viewer, ticket)).map(|field| {
        let value = value(field);
        Description { changed: value != ticket.values.text("description"), value }
    });
    let request = typed.map(|typed| &typed.request);
    let help = room.project.components().owner(db, viewer, "wiki", "Manual/Text")?;
    let answered_note = match typed {
        Some(typed) => typed.note.as_ref().and_then(|note| note.reply_to),
        None => asked_note(scene, may_note)?.map(|note| note.number),
    };
    let replyto = match (answered_note, typed) {
        (Some(note), _) => format!("note:{note}"),
        (None, Some(typed)) => typed.request.reply_to.map(reply_name).unwrap_or_default(),
        (None, None) => asked_reply(scene).map(reply_name).unwrap_or_default(),
    };
    Ok(Some(EditForm {
        open: typed.is_some(),
        may_comment: may_comment || may_note,
        internal: match (may_note, may_comment && answered_note.is_none()) {
            (false, _) => "",
            (true, true) => "choice",
            (true, false) => "always",
        },
        internal_chosen: typed.is_some_and(|typed| typed.note.is_some()),
        comment: match typed {
            Some(typed) => typed.said().to_owned(),
            None => quotation(scene, may_note)?,
        },
        replyto,
        canned: if may_comment { reply::choices(db, ticket)? } else { Vec::new() },
        canned_href: format!("{}/reply/", scene.plain),
        fields_html: drawn_fields::all(&fields, &draft.problems),
        planning: Fold::of(&planning, &draft.problems),
        description,
        actions: actions(offers, request.and_then(|request| request.action.as_ref()), &logins_html),
        duplicate_of_html: drawn_fields::all(duplicate_of.as_slice(), &draft.problems),
        close_anyway: relations_pages::close_anyway(request, &draft.problems),
        conflicts: clashes(scene, &names, plan, draft.seen)?,
        problems: draft.problems,
        preview: draft.preview,
        preview_href: format!("{}?action=preview", scene.plain),
        draft_key: format!("{}/ticket/{}", room.row.id, ticket.row.id),
        help_href: help.map(|page| format!("{}{}", room.root, page.href)),
        time: beside::inputs(viewer, &logins_html, request.and_then(|request| request.time.as_ref())),
    }))
}

/// Whether this viewer has a control for that field; the description has its own place.
fn in_form(viewer: &Viewer, field: &Field, names: &Names<'_>, ticket: &Ticket) -> bool {
    match field.name {
        // The owner is a matter of the workflow's actions.
        "owner" | "description" => false,
        "reporter" => viewer.may(TICKET_ADMIN) && viewer.signed_in(),
        "cc" => {
            let hidden = !viewer.signed_in() && names.joined(field, ticket.values.get("cc")).contains('@');
            viewer.may(TICKET_EDIT_CC) && !hidden
        }
        access::PRIVATE => viewer.may(TICKET_CHGPROP) || is_reporter(viewer, ticket) && viewer.may(TICKET_APPEND),
        _ => viewer.may(TICKET_CHGPROP) && may_choose(viewer, field),
    }
}

/// Row C18: their own description, or any by right.
pub fn may_describe(viewer: &Viewer, ticket: &Ticket) -> bool {
    viewer.may(TICKET_EDIT_DESCRIPTION) || is_reporter(viewer, ticket) && viewer.may(TICKET_APPEND)
}

fn is_reporter(viewer: &Viewer, ticket: &Ticket) -> bool {
    viewer.signed_in() && viewer.person.is_some() && ticket.row.reporter == viewer.person
}

fn reply_name(number: i64) -> String {
    if number == 0 { "description".to_owned() } else { number.to_string() }
}

/// The comment that the reader wants to answer: 0 is the description.
fn asked_reply(scene: &Scene<'_>) -> Option<i64> {
    match scene.desk.visit.value("replyto")?.as_str() {
        "description" => Some(0),
        number => number.parse().ok().filter(|number| (1..=scene.ticket.row.changes).contains(number)),
    }
}

/// The internal note that the reader wants to answer: `?replyto=note:3`.
fn asked_note(scene: &Scene<'_>, may_note: bool) -> Result<Option<NoteRow>> {
    let asked = scene.desk.visit.value("replyto").filter(|_| may_note);
    let number = asked.as_deref().and_then(|text| text.strip_prefix("note:")).and_then(|number| number.parse().ok());
    match number {
        Some(number) => note_store::find(scene.db, &scene.room.viewer, scene.ticket.row.id, number),
        None => Ok(None),
    }
}

/// The words that the reader wants to answer.
fn quotation(scene: &Scene<'_>, may_note: bool) -> Result<String> {
    if let Some(note) = asked_note(scene, may_note)? {
        let people = People::load(scene.db, note.author)?.shown_to(&scene.room.viewer);
        let target = format!("note:{}", note.number);
        return Ok(reply::quotation(&people.called(note.author), &target, &note.text));
    }
    let Some(number) = asked_reply(scene) else { return Ok(String::new()) };
    let Some(group) = scene.group(number)? else { return Ok(String::new()) };
    let (target, text) = match number {
        0 => ("comment:description".to_owned(), scene.ticket.values.text("description")),
        number => (format!("comment:{number}"), group.change.comment.as_str()),
    };
    Ok(reply::quotation(&scene.author_of(&group)?, &target, text))
}

fn clashes(scene: &Scene<'_>, names: &Names<'_>, plan: Option<&Plan>, seen: Option<i64>) -> Result<Vec<Clash>> {
    let Some(plan) = plan else { return Ok(Vec::new()) };
    let (viewer, newest) = (&scene.room.viewer, scene.ticket.row.changes);
    let groups =
        history::groups(scene.db, viewer, &scene.choices.fields, scene.ticket, seen.unwrap_or(newest) + 1, newest)?;
    plan.conflicts
        .iter()
        .map(|conflict| {
            let by = groups.iter().rfind(|group| group.fields.iter().any(|change| change.field == conflict.field));
            Ok(Clash {
                name: conflict.field.name,
                label: conflict.field.label,
                author: by.map(|group| scene.author_of(group)).transpose()?.unwrap_or_default(),
                when: by.map_or(scene.ticket.row.changed_at, |group| group.change.at).when(&viewer.zone()),
                theirs: names.shown_all(conflict.field, &conflict.theirs),
                yours: names.shown_all(conflict.field, &conflict.yours),
            })
        })
        .collect()
}
