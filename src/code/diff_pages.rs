//! `/diff?old=<rev>&new=<rev>`: what differs between any two revisions, in all files, one folder, or two files of different
//! names (row V11).

use git2::{ObjectType, Tree};
use rocket::{Route, get, routes};
use serde::Serialize;
use serde_json::json;

use super::changed::{self, ChangedFile, Comparison, Side};
use super::changeset_pages::{Crumb, Head, file};
use super::differences::{Compared, Differences, Place, look, unknown_format, with_raw};
use super::file_path;
use super::git::{self, Revision};
use super::path_choice;
use super::place;
use super::repository::{self, Repository};
use super::{BROWSER_VIEW, CHANGESET_VIEW, FILE_VIEW, changeset_href, short, store, subject_of, whole};
use crate::base::error::{Error, Problem, Result};
use crate::base::time::When;
use crate::web::job::Arrived;
use crate::web::page::Alternate;
use crate::web::paging::with_value;
use crate::web::{Answer, Desk, Page, Room, Sheet, Visit};

const MISSING: &str = "There is no page at this address.";

pub fn routes() -> Vec<Route> {
    routes![compared]
}

#[get("/<project>/diff")]
async fn compared(visit: Visit, project: String) -> Answer {
    visit
        .answer(move |desk| {
            let room = desk.room(&project)?;
            room.viewer.require_to_see(CHANGESET_VIEW, MISSING)?;
            let all = room.project.read(repository::list)?;
            if desk.visit.value("format").as_deref() == Some("paths") {
                return as_paths(desk, &room, &all);
            }
            let asked = Asked::read(&desk.visit);
            if asked.old.is_empty() && asked.new.is_empty() {
                return form(desk, &room, &all, &asked, Vec::new());
            }
            let repository = chosen(&all, &asked.repository)?;
            let git = git::open(repository).map_err(|error| Error::not_found(error.to_string()))?;
            compare(desk, &room, &all, &asked, repository, &git)
        })
        .await
}

/// What the field of a path offers: `?format=paths&rev=v1&path=src/ma`.
fn as_paths(desk: &Desk, room: &Room, all: &[Repository]) -> Result<Answer> {
    room.viewer.require_to_see(BROWSER_VIEW, MISSING)?;
    let text = |name: &str| desk.visit.value(name).unwrap_or_default();
    let repository = chosen(all, text("repository").trim())?;
    Answer::json(&json!({ "paths": paths(room, repository, &text("rev"), &text("path")) }))
}

/// None where there is nothing to offer: no such revision, no such folder, nothing that may be seen.
fn paths(room: &Room, repository: &Repository, rev: &str, typed: &str) -> Vec<String> {
    if !room.viewer.may(BROWSER_VIEW) {
        return Vec::new();
    }
    let found = git::open(repository).and_then(|git| {
        let revision = place::revision(&git, repository, Some(rev.trim()))?;
        path_choice::choices(&git, revision.commit, typed)
    });
    found.unwrap_or_default()
}

/// What the address asks for; empty where it says nothing.
struct Asked {
    old: String,
    new: String,
    old_path: Vec<u8>,
    new_path: Vec<u8>,
    repository: String,
}

impl Asked {
    fn read(visit: &Visit) -> Self {
        let text = |name: &str| visit.value(name).unwrap_or_default().trim().to_owned();
        let path = |name: &str| {
            let path = file_path::from_query(&visit.query, name)?;
            let inner = path.iter().position(|byte| *byte != b'/').map_or(&path[..0], |begin| &path[begin..]);
            let end = inner.iter().rposition(|byte| *byte != b'/').map_or(0, |last| last + 1);
            Some(inner[..end].to_vec())
        };
        // A revision can bring its path along, as git writes it: `1a2b3c4:src/main.rs`.
        let end = |name: &str, path_name: &str| {
            let rev = text(name);
            let own = |own: &str| own.trim_matches('/').as_bytes().to_vec();
            match rev.split_once(':') {
                Some((rev, below)) => (rev.to_owned(), path(path_name).or_else(|| Some(own(below)))),
                None => (rev, path(path_name)),
            }
        };
        let ((old, old_path), (new, new_path)) = (end("old", "old_path"), end("new", "new_path"));
        Self {
            old,
            new,
            new_path: new_path.clone().or_else(|| old_path.clone()).unwrap_or_default(),
            old_path: old_path.or(new_path).unwrap_or_default(),
            repository: text("repository"),
        }
    }
}

/// The repository of that name; none named: the default one.
fn chosen<'a>(all: &'a [Repository], name: &str) -> Result<&'a Repository> {
    let found = if name.is_empty() { all.first() } else { all.iter().find(|repository| repository.name == name) };
    found.ok_or_else(|| {
        Error::not_found(if name.is_empty() {
            "No repository is connected to this project.".to_owned()
        } else {
            format!("There is no repository `{}` in this project.", crate::web::form::shortened(name))
        })
    })
}

/// One revision, at a path.
struct End<'r> {
    sha: String,
    entry: Entry<'r>,
}

enum Entry<'r> {
    Folder(Tree<'r>),
    File(git2::Oid),
    Missing,
}

fn compare(
    desk: &Desk,
    room: &Room,
    all: &[Repository],
    asked: &Asked,
    repository: &Repository,
    git: &git::Git,
) -> Result<Answer> {
    let mut problems = Vec::new();
    let mut revision = |name: &'static str, rev: &str| match place::revision(git, repository, Some(rev)) {
        Ok(revision) => Some(revision),
        Err(error) => {
            problems.push(Problem::new(name, error.to_string()));
            None
        }
    };
    let (old, new) = (revision("old", &asked.old), revision("new", &asked.new));
    let (Some(old), Some(new)) = (old, new) else {
        return form(desk, room, all, asked, problems);
    };
    refuse_hidden(room, &[&old, &new])?;
    let (old, new) = (end(git, &old, &asked.old_path)?, end(git, &new, &asked.new_path)?);
    let href = format!("{}/diff", room.root);
    let (comparison, old_tree, new_tree, path): (Comparison<'_>, _, _, Vec<u8>) = match (&old.entry, &new.entry) {
        (Entry::Missing, Entry::Missing) => {
            return Err(Error::not_found("Neither revision has anything at that path."));
        }
        (Entry::File(old_id), Entry::File(new_id)) if asked.old_path != asked.new_path => {
            let side = |path: &[u8], id: &git2::Oid| Side { path: path.to_vec(), id: *id };
            let (old_side, new_side) = (side(&asked.old_path, old_id), side(&asked.new_path, new_id));
            (changed::compare_files(git, old_side, new_side), root(git, &old)?, root(git, &new)?, Vec::new())
        }
        (Entry::Folder(old_tree), Entry::Folder(new_tree)) if asked.old_path != asked.new_path => {
            let comparison = changed::compare(git, Some(old_tree), Some(new_tree))?;
            (comparison, Some(old_tree.clone()), Some(new_tree.clone()), Vec::new())
        }
        _ if asked.old_path != asked.new_path => {
            return Err(Error::invalid("new_path", "Two files can be compared, or two folders, but not one of each."));
        }
        _ => {
            let (old_tree, new_tree) = (root(git, &old)?, root(git, &new)?);
            (changed::compare(git, old_tree.as_ref(), new_tree.as_ref())?, old_tree, new_tree, asked.new_path.clone())
        }
    };
    let are_folders_apart = asked.old_path != asked.new_path && matches!(new.entry, Entry::Folder(_));
    let (old_below, new_below): (&[u8], &[u8]) =
        if are_folders_apart { (&asked.old_path, &asked.new_path) } else { (b"", b"") };
    let pairs = desk.visit.pairs();
    let of_one = |file: &ChangedFile| {
        let joined = |below: &[u8], path: &[u8]| {
            let path = if below.is_empty() { path.to_vec() } else { [below, b"/", path].concat() };
            file_path::encoded(&path)
        };
        let old_path = file.old_path().unwrap_or(file.path());
        let kept = |name: &str| !matches!(name, "old_path" | "new_path" | "page" | "path" | "format");
        let rest: Vec<_> = pairs.iter().filter(|(name, _)| kept(name)).cloned().collect();
        let both = with_value(&href, &rest, "old_path", "");
        let joint = if both.contains('?') { '&' } else { '?' };
        format!("{both}{joint}old_path={}&new_path={}", joined(old_below, old_path), joined(new_below, file.path()))
    };
    let compared = Compared {
        comparison: &comparison,
        old_tree,
        new_tree,
        git,
        href: href.clone(),
        path,
        old_place: Some(Place::new(room, repository, &old.sha, old_below)),
        new_place: Some(Place::new(room, repository, &new.sha, new_below)),
        of_one: &of_one,
    };
    let name = format!("{}-{}.diff", short(&old.sha), short(&new.sha));
    match desk.visit.value("format").as_deref() {
        Some("diff" | "patch") => match whole::unified(desk, room, repository, &compared)? {
            Arrived::Thing(patch) => Ok(file(patch.to_vec(), &name)),
            Arrived::Later(answer) => Ok(answer),
        },
        _ if desk.visit.wants_json() => as_json(desk, room, &old, &new, &compared),
        None | Some("html") => as_page(desk, room, all, asked, (repository, git), (&old, &new), &compared),
        Some(other) => Err(unknown_format(other)),
    }
}

/// Commits that this viewer may not see are as missing ones.
fn refuse_hidden(room: &Room, revisions: &[&Revision]) -> Result<()> {
    for revision in revisions {
        let known = room.project.read(|db| store::by_sha(db, &room.viewer, &revision.commit.to_string()))?;
        if matches!(known, Some(None)) {
            return Err(Error::not_found(super::NO_CHANGESET));
        }
    }
    Ok(())
}

fn end<'r>(git: &'r git2::Repository, revision: &Revision, path: &[u8]) -> Result<End<'r>> {
    let unreadable = |error: git2::Error| changed::unreadable(&error);
    let tree = git.find_commit(revision.commit).and_then(|commit| commit.tree()).map_err(unreadable)?;
    let sha = revision.commit.to_string();
    if path.is_empty() {
        return Ok(End { sha, entry: Entry::Folder(tree) });
    }
    let entry = match tree.get_path(file_path::as_path(path)) {
        Ok(found) if found.kind() == Some(ObjectType::Tree) => {
            Entry::Folder(git.find_tree(found.id()).map_err(unreadable)?)
        }
        Ok(found) if found.kind() == Some(ObjectType::Blob) => Entry::File(found.id()),
        _ => Entry::Missing,
    };
    Ok(End { sha, entry })
}

fn root<'r>(git: &'r git2::Repository, end: &End<'_>) -> Result<Option<Tree<'r>>> {
    let commit = git2::Oid::from_str(&end.sha).and_then(|id| git.find_commit(id));
    commit.and_then(|commit| commit.tree()).map(Some).map_err(|error| changed::unreadable(&error))
}

fn as_json(desk: &Desk, room: &Room, old: &End<'_>, new: &End<'_>, compared: &Compared<'_, '_>) -> Result<Answer> {
    let (files, total, next) = compared.as_json(desk);
    let absolute = |href: &str| desk.web().address.absolute(href);
    Answer::json(&json!({
        "old": old.sha, "new": new.sha, "url": absolute(&format!("{}/diff?old={}&new={}", room.root, old.sha, new.sha)),
        "files": files, "files_total": total, "next": next.map(|next| absolute(&next)),
    }))
}

#[derive(Serialize)]
struct DiffPage {
    head: Head,
    href: String,
    old: Typed,
    new: Typed,
    repository: String,
    /// Where there are several.
    repositories: Vec<Choice>,
    problems: Vec<Problem>,
    compared: Option<Ends>,
    differences: Option<Differences>,
}

impl Page for DiffPage {
    const TEMPLATE: &'static str = "code/diff.html";
}

#[derive(Serialize)]
struct Typed {
    rev: String,
    path: String,
    /// What the path may become.
    offered: Vec<String>,
}

#[derive(Serialize)]
struct Choice {
    name: String,
    chosen: bool,
}

#[derive(Serialize)]
struct Ends {
    old: ShownEnd,
    new: ShownEnd,
    reverse_href: String,
    diff_href: Option<String>,
}

#[derive(Serialize)]
struct ShownEnd {
    /// As it was asked for; empty: the default branch.
    rev: String,
    short: String,
    href: String,
    subject: String,
    author: String,
    when: When,
}

fn form(desk: &Desk, room: &Room, all: &[Repository], asked: &Asked, problems: Vec<Problem>) -> Result<Answer> {
    if desk.visit.wants_json() || matches!(desk.visit.value("format").as_deref(), Some("diff" | "patch")) {
        let problems = if problems.is_empty() {
            vec![Problem::new("old", "Which revisions shall be compared? `?old=<rev>&new=<rev>` says so.")]
        } else {
            problems
        };
        return Err(Error::Invalid(problems));
    }
    let status = if problems.is_empty() { rocket::http::Status::Ok } else { rocket::http::Status::UnprocessableEntity };
    let page = page(room, all, asked, problems, None, None);
    Sheet::new("Compare revisions", page).at("/browser").noindex().status(status).render(desk)
}

fn page(
    room: &Room,
    all: &[Repository],
    asked: &Asked,
    problems: Vec<Problem>,
    compared: Option<Ends>,
    differences: Option<Differences>,
) -> DiffPage {
    let repository = chosen(all, &asked.repository).ok();
    let typed = |rev: &str, path: &[u8]| {
        let path = String::from_utf8_lossy(path).into_owned();
        let offered = repository.map(|repository| paths(room, repository, rev, &path)).unwrap_or_default();
        Typed { rev: rev.to_owned(), path, offered }
    };
    let code = Crumb { name: "Code".to_owned(), href: Some(format!("{}/browser", room.root)) };
    DiffPage {
        head: Head {
            crumbs: vec![code],
            heading: "Compare revisions".to_owned(),
            mono: false,
            tabs: Vec::new(),
            switch: None,
            commit: None,
            instead: None,
        },
        href: format!("{}/diff", room.root),
        old: typed(&asked.old, &asked.old_path),
        new: typed(&asked.new, &asked.new_path),
        repository: asked.repository.clone(),
        repositories: all
            .iter()
            .filter(|_| all.len() > 1)
            .map(|repository| Choice {
                name: repository.name.clone(),
                chosen: repository.name == asked.repository || (asked.repository.is_empty() && repository.is_default),
            })
            .collect(),
        problems,
        compared,
        differences,
    }
}

fn as_page(
    desk: &Desk,
    room: &Room,
    all: &[Repository],
    asked: &Asked,
    (repository, git): (&Repository, &git2::Repository),
    (old, new): (&End<'_>, &End<'_>),
    compared: &Compared<'_, '_>,
) -> Result<Answer> {
    let mut notes = Vec::new();
    for (which, end) in [("old", old), ("new", new)] {
        if matches!(end.entry, Entry::Missing) {
            notes.push(format!("The {which} revision has nothing at that path."));
        }
    }
    let whole = match whole::asked(desk, room, repository, compared)? {
        Some(Arrived::Later(answer)) => return Ok(answer),
        Some(Arrived::Thing(whole)) => Some(whole),
        None => None,
    };
    let differences = compared.shown(desk, room, notes, whole.as_deref())?;
    let ends = Ends {
        old: shown_end(room, git, &asked.old, old)?,
        new: shown_end(room, git, &asked.new, new)?,
        reverse_href: reversed(room, asked, repository, old, new),
        diff_href: room.viewer.may(FILE_VIEW).then(|| with_raw(&compared.href, &desk.visit.query, "format", "diff")),
    };
    let alternates = ends.diff_href.iter().map(|href| Alternate {
        href: href.clone(),
        media_type: "text/plain",
        title: "Unified diff".to_owned(),
    });
    let alternates = alternates.collect();
    let title = format!("Differences between {} and {}", ends.old.short, ends.new.short);
    let page = page(room, all, asked, Vec::new(), Some(ends), Some(differences));
    let answer = Sheet::new(title, page).at("/browser").noindex().alternates(alternates).render(desk)?;
    Ok(look(desk)?.kept(desk, answer))
}

fn shown_end(room: &Room, git: &git2::Repository, rev: &str, end: &End<'_>) -> Result<ShownEnd> {
    let commit = git2::Oid::from_str(&end.sha).and_then(|id| git.find_commit(id));
    let commit = commit.map_err(|error| changed::unreadable(&error))?;
    let message = git::message(&commit);
    Ok(ShownEnd {
        rev: if end.sha.starts_with(rev) { String::new() } else { rev.to_owned() },
        short: short(&end.sha).to_owned(),
        href: format!("{}{}", room.root, changeset_href(&end.sha)),
        subject: subject_of(&message),
        author: room.viewer.shown_name(&git::one_line(commit.author().name_bytes())),
        when: git::instant(commit.committer().when()).when(&room.viewer.zone()),
    })
}

/// The same the other way round.
fn reversed(room: &Room, asked: &Asked, repository: &Repository, old: &End<'_>, new: &End<'_>) -> String {
    let name = |rev: &str, end: &End<'_>| crate::web::address::query_value(if rev.is_empty() { &end.sha } else { rev });
    let mut href = format!("{}/diff?old={}&new={}", room.root, name(&asked.new, new), name(&asked.old, old));
    if !asked.old_path.is_empty() || !asked.new_path.is_empty() {
        let (old_path, new_path) = (file_path::encoded(&asked.new_path), file_path::encoded(&asked.old_path));
        href.push_str(&format!("&old_path={old_path}&new_path={new_path}"));
    }
    if !repository.is_default {
        href.push_str(&format!("&repository={}", crate::web::address::query_value(&repository.name)));
    }
    href
}
