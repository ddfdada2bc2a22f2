//! Sidebar and footer pages: `_Sidebar` stands beside, `_Footer` below every page at and under the place where it is. The
//! nearest one upward that the viewer may see counts.

use rusqlite::Connection;

use super::name::PageName;
use super::store::{self, PageRow};
use crate::base::error::Result;
use crate::base::kept::kept;
use crate::base::markup::{Flavour, Here};
use crate::base::resource::Resource;
use crate::base::viewer::Viewer;
use crate::web::text::Reader;

const SIDEBAR: &str = "_sidebar";
const FOOTER: &str = "_footer";

/// What stands around one page, as HTML.
#[derive(Debug, Default)]
pub struct Furniture {
    pub sidebar_html: Option<String>,
    pub footer_html: Option<String>,
}

/// Whether a page of that folded name is one of these.
pub fn is_furniture(folded: &str) -> bool {
    matches!(super::name::last_part(folded), SIDEBAR | FOOTER)
}

/// What stands around a page of that name. A project without such pages pays nothing for the question.
pub fn around(db: &Connection, reader: &Reader<'_>, name: &PageName) -> Result<Furniture> {
    let there = kept(db, "sidebars and footers", || store::furniture(db))?;
    if there.is_empty() || is_furniture(name.folded()) {
        return Ok(Furniture::default());
    }
    let shown = |part: &str| -> Result<Option<String>> {
        nearest(db, reader.viewer, &there, name, part)?.map(|page| html(db, reader, &page)).transpose()
    };
    Ok(Furniture { sidebar_html: shown(SIDEBAR)?, footer_html: shown(FOOTER)? })
}

fn nearest(db: &Connection, viewer: &Viewer, there: &[String], name: &PageName, part: &str) -> Result<Option<PageRow>> {
    let mut place = Some(name.folded());
    while let Some(at) = place {
        let wanted = format!("{at}/{part}");
        if there.contains(&wanted)
            && let Some(page) = store::find(db, viewer, &wanted)?
        {
            return Ok(Some(page));
        }
        place = at.rsplit_once('/').map(|(above, _)| above);
    }
    if there.iter().any(|name| name == part) { store::find(db, viewer, part) } else { Ok(None) }
}

fn html(db: &Connection, reader: &Reader<'_>, page: &PageRow) -> Result<String> {
    let text = store::version(db, page.id, page.version)?.map(|version| version.text).unwrap_or_default();
    let here = Here { resource: Resource::new("page", page.id), name: page.name.clone() };
    let compiled = reader.compiled(&text, Flavour::Page)?;
    let prefix = format!("{}-", super::name::last_part(&page.folded).trim_start_matches('_'));
    Ok(reader.htmls(db, &[(&*compiled, &prefix)], Some(&here))?.pop().unwrap_or_default().into_string())
}
