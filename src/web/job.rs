//! The answer to those who ask for what is being made (see [`crate::base::job`]): 202 with how far it has come. A page asks
//! again by itself, with scripts and without; whoever reads JSON is told when to.

use std::sync::Arc;

use rocket::http::Status;
use serde::Serialize;
use serde_json::json;

use super::{Answer, Desk, Page, Sheet};
use crate::base::error::Result;
use crate::base::job::{Asked, Standing};

/// Seconds after which it is asked again.
const AGAIN: &str = "2";

/// What somebody waits for, in words.
pub struct Waiting {
    /// `Who changed which line of src/main.rs`
    pub title: String,
    /// What counts, as in `12 of 300 files`.
    pub unit: &'static str,
    /// Where the way back leads, and what is there.
    pub back_href: String,
    pub back: String,
    /// It is a file to be saved: the page stays when that begins.
    pub is_download: bool,
    /// See [`Sheet::place`].
    pub place: &'static str,
}

#[derive(Serialize)]
struct WaitingPage {
    heading: String,
    sentence: String,
    /// 0 to 100; none: not known yet.
    percent: Option<usize>,
    here: String,
    back_href: String,
    back: String,
    is_download: bool,
    again: &'static str,
}

impl Page for WaitingPage {
    const TEMPLATE: &'static str = "layout/waiting.html";
}

/// What was asked for, or what is said instead for the moment.
#[expect(clippy::large_enum_variant, reason = "one at a time, for as long as a page is made")]
pub enum Arrived<T> {
    Thing(Arc<T>),
    Later(Answer),
}

/// Makes an answer of what is not there yet.
pub fn arrived<T>(desk: &Desk, asked: Asked<T>, what: impl FnOnce() -> Waiting) -> Result<Arrived<T>> {
    Ok(match asked {
        Asked::Made(thing) => Arrived::Thing(thing),
        Asked::Going(standing) => Arrived::Later(waiting(desk, what(), standing)?),
        Asked::Full => Arrived::Later(Answer::busy()),
    })
}

fn waiting(desk: &Desk, waiting: Waiting, standing: Standing) -> Result<Answer> {
    let sentence = sentence(standing, waiting.unit);
    let answer = if desk.visit.wants_json() || desk.visit.accepts_json() {
        Answer::json(&json!({
            "status": if standing.ahead == 0 { "running" } else { "waiting" },
            "ahead": standing.ahead, "done": standing.done, "total": standing.total, "message": sentence,
        }))?
        .with_status(Status::Accepted)
    } else {
        let page = WaitingPage {
            heading: waiting.title.clone(),
            percent: percent(standing),
            sentence,
            here: desk.visit.here(),
            back_href: waiting.back_href,
            back: waiting.back,
            is_download: waiting.is_download,
            again: AGAIN,
        };
        Sheet::new(waiting.title, page).at(waiting.place).noindex().status(Status::Accepted).render(desk)?
    };
    Ok(answer.header("Retry-After", AGAIN).header("Cache-Control", "no-store"))
}

fn percent(standing: Standing) -> Option<usize> {
    (standing.ahead == 0 && standing.total > 0).then(|| (standing.done * 100 / standing.total).min(100))
}

fn sentence(standing: Standing, unit: &str) -> String {
    let plural = |count: usize| if count == 1 { "" } else { "s" };
    match (standing.ahead, standing.total) {
        (0, 0) => "It is being worked out.".to_owned(),
        (0, total) => format!("It is being worked out: {} of {total} {unit}{} done.", standing.done, plural(total)),
        (ahead, _) => format!("{ahead} other job{} come{} first.", plural(ahead), if ahead == 1 { "s" } else { "" }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_far_it_has_come_is_said_in_a_sentence() {
        let standing = |ahead, done, total| Standing { ahead, done, total };
        assert_eq!(sentence(standing(0, 0, 0), "line"), "It is being worked out.");
        assert_eq!(sentence(standing(0, 3, 10), "line"), "It is being worked out: 3 of 10 lines done.");
        assert_eq!(sentence(standing(1, 0, 0), "line"), "1 other job comes first.");
        assert_eq!(sentence(standing(2, 0, 0), "line"), "2 other jobs come first.");
        assert_eq!(percent(standing(0, 3, 10)), Some(30));
        assert_eq!(percent(standing(1, 3, 10)), None);
    }
}
