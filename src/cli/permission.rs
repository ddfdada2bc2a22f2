//! `trackway permission …`

use clap::Subcommand;
use serde_json::json;

use super::Shell;
use super::output::List;
use crate::auth::path_rules::{self, KeptBack, NewReaders, Readers};
use crate::auth::{grants, permission_sets, why};
use crate::base::error::{Error, Result};
use crate::base::local_rights::Place;
use crate::base::moment;
use crate::base::project::Project;
use crate::base::time::Instant;
use crate::base::viewer::{PERMISSION_GRANT, PERMISSION_REVOKE, TRAC_ADMIN};
use crate::milestone::due::Clock;
use crate::wiki::name::PageName;
use crate::wiki::{WIKI_MODIFY, WIKI_VIEW};

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Who has been granted what
    List { project: String },
    /// Grant permissions to an account, a group, `anonymous`, `authenticated` or `members`;
    /// the word `members` as a permission makes a member
    Grant {
        project: String,
        /// Also `role:reporter`, `role:owner`, `role:cc` and `role:admincc`: whoever plays that part on a ticket
        subject: String,
        /// Permissions, or named sets of them
        #[arg(required = true)]
        permission: Vec<String>,
        #[command(flatten)]
        part: Part,
    },
    /// Deny permissions, however they were granted
    Deny {
        project: String,
        subject: String,
        #[arg(required = true)]
        permission: Vec<String>,
        #[command(flatten)]
        part: Part,
    },
    /// Take back what was granted to, or denied, that very subject
    Revoke {
        project: String,
        subject: String,
        #[arg(required = true)]
        permission: Vec<String>,
        #[command(flatten)]
        part: Part,
    },
    /// Give one subject what another has
    Copy { project: String, from: String, to: String },
    /// Named sets of permissions
    Sets { project: String },
    /// Say what a set holds; it can be granted by its name
    Set {
        project: String,
        name: String,
        #[arg(required = true)]
        permission: Vec<String>,
    },
    /// Take a set away, and with it what it granted
    Unset { project: String, name: String },
    /// Why somebody sees something, or does not: `ticket:12`, `wiki:Plan`, `milestone:1.0`
    Why {
        project: String,
        /// An account, or `anonymous`
        who: String,
        what: Option<String>,
    },
    /// Let only these subjects (and administrators) see the page of this path and the pages below it
    Restrict {
        project: String,
        path: String,
        #[arg(required = true)]
        subject: Vec<String>,
    },
    /// Take such a rule away
    Unrestrict { project: String, path: String },
    /// Let everybody see the page of this path and the pages below it, also if they see nothing else of the project
    Open { project: String, path: String },
    /// Keep the page of this path and the pages below it back until a moment, but for those who may change pages
    VisibleFrom {
        project: String,
        path: String,
        /// A date, or a date with a time, such as 2026-12-31T18:00 in the project's time zone; `now` keeps it back no longer
        moment: String,
    },
    /// The path rules
    Rules { project: String },
}

/// Where in a project a rule holds.
#[derive(Debug, Default, clap::Args)]
pub struct Part {
    /// On the tickets of this component alone
    #[arg(long, value_name = "NAME")]
    component: Option<String>,
    /// On the page of this path and those below it alone
    #[arg(long, value_name = "PATH")]
    path: Option<String>,
}

impl Part {
    fn place(&self, project: &Project) -> Result<Place> {
        grants::place(project, self.component.as_deref(), self.path.as_deref())
    }
}

pub fn run(shell: &Shell, command: Command) -> Result<()> {
    let name = match &command {
        Command::List { project }
        | Command::Grant { project, .. }
        | Command::Deny { project, .. }
        | Command::Revoke { project, .. }
        | Command::Copy { project, .. }
        | Command::Sets { project }
        | Command::Set { project, .. }
        | Command::Unset { project, .. }
        | Command::Why { project, .. }
        | Command::Restrict { project, .. }
        | Command::Unrestrict { project, .. }
        | Command::Open { project, .. }
        | Command::VisibleFrom { project, .. }
        | Command::Rules { project } => project.clone(),
    };
    let entered = shell.enter(&name)?;
    // Who may do what is for those to know who give and take it.
    if !entered.viewer.may(PERMISSION_GRANT) && !entered.viewer.may(PERMISSION_REVOKE) {
        entered.require_administrator()?;
    }
    let subject = |name: &str| grants::subject(&entered.site, &entered.project, name);
    let holder = |name: &str| grants::holder(&entered.site, &entered.project, name);
    match command {
        Command::List { .. } => {
            let mut list = List::new(&["subject", "permission", "denied", "part"]);
            entered.project.read(|db| {
                for grant in grants::list(db)? {
                    let part = grants::place_name(&entered.project, db, &grant.place)?;
                    list.row(vec![json!(grant.subject), json!(grant.permission), json!(grant.denied), json!(part)]);
                }
                Ok(())
            })?;
            list.print(shell.format)
        }
        Command::Grant { subject: name, permission, part, .. } => {
            let place = part.place(&entered.project)?;
            grants::set(&entered.project, entered.act(), &holder(&name)?, &place, false, &permission)
        }
        Command::Deny { subject: name, permission, part, .. } => {
            let place = part.place(&entered.project)?;
            grants::set(&entered.project, entered.act(), &holder(&name)?, &place, true, &permission)
        }
        Command::Revoke { subject: name, permission, part, .. } => {
            let subject = grants::subject_to_revoke(&entered.site, &entered.project, &name)?;
            grants::unset(&entered.project, entered.act(), &subject, &part.place(&entered.project)?, &permission)
        }
        Command::Copy { from, to, .. } => {
            let from = grants::subject_to_revoke(&entered.site, &entered.project, &from)?;
            grants::copy(&entered.project, entered.act(), &from, &holder(&to)?)
        }
        Command::Sets { .. } => {
            let mut list = List::new(&["name", "permissions"]);
            for set in entered.project.read(permission_sets::sets)? {
                list.row(vec![json!(set.name), json!(set.rights)]);
            }
            list.print(shell.format)
        }
        Command::Set { name, permission, .. } => {
            permission_sets::save_set(&entered.project, entered.act(), &name, &permission)
        }
        Command::Unset { name, .. } => permission_sets::remove_set(&entered.project, entered.act(), &name),
        Command::Why { who, what, .. } => {
            let mut list = List::new(&["answer", "because"]);
            for reason in why::explain(&entered.site, &entered.project, &entered.row, &who, what.as_deref())? {
                list.row(vec![json!(reason.answer), json!(reason.because)]);
            }
            list.print(shell.format)
        }
        Command::Restrict { path, subject: names, .. } => {
            let path = PageName::parse(&path, "path")?;
            let subjects = names.iter().map(|name| subject(name)).collect::<Result<Vec<_>>>()?;
            path_rules::restrict(&entered.project, entered.act(), path.folded(), &subjects)
        }
        Command::Unrestrict { path, .. } => {
            let path = PageName::parse(&path, "path")?;
            path_rules::unrestrict(&entered.project, entered.act(), path.folded())
        }
        Command::Open { path, .. } => {
            let path = PageName::parse(&path, "path")?;
            let everybody = NewReaders::Everybody(WIKI_VIEW);
            path_rules::set_readers(&entered.project, entered.act(), path.folded(), everybody)
        }
        Command::VisibleFrom { path, moment, .. } => {
            let path = PageName::parse(&path, "path")?;
            let kept = match moment.as_str() {
                "now" => None,
                written => {
                    let clock = entered.project.read(Clock::of)?;
                    let moment =
                        moment::parse(written, &clock.zone, None).map_err(|why| Error::invalid("moment", why))?;
                    Some(KeptBack { until: moment.begin, but_for: WIKI_MODIFY })
                }
            };
            path_rules::keep_back(&entered.project, entered.act(), TRAC_ADMIN, path.folded(), kept)
        }
        Command::Rules { .. } => {
            let mut list = List::new(&["path", "readers", "visible_from"]);
            for rule in entered.project.read(path_rules::path_rules)? {
                let readers = match rule.readers {
                    Readers::Above => json!("as above"),
                    Readers::Only(subjects) => json!(subjects),
                    Readers::Everybody => json!("everybody"),
                };
                list.row(vec![json!(rule.path), readers, json!(rule.visible_from.map(Instant::iso))]);
            }
            list.print(shell.format)
        }
    }
}
