//! What the message of a commit asks of tickets: the grammar of DESIGN 7, and nothing else. No database, no git.
//!
//! `plain` blanks out what is quoted or code, `verbs` knows the words, `reference` what may follow them, `scan` walks over
//! the message once, `near` finds what looks like a reference and is none. All of it takes time proportional to the length
//! of the message, whatever is in it.

mod near;
mod plain;
mod reference;
mod scan;
mod verbs;

use std::collections::BTreeMap;
use std::ops::Range;

pub use self::near::{NearMiss, near_misses};
pub use self::reference::{MAX_TICKET, Target};

/// Where a message is read: what its references mean.
#[derive(Debug, Clone, Copy, Default)]
pub struct Context<'a> {
    /// The name of the project that it belongs to: there `demo#5` is `#5`.
    pub project: Option<&'a str>,
    /// What the ticket addresses of this site begin with, `http` or `https`. After `PREFIX` stands `/<project>/ticket/N` or
    /// `/ticket/N`; if it ends in `=` or `/`, or in a word such as `/ticket`, also the number alone.
    pub site_prefixes: &'a [String],
}

/// What is asked of a ticket, the weakest first. Closing and reopening are equally strong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verb {
    /// Named without a verb: a backlink, no comment.
    Mention,
    Refer,
    Close,
    Reopen,
}

impl Verb {
    pub const ALL: [Self; 4] = [Self::Mention, Self::Refer, Self::Close, Self::Reopen];

    /// As the database and the commands spell it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Mention => "mention",
            Self::Refer => "refer",
            Self::Close => "close",
            Self::Reopen => "reopen",
        }
    }

    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|verb| verb.name() == name)
    }

    /// Whether it changes the state of the ticket.
    pub fn acts(self) -> bool {
        matches!(self, Self::Close | Self::Reopen)
    }
}

/// What a message asks for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reading {
    /// By the number of the ticket, in this project.
    pub tickets: BTreeMap<i64, Asked>,
    /// Tickets of other projects, by the project's name in lower case. Whether there is such a project nobody has looked.
    pub foreign: BTreeMap<(String, i64), Verb>,
    /// Every reference in the order of the message, as it was said.
    pub steps: Vec<Step>,
    /// Why closing and reopening count as referring alone in this message, a sentence.
    pub softened: Option<&'static str>,
}

/// What is asked of one ticket, all of the message taken together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Asked {
    pub verb: Verb,
    /// Time to be logged on it; 0: none.
    pub minutes: i64,
}

/// One reference as it stands in the message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    pub verb: Verb,
    /// Where the verb stands, in bytes of the message; none for a mention. References of one list share it.
    pub verb_at: Option<Range<usize>>,
    /// Where the reference stands, with the time that it logs.
    pub reference_at: Range<usize>,
    pub target: Target,
    pub minutes: i64,
}

impl Step {
    /// Verb and reference as they were written, such as `Fixes #1`; in a list `Fixes … #2`.
    pub fn quoted(&self, message: &str) -> String {
        let part = |range: &Range<usize>| one_line(message.get(range.clone()).unwrap_or_default());
        let reference = part(&self.reference_at);
        let Some(verb_at) = &self.verb_at else {
            return reference;
        };
        let between = message.get(verb_at.end..self.reference_at.start).unwrap_or_default();
        let is_gap = !between.chars().any(|character| character == '#' || character.is_ascii_digit());
        if is_gap {
            part(&(verb_at.start..self.reference_at.end))
        } else {
            format!("{} … {reference}", part(verb_at))
        }
    }
}

impl Reading {
    /// The tickets of this project of which exactly this is asked, in ascending order.
    pub fn asked(&self, verb: Verb) -> impl Iterator<Item = i64> + use<'_> {
        self.tickets.iter().filter(move |(_, asked)| asked.verb == verb).map(|(ticket, _)| *ticket)
    }

    /// What is asked for in canonical form, such as `close 12, reopen 4, refer 3`; empty if there is nothing but mentions that
    /// log no time. Equal for a commit and its copies.
    pub fn key(&self) -> String {
        let of = |verb: Verb| self.asked(verb).map(move |ticket| format!("{} {ticket}", verb.name()));
        let logging = self.tickets.iter().filter(|(_, asked)| asked.verb == Verb::Mention && asked.minutes > 0);
        let logging = logging.map(|(ticket, _)| format!("log {ticket}"));
        of(Verb::Close).chain(of(Verb::Reopen)).chain(of(Verb::Refer)).chain(logging).collect::<Vec<_>>().join(", ")
    }

    /// What was understood, a line for each reference and for whatever counts less than was said.
    pub fn explanation(&self, message: &str) -> Vec<String> {
        let mut lines: Vec<String> = self
            .steps
            .iter()
            .map(|step| {
                let time = if step.minutes > 0 { format!(", {} min", step.minutes) } else { String::new() };
                format!("`{}`: {} {}{time}", step.quoted(message), step.verb.name(), step.target)
            })
            .collect();
        if let Some(why) = self.softened.filter(|_| self.steps.iter().any(|step| step.verb.acts())) {
            lines.push(why.to_owned());
        }
        for target in self.disputed() {
            lines.push(format!("{target} is both closed and reopened: that counts as a reference."));
        }
        lines
    }

    /// What is both closed and reopened.
    fn disputed(&self) -> Vec<&Target> {
        let said = gather(&self.steps);
        said.into_iter().filter(|(_, said)| said.close && said.reopen).map(|(target, _)| target).collect()
    }
}

/// Understands a message. Never fails; line ends may be of any kind.
pub fn read(message: &str, context: &Context<'_>) -> Reading {
    let text = plain::without_code_and_quotes(message);
    let softened = softened(&text);
    let steps = scan::scan(&text, context).steps;
    let mut tickets = BTreeMap::new();
    let mut foreign = BTreeMap::new();
    for (target, said) in gather(&steps) {
        let verb = said.verb(softened.is_some());
        match target {
            Target::Own(ticket) => {
                tickets.insert(*ticket, Asked { verb, minutes: said.minutes });
            }
            Target::Foreign(project, ticket) => {
                foreign.insert((project.clone(), *ticket), verb);
            }
        }
    }
    Reading { tickets, foreign, steps, softened }
}

/// All that a message says of one ticket.
#[derive(Default)]
struct Said {
    close: bool,
    reopen: bool,
    refer: bool,
    minutes: i64,
}

impl Said {
    fn verb(&self, softened: bool) -> Verb {
        match (self.close, self.reopen) {
            (false, false) if self.refer => Verb::Refer,
            (false, false) => Verb::Mention,
            (true, false) if !softened => Verb::Close,
            (false, true) if !softened => Verb::Reopen,
            _ => Verb::Refer,
        }
    }
}

fn gather(steps: &[Step]) -> BTreeMap<&Target, Said> {
    let mut all: BTreeMap<&Target, Said> = BTreeMap::new();
    for step in steps {
        let said = all.entry(&step.target).or_default();
        match step.verb {
            Verb::Close => said.close = true,
            Verb::Reopen => said.reopen = true,
            Verb::Refer => said.refer = true,
            Verb::Mention => {}
        }
        said.minutes = said.minutes.saturating_add(step.minutes);
    }
    all
}

/// Why a message of this kind closes and reopens nothing, by the beginning of its first line.
fn softened(text: &str) -> Option<&'static str> {
    let subject = text.trim_start().lines().next().unwrap_or_default();
    let begins = |word: &str| {
        let (head, rest) = subject.split_at_checked(word.len())?;
        let whole = word.ends_with('!') || !rest.starts_with(scan::is_word);
        (head.eq_ignore_ascii_case(word) && whole).then_some(())
    };
    let marked = |word: &str| {
        let (head, rest) = subject.trim_start_matches(['[', '(']).trim_start().split_at_checked(word.len())?;
        (head.eq_ignore_ascii_case(word) && !rest.starts_with(scan::is_word)).then_some(())
    };
    if begins("revert").is_some() {
        return Some("It takes a commit back, so it only refers to what that one closed or reopened.");
    }
    if begins("fixup!").or_else(|| begins("squash!")).is_some() {
        return Some("It is meant to be melted into another commit, so closing and reopening count as references.");
    }
    marked("wip").map(|()| "It is work in progress, so closing and reopening count as references.")
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
