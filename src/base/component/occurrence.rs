//! What a component tells the timeline.

use crate::base::viewer::Permission;

/// A kind of happenings that the timeline can show or leave out.
pub struct TimelineFilter {
    /// As the address names it: `ticket_details`.
    pub name: &'static str,
    pub title: &'static str,
    /// The kinds of events that it is made of.
    pub events: &'static [&'static str],
    /// The right without which it is not offered.
    pub permission: Permission,
    /// Whether it is on where nothing was chosen.
    pub on: bool,
}

/// A part of what a filter stands for, such as the commits of one repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimelinePart {
    /// As the address names it: `repo-doors`.
    pub name: String,
    pub title: String,
}

/// One thing that happened, in words for one viewer. The timeline adds who and when.
#[derive(Debug, Clone)]
pub struct Occurrence {
    /// Who did it, where that is no person of the project: the author of a commit.
    pub who: Option<String>,
    /// What it is about: `#12 Doors open too late`, `Plan`.
    pub title: String,
    /// Below the project's address: `/ticket/12#comment:3`.
    pub href: String,
    /// What was done with it: `closed as fixed`, `edited`.
    pub deed: String,
    /// The kind of event that it is to this viewer, where they may know of a part of it alone; none: what it is.
    pub counts_as: Option<&'static str>,
    /// A state that shows, such as `closed`; as link classes are called.
    pub class: Option<&'static str>,
    /// The drawing beside it: `ticket`, `page`, `milestone`, `changeset`, `file`.
    pub icon: &'static str,
    /// What was said along with it, without markup; the timeline cuts it short.
    pub excerpt: String,
    /// More to look at: `("what changed", "/wiki/Plan?action=diff&version=3")`.
    pub more: Option<(&'static str, String)>,
    /// How many such things are told of together that one act has changed; none: what has not had the same done with it is
    /// told by itself.
    pub many: Option<Many>,
}

/// Things of one sort, told of together: `14 tickets`.
#[derive(Debug, Clone, Copy)]
pub struct Many {
    /// `tickets`
    pub noun: &'static str,
    /// The list of those that have these ids, below the project's address.
    pub href: fn(&[i64]) -> String,
}

/// Some who did something, as a list is narrowed to them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Authors {
    /// People of the project; 0 stands for anonymous.
    pub people: Vec<i64>,
    /// Names as they were asked for, folded, for those who are no people of the project.
    pub names: Vec<String>,
}
