//! The demonstration: a throw-away site with a semester of work in it, so that a visitor sees everything at once.
//!
//! Five students and their instructor build a board for a quay: pages in versions, tickets with their talk, milestones, and
//! a git repository whose commits act. The texts lie in `semester/` as they were written; `script` reads them, `history`
//! makes the repository, `furniture` is what stands there before anybody comes, and `play` lets everything happen through the
//! same functions as forms and pushes, each at its own moment. Days are counted back from today, so that the semester always
//! ends about now.

mod calendar;
mod furniture;
mod history;
mod picture;
mod play;
mod script;
mod talk;
mod tickets;

use std::path::Path;

use rust_embed::RustEmbed;
use serde::Deserialize;

use crate::app::COMPONENTS;
use crate::base::error::{Error, Result};
use crate::base::site::{Site, hex, random_bytes};
use calendar::Calendar;

#[derive(RustEmbed)]
#[folder = "src/demo/semester"]
struct Semester;

/// What a visitor needs to know.
pub struct Demonstration {
    pub site: Site,
    /// The project's name.
    pub project: String,
    pub people: Vec<Character>,
    /// Opens all accounts.
    pub password: String,
}

/// Somebody of the story.
#[derive(Debug, Clone, Deserialize)]
pub struct Character {
    pub login: String,
    pub name: String,
    pub role: Role,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Administers the whole site.
    Administrator,
    /// May do everything in the project.
    Lead,
    Member,
    /// Commits, and has no account.
    Outside,
}

impl Character {
    pub fn email(&self) -> String {
        let domain = if self.role == Role::Outside { "port-ellory" } else { "slackwater" };
        format!("{}@{domain}.example", self.login)
    }
}

/// Makes a site with the demonstration in a folder that is empty or not there yet.
pub fn make(folder: &Path) -> Result<Demonstration> {
    let site = Site::create(folder, COMPONENTS)?;
    let project = script::project()?;
    let password = hex(&random_bytes::<6>());
    play::play(&site, &project, &Calendar::until_now(), &password)?;
    Ok(Demonstration { site, project: project.name, people: project.people, password })
}

/// A text of the semester.
fn text(file: &str) -> Result<String> {
    let found = Semester::get(file).ok_or_else(|| broken(&format!("there is no {file}")))?;
    Ok(String::from_utf8_lossy(&found.data).into_owned())
}

/// The files of one of its folders, in order.
fn files(folder: &str) -> Vec<String> {
    let mut files: Vec<String> =
        Semester::iter().filter(|file| file.starts_with(folder)).map(|file| file.into_owned()).collect();
    files.sort();
    files
}

/// The entries of a text, each of which begins with `=== ` at the beginning of a line.
fn entries(text: &str) -> impl Iterator<Item = &str> {
    text.strip_prefix("=== ").unwrap_or(text).split("\n=== ").filter(|entry| !entry.trim().is_empty())
}

/// The semester is part of the program: what is wrong with it is wrong with the program.
fn broken(what: &str) -> Error {
    Error::internal(format!("the semester of the demonstration: {what}"))
}
