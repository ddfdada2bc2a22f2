//! Lets the semester happen: accounts first, then everything at its moment, by the functions that forms and pushes use.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use super::calendar::Calendar;
use super::history::{History, Push};
use super::script::{self, Deed, Milestone, Parent, Step};
use super::talk::{self, Talk};
use super::{Character, Role, Semester, broken, furniture, picture};
use crate::attachment::blob::{self, Spool};
use crate::attachment::edit as attachments;
use crate::auth::accounts::{self, NewAccount};
use crate::auth::permissions::Subject;
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
use crate::ticket::{TICKET_NOTES, batch, bookmarks, merge, note, reminders, seen};
use crate::wiki::discussion::{self, anchor::Quote};
use crate::wiki::edit as pages;
use crate::wiki::name::PageName;
use crate::wiki::store;
use crate::wiki::suggestion;

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
    furniture::furnish(site, &project, stage.operator(Via::System).at(beginning), script, calendar)?;
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
    happenings.push((calendar.moment(&script.read)?.0, Happening::Reads));
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
            Happening::Reads => stage.read(),
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
    /// Everybody has read everything by now.
    Reads,
}

impl std::fmt::Debug for Happening<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Plans(milestone) => write!(formatter, "the milestone {} is made", milestone.name),
            Self::Completes(milestone) => write!(formatter, "the milestone {} is completed", milestone.name),
            Self::Pushes(_) => write!(formatter, "a push"),
            Self::Does(step) => write!(formatter, "{} does {:?}", step.who, step.deed),
            Self::Reads => write!(formatter, "everybody reads"),
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
    row: &'a ProjectRow,
    operator: Arc<Viewer>,
    people: BTreeMap<String, Arc<Principal>>,
    /// Discussions and suggestions by the moment at which each was begun.
    begun: RefCell<BTreeMap<Instant, i64>>,
}

impl<'a> Stage<'a> {
    fn set(
        site: &'a Site,
        project: &'a Project,
        row: &'a ProjectRow,
        people: &[Character],
        at: Instant,
    ) -> Result<Self> {
        let operator = entered(project, row, &Arc::new(Principal::operator()))?;
        let by = Act::new(&operator, Via::Command).at(at);
        permissions::grant(project, by, &Subject::Members, &[TICKET_NOTES.name.to_owned()])?;
        let mut principals = BTreeMap::new();
        for person in people.iter().filter(|person| person.role != Role::Outside) {
            let subject = permissions::subject(site, project, &person.login)?;
            let right = if person.role == Role::Lead { TRAC_ADMIN.name } else { permissions::MEMBERS };
            permissions::grant(project, by, &subject, &[right.to_owned()])?;
            let account = site.read(|db| accounts::load(db, &person.login))?;
            principals.insert(person.login.clone(), Arc::new(auth::principal(site, &account, Credential::Session)?));
        }
        Ok(Self { site, project, row, operator, people: principals, begun: RefCell::default() })
    }

    fn operator(&self, via: Via) -> Act<'_> {
        Act::new(&self.operator, via)
    }

    /// Somebody with what they may see by now.
    fn viewer(&self, login: &str) -> Result<Arc<Viewer>> {
        let principal = self.people.get(login).ok_or_else(|| broken(&format!("nobody is called {login}")))?;
        entered(self.project, self.row, principal)
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
        let viewer = self.viewer("mira")?;
        milestones::create(self.site, self.project, Act::new(&viewer, Via::Web).at(at), &wish).map(|_| ())
    }

    fn complete(&self, milestone: &Milestone, at: Instant) -> Result<()> {
        let viewer = self.viewer("mira")?;
        let by = Act::new(&viewer, Via::Web).at(at);
        let rows = self.project.read(|db| crate::milestone::store::list(db, by.viewer))?;
        let row = rows.into_iter().find(|row| row.name == milestone.name);
        let row = row.ok_or_else(|| broken(&format!("there is no milestone {}", milestone.name)))?;
        let completed = at.iso();
        let wish = milestones::Wish { completed: Some(&completed), ..milestones::Wish::default() };
        milestones::change(self.site, self.project, by, row.id, None, &wish).map(|_| ())
    }

    fn act(&self, step: &Step) -> Result<()> {
        let viewer = self.viewer(&step.who)?;
        let (site, project, by) = (self.site, self.project, Act::new(&viewer, Via::Web).at(step.at));
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
            Deed::Change { ticket, request, note: None } => {
                match tickets::change(site, project, by, *ticket, request)? {
                    tickets::Outcome::Saved { .. } => Ok(()),
                    _ => Err(broken("it changes nothing")),
                }
            }
            Deed::Change { ticket, request, note: Some(draft) } => {
                note::submit(site, project, by, *ticket, request, draft).map(|_| ())
            }
            Deed::ChangeAll { tickets, batch } => {
                let changed = batch::change(site, project, by, tickets, batch)?;
                if changed.len() == tickets.len() { Ok(()) } else { Err(broken("some stay as they are")) }
            }
            Deed::Talk(talk) => self.talk(talk, by, step.at),
            Deed::Merge { ticket, into } => merge::merge(project, by, *ticket, *into).map(|_| ()),
            Deed::Remind { ticket, person, due, text } => {
                // Midnight may have passed since the days were counted.
                let now = Instant::now().iso();
                let due = due.as_str().max(now.split('T').next().unwrap_or_default());
                reminders::add(site, project, by, *ticket, &reminders::Wish { due, text, person }).map(|_| ())
            }
            Deed::Bookmark { ticket } => bookmarks::set(project, by, *ticket, true),
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

    fn talk(&self, talk: &Talk, by: Act<'_>, at: Instant) -> Result<()> {
        let (site, project) = (self.site, self.project);
        let mut begun = self.begun.borrow_mut();
        let of = |begun: &BTreeMap<Instant, i64>, first: &Instant| {
            begun.get(first).copied().ok_or_else(|| broken("nobody has begun this conversation"))
        };
        match talk {
            Talk::Begin { page, heading, quote, text } => {
                let quote = Quote { words: quote.clone(), ..Quote::default() };
                let wish = discussion::anchor::Wish { heading: heading.clone(), quote };
                let name = PageName::parse(page, "page")?;
                let (thread, _) = discussion::edit::begin(site, project, by, &name, &wish, text)?;
                begun.insert(at, thread);
            }
            Talk::Answer { begun: first, text, resolves } => {
                let reply = discussion::edit::Reply { text, resolved: resolves.then_some(true), ..Default::default() };
                discussion::edit::reply(site, project, by, of(&begun, first)?, &reply)?;
            }
            Talk::Suggest { page, hunk, comment } => {
                let name = PageName::parse(page, "page")?;
                let missing = || Error::not_found(format!("there is no page {page}"));
                let version = project.read(|db| {
                    let row = store::find_unseen(db, name.folded())?.ok_or_else(missing)?;
                    store::version(db, row.id, row.version)?.ok_or_else(missing)
                })?;
                let text = talk::suggested(&version.text, hunk)?;
                let wish = suggestion::edit::Wish { text: &text, comment, base: version.version };
                begun.insert(at, suggestion::edit::suggest(project, by, &name, &wish)?);
            }
            Talk::Remark { begun: first, text } => {
                suggestion::edit::answer(site, project, by, of(&begun, first)?, text)?;
            }
        }
        Ok(())
    }

    fn read(&self) -> Result<()> {
        for login in self.people.keys() {
            let viewer = self.viewer(login)?;
            self.project.db().write(|db| seen::read_all(db, &viewer))?;
        }
        Ok(())
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

fn entered(project: &Project, row: &ProjectRow, principal: &Arc<Principal>) -> Result<Arc<Viewer>> {
    permissions::enter(project, row, principal)?.ok_or_else(|| broken("somebody may not enter the project"))
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
