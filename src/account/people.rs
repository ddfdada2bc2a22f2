//! People of the project: named in a text as `@kim`, found and completed in the search box.
//!
//! Whoever may read pages sees who wrote them, so that right shows people, too (row PM01 has none of its own for them).

use rusqlite::{Connection, OptionalExtension};

use crate::base::component::{Card, Document, Searchable};
use crate::base::error::Result;
use crate::base::markup::{Context, Here, LinkKind, LinkTarget, Resolved};
use crate::base::resource::Resource;
use crate::base::text::fold;
use crate::base::time::Instant;
use crate::base::viewer::{DEFAULT_CLASS, Permission, Viewer};
use crate::web::address;
use crate::wiki::WIKI_VIEW;

const KIND: &str = "person";

/// The right that shows people.
pub const PEOPLE_VIEW: Permission = WIKI_VIEW;

pub const SEARCHABLE: &[Searchable] = &[Searchable { kind: KIND, title: "People", permission: None }];

pub const KINDS: &[LinkKind] = &[LinkKind {
    prefixes: &["user"],
    doc: "Somebody of this project, by user name: `@kim`. Leads to what they wrote.",
    example: "@operator",
    targets: |here, rest| target(here, rest).into_iter().collect(),
    resolve,
}];

fn target(_: Option<&Here>, rest: &str) -> Option<LinkTarget> {
    (!rest.is_empty()).then(|| LinkTarget::new("person", fold(rest)))
}

/// A name that nobody here has stays plain text, so that a mention tells nothing of the site's accounts.
fn resolve(context: &Context<'_>, rests: &[&str]) -> Result<Vec<Resolved>> {
    let mut statement = context.db.prepare_cached(
        "select login, display_name, 0 as former, id from person
         where kind in ('account', 'operator') and login = ?1 collate nocase
         union all
         select person.login, display_name, 1, person.id from person_former_login
         join person on person.id = person_former_login.person
         where person_former_login.login = ?1 collate nocase and kind = 'account'
         order by former, id desc limit 1",
    )?;
    rests
        .iter()
        .map(|rest| {
            let mut rows = statement.query([rest])?;
            let Some(row) = rows.next()? else {
                return Ok(Resolved::Plain);
            };
            let (login, name): (String, String) = (row.get(0)?, row.get(1)?);
            Ok(Resolved::Found {
                href: href_of(&login),
                label: Some(format!("@{login}")),
                title: (!name.is_empty()).then_some(name),
                class: None,
            })
        })
        .collect()
}

/// What the search index keeps of somebody: their names. Nobody but people with an account is found.
pub fn document(db: &Connection, id: i64) -> Result<Option<Document>> {
    let document = |(login, name): (String, String)| Document {
        resource: Resource::new(KIND, id),
        acl: DEFAULT_CLASS,
        participants: Vec::new(),
        title: title_of(&login, &name),
        text: String::new(),
        author: String::new(),
        changed: Instant(0),
        permission: PEOPLE_VIEW.name,
        facets: Vec::new(),
    };
    Ok(names(db, id)?.map(document))
}

pub fn ids_after(db: &Connection, after: i64, limit: usize) -> Result<Vec<i64>> {
    let mut statement =
        db.prepare_cached("select id from person where id > ?1 and kind = 'account' order by id limit ?2")?;
    Ok(statement.query_map((after, limit as i64), |row| row.get(0))?.collect::<rusqlite::Result<_>>()?)
}

pub fn cards(db: &Connection, viewer: &Viewer, ids: &[i64]) -> Result<Vec<Option<Card>>> {
    let card = |id: &i64| {
        if !viewer.may(PEOPLE_VIEW) {
            return Ok(None);
        }
        let card = |(login, name): (String, String)| Card {
            resource: Resource::new(KIND, *id),
            title: title_of(&login, &name),
            href: href_of(&login),
            author: String::new(),
            changed: Instant(0),
            place: String::new(),
            class: None,
        };
        Ok(names(db, *id)?.map(card))
    };
    ids.iter().map(card).collect()
}

/// Login and full name.
fn names(db: &Connection, id: i64) -> Result<Option<(String, String)>> {
    Ok(db
        .prepare_cached("select login, display_name from person where id = ?1 and kind = 'account'")?
        .query_row([id], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?)
}

/// `Kim Lee (kim)`.
fn title_of(login: &str, name: &str) -> String {
    if name.is_empty() || name == login { login.to_owned() } else { format!("{name} ({login})") }
}

/// What they wrote; below the project's address.
fn href_of(login: &str) -> String {
    format!("/search?q=author:{}", address::query_value(login))
}
