//! `trackway completions`: what a shell needs to complete commands and options (row AD03).

use clap::{Args, CommandFactory};
use clap_complete::{Shell as Kind, generate};

use super::Cli;
use super::output::print;
use crate::base::error::Result;

/// Print what a shell needs to complete commands and options, made for the program as it is
#[derive(Debug, Args)]
pub struct Completions {
    #[arg(value_enum)]
    shell: Kind,
}

pub fn run(asked: &Completions) -> Result<()> {
    let mut text = Vec::new();
    generate(asked.shell, &mut Cli::command(), "trackway", &mut text);
    print(&String::from_utf8_lossy(&text))
}
