//! `trackway project create --roster FILE`

use std::path::Path;

use serde_json::json;

use super::output::{Bar, List, print};
use super::{Shell, actor, address};
use crate::admin::create::roster::file::LARGEST;
use crate::admin::create::roster::{self, Invite, Made, Plan};
use crate::base::error::{Error, Result};
use crate::base::event::Via;
use crate::base::site::Site;

/// What the command was asked for.
pub struct Asked<'a> {
    pub file: &'a Path,
    pub template: Option<&'a str>,
    pub dry_run: bool,
    pub links: bool,
}

pub fn run(shell: &Shell, asked: &Asked<'_>) -> Result<()> {
    let site = shell.site()?;
    let principal = shell.administrator(&site)?;
    let plan = roster::read(&site, &read(asked.file)?, asked.template)?;
    if asked.dry_run {
        return show(shell, &plan);
    }
    let invite = if asked.links { Invite::ByHand } else { Invite::ByMail };
    let mut bar = Bar::new("roster", "projects");
    let by = (actor(&principal), Via::Command);
    let made = roster::carry_out(&site, by, &plan, asked.template, invite, &mut |done, total| bar.at(done, total));
    bar.end();
    let made = made?;
    if asked.links { print_links(shell, &site, &made) } else { tell(&plan, &made) }
}

fn read(file: &Path) -> Result<Vec<u8>> {
    let limit = LARGEST as u64 + 1;
    if file == Path::new("-") {
        return super::read_bytes(std::io::stdin().lock(), "roster", limit);
    }
    let unreadable =
        |error: std::io::Error| Error::invalid("--roster", format!("{} can't be read: {error}.", file.display()));
    super::read_bytes(std::fs::File::open(file).map_err(unreadable)?, "roster", limit)
}

/// What would be made, a line each.
fn show(shell: &Shell, plan: &Plan) -> Result<()> {
    let mut list = List::new(&["what", "name", "detail"]);
    for project in &plan.projects {
        let what = if project.row.is_none() { "new project" } else { "project" };
        let grants: Vec<String> =
            project.grants.iter().map(|grant| format!("{}: {}", grant.holder.name(), grant.permission)).collect();
        if project.row.is_none() || !grants.is_empty() {
            list.row(vec![json!(what), json!(project.name), json!(grants.join(", "))]);
        }
    }
    for group in plan.groups.iter().filter(|group| group.is_new || !group.joining.is_empty()) {
        let what = if group.is_new { "new group" } else { "group" };
        list.row(vec![json!(what), json!(group.name), json!(group.joining.join(", "))]);
    }
    for account in &plan.accounts {
        list.row(vec![json!("new account"), json!(account.login), json!(account.email)]);
    }
    list.print(shell.format)
}

fn print_links(shell: &Shell, site: &Site, made: &Made) -> Result<()> {
    let address = address(site)?;
    let mut list = List::new(&["login", "full_name", "email", "link"]);
    for invited in &made.invited {
        let link = invited.token.as_ref().map(|token| address.absolute(&format!("{}/-/link/{token}", address.base)));
        list.row(vec![json!(invited.login), json!(invited.full_name), json!(invited.email), json!(link)]);
    }
    list.print(shell.format)
}

fn tell(plan: &Plan, made: &Made) -> Result<()> {
    if plan.is_done() {
        return print("Everything is there already; nothing was changed.\n");
    }
    let mut text = format!("{} projects and {} accounts were made.\n", made.projects.len(), made.invited.len());
    let without: Vec<&str> =
        made.invited.iter().filter(|invited| invited.email.is_empty()).map(|invited| invited.login.as_str()).collect();
    if !without.is_empty() {
        text.push_str(&format!("Without an address, so without a link: {}\n", without.join(" ")));
    }
    print(&text)
}
