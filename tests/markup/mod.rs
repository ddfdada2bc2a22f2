//! Text: every link form and macro rule (golden tables), Markdown's own examples, hostile texts, bombs.

mod bombs;
pub mod hostile;
mod real_pages;
mod resolving;
mod spec;
mod tables;
mod world;
