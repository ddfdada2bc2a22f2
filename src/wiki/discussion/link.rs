//! What texts may say of a discussion: `discussion:12`, struck through once it is resolved.

use std::collections::HashMap;

use super::store::ThreadRow;
use super::{THREAD, store, thread_href};
use crate::base::error::Result;
use crate::base::markup::{Context, LinkKind, LinkTarget, Resolved};
use crate::wiki::WIKI_VIEW;
use crate::wiki::store::{self as pages, PageRow};

pub const KIND: LinkKind = LinkKind {
    prefixes: &["discussion"],
    doc: "A discussion of a page, by its number; struck through when it is resolved.",
    example: "discussion:1",
    targets: |_, rest| number(rest).map(|number| LinkTarget::new(THREAD, number.to_string())).into_iter().collect(),
    resolve,
};

/// The number of a thread: 1 to 10 digits without a leading zero.
pub fn number(typed: &str) -> Option<i64> {
    let digits = !typed.is_empty() && typed.len() <= 10 && typed.bytes().all(|byte| byte.is_ascii_digit());
    typed.parse().ok().filter(|number| digits && !typed.starts_with('0') && *number > 0)
}

fn resolve(context: &Context<'_>, rests: &[&str]) -> Result<Vec<Resolved>> {
    let wanted: Vec<i64> = rests.iter().filter_map(|rest| number(rest)).collect();
    let mut found: HashMap<i64, (ThreadRow, PageRow)> = HashMap::new();
    if context.viewer.may(WIKI_VIEW) && !wanted.is_empty() {
        let threads = store::threads_by_ids(context.db, &wanted)?;
        let ids: Vec<i64> = threads.iter().map(|thread| thread.page).collect();
        let pages = pages::by_ids(context.db, context.viewer, &ids)?;
        for thread in threads {
            if let Some(page) = pages.iter().find(|page| page.id == thread.page) {
                found.insert(thread.id, (thread, page.clone()));
            }
        }
    }
    let resolved = |rest: &&str| match number(rest).and_then(|number| found.get(&number)) {
        Some((thread, page)) => Resolved::Found {
            href: thread_href(thread.id),
            label: None,
            title: Some(title(thread, page)),
            class: (!thread.is_open()).then_some("closed"),
        },
        None => Resolved::Missing { href: None, title: format!("There is no discussion {rest}") },
    };
    Ok(rests.iter().map(resolved).collect())
}

fn title(thread: &ThreadRow, page: &PageRow) -> String {
    match thread.anchor.words() {
        "" => format!("Discussion of {}", page.name),
        words => format!("Discussion of {}: “{}”", page.name, crate::web::form::shortened(words)),
    }
}
