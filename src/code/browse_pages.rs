//! Folders of a repository (rows V04, V05, V09), and what is said where there is none, or none that can be read.

use std::collections::HashMap;

use rocket::Route;
use rocket::http::Status;
use serde::Serialize;
use serde_json::{Value, json};

use super::age::Ages;
use super::archive::{self, Contents, Wanted};
use super::order::{self, By, Heads, Order, Sorted};
use super::place::{self, Head, Place};
use super::raw::{self, Known};
use super::relative::{self, Ground};
use super::repository::{self, Repository};
use super::source::{self, Content};
use super::told::{self, CommitLine, Told};
use super::tree::{self, Entry, Kind};
use super::{BROWSER_VIEW, FILE_VIEW, LOG_VIEW, NO_PAGE, blame_pages, file_pages, git, past};
use crate::base::error::{Error, Result};
use crate::base::markup::{Flavour, Html};
use crate::base::text::unseen;
use crate::base::time::Instant;
use crate::base::viewer::TRAC_ADMIN;
use crate::web::page::Alternate;
use crate::web::paging::{self, Paging, with_value};
use crate::web::text::Reader;
use crate::web::{Answer, Desk, Page, Room, Sheet, Visit};

/// Entries on one page.
const PAGE_SIZE: usize = 2_000;
/// Folders with more entries stand in the order of names only.
const MOST_ORDERED: usize = 20_000;
/// Longer READMEs are shown as files are.
const LARGEST_README: u64 = 256 * 1024;
/// Targets of symbolic links that are longer are not shown.
const LONGEST_TARGET: u64 = 4_096;
/// Repositories in the list.
const MOST_REPOSITORIES: usize = 100;

pub fn routes() -> Vec<Route> {
    rocket::routes![browse]
}

#[rocket::get("/<project>/browser/<_..>")]
async fn browse(visit: Visit, known: Known, project: &str) -> Answer {
    let project = project.to_owned();
    visit
        .answer(move |desk| {
            let room = desk.room(&project)?;
            room.viewer.require_to_see(BROWSER_VIEW, NO_PAGE)?;
            let path = tree::segments(desk.visit.raw_tail("/browser").unwrap_or_default());
            or_trouble(desk, &room, show(desk, &room, path, &known))
        })
        .await
}

fn show(desk: &Desk, room: &Room, path: tree::Segments, known: &Known) -> Result<Answer> {
    let asked = room.project.read(|db| place::asked(db, path))?;
    if asked.repository().is_none() && asked.path.is_empty() {
        return index_page(desk, room, None, Status::Ok);
    }
    let others = if asked.path.is_empty()
        && asked.repositories.len() > 1
        && asked.repository().is_some_and(|it| it.is_default)
    {
        asked.repositories.clone()
    } else {
        Vec::new()
    };
    let place = place::open(asked, desk.visit.value("rev"))?.or_nearest(desk)?;
    let root = tree::root(&place.git, place.commit())?;
    let found = tree::find(&place.git, root, &place.path)?.ok_or_else(|| place.missing())?;
    if found.kind() == Kind::Folder && desk.visit.value("format").as_deref() == Some("zip") {
        room.viewer.require(FILE_VIEW)?;
        return packed(desk, room, &place, &found);
    }
    if found.kind() == Kind::Folder {
        return folder(desk, room, &place, &found, &others);
    }
    room.viewer.require_to_see(FILE_VIEW, &place.missing().to_string())?;
    match desk.visit.value("format").as_deref() {
        Some(format @ ("raw" | "txt")) => raw::send(&room.project, &place, &found, known, format == "txt"),
        _ if blame_pages::is_asked(desk) => blame_pages::page(desk, room, &place, &found),
        _ => file_pages::file(desk, room, &place, &found),
    }
}

/// A folder and all that is below it, in one archive (row V08).
fn packed(desk: &Desk, room: &Room, place: &Place, found: &Entry) -> Result<Answer> {
    let commit = place.git.find_commit(place.commit()).map_err(|error| tree::unreadable(&error))?;
    let sha = commit.id().to_string();
    let own = found.name.as_slice();
    let called = if place.path.is_empty() { place.repository.name.clone() } else { tree::shown_path(&place.path) };
    let wanted = Wanted {
        repository: &place.repository,
        commit: commit.id(),
        contents: Contents::Folder(found.id),
        path: &place.path.join(&0),
        name: archive::name(&[&place.repository.name, &tree::shown(own), super::short(&sha)]),
        changed: git::instant(commit.time()),
        title: format!("An archive of {called}"),
        back_href: place.href(room, "/browser", &place.path),
        back: called,
    };
    archive::send(desk, room, wanted)
}

/// A repository that can't be read, or has nothing to be read yet, is said within the frame of the page.
pub fn or_trouble(desk: &Desk, room: &Room, answer: Result<Answer>) -> Result<Answer> {
    match answer {
        Err(Error::Conflict(sentence)) if !desk.visit.wants_json() => {
            let tail = desk.visit.raw_tail("/browser").or_else(|| desk.visit.raw_tail("/log"));
            let is_outermost = tail.is_none_or(|tail| tree::segments(tail).is_empty());
            let status = if is_outermost { Status::Ok } else { Status::Conflict };
            index_page(desk, room, Some(sentence), status)
        }
        answer => answer,
    }
}

#[derive(Serialize)]
struct IndexPage {
    head: Head,
    trouble: Option<String>,
    is_unborn: bool,
    repositories: Vec<RepositoryRow>,
    repository_heads: Heads,
    command: Option<String>,
}

impl Page for IndexPage {
    const TEMPLATE: &'static str = "code/index.html";
}

#[derive(Serialize)]
struct RepositoryRow {
    name: String,
    href: String,
    description: String,
    is_default: bool,
    branch: String,
    commit: Option<CommitLine>,
    /// Beside the others, see [`Ages`].
    age: Option<usize>,
    #[serde(skip)]
    at: Option<Instant>,
    trouble: String,
}

fn index_page(desk: &Desk, room: &Room, trouble: Option<String>, status: Status) -> Result<Answer> {
    let repositories = room.project.read(repository::list)?;
    let head = Head {
        crumbs: Vec::new(),
        heading: "Code".to_owned(),
        mono: false,
        tabs: Vec::new(),
        switch: None,
        commit: None,
        instead: None,
    };
    let may_add = repositories.is_empty() && room.viewer.may(TRAC_ADMIN);
    let page = IndexPage {
        head,
        is_unborn: trouble.as_deref() == Some(git::NO_COMMIT),
        trouble,
        command: may_add.then(|| format!("trackway repo add {} /path/to/the/repository", room.row.name)),
        repositories: repository_rows(desk, room, &repositories)?,
        repository_heads: repository_heads(desk, room),
    };
    Sheet::new("Code", page).at("/browser").status(status).render(desk)
}

fn repository_heads(desk: &Desk, room: &Room) -> Heads {
    let order = Order::asked(&desk.visit, order::OF_REPOSITORIES);
    let pairs = desk.visit.pairs();
    if !is_ordered(desk) {
        // By name is an order to be asked for like the others.
        let turned = Order { descends: true, ..order };
        return turned.heads(&format!("{}/browser", room.root), &pairs, order::OF_REPOSITORIES).unsorted();
    }
    order.heads(&format!("{}/browser", room.root), &pairs, order::OF_REPOSITORIES)
}

/// Whether the repositories are to stand otherwise than they do, the default one first.
fn is_ordered(desk: &Desk) -> bool {
    desk.visit.value(order::OF_REPOSITORIES.0).is_some() || desk.visit.value(order::OF_REPOSITORIES.1).is_some()
}

fn repository_rows(desk: &Desk, room: &Room, repositories: &[Repository]) -> Result<Vec<RepositoryRow>> {
    let mut rows = Vec::new();
    let mut moments = Vec::new();
    for repository in repositories.iter().take(MOST_REPOSITORIES) {
        let mut row = RepositoryRow {
            name: repository.name.clone(),
            href: format!("{}/browser{}", room.root, place::repository_tail(repository)),
            description: repository.description.clone(),
            is_default: repository.is_default,
            branch: String::new(),
            commit: None,
            age: None,
            at: None,
            trouble: repository.trouble.clone(),
        };
        match git::open(repository).and_then(|git| place::default_head(&git, repository).map(|head| (git, head))) {
            Ok((git, (branch, commit))) => {
                let told = room.project.read(|db| told::told(db, &git, &room.viewer, [commit].into_iter()))?;
                row.branch = branch.map(|name| git::one_line(name.as_bytes())).unwrap_or_default();
                row.commit = told.get(&commit).map(|told| told.line(room));
                row.at = told.get(&commit).map(|told| told.at);
                moments.extend(row.at);
            }
            Err(Error::Conflict(sentence)) => row.trouble = sentence,
            Err(error) => return Err(error),
        }
        rows.push(row);
    }
    let ages = Ages::of(moments.into_iter());
    for row in &mut rows {
        row.age = row.at.map(|at| ages.step(at));
    }
    if is_ordered(desk) {
        let order = Order::asked(&desk.visit, order::OF_REPOSITORIES);
        rows.sort_by(|one, other| order.compare(&one.sorted(), &other.sorted()));
    }
    Ok(rows)
}

impl RepositoryRow {
    fn sorted(&self) -> Sorted<'_> {
        let author = self.commit.as_ref().map_or("", |commit| commit.author.as_str());
        Sorted { name: &self.name, size: None, date: self.at, author }
    }
}

#[derive(Serialize)]
struct FolderPage {
    head: Head,
    repositories: Vec<RepositoryRow>,
    repository_heads: Heads,
    heads: Heads,
    /// Too much is in it for another order than that of names.
    is_too_large: bool,
    up_href: Option<String>,
    rows: Vec<Row>,
    readme: Option<Readme>,
    is_unknown: bool,
    log_href: Option<String>,
    /// All of it in one archive.
    zip_href: Option<String>,
    paging: Paging,
}

impl Page for FolderPage {
    const TEMPLATE: &'static str = "code/directory.html";
}

#[derive(Serialize)]
struct Row {
    name: String,
    icon: &'static str,
    href: Option<String>,
    size: Option<u64>,
    target: Option<String>,
    module: Option<String>,
    changed: Option<CommitLine>,
    age: Option<usize>,
}

#[derive(Serialize)]
struct Readme {
    name: String,
    href: String,
    html: Option<String>,
    text: Option<String>,
}

/// Everything that a folder's page and its JSON are made of.
struct Folder {
    entries: Vec<Entry>,
    total: usize,
    paging: Paging,
    changes: HashMap<Vec<u8>, git2::Oid>,
    told: HashMap<git2::Oid, Told>,
}

fn folder(desk: &Desk, room: &Room, place: &Place, found: &Entry, others: &[Repository]) -> Result<Answer> {
    let tree = place.git.find_tree(found.id).map_err(|error| tree::unreadable(&error))?;
    let mut entries = tree::entries(&tree);
    let readme = readme_of(&entries).cloned().filter(|_| room.viewer.may(FILE_VIEW));
    entries.sort_by_cached_key(|entry| {
        (entry.kind() != Kind::Folder, entry.name.to_ascii_lowercase(), entry.name.clone())
    });
    let total = entries.len();
    let path = place.href(room, "/browser", &place.path);
    let plain = path.split('?').next().unwrap_or(&path).to_owned();
    let pairs = desk.visit.pairs();
    let paging = Paging::new(&plain, &pairs, paging::asked(desk.visit.value("page")), PAGE_SIZE, total);
    let order = Order::asked(&desk.visit, order::OF_FOLDER);
    let is_too_large = total > MOST_ORDERED && order.by != By::Name;
    let first = paging.offset(PAGE_SIZE);
    if order.by == By::Name && order.descends {
        // Folders stay before files.
        let files = entries.iter().position(|entry| entry.kind() != Kind::Folder).unwrap_or(total);
        entries[..files].reverse();
        entries[files..].reverse();
    }
    if order.by == By::Name || is_too_large {
        entries = entries.into_iter().skip(first).take(PAGE_SIZE).collect();
    }
    let readme =
        readme.map(|entry| readme_text(place, &entry).map(|text| text.map(|text| (entry, text)))).transpose()?;
    let readme = readme.flatten();
    let reader = Reader::new(desk.site(), &room.project, &room.viewer, desk.base(), &room.root)?;
    let compiled = readme
        .as_ref()
        .filter(|(entry, _)| is_markdown(&entry.name))
        .map(|(_, text)| reader.compiled(text, Flavour::Page))
        .transpose()?;
    let (folder, head, readme_html) = room.project.read(|db| {
        let line = past::line(db, &place.git, place.repository.id, place.commit())?;
        let changes = past::last_changes(db, &place.git, &line, &place.path, &entries)?;
        let shown = changes.values().copied().chain([place.commit()]);
        let told = told::told(db, &place.git, &room.viewer, shown)?;
        let commit = told.get(&place.commit()).map(|told| told.line(room));
        let head = place::head(db, room, place, "/browser", ways(room), commit)?;
        let html = compiled.as_ref().map(|compiled| reader.html(db, compiled, None)).transpose()?;
        if order.by != By::Name && !is_too_large {
            let ordered = in_order(place, entries, order, |entry| changes.get(&entry.name).and_then(|id| told.get(id)));
            entries = ordered.into_iter().skip(first).take(PAGE_SIZE).collect();
        }
        Ok((Folder { entries, total, paging, changes, told }, head, html))
    })?;
    if desk.visit.wants_json() {
        return folder_json(desk, room, place, &folder);
    }
    let alternate = Alternate::json(with_value(&plain, &pairs, "format", "json"), "This folder");
    let title = if place.path.is_empty() { place.repository.name.clone() } else { tree::shown_path(&place.path) };
    let at = |entry: &Entry| folder.changes.get(&entry.name).and_then(|id| folder.told.get(id)).map(|told| told.at);
    let ages = Ages::of(folder.entries.iter().filter_map(at));
    let page = FolderPage {
        head,
        repositories: repository_rows(desk, room, others)?,
        repository_heads: repository_heads(desk, room),
        heads: order.heads(&plain, &pairs, order::OF_FOLDER),
        is_too_large,
        up_href: place.path.split_last().map(|(_, above)| place.href(room, "/browser", above)),
        rows: folder.entries.iter().map(|entry| row(room, place, &folder, entry, &ages)).collect(),
        readme: readme.map(|(entry, text)| shown_readme(room, place, &entry, text, readme_html)),
        is_unknown: folder.changes.len() < folder.entries.len(),
        log_href: room.viewer.may(LOG_VIEW).then(|| place.href(room, "/log", &place.path)),
        zip_href: (room.viewer.may(FILE_VIEW) && folder.total > 0).then(|| zip_href(&path)),
        paging: folder.paging,
    };
    let sheet = Sheet::new(title, page).at("/browser").alternates(vec![alternate]);
    if place.rev.is_some() { sheet.noindex() } else { sheet }.render(desk)
}

fn zip_href(path: &str) -> String {
    format!("{path}{}format=zip", if path.contains('?') { '&' } else { '?' })
}

/// The pages that there are of every path: their names and addresses.
pub fn ways(room: &Room) -> &'static [(&'static str, &'static str)] {
    match (room.viewer.may(BROWSER_VIEW), room.viewer.may(LOG_VIEW)) {
        (true, true) => &[("Files", "/browser"), ("History", "/log")],
        (true, false) => &[("Files", "/browser")],
        (false, _) => &[("History", "/log")],
    }
}

/// Folders first, whatever the order.
fn in_order<'t>(
    place: &Place,
    entries: Vec<Entry>,
    order: Order,
    changed: impl Fn(&Entry) -> Option<&'t Told>,
) -> Vec<Entry> {
    let mut known: Vec<(String, Option<u64>, Option<&Told>, Entry)> = entries
        .into_iter()
        .map(|entry| {
            // Only that order reads them all.
            let size = if order.by == By::Size { size(place, &entry) } else { None };
            (tree::shown(&entry.name), size, changed(&entry), entry)
        })
        .collect();
    known.sort_by(|one, other| {
        let is_file = |entry: &Entry| entry.kind() != Kind::Folder;
        is_file(&one.3)
            .cmp(&is_file(&other.3))
            .then_with(|| order.compare(&sorted(&one.0, one.1, one.2), &sorted(&other.0, other.1, other.2)))
    });
    known.into_iter().map(|(_, _, _, entry)| entry).collect()
}

fn sorted<'a>(name: &'a str, size: Option<u64>, told: Option<&'a Told>) -> Sorted<'a> {
    Sorted { name, size, date: told.map(|told| told.at), author: told.map_or("", |told| told.author.as_str()) }
}

fn row(room: &Room, place: &Place, folder: &Folder, entry: &Entry, ages: &Ages) -> Row {
    let mut path = place.path.clone();
    path.push(entry.name.clone());
    let kind = entry.kind();
    let changed = folder.changes.get(&entry.name).and_then(|id| folder.told.get(id));
    let may_open = kind == Kind::Folder || room.viewer.may(FILE_VIEW);
    Row {
        name: tree::shown(&entry.name),
        icon: match kind {
            Kind::Folder => "folder",
            Kind::File | Kind::Executable => "text",
            Kind::Symlink => "link",
            Kind::Submodule => "submodule",
        },
        href: may_open.then(|| place.href(room, "/browser", &path)),
        size: size(place, entry),
        target: target(place, entry),
        module: (kind == Kind::Submodule).then(|| super::short(&entry.id.to_string()).to_owned()),
        changed: changed.map(|told| told.line(room)),
        age: changed.map(|told| ages.step(told.at)),
    }
}

/// In bytes; of files only, and of those that are here.
fn size(place: &Place, entry: &Entry) -> Option<u64> {
    if !entry.kind().is_file() {
        return None;
    }
    tree::size(&place.git, entry.id).ok()
}

/// Where a symbolic link leads, as it says itself.
pub fn target(place: &Place, entry: &Entry) -> Option<String> {
    if entry.kind() != Kind::Symlink || tree::size(&place.git, entry.id).ok()? > LONGEST_TARGET {
        return None;
    }
    Some(tree::shown(place.git.find_blob(entry.id).ok()?.content()))
}

/// The file that tells of the folder: a Markdown one before others.
fn readme_of(entries: &[Entry]) -> Option<&Entry> {
    let rank = |entry: &Entry| {
        let name = entry.name.to_ascii_lowercase();
        let order: [&[u8]; 6] =
            [b"readme.md", b"readme.markdown", b"readme", b"readme.txt", b"readme.rst", b"readme.adoc"];
        order.iter().position(|known| *known == name)
    };
    entries.iter().filter(|entry| entry.kind().is_file() && rank(entry).is_some()).min_by_key(|entry| rank(entry))
}

pub fn is_markdown(name: &[u8]) -> bool {
    let name = name.to_ascii_lowercase();
    name.ends_with(b".md") || name.ends_with(b".markdown")
}

fn readme_text(place: &Place, entry: &Entry) -> Result<Option<String>> {
    if !tree::size(&place.git, entry.id).is_ok_and(|size| size <= LARGEST_README) {
        return Ok(None);
    }
    let blob = place.git.find_blob(entry.id).map_err(|error| tree::unreadable(&error))?;
    Ok(match source::content(blob.content()) {
        Content::Text { text, .. } => Some(unseen::named(&text).into_owned()),
        Content::Binary | Content::Pointer { .. } => None,
    })
}

fn shown_readme(room: &Room, place: &Place, entry: &Entry, text: String, html: Option<Html>) -> Readme {
    let mut path = place.path.clone();
    path.push(entry.name.clone());
    Readme {
        name: tree::shown(&entry.name),
        href: place.href(room, "/browser", &path),
        text: html.is_none().then_some(text),
        html: html.map(|html| relative::turned(html.as_str(), &ground(room, place, &place.path))),
    }
}

/// Where relative links of a document in that folder lead.
pub fn ground(room: &Room, place: &Place, folder: &[Vec<u8>]) -> Ground {
    Ground {
        folder: folder.to_vec(),
        pages: format!("{}/browser{}", room.root, place.tail(&[])),
        query: place::at_rev("", place.rev.as_deref()),
        files: place.export_href(room, &[]),
    }
}

fn folder_json(desk: &Desk, room: &Room, place: &Place, folder: &Folder) -> Result<Answer> {
    let absolute = |href: &str| desk.web().address.absolute(href);
    let items: Vec<Value> = folder
        .entries
        .iter()
        .map(|entry| {
            let mut path = place.path.clone();
            path.push(entry.name.clone());
            let told = folder.changes.get(&entry.name).and_then(|id| folder.told.get(id));
            json!({
                "name": tree::shown(&entry.name),
                "path": tree::shown_path(&path),
                "kind": entry.kind().name(),
                "mode": format!("{:06o}", entry.mode),
                "id": entry.id.to_string(),
                "size": size(place, entry),
                "url": absolute(&place.href(room, "/browser", &path)),
                "changed": told.map(|told| commit_json(desk, room, told)),
            })
        })
        .collect();
    Answer::json(&json!({
        "total": folder.total,
        "page": folder.paging.page,
        "items": items,
        "next": folder.paging.next.as_deref().map(absolute),
        "repository": place.repository.name,
        "path": tree::shown_path(&place.path),
        "commit": place.commit().to_string(),
        "branch": place.revision.name,
    }))
}

/// A commit in JSON lists; what may not be seen of it is null.
pub fn commit_json(desk: &Desk, room: &Room, told: &Told) -> Value {
    let url = told
        .is_open
        .then(|| desk.web().address.absolute(&format!("{}{}", room.root, super::changeset_href(&told.sha))));
    json!({
        "id": told.sha,
        "url": url,
        "author": told.is_open.then_some(&told.author),
        "time": told.at.iso(),
        "message": told.is_open.then_some(&told.message),
        "parents": told.parents,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_markdown_readme_is_taken_before_others() {
        let entry = |name: &str, mode| Entry { name: name.into(), id: git2::Oid::ZERO_SHA1, mode };
        let entries = [entry("README", 0o100_644), entry("ReadMe.md", 0o100_644), entry("readme.markdown", 0o040_000)];
        assert_eq!(readme_of(&entries).map(|entry| entry.name.as_slice()), Some(&b"ReadMe.md"[..]));
        assert_eq!(readme_of(&entries[2..]), None);
    }
}
