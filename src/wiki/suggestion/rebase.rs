//! What a suggestion would make of a page as it is now: both changes since the version that it was made from are brought
//! together, and where they clash the page stays as it is.

use rusqlite::Connection;

use super::store::{self, SuggestionRow};
use crate::base::error::{Error, Result};
use crate::base::text::hunks::Hunks;
use crate::base::text::merge::{Part, merge};
use crate::wiki::shown::NO_PAGE;
use crate::wiki::store::{self as pages, PageRow};

pub struct Proposal {
    /// The page as it is.
    pub current: String,
    /// The page with all that can be taken.
    pub proposed: String,
    pub clashes: Vec<Clash>,
}

/// Lines that the page has changed as well since the suggestion was made.
pub struct Clash {
    pub current: String,
    pub suggested: String,
}

impl Proposal {
    pub fn hunks(&self) -> Hunks<'_> {
        Hunks::of(&self.current, &self.proposed)
    }
}

pub fn proposal(db: &Connection, row: &SuggestionRow, page: &PageRow) -> Result<Proposal> {
    let text = |version: i64| Ok::<_, Error>(pages::version(db, page.id, version)?.map(|version| version.text));
    let current = text(page.version)?.ok_or_else(|| Error::not_found(NO_PAGE))?;
    // Without the version that it was made from nobody can tell what the page has changed since.
    let base = text(row.base)?.unwrap_or_else(|| current.clone());
    Ok(rebased(&base, current, &store::text(db, row.id)?))
}

fn rebased(base: &str, current: String, suggested: &str) -> Proposal {
    let (mut proposed, mut clashes) = (String::new(), Vec::new());
    for part in merge(base, &current, suggested).parts {
        match part {
            Part::Merged(text) => proposed.push_str(&text),
            Part::Conflict { theirs, yours, .. } => {
                proposed.push_str(&theirs);
                clashes.push(Clash { current: theirs, suggested: yours });
            }
        }
    }
    Proposal { current, proposed, clashes }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_taken_already_is_no_change_any_more() {
        let (base, suggested) = ("a\nb\nc\nd\ne\n", "A\nb\nc\nd\nE\n");
        let first = rebased(base, base.to_owned(), suggested);
        assert_eq!(first.hunks().changes.len(), 2);
        let now = first.hunks().taken(|place| place == 0);
        let rest = rebased(base, now, suggested);
        assert_eq!((rest.hunks().changes.len(), rest.clashes.len()), (1, 0));
        assert_eq!(rest.proposed, suggested);
    }

    #[test]
    fn where_both_changed_a_line_the_page_stays_and_both_are_told() {
        let proposal = rebased("a\nb\nc\n", "a\nx\nc\n".to_owned(), "A\ny\nc\n");
        let told: Vec<_> =
            proposal.clashes.iter().map(|clash| (clash.current.as_str(), clash.suggested.as_str())).collect();
        assert!(told.iter().any(|(current, suggested)| current.contains('x') && suggested.contains('y')), "{told:?}");
        assert!(proposal.proposed.contains("x\n") && !proposal.proposed.contains('y'));
    }
}
