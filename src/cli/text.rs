//! `trackway reply …` and `trackway template …`: texts that are written once.

use clap::{Args, Subcommand};
use serde_json::json;

use super::output::List;
use super::{Entered, Shell, read_input};
use crate::base::error::Result;
use crate::base::text::lines_lf;
use crate::ticket::fields::{Choices, field};
use crate::ticket::texts::{self, Kind, Wish};
use crate::ticket::{TICKET_ADMIN, TICKET_VIEW};

const LARGEST: u64 = 1 << 20;

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Add one
    Create {
        project: String,
        name: String,
        #[command(flatten)]
        values: Values,
    },
    /// Change one; what is not named stays as it is
    Change {
        project: String,
        name: String,
        /// Its new name
        #[arg(long, value_name = "NEW")]
        rename: Option<String>,
        #[command(flatten)]
        values: Values,
    },
    /// Offer one no longer
    Remove { project: String, name: String },
    /// Offer one again
    Restore { project: String, name: String },
    /// All of them by name, retired ones last
    List { project: String },
}

#[derive(Debug, Args)]
pub struct Values {
    /// The text in Markdown, or `-` for standard input
    #[arg(long, value_name = "TEXT")]
    text: Option<String>,
    /// For tickets of this type only (empty for any)
    #[arg(long = "type", value_name = "T")]
    ticket_type: Option<String>,
    /// For tickets of this component only (empty for any)
    #[arg(long, value_name = "C")]
    component: Option<String>,
    /// Of a template: the summary that a ticket begins with
    #[arg(long, value_name = "S")]
    summary: Option<String>,
    /// Of a template: a heading of its text below which something has to stand; may be given several times (empty for none)
    #[arg(long, value_name = "HEADING")]
    require: Vec<String>,
}

pub fn run(shell: &Shell, kind: Kind, command: Command) -> Result<()> {
    match command {
        Command::Create { project, name, values } => {
            let entered = shell.enter(&project)?;
            let (text, parts) = (values.text()?, values.parts());
            let wish = Wish { name: Some(&name), ..values.wish(text.as_deref(), parts.as_deref()) };
            texts::create(&entered.project, entered.act(), kind, &wish).map(drop)
        }
        Command::Change { project, name, rename, values } => {
            let entered = shell.enter(&project)?;
            let (text, parts) = (values.text()?, values.parts());
            let wish = Wish { name: rename.as_deref(), ..values.wish(text.as_deref(), parts.as_deref()) };
            let id = id_of(&entered, kind, &name)?;
            texts::change(&entered.project, entered.act(), kind, id, &wish).map(drop)
        }
        Command::Remove { project, name } => {
            let entered = shell.enter(&project)?;
            let id = id_of(&entered, kind, &name)?;
            texts::retire(&entered.project, entered.act(), kind, id).map(drop)
        }
        Command::Restore { project, name } => {
            let entered = shell.enter(&project)?;
            let id = id_of(&entered, kind, &name)?;
            texts::restore(&entered.project, entered.act(), kind, id).map(drop)
        }
        Command::List { project } => list(shell, &shell.enter(&project)?, kind),
    }
}

impl Values {
    fn text(&self) -> Result<Option<String>> {
        match self.text.as_deref() {
            Some("-") => read_input("-", LARGEST).map(|text| Some(lines_lf(&text).into_owned())),
            text => Ok(text.map(str::to_owned)),
        }
    }

    fn parts(&self) -> Option<String> {
        (!self.require.is_empty()).then(|| self.require.join("\n"))
    }

    fn wish<'a>(&'a self, text: Option<&'a str>, parts: Option<&'a str>) -> Wish<'a> {
        Wish {
            name: None,
            text,
            ticket_type: self.ticket_type.as_deref(),
            component: self.component.as_deref(),
            summary: self.summary.as_deref(),
            required_parts: parts,
        }
    }
}

fn id_of(entered: &Entered, kind: Kind, name: &str) -> Result<i64> {
    entered.viewer.require_to_see(TICKET_VIEW, &format!("there is no {} “{name}”", kind.name()))?;
    entered.viewer.require(TICKET_ADMIN)?;
    Ok(entered.project.read(|db| texts::find(db, kind, name))?.id)
}

fn list(shell: &Shell, entered: &Entered, kind: Kind) -> Result<()> {
    entered.viewer.require(TICKET_VIEW)?;
    let (rows, choices) =
        entered.project.read(|db| Ok((texts::all(db, kind)?, Choices::load(db, &entered.viewer)?)))?;
    let named = |name: &str, id: Option<i64>| {
        json!(field(name).zip(id).map(|(field, id)| choices.name_of(field, id).to_owned()))
    };
    let mut list = List::new(match kind {
        Kind::Reply => &["name", "type", "component", "retired", "text"],
        Kind::Template => &["name", "type", "component", "retired", "summary", "required", "text"],
    });
    for row in rows {
        let mut cells = vec![
            json!(row.name),
            named("type", row.ticket_type),
            named("component", row.component),
            json!(row.retired_at.is_some()),
        ];
        if kind == Kind::Template {
            cells.extend([json!(row.summary), json!(row.required_parts.join(", "))]);
        }
        cells.push(json!(row.text));
        list.row(cells);
    }
    list.print(shell.format)
}
