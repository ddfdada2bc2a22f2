//! The forms of reports: making, changing, copying and deleting one (row R14).

use rocket::data::Data;
use rocket::http::Status;
use rocket::{Route, get, post, routes};
use serde::Serialize;

use super::edit::{self, Wish};
use super::pages::{as_json, enter, existing, scope_written};
use super::store::{self, Kind, ReportRow};
use super::views::VIEWS;
use super::{REPORT_CREATE, REPORT_DELETE, REPORT_MODIFY, REPORT_SQL_MODIFY, REPORT_SQL_VIEW, report_href};
use crate::auth::groups;
use crate::base::error::{Error, Problem, Result};
use crate::base::markup::{Flavour, Html};
use crate::web::form::{Form, shortened};
use crate::web::text::Reader;
use crate::web::{Answer, Desk, Page, Room, Sheet, Visit};

pub(super) fn routes() -> Vec<Route> {
    routes![new, create, preview, change, copy, delete, act]
}

#[get("/<project>/report?action=new", rank = 1)]
async fn new(visit: Visit, project: String) -> Answer {
    visit
        .answer(move |desk| {
            let room = enter(desk, &project)?;
            let given = |name: &str| desk.visit.value(name).unwrap_or_default();
            let draft =
                Draft { title: given("title"), query: given("query"), scope: "person".to_owned(), ..Draft::default() };
            edit_page(desk, &room, None, draft)
        })
        .await
}

/// A description as it will look.
#[post("/<project>/report?action=preview", rank = 1, data = "<data>")]
async fn preview(visit: Visit, project: String, data: Data<'_>) -> Answer {
    visit
        .answer_form(data, move |desk, form| {
            let room = enter(desk, &project)?;
            let text = form.get("text").unwrap_or_else(|| form.text("description"));
            Ok(Answer::fragment(previewed(desk, &room, text)?))
        })
        .await
}

#[post("/<project>/report", rank = 2, data = "<data>")]
async fn create(visit: Visit, project: String, data: Data<'_>) -> Answer {
    visit
        .answer_form(data, move |desk, form| {
            let room = enter(desk, &project)?;
            if form.has("preview") {
                return edit_page(desk, &room, None, Draft { previewed: true, ..Draft::typed(form) });
            }
            match edit::create(desk.site(), &room.project, room.act(), &wish(form)) {
                Ok(row) => done(desk, &room, form, &row, true),
                Err(error) => shown_again(desk, &room, None, form, error),
            }
        })
        .await
}

/// `query`: what it is to ask from now on, as the page of queries proposes it.
#[get("/<project>/report/<number>?action=edit", rank = 1)]
async fn change(visit: Visit, project: String, number: String) -> Answer {
    visit
        .answer(move |desk| {
            let room = enter(desk, &project)?;
            let row = existing(&room, &number)?;
            require_form(&room, Some(&row))?;
            let mut draft = Draft::of(&room, &row)?;
            if let Some(query) = desk.visit.value("query").filter(|_| row.kind == Kind::Query) {
                draft.query = query;
            }
            edit_page(desk, &room, Some(&row), draft)
        })
        .await
}

#[get("/<project>/report/<number>?action=copy", rank = 2)]
async fn copy(visit: Visit, project: String, number: String) -> Answer {
    visit
        .answer(move |desk| {
            let room = enter(desk, &project)?;
            let row = existing(&room, &number)?;
            if row.kind == Kind::Sql {
                room.viewer.require(REPORT_SQL_MODIFY)?;
            }
            let draft = Draft {
                title: format!("Copy of {}", row.title),
                scope: "person".to_owned(),
                usual: false,
                usual_for_all: false,
                version: String::new(),
                ..Draft::of(&room, &row)?
            };
            edit_page(desk, &room, None, draft)
        })
        .await
}

#[get("/<project>/report/<number>?action=delete", rank = 3)]
async fn delete(visit: Visit, project: String, number: String) -> Answer {
    visit
        .answer(move |desk| {
            let room = enter(desk, &project)?;
            let row = existing(&room, &number)?;
            if !edit::may_delete(&room.viewer, &row) {
                room.viewer.require(REPORT_DELETE)?;
            }
            delete_page(desk, &room, &row, Vec::new())
        })
        .await
}

/// What `action` names: `edit` where it is absent.
#[post("/<project>/report/<number>", data = "<data>")]
async fn act(visit: Visit, project: String, number: String, data: Data<'_>) -> Answer {
    visit
        .answer_form(data, move |desk, form| {
            let room = enter(desk, &project)?;
            let row = existing(&room, &number)?;
            match form.get("action").unwrap_or("edit") {
                "edit" if form.has("preview") => {
                    edit_page(desk, &room, Some(&row), Draft { previewed: true, ..Draft::typed(form) })
                }
                "edit" => {
                    let saved = seen(desk, form).and_then(|seen| {
                        edit::change(desk.site(), &room.project, room.act(), row.id, seen, &wish(form))
                    });
                    match saved {
                        Ok(row) => done(desk, &room, form, &row, false),
                        Err(error) => shown_again(desk, &room, Some(&row), form, error),
                    }
                }
                "delete" => remove(desk, &room, form, &row),
                other => {
                    let message = format!("There is no action `{}`; it is edit or delete.", shortened(other));
                    Err(Error::invalid("action", message))
                }
            }
        })
        .await
}

fn remove(desk: &Desk, room: &Room, form: &Form, row: &ReportRow) -> Result<Answer> {
    let deleted = seen(desk, form).and_then(|seen| edit::delete(&room.project, room.act(), row.id, seen));
    match deleted {
        Ok(()) if form.json => Answer::json(&serde_json::json!({ "deleted": row.id })),
        Ok(()) => {
            let told = format!("Report “{}” is deleted.", row.title);
            Ok(Answer::see(&format!("{}/report", room.root)).telling(desk, &told))
        }
        Err(Error::Conflict(message)) if !form.json => {
            let row = existing(room, &row.id.to_string())?;
            delete_page(desk, room, &row, vec![Problem::new("version", message)])
        }
        Err(other) => Err(other),
    }
}

/// What stands in the form.
#[derive(Default)]
struct Draft {
    title: String,
    description: String,
    query: String,
    scope: String,
    usual: bool,
    usual_for_all: bool,
    version: String,
    problems: Vec<Problem>,
    previewed: bool,
    status: Option<Status>,
}

impl Draft {
    fn of(room: &Room, row: &ReportRow) -> Result<Self> {
        let (usual, usual_for_all) = room.project.read(|db| store::is_usual(db, &room.viewer, row.id))?;
        // Who may write SQL sees it, too.
        let sees = row.kind == Kind::Query || room.viewer.may(REPORT_SQL_VIEW) || room.viewer.may(REPORT_SQL_MODIFY);
        Ok(Self {
            title: row.title.clone(),
            description: row.description.clone(),
            query: if sees { row.query.clone() } else { String::new() },
            scope: scope_written(&row.scope),
            usual,
            usual_for_all,
            version: row.revision.to_string(),
            ..Self::default()
        })
    }

    fn typed(form: &Form) -> Self {
        Self {
            title: form.text("title").to_owned(),
            description: form.text("description").to_owned(),
            query: form.text("query").to_owned(),
            scope: form.text("scope").to_owned(),
            usual: form.has("usual"),
            usual_for_all: form.has("usual_for_all"),
            version: form.text("version").to_owned(),
            ..Self::default()
        }
    }
}

/// A box that is not ticked is not sent; that it could have been is told by the form.
fn wish(form: &Form) -> Wish<'_> {
    let ticked = |name: &str| match form.get(name) {
        Some(value) => Some(!matches!(value, "" | "0" | "false" | "no")),
        None => (form.has("boxes") && form.get("boxes").is_some_and(|boxes| boxes.split(' ').any(|one| one == name)))
            .then_some(false),
    };
    Wish {
        title: form.get("title"),
        description: form.get("description"),
        kind: form.get("kind"),
        query: form.get("query"),
        scope: form.get("scope"),
        usual: ticked("usual"),
        usual_for_all: ticked("usual_for_all"),
    }
}

/// The revision that was seen: a form has to say it, a script may.
fn seen(desk: &Desk, form: &Form) -> Result<Option<i64>> {
    if form.json && !form.has("version") {
        return desk.visit.if_match();
    }
    form.number("version").map(Some)
}

/// Whoever may not send the form is not shown it.
fn require_form(room: &Room, row: Option<&ReportRow>) -> Result<()> {
    let allowed = match row {
        None => edit::may_save(&room.viewer),
        Some(row) => edit::may_change(&room.viewer, row),
    };
    if allowed { Ok(()) } else { room.viewer.require(if row.is_some() { REPORT_MODIFY } else { REPORT_CREATE }) }
}

/// The fields of `report/edit.html`.
#[derive(Serialize)]
struct EditPage {
    is_new: bool,
    heading: String,
    href: String,
    back_href: String,
    tickets_href: String,
    reports_href: String,
    title: String,
    description: String,
    query: String,
    may_sql: bool,
    sql_fixed: bool,
    scopes: Vec<Choice>,
    usual: Option<bool>,
    usual_for_all: Option<bool>,
    boxes: String,
    views: Vec<ViewHelp>,
    version: String,
    problems: Vec<Problem>,
    preview_html: Option<String>,
    preview_href: String,
    draft_key: String,
}

impl Page for EditPage {
    const TEMPLATE: &'static str = "report/edit.html";
}

#[derive(Serialize)]
struct Choice {
    value: String,
    label: String,
    chosen: bool,
}

#[derive(Serialize)]
struct ViewHelp {
    name: &'static str,
    columns: String,
}

fn edit_page(desk: &Desk, room: &Room, row: Option<&ReportRow>, draft: Draft) -> Result<Answer> {
    require_form(room, row)?;
    let viewer = &room.viewer;
    let may_sql = viewer.may(REPORT_SQL_MODIFY);
    let reports_href = format!("{}/report", room.root);
    let href = row.map_or_else(|| reports_href.clone(), |row| format!("{}{}", room.root, report_href(row.id)));
    let is_sql = row.is_some_and(|row| row.kind == Kind::Sql);
    let usual = (viewer.signed_in() && !is_sql).then_some(draft.usual);
    let usual_for_all = (viewer.may(REPORT_MODIFY) && !is_sql).then_some(draft.usual_for_all);
    let boxes: Vec<&str> =
        [usual.map(|_| "usual"), usual_for_all.map(|_| "usual_for_all")].into_iter().flatten().collect();
    let heading = row.map_or_else(|| "New report".to_owned(), |row| row.title.clone());
    let preview_html =
        if draft.previewed { Some(previewed(desk, room, &draft.description)?.into_string()) } else { None };
    let page = EditPage {
        is_new: row.is_none(),
        preview_html,
        preview_href: format!("{reports_href}?action=preview"),
        back_href: href.clone(),
        scopes: scopes(desk, room, row, &draft.scope)?,
        tickets_href: format!("{}/query", room.root),
        reports_href,
        title: draft.title,
        description: draft.description,
        query: draft.query,
        may_sql,
        sql_fixed: is_sql && !may_sql,
        boxes: boxes.join(" "),
        usual,
        usual_for_all,
        views: if may_sql {
            VIEWS.iter().map(|view| ViewHelp { name: view.name, columns: view.columns.join(", ") }).collect()
        } else {
            Vec::new()
        },
        version: draft.version,
        problems: draft.problems,
        draft_key: format!("{}/report/{}", room.row.id, row.map_or(0, |row| row.id)),
        heading: heading.clone(),
        href,
    };
    let title = if row.is_some() { format!("Edit report {heading}") } else { heading };
    Sheet::new(title, page).at("/query").noindex().status(draft.status.unwrap_or(Status::Ok)).render(desk)
}

fn previewed(desk: &Desk, room: &Room, text: &str) -> Result<Html> {
    if text.len() > edit::LARGEST_TEXT {
        return Err(Error::invalid("description", "The text is larger than 256 KiB, so there is no preview of it."));
    }
    let reader = Reader::new(desk.site(), &room.project, &room.viewer, desk.base(), &room.root)?;
    let compiled = reader.compiled(text, Flavour::Page)?;
    room.project.read(|db| reader.html(db, &compiled, None))
}

/// With whom it can be shared.
fn scopes(desk: &Desk, room: &Room, row: Option<&ReportRow>, chosen: &str) -> Result<Vec<Choice>> {
    let viewer = &room.viewer;
    let mut scopes = Vec::new();
    let mut offer = |value: String, label: String| {
        if !scopes.iter().any(|one: &Choice| one.value == value) {
            scopes.push(Choice { chosen: value == chosen, value, label });
        }
    };
    let own = row.is_none_or(|row| row.owner.is_some() && row.owner == viewer.person);
    if viewer.signed_in() && own {
        offer("person".to_owned(), "only you".to_owned());
    }
    if viewer.may(REPORT_CREATE) {
        let groups = desk.site().read(groups::list)?;
        let of_viewer = |group: &groups::Group| viewer.principal.groups.contains(&group.id);
        for group in groups.iter().filter(|group| of_viewer(group)) {
            offer(format!("group:{}", group.name), format!("the group {}", group.name));
        }
        offer("project".to_owned(), "everybody who sees reports".to_owned());
    }
    if let Some(row) = row {
        let written = scope_written(&row.scope);
        let label = match &row.scope {
            store::Scope::Project => "everybody who sees reports".to_owned(),
            store::Scope::Group { name, .. } => format!("the group {name}"),
            store::Scope::Person => "only its owner".to_owned(),
        };
        offer(written, label);
    }
    Ok(scopes)
}

/// Shows the form with what was typed.
fn shown_again(desk: &Desk, room: &Room, row: Option<&ReportRow>, form: &Form, error: Error) -> Result<Answer> {
    if form.json {
        return Err(error);
    }
    let mut draft = Draft::typed(form);
    match error {
        Error::Invalid(problems) => {
            if let Some(row) = row.filter(|_| problems.iter().any(|problem| problem.field == "version")) {
                draft.version = row.revision.to_string();
            }
            draft.problems = problems;
            draft.status = Some(Status::UnprocessableEntity);
            edit_page(desk, room, row, draft)
        }
        Error::Conflict(message) => {
            let Some(now) = row.map(|row| existing(room, &row.id.to_string())).transpose()? else {
                return Err(Error::Conflict(message));
            };
            draft.problems = vec![Problem::new("", message)];
            for (field, what, yours, theirs) in [
                ("title", "Its title", &draft.title, &now.title),
                ("description", "Its description", &draft.description, &now.description),
                ("query", "Its query", &draft.query, &now.query),
            ] {
                if yours.trim() != theirs.trim() {
                    let message = format!("{what} is “{}” by now.", shortened(theirs));
                    draft.problems.push(Problem::new(field, message));
                }
            }
            // To save once more puts it in the place of theirs.
            draft.version = now.revision.to_string();
            draft.status = Some(Status::Conflict);
            edit_page(desk, room, Some(&now), draft)
        }
        other => Err(other),
    }
}

fn done(desk: &Desk, room: &Room, form: &Form, row: &ReportRow, is_new: bool) -> Result<Answer> {
    let href = format!("{}{}", room.root, report_href(row.id));
    let value = as_json(desk, room, row);
    match (form.json, is_new) {
        (true, true) => Answer::created(desk, &href, &value),
        (true, false) => Answer::json(&value),
        (false, _) => Ok(Answer::see(&href).telling(desk, &format!("Report “{}” is saved.", row.title))),
    }
}

/// The fields of `report/delete.html`.
#[derive(Serialize)]
struct DeletePage {
    title: String,
    href: String,
    tickets_href: String,
    reports_href: String,
    shared: bool,
    version: i64,
    problems: Vec<Problem>,
}

impl Page for DeletePage {
    const TEMPLATE: &'static str = "report/delete.html";
}

fn delete_page(desk: &Desk, room: &Room, row: &ReportRow, problems: Vec<Problem>) -> Result<Answer> {
    let status = if problems.is_empty() { Status::Ok } else { Status::Conflict };
    let page = DeletePage {
        title: row.title.clone(),
        href: format!("{}{}", room.root, report_href(row.id)),
        tickets_href: format!("{}/query", room.root),
        reports_href: format!("{}/report", room.root),
        shared: row.scope != store::Scope::Person,
        version: row.revision,
        problems,
    };
    Sheet::new(format!("Delete report {}", row.title), page).at("/query").noindex().status(status).render(desk)
}
