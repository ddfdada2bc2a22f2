//! `trackway workflow …`

use std::fs::File;
use std::io::Read;

use clap::builder::PossibleValuesParser;
use clap::{ArgGroup, Args, Subcommand};
use rusqlite::Connection;
use serde_json::json;

use super::output::{List, print};
use super::{Entered, Format, Shell, read_input};
use crate::base::error::{Error, Problem, Result};
use crate::base::text::lines_lf;
use crate::ticket::options;
use crate::ticket::workflow::{self, MOST_BYTES, Warning};
use crate::ticket::workflow_edit::{self, Draft, Looked, Moves, Place};
use crate::ticket::{TICKET_ADMIN, TICKET_VIEW, options_edit, workflows};

#[derive(Debug, Subcommand)]
pub enum Command {
    /// The workflows of a project and what has them; without one the definitions that come with the program
    List { project: Option<String> },
    /// Print a definition, without a name that of the project; as json with its states
    Show { project: String, name: Option<String> },
    /// Put a definition in force
    Set(Set),
    /// Give a type or a component a workflow of its own, without a name that of the project again
    Assign(Assign),
    /// Offer a workflow no longer
    Retire { project: String, name: String },
    /// Offer a retired workflow again
    Restore { project: String, name: String },
}

#[derive(Debug, Args)]
#[command(group(ArgGroup::new("definition").args(["file", "shipped"]).required(true)))]
pub struct Set {
    project: String,
    /// A file that holds it, or `-` for standard input
    file: Option<String>,
    /// One that comes with the program
    #[arg(long, value_name = "NAME", value_parser = PossibleValuesParser::new(workflow::shipped().iter().map(|one| one.0)))]
    shipped: Option<String>,
    /// The workflow of that name instead of the project's; made if there is none
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// Where the tickets of a state go that is not defined any more
    #[arg(long, value_name = "OLD=NEW", value_parser = step)]
    map: Vec<(String, String)>,
}

#[derive(Debug, Args)]
#[command(group(ArgGroup::new("owner").args(["kind", "component"]).required(true)))]
pub struct Assign {
    project: String,
    name: Option<String>,
    #[arg(long = "type", value_name = "TYPE")]
    kind: Option<String>,
    #[arg(long, value_name = "COMPONENT")]
    component: Option<String>,
    /// Where the tickets of a state go that the workflow does not know
    #[arg(long, value_name = "OLD=NEW", value_parser = step)]
    map: Vec<(String, String)>,
}

pub fn run(shell: &Shell, command: Command) -> Result<()> {
    match command {
        Command::List { project: None } => list_shipped(shell.format),
        Command::List { project: Some(project) } => list(shell.format, &shell.enter(&project)?),
        Command::Show { project, name } => show(shell.format, &shell.enter(&project)?, name.as_deref()),
        Command::Set(set) => save(&shell.enter(&set.project)?, set),
        Command::Assign(assign) => give(&shell.enter(&assign.project)?, assign),
        Command::Retire { project, name } => {
            let entered = shell.enter(&project)?;
            let id = entered.project.read(|db| find(db, &name, false))?;
            workflow_edit::retire(&entered.project, entered.act(), id)
        }
        Command::Restore { project, name } => {
            let entered = shell.enter(&project)?;
            let id = entered.project.read(|db| find(db, &name, true))?;
            workflow_edit::restore(&entered.project, entered.act(), id)
        }
    }
}

fn list_shipped(format: Format) -> Result<()> {
    let mut list = List::new(&["name", "title"]);
    for (name, title, _) in workflow::shipped() {
        list.row(vec![json!(name), json!(title)]);
    }
    list.print(format)
}

/// The project's own has no name.
fn list(format: Format, entered: &Entered) -> Result<()> {
    entered.viewer.require(TICKET_VIEW)?;
    let (rows, options) = entered.project.read(|db| Ok((workflows::all(db)?, options::all(db)?)))?;
    let mut list = List::new(&["name", "types", "components", "retired"]);
    list.row(vec![json!(""), json!(""), json!(""), json!(false)]);
    for row in rows {
        let owners = workflows::owners(&options, Some(row.id));
        let of = |field: &str| {
            let names = owners.iter().filter(|owner| owner.field == field).map(|owner| owner.name.as_str());
            names.collect::<Vec<_>>().join(", ")
        };
        list.row(vec![json!(row.name), json!(of("type")), json!(of("component")), json!(row.retired_at.is_some())]);
    }
    list.print(format)
}

fn find(db: &Connection, name: &str, retired: bool) -> Result<i64> {
    let found = match workflows::by_name(db, name)? {
        None if retired => workflows::all(db)?.into_iter().find(|row| row.name == name),
        found => found,
    };
    let row = found.ok_or_else(|| Error::not_found(format!("there is no workflow “{name}”")))?;
    Ok(row.id)
}

fn show(format: Format, entered: &Entered, name: Option<&str>) -> Result<()> {
    entered.viewer.require(TICKET_VIEW)?;
    let (definition, looked) = entered.project.read(|db| {
        let id = name.map(|name| find(db, name, false)).transpose()?;
        let definition = workflow_edit::definition(db, id)?;
        let looked = workflow_edit::look(db, &entered.project, &entered.viewer, Place::Of(id), &definition)?;
        Ok((definition, looked))
    })?;
    match format {
        Format::Table => print(&definition),
        Format::Json => {
            let Looked { states, warnings, .. } = looked;
            let states: Vec<_> = states
                .iter()
                .map(|state| {
                    json!({
                        "name": state.name, "category": state.category, "tickets": state.tickets,
                        "defined": state.defined,
                    })
                })
                .collect();
            let value = json!({ "definition": definition, "states": states, "warnings": warnings });
            print(&format!("{}\n", serde_json::to_string_pretty(&value)?))
        }
        Format::Csv | Format::Ids => Err(Error::invalid("--format", "A workflow is shown as table or as json.")),
    }
}

fn save(entered: &Entered, set: Set) -> Result<()> {
    let text = match (set.file.as_deref(), set.shipped.as_deref()) {
        (_, Some(name)) => workflow_edit::shipped(name).unwrap_or_default().to_owned(),
        (Some("-"), None) => read_input("-", MOST_BYTES as u64)?,
        (file, None) => read_file(file.unwrap_or_default())?,
    };
    let text = lines_lf(&text);
    let source = set.file.as_deref().unwrap_or("--shipped");
    let moves: Moves = set.map.into_iter().collect();
    entered.viewer.require(TICKET_ADMIN)?;
    let known = match set.name.as_deref() {
        Some(name) => entered.project.read(|db| Ok(workflows::by_name(db, name)?.map(|row| row.id)))?,
        None => None,
    };
    let saved = match (set.name.as_deref(), known) {
        (Some(name), None) => {
            workflow_edit::create(&entered.project, entered.act(), name, &text).map(|(_, warnings)| warnings)
        }
        _ => {
            let draft = Draft { id: known, name: None, text: &text, seen: None, moves: &moves };
            workflow_edit::save(&entered.project, entered.act(), &draft).map(|saved| saved.warnings)
        }
    };
    tell(source, saved.map_err(|error| by_option(error, source))?);
    Ok(())
}

fn tell(source: &str, warnings: Vec<Warning>) {
    for warning in warnings {
        match warning.line {
            0 => eprintln!("trackway: {source}: {}", warning.message),
            line => eprintln!("trackway: {source}, line {line}: {}", warning.message),
        }
    }
}

fn give(entered: &Entered, assign: Assign) -> Result<()> {
    entered.viewer.require(TICKET_ADMIN)?;
    let (field, owner) = match (&assign.kind, &assign.component) {
        (Some(name), _) => ("type", name.as_str()),
        (None, name) => ("component", name.as_deref().unwrap_or_default()),
    };
    let (option, workflow) = entered.project.read(|db| {
        let workflow = assign.name.as_deref().map(|name| find(db, name, false)).transpose()?;
        Ok((options_edit::find(db, &entered.viewer, field, owner)?.id, workflow))
    })?;
    let moves: Moves = assign.map.into_iter().collect();
    workflow_edit::assign(&entered.project, entered.act(), option, workflow, &moves)
        .map(|_| ())
        .map_err(|error| by_option(error, "NAME"))
}

/// The same problems, naming what was typed in place of fields of the form.
fn by_option(error: Error, source: &str) -> Error {
    let Error::Invalid(problems) = error else { return error };
    let named = |field: &str| match field {
        "name" => "--name".to_owned(),
        field => field.strip_prefix("map_").map_or_else(|| source.to_owned(), |state| format!("--map {state}=…")),
    };
    Error::Invalid(problems.into_iter().map(|problem| Problem { field: named(&problem.field), ..problem }).collect())
}

/// `asked=new`
fn step(typed: &str) -> std::result::Result<(String, String), String> {
    match typed.split_once('=') {
        Some((old, new)) if !old.trim().is_empty() && !new.trim().is_empty() => {
            Ok((old.trim().to_owned(), new.trim().to_owned()))
        }
        _ => Err("it is written OLD=NEW".to_owned()),
    }
}

fn read_file(path: &str) -> Result<String> {
    let refused = |why: String| Error::invalid("FILE", format!("{path}: {why}."));
    let mut bytes = Vec::new();
    let most = MOST_BYTES as u64 + 1;
    let read = File::open(path).and_then(|file| file.take(most).read_to_end(&mut bytes));
    read.map_err(|error| refused(error.to_string()))?;
    String::from_utf8(bytes).map_err(|_| refused("it is not in UTF-8".to_owned()))
}
