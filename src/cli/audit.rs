//! `trackway audit`: the audit log of the site or of a project.

use clap::Args;
use jiff::tz::TimeZone;
use serde_json::{Value, json};

use super::output::{List, print};
use super::{Format, Shell};
use crate::admin::{changes_in_words, to_json};
use crate::base::audit::{self, Auditor, Entry, Filter};
use crate::base::db::Db;
use crate::base::error::{Error, Result};
use crate::base::moment::{self, Moment};
use crate::base::site::hex;

/// Who did what that they may have to answer for, the newest first
#[derive(Debug, Args)]
pub struct Audit {
    /// Of this project; else of the site
    project: Option<String>,
    /// From this date or moment on, such as 2026-11-01 or 2026-11-01T18:00Z
    #[arg(long)]
    since: Option<String>,
    /// Up to the end of this date or moment
    #[arg(long)]
    until: Option<String>,
    /// What happened, such as `session.failed`, or `account` for everything with accounts
    #[arg(long, default_value = "")]
    kind: String,
    /// By whom: a login, as it was then
    #[arg(long, default_value = "")]
    who: String,
    /// At most so many rows
    #[arg(long, default_value_t = 1000)]
    limit: usize,
    /// Only the number and the hash of the newest row, to be kept elsewhere: they prove later that none was taken away
    #[arg(long)]
    head: bool,
}

pub fn run(shell: &Shell, asked: &Audit) -> Result<()> {
    match &asked.project {
        Some(name) => {
            let entered = shell.enter(name)?;
            show(shell, asked, entered.project.db(), Auditor::of_project(&entered.viewer)?)
        }
        None => {
            let site = shell.site()?;
            let principal = shell.administrator(&site)?;
            show(shell, asked, site.db(), Auditor::of_site(&principal)?)
        }
    }
}

fn show(shell: &Shell, asked: &Audit, db: &Db, auditor: Auditor) -> Result<()> {
    if asked.head {
        return match db.read(audit::head)? {
            Some(head) => print(&format!("{} {}\n", head.id, hex(&head.hash))),
            None => print("0 nothing was written yet\n"),
        };
    }
    let filter = Filter {
        who: asked.who.clone(),
        kind: asked.kind.clone(),
        since: moment_of("--since", asked.since.as_deref())?.map(|moment| moment.begin),
        until: moment_of("--until", asked.until.as_deref())?.map(|moment| moment.end),
    };
    let entries = db.read(|db| audit::list(db, auditor, &filter, 0, asked.limit))?;
    if shell.format == Format::Json {
        let items: Vec<Value> = entries.iter().map(to_json).collect();
        return print(&(serde_json::to_string_pretty(&items)? + "\n"));
    }
    let mut list = List::new(&["id", "time", "kind", "who", "from", "what", "changes"]);
    for entry in entries {
        let Entry { id, recorded_at, kind, via, who, network, what, changes } = entry;
        let from = network.map_or_else(|| via.clone(), |network| format!("{via} {network}"));
        let changes = changes_in_words(&changes);
        list.row(vec![
            json!(id),
            json!(recorded_at.iso()),
            json!(kind),
            json!(who),
            json!(from),
            json!(what),
            json!(changes),
        ]);
    }
    list.print(shell.format)
}

fn moment_of(option: &str, written: Option<&str>) -> Result<Option<Moment>> {
    let parsed = written.map(|written| moment::parse(written, &TimeZone::UTC, None)).transpose();
    parsed.map_err(|why| Error::invalid(option, why))
}
