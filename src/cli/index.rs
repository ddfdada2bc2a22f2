//! `trackway index …`

use clap::Subcommand;

use super::Shell;
use super::output::print;
use crate::base::error::Result;
use crate::search::Rebuilt;

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Build the search index of a project anew
    Rebuild { project: String },
}

pub fn run(shell: &Shell, command: &Command) -> Result<()> {
    let Command::Rebuild { project } = command;
    let entered = shell.enter(project)?;
    entered.require_administrator()?;
    match crate::search::rebuild(&entered.project, &entered.viewer)? {
        Rebuilt::Done(count) => print(&format!("{count} texts indexed\n")),
        Rebuilt::Asked => print("the server that runs this project builds it anew\n"),
    }
}
