//! Which references change when pages move: those to pages that moved, those of pages that moved themselves, and those that
//! would find a page at its new name which they never meant.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};

use rusqlite::Connection;

use super::link::{read_name, split, written_name};
use super::name::{PageName, absolute, is_relative, last_part};
use super::scope::Scope;
use super::store::{self, PageRow};
use crate::base::error::Result;
use crate::base::markup::{Arguments, Renaming, Rest};
use crate::base::project::Project;
use crate::base::text::fold;
use crate::base::viewer::{DEFAULT_CLASS, Viewer};

/// Where pages go, and what every name leads to before and after.
pub struct Moves<'a> {
    project: &'a Project,
    viewer: &'a Viewer,
    /// By the page's id.
    new_names: HashMap<i64, NewName>,
    /// The folded names that pages are about to have, and those that they leave.
    taken: HashMap<String, i64>,
    left: HashSet<String>,
    /// Every folded name that leads to a page that moves.
    keys: Vec<String>,
    /// Whether the names that they leave lead on.
    redirect: bool,
    known: RefCell<HashMap<String, Option<i64>>>,
}

/// The name that a page is about to have, and the access class that it has under it.
#[derive(Debug, Clone)]
struct NewName {
    name: PageName,
    acl: i64,
}

impl<'a> Moves<'a> {
    pub fn new(
        project: &'a Project,
        db: &Connection,
        viewer: &'a Viewer,
        moves: &[(PageRow, PageName)],
        redirect: bool,
    ) -> Result<Self> {
        let mut new_names = HashMap::with_capacity(moves.len());
        let mut keys = Vec::with_capacity(moves.len());
        for (page, name) in moves {
            new_names.insert(page.id, NewName { name: name.clone(), acl: store::class_of(db, name.folded())? });
            keys.extend(store::keys_of(db, page)?);
        }
        Ok(Self {
            project,
            viewer,
            new_names,
            taken: moves.iter().map(|(page, name)| (name.folded().to_owned(), page.id)).collect(),
            left: moves.iter().map(|(page, _)| page.folded.clone()).collect(),
            keys,
            redirect,
            known: RefCell::default(),
        })
    }

    /// The folded names whose links may have to change: those that pages have, and those that they get.
    pub fn names(&self) -> Vec<String> {
        self.keys.iter().chain(self.taken.keys()).cloned().collect()
    }

    /// Whether a text may name any of them, at a quick look.
    pub fn may_be_in(&self, text: &str) -> bool {
        let text = fold(text);
        // Signs of a name are written otherwise in a reference.
        let word = |name: &String| last_part(name).split(['#', '?', '%']).next().map(str::to_owned);
        self.names().iter().filter_map(word).any(|word| text.contains(&word))
    }

    /// The page that a folded name leads to now.
    fn before(&self, folded: &str) -> Option<i64> {
        if let Some(known) = self.known.borrow().get(folded) {
            return *known;
        }
        let found = self.project.read(|db| store::lead(db, self.viewer, folded)).ok().flatten().map(|page| page.id);
        self.known.borrow_mut().insert(folded.to_owned(), found);
        found
    }

    /// The page that it leads to afterwards.
    fn after(&self, folded: &str) -> Option<i64> {
        match self.taken.get(folded) {
            Some(page) => Some(*page),
            None => self.before(folded).filter(|_| self.redirect || !self.left.contains(folded)),
        }
    }
}

/// The references of one text.
pub struct References<'a> {
    pub moves: &'a Moves<'a>,
    /// The access class of the text.
    pub acl: i64,
    /// The page that the text belongs to, before and after; none where it is no page's.
    pub here: Option<(&'a str, &'a str)>,
}

impl References<'_> {
    /// How a name that leads to another page, or from another one, is to be written. `of` says what a name stands for on a
    /// page.
    fn new_name(&self, written: &str, of: impl Fn(Option<&str>, &str) -> Option<Scope>) -> Option<String> {
        let (before, after) = self.here.unzip();
        let scope = of(before, written)?;
        let led = |name: &PageName| self.moves.before(name.folded());
        // A page that is only wished for is wished for from where the text is now.
        let (at, page) = scope.names().iter().enumerate().find_map(|(at, name)| Some((at, led(name)?)))?;
        let new = self.moves.new_names.get(&page);
        // A hidden name is not told to those who read this text without seeing the page.
        if new.is_some_and(|new| new.acl != DEFAULT_CLASS && new.acl != self.acl) {
            return None;
        }
        let wanted = new.map_or(&scope.names()[at], |new| &new.name);
        let leads_there = |way: &str| {
            let scope = of(after, way);
            let names = scope.iter().flat_map(Scope::names);
            let led = names.into_iter().find_map(|name| Some((name, self.moves.after(name.folded())?)));
            led.is_some_and(|(name, found)| found == page && (new.is_none() || name.folded() == wanted.folded()))
        };
        if leads_there(written) {
            return None;
        }
        let (whole, exact) = (wanted.as_str().to_owned(), format!("/{}", wanted.as_str()));
        let mut ways = Vec::new();
        if is_relative(written) {
            ways.extend(after.and_then(|after| relative(after, &whole)));
        } else if scope.is_near(at) {
            ways.extend(after.and_then(|after| short(after, &whole)));
        }
        ways.extend(if written.starts_with('/') { [exact, whole] } else { [whole, exact] });
        ways.into_iter().find(|way| leads_there(way))
    }
}

/// The name of a page without the parts that it has in common with the page that the link stands on.
fn short(here: &str, wanted: &str) -> Option<String> {
    let above = here.match_indices('/').map(|(at, _)| &here[..=at]);
    above.rev().find_map(|above| wanted.strip_prefix(above)).map(str::to_owned)
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
        let name = self.new_name(&read_name(name), Scope::of)?;
        Some(Rest { name: written_name(&name), tail: tail.to_owned() })
    }

    fn argument(&self, call: &str, arguments: &Arguments) -> Option<(usize, String)> {
        if !matches!(call, "Include" | "Backlinks") {
            return None;
        }
        let written = arguments.positional.first()?.trim();
        let (prefix, name) = written.strip_prefix("wiki:").map_or(("", written), |name| ("wiki:", name));
        let exactly = |here: Option<&str>, written: &str| {
            Some(Scope::exactly(PageName::parse(&absolute(here, written)?, "page").ok()?))
        };
        Some((0, format!("{prefix}{}", self.new_name(name, exactly)?)))
    }
}

#[cfg(test)]
mod tests {
    use super::{relative, short};

    #[test]
    fn a_name_is_as_short_as_the_place_lets_it_be() {
        for (here, wanted, way) in
            [("A/B/C", "A/B/D", Some("D")), ("A/B/C", "A/D/E", Some("D/E")), ("A/B", "B", None), ("A", "A/B", None)]
        {
            assert_eq!(short(here, wanted).as_deref(), way, "{here} to {wanted}");
        }
    }

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
