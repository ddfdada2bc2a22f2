//! `trackway milestone …`

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::output::{List, print};
use super::{Entered, Format, Shell, address, read_input};
use crate::base::error::{Error, Result};
use crate::base::text::lines_lf;
use crate::base::time::Instant;
use crate::milestone::MILESTONE_VIEW;
use crate::milestone::due::{self, Clock};
use crate::milestone::edit::{self, LARGEST_TEXT, Wish};
use crate::milestone::name::{MilestoneName, href_of};
use crate::milestone::store::{self, MilestoneRow};
use crate::roadmap;

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Make a milestone; prints its name
    Create {
        project: String,
        name: String,
        #[command(flatten)]
        values: Values,
        /// New tickets get it
        #[arg(long)]
        default: bool,
    },
    /// Change, rename, complete or reopen a milestone; prints its name
    Change {
        project: String,
        milestone: String,
        /// Its new name; the old address goes on leading to it
        #[arg(long, visible_alias = "rename", value_name = "NAME")]
        name: Option<String>,
        #[command(flatten)]
        values: Values,
        /// With --completed: the tickets that are still open go to that milestone
        #[arg(long, value_name = "NAME")]
        retarget: Option<String>,
        /// With --retarget: what is said on these tickets
        #[arg(long, value_name = "TEXT", requires = "retarget")]
        comment: Option<String>,
        /// New tickets get it
        #[arg(long, conflicts_with = "no_default")]
        default: bool,
        /// New tickets do not get it
        #[arg(long)]
        no_default: bool,
    },
    /// Take a milestone away
    Remove {
        project: String,
        milestone: String,
        /// Its tickets go to that milestone, otherwise to none
        #[arg(long, value_name = "NAME")]
        retarget: Option<String>,
    },
    /// The milestones there are
    List { project: String },
    /// One milestone with its tickets counted
    Show { project: String, milestone: String },
}

#[derive(Debug, Args)]
pub struct Values {
    /// 2026-12-31, or nothing (`--due=`) for no date
    #[arg(long, value_name = "DATE")]
    due: Option<String>,
    /// `now`, a date, or `no`
    #[arg(long, value_name = "WHEN")]
    completed: Option<String>,
    /// The description; `-` reads standard input
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    description: Option<String>,
}

impl Values {
    fn description(&self) -> Result<Option<String>> {
        let text = match self.description.as_deref() {
            None => return Ok(None),
            Some("-") => read_input("--description", LARGEST_TEXT as u64)?,
            Some(text) => text.to_owned(),
        };
        Ok(Some(lines_lf(&text).into_owned()))
    }
}

pub fn run(shell: &Shell, command: Command) -> Result<()> {
    match command {
        Command::Create { project, name, values, default } => {
            let entered = shell.enter(&project)?;
            let description = values.description()?;
            let wish = Wish {
                name: Some(&name),
                due: values.due.as_deref(),
                completed: values.completed.as_deref(),
                description: description.as_deref(),
                is_default: default.then_some(true),
                retarget: None,
                remark: None,
            };
            let row = edit::create(&entered.site, &entered.project, entered.act(), &wish)?;
            print(&format!("{}\n", row.name))
        }
        Command::Change { project, milestone, name, values, retarget, comment, default, no_default } => {
            let entered = shell.enter(&project)?;
            let row = found(&entered, &milestone)?;
            let description = values.description()?;
            let wish = Wish {
                name: name.as_deref(),
                due: values.due.as_deref(),
                completed: values.completed.as_deref(),
                description: description.as_deref(),
                is_default: if default || no_default { Some(default) } else { None },
                retarget: retarget.as_deref(),
                remark: comment.as_deref(),
            };
            let row = edit::change(&entered.site, &entered.project, entered.act(), row.id, None, &wish)?;
            print(&format!("{}\n", row.name))
        }
        Command::Remove { project, milestone, retarget } => {
            let entered = shell.enter(&project)?;
            let row = found(&entered, &milestone)?;
            edit::delete(&entered.project, entered.act(), row.id, None, retarget.as_deref())
        }
        Command::List { project } => list(shell, &shell.enter(&project)?),
        Command::Show { project, milestone } => show(shell, &shell.enter(&project)?, &milestone),
    }
}

fn found(entered: &Entered, written: &str) -> Result<MilestoneRow> {
    let missing = || Error::not_found(format!("there is no milestone “{written}”"));
    if !entered.viewer.may(MILESTONE_VIEW) {
        return Err(missing());
    }
    let name = MilestoneName::parse(written, "MILESTONE").map_err(|_| missing())?;
    entered.project.read(|db| store::meant(db, &entered.viewer, name.folded()))?.ok_or_else(missing)
}

fn list(shell: &Shell, entered: &Entered) -> Result<()> {
    entered.viewer.require(MILESTONE_VIEW)?;
    let (rows, counts) = entered.project.read(|db| {
        let rows = store::list(db, &entered.viewer)?;
        let counts = roadmap::counts(db, &entered.viewer, &rows)?;
        Ok((rows, counts))
    })?;
    let mut list = List::new(&["name", "due", "completed", "default", "tickets", "closed"]);
    for (row, counts) in rows.iter().zip(counts) {
        list.row(vec![
            json!(row.name),
            json!(row.due),
            json!(row.completed_at.map(Instant::iso)),
            json!(row.is_default),
            json!(counts.total()),
            json!(counts.closed),
        ]);
    }
    list.print(shell.format)
}

fn show(shell: &Shell, entered: &Entered, written: &str) -> Result<()> {
    let row = found(entered, written)?;
    let (counts, clock) = entered.project.read(|db| {
        let counts = roadmap::counts(db, &entered.viewer, std::slice::from_ref(&row))?.pop().unwrap_or_default();
        Ok((counts, Clock::of(db)?))
    })?;
    let site = address(&entered.site)?;
    let url = site.absolute(&format!("{}/{}{}", site.base, entered.row.name, href_of(&row.name)));
    if shell.format == Format::Json {
        let value = json!({
            "name": row.name,
            "due": row.due,
            "completed": row.completed_at.map(Instant::iso),
            "description": if row.description.is_empty() { Value::Null } else { json!(row.description) },
            "default": row.is_default,
            "url": url,
            "tickets": {
                "total": counts.total(), "closed": counts.closed, "waiting": counts.waiting, "open": counts.open,
            },
        });
        return print(&format!("{}\n", serde_json::to_string_pretty(&value)?));
    }
    let mut text = format!("{}\n{}\n", row.name, due::standing(&row, &clock).sentence());
    text.push_str(&format!("{} of {} tickets closed\n{url}\n", counts.closed, counts.total()));
    if !row.description.is_empty() {
        text.push_str(&format!("\n{}\n", row.description.trim_end()));
    }
    print(&text)
}
