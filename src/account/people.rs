//! `@kim`: people of the project, named in a text.

use crate::base::error::Result;
use crate::base::markup::{Context, Here, LinkKind, LinkTarget, Resolved};
use crate::base::text::fold;

pub const KINDS: &[LinkKind] = &[LinkKind {
    prefixes: &["user"],
    doc: "Somebody of this project, by user name: `@kim`. Leads to what they wrote.",
    example: "@operator",
    target,
    resolve,
}];

fn target(_: Option<&Here>, rest: &str) -> Option<LinkTarget> {
    (!rest.is_empty()).then(|| LinkTarget { kind: "person", key: fold(rest) })
}

/// A name that nobody here has stays plain text, so that a mention tells nothing of the site's accounts.
fn resolve(context: &Context<'_>, rests: &[&str]) -> Result<Vec<Resolved>> {
    let mut statement = context.db.prepare_cached(
        "select login, display_name from person
         where kind in ('account', 'operator') and login = ?1 collate nocase order by id desc limit 1",
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
                href: format!("/search?q=author:{}", crate::web::address::query_value(&login)),
                label: Some(format!("@{login}")),
                title: (!name.is_empty()).then_some(name),
                class: None,
            })
        })
        .collect()
}
