//! The floors of the house: this list is the architecture page. A room imports only from rooms on lower floors.

use std::fs;
use std::path::{Path, PathBuf};

use trackway::base::audit;

/// From the ground up. Rooms on one floor never import each other.
const FLOORS: &[&[&str]] = &[
    // The ground: databases, site and projects, events, viewers, text. Knows no component.
    &["base"],
    // Who is asking and what they may do.
    &["auth"],
    // Between HTTP and the components.
    &["web"],
    // Content that hangs on other content.
    &["attachment", "milestone"],
    // Content.
    &["wiki", "ticket", "code"],
    // Views over content.
    &["roadmap", "query", "report", "timeline", "search", "notify", "live", "account", "admin"],
    // What is put together from these views.
    &["home"],
    // The list of components and the server made of them.
    &["app"],
    // Other systems' data into ours, a demonstration's, ours into plain files and into backups.
    &["import", "demo", "publish", "upkeep"],
    // The command line.
    &["cli"],
];

/// The map of the house and its door stand outside of the floors.
const OUTSIDE: &[&str] = &["lib", "main"];

#[test]
fn rooms_import_only_from_lower_floors() {
    let mut complaints = Vec::new();
    for file in source_files() {
        let (path, room) = (shown(&file), room_of(&file));
        if OUTSIDE.contains(&room.as_str()) {
            continue;
        }
        let Some(floor) = floor_of(&room) else {
            complaints.push(format!("{path}: `{room}` is not on any floor"));
            continue;
        };
        for import in imports(&fs::read_to_string(&file).unwrap(), depth_of(&file)) {
            if import == room {
                continue;
            }
            match floor_of(&import) {
                Some(lower) if lower < floor => {}
                Some(_) => complaints.push(format!("{path}: {room} imports {import}")),
                None => complaints.push(format!("{path}: {room} imports `{import}`, which is not on any floor")),
            }
        }
    }
    assert!(complaints.is_empty(), "\n{}\n", complaints.join("\n"));
}

/// What events are called: the first parts of their kinds.
const EVENTS_OF: &[&str] = &[
    "account", "acl", "api_token", "attachment", "audit", "changeset", "feed_token", "field", "group", "home", "link",
    "mail", "message", "milestone", "note", "option", "outbox", "page", "permission", "project", "report",
    "repository", "role", "session", "setting", "sign_in", "site", "suggestion", "template", "text", "thread",
    "ticket", "token", "wiki", "workflow",
];

#[test]
fn somebody_has_decided_of_every_kind_of_event_whether_it_is_audited() {
    let mut undecided = Vec::new();
    for file in source_files() {
        let source = fs::read_to_string(&file).unwrap();
        for (at, line) in source.lines().enumerate() {
            for literal in line.split('"').skip(1).step_by(2) {
                let Some((first, rest)) = literal.split_once('.') else { continue };
                let is_name =
                    |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
                // A participle: columns of tables and names of files have other ends.
                let is_deed = rest.ends_with("ed")
                    || ["begun", "made", "met", "restored", "written", "taken", "drawn"].contains(&rest);
                if EVENTS_OF.contains(&first) && is_name(rest) && is_deed && !audit::is_known(literal) {
                    undecided.push(format!("{}:{}: {literal}", shown(&file), at + 1));
                }
            }
        }
    }
    assert!(undecided.is_empty(), "kinds that base/audit/kinds.rs does not name:\n{}\n", undecided.join("\n"));
}

#[test]
fn paths_are_found_in_every_form_but_not_in_comments_and_strings() {
    let source = r##"
        //! See [`crate::search`].
        use crate::wiki::{self, store};
        use crate::{auth::{groups, links}, base};
        /* crate::timeline */
        fn page() -> crate::web::Page { let quote = '"'; let text = "crate::report"; let raw = r#"crate::query"#; }
        use super::super::ticket::Number;
        macro_rules! here { () => { $crate::code::git }; }
    "##;
    assert_eq!(imports(source, 2), ["wiki", "auth", "base", "web", "ticket", "code"]);
}

/// Rooms that a source names: first parts of paths that begin at the crate, in order of appearance.
fn imports(source: &str, depth: usize) -> Vec<String> {
    let tokens = tokens(source);
    let mut found = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        let mut after = at + 1;
        if tokens[at] == "super" {
            let mut steps = 1;
            while tokens.get(after).is_some_and(|token| token == "::")
                && tokens.get(after + 1).is_some_and(|token| token == "super")
            {
                steps += 1;
                after += 2;
            }
            // One step more may be the way out of a module of tests.
            let leads_to_a_room = tokens.get(after + 1).is_some_and(|name| floor_of(name).is_some());
            if steps < depth || !leads_to_a_room {
                at = after;
                continue;
            }
        } else if tokens[at] != "crate" {
            at += 1;
            continue;
        }
        if tokens.get(after).is_some_and(|token| token == "::") {
            found.extend(first_parts(&tokens[after + 1..]));
        }
        at = after;
    }
    found
}

/// `wiki` of `wiki::store`, `auth` and `base` of `{auth::{groups, links}, base}`.
fn first_parts(path: &[String]) -> Vec<String> {
    if path.first().is_none_or(|token| token != "{") {
        return path.first().cloned().into_iter().collect();
    }
    let (mut parts, mut nested, mut expected) = (Vec::new(), 0, false);
    for token in path {
        match token.as_str() {
            "{" => {
                nested += 1;
                expected = nested == 1;
            }
            "}" => nested -= 1,
            "," if nested == 1 => expected = true,
            name if expected => {
                parts.push(name.to_owned());
                expected = false;
            }
            _ => {}
        }
        if nested == 0 {
            break;
        }
    }
    parts
}

/// Names, `::`, and single characters of a source, without comments, strings and blanks.
fn tokens(source: &str) -> Vec<String> {
    let mut tokens = Vec::new();
    let mut rest = source;
    while let Some(first) = rest.chars().next() {
        let word = rest.len() - rest.trim_start_matches(|c: char| c.is_alphanumeric() || c == '_').len();
        let length = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            rest.find("*/").map_or(rest.len(), |end| end + 2)
        } else if first == '"' {
            string_length(rest)
        } else if matches!(&rest[..word], "r" | "br" | "cr") && rest[word..].starts_with(['"', '#']) {
            raw_string_length(rest, word)
        } else if first == '\'' {
            character_length(rest)
        } else if word > 0 {
            tokens.push(rest[..word].to_owned());
            word
        } else if rest.starts_with("::") {
            tokens.push("::".to_owned());
            2
        } else {
            if !first.is_whitespace() {
                tokens.push(first.to_string());
            }
            first.len_utf8()
        };
        rest = &rest[length..];
    }
    tokens
}

fn string_length(rest: &str) -> usize {
    let mut escaped = false;
    for (at, c) in rest.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    rest.len()
}

fn raw_string_length(rest: &str, prefix: usize) -> usize {
    let hashes = rest[prefix..].len() - rest[prefix..].trim_start_matches('#').len();
    if !rest[prefix + hashes..].starts_with('"') {
        return prefix;
    }
    let end = format!("\"{}", "#".repeat(hashes));
    let begin = prefix + hashes + 1;
    rest[begin..].find(&end).map_or(rest.len(), |at| begin + at + end.len())
}

/// A character in quotes, or the quote of a lifetime.
fn character_length(rest: &str) -> usize {
    let mut inner = rest.chars().skip(1);
    match (inner.next(), inner.next()) {
        (Some('\\'), _) => rest[2..].char_indices().skip(1).find(|(_, c)| *c == '\'').map_or(1, |(at, _)| 2 + at + 1),
        (Some(c), Some('\'')) => 2 + c.len_utf8(),
        _ => 1,
    }
}

fn floor_of(room: &str) -> Option<usize> {
    FLOORS.iter().position(|floor| floor.contains(&room))
}

fn source_files() -> Vec<PathBuf> {
    let (mut files, mut folders) = (Vec::new(), vec![source_folder()]);
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                files.push(path);
            }
        }
    }
    files.sort();
    files
}

fn source_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

fn shown(file: &Path) -> String {
    format!("src/{}", below_source(file).display())
}

fn below_source(file: &Path) -> &Path {
    file.strip_prefix(source_folder()).unwrap()
}

/// `wiki` of `src/wiki/pages.rs`, `app` of `src/app.rs`.
fn room_of(file: &Path) -> String {
    let first = below_source(file).components().next().unwrap();
    Path::new(first.as_os_str()).file_stem().unwrap().to_string_lossy().into_owned()
}

/// How many `super` lead from a file to the root of the crate.
fn depth_of(file: &Path) -> usize {
    let below = below_source(file);
    let parts = below.components().count();
    if below.file_stem().is_some_and(|name| name == "mod") { parts - 1 } else { parts }
}
