//! What texts can show of the wiki: changes, lists of pages, contents, other pages.

use super::WIKI_VIEW;
use super::name::{PageName, absolute, href_of};
use super::reference::reference;
use super::shown;
use super::store::{self, PageRow};
use super::title_index::TITLE_INDEX;
use crate::base::error::{Error, Result};
use crate::base::link;
use crate::base::markup::{self, Arguments, Context, Flavour, Heading, Here, Html, LinkTarget, Macro};
use crate::base::resource::Resource;
use crate::base::time::Instant;

const MOST_ROWS: usize = 200;

pub const MACROS: &[Macro] = &[
    Macro {
        name: "RecentChanges",
        doc: "The pages that were changed last: `RecentChanges(prefix, limit=10, group=date, minor=yes)`. The prefix keeps to \
              pages whose names begin so; `group` is `date` or `none`; `minor=no` leaves small changes out.",
        example: "[[RecentChanges(limit=3, group=none)]]",
        block: true,
        targets: none,
        run: recent_changes,
    },
    TITLE_INDEX,
    Macro {
        name: "PageOutline",
        doc: "The headings of this text: `PageOutline(2-3, title=Contents)`. The range says which levels.",
        example: "[[PageOutline(2-2)]]",
        block: true,
        targets: none,
        run: page_outline,
    },
    Macro {
        name: "Include",
        doc: "The text of another page: `Include(Page)`, or one section of it: `Include(Page, heading-id)`.",
        example: "[[Include(SandBox)]]",
        block: true,
        targets: included,
        run: include,
    },
    Macro {
        name: "Backlinks",
        doc: "What links to this page, or to another one: `Backlinks(Page)`.",
        example: "[[Backlinks(WikiStart)]]",
        block: true,
        targets: none,
        run: backlinks,
    },
    super::intermap::INTER_WIKI,
    Macro {
        name: "Reference",
        doc: "A table of what is defined in the program: `Reference(permissions)`, `Reference(settings)`, `Reference(links)`, `Reference(fields)` or `Reference(commands)`.",
        example: "[[Reference(settings)]]",
        block: true,
        targets: none,
        run: reference,
    },
    Macro {
        name: "MacroList",
        doc: "Every macro with its description, or one of them: `MacroList(Include)`.",
        example: "[[MacroList(MacroList)]]",
        block: true,
        targets: none,
        run: macro_list,
    },
];

fn none(_: Option<&Here>, _: &Arguments) -> Vec<LinkTarget> {
    Vec::new()
}

pub(super) fn named<'a>(arguments: &'a Arguments, name: &str) -> Option<&'a str> {
    arguments.named.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
}

pub(super) fn number(arguments: &Arguments, name: &str, otherwise: usize) -> Result<usize> {
    match named(arguments, name) {
        None => Ok(otherwise),
        Some(text) => {
            text.trim().parse().ok().filter(|number| (1..=MOST_ROWS).contains(number)).ok_or_else(|| {
                Error::invalid(name, format!("`{name}` is a number from 1 to {MOST_ROWS}, not “{text}”."))
            })
        }
    }
}

/// An argument that nobody asked for is most often a typing error.
pub(super) fn refuse_unknown(arguments: &Arguments, known: &[&str]) -> Result<()> {
    match arguments.named.iter().find(|(name, _)| !known.contains(&name.as_str())) {
        Some((name, _)) => Err(Error::invalid(
            name.clone(),
            match known {
                [] => format!("There is no argument `{name}`; this macro takes none by name."),
                known => format!("There is no argument `{name}`; known are {}.", known.join(", ")),
            },
        )),
        None => Ok(()),
    }
}

/// The first argument as the beginning of page names, relative to the page that the macro stands on.
pub(super) fn prefix(context: &Context<'_>, arguments: &Arguments) -> String {
    let written = arguments.positional.first().map_or("", |text| text.trim());
    let here = context.here.filter(|here| here.resource.is("page")).map(|here| here.name.as_str());
    let name = absolute(here, written).unwrap_or_default();
    crate::base::text::fold(&name)
}

pub(super) fn page_link(html: &mut Html, context: &Context<'_>, page: &PageRow, label: &str) {
    html.tag("<a")
        .attribute("href", &format!("{}{}", context.root, href_of(&page.name)))
        .tag(">")
        .text(label)
        .tag("</a>");
}

fn time(html: &mut Html, context: &Context<'_>, at: Instant) {
    let when = at.when(&context.viewer.zone());
    html.tag("<time")
        .attribute("datetime", &when.iso)
        .attribute("title", &when.exact)
        .tag(">")
        .text(&when.ago)
        .tag("</time>");
}

pub(super) fn nothing(sentence: &str) -> Html {
    let mut html = Html::default();
    html.tag("<p class=\"muted\">").text(sentence).tag("</p>");
    html
}

fn recent_changes(context: &Context<'_>, arguments: &Arguments) -> Result<Html> {
    refuse_unknown(arguments, &["limit", "group", "minor"])?;
    let limit = number(arguments, "limit", 10)?;
    let by_day = match named(arguments, "group").unwrap_or("date") {
        "date" => true,
        "none" => false,
        other => return Err(Error::invalid("group", format!("`group` is `date` or `none`, not “{other}”."))),
    };
    let recent = match named(arguments, "minor").unwrap_or("yes") {
        "yes" => store::recent,
        "no" => store::recent_but_minor,
        other => return Err(Error::invalid("minor", format!("`minor` is `yes` or `no`, not “{other}”."))),
    };
    if !context.viewer.may(WIKI_VIEW) {
        return Ok(nothing("No pages yet."));
    }
    let pages = recent(context.db, context.viewer, &prefix(context, arguments), limit)?;
    if pages.is_empty() {
        return Ok(nothing("No pages yet."));
    }
    let zone = context.viewer.zone();
    let mut html = Html::default();
    html.tag("<div class=\"recent-changes\">");
    let mut day = String::new();
    let mut open = false;
    for (page, comment) in &pages {
        let its_day = if by_day { page.changed_at.day(&zone) } else { String::new() };
        if !open || its_day != day {
            if open {
                html.tag("</ul>");
            }
            if by_day {
                html.tag("<p class=\"day\"><strong>").text(&its_day).tag("</strong></p>");
            }
            html.tag("<ul>");
            day = its_day;
            open = true;
        }
        html.tag("<li>");
        page_link(&mut html, context, page, page.called());
        html.tag(" <span class=\"muted\">");
        time(&mut html, context, page.changed_at);
        html.text(", ").tag("<bdi>").text(&page.author).tag("</bdi>");
        if page.version > 1 {
            let href = format!("{}{}?action=diff&version={}", context.root, href_of(&page.name), page.version);
            html.text(", ").tag("<a").attribute("href", &href).tag(">").text("what changed").tag("</a>");
        }
        html.tag("</span>");
        if !comment.is_empty() {
            html.tag(" <q>").text(comment).tag("</q>");
        }
        html.tag("</li>");
    }
    html.tag("</ul></div>");
    Ok(html)
}

fn page_outline(context: &Context<'_>, arguments: &Arguments) -> Result<Html> {
    refuse_unknown(arguments, &["title"])?;
    let range = arguments.positional.first().map_or("1-6", |text| text.trim());
    let (least, most) = range.split_once('-').unwrap_or((range, range));
    let level = |text: &str| text.trim().parse::<u8>().ok().filter(|level| (1..=6).contains(level));
    let (Some(least), Some(most)) = (level(least), level(most)) else {
        return Err(Error::invalid(
            "range",
            format!("The levels are a number from 1 to 6 or two of them, as 2-3, not “{range}”."),
        ));
    };
    let headings: Vec<&Heading> =
        context.outline.iter().filter(|heading| (least..=most).contains(&heading.level)).collect();
    if headings.is_empty() {
        return Ok(nothing("This text has no headings of these levels."));
    }
    let mut html = Html::default();
    html.tag("<nav class=\"toc\"").attribute("aria-label", named(arguments, "title").unwrap_or("Contents")).tag(">");
    if let Some(title) = named(arguments, "title") {
        html.tag("<p class=\"toc-title\">").text(title).tag("</p>");
    }
    outline(&mut html, &headings);
    html.tag("</nav>");
    Ok(html)
}

fn outline(html: &mut Html, headings: &[&Heading]) {
    html.tag("<ol>");
    let mut rest = headings;
    while let Some((first, after)) = rest.split_first() {
        let below = after.iter().take_while(|heading| heading.level > first.level).count();
        html.tag("<li><a").attribute("href", &format!("#{}", first.id)).tag(">").text(&first.text).tag("</a>");
        if below > 0 {
            outline(html, &after[..below]);
        }
        html.tag("</li>");
        rest = &after[below..];
    }
    html.tag("</ol>");
}

fn included_name(here: Option<&Here>, arguments: &Arguments) -> Option<PageName> {
    let written = arguments.positional.first()?.trim();
    let written = written.strip_prefix("wiki:").unwrap_or(written);
    let here = here.filter(|here| here.resource.is("page")).map(|here| here.name.as_str());
    PageName::parse(&absolute(here, written)?, "page").ok()
}

fn included(here: Option<&Here>, arguments: &Arguments) -> Vec<LinkTarget> {
    included_name(here, arguments).map(|name| LinkTarget::new("page", name.folded().to_owned())).into_iter().collect()
}

fn include(context: &Context<'_>, arguments: &Arguments) -> Result<Html> {
    refuse_unknown(arguments, &[])?;
    let name = included_name(context.here, arguments)
        .ok_or_else(|| Error::invalid("page", "Include needs the name of a page: `[[Include(Page)]]`."))?;
    let missing = || Error::invalid("page", format!("There is no page “{}”.", name.as_str()));
    if !context.viewer.may(WIKI_VIEW) {
        return Err(missing());
    }
    let page = store::lead(context.db, context.viewer, name.folded())?.ok_or_else(missing)?;
    let text = store::version(context.db, page.id, page.version)?.map(|version| version.text).unwrap_or_default();
    let compiled = (context.compiled)(&text, Flavour::Page)?;
    let wanted = match arguments.positional.get(1) {
        None => compiled,
        Some(heading) => {
            let section = markup::section(&text, &compiled.outline, heading.trim()).ok_or_else(|| {
                Error::invalid("heading", format!("“{}” has no heading `{}`.", page.name, heading.trim()))
            })?;
            (context.compiled)(&text[section], Flavour::Page)?
        }
    };
    let here = Here { resource: Resource::new("page", page.id), name: page.name };
    markup::resolve_nested(&wanted, context, Some(&here))
}

fn backlinks(context: &Context<'_>, arguments: &Arguments) -> Result<Html> {
    refuse_unknown(arguments, &["limit"])?;
    let limit = number(arguments, "limit", 50)?;
    let name = match (arguments.positional.first(), context.here) {
        (Some(_), here) => included_name(here, arguments),
        (None, Some(here)) if here.resource.is("page") => PageName::parse(&here.name, "page").ok(),
        (None, _) => None,
    };
    let name =
        name.ok_or_else(|| Error::invalid("page", "Backlinks needs the name of a page here: `[[Backlinks(Page)]]`."))?;
    if !context.viewer.may(WIKI_VIEW) {
        return Ok(nothing("Nothing links there."));
    }
    let keys = match store::lead(context.db, context.viewer, name.folded())? {
        Some(page) => store::keys_of(context.db, &page)?,
        None => vec![name.folded().to_owned()],
    };
    let components = context.vocabulary.components;
    let links = link::sources(context.db, components, context.viewer, ("page", &keys), limit, 0)?;
    let sources = shown::sources(context.db, components, context.viewer, context.root, &links)?;
    if sources.is_empty() {
        return Ok(nothing("Nothing links there."));
    }
    let mut html = Html::default();
    html.tag("<ul class=\"backlinks\">");
    for source in &sources {
        html.tag("<li><a").attribute("href", &source.href);
        if let Some(class) = source.class {
            html.attribute("class", class);
        }
        html.tag("><bdi>").text(&source.title).tag("</bdi></a></li>");
    }
    html.tag("</ul>");
    Ok(html)
}

fn macro_list(context: &Context<'_>, arguments: &Arguments) -> Result<Html> {
    refuse_unknown(arguments, &[])?;
    let only = arguments.positional.first().map(|text| text.trim());
    let mut macros: Vec<&Macro> =
        context.vocabulary.macros.iter().copied().filter(|one| only.is_none_or(|only| one.name == only)).collect();
    if let (Some(only), true) = (only, macros.is_empty()) {
        return Err(Error::invalid("name", format!("There is no macro `{only}`.")));
    }
    macros.sort_by_key(|one| one.name);
    let mut html = Html::default();
    html.tag("<dl class=\"macro-list\">");
    for one in macros {
        html.tag("<dt><code>").text(one.name).tag("</code></dt><dd>").html(&with_code(one.doc));
        html.tag("<br>").text("For example ").tag("<code>").text(one.example).tag("</code></dd>");
    }
    html.tag("</dl>");
    Ok(html)
}

/// A description in which `code` stands between backquotes.
pub(super) fn with_code(doc: &str) -> Html {
    let mut html = Html::default();
    for (at, piece) in doc.split('`').enumerate() {
        if at % 2 == 1 {
            html.tag("<code>").text(piece).tag("</code>");
        } else {
            html.text(piece);
        }
    }
    html
}
