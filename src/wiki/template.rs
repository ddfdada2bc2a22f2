//! Templates of pages (rows K10, K11): the pages below `PageTemplates`, from which new pages begin.

use rusqlite::Connection;

use super::name::{PageName, below, last_part};
use super::shown::Named;
use super::store;
use crate::base::error::Result;
use crate::base::project::called;
use crate::base::text::fold;
use crate::base::time::Instant;
use crate::base::viewer::Viewer;
use crate::web::{Room, address};

/// The page that templates stand below, and the one that a new page begins with if nobody chose another.
pub const FOLDER: &str = "PageTemplates";
const USUAL: &str = "DefaultPage";
/// Templates that are offered.
const MOST: usize = 50;

/// The templates there are for this viewer, each as the editor of that page begins with it.
pub(super) fn offered(db: &Connection, room: &Room, page: &PageName) -> Result<Vec<Named>> {
    let editor = format!("{}{}?action=edit", room.root, page.href());
    let offer = |row: &store::PageRow| {
        let name = below(&row.name, FOLDER);
        Named { href: format!("{editor}&template={}", address::query_value(name)), name: name.to_owned() }
    };
    Ok(store::list(db, &room.viewer, &format!("{}/", fold(FOLDER)), MOST)?.iter().map(offer).collect())
}

/// Whether a page of that folded name is a template.
pub fn is_template(folded: &str) -> bool {
    folded.strip_prefix(&*fold(FOLDER)).is_some_and(|rest| rest.starts_with('/'))
}

/// The text that a new page begins with: of the template that was asked for, else of the usual one if there is one. A name
/// that begins with a slash is that of any page. None: there is no such template.
pub fn text(db: &Connection, viewer: &Viewer, asked: Option<&str>) -> Result<Option<String>> {
    let asked = asked.unwrap_or(USUAL);
    let name = match asked.strip_prefix('/') {
        Some(page) => PageName::of_address(page),
        None => PageName::of_address(&format!("{FOLDER}/{asked}")),
    };
    let Some(name) = name else { return Ok(None) };
    let Some(page) = store::find(db, viewer, name.folded())? else { return Ok(None) };
    Ok(store::version(db, page.id, page.version)?.map(|version| version.text))
}

/// A template with its variables filled in for a page that somebody begins; what is no variable stays as it is.
pub fn filled(text: &str, name: &PageName, viewer: &Viewer, project: &str) -> String {
    let identity = viewer.principal.identity.as_ref();
    let user = called(
        identity.map(|identity| identity.login.as_str()),
        identity.map(|identity| identity.display_name.as_str()),
    );
    let parent = name.as_str().rsplit_once('/').map_or("", |(parent, _)| parent);
    let value = |variable: &str| {
        Some(match variable {
            "name" => name.as_str().to_owned(),
            "title" => last_part(name.as_str()).to_owned(),
            "parent" => parent.to_owned(),
            "date" => Instant::now().date(&viewer.zone()).to_string(),
            "user" => user.clone(),
            "project" => project.to_owned(),
            _ => return None,
        })
    };
    replaced(text, value)
}

fn replaced(text: &str, value: impl Fn(&str) -> Option<String>) -> String {
    let mut out = String::with_capacity(text.len() + 64);
    let mut rest = text;
    while let Some(at) = rest.find("{{") {
        let (before, after) = rest.split_at(at);
        out.push_str(before);
        let inner = after[2..].find("}}").map(|end| &after[2..2 + end]);
        match inner.and_then(|inner| Some((inner.len() + 4, value(inner.trim())?))) {
            Some((length, value)) => {
                out.push_str(&value);
                rest = &after[length..];
            }
            None => {
                out.push_str("{{");
                rest = &after[2..];
            }
        }
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_are_filled_in_and_the_rest_stays() {
        let value = |name: &str| (name == "title").then(|| "{{user}} & Co".to_owned());
        let cases = [
            ("# {{title}}, {{ title }}", "# {{user}} & Co, {{user}} & Co"),
            ("{{nothing}} {{ {{title}}", "{{nothing}} {{ {{user}} & Co"),
            ("{{title", "{{title"),
            ("}} {{}} {{{title}}}", "}} {{}} {{{title}}}"),
            ("", ""),
        ];
        for (text, expected) in cases {
            assert_eq!(replaced(text, value), expected, "{text}");
        }
        assert!(is_template("pagetemplates/a") && !is_template("pagetemplates") && !is_template("pagetemplatesx/a"));
    }
}
