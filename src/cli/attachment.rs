//! `trackway attachment …` (row H12): files of pages, tickets and milestones.

use std::fs::File;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use clap::Subcommand;
use serde_json::json;

use super::output::{List, print};
use super::{Entered, Shell};
use crate::attachment::blob::{self, Spool};
use crate::attachment::edit::{self, Add, Move, NewFile};
use crate::attachment::store::{self, FileRow};
use crate::base::component::Owner;
use crate::base::error::{Error, Result};
use crate::base::site::UPLOAD_LIMIT;

/// Ids that `list` reads at once.
const AT_ONCE: usize = 500;

#[derive(Debug, Subcommand)]
pub enum Command {
    /// The files of something, or of the whole project
    List {
        project: String,
        /// `wiki:Page`, `ticket:12` or `milestone:1.0`
        parent: Option<String>,
    },
    /// Attach files; prints their names
    Add {
        project: String,
        /// `wiki:Page`, `ticket:12` or `milestone:1.0`
        parent: String,
        #[arg(required = true)]
        files: Vec<PathBuf>,
        /// One line about them
        #[arg(long, default_value = "")]
        description: String,
        /// Take the place of files of the same names; else the new ones get numbers
        #[arg(long)]
        replace: bool,
    },
    /// Remove a file
    Remove { project: String, parent: String, name: String },
    /// Move a file, with the versions it has had, to something else
    Move {
        project: String,
        parent: String,
        name: String,
        /// Where it goes: `wiki:Page`, `ticket:12` or `milestone:1.0`
        to: String,
        /// Its new name
        #[arg(long = "name", value_name = "NEW")]
        new_name: Option<String>,
    },
    /// Write a file, or all files of something, into a folder; what is there is not overwritten
    Export {
        project: String,
        parent: String,
        name: Option<String>,
        /// The folder, or `-` for standard output
        #[arg(long, default_value = ".")]
        to: PathBuf,
        /// What it was before it was replaced: 1 is the first
        #[arg(long, value_name = "K", requires = "name")]
        version: Option<usize>,
    },
}

pub fn run(shell: &Shell, command: Command) -> Result<()> {
    match command {
        Command::List { project, parent } => list(shell, &shell.enter(&project)?, parent.as_deref()),
        Command::Add { project, parent, files, description, replace } => {
            let entered = shell.enter(&project)?;
            let owner = owner(&entered, "PARENT", &parent)?;
            let files = files.iter().map(|path| spooled(&entered, "FILE", path)).collect::<Result<Vec<_>>>()?;
            let add = Add { parent: &owner.resource, files, description: &description, replace };
            for file in edit::add(&entered.project, entered.act(), add)? {
                print(&format!("{}\n", file.name))?;
            }
            Ok(())
        }
        Command::Remove { project, parent, name } => {
            let entered = shell.enter(&project)?;
            let owner = owner(&entered, "PARENT", &parent)?;
            edit::remove(&entered.project, entered.act(), &owner.resource, &name).map_err(|error| no_file(error, &name))
        }
        Command::Move { project, parent, name, to, new_name } => {
            let entered = shell.enter(&project)?;
            let (from, to) = (owner(&entered, "PARENT", &parent)?, owner(&entered, "TO", &to)?);
            let wish = Move { parent: &from.resource, name: &name, to: &to.resource, new_name: new_name.as_deref() };
            let moved = edit::move_to(&entered.project, entered.act(), &wish).map_err(|error| no_file(error, &name))?;
            print(&format!("{}\n", moved.name))
        }
        Command::Export { project, parent, name, to, version } => {
            let entered = shell.enter(&project)?;
            let owner = owner(&entered, "PARENT", &parent)?;
            for file in exported(&entered, &owner, name.as_deref(), version)? {
                write(&entered, &file, &to)?;
            }
            Ok(())
        }
    }
}

/// What `wiki:Page` or `ticket:12` names.
fn owner(entered: &Entered, argument: &str, written: &str) -> Result<Owner> {
    let (realm, id) = written.split_once(':').ok_or_else(|| {
        Error::invalid(
            argument,
            format!("“{written}” names nothing; write `wiki:Page`, `ticket:12` or `milestone:1.0`."),
        )
    })?;
    entered
        .project
        .read(|db| entered.project.components().owner(db, &entered.viewer, realm, id))?
        .ok_or_else(|| Error::not_found(format!("there is no {realm} “{id}”")))
}

fn no_file(error: Error, name: &str) -> Error {
    match error {
        Error::NotFound(_) => Error::not_found(format!("there is no file “{name}”")),
        other => other,
    }
}

fn list(shell: &Shell, entered: &Entered, parent: Option<&str>) -> Result<()> {
    let mut list = List::new(&["name", "parent", "size", "author", "added", "description"]);
    let mut row = |owner: &Owner, file: &FileRow| {
        list.row(vec![
            json!(file.name),
            json!(format!("{}:{}", owner.realm, owner.id)),
            json!(file.size),
            json!(file.author_name),
            json!(file.added_at.iso()),
            json!(file.description),
        ]);
    };
    if let Some(parent) = parent {
        let owner = owner(entered, "PARENT", parent)?;
        for file in entered.project.read(|db| store::of_parent(db, &owner.resource))? {
            row(&owner, &file);
        }
        return list.print(shell.format);
    }
    let mut after = 0;
    loop {
        let last = entered.project.read(|db| {
            let ids = store::ids_after(db, after, AT_ONCE)?;
            for id in &ids {
                let Some(file) = store::by_id(db, *id)? else { continue };
                if let Some(owner) = entered.project.components().owner_of(db, &entered.viewer, &file.parent)? {
                    row(&owner, &file);
                }
            }
            Ok(ids.last().copied())
        })?;
        match last {
            Some(last) => after = last,
            None => return list.print(shell.format),
        }
    }
}

fn exported(entered: &Entered, owner: &Owner, name: Option<&str>, version: Option<usize>) -> Result<Vec<FileRow>> {
    entered.project.read(|db| {
        let Some(name) = name else {
            return store::of_parent(db, &owner.resource);
        };
        let missing = || Error::not_found(format!("there is no file “{name}”"));
        let file = store::find(db, &owner.resource, name)?.ok_or_else(missing)?;
        let Some(number) = version else { return Ok(vec![file]) };
        let old = store::versions(db, file.id)?.into_iter().nth(number.wrapping_sub(1));
        let old = old.ok_or_else(|| Error::not_found(format!("“{name}” has no version {number}")))?;
        Ok(vec![FileRow { name: file.name, ..old }])
    })
}

/// Names of files hold no path, so nothing is written beside the folder.
fn write(entered: &Entered, file: &FileRow, to: &Path) -> Result<()> {
    let mut contents = blob::open(&entered.project, &file.hash, file.size)?;
    if to == Path::new("-") {
        return match io::copy(&mut contents, &mut io::stdout().lock()) {
            Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(error.into()),
            _ => Ok(()),
        };
    }
    let path = to.join(&file.name);
    let refused = |error: io::Error| match error.kind() {
        ErrorKind::AlreadyExists => Error::conflict(format!("{} is there already", path.display())),
        _ => Error::invalid("--to", format!("{}: {error}.", path.display())),
    };
    let mut output = File::create_new(&path).map_err(refused)?;
    io::copy(&mut contents, &mut output).map_err(refused)?;
    print(&format!("{}\n", path.display()))
}

/// A file on its way in, read as far as the site takes it. `argument` is what named it.
pub(super) fn spooled(entered: &Entered, argument: &str, path: &Path) -> Result<NewFile> {
    let refused = |why: String| Error::invalid(argument, format!("{}: {why}.", path.display()));
    let limit = entered.site.read(|db| UPLOAD_LIMIT.number(db))?.unsigned_abs();
    let file = File::open(path).map_err(|error| refused(error.to_string()))?;
    // A pipe or a device may never end.
    if !file.metadata().is_ok_and(|metadata| metadata.is_file()) {
        return Err(refused("it is no file".to_owned()));
    }
    let name = path.file_name().and_then(|name| name.to_str()).ok_or_else(|| refused("its name is no text".into()))?;
    let mut contents = Spool::new(&blob::folder(&entered.project), limit)?;
    contents.write_all_of(file)?;
    if contents.is_too_large() || contents.size() == 0 {
        return Err(refused(if contents.size() == 0 { "it is empty" } else { "it is too large" }.to_owned()));
    }
    Ok(NewFile { name: name.to_owned(), contents })
}
