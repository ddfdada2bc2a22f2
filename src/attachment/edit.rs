//! The one way to change files, whoever asks: form, JSON, command, import.

use serde_json::json;

use super::blob::{self, Blob, Spool};
use super::name;
use super::store::{self, FileRow, NewRow};
use crate::base::component::Owner;
use crate::base::error::{Error, Problem, Result};
use crate::base::event::NewEvent;
use crate::base::project::{Act, Project, Tx};
use crate::base::resource::Resource;
use crate::base::viewer::Viewer;
use crate::web::form::shortened;
use crate::web::page::file_size;

const LONGEST_DESCRIPTION: usize = 1000;
/// Files of one name on one parent (row H03).
const MOST_NUMBERS: u32 = 100;

/// A file as it was sent.
pub struct NewFile {
    /// As sent; becomes [`name::clean`].
    pub name: String,
    pub contents: Spool,
}

pub struct Add<'a> {
    /// What they are to hang on.
    pub parent: &'a Resource,
    pub files: Vec<NewFile>,
    /// One line without markup, for all of them.
    pub description: &'a str,
    /// Takes the place of files of the same names; otherwise the new ones get numbers.
    pub replace: bool,
}

/// Adds files: all of them, or none with every problem named. Needs the right to attach to that parent; replacing the file
/// of somebody else needs the right to remove it (rows H03, H09).
pub fn add(project: &Project, by: Act<'_>, add: Add<'_>) -> Result<Vec<FileRow>> {
    let owner = project.read(|db| owner(project, db, by.viewer, add.parent))?;
    owner.require(by.viewer, owner.to_attach)?;
    let names = checked(&add)?;
    let mut blobs = Vec::with_capacity(names.len());
    for file in add.files {
        blobs.push(blob::keep(project, file.contents)?);
    }
    let description = add.description.trim();
    project.write(by, |tx| {
        let owner = self::owner(project, tx, by.viewer, add.parent)?;
        owner.require(by.viewer, owner.to_attach)?;
        let adding = Adding { tx, viewer: by.viewer, owner: &owner, description, replace: add.replace };
        names.iter().zip(&blobs).map(|(name, blob)| adding.one(name, blob)).collect()
    })
}

/// Removes a file; its row and bytes stay. Own files always, those of others with the right of the parent (row H08).
pub fn remove(project: &Project, by: Act<'_>, parent: &Resource, name: &str) -> Result<()> {
    project.write(by, |tx| {
        let owner = owner(project, tx, by.viewer, parent)?;
        let file = store::find(tx, parent, name)?.ok_or_else(missing)?;
        require_to_remove(by.viewer, &owner, &file)?;
        store::mark_removed(tx, file.id, tx.actor(), tx.now())?;
        tx.record(&event("attachment.removed", file.id, &owner).saying("what", name).saying("of", &owner.title))?;
        Ok(())
    })
}

/// Where a file goes.
pub struct Move<'a> {
    pub parent: &'a Resource,
    pub name: &'a str,
    pub to: &'a Resource,
    /// None: the name that it has.
    pub new_name: Option<&'a str>,
}

/// Moves a file with its versions to something else, or gives it another name (row H12). Needs the right to remove it where
/// it is and to attach files where it goes.
pub fn move_to(project: &Project, by: Act<'_>, wish: &Move<'_>) -> Result<FileRow> {
    let new_name = wish.new_name.unwrap_or(wish.name);
    let name = name::clean(new_name)
        .ok_or_else(|| Error::invalid("name", format!("“{}” can't be the name of a file.", shortened(new_name))))?;
    project.write(by, |tx| {
        let from = owner(project, tx, by.viewer, wish.parent)?;
        let to = owner(project, tx, by.viewer, wish.to)?;
        let file = store::find(tx, wish.parent, wish.name)?.ok_or_else(missing)?;
        require_to_remove(by.viewer, &from, &file)?;
        to.require(by.viewer, to.to_attach)?;
        if store::is_taken(tx, wish.to, &name)? {
            return Err(Error::invalid("name", format!("There is a file “{name}” already.")));
        }
        store::set_place(tx, file.id, wish.to, &name, to.acl)?;
        let mut event = event("attachment.moved", file.id, &to);
        event.data["from"] = json!([from.resource.kind, from.resource.id]);
        tx.record(&event)?;
        store::by_id(tx, file.id)?.ok_or_else(missing)
    })
}

/// Whether this viewer may remove or replace that file.
pub fn may_remove(viewer: &Viewer, owner: &Owner, file: &FileRow) -> bool {
    let own = viewer.person.is_some() && viewer.person == file.author && owner.lets(viewer, owner.to_attach);
    own || owner.lets(viewer, owner.to_remove)
}

fn require_to_remove(viewer: &Viewer, owner: &Owner, file: &FileRow) -> Result<()> {
    if may_remove(viewer, owner, file) { Ok(()) } else { owner.require(viewer, owner.to_remove) }
}

/// What every address, form and command says of a file that is not there or may not be seen.
pub fn missing() -> Error {
    Error::not_found("There is no page at this address.")
}

fn owner(project: &Project, db: &rusqlite::Connection, viewer: &Viewer, parent: &Resource) -> Result<Owner> {
    project.components().owner_of(db, viewer, parent)?.ok_or_else(missing)
}

/// The clean names, or everything that is wrong.
fn checked(add: &Add<'_>) -> Result<Vec<String>> {
    let mut problems = Vec::new();
    let mut names = Vec::with_capacity(add.files.len());
    if add.files.is_empty() {
        problems.push(Problem::new("attachment", "Choose a file to attach."));
    }
    for file in &add.files {
        let Some(name) = name::clean(&file.name) else {
            let sent = shortened(&file.name);
            problems.push(Problem::new("attachment", format!("“{sent}” can't be the name of a file.")));
            continue;
        };
        if file.contents.is_too_large() {
            let most = file_size(i64::try_from(file.contents.limit()).unwrap_or(i64::MAX));
            problems.push(Problem::new("attachment", format!("“{name}” is larger than {most}.")));
        } else if file.contents.size() == 0 {
            problems.push(Problem::new("attachment", format!("“{name}” is empty.")));
        }
        names.push(name);
    }
    problems.extend(description_problem(add.description));
    if problems.is_empty() { Ok(names) } else { Err(Error::Invalid(problems)) }
}

/// What is wrong with a description, if anything is.
pub fn description_problem(description: &str) -> Option<Problem> {
    let description = description.trim();
    let length = description.chars().count();
    let why = if description.chars().any(char::is_control) {
        "A description is one line.".to_owned()
    } else if length > LONGEST_DESCRIPTION {
        format!("A description has at most {LONGEST_DESCRIPTION} characters, this one has {length}.")
    } else {
        return None;
    };
    Some(Problem::new("description", why))
}

struct Adding<'a> {
    tx: &'a Tx<'a>,
    viewer: &'a Viewer,
    owner: &'a Owner,
    description: &'a str,
    replace: bool,
}

impl Adding<'_> {
    fn one(&self, name: &str, blob: &Blob) -> Result<FileRow> {
        let tx = self.tx;
        if !blob::is_kept(tx.project(), blob) {
            return Err(Error::told("The file could not be stored. Please send it again.", "the blob was swept"));
        }
        let parent = &self.owner.resource;
        let known = store::find(tx, parent, name)?;
        let (name, old) = match known {
            None => (name.to_owned(), None),
            Some(old) if self.replace => {
                require_to_remove(self.viewer, self.owner, &old)?;
                store::mark_removed(tx, old.id, tx.actor(), tx.now())?;
                (name.to_owned(), Some(old))
            }
            Some(_) => (self.free(name)?, None),
        };
        let kept = old.as_ref().map(|old| old.description.as_str()).filter(|_| self.description.is_empty());
        let id = store::insert(
            tx,
            &NewRow {
                parent,
                name: &name,
                description: kept.unwrap_or(self.description),
                blob,
                author: tx.actor(),
                added_at: tx.now(),
                acl: self.owner.acl,
            },
        )?;
        match old {
            None => tx.record(&event("attachment.added", id, self.owner))?,
            Some(old) => {
                store::mark_replaced(tx, old.id, id)?;
                let mut event = event("attachment.replaced", id, self.owner);
                event.data["also"] = json!([["attachment", old.id]]);
                tx.record(&event)?
            }
        };
        store::by_id(tx, id)?.ok_or_else(|| Error::internal(format!("attachment {id} vanished while it was added")))
    }

    /// The first name with a number that is free.
    fn free(&self, name: &str) -> Result<String> {
        for number in 2..=MOST_NUMBERS {
            let numbered = name::numbered(name, number);
            if !store::is_taken(self.tx, &self.owner.resource, &numbered)? {
                return Ok(numbered);
            }
        }
        Err(Error::invalid(
            "attachment",
            format!(
                "There are {MOST_NUMBERS} files called “{name}” already; please give it another name or replace one."
            ),
        ))
    }
}

fn event(kind: &'static str, id: i64, owner: &Owner) -> NewEvent {
    NewEvent::new(kind, Resource::new("attachment", id), owner.acl)
        .data(json!({ "parent": [owner.resource.kind, owner.resource.id] }))
}
