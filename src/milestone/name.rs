//! Names of milestones: NFC, trimmed, blanks collapsed, 1 to 200 characters, unique under case folding (row M01).

use unicode_normalization::UnicodeNormalization;

use crate::base::error::{Error, Result};
use crate::base::text::fold;
use crate::web::address;
use crate::web::form::shortened;

const MOST_CHARACTERS: usize = 200;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MilestoneName {
    name: String,
    folded: String,
}

impl MilestoneName {
    /// Reads a name as somebody wrote it. The error names `field`.
    pub fn parse(written: &str, field: &str) -> Result<Self> {
        let collapsed = written.split_whitespace().collect::<Vec<_>>().join(" ");
        let name: String = collapsed.nfc().collect();
        let refuse = |why: &str| {
            Err(Error::invalid(field, format!("“{}” can't be a milestone's name: {why}.", shortened(&name))))
        };
        if name.is_empty() {
            return Err(Error::invalid(field, "A milestone needs a name."));
        }
        if name.chars().count() > MOST_CHARACTERS {
            return refuse("it has more than 200 characters");
        }
        if name.chars().any(cannot_be_seen) {
            return refuse("it holds characters that can't be seen");
        }
        // Such a name could not be reached by an address.
        if name.split('/').any(|part| matches!(part.trim(), "" | "." | "..")) {
            return refuse("slashes stand between words other than `.` and `..`");
        }
        let folded = fold(&name);
        Ok(Self { name, folded })
    }

    pub fn as_str(&self) -> &str {
        &self.name
    }

    pub fn folded(&self) -> &str {
        &self.folded
    }
}

/// `/milestone/Two%20Words`, below the project's address.
pub fn href_of(name: &str) -> String {
    format!("/milestone/{}", address::path(name))
}

fn cannot_be_seen(character: char) -> bool {
    let code = u32::from(character);
    character.is_control() || (0xFDD0..=0xFDEF).contains(&code) || code & 0xFFFE == 0xFFFE
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_read_with_its_blanks_collapsed_or_refused_with_the_reason() {
        for (written, name) in
            [(" 1.0  beta\t2 ", "1.0 beta 2"), ("Cafe\u{301}", "Caf\u{e9}"), ("a/b", "a/b"), ("<b>&\"'", "<b>&\"'")]
        {
            let parsed = MilestoneName::parse(written, "name").map(|name| name.name);
            assert_eq!(parsed.as_deref().ok(), Some(name));
        }
        let long = "x".repeat(201);
        for bad in ["", "  ", "a\u{0}b", "/a", "a/", "a//b", "a / b / ", "..", "x/../y", "\u{FFFE}", &long] {
            assert!(MilestoneName::parse(bad, "name").is_err(), "{bad:?}");
        }
    }

    #[test]
    fn names_that_differ_in_case_alone_are_one() {
        let folded = |text| MilestoneName::parse(text, "name").map(|name| name.folded).ok();
        assert_eq!(folded("Release  ÄÖ"), folded("RELEASE äö"));
    }
}
