//! What a roster asks for, compared with what is there: only what is missing is planned, and everything that is wrong is
//! found before anything is done.

use std::collections::HashMap;

use rusqlite::Connection;

use super::file::Line;
use crate::auth::permissions::{self, MEMBERS, Subject};
use crate::auth::{accounts, groups, names, permission_sets};
use crate::base::error::{Error, Problem, Result};
use crate::base::site::{ProjectRow, Site, State, name_problem, random_id, title_problem};
use crate::base::text::fold;

/// What is still to be made.
#[derive(Debug, Default)]
pub struct Plan {
    pub projects: Vec<PlannedProject>,
    /// Accounts that are not there yet.
    pub accounts: Vec<PlannedAccount>,
    pub groups: Vec<PlannedGroup>,
    /// How many lines the roster has.
    pub lines: usize,
}

#[derive(Debug)]
pub struct PlannedProject {
    pub name: String,
    pub title: String,
    /// None: it is to be made.
    pub row: Option<ProjectRow>,
    /// Named sets of rights that it has or will have.
    sets: Vec<String>,
    /// Who is still to be granted what.
    pub grants: Vec<PlannedGrant>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedGrant {
    pub holder: Holder,
    pub permission: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Holder {
    Group { id: String, name: String },
    Account { uuid: String, login: String, full_name: String },
}

impl Holder {
    /// As people call it.
    pub fn name(&self) -> &str {
        match self {
            Self::Group { name, .. } => name,
            Self::Account { login, .. } => login,
        }
    }
}

#[derive(Debug)]
pub struct PlannedAccount {
    pub uuid: String,
    pub login: String,
    pub email: String,
    pub full_name: String,
    /// The first line that names it.
    line: usize,
}

#[derive(Debug)]
pub struct PlannedGroup {
    pub id: String,
    pub name: String,
    pub is_new: bool,
    /// Logins of those who are still to be put in.
    pub joining: Vec<String>,
}

impl Plan {
    /// Whether everything that the roster asks for is there.
    pub fn is_done(&self) -> bool {
        self.accounts.is_empty()
            && self.groups.iter().all(|group| !group.is_new && group.joining.is_empty())
            && self.projects.iter().all(|project| project.row.is_some() && project.grants.is_empty())
    }
}

/// Somebody of the roster.
#[derive(Clone)]
struct Person {
    uuid: String,
    login: String,
    full_name: String,
}

/// What is being found out on the way through the lines.
struct Planning<'a> {
    site: &'a Site,
    lines: &'a [Line],
    plan: Plan,
    problems: Vec<Problem>,
    /// By folded login.
    people: HashMap<String, Person>,
    /// Sets of rights that a new project will have, by name.
    new_sets: Vec<String>,
    /// The role of a group or a person in a project, and the line that says so.
    roles: HashMap<(String, String), (String, u64)>,
}

/// `new_sets`: sets of rights that a new project will have.
pub(super) fn make(site: &Site, lines: &[Line], new_sets: Vec<String>) -> Result<Plan> {
    let plan = Plan { lines: lines.len(), ..Plan::default() };
    let (people, roles) = (HashMap::new(), HashMap::new());
    let mut planning = Planning { site, lines, plan, problems: Vec::new(), people, new_sets, roles };
    site.read(|db| {
        for (at, line) in lines.iter().enumerate() {
            planning.project(db, line)?;
            let Some(person) = planning.person(db, at)? else { continue };
            let holder = planning.holder(db, line, person)?;
            planning.role(line, holder);
        }
        Ok(())
    })?;
    if !planning.problems.is_empty() {
        return Err(Error::Invalid(planning.problems));
    }
    planning.plan.projects.iter_mut().try_for_each(|project| leave_out_granted(site, project))?;
    Ok(planning.plan)
}

impl Planning<'_> {
    fn complain(&mut self, line: &Line, column: &str, message: impl Into<String>) {
        self.problems.push(line.problem(column, message));
    }

    fn project(&mut self, db: &Connection, line: &Line) -> Result<()> {
        if let Some(known) = self.plan.projects.iter_mut().find(|known| known.name == line.project) {
            if known.title.is_empty() {
                known.title.clone_from(&line.title);
            } else if !line.title.is_empty() && known.title != line.title {
                let message = format!("The project {} has the title “{}” above.", known.name, known.title);
                self.complain(line, "title", message);
            }
            return Ok(());
        }
        if let Some(problem) = name_problem(&line.project) {
            self.complain(line, "project", problem.message);
        }
        if let Some(problem) = title_problem(&line.title) {
            self.complain(line, "title", problem.message);
        }
        let row = self.site.find_within(db, &line.project)?;
        if row.as_ref().is_some_and(|row| row.state == State::Archived) {
            self.complain(line, "project", format!("The project {} is archived.", line.project));
        }
        let sets = match &row {
            Some(row) => set_names(self.site, row)?,
            None => self.new_sets.clone(),
        };
        let (name, title) = (line.project.clone(), line.title.clone());
        self.plan.projects.push(PlannedProject { name, title, row, sets, grants: Vec::new() });
        Ok(())
    }

    fn person(&mut self, db: &Connection, at: usize) -> Result<Option<Person>> {
        let line = &self.lines[at];
        let folded = fold(&line.login);
        if let Some(person) = self.people.get(&folded).cloned() {
            self.same_as_above(line, &folded);
            return Ok(Some(person));
        }
        let person = match accounts::by_login(db, &line.login)? {
            Some(account) if account.disabled => {
                self.complain(line, "login", format!("The account {} is disabled.", account.login));
                return Ok(None);
            }
            Some(account) => Person { uuid: account.uuid, login: account.login, full_name: account.display_name },
            None => match self.new_person(db, at)? {
                Some(person) => person,
                None => return Ok(None),
            },
        };
        self.people.insert(folded, person.clone());
        Ok(Some(person))
    }

    fn new_person(&mut self, db: &Connection, at: usize) -> Result<Option<Person>> {
        let line = &self.lines[at];
        let mut problems = names::login_problems(db, &line.login)?;
        problems.extend(names::name_problem(&line.full_name));
        problems.extend(names::email_problem(&line.email));
        if let Some(other) = accounts::by_proven_email(db, &line.email)?.first() {
            problems.push(Problem::new("email", format!("This is the address of the account {}.", other.login)));
        }
        let namesake =
            self.plan.accounts.iter().find(|other| !line.email.is_empty() && fold(&other.email) == fold(&line.email));
        if let Some(other) = namesake {
            problems.push(Problem::new("email", format!("This is the address of {} above.", other.login)));
        }
        if problems.is_empty() {
            let person = Person { uuid: random_id(), login: line.login.clone(), full_name: line.full_name.clone() };
            self.plan.accounts.push(PlannedAccount {
                uuid: person.uuid.clone(),
                login: person.login.clone(),
                email: line.email.clone(),
                full_name: person.full_name.clone(),
                line: at,
            });
            return Ok(Some(person));
        }
        for problem in problems {
            let column = if problem.field == "user" { "login" } else { &problem.field };
            self.problems.push(line.problem(column, problem.message));
        }
        Ok(None)
    }

    /// A new account is described once, or in the same words.
    fn same_as_above(&mut self, line: &Line, folded: &str) {
        let known = self.plan.accounts.iter().find(|account| fold(&account.login) == folded);
        let Some(first) = known.map(|account| &self.lines[account.line]) else { return };
        let columns = [("email", &line.email, &first.email), ("full_name", &line.full_name, &first.full_name)];
        for (column, here, there) in columns {
            if !here.is_empty() && here != there {
                self.problems.push(line.problem(column, format!("Line {} says “{there}”.", first.number)));
            }
        }
    }

    /// Who gets the role: the group if there is one, with the person in it.
    fn holder(&mut self, db: &Connection, line: &Line, person: Person) -> Result<Option<Holder>> {
        if line.group.is_empty() {
            let Person { uuid, login, full_name } = person;
            return Ok(Some(Holder::Account { uuid, login, full_name }));
        }
        let at = match self.plan.groups.iter().position(|group| group.name == line.group) {
            Some(at) => at,
            None => {
                let Some(group) = self.group(db, line)? else { return Ok(None) };
                self.plan.groups.push(group);
                self.plan.groups.len() - 1
            }
        };
        let group = &mut self.plan.groups[at];
        let is_in = !group.is_new && groups::has_member(db, &group.id, &person.uuid)?;
        if !is_in && !group.joining.contains(&person.login) {
            group.joining.push(person.login);
        }
        Ok(Some(Holder::Group { id: group.id.clone(), name: group.name.clone() }))
    }

    fn group(&mut self, db: &Connection, line: &Line) -> Result<Option<PlannedGroup>> {
        if let Some((id, name)) = groups::find(db, &line.group)? {
            return Ok(Some(PlannedGroup { id, name, is_new: false, joining: Vec::new() }));
        }
        if let Some(problem) = groups::name_problem(db, &line.group)? {
            self.complain(line, "group", problem.message);
            return Ok(None);
        }
        if self.lines.iter().any(|other| fold(&other.login) == fold(&line.group)) {
            self.complain(
                line,
                "group",
                format!("`{}` is a login of this roster; a group needs another name.", line.group),
            );
            return Ok(None);
        }
        Ok(Some(PlannedGroup { id: random_id(), name: line.group.clone(), is_new: true, joining: Vec::new() }))
    }

    fn role(&mut self, line: &Line, holder: Option<Holder>) {
        let defined = self.site.components().permissions();
        let sets = self.plan.projects.iter().find(|project| project.name == line.project).map(|project| &project.sets);
        let sets = sets.into_iter().flatten().map(String::as_str);
        let names: Vec<&str> =
            std::iter::once(MEMBERS).chain(sets).chain(defined.iter().map(|permission| permission.name)).collect();
        if !names.contains(&line.role.as_str()) {
            let message = format!("There is no permission `{}`; known are {}.", line.role, names.join(", "));
            self.complain(line, "role", message);
            return;
        }
        let Some(holder) = holder else { return };
        let (called, is_group) = (holder.name().to_owned(), matches!(holder, Holder::Group { .. }));
        let said = (line.role.clone(), line.number);
        let (role, number) = self.roles.entry((line.project.clone(), called.clone())).or_insert(said).clone();
        if is_group && role != line.role {
            // Else one line would give a right to everybody whom the others name.
            self.complain(line, "role", format!("The group {called} is {role} of this project in line {number}."));
            return;
        }
        let grant = PlannedGrant { holder, permission: line.role.clone() };
        if let Some(project) = self.plan.projects.iter_mut().find(|project| project.name == line.project)
            && !project.grants.contains(&grant)
        {
            project.grants.push(grant);
        }
    }
}

/// Names of the sets of rights of a project.
pub(super) fn set_names(site: &Site, row: &ProjectRow) -> Result<Vec<String>> {
    Ok(site.project(row)?.read(permission_sets::sets)?.into_iter().map(|set| set.name).collect())
}

/// What was granted in a project that is there needs no granting.
fn leave_out_granted(site: &Site, planned: &mut PlannedProject) -> Result<()> {
    let Some(row) = &planned.row else { return Ok(()) };
    let project = site.project(row)?;
    let grants = std::mem::take(&mut planned.grants);
    planned.grants = project.read(|db| {
        let mut missing = Vec::new();
        for grant in grants {
            let subject = match &grant.holder {
                Holder::Group { id, name } => Some(Subject::Group { id: id.clone(), name: name.clone() }),
                Holder::Account { uuid, login, .. } => {
                    permissions::person_of_uuid(db, uuid)?.map(|id| Subject::Person { id, login: login.clone() })
                }
            };
            let is_granted = match subject {
                Some(subject) => permissions::is_granted(db, &subject, &grant.permission)?,
                None => false,
            };
            if !is_granted {
                missing.push(grant);
            }
        }
        Ok(missing)
    })?;
    Ok(())
}
