//! `[[Code(src/main.rs@v1.0#L10-L20)]]`: lines of a file, quoted as they are at that revision, with a word on what has become of
//! them on the default branch.

use std::time::Duration;

use super::place::{self, asked};
use super::source::{self, Content};
use super::{FILE_VIEW, git, link, short, tree};
use crate::base::error::{Error, Result};
use crate::base::markup::{Arguments, Context, Here, Html, LinkTarget, Macro, file_block, highlighted, language_of};
use crate::base::text::unseen;
use crate::web::address;

pub const CODE: Macro = Macro {
    name: "Code",
    doc: "Quotes lines of a file of the repository: `Code(src/main.rs@v1.0#L10-L20)`. Without a revision the lines are those of \
          the default branch; with one, it says whether they still stand like that there.",
    example: "[[Code(src/main.rs@v1.0#L10-L20)]]",
    block: true,
    targets,
    run,
};

/// Without lines, so many from the beginning are quoted; more than that never.
const MOST_LINES: usize = 200;
/// Larger files are not read for a quotation.
const LARGEST: u64 = 1 << 20;
const TIME: Duration = Duration::from_millis(60);

fn targets(here: Option<&Here>, arguments: &Arguments) -> Vec<LinkTarget> {
    link::file_targets(here, written(arguments))
}

fn written(arguments: &Arguments) -> &str {
    arguments.positional.first().map(|place| place.trim()).unwrap_or_default()
}

fn run(context: &Context<'_>, arguments: &Arguments) -> Result<Html> {
    if let Some((name, _)) = arguments.named.first() {
        return Err(Error::invalid(
            "Code",
            format!("It has no value “{name}”; it takes a file: [[Code(src/main.rs@v1.0#L10-L20)]]."),
        ));
    }
    let wanted = link::Source::read(written(arguments))
        .filter(|source| !source.path.is_empty())
        .ok_or_else(|| Error::invalid("Code", "It needs a file, as in [[Code(src/main.rs@v1.0#L10-L20)]]."))?;
    let nothing = || Error::invalid("Code", format!("There is no file “{}” to quote.", wanted.path));
    if !context.viewer.may(FILE_VIEW) {
        return Err(nothing());
    }
    // What is missing and what can't be read reads the same as what may not be seen.
    let place = place::open(asked(context.db, tree::segments(&address::path(&wanted.path)))?, wanted.rev.clone());
    let place = place.map_err(|_| nothing())?;
    let lines = |commit| file_lines(&place, commit);
    let text = lines(place.commit())?.ok_or_else(nothing)?;
    let all: Vec<&str> = text.lines().collect();
    let (first, last) = wanted.line_range().unwrap_or((1, MOST_LINES));
    let last = last.min(all.len()).min(first + MOST_LINES - 1);
    if first > last {
        return Err(Error::invalid("Code", format!("“{}” has {} lines.", wanted.path, all.len())));
    }
    let quoted = &all[first - 1..last];
    let mut html = Html::default();
    html.tag("<figure class=\"quoted-code\"><figcaption><a")
        .attribute("href", &format!("{}{}", context.root, wanted.link().href));
    html.tag("><bdi>").text(&wanted.path).tag("</bdi></a> <span class=\"muted\">");
    html.text(&if first == last { format!("line {first}") } else { format!("lines {first} to {last}") });
    if wanted.rev.is_some() {
        html.text(&format!(" at {}", place.called()));
    }
    html.tag("</span>");
    if wanted.rev.is_some() {
        let (name, head) = place::default_head(&place.git, &place.repository)?;
        if head != place.commit() {
            let branch =
                name.map_or_else(|| short(&head.to_string()).to_owned(), |name| git::one_line(name.as_bytes()));
            html.text(&format!(" {}", became(quoted, first, lines(head)?.as_deref(), &branch)));
        }
    }
    let code = unseen::named(&quoted.join("\n")).into_owned() + "\n";
    let coloured = highlighted(&code, language_of(&wanted.path, &text), TIME);
    html.tag("</figcaption><pre class=\"code\" tabindex=\"0\"><code>");
    html.html(&file_block(&code, &coloured, first)).tag("</code></pre></figure>");
    Ok(html)
}

/// The text of the file at a commit; none if there is none of that size.
fn file_lines(place: &place::Place, commit: git2::Oid) -> Result<Option<String>> {
    let entry = tree::find(&place.git, tree::root(&place.git, commit)?, &place.path)?;
    let Some(entry) = entry.filter(|entry| entry.kind().is_file()) else { return Ok(None) };
    if tree::size(&place.git, entry.id)? > LARGEST {
        return Ok(None);
    }
    let blob = place.git.find_blob(entry.id).map_err(|error| tree::unreadable(&error))?;
    Ok(match source::content(blob.content()) {
        Content::Text { text, .. } => Some(text),
        Content::Binary | Content::Pointer { .. } => None,
    })
}

/// What has become of quoted lines on a branch, in a sentence.
fn became(quoted: &[&str], first: usize, now: Option<&str>, branch: &str) -> String {
    let Some(now) = now else { return format!("The file is no longer there on {branch}.") };
    let all: Vec<&str> = now.lines().collect();
    let same_at = |at: usize| all.get(at..at + quoted.len()) == Some(quoted);
    if same_at(first - 1) {
        return format!("The same on {branch}.");
    }
    match (0..all.len()).find(|at| same_at(*at)) {
        Some(at) => format!("On {branch} they are lines {} to {}.", at + 1, at + quoted.len()),
        None => format!("On {branch} these lines differ."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_stay_move_change_or_go() {
        let quoted = ["b", "c"];
        for (now, says) in [
            (Some("a\nb\nc\n"), "The same on main."),
            (Some("x\na\nb\nc"), "On main they are lines 3 to 4."),
            (Some("a\nb\nd"), "On main these lines differ."),
            (None, "The file is no longer there on main."),
        ] {
            assert_eq!(became(&quoted, 2, now, "main"), says);
        }
    }
}
