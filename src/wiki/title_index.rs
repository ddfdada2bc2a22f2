//! The macro `TitleIndex` (row A01): lists of pages by the beginning of their names, their tags and patterns.

use super::WIKI_VIEW;
use super::list_pages::{Node, tree};
use super::macros::{named, nothing, number, page_link, prefix, refuse_unknown};
use super::store::{self, PageRow};
use super::tag_store;
use crate::base::error::{Error, Result};
use crate::base::markup::{Arguments, Context, Html, Macro};
use crate::base::text::fold;

/// Pages that are listed, and that are looked at for it.
const MOST_ROWS: usize = 200;
const MOST_READ: usize = 2000;
const FORMATS: &str = "`list`, `tree`, `group` or `compact`";

pub const TITLE_INDEX: Macro = Macro {
    name: "TitleIndex",
    doc: "A list of pages: `TitleIndex(prefix, format=list)`. The format is `list`, `tree`, `group` or `compact`; `depth` is how \
          many parts of a name are shown, `min` how many pages make a group, and `tag` keeps to pages that have it. `include` \
          and `exclude` are patterns such as `*/Notes` or `2026-?`, parted by colons. With `hideprefix` the beginning of the \
          names is left out.",
    example: "[[TitleIndex(Manual)]]",
    block: true,
    targets: |_, _| Vec::new(),
    run,
};

/// What was asked for.
struct Asked<'a> {
    prefix: String,
    hides_prefix: bool,
    format: &'a str,
    depth: usize,
    least: usize,
    tag: Option<String>,
    include: Vec<String>,
    exclude: Vec<String>,
}

fn asked<'a>(context: &Context<'_>, arguments: &'a Arguments) -> Result<Asked<'a>> {
    refuse_unknown(arguments, &["format", "depth", "min", "tag", "include", "exclude", "hideprefix"])?;
    let format = match named(arguments, "format").unwrap_or("list") {
        // As Trac calls it.
        "hierarchy" => "tree",
        known @ ("list" | "tree" | "group" | "compact") => known,
        other => return Err(Error::invalid("format", format!("`format` is {FORMATS}, not “{other}”."))),
    };
    let patterns = |name| {
        let written = named(arguments, name).unwrap_or_default();
        written.split(':').map(|pattern| fold(pattern.trim())).filter(|pattern| !pattern.is_empty()).collect()
    };
    let hides_prefix = arguments.positional.iter().skip(1).any(|word| word == "hideprefix")
        || named(arguments, "hideprefix").is_some_and(|value| !matches!(value, "no" | "false" | "0"));
    Ok(Asked {
        prefix: prefix(context, arguments),
        hides_prefix,
        format,
        depth: number(arguments, "depth", MOST_ROWS)?,
        least: number(arguments, "min", 2)?,
        tag: named(arguments, "tag").map(|tag| fold(tag.trim())),
        include: patterns("include"),
        exclude: patterns("exclude"),
    })
}

fn run(context: &Context<'_>, arguments: &Arguments) -> Result<Html> {
    let asked = asked(context, arguments)?;
    let (pages, more) = pages(context, &asked)?;
    if pages.is_empty() {
        return Ok(nothing("No pages of that name."));
    }
    let label = |page: &PageRow| label(page, &asked);
    let mut html = Html::default();
    html.tag("<div class=\"title-index\">");
    match asked.format {
        "tree" => nodes(&mut html, &tree(&pages, 0, context.root, &|_| None)),
        "compact" => {
            html.tag("<p>");
            for (at, page) in pages.iter().enumerate() {
                if at > 0 {
                    html.text(", ");
                }
                page_link(&mut html, context, page, &label(page));
            }
            html.tag("</p>");
        }
        "group" => {
            for (name, group) in groups(&pages, asked.least) {
                html.tag("<p><strong>").text(&name).tag("</strong></p>");
                list(&mut html, context, &group, &label);
            }
        }
        _ => list(&mut html, context, &pages.iter().collect::<Vec<_>>(), &label),
    }
    if more {
        html.tag("<p><a")
            .attribute("href", &format!("{}/wiki?action=index", context.root))
            .tag(">")
            .text("All pages")
            .tag("</a></p>");
    }
    html.tag("</div>");
    Ok(html)
}

/// The pages to be listed, by name, and whether there are more.
fn pages(context: &Context<'_>, asked: &Asked<'_>) -> Result<(Vec<PageRow>, bool)> {
    if !context.viewer.may(WIKI_VIEW) {
        return Ok((Vec::new(), false));
    }
    let mut pages = match &asked.tag {
        None => store::list(context.db, context.viewer, &asked.prefix, MOST_READ)?,
        Some(tag) => tag_store::tagged(context.db, context.viewer, tag, MOST_READ, 0)?,
    };
    let any = |patterns: &[String], name: &str| patterns.iter().any(|pattern| fits(pattern, name));
    pages.retain(|page| {
        page.folded.starts_with(&asked.prefix)
            && page.name.split('/').count() <= asked.depth
            && (asked.include.is_empty() || any(&asked.include, &page.folded))
            && !any(&asked.exclude, &page.folded)
    });
    let more = pages.len() > MOST_ROWS;
    pages.truncate(MOST_ROWS);
    Ok((pages, more))
}

/// How a page is called in the list.
fn label(page: &PageRow, asked: &Asked<'_>) -> String {
    if !page.title.is_empty() || !asked.hides_prefix {
        return page.called().to_owned();
    }
    // The folded name may be longer or shorter than the name: characters are counted, and only where they agree.
    let hidden = asked.prefix.chars().count();
    let rest: String = page.name.chars().skip(hidden).collect();
    let agrees = fold(&page.name.chars().take(hidden).collect::<String>()) == asked.prefix;
    let rest = rest.trim_start_matches('/');
    if agrees && !rest.is_empty() { rest.to_owned() } else { page.name.clone() }
}

fn list(html: &mut Html, context: &Context<'_>, pages: &[&PageRow], label: &dyn Fn(&PageRow) -> String) {
    html.tag("<ul>");
    for page in pages {
        html.tag("<li>");
        page_link(html, context, page, &label(page));
        html.tag("</li>");
    }
    html.tag("</ul>");
}

fn nodes(html: &mut Html, list: &[Node]) {
    html.tag("<ul>");
    for node in list {
        html.tag("<li>");
        match &node.href {
            Some(href) => html.tag("<a").attribute("href", href).tag(">").text(&node.name).tag("</a>"),
            None => html.text(&node.name),
        };
        if !node.children.is_empty() {
            nodes(html, &node.children);
        }
        html.tag("</li>");
    }
    html.tag("</ul>");
}

/// Pages by the first part of their names; parts with fewer than `least` pages come together at the end.
fn groups(pages: &[PageRow], least: usize) -> Vec<(String, Vec<&PageRow>)> {
    let mut groups: Vec<(String, Vec<&PageRow>)> = Vec::new();
    let first = |name: &str| name.split('/').next().unwrap_or_default().to_owned();
    for page in pages {
        let name = first(&page.name);
        match groups.iter_mut().find(|(known, _)| fold(known) == fold(&name)) {
            Some((_, group)) => group.push(page),
            None => groups.push((name, vec![page])),
        }
    }
    let (mut groups, small): (Vec<_>, Vec<_>) = groups.into_iter().partition(|(_, group)| group.len() >= least);
    let small: Vec<&PageRow> = small.into_iter().flat_map(|(_, group)| group).collect();
    if !small.is_empty() {
        groups.push(("Others".to_owned(), small));
    }
    groups
}

/// Whether a name fits a pattern in which `*` stands for anything and `?` for one character.
fn fits(pattern: &str, name: &str) -> bool {
    let (pattern, name): (Vec<char>, Vec<char>) = (pattern.chars().collect(), name.chars().collect());
    let (mut at, mut of) = (0, 0);
    // Where the last star stands, and how much of the name it has taken.
    let mut star: Option<(usize, usize)> = None;
    while of < name.len() {
        match pattern.get(at) {
            Some('*') => {
                star = Some((at, of));
                at += 1;
            }
            Some(sign) if *sign == '?' || *sign == name[of] => {
                at += 1;
                of += 1;
            }
            _ => {
                let Some((place, taken)) = star else { return false };
                star = Some((place, taken + 1));
                at = place + 1;
                of = taken + 1;
            }
        }
    }
    pattern[at..].iter().all(|sign| *sign == '*')
}

#[cfg(test)]
mod tests {
    use super::fits;

    #[test]
    fn patterns_fit_whole_names() {
        for (pattern, name, expected) in [
            ("*", "anything/at all", true),
            ("a*", "a", true),
            ("a*c", "abbbc", true),
            ("a*c", "abbb", false),
            ("?b", "ab", true),
            ("?b", "b", false),
            ("*/notes", "2026/notes", true),
            ("*/notes", "notes", false),
            ("*a*a*", "banana", true),
            ("", "", true),
            ("", "a", false),
        ] {
            assert_eq!(fits(pattern, name), expected, "{pattern} {name}");
        }
    }
}
