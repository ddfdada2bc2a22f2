//! Lists of pages: all of them, the trash, what links to one, the newest changes as a feed.

use rocket::{Route, get, routes};
use rusqlite::Connection;
use serde::Serialize;
use serde_json::json;

use super::name::{PageName, href_of};
use super::shown::{self, Head, Source, asked_name, enter};
use super::store::{self, PageRow};
use super::{WIKI_CREATE, WIKI_DELETE, WIKI_MODIFY, WIKI_SUGGEST};
use crate::base::error::Result;
use crate::base::link;
use crate::base::time::When;
use crate::web::feed::{Entry, Feed};
use crate::web::paging::{self, Paging};
use crate::web::{Answer, Desk, Page, Room, Sheet, Visit};

const PER_PAGE: usize = 100;
/// Pages that one page of the index draws as a tree.
const INDEXED: usize = 250;
const FEED_ENTRIES: usize = 50;

pub fn routes() -> Vec<Route> {
    routes![index, trash, new, backlinks, macros]
}

#[derive(Serialize)]
struct IndexPage {
    total: usize,
    groups: Vec<Group>,
    paging: Paging,
    tree_href: String,
    tags_href: String,
    reports_href: String,
    discussions_href: String,
    suggestions_href: Option<String>,
    recent_href: Option<String>,
    trash_href: Option<String>,
    create_href: Option<String>,
}

impl Page for IndexPage {
    const TEMPLATE: &'static str = "wiki/index.html";
}

#[derive(Serialize)]
struct Group {
    letter: String,
    pages: Vec<Node>,
}

/// A page in the tree, or a part of names without a page of its own.
#[derive(Serialize)]
pub(super) struct Node {
    pub name: String,
    pub href: Option<String>,
    pub when: Option<When>,
    pub children: Vec<Node>,
}

#[get("/<project>/wiki?action=index", rank = 7)]
async fn index(visit: Visit, project: String) -> Answer {
    visit
        .answer(move |desk| {
            let room = enter(desk, &project)?;
            let path = format!("{}/wiki", room.root);
            let asked = paging::asked(desk.visit.value("page"));
            let (paging, pages) = room.project.read(|db| {
                let total = store::count(db, &room.viewer)? as usize;
                let paging = Paging::new(&path, &desk.visit.pairs(), asked, INDEXED, total);
                let pages = store::some(db, &room.viewer, INDEXED, paging.offset(INDEXED))?;
                Ok((paging, pages))
            })?;
            if desk.visit.wants_json() {
                return names_as_json(desk, &room, &pages, &paging);
            }
            let zone = room.viewer.zone();
            let when = |page: &PageRow| Some(page.changed_at.when(&zone));
            let mut groups: Vec<Group> = Vec::new();
            for node in tree(&pages, 0, &room.root, &when) {
                let letter = node.name.chars().next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
                match groups.last_mut() {
                    Some(group) if group.letter == letter => group.pages.push(node),
                    _ => groups.push(Group { letter, pages: vec![node] }),
                }
            }
            let sheet = IndexPage {
                total: paging.total,
                groups,
                paging,
                reports_href: format!("{}/wiki-report", room.root),
                discussions_href: format!("{}/discussions", room.root),
                suggestions_href: (room.viewer.may(WIKI_MODIFY) || room.viewer.may_somewhere(WIKI_SUGGEST))
                    .then(|| format!("{}/suggestions", room.root)),
                tags_href: format!("{}/tags", room.root),
                tree_href: format!("{}{}", room.root, super::tree::href("")),
                recent_href: Some(format!("{}/wiki?format=atom", room.root)),
                trash_href: room.viewer.may(WIKI_DELETE).then(|| format!("{}/wiki?action=trash", room.root)),
                create_href: room.viewer.may(WIKI_CREATE).then(|| format!("{}/wiki", room.root)),
            };
            Sheet::new("All pages", sheet).at("/wiki").render(desk)
        })
        .await
}

/// Pages (in order of their folded names) as a tree by the parts of their names, from part `depth` on.
pub(super) fn tree(pages: &[PageRow], depth: usize, root: &str, when: &dyn Fn(&PageRow) -> Option<When>) -> Vec<Node> {
    let part = |page: &PageRow| page.folded.split('/').nth(depth).map(str::to_owned);
    let mut nodes = Vec::new();
    let mut rest: Vec<&PageRow> = pages.iter().collect();
    // `a-b` sorts between `a` and `a/b`: what belongs together is gathered, not only what stands together.
    rest.sort_by_key(|page| page.folded.split('/').map(str::to_owned).collect::<Vec<_>>());
    let mut at = 0;
    while at < rest.len() {
        let Some(name) = part(rest[at]) else {
            at += 1;
            continue;
        };
        let end =
            rest[at..].iter().position(|page| part(page).as_ref() != Some(&name)).map_or(rest.len(), |by| at + by);
        let here: Vec<PageRow> = rest[at..end].iter().map(|page| (*page).clone()).collect();
        let own = here.iter().find(|page| page.folded.split('/').count() == depth + 1);
        let title = own.map(|page| page.title.as_str()).filter(|title| !title.is_empty());
        let shown = own.or_else(|| here.first()).and_then(|page| page.name.split('/').nth(depth)).unwrap_or(&name);
        nodes.push(Node {
            name: title.unwrap_or(shown).to_owned(),
            href: own.map(|page| format!("{root}{}", href_of(&page.name))),
            when: own.and_then(when),
            children: tree(&here, depth + 1, root, when),
        });
        at = end;
    }
    nodes
}

pub(super) fn names_as_json(desk: &Desk, room: &Room, pages: &[PageRow], paging: &Paging) -> Result<Answer> {
    let items: Vec<_> = pages
        .iter()
        .map(|page| {
            json!({
                "name": page.name, "title": page.called(), "version": page.version, "author": page.author, "time": page.changed_at.iso(),
                "url": desk.web().address.absolute(&format!("{}{}", room.root, href_of(&page.name))),
            })
        })
        .collect();
    let next = paging.next.as_deref().map(|next| desk.web().address.absolute(next));
    Answer::json(&json!({ "total": paging.total, "page": paging.page, "items": items, "next": next }))
}

/// The macros of this site, for who is to be offered their names while writing.
#[get("/<project>/wiki?action=macros", rank = 44)]
async fn macros(visit: Visit, project: String) -> Answer {
    visit
        .answer(move |desk| {
            enter(desk, &project)?;
            let list = &desk.site().vocabulary().macros;
            let list: Vec<_> = list.iter().map(|known| json!({ "name": known.name, "doc": known.doc })).collect();
            Answer::json(&list)
        })
        .await
}

/// The field “new page” of the index: leads to the editor of that page.
#[get("/<project>/wiki?<name>", rank = 9)]
async fn new(visit: Visit, project: String, name: String) -> Answer {
    visit
        .answer(move |desk| {
            let room = enter(desk, &project)?;
            let name = PageName::parse(&name, "name")?;
            Ok(Answer::see(&format!("{}{}?action=edit", room.root, name.href())))
        })
        .await
}

#[derive(Serialize)]
struct TrashPage {
    wiki_href: String,
    pages: Vec<Trashed>,
    paging: Paging,
}

impl Page for TrashPage {
    const TEMPLATE: &'static str = "wiki/trash.html";
}

#[derive(Serialize)]
struct Trashed {
    name: String,
    when: When,
    author: String,
    comment: String,
    versions: i64,
    attachments: i64,
    restore_href: Option<String>,
    taken: bool,
}

#[get("/<project>/wiki?action=trash", rank = 8)]
async fn trash(visit: Visit, project: String) -> Answer {
    visit
        .answer(move |desk| {
            let room = enter(desk, &project)?;
            room.viewer.require(WIKI_DELETE)?;
            let path = format!("{}/wiki", room.root);
            let total = room.project.read(|db| store::trash_count(db, &room.viewer))?;
            let asked = paging::asked(desk.visit.value("page"));
            let paging = Paging::new(&path, &desk.visit.pairs(), asked, PER_PAGE, total as usize);
            let zone = room.viewer.zone();
            let rows = room.project.read(|db| store::trash(db, &room.viewer, PER_PAGE, paging.offset(PER_PAGE)))?;
            let pages = rows
                .into_iter()
                .map(|row| Trashed {
                    when: row.deleted_at.when(&zone),
                    author: row.deleted_by,
                    comment: row.deleted_comment,
                    versions: row.versions,
                    attachments: row.attachments,
                    restore_href: Some(format!("{path}?action=restore&id={}", row.page.id)),
                    taken: row.taken,
                    name: row.page.name,
                })
                .collect();
            let sheet = TrashPage { wiki_href: path.clone(), pages, paging };
            Sheet::new("Trash", sheet).at("/wiki").noindex().render(desk)
        })
        .await
}

#[derive(Serialize)]
struct BacklinksPage {
    #[serde(flatten)]
    head: Head,
    exists: bool,
    links: Vec<Source>,
    paging: Paging,
}

impl Page for BacklinksPage {
    const TEMPLATE: &'static str = "wiki/backlinks.html";
}

#[get("/<project>/wiki/<_..>?action=backlinks", rank = 6)]
async fn backlinks(visit: Visit, project: String) -> Answer {
    visit
        .answer(move |desk| {
            let room = enter(desk, &project)?;
            let name = asked_name(desk)?;
            room.project.read(|db| links_to(desk, db, &room, &name))
        })
        .await
}

fn links_to(desk: &Desk, db: &Connection, room: &Room, name: &PageName) -> Result<Answer> {
    let page = store::find(db, &room.viewer, name.folded())?;
    let keys = match &page {
        Some(page) => store::keys_of(db, page)?,
        None => vec![name.folded().to_owned()],
    };
    let shown_name = match &page {
        Some(page) => PageName::parse(&page.name, "page")?,
        None => name.clone(),
    };
    let head = shown::head(db, room, &shown_name, page.is_some())?;
    let total = link::count(db, room.project.components(), &room.viewer, ("page", &keys))? as usize;
    let asked = paging::asked(desk.visit.value("page"));
    let paging = Paging::new(&head.href, &desk.visit.pairs(), asked, PER_PAGE, total);
    let rows =
        link::sources(db, room.project.components(), &room.viewer, ("page", &keys), PER_PAGE, paging.offset(PER_PAGE))?;
    let links = shown::sources(db, room.project.components(), &room.viewer, &room.root, &rows)?;
    if desk.visit.wants_json() {
        let items: Vec<_> = links
            .iter()
            .map(|link| json!({ "type": link.kind, "title": link.title, "url": desk.web().address.absolute(&link.href) }))
            .collect();
        let next = paging.next.as_deref().map(|next| desk.web().address.absolute(next));
        return Answer::json(&json!({ "total": total, "page": paging.page, "items": items, "next": next }));
    }
    let title = format!("What links to {}", shown_name.as_str());
    let sheet = BacklinksPage { exists: page.is_some(), head, links, paging };
    Sheet::new(title, sheet).at("/wiki").noindex().render(desk)
}

/// The newest changes of the whole wiki.
pub(super) fn recent_feed(desk: &Desk, room: &Room) -> Result<Answer> {
    let pages = room.project.read(|db| store::recent(db, &room.viewer, "", FEED_ENTRIES))?;
    let absolute = |href: String| desk.web().address.absolute(&href);
    let updated = pages.first().map_or(room.row.created_at, |(page, _)| page.changed_at);
    let home = absolute(format!("{}/wiki", room.root));
    let entries = pages
        .into_iter()
        .map(|(page, comment)| {
            let url = absolute(format!("{}{}", room.root, href_of(&page.name)));
            Entry {
                title: page.called().to_owned(),
                id: format!("{url}?version={}", page.version),
                url: format!("{url}?action=diff&version={}", page.version),
                updated: page.changed_at.iso(),
                author: page.author,
                summary_html: crate::base::markup::Html::escaped(&comment).into_string(),
            }
        })
        .collect();
    Feed {
        title: format!("{}: changes of the wiki", room.row.called()),
        subtitle: String::new(),
        id: home.clone(),
        self_url: format!("{home}?format=atom"),
        html_url: home,
        updated: updated.iso(),
        entries,
    }
    .render(desk)
}
