//! Tickets: what is to be done, who does it, and everything that was said about it.
//!
//! `fields` says what a ticket has, `store` keeps it, `edit` is the one way to change it, `workflow` decides which actions
//! there are, `history` reads what was.

pub mod status;
pub mod fields;
pub mod options;
pub mod values;
pub mod workflow;
pub mod people;
pub mod store;
pub mod plan;
pub mod edit;
pub mod tally;
pub mod history;

use crate::base::component::{Component, Place};
use crate::base::viewer::{ByDefault, Permission};

pub const TICKET_VIEW: Permission = Permission {
    name: "TICKET_VIEW",
    doc: "See tickets, their history and their attachments.",
    implies: &[],
    by_default: ByDefault::Readers,
};
pub const TICKET_CREATE: Permission =
    Permission { name: "TICKET_CREATE", doc: "File tickets.", implies: &[], by_default: ByDefault::Writers };
pub const TICKET_APPEND: Permission = Permission {
    name: "TICKET_APPEND",
    doc: "Comment on tickets and attach files to them.",
    implies: &[],
    by_default: ByDefault::Nobody,
};
pub const TICKET_CHGPROP: Permission = Permission {
    name: "TICKET_CHGPROP",
    doc: "Change the fields of tickets, but not reporter, Cc and description.",
    implies: &[],
    by_default: ByDefault::Nobody,
};
pub const TICKET_MODIFY: Permission = Permission {
    name: "TICKET_MODIFY",
    doc: "Comment on tickets and change their fields; most actions of the workflow ask for it.",
    implies: &["TICKET_APPEND", "TICKET_CHGPROP"],
    by_default: ByDefault::Writers,
};
pub const TICKET_EDIT_CC: Permission = Permission {
    name: "TICKET_EDIT_CC",
    doc: "Change the whole Cc list, not only whether oneself is on it.",
    implies: &[],
    by_default: ByDefault::Nobody,
};
pub const TICKET_EDIT_DESCRIPTION: Permission = Permission {
    name: "TICKET_EDIT_DESCRIPTION",
    doc: "Change the descriptions of tickets that others have filed.",
    implies: &[],
    by_default: ByDefault::Nobody,
};
pub const TICKET_EDIT_COMMENT: Permission = Permission {
    name: "TICKET_EDIT_COMMENT",
    doc: "Change the comments of others.",
    implies: &[],
    by_default: ByDefault::Nobody,
};
pub const TICKET_ADMIN: Permission = Permission {
    name: "TICKET_ADMIN",
    doc: "All rights on tickets, and the administration of their fields and their workflow.",
    implies: &[
        "TICKET_VIEW", "TICKET_CREATE", "TICKET_MODIFY", "TICKET_EDIT_CC", "TICKET_EDIT_DESCRIPTION",
        "TICKET_EDIT_COMMENT",
    ],
    by_default: ByDefault::Nobody,
};

/// The setting that holds the text of the workflow; none: the shipped one.
pub const WORKFLOW: &str = "workflow";

/// Missing and hidden tickets give the same answer.
pub const NO_TICKET: &str = "There is no such ticket.";

pub struct Tickets;

pub static COMPONENT: Tickets = Tickets;

impl Component for Tickets {
    fn name(&self) -> &'static str {
        "ticket"
    }

    fn places(&self) -> &'static [Place] {
        &[Place { name: "Tickets", path: "/query", key: "t", permission: TICKET_VIEW, order: 20 }]
    }

    fn permissions(&self) -> &'static [Permission] {
        &[
            TICKET_VIEW, TICKET_CREATE, TICKET_APPEND, TICKET_CHGPROP, TICKET_MODIFY, TICKET_EDIT_CC,
            TICKET_EDIT_DESCRIPTION, TICKET_EDIT_COMMENT, TICKET_ADMIN,
        ]
    }
}
