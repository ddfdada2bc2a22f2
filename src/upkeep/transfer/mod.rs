//! One project as one file, for another site or for a second copy on the same one: `trackway project export` and `import`.
//!
//! * [`export`]: the file. It is made as a backup is, of one project, while the site is served; secrets stay behind.
//! * [`import`]: a file, which may have been made by anybody, becomes a project: wholly or not at all.
//! * [`settle`]: what the project knew of its old site, people and groups and repositories, is brought in line with the new one.
//!
//! Reading and writing archives is done in [`backup`](super::backup).

mod export;
mod import;
mod settle;

pub use export::export;
pub use import::{Imported, Wish, import};
pub use settle::Settled;
