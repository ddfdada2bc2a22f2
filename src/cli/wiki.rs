//! `trackway wiki …`

use std::fs;
use std::path::{Path, PathBuf};

use clap::Subcommand;
use serde_json::json;

use super::output::{List, print};
use super::{Entered, Shell, address, read_input};
use crate::base::error::{Error, Result};
use crate::base::markup::{Flavour, Here};
use crate::base::resource::Resource;
use crate::base::text::lines_lf;
use crate::web::address as addresses;
use crate::web::text::Reader;
use crate::wiki::WIKI_VIEW;
use crate::wiki::edit::{self, LARGEST_TEXT, Save, Saved};
use crate::wiki::name::PageName;
use crate::wiki::store;

/// Pages that `list` and `export` take.
const MOST_PAGES: usize = 1_000_000;
/// Bytes of a file's name, with room for `.md`; systems take 255.
const LONGEST_FILE_PART: usize = 240;

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
    /// Put a page into the trash
    Remove {
        project: String,
        page: String,
        #[arg(long, default_value = "")]
        comment: String,
    },
    /// Write every page into a folder as NAME.md
    Export { project: String, folder: PathBuf },
    /// Save every .md file of a folder as a page
    Import {
        project: String,
        folder: PathBuf,
        #[arg(long, default_value = "Imported.")]
        comment: String,
    },
}

pub fn run(shell: &Shell, command: Command) -> Result<()> {
    match command {
        Command::List { project, prefix } => list(shell, &shell.enter(&project)?, &prefix),
        Command::Show { project, page, raw, version } => show(&shell.enter(&project)?, &page, raw, version),
        Command::Save { project, page, comment, base } => save(&shell.enter(&project)?, &page, &comment, base),
        Command::Remove { project, page, comment } => {
            let entered = shell.enter(&project)?;
            edit::delete(&entered.project, entered.act(), &PageName::parse(&page, "PAGE")?, None, &comment)
        }
        Command::Export { project, folder } => export(&shell.enter(&project)?, &folder),
        Command::Import { project, folder, comment } => import(&shell.enter(&project)?, &folder, &comment),
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
    entered.viewer.require(WIKI_VIEW)?;
    let pages = entered.project.read(|db| store::list(db, &entered.viewer, "", MOST_PAGES))?;
    for page in pages {
        let text = entered
            .project
            .read(|db| store::version(db, page.id, page.version))?
            .map(|version| version.text)
            .unwrap_or_default();
        let path = folder.join(file_of(&page.name));
        let written = path.parent().map_or(Ok(()), fs::create_dir_all).and_then(|()| fs::write(&path, text));
        written.map_err(|error| Error::invalid("FOLDER", format!("{}: {error}.", path.display())))?;
    }
    Ok(())
}

/// `Guide/Two Words` → `Guide/Two%20Words.md`: every name is a file that every system can hold, and comes back as it was.
/// A part too long for a file's name is broken into long folders that end in `%`, which no part alone does.
fn file_of(name: &str) -> PathBuf {
    let parts: Vec<String> = name.split('/').map(file_part).collect();
    PathBuf::from(format!("{}.md", parts.join("/").replace(".md/", "%2Emd/")))
}

fn file_part(part: &str) -> String {
    let mut encoded = String::new();
    let mut length = 0;
    for character in part.chars() {
        let piece = match character {
            // A hidden file would not come back.
            '.' if length == 0 || length + 1 > LONGEST_FILE_PART => "%2E".to_owned(),
            _ => addresses::segment(character.encode_utf8(&mut [0; 4])),
        };
        if length + piece.len() > LONGEST_FILE_PART {
            encoded.push_str("%/");
            length = 0;
        }
        length += piece.len();
        encoded.push_str(&piece);
    }
    encoded
}

/// The page that a file is of, the file's name without `.md`. None if it is no UTF-8.
fn name_of(file: &Path) -> Option<String> {
    let mut name = String::new();
    let mut joined = true;
    for part in file.iter() {
        if !joined {
            name.push('/');
        }
        let part = part.to_str()?;
        let broken = part.strip_suffix('%').filter(|piece| piece.len() > LONGEST_FILE_PART - 12);
        joined = broken.is_some();
        name.push_str(&addresses::decode(broken.unwrap_or(part))?);
    }
    Some(name)
}

fn import(entered: &Entered, folder: &Path, comment: &str) -> Result<()> {
    let mut files = Vec::new();
    collect(folder, &mut files).map_err(|error| Error::invalid("FOLDER", format!("{}: {error}.", folder.display())))?;
    files.sort();
    for path in files {
        let relative = path.strip_prefix(folder).unwrap_or(&path).with_extension("");
        let shown = path.display().to_string();
        let name = name_of(&relative)
            .ok_or_else(|| Error::invalid(&shown, "The name of the file is not in UTF-8, so it can't name a page."))?;
        let name = stored_name(entered, PageName::parse(&name, &shown)?)?;
        let bytes = fs::read(&path)?;
        let text = String::from_utf8(bytes)
            .map_err(|_| Error::invalid(path.display().to_string(), "The file is not in UTF-8."))?;
        let request = Save { name: &name, text: &lines_lf(&text), comment, base: None, strict: false };
        match edit::save(&entered.site, &entered.project, entered.act(), &request) {
            Ok(_) => print(&format!("{}\n", name.as_str()))?,
            Err(Error::Invalid(problems))
                if problems.iter().any(|problem| problem.message.starts_with("Nothing was changed")) => {}
            Err(Error::Invalid(problems)) => {
                let why: Vec<&str> = problems.iter().map(|problem| problem.message.as_str()).collect();
                return Err(Error::invalid(path.display().to_string(), why.join(" ")));
            }
            Err(other) => return Err(other),
        }
    }
    Ok(())
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> std::io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let hidden = entry.file_name().to_string_lossy().starts_with('.');
        // A link could lead anywhere, and a pipe never end.
        let kind = entry.file_type()?;
        if hidden || kind.is_symlink() {
            continue;
        }
        if kind.is_dir() {
            collect(&entry.path(), files)?;
        } else if kind.is_file() && entry.path().extension().is_some_and(|extension| extension == "md") {
            files.push(entry.path());
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        #[test]
        fn any_page_name_comes_back_from_its_address_and_its_file(written in "\\PC{0,40}(/\\PC{1,40}){0,3}") {
            let Ok(name) = PageName::parse(&written, "page") else {
                return Ok(());
            };
            let href = name.href();
            let below = href.strip_prefix("/wiki/").unwrap_or_default();
            let read = addresses::decode(below).and_then(|text| PageName::of_address(&text));
            proptest::prop_assert_eq!(read.as_ref(), Some(&name));
            let file = file_of(name.as_str());
            proptest::prop_assert!(file.iter().all(|part| part.len() < 256));
            proptest::prop_assert_eq!(name_of(&file.with_extension("")), Some(name.as_str().to_owned()));
        }
    }

    #[test]
    fn every_page_name_comes_back_from_its_file() {
        let long = "東".repeat(200);
        let odd =
            ["WikiStart", "a/b", ".hidden", "x.md", "x.md/y", "50% #1?", "日本/東京", "C:\\x", "a&b=c+d", "a%/b%"];
        for name in odd.into_iter().chain([long.as_str()]) {
            let file = file_of(name);
            assert!(file.iter().all(|part| part.len() < 256), "{}", file.display());
            assert_eq!(name_of(&file.with_extension("")).as_deref(), Some(name));
            assert!(file.parent().is_none_or(|folder| folder.extension().is_none_or(|extension| extension != "md")));
        }
    }
}
