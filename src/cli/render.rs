//! `trackway render`: Markdown on standard input, an HTML fragment on standard output.

use clap::{Args, ValueEnum};

use super::output::print;
use super::{Shell, address, read_input};
use crate::app::COMPONENTS;
use crate::auth::{self, permissions};
use crate::base::error::{Error, Result};
use crate::base::markup::{self, Flavour, Here, MAX_TEXT, Options};
use crate::base::resource::Resource;
use crate::base::text::lines_lf;
use crate::web::text::Reader;
use crate::wiki::name::PageName;
use crate::wiki::store;

#[derive(Debug, Args)]
pub struct Render {
    /// Resolve references in this project; without it they stay plain text and no data folder is opened
    #[arg(long)]
    project: Option<String>,
    /// The page that the text stands on, for relative links
    #[arg(long, requires = "project")]
    page: Option<String>,
    #[arg(long, value_enum, default_value_t = FlavourName::Page)]
    flavour: FlavourName,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum FlavourName {
    Page,
    Note,
    Line,
}

pub fn run(shell: &Shell, render: &Render) -> Result<()> {
    let flavour = match render.flavour {
        FlavourName::Page => Flavour::Page,
        FlavourName::Note => Flavour::Note,
        FlavourName::Line => Flavour::Line,
    };
    let text = read_input("text", MAX_TEXT as u64)?;
    let text = lines_lf(&text);
    let html = match &render.project {
        None => {
            let vocabulary = COMPONENTS.vocabulary();
            let options = Options { references: false, ..Options::default() };
            markup::static_html(&markup::compile(&text, flavour, &vocabulary, &options)?)
        }
        Some(project) => in_project(shell, project, render.page.as_deref(), &text, flavour)?,
    };
    print(&format!("{}\n", html.as_str().trim_end()))
}

/// Without `--as` the reader is anonymous: what comes out may be published.
fn in_project(shell: &Shell, name: &str, page: Option<&str>, text: &str, flavour: Flavour) -> Result<markup::Html> {
    let site = shell.site()?;
    let principal = auth::operator(&site, Some(shell.as_name.as_deref().unwrap_or("anonymous")))?;
    let missing = || {
        Error::not_found(match shell.as_name {
            Some(_) => format!("there is no project `{name}`"),
            None => format!("there is no project `{name}` for anonymous readers; say --as NAME"),
        })
    };
    let row = site.find(name)?.ok_or_else(missing)?;
    let project = site.project(&row)?;
    let viewer = permissions::enter(&project, &row, &principal)?.ok_or_else(missing)?;
    let base = address(&site)?.base;
    let root = format!("{base}/{}", row.name);
    let reader = Reader::new(&site, &project, &viewer, &base, &root)?;
    let compiled = reader.compiled(text, flavour)?;
    project.read(|db| {
        let here = match page {
            None => None,
            Some(page) => {
                let name = PageName::parse(page, "--page")?;
                let id = store::find(db, &viewer, name.folded())?.map_or(0, |page| page.id);
                Some(Here { resource: Resource::new("page", id), name: name.as_str().to_owned() })
            }
        };
        reader.html(db, &compiled, here.as_ref())
    })
}
