//! `trackway token …`

use clap::Subcommand;
use serde_json::json;

use super::output::{List, print};
use super::{Shell, actor};
use crate::auth::accounts;
use crate::auth::api_tokens::{self, NewToken};
use crate::base::error::{Error, Result};
use crate::base::event::Via;
use crate::base::time::Instant;
use crate::base::viewer::Scope;

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Make an API token for an account and print it, this once
    Create {
        user: String,
        /// What it is for
        #[arg(long)]
        label: String,
        /// `read`: looks; `write`: looks and changes; `admin`: whatever the account may
        #[arg(long, default_value = "read", value_name = "read|write|admin")]
        scope: String,
        /// Good for this project alone; may be given several times
        #[arg(long)]
        project: Vec<String>,
        /// Good for so many days
        #[arg(long, default_value_t = 90, value_name = "N")]
        days: i64,
    },
    /// The tokens of an account
    List { user: String },
    /// Take a token's power away
    Revoke { user: String, id: i64 },
}

pub fn run(shell: &Shell, command: Command) -> Result<()> {
    let site = shell.site()?;
    let by = actor(&*shell.administrator(&site)?);
    let account = |name: &str| site.read(|db| accounts::load(db, name));
    match command {
        Command::Create { user, label, scope, project, days } => {
            let account = account(&user)?;
            let scope = Scope::named(&scope)
                .ok_or_else(|| Error::invalid("--scope", "A token is good to `read`, to `write` or to `admin`."))?;
            let projects =
                project.iter().map(|name| site.load(name).map(|row| row.id)).collect::<Result<Vec<String>>>()?;
            let new = NewToken { label: &label, scope, projects: &projects, days };
            let secret = site.write(by, Via::Command, |db, record| api_tokens::create(db, record, account.id, &new))?;
            print(&format!("{secret}\n"))
        }
        Command::List { user } => {
            let account = account(&user)?;
            let mut list = List::new(&["id", "label", "scope", "projects", "created", "expires", "last_used"]);
            for token in site.read(|db| api_tokens::of_account(db, account.id))? {
                list.row(vec![
                    json!(token.id),
                    json!(token.label),
                    json!(token.scope.name()),
                    json!(token.projects),
                    json!(token.created_at.iso()),
                    json!(token.expires_at.iso()),
                    json!(token.last_used_at.map(Instant::iso)),
                ]);
            }
            list.print(shell.format)
        }
        Command::Revoke { user, id } => {
            let account = account(&user)?;
            site.write(by, Via::Command, |db, record| api_tokens::revoke(db, record, account.id, id))
        }
    }
}
