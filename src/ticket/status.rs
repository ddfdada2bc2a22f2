//! The three categories that every state of a workflow belongs to, so that nothing asks for a state by its name.

use serde::Serialize;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Category {
    Open,
    /// Open, but somebody or something else is awaited.
    Waiting,
    Closed,
}

impl Category {
    pub const ALL: [Self; 3] = [Self::Open, Self::Waiting, Self::Closed];

    pub fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Waiting => "waiting",
            Self::Closed => "closed",
        }
    }

    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|category| category.name() == name)
    }

    pub fn is_closed(self) -> bool {
        self == Self::Closed
    }
}
