//! `trackway user …` and `trackway group …`

use clap::Subcommand;
use serde_json::json;

use super::output::{List, print};
use super::{Shell, actor, address, read_input};
use crate::auth::accounts::{self, NewAccount};
use crate::auth::registration::{self, Invitation};
use crate::auth::sessions::{self, Session};
use crate::auth::{groups, links, passwords, persons, second_factor};
use crate::base::error::{Error, Result};
use crate::base::event::{NewEvent, Via};
use crate::base::resource::Resource;
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
    /// Make an account and send its owner a link to choose a password; without an address the link is printed
    Invite {
        name: String,
        #[arg(long, default_value = "")]
        email: String,
        #[arg(long, default_value = "", value_name = "N")]
        full_name: String,
        /// A group that it is put into; can be given several times
        #[arg(long = "group", value_name = "GROUP")]
        groups: Vec<String>,
    },
    /// Let somebody in who has registered
    Approve { name: String },
    /// Give an account another name; the old one goes on leading to it
    Rename { name: String, new: String },
    /// Forget who an account was: names, addresses, sessions and tokens go, here and in every project; there is no way back
    Forget {
        name: String,
        /// The same name once more, to be sure
        #[arg(long, value_name = "NAME")]
        confirm: String,
    },
    /// Make somebody an administrator of the site
    Admin {
        name: String,
        /// Take it away
        #[arg(long)]
        off: bool,
    },
    /// Where somebody is signed in
    Sessions {
        name: String,
        /// End them all
        #[arg(long)]
        end: bool,
    },
    /// Second factors
    #[command(subcommand)]
    SecondFactor(SecondFactorCommand),
    /// Set the e-mail address, as proven: commits of its author act with the rights of this account
    Email {
        name: String,
        /// Empty: none
        address: String,
    },
}

#[derive(Debug, Subcommand)]
pub enum SecondFactorCommand {
    /// Take it from an account whose owner has lost the app and the recovery codes
    Reset { name: String },
}

#[derive(Debug, Subcommand)]
pub enum GroupCommand {
    /// Make a group
    Create { name: String },
    /// Take a group away, and with it what it was granted
    Remove { name: String },
    /// Put accounts, or other groups, into a group
    Add {
        name: String,
        #[arg(required = true)]
        users: Vec<String>,
    },
    /// Take accounts or groups out of a group
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
            if linked { print_link(&site, by, account.id) } else { Ok(()) }
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
        UserCommand::Invite { name, email, full_name, groups } => {
            let invitation = Invitation { login: &name, full_name: &full_name, email: &email, groups: &groups };
            let account = site.write(by, Via::Command, |db, record| registration::invite(db, record, &invitation))?;
            if account.email.is_empty() { print_link(&site, by, account.id) } else { Ok(()) }
        }
        UserCommand::Approve { name } => {
            let account = site.read(|db| accounts::load(db, &name))?;
            site.write(by, Via::Command, |db, record| registration::approve(db, record, &account))
        }
        UserCommand::Rename { name, new } => {
            let account = site.read(|db| accounts::load(db, &name))?;
            persons::rename(&site, by, Via::Command, &account, &new)
        }
        UserCommand::Forget { name, confirm } => {
            if name != confirm {
                return Err(Error::invalid("--confirm", "It does not repeat the name, so nobody was forgotten."));
            }
            let account = site.read(|db| accounts::load(db, &name))?;
            persons::forget(&site, by, Via::Command, &account)
        }
        UserCommand::Admin { name, off } => {
            let account = site.read(|db| accounts::load(db, &name))?;
            site.write(by, Via::Command, |db, record| persons::set_admin(db, record, &account, !off))
        }
        UserCommand::Sessions { name, end } => {
            let account = site.read(|db| accounts::load(db, &name))?;
            if end {
                return site.write(by, Via::Command, |db, record| {
                    record(&NewEvent::new("session.ended", Resource::new("account", account.id), 1))?;
                    sessions::end_all(db, account.id, None).map(|_| ())
                });
            }
            list_sessions(shell, &site.read(|db| sessions::of_account(db, account.id))?)
        }
        UserCommand::SecondFactor(SecondFactorCommand::Reset { name }) => {
            let account = site.read(|db| accounts::load(db, &name))?;
            site.write(by, Via::Command, |db, record| second_factor::disable(db, record, &account))
        }
        UserCommand::Link { name } => {
            let account = site.read(|db| accounts::load(db, &name))?;
            if account.disabled {
                return Err(Error::conflict(format!("the account `{name}` is disabled; enable it first")));
            }
            print_link(&site, by, account.id)
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

fn print_link(site: &Site, by: Option<i64>, account: i64) -> Result<()> {
    let token = site.write(by, Via::Command, |db, record| links::create(db, record, Some(account)))?;
    let address = address(site)?;
    print(&format!("{}\n", address.absolute(&format!("{}/-/link/{token}", address.base))))
}

fn set_disabled(site: &Site, by: Option<i64>, name: &str, disabled: bool) -> Result<()> {
    let account = site.read(|db| accounts::load(db, name))?;
    site.write(by, Via::Command, |db, record| accounts::set_disabled(db, record, account.id, disabled))
}

fn list_sessions(shell: &Shell, sessions: &[Session]) -> Result<()> {
    let mut list = List::new(&["id", "since", "last_seen", "network", "by", "browser"]);
    for session in sessions {
        list.row(vec![
            json!(session.id()),
            json!(session.created_at.iso()),
            json!(session.last_seen_at.iso()),
            json!(session.network),
            json!(session.door),
            json!(session.agent),
        ]);
    }
    list.print(shell.format)
}

fn list_users(shell: &Shell, site: &Site) -> Result<()> {
    let mut list = List::new(&["name", "full_name", "email", "admin", "disabled", "waiting", "last_seen"]);
    for account in site.read(accounts::list)? {
        list.row(vec![
            json!(account.login),
            json!(account.display_name),
            json!(account.email),
            json!(account.admin),
            json!(account.disabled),
            json!(account.waiting),
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
        let mut list = List::new(&["name", "members", "groups"]);
        for group in site.read(groups::list)? {
            list.row(vec![json!(group.name), json!(group.members), json!(group.groups)]);
        }
        return list.print(shell.format);
    }
    Ok(())
}
