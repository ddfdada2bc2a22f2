//! `trackway permission …`

use clap::Subcommand;
use serde_json::json;

use super::Shell;
use super::output::List;
use crate::auth::path_rules::{self, KeptBack, NewReaders, Readers};
use crate::auth::permissions;
use crate::base::error::{Error, Result};
use crate::base::moment;
use crate::base::time::Instant;
use crate::base::viewer::TRAC_ADMIN;
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
        subject: String,
        #[arg(required = true)]
        permission: Vec<String>,
    },
    /// Take back what was granted to that very subject
    Revoke {
        project: String,
        subject: String,
        #[arg(required = true)]
        permission: Vec<String>,
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

pub fn run(shell: &Shell, command: Command) -> Result<()> {
    let name = match &command {
        Command::List { project }
        | Command::Grant { project, .. }
        | Command::Revoke { project, .. }
        | Command::Restrict { project, .. }
        | Command::Unrestrict { project, .. }
        | Command::Open { project, .. }
        | Command::VisibleFrom { project, .. }
        | Command::Rules { project } => project.clone(),
    };
    let entered = shell.enter(&name)?;
    // Who may do what is for administrators to know and to say.
    entered.require_administrator()?;
    let subject = |name: &str| permissions::subject(&entered.site, &entered.project, name);
    match command {
        Command::List { .. } => {
            let mut list = List::new(&["subject", "permission"]);
            for grant in entered.project.read(permissions::list)? {
                list.row(vec![json!(grant.subject), json!(grant.permission)]);
            }
            list.print(shell.format)
        }
        Command::Grant { subject: name, permission, .. } => {
            permissions::grant(&entered.project, entered.act(), &subject(&name)?, &permission)
        }
        Command::Revoke { subject: name, permission, .. } => {
            let subject = permissions::subject_to_revoke(&entered.site, &entered.project, &name)?;
            permissions::revoke(&entered.project, entered.act(), &subject, &permission)
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
