//! What a name means where it stands (row L04): on a page below others, a plain name is that of the nearest page upward, and
//! at last one at the top. So `[[Glossary]]` on `Course/Week 1/Monday` is `Course/Week 1/Glossary`, else `Course/Glossary`, else
//! `Glossary`. `./`, `../` and a slash at the start say exactly which page is meant.
//!
//! Where none of them is there, the page to be written is the one beside the page that asks for it; but a name that begins
//! with a part of where it stands (`Course/Rules`, also on `Course/Week 1`) is taken as the path that it is.

use super::name::{PageName, absolute, is_relative};
use crate::base::markup::LinkTarget;
use crate::base::text::fold;

/// So many levels upward are looked at, and the top.
const MOST_LEVELS: usize = 8;

/// The names that a reference may stand for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope {
    /// The nearest first; what it means is the first that leads anywhere.
    names: Vec<PageName>,
    /// Which of them is missing where none is there.
    wished: usize,
}

impl Scope {
    /// What a reference means that stands on page `here`; none for what can be no page.
    pub fn of(here: Option<&str>, written: &str) -> Option<Self> {
        let whole = PageName::parse(&absolute(here, written)?, "page").ok()?;
        let exact = written.starts_with('/') || is_relative(written);
        let Some(here) = here.filter(|here| !exact && here.contains('/')) else {
            return Some(Self::exactly(whole));
        };
        let above: Vec<(usize, &str)> =
            here.match_indices('/').enumerate().map(|(level, (at, _))| (level + 1, &here[..at])).collect();
        let mut names = Vec::with_capacity(above.len().min(MOST_LEVELS) + 1);
        let begins = whole.as_str().split_once('/').map(|(first, _)| fold(first));
        // How many parts stand before the one that the name begins with.
        let path = begins.and_then(|begins| here.split('/').position(|part| fold(part) == begins));
        let mut wished = 0;
        for (level, above) in above.iter().rev().take(MOST_LEVELS) {
            // Too long a name is nobody's.
            let Ok(name) = PageName::parse(&format!("{above}/{}", whole.as_str()), "page") else { continue };
            if path == Some(*level) {
                wished = names.len();
            }
            names.push(name);
        }
        if path == Some(0) {
            wished = names.len();
        }
        names.push(whole);
        Some(Self { names, wished })
    }

    /// One name and no other.
    pub fn exactly(name: PageName) -> Self {
        Self { names: vec![name], wished: 0 }
    }

    pub fn names(&self) -> &[PageName] {
        &self.names
    }

    /// The page to be written where none is there.
    pub fn wished(&self) -> &PageName {
        &self.names[self.wished]
    }

    /// The name at that place was found below a page, and would mean another one elsewhere.
    pub fn is_near(&self, at: usize) -> bool {
        at + 1 < self.names.len()
    }

    /// Its rows of the link table: one for each name, which counts while none nearer is there, and one for the wish.
    pub fn targets(&self) -> Vec<LinkTarget> {
        let keys: Vec<String> = self.names.iter().map(|name| name.folded().to_owned()).collect();
        if let [key] = keys.as_slice() {
            return vec![LinkTarget::new("page", key.clone())];
        }
        let mut targets: Vec<LinkTarget> = (0..keys.len())
            .map(|at| LinkTarget { kind: "page", key: keys[at].clone(), nearer: keys[..at].to_vec(), wished: false })
            .collect();
        let wish = keys[self.wished].clone();
        targets.push(LinkTarget { kind: "page", key: wish, nearer: keys, wished: true });
        targets
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plain_name_is_looked_for_upward() {
        for (here, written, names, wished) in [
            (Some("A/B/C"), "Name", &["A/B/Name", "A/Name", "Name"][..], "A/B/Name"),
            (Some("A/B/C"), "/Name", &["Name"], "Name"),
            (Some("A/B/C"), "./Name", &["A/B/C/Name"], "A/B/C/Name"),
            (Some("A/B/C"), "../Name", &["A/B/Name"], "A/B/Name"),
            (Some("A"), "Name", &["Name"], "Name"),
            (None, "Name", &["Name"], "Name"),
            (Some("A/B/C"), "X/Y", &["A/B/X/Y", "A/X/Y", "X/Y"], "A/B/X/Y"),
            (Some("A/B/C"), "b/Y", &["A/B/b/Y", "A/b/Y", "b/Y"], "A/b/Y"),
            (Some("A/B/C"), "A/Y", &["A/B/A/Y", "A/A/Y", "A/Y"], "A/Y"),
            (Some("A/B/C"), "C/Y", &["A/B/C/Y", "A/C/Y", "C/Y"], "A/B/C/Y"),
        ] {
            let scope = Scope::of(here, written).expect(written);
            let found: Vec<&str> = scope.names().iter().map(PageName::as_str).collect();
            assert_eq!((found.as_slice(), scope.wished().as_str()), (names, wished), "{written} on {here:?}");
        }
        assert_eq!(Scope::of(Some("A"), "../.."), None);
        let deep = vec!["x"; 90].join("/");
        assert_eq!(Scope::of(Some(&deep), "Name").map(|scope| scope.names().len()), Some(MOST_LEVELS + 1));
    }
}
