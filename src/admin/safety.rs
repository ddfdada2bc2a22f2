//! `/-/admin/safety` and `trackway check --safety`: what is dangerous as the site is set up now, in plain words, and what to
//! do about it. A finding is no fault of the program: somebody may have good reasons for each.

use std::os::unix::fs::PermissionsExt;
use std::sync::atomic::Ordering;

use rocket::{Route, get, routes};
use rusqlite::OptionalExtension;
use serde::Serialize;
use serde_json::json;

use super::backups;
use crate::auth::registration::REGISTRATION;
use crate::auth::{accounts, grants, second_factor};
use crate::base::audit::Auditor;
use crate::base::component::SitePanel;
use crate::base::error::Result;
use crate::base::site::{self, Site, URL};
use crate::web::address::SiteAddress;
use crate::web::panels::{self, PanelGroup};
use crate::web::{Answer, Desk, Page, Sheet, Visit, proxy};

pub(super) const SITE_PANEL: SitePanel = SitePanel {
    title: "Safety",
    line: "What is dangerous as the site is set up now, and what to do about it.",
    path: "/-/admin/safety",
    order: 80,
};

pub(super) fn routes() -> Vec<Route> {
    routes![page]
}

/// Something that can do harm.
#[derive(Debug, Clone, Serialize)]
pub struct Danger {
    /// For programs: `http`, `anonymous-writes`.
    pub name: &'static str,
    /// What is so, a sentence.
    pub what: String,
    /// What makes it safe.
    pub remedy: String,
}

fn danger(name: &'static str, what: impl Into<String>, remedy: impl Into<String>) -> Danger {
    Danger { name, what: what.into(), remedy: remedy.into() }
}

/// Everything that is dangerous now, the worst first.
pub fn dangers(site: &Site, _: Auditor) -> Result<Vec<Danger>> {
    let mut found = Vec::new();
    found.extend(of_address(site)?);
    found.extend(of_doors(site)?);
    found.extend(of_folder(site)?);
    for row in site.projects()? {
        let grants = site.project(&row).and_then(|project| project.read(grants::list));
        let Ok(grants) = grants else {
            let what = format!("The project {} can't be opened, so nobody knows whether it is whole.", row.name);
            found.push(danger("damage", what, "`trackway check` says what is wrong; a backup brings it back."));
            continue;
        };
        let writes = |grant: &&grants::Grant| {
            grant.subject == "anonymous" && !grant.denied && !grant.permission.ends_with("_VIEW")
        };
        let names: Vec<&str> = grants.iter().filter(writes).map(|grant| grant.permission.as_str()).collect();
        if !names.is_empty() {
            let what = format!(
                "Whoever finds the project {} may change it without signing in: {}.",
                row.name,
                names.join(", ")
            );
            let remedy =
                format!("`trackway permission revoke {} anonymous {}` takes that back.", row.name, names.join(" "));
            found.push(danger("anonymous-writes", what, remedy));
        }
        let reads: Vec<&str> = grants
            .iter()
            .filter(|grant| grant.subject == "anonymous" && !grant.denied && grant.permission.ends_with("_VIEW"))
            .map(|grant| grant.permission.as_str())
            .collect();
        if !reads.is_empty() {
            let what = format!("Everybody on the network reads the project {}: {}.", row.name, reads.join(", "));
            let remedy = format!(
                "If it is not meant to be public, `trackway permission revoke {} anonymous {}` closes it.",
                row.name,
                reads.join(" ")
            );
            found.push(danger("public", what, remedy));
        }
        let all = grants.iter().any(|grant| {
            grant.permission == "TRAC_ADMIN"
                && !grant.denied
                && ["authenticated", "members"].contains(&grant.subject.as_str())
        });
        if all {
            let what = format!("Everybody who is signed in or a member administers the project {}.", row.name);
            found.push(danger(
                "everybody-administers",
                what,
                format!(
                    "Grant TRAC_ADMIN to some by name, and revoke it with `trackway permission revoke {} …`.",
                    row.name
                ),
            ));
        }
    }
    found.extend(of_accounts(site)?);
    if let Some(alarm) = site.read(backups::alarm)? {
        found.push(danger("backup", alarm, "Set `backup.every_hours` and a `backup.folder` on another disk."));
    } else if site.read(|db| Ok(backups::EVERY_HOURS.number(db)? > 0 && backups::FOLDER.text(db)?.is_empty()))? {
        let what = "Scheduled backups lie in the data folder: a disk that fails takes both.";
        found.push(danger("backup-folder", what, "Set `backup.folder` to a folder on another disk or machine."));
    }
    Ok(found)
}

fn of_address(site: &Site) -> Result<Option<Danger>> {
    let address = SiteAddress::of(site)?;
    let host = address.origin.split_once("://").map_or("", |(_, host)| host);
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    let is_local = ["localhost", "127.0.0.1", "[::1]"].contains(&name);
    let is_set = site.read(|db| URL.is_set(db))?;
    Ok((!address.secure && !is_local && is_set).then(|| {
        let what = format!("The site is at {}: whoever is on the way reads passwords and pages.", address.origin);
        danger("http", what, "Put a web server with a certificate before it (`trackway service caddy`), and set `url` to the https address.")
    }))
}

/// Who may come in, and whose word is taken.
fn of_doors(site: &Site) -> Result<Vec<Danger>> {
    let mut found = Vec::new();
    let (registration, peers) = site.read(|db| Ok((REGISTRATION.text(db)?, proxy::PROXY_PEERS.text(db)?)))?;
    if registration == "open" {
        let what = "Everybody may register. An administrator lets each of them in, and machines register as well.";
        let remedy = "Set `accounts.registration` to `invitation` or `roster`, unless strangers are meant to come.";
        found.push(danger("open-registration", what, remedy));
    }
    if let Some(network) = proxy::Peers::widest(&peers) {
        let what = format!("`proxy.peers` holds {network}: very many addresses may say who somebody is.");
        found.push(danger("wide-proxy", what, "List the addresses of your own proxies there and nothing else."));
    }
    Ok(found)
}

/// What only the server that answers can know.
fn of_this_server(desk: &Desk) -> Option<Danger> {
    desk.web().unlisted_proxy.load(Ordering::Relaxed).then(|| {
        let what = "Requests come by a proxy that is not listed, so all people behind it count as one: limits and the brake on \
                    guessed passwords don't tell them apart.";
        let remedy = "Put the address of the proxy into `proxy.peers`, for one on this machine `127.0.0.1 ::1`.";
        danger("unlisted-proxy", what, remedy)
    })
}

fn of_folder(site: &Site) -> Result<Vec<Danger>> {
    let mut found = Vec::new();
    let dir = site.dir();
    let mode = std::fs::metadata(dir)?.permissions().mode() & 0o777;
    if mode & 0o077 != 0 {
        let what = format!("Other people on this machine may read or change the data folder (its mode is {mode:o}).");
        found.push(danger("folder-mode", what, format!("`chmod 700 {}`", dir.display())));
    }
    if let Some(kind) = site::network_file_system(dir) {
        let what = format!("The data folder lies on a network file system ({kind}), whose locks SQLite can't trust.");
        found.push(danger("network-disk", what, "Move it to a disk of this machine."));
    }
    for entry in std::fs::read_dir(dir)?.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.contains(".before-") {
            let what = format!("{name} is a copy of the site from before an upgrade, with everything that was in it.");
            found.push(danger("old-database", what, "Remove it when the upgrade has proven good."));
        }
    }
    Ok(found)
}

fn of_accounts(site: &Site) -> Result<Vec<Danger>> {
    let mut found = Vec::new();
    let (admins, asleep): (i64, Option<String>) = site.read(|db| {
        let admins = db.query_row("select count(*) from account where admin and not disabled", [], |row| row.get(0))?;
        let asleep = db
            .query_row(
                "select login from account where admin and not disabled and last_seen_at < unixepoch('now', '-90 days') * 1000000
                 order by id limit 1",
                [],
                |row| row.get(0),
            )
            .optional()?;
        Ok((admins, asleep))
    })?;
    if admins == 0 {
        let what = "Nobody administers the site, so whoever has the first one-time link may.";
        found.push(danger("no-administrator", what, "`trackway user add NAME --admin` makes an administrator."));
    }
    let bare: Vec<String> = site.read(|db| {
        let mut bare = Vec::new();
        for account in accounts::list(db)?.into_iter().filter(|account| account.admin && !account.disabled) {
            if account.password.is_some() && !second_factor::is_on(db, account.id)? {
                bare.push(account.login);
            }
        }
        Ok(bare)
    })?;
    if !bare.is_empty() {
        let what = format!("These administrators sign in with a password alone: {}.", bare.join(", "));
        let remedy = "They set up a second factor on their own page; `accounts.second_factor` set to `administrators` asks them to.";
        found.push(danger("no-second-factor", what, remedy));
    }
    if let Some(login) = asleep {
        let what = format!("The administrator {login} has not been here for 90 days.");
        found.push(danger("sleeping-administrator", what, format!("`trackway user disable {login}`, if they left.")));
    }
    Ok(found)
}

#[derive(Serialize)]
struct SafetyPage {
    panels: Vec<PanelGroup>,
    dangers: Vec<Danger>,
}

impl Page for SafetyPage {
    const TEMPLATE: &'static str = "admin/safety.html";
}

#[get("/-/admin/safety")]
async fn page(visit: Visit) -> Answer {
    visit
        .answer(|desk| {
            let mut dangers = dangers(desk.site(), Auditor::of_site(&desk.principal)?)?;
            dangers.extend(of_this_server(desk));
            if desk.visit.wants_json() {
                return Answer::json(&json!({ "total": dangers.len(), "items": dangers, "next": null }));
            }
            let panels = panels::of_site(desk, SITE_PANEL.path);
            // The marks of code are for those who read it on a terminal.
            let plain = |danger: Danger| Danger {
                what: danger.what.replace('`', ""),
                remedy: danger.remedy.replace('`', ""),
                ..danger
            };
            let dangers = dangers.into_iter().map(plain).collect();
            Sheet::new("Safety", SafetyPage { panels, dangers }).noindex().render(desk)
        })
        .await
}
