//! Parses the command line and runs it; everything else is in the library.

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    match trackway::cli::Cli::try_parse() {
        Ok(cli) => trackway::cli::run(cli),
        Err(error) => trackway::cli::refuse(&error),
    }
}
