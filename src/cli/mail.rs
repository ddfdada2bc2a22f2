//! `trackway mail …`: the outbox.

use clap::Subcommand;
use serde_json::json;

use super::output::List;
use super::{Shell, actor};
use crate::auth::accounts;
use crate::auth::outbox;
use crate::base::error::{Error, Result};
use crate::base::event::Via;

/// As many as a list shows.
const SHOWN: i64 = 1000;

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Mail that waits, and what became of it: list, retry, drop
    #[command(subcommand)]
    Outbox(Outbox),
}

#[derive(Debug, Subcommand)]
pub enum Outbox {
    /// Mail that waits first, then the newest
    List,
    /// Send mails now, also those that were given up
    Retry {
        /// Their numbers; none: all that were given up
        ids: Vec<i64>,
    },
    /// Take mails out of the box
    Drop {
        #[arg(required = true)]
        ids: Vec<i64>,
    },
}

pub fn run(shell: &Shell, command: Command) -> Result<()> {
    let Command::Outbox(command) = command;
    let site = shell.site()?;
    let principal = shell.administrator(&site)?;
    let by = actor(&principal);
    match command {
        Outbox::List => {
            let mut list =
                List::new(&["id", "purpose", "address", "user", "state", "created", "due", "tries", "error"]);
            for mail in site.read(|db| outbox::list(db, SHOWN))? {
                let account = mail.account.map(|id| site.read(|db| accounts::by_id(db, id))).transpose()?.flatten();
                list.row(vec![
                    json!(mail.id),
                    json!(mail.letter.name()),
                    json!(mail.address),
                    json!(account.map(|account| account.login)),
                    json!(mail.state.name()),
                    json!(mail.created_at.iso()),
                    json!(mail.due_at.iso()),
                    json!(mail.tries),
                    json!(mail.error),
                ]);
            }
            list.print(shell.format)
        }
        Outbox::Retry { ids } => site.write(by, Via::Command, |db, record| {
            let failed = outbox::list(db, SHOWN)?.into_iter().filter(|mail| mail.state == outbox::State::Failed);
            let ids = if ids.is_empty() { failed.map(|mail| mail.id).collect() } else { ids };
            ids.into_iter().try_for_each(|id| outbox::retry(db, record, id))
        }),
        Outbox::Drop { ids } => site.write(by, Via::Command, |db, record| {
            ids.into_iter().try_for_each(|id| outbox::drop(db, record, id)).map_err(named)
        }),
    }
}

/// All or none: says so where one of several is missing.
fn named(error: Error) -> Error {
    match error {
        Error::NotFound(what) => Error::NotFound(format!("{what}; nothing was removed")),
        other => other,
    }
}
