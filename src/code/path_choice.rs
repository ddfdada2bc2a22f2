//! Paths that a field offers while somebody types one (row V11): what lies in the folder that is typed, at a revision.

use git2::Repository as Libgit;

use super::tree::{self, Kind, Segments};
use crate::base::error::Result;

/// Paths that are offered, and entries of a folder that are looked at.
const MOST: usize = 50;
const MOST_LOOKED_AT: usize = 20_000;

/// What `typed` may become: entries of its folder whose names begin like its end, folders with a slash behind them. Names
/// that are no text can't be typed and are left out.
pub fn choices(git: &Libgit, commit: git2::Oid, typed: &str) -> Result<Vec<String>> {
    let typed = typed.trim_start_matches('/');
    let (folder, begun) = typed.rsplit_once('/').unwrap_or(("", typed));
    let names: Segments = folder.split('/').filter(|name| !name.is_empty()).map(|name| name.into()).collect();
    let found = tree::find(git, tree::root(git, commit)?, &names)?;
    let Some(found) = found.filter(|found| found.kind() == Kind::Folder) else { return Ok(Vec::new()) };
    let tree = git.find_tree(found.id).map_err(|error| tree::unreadable(&error))?;
    let begun = begun.to_lowercase();
    let mut choices = Vec::new();
    for entry in tree::entries(&tree).into_iter().take(MOST_LOOKED_AT) {
        let end = if entry.kind() == Kind::Folder { "/" } else { "" };
        let Ok(name) = String::from_utf8(entry.name) else { continue };
        let is_fit = name.to_lowercase().starts_with(&begun) && !name.chars().any(char::is_control);
        if is_fit {
            let above = if folder.is_empty() { String::new() } else { format!("{folder}/") };
            choices.push(format!("{above}{name}{end}"));
        }
        if choices.len() == MOST {
            break;
        }
    }
    Ok(choices)
}
