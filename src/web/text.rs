//! Texts of a project made into HTML for one viewer: pages and commands alike come here.

use std::cell::Cell;
use std::sync::Arc;

use rusqlite::Connection;

use crate::auth::{groups, permissions};
use crate::base::error::Result;
use crate::base::kept::kept;
use crate::base::markup::{
    self, Compiled, Context, Elsewhere, Flavour, Here, Html, InterMap, Options, Resolved, TextSettings,
};
use crate::base::project::Project;
use crate::base::site::{CAMEL_CASE, IMAGE_HOSTS, Site};
use crate::base::viewer::{Principal, Viewer};

/// How a project wants its texts read.
pub fn settings(site: &Site, project: &Project) -> Result<TextSettings> {
    let image_hosts = site.read(|db| {
        kept(db, IMAGE_HOSTS.name, || {
            let hosts = IMAGE_HOSTS.text(db)?;
            Ok(hosts.split_whitespace().map(str::to_ascii_lowercase).collect::<Vec<_>>())
        })
    })?;
    let camel_case = project.read(|db| kept(db, CAMEL_CASE.name, || CAMEL_CASE.switch(db)))?;
    Ok(TextSettings { camel_case: *camel_case, image_hosts: image_hosts.to_vec() })
}

pub fn options(site: &Site, project: &Project) -> Result<Options> {
    Ok(Options { references: true, extensions: true, settings: settings(site, project)? })
}

/// What is needed to read the texts of one project for one viewer.
pub struct Reader<'a> {
    pub site: &'a Site,
    pub project: &'a Project,
    pub viewer: &'a Viewer,
    /// Base path of the site.
    pub base: &'a str,
    /// Base path and project.
    pub root: &'a str,
    options: Options,
}

impl<'a> Reader<'a> {
    pub fn new(site: &'a Site, project: &'a Project, viewer: &'a Viewer, base: &'a str, root: &'a str) -> Result<Self> {
        Ok(Self { site, project, viewer, base, root, options: options(site, project)? })
    }

    pub fn compiled(&self, text: &str, flavour: Flavour) -> Result<Arc<Compiled>> {
        self.project.cache().compiled(text, flavour, self.site.vocabulary(), &self.options)
    }

    /// The same for a text that is being written.
    pub fn compiled_in_passing(&self, text: &str, flavour: Flavour) -> Result<Arc<Compiled>> {
        self.project.cache().compiled_in_passing(text, flavour, self.site.vocabulary(), &self.options)
    }

    /// The text as HTML for this viewer at this moment.
    pub fn html(&self, db: &Connection, compiled: &Compiled, here: Option<&Here>) -> Result<Html> {
        Ok(self.htmls(db, &[(compiled, "")], here)?.pop().unwrap_or_default())
    }

    /// Several texts of one page, each with the prefix of its ids; their references are looked up together.
    pub fn htmls(&self, db: &Connection, texts: &[(&Compiled, &str)], here: Option<&Here>) -> Result<Vec<Html>> {
        let looks_elsewhere = texts.iter().any(|(compiled, _)| compiled.looks_elsewhere());
        let intermap = if looks_elsewhere { self.project.components().intermap(db)? } else { InterMap::default() };
        let others = Others { site: self.site, principal: &self.viewer.principal, base: self.base };
        let compile = |text: &str, flavour: Flavour| self.compiled(text, flavour);
        let context = Context {
            db,
            viewer: self.viewer,
            vocabulary: self.site.vocabulary(),
            settings: &self.options.settings,
            intermap: &intermap,
            elsewhere: Some(&others),
            compiled: &compile,
            here,
            root: self.root,
            outline: &[],
            depth: 0,
            macros_run: &Cell::new(0),
        };
        markup::resolve_together(texts, &context)
    }
}

/// The other projects of the site, as this principal may enter them.
struct Others<'a> {
    site: &'a Site,
    principal: &'a Arc<Principal>,
    base: &'a str,
}

impl Elsewhere for Others<'_> {
    fn members(&self, group: &str) -> Result<Option<Vec<String>>> {
        groups::members_in(self.site, group)
    }

    fn references(&self, project: &str, requests: &[&str]) -> Result<Option<Vec<Resolved>>> {
        let Some(row) = self.site.find(project)? else {
            return Ok(None);
        };
        let project = self.site.project(&row)?;
        let Some(viewer) = permissions::enter(&project, &row, self.principal)? else {
            return Ok(None);
        };
        let root = format!("{}/{}", self.base, row.name);
        let settings = settings(self.site, &project)?;
        project.read(|db| {
            let context = Context {
                db,
                viewer: &viewer,
                vocabulary: self.site.vocabulary(),
                settings: &settings,
                intermap: &InterMap::default(),
                elsewhere: None,
                compiled: &|text, flavour| {
                    project.cache().compiled(
                        text,
                        flavour,
                        self.site.vocabulary(),
                        &Options { references: true, extensions: true, settings: settings.clone() },
                    )
                },
                here: None,
                root: &root,
                outline: &[],
                depth: 0,
                macros_run: &Cell::new(0),
            };
            let mut answers = Vec::with_capacity(requests.len());
            for request in requests {
                answers.push(one(&context, &root, request)?);
            }
            Ok(Some(answers))
        })
    }
}

fn one(context: &Context<'_>, root: &str, request: &str) -> Result<Resolved> {
    let Some((prefix, rest)) = request.split_once(':') else {
        return Ok(Resolved::Plain);
    };
    let Some(kind) = context.vocabulary.link_kinds.iter().find(|kind| kind.prefixes.contains(&prefix)) else {
        return Ok(Resolved::Plain);
    };
    let resolved = (kind.resolve)(context, &[rest])?.pop().unwrap_or(Resolved::Plain);
    Ok(match resolved {
        Resolved::Found { href, label, title, class } if href.starts_with('/') => {
            Resolved::Found { href: format!("{root}{href}"), label, title, class }
        }
        Resolved::Missing { href: Some(href), title } if href.starts_with('/') => {
            Resolved::Missing { href: Some(format!("{root}{href}")), title }
        }
        other => other,
    })
}
