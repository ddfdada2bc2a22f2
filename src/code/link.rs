//! Links to commits, files, histories and differences (DESIGN 6; rows L09 to L13): `changeset:1a2b3c4`, `source:src/main.rs@v1#L10-L20`,
//! `log:src@v1`, `diff:src@v1:v2`, `export:src/main.rs@v1`.
//!
//! Only commits are looked up. A file is linked without asking git: the page behind the link says what is not there.

use super::listed::{self, Listed};
use super::repository::{self, Repository};
use super::{BROWSER_VIEW, CHANGESET_VIEW, FILE_VIEW, LOG_VIEW, NO_CHANGESET, changeset_href, short};
use crate::base::error::Result;
use crate::base::markup::{Context, Here, LinkKind, LinkTarget, Resolved, marks};
use crate::base::viewer::{Permission, Viewer};
use crate::web::address;
use crate::web::form::shortened;

pub const KINDS: &[LinkKind] = &[
    LinkKind {
        prefixes: &["changeset"],
        doc: "A commit, by its id or the first digits of it: `changeset:1a2b3c4`, also `1a2b3c4` and `r1a2b3c4` alone; \
              `changeset:1a2b3c4/tools` in the repository `tools`.",
        example: "changeset:1a2b3c4",
        targets: |_, rest| commit_target(rest).into_iter().collect(),
        resolve: resolve_commits,
    },
    LinkKind {
        prefixes: &["source", "browser", "repos"],
        doc: "A file or folder of a repository: `source:src/main.rs`, of a branch, tag or commit `source:src/main.rs@v1.0`, \
              with lines `source:src/main.rs@v1.0#L10-L20`. The first part of the path may be a repository.",
        example: "source:src/main.rs@v1.0#L10-L20",
        targets: file_targets,
        resolve: |context, rests| {
            places(context, rests, &[BROWSER_VIEW, FILE_VIEW], |_, rest| Some(Source::read(rest)?.link()))
        },
    },
    LinkKind {
        prefixes: &["export"],
        doc: "The bytes of a file: `export:src/main.rs@v1.0`, or `export:v1.0:src/main.rs`.",
        example: "export:src/main.rs@v1.0",
        targets: |_, rest| file_target(&export(rest).0).into_iter().collect(),
        resolve: |context, rests| places(context, rests, &[FILE_VIEW], |_, rest| export_link(rest)),
    },
    LinkKind {
        prefixes: &["log"],
        doc: "The history of a file or folder, `log:src@v1.0`, or the commits between two: `log:@v1.0..v2.0`.",
        example: "log:src@v1.0..v2.0",
        targets: |_, rest| file_target(&at_revision(rest).0).into_iter().collect(),
        resolve: |context, rests| places(context, rests, &[LOG_VIEW], |_, rest| Some(log_link(rest))),
    },
    LinkKind {
        prefixes: &["diff"],
        doc: "What differs between two states: `diff:@v1.0..v2.0`, of one file or folder `diff:src@v1.0:v2.0`, of two \
              `diff:old/name@v1.0:new/name@v2.0`.",
        example: "diff:src@v1.0:v2.0",
        targets: diff_targets,
        resolve: |context, rests| {
            places(context, rests, &[CHANGESET_VIEW], |repositories, rest| Diff::read(rest)?.link(repositories))
        },
    },
];

const NO_FILE: &str = "There is no such place in a repository.";

/// The keys under which texts may refer to a commit: every beginning of its id.
pub fn keys_of(sha: &str) -> Vec<String> {
    (listed::SHORTEST_PREFIX..=sha.len()).filter_map(|end| sha.get(..end)).map(str::to_owned).collect()
}

/// `1a2b3c4`, and what follows it: `/tools/src`, `#place`.
fn commit_of(rest: &str) -> Option<(String, &str)> {
    let (id, tail) = rest.split_at(rest.find(['/', '#', '?', '@']).unwrap_or(rest.len()));
    Some((listed::as_prefix(id.trim())?, tail))
}

fn commit_target(rest: &str) -> Option<LinkTarget> {
    commit_of(rest).map(|(key, _)| LinkTarget::new(listed::KIND, key))
}

fn resolve_commits(context: &Context<'_>, rests: &[&str]) -> Result<Vec<Resolved>> {
    let wanted: Vec<Option<(String, &str)>> = rests.iter().map(|rest| commit_of(rest)).collect();
    let mut prefixes: Vec<String> = wanted.iter().flatten().map(|(prefix, _)| prefix.clone()).collect();
    prefixes.sort();
    prefixes.dedup();
    let found = listed::by_prefixes(context.db, context.viewer, &prefixes)?;
    let names_one = wanted.iter().flatten().any(|(_, tail)| tail.starts_with('/'));
    let repositories = if names_one && !found.is_empty() { repository::list(context.db)? } else { Vec::new() };
    Ok(wanted
        .iter()
        .zip(rests)
        .map(|(wanted, rest)| {
            let known = wanted.as_ref().and_then(|(prefix, tail)| Some((found.get(prefix)?, *tail)));
            let Some((commit, tail)) = known else { return missing(NO_CHANGESET, rest) };
            let (place, heading) = tail.split_once('#').map_or((tail, None), |(place, heading)| (place, Some(heading)));
            let mut href = changeset_href(&commit.sha);
            if let Some(place) = place.strip_prefix('/').filter(|place| !place.is_empty()) {
                let name = place.split('/').next().unwrap_or_default();
                if !repositories.iter().any(|repository| repository.name == name) {
                    return missing(NO_CHANGESET, rest);
                }
                href.push_str(&format!("/{}", address::path(place)));
            }
            if let Some(heading) = heading {
                href.push_str(&format!("#{}", address::query_value(heading)));
            }
            Resolved::Found { href, label: None, title: Some(tooltip(commit, context.viewer)), class: None }
        })
        .collect())
}

/// `Open the doors in time (Kim Doe, 22 Nov 2026, 18:30)`
fn tooltip(commit: &Listed, viewer: &Viewer) -> String {
    let subject = commit.subject();
    let subject = if subject.is_empty() { short(&commit.sha) } else { &subject };
    format!("{subject} ({}, {})", viewer.shown_name(&commit.author), commit.committed_at.written(&viewer.zone()))
}

fn missing(why: &str, rest: &str) -> Resolved {
    Resolved::Missing { href: None, title: format!("{why} ({})", shortened(rest)) }
}

/// Links that stand wherever there is a repository and the viewer has one of these rights.
fn places(
    context: &Context<'_>,
    rests: &[&str],
    any_of: &[Permission],
    link: fn(&[Repository], &str) -> Option<Link>,
) -> Result<Vec<Resolved>> {
    let may = any_of.iter().any(|permission| context.viewer.may(*permission));
    let repositories = if may { repository::list(context.db)? } else { Vec::new() };
    Ok(rests
        .iter()
        .map(|rest| match link(&repositories, rest).filter(|_| !repositories.is_empty()) {
            Some(Link { href, title }) => Resolved::Found { href, label: None, title: Some(title), class: None },
            None => missing(NO_FILE, rest),
        })
        .collect())
}

/// Where a link leads, below the project's address, and its tooltip.
pub(super) struct Link {
    pub(super) href: String,
    title: String,
}

/// A file or folder as it was, and lines of it.
#[derive(Debug, PartialEq)]
pub(super) struct Source {
    pub(super) path: String,
    pub(super) rev: Option<String>,
    /// `10-20,30`
    lines: Option<String>,
    /// `L10-L20`
    place: Option<String>,
}

impl Source {
    /// `path[@rev[:10-20,30]][#L10-L20]`
    pub(super) fn read(rest: &str) -> Option<Self> {
        let (rest, place) = match rest.rsplit_once('#') {
            Some((path, place)) if is_place(place) => (path, Some(place.to_owned())),
            _ => (rest, None),
        };
        let (path, rev) = at_revision(rest);
        let (rev, lines) = match rev.as_deref().and_then(|rev| rev.rsplit_once(':')) {
            Some((rev, lines)) if is_lines(lines) => (Some(rev.to_owned()), Some(lines.to_owned())),
            _ => (rev, None),
        };
        // A colon stands in no name of a branch or tag.
        let bad = rev.as_deref().is_some_and(|rev| rev.is_empty() || rev.contains(':'));
        (!bad).then_some(Self { path, rev, lines, place })
    }

    /// The first and the last line that it names.
    pub(super) fn line_range(&self) -> Option<(usize, usize)> {
        let written = self.place.as_deref().or(self.lines.as_deref())?;
        let mut marks = marks(written).into_iter();
        let range = marks.next().filter(|range| *range.start() > 0 && *range.end() < usize::MAX / 2)?;
        Some((*range.start(), *range.end()))
    }

    pub(super) fn link(&self) -> Link {
        let mut pairs: Vec<(&str, &str)> = Vec::new();
        pairs.extend(self.rev.as_deref().map(|rev| ("rev", rev)));
        let range = self.lines.as_deref().filter(|lines| !lines.contains(','));
        let mut place = self.place.clone();
        if place.is_none() {
            let first = self.lines.as_deref().and_then(|lines| lines.split([',', '-']).next());
            place = range.map(as_place).or_else(|| first.map(|line| format!("L{line}")));
        }
        pairs.extend(self.lines.as_deref().filter(|_| range.is_none()).map(|lines| ("marks", lines)));
        let mut href = with_pairs(&below("/browser", &self.path), &pairs);
        if let Some(place) = &place {
            href.push_str(&format!("#{}", address::query_value(place)));
        }
        Link { href, title: in_words(&self.path, self.rev.as_deref()) }
    }
}

/// `10-20` as the page of a file names it: `L10-L20`.
fn as_place(range: &str) -> String {
    match range.split_once('-') {
        Some((first, last)) => format!("L{first}-L{last}"),
        None => format!("L{range}"),
    }
}

/// What may stand after `#`: lines as `L10`, `L10-L20`, `10-20`, or the address of a heading.
fn is_place(text: &str) -> bool {
    !text.is_empty() && !text.contains('/') && text.chars().all(|c| c.is_alphanumeric() || "-_.".contains(c))
}

fn is_lines(text: &str) -> bool {
    let is_number = |text: &str| (1..=9).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    text.split(',').all(|range| match range.split_once('-') {
        Some((first, last)) => is_number(first) && is_number(last),
        None => is_number(range),
    })
}

/// A path without the slashes around it, and what stands after its last `@`. `@` begins names of folders, too, as in
/// `packages/@scope/name`.
fn at_revision(rest: &str) -> (String, Option<String>) {
    let path_of = |path: &str| path.trim_matches('/').to_owned();
    match rest.rsplit_once('@') {
        Some((path, rev)) => {
            let names_a_folder = path.ends_with('/') && !path_of(path).is_empty() && rev.contains('/');
            if names_a_folder { (path_of(rest), None) } else { (path_of(path), Some(rev.to_owned())) }
        }
        None => (path_of(rest), None),
    }
}

/// `a..b`, `a:b`, and, of ids alone, `a-b`.
fn range(text: &str) -> Option<(&str, &str)> {
    let is_id = |text: &str| listed::as_prefix(text).is_some();
    let dashed = || text.split_once('-').filter(|(first, last)| is_id(first) && is_id(last));
    let dots = text.split_once("...").or_else(|| text.split_once(".."));
    let (first, last) = dots.or_else(|| text.split_once(':')).or_else(dashed)?;
    (!first.is_empty() || !last.is_empty()).then_some((first, last))
}

fn file_target(path: &str) -> Option<LinkTarget> {
    (!path.is_empty()).then(|| LinkTarget::new("source", path.to_owned()))
}

pub(super) fn file_targets(_: Option<&Here>, rest: &str) -> Vec<LinkTarget> {
    Source::read(rest).and_then(|source| file_target(&source.path)).into_iter().collect()
}

/// The path and the revision of `path@rev`, `rev:path`, `path`.
fn export(rest: &str) -> (String, Option<String>) {
    let (path, rev) = at_revision(rest);
    match path.split_once(':').filter(|(before, _)| rev.is_none() && !before.is_empty()) {
        Some((rev, path)) => (path.trim_matches('/').to_owned(), Some(rev.to_owned())),
        None => (path, rev),
    }
}

fn export_link(rest: &str) -> Option<Link> {
    let (path, rev) = export(rest);
    if path.is_empty() || rev.as_deref() == Some("") {
        return None;
    }
    let at = address::segment(rev.as_deref().unwrap_or("HEAD"));
    Some(Link { href: below(&format!("/export/{at}"), &path), title: in_words(&path, rev.as_deref()) })
}

fn log_link(rest: &str) -> Link {
    let (path, rev) = at_revision(rest);
    let pairs: Vec<(&str, &str)> = match rev.as_deref().map(|rev| (rev, range(rev))) {
        Some((_, Some((first, last)))) => vec![("rev", last), ("stop_rev", first)],
        Some((rev, None)) => vec![("rev", rev)],
        None => Vec::new(),
    };
    let pairs: Vec<(&str, &str)> = pairs.into_iter().filter(|(_, value)| !value.is_empty()).collect();
    let title = format!("History of {}", in_words(&path, rev.as_deref()));
    Link { href: with_pairs(&below("/log", &path), &pairs), title }
}

/// Two states, each a path and a revision; an empty path is the whole, an empty revision the newest.
#[derive(Debug, PartialEq)]
struct Diff {
    old: (String, String),
    new: (String, String),
}

impl Diff {
    /// `path@a:b`, `path@a..b`, `@a..b`, `old/path@a:new/path@b`, `old/path@a//new/path@b`.
    fn read(rest: &str) -> Option<Self> {
        let state = |text: &str| {
            let (path, rev) = at_revision(text);
            (path, rev.unwrap_or_default())
        };
        if let Some(at) = rest.find("//").filter(|at| *at > 0) {
            return Some(Self { old: state(&rest[..at]), new: state(&rest[at + 2..]) });
        }
        let (path, revs) = rest.split_once('@')?;
        if let Some((before, new_rev)) = revs.rsplit_once('@') {
            let (old_rev, new_path) = before.split_once("..").or_else(|| before.split_once(':'))?;
            return Some(Self {
                old: (path.trim_matches('/').to_owned(), old_rev.to_owned()),
                new: (new_path.trim_matches('/').to_owned(), new_rev.to_owned()),
            });
        }
        let (old, new) = range(revs).unwrap_or((revs, ""));
        let path = path.trim_matches('/');
        Some(Self { old: (path.to_owned(), old.to_owned()), new: (path.to_owned(), new.to_owned()) })
    }

    /// None if the two states lie in different repositories.
    fn link(&self, repositories: &[Repository]) -> Option<Link> {
        let ((old_path, old), (new_path, new)) = (&self.old, &self.new);
        let rev = |rev: &'_ str| if rev.is_empty() { "the newest".to_owned() } else { rev.to_owned() };
        let one = in_words(old_path, Some(&rev(old)));
        let other = in_words(new_path, Some(&rev(new)));
        let (old_in, old_path) = parted(repositories, old_path);
        let (new_in, new_path) = parted(repositories, new_path);
        let pairs = [
            ("old", old.as_str()),
            ("new", new),
            ("old_path", old_path),
            ("new_path", new_path),
            ("repository", old_in),
        ];
        let pairs: Vec<(&str, &str)> = pairs.into_iter().filter(|(_, value)| !value.is_empty()).collect();
        (old_in == new_in).then(|| Link { href: with_pairs("/diff", &pairs), title: format!("From {one} to {other}") })
    }
}

/// The repository that the first part of a path names, and the path in it; no name: the default one.
fn parted<'a>(repositories: &[Repository], path: &'a str) -> (&'a str, &'a str) {
    let (first, rest) = path.split_once('/').unwrap_or((path, ""));
    let is_named = repositories.iter().any(|repository| !repository.is_default && repository.name == first);
    if is_named { (first, rest) } else { ("", path) }
}

fn diff_targets(_: Option<&Here>, rest: &str) -> Vec<LinkTarget> {
    let Some(Diff { old, new }) = Diff::read(rest) else { return Vec::new() };
    let mut targets: Vec<LinkTarget> = [old.0, new.0].iter().filter_map(|path| file_target(path)).collect();
    targets.dedup();
    targets
}

fn below(place: &str, path: &str) -> String {
    if path.is_empty() { place.to_owned() } else { format!("{place}/{}", address::path(path)) }
}

fn with_pairs(path: &str, pairs: &[(&str, &str)]) -> String {
    let pairs: Vec<String> =
        pairs.iter().map(|(name, value)| format!("{name}={}", address::query_value(value))).collect();
    if pairs.is_empty() { path.to_owned() } else { format!("{path}?{}", pairs.join("&")) }
}

/// `src/main.rs at v1.0`
fn in_words(path: &str, rev: Option<&str>) -> String {
    let path = if path.is_empty() { "the repository" } else { path };
    match rev {
        Some(rev) => format!("{path} at {rev}"),
        None => path.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_link_has_a_path_a_revision_and_lines() {
        for (rest, href) in [
            ("src/main.rs", "/browser/src/main.rs"),
            ("/src/", "/browser/src"),
            ("/", "/browser"),
            ("@v1.0", "/browser?rev=v1.0"),
            ("src/main.rs@v1.0", "/browser/src/main.rs?rev=v1.0"),
            ("src/main.rs@feature/doors#L10-L20", "/browser/src/main.rs?rev=feature/doors#L10-L20"),
            ("src/main.rs#L10", "/browser/src/main.rs#L10"),
            ("src/main.rs@v1:10-20", "/browser/src/main.rs?rev=v1#L10-L20"),
            ("src/main.rs@v1:10-20,30", "/browser/src/main.rs?rev=v1&marks=10-20,30#L10"),
            ("src/main.rs@v1:10-20,30#L30", "/browser/src/main.rs?rev=v1&marks=10-20,30#L30"),
            ("a b/c#d?.txt", "/browser/a%20b/c%23d%3F.txt"),
            ("trunk/@1a2b", "/browser/trunk?rev=1a2b"),
            ("packages/@scope/name", "/browser/packages/@scope/name"),
            ("a&b@c&d", "/browser/a%26b?rev=c%26d"),
        ] {
            assert_eq!(Source::read(rest).map(|source| source.link().href), Some(href.to_owned()), "{rest}");
        }
        for bad in ["a@", "a@b:c", "a@:10"] {
            assert_eq!(Source::read(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_log_link_may_name_a_range() {
        for (rest, href) in [
            ("src@v1", "/log/src?rev=v1"),
            ("@a1b2..c3d4", "/log?rev=c3d4&stop_rev=a1b2"),
            ("src@1a2b:3c4d", "/log/src?rev=3c4d&stop_rev=1a2b"),
            ("@1a2b-3c4d", "/log?rev=3c4d&stop_rev=1a2b"),
            ("@my-branch", "/log?rev=my-branch"),
            ("", "/log"),
        ] {
            assert_eq!(log_link(rest).href, href, "{rest}");
        }
    }

    #[test]
    fn a_diff_link_has_two_states() {
        for (rest, href) in [
            ("@v1..v2", "/diff?old=v1&new=v2"),
            ("src@v1:v2", "/diff?old=v1&new=v2&old_path=src&new_path=src"),
            ("src@v1", "/diff?old=v1&old_path=src&new_path=src"),
            ("a@v1:b@v2", "/diff?old=v1&new=v2&old_path=a&new_path=b"),
            ("a@v1//b@v2", "/diff?old=v1&new=v2&old_path=a&new_path=b"),
        ] {
            assert_eq!(
                Diff::read(rest).and_then(|diff| diff.link(&[])).map(|link| link.href),
                Some(href.to_owned()),
                "{rest}"
            );
        }
        assert_eq!(Diff::read("src"), None);
    }

    #[test]
    fn an_export_link_is_written_in_two_ways() {
        for (rest, href) in [
            ("src/a.rs@v1", "/export/v1/src/a.rs"),
            ("v1:src/a.rs", "/export/v1/src/a.rs"),
            ("feature/x:src/a.rs", "/export/feature%2Fx/src/a.rs"),
            ("src/a.rs", "/export/HEAD/src/a.rs"),
        ] {
            assert_eq!(export_link(rest).map(|link| link.href), Some(href.to_owned()), "{rest}");
        }
        for bad in ["", "@v1", "a@"] {
            assert!(export_link(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn a_commit_is_named_by_the_beginning_of_its_id() {
        assert_eq!(commit_of("1A2B3C4/tools#x"), Some(("1a2b3c4".to_owned(), "/tools#x")));
        assert_eq!(commit_of("main"), None);
        assert_eq!(keys_of("1a2b3c"), ["1a2b", "1a2b3", "1a2b3c"]);
    }
}
