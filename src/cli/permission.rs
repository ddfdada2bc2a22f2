//! `trackway permission …`

use clap::Subcommand;
use serde_json::json;

use super::Shell;
use super::output::List;
use crate::auth::permissions;
use crate::base::error::Result;
use crate::wiki::name::PageName;

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
            permissions::restrict(&entered.project, entered.act(), path.folded(), &subjects)
        }
        Command::Unrestrict { path, .. } => {
            let path = PageName::parse(&path, "path")?;
            permissions::unrestrict(&entered.project, entered.act(), path.folded())
        }
        Command::Rules { .. } => {
            let mut list = List::new(&["path", "subjects"]);
            for rule in entered.project.read(permissions::path_rules)? {
                list.row(vec![json!(rule.path), json!(rule.subjects)]);
            }
            list.print(shell.format)
        }
    }
}
