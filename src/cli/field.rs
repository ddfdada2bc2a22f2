//! `trackway field …`: the fields that a project defines itself (rows F01 to F10).

use clap::{Args, Subcommand};
use serde_json::json;

use super::output::{List, print};
use super::{Entered, Shell};
use crate::base::error::Result;
use crate::ticket::TICKET_VIEW;
use crate::ticket::fields::Choices;
use crate::ticket::own_fields_admin::definition;
use crate::ticket::own_fields_edit::Desk;
use crate::ticket::own_fields_wish::Wish;

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Define a field, as `found_in --kind select --option beta --option final`
    Create {
        project: String,
        name: String,
        #[command(flatten)]
        values: Values,
        /// Say what it would do to the tickets that there are, and do nothing
        #[arg(long)]
        preview: bool,
    },
    /// Change one; what is not named stays as it is
    Change {
        project: String,
        name: String,
        #[command(flatten)]
        values: Values,
        /// Say what it would do to the tickets that there are, and do nothing
        #[arg(long)]
        preview: bool,
        /// Give an option another name; tickets that have it follow
        #[arg(long, value_name = "OLD=NEW")]
        rename_option: Option<String>,
    },
    /// Retire one: what tickets have in it stays
    Remove { project: String, name: String },
    /// Use a retired one again
    Restore { project: String, name: String },
    /// All of them in order, retired ones last
    List { project: String },
}

#[derive(Debug, Args)]
pub struct Values {
    /// How pages call it
    #[arg(long, value_name = "L")]
    label: Option<String>,
    /// text, textarea, checkbox, select, radio, multiple, time, date, number, user or url
    #[arg(long, value_name = "K")]
    kind: Option<String>,
    /// Of a text: plain, wiki, reference or list; of a textarea: wiki or plain; of a time: datetime, date or relative
    #[arg(long, value_name = "F")]
    show_as: Option<String>,
    /// What is said beside the control
    #[arg(long, value_name = "H")]
    help_text: Option<String>,
    /// What new tickets get
    #[arg(long, value_name = "V")]
    default: Option<String>,
    /// An option of select, radio and multiple, for each in order
    #[arg(long = "option", value_name = "O")]
    options: Vec<String>,
    /// Lines of a textarea
    #[arg(long, value_name = "N")]
    rows: Option<String>,
    /// The longest value, in characters (empty for no limit)
    #[arg(long, value_name = "N")]
    max_size: Option<String>,
    /// A type of tickets that has it, for each (empty for all)
    #[arg(long = "type", value_name = "T")]
    types: Vec<String>,
    /// A state in which it can't be empty, for each (empty for none)
    #[arg(long, value_name = "S")]
    required_in: Vec<String>,
    /// Its place among the others, from 1
    #[arg(long, value_name = "N")]
    place: Option<String>,
}

impl Values {
    fn wish(&self) -> Wish {
        let list = |values: &[String]| (!values.is_empty()).then(|| values.to_vec());
        Wish {
            label: self.label.clone(),
            kind: self.kind.clone(),
            format: self.show_as.clone(),
            help: self.help_text.clone(),
            proposed: self.default.clone(),
            options: list(&self.options),
            rows: self.rows.clone(),
            max_size: self.max_size.clone(),
            types: list(&self.types),
            required_in: list(&self.required_in),
            place: self.place.clone(),
        }
    }
}

pub fn run(shell: &Shell, command: Command) -> Result<()> {
    match command {
        Command::Create { project, name, values, preview } => {
            let entered = shell.enter(&project)?;
            let known = entered.project.read(|db| Choices::load(db, &entered.viewer))?;
            if known.own(&name).is_some_and(|own| own.retired_at.is_none()) {
                let message = format!("There is a field `{name}` already.");
                return Err(crate::base::error::Error::invalid("name", message));
            }
            save(&entered, &name, &values.wish(), preview)
        }
        Command::Change { project, name, values, preview, rename_option } => {
            let entered = shell.enter(&project)?;
            let known = entered.project.read(|db| Choices::load(db, &entered.viewer))?;
            if known.own(&name).is_none_or(|own| own.retired_at.is_some()) {
                let message = format!("There is no field `{name}` of this project's own.");
                return Err(crate::base::error::Error::not_found(message));
            }
            if let Some(names) = rename_option {
                let (from, to) = names.split_once('=').unwrap_or((&names, ""));
                desk(&entered).rename_option(entered.act(), &name, from, to)?;
            }
            save(&entered, &name, &values.wish(), preview)
        }
        Command::Remove { project, name } => {
            let entered = shell.enter(&project)?;
            desk(&entered).retire(entered.act(), &name)
        }
        Command::Restore { project, name } => {
            let entered = shell.enter(&project)?;
            desk(&entered).restore(entered.act(), &name)
        }
        Command::List { project } => list(shell, &shell.enter(&project)?),
    }
}

fn desk(entered: &Entered) -> Desk<'_> {
    Desk { site: &entered.site, project: &entered.project, viewer: &entered.viewer }
}

/// Prints what it does to tickets, a sentence on each line.
fn save(entered: &Entered, name: &str, wish: &Wish, preview: bool) -> Result<()> {
    let desk = desk(entered);
    let effects = if preview {
        let looked = desk.look(name, wish)?;
        if !looked.problems.is_empty() {
            return Err(crate::base::error::Error::Invalid(looked.problems));
        }
        looked.effects
    } else {
        desk.save(entered.act(), name, wish)?
    };
    print(&effects.iter().map(|effect| format!("{effect}\n")).collect::<String>())
}

fn list(shell: &Shell, entered: &Entered) -> Result<()> {
    entered.viewer.require(TICKET_VIEW)?;
    let choices = entered.project.read(|db| Choices::load(db, &entered.viewer))?;
    let columns = ["name", "label", "kind", "format", "default", "options", "types", "required_in", "retired"];
    let mut list = List::of(columns.to_vec());
    for own in &choices.own {
        let definition = definition(&choices, own);
        list.row(columns.iter().map(|column| definition.get(*column).cloned().unwrap_or(json!(null))).collect());
    }
    list.print(shell.format)
}
