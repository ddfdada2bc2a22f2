//! Making projects: one with the first pages of the manual, one after the model of a template project, or many from a roster.
//!
//! * [`template`]: what is copied from a template, and [`tables`], the list of it.
//! * [`roster`]: many at once.
//! * `new_pages`: `/-/admin/projects/new`.

pub mod roster;
pub mod tables;
pub mod template;

pub(super) mod new_pages;
pub(super) mod roster_pages;

use std::path::Path;

use crate::auth::permissions;
use crate::base::error::{Error, Result};
use crate::base::event::Via;
use crate::base::project::{Act, Project};
use crate::base::site::{ProjectRow, Site};
use crate::base::viewer::{DEFAULT_CLASS, Principal, TRAC_ADMIN, Viewer};
use crate::code::repository;
use crate::wiki;

/// A project that is to be made.
#[derive(Debug, Clone, Copy, Default)]
pub struct NewProject<'a> {
    pub name: &'a str,
    pub title: &'a str,
    /// The name of the project that it is made after; none: the default rights and the first pages of the manual.
    pub template: Option<&'a str>,
    /// Without a template: everybody may read, everybody who is signed in may write.
    pub public: bool,
    /// A git repository to connect.
    pub repository: Option<&'a Path>,
}

/// Makes a project. `actor`: the account that does it.
pub fn project(site: &Site, actor: Option<i64>, via: Via, new: &NewProject<'_>) -> Result<ProjectRow> {
    if let Some(path) = new.repository
        && repository::discover(path).is_none()
    {
        return Err(Error::invalid("--repo", format!("{} is no git repository.", path.display())));
    }
    let model = new.template.map(|name| open_template(site, name)).transpose()?;
    site.create_project(new.name, new.title, actor, via, |project| {
        let viewer = builder();
        let by = Act::new(&viewer, Via::System);
        match &model {
            Some(model) => template::copy(model, project, by)?,
            None => fill(site, project, by, new.public)?,
        }
        connect(project, by, new.repository)
    })
}

/// The project of that name, to be copied.
pub(super) fn open_template(site: &Site, name: &str) -> Result<std::sync::Arc<Project>> {
    let row = site.find(name)?;
    let row = row.ok_or_else(|| Error::invalid("template", format!("There is no project `{name}` to copy.")))?;
    site.project(&row)
}

fn fill(site: &Site, project: &Project, by: Act<'_>, public: bool) -> Result<()> {
    let permissions = project.components().permissions();
    project.db().write(|db| permissions::grant_defaults(db, &permissions, public))?;
    wiki::defaults::fill(site, project, by)
}

fn connect(project: &Project, by: Act<'_>, repository: Option<&Path>) -> Result<()> {
    match repository.and_then(repository::discover) {
        Some(directory) => {
            let name = repository::name_of(&directory);
            repository::connect(project, by, &directory, &name, &repository::Wish::default()).map(|_| ())
        }
        None => Ok(()),
    }
}

/// Who writes the first pages, before there is anybody in the project.
pub(super) fn builder() -> Viewer {
    Viewer {
        principal: Principal::operator().into(),
        person: None,
        permissions: [TRAC_ADMIN.name].into(),
        classes: vec![DEFAULT_CLASS],
        joined_classes: Vec::new(),
        archived: false,
        local: None,
    }
}
