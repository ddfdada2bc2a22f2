//! The kinds of boxes that a page at a glance can be made of, each defined once.

/// What a box shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Mine,
    Unowned,
    Bookmarks,
    Reminders,
    NewTicket,
    Watched,
    Suggestions,
    Counts,
    Query,
    Chart,
    Text,
}

pub struct About {
    pub kind: Kind,
    /// As it is stored and sent.
    pub name: &'static str,
    /// The heading of a box that has none of its own.
    pub title: &'static str,
    /// One line for whoever arranges.
    pub doc: &'static str,
    /// What has to be written to have one; none: nothing.
    pub content: Option<&'static str>,
}

pub const KINDS: [About; 11] = [
    About {
        kind: Kind::Mine,
        name: "mine",
        title: "My tickets",
        doc: "the ten open tickets of yours that matter most",
        content: None,
    },
    About {
        kind: Kind::Unowned,
        name: "unowned",
        title: "Nobody’s tickets",
        doc: "the ten newest open tickets without an owner, each to be taken with one click",
        content: None,
    },
    About {
        kind: Kind::Bookmarks,
        name: "bookmarks",
        title: "Bookmarks",
        doc: "the tickets that you have marked",
        content: None,
    },
    About {
        kind: Kind::Reminders,
        name: "reminders",
        title: "Reminders",
        doc: "what you are to look at again, and when",
        content: None,
    },
    About {
        kind: Kind::NewTicket,
        name: "new",
        title: "New ticket",
        doc: "a short form for a new ticket",
        content: None,
    },
    About {
        kind: Kind::Watched,
        name: "watched",
        title: "Watched pages",
        doc: "what others did to the pages that you watch, since you last looked",
        content: None,
    },
    About {
        kind: Kind::Suggestions,
        name: "suggestions",
        title: "Suggested edits",
        doc: "the newest suggestions that wait for somebody who writes the pages",
        content: None,
    },
    About {
        kind: Kind::Counts,
        name: "counts",
        title: "Components",
        doc: "how many open tickets each component has, by state",
        content: None,
    },
    About {
        kind: Kind::Query,
        name: "query",
        title: "Tickets",
        doc: "the tickets that a query finds",
        content: Some("The query, as in [[TicketQuery(…)]]: status!=closed&keywords~=roof&max=10"),
    },
    About {
        kind: Kind::Chart,
        name: "chart",
        title: "Chart",
        doc: "a chart",
        content: Some("The chart, as in [[Chart(…)]]: burndown, milestone=1.0"),
    },
    About {
        kind: Kind::Text,
        name: "text",
        title: "Note",
        doc: "a text with everything that a page of the wiki can hold",
        content: Some("The text, as on a page of the wiki"),
    },
];

impl Kind {
    pub fn named(name: &str) -> Option<Self> {
        KINDS.iter().find(|about| about.name == name).map(|about| about.kind)
    }

    pub fn about(self) -> &'static About {
        KINDS.iter().find(|about| about.kind == self).unwrap_or(&KINDS[0])
    }
}

/// One of the two columns of the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    Main,
    Aside,
}

impl Side {
    pub fn name(self) -> &'static str {
        match self {
            Self::Main => "main",
            Self::Aside => "aside",
        }
    }

    pub fn named(name: &str) -> Option<Self> {
        [Self::Main, Self::Aside].into_iter().find(|side| side.name() == name)
    }
}

/// A box as somebody has arranged it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Boxed {
    pub kind: Kind,
    pub side: Side,
    /// Empty: as its kind is called.
    pub title: String,
    /// Empty for kinds that are made of nothing.
    pub content: String,
}

/// What everybody gets where nobody has arranged anything, in RT's order.
pub fn shipped() -> Vec<Boxed> {
    let boxed = |kind, side| Boxed { kind, side, title: String::new(), content: String::new() };
    vec![
        boxed(Kind::Mine, Side::Main),
        boxed(Kind::Unowned, Side::Main),
        boxed(Kind::Bookmarks, Side::Main),
        boxed(Kind::Reminders, Side::Aside),
        boxed(Kind::Counts, Side::Aside),
        boxed(Kind::NewTicket, Side::Aside),
    ]
}

/// How often the page can come anew, in minutes; 0: only when it is asked for.
pub const REFRESHES: [i64; 7] = [0, 2, 5, 10, 20, 60, 120];
