//! Parses the command line and runs it; everything else is in the library.

use std::process::ExitCode;

use clap::Parser;
use mimalloc::MiMalloc;

/// The system's own gives memory back after each page and asks for it again for the next: a quarter of what a page costs.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    match trackway::cli::Cli::try_parse() {
        Ok(cli) => trackway::cli::run(cli),
        Err(error) => trackway::cli::refuse(&error),
    }
}
