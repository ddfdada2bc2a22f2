//! What one reader may see of a project, and which file each address becomes.

use std::collections::{HashMap, HashSet};

use rusqlite::Connection;

use crate::attachment::media::{self, Kind};
use crate::attachment::name::extension;
use crate::base::error::Result;
use crate::base::project::Project;
use crate::base::text::fold;
use crate::base::viewer::Viewer;
use crate::roadmap::ROADMAP_VIEW;
use crate::web::address::{self, SiteAddress};
use crate::wiki::folder::names;
use crate::wiki::name::{START, href_of};
use crate::wiki::{WIKI_VIEW, store};

/// Things that are looked up at once.
const TOGETHER: usize = 500;
/// What browsers run when it lies on a disk, whatever it was sent as by a server.
const RUN: &[&str] = &["hta", "mht", "mhtml", "rdf", "shtml", "svgz", "swf", "xht", "xsl", "xslt"];
/// The addresses of lists that are files as well, and what they become.
const LISTS: &[(&str, &str)] =
    &[("wiki?action=index", "pages.html"), ("wiki", "index.html"), ("", "index.html"), ("query", "tickets.html")];

/// A page that becomes a file.
#[derive(Debug, Clone)]
pub struct Target {
    /// Where it is asked for, complete: `/demo/wiki/Plan`.
    pub address: String,
    pub file: String,
    pub title: String,
    pub kind: &'static str,
    /// A state that shows, such as `closed`.
    pub class: Option<&'static str>,
}

/// Where everything lies.
#[derive(Debug)]
pub struct Places {
    /// Base path and project.
    root: String,
    origin: String,
    /// Files by what addresses say below the project, names folded: `wiki/plan`, `ticket/12`.
    files: HashMap<String, String>,
    /// Names that are taken, as disks see them that take no notice of case.
    taken: HashSet<String>,
}

impl Places {
    pub fn look(project: &Project, viewer: &Viewer, root: &str, site: &SiteAddress) -> Result<(Self, Vec<Target>)> {
        let mut places = Self {
            root: root.to_owned(),
            origin: site.origin.clone(),
            files: HashMap::new(),
            taken: ["index.html", "pages.html", "tickets.html", "roadmap.html", "search.html"]
                .map(str::to_owned)
                .into(),
        };
        let mut targets = Vec::new();
        project.read(|db| {
            if viewer.may(WIKI_VIEW) {
                places.pages(db, viewer, &mut targets)?;
            }
            if viewer.may(ROADMAP_VIEW) {
                places.files.insert("roadmap".to_owned(), "roadmap.html".to_owned());
                let address = format!("{root}/roadmap?show=completed");
                let (title, file) = ("Roadmap".to_owned(), "roadmap.html".to_owned());
                targets.push(Target { address, file, title, kind: "roadmap", class: None });
            }
            for kind in ["milestone", "ticket"] {
                places.cards(db, viewer, project, kind, &mut targets)?;
            }
            Ok(())
        })?;
        let has = |kind: &str| targets.iter().any(|target| target.kind == kind);
        let (pages, tickets) = (has("page"), has("ticket"));
        for (address, file) in LISTS.iter().filter(|(_, file)| match *file {
            "pages.html" => pages,
            "tickets.html" => tickets,
            _ => true,
        }) {
            places.files.insert((*address).to_owned(), (*file).to_owned());
        }
        Ok((places, targets))
    }

    fn pages(&mut self, db: &Connection, viewer: &Viewer, targets: &mut Vec<Target>) -> Result<()> {
        let mut after = String::new();
        loop {
            let pages = store::list_after(db, viewer, &after, TOGETHER)?;
            let Some(last) = pages.last() else { return Ok(()) };
            after.clone_from(&last.folded);
            for page in pages {
                let file = match page.name == START {
                    true => "index.html".to_owned(),
                    false => self.free(&format!("wiki/{}", page.name), ".html"),
                };
                self.files.insert(format!("wiki/{}", page.folded), file.clone());
                let address = format!("{}{}", self.root, href_of(&page.name));
                targets.push(Target { address, file, title: page.name, kind: "page", class: None });
            }
        }
    }

    /// Whatever has cards of one kind.
    fn cards(
        &mut self,
        db: &Connection,
        viewer: &Viewer,
        project: &Project,
        kind: &'static str,
        targets: &mut Vec<Target>,
    ) -> Result<()> {
        let Some(component) = project.components().of_kind(kind) else { return Ok(()) };
        let mut after = 0;
        loop {
            let ids = component.document_ids(db, kind, after, TOGETHER)?;
            let Some(last) = ids.last() else { return Ok(()) };
            after = *last;
            for card in component.cards(db, viewer, kind, &ids)?.into_iter().flatten() {
                let Some(below) = address::decode(card.href.trim_start_matches('/')) else { continue };
                let file = self.free(&below, ".html");
                self.files.insert(fold(&below), file.clone());
                // A long conversation would begin with its newest part.
                let first = if kind == "ticket" { "?page=1" } else { "" };
                let address = format!("{}{}{first}", self.root, card.href);
                targets.push(Target { address, file, title: card.title, kind, class: card.class });
            }
        }
    }

    /// A name that is not taken yet.
    fn free(&mut self, below: &str, ending: &str) -> String {
        let safe = names::safe(below);
        let mut file = format!("{safe}{ending}");
        let mut number = 2;
        while !self.taken.insert(file.to_ascii_lowercase()) {
            file = format!("{safe}~{number}{ending}");
            number += 1;
        }
        file
    }

    /// The file of an attachment, by what its address says: `wiki/Plan/tide.png`. What a browser would run from a disk gets
    /// an ending that it shows or saves.
    pub fn name_of_file(&mut self, wanted: &str) -> String {
        let media = media::of(wanted);
        let ending = match () {
            () if media.kind == Kind::Text && !media.inline => ".txt",
            () if RUN.contains(&extension(wanted).as_str()) => ".bin",
            () => "",
        };
        self.free(&format!("files/{wanted}"), ending)
    }

    pub fn root(&self) -> &str {
        &self.root
    }

    /// What leads on from every page.
    pub fn nav(&self) -> Vec<(&'static str, String)> {
        let ways = [("Start", ""), ("Pages", "wiki?action=index"), ("Tickets", "query"), ("Roadmap", "roadmap")];
        ways.into_iter().filter_map(|(name, key)| Some((name, self.files.get(key)?.clone()))).collect()
    }

    /// What an address means that stands on the page at another one.
    pub fn meaning(&self, href: &str, here: &str) -> Meaning {
        if let Some(heading) = href.strip_prefix('#') {
            return Meaning::Here(heading.to_owned());
        }
        let ours =
            href.strip_prefix(self.origin.as_str()).filter(|rest| rest.is_empty() || rest.starts_with(['/', '#']));
        let href = ours.unwrap_or(href);
        if has_scheme(href) || href.starts_with("//") {
            return Meaning::Outside;
        }
        let absolute = match href.starts_with('/') {
            true => href.to_owned(),
            false => joined(here, href),
        };
        let below = absolute.strip_prefix(self.root.as_str()).filter(|rest| rest.is_empty() || rest.starts_with('/'));
        let Some(below) = below else { return Meaning::Nothing };
        let (below, heading) = below.split_once('#').map_or((below, None), |(below, heading)| (below, Some(heading)));
        let (path, query) = below.split_once('?').map_or((below, ""), |(path, query)| (path, query));
        let Some(path) = address::decode(path.trim_matches('/')) else { return Meaning::Nothing };
        let attached = path.strip_prefix("raw-attachment/").or_else(|| path.strip_prefix("attachment/"));
        if let Some(wanted) = attached.filter(|_| query.is_empty() && !below.ends_with('/')) {
            return Meaning::Attachment(wanted.to_owned());
        }
        let key = if query.is_empty() { fold(&path) } else { format!("{}?{query}", fold(&path)) };
        match self.files.get(&key) {
            Some(file) => Meaning::File(file.clone(), heading.map(str::to_owned)),
            None => Meaning::Nothing,
        }
    }
}

/// What an address means in an export.
#[derive(Debug, PartialEq, Eq)]
pub enum Meaning {
    /// A heading of the page itself.
    Here(String),
    File(String, Option<String>),
    /// What `raw-attachment` calls it: `wiki/Plan/tide.png`.
    Attachment(String),
    Outside,
    /// What needs the server, or is not there for this reader.
    Nothing,
}

fn has_scheme(href: &str) -> bool {
    let end = href.find([':', '/', '?', '#']);
    end.is_some_and(|at| at > 0 && href[at..].starts_with(':') && !href[..at].contains('%'))
}

/// An address that is written relative to a page, as browsers read it.
fn joined(here: &str, href: &str) -> String {
    let path = here.split(['?', '#']).next().unwrap_or_default();
    if href.starts_with('?') {
        return format!("{path}{href}");
    }
    let mut parts: Vec<&str> = path.split('/').collect();
    parts.pop();
    let (written, rest) = href.split_at(href.find(['?', '#']).unwrap_or(href.len()));
    for part in written.split('/') {
        match part {
            "." => {}
            ".." => {
                if parts.len() > 1 {
                    parts.pop();
                }
            }
            part => parts.push(part),
        }
    }
    format!("{}{rest}", parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_as_a_browser_reads_them() {
        let places = Places {
            root: "/base/demo".into(),
            origin: "https://example.org".into(),
            files: [("wiki/two words", "wiki/Two%20Words.html"), ("ticket/12", "ticket/12.html")]
                .map(|(key, file)| (key.to_owned(), file.to_owned()))
                .into(),
            taken: HashSet::new(),
        };
        let file = |file: &str, heading: Option<&str>| Meaning::File(file.to_owned(), heading.map(str::to_owned));
        for (href, meaning) in [
            ("#goals", Meaning::Here("goals".into())),
            ("/base/demo/wiki/Two%20Words#x", file("wiki/Two%20Words.html", Some("x"))),
            ("https://example.org/base/demo/ticket/12", file("ticket/12.html", None)),
            ("../ticket/12", file("ticket/12.html", None)),
            ("two%20words", file("wiki/Two%20Words.html", None)),
            ("/base/demo/raw-attachment/wiki/Plan/a%20b.png", Meaning::Attachment("wiki/Plan/a b.png".into())),
            ("/base/demo/attachment/wiki/Plan/", Meaning::Nothing),
            ("/base/demo/wiki/Two%20Words?action=edit", Meaning::Nothing),
            ("/base/demo2/wiki/x", Meaning::Nothing),
            ("/base/demo/ticket/13", Meaning::Nothing),
            ("https://example.organisation/base/demo/ticket/12", Meaning::Outside),
            ("mailto:kim@example.org", Meaning::Outside),
            ("//example.org/x", Meaning::Outside),
        ] {
            assert_eq!(places.meaning(href, "/base/demo/wiki/Plan?x"), meaning, "{href}");
        }
    }
}
