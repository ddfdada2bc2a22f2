//! Links to pages: `wiki:Page`, `[[Page]]`, `[[./Sub]]`, with query and heading kept.

use super::name::{PageName, absolute, href_of, last_part};
use super::store;
use super::{WIKI_CREATE, WIKI_VIEW, discussion};
use crate::base::error::Result;
use crate::base::markup::{Context, Here, LinkKind, LinkTarget, Resolved};
use crate::web::address;

pub const KINDS: &[LinkKind] = &[
    LinkKind {
        prefixes: &["wiki"],
        doc: "A page, by its name; `./` and `../` start from the page that the link stands on.",
        example: "wiki:WikiStart",
        targets: |here, rest| target(here, rest).into_iter().collect(),
        resolve,
    },
    discussion::link::KIND,
];

/// A reference taken apart: the name, and `?query` or `#heading` after it.
pub(super) fn split(rest: &str) -> (&str, &str) {
    let at = rest.find(['#', '?']).unwrap_or(rest.len());
    rest.split_at(at)
}

fn page_of(here: Option<&Here>, rest: &str) -> Option<(PageName, String)> {
    let here = here.filter(|here| here.resource.is("page")).map(|here| here.name.as_str());
    // `#` and `?` end the name: a page whose own name holds one is reached by its address.
    let (name, tail) = split(rest);
    let name = if name.is_empty() { here?.to_owned() } else { absolute(here, name)? };
    Some((PageName::parse(&name, "page").ok()?, tail.to_owned()))
}

fn target(here: Option<&Here>, rest: &str) -> Option<LinkTarget> {
    let (name, _) = page_of(here, rest)?;
    Some(LinkTarget { kind: "page", key: name.folded().to_owned() })
}

fn resolve(context: &Context<'_>, rests: &[&str]) -> Result<Vec<Resolved>> {
    let wanted: Vec<Option<(PageName, String)>> = rests.iter().map(|rest| page_of(context.here, rest)).collect();
    let folded: Vec<String> = wanted.iter().flatten().map(|(name, _)| name.folded().to_owned()).collect();
    let (pages, former) = if context.viewer.may(WIKI_VIEW) && !folded.is_empty() {
        let pages = store::by_folded(context.db, context.viewer, &folded)?;
        let all_found = folded.iter().all(|folded| pages.iter().any(|page| page.folded == *folded));
        let former = if all_found { Vec::new() } else { store::by_former_names(context.db, context.viewer, &folded)? };
        (pages, former)
    } else {
        (Vec::new(), Vec::new())
    };
    let may_create = context.viewer.may(WIKI_CREATE);
    Ok(wanted
        .into_iter()
        .zip(rests)
        .map(|(wanted, rest)| {
            let Some((name, tail)) = wanted else {
                return Resolved::Missing { href: None, title: format!("“{rest}” can't be a page") };
            };
            let found = pages
                .iter()
                .find(|page| page.folded == name.folded())
                .or_else(|| former.iter().find(|(old, _)| old == name.folded()).map(|(_, page)| page));
            match found {
                Some(page) => Resolved::Found {
                    href: format!("{}{}", href_of(&page.name), encoded_tail(&tail)),
                    label: Some(label(rest, &name)),
                    title: Some(page.called().to_owned()),
                    class: None,
                },
                None => Resolved::Missing {
                    href: may_create.then(|| name.href()),
                    title: format!("There is no page “{}”", name.as_str()),
                },
            }
        })
        .collect())
}

/// How a link reads without a label: as it was written, but the last part alone of a relative one.
fn label(written: &str, name: &PageName) -> String {
    if written.starts_with('.') { last_part(name.as_str()).to_owned() } else { written.to_owned() }
}

fn encoded_tail(tail: &str) -> String {
    match tail.split_once('#') {
        None => query(tail),
        Some((before, heading)) => format!("{}#{}", query(before), address::query_value(heading)),
    }
}

fn query(text: &str) -> String {
    let Some(rest) = text.strip_prefix('?') else {
        return String::new();
    };
    let pairs: Vec<String> = address::pairs(rest)
        .iter()
        .map(|(name, value)| format!("{}={}", address::query_value(name), address::query_value(value)))
        .collect();
    format!("?{}", pairs.join("&"))
}
