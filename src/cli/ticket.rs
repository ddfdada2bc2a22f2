//! `trackway ticket …`

use std::fmt::Write as _;
use std::path::PathBuf;

use clap::{ArgGroup, Args, Subcommand};

use super::attachment::spooled;
use super::output::print;
use super::{Entered, Format, Shell, address, read_input, ticket_time};
use crate::attachment::edit as attachments;
use crate::base::error::{Error, Problem, Result};
use crate::base::resource::Resource;
use crate::base::text::lines_lf;
use crate::base::time::Instant;
use crate::ticket::edit::{self, Outcome};
use crate::ticket::fields::{Choices, Kind, LARGEST_TEXT};
use crate::ticket::history::{self, FieldChange, Group};
use crate::ticket::note;
use crate::ticket::note_store::{self, NoteRow};
use crate::ticket::plan::{ActionRequest, Request};
use crate::ticket::store::{self, Ticket, Times};
use crate::ticket::values::{Names, People, Values};
use crate::ticket::{TICKET_APPEND, TIME_VIEW, duration, json, merge, ticket_href, time_store};

#[derive(Debug, Subcommand)]
pub enum Command {
    /// File a ticket; prints its number
    New(New),
    /// Print a ticket with everything that was said about it
    Show {
        project: String,
        #[arg(value_name = "N")]
        number: i64,
        /// As it was after its change K; 0 is as it was filed
        #[arg(long, value_name = "K")]
        version: Option<i64>,
    },
    /// The tickets that a query finds, those not closed if there is none
    List {
        project: String,
        /// As `trackway query` takes it, e.g. `milestone=1.0&order=priority`
        #[arg(default_value = "status!=closed", allow_hyphen_values = true)]
        query: String,
    },
    /// Set fields, do an action of the workflow, comment; prints the number of the change
    Change(Change),
    #[command(flatten)]
    Whole(super::ticket_trash::Command),
    /// Enter time that was worked on a ticket; prints the number of the change
    Time(ticket_time::Time),
    /// The time that was worked, by person, ticket, milestone or period
    Worked(ticket_time::Worked),
    /// Remind somebody of a ticket on a day; prints the id of the reminder
    Remind(ticket_time::Remind),
    /// The reminders of whoever asks
    Reminders(ticket_time::Reminders),
    /// Merge a ticket into another one, in which it lives on; prints the number of that one
    Merge {
        project: String,
        #[arg(value_name = "A")]
        number: i64,
        #[arg(value_name = "B")]
        into: i64,
    },
    /// Take a merge back; prints the number of the ticket in which it had lived on, unless that lies in the trash
    Unmerge {
        project: String,
        #[arg(value_name = "A")]
        number: i64,
    },
    /// Comment on a ticket; prints the number of the comment
    Comment {
        project: String,
        #[arg(value_name = "N")]
        number: i64,
        /// The comment, or `-` for standard input
        #[arg(allow_hyphen_values = true)]
        text: String,
        /// An internal note, for those alone who may read notes; prints its number in their series
        #[arg(long)]
        internal: bool,
    },
}

#[derive(Debug, Args)]
pub struct New {
    project: String,
    #[arg(long, value_name = "S", allow_hyphen_values = true)]
    summary: String,
    /// The description, or `-` for standard input
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    description: Option<String>,
    /// A value for a field, e.g. `priority=major`
    #[arg(long, value_name = "FIELD=VALUE", value_parser = assignment)]
    set: Vec<(String, String)>,
    /// A file to attach
    #[arg(long, value_name = "FILE")]
    attach: Vec<PathBuf>,
}

#[derive(Debug, Args)]
#[command(group(ArgGroup::new("changes").args(["set", "action", "comment"]).required(true).multiple(true)))]
pub struct Change {
    project: String,
    #[arg(value_name = "N")]
    number: i64,
    /// Another value for a field, e.g. `milestone=1.0`; an empty one takes it away
    #[arg(long, value_name = "FIELD=VALUE", value_parser = assignment)]
    set: Vec<(String, String)>,
    /// An action of the workflow, e.g. `resolve`
    #[arg(long, value_name = "A")]
    action: Option<String>,
    /// To whom the action gives the ticket
    #[arg(long, value_name = "U", requires = "action")]
    owner: Option<String>,
    /// How the action resolves the ticket
    #[arg(long, value_name = "R", requires = "action")]
    resolution: Option<String>,
    /// The number of the ticket that this one repeats, where the action asks for it
    #[arg(long, value_name = "N", requires = "action")]
    duplicate_of: Option<String>,
    /// A comment, or `-` for standard input
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    comment: Option<String>,
    /// Close it even if it depends on tickets that are open, where the project leaves that open
    #[arg(long, requires = "action")]
    force: bool,
}

pub fn run(shell: &Shell, command: Command) -> Result<()> {
    match command {
        Command::New(new) => file(&shell.enter(&new.project)?, new),
        Command::Show { project, number, version } => show(shell, &shell.enter(&project)?, number, version),
        Command::List { project, query } => super::query::list(shell, &project, &query),
        Command::Change(request) => change(&shell.enter(&request.project)?, request),
        Command::Whole(command) => super::ticket_trash::run(shell, command),
        Command::Time(time) => ticket_time::enter(&shell.enter(&time.project)?, time),
        Command::Worked(worked) => ticket_time::worked(shell, &shell.enter(&worked.project)?, &worked),
        Command::Remind(remind) => ticket_time::remind(&shell.enter(&remind.project)?, &remind),
        Command::Reminders(asked) => ticket_time::reminders(shell, &shell.enter(&asked.project)?, &asked),
        Command::Comment { project, number, text, internal } => {
            comment(&shell.enter(&project)?, number, &text, internal)
        }
        Command::Merge { project, number, into } => merge(&shell.enter(&project)?, number, into),
        Command::Unmerge { project, number } => unmerge(&shell.enter(&project)?, number),
    }
}

fn file(entered: &Entered, new: New) -> Result<()> {
    // A file that can't be read or may not be attached is told before there is a ticket.
    if !new.attach.is_empty() {
        entered.viewer.require(TICKET_APPEND)?;
    }
    let files = new.attach.iter().map(|path| spooled(entered, "--attach", path)).collect::<Result<Vec<_>>>()?;
    let mut set = new.set;
    set.push(("summary".to_owned(), new.summary));
    if let Some(description) = new.description {
        set.push(("description".to_owned(), typed("--description", &description)?));
    }
    let request = Request { set, ..Request::default() };
    let number = edit::create(&entered.site, &entered.project, entered.act(), &request).map_err(by_option)?;
    print(&format!("{number}\n"))?;
    if !files.is_empty() {
        let parent = Resource::new("ticket", number);
        let add = attachments::Add { parent: &parent, files, description: "", replace: false };
        attachments::add(&entered.project, entered.act(), add).map_err(by_option)?;
    }
    Ok(())
}

fn show(shell: &Shell, entered: &Entered, number: i64, version: Option<i64>) -> Result<()> {
    let address = address(&entered.site)?;
    let url = address.absolute(&format!("{}/{}{}", address.base, entered.row.name, ticket_href(number)));
    let text = entered.project.read(|db| {
        let viewer = &entered.viewer;
        let ticket = store::find(db, viewer, number)?.ok_or_else(|| missing(number))?;
        match shell.format {
            Format::Json => {
                Ok(serde_json::to_string_pretty(&json::ticket(db, viewer, &ticket, version, &url)?)? + "\n")
            }
            Format::Table => {
                let earlier = version.map(|version| history::at(db, viewer, &ticket, version)).transpose()?;
                let values = earlier.as_ref().unwrap_or(&ticket.values);
                let choices = Choices::load(db, viewer)?;
                let newest = version.unwrap_or(ticket.row.changes);
                let groups = history::groups(db, viewer, &choices.fields, &ticket, 0, newest)?;
                let notes = if version.is_none() { note_store::of_ticket(db, viewer, number)? } else { Vec::new() };
                let named = values.named_people(&choices.fields).into_iter();
                let named = named.chain(json::people_of(&groups)).chain(notes.iter().filter_map(|note| note.author));
                let people = People::load(db, named)?;
                let names = Names { choices: &choices, people: &people };
                let times = time_store::times(db, viewer, &ticket.row)?;
                let text = readable(&names, &ticket, values, &times, &groups, viewer.may(TIME_VIEW));
                Ok(text + &noted(&people, &notes))
            }
            Format::Csv | Format::Ids => Err(Error::invalid("--format", "A ticket is shown as table or as json.")),
        }
    })?;
    print(&text)
}

fn readable(
    names: &Names<'_>,
    ticket: &Ticket,
    values: &Values,
    times: &Times,
    groups: &[Group],
    sees_time: bool,
) -> String {
    let mut text = format!("#{} {}\n\n", ticket.row.id, values.text("summary"));
    let mut line = |label: &str, value: &str| {
        if !value.is_empty() {
            let _ = writeln!(text, "{:11} {value}", format!("{label}:"));
        }
    };
    for field in names.choices.fields.iter().filter(|field| !matches!(field.name, "summary" | "description")) {
        match field.kind {
            Kind::Time => line(field.label, &times.of_field(field).map(Instant::iso).unwrap_or_default()),
            _ if field.is_noted() => line(field.label, &times.worked.map(duration::written).unwrap_or_default()),
            _ => line(field.label, &names.joined(field, values.get(field.name))),
        }
    }
    paragraph(&mut text, "", values.text("description"));
    for group in groups.iter().filter(|group| group.change.number > 0) {
        let change = &group.change;
        let author = names.people.called(change.author);
        let _ = write!(text, "\nComment {}, {author}, {}\n", change.number, change.at.iso());
        for field in &group.fields {
            let _ = writeln!(text, "  {}", said(names, field));
        }
        for entry in group.worked.iter().filter(|_| sees_time) {
            let (time, who) = (duration::written(entry.minutes), names.people.login(Some(entry.person)));
            let _ = writeln!(text, "  Worked: {time} by {who} on {}", entry.day);
        }
        paragraph(&mut text, "  ", &change.comment);
    }
    text
}

/// Internal notes, after all that is public.
fn noted(people: &People, notes: &[NoteRow]) -> String {
    let mut text = String::new();
    for note in notes {
        let _ = write!(text, "\nInternal note {}, {}, {}\n", note.number, people.called(note.author), note.at.iso());
        paragraph(&mut text, "  ", &note.text);
    }
    text
}

fn said(names: &Names<'_>, change: &FieldChange) -> String {
    let label = change.field.label;
    if change.field.name == "description" {
        return format!("{label}: changed");
    }
    match (names.joined(change.field, &change.old).as_str(), names.joined(change.field, &change.new).as_str()) {
        ("", new) => format!("{label}: {new}"),
        (old, "") => format!("{label}: {old} removed"),
        (old, new) => format!("{label}: {old} → {new}"),
    }
}

/// A text after an empty line, each of its lines indented alike.
fn paragraph(text: &mut String, indent: &str, paragraph: &str) {
    if paragraph.is_empty() {
        return;
    }
    text.push('\n');
    for line in paragraph.lines() {
        text.push_str(format!("{indent}{line}").trim_end());
        text.push('\n');
    }
}

fn change(entered: &Entered, change: Change) -> Result<()> {
    let (owner, resolution, duplicate_of) = (change.owner, change.resolution, change.duplicate_of);
    let request = Request {
        set: change.set,
        action: change.action.map(|name| ActionRequest { name, owner, resolution, duplicate_of, if_asked: false }),
        comment: change.comment.map_or(Ok(String::new()), |comment| typed("--comment", &comment))?,
        force: change.force,
        ..Request::default()
    };
    submit(entered, change.number, &request)
}

fn comment(entered: &Entered, number: i64, text: &str, internal: bool) -> Result<()> {
    let comment = typed("TEXT", text)?;
    if comment.trim().is_empty() {
        return Err(Error::invalid("TEXT", "A comment says something."));
    }
    if !internal {
        return submit(entered, number, &Request { comment, ..Request::default() });
    }
    let draft = note::Draft { text: comment, reply_to: None };
    let (site, project) = (&entered.site, &entered.project);
    match note::submit(site, project, entered.act(), number, &Request::default(), &draft) {
        Ok(submitted) => submitted.note.map_or(Ok(()), |note| print(&format!("{note}\n"))),
        Err(Error::NotFound(_)) => Err(missing(number)),
        Err(other) => Err(by_option(other)),
    }
}

fn merge(entered: &Entered, number: i64, into: i64) -> Result<()> {
    let done = merge::merge(&entered.project, entered.act(), number, into);
    print(&format!("{}\n", done.map_err(|error| by_number(error, number))?))
}

fn unmerge(entered: &Entered, number: i64) -> Result<()> {
    let done = merge::unmerge(&entered.project, entered.act(), number);
    match done.map_err(|error| by_number(error, number))? {
        Some(from) => print(&format!("{from}\n")),
        None => Ok(()),
    }
}

fn by_number(error: Error, number: i64) -> Error {
    match error {
        Error::NotFound(_) => missing(number),
        Error::Invalid(problems) => {
            let argument = |field: &str| if field == "into" { "B" } else { "A" }.to_owned();
            let bare = |problem: Problem| Problem { field: argument(&problem.field), ..problem };
            Error::Invalid(problems.into_iter().map(bare).collect())
        }
        other => other,
    }
}

/// Prints the number of the change; nothing if nothing differed, which is no failure (row C03).
fn submit(entered: &Entered, number: i64, request: &Request) -> Result<()> {
    match edit::change(&entered.site, &entered.project, entered.act(), number, request) {
        Ok(Outcome::Saved { number, .. }) => print(&format!("{number}\n")),
        Ok(Outcome::Unchanged) => Ok(()),
        Ok(Outcome::Conflict(plan)) => Err(Error::Invalid(edit::conflict_problems(&plan))),
        Err(Error::NotFound(_)) => Err(missing(number)),
        Err(other) => Err(by_option(other)),
    }
}

fn missing(number: i64) -> Error {
    Error::not_found(format!("there is no ticket {number}"))
}

/// A text that was given, or with `-` what standard input holds.
fn typed(option: &str, given: &str) -> Result<String> {
    let text = if given == "-" { read_input(option, LARGEST_TEXT as u64)? } else { given.to_owned() };
    Ok(lines_lf(&text).replace('\0', "\u{FFFD}"))
}

/// `priority=major`. A field that does not exist is refused later, together with all that is wrong.
fn assignment(typed: &str) -> std::result::Result<(String, String), String> {
    match typed.split_once('=') {
        Some((field, value)) if !field.trim().is_empty() => Ok((field.trim().to_owned(), value.to_owned())),
        _ => Err("it is written FIELD=VALUE".to_owned()),
    }
}

/// The same problems, naming options of the command in place of fields of the form.
fn by_option(error: Error) -> Error {
    let Error::Invalid(problems) = error else { return error };
    let option = |name: &str| match name {
        "field_summary" => "--summary".to_owned(),
        "field_description" => "--description".to_owned(),
        "attachment" => "--attach".to_owned(),
        "action" | "comment" => format!("--{name}"),
        "close_anyway" => "--force".to_owned(),
        name if name.starts_with("action_") && name.ends_with("_reassign_owner") => "--owner".to_owned(),
        name if name.starts_with("action_") && name.ends_with("_duplicate_of") => "--duplicate-of".to_owned(),
        name if name.starts_with("action_") => "--resolution".to_owned(),
        name => name.strip_prefix("field_").map_or_else(|| name.to_owned(), |field| format!("--set {field}")),
    };
    Error::Invalid(problems.into_iter().map(|problem| Problem { field: option(&problem.field), ..problem }).collect())
}
