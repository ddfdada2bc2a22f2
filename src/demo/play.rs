//! Lets the semester happen: accounts first, then everything at its moment, by the functions that forms and pushes use.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use super::calendar::Calendar;
use super::history::{History, Push};
use super::script::{self, Deed, Milestone, Parent, Step};
use super::{Character, Role, Semester, broken, picture};
use crate::attachment::blob::{self, Spool};
use crate::attachment::edit as attachments;
use crate::auth::accounts::{self, NewAccount};
use crate::auth::{self, passwords, permissions};
use crate::base::error::{Error, Result};
use crate::base::event::Via;
use crate::base::project::{Act, Project};
use crate::base::resource::Resource;
use crate::base::site::{ProjectRow, SITE_TITLE, Site};
use crate::base::time::Instant;
use crate::base::viewer::{Credential, Principal, TRAC_ADMIN, Viewer};
use crate::code::{repository, sync};
use crate::milestone::edit as milestones;
use crate::ticket::edit as tickets;
use crate::ticket::options_edit;
use crate::wiki::edit as pages;
use crate::wiki::name::PageName;
use crate::wiki::{defaults, store};

/// Below the data folder.
const REPOSITORY: &str = "repositories/slackwater.git";
/// The largest file of the story, in bytes.
const LARGEST_FILE: u64 = 1024 * 1024;

/// Makes the project and plays the semester in it.
pub fn play(site: &Site, script: &script::Project, calendar: &Calendar, password: &str) -> Result<()> {
    make_accounts(site, &script.people, password)?;
    let row = site.create_project(&script.name, &script.title, None, Via::Command, |project| {
        project.db().write(|db| permissions::grant_defaults(db, &project.components().permissions(), true))
    })?;
    let project = site.project(&row)?;
    let (beginning, _) = calendar.moment("1 09:00")?;
    let stage = Stage::set(site, &project, &row, &script.people, beginning)?;
    stage.furnish(script, calendar, beginning)?;
    let history = History::make(&site.dir().join(REPOSITORY), calendar, &script.people)?;
    let by = stage.operator(Via::System).at(beginning);
    let repository =
        repository::connect(&project, by, history.directory(), "slackwater", &repository::Wish::default())?;
    let fill = |text: &str| calendar.fill_in(text, &|kind, of| if kind == "commit" { history.short(of) } else { None });
    let steps = script::steps(calendar, &fill)?;
    let mut happenings: Vec<(Instant, Happening<'_>)> = Vec::new();
    for milestone in &script.milestones {
        let made = calendar.moment(&milestone.made)?.0;
        happenings.push((made, Happening::Plans(milestone)));
        if let Some(completed) = &milestone.completed {
            happenings.push((calendar.moment(completed)?.0, Happening::Completes(milestone)));
        }
    }
    happenings.extend(history.pushes().iter().map(|push| (push.at, Happening::Pushes(push))));
    happenings.extend(steps.iter().map(|step| (step.at, Happening::Does(step))));
    happenings.sort_by_key(|(at, _)| *at);
    for (at, happening) in happenings {
        let done = match happening {
            Happening::Plans(milestone) => stage.plan(milestone, calendar, &fill, at),
            Happening::Completes(milestone) => stage.complete(milestone, at),
            Happening::Pushes(push) => {
                // Nothing was there when it was connected, so all of its commits act, each when it was made.
                let wish = sync::Wish { dated: true, ..sync::Wish::default() };
                history
                    .push(push)
                    .and_then(|()| sync::sync(site, &project, repository, wish, &mut |_, _| {}).map(|_| ()))
            }
            Happening::Does(step) => stage.act(step),
        };
        done.map_err(|error| broken(&format!("{}: {happening:?}: {error}", at.iso())))?;
    }
    Ok(())
}

enum Happening<'a> {
    Plans(&'a Milestone),
    Completes(&'a Milestone),
    Pushes(&'a Push),
    Does(&'a Step),
}

impl std::fmt::Debug for Happening<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Plans(milestone) => write!(formatter, "the milestone {} is made", milestone.name),
            Self::Completes(milestone) => write!(formatter, "the milestone {} is completed", milestone.name),
            Self::Pushes(_) => write!(formatter, "a push"),
            Self::Does(step) => write!(formatter, "{} does {:?}", step.who, step.deed),
        }
    }
}

/// Accounts with their addresses, which make their commits act, and one password for all.
fn make_accounts(site: &Site, people: &[Character], password: &str) -> Result<()> {
    let hash = passwords::hash(password)?;
    site.write(None, Via::Command, |db, record| {
        SITE_TITLE.save(db, "Trackway, a demonstration")?;
        for person in people.iter().filter(|person| person.role != Role::Outside) {
            let email = person.email();
            let admin = person.role == Role::Administrator;
            let (login, display_name) = (&person.login, &person.name);
            let new = NewAccount { login, display_name, email: &email, password: Some(hash.clone()), admin };
            let account = accounts::create(db, record, &new)?;
            accounts::set_email(db, record, account.id, &email)?;
        }
        Ok(())
    })
}

/// The project, and everybody as they are in it.
struct Stage<'a> {
    site: &'a Site,
    project: &'a Project,
    operator: Arc<Viewer>,
    people: BTreeMap<String, Arc<Viewer>>,
}

impl<'a> Stage<'a> {
    fn set(site: &'a Site, project: &'a Project, row: &ProjectRow, people: &[Character], at: Instant) -> Result<Self> {
        let enter = |principal: Principal| {
            let viewer = permissions::enter(project, row, &Arc::new(principal))?;
            viewer.ok_or_else(|| broken("somebody may not enter the project"))
        };
        let operator = enter(Principal::operator())?;
        let mut viewers = BTreeMap::new();
        for person in people.iter().filter(|person| person.role != Role::Outside) {
            let subject = permissions::subject(site, project, &person.login)?;
            let right = if person.role == Role::Lead { TRAC_ADMIN.name } else { permissions::MEMBERS };
            permissions::grant(project, Act::new(&operator, Via::Command).at(at), &subject, &[right.to_owned()])?;
            let account = site.read(|db| accounts::load(db, &person.login))?;
            let principal = auth::principal(site, &account, Credential::Session)?;
            viewers.insert(person.login.clone(), enter(principal)?);
        }
        Ok(Self { site, project, operator, people: viewers })
    }

    fn operator(&self, via: Via) -> Act<'_> {
        Act::new(&self.operator, via)
    }

    fn by(&self, login: &str, at: Instant) -> Result<Act<'_>> {
        let viewer = self.people.get(login).ok_or_else(|| broken(&format!("nobody is called {login}")))?;
        Ok(Act::new(viewer, Via::Web).at(at))
    }

    /// The manual, and what tickets choose from.
    fn furnish(&self, script: &script::Project, calendar: &Calendar, at: Instant) -> Result<()> {
        let (site, project, by) = (self.site, self.project, self.operator(Via::System).at(at));
        defaults::fill(site, project, by)?;
        for component in &script.components {
            let wish = options_edit::Wish {
                name: Some(&component.name),
                owner: Some(&component.owner),
                description: Some(&component.description),
                ..options_edit::Wish::default()
            };
            options_edit::create(site, project, by, "component", &wish)?;
        }
        for version in &script.versions {
            let released = calendar.date(version.day).to_string();
            let wish = options_edit::Wish {
                name: Some(&version.name),
                released: Some(&released),
                description: Some(&version.description),
                ..options_edit::Wish::default()
            };
            options_edit::create(site, project, by, "version", &wish)?;
        }
        Ok(())
    }

    fn plan(&self, milestone: &Milestone, calendar: &Calendar, fill: script::Fill<'_>, at: Instant) -> Result<()> {
        let (due, description) =
            (milestone.due.map(|day| calendar.date(day).to_string()), fill(&milestone.description));
        let wish = milestones::Wish {
            name: Some(&milestone.name),
            due: due.as_deref(),
            description: Some(&description),
            is_default: milestone.default.then_some(true),
            ..milestones::Wish::default()
        };
        milestones::create(self.site, self.project, self.by("mira", at)?, &wish).map(|_| ())
    }

    fn complete(&self, milestone: &Milestone, at: Instant) -> Result<()> {
        let by = self.by("mira", at)?;
        let rows = self.project.read(|db| crate::milestone::store::list(db, by.viewer))?;
        let row = rows.into_iter().find(|row| row.name == milestone.name);
        let row = row.ok_or_else(|| broken(&format!("there is no milestone {}", milestone.name)))?;
        let completed = at.iso();
        let wish = milestones::Wish { completed: Some(&completed), ..milestones::Wish::default() };
        milestones::change(self.site, self.project, by, row.id, None, &wish).map(|_| ())
    }

    fn act(&self, step: &Step) -> Result<()> {
        let (site, project, by) = (self.site, self.project, self.by(&step.who, step.at)?);
        match &step.deed {
            Deed::Save { page, text, comment } => {
                let name = PageName::parse(page, "page")?;
                let save = pages::Save { name: &name, text, comment, base: None, strict: false };
                pages::save(site, project, by, &save).map(|_| ())
            }
            Deed::File { ticket, request } => {
                let number = tickets::create(site, project, by, request)?;
                if number == *ticket { Ok(()) } else { Err(broken(&format!("it became ticket {number}"))) }
            }
            Deed::Change { ticket, request } => match tickets::change(site, project, by, *ticket, request)? {
                tickets::Outcome::Saved { .. } => Ok(()),
                _ => Err(broken("it changes nothing")),
            },
            Deed::Attach { to, file, description } => {
                let parent = self.resource(to)?;
                let mut contents = Spool::new(&blob::folder(project), LARGEST_FILE)?;
                contents.write(&contents_of(file)?)?;
                let files = vec![attachments::NewFile { name: file.clone(), contents }];
                let add = attachments::Add { parent: &parent, files, description, replace: false };
                attachments::add(project, by, add).map(|_| ())
            }
        }
    }

    fn resource(&self, parent: &Parent) -> Result<Resource> {
        match parent {
            Parent::Ticket(number) => Ok(Resource::new("ticket", *number)),
            Parent::Page(name) => {
                let page = PageName::parse(name, "page")?;
                let found = self.project.read(|db| store::find_unseen(db, page.folded()))?;
                let row = found.ok_or_else(|| Error::not_found(format!("there is no page {name}")))?;
                Ok(Resource::new("page", row.id))
            }
        }
    }
}

/// A picture is drawn; any other file lies there as it is.
fn contents_of(file: &str) -> Result<Vec<u8>> {
    let path = Path::new(file);
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let is_picture = path.extension().is_some_and(|extension| extension == "png");
    let source = if is_picture { format!("pictures/{stem}.txt") } else { format!("files/{file}") };
    let found = Semester::get(&source).ok_or_else(|| broken(&format!("there is no {source}")))?;
    if is_picture { picture::png(&String::from_utf8_lossy(&found.data)) } else { Ok(found.data.into_owned()) }
}
