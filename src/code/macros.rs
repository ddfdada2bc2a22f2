//! `[[Commits(limit=, author=, path=, ticket=, branch=, repository=, since=)]]`: what was committed, newest first;
//! and `[[RepositoryIndex]]`.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;
use std::time::{Duration, Instant as Clock};

use git2::Oid;

use super::listed::{self, Author, Listed, Wanted};
use super::repository::{self, Repository};
use super::{BROWSER_VIEW, CHANGESET_VIEW, changeset_href, git, place, short};
use crate::base::error::{Error, Result};
use crate::base::markup::{Arguments, Context, Here, Html, LinkTarget, Macro};
use crate::base::moment;
use crate::base::time::Instant;

pub const COMMITS: Macro = Macro {
    name: "Commits",
    doc: "The newest commits: `Commits(limit=10)`. `ticket=12` keeps to those that name a ticket, `author=kim` to those of one \
          person, `since=2026-11-01` or `since=7d` to those from then on, `repository=tools` to one repository, `branch=main` \
          to what is on a branch or tag, `path=src` to what changed a file or folder.",
    example: "[[Commits(limit=5)]]",
    block: true,
    targets,
    run,
};

pub const REPOSITORY_INDEX: Macro = Macro {
    name: "RepositoryIndex",
    doc: "The repositories of the project with what is said of each: `RepositoryIndex(format=list)`; the format is `list` or \
          `compact`.",
    example: "[[RepositoryIndex]]",
    block: true,
    targets: |_, _| Vec::new(),
    run: repository_index,
};

const KNOWN: [&str; 7] = ["limit", "author", "path", "ticket", "branch", "repository", "since"];
const MOST_ROWS: usize = 200;
/// Looking through the history of a branch or path ends after so much time, and after so many commits.
const LONGEST_LOOK: Duration = Duration::from_millis(60);
const MOST_LOOKED_AT: usize = 20_000;
/// Commits of a history that the database is asked for at once.
const AT_ONCE: usize = 500;

fn targets(_: Option<&Here>, arguments: &Arguments) -> Vec<LinkTarget> {
    let number = named(arguments, "ticket").and_then(|text| ticket_of(text).ok());
    number.map(|number| LinkTarget::new("ticket", number.to_string())).into_iter().collect()
}

fn run(context: &Context<'_>, arguments: &Arguments) -> Result<Html> {
    refuse_unknown(arguments)?;
    let limit = limit(arguments)?;
    let mut wanted = wanted(context, arguments)?;
    let (branch, path) = (named(arguments, "branch"), named(arguments, "path").map(|path| path.trim_matches('/')));
    let path = path.filter(|path| !path.is_empty());
    if !context.viewer.may(CHANGESET_VIEW) {
        return Ok(nothing());
    }
    let asked = named(arguments, "repository");
    let repository = match asked {
        Some(name) => Some(repository::by_name(context.db, name)?.ok_or_else(|| no_repository(name))?),
        None => None,
    };
    let (found, whole) = if branch.is_some() || path.is_some() {
        // The first part of a path may name the repository, as in addresses.
        let (repository, path) = match repository {
            Some(repository) => (Some(repository), path),
            None => placed(context, path)?,
        };
        let Some(repository) = repository else { return Ok(nothing()) };
        wanted.repository = Some(repository.id);
        walked(context, &repository, branch, path, wanted, limit)?
    } else {
        wanted.repository = repository.map(|repository| repository.id);
        (listed::newest(context.db, context.viewer, &wanted, limit)?, true)
    };
    let mut html = if found.is_empty() && whole { nothing() } else { list(context, &found) };
    if !whole {
        html.tag("<p class=\"muted\">Only a part of the history was looked through: there may be more.</p>");
    }
    Ok(html)
}

fn repository_index(context: &Context<'_>, arguments: &Arguments) -> Result<Html> {
    let is_compact = match named(arguments, "format") {
        None | Some("list") => false,
        Some("compact") => true,
        Some(other) => {
            return Err(Error::invalid("format", format!("“{other}” is no format; there are `list` and `compact`.")));
        }
    };
    let all = if context.viewer.may(BROWSER_VIEW) { repository::list(context.db)? } else { Vec::new() };
    let mut html = Html::default();
    if all.is_empty() {
        html.tag("<p class=\"muted\">No repositories.</p>");
        return Ok(html);
    }
    html.tag(if is_compact { "<p>" } else { "<ul>" });
    for (at, repository) in all.iter().enumerate() {
        html.tag(match (is_compact, at) {
            (true, 0) => "",
            (true, _) => ", ",
            (false, _) => "<li>",
        });
        let href = format!("{}/browser{}", context.root, place::repository_tail(repository));
        html.tag("<a").attribute("href", &href).tag("><bdi>").text(&repository.name).tag("</bdi></a>");
        if !is_compact && !repository.description.is_empty() {
            html.tag(" <span class=\"muted\">").text(&repository.description).tag("</span>");
        }
        html.tag(if is_compact { "" } else { "</li>" });
    }
    html.tag(if is_compact { "</p>" } else { "</ul>" });
    Ok(html)
}

fn wanted(context: &Context<'_>, arguments: &Arguments) -> Result<Wanted> {
    Ok(Wanted {
        author: named(arguments, "author").map(|name| Author::called(context.db, name)).transpose()?,
        ticket: named(arguments, "ticket").map(ticket_of).transpose()?,
        since: named(arguments, "since").map(|text| since(context, text)).transpose()?,
        repository: None,
        shas: None,
    })
}

/// The repository in which a path of an address lies, and the path in it.
fn placed<'a>(context: &Context<'_>, path: Option<&'a str>) -> Result<(Option<Repository>, Option<&'a str>)> {
    let mut all = repository::list(context.db)?;
    let first = path.map(|path| path.split('/').next().unwrap_or(path));
    let named = all.iter().position(|one| !one.is_default && Some(one.name.as_str()) == first);
    let rest = |path: &'a str| path.split_once('/').map(|(_, rest)| rest);
    Ok(match named {
        Some(at) => (Some(all.swap_remove(at)), path.and_then(rest)),
        None => (all.into_iter().find(|one| one.is_default), path),
    })
}

/// The newest commits of a branch that changed the path, and whether all of it that matters was looked through.
fn walked(
    context: &Context<'_>,
    repository: &Repository,
    branch: Option<&str>,
    path: Option<&str>,
    mut wanted: Wanted,
    limit: usize,
) -> Result<(Vec<Listed>, bool)> {
    let opened = git::open(repository)?;
    let start = place::revision(&opened, repository, branch).map_err(|error| match error {
        Error::NotFound(message) | Error::Conflict(message) => Error::invalid("branch", message),
        other => other,
    })?;
    let unreadable = |error: git2::Error| {
        log::warn!("repository {}: {error}", repository.name);
        Error::conflict(format!("A part of the repository {} can't be read.", repository.name))
    };
    let mut walk = opened.revwalk().map_err(unreadable)?;
    walk.set_sorting(git2::Sort::TIME).map_err(unreadable)?;
    walk.push(start.commit).map_err(unreadable)?;
    let path = path.map(|path| Path::new(OsStr::from_bytes(path.as_bytes())));
    let begun = Clock::now();
    let (mut found, mut looked_at) = (Vec::new(), 0);
    loop {
        let (mut shas, mut taken, mut complete) = (Vec::new(), 0, true);
        for id in walk.by_ref() {
            let id = id.map_err(unreadable)?;
            if path.is_none_or(|path| changes(&opened, id, path)) {
                shas.push(id.to_string());
            }
            taken += 1;
            let late = looked_at + taken >= MOST_LOOKED_AT || begun.elapsed() > LONGEST_LOOK;
            if late || taken == AT_ONCE || shas.len() >= limit {
                complete = false;
                break;
            }
        }
        looked_at += taken;
        wanted.shas = Some(shas);
        found.extend(listed::newest(context.db, context.viewer, &wanted, limit - found.len())?);
        if complete || found.len() >= limit {
            return Ok((found, true));
        }
        if looked_at >= MOST_LOOKED_AT || begun.elapsed() > LONGEST_LOOK {
            return Ok((found, false));
        }
    }
}

/// Whether a commit changed what is at that path: it differs from what every parent has there. What can't be read is taken
/// for unchanged.
fn changes(opened: &git2::Repository, id: Oid, path: &Path) -> bool {
    let at = |commit: &git2::Commit<'_>| {
        let tree = commit.tree().ok()?;
        tree.get_path(path).ok().map(|entry| (entry.id(), entry.filemode()))
    };
    let Ok(commit) = opened.find_commit(id) else { return false };
    let own = at(&commit);
    if commit.parent_count() == 0 {
        return own.is_some();
    }
    commit.parents().all(|parent| at(&parent) != own)
}

fn list(context: &Context<'_>, commits: &[Listed]) -> Html {
    let zone = context.viewer.zone();
    let mut html = Html::default();
    html.tag("<ul class=\"commits\">");
    for commit in commits {
        let when = commit.committed_at.when(&zone);
        html.tag("<li><a")
            .attribute("href", &format!("{}{}", context.root, changeset_href(&commit.sha)))
            .tag("><code>");
        html.text(short(&commit.sha)).tag("</code> <bdi>").text(&commit.subject()).tag("</bdi></a>");
        html.tag(" <span class=\"muted\"><bdi>").text(&context.viewer.shown_name(&commit.author)).tag("</bdi>, <time");
        html.attribute("datetime", &when.iso).attribute("title", &when.exact).tag(">").text(&when.ago);
        html.tag("</time></span></li>");
    }
    html.tag("</ul>");
    html
}

fn nothing() -> Html {
    let mut html = Html::default();
    html.tag("<p class=\"muted\">No commits.</p>");
    html
}

fn no_repository(name: &str) -> Error {
    Error::invalid("repository", format!("There is no repository “{name}”."))
}

fn named<'a>(arguments: &'a Arguments, name: &str) -> Option<&'a str> {
    let found = arguments.named.iter().find(|(key, _)| key == name);
    found.map(|(_, value)| value.trim()).filter(|value| !value.is_empty())
}

fn refuse_unknown(arguments: &Arguments) -> Result<()> {
    let by_name = arguments.named.iter().map(|(name, _)| name).find(|name| !KNOWN.contains(&name.as_str()));
    match by_name.or_else(|| arguments.positional.iter().find(|value| !value.trim().is_empty())) {
        Some(name) => {
            Err(Error::invalid("Commits", format!("It has no value “{name}”; known are {}.", KNOWN.join(", "))))
        }
        None => Ok(()),
    }
}

fn limit(arguments: &Arguments) -> Result<usize> {
    let Some(text) = named(arguments, "limit") else { return Ok(10) };
    text.parse()
        .ok()
        .filter(|number| (1..=MOST_ROWS).contains(number))
        .ok_or_else(|| Error::invalid("limit", format!("`limit` is a number from 1 to {MOST_ROWS}, not “{text}”.")))
}

fn ticket_of(text: &str) -> Result<i64> {
    let number = text.strip_prefix('#').unwrap_or(text);
    let plain = number.len() <= 10 && !number.starts_with('0') && number.bytes().all(|byte| byte.is_ascii_digit());
    number
        .parse()
        .ok()
        .filter(|number| plain && (1..=i64::from(i32::MAX)).contains(number))
        .ok_or_else(|| Error::invalid("ticket", format!("“{text}” is no number of a ticket.")))
}

/// A date, a time, or so many days (`7d`), weeks, months or years before now.
fn since(context: &Context<'_>, text: &str) -> Result<Instant> {
    let days = text.strip_suffix(['d', 'w', 'm', 'y']).and_then(|count| {
        let count: i64 = count.parse().ok().filter(|count| (0..=100_000).contains(count))?;
        Some(
            count
                * if text.ends_with('d') {
                    1
                } else if text.ends_with('w') {
                    7
                } else if text.ends_with('m') {
                    30
                } else {
                    365
                },
        )
    });
    match days {
        Some(days) => Ok(Instant::now().plus_seconds(-days * 86_400)),
        None => moment::parse(text, &context.viewer.zone(), None)
            .map(|moment| moment.begin)
            .map_err(|problem| Error::invalid("since", problem)),
    }
}
