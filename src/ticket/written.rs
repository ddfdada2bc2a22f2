//! A text that was written on a ticket and may be edited: a comment or an internal note, each with the words, the rows and the
//! right of its series. For whatever treats both alike.

use rusqlite::Connection;

use super::note_store::{self, NoteRow};
use super::store::{self, ChangeRow, CommentVersion, Ticket, TicketRow};
use super::{TICKET_APPEND, TICKET_EDIT_COMMENT, edit, link, note};
use crate::base::error::{Error, Result};
use crate::base::project::{Act, Project};
use crate::base::site::Site;
use crate::base::viewer::Viewer;

/// Comments and internal notes are numbered each by themselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Series {
    Comments,
    Notes,
}

impl Series {
    /// What one of it is called, in addresses, too.
    pub fn name(self) -> &'static str {
        match self {
            Self::Comments => "comment",
            Self::Notes => "note",
        }
    }

    /// The same at the beginning of a sentence.
    pub fn title(self) -> &'static str {
        match self {
            Self::Comments => "Comment",
            Self::Notes => "Note",
        }
    }

    /// What its control is called for whoever writes.
    pub fn label(self) -> &'static str {
        match self {
            Self::Comments => "Comment",
            Self::Notes => "Internal note",
        }
    }

    /// The field in which a form sends a new text.
    pub fn field(self) -> &'static str {
        match self {
            Self::Comments => "edited_comment",
            Self::Notes => "edited_note",
        }
    }

    /// What holds its number in a query: Trac's `cnum` of comments.
    pub fn parameter(self) -> &'static str {
        match self {
            Self::Comments => "cnum",
            Self::Notes => "note",
        }
    }

    /// Where the one of that number stands in the conversation, below the project's address.
    pub fn href(self, ticket: &TicketRow, number: i64) -> String {
        let merged = ticket.merged_into.is_some();
        match self {
            Self::Comments => link::of_comment(ticket.id, number, ticket.changes, merged),
            Self::Notes => note::href(ticket.id, number, ticket.changes, merged),
        }
    }
}

/// One of them.
pub(super) enum Written {
    Comment(ChangeRow),
    Note(NoteRow),
}

impl Written {
    /// The one of that number, if this viewer may read it. Whoever calls it has found the ticket for them.
    pub fn find(db: &Connection, viewer: &Viewer, ticket: &Ticket, series: Series, number: i64) -> Result<Self> {
        let id = ticket.row.id;
        match series {
            Series::Comments => {
                let found = store::changes(db, viewer, id, number.max(1), number)?.pop();
                let missing = || Error::not_found(format!("Ticket #{id} has no comment {number}."));
                found.map(Self::Comment).ok_or_else(missing)
            }
            Series::Notes => {
                let found = note_store::find(db, viewer, id, number)?;
                found.map(Self::Note).ok_or_else(|| note::no_note(id, number))
            }
        }
    }

    pub fn series(&self) -> Series {
        match self {
            Self::Comment(_) => Series::Comments,
            Self::Note(_) => Series::Notes,
        }
    }

    pub fn number(&self) -> i64 {
        match self {
            Self::Comment(change) => change.number,
            Self::Note(note) => note.number,
        }
    }

    /// How often it was edited: the number of its present version.
    pub fn edits(&self) -> i64 {
        match self {
            Self::Comment(change) => change.edits,
            Self::Note(note) => note.edits,
        }
    }

    pub fn text(&self) -> &str {
        match self {
            Self::Comment(change) => &change.comment,
            Self::Note(note) => &note.text,
        }
    }

    pub fn require_to_edit(&self, db: &Connection, viewer: &Viewer, ticket: &Ticket) -> Result<()> {
        match self {
            Self::Comment(change) if may_edit_comment(viewer, change) => Ok(()),
            Self::Comment(_) => viewer.require(TICKET_EDIT_COMMENT),
            Self::Note(note) => note::require_to_edit(db, viewer, ticket, note),
        }
    }

    /// Puts another text in its place; the earlier ones are kept. `seen` is how often it had been edited when its editor
    /// looked.
    pub fn edit(
        &self,
        site: &Site,
        project: &Project,
        by: Act<'_>,
        ticket: &Ticket,
        text: &str,
        seen: Option<i64>,
    ) -> Result<()> {
        let (id, number) = (ticket.row.id, self.number());
        match self.series() {
            Series::Comments => edit::edit_comment(site, project, by, id, number, text, seen),
            Series::Notes => note::edit(site, project, by, id, number, text, seen),
        }
    }

    /// The versions from … to …, oldest first, the present text among them.
    pub fn versions(&self, db: &Connection, from: i64, to: i64) -> Result<Vec<CommentVersion>> {
        let (mut versions, first, last) = match self {
            Self::Comment(change) => (
                store::comment_versions_between(db, change.id, from, to)?,
                (change.author, change.at),
                (change.edited_by, change.edited_at),
            ),
            Self::Note(note) => {
                (note_store::versions(db, note.id, from, to)?, (note.author, note.at), (note.edited_by, note.edited_at))
            }
        };
        if (from..=to).contains(&self.edits()) {
            versions.push(CommentVersion {
                version: self.edits(),
                author: if self.edits() == 0 { first.0 } else { last.0 },
                at: last.1.unwrap_or(first.1),
                text: self.text().to_owned(),
            });
        }
        Ok(versions)
    }
}

/// Whether this viewer may put another text in place of that comment.
pub(super) fn may_edit_comment(viewer: &Viewer, change: &ChangeRow) -> bool {
    let own = viewer.person.is_some() && viewer.person == change.author;
    (own && viewer.may(TICKET_APPEND)) || viewer.may(TICKET_EDIT_COMMENT)
}
