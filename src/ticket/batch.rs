//! The same change of many tickets (rows B01 to B06): what it would do to each, and doing it to all of them or to none.

use rusqlite::Connection;

use super::edit::{self, Outcome};
use super::fields::{Field, Fields, Kind};
use super::plan::{ActionRequest, Plan, Planner, Request};
use super::store::{self, Ticket};
use super::values::{Names, People};
use super::{TICKET_BATCH_MODIFY, TICKET_VIEW, people, workflows};
use crate::base::error::{Error, Problem, Result};
use crate::base::project::{Act, Project};
use crate::base::site::Site;
use crate::base::viewer::Viewer;

/// So many tickets are changed in one act at most.
pub const MOST: usize = 1000;

/// What is wanted of each ticket.
#[derive(Debug, Clone, Default)]
pub struct Batch {
    pub wishes: Vec<Wish>,
    /// Done where the workflow offers it; the other tickets get the rest.
    pub action: Option<ActionRequest>,
    pub comment: String,
    /// Whether whoever acts is on the Cc list of each afterwards; none: as before.
    pub watch: Option<bool>,
}

/// What becomes of one field.
#[derive(Debug, Clone)]
pub struct Wish {
    pub field: String,
    pub mode: Mode,
    /// As typed: what is set or added.
    pub add: String,
    /// As typed: what goes.
    pub remove: String,
}

/// How a list changes (row B03); other fields are set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    Set,
    Add,
    Remove,
    AddRemove,
}

impl Mode {
    pub const ALL: [(Self, &'static str, &'static str); 4] = [
        (Self::Set, "=", "set to"),
        (Self::Add, "+", "add"),
        (Self::Remove, "-", "remove"),
        (Self::AddRemove, "+-", "add and remove"),
    ];

    /// As forms name it.
    pub fn from_sign(sign: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|(_, known, _)| *known == sign).map(|(mode, ..)| mode)
    }
}

/// What a batch would do to one ticket.
pub struct Looked {
    pub id: i64,
    pub summary: String,
    pub plan: Option<Plan>,
    pub problems: Vec<Problem>,
    /// The action is not for this ticket, so only the rest is done.
    pub without_action: bool,
}

impl Looked {
    pub fn changes_nothing(&self) -> bool {
        self.problems.is_empty() && self.plan.as_ref().is_none_or(Plan::changes_nothing)
    }
}

/// Whether a batch may set a field (row B02).
pub fn takes(field: &Field) -> bool {
    field.is_editable() && field.kind != Kind::Text && !matches!(field.name, "summary" | "owner")
}

/// Whether a field has a list of values that can be added to.
pub fn is_list(field: &Field) -> bool {
    field.kind.is_list() || field.kind == Kind::Words
}

/// What a batch would do, ticket by ticket, in the order asked for. Tickets that this viewer does not see are not among them.
pub fn look(
    site: &Site,
    project: &Project,
    viewer: &Viewer,
    db: &Connection,
    ids: &[i64],
    batch: &Batch,
) -> Result<Vec<Looked>> {
    require(viewer, ids)?;
    let fields = Fields::load(db)?;
    let planner = Planner { db, site, project, viewer, actor: people::own(viewer) };
    let mut all = Vec::with_capacity(ids.len());
    for id in ids {
        let Some(ticket) = store::find(db, viewer, *id)? else { continue };
        all.push(looked(&planner, &fields, &ticket, batch)?);
    }
    Ok(all)
}

fn require(viewer: &Viewer, ids: &[i64]) -> Result<()> {
    viewer.require_to_see(TICKET_VIEW, super::NO_TICKET)?;
    viewer.require(TICKET_BATCH_MODIFY)?;
    if ids.len() > MOST {
        let message = format!("These are {} tickets; at most {MOST} are changed in one act.", ids.len());
        return Err(Error::invalid("ticket", message));
    }
    Ok(())
}

fn looked(planner: &Planner<'_>, fields: &Fields, ticket: &Ticket, batch: &Batch) -> Result<Looked> {
    let (request, without_action) = request_of(planner, fields, ticket, batch)?;
    let (plan, problems) = match planner.change(ticket, &request) {
        Ok(plan) => {
            let problems = plan.problems.clone();
            (Some(plan), problems)
        }
        Err(Error::Invalid(problems)) => (None, problems),
        Err(Error::Forbidden { message, .. }) => (None, vec![Problem::new("", message)]),
        Err(other) => return Err(other),
    };
    Ok(Looked { id: ticket.row.id, summary: ticket.row.summary.clone(), plan, problems, without_action })
}

/// What is asked of one ticket, and whether the action had to be left out.
fn request_of(planner: &Planner<'_>, fields: &Fields, ticket: &Ticket, batch: &Batch) -> Result<(Request, bool)> {
    let plan = planner.change(ticket, &Request::default())?;
    let people = People::load(planner.db, ticket.values.named_people(fields))?;
    let names = Names { choices: &plan.choices, people: &people };
    let mut set = Vec::new();
    for wish in &batch.wishes {
        let Some(field) = fields.named(&wish.field).filter(|field| takes(field)) else {
            let message =
                format!("`{}` can't be changed for many tickets at once.", crate::web::form::shortened(&wish.field));
            return Err(Error::invalid(format!("field_{}", crate::web::form::shortened(&wish.field)), message));
        };
        let typed = match wish.mode {
            _ if !is_list(field) => wish.add.clone(),
            Mode::Set => wish.add.clone(),
            mode => listed(&names.joined(field, ticket.values.get(field.name)), wish, mode, field),
        };
        set.push((field.name.to_owned(), typed));
    }
    if let Some(watches) = batch.watch {
        watch(planner.viewer, fields, &names, ticket, &mut set, watches)?;
    }
    let mut request = Request { set, comment: batch.comment.clone(), ..Request::default() };
    let Some(action) = &batch.action else { return Ok((request, false)) };
    let workflow = workflows::of(planner.db, &plan.choices, &ticket.values)?;
    let offers = planner.offers(&workflow, &plan.choices, Some(ticket))?;
    let offered = offers.iter().any(|offer| offer.name == action.name);
    if offered {
        request.action = Some(action.clone());
    }
    Ok((request, !offered))
}

/// Puts whoever acts on the Cc list as it is to be, or takes them off.
fn watch(
    viewer: &Viewer,
    fields: &Fields,
    names: &Names<'_>,
    ticket: &Ticket,
    set: &mut Vec<(String, String)>,
    watches: bool,
) -> Result<()> {
    let login = people::own_login(viewer);
    let Some(field) = fields.named("cc").filter(|_| !login.is_empty()) else {
        return Err(Error::invalid("watch", "Only somebody who is signed in can watch a ticket."));
    };
    let wanted = set.iter().position(|(name, _)| name == field.name).map(|at| set.remove(at).1);
    let current = wanted.unwrap_or_else(|| names.joined(field, ticket.values.get(field.name)));
    let mode = if watches { Mode::Add } else { Mode::Remove };
    let wish = Wish { field: field.name.to_owned(), mode, add: login.to_owned(), remove: String::new() };
    set.push((field.name.to_owned(), listed(&current, &wish, mode, field)));
    Ok(())
}

/// A list as it is typed, with what goes taken out and what comes added once (row B03).
fn listed(current: &str, wish: &Wish, mode: Mode, field: &Field) -> String {
    let parts = |text: &str| -> Vec<String> {
        if field.kind == Kind::Options {
            text.split([',', ';']).map(|part| part.trim().to_owned()).filter(|part| !part.is_empty()).collect()
        } else {
            people::split(text).into_iter().map(|part| part.trim_start_matches('#').to_owned()).collect()
        }
    };
    let mut list = parts(current);
    let gone = match mode {
        Mode::Remove if wish.remove.is_empty() => parts(&wish.add),
        Mode::Remove | Mode::AddRemove => parts(&wish.remove),
        Mode::Set | Mode::Add => Vec::new(),
    };
    list.retain(|part| !gone.contains(part));
    if matches!(mode, Mode::Add | Mode::AddRemove) {
        for part in parts(&wish.add) {
            if !list.contains(&part) {
                list.push(part);
            }
        }
    }
    list.join(", ")
}

/// Changes all of them in one transaction, or none if one of them is refused (row B06). Returns the tickets that changed with
/// the numbers of their changes.
pub fn change(site: &Site, project: &Project, by: Act<'_>, ids: &[i64], batch: &Batch) -> Result<Vec<(i64, i64)>> {
    require(by.viewer, ids)?;
    project.write(by, |tx| {
        let fields = Fields::load(tx)?;
        // The person's row is there by now, so that the rule for one's own place on the Cc list finds it.
        let person = if by.viewer.signed_in() { tx.actor() } else { by.viewer.person };
        let viewer = &Viewer { person, ..by.viewer.clone() };
        let planner = Planner { db: tx, site, project, viewer, actor: people::own(viewer) };
        let mut changed = Vec::new();
        let mut problems = Vec::new();
        for id in ids {
            let Some(ticket) = store::find(tx, viewer, *id)? else { continue };
            let (request, _) = request_of(&planner, &fields, &ticket, batch)?;
            match edit::change_within(site, tx, viewer, *id, &request) {
                Ok(Outcome::Saved { number, .. }) => changed.push((*id, number)),
                Ok(Outcome::Unchanged) => {}
                Ok(Outcome::Conflict(_)) => {
                    problems.push(Problem::new("", format!("#{id}: others have changed it meanwhile.")))
                }
                Err(Error::Invalid(wrong)) => problems.extend(
                    wrong.into_iter().map(|problem| Problem::new(problem.field, format!("#{id}: {}", problem.message))),
                ),
                Err(Error::Forbidden { message, .. }) => problems.push(Problem::new("", format!("#{id}: {message}"))),
                Err(other) => return Err(other),
            }
        }
        if !problems.is_empty() {
            return Err(Error::Invalid(problems));
        }
        store::mark_batch(tx, &changed)?;
        Ok(changed)
    })
}

#[cfg(test)]
mod tests {
    use super::super::fields::field;
    use super::*;

    #[test]
    fn words_come_and_go() {
        let keywords = field("keywords").copied();
        let wish = |add: &str, remove: &str, mode| Wish {
            field: "keywords".to_owned(),
            mode,
            add: add.to_owned(),
            remove: remove.to_owned(),
        };
        for (current, add, remove, mode, becomes) in [
            ("gen k0", "new1,new2", "gen", Mode::AddRemove, "k0, new1, new2"),
            ("a b", "b c", "", Mode::Add, "a, b, c"),
            ("a b", "", "a", Mode::Remove, "b"),
            ("a b", "a", "", Mode::Remove, "b"),
            ("", "x", "", Mode::Add, "x"),
        ] {
            let field = keywords.as_ref();
            let listed = field.map(|field| listed(current, &wish(add, remove, mode), mode, field));
            assert_eq!(listed.as_deref(), Some(becomes), "{current} {add} {remove}");
        }
    }
}
