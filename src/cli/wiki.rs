//! `trackway wiki …`

use std::path::{Path, PathBuf};

use clap::Subcommand;
use serde_json::json;

use super::output::{Bar, List, print};
use super::{Entered, Shell, actor, address, read_input};
use crate::base::error::{Error, Result};
use crate::base::event::Via;
use crate::base::markup::{Flavour, Here};
use crate::base::project::Act;
use crate::base::resource::Resource;
use crate::base::text::lines_lf;
use crate::base::time::Instant;
use crate::web::text::Reader;
use crate::wiki::WIKI_VIEW;
use crate::wiki::edit::{self, LARGEST_TEXT, Save, Saved};
use crate::wiki::folder::{self, Import};
use crate::wiki::moving::{self, Rename};
use crate::wiki::name::PageName;
use crate::wiki::store;

/// Pages that `list` takes.
const MOST_PAGES: usize = 1_000_000;

#[derive(Debug, Subcommand)]
pub enum Command {
    /// The pages there are
    List {
        project: String,
        /// Only pages whose names begin so
        #[arg(default_value = "")]
        prefix: String,
    },
    /// Print a page as HTML, or its text
    Show {
        project: String,
        page: String,
        /// The text as it was typed
        #[arg(long)]
        raw: bool,
        #[arg(long, value_name = "K")]
        version: Option<i64>,
    },
    /// Save the text on standard input as a new version; prints its number
    Save {
        project: String,
        page: String,
        #[arg(long, default_value = "")]
        comment: String,
        /// The version the text was made from (0: a new page): changes since then are merged or refused
        #[arg(long, value_name = "VERSION")]
        base: Option<i64>,
    },
    /// Give a page another name; prints how many pages were renamed and how many texts follow
    Rename {
        project: String,
        old: String,
        new: String,
        /// The pages below it too
        #[arg(long)]
        children: bool,
        /// Change the links that lead there
        #[arg(long)]
        rewrite: bool,
        /// The old address leads nowhere from now on
        #[arg(long)]
        no_redirect: bool,
    },
    /// Put a page into the trash
    Remove {
        project: String,
        page: String,
        #[arg(long, default_value = "")]
        comment: String,
    },
    /// Write every page into a folder as NAME.md, its attachments into NAME.files
    Export { project: String, folder: PathBuf },
    /// Save what an export has written, or any folder of .md files; prints what was new or changed
    Import {
        project: String,
        folder: PathBuf,
        #[arg(long, default_value = "Imported.")]
        comment: String,
        /// Only list what would be saved
        #[arg(long)]
        dry_run: bool,
    },
}

pub fn run(shell: &Shell, command: Command) -> Result<()> {
    match command {
        Command::List { project, prefix } => list(shell, &shell.enter(&project)?, &prefix),
        Command::Show { project, page, raw, version } => show(&shell.enter(&project)?, &page, raw, version),
        Command::Save { project, page, comment, base } => save(&shell.enter(&project)?, &page, &comment, base),
        Command::Rename { project, old, new, children, rewrite, no_redirect } => {
            let (name, new_name) = (PageName::parse(&old, "OLD")?, PageName::parse(&new, "NEW")?);
            let entered = shell.enter(&project)?;
            let request =
                Rename { name: &name, new_name: &new_name, redirect: !no_redirect, children, rewrite, version: None };
            let moved = moving::rename(&entered.site, &entered.project, entered.act(), &request)?;
            print(&format!("{} renamed, {} rewritten\n", moved.pages, moved.texts))
        }
        Command::Remove { project, page, comment } => {
            let entered = shell.enter(&project)?;
            edit::delete(&entered.project, entered.act(), &PageName::parse(&page, "PAGE")?, None, &comment)
        }
        Command::Export { project, folder } => export(&shell.enter(&project)?, &folder),
        Command::Import { project, folder, comment, dry_run } => {
            import(shell, &shell.enter(&project)?, &Import { folder: &folder, comment: &comment, dry_run })
        }
    }
}

fn list(shell: &Shell, entered: &Entered, prefix: &str) -> Result<()> {
    entered.viewer.require(WIKI_VIEW)?;
    let folded = crate::base::text::fold(prefix);
    let pages = entered.project.read(|db| store::list(db, &entered.viewer, &folded, MOST_PAGES))?;
    let mut list = List::new(&["name", "version", "author", "changed"]);
    for page in pages {
        list.row(vec![json!(page.name), json!(page.version), json!(page.author), json!(page.changed_at.iso())]);
    }
    list.print(shell.format)
}

fn show(entered: &Entered, page: &str, raw: bool, version: Option<i64>) -> Result<()> {
    let name = PageName::parse(page, "PAGE")?;
    let missing = || Error::not_found(format!("there is no page “{page}”"));
    entered.viewer.require_to_see(WIKI_VIEW, &format!("there is no page “{page}”"))?;
    let (page, text) = entered.project.read(|db| {
        let page = store::find(db, &entered.viewer, name.folded())?.ok_or_else(missing)?;
        let asked = version.unwrap_or(page.version);
        let version = store::version(db, page.id, asked)?
            .ok_or_else(|| Error::not_found(format!("“{}” has no version {asked}", page.name)))?;
        Ok((page, version.text))
    })?;
    if raw {
        return print(&text);
    }
    let base = address(&entered.site)?.base;
    let root = format!("{base}/{}", entered.row.name);
    let reader = Reader::new(&entered.site, &entered.project, &entered.viewer, &base, &root)?;
    let compiled = reader.compiled(&text, Flavour::Page)?;
    let here = Here { resource: Resource::new("page", page.id), name: page.name };
    let html = entered.project.read(|db| reader.html(db, &compiled, Some(&here)))?;
    print(html.as_str())
}

fn save(entered: &Entered, page: &str, comment: &str, base: Option<i64>) -> Result<()> {
    let name = stored_name(entered, PageName::parse(page, "PAGE")?)?;
    let text = read_input("text", LARGEST_TEXT as u64)?;
    let request = Save { name: &name, text: &lines_lf(&text), comment, base, strict: false };
    match edit::save(&entered.site, &entered.project, entered.act(), &request)? {
        Saved::As { version, .. } => print(&format!("{version}\n")),
        Saved::Conflict { version, merge } => Err(Error::conflict(format!(
            "“{page}” is at version {version} by now, and {} places clash with your text; nothing was saved",
            merge.conflicts()
        ))),
    }
}

/// A page that is there keeps its name as it was first written.
fn stored_name(entered: &Entered, name: PageName) -> Result<PageName> {
    let page = entered.project.read(|db| store::find(db, &entered.viewer, name.folded()))?;
    page.map_or(Ok(name), |page| PageName::parse(&page.name, "PAGE"))
}

fn export(entered: &Entered, folder: &Path) -> Result<()> {
    let total = entered.project.read(|db| store::count(db, &entered.viewer))?;
    let mut bar = Bar::new(&entered.row.name, "pages");
    let done = folder::export(&entered.project, &entered.viewer, folder, &mut |done| {
        bar.at(done, usize::try_from(total).unwrap_or(0))
    });
    bar.end();
    done?;
    super::export::note(&entered.site, &entered.row, "wiki.exported", actor(&entered.viewer.principal))
}

fn import(shell: &Shell, entered: &Entered, import: &Import<'_>) -> Result<()> {
    let by = Act::new(&entered.viewer, Via::Import).at(Instant::now());
    if !import.dry_run {
        return folder::import(&entered.site, &entered.project, by, import, &mut |change| match &change.file {
            None => print(&format!("{}\n", change.page.as_str())),
            Some(file) => print(&format!("{}: {file}\n", change.page.as_str())),
        });
    }
    let mut list = List::new(&["page", "attachment", "change"]);
    folder::import(&entered.site, &entered.project, by, import, &mut |change| {
        let word = if change.is_new { "new" } else { "changed" };
        list.row(vec![json!(change.page.as_str()), json!(change.file), json!(word)]);
        Ok(())
    })?;
    list.print(shell.format)
}
