//! Saving what lies in a folder as pages and attachments.
//!
//! 1. Everything is looked at; if anything can't be taken in, all of it is named and nothing is written.
//! 2. What is the same already is left alone, so a run that was cut off is made whole by another.
//! 3. The rest is saved one by one, as one act of whoever imports. Nobody is told: it is no news but a heap of it.

use std::fs::{self, File};
use std::path::Path;

use rusqlite::Connection;

use super::found::{FoundFile, FoundPage, look};
use crate::attachment::blob::{self, Spool};
use crate::attachment::edit::{Add, NewFile};
use crate::attachment::{self, store as files};
use crate::base::error::{Error, Problem, Result};
use crate::base::event::NewEvent;
use crate::base::project::{Act, Project};
use crate::base::resource::Resource;
use crate::base::site::{Site, UPLOAD_LIMIT};
use crate::base::viewer::DEFAULT_CLASS;
use crate::web::page::file_size;
use crate::wiki::edit::{self, LARGEST_TEXT, Save};
use crate::wiki::name::PageName;
use crate::wiki::store;
use crate::wiki::{WIKI_MODIFY, owner};

/// So many problems are named, the others counted.
const MOST_NAMED: usize = 50;

pub struct Import<'a> {
    pub folder: &'a Path,
    pub comment: &'a str,
    /// Only says what would be done.
    pub dry_run: bool,
}

/// One thing that is not as it lies in the folder.
#[derive(Debug)]
pub struct Change {
    pub page: PageName,
    /// Of an attachment: its name. None: the page's text.
    pub file: Option<String>,
    pub is_new: bool,
}

/// Takes a folder in; `told` hears of each change when it is made, or in a dry run that it would be.
pub fn import(
    site: &Site,
    project: &Project,
    by: Act<'_>,
    import: &Import<'_>,
    told: &mut dyn FnMut(&Change) -> Result<()>,
) -> Result<()> {
    let limit = site.read(|db| UPLOAD_LIMIT.number(db))?.unsigned_abs();
    let mut taking = Taking { site, project, by, import, limit, batch: None };
    let found = look(import.folder)?;
    let mut problems = found.problems;
    let mut changed = Vec::new();
    for page in found.pages.into_values() {
        let (text, files) = taking.compared(&page, &mut problems)?;
        if text.is_some() || !files.is_empty() {
            changed.push((page, text, files));
        }
    }
    if !problems.is_empty() {
        return Err(Error::Invalid(shortened(problems)));
    }
    for (page, text, files) in changed {
        let change = |file: Option<&FoundFile>, is_new| Change {
            page: page.name.clone(),
            file: file.map(|file| file.name.clone()),
            is_new,
        };
        if let Some(is_new) = text {
            taking.text(&page)?;
            told(&change(None, is_new))?;
        }
        for (at, is_new) in files {
            taking.file(&page, &page.files[at])?;
            told(&change(Some(&page.files[at]), is_new))?;
        }
    }
    Ok(())
}

fn shortened(mut problems: Vec<Problem>) -> Vec<Problem> {
    if problems.len() > MOST_NAMED {
        let others = problems.len() - MOST_NAMED;
        problems.truncate(MOST_NAMED);
        problems.push(Problem::new("FOLDER", format!("{others} more can't be taken in.")));
    }
    problems
}

struct Taking<'a> {
    site: &'a Site,
    project: &'a Project,
    by: Act<'a>,
    import: &'a Import<'a>,
    /// Bytes of an attachment.
    limit: u64,
    /// The event that begins it.
    batch: Option<i64>,
}

/// Which files of a page are to be saved, and whether they are new.
type Files = Vec<(usize, bool)>;

impl<'a> Taking<'a> {
    /// What of a page is not as it lies there: whether its text is new, if it is to be saved; and the files.
    fn compared(&self, page: &FoundPage, problems: &mut Vec<Problem>) -> Result<(Option<bool>, Files)> {
        let before = problems.len();
        let text = self.read(&page.path).unwrap_or_else(|problem| {
            problems.push(problem);
            String::new()
        });
        let mut files = Vec::new();
        let compare = |db: &Connection| {
            let shown = page.path.display().to_string();
            let known = store::find_unseen(db, page.name.folded())?;
            let class = store::class_of(db, page.name.folded())?;
            let seen = known.as_ref().filter(|known| self.by.viewer.sees_class(known.acl));
            let stored = match seen {
                Some(known) => store::version(db, known.id, known.version)?.map(|version| version.text),
                None => None,
            };
            let is_same = stored.as_deref() == Some(text.as_str());
            if problems.len() == before
                && !is_same
                && let Err(error) = edit::allowed(self.by.viewer, known.as_ref(), class, &page.name)
            {
                problems.push(Problem::new(shown, error.to_string()));
            }
            for (at, file) in page.files.iter().enumerate() {
                match self.compared_file(db, seen, file) {
                    Ok(Some(is_new)) => files.push((at, is_new)),
                    Ok(None) => {}
                    Err(Error::Invalid(own)) => problems.extend(own),
                    Err(error) => problems.push(Problem::new(file.path.display().to_string(), error.to_string())),
                }
            }
            Ok((!is_same).then_some(known.is_none()))
        };
        let text = self.project.read(compare)?;
        Ok((text, files))
    }

    /// None: it is there as it is.
    fn compared_file(&self, db: &Connection, page: Option<&store::PageRow>, file: &FoundFile) -> Result<Option<bool>> {
        let shown = || file.path.display().to_string();
        let refuse = |why: String| Error::invalid(shown(), why);
        let path = self.import.folder.join(&file.path);
        let size = fs::metadata(&path).map_err(|error| refuse(format!("{error}.")))?.len();
        if size == 0 || size > self.limit {
            let most = file_size(i64::try_from(self.limit).unwrap_or(i64::MAX));
            return Err(refuse(if size == 0 { "It is empty.".into() } else { format!("It is larger than {most}.") }));
        }
        if let Some(problem) = attachment::edit::description_problem(&file.description) {
            return Err(refuse(problem.message));
        }
        let Some(page) = page else {
            self.by.viewer.require(WIKI_MODIFY)?;
            return Ok(Some(true));
        };
        self.by.viewer.at_path(&page.folded).require(WIKI_MODIFY)?;
        let Some(known) = files::find(db, &Resource::new("page", page.id), &file.name)? else { return Ok(Some(true)) };
        let contents = File::open(&path).map_err(|error| refuse(format!("{error}.")))?;
        // A folder without a manifest says nothing of descriptions: those that are there stay.
        if (file.description.is_empty() || known.description == file.description)
            && known.size.unsigned_abs() == size
            && known.hash == blob::digest(contents)?.0
        {
            return Ok(None);
        }
        if !attachment::edit::may_remove(self.by.viewer, &owner(self.by.viewer, page.clone()), &known) {
            return Err(refuse("It is another file than the one of somebody else that is attached already.".into()));
        }
        Ok(Some(false))
    }

    fn read(&self, path: &Path) -> std::result::Result<String, Problem> {
        let refuse = |why: String| Problem::new(path.display().to_string(), why);
        let place = self.import.folder.join(path);
        let size = fs::metadata(&place).map_err(|error| refuse(format!("{error}.")))?.len();
        if size > LARGEST_TEXT as u64 {
            return Err(refuse(format!("It has {size} bytes; a page holds at most 1 MiB (1,048,576 bytes).")));
        }
        let bytes = fs::read(&place).map_err(|error| refuse(format!("{error}.")))?;
        let text = String::from_utf8(bytes).map_err(|_| refuse("It is not in UTF-8.".into()))?;
        if text.trim().is_empty() {
            return Err(refuse("It is empty, and a page can't be.".into()));
        }
        // As forms do it: a lone carriage return is part of the text.
        Ok(text.replace("\r\n", "\n"))
    }

    fn text(&mut self, page: &FoundPage) -> Result<()> {
        if self.import.dry_run {
            return Ok(());
        }
        let text = self.read(&page.path).map_err(|problem| Error::Invalid(vec![problem]))?;
        let by = self.act()?;
        // A page that is there keeps its name as it was first written.
        let known = self.project.read(|db| store::find(db, by.viewer, page.name.folded()))?;
        let name = known.map_or(Ok(page.name.clone()), |known| PageName::parse(&known.name, "page"))?;
        let save = Save { name: &name, text: &text, comment: self.import.comment, base: None, strict: false };
        edit::save(self.site, self.project, by, &save).map(drop)
    }

    fn file(&mut self, page: &FoundPage, file: &FoundFile) -> Result<()> {
        if self.import.dry_run {
            return Ok(());
        }
        let by = self.act()?;
        let row = self.project.read(|db| store::find(db, by.viewer, page.name.folded()))?;
        let row = row.ok_or_else(|| Error::conflict(format!("“{}” was taken away meanwhile.", page.name.as_str())))?;
        let mut contents = Spool::new(&blob::folder(self.project), self.limit)?;
        contents.write_all_of(File::open(self.import.folder.join(&file.path))?)?;
        let add = Add {
            parent: &Resource::new("page", row.id),
            files: vec![NewFile { name: file.name.clone(), contents }],
            description: &file.description,
            replace: true,
        };
        attachment::edit::add(self.project, by, add).map(drop)
    }

    /// Everything that is imported at once is one act.
    fn act(&mut self) -> Result<Act<'a>> {
        let batch = match self.batch {
            Some(batch) => batch,
            None => {
                let begin = NewEvent::new("wiki.imported", Resource::new("project", 0), DEFAULT_CLASS);
                self.project.write(self.by, |tx| tx.record(&begin))?
            }
        };
        self.batch = Some(batch);
        Ok(self.by.within(batch))
    }
}
