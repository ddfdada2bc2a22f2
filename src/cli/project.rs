//! `trackway project …`

use std::io::Read;
use std::path::{Path, PathBuf};

use clap::Subcommand;
use serde_json::json;

use super::output::{List, print};
use super::{Shell, actor, roster};
use crate::admin::create::{self, NewProject};
use crate::admin::look;
use crate::auth::permissions;
use crate::base::error::{Error, Result};
use crate::base::event::Via;
use crate::base::site::{ProjectRow, Site, State};
use crate::code::repository;
use crate::upkeep::transfer::{self, Imported};
use crate::web;
use crate::web::look::MOST_BYTES;
use crate::web::page::file_size;

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Make a project with the first pages of the manual, or after the model of another one
    Create {
        /// 1 to 39 of a-z, 0-9 and `-`, beginning with a letter
        #[arg(required_unless_present = "roster", conflicts_with = "roster")]
        name: Option<String>,
        #[arg(long, default_value = "", conflicts_with = "roster")]
        title: String,
        /// A git repository to connect; only its git directory is read
        #[arg(long, value_name = "PATH", conflicts_with = "roster")]
        repo: Option<PathBuf>,
        /// Everybody may read, everybody who is signed in may write; else it is for its members
        #[arg(long, conflicts_with = "roster")]
        public: bool,
        /// Begin with the pages, settings, fields, workflows, lists and rights of another project instead of the manual
        #[arg(long, value_name = "TEMPLATE", conflicts_with = "public")]
        from: Option<String>,
        /// Make all projects, accounts and groups of a file with the header
        /// `project,title,login,email,full_name,group,role`, or nothing of it; `-` reads it from standard input
        #[arg(long, value_name = "FILE")]
        roster: Option<PathBuf>,
        /// Look through the roster and say what would be made
        #[arg(long, requires = "roster")]
        dry_run: bool,
        /// Print the one-time links of new accounts instead of sending them by mail
        #[arg(long, requires = "roster", conflicts_with = "dry_run")]
        links: bool,
    },
    /// The projects there are
    List {
        /// Those that were taken away
        #[arg(long)]
        removed: bool,
    },
    /// What is known of one
    Show { name: String },
    /// Give it another name; the old address goes on leading to it
    Rename { name: String, new_name: String },
    /// Keep it readable, but closed to changes
    Archive {
        name: String,
        /// Open it again
        #[arg(long)]
        undo: bool,
    },
    /// Take it away; its folder stays on disk
    Remove { name: String },
    /// Bring back what was taken away; `list --removed` tells its id
    Restore { id: String, name: String },
    /// Tell its logo or set it: a PNG, JPEG or WebP file of at most 256 KiB; colour and footer are the settings `look.accent`
    /// and `look.footer`
    Logo {
        name: String,
        file: Option<PathBuf>,
        /// Take it away
        #[arg(long, conflicts_with = "file")]
        remove: bool,
    },
    /// Write everything that it is into a new file, which `import` makes a project of here or elsewhere
    Export { name: String, file: PathBuf },
    /// Make a project of such a file; what is in it is looked at first
    Import {
        file: PathBuf,
        /// Another name than the one that it had
        name: Option<String>,
        /// Take people and groups of this site for those of the file that have the same login or name; else only accounts
        /// and groups count that it has come from
        #[arg(long)]
        same_names: bool,
        /// Go on reading git repositories in the folders that the file names; else they are to be connected again
        #[arg(long)]
        keep_repositories: bool,
    },
}

pub fn run(shell: &Shell, command: Command) -> Result<()> {
    match command {
        Command::Create { roster: Some(file), from, dry_run, links, .. } => {
            let asked = roster::Asked { file: &file, template: from.as_deref(), dry_run, links };
            roster::run(shell, &asked)
        }
        Command::Create { name, title, repo, public, from, .. } => {
            let site = shell.site_or_new()?;
            let principal = shell.administrator(&site)?;
            let new = NewProject {
                name: name.as_deref().unwrap_or_default(),
                title: &title,
                template: from.as_deref(),
                public,
                repository: repo.as_deref(),
            };
            let row = create::project(&site, actor(&principal), Via::Command, &new)?;
            print(&format!("{}\n", row.name))
        }
        Command::List { removed: false } => list(shell),
        Command::List { removed: true } => list_removed(shell),
        Command::Show { name } => show(shell, &name),
        Command::Rename { name, new_name } => {
            let site = shell.site()?;
            let principal = shell.administrator(&site)?;
            site.rename_project(&site.load(&name)?, &new_name, actor(&principal), Via::Command)
        }
        Command::Archive { name, undo } => set_state(shell, &name, if undo { State::Live } else { State::Archived }),
        Command::Remove { name } => set_state(shell, &name, State::Removed),
        Command::Restore { id, name } => {
            let site = shell.site()?;
            let principal = shell.administrator(&site)?;
            let row = removed(&site)?.into_iter().find(|row| row.id == id);
            let row = row.ok_or_else(|| Error::not_found(format!("no project with the id `{id}` was removed")))?;
            site.restore_project(&row, &name, actor(&principal), Via::Command)
        }
        Command::Logo { name, file, remove } => logo(shell, &name, file.as_deref(), remove),
        Command::Export { name, file } => {
            let site = shell.site()?;
            let principal = shell.administrator(&site)?;
            let made = transfer::export(&site, (actor(&principal), Via::Command), &site.load(&name)?, &file)?;
            print(&format!("{}, {}\n", made.file.display(), file_size(made.bytes as i64)))
        }
        Command::Import { file, name, same_names, keep_repositories } => {
            let wish = transfer::Wish { name: name.as_deref(), same_names, keep_repositories };
            import(shell, &file, &wish)
        }
    }
}

fn import(shell: &Shell, file: &Path, wish: &transfer::Wish<'_>) -> Result<()> {
    let site = shell.site_or_new()?;
    let principal = shell.administrator(&site)?;
    let Imported { row, settled, .. } = transfer::import(&site, (actor(&principal), Via::Command), file, wish)?;
    let mut text = format!("{}\n", row.name);
    for (names, what) in [
        (&settled.people, "Tied to their accounts here"),
        (&settled.strangers, "Without an account here that is known to be theirs, so without rights"),
        (&settled.no_groups, "Groups that are not here, so their rights are gone"),
    ] {
        if !names.is_empty() {
            text.push_str(&format!("{what}: {}\n", names.join(" ")));
        }
    }
    for (name, folder) in &settled.repositories {
        text.push_str(&format!(
            "The repository {name} was in {folder}; connect it with `trackway repo add {} PATH --name {name}`\n",
            row.name
        ));
    }
    print(&text)
}

fn logo(shell: &Shell, name: &str, file: Option<&Path>, remove: bool) -> Result<()> {
    let entered = shell.enter(name)?;
    let found = match file {
        Some(file) => {
            // One byte more than is allowed tells that it is too large.
            let mut bytes = Vec::new();
            std::fs::File::open(file)
                .and_then(|open| open.take(MOST_BYTES as u64 + 1).read_to_end(&mut bytes))
                .map_err(|error| Error::invalid("FILE", format!("{}: {error}.", file.display())))?;
            look::set_logo(&entered.project, entered.act(), Some(&bytes))?
        }
        None if remove => look::set_logo(&entered.project, entered.act(), None)?,
        None => entered.project.read(web::look::find)?,
    };
    print(&format!("{}\n", found.map_or_else(|| "none".to_owned(), |logo| logo.in_words())))
}

fn set_state(shell: &Shell, name: &str, state: State) -> Result<()> {
    let site = shell.site()?;
    let principal = shell.administrator(&site)?;
    site.set_state(&site.load(name)?, state, actor(&principal), Via::Command)
}

fn list(shell: &Shell) -> Result<()> {
    let site = shell.site()?;
    let principal = shell.principal(&site)?;
    let mut list = List::new(&["name", "title", "state"]);
    for row in site.projects()? {
        let seen = match site.project(&row).and_then(|project| permissions::enter(&project, &row, &principal)) {
            Ok(viewer) => viewer.is_some(),
            // A damaged project must not hide the others; who administers the site is told of it.
            Err(error) => {
                log::error!("project {}: {error}", row.name);
                principal.administers()
            }
        };
        if seen {
            list.row(vec![json!(row.name), json!(row.title), json!(row.state.name())]);
        }
    }
    list.print(shell.format)
}

fn list_removed(shell: &Shell) -> Result<()> {
    let site = shell.site()?;
    shell.administrator(&site)?;
    let mut list = List::new(&["id", "title", "created"]);
    for row in removed(&site)? {
        list.row(vec![json!(row.id), json!(row.title), json!(row.created_at.iso())]);
    }
    list.print(shell.format)
}

fn removed(site: &Site) -> Result<Vec<ProjectRow>> {
    Ok(site.kept_projects()?.into_iter().filter(|row| row.state == State::Removed).collect())
}

fn show(shell: &Shell, name: &str) -> Result<()> {
    let entered = shell.enter(name)?;
    let repositories = entered.project.read(repository::list)?;
    let mut list = List::new(&["field", "value"]);
    for (field, value) in [
        ("name", entered.row.name.clone()),
        ("title", entered.row.title.clone()),
        ("state", entered.row.state.name().to_owned()),
        ("created", entered.row.created_at.iso()),
        ("id", entered.row.id.clone()),
        ("folder", entered.project.dir().display().to_string()),
    ] {
        list.row(vec![json!(field), json!(value)]);
    }
    for repository in repositories {
        list.row(vec![json!(format!("repository {}", repository.name)), json!(repository.path.display().to_string())]);
    }
    list.print(shell.format)
}
