//! One ticket: `/<project>/ticket/<n>`, as a page with the form to go on, as JSON, as a file, as it was at a version. What is
//! done with the form is in `change_pages`.

use std::sync::Arc;

use rocket::http::Status;
use rocket::{Route, get, routes};
use rusqlite::Connection;
use serde::Serialize;

use super::beside::{self, Beside, TimeInputs};
use super::conversation::{self, Asked, Conversation, Edited, moment_href};
use super::drawn_fields::{self, Fold};
use super::fields::{Choices, Field, Kind, PLANNING, field};
use super::form::{Action, Controls, FormField, Preview, Typed, actions, linked, may_choose};
use super::head::{Head, asked_ticket, enter, head, owner_of_files, with_list};
use super::history::{self, Group};
use super::mentions::{self, Mentions};
use super::merge;
use super::merge_pages::{self, Merged};
use super::note;
use super::note_store::{self, NoteRow};
use super::own_fields::OwnKind;
use super::plan::{Plan, Planner};
use super::relations::{self, Around};
use super::relations_pages::{self, Relations};
use super::store::{self, Ticket, TicketRow};
use super::values::{Names, People, Value, Values};
use super::verbs::{self, Giving, Verb};
use super::watch_pages::{Watching, watching};
use super::workflows;
use super::{
    TICKET_ADMIN, TICKET_APPEND, TICKET_CHGPROP, TICKET_CREATE, TICKET_EDIT_CC, TICKET_EDIT_DESCRIPTION, access, copy,
    export, people, reply, ticket_href, undo_pages,
};
use crate::attachment::{self, File};
use crate::base::component::Owner;
use crate::base::error::{Error, Problem, Result};
use crate::base::markup::{Flavour, Here, Html};
use crate::base::resource::Resource;
use crate::base::time::{Instant, When};
use crate::base::viewer::Viewer;
use crate::web::form::shortened;
use crate::web::page::Alternate;
use crate::web::text::Reader;
use crate::web::{Answer, Desk, Page, Room, Sheet, Visit, address};

pub fn routes() -> Vec<Route> {
    routes![tickets, show]
}

#[get("/<project>/ticket", rank = 20)]
async fn tickets(visit: Visit, project: String) -> Answer {
    visit
        .answer(move |desk| {
            let room = enter(desk, &project)?;
            Ok(Answer::see(&format!("{}/query", room.root)))
        })
        .await
}

/// Pages of a ticket that `action` names have routes of their own, of lower rank.
#[get("/<project>/ticket/<number>", rank = 20)]
async fn show(visit: Visit, project: String, number: String) -> Answer {
    visit.answer(move |desk| shown(desk, &project, &number)).await
}

#[derive(Serialize)]
struct ShowPage {
    #[serde(flatten)]
    head: Head,
    fields: Vec<Property>,
    created: Moment,
    modified: Option<Moment>,
    closed: Option<Moment>,
    #[serde(flatten)]
    talk: Conversation,
    description_reply_href: Option<String>,
    description_edited: Option<Edited>,
    clone_href: Option<String>,
    like_href: Option<String>,
    quick: Vec<Verb>,
    give: Option<Giving>,
    view_time: String,
    files: Vec<File>,
    upload_href: Option<String>,
    mentions: Vec<Mentions>,
    backlinks_href: String,
    old: Option<Old>,
    form: Option<EditForm>,
    sign_in: Option<String>,
    watch: Option<Watching>,
    /// The number of one's own last change, if it can be taken back.
    undo: Option<i64>,
    undo_href: String,
    undo_whole: Option<undo_pages::Whole>,
    beside: Option<Beside>,
    relations: Option<Relations>,
    merged: Option<Merged>,
}

impl Page for ShowPage {
    const TEMPLATE: &'static str = "ticket/show.html";
}

#[derive(Serialize)]
struct Property {
    name: &'static str,
    label: &'static str,
    value_html: String,
    wide: bool,
}

#[derive(Serialize)]
struct Moment {
    at: When,
    href: Option<String>,
    by: String,
}

#[derive(Serialize)]
struct Old {
    version: i64,
    latest: i64,
    when: When,
    author: String,
    href: String,
    previous: Option<String>,
    next: Option<String>,
    diff_href: Option<String>,
}

#[derive(Serialize)]
struct EditForm {
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

/// What comes back with the page after a submit that was not saved.
#[derive(Default)]
pub(super) struct Draft {
    pub typed: Option<Typed>,
    pub problems: Vec<Problem>,
    /// What both would come to: the form goes on from there.
    pub conflict: Option<Plan>,
    pub preview: Option<Preview>,
    pub status: Option<Status>,
    /// The change seen, as the form had it.
    pub seen: Option<i64>,
    /// What was typed into the form of its relations.
    pub relation: Option<relations_pages::Typed>,
}

fn shown(desk: &Desk, project: &str, number: &str) -> Result<Answer> {
    let room = enter(desk, project)?;
    room.project.read(|db| {
        let ticket = asked_ticket(db, &room, number)?;
        if let Some(action) = desk.visit.value("action").filter(|action| !matches!(action.as_str(), "" | "view")) {
            return Err(Error::invalid("action", format!("There is no page `{}` of a ticket.", shortened(&action))));
        }
        let version = asked_version(desk, &ticket)?;
        match desk.visit.value("format").as_deref() {
            None | Some("html" | "json") => {}
            Some(format @ ("csv" | "tab")) => return export::row(db, &room, &ticket, version, format),
            Some("atom" | "rss") => return export::feed(desk, db, &room, &ticket),
            Some(other) => {
                return Err(Error::invalid("format", format!("There is no format `{}` here.", shortened(other))));
            }
        }
        if desk.visit.wants_json() {
            return as_json(desk, db, &room, &ticket, version);
        }
        if let Some(answer) = merge_pages::led_on(desk, db, &room, &ticket, version)? {
            return Ok(answer);
        }
        match version {
            Some(version) => drawn_old(desk, db, &room, &ticket, version),
            None => drawn(desk, db, &room, &ticket, Draft::default()),
        }
    })
}

/// The version that the address asks for (row C09).
fn asked_version(desk: &Desk, ticket: &Ticket) -> Result<Option<i64>> {
    let Some(text) = desk.visit.value("version") else { return Ok(None) };
    let version: i64 = text.parse().map_err(|_| {
        let text = shortened(&text);
        Error::invalid("version", format!("`{text}` is no version: they are the numbers of comments, and 0."))
    })?;
    if !(0..=ticket.row.changes).contains(&version) {
        return Err(Error::not_found(format!(
            "Ticket #{} has no version {version}; the newest one is {}.",
            ticket.row.id, ticket.row.changes
        )));
    }
    Ok(Some(version))
}

pub(super) fn as_json(
    desk: &Desk,
    db: &Connection,
    room: &Room,
    ticket: &Ticket,
    version: Option<i64>,
) -> Result<Answer> {
    let url = desk.web().address.absolute(&format!("{}{}", room.root, ticket_href(ticket.row.id)));
    let value = super::json::ticket(db, &room.viewer, ticket, version, &url)?;
    Ok(Answer::json(&value)?.header("ETag", format!("\"{}\"", version.unwrap_or(ticket.row.changes))))
}

/// What both pages of a ticket, the current and an old one, are made from.
struct Scene<'a> {
    desk: &'a Desk,
    db: &'a Connection,
    room: &'a Room,
    ticket: &'a Ticket,
    values: &'a Values,
    choices: &'a Choices,
    /// Base path, project and ticket, without a query.
    plain: String,
    owner: Option<Owner>,
    files: Vec<File>,
    /// Of the ticket as it is now.
    around: Around,
    /// What lives on in it, or did by then, as far as the viewer may see it.
    merged: Vec<TicketRow>,
    reader: Reader<'a>,
}

impl<'a> Scene<'a> {
    fn new(
        desk: &'a Desk,
        db: &'a Connection,
        room: &'a Room,
        ticket: &'a Ticket,
        values: &'a Values,
        choices: &'a Choices,
        version: Option<i64>,
    ) -> Result<Self> {
        let owner = owner_of_files(db, room, &ticket.row)?;
        let mut files = match &owner {
            Some(owner) => attachment::files(db, &room.viewer, owner, &room.root)?,
            None => Vec::new(),
        };
        let (around, merged) = match version {
            None => {
                let around = relations::around(db, ticket.row.id)?;
                let merged = store::by_ids(db, &room.viewer, &around.merged)?;
                (around, merged)
            }
            Some(version) => (Around::default(), merge::merged_rows_at(db, &room.viewer, ticket.row.id, version)?),
        };
        for row in &merged {
            if let Some(owner) = owner_of_files(db, room, row)? {
                files.extend(attachment::files(db, &room.viewer, &owner, &room.root)?);
            }
        }
        for file in &mut files {
            file.author = people::shown_to(&room.viewer, &file.author);
        }
        Ok(Self {
            plain: format!("{}{}", room.root, ticket_href(ticket.row.id)),
            reader: Reader::new(desk.site(), &room.project, &room.viewer, desk.base(), &room.root)?,
            desk,
            db,
            room,
            ticket,
            values,
            choices,
            owner,
            files,
            around,
            merged,
        })
    }

    fn conversation(&self, latest: i64, current: bool) -> Result<Conversation> {
        conversation::conversation(&Asked {
            desk: self.desk,
            db: self.db,
            room: self.room,
            ticket: self.ticket,
            choices: self.choices,
            reader: &self.reader,
            latest,
            description: self.values.text("description"),
            files: &self.files,
            plain: &self.plain,
            current,
            may_describe: may_describe(&self.room.viewer, self.ticket),
            merged: &self.merged,
        })
    }

    /// The values that the head of the page does not show, each linked to the tickets with the same (row T20).
    fn properties(&self, current: bool) -> Result<Vec<Property>> {
        let named = self.values.named_people(&self.choices.fields);
        let people = People::load(self.db, named)?.shown_to(&self.room.viewer);
        let names = Names { choices: self.choices, people: &people };
        let elsewhere = ["summary", "type", "status", "resolution", "description"];
        let kind = self.values.id("type");
        let is_shown = |field: &&'static Field| {
            let has = !self.values.get(field.name).is_empty();
            let of_type = self.choices.own(field.name).is_none_or(|own| own.is_of_type(kind));
            // Relations have a box of their own, with both ends.
            let in_box = current && relations::relation(field.name).is_some();
            !elsewhere.contains(&field.name)
                && !in_box
                && !field.is_noted()
                && (has || of_type && !PLANNING.contains(&field.name))
        };
        self.choices
            .fields()
            .filter(is_shown)
            .map(|field| {
                Ok(Property {
                    name: field.name,
                    label: field.label,
                    value_html: self.property(&names, field)?,
                    wide: matches!(field.kind, Kind::People | Kind::Words | Kind::Text | Kind::Url),
                })
            })
            .collect()
    }

    /// The value of a field as HTML; what is marked up is drawn as other texts of the ticket are.
    fn property(&self, names: &Names<'_>, field: &Field) -> Result<String> {
        let values = self.values.get(field.name);
        let own = self.choices.own(field.name).filter(|own| own.format == "wiki" && !values.is_empty());
        let Some(own) = own else { return Ok(linked(names, &self.room.root, field, values)) };
        let flavour = if own.kind == OwnKind::Textarea { Flavour::Note } else { Flavour::Line };
        let compiled = self.reader.compiled(self.values.text(field.name), flavour)?;
        let here = Here { resource: Resource::new("ticket", self.ticket.row.id), name: self.ticket.row.id.to_string() };
        let prefix = format!("{}-", field.name);
        let htmls = self.reader.htmls(self.db, &[(&compiled, &prefix)], Some(&here))?;
        Ok(htmls.into_iter().map(Html::into_string).collect())
    }

    fn moment(&self, at: Instant, by: String) -> Moment {
        Moment { at: at.when(&self.room.viewer.zone()), href: Some(moment_href(self.room, at)), by }
    }

    fn head(&self) -> Result<Head> {
        head(self.desk, self.db, self.room, self.ticket, self.values, self.choices, self.owner.as_ref())
    }

    /// Who made the change, as this viewer may read it.
    fn author_of(&self, group: &Group) -> Result<String> {
        let people = People::load(self.db, group.change.author)?.shown_to(&self.room.viewer);
        Ok(people.called(group.change.author))
    }

    fn group(&self, number: i64) -> Result<Option<Group>> {
        Ok(history::groups(self.db, &self.room.viewer, &self.choices.fields, self.ticket, number, number)?.pop())
    }

    fn created(&self) -> Result<Moment> {
        let author = store::author_of_filing(self.db, self.ticket.row.id)?;
        let people = People::load(self.db, author)?.shown_to(&self.room.viewer);
        Ok(self.moment(self.ticket.row.created_at, people.called(author)))
    }

    fn alternates(&self) -> Vec<Alternate> {
        let number = self.ticket.row.id;
        [
            ("csv", "text/csv", "Comma-separated values"),
            ("tab", "text/tab-separated-values", "Tab-separated values"),
            ("json", "application/json", "JSON"),
            ("atom", "application/atom+xml", "Changes"),
        ]
        .into_iter()
        .map(|(format, media_type, title)| Alternate {
            href: format!("{}?format={format}", self.plain),
            media_type,
            title: format!("{title} of #{number}"),
        })
        .collect()
    }

    fn sheet(&self, page: ShowPage) -> Sheet<ShowPage> {
        let title = format!("#{} {}", self.ticket.row.id, self.values.text("summary"));
        Sheet::new(title, page).at("/query").alternates(self.alternates())
    }
}

/// The ticket as it was after a change.
fn drawn_old(desk: &Desk, db: &Connection, room: &Room, ticket: &Ticket, version: i64) -> Result<Answer> {
    let (values, choices) = (history::at(db, &room.viewer, ticket, version)?, Choices::load(db, &room.viewer)?);
    let scene = Scene::new(desk, db, room, ticket, &values, &choices, Some(version))?;
    let latest = ticket.row.changes;
    let change = match scene.group(version)? {
        // What that change did is not for this viewer, so that the ticket is as the one before it had left it.
        None => history::groups(db, &room.viewer, &choices.fields, ticket, 0, version)?.pop(),
        told => told,
    };
    let talk = scene.conversation(version, false)?;
    let of = |number: i64| with_list(desk, &format!("{}?version={number}", scene.plain));
    let page = ShowPage {
        head: scene.head()?,
        fields: scene.properties(false)?,
        created: scene.created()?,
        modified: None,
        closed: None,
        talk,
        description_reply_href: None,
        description_edited: None,
        clone_href: None,
        like_href: None,
        quick: Vec::new(),
        give: None,
        view_time: version.to_string(),
        files: Vec::new(),
        upload_href: None,
        mentions: Vec::new(),
        backlinks_href: mentions::href(room, ticket.row.id),
        old: Some(Old {
            version,
            latest,
            when: change.as_ref().map_or(ticket.row.created_at, |group| group.change.at).when(&room.viewer.zone()),
            author: change.as_ref().map(|group| scene.author_of(group)).transpose()?.unwrap_or_default(),
            href: with_list(desk, &scene.plain),
            previous: (version > 0).then(|| of(version - 1)),
            next: (version < latest).then(|| of(version + 1)),
            diff_href: (version < latest)
                .then(|| format!("{}?action=diff&old_version={version}&version={latest}", scene.plain)),
        }),
        form: None,
        undo: None,
        undo_href: String::new(),
        undo_whole: None,
        sign_in: None,
        watch: None,
        beside: None,
        relations: None,
        merged: None,
    };
    scene.sheet(page).noindex().render(desk)
}

/// The ticket as it is, with the form and what stands in it.
pub(super) fn drawn(desk: &Desk, db: &Connection, room: &Room, ticket: &Ticket, mut draft: Draft) -> Result<Answer> {
    let choices = Choices::load(db, &room.viewer)?;
    let scene = Scene::new(desk, db, room, ticket, &ticket.values, &choices, None)?;
    let (row, viewer) = (&ticket.row, &room.viewer);
    let talk = scene.conversation(row.changes, true)?;
    let (status, seen) = (draft.status, if draft.conflict.is_some() { None } else { draft.seen });
    let head = scene.head()?;
    let relations = relations_pages::of_ticket(db, room, ticket, &choices, &scene.around, draft.relation.take())?;
    let planned = draft.typed.as_ref().map(|typed| typed.placed(&choices, &ticket.values));
    let planned = planned.as_ref().unwrap_or(&ticket.values);
    let workflow = workflows::of(db, &choices, planned)?;
    let offers = planner(desk, db, room).offers(&workflow, &choices, Some(ticket))?;
    // What lives on in another ticket is changed there; what was typed here is shown all the same.
    let form =
        if row.merged_into.is_some() && draft.typed.is_none() { None } else { edit_form(&scene, &offers, draft)? };
    let one_click = if form.is_some() { offers.as_slice() } else { &[] };
    let comments = viewer.may(TICKET_APPEND) && row.merged_into.is_none();
    let undo = undo_pages::offered(db, room, ticket)?;
    let mut fields = scene.properties(true)?;
    // The box of time says them.
    fields.retain(|field| !matches!(field.name, "estimated" | "remaining"));
    let page = ShowPage {
        fields,
        created: scene.created()?,
        modified: (row.changed_at != row.created_at).then(|| scene.moment(row.changed_at, String::new())),
        closed: row.closed_at.map(|at| scene.moment(at, String::new())),
        talk,
        description_reply_href: comments.then(|| format!("{}?replyto=description#edit", scene.plain)),
        description_edited: description_edited(&scene)?,
        clone_href: viewer.may(TICKET_CREATE).then(|| copy::clone_href(room, row.id)),
        like_href: viewer.may(TICKET_CREATE).then(|| copy::like_href(room, row.id)),
        quick: verbs::of(one_click, verbs::ownership(viewer, row.owner)),
        give: verbs::giving(one_click),
        view_time: seen.unwrap_or(row.changes).to_string(),
        upload_href: head.may.attach.then(|| head.files_href.clone()),
        files: scene.files.clone(),
        mentions: mentions::newest(db, room, row.id, &scene.merged)?,
        backlinks_href: mentions::href(room, row.id),
        old: None,
        undo,
        undo_whole: undo_pages::whole(db, room, ticket, undo)?,
        undo_href: format!("{}/undo", scene.plain),
        watch: watching(db, room, ticket, &scene.merged)?,
        sign_in: (form.is_none() && !viewer.signed_in())
            .then(|| format!("{}/-/login?next={}", desk.base(), address::segment(&desk.visit.here()))),
        form,
        beside: Some(beside::of(db, room, ticket, &choices)?),
        relations,
        merged: merge_pages::merged(desk, db, room, ticket, &scene.merged)?,
        head,
    };
    let sheet = scene.sheet(page).status(status.unwrap_or(Status::Ok));
    if desk.visit.query.is_empty() { sheet.render(desk) } else { sheet.noindex().render(desk) }
}

pub(super) fn planner<'a>(desk: &'a Desk, db: &'a Connection, room: &'a Room) -> Planner<'a> {
    Planner { db, site: desk.site(), project: &room.project, viewer: &room.viewer, actor: people::own(&room.viewer) }
}

/// The last change of the description after the filing.
fn description_edited(scene: &Scene<'_>) -> Result<Option<Edited>> {
    let last = store::last_change_of(scene.db, scene.ticket.row.id, "description")?;
    let Some(group) = last.filter(|number| *number > 0).map(|number| scene.group(number)).transpose()?.flatten() else {
        return Ok(None);
    };
    Ok(Some(Edited {
        when: group.change.at.when(&scene.room.viewer.zone()),
        author: scene.author_of(&group)?,
        href: format!("{}?action=diff&version={}", scene.plain, group.change.number),
    }))
}

/// Row C24: what this viewer may not do is not in the form; none if that is everything.
fn edit_form(scene: &Scene<'_>, offers: &[super::workflow::Offer], draft: Draft) -> Result<Option<EditForm>> {
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
fn may_describe(viewer: &Viewer, ticket: &Ticket) -> bool {
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
