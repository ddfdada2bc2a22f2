//! `trackway commit-refs`: what a commit message asks of tickets, as JSON.

use clap::Args;
use serde::Serialize;

use super::output::print;
use super::{Shell, address, read_lossy};
use crate::base::error::Result;
use crate::code::commit_refs::{Context, Reading, Verb, read};

/// Longer messages are refused.
pub(super) const MAX_MESSAGE: u64 = 16 << 20;

#[derive(Debug, Args)]
pub struct CommitRefs {
    /// The project that the message belongs to: there `demo#5` is `#5`, and addresses of the site lead to its tickets.
    /// Without it no data folder is opened
    #[arg(long, value_name = "P")]
    project: Option<String>,
    /// What ticket addresses begin with, http or https; behind it stands `/<project>/ticket/N` or `/ticket/N`, or the
    /// number alone if it ends in `/` or `=`. Can be repeated
    #[arg(long, value_name = "PREFIX")]
    site_url: Vec<String>,
    /// Tell on standard error how each reference was understood; standard output stays the same
    #[arg(long)]
    explain: bool,
}

pub fn run(shell: &Shell, command: &CommitRefs) -> Result<()> {
    let mut prefixes = command.site_url.clone();
    let project = match &command.project {
        Some(name) => {
            let entered = shell.enter(name)?;
            let address = address(&entered.site)?;
            prefixes.push(address.absolute(&address.base));
            Some(entered.row.name)
        }
        None => None,
    };
    let message = read_lossy(std::io::stdin().lock(), "message", MAX_MESSAGE)?;
    let reading = read(&message, &Context { project: project.as_deref(), site_prefixes: &prefixes });
    if command.explain {
        for line in reading.explanation(&message) {
            eprintln!("{line}");
        }
    }
    print(&format!("{}\n", serde_json::to_string(&answer(&reading))?))
}

/// Everything is always there, in ascending order.
#[derive(Debug, Serialize)]
struct Answer<'a> {
    close: Vec<i64>,
    reopen: Vec<i64>,
    refer: Vec<i64>,
    mention: Vec<i64>,
    time: Vec<Time>,
    foreign: Vec<Foreign<'a>>,
}

#[derive(Debug, Serialize)]
struct Time {
    ticket: i64,
    minutes: i64,
}

#[derive(Debug, Serialize)]
struct Foreign<'a> {
    project: &'a str,
    ticket: i64,
    verb: &'static str,
}

fn answer(reading: &Reading) -> Answer<'_> {
    let of = |verb: Verb| reading.asked(verb).collect();
    let logged = reading.tickets.iter().filter(|(_, asked)| asked.minutes > 0);
    let foreign = reading.foreign.iter();
    Answer {
        close: of(Verb::Close),
        reopen: of(Verb::Reopen),
        refer: of(Verb::Refer),
        mention: of(Verb::Mention),
        time: logged.map(|(ticket, asked)| Time { ticket: *ticket, minutes: asked.minutes }).collect(),
        foreign: foreign
            .map(|((project, ticket), verb)| Foreign { project, ticket: *ticket, verb: verb.name() })
            .collect(),
    }
}
