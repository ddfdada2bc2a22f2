//! `trackway setting …`

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::output::{List, print};
use super::{Entered, Shell, actor, read_input};
use crate::admin::settings::{named, of_scope, set_project, set_site, value_of};
use crate::app::COMPONENTS;
use crate::base::audit::{self, Auditor};
use crate::base::db::Db;
use crate::base::error::Result;
use crate::base::event::Via;
use crate::base::settings::{Scope, Setting};
use crate::base::site::Site;

#[derive(Debug, Args)]
pub struct Of {
    /// Of this project; else of the site
    #[arg(long)]
    project: Option<String>,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Everything that can be set, with what it is now
    List {
        #[command(flatten)]
        of: Of,
    },
    /// One setting: what it is for, what it takes, who changed it last
    Show {
        name: String,
        #[command(flatten)]
        of: Of,
    },
    /// Set it; `-` reads the value from standard input, which keeps a secret out of the list of processes
    Set {
        name: String,
        value: String,
        #[command(flatten)]
        of: Of,
    },
    /// Go back to the default
    Reset {
        name: String,
        #[command(flatten)]
        of: Of,
    },
}

/// Whose settings, with the right to see and to change them.
enum Owner {
    Site(Box<Site>, Option<i64>, Auditor),
    Project(Box<Entered>, Auditor),
}

impl Owner {
    fn enter(shell: &Shell, of: &Of) -> Result<Self> {
        match &of.project {
            None => {
                let site = shell.site()?;
                let principal = shell.administrator(&site)?;
                Ok(Self::Site(Box::new(site), actor(&principal), Auditor::of_site(&principal)?))
            }
            Some(name) => {
                let entered = shell.enter(name)?;
                entered.require_administrator()?;
                let auditor = Auditor::of_project(&entered.viewer)?;
                Ok(Self::Project(Box::new(entered), auditor))
            }
        }
    }

    fn scope(&self) -> Scope {
        match self {
            Self::Site(..) => Scope::Site,
            Self::Project(..) => Scope::Project,
        }
    }

    fn db(&self) -> &Db {
        match self {
            Self::Site(site, ..) => site.db(),
            Self::Project(entered, _) => entered.project.db(),
        }
    }

    fn auditor(&self) -> Auditor {
        match self {
            Self::Site(_, _, auditor) | Self::Project(_, auditor) => *auditor,
        }
    }

    fn set(&self, setting: &'static Setting, value: Option<&str>) -> Result<()> {
        match self {
            Self::Site(site, actor, _) => set_site(site, *actor, Via::Command, &[(setting, value)]),
            Self::Project(entered, _) => set_project(&entered.project, entered.act(), &[(setting, value)]),
        }
        .map(drop)
    }
}

pub fn run(shell: &Shell, command: Command) -> Result<()> {
    match command {
        Command::List { of } => list(shell, &Owner::enter(shell, &of)?),
        Command::Show { name, of } => {
            let owner = Owner::enter(shell, &of)?;
            show(&owner, named(COMPONENTS, owner.scope(), &name)?)
        }
        Command::Set { name, value, of } => {
            let owner = Owner::enter(shell, &of)?;
            let setting = named(COMPONENTS, owner.scope(), &name)?;
            let value = if value == "-" { read_input(setting.name, 1 << 20)?.trim_end().to_owned() } else { value };
            owner.set(setting, Some(&value))
        }
        Command::Reset { name, of } => {
            let owner = Owner::enter(shell, &of)?;
            owner.set(named(COMPONENTS, owner.scope(), &name)?, None)
        }
    }
}

fn list(shell: &Shell, owner: &Owner) -> Result<()> {
    let mut list = List::new(&["name", "value", "default", "is_for"]);
    for setting in of_scope(COMPONENTS, owner.scope()) {
        let value = owner.db().read(|db| value_of(db, setting))?;
        list.row(vec![json!(setting.name), shown(setting, value), json!(setting.default), json!(setting.doc)]);
    }
    list.print(shell.format)
}

fn shown(setting: &Setting, value: Value) -> Value {
    if !setting.values.is_secret() {
        return value;
    }
    json!(if value == json!(true) { "(a secret)" } else { "" })
}

fn show(owner: &Owner, setting: &Setting) -> Result<()> {
    let (value, changed) = owner.db().read(|db| {
        Ok((value_of(db, setting)?, audit::last_change(db, owner.auditor(), "setting.changed", setting.name)?))
    })?;
    let value = match shown(setting, value) {
        Value::String(text) => text,
        other => other.to_string(),
    };
    let changed = match changed {
        Some((who, at)) => format!("changed {} by {who}\n", at.iso()),
        None => String::new(),
    };
    print(&format!(
        "{} = {value}\n{}\ntakes {}; default: {}\n{changed}",
        setting.name,
        setting.doc,
        setting.values.takes(),
        setting.default
    ))
}
