//! The pages of a project's administration and of the site's, as the margin of each of them lists them.

use serde::Serialize;

use super::desk::{Desk, Room};
use crate::base::component::SitePanel;
use crate::base::error::{Error, Result};

/// The panels of one kind of thing: `admin/_panels.html` draws them.
#[derive(Debug, Clone, Serialize)]
pub struct PanelGroup {
    pub label: String,
    pub panels: Vec<PanelLink>,
}

#[derive(Debug, Clone, Serialize)]
pub struct PanelLink {
    pub label: &'static str,
    pub href: String,
    pub current: bool,
    /// What it is for, a sentence.
    pub line: &'static str,
}

/// The panels that this viewer may use, in order, by the second part of their addresses: `/admin/ticket/components` is
/// among the tickets. `current` is the address of the one that is shown, below the project's.
pub fn groups(room: &Room, current: &str) -> Vec<PanelGroup> {
    let mut groups: Vec<PanelGroup> = Vec::new();
    for panel in room.project.components().panels(&room.viewer) {
        let label = label_of(panel.path);
        let link = PanelLink {
            label: panel.title,
            href: format!("{}{}", room.root, panel.path),
            current: panel.path == current,
            line: panel.line,
        };
        match groups.iter_mut().find(|group| group.label == label) {
            Some(group) => group.panels.push(link),
            None => groups.push(PanelGroup { label, panels: vec![link] }),
        }
    }
    groups
}

/// The panels of the whole site, for its administrators.
pub fn of_site(desk: &Desk, current: &str) -> Vec<PanelGroup> {
    let link = |panel: &SitePanel| PanelLink {
        label: panel.title,
        href: format!("{}{}", desk.base(), panel.path),
        current: panel.path == current,
        line: panel.line,
    };
    let panels = desk.site().components().site_panels().into_iter().map(link).collect();
    vec![PanelGroup { label: "Site".to_owned(), panels }]
}

/// Lets administrators of the site pass; to all others its administration is nowhere.
pub fn require_administrator(desk: &Desk) -> Result<()> {
    if desk.principal.administers() {
        return Ok(());
    }
    Err(Error::not_found("There is no page at this address."))
}

fn label_of(path: &str) -> String {
    match path.split('/').nth(2).unwrap_or_default() {
        "ticket" => "Tickets".to_owned(),
        "versioncontrol" => "Code".to_owned(),
        "audit" | "settings" | "look" | "permissions" => "Project".to_owned(),
        other => {
            let mut letters = other.chars();
            letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
        }
    }
}
