//! The audit log: who did what that they may have to answer for, when, from where, and what it was before and after.
//!
//! It serves administrators, and whoever has to explain later what happened. [`kinds`] says which events belong to it. Such an
//! event brings its texts along ([`NewEvent::saying`], [`NewEvent::changing`]); they are written in the transaction of the
//! event into rows of their own, since events hold no text. Each row carries a hash over the row before it, so that nobody can
//! change, remove or slip in one without a trace: `trackway check` follows the chain.
//!
//! The hash covers the digests of salted values, not the values. To forget somebody, [`erase`] takes values and salts away
//! and the chain stays whole; without its salt a digest tells nothing.
//!
//! [`NewEvent::saying`]: super::event::NewEvent::saying
//! [`NewEvent::changing`]: super::event::NewEvent::changing

mod chain;
mod erase;
mod kinds;
mod list;

use std::cell::RefCell;

pub(super) use chain::append;
pub use chain::{Head, check, head};
pub use erase::{Forgotten, erase};
pub use kinds::{is_audited, is_known, words};
pub use list::{Auditor, Change, Entry, Filter, count, kinds_in, last_change, list};

/// The names of values that every row has: who did it, from which network, and what it was done with.
pub const WHO: &str = "who";
pub const NETWORK: &str = "network";
pub const WHAT: &str = "what";
/// Before the names of values that say what was and what is.
const BEFORE: &str = "before.";
const AFTER: &str = "after.";

/// A text that an audited event brings along.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    pub name: String,
    pub value: String,
}

impl Told {
    pub(super) fn new(name: &str, value: impl ToString) -> Self {
        Self { name: name.to_owned(), value: value.to_string() }
    }

    pub(super) fn before(name: &str, value: impl ToString) -> Self {
        Self::new(&format!("{BEFORE}{name}"), value)
    }

    pub(super) fn after(name: &str, value: impl ToString) -> Self {
        Self::new(&format!("{AFTER}{name}"), value)
    }
}

thread_local! {
    /// From where the request comes that this thread is answering.
    static FROM: RefCell<String> = const { RefCell::new(String::new()) };
}

/// As long as it lives, what this thread records comes from that network.
pub struct FromNetwork(());

/// Notes from where a request comes, before anything is done for it.
pub fn from_network(network: &str) -> FromNetwork {
    FROM.with_borrow_mut(|from| network.clone_into(from));
    FromNetwork(())
}

impl Drop for FromNetwork {
    fn drop(&mut self) {
        FROM.with_borrow_mut(String::clear);
    }
}

fn network() -> String {
    FROM.with_borrow(String::clone)
}
