//! `trackway workflow …`

use std::fs::File;
use std::io::Read;

use clap::builder::PossibleValuesParser;
use clap::{ArgGroup, Args, Subcommand};
use serde_json::json;

use super::output::{List, print};
use super::{Entered, Format, Shell, read_input};
use crate::base::error::{Error, Problem, Result};
use crate::base::text::lines_lf;
use crate::ticket::workflow::{self, MOST_BYTES};
use crate::ticket::{TICKET_VIEW, workflow_edit};

#[derive(Debug, Subcommand)]
pub enum Command {
    /// The definitions that come with the program
    List,
    /// Print the definition in force; as json with its states
    Show { project: String },
    /// Put a definition in force
    Set(Set),
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
}

pub fn run(shell: &Shell, command: Command) -> Result<()> {
    match command {
        Command::List => list(shell.format),
        Command::Show { project } => show(shell.format, &shell.enter(&project)?),
        Command::Set(set) => save(&shell.enter(&set.project)?, &set),
    }
}

fn list(format: Format) -> Result<()> {
    let mut list = List::new(&["name", "title"]);
    for (name, title, _) in workflow::shipped() {
        list.row(vec![json!(name), json!(title)]);
    }
    list.print(format)
}

fn show(format: Format, entered: &Entered) -> Result<()> {
    entered.viewer.require(TICKET_VIEW)?;
    let (definition, looked) = entered.project.read(|db| {
        let definition = workflow_edit::definition(db)?;
        let looked = workflow_edit::look(db, &entered.project, &entered.viewer, &definition)?;
        Ok((definition, looked))
    })?;
    match format {
        Format::Table => print(&definition),
        Format::Json => {
            let states: Vec<_> = looked
                .states
                .iter()
                .map(|state| {
                    json!({
                        "name": state.name, "category": state.category, "tickets": state.tickets,
                        "defined": state.defined,
                    })
                })
                .collect();
            let value = json!({ "definition": definition, "states": states, "warnings": looked.warnings });
            print(&format!("{}\n", serde_json::to_string_pretty(&value)?))
        }
        Format::Csv | Format::Ids => Err(Error::invalid("--format", "A workflow is shown as table or as json.")),
    }
}

fn save(entered: &Entered, set: &Set) -> Result<()> {
    let text = match (set.file.as_deref(), set.shipped.as_deref()) {
        (_, Some(name)) => workflow_edit::shipped(name).unwrap_or_default().to_owned(),
        (Some("-"), None) => read_input("-", MOST_BYTES as u64)?,
        (file, None) => read_file(file.unwrap_or_default())?,
    };
    let source = set.file.as_deref().unwrap_or("--shipped");
    let warnings =
        workflow_edit::save(&entered.project, entered.act(), &lines_lf(&text), None).map_err(|error| match error {
            Error::Invalid(problems) => Error::Invalid(
                problems.into_iter().map(|problem| Problem { field: source.to_owned(), ..problem }).collect(),
            ),
            other => other,
        })?;
    for warning in warnings {
        match warning.line {
            0 => eprintln!("trackway: {source}: {}", warning.message),
            line => eprintln!("trackway: {source}, line {line}: {}", warning.message),
        }
    }
    Ok(())
}

fn read_file(path: &str) -> Result<String> {
    let refused = |why: String| Error::invalid("FILE", format!("{path}: {why}."));
    let mut bytes = Vec::new();
    let most = MOST_BYTES as u64 + 1;
    let read = File::open(path).and_then(|file| file.take(most).read_to_end(&mut bytes));
    read.map_err(|error| refused(error.to_string()))?;
    String::from_utf8(bytes).map_err(|_| refused("it is not in UTF-8".to_owned()))
}
