//! How a conversation is laid out: in which order, and what of it is shown (row C15). The address says it; whoever is signed in
//! can keep a look for all tickets of the project.

use rocket::data::Data;
use rocket::{Route, post, routes};
use rusqlite::Connection;
use serde::Serialize;

use super::head::{enter_ticket, href, with_list};
use crate::base::error::{Error, Result};
use crate::web::form::shortened;
use crate::web::paging::with_value;
use crate::web::{Answer, Desk, Room, Visit};

pub(super) fn routes() -> Vec<Route> {
    routes![keep]
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Order {
    #[default]
    Oldest,
    Newest,
    /// Answers beneath what they answer.
    Threaded,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Show {
    #[default]
    All,
    /// What was said, without changes of properties.
    Comments,
    /// Changes of properties, without what was said.
    Changes,
}

const ORDERS: [(&str, &str, Order); 3] = [
    ("oldest", "Oldest first", Order::Oldest),
    ("newest", "Newest first", Order::Newest),
    ("threaded", "Threads", Order::Threaded),
];
const SHOWS: [(&str, &str, Show); 3] =
    [("all", "Everything", Show::All), ("comments", "Comments", Show::Comments), ("changes", "Changes", Show::Changes)];

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Look {
    pub order: Order,
    pub show: Show,
}

impl Look {
    /// As it is kept: `threaded comments`. Words that mean nothing are passed over.
    pub fn read(text: &str) -> Self {
        let mut look = Self::default();
        text.split(' ').for_each(|word| look.take(word));
        look
    }

    fn take(&mut self, word: &str) {
        if let Some((_, _, order)) = ORDERS.iter().find(|(name, _, _)| *name == word) {
            self.order = *order;
        }
        if let Some((_, _, show)) = SHOWS.iter().find(|(name, _, _)| *name == word) {
            self.show = *show;
        }
    }

    /// What the address asks for; where it is silent, what this reader has kept.
    pub fn asked(desk: &Desk, kept: Self) -> Self {
        let mut look = kept;
        for name in ["order", "show"] {
            if let Some(word) = desk.visit.value(name) {
                look.take(&word);
            }
        }
        look
    }

    fn order_name(self) -> &'static str {
        ORDERS.iter().find(|(_, _, order)| *order == self.order).map_or("", |(name, _, _)| name)
    }

    fn show_name(self) -> &'static str {
        SHOWS.iter().find(|(_, _, show)| *show == self.show).map_or("", |(name, _, _)| name)
    }
}

/// A choice of the switches above a conversation.
#[derive(Debug, Clone, Serialize)]
pub(super) struct View {
    label: &'static str,
    href: String,
    current: bool,
}

/// The form by which this look is kept.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Keep {
    href: String,
    order: &'static str,
    show: &'static str,
}

/// The switches: orders, then what is shown. `kept` are the pairs of the address that its other pages keep.
pub(super) fn switches(look: Look, plain: &str, kept: &[(String, String)]) -> (Vec<View>, Vec<View>) {
    let view = |name: &str, value: &'static str, label, current| View {
        label,
        href: format!("{}#conversation", with_value(plain, kept, name, value)),
        current,
    };
    let orders = ORDERS.map(|(value, label, order)| view("order", value, label, look.order == order));
    let shows = SHOWS.map(|(value, label, show)| view("show", value, label, look.show == show));
    (orders.into(), shows.into())
}

/// Offered to those who look at it in another way than they have kept.
pub(super) fn keeping(room: &Room, look: Look, kept: Look, plain: &str) -> Option<Keep> {
    let may = room.viewer.signed_in() && !room.viewer.archived && look != kept;
    may.then(|| Keep { href: format!("{plain}/look"), order: look.order_name(), show: look.show_name() })
}

#[post("/<project>/ticket/<number>/look", data = "<data>")]
async fn keep(visit: Visit, project: String, number: String, data: Data<'_>) -> Answer {
    visit
        .answer_form(data, move |desk, form| {
            let (room, ticket) = enter_ticket(desk, &project, &number)?;
            let account = room.keeper()?;
            for (name, known) in [("order", ORDERS.map(|one| one.0)), ("show", SHOWS.map(|one| one.0))] {
                if !known.contains(&form.text(name)) {
                    let (given, known) = (shortened(form.text(name)), known.join(", "));
                    return Err(Error::invalid(name, format!("`{given}` is none of {known}.")));
                }
            }
            let look = format!("{} {}", form.text("order"), form.text("show"));
            room.project.db().write(|db| save(db, account, &look))?;
            let href = with_list(desk, &href(&room, ticket.row.id));
            Ok(Answer::see(&format!("{href}#conversation"))
                .telling(desk, "All tickets of this project look like that to you now."))
        })
        .await
}

fn save(db: &Connection, account: &str, look: &str) -> Result<()> {
    db.prepare_cached(
        "insert into ticket_look (account, look) values (?1, ?2) on conflict (account) do update set look = ?2",
    )?
    .execute((account, look))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_look_is_kept_in_words_and_odd_words_are_passed_over() {
        assert_eq!(Look::read("threaded comments"), Look { order: Order::Threaded, show: Show::Comments });
        assert_eq!(Look::read("upside down"), Look::default());
    }
}
