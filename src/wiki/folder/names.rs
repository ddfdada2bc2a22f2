//! Names of pages and attachments as names of files, and back.
//!
//! Letters without accents, digits, `-`, `.`, `_` and `~` stand as they are, everything else as `%` and two digits for each
//! byte. So are, where they stand alone in the way: a dot that would hide a file or be dropped at its end, the first letter
//! of what Windows keeps for devices (`CON`), and letters by whose case alone two names of one folder differ. What is too
//! long for one name goes on in a folder that ends in `%`, as no part of a name does that was not broken.

use std::collections::HashMap;
use std::path::Path;

use super::{FILES, TEXT};
use crate::web::address;

/// Bytes of a name, with room for what is put after it; disks take 255.
const LONGEST: usize = 240;

/// The paths of pages that come in the order of their folded names.
#[derive(Default)]
pub struct Paths {
    /// The folders in which the last page lies.
    levels: Vec<Level>,
}

struct Level {
    folded: String,
    spellings: Spellings,
}

impl Paths {
    /// The path of a page's file without its ending. Folders whose names differ by case are kept apart.
    pub fn of(&mut self, name: &str, folded: &str) -> String {
        let mut path = String::new();
        let mut parts = name.split('/').zip(folded.split('/')).enumerate().peekable();
        while let Some((depth, (part, folded))) = parts.next() {
            let encoded = of_part(part);
            if parts.peek().is_none() {
                path.push_str(&broken(&encoded));
                break;
            }
            if self.levels.get(depth).is_none_or(|level| level.folded != folded) {
                self.levels.truncate(depth);
                self.levels.push(Level { folded: folded.to_owned(), spellings: Spellings::default() });
            }
            path.push_str(&broken(&self.levels[depth].spellings.distinct(encoded)));
            path.push('/');
        }
        path
    }
}

/// What stands in one folder already, told apart as disks do that take no notice of case.
#[derive(Default)]
pub struct Spellings {
    /// The first of those that are alike, by its lower-case form.
    first: HashMap<String, String>,
}

impl Spellings {
    /// The file of an attachment.
    pub fn of_file(&mut self, name: &str) -> String {
        broken(&self.distinct(careful(address::segment(name))))
    }

    fn distinct(&mut self, encoded: String) -> String {
        let first = self.first.entry(encoded.to_ascii_lowercase()).or_insert_with(|| encoded.clone());
        if *first == encoded {
            return encoded;
        }
        // Two that differ from the first in the same letters are one.
        let letters = encoded.chars().zip(first.chars());
        letters.map(|(letter, other)| if letter == other { letter.to_string() } else { code(letter) }).collect()
    }
}

/// A name, parted by slashes, as a path that every disk holds, whatever lies beside it.
pub fn safe(name: &str) -> String {
    name.split('/').map(|part| broken(&of_part(part))).collect::<Vec<_>>().join("/")
}

/// One part of a page's name.
fn of_part(part: &str) -> String {
    let mut encoded = careful(address::segment(part));
    // What would be taken for a text, or for the attachments of another page.
    let ending = [TEXT, FILES].into_iter().find(|ending| encoded.to_ascii_lowercase().ends_with(ending));
    if let Some(ending) = ending {
        let at = encoded.len() - ending.len();
        encoded.replace_range(at..=at, "%2E");
    }
    encoded
}

fn careful(mut encoded: String) -> String {
    if encoded.ends_with('.') {
        encoded.pop();
        encoded.push_str("%2E");
    }
    let first = encoded.chars().next().filter(|first| *first == '.' || is_device(&encoded));
    match first {
        Some(first) => code(first) + &encoded[1..],
        None => encoded,
    }
}

fn code(character: char) -> String {
    format!("%{:02X}", u32::from(character))
}

/// Whether Windows keeps it for a device, whatever follows a dot.
fn is_device(encoded: &str) -> bool {
    let stem = encoded.split('.').next().unwrap_or_default().to_ascii_uppercase();
    let is_port = ["COM", "LPT"].iter().any(|port| {
        stem.strip_prefix(port).is_some_and(|rest| rest.len() == 1 && rest.bytes().all(|digit| digit.is_ascii_digit()))
    });
    is_port || matches!(stem.as_str(), "CON" | "PRN" | "AUX" | "NUL")
}

/// What is too long for a name, in several.
fn broken(encoded: &str) -> String {
    let mut path = String::new();
    let mut rest = encoded.to_owned();
    while rest.len() > LONGEST {
        let mut at = LONGEST;
        // Not within a code.
        while rest[..at].bytes().rev().take(2).any(|byte| byte == b'%') {
            at -= 1;
        }
        path.push_str(&rest[..at]);
        path.push_str("%/");
        rest = careful(rest.split_off(at));
    }
    path + &rest
}

/// The name of which a path is, without its ending. None if it is no UTF-8.
pub fn name_of(path: &Path) -> Option<String> {
    let mut name = String::new();
    let mut encoded = String::new();
    for part in path.iter() {
        let part = part.to_str()?;
        let begun = part.strip_suffix('%').filter(|piece| piece.len() + 260 > LONGEST * 2);
        encoded.push_str(begun.unwrap_or(part));
        if begun.is_none() {
            if !name.is_empty() {
                name.push('/');
            }
            name.push_str(&address::decode(&encoded)?);
            encoded.clear();
        }
    }
    Some(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::text::fold;

    fn path_of(name: &str) -> String {
        Paths::default().of(name, &fold(name))
    }

    /// What Windows, macOS and Linux all take.
    fn is_safe(path: &str) -> bool {
        let fits = |part: &str| {
            let plain = part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~%".contains(&byte));
            plain && part.len() < 250 && !part.starts_with('.') && !part.ends_with('.') && !is_device(part)
        };
        path.split('/').all(fits)
    }

    proptest::proptest! {
        #[test]
        fn any_name_comes_back_from_its_file(name in "[^/\0]{1,60}(/[^/\0]{1,60}){0,3}") {
            let path = path_of(&name);
            proptest::prop_assert!(is_safe(&path), "{}", path);
            proptest::prop_assert_eq!(name_of(Path::new(&path)), Some(name));
        }

        #[test]
        fn any_file_comes_back_beside_others(names in proptest::collection::btree_set("[aAbB.%é]{1,4}", 1..20)) {
            let mut spellings = Spellings::default();
            let mut seen = std::collections::HashSet::new();
            for name in names {
                let file = spellings.of_file(&name);
                proptest::prop_assert!(is_safe(&file), "{}", file);
                proptest::prop_assert!(seen.insert(file.to_ascii_lowercase()), "{} is taken", file);
                proptest::prop_assert_eq!(name_of(Path::new(&file)), Some(name));
            }
        }
    }

    #[test]
    fn odd_names_become_files_that_every_disk_holds() {
        for (name, path) in [
            ("Guide/Two Words", "Guide/Two%20Words"),
            (".hidden/.dot", "%2Ehidden/%2Edot"),
            ("ends./in dots..", "ends%2E/in%20dots.%2E"),
            ("x.md/y.FILES", "x%2Emd/y%2EFILES"),
            ("con/aux.c/COM1", "%63on/%61ux.c/%43OM1"),
            ("console", "console"),
            ("C:\\x", "C%3A%5Cx"),
            ("100%", "100%25"),
        ] {
            assert_eq!(path_of(name), path);
            assert_eq!(name_of(Path::new(path)).as_deref(), Some(name));
        }
        for long in ["長".repeat(200), format!("{}{}", "長".repeat(20), ".".repeat(180)), "%".repeat(200)] {
            let path = path_of(&long);
            assert!(is_safe(&path) && path.contains('/'), "{path}");
            assert_eq!(name_of(Path::new(&path)), Some(long));
        }
    }

    #[test]
    fn folders_that_differ_by_case_are_kept_apart() {
        let mut paths = Paths::default();
        let mut seen = Vec::new();
        for name in ["Guide/A", "guide/B", "GuiDe/C", "Guide/D", "Other/Guide/A"] {
            let path = paths.of(name, &fold(name));
            assert_eq!(name_of(Path::new(&path)).as_deref(), Some(name));
            seen.push(path);
        }
        assert_eq!(seen, ["Guide/A", "%67uide/B", "Gui%44e/C", "Guide/D", "Other/Guide/A"]);
    }

    #[test]
    fn names_that_people_gave_their_files_are_read_as_they_stand() {
        for (path, name) in [("日本/東京", "日本/東京"), ("100%", "100%"), ("Two Words", "Two Words"), ("a%/b", "a%/b")]
        {
            assert_eq!(name_of(Path::new(path)).as_deref(), Some(name));
        }
    }
}
