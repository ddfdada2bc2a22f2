//! `trackway component|version|type|priority|severity|resolution …`: one set of commands for all that tickets choose from.

use clap::{Args, Subcommand};
use serde_json::json;

use super::output::List;
use super::{Entered, Shell};
use crate::base::error::{Error, Result};
use crate::ticket::admin::{counts, logins, of_field, released};
use crate::ticket::options_edit::{self, Step, Wish};
use crate::ticket::queue::{self, COMPONENT, Doors};
use crate::ticket::{TICKET_ADMIN, TICKET_VIEW};

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Add one at the end of the list
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
        /// Its new name; tickets that have it follow
        #[arg(long, visible_alias = "name", value_name = "NEW")]
        rename: Option<String>,
        #[command(flatten)]
        values: Values,
        #[command(flatten)]
        queue: QueueValues,
        /// New tickets get it no longer
        #[arg(long, conflicts_with = "default")]
        no_default: bool,
        /// One place towards the beginning
        #[arg(long, conflicts_with = "down")]
        up: bool,
        /// One place towards the end
        #[arg(long)]
        down: bool,
    },
    /// Take one away: retired if any ticket has or had it, else deleted
    Remove { project: String, name: String },
    /// Offer a retired one again
    Restore { project: String, name: String },
    /// All of them in order, retired ones last
    List { project: String },
}

#[derive(Debug, Args)]
pub struct Values {
    /// Of a component: the account that gets its tickets (empty for nobody)
    #[arg(long, value_name = "U")]
    owner: Option<String>,
    /// Of a version: when it was released, as 2026-12-31 (empty for not yet)
    #[arg(long, value_name = "DATE")]
    released: Option<String>,
    /// One line
    #[arg(long, value_name = "D")]
    description: Option<String>,
    /// New tickets get it
    #[arg(long)]
    default: bool,
}

/// What a component is as a queue.
#[derive(Debug, Args)]
pub struct QueueValues {
    /// Of a component: who is told of what is public on its tickets (empty for nobody)
    #[arg(long, value_name = "NAMES")]
    cc: Option<String>,
    /// Internal Cc of a component: who is told of internal notes as well, and reads them (empty for nobody)
    #[arg(long, visible_alias = "internal-cc", value_name = "NAMES")]
    admincc: Option<String>,
    /// Of a component: what its new tickets have where nothing is typed, e.g. `priority=minor`; these alone from now on
    #[arg(long = "set-default", value_name = "FIELD=VALUE", conflicts_with = "no_defaults")]
    set_default: Vec<String>,
    /// Of a component: its new tickets have no values of its own any longer
    #[arg(long)]
    no_defaults: bool,
    /// Of a component: nobody knows of it and of its tickets but these accounts and groups
    #[arg(long, value_name = "SUBJECTS", conflicts_with = "open")]
    closed_to: Option<String>,
    /// Of a component: it is there for everybody who sees tickets
    #[arg(long)]
    open: bool,
}

impl QueueValues {
    fn is_empty(&self) -> bool {
        let Self { cc, admincc, set_default, no_defaults, closed_to, open } = self;
        cc.is_none() && admincc.is_none() && set_default.is_empty() && !no_defaults && closed_to.is_none() && !open
    }

    fn change(&self, entered: &Entered, component: i64) -> Result<()> {
        let defaults = self.set_default.join("\n");
        let doors = match &self.closed_to {
            Some(subjects) => Some(Doors::ClosedTo(subjects)),
            None => self.open.then_some(Doors::Open),
        };
        let wish = queue::Wish {
            cc: self.cc.as_deref(),
            admincc: self.admincc.as_deref(),
            defaults: (self.no_defaults || !defaults.is_empty()).then_some(defaults.as_str()),
            doors,
        };
        queue::change(&entered.site, &entered.project, entered.act(), component, &wish)
    }
}

impl Values {
    fn wish(&self) -> Wish<'_> {
        Wish {
            owner: self.owner.as_deref(),
            released: self.released.as_deref(),
            description: self.description.as_deref(),
            is_default: self.default.then_some(true),
            ..Wish::default()
        }
    }
}

/// `field` is one of the fields that have options.
pub fn run(shell: &Shell, field: &'static str, command: Command) -> Result<()> {
    match command {
        Command::Create { project, name, values } => {
            let entered = shell.enter(&project)?;
            let wish = Wish { name: Some(&name), ..values.wish() };
            options_edit::create(&entered.site, &entered.project, entered.act(), field, &wish).map(|_| ())
        }
        Command::Change { project, name, rename, values, queue, no_default, up, down } => {
            let entered = shell.enter(&project)?;
            if field != COMPONENT && !queue.is_empty() {
                return Err(Error::invalid("change", "Only a component has watchers, defaults and doors."));
            }
            let wish = values.wish();
            let wish = Wish {
                name: rename.as_deref(),
                is_default: if no_default { Some(false) } else { wish.is_default },
                step: if up { Some(Step::Up) } else { down.then_some(Step::Down) },
                ..wish
            };
            let id = id_of(&entered, field, &name)?;
            options_edit::change(&entered.site, &entered.project, entered.act(), field, id, &wish)?;
            if queue.is_empty() { Ok(()) } else { queue.change(&entered, id) }
        }
        Command::Remove { project, name } => {
            let entered = shell.enter(&project)?;
            let id = id_of(&entered, field, &name)?;
            options_edit::remove(&entered.project, entered.act(), field, id).map(|_| ())
        }
        Command::Restore { project, name } => {
            let entered = shell.enter(&project)?;
            let id = id_of(&entered, field, &name)?;
            options_edit::restore(&entered.project, entered.act(), field, id).map(|_| ())
        }
        Command::List { project } => list(shell, &shell.enter(&project)?, field),
    }
}

fn id_of(entered: &Entered, field: &'static str, name: &str) -> Result<i64> {
    entered.viewer.require_to_see(TICKET_VIEW, &format!("there is no {field} “{name}”"))?;
    entered.viewer.require(TICKET_ADMIN)?;
    Ok(entered.project.read(|db| options_edit::find(db, &entered.viewer, field, name))?.id)
}

fn list(shell: &Shell, entered: &Entered, field: &'static str) -> Result<()> {
    entered.viewer.require(TICKET_VIEW)?;
    let (rows, logins, counts) = entered.project.read(|db| {
        Ok::<_, Error>((of_field(db, &entered.viewer, field)?, logins(db)?, counts(db, &entered.viewer, field)?))
    })?;
    let mut list = List::new(match field {
        "component" => &["name", "description", "default", "tickets", "retired", "owner"],
        "version" => &["name", "description", "default", "tickets", "retired", "released"],
        _ => &["name", "description", "default", "tickets", "retired"],
    });
    for row in rows {
        let mut cells = vec![
            json!(row.name),
            json!(row.description),
            json!(row.is_default),
            json!(counts.get(&row.id).copied().unwrap_or(0)),
            json!(row.retired_at.is_some()),
        ];
        match field {
            "component" => cells.push(json!(row.owner.and_then(|owner| logins.get(&owner)))),
            "version" => cells.push(json!(Some(released(&row)).filter(|day| !day.is_empty()))),
            _ => {}
        }
        list.row(cells);
    }
    list.print(shell.format)
}
