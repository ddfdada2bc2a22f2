//! Page names (DESIGN 5, row K01): NFC, trimmed, 1 to 200 characters, parted by `/`; unique under case folding.

use unicode_normalization::UnicodeNormalization;

use crate::base::error::{Error, Result};
use crate::base::text::fold;
use crate::web::address;

/// The start page.
pub const START: &str = "WikiStart";
const MOST_CHARACTERS: usize = 200;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageName {
    name: String,
    folded: String,
}

impl PageName {
    /// Reads a name as somebody wrote it. The error names `field`.
    pub fn parse(written: &str, field: &str) -> Result<Self> {
        let name = match written.trim() {
            plain if plain.is_ascii() => plain.to_owned(),
            other => other.nfc().collect(),
        };
        let refuse =
            |why: &str| Err(Error::invalid(field, format!("“{}” can't be a page's name: {why}.", shown(written))));
        if name.is_empty() {
            return Err(Error::invalid(field, "A page needs a name."));
        }
        if name.chars().count() > MOST_CHARACTERS {
            return refuse("it has more than 200 characters");
        }
        if name.chars().any(|character| character.is_control() || is_noncharacter(character)) {
            return refuse("it holds characters that can't be seen");
        }
        for part in name.split('/') {
            if part.is_empty() {
                return refuse("it begins or ends with a slash, or two of them stand together");
            }
            if part == "." || part == ".." {
                return refuse("`.` and `..` stand for other pages");
            }
            if part.trim() != part {
                return refuse("a part of it begins or ends with a blank");
            }
        }
        let folded = fold(&name);
        Ok(Self { name, folded })
    }

    /// The name that an address means: slashes too many are left out. None for an address that can be no page's.
    pub fn of_address(written: &str) -> Option<Self> {
        let parts: Vec<&str> = written.split('/').map(str::trim).filter(|part| !part.is_empty()).collect();
        Self::parse(&parts.join("/"), "page").ok()
    }

    pub fn as_str(&self) -> &str {
        &self.name
    }

    pub fn folded(&self) -> &str {
        &self.folded
    }

    /// `/wiki/Two%20Words/Sub`
    pub fn href(&self) -> String {
        href_of(&self.name)
    }

    /// The pages above it, outermost first.
    pub fn ancestors(&self) -> Vec<Self> {
        self.name.match_indices('/').filter_map(|(at, _)| Self::parse(&self.name[..at], "page").ok()).collect()
    }
}

pub fn href_of(name: &str) -> String {
    format!("/wiki/{}", address::path(name))
}

/// The last part of a name.
pub fn last_part(name: &str) -> &str {
    name.rsplit('/').next().unwrap_or(name)
}

/// What the name of a page below `parent` adds to it. The parts are counted, not the bytes: the parent's own part of the
/// name may be written in another case.
pub fn below<'a>(child: &'a str, parent: &str) -> &'a str {
    child.splitn(parent.split('/').count() + 1, '/').last().unwrap_or(child)
}

/// The absolute name that a link means when it stands on page `here`: `./Sub`, `../Up`, `/Top` and plain names.
/// None if it leads above the top.
pub fn absolute(here: Option<&str>, written: &str) -> Option<String> {
    if !is_relative(written) {
        return Some(written.trim_start_matches('/').to_owned());
    }
    let mut parts: Vec<&str> = here?.split('/').collect();
    for part in written.split('/') {
        match part {
            "." | "" => {}
            ".." => {
                parts.pop()?;
            }
            other => parts.push(other),
        }
    }
    (!parts.is_empty()).then(|| parts.join("/"))
}

/// Whether a name starts from the page that it stands on.
pub fn is_relative(written: &str) -> bool {
    written == "." || written == ".." || written.starts_with("./") || written.starts_with("../")
}

fn is_noncharacter(character: char) -> bool {
    // Line and paragraph separators, marks that turn the direction of what follows, and code points that are no characters.
    matches!(character, '\u{2028}' | '\u{2029}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{FEFF}' | '\u{FDD0}'..='\u{FDEF}')
        || (character as u32) & 0xFFFE == 0xFFFE
}

fn shown(written: &str) -> String {
    crate::web::form::shortened(written)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_taken_as_they_are_or_refused() {
        for good in
            ["WikiStart", "Two Words", "a/b/c", "Ünïcödé", "100%", "What?", "x#y", "…", "日本/東京", ".hidden", "C++"]
        {
            assert_eq!(PageName::parse(good, "page").expect(good).as_str(), good);
        }
        let long = "x".repeat(201);
        for bad in
            ["", " ", "/", "a//b", "/a", "a/", "a/../b", ".", "a/./b", "a\nb", "a\0b", "a /b", "\u{202E}x", &long]
        {
            assert!(PageName::parse(bad, "page").is_err(), "{bad:?}");
        }
    }

    #[test]
    fn names_that_differ_by_case_or_composition_are_one() {
        let folded = |name: &str| PageName::parse(name, "page").expect(name).folded().to_owned();
        assert_eq!(folded("Straße"), folded("STRASSE"));
        assert_eq!(folded("e\u{301}"), folded("É"));
    }

    #[test]
    fn relative_names_start_from_the_page_they_stand_on() {
        for (here, written, meant) in [
            (Some("A/B"), "./C", Some("A/B/C")),
            (Some("A/B"), "../C", Some("A/C")),
            (Some("A/B"), "..", Some("A")),
            (Some("A"), "../..", None),
            (Some("A"), "..", None),
            (Some("A/B"), "/C", Some("C")),
            (Some("A/B"), "C", Some("C")),
            (None, "./C", None),
        ] {
            assert_eq!(absolute(here, written).as_deref(), meant, "{written} on {here:?}");
        }
    }
}
