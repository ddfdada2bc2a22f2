//! Files as targets of links: `attachment:plan.png`, `attachment:"two words.png"`, and Trac's `attachment:file:wiki:Page`
//! for a file of something else.

use unicode_normalization::UnicodeNormalization;

use super::store::{self, FileRow};
use super::{href, list_href, raw_href};
use crate::base::component::Owner;
use crate::base::error::Result;
use crate::base::markup::{Context, Here, LinkKind, LinkTarget, Resolved};
use crate::base::resource::Resource;
use crate::base::text::fold;
use crate::web::page::file_size;

pub const KINDS: &[LinkKind] = &[
    LinkKind {
        prefixes: &["attachment"],
        doc: "A file of the page that the link stands on, or with `:wiki:Page` after its name, of another one.",
        example: "attachment:\"picture.png\"",
        targets: |here, rest| target(here, rest).into_iter().collect(),
        resolve: |context, rests| resolve(context, rests, href),
    },
    LinkKind {
        prefixes: &["raw-attachment"],
        doc: "The same, but the contents of the file at once instead of its page.",
        example: "raw-attachment:\"picture.png\"",
        targets: |here, rest| target(here, rest).into_iter().collect(),
        resolve: |context, rests| resolve(context, rests, raw_href),
    },
];

/// As addresses and texts name what has files, and the one word that stands for it in the link table.
const REALMS: &[(&str, &str)] = &[("wiki", "wiki"), ("page", "wiki"), ("ticket", "ticket"), ("milestone", "milestone")];

/// Realm and id, as a text names something that has files.
pub type Parent = (&'static str, String);

/// A way to read what stands after the colon.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    pub name: String,
    /// None for the thing that the text belongs to.
    pub parent: Option<Parent>,
}

/// All ways to read it, the likeliest first: names of files may hold colons too.
pub fn readings(rest: &str) -> Vec<Reference> {
    let (name, after) = match rest.strip_prefix('"').and_then(|quoted| quoted.split_once('"')) {
        Some((name, after)) => (name, after),
        None => (rest, ""),
    };
    let normal = |name: &str| name.trim().nfc().collect::<String>();
    let mut found = Vec::new();
    let whole = if after.is_empty() { name } else { rest };
    for (realm, canonical) in REALMS {
        let marker = format!(":{realm}:");
        if let Some(at) = whole.rfind(&marker) {
            let file = whole[..at].trim_matches('"');
            let id = whole[at + marker.len()..].trim_matches('"');
            if !file.is_empty() && !id.is_empty() {
                found.push(Reference { name: normal(file), parent: Some((*canonical, id.to_owned())) });
            }
        }
    }
    if after.is_empty() && !name.is_empty() {
        found.push(Reference { name: normal(name), parent: None });
    }
    found
}

/// How the link table names a file of the thing that the text belongs to …
fn own_key(parent: &Resource, name: &str) -> String {
    format!("{parent}/{name}")
}

/// … and one of something that the text names.
fn foreign_key(realm: &str, id: &str, name: &str) -> String {
    format!("{realm}:{}/{name}", fold(id))
}

/// Every key under which texts may refer to that file.
pub fn keys(owner: &Owner, name: &str) -> Vec<String> {
    vec![own_key(&owner.resource, name), foreign_key(owner.realm, &owner.id, name)]
}

pub fn target(here: Option<&Here>, rest: &str) -> Option<LinkTarget> {
    let reference = readings(rest).into_iter().next()?;
    let key = match &reference.parent {
        Some((realm, id)) => foreign_key(realm, id, &reference.name),
        None => own_key(&here?.resource, &reference.name),
    };
    Some(LinkTarget::new("attachment", key))
}

/// What has become of each reference: the file and what it hangs on, as far as this viewer may see both.
pub fn find(context: &Context<'_>, references: &[Vec<Reference>]) -> Result<Vec<Option<(Owner, FileRow)>>> {
    let mut owners: Vec<(Option<Parent>, Option<Owner>)> = Vec::new();
    for reference in references.iter().flatten() {
        if !owners.iter().any(|(parent, _)| *parent == reference.parent) {
            owners.push((reference.parent.clone(), owner(context, reference.parent.as_ref())?));
        }
    }
    let owner_of = |reference: &Reference| {
        owners.iter().find(|(parent, _)| *parent == reference.parent).and_then(|(_, owner)| owner.as_ref())
    };
    let wanted: Vec<(Resource, String)> = references
        .iter()
        .flatten()
        .filter_map(|reference| Some((owner_of(reference)?.resource.clone(), reference.name.clone())))
        .collect();
    let files = store::find_all(context.db, &wanted)?;
    Ok(references
        .iter()
        .map(|ways| {
            ways.iter().find_map(|reference| {
                let owner = owner_of(reference)?;
                let file = files.iter().find(|file| file.parent == owner.resource && file.name == reference.name)?;
                Some((owner.clone(), file.clone()))
            })
        })
        .collect())
}

fn owner(context: &Context<'_>, parent: Option<&Parent>) -> Result<Option<Owner>> {
    match (parent, context.here) {
        (Some((realm, id)), _) => context.vocabulary.components.owner(context.db, context.viewer, realm, id),
        (None, Some(here)) => context.vocabulary.components.owner_of(context.db, context.viewer, &here.resource),
        (None, None) => Ok(None),
    }
}

fn resolve(context: &Context<'_>, rests: &[&str], address: fn(&Owner, &str) -> String) -> Result<Vec<Resolved>> {
    let references: Vec<Vec<Reference>> = rests.iter().map(|rest| readings(rest)).collect();
    let here = owner(context, None)?;
    let found = find(context, &references)?;
    Ok(found
        .into_iter()
        .zip(&references)
        .map(|(found, ways)| match found {
            Some((owner, file)) => Resolved::Found {
                href: address(&owner, &file.name),
                title: Some(if file.description.is_empty() { file_size(file.size) } else { file.description }),
                label: Some(file.name),
                class: None,
            },
            None => missing(context, here.as_ref(), ways),
        })
        .collect())
}

/// Missing and forbidden look the same. Where the viewer may attach the file, the link leads to the form.
fn missing(context: &Context<'_>, here: Option<&Owner>, ways: &[Reference]) -> Resolved {
    let name = ways.first().map(|reference| reference.name.as_str()).unwrap_or_default();
    let own = ways.first().is_some_and(|reference| reference.parent.is_none());
    let href = here.filter(|owner| own && owner.lets(context.viewer, owner.to_attach)).map(list_href);
    Resolved::Missing { href, title: format!("There is no file “{name}” there") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(name: &str, parent: Option<(&'static str, &str)>) -> Reference {
        Reference { name: name.to_owned(), parent: parent.map(|(realm, id)| (realm, id.to_owned())) }
    }

    #[test]
    fn a_reference_names_a_file_of_this_or_of_another_page() {
        for (rest, first) in [
            ("plan.png", named("plan.png", None)),
            ("\"two words.png\"", named("two words.png", None)),
            ("two words.png", named("two words.png", None)),
            ("12:30.png", named("12:30.png", None)),
            ("plan.png:wiki:Guide/Start", named("plan.png", Some(("wiki", "Guide/Start")))),
            ("\"a b.png\":wiki:\"Two Words\"", named("a b.png", Some(("wiki", "Two Words")))),
            ("plan.png:page:X", named("plan.png", Some(("wiki", "X")))),
            ("log.txt:ticket:12", named("log.txt", Some(("ticket", "12")))),
            ("cafe\u{301}.txt", named("caf\u{e9}.txt", None)),
        ] {
            assert_eq!(readings(rest).first(), Some(&first), "{rest}");
        }
        assert!(readings("a:wiki:b.png").contains(&named("a:wiki:b.png", None)));
        for none in ["", "\"\""] {
            assert!(readings(none).is_empty(), "{none}");
        }
    }

    #[test]
    fn the_link_table_names_a_file_as_its_own_page_looks_for_it() {
        let here = Here { resource: Resource::new("page", 7), name: "Plan".to_owned() };
        let key = |rest| target(Some(&here), rest).map(|target| target.key);
        assert_eq!(key("a.png").as_deref(), Some("page:7/a.png"));
        assert_eq!(key("a.png:page:PLAN").as_deref(), Some("wiki:plan/a.png"));
        assert_eq!(target(None, "a.png"), None);
    }
}
