//! `trackway search PROJECT WORDS…`

use clap::Args;

use super::output::print;
use super::{Shell, address};
use crate::base::error::Result;

#[derive(Debug, Args)]
pub struct Search {
    project: String,
    #[arg(required = true)]
    words: Vec<String>,
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u16).range(1..=1000))]
    limit: u16,
}

pub fn run(shell: &Shell, search: &Search) -> Result<()> {
    let entered = shell.enter(&search.project)?;
    let address = address(&entered.site)?;
    let root = address.absolute(&format!("{}/{}", address.base, entered.row.name));
    let query = search.words.join(" ");
    let found =
        crate::search::command_json(&entered.project, &entered.viewer, &query, usize::from(search.limit), &root)?;
    print(&format!("{found}\n"))
}
