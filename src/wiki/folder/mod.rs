//! A wiki as a folder of Markdown: what `trackway wiki export` writes and `trackway wiki import` reads, for those who want
//! their pages in an editor, in git, or in another project.
//!
//! The page `Guide/Install` is the file `Guide/Install.md`, and its attachments lie in the folder `Guide/Install.files`.
//! [`names`] makes names that every common disk holds, and reads them back. What no file can say, the descriptions of
//! attachments, stands in [`MANIFEST`]. Versions, authors and times do not go along: an export is what the wiki says now.
//!
//! Exported, imported into an empty project and exported again, the folder is the same byte for byte.

pub mod names;
mod export;
mod found;
mod import;

pub use export::export;
pub use import::{Change, Import, import};

/// Beside the pages; no page is in a file of this name.
pub const MANIFEST: &str = "trackway-wiki.json";
/// The manifest's form, for programs to come.
const FORM: u32 = 1;
/// After a page's name: the folder of its attachments.
const FILES: &str = ".files";
/// After a page's name: its text.
const TEXT: &str = ".md";
