//! Where a component is found: in the top bar, and among the pages of administration.

use crate::base::viewer::Permission;

/// An entry of the top bar.
pub struct Place {
    pub name: &'static str,
    /// Below the project's address: `/wiki`.
    pub path: &'static str,
    /// `w` for the keys `g w`.
    pub key: &'static str,
    /// Shown to those who have any of them.
    pub any_of: &'static [Permission],
    /// Order in the bar; lower is further left.
    pub order: u8,
}

/// A page of a project's administration.
pub struct Panel {
    pub title: &'static str,
    /// What it is for, a sentence.
    pub line: &'static str,
    /// Below the project's address: `/admin/ticket/component`.
    pub path: &'static str,
    /// Whoever lacks it learns nothing of the page.
    pub permission: Permission,
    pub order: u8,
}

/// A page of the administration of the whole site; only administrators of the site learn of it.
pub struct SitePanel {
    pub title: &'static str,
    /// What it is for, a sentence.
    pub line: &'static str,
    /// Below the base path: `/-/admin/outbox`.
    pub path: &'static str,
    pub order: u8,
}
