//! `trackway commit-msg`: the hook by which git lets a message be looked at before it counts.

use std::collections::HashMap;
use std::fs::File;
use std::path::PathBuf;

use clap::Args;

use super::commit_refs::MAX_MESSAGE;
use super::{Shell, address, read_lossy};
use crate::base::error::{Error, Result};
use crate::code::commit_refs::{Context, Reading, Verb, near_misses, read};
use crate::ticket::TICKET_VIEW;
use crate::ticket::store::{self, TicketRow};

/// Warn of references to tickets that don't exist or are closed, and of what is nearly a reference.
///
/// Git's own comments are not read: whatever stands below its scissors line, and lines that begin with `#` or what
/// `core.commentChar` says instead, except if a digit follows the `#` directly (`#12 …`). The warnings go to standard error.
#[derive(Debug, Args)]
pub struct CommitMsg {
    project: String,
    /// The file with the message, as git names it to the hook
    file: PathBuf,
    /// Fail if there is any warning, so that git does not commit
    #[arg(long)]
    strict: bool,
}

/// Of these git takes one where it chooses by itself.
const CHOSEN_BY_GIT: &str = "#;@!$%^&|:";

pub fn run(shell: &Shell, command: &CommitMsg) -> Result<()> {
    let failed = |why: String| Error::invalid("file", format!("{}: {why}.", command.file.display()));
    let file = File::open(&command.file).map_err(|error| failed(error.to_string()))?;
    let message = read_lossy(file, "file", MAX_MESSAGE).map_err(|error| failed(error.to_string()))?;
    let entered = shell.enter(&command.project)?;
    entered.viewer.require(TICKET_VIEW)?;
    let address = address(&entered.site)?;
    let prefixes = [address.absolute(&address.base)];
    let context = Context { project: Some(&entered.row.name), site_prefixes: &prefixes };
    let (message, mut warnings) = without_comments(&message, &comment_mark(&message), will_be_cleaned());
    let reading = read(&message, &context);
    let numbers: Vec<i64> = reading.tickets.keys().copied().collect();
    let rows = entered.project.read(|db| store::by_ids(db, &entered.viewer, &numbers))?;
    warnings.extend(about_tickets(&reading, &rows));
    for miss in near_misses(&message, &context) {
        let said = message[miss.range].split_whitespace().collect::<Vec<_>>().join(" ");
        warnings.push(format!("`{said}`: {}", miss.advice));
    }
    for warning in &warnings {
        eprintln!("trackway: {warning}");
    }
    if command.strict && !warnings.is_empty() {
        return Err(Error::conflict("The message has warnings, and the hook is strict: nothing is committed."));
    }
    Ok(())
}

fn about_tickets(reading: &Reading, rows: &[TicketRow]) -> Vec<String> {
    let rows: HashMap<i64, &TicketRow> = rows.iter().map(|row| (row.id, row)).collect();
    let mut warnings = Vec::new();
    for (ticket, asked) in &reading.tickets {
        let Some(row) = rows.get(ticket) else {
            warnings.push(format!("there is no ticket #{ticket}"));
            continue;
        };
        let is_closed = row.closed_at.is_some();
        match asked.verb {
            Verb::Close if is_closed => warnings.push(format!("#{ticket} is closed already")),
            Verb::Refer if is_closed => warnings.push(format!("#{ticket} is closed")),
            Verb::Reopen if !is_closed => warnings.push(format!("#{ticket} is not closed, so it can't be reopened")),
            _ => {}
        }
    }
    warnings
}

/// Whether git takes out lines that begin with `#` after this hook: it does if it let the message be edited. It names the
/// index to its hooks, and tells them by an editor of `:` that none was opened.
fn will_be_cleaned() -> bool {
    std::env::var_os("GIT_INDEX_FILE").is_some() && std::env::var_os("GIT_EDITOR").is_none_or(|editor| editor != ":")
}

/// What git's comments begin with in this repository. Where git chooses for itself (`auto`), it takes a character with which
/// no line of the message began; its comments stand last.
fn comment_mark(message: &str) -> String {
    let repository = git2::Repository::open_from_env().and_then(|repository| repository.config());
    let config = repository.or_else(|_| git2::Config::open_default());
    let said = config.and_then(|config| {
        let value = config.get_string("core.commentString");
        value.or_else(|_| config.get_string("core.commentChar"))
    });
    match said {
        Ok(mark) if mark == "auto" => {
            let last = message.lines().rev().find(|line| !line.trim().is_empty()).and_then(|line| line.chars().next());
            last.filter(|mark| CHOSEN_BY_GIT.contains(*mark)).unwrap_or('#').to_string()
        }
        Ok(mark) if !mark.is_empty() => mark,
        _ => "#".to_owned(),
    }
}

/// The message without git's comments, and a warning for each line that reads like text and will be taken for one.
fn without_comments(message: &str, mark: &str, will_be_cleaned: bool) -> (String, Vec<String>) {
    let mut kept = String::with_capacity(message.len());
    let mut warnings = Vec::new();
    for line in message.split_inclusive('\n') {
        let is_comment = line.starts_with(mark);
        if is_comment && line.contains("-- >8 --") {
            break;
        }
        let after = line.strip_prefix('#').filter(|_| mark == "#").unwrap_or_default();
        let is_reference = after.starts_with(|character: char| character.is_ascii_digit());
        if is_reference && will_be_cleaned {
            let said = line.trim_end();
            warnings.push(format!("`{said}`: git takes this line for a comment, because it begins with `#`"));
        }
        if !is_comment || is_reference && !will_be_cleaned {
            kept.push_str(line);
        }
    }
    (kept, warnings)
}

#[cfg(test)]
mod tests {
    use super::without_comments;

    #[test]
    fn comments_of_git_are_no_part_of_a_message() {
        let template = "Fixes #1\n\n# Please enter the message\n#\n#12 follows\n# --- >8 ---\nnot this\n";
        let cut = template.replace("# --- >8 ---", "# ------------------------ >8 ------------------------");
        assert_eq!(without_comments(&cut, "#", false).0, "Fixes #1\n\n#12 follows\n");
    }

    #[test]
    fn comments_begin_with_what_git_was_told() {
        let (kept, warnings) = without_comments("#12 doors\n; Please enter\n; ---- >8 ----\nnot this\n", ";", true);
        assert_eq!((kept.as_str(), warnings.len()), ("#12 doors\n", 0));
    }

    #[test]
    fn a_line_that_git_will_take_for_a_comment_is_told() {
        let (kept, warnings) = without_comments("#12 doors\n\nbody\n", "#", true);
        assert_eq!(kept, "\nbody\n");
        assert!(warnings[0].contains("`#12 doors`"));
    }
}
