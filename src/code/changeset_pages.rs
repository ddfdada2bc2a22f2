//! `/changeset/<rev>`: one commit. Its message and what that asked of tickets, who made it and when, where it stands, and
//! what it changed: as a page, as a patch, as a mail for `git am`, as JSON (rows V10, V14).

use git2::Commit;
use rocket::http::{ContentType, Status};
use rocket::{Route, get, routes};
use rusqlite::Connection;
use serde::Serialize;
use serde_json::json;

use super::archive::{self, Contents, Wanted};
use super::asked::{self, Told};
use super::changed::{self, ChangedFile};
use super::differences::{Compared, Differences, Place, look, start, unknown_format};
use super::found::{Found, find};
use super::git;
use super::repository::{self, Repository};
use super::store;
use super::{
    BROWSER_VIEW, CHANGESET_VIEW, FILE_VIEW, LOG_VIEW, NO_CHANGESET, changeset_href, file_path, mail, past, reach,
    short, told, whole,
};
use crate::base::error::{Error, Result};
use crate::base::markup::{Flavour, Here};
use crate::base::resource::Resource;
use crate::base::time::When;
use crate::web::job::Arrived;
use crate::web::page::Alternate;
use crate::web::paging::with_value;
use crate::web::text::Reader;
use crate::web::{Answer, Desk, Page, Room, Sheet, Visit, address};

/// Longer messages are cut short on the page.
const LONGEST_MESSAGE: usize = 64 << 10;

pub fn routes() -> Vec<Route> {
    routes![show]
}

#[get("/<project>/changeset/<_..>")]
async fn show(visit: Visit, project: String) -> Answer {
    visit
        .answer(move |desk| {
            let room = desk.room(&project)?;
            room.viewer.require_to_see(CHANGESET_VIEW, NO_CHANGESET)?;
            let tail = raw_tail(desk);
            if tail.is_empty() {
                return Ok(to_diff(desk, &room));
            }
            let found = find(&room, &tail)?;
            answered(desk, &room, &found)
        })
        .await
}

/// What follows `/changeset` in the address, as it came.
fn raw_tail(desk: &Desk) -> String {
    let below = desk.visit.path.strip_prefix(desk.base()).unwrap_or_default();
    below.splitn(4, '/').nth(3).unwrap_or_default().to_owned()
}

/// Trac compares any two revisions at `/changeset?old=…&new=…` (row V11).
fn to_diff(desk: &Desk, room: &Room) -> Answer {
    let query = if desk.visit.query.is_empty() { String::new() } else { format!("?{}", desk.visit.query) };
    Answer::moved(&format!("{}/diff{query}", room.root))
}

fn answered(desk: &Desk, room: &Room, found: &Found) -> Result<Answer> {
    let Some((repository, opened)) = &found.opened else {
        return untold(desk, room, found, "It is gone from its repository, so what it changed can't be shown.");
    };
    let unreadable = |error: git2::Error| changed::unreadable(&error);
    let commit = opened.find_commit(found.facts.oid()?).map_err(unreadable)?;
    let parent = parent_asked(desk, found.facts.parents.len())?;
    let compared = states(opened, &commit, parent).and_then(|(old_tree, new_tree)| {
        let comparison = changed::compare(opened, old_tree.as_ref(), Some(&new_tree)).map_err(Cut::Unreadable)?;
        Ok((comparison, old_tree, new_tree))
    });
    match compared {
        Ok((comparison, old_tree, new_tree)) => {
            let href = href(room, found);
            let of_one = |file: &ChangedFile| {
                let place = format!("{}/{}/", changeset_href(&found.facts.sha), address::segment(&repository.name));
                let own = format!("{}{place}{}", room.root, file_path::encoded(file.path()));
                with_value(&own, &kept_pairs(&desk.visit), "page", "")
            };
            let old_place = found.facts.parents.get(parent - 1).map(|sha| Place::new(room, repository, sha, b""));
            let compared = Compared {
                comparison: &comparison,
                old_tree,
                new_tree: Some(new_tree),
                git: opened,
                href,
                path: found.path.clone(),
                old_place,
                new_place: Some(Place::new(room, repository, &found.facts.sha, b"")),
                of_one: &of_one,
            };
            if !found.path.is_empty() && compared.files().next().is_none() {
                return Err(Error::not_found("This changeset changed nothing at that path."));
            }
            in_format(desk, room, found, &commit, &compared)
        }
        Err(Cut::Shallow) => untold(
            desk,
            room,
            found,
            "This repository is a shallow copy: what was before this commit is not in it, so what it changed can't be \
             told.",
        ),
        Err(Cut::Unreadable(error)) => untold(desk, room, found, &error.to_string()),
    }
}

/// A commit whose changes can't be told, and why.
fn untold(desk: &Desk, room: &Room, found: &Found, why: &str) -> Result<Answer> {
    match desk.visit.value("format").as_deref() {
        Some("diff" | "patch" | "zip") => Err(Error::not_found(why)),
        _ => presented(desk, room, found, None, &[why.to_owned()]),
    }
}

fn in_format(
    desk: &Desk,
    room: &Room,
    found: &Found,
    commit: &Commit<'_>,
    compared: &Compared<'_, '_>,
) -> Result<Answer> {
    let name = short(&found.facts.sha);
    match desk.visit.value("format").as_deref() {
        Some(format @ ("diff" | "patch")) => {
            let Some((repository, _)) = &found.opened else { return Err(Error::not_found(NO_CHANGESET)) };
            let patch = match whole::unified(desk, room, repository, compared)? {
                Arrived::Thing(patch) => patch,
                Arrived::Later(answer) => return Ok(answer),
            };
            let bytes = match format {
                "diff" => patch.to_vec(),
                _ => mail::mail(commit, &room.viewer, &compared.summary(), &patch),
            };
            Ok(file(bytes, &format!("{name}.{format}")))
        }
        Some("zip") => packed(desk, room, found, compared),
        _ => presented(desk, room, found, Some(compared), &[]),
    }
}

/// The files that it changed as it left them, in one archive.
fn packed(desk: &Desk, room: &Room, found: &Found, compared: &Compared<'_, '_>) -> Result<Answer> {
    room.viewer.require(FILE_VIEW)?;
    let Some((repository, _)) = &found.opened else { return Err(Error::not_found(NO_CHANGESET)) };
    let files = archive::left_by(compared);
    if files.is_empty() {
        return Err(Error::not_found("This changeset left no file that could be packed."));
    }
    let parent = parent_asked(desk, found.facts.parents.len())?;
    let name = short(&found.facts.sha);
    let wanted = Wanted {
        repository,
        commit: found.facts.oid()?,
        contents: Contents::Files(files),
        path: &[format!("{parent}:").as_bytes(), &found.path].concat(),
        name: archive::name(&[&repository.name, "changeset", name]),
        changed: found.facts.committed_at,
        title: format!("An archive of changeset {name}"),
        back_href: href(room, found),
        back: format!("Changeset {name}"),
    };
    archive::send(desk, room, wanted)
}

/// A text of git's, which need not be UTF-8.
pub(super) fn file(bytes: Vec<u8>, name: &str) -> Answer {
    Answer::new(Status::Ok, ContentType::Plain, bytes)
        .header("Content-Disposition", format!("inline; filename=\"{name}\""))
}

/// Why a commit can't be compared with the one before it.
enum Cut {
    Shallow,
    Unreadable(Error),
}

impl From<git2::Error> for Cut {
    fn from(error: git2::Error) -> Self {
        Self::Unreadable(changed::unreadable(&error))
    }
}

type States<'r> = (Option<git2::Tree<'r>>, git2::Tree<'r>);

fn states<'r>(git: &'r git2::Repository, commit: &Commit<'r>, parent: usize) -> std::result::Result<States<'r>, Cut> {
    let new = commit.tree()?;
    if commit.parent_count() == 0 {
        let has_parent = commit.raw_header_bytes().windows(8).any(|window| window == b"\nparent ");
        return if has_parent { Err(Cut::Shallow) } else { Ok((None, new)) };
    }
    let before = commit.parent(parent - 1);
    match before {
        Err(_) if git.is_shallow() => Err(Cut::Shallow),
        before => Ok((Some(before?.tree()?), new)),
    }
}

/// Which parent it is compared with, counted from 1.
fn parent_asked(desk: &Desk, parents: usize) -> Result<usize> {
    match desk.visit.value("parent") {
        None => Ok(1),
        Some(text) => text.parse().ok().filter(|parent| (1..=parents.max(1)).contains(parent)).ok_or_else(|| {
            Error::invalid(
                "parent",
                format!("This changeset has {parents} parent{}.", if parents == 1 { "" } else { "s" }),
            )
        }),
    }
}

/// The address of this page, with what it is restricted to.
fn href(room: &Room, found: &Found) -> String {
    let mut href = format!("{}{}", room.root, changeset_href(&found.facts.sha));
    if let Some((repository, _)) = found.opened.as_ref().filter(|_| !found.path.is_empty()) {
        href.push_str(&format!("/{}/{}", address::segment(&repository.name), file_path::encoded(&found.path)));
    }
    href
}

/// What an address keeps from one file to the next.
fn kept_pairs(visit: &Visit) -> Vec<(String, String)> {
    let kept = ["style", "context", "blanks", "parent"];
    visit.pairs().into_iter().filter(|(name, _)| kept.contains(&name.as_str())).collect()
}

fn presented(
    desk: &Desk,
    room: &Room,
    found: &Found,
    compared: Option<&Compared<'_, '_>>,
    notes: &[String],
) -> Result<Answer> {
    let tickets = match &found.stored {
        Some(stored) => {
            room.project.read(|db| asked::told(db, room.project.components(), &room.viewer, &room.root, stored))?
        }
        None => Vec::new(),
    };
    match desk.visit.value("format").as_deref() {
        _ if desk.visit.wants_json() => as_json(desk, room, found, compared, &tickets),
        None | Some("html") => as_page(desk, room, found, compared, tickets, notes),
        Some(other) => Err(unknown_format(other)),
    }
}

fn as_json(
    desk: &Desk,
    room: &Room,
    found: &Found,
    compared: Option<&Compared<'_, '_>>,
    tickets: &[Told],
) -> Result<Answer> {
    let absolute = |href: &str| desk.web().address.absolute(href);
    let facts = &found.facts;
    let (files, total, next) = compared.map(|compared| compared.as_json(desk)).unwrap_or_default();
    let tickets: Vec<_> = tickets.iter().map(|told| told.as_json(told.href.as_deref().map(absolute))).collect();
    Answer::json(&json!({
        "id": facts.sha,
        "url": absolute(&format!("{}{}", room.root, changeset_href(&facts.sha))),
        "author": facts.author,
        "committer": facts.committer,
        "time": facts.committed_at.iso(),
        "authored": facts.authored_at.iso(),
        "message": facts.message,
        "parents": facts.parents,
        "repository": found.opened.as_ref().map(|(repository, _)| &repository.name),
        "files": files,
        "files_total": total,
        "next": next.map(|next| absolute(&next)),
        "tickets": tickets,
        "notes": found.troubles,
    }))
}

#[derive(Serialize)]
struct ChangesetPage {
    head: Head,
    sha: String,
    message_html: String,
    author: Signed,
    /// None where the author committed it at the same time.
    committer: Option<Signed>,
    parents: Vec<Other>,
    children: Vec<Other>,
    /// The parents that a merge can be compared with; empty for other commits.
    merge: Vec<Parent>,
    branches: Vec<Named>,
    tags: Vec<Named>,
    /// The default branch, and whether it has the commit.
    on_default: Option<OnDefault>,
    repositories: Vec<Named>,
    tickets: Vec<Told>,
    /// The project has not looked at it yet.
    unsynced: bool,
    troubles: Vec<String>,
    /// The path that the page is restricted to, and the whole changeset.
    path: Option<String>,
    whole_href: String,
    /// The changesets before and after it that changed that path, where they are known.
    previous: Option<Other>,
    next: Option<Other>,
    differences: Option<Differences>,
    diff_href: Option<String>,
    patch_href: Option<String>,
    /// The changed files themselves.
    zip_href: Option<String>,
}

impl Page for ChangesetPage {
    const TEMPLATE: &'static str = "code/changeset.html";
}

/// Fields of `code/_head.html`.
#[derive(Serialize)]
pub(super) struct Head {
    pub crumbs: Vec<Crumb>,
    pub heading: String,
    pub mono: bool,
    pub tabs: Vec<Tab>,
    pub switch: Option<()>,
    pub commit: Option<()>,
    pub instead: Option<()>,
}

#[derive(Serialize)]
pub(super) struct Crumb {
    pub name: String,
    pub href: Option<String>,
}

#[derive(Serialize)]
pub(super) struct Tab {
    pub name: &'static str,
    pub href: String,
    pub current: bool,
}

#[derive(Serialize)]
struct Signed {
    name: String,
    /// How the project calls them, if their address is known and they are called otherwise.
    person: Option<String>,
    when: When,
}

#[derive(Serialize)]
struct Other {
    short: String,
    href: String,
    subject: String,
}

#[derive(Serialize)]
struct Parent {
    number: usize,
    short: String,
    href: String,
    current: bool,
}

#[derive(Serialize)]
struct Named {
    name: String,
    href: String,
}

#[derive(Serialize)]
struct OnDefault {
    name: String,
    has: bool,
}

fn as_page(
    desk: &Desk,
    room: &Room,
    found: &Found,
    compared: Option<&Compared<'_, '_>>,
    tickets: Vec<Told>,
    notes: &[String],
) -> Result<Answer> {
    let facts = &found.facts;
    let zone = room.viewer.zone();
    let whole_href = format!("{}{}", room.root, changeset_href(&facts.sha));
    let here = href(room, found);
    let is_merge = facts.parents.len() > 1;
    let parent = if is_merge { parent_asked(desk, facts.parents.len())? } else { 1 };
    let mut notes = notes.to_vec();
    if is_merge && let Some(chosen) = facts.parents.get(parent - 1) {
        notes.push(format!("A merge: what is shown is what it changed of its parent {}.", short(chosen)));
    }
    let drawn = match (compared, &found.opened) {
        (Some(compared), Some((repository, _))) => whole::asked(desk, room, repository, compared)?,
        _ => None,
    };
    let whole = match drawn {
        Some(Arrived::Later(answer)) => return Ok(answer),
        Some(Arrived::Thing(whole)) => Some(whole),
        None => None,
    };
    let shown = |compared: &Compared<'_, '_>| compared.shown(desk, room, notes.clone(), whole.as_deref());
    let differences = compared.map(shown).transpose()?;
    let mut troubles = found.troubles.clone();
    if differences.is_none() {
        troubles.extend(notes);
    }
    let known = room.project.read(|db| around(desk, db, room, found))?;
    let mapped = known.person.map(|person| room.viewer.shown_name(&person)).filter(|person| *person != facts.author);
    let same_hand = facts.author == facts.committer && facts.authored_at == facts.committed_at;
    let (branches, tags, on_default) = standing(room, found)?;
    let may_read = compared.is_some() && room.viewer.may(FILE_VIEW);
    let pairs = kept_pairs(&desk.visit);
    let formatted = |format: &str| may_read.then(|| with_value(&here, &pairs, "format", format));
    let (diff_href, patch_href) = (formatted("diff"), formatted("patch"));
    let leaves_files = compared.is_some_and(|compared| compared.files().any(|file| file.new.is_some()));
    let zip_href = formatted("zip").filter(|_| leaves_files);
    let alternate = |href: &Option<String>, media_type, title: &str| {
        href.clone().map(|href| Alternate { href, media_type, title: title.to_owned() })
    };
    let json = with_value(&here, &pairs, "format", "json");
    let alternates = [
        alternate(&diff_href, "text/plain", "Unified diff"),
        alternate(&patch_href, "text/plain", "Patch for git am"),
        alternate(&Some(json), "application/json", "JSON"),
    ];
    let page = ChangesetPage {
        head: head(room, found, &here),
        message_html: known.message_html,
        author: Signed { name: facts.author.clone(), person: mapped, when: facts.authored_at.when(&zone) },
        committer: (!same_hand).then(|| Signed {
            name: facts.committer.clone(),
            person: None,
            when: facts.committed_at.when(&zone),
        }),
        parents: others(room, &facts.parents, known.parents),
        children: others(room, &known.children, known.child_subjects),
        merge: if is_merge { parents(desk, &here, &facts.parents, parent) } else { Vec::new() },
        branches,
        tags,
        on_default,
        repositories: known.repositories,
        tickets,
        unsynced: found.stored.is_none(),
        troubles,
        path: (!found.path.is_empty()).then(|| file_path::shown(&found.path)),
        whole_href,
        previous: known.previous,
        next: known.next,
        differences,
        diff_href,
        patch_href,
        zip_href,
        sha: facts.sha.clone(),
    };
    let title = format!("Changeset {}: {}", short(&facts.sha), facts.subject());
    let sheet = Sheet::new(title, page).at("/browser").alternates(alternates.into_iter().flatten().collect());
    let sheet = sheet.about(format!("changeset:{}", facts.sha));
    let sheet = if desk.visit.query.is_empty() && found.path.is_empty() { sheet } else { sheet.noindex() };
    Ok(look(desk)?.kept(desk, sheet.render(desk)?))
}

/// What the database knows around a commit.
struct Around {
    message_html: String,
    person: Option<String>,
    parents: Vec<Option<String>>,
    children: Vec<String>,
    child_subjects: Vec<Option<String>>,
    repositories: Vec<Named>,
    previous: Option<Other>,
    next: Option<Other>,
}

fn around(desk: &Desk, db: &Connection, room: &Room, found: &Found) -> Result<Around> {
    let facts = &found.facts;
    let viewer = &room.viewer;
    let children = store::children(db, viewer, &facts.sha, facts.committed_at)?;
    let person = match found.stored.as_ref().and_then(|stored| stored.author) {
        Some(author) => store::called(db, author)?,
        None => None,
    };
    let mut repositories = Vec::new();
    if let Some(stored) = &found.stored {
        for id in store::repositories_of(db, stored.id)? {
            repositories.extend(repository::by_id(db, id)?);
        }
    }
    if repositories.is_empty() {
        repositories.extend(found.opened.iter().map(|(repository, _)| repository.clone()));
    }
    let (previous, next) = beside(db, room, found)?;
    Ok(Around {
        previous,
        next,
        message_html: message(desk, room, db, found)?,
        person,
        parents: store::subjects(db, viewer, &facts.parents)?,
        child_subjects: store::subjects(db, viewer, &children)?,
        children,
        repositories: repositories
            .iter()
            .map(|repository| Named { href: root_of(room, "browser", repository), name: repository.name.clone() })
            .collect(),
    })
}

/// The changesets before and after one that changed the path to which its page is restricted.
fn beside(db: &Connection, room: &Room, found: &Found) -> Result<(Option<Other>, Option<Other>)> {
    let Some((repository, opened)) = found.opened.as_ref().filter(|_| !found.path.is_empty()) else {
        return Ok((None, None));
    };
    let path: Vec<Vec<u8>> = found.path.split(|byte| *byte == b'/').map(<[u8]>::to_vec).collect();
    let (previous, next) = past::around(db, opened, repository.id, found.facts.oid()?, &path)?;
    let told = told::told(db, opened, &room.viewer, previous.into_iter().chain(next))?;
    let tail = format!("{}/{}", address::segment(&repository.name), file_path::encoded(&found.path));
    let other = |id: Option<git2::Oid>| {
        let told = told.get(&id?).filter(|told| told.is_open)?;
        Some(Other {
            short: short(&told.sha).to_owned(),
            href: format!("{}{}/{tail}", room.root, changeset_href(&told.sha)),
            subject: told.subject.clone(),
        })
    };
    Ok((other(previous), other(next)))
}

/// The message as its readers see it: a note, with links to what it names.
fn message(desk: &Desk, room: &Room, db: &Connection, found: &Found) -> Result<String> {
    let mut text = found.facts.message.trim();
    let mut end = text.len().min(LONGEST_MESSAGE);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let is_cut = end < text.len();
    text = &text[..end];
    let reader = Reader::new(desk.site(), &room.project, &room.viewer, desk.base(), &room.root)?;
    let compiled = reader.compiled(text, Flavour::Note)?;
    let here = found
        .stored
        .as_ref()
        .map(|stored| Here { resource: Resource::new("changeset", stored.id), name: stored.sha.clone() });
    let mut html = reader.html(db, &compiled, here.as_ref())?;
    if is_cut {
        html.tag("<p>").text("… (The message goes on; the patch has all of it.)").tag("</p>");
    }
    Ok(html.into_string())
}

fn head(room: &Room, found: &Found, here: &str) -> Head {
    let mut crumbs = Vec::new();
    let mut tabs = vec![Tab { name: "Changeset", href: here.to_owned(), current: true }];
    if let Some((repository, _)) = &found.opened {
        let sha = &found.facts.sha;
        crumbs.push(Crumb { name: repository.name.clone(), href: Some(root_of(room, "browser", repository)) });
        let tab =
            |name, way| Tab { name, href: format!("{}?rev={sha}", root_of(room, way, repository)), current: false };
        tabs.extend(room.viewer.may(BROWSER_VIEW).then(|| tab("Files", "browser")));
        tabs.extend(room.viewer.may(LOG_VIEW).then(|| tab("History", "log")));
    }
    Head {
        crumbs,
        heading: format!("Changeset {}", short(&found.facts.sha)),
        mono: false,
        tabs,
        switch: None,
        commit: None,
        instead: None,
    }
}

/// The outermost folder of a repository, below `browser` or `log`.
fn root_of(room: &Room, way: &str, repository: &Repository) -> String {
    format!("{}/{way}/{}", room.root, start(repository)).trim_end_matches('/').to_owned()
}

fn others(room: &Room, shas: &[String], subjects: Vec<Option<String>>) -> Vec<Other> {
    shas.iter()
        .zip(subjects)
        .map(|(sha, subject)| Other {
            short: short(sha).to_owned(),
            href: format!("{}{}", room.root, changeset_href(sha)),
            subject: git::one_line(subject.unwrap_or_default().as_bytes()),
        })
        .collect()
}

fn parents(desk: &Desk, here: &str, shas: &[String], current: usize) -> Vec<Parent> {
    let pairs = kept_pairs(&desk.visit);
    shas.iter()
        .enumerate()
        .map(|(at, sha)| Parent {
            number: at + 1,
            short: short(sha).to_owned(),
            href: with_value(here, &pairs, "parent", &(at + 1).to_string()),
            current: at + 1 == current,
        })
        .collect()
}

/// Branches and tags at it, and whether the default branch has it.
fn standing(room: &Room, found: &Found) -> Result<(Vec<Named>, Vec<Named>, Option<OnDefault>)> {
    let Some((repository, opened)) = &found.opened else {
        return Ok((Vec::new(), Vec::new(), None));
    };
    let commit = found.facts.oid()?;
    let (tags, branches): (Vec<_>, Vec<_>) = reach::names_of(opened, commit).into_iter().partition(|name| name.is_tag);
    let named = |names: Vec<reach::Name>, of: &str| {
        let linked = |name: reach::Name| Named {
            href: format!(
                "{}?rev={}",
                root_of(room, "browser", repository),
                address::query_value(&format!("{of}/{}", name.name))
            ),
            name: git::one_line(name.name.as_bytes()),
        };
        names.into_iter().map(linked).collect()
    };
    let on_default = reach::on_default(repository, opened, commit).map(|(name, has)| OnDefault { name, has });
    Ok((named(branches, "heads"), named(tags, "tags"), on_default))
}
