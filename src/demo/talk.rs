//! Reads what is said about pages and suggested for them: `talk.txt` tells of one discussion or suggestion after another.
//!
//! ```text
//! === QuayTest
//! 66 20:00 tomas quote Nobody doubts the tide.
//! What is said, in Markdown.
//! --- 66 20:30 ines
//! An answer.
//! --- 67 09:00 mira resolved
//! The last word.
//! ```
//!
//! What it is about stands behind the name: `quote` with a passage, `heading` with its id, or nothing for the page.
//! `=== suggest OpenDay` begins a suggestion: a line with moment, name and ` | ` comment, then lines of the page as in a diff,
//! of which those with `-` are replaced by those with `+`; what follows `---` there is said about it.

use super::broken;
use super::calendar::Calendar;
use super::history::replaced;
use super::script::{Deed, Fill, Step};
use crate::base::error::Result;
use crate::base::time::Instant;

/// What somebody does in a conversation. One is known by the moment at which it began.
#[derive(Debug, Clone)]
pub enum Talk {
    /// Begins a discussion; the id of a heading and the quoted passage may be empty.
    Begin {
        page: String,
        heading: String,
        quote: String,
        text: String,
    },
    Answer {
        begun: Instant,
        text: String,
        resolves: bool,
    },
    /// Suggests the page as it is then with these lines replaced.
    Suggest {
        page: String,
        hunk: String,
        comment: String,
    },
    /// Says something about a suggestion.
    Remark {
        begun: Instant,
        text: String,
    },
}

pub fn read(written: &str, calendar: &Calendar, fill: Fill<'_>, steps: &mut Vec<Step>) -> Result<()> {
    let (title, rest) = written.split_once('\n').unwrap_or((written, ""));
    let (suggested, page) = match title.strip_prefix("suggest ") {
        Some(page) => (true, page),
        None => (false, title),
    };
    let page = fill(page);
    let mut begun = None;
    for part in rest.split("\n--- ") {
        let (head, text) = part.split_once('\n').unwrap_or((part, ""));
        let (at, rest) = calendar.moment(head)?;
        let (who, what) = rest.split_once(' ').unwrap_or((rest, ""));
        let (page, text) = (page.clone(), fill(text.trim_end()));
        let talk = match (begun, suggested) {
            (None, true) => Talk::Suggest { page, hunk: text, comment: what.trim_start_matches("| ").to_owned() },
            (None, false) => {
                let about = |kind: &str| what.strip_prefix(kind).map(str::trim).unwrap_or_default().to_owned();
                Talk::Begin { page, heading: about("heading "), quote: about("quote "), text }
            }
            (Some(begun), true) => Talk::Remark { begun, text },
            (Some(begun), false) => Talk::Answer { begun, text, resolves: what == "resolved" },
        };
        begun.get_or_insert(at);
        steps.push(Step { at, who: who.to_owned(), deed: Deed::Talk(talk) });
    }
    Ok(())
}

/// The text of a page as somebody suggests it.
pub fn suggested(text: &str, hunk: &str) -> Result<String> {
    replaced(text, hunk).ok_or_else(|| broken(&format!("the page does not hold once:\n{hunk}")))
}
