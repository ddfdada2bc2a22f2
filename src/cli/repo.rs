//! `trackway repo …`

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use serde_json::json;

use super::output::{Bar, List, print};
use super::{Entered, Shell};
use crate::auth::accounts::{self, Account};
use crate::base::error::{Error, Result};
use crate::base::site::Site;
use crate::base::viewer::TRAC_ADMIN;
use crate::code::repository::{self, ActsAs, Repository, Wish};
use crate::code::{VERSIONCONTROL_ADMIN, sync};

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Connect a git repository; what is in it already never acts on tickets
    Add {
        project: String,
        /// The repository: a working folder or a bare one; only its git directory is read
        path: PathBuf,
        /// Else it is called after its folder
        #[arg(long)]
        name: Option<String>,
        #[command(flatten)]
        how: How,
    },
    /// The repositories of a project
    List { project: String },
    /// Change how commits act
    Change {
        project: String,
        name: String,
        #[command(flatten)]
        how: How,
    },
    /// Take in what was pushed: for hooks such as post-receive. A running server notices by itself
    Sync {
        project: String,
        /// Only this repository
        #[arg(long, value_name = "NAME")]
        repository: Option<String>,
        /// Who pushed, for repositories whose commits act for who pushes them
        #[arg(long, value_name = "LOGIN")]
        pusher: Option<String>,
    },
    /// Print a new secret for a hook that asks over HTTP; an earlier one no longer works
    Secret { project: String, name: String },
    /// Disconnect a repository; what its commits did stays
    Remove { project: String, name: String },
}

#[derive(Debug, Args)]
pub struct How {
    #[arg(long, value_name = "TEXT")]
    description: Option<String>,
    /// Branches on which commits close and reopen beside the default one; `release*` is every one that begins so
    #[arg(long, value_name = "NAMES")]
    acting_branches: Option<String>,
    /// The default branch of a repository with a working folder; a bare one says it by its HEAD
    #[arg(long, value_name = "NAME")]
    default_branch: Option<String>,
    /// Whose rights its commits have
    #[arg(long, value_enum, value_name = "WHO")]
    acts_as: Option<Who>,
    /// The account that all its commits act for; the same as `--acts-as account`
    #[arg(long, value_name = "LOGIN")]
    account: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Who {
    /// The account whose proven e-mail address is the author's
    Author,
    /// The same by the committer's address
    Committer,
    /// Whom the hook names
    Pusher,
    /// The one account of `--account`
    Account,
    /// Nobody's: commits are shown and do nothing
    Nobody,
}

impl Who {
    fn acts_as(self) -> ActsAs {
        match self {
            Self::Author => ActsAs::Author,
            Self::Committer => ActsAs::Committer,
            Self::Pusher => ActsAs::Pusher,
            Self::Account => ActsAs::Account,
            Self::Nobody => ActsAs::Nobody,
        }
    }
}

pub fn run(shell: &Shell, command: Command) -> Result<()> {
    match command {
        Command::Add { project, path, name, how } => {
            let entered = shell.enter(&project)?;
            entered.viewer.require(TRAC_ADMIN)?;
            let directory = repository::discover(&path)
                .ok_or_else(|| Error::invalid("PATH", format!("{} is no git repository.", path.display())))?;
            let name = name.unwrap_or_else(|| repository::name_of(&directory));
            let wish = wish(&entered.site, &how)?;
            repository::connect(&entered.project, entered.act(), &directory, &name, &wish)?;
            print(&format!("{name}\n"))
        }
        Command::List { project } => list(shell, &project),
        Command::Change { project, name, how } => {
            let (entered, repository) = find(shell, &project, &name)?;
            let wish = wish(&entered.site, &how)?;
            repository::change(&entered.project, entered.act(), repository.id, &wish)
        }
        Command::Sync { project, repository, pusher } => {
            take_in(shell, &project, repository.as_deref(), pusher.as_deref())
        }
        Command::Secret { project, name } => {
            let (entered, repository) = find(shell, &project, &name)?;
            let secret = repository::new_secret(&entered.project, entered.act(), repository.id)?;
            print(&format!("{secret}\n"))
        }
        Command::Remove { project, name } => {
            let (entered, repository) = find(shell, &project, &name)?;
            repository::remove(&entered.project, entered.act(), repository.id)
        }
    }
}

fn find(shell: &Shell, project: &str, name: &str) -> Result<(Entered, Repository)> {
    let entered = shell.enter(project)?;
    entered.viewer.require(VERSIONCONTROL_ADMIN)?;
    let repository = entered.project.read(|db| repository::load(db, name))?;
    Ok((entered, repository))
}

fn wish(site: &Site, how: &How) -> Result<Wish> {
    let account = how.account.as_deref().map(|login| account(site, "--account", login)).transpose()?;
    let acts_as = how.acts_as.map(Who::acts_as).or(account.as_ref().map(|_| ActsAs::Account));
    if account.is_none() && acts_as == Some(ActsAs::Account) {
        return Err(Error::invalid("--account", "`--acts-as account` needs the account, by `--account LOGIN`."));
    }
    Ok(Wish {
        description: how.description.clone(),
        acting_branches: how.acting_branches.clone(),
        default_branch: how.default_branch.clone(),
        acts_as,
        acts_as_account: account.map(|account| account.uuid),
    })
}

fn account(site: &Site, option: &str, login: &str) -> Result<Account> {
    let found = site.read(|db| accounts::by_login(db, login))?;
    found.ok_or_else(|| Error::invalid(option, format!("There is no account `{login}`.")))
}

fn list(shell: &Shell, project: &str) -> Result<()> {
    let entered = shell.enter(project)?;
    entered.viewer.require(VERSIONCONTROL_ADMIN)?;
    let mut list =
        List::new(&["name", "path", "acts_as", "account", "default_branch", "acting_branches", "synced", "trouble"]);
    for repository in entered.project.read(repository::list)? {
        let account = entered.site.read(|db| accounts::by_uuid(db, &repository.acts_as_account))?;
        list.row(vec![
            json!(repository.name),
            json!(repository.path.display().to_string()),
            json!(repository.acts_as.name()),
            json!(account.map(|account| account.login)),
            json!(repository.default_branch),
            json!(repository.acting_branches),
            json!(repository.synced_at.map(|at| at.iso())),
            json!(repository.trouble),
        ]);
    }
    list.print(shell.format)
}

fn take_in(shell: &Shell, project: &str, name: Option<&str>, pusher: Option<&str>) -> Result<()> {
    let entered = shell.enter(project)?;
    // Of an archived project the commits are taken in too: they do nothing there.
    if !entered.viewer.principal.administers() {
        entered.viewer.require(VERSIONCONTROL_ADMIN)?;
    }
    let repositories = match name {
        Some(name) => vec![entered.project.read(|db| repository::load(db, name))?],
        None => entered.project.read(repository::list)?,
    };
    let pusher = pusher.map(|login| account(&entered.site, "--pusher", login)).transpose()?;
    let wish = sync::Wish { pusher: pusher.as_ref(), ..sync::Wish::default() };
    let mut list = List::new(&["repository", "stored", "acted"]);
    let mut failed = Vec::new();
    for repository in repositories {
        let mut bar = Bar::new(&repository.name, "commits");
        let synced =
            sync::sync(&entered.site, &entered.project, repository.id, wish, &mut |done, total| bar.at(done, total));
        bar.end();
        match synced {
            Ok(synced) => list.row(vec![json!(repository.name), json!(synced.stored), json!(synced.acted)]),
            // The others are synced all the same.
            Err(error) => failed.push(error.to_string()),
        }
    }
    list.print(shell.format)?;
    if failed.is_empty() { Ok(()) } else { Err(Error::conflict(failed.join(" "))) }
}
