//! The command line (DESIGN 4): one file per group of commands.
//!
//! Results go to standard output, errors in one line to standard error. The exit code is 0, 1 for a failure, 2 for wrong
//! usage. No command asks a question when standard input is no terminal.

mod account;
mod attachment;
mod audit;
mod backup;
mod choice;
mod commit_msg;
mod commit_refs;
mod completions;
pub mod described;
mod export;
mod field;
mod index;
mod log;
mod mail;
mod milestone;
mod output;
mod permission;
mod project;
mod query;
mod render;
mod repo;
mod report;
mod roster;
mod search;
mod serve;
mod sweep;
mod service;
mod setting;
mod text;
mod ticket;
mod token;
mod ticket_trash;
mod ticket_time;
mod upkeep;
mod wiki;
mod workflow;

use std::io::Read;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::error::ErrorKind;
use clap::{Parser, Subcommand, ValueEnum};

use crate::app::COMPONENTS;
use crate::auth::{self, permissions};
use crate::base::commands;
use crate::base::error::{Error, Result};
use crate::base::event::Via;
use crate::base::project::{Act, Project};
use crate::base::site::{ProjectRow, Site};
use crate::base::viewer::{Principal, TRAC_ADMIN, Viewer};
use crate::ticket::texts::Kind;
use crate::web::address::SiteAddress;

/// Wiki, tickets, milestones and commits of a project in one place.
#[derive(Debug, Parser)]
#[command(name = "trackway", version, max_term_width = 100)]
pub struct Cli {
    /// The data folder [default: ./trackway-data]
    #[arg(long, global = true, env = "TRACKWAY_DATA", value_name = "DIR")]
    data: Option<PathBuf>,
    /// Act as this account (or as `anonymous`), with its rights; else as the operator, who may do everything
    #[arg(long = "as", global = true, value_name = "NAME")]
    as_name: Option<String>,
    /// How lists are printed
    #[arg(long, global = true, value_enum, default_value_t = Format::Table)]
    format: Format,
    #[command(flatten)]
    log: log::LogOptions,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    Table,
    Json,
    Csv,
    /// The first column alone
    Ids,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve the site over HTTP
    Serve(serve::Serve),
    /// Projects: create, list, show, rename, archive, remove
    #[command(subcommand)]
    Project(project::Command),
    /// Accounts: add, invite, approve, list, password, disable, enable, link, email, rename, forget, admin, sessions
    #[command(subcommand)]
    User(account::UserCommand),
    /// Groups of accounts: create, remove, add, drop, list
    #[command(subcommand)]
    Group(account::GroupCommand),
    /// Mail that the site sends: outbox
    #[command(subcommand)]
    Mail(mail::Command),
    /// API tokens: create, list, revoke
    #[command(subcommand)]
    Token(token::Command),
    /// Who may do what in a project
    #[command(subcommand)]
    Permission(permission::Command),
    /// Git repositories of a project: add, list, sync, change, secret, remove
    #[command(subcommand)]
    Repo(repo::Command),
    /// Pages: list, show, save, remove, export, import
    #[command(subcommand)]
    Wiki(wiki::Command),
    /// Attached files: list, add, remove, move, export
    #[command(subcommand)]
    Attachment(attachment::Command),
    /// Tickets that meet conditions
    Query(query::Query),
    /// Reports: list, show, save, remove
    #[command(subcommand)]
    Report(report::Command),
    /// Milestones: create, change, remove, list, show
    #[command(subcommand)]
    Milestone(milestone::Command),
    /// Tickets: new, show, list, change, comment
    #[command(subcommand)]
    Ticket(ticket::Command),
    /// What may be done with tickets: list, show, set
    #[command(subcommand)]
    Workflow(workflow::Command),
    /// Components of tickets: create, change, remove, restore, list
    #[command(subcommand)]
    Component(choice::Command),
    /// Versions in which something was seen
    #[command(subcommand)]
    Version(choice::Command),
    /// Types of tickets
    #[command(subcommand)]
    Type(choice::Command),
    /// Priorities of tickets
    #[command(subcommand)]
    Priority(choice::Command),
    /// Severities of tickets
    #[command(subcommand)]
    Severity(choice::Command),
    /// Resolutions of tickets
    #[command(subcommand)]
    Resolution(choice::Command),
    /// Fields that a project defines itself
    #[command(subcommand)]
    Field(field::Command),
    /// Canned replies: create, change, remove, restore, list
    #[command(subcommand)]
    Reply(text::Command),
    /// What new tickets begin with
    #[command(subcommand)]
    Template(text::Command),
    /// Search a project; prints JSON
    Search(search::Search),
    Export(export::Export),
    /// Turn Markdown on standard input into an HTML fragment
    Render(render::Render),
    /// Print as JSON what the commit message on standard input asks of tickets
    CommitRefs(commit_refs::CommitRefs),
    CommitMsg(commit_msg::CommitMsg),
    /// The search index
    #[command(subcommand)]
    Index(index::Command),
    /// Settings of the site and of projects: list, show, set, reset
    #[command(subcommand)]
    Setting(setting::Command),
    Sweep(sweep::Sweep),
    Service(service::Service),
    Completions(completions::Completions),
    Audit(audit::Audit),
    Backup(backup::Backup),
    Restore(backup::Restore),
    /// Verify everything that can be verified
    Check(upkeep::Check),
    /// Bring the data folder to the schema of this program
    Upgrade(upkeep::Upgrade),
}

/// What every command has at hand.
pub(super) struct Shell {
    data: PathBuf,
    /// Whether somebody named that folder.
    data_given: bool,
    as_name: Option<String>,
    format: Format,
}

pub fn run(cli: Cli) -> ExitCode {
    commands::describe(described::commands);
    log::start(&cli.log);
    let data_given = cli.data.is_some();
    let data = cli.data.unwrap_or_else(|| PathBuf::from("./trackway-data"));
    let shell = Shell { data, data_given, as_name: cli.as_name, format: cli.format };
    let result = match cli.command {
        Command::Serve(serve) => serve::run(&shell, &serve),
        Command::Project(command) => project::run(&shell, command),
        Command::Token(command) => token::run(&shell, command),
        Command::User(command) => account::run_user(&shell, command),
        Command::Group(command) => account::run_group(&shell, command),
        Command::Mail(command) => mail::run(&shell, command),
        Command::Permission(command) => permission::run(&shell, command),
        Command::Repo(command) => repo::run(&shell, command),
        Command::Wiki(command) => wiki::run(&shell, command),
        Command::Attachment(command) => attachment::run(&shell, command),
        Command::Query(query) => query::run(&shell, &query),
        Command::Report(command) => report::run(&shell, command),
        Command::Milestone(command) => milestone::run(&shell, command),
        Command::Ticket(command) => ticket::run(&shell, command),
        Command::Workflow(command) => workflow::run(&shell, command),
        Command::Component(command) => choice::run(&shell, "component", command),
        Command::Version(command) => choice::run(&shell, "version", command),
        Command::Type(command) => choice::run(&shell, "type", command),
        Command::Priority(command) => choice::run(&shell, "priority", command),
        Command::Severity(command) => choice::run(&shell, "severity", command),
        Command::Resolution(command) => choice::run(&shell, "resolution", command),
        Command::Field(command) => field::run(&shell, command),
        Command::Reply(command) => text::run(&shell, Kind::Reply, command),
        Command::Template(command) => text::run(&shell, Kind::Template, command),
        Command::Search(search) => search::run(&shell, &search),
        Command::Export(export) => export::run(&shell, &export),
        Command::Render(render) => render::run(&shell, &render),
        Command::CommitRefs(command) => commit_refs::run(&shell, &command),
        Command::CommitMsg(command) => commit_msg::run(&shell, &command),
        Command::Index(command) => index::run(&shell, &command),
        Command::Setting(command) => setting::run(&shell, command),
        Command::Sweep(sweep) => sweep::run(&shell, &sweep),
        Command::Service(service) => service::run(&shell, &service),
        Command::Completions(completions) => completions::run(&completions),
        Command::Audit(audit) => audit::run(&shell, &audit),
        Command::Backup(backup) => backup::backup(&shell, &backup),
        Command::Restore(restore) => backup::restore(&shell, &restore),
        Command::Check(check) => upkeep::check(&shell, &check),
        Command::Upgrade(upgrade) => upkeep::upgrade(&shell, &upgrade),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("trackway: {}", one_line(&error.to_string()));
            ExitCode::FAILURE
        }
    }
}

/// Says in one line what is wrong with a command line; help and version, which were asked for, are printed whole.
pub fn refuse(error: &clap::Error) -> ExitCode {
    if !error.use_stderr() {
        let _ = error.print();
        return ExitCode::SUCCESS;
    }
    if error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
        let _ = error.print();
        return ExitCode::from(2);
    }
    let said = error.to_string();
    // What follows the first blank line is advice and the usage, which `--help` gives better.
    let what = said.split("\n\n").next().unwrap_or_default();
    let what = what.strip_prefix("error: ").unwrap_or(what);
    eprintln!("trackway: {} (--help says more)", one_line(what));
    ExitCode::from(2)
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A project as a command sees it.
pub(super) struct Entered {
    pub site: Site,
    pub row: ProjectRow,
    pub project: Arc<Project>,
    pub viewer: Arc<Viewer>,
}

impl Entered {
    pub fn act(&self) -> Act<'_> {
        Act::new(&self.viewer, Via::Command)
    }

    /// For what changes nothing that readers see: an archived project is administered like any other.
    pub fn require_administrator(&self) -> Result<()> {
        if self.viewer.principal.administers() { Ok(()) } else { self.viewer.require(TRAC_ADMIN) }
    }
}

impl Shell {
    /// The site of the data folder, which must be there and up to date.
    pub fn site(&self) -> Result<Site> {
        Site::open(&self.data, COMPONENTS)
    }

    /// The site, made if the folder is empty: for the commands that may be the first.
    pub fn site_or_new(&self) -> Result<Site> {
        if Site::exists(&self.data) { self.site() } else { Site::create(&self.data, COMPONENTS) }
    }

    /// For what is done to the whole folder, before anybody's rights can be read from it.
    pub fn refuse_as(&self, command: &str) -> Result<()> {
        match &self.as_name {
            Some(_) => Err(Error::invalid("--as", format!("`{command}` is run by the operator alone."))),
            None => Ok(()),
        }
    }

    pub fn principal(&self, site: &Site) -> Result<Arc<Principal>> {
        auth::operator(site, self.as_name.as_deref())
    }

    /// The principal, who must administer the site.
    pub fn administrator(&self, site: &Site) -> Result<Arc<Principal>> {
        let principal = self.principal(site)?;
        if principal.administers() {
            return Ok(principal);
        }
        Err(Error::Forbidden {
            permission: "administrator",
            message: "only an administrator of the site may do this".to_owned(),
        })
    }

    pub fn enter(&self, name: &str) -> Result<Entered> {
        let site = self.site()?;
        let row = site.load(name)?;
        let project = site.project(&row)?;
        let principal = self.principal(&site)?;
        let viewer = permissions::enter(&project, &row, &principal)?
            .ok_or_else(|| Error::not_found(format!("there is no project `{name}`")))?;
        Ok(Entered { site, row, project, viewer })
    }
}

/// The account that signs changes of the site; none for the operator.
pub(super) fn actor(principal: &Principal) -> Option<i64> {
    principal.identity.as_ref().map(|identity| identity.account)
}

/// Where the site says that it lives; else where it was last served.
pub(super) fn address(site: &Site) -> Result<SiteAddress> {
    SiteAddress::of(site)
}

/// All of standard input as text.
pub(super) fn read_input(what: &str, limit: u64) -> Result<String> {
    String::from_utf8(read_bytes(std::io::stdin().lock(), what, limit)?)
        .map_err(|_| Error::invalid(what, "Standard input is not in UTF-8."))
}

/// All of an input as text; what is not in UTF-8 becomes replacement characters.
pub(super) fn read_lossy(input: impl Read, what: &str, limit: u64) -> Result<String> {
    Ok(String::from_utf8_lossy(&read_bytes(input, what, limit)?).into_owned())
}

pub(super) fn read_bytes(input: impl Read, what: &str, limit: u64) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    input.take(limit + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > limit {
        return Err(Error::invalid(what, format!("The input holds more than {limit} bytes.")));
    }
    Ok(bytes)
}
