//! `trackway sweep`: everything that one account has written, away.

use clap::Args;

use super::Shell;
use super::output::print;
use crate::admin::sweep;
use crate::auth::accounts;
use crate::base::error::{Error, Result};
use crate::base::event::Via;

/// Remove everything that an account has written, so that it can be brought back; without --confirm only say what there is
#[derive(Debug, Args)]
pub struct Sweep {
    name: String,
    /// Do it
    #[arg(long)]
    confirm: bool,
}

pub fn run(shell: &Shell, asked: &Sweep) -> Result<()> {
    let site = shell.site()?;
    let principal = shell.administrator(&site)?;
    let account = site.read(|db| accounts::load(db, &asked.name))?;
    if asked.confirm {
        let (done, failed) = sweep::remove(&site, &principal, Via::Command, &account)?;
        print(&format!("{done} removed\n"))?;
        return if failed.is_empty() { Ok(()) } else { Err(Error::conflict(failed.join("; "))) };
    }
    let found = sweep::preview(&site, &account)?;
    for part in &found {
        print(&format!(
            "{}: {} tickets, {} comments, {} pages, {} pages to go back, {} messages, {} files\n",
            part.project,
            part.tickets.len(),
            part.comments.len(),
            part.pages.len(),
            part.reverts.len(),
            part.messages.len(),
            part.files.len()
        ))?;
    }
    print(if found.is_empty() { "nothing\n" } else { "--confirm removes it\n" })
}
