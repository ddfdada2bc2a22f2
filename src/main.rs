//! Parses the command line and runs it; everything else is in the library.

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    trackway::cli::run(trackway::cli::Cli::parse())
}
