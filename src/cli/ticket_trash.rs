//! `trackway ticket remove|restore|purge|trash|undo|batch …`: what is done to whole tickets, and to many of them.

use clap::{Args, Subcommand};
use serde_json::json;

use super::output::{List, print};
use super::query::looked_up;
use super::{Entered, Shell, read_input};
use crate::base::error::{Error, Result};
use crate::query;
use crate::ticket::batch::{self, Batch, Mode, Wish};
use crate::ticket::fields::{Choices, LARGEST_TEXT};
use crate::ticket::plan::ActionRequest;
use crate::ticket::{trash, undo};

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Put a ticket into the trash
    Remove {
        project: String,
        #[arg(value_name = "N")]
        number: i64,
    },
    /// Take a ticket out of the trash
    Restore {
        project: String,
        #[arg(value_name = "N")]
        number: i64,
    },
    /// Erase a ticket that is in the trash, for good
    Purge {
        project: String,
        #[arg(value_name = "N")]
        number: i64,
        /// Without it nothing is erased
        #[arg(long)]
        yes: bool,
    },
    /// What lies in the trash
    Trash { project: String },
    /// Take back one's own last change, within half an hour; prints the number of the change that does it
    Undo {
        project: String,
        #[arg(value_name = "N")]
        number: i64,
    },
    /// Change all tickets of a query, or none of them; prints their numbers
    Batch(Many),
}

#[derive(Debug, Args)]
pub struct Many {
    project: String,
    /// As `trackway query` takes it
    #[arg(allow_hyphen_values = true)]
    query: String,
    /// Another value for a field; of lists also `keywords+=new` and `keywords-=old`
    #[arg(long, value_name = "FIELD=VALUE")]
    set: Vec<String>,
    /// An action of the workflow, done where it is offered
    #[arg(long, value_name = "A")]
    action: Option<String>,
    /// To whom the action gives the tickets
    #[arg(long, value_name = "U", requires = "action")]
    owner: Option<String>,
    /// How the action resolves the tickets
    #[arg(long, value_name = "R", requires = "action")]
    resolution: Option<String>,
    /// A comment on each, or `-` for standard input
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    comment: Option<String>,
    /// Say what would be refused, and do nothing
    #[arg(long)]
    preview: bool,
}

pub fn run(shell: &Shell, command: Command) -> Result<()> {
    match command {
        Command::Remove { project, number } => {
            let entered = shell.enter(&project)?;
            trash::delete(&entered.project, entered.act(), number)
        }
        Command::Restore { project, number } => {
            let entered = shell.enter(&project)?;
            trash::restore(&entered.project, entered.act(), number)
        }
        Command::Purge { project, number, yes } => {
            let entered = shell.enter(&project)?;
            let ticket = entered.project.read(|db| trash::find(db, &entered.viewer, number))?;
            if !yes {
                let message = format!("#{number} “{}” would be erased for good: say --yes.", ticket.row.summary);
                return Err(Error::invalid("--yes", message));
            }
            trash::purge(&entered.project, entered.act(), number)
        }
        Command::Trash { project } => list(shell, &shell.enter(&project)?),
        Command::Undo { project, number } => {
            let entered = shell.enter(&project)?;
            let change = undo::undo(&entered.site, &entered.project, entered.act(), number, None)?;
            print(&format!("{change}\n"))
        }
        Command::Batch(many) => change(&shell.enter(&many.project)?, many),
    }
}

fn list(shell: &Shell, entered: &Entered) -> Result<()> {
    let rows = entered.project.read(|db| trash::list(db, &entered.viewer, usize::MAX >> 1, 0))?;
    let mut list = List::new(&["id", "summary", "deleted", "by"]);
    for row in rows {
        list.row(vec![json!(row.id), json!(row.summary), json!(row.deleted_at.iso()), json!(row.deleted_by)]);
    }
    list.print(shell.format)
}

fn change(entered: &Entered, many: Many) -> Result<()> {
    let ids: Vec<i64> = entered.project.read(|db| {
        let choices = Choices::load(db, &entered.viewer)?;
        let query = query::from_typed(&choices, &many.query)?;
        query.require_now()?;
        let mut query = looked_up(entered, db, &query)?;
        query.max = Some(batch::MOST + 1);
        let found = query::run(db, &entered.viewer, &choices, &query)?;
        Ok(found.lines.iter().map(|line| line.id).collect())
    })?;
    let comment = match many.comment.as_deref() {
        Some("-") => read_input("--comment", LARGEST_TEXT as u64)?,
        Some(text) => text.to_owned(),
        None => String::new(),
    };
    let batch = Batch {
        wishes: many.set.iter().map(|one| wish(one)).collect::<Result<_>>()?,
        action: many.action.map(|name| ActionRequest {
            name,
            owner: many.owner,
            resolution: many.resolution,
            ..ActionRequest::default()
        }),
        comment,
        watch: None,
    };
    if many.preview {
        let (site, project, viewer) = (&entered.site, &entered.project, &entered.viewer);
        let looked = project.read(|db| batch::look(site, project, viewer, db, &ids, &batch))?;
        let mut text = String::new();
        for one in &looked {
            for problem in &one.problems {
                text.push_str(&format!("#{}: {}\n", one.id, problem.message));
            }
        }
        let changed = looked.iter().filter(|one| one.problems.is_empty() && !one.changes_nothing()).count();
        return print(&format!("{text}{changed} of {} tickets would change\n", looked.len()));
    }
    let changed = batch::change(&entered.site, &entered.project, entered.act(), &ids, &batch)?;
    print(&changed.iter().map(|(id, _)| format!("{id}\n")).collect::<String>())
}

/// `field=value`, `field+=value`, `field-=value`.
fn wish(typed: &str) -> Result<Wish> {
    let (name, value) = typed
        .split_once('=')
        .ok_or_else(|| Error::invalid("--set", format!("`{typed}` has no `=`; write it as field=value.")))?;
    let (name, mode) = match (name.strip_suffix('+'), name.strip_suffix('-')) {
        (Some(name), _) => (name, Mode::Add),
        (_, Some(name)) => (name, Mode::Remove),
        _ => (name, Mode::Set),
    };
    Ok(Wish { field: name.trim().to_owned(), mode, add: value.to_owned(), remove: String::new() })
}
