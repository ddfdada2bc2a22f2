//! What a change, a link, a document or an attachment is about: a kind and a number, such as page 7.
//!
//! Kinds are named by the components (`page`, `attachment`, `ticket` …); the ground only carries them.

use std::borrow::Cow;
use std::fmt;

#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Resource {
    pub kind: Cow<'static, str>,
    pub id: i64,
}

impl Resource {
    pub const fn new(kind: &'static str, id: i64) -> Self {
        Self { kind: Cow::Borrowed(kind), id }
    }

    pub fn stored(kind: String, id: i64) -> Self {
        Self { kind: Cow::Owned(kind), id }
    }

    pub fn is(&self, kind: &str) -> bool {
        self.kind == kind
    }
}

/// `page:7`, the key of the search index and of log lines.
impl fmt::Display for Resource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.kind, self.id)
    }
}
