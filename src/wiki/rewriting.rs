//! Which references change when pages move: those to pages that moved, and relative ones of pages that moved themselves.

use std::collections::HashMap;

use rusqlite::Connection;

use super::link::split;
use super::name::{PageName, absolute};
use super::store;
use crate::base::error::Result;
use crate::base::markup::{Arguments, Renaming, Rest};
use crate::base::project::Project;
use crate::base::viewer::{DEFAULT_CLASS, Viewer};

/// Where pages go: the new names by every folded name that led to them.
pub type NewNames = HashMap<String, NewName>;

/// The name that a page is about to have, and the access class that it has under it.
#[derive(Debug, Clone)]
pub struct NewName {
    pub name: PageName,
    pub acl: i64,
}

impl NewName {
    pub fn of(db: &Connection, name: &PageName) -> Result<Self> {
        Ok(Self { name: name.clone(), acl: store::class_of(db, name.folded())? })
    }
}

/// The references of one text.
pub struct References<'a> {
    pub project: &'a Project,
    pub viewer: &'a Viewer,
    pub new_names: &'a NewNames,
    /// The access class of the text.
    pub acl: i64,
    /// The page that the text belongs to, before and after; none where it is no page's.
    pub here: Option<(&'a str, &'a str)>,
}

impl References<'_> {
    /// How a name that leads to another page, or from another one, is to be written.
    fn new_name(&self, written: &str) -> Option<String> {
        let (before, after) = self.here.unzip();
        let meant = PageName::parse(&absolute(before, written)?, "page").ok()?;
        let goes_to = self.new_names.get(meant.folded());
        // A hidden name is not told to those who read this text without seeing the page.
        if goes_to.is_some_and(|new| new.acl != DEFAULT_CLASS && new.acl != self.acl) {
            return None;
        }
        let goes_to = goes_to.map(|new| &new.name);
        let wanted = goes_to.unwrap_or(&meant);
        let leads_there = |way: &str| {
            absolute(after, way)
                .and_then(|name| PageName::parse(&name, "page").ok())
                .is_some_and(|name| name.folded() == wanted.folded())
        };
        // A page that is only wished for is wished for from where the text is now.
        if leads_there(written) || goes_to.is_none() && !self.is_there(&meant) {
            return None;
        }
        let slash = if written.starts_with('/') { "/" } else { "" };
        let plain = format!("{slash}{}", wanted.as_str());
        match after.filter(|_| written.starts_with('.')) {
            Some(after) => relative(after, wanted.as_str()).filter(|way| leads_there(way)).or(Some(plain)),
            None => Some(plain),
        }
    }

    fn is_there(&self, name: &PageName) -> bool {
        self.project.read(|db| store::find(db, self.viewer, name.folded())).is_ok_and(|page| page.is_some())
    }
}

/// A relative name for a page below or beside the one that the link stands on.
fn relative(here: &str, wanted: &str) -> Option<String> {
    if let Some(rest) = wanted.strip_prefix(here).and_then(|rest| rest.strip_prefix('/')) {
        return Some(format!("./{rest}"));
    }
    let (above, _) = here.rsplit_once('/')?;
    wanted.strip_prefix(above)?.strip_prefix('/').map(|rest| format!("../{rest}"))
}

impl Renaming for References<'_> {
    fn reference(&self, prefix: &str, rest: &str) -> Option<Rest> {
        let (name, tail) = split(rest);
        if prefix != "wiki" || name.is_empty() {
            return None;
        }
        // A name that holds the sign that ends one can't be written as a link; it goes on as a redirect.
        let name = self.new_name(name).filter(|name| !name.contains(['#', '?']))?;
        Some(Rest { name, tail: tail.to_owned() })
    }

    fn argument(&self, call: &str, arguments: &Arguments) -> Option<(usize, String)> {
        if !matches!(call, "Include" | "Backlinks") {
            return None;
        }
        let written = arguments.positional.first()?.trim();
        let (prefix, name) = written.strip_prefix("wiki:").map_or(("", written), |name| ("wiki:", name));
        Some((0, format!("{prefix}{}", self.new_name(name)?)))
    }
}

#[cfg(test)]
mod tests {
    use super::relative;

    #[test]
    fn pages_below_and_beside_have_relative_names() {
        for (here, wanted, way) in [
            ("A", "A/B/C", Some("./B/C")),
            ("A/B", "A/C", Some("../C")),
            ("A/B", "A", None),
            ("A", "B", None),
            ("A/B", "Ab", None),
        ] {
            assert_eq!(relative(here, wanted).as_deref(), way, "{here} to {wanted}");
        }
    }
}
