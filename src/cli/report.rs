//! `trackway report …`: lists of tickets that are kept under a name, and questions in SQL.

use clap::{Args, Subcommand};
use serde_json::json;

use super::output::{List, print};
use super::{Entered, Format, Shell, query, read_input};
use crate::base::error::{Error, Result};
use crate::base::text::lines_lf;
use crate::report::edit::{self, LARGEST_TEXT, Wish};
use crate::report::sandbox::{self, LONGEST_SQL};
use crate::report::shown::Columns;
use crate::report::store::{self, Kind, ReportRow, Scope};
use crate::report::variables;
use crate::report::{REPORT_SQL_VIEW, REPORT_VIEW};

#[derive(Debug, Subcommand)]
pub enum Command {
    /// The reports there are
    List { project: String },
    /// What a report finds
    Show {
        project: String,
        number: i64,
        /// A value for one of its variables: `OWNER=kim`
        #[arg(value_name = "NAME=VALUE")]
        values: Vec<String>,
        /// Print what it asks, not what it finds
        #[arg(long)]
        sql: bool,
    },
    /// Make a report, or change the one of that number; prints the number
    Save(Save),
    /// Delete a report
    Remove { project: String, number: i64 },
}

#[derive(Debug, Args)]
pub struct Save {
    project: String,
    /// The report to be changed; without it a new one is made
    number: Option<i64>,
    #[arg(long)]
    title: Option<String>,
    /// `?status=!closed&owner=kim` or SQL; `-` reads standard input
    #[arg(long, allow_hyphen_values = true)]
    query: Option<String>,
    /// Markdown; `-` reads standard input
    #[arg(long, allow_hyphen_values = true)]
    description: Option<String>,
    /// Who sees it: `project`, `person` or `group:NAME` [default of a new one: project]
    #[arg(long)]
    scope: Option<String>,
    /// It is what Tickets shows whoever has chosen nothing else
    #[arg(long, conflicts_with = "no_usual")]
    usual: bool,
    /// It is that no more
    #[arg(long)]
    no_usual: bool,
}

pub fn run(shell: &Shell, command: Command) -> Result<()> {
    match command {
        Command::List { project } => list(shell, &shell.enter(&project)?),
        Command::Show { project, number, values, sql } => show(shell, &project, number, &values, sql),
        Command::Save(save) => self::save(shell, &save),
        Command::Remove { project, number } => {
            let entered = shell.enter(&project)?;
            edit::delete(&entered.project, entered.act(), found(&entered, number)?.id, None)
        }
    }
}

fn found(entered: &Entered, number: i64) -> Result<ReportRow> {
    let row = entered.project.read(|db| store::find(db, &entered.viewer, number))?;
    row.ok_or_else(|| Error::not_found(format!("there is no report {number}")))
}

fn list(shell: &Shell, entered: &Entered) -> Result<()> {
    entered.viewer.require(REPORT_VIEW)?;
    let rows = entered.project.read(|db| store::list(db, &entered.viewer))?;
    let mut list = List::new(&["report", "title", "kind", "scope", "owner"]);
    for row in rows {
        let scope = match &row.scope {
            Scope::Group { name, .. } => format!("group:{name}"),
            other => other.name().to_owned(),
        };
        list.row(vec![json!(row.id), json!(row.title), json!(row.kind.name()), json!(scope), json!(row.owner_login)]);
    }
    list.print(shell.format)
}

fn show(shell: &Shell, project: &str, number: i64, values: &[String], sql: bool) -> Result<()> {
    let entered = shell.enter(project)?;
    let row = found(&entered, number)?;
    if sql {
        if row.kind == Kind::Sql {
            entered.viewer.require(REPORT_SQL_VIEW)?;
        }
        return print(&format!("{}\n", row.query));
    }
    if row.kind == Kind::Query {
        return query::list(shell, project, &row.query);
    }
    let mut arguments = variables::defaults(&row.query);
    let user = entered.viewer.principal.identity.as_ref().map_or("anonymous", |identity| identity.login.as_str());
    arguments.insert("USER".to_owned(), user.to_owned());
    for value in values {
        let (name, value) = value
            .split_once('=')
            .filter(|(name, _)| variables::is_name(name))
            .ok_or_else(|| Error::invalid("VALUE", format!("`{value}` is not of the form NAME=value.")))?;
        arguments.insert(name.to_owned(), value.to_owned());
    }
    let bound = variables::bind(&variables::with_places(&row.query, None), &arguments);
    let found = sandbox::run(&entered.project, &entered.viewer, &bound.sql, &bound.values)?;
    let columns = Columns::of(&found.columns);
    let mut list = List::of(columns.in_files().map(|column| column.name.as_str()).collect());
    for cells in &found.rows {
        list.row(columns.in_files().map(|column| cells[column.at].json()).collect());
    }
    list.print(shell.format)
}

fn save(shell: &Shell, save: &Save) -> Result<()> {
    let entered = shell.enter(&save.project)?;
    let text = |name: &str, given: &Option<String>, most: usize| match given.as_deref() {
        Some("-") => read_input(name, most as u64).map(|text| Some(lines_lf(&text).into_owned())),
        other => Ok(other.map(|text| lines_lf(text).into_owned())),
    };
    let query = text("--query", &save.query, LONGEST_SQL)?;
    let description = text("--description", &save.description, LARGEST_TEXT)?;
    let wish = Wish {
        title: save.title.as_deref(),
        description: description.as_deref(),
        query: query.as_deref(),
        scope: save.scope.as_deref().or(save.number.is_none().then_some("project")),
        usual_for_all: if save.usual || save.no_usual { Some(save.usual) } else { None },
        ..Wish::default()
    };
    let row = match save.number {
        None => edit::create(&entered.site, &entered.project, entered.act(), &wish)?,
        Some(number) => {
            let row = found(&entered, number)?;
            edit::change(&entered.site, &entered.project, entered.act(), row.id, None, &wish)?
        }
    };
    if shell.format == Format::Json {
        return print(&format!("{}\n", json!({ "report": row.id, "title": row.title })));
    }
    print(&format!("{}\n", row.id))
}
