//! `trackway user …` and `trackway group …`

use clap::Subcommand;
use serde_json::json;

use super::output::{List, print};
use super::{Shell, actor, address, read_input};
use crate::auth::accounts::{self, NewAccount};
use crate::auth::{groups, links, passwords};
use crate::base::error::{Error, Result};
use crate::base::event::Via;
use crate::base::site::Site;

#[derive(Debug, Subcommand)]
pub enum UserCommand {
    /// Make an account; without a password it signs in by the link that is printed
    Add {
        name: String,
        /// Taken as proven: commits of its author act for the account
        #[arg(long, default_value = "")]
        email: String,
        #[arg(long, default_value = "", value_name = "N")]
        full_name: String,
        /// An administrator of the whole site
        #[arg(long)]
        admin: bool,
        /// Read the password from standard input
        #[arg(long)]
        password_stdin: bool,
    },
    /// The accounts there are
    List,
    /// Set a password, read from standard input
    Password { name: String },
    /// Shut an account out and end its sessions
    Disable { name: String },
    /// Let it in again
    Enable { name: String },
    /// Print a link that lets its owner in once to choose a password
    Link { name: String },
    /// Set the e-mail address, as proven: commits of its author act with the rights of this account
    Email {
        name: String,
        /// Empty: none
        address: String,
    },
}

#[derive(Debug, Subcommand)]
pub enum GroupCommand {
    /// Make a group
    Create { name: String },
    /// Take a group away, and with it what it was granted
    Remove { name: String },
    /// Put accounts into a group
    Add {
        name: String,
        #[arg(required = true)]
        users: Vec<String>,
    },
    /// Take accounts out of a group
    Drop {
        name: String,
        #[arg(required = true)]
        users: Vec<String>,
    },
    /// The groups there are, with their members
    List,
}

pub fn run_user(shell: &Shell, command: UserCommand) -> Result<()> {
    let site = if matches!(command, UserCommand::Add { .. }) { shell.site_or_new()? } else { shell.site()? };
    let principal = shell.administrator(&site)?;
    let by = actor(&principal);
    match command {
        UserCommand::Add { name, email, full_name, admin, password_stdin } => {
            let password = if password_stdin { Some(password_from_input(&name)?) } else { None };
            let linked = password.is_none();
            let new = NewAccount { login: &name, display_name: &full_name, email: &email, password, admin };
            let account = site.write(by, Via::Command, |db, record| {
                let account = accounts::create(db, record, &new)?;
                // An administrator gives the address, so it is taken as theirs.
                accounts::set_email(db, record, account.id, &email)?;
                Ok(account)
            })?;
            if linked { print_link(&site, account.id) } else { Ok(()) }
        }
        UserCommand::List => list_users(shell, &site),
        UserCommand::Password { name } => {
            let account = site.read(|db| accounts::load(db, &name))?;
            let hash = password_from_input(&account.login)?;
            site.write(by, Via::Command, |db, record| accounts::save_password(db, record, account.id, &hash, None))
        }
        UserCommand::Email { name, address } => {
            let account = site.read(|db| accounts::load(db, &name))?;
            site.write(by, Via::Command, |db, record| accounts::set_email(db, record, account.id, &address))
        }
        UserCommand::Disable { name } => set_disabled(&site, by, &name, true),
        UserCommand::Enable { name } => set_disabled(&site, by, &name, false),
        UserCommand::Link { name } => {
            let account = site.read(|db| accounts::load(db, &name))?;
            if account.disabled {
                return Err(Error::conflict(format!("the account `{name}` is disabled; enable it first")));
            }
            print_link(&site, account.id)
        }
    }
}

fn password_from_input(login: &str) -> Result<String> {
    let typed = read_input("password", 4096)?;
    let password = typed.strip_suffix('\n').unwrap_or(&typed);
    let password = password.strip_suffix('\r').unwrap_or(password);
    match passwords::problem(password, login) {
        Some(problem) => Err(Error::Invalid(vec![problem])),
        None => passwords::hash(password),
    }
}

fn print_link(site: &Site, account: i64) -> Result<()> {
    let token = site.db().write(|db| links::create(db, Some(account)))?;
    let address = address(site)?;
    print(&format!("{}\n", address.absolute(&format!("{}/-/link/{token}", address.base))))
}

fn set_disabled(site: &Site, by: Option<i64>, name: &str, disabled: bool) -> Result<()> {
    let account = site.read(|db| accounts::load(db, name))?;
    site.write(by, Via::Command, |db, record| accounts::set_disabled(db, record, account.id, disabled))
}

fn list_users(shell: &Shell, site: &Site) -> Result<()> {
    let mut list = List::new(&["name", "full_name", "email", "admin", "disabled", "last_seen"]);
    for account in site.read(accounts::list)? {
        list.row(vec![
            json!(account.login),
            json!(account.display_name),
            json!(account.email),
            json!(account.admin),
            json!(account.disabled),
            json!(account.last_seen_at.map(|at| at.iso())),
        ]);
    }
    list.print(shell.format)
}

pub fn run_group(shell: &Shell, command: GroupCommand) -> Result<()> {
    let site = if matches!(command, GroupCommand::Create { .. }) { shell.site_or_new()? } else { shell.site()? };
    let principal = shell.administrator(&site)?;
    site.write(actor(&principal), Via::Command, |db, record| match &command {
        GroupCommand::Create { name } => groups::create(db, record, name),
        GroupCommand::Remove { name } => groups::remove(db, record, name),
        GroupCommand::Add { name, users } => groups::add(db, record, name, users),
        GroupCommand::Drop { name, users } => groups::drop(db, record, name, users),
        GroupCommand::List => Ok(()),
    })?;
    if matches!(command, GroupCommand::List) {
        let mut list = List::new(&["name", "members"]);
        for group in site.read(groups::list)? {
            list.row(vec![json!(group.name), json!(group.members)]);
        }
        return list.print(shell.format);
    }
    Ok(())
}
