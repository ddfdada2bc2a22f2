//! How the manual describes the commands: made from their definitions, so that neither can say what the other does not.

use clap::{Arg, Command, CommandFactory};

use super::Cli;
use crate::base::commands::Described;

/// All commands that do something, in order.
pub fn commands() -> Vec<Described> {
    let mut cli = Cli::command();
    cli.build();
    let mut described = Vec::new();
    for command in cli.get_subcommands_mut() {
        describe(command, &mut described);
    }
    described
}

fn describe(command: &mut Command, described: &mut Vec<Described>) {
    if command.get_name() == "help" || command.is_hide_set() {
        return;
    }
    if command.has_subcommands() {
        command.get_subcommands_mut().for_each(|inner| describe(inner, described));
        return;
    }
    let usage = command.render_usage().to_string();
    let usage = usage.trim_start_matches("Usage:").split_whitespace().collect::<Vec<_>>().join(" ");
    let own =
        |arg: &&Arg| !arg.is_global_set() && !arg.is_hide_set() && !matches!(arg.get_id().as_str(), "help" | "version");
    let options = command
        .get_arguments()
        .filter(own)
        .filter_map(|arg| Some((called(arg), arg.get_help()?.to_string())))
        .collect();
    let about = command.get_about().map(ToString::to_string).unwrap_or_default();
    described.push(Described { usage, about, options });
}

fn called(arg: &Arg) -> String {
    match arg.get_long() {
        Some(long) => format!("--{long}"),
        None => arg.get_id().as_str().to_uppercase(),
    }
}
