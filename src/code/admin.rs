//! The administration of repositories: how their commits act, and the secrets of hooks. A repository is connected by a
//! command alone, since that names a folder of the server.

use rocket::data::Data;
use rocket::http::Status;
use rocket::{Route, get, post, routes};
use serde::Serialize;
use serde_json::{Value, json};

use super::repository::{self, ActsAs, Repository, Wish};
use super::sync::Synced;
use super::{VERSIONCONTROL_ADMIN, sync_pages};
use crate::auth::accounts;
use crate::base::component::Panel;
use crate::base::error::{Error, Problem, Result};
use crate::base::time::When;
use crate::web::form::{Form, shortened};
use crate::web::panels::{self, PanelGroup};
use crate::web::{Answer, Desk, Page, Room, Sheet, Visit, address};

const NO_PAGE: &str = "There is no page at this address.";

pub static PANELS: [Panel; 1] = [Panel {
    title: "Repositories",
    line: "The git repositories of the project: on which branches commits close tickets, and with whose rights.",
    path: "/admin/versioncontrol/repository",
    permission: VERSIONCONTROL_ADMIN,
    order: 50,
}];

pub fn routes() -> Vec<Route> {
    routes![list, act]
}

#[get("/<project>/admin/versioncontrol/repository")]
async fn list(visit: Visit, project: String) -> Answer {
    visit
        .answer(move |desk| {
            let room = enter(desk, &project)?;
            if desk.visit.wants_json() { as_json(desk, &room) } else { page(desk, &room, Shown::default()) }
        })
        .await
}

#[post("/<project>/admin/versioncontrol/repository", data = "<data>")]
async fn act(visit: Visit, project: String, data: Data<'_>) -> Answer {
    visit
        .answer_form(data, move |desk, form| {
            let room = enter(desk, &project)?;
            match done(desk, &room, form) {
                Ok(done) => answer(desk, &room, form, done),
                Err(Error::Invalid(problems)) if !form.json => {
                    page(desk, &room, Shown { form: Some(form), problems, ..Shown::default() })
                }
                Err(other) => Err(other),
            }
        })
        .await
}

fn enter(desk: &Desk, project: &str) -> Result<Room> {
    let room = desk.room(project)?;
    room.viewer.require_to_see(VERSIONCONTROL_ADMIN, NO_PAGE)?;
    Ok(room)
}

fn href(room: &Room) -> String {
    format!("{}{}", room.root, PANELS[0].path)
}

/// What an act has come to.
enum Done {
    Changed(i64),
    /// The new secret.
    Secret(i64, String),
    /// None: it is still going on.
    Synced(Option<Synced>),
}

fn done(desk: &Desk, room: &Room, form: &Form) -> Result<Done> {
    let id = form.number("id")?;
    let existing = room.project.read(|db| repository::by_id(db, id))?;
    let existing = existing.ok_or_else(|| Error::not_found("There is no such repository."))?;
    match form.text("act") {
        "change" => {
            repository::change(&room.project, room.act(), existing.id, &wish(desk, &existing, form)?)?;
            Ok(Done::Changed(existing.id))
        }
        "secret" => {
            let secret = repository::new_secret(&room.project, room.act(), existing.id)?;
            Ok(Done::Secret(existing.id, secret))
        }
        "sync" => sync_pages::within_reason(desk.site(), room.row.clone(), existing.id, None).map(Done::Synced),
        other => {
            let other = shortened(other);
            Err(Error::invalid("act", format!("There is no act `{other}`; it is change, secret or sync.")))
        }
    }
}

fn wish(desk: &Desk, existing: &Repository, form: &Form) -> Result<Wish> {
    let text = |name: &str| form.get(name).map(str::to_owned);
    let mut problems = Vec::new();
    let acts_as = match form.get("acts_as") {
        None => None,
        Some(name) => ActsAs::named(name).or_else(|| {
            problems.push(Problem::new("acts_as", "Commits act as author, committer, pusher, account or nobody."));
            None
        }),
    };
    let login = form.text("account").trim();
    let account = if login.is_empty() { None } else { desk.site().read(|db| accounts::by_login(db, login))? };
    if !login.is_empty() && account.is_none() {
        problems.push(Problem::new("account", format!("There is no account “{}”.", shortened(login))));
    }
    let is_chosen = account.is_some() || (!existing.acts_as_account.is_empty() && !form.has("account"));
    if acts_as == Some(ActsAs::Account) && !is_chosen && problems.is_empty() {
        problems.push(Problem::new("account", "The account is needed that commits are to act for."));
    }
    if !problems.is_empty() {
        return Err(Error::Invalid(problems));
    }
    Ok(Wish {
        description: text("description"),
        acting_branches: text("acting_branches"),
        default_branch: text("default_branch"),
        acts_as,
        acts_as_account: account.map(|account| account.uuid),
    })
}

fn answer(desk: &Desk, room: &Room, form: &Form, done: Done) -> Result<Answer> {
    if form.json {
        return match done {
            Done::Changed(id) => {
                let changed = room.project.read(|db| repository::by_id(db, id))?;
                Answer::json(&changed.map(|repository| item(desk, &repository)).transpose()?)
            }
            Done::Secret(_, secret) => Answer::json(&json!({ "secret": secret })),
            Done::Synced(Some(synced)) => Answer::json(&json!({ "stored": synced.stored, "acted": synced.acted })),
            Done::Synced(None) => Ok(Answer::json(&json!({ "accepted": true }))?.with_status(Status::Accepted)),
        };
    }
    let told = match done {
        Done::Changed(_) => "The repository is changed.".to_owned(),
        // It is never shown again, so it can't wait for the next page.
        Done::Secret(id, secret) => return page(desk, room, Shown { secret: Some((id, secret)), ..Shown::default() }),
        Done::Synced(Some(synced)) => {
            format!("New commits: {}. Tickets that they touched: {}.", synced.stored, synced.acted)
        }
        Done::Synced(None) => "This takes a while; it goes on by itself.".to_owned(),
    };
    Ok(Answer::see(&href(room)).telling(desk, &told))
}

#[derive(Serialize)]
struct RepositoriesPage {
    panels: Vec<PanelGroup>,
    href: String,
    project: String,
    line: &'static str,
    items: Vec<Item>,
    ways: Vec<Way>,
    problems: Vec<Problem>,
}

impl Page for RepositoriesPage {
    const TEMPLATE: &'static str = "admin/repositories.html";
}

#[derive(Serialize)]
struct Item {
    id: i64,
    name: String,
    path: String,
    is_default: bool,
    description: String,
    acting_branches: String,
    default_branch: String,
    acts_as: String,
    account: String,
    synced: Option<When>,
    is_new: bool,
    trouble: String,
    secret: Option<String>,
    hook: String,
    open: bool,
}

/// One way in which commits can act.
#[derive(Serialize)]
struct Way {
    name: &'static str,
    label: &'static str,
}

fn ways() -> Vec<Way> {
    let label = |way: ActsAs| match way {
        ActsAs::Author => "who wrote the commit, by a proven e-mail address",
        ActsAs::Committer => "who committed it, by a proven e-mail address",
        ActsAs::Pusher => "who pushed it, as the hook says",
        ActsAs::Account => "one account",
        ActsAs::Nobody => "nobody: commits are shown and do nothing",
    };
    ActsAs::ALL.into_iter().map(|way| Way { name: way.name(), label: label(way) }).collect()
}

/// What the page shows beside what is stored.
#[derive(Default)]
struct Shown<'a> {
    /// A form that was refused.
    form: Option<&'a Form>,
    problems: Vec<Problem>,
    /// A new secret, by its repository.
    secret: Option<(i64, String)>,
}

fn page(desk: &Desk, room: &Room, shown: Shown<'_>) -> Result<Answer> {
    let repositories = room.project.read(repository::list)?;
    let mut items = repositories.iter().map(|one| of(desk, room, one)).collect::<Result<Vec<Item>>>()?;
    if let Some((id, secret)) = shown.secret
        && let Some(item) = items.iter_mut().find(|item| item.id == id)
    {
        item.secret = Some(secret);
        item.open = true;
    }
    if let Some(form) = shown.form
        && let Some(item) = items.iter_mut().find(|item| item.id.to_string() == form.text("id"))
    {
        item.open = true;
        for (field, typed) in [
            ("description", &mut item.description),
            ("acting_branches", &mut item.acting_branches),
            ("default_branch", &mut item.default_branch),
            ("acts_as", &mut item.acts_as),
            ("account", &mut item.account),
        ] {
            if let Some(text) = form.get(field) {
                text.clone_into(typed);
            }
        }
    }
    let status = if shown.problems.is_empty() { Status::Ok } else { Status::UnprocessableEntity };
    let sheet = RepositoriesPage {
        panels: panels::groups(room, PANELS[0].path),
        href: href(room),
        project: room.row.name.clone(),
        line: PANELS[0].line,
        items,
        ways: ways(),
        problems: shown.problems,
    };
    Sheet::new(PANELS[0].title, sheet).at("/admin").noindex().status(status).render(desk)
}

fn of(desk: &Desk, room: &Room, repository: &Repository) -> Result<Item> {
    let account = desk.site().read(|db| accounts::by_uuid(db, &repository.acts_as_account))?;
    let hook = format!("{}/repository/{}/sync", room.root, address::segment(&repository.name));
    Ok(Item {
        id: repository.id,
        name: repository.name.clone(),
        path: repository.path.display().to_string(),
        is_default: repository.is_default,
        description: repository.description.clone(),
        acting_branches: repository.acting_branches.clone(),
        default_branch: repository.default_branch.clone(),
        acts_as: repository.acts_as.name().to_owned(),
        account: account.map(|account| account.login).unwrap_or_default(),
        synced: repository.synced_at.map(|at| at.when(&desk.principal.zone())),
        is_new: repository.baseline != repository::Baseline::Stored,
        trouble: repository.trouble.clone(),
        secret: None,
        hook: desk.web().address.absolute(&hook),
        open: false,
    })
}

fn as_json(desk: &Desk, room: &Room) -> Result<Answer> {
    let repositories = room.project.read(repository::list)?;
    let items = repositories.iter().map(|one| item(desk, one)).collect::<Result<Vec<Value>>>()?;
    Answer::json(&json!({ "total": items.len(), "page": 1, "items": items, "next": null }))
}

fn item(desk: &Desk, repository: &Repository) -> Result<Value> {
    let account = desk.site().read(|db| accounts::by_uuid(db, &repository.acts_as_account))?;
    Ok(json!({
        "id": repository.id, "name": repository.name, "path": repository.path.display().to_string(),
        "description": repository.description, "acting_branches": repository.acting_branches,
        "default_branch": repository.default_branch, "acts_as": repository.acts_as.name(),
        "account": account.map(|account| account.login), "synced": repository.synced_at.map(|at| at.iso()),
        "trouble": repository.trouble,
    }))
}
