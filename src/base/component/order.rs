//! What the message of a commit asks of a ticket, and what came of it (DESIGN 7).

use crate::base::time::Instant;

/// What a commit does with a ticket at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Deed {
    Refer,
    Close,
    Reopen,
}

/// What the message of a commit asks for.
#[derive(Debug, Clone)]
pub struct Order {
    pub ticket: i64,
    pub deed: Deed,
    /// What is said on the ticket along with it: where it was committed, and the message. Compiled already.
    pub comment: String,
    /// The time that it logs.
    pub work: Option<Work>,
}

/// Time that a commit logs on a ticket.
#[derive(Debug, Clone)]
pub struct Work {
    pub minutes: i64,
    /// The commit, then every other that is the same change: what one of them has logged none logs again.
    pub changesets: Vec<i64>,
    pub committed_at: Instant,
}

/// How an order was followed.
#[derive(Debug, Clone, Default)]
pub struct Obeyed {
    /// What was done; none: nothing.
    pub done: Option<Deed>,
    /// The number of the change on the ticket.
    pub change: Option<i64>,
    /// Why less was done than was asked for, a sentence; empty if all was.
    pub reason: String,
}
