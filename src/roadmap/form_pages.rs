//! The forms of milestones: making, changing, completing and deleting one (rows M07 to M10).
//!
//! Rocket tells routes apart by path alone, so those that differ only in `?action=` have ranks of their own.

use rocket::data::Data;
use rocket::http::Status;
use rocket::{Route, get, post, routes};
use serde::Serialize;
use serde_json::json;

use super::progress::{self, Counts};
use super::shown::{self, Choice, as_json, asked_name, enter, existing, href};
use crate::base::error::{Error, Problem, Result};
use crate::base::markup::{Flavour, Here, Html};
use crate::base::resource::Resource;
use crate::milestone::due::{self, Clock};
use crate::milestone::edit::{self, LARGEST_TEXT, Wish};
use crate::milestone::store::{self, MilestoneRow};
use crate::milestone::{self, MILESTONE_CREATE, MILESTONE_DELETE, MILESTONE_MODIFY, NO_MILESTONE};
use crate::ticket::asked::exactly;
use crate::ticket::fields::Choices;
use crate::web::form::{Form, shortened};
use crate::web::text::Reader;
use crate::web::{Answer, Desk, Page, Room, Sheet, Visit};

pub fn routes() -> Vec<Route> {
    routes![new, change, delete, preview, act]
}

#[get("/<project>/milestone/<_..>?action=new", rank = 1)]
async fn new(visit: Visit, project: String) -> Answer {
    visit
        .answer(move |desk| {
            let room = enter(desk, &project)?;
            room.viewer.require(MILESTONE_CREATE)?;
            let name = asked_name(desk)?.map(|name| name.as_str().to_owned());
            blank(desk, &room, &name.or_else(|| desk.visit.value("name")).unwrap_or_default())
        })
        .await
}

#[get("/<project>/milestone/<_..>?action=edit", rank = 2)]
async fn change(visit: Visit, project: String) -> Answer {
    visit
        .answer(move |desk| {
            let room = enter(desk, &project)?;
            let row = existing(desk, &room)?;
            room.viewer.require(MILESTONE_MODIFY)?;
            let clock = room.project.read(Clock::of)?;
            edit_page(desk, &room, Some(&row), Draft::of(&row, &clock))
        })
        .await
}

#[get("/<project>/milestone/<_..>?action=delete", rank = 3)]
async fn delete(visit: Visit, project: String) -> Answer {
    visit
        .answer(move |desk| {
            let room = enter(desk, &project)?;
            let row = existing(desk, &room)?;
            room.viewer.require(MILESTONE_DELETE)?;
            delete_page(desk, &room, &row, "", None)
        })
        .await
}

#[post("/<project>/milestone/<_..>?action=preview", rank = 1, data = "<data>")]
async fn preview(visit: Visit, project: String, data: Data<'_>) -> Answer {
    visit
        .answer_form(data, move |desk, form| {
            let room = enter(desk, &project)?;
            let row = match asked_name(desk)? {
                Some(_) => {
                    let row = existing(desk, &room)?;
                    room.viewer.require(MILESTONE_MODIFY)?;
                    Some(row)
                }
                None => {
                    room.viewer.require(MILESTONE_CREATE)?;
                    None
                }
            };
            let text = form.get("text").unwrap_or_else(|| form.text("description"));
            Ok(Answer::fragment(previewed(desk, &room, row.as_ref(), text)?))
        })
        .await
}

/// What `action` names: `edit` of a milestone and `new` without one where it is absent.
#[post("/<project>/milestone/<_..>", rank = 5, data = "<data>")]
async fn act(visit: Visit, project: String, data: Data<'_>) -> Answer {
    visit
        .answer_form(data, move |desk, form| {
            let room = enter(desk, &project)?;
            let usual = if asked_name(desk)?.is_some() { "edit" } else { "new" };
            let asked = desk.visit.value("action");
            match form.get("action").or(asked.as_deref()).unwrap_or(usual) {
                "new" => create(desk, &room, form),
                "edit" => save(desk, &room, form),
                "delete" => remove(desk, &room, form),
                other => Err(Error::invalid(
                    "action",
                    format!("There is no action `{}`; it is new, edit or delete.", shortened(other)),
                )),
            }
        })
        .await
}

#[derive(Serialize)]
struct EditPage {
    is_new: bool,
    heading: String,
    href: String,
    back_href: String,
    roadmap_href: String,
    name: String,
    due: String,
    completed: bool,
    completed_at: String,
    description: String,
    version: String,
    retarget: Option<Retarget>,
    problems: Vec<Problem>,
    preview_html: Option<String>,
    preview_href: String,
    upload_href: Option<String>,
    draft_key: String,
    help_href: Option<String>,
}

impl Page for EditPage {
    const TEMPLATE: &'static str = "roadmap/edit.html";
}

#[derive(Serialize)]
struct Retarget {
    count: i64,
    options: Vec<Choice>,
    chosen: String,
    remark: String,
}

/// What stands in the form.
#[derive(Default)]
struct Draft {
    name: String,
    due: String,
    completed: bool,
    completed_at: String,
    description: String,
    target: String,
    remark: String,
    version: String,
    problems: Vec<Problem>,
    previewed: bool,
    status: Option<Status>,
}

impl Draft {
    fn of(row: &MilestoneRow, clock: &Clock) -> Self {
        Self {
            name: row.name.clone(),
            due: row.due.clone().unwrap_or_default(),
            completed: row.completed_at.is_some(),
            completed_at: row.completed_at.map(|at| due::local(at, clock)).unwrap_or_default(),
            description: row.description.clone(),
            version: row.changed_at.0.to_string(),
            ..Self::default()
        }
    }

    fn typed(form: &Form) -> Self {
        Self {
            name: form.text("name").to_owned(),
            due: due_of(form).unwrap_or_default().to_owned(),
            completed: form.has("completed"),
            completed_at: form.text("completeddate").to_owned(),
            description: form.text("description").to_owned(),
            target: target_of(form).unwrap_or_default().to_owned(),
            remark: form.text("comment").to_owned(),
            version: form.get("version").unwrap_or_else(|| form.text("view_time")).to_owned(),
            ..Self::default()
        }
    }
}

/// `duedate` by the form; scripts may as well call it `due`.
fn due_of(form: &Form) -> Option<&str> {
    form.get("duedate").or_else(|| form.get("due"))
}

fn target_of(form: &Form) -> Option<&str> {
    form.get("target").or_else(|| form.get("retarget").filter(|_| form.json))
}

/// When it was completed, as [`Wish::completed`] has it. Forms send a box to tick and a date, scripts one value.
fn completed_of<'a>(form: &'a Form, row: Option<&MilestoneRow>) -> Option<&'a str> {
    let date = form.get("completeddate").filter(|date| !date.trim().is_empty());
    match form.get("completed") {
        Some("1" | "on" | "true" | "yes") => match date {
            Some(date) => Some(date),
            // What is completed already stays so since then.
            None if row.is_some_and(|row| row.completed_at.is_some()) && !form.has("completeddate") => None,
            None => Some("now"),
        },
        Some(written) => Some(written),
        None if form.has("completeddate") && !form.json => Some(""),
        None => date,
    }
}

fn wish<'a>(form: &'a Form, row: Option<&MilestoneRow>) -> Wish<'a> {
    Wish {
        name: form.get("name"),
        due: due_of(form),
        completed: completed_of(form, row),
        description: form.get("description"),
        is_default: form.get("default").map(|value| !matches!(value, "" | "0" | "no")),
        retarget: target_of(form),
        remark: form.get("comment"),
    }
}

/// Problems by the names that the controls of the form have.
fn by_control(form: &Form, mut problems: Vec<Problem>) -> Vec<Problem> {
    if !form.json {
        for problem in &mut problems {
            let control = match problem.field.as_str() {
                "due" => "duedate",
                "completed" => "completeddate",
                "retarget" => "target",
                "remark" => "comment",
                _ => continue,
            };
            control.clone_into(&mut problem.field);
        }
    }
    problems
}

/// The form for a new milestone of that name.
pub(super) fn blank(desk: &Desk, room: &Room, name: &str) -> Result<Answer> {
    edit_page(desk, room, None, Draft { name: name.to_owned(), ..Draft::default() })
}

fn edit_page(desk: &Desk, room: &Room, row: Option<&MilestoneRow>, draft: Draft) -> Result<Answer> {
    let preview_html =
        if draft.previewed { Some(previewed(desk, room, row, &draft.description)?.into_string()) } else { None };
    let roadmap_href = format!("{}/roadmap", room.root);
    let href = row.map_or_else(|| format!("{}/milestone", room.root), |row| href(room, row));
    let retarget = match row.filter(|row| row.completed_at.is_none()) {
        Some(row) => {
            let (counts, rows) = counted(room, row)?;
            Some(Retarget {
                count: counts.open + counts.waiting,
                options: shown::targets(&rows, row.id, "Leave them here"),
                chosen: draft.target.clone(),
                remark: draft.remark.clone(),
            })
        }
        None => None,
    };
    let files = row.map(|row| milestone::owner(row.clone())).filter(|_| room.viewer.may(MILESTONE_MODIFY));
    let heading = row.map_or_else(|| "New milestone".to_owned(), |row| row.name.clone());
    let page = EditPage {
        is_new: row.is_none(),
        back_href: if row.is_some() { href.clone() } else { roadmap_href.clone() },
        roadmap_href,
        preview_href: format!("{href}?action=preview"),
        href,
        name: draft.name,
        due: draft.due,
        completed: draft.completed,
        completed_at: draft.completed_at,
        description: draft.description,
        version: draft.version,
        retarget,
        problems: draft.problems,
        preview_html,
        upload_href: files.map(|owner| format!("{}{}", room.root, crate::attachment::list_href(&owner))),
        draft_key: format!("{}/milestone/{}", room.row.id, row.map_or("", |row| row.folded.as_str())),
        help_href: shown::help(room)?,
        heading: heading.clone(),
    };
    let title = if row.is_some() { format!("Edit milestone {heading}") } else { heading };
    Sheet::new(title, page).at("/roadmap").noindex().status(draft.status.unwrap_or(Status::Ok)).render(desk)
}

/// The tickets of a milestone that this viewer may see, and all milestones.
fn counted(room: &Room, row: &MilestoneRow) -> Result<(Counts, Vec<MilestoneRow>)> {
    room.project.read(|db| {
        let tallies = progress::tallies(db, &room.viewer, &[row.id], None)?;
        Ok((Counts::of(&tallies, &*Choices::load(db, &room.viewer)?), store::list(db, &room.viewer)?))
    })
}

fn previewed(desk: &Desk, room: &Room, row: Option<&MilestoneRow>, text: &str) -> Result<Html> {
    if text.len() > LARGEST_TEXT {
        return Err(Error::invalid("description", "The text is larger than 1 MiB, so there is no preview of it."));
    }
    let reader = Reader::new(desk.site(), &room.project, &room.viewer, desk.base(), &room.root)?;
    let compiled = reader.compiled(text, Flavour::Page)?;
    let here = Here {
        resource: Resource::new("milestone", row.map_or(0, |row| row.id)),
        name: row.map(|row| row.name.clone()).unwrap_or_default(),
    };
    room.project.read(|db| reader.html(db, &compiled, Some(&here)))
}

fn create(desk: &Desk, room: &Room, form: &Form) -> Result<Answer> {
    room.viewer.require(MILESTONE_CREATE)?;
    if form.has("preview") {
        return shown_again(desk, room, None, form, Vec::new(), Status::Ok);
    }
    match edit::create(desk.site(), &room.project, room.act(), &wish(form, None)) {
        Ok(row) => done(desk, room, form, &row, &format!("Milestone “{}” is on the roadmap.", row.name)),
        Err(Error::Invalid(problems)) if !form.json => {
            let problems = by_control(form, problems);
            shown_again(desk, room, None, form, problems, Status::UnprocessableEntity)
        }
        Err(other) => Err(other),
    }
}

fn save(desk: &Desk, room: &Room, form: &Form) -> Result<Answer> {
    let row = existing(desk, room)?;
    room.viewer.require(MILESTONE_MODIFY)?;
    if form.has("preview") {
        return shown_again(desk, room, Some(&row), form, Vec::new(), Status::Ok);
    }
    let wish = wish(form, Some(&row));
    let changed = seen(desk, form)
        .and_then(|seen| edit::change(desk.site(), &room.project, room.act(), row.id, Some(seen), &wish));
    match changed {
        Ok(row) => done(desk, room, form, &row, &format!("Milestone “{}” is saved.", row.name)),
        Err(error) if form.json => Err(error),
        Err(Error::Invalid(problems)) => {
            let problems = by_control(form, problems);
            shown_again(desk, room, Some(&row), form, problems, Status::UnprocessableEntity)
        }
        Err(Error::Conflict(message)) => conflicted(desk, room, &row, form, message),
        Err(other) => Err(other),
    }
}

/// Shows the form with what was typed.
fn shown_again(
    desk: &Desk,
    room: &Room,
    row: Option<&MilestoneRow>,
    form: &Form,
    mut problems: Vec<Problem>,
    status: Status,
) -> Result<Answer> {
    let mut draft = Draft::typed(form);
    if form.has("preview") {
        draft.previewed = draft.description.len() <= LARGEST_TEXT;
        if !draft.previewed {
            problems.push(Problem::new("description", "The text is larger than 1 MiB, so there is no preview of it."));
        }
    }
    if let Some(row) = row
        && problems.iter().any(|problem| problem.field == "version")
    {
        draft.version = row.changed_at.0.to_string();
    }
    let status = if problems.is_empty() || status != Status::Ok { status } else { Status::UnprocessableEntity };
    edit_page(desk, room, row, Draft { problems, status: Some(status), ..draft })
}

/// Somebody was faster: what they changed is told, what was typed stays, and saving again puts it in the place of theirs.
fn conflicted(desk: &Desk, room: &Room, before: &MilestoneRow, form: &Form, message: String) -> Result<Answer> {
    let (row, clock) = room.project.read(|db| {
        let row = store::by_id(db, &room.viewer, before.id)?.ok_or_else(|| Error::not_found(NO_MILESTONE))?;
        Ok((row, Clock::of(db)?))
    })?;
    let (theirs, mut draft) = (Draft::of(&row, &clock), Draft::typed(form));
    let state = |draft: &Draft| if draft.completed { "completed" } else { "not completed" }.to_owned();
    let compared = [
        ("name", "Its name", &draft.name, &theirs.name),
        ("duedate", "Its due date", &draft.due, &theirs.due),
        ("completed", "Its state", &state(&draft), &state(&theirs)),
        ("description", "Its description", &draft.description, &theirs.description),
    ];
    let mut problems = vec![Problem::new("", message)];
    for (field, what, yours, now) in compared {
        if yours.trim() != now.trim() {
            let now = if now.is_empty() { "empty".to_owned() } else { format!("“{}”", shortened(now)) };
            problems.push(Problem::new(field, format!("{what} is {now} by now.")));
        }
    }
    draft.version = theirs.version;
    edit_page(desk, room, Some(&row), Draft { problems, status: Some(Status::Conflict), ..draft })
}

/// The version that was looked at: in the form, or as `If-Match`.
fn seen(desk: &Desk, form: &Form) -> Result<i64> {
    match desk.visit.if_match()? {
        Some(version) => Ok(version),
        None if form.has("view_time") => form.number("view_time"),
        None => form.number("version"),
    }
}

fn done(desk: &Desk, room: &Room, form: &Form, row: &MilestoneRow, sentence: &str) -> Result<Answer> {
    let href = href(room, row);
    if form.json {
        let bar = room.project.read(|db| {
            let choices = Choices::load(db, &room.viewer)?;
            progress::of_milestone(db, &room.viewer, row, &choices, &room.root)
        })?;
        let answer = Answer::created(desk, &href, &as_json(desk, room, row, &bar))?;
        return Ok(answer.header("ETag", format!("\"{}\"", row.changed_at.0)));
    }
    Ok(Answer::see(&href).telling(desk, sentence))
}

#[derive(Serialize)]
struct DeletePage {
    name: String,
    href: String,
    roadmap_href: String,
    tickets: i64,
    tickets_href: Option<String>,
    attachments: i64,
    targets: Vec<Choice>,
    target: String,
    version: String,
    problems: Vec<Problem>,
}

impl Page for DeletePage {
    const TEMPLATE: &'static str = "roadmap/delete.html";
}

fn delete_page(
    desk: &Desk,
    room: &Room,
    row: &MilestoneRow,
    target: &str,
    refusal: Option<(Status, Vec<Problem>)>,
) -> Result<Answer> {
    let (status, problems) = refusal.unwrap_or((Status::Ok, Vec::new()));
    let (counts, rows) = counted(room, row)?;
    let named = [("milestone", exactly(&row.name))];
    let page = DeletePage {
        name: row.name.clone(),
        href: href(room, row),
        roadmap_href: format!("{}/roadmap", room.root),
        tickets: counts.total(),
        tickets_href: (counts.total() > 0).then(|| progress::query_href(&room.root, &named)),
        attachments: room.project.read(|db| store::attachment_count(db, row.id))?,
        targets: shown::targets(&rows, row.id, "no milestone"),
        target: target.to_owned(),
        version: row.changed_at.0.to_string(),
        problems,
    };
    Sheet::new(format!("Delete milestone {}", row.name), page).at("/roadmap").noindex().status(status).render(desk)
}

fn remove(desk: &Desk, room: &Room, form: &Form) -> Result<Answer> {
    let row = existing(desk, room)?;
    room.viewer.require(MILESTONE_DELETE)?;
    let target = target_of(form);
    let deleted = seen(desk, form).and_then(|seen| edit::delete(&room.project, room.act(), row.id, Some(seen), target));
    let refusal = match deleted {
        Ok(()) if form.json => return Answer::json(&json!({ "name": row.name, "deleted": true })),
        Ok(()) => {
            let sentence = format!("Milestone “{}” is deleted.", row.name);
            return Ok(Answer::see(&format!("{}/roadmap", room.root)).telling(desk, &sentence));
        }
        Err(error) if form.json => return Err(error),
        Err(Error::Invalid(problems)) => (Status::UnprocessableEntity, by_control(form, problems)),
        Err(Error::Conflict(message)) => (Status::Conflict, vec![Problem::new("version", message)]),
        Err(other) => return Err(other),
    };
    // Whoever sends it again has seen what it is now.
    let row = existing(desk, room)?;
    delete_page(desk, room, &row, target.unwrap_or_default(), Some(refusal))
}
