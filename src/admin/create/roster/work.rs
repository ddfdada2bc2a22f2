//! Makes what a roster asks for. Projects are built first, unseen; then one transaction of the site makes accounts, groups
//! and projects at once, or nothing of it. Whoever is killed before it leaves nothing that anybody sees.

use rusqlite::Connection;

use super::Plan;
use super::plan::{Holder, PlannedAccount, PlannedGrant, PlannedProject};
use crate::admin::create::{builder, fill, open_template, template};
use crate::auth::accounts::{self, NewAccount};
use crate::auth::outbox::{self, Letter};
use crate::auth::permissions::{self, Subject};
use crate::auth::{groups, links};
use crate::base::error::Result;
use crate::base::event::{NewEvent, Via};
use crate::base::project::{Act, Project, person_of_account};
use crate::base::site::{Building, Site};

/// How the invited get their links.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Invite {
    /// By mail, those who have an address.
    ByMail,
    /// From whoever carries it out: no mail is sent.
    ByHand,
}

/// What was made.
#[derive(Debug, Default)]
pub struct Made {
    pub projects: Vec<String>,
    pub invited: Vec<Invited>,
}

#[derive(Debug)]
pub struct Invited {
    pub login: String,
    pub full_name: String,
    pub email: String,
    /// Of a link that is handed over; none if it comes by mail.
    pub token: Option<String>,
}

type Record<'a> = &'a dyn Fn(&NewEvent) -> Result<i64>;

/// Carries a plan out. `actor`: the account that does it. `told`: of each project that was built, how many there are and are
/// to be.
pub fn carry_out(
    site: &Site,
    (actor, via): (Option<i64>, Via),
    plan: &Plan,
    template: Option<&str>,
    invite: Invite,
    told: &mut dyn FnMut(usize, usize),
) -> Result<Made> {
    let model = template.map(|name| open_template(site, name)).transpose()?;
    let new: Vec<&PlannedProject> = plan.projects.iter().filter(|project| project.row.is_none()).collect();
    let viewer = builder();
    let by = Act::new(&viewer, Via::System);
    let mut built: Vec<Building<'_>> = Vec::with_capacity(new.len());
    for planned in &new {
        built.push(site.build(&planned.name, &planned.title, |project| {
            match &model {
                Some(model) => template::copy(model, project, by)?,
                None => fill(site, project, by, false)?,
            }
            planned.grants.iter().try_for_each(|grant| give(project, by, grant))
        })?);
        told(built.len(), new.len());
    }
    let invited = site.write(actor, via, |db, record| {
        let invited =
            plan.accounts.iter().map(|planned| account(db, record, planned, invite)).collect::<Result<Vec<_>>>()?;
        for group in &plan.groups {
            if group.is_new {
                groups::create_as(db, record, &group.id, &group.name)?;
            }
            if !group.joining.is_empty() {
                groups::add(db, record, &group.name, &group.joining)?;
            }
        }
        built.iter().try_for_each(|building| building.make_live(db, record))?;
        Ok(invited)
    })?;
    built.into_iter().for_each(Building::keep);
    for planned in &plan.projects {
        if let Some(row) = &planned.row {
            let project = site.project(row)?;
            planned.grants.iter().try_for_each(|grant| give(&project, by, grant))?;
        }
    }
    Ok(Made { projects: new.into_iter().map(|project| project.name.clone()).collect(), invited })
}

fn give(project: &Project, by: Act<'_>, PlannedGrant { holder, permission }: &PlannedGrant) -> Result<()> {
    let subject = match holder {
        Holder::Group { id, name } => Subject::Group { id: id.clone(), name: name.clone() },
        Holder::Account { uuid, login, full_name } => {
            let id = project.db().write(|db| person_of_account(db, uuid, login, full_name))?;
            Subject::Person { id, login: login.clone() }
        }
    };
    permissions::grant(project, by, &subject, std::slice::from_ref(permission))
}

fn account(db: &Connection, record: Record<'_>, planned: &PlannedAccount, invite: Invite) -> Result<Invited> {
    let PlannedAccount { uuid, login, email, full_name, .. } = planned;
    let new = NewAccount { login, display_name: full_name, email, ..NewAccount::default() };
    let account = accounts::create_as(db, record, uuid, &new)?;
    let token = match invite {
        Invite::ByHand => Some(links::create(db, record, Some(account.id))?),
        Invite::ByMail if email.is_empty() => None,
        Invite::ByMail => {
            outbox::put(db, Letter::Invitation, Some(account.id), None, email)?;
            None
        }
    };
    Ok(Invited { login: account.login, full_name: account.display_name, email: account.email, token })
}
