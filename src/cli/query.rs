//! `trackway query PROJECT QUERY`

use clap::Args;
use rusqlite::Connection;

use super::output::{List, print};
use super::{Entered, Format, Shell, address};
use crate::auth::groups;
use crate::base::error::Result;
use crate::query::{self, Column};
use crate::ticket::TICKET_VIEW;
use crate::ticket::fields::Choices;

#[derive(Debug, Args)]
pub struct Query {
    project: String,
    /// `status:open owner:kim,lee sort:created`, or as Trac has it `status!=closed&owner=kim|lee&order=time`; with a question
    /// mark first as in addresses: `?status=!closed`. Every ticket unless `max` says how many
    query: String,
}

pub fn run(shell: &Shell, command: &Query) -> Result<()> {
    list(shell, &command.project, &command.query)
}

/// The query with what it names of others, such as groups of the site.
pub(super) fn looked_up(entered: &Entered, db: &Connection, query: &query::Query) -> Result<query::Query> {
    let members = |group: &str| groups::members_in(&entered.site, group);
    let components = entered.project.components();
    query::looked_up(query, &query::Sources { db, components, viewer: &entered.viewer, members: &members })
}

/// Prints the tickets that a query finds.
pub(super) fn list(shell: &Shell, project: &str, query: &str) -> Result<()> {
    let entered = shell.enter(project)?;
    entered.viewer.require(TICKET_VIEW)?;
    let (query, choices, found) = entered.project.read(|db| {
        let choices = Choices::load(db, &entered.viewer)?;
        let query = query::from_typed(&choices, query)?;
        let mut query = looked_up(&entered, db, &query)?;
        query.max = query.max.or(Some(0));
        let found = match shell.format {
            Format::Json => query::run_whole(db, &entered.viewer, &choices, &query)?,
            _ => query::run(db, &entered.viewer, &choices, &query)?,
        };
        Ok((query, choices, found))
    })?;
    let mut columns = query.shown_columns(&choices);
    columns.extend(query.rows.iter().copied().map(Column::Of).filter(|row| !columns.contains(row)).collect::<Vec<_>>());
    if shell.format == Format::Json {
        let address = address(&entered.site)?;
        let root = address.absolute(&format!("{}/{}", address.base, entered.row.name));
        let text = serde_json::to_string_pretty(&query.json(&found, &choices, &root))?;
        return print(&(text + "\n"));
    }
    let mut list = List::of(columns.iter().map(|column| column.name()).collect());
    for line in &found.lines {
        list.row(columns.iter().map(|column| line.json_cell(*column, &choices)).collect());
    }
    list.print(shell.format)
}
