//! What the message of a commit asked of tickets, what was done and why not, told to one viewer (DESIGN 7).

use rusqlite::Connection;
use serde::Serialize;
use serde_json::{Value, json};

use super::store::{self, Asked, Changeset};
use super::{changeset_href, short};
use crate::base::component::{Card, Components};
use crate::base::duration;
use crate::base::error::Result;
use crate::base::viewer::Viewer;

/// One ticket that the message names.
#[derive(Debug, Serialize)]
pub struct Told {
    pub number: i64,
    pub title: String,
    /// None where there is no such ticket for this viewer.
    pub href: Option<String>,
    /// Closed tickets are struck through.
    pub closed: bool,
    /// `asks to close it and logs 2h 30m`
    pub understood: String,
    /// What was done, a sentence; empty if nothing.
    pub done: String,
    /// The change on the ticket, and its address.
    pub change: Option<Change>,
    /// Why no more was done, a sentence; empty if all was.
    pub why_not: String,
    /// The same change under another id, which acted before.
    pub twin: Option<Twin>,
    #[serde(skip)]
    asked: Asked,
}

#[derive(Debug, Serialize)]
pub struct Change {
    pub number: i64,
    pub href: String,
}

#[derive(Debug, Serialize)]
pub struct Twin {
    pub short: String,
    pub href: String,
}

/// In the order of the tickets. Tickets that the viewer may not see are as those that never were: whatever was done to them,
/// what the message asks of them comes to nothing, and mere mentions are left out.
pub fn told(
    db: &Connection,
    components: Components,
    viewer: &Viewer,
    root: &str,
    changeset: &Changeset,
) -> Result<Vec<Told>> {
    let asked = store::asked_by(db, changeset.id)?;
    let Some(tickets) = components.of_kind("ticket").filter(|_| !asked.is_empty()) else {
        return Ok(Vec::new());
    };
    let ids: Vec<i64> = asked.iter().map(|one| one.ticket).collect();
    let cards = tickets.cards(db, viewer, "ticket", &ids)?;
    let twins: Vec<i64> = asked.iter().filter_map(|one| one.twin).collect();
    let twins = if twins.is_empty() { Vec::new() } else { store::by_ids(db, viewer, &twins)? };
    let is_baseline = store::is_baseline(db, changeset.id)?;
    let told = asked.into_iter().zip(cards).filter_map(|(asked, card)| {
        let Some(card) = card else {
            return (asked.asked != "mention").then(|| missing(asked));
        };
        let twin = asked.twin.and_then(|id| twins.iter().find(|twin| twin.id == id));
        Some(line(asked, &card, twin, is_baseline, root))
    });
    Ok(told.collect())
}

fn missing(asked: Asked) -> Told {
    let asked = Asked {
        strength: "none".to_owned(),
        done: "none".to_owned(),
        reason: String::new(),
        twin: None,
        change: None,
        ..asked
    };
    Told {
        number: asked.ticket,
        title: format!("#{}", asked.ticket),
        href: None,
        closed: false,
        understood: understood(&asked),
        done: String::new(),
        change: None,
        why_not: "There is no such ticket.".to_owned(),
        twin: None,
        asked,
    }
}

fn line(asked: Asked, card: &Card, twin: Option<&Changeset>, is_baseline: bool, root: &str) -> Told {
    let href = format!("{root}{}", card.href);
    Told {
        number: asked.ticket,
        title: card.title.clone(),
        closed: card.class == Some("closed"),
        understood: understood(&asked),
        done: match asked.done.as_str() {
            "close" => "It was closed.",
            "reopen" => "It was reopened.",
            "refer" => "A comment on it tells of this commit.",
            _ if asked.change.is_some() => "Its time was logged.",
            _ => "",
        }
        .to_owned(),
        change: asked.change.map(|number| Change { number, href: format!("{href}#comment:{number}") }),
        why_not: why_not(&asked, is_baseline),
        twin: twin.map(|twin| Twin {
            short: short(&twin.sha).to_owned(),
            href: format!("{root}{}", changeset_href(&twin.sha)),
        }),
        href: Some(href),
        asked,
    }
}

fn understood(asked: &Asked) -> String {
    let what = match asked.asked.as_str() {
        "close" => "asks to close it",
        "reopen" => "asks to reopen it",
        "refer" => "refers to it",
        _ => "mentions it",
    };
    match asked.minutes {
        ..=0 => what.to_owned(),
        minutes => format!("{what} and logs {}", duration::written(minutes)),
    }
}

fn why_not(asked: &Asked, is_baseline: bool) -> String {
    let fell_short = asked.done != asked.asked;
    if !fell_short || asked.twin.is_some() {
        return asked.reason.clone();
    }
    if !asked.reason.is_empty() {
        return asked.reason.clone();
    }
    let waits = asked.strength != asked.asked;
    match asked.asked.as_str() {
        "mention" if asked.change.is_some() => String::new(),
        "mention" => "A mention does nothing on the ticket.".to_owned(),
        _ if is_baseline && asked.done == "none" => {
            "It was there when the repository was connected, so it did nothing.".to_owned()
        }
        "close" if waits => {
            "It is not on a branch whose commits close tickets, so it counts as a reference for now.".to_owned()
        }
        "reopen" if waits => {
            "It is not on a branch whose commits reopen tickets, so it counts as a reference for now.".to_owned()
        }
        _ if asked.done == "none" => "Nothing was done.".to_owned(),
        _ => String::new(),
    }
}

impl Told {
    /// `url` is absolute.
    pub fn as_json(&self, url: Option<String>) -> Value {
        json!({
            "id": self.number, "url": url, "asked": self.asked.asked, "strength": self.asked.strength,
            "done": self.asked.done, "reason": self.why_not, "change": self.change.as_ref().map(|change| change.number),
            "minutes": self.asked.minutes,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(asked: &str, strength: &str, done: &str, reason: &str) -> Asked {
        let text = str::to_owned;
        let (asked, strength, done, reason) = (text(asked), text(strength), text(done), text(reason));
        Asked { changeset: 1, ticket: 12, asked, strength, done, reason, twin: None, minutes: 0, change: None }
    }

    #[test]
    fn what_was_not_done_has_a_reason() {
        for (row, baseline, expected) in [
            (asked("close", "close", "close", ""), false, ""),
            (asked("close", "close", "refer", "It is closed already."), false, "It is closed already."),
            (
                asked("close", "refer", "refer", ""),
                false,
                "It is not on a branch whose commits close tickets, so it counts as a reference for now.",
            ),
            (
                asked("close", "none", "none", ""),
                true,
                "It was there when the repository was connected, so it did nothing.",
            ),
            (asked("mention", "mention", "none", ""), false, "A mention does nothing on the ticket."),
            (asked("refer", "refer", "refer", ""), false, ""),
        ] {
            assert_eq!(why_not(&row, baseline), expected, "{row:?}");
        }
    }

    #[test]
    fn logged_time_is_told_in_hours_and_minutes() {
        assert_eq!(
            understood(&Asked { minutes: 150, ..asked("refer", "refer", "refer", "") }),
            "refers to it and logs 2h 30m"
        );
    }
}
