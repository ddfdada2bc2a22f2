//! Links to pages: `wiki:Page`, `[[Page]]`, `[[./Sub]]`, with query and heading kept.

use std::collections::{BTreeSet, HashMap};

use super::name::{PageName, href_of, is_relative, last_part};
use super::scope::Scope;
use super::store::{self, PageRow};
use super::{WIKI_CREATE, WIKI_VIEW, discussion};
use crate::base::error::Result;
use crate::base::markup::{Context, Here, LinkKind, LinkTarget, Resolved};
use crate::web::address;

pub const KINDS: &[LinkKind] = &[
    LinkKind {
        prefixes: &["wiki"],
        doc: "A page, by its name: on a page below others, the nearest of that name upward. `./` and `../` start from the \
              page that the link stands on, `/` from the top.",
        example: "wiki:WikiStart",
        targets,
        resolve,
    },
    discussion::link::KIND,
];

/// A reference taken apart: the name, and `?query` or `#heading` after it. In a name these signs are written as addresses have
/// them, see [`read_name`].
pub(super) fn split(rest: &str) -> (&str, &str) {
    let at = rest.find(['#', '?']).unwrap_or(rest.len());
    rest.split_at(at)
}

/// A name as it stands in a reference, where `%23` is a `#` and `%3F` a `?`, which would end it.
pub(super) fn read_name(written: &str) -> String {
    let mut name = String::with_capacity(written.len());
    let mut rest = written;
    while let Some(at) = rest.find('%') {
        name.push_str(&rest[..at]);
        rest = &rest[at..];
        let sign =
            SIGNS.iter().find(|(code, _)| rest.get(..code.len()).is_some_and(|start| start.eq_ignore_ascii_case(code)));
        let (code, sign) = sign.copied().unwrap_or(("%", "%"));
        name.push_str(sign);
        rest = &rest[code.len()..];
    }
    name.push_str(rest);
    name
}

/// How a name has to be written in a reference.
pub(super) fn written_name(name: &str) -> String {
    let mut written = name.to_owned();
    for (code, sign) in SIGNS {
        written = written.replace(sign, code);
    }
    written
}

/// Signs of names that mean something else in a reference, each with its spelling. First those that a spelling is like.
const SIGNS: [(&str, &str); 4] = [("%2523", "%23"), ("%253F", "%3F"), ("%23", "#"), ("%3F", "?")];

/// The names that a reference may stand for, and what follows them.
fn scope_of(here: Option<&Here>, rest: &str) -> Option<(Scope, String)> {
    let here = here.filter(|here| here.resource.is("page")).map(|here| here.name.as_str());
    let (name, tail) = split(rest);
    let scope = match name {
        "" => Scope::exactly(PageName::parse(here?, "page").ok()?),
        name => Scope::of(here, &read_name(name))?,
    };
    Some((scope, tail.to_owned()))
}

fn targets(here: Option<&Here>, rest: &str) -> Vec<LinkTarget> {
    scope_of(here, rest).map(|(scope, _)| scope.targets()).unwrap_or_default()
}

fn resolve(context: &Context<'_>, rests: &[&str]) -> Result<Vec<Resolved>> {
    let wanted: Vec<Option<(Scope, String)>> = rests.iter().map(|rest| scope_of(context.here, rest)).collect();
    let scopes: Vec<&Scope> = wanted.iter().flatten().map(|(scope, _)| scope).collect();
    let pages = if context.viewer.may(WIKI_VIEW) { led_to(context, &scopes)? } else { HashMap::new() };
    let may_create = context.viewer.may(WIKI_CREATE);
    Ok(wanted
        .iter()
        .zip(rests)
        .map(|(wanted, rest)| {
            let Some((scope, tail)) = wanted else {
                return Resolved::Missing { href: None, title: format!("“{rest}” can't be a page") };
            };
            match scope.names().iter().find_map(|name| Some((name, pages.get(name.folded())?))) {
                Some((name, page)) => Resolved::Found {
                    href: format!("{}{}", href_of(&page.name), encoded_tail(tail)),
                    label: Some(label(rest, name)),
                    title: Some(page.called().to_owned()),
                    class: None,
                },
                None => Resolved::Missing {
                    href: may_create.then(|| scope.wished().href()),
                    title: format!("There is no page “{}”", scope.wished().as_str()),
                },
            }
        })
        .collect())
}

/// The pages that these names lead to, by folded name, as far as the viewer sees them.
fn led_to(context: &Context<'_>, scopes: &[&Scope]) -> Result<HashMap<String, PageRow>> {
    let folded: BTreeSet<&str> = scopes.iter().flat_map(|scope| scope.names()).map(PageName::folded).collect();
    let own = store::by_folded(context.db, context.viewer, &folded)?;
    let mut pages: HashMap<String, PageRow> = own.into_iter().map(|page| (page.folded.clone(), page)).collect();
    // Only what is nearer than a page of that very name can still be another's former one.
    let open = |scope: &&Scope| {
        let names = scope.names();
        let found = names.iter().position(|name| pages.contains_key(name.folded())).unwrap_or(names.len());
        names[..found].iter().map(|name| name.folded().to_owned()).collect::<Vec<_>>()
    };
    let open: BTreeSet<String> = scopes.iter().flat_map(open).collect();
    if !open.is_empty() {
        pages.extend(store::by_former_names(context.db, context.viewer, &open)?);
    }
    Ok(pages)
}

/// How a link reads without a label: as it was written, but the last part alone of a relative one.
fn label(written: &str, name: &PageName) -> String {
    if is_relative(split(written).0) { last_part(name.as_str()).to_owned() } else { read_name(written) }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signs_that_end_a_name_have_a_spelling_within_it() {
        for (name, written) in
            [("C# notes", "C%23 notes"), ("Why?", "Why%3F"), ("100%23", "100%2523"), ("50% off", "50% off")]
        {
            assert_eq!((written_name(name).as_str(), read_name(written).as_str()), (written, name));
        }
        assert_eq!(read_name("Why%3f"), "Why?");
        assert_eq!(read_name("a%2"), "a%2");
    }
}
