//! The pages that a new project begins with: the files of `wiki-default`, embedded in the program.

use rust_embed::RustEmbed;

use super::edit::{self, Save};
use super::name::PageName;
use crate::base::error::Result;
use crate::base::project::{Act, Project};
use crate::base::site::Site;

#[derive(RustEmbed)]
#[folder = "wiki-default"]
struct Embedded;

/// Names and texts; `Manual/Links.md` is the page `Manual/Links`.
pub fn pages() -> Vec<(String, String)> {
    let mut pages: Vec<(String, String)> = Embedded::iter()
        .filter_map(|file| {
            let name = file.strip_suffix(".md")?.to_owned();
            let data = Embedded::get(&file)?.data;
            Some((name, String::from_utf8_lossy(&data).into_owned()))
        })
        .collect();
    pages.sort();
    pages
}

/// Writes them into a project that has none yet.
pub fn fill(site: &Site, project: &Project, by: Act<'_>) -> Result<()> {
    for (name, text) in pages() {
        let name = PageName::parse(&name, "page")?;
        edit::save(
            site,
            project,
            by,
            &Save { name: &name, text: &text, comment: "From the manual of Trackway.", base: Some(0), strict: true },
        )?;
    }
    Ok(())
}
