//! A project as plain files, for those who want to hand it in, keep it, or show it where no server runs:
//! `trackway export --static`.
//!
//! 1. [`places`] finds out what the reader may see and which file each address becomes.
//! 2. The pages are asked for as a browser would ask, by the reader's own rights: what they do not see is in no page, no list
//!    and no number. [`plain`] takes away what works only with a server, and makes links lead from file to file.
//! 3. Attachments are copied when the first page refers to them; [`words`] keeps what the search looks through.
//!
//! Pages are written one by one; kept in memory are their names alone.

mod places;
mod plain;
mod words;

use std::collections::HashMap;
use std::fs::{self, File};
use std::io;
use std::path::Path;
use std::sync::Arc;

use rocket::http::Status;
use rocket::local::blocking::Client;
use serde::Serialize;

use crate::app;
use crate::auth::permissions;
use crate::base::error::{Error, Result};
use crate::base::markup::Html;
use crate::base::site::{ProjectRow, Site};
use crate::base::time::Instant;
use crate::base::viewer::Principal;
use crate::web::Templates;
use crate::web::address::SiteAddress;
use crate::web::{address, assets};
use places::{Places, Target};
use plain::{Turned, main_of, next_of, turned, wanted_files};
use words::Words;

/// Entries of one file of a list.
const LISTED: usize = 1000;
/// Pages of one conversation or list that are followed.
const MOST_PAGES: usize = 1000;

/// What was written.
#[derive(Debug, Clone, Copy, Default)]
pub struct Published {
    pub pages: usize,
    pub files: usize,
}

/// Writes what `reader` may see of a project into a folder that is empty or not there yet. `told` hears how many pages of how
/// many are done.
pub fn publish(
    site: &Arc<Site>,
    row: &ProjectRow,
    reader: &Arc<Principal>,
    folder: &Path,
    told: &mut dyn FnMut(usize, usize),
) -> Result<Published> {
    let project = site.project(row)?;
    let viewer = permissions::enter(&project, row, reader)?
        .ok_or_else(|| Error::not_found(format!("there is no project `{}`", row.name)))?;
    make_empty(folder)?;
    let lives_at = SiteAddress::of(site)?;
    let root = format!("{}/{}", lives_at.base, row.name);
    let (places, targets) = Places::look(&project, &viewer, &root, &lives_at)?;
    let templates = Templates::load("")?;
    let rocket = app::reading_as(Arc::clone(site), lives_at, Arc::clone(reader))?;
    let client = Client::untracked(rocket).map_err(|error| Error::internal(format!("export: {error}")))?;
    let reader = viewer.principal.identity.as_ref().map_or("anonymous", |identity| identity.login.as_str());
    let frame = Frame {
        project: row.called().to_owned(),
        reader: reader.to_owned(),
        at: Instant::now().written(&viewer.zone()),
        nav: places.nav(),
    };
    let mut work = Work {
        client,
        templates,
        folder,
        places,
        frame,
        words: Words::begin(folder)?,
        files: HashMap::new(),
        done: Published::default(),
    };
    for (at, target) in targets.iter().enumerate() {
        work.target(target)?;
        told(at + 1, targets.len());
    }
    work.lists(&targets)?;
    work.end()
}

fn make_empty(folder: &Path) -> Result<()> {
    let refuse = |why: String| Error::invalid("FOLDER", format!("{}: {why}.", folder.display()));
    fs::create_dir_all(folder).map_err(|error| refuse(error.to_string()))?;
    match fs::read_dir(folder).map_err(|error| refuse(error.to_string()))?.next() {
        None => Ok(()),
        // What lies there might be read for a part of it, and be what the reader may not see.
        Some(_) => Err(refuse("something lies in it already; name a folder that is empty or not there yet".into())),
    }
}

/// What is the same around all pages.
struct Frame {
    project: String,
    reader: String,
    at: String,
    /// Name and file of what leads on from everywhere.
    nav: Vec<(&'static str, String)>,
}

#[derive(Serialize)]
struct Whole<'a> {
    title: &'a str,
    project: &'a str,
    reader: &'a str,
    at: &'a str,
    /// Leads to the folder of the export: `../../`.
    up: String,
    nav: Vec<Way>,
    body_html: &'a str,
    scripts: Vec<String>,
    search: bool,
}

#[derive(Serialize)]
struct Way {
    name: &'static str,
    href: String,
    current: bool,
}

struct Work<'a> {
    client: Client,
    templates: Templates,
    folder: &'a Path,
    places: Places,
    frame: Frame,
    words: Words,
    /// Attachments by what their address says, and the file that they became; none: not there for this reader.
    files: HashMap<String, Option<String>>,
    done: Published,
}

impl Work<'_> {
    /// A page with the pages that its list or conversation goes on in.
    fn target(&mut self, target: &Target) -> Result<()> {
        let (mut address, mut file, mut before) = (target.address.clone(), target.file.clone(), None);
        for number in 2..=MOST_PAGES + 1 {
            let Some(html) = self.get(&address)? else { return Ok(()) };
            let main = main_of(&html);
            for wanted in wanted_files(main, &self.places, &address) {
                self.file(&wanted)?;
            }
            let next = next_of(main, &self.places, &address);
            let next_file = next.as_ref().map(|_| target.file.replace(".html", &format!("-{number}.html")));
            let body = turned(
                main,
                &Turned {
                    places: &self.places,
                    files: &self.files,
                    address: &address,
                    file: &file,
                    previous: before.as_deref(),
                    next: next_file.as_deref(),
                },
            );
            self.write(&file, &target.title, &body, false)?;
            self.words.add(&href_of(&file), &target.title, &body)?;
            match next.zip(next_file) {
                Some((next, next_file)) => {
                    before = Some(std::mem::replace(&mut file, next_file));
                    address = next;
                }
                None => break,
            }
        }
        Ok(())
    }

    /// The page at an address, or none if it is not there (any more).
    fn get(&self, address: &str) -> Result<Option<String>> {
        let response = self.client.get(address.to_owned()).dispatch();
        match response.status() {
            Status::Ok => Ok(response.into_string()),
            Status::InternalServerError | Status::ServiceUnavailable => {
                Err(Error::internal(format!("export: {address} answered {}", response.status())))
            }
            _ => Ok(None),
        }
    }

    /// Copies an attachment once.
    fn file(&mut self, wanted: &str) -> Result<()> {
        if self.files.contains_key(wanted) {
            return Ok(());
        }
        let address = format!("{}/raw-attachment/{}", self.places.root(), address::path(wanted));
        let mut response = self.client.get(address).dispatch();
        let file = (response.status() == Status::Ok).then(|| self.places.name_of_file(wanted));
        if let Some(file) = &file {
            io::copy(&mut response, &mut self.create(file)?)?;
            self.done.files += 1;
        }
        drop(response);
        self.files.insert(wanted.to_owned(), file);
        Ok(())
    }

    /// Lists of everything, in as many files as it takes.
    fn lists(&mut self, targets: &[Target]) -> Result<()> {
        for (kind, title, name) in [("page", "All pages", "pages"), ("ticket", "All tickets", "tickets")] {
            let listed: Vec<&Target> = targets.iter().filter(|target| target.kind == kind).collect();
            if listed.is_empty() {
                continue;
            }
            let file_of = |number: usize| match number {
                0 => format!("{name}.html"),
                _ => format!("{name}-{}.html", number + 1),
            };
            let parts: Vec<&[&Target]> = listed.chunks(LISTED).collect();
            for (number, part) in parts.iter().enumerate() {
                let mut html = Html::default();
                html.tag("<h1>").text(title).tag("</h1>\n<ul class=\"published-list\">\n");
                for target in *part {
                    html.tag("<li><a").attribute("href", &href_of(&target.file));
                    if let Some(class) = target.class {
                        html.attribute("class", class);
                    }
                    html.tag("><bdi>").text(&target.title).tag("</bdi></a></li>\n");
                }
                html.tag("</ul>\n");
                for (there, label) in [(number.checked_sub(1), "Before"), (Some(number + 1), "Next")] {
                    if let Some(there) = there.filter(|there| *there < parts.len()) {
                        html.tag("<p><a").attribute("href", &file_of(there)).tag(">").text(label).tag("</a></p>\n");
                    }
                }
                self.write(&file_of(number), title, html.as_str(), false)?;
            }
        }
        Ok(())
    }

    /// The search, and what all pages share.
    fn end(mut self) -> Result<Published> {
        let Self { words, .. } = &mut self;
        let scripts = words.end()?;
        let search = "<h1>Search</h1>\n<div id=\"found\"><p class=\"muted\">The search needs scripts. Without them, look \
                      through the list of all pages.</p></div>\n";
        let (title, file) = ("Search", "search.html");
        self.write_with(file, title, search, scripts, true)?;
        if !self.folder.join("index.html").exists() {
            let mut html = Html::default();
            html.tag("<h1>").text(&self.frame.project).tag("</h1>\n<ul>\n");
            for (name, file) in &self.frame.nav {
                html.tag("<li><a").attribute("href", file).tag(">").text(name).tag("</a></li>\n");
            }
            html.tag("</ul>\n");
            let title = self.frame.project.clone();
            self.write("index.html", &title, html.as_str(), false)?;
        }
        for asset in ["trackway.css", "favicon.svg", "published.js"] {
            let bytes = assets::bytes(asset).ok_or_else(|| Error::internal(format!("export: no {asset}")))?;
            fs::write(self.folder.join(asset), bytes)?;
        }
        Ok(self.done)
    }

    fn write(&mut self, file: &str, title: &str, body: &str, search: bool) -> Result<()> {
        self.write_with(file, title, body, Vec::new(), search)
    }

    fn write_with(&mut self, file: &str, title: &str, body: &str, scripts: Vec<String>, search: bool) -> Result<()> {
        let frame = &self.frame;
        let up = "../".repeat(file.matches('/').count());
        let nav = frame.nav.iter().map(|(name, way)| Way {
            name,
            href: format!("{up}{}", href_of(way)),
            current: way == file,
        });
        let whole = Whole {
            title,
            project: &frame.project,
            reader: &frame.reader,
            at: &frame.at,
            nav: nav.collect(),
            body_html: body,
            scripts,
            search,
            up,
        };
        let html = self.templates.document("publish/page.html", &whole)?;
        io::copy(&mut html.as_bytes(), &mut self.create(file)?)?;
        self.done.pages += 1;
        Ok(())
    }

    fn create(&self, file: &str) -> Result<File> {
        let path = self.folder.join(file);
        let made = path.parent().map_or(Ok(()), fs::create_dir_all).and_then(|()| File::create(&path));
        made.map_err(|error| Error::invalid("FOLDER", format!("{}: {error}.", path.display())))
    }
}

/// A file of ours in an address: its name may hold a `%`, and nothing else that has to be encoded.
fn href_of(file: &str) -> String {
    file.replace('%', "%25")
}
