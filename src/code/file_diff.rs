//! The difference of one file as a page draws it: lines and words, pictures side by side, or a sentence for what has no
//! lines. Content is whatever somebody committed: not all of it is text, and none of it is trusted.

use std::borrow::Cow;
use std::time::{Duration, Instant};

use git2::{Oid, Repository};
use serde::Serialize;

use super::changed::{ChangedFile, Comparison, Entries, Kind, LARGEST_FILE, Side};
use super::{file_path, git};
use crate::base::text::diff::{self, Diff, FinalNewline};
use crate::base::text::unseen;
use crate::web::diff::rows_html;
use crate::web::diff_look::Look;
use crate::web::page::file_size;

/// Git's modes of what is no plain file.
pub const SUBMODULE: i32 = 0o160_000;
pub const LINK: i32 = 0o120_000;
/// Bytes at the beginning that are looked at to tell text from the rest, as git does.
const LOOKED_AT: usize = 8_000;
/// Pictures that browsers draw without running anything.
const PICTURES: [&str; 6] = [".png", ".jpg", ".jpeg", ".gif", ".webp", ".avif"];

/// What may still be spent on one page.
#[derive(Debug)]
pub struct Budget {
    pub rows: usize,
    pub bytes: u64,
    pub deadline: Instant,
}

impl Budget {
    pub fn is_used_up(&self) -> bool {
        self.rows == 0 || self.bytes == 0 || Instant::now() >= self.deadline
    }
}

/// What is drawn below the name of a file. Empty lists and texts where there is nothing of the kind.
#[derive(Debug, Clone, Default, Serialize)]
pub struct FileDiff {
    /// `lines`, `pictures`, `words` (notes alone) or `folded` (see its own page).
    pub kind: &'static str,
    pub rows_html: String,
    /// Sentences: what can't be seen in lines.
    pub notes: Vec<String>,
    pub old_picture: Option<String>,
    pub new_picture: Option<String>,
    /// There is more than was drawn.
    pub cut: bool,
}

/// Both sides of a comparison, where entries are looked up.
pub struct Sides<'r> {
    pub git: &'r Repository,
    pub old: Entries<'r>,
    pub new: Entries<'r>,
    /// The address of a file's bytes in the old and new state, without its path; none where there is none.
    pub old_bytes: Option<String>,
    pub new_bytes: Option<String>,
}

/// One side of a file as it is drawn.
#[derive(Default)]
struct Content {
    text: String,
    notes: Vec<&'static str>,
}

enum Read {
    Text(Content),
    Binary(u64),
    TooLarge(u64),
    Missing,
}

/// Draws one file within what is left of the budget, and takes what it cost from it.
pub fn draw(
    sides: &mut Sides<'_>,
    comparison: &Comparison<'_>,
    file: &ChangedFile,
    look: Look,
    budget: &mut Budget,
) -> FileDiff {
    let old_mode = file.old.as_ref().and_then(|side| Some(sides.old.find(&side.path)?.1));
    let new_mode = file.new.as_ref().and_then(|side| Some(sides.new.find(&side.path)?.1));
    let mut notes: Vec<String> = mode_note(old_mode, new_mode).into_iter().collect();
    let is_submodule = [old_mode, new_mode].contains(&Some(SUBMODULE));
    let unchanged = file.old.as_ref().map(|side| side.id) == file.new.as_ref().map(|side| side.id);
    if unchanged {
        if file.kind != Kind::Mode {
            notes.push("Its content is the same.".to_owned());
        }
        return FileDiff { kind: "words", notes, ..FileDiff::default() };
    }
    let bytes = comparison.bytes(file);
    if !is_submodule && budget.is_used_up() || (bytes > budget.bytes && bytes <= 2 * LARGEST_FILE) {
        return FileDiff { kind: "folded", notes, ..FileDiff::default() };
    }
    if [old_mode, new_mode].contains(&Some(LINK)) {
        notes.push("A symbolic link: its text is the path to which it leads.".to_owned());
    }
    let side = |side: &Option<Side>, mode| side.as_ref().map(|side| read(sides.git, side.id, mode));
    let (old, new) = (side(&file.old, old_mode), side(&file.new, new_mode));
    let (old, new) = match (told(old), told(new)) {
        (Ok(old), Ok(new)) => (old, new),
        (old, new) => {
            let (old, new) = (old.err().unwrap_or_default(), new.err().unwrap_or_default());
            notes.push(if old.is_empty() || new.is_empty() || old == new {
                format!("{}.", if new.is_empty() { old } else { new })
            } else {
                format!("Before: {old}. Now: {new}.")
            });
            let picture = |bytes: &Option<String>, side: &Option<Side>| {
                let path = &side.as_ref()?.path;
                is_picture(path).then(|| Some(format!("{}{}", bytes.as_ref()?, file_path::encoded(path))))?
            };
            let old_picture = picture(&sides.old_bytes, &file.old);
            let new_picture = picture(&sides.new_bytes, &file.new);
            let kind = if old_picture.is_some() || new_picture.is_some() { "pictures" } else { "words" };
            return FileDiff { kind, notes, old_picture, new_picture, ..FileDiff::default() };
        }
    };
    let (old, new) = without_common_returns(old.unwrap_or_default(), new.unwrap_or_default());
    for note in old.notes.iter().chain(&new.notes) {
        if !notes.iter().any(|said| said == note) {
            notes.push((*note).to_owned());
        }
    }
    let options = diff::Options {
        max_rows: budget.rows,
        time_limit: budget.deadline.saturating_duration_since(Instant::now()).max(Duration::from_millis(1)),
        ..look.options()
    };
    let found = diff::diff(&old.text, &new.text, &options);
    budget.bytes = budget.bytes.saturating_sub(bytes);
    budget.rows = budget.rows.saturating_sub(found.hunks.iter().map(|hunk| hunk.rows.len()).sum());
    notes.extend(newline_note(&found).map(str::to_owned));
    let cut = found.left_out > 0;
    let rows_html = rows_html(&found, look.style).into_string();
    if rows_html.is_empty() && (look.ignore_blanks || look.ignore_case) {
        notes.push("Only what is ignored at present differs.".to_owned());
    } else if rows_html.is_empty() && notes.is_empty() {
        notes.push("It is empty.".to_owned());
    }
    let kind = if rows_html.is_empty() { "words" } else { "lines" };
    FileDiff { kind, rows_html, notes, cut, ..FileDiff::default() }
}

fn mode_note(old: Option<i32>, new: Option<i32>) -> Option<String> {
    let (old, new) = (old?, new?);
    (old != new).then(|| match (old, new) {
        (0o100_644, 0o100_755) => "It can be executed now (mode 100644 to 100755).".to_owned(),
        (0o100_755, 0o100_644) => "It can't be executed any more (mode 100755 to 100644).".to_owned(),
        _ => format!("Its mode changed from {old:o} to {new:o}."),
    })
}

fn is_picture(path: &[u8]) -> bool {
    let name = path.to_ascii_lowercase();
    PICTURES.iter().any(|ending| name.ends_with(ending.as_bytes()))
}

fn newline_note(found: &Diff) -> Option<&'static str> {
    match found.final_newline {
        FinalNewline::Same => None,
        FinalNewline::Added => Some("The last line ends with a line end now."),
        FinalNewline::Removed => Some("The last line ends without a line end now."),
    }
}

fn read(git: &Repository, id: Oid, mode: Option<i32>) -> Read {
    if mode == Some(SUBMODULE) {
        let text = format!("Subproject commit {id}\n");
        return Read::Text(Content { text, notes: vec!["A submodule: a commit of another repository."] });
    }
    let Some(size) = super::changed::size(git, id) else {
        return Read::Missing;
    };
    if size > LARGEST_FILE {
        return Read::TooLarge(size);
    }
    let Ok(blob) = git.find_blob(id) else {
        return Read::Missing;
    };
    let bytes = blob.content();
    if bytes[..bytes.len().min(LOOKED_AT)].contains(&0) {
        return Read::Binary(size);
    }
    Read::Text(as_text(bytes))
}

/// The text, or in a few words why there is none.
fn told(read: Option<Read>) -> Result<Option<Content>, String> {
    let sized = |size: u64| file_size(i64::try_from(size).unwrap_or(i64::MAX));
    match read {
        None => Ok(None),
        Some(Read::Text(content)) => Ok(Some(content)),
        Some(Read::Binary(size)) => Err(format!("A binary file of {}", sized(size))),
        Some(Read::TooLarge(size)) => Err(format!("A file of {}, which is too large to be compared here", sized(size))),
        Some(Read::Missing) => Err("Its content is not in this repository".to_owned()),
    }
}

/// Text in whatever encoding, with what could not be seen made visible.
fn as_text(bytes: &[u8]) -> Content {
    let mut notes = Vec::new();
    let decoded = if std::str::from_utf8(bytes).is_ok() {
        git::text_of(bytes, "")
    } else {
        notes.push("It is not in UTF-8 and is shown as Latin-1.");
        git::text_of(bytes, "latin1")
    };
    let named = match unseen::named(&decoded) {
        Cow::Owned(text) => Some(text),
        Cow::Borrowed(_) => None,
    };
    let Some(text) = named else {
        return Content { text: decoded, notes };
    };
    notes.push("It holds characters that can't be seen or that turn the direction of the text; they are named here.");
    Content { text, notes }
}

/// Returns before line ends are shown only where they tell something: not where every line of both sides has one.
fn without_common_returns(mut old: Content, mut new: Content) -> (Content, Content) {
    if !old.text.contains('\r') && !new.text.contains('\r') {
        return (old, new);
    }
    let all_have_one = |text: &str| text.matches('\n').count() == text.matches("\r\n").count();
    if all_have_one(&old.text) && all_have_one(&new.text) {
        for content in [&mut old, &mut new] {
            content.text = content.text.replace("\r\n", "\n");
        }
    }
    for content in [&mut old, &mut new] {
        if content.text.contains('\r') {
            content.text = content.text.replace('\r', "\u{240d}");
        }
    }
    (old, new)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_in_any_encoding_is_shown_and_what_hides_in_it_is_named() {
        assert_eq!(as_text(b"caf\xe9").text, "café");
        let content = as_text("a\u{202e}b\u{1}\tc\n".as_bytes());
        assert_eq!(content.text, "a⟨U+202E⟩b␁\tc\n");
        assert_eq!(content.notes.len(), 1);
    }

    #[test]
    fn returns_are_shown_only_where_the_sides_differ_in_them() {
        let content = |text: &str| Content { text: text.to_owned(), ..Content::default() };
        let (old, new) = without_common_returns(content("a\r\n"), content("b\r\n"));
        assert_eq!((old.text.as_str(), new.text.as_str()), ("a\n", "b\n"));
        let (old, new) = without_common_returns(content("a\n"), content("a\r\n"));
        assert_eq!((old.text.as_str(), new.text.as_str()), ("a\n", "a␍\n"));
    }
}
