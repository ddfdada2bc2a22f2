//! How a text is to be read: what a project has switched on, and what `trackway render` leaves out.

use super::TextSettings;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// Links such as `#12` and macros are recognised; without it they are plain text (`trackway render` without a project).
    pub references: bool,
    /// Everything beyond CommonMark: tables, footnotes, math, bare addresses, heading ids …
    pub extensions: bool,
    pub settings: TextSettings,
}

impl Default for Options {
    fn default() -> Self {
        Self { references: true, extensions: true, settings: TextSettings::default() }
    }
}
