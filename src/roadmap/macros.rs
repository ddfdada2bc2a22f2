//! The macros `Roadmap`, `Milestone` and `Progress`: how far milestones are, inside texts. Their numbers lead to the tickets.

use crate::base::error::{Error, Result};
use crate::base::markup::{Arguments, Context, Here, Html, LinkTarget, Macro};
use crate::milestone::MILESTONE_VIEW;
use crate::milestone::due::{self, Clock};
use crate::milestone::name::{MilestoneName, href_of};
use crate::milestone::store::{self, MilestoneRow};
use crate::roadmap::progress::{self, Progress};
use crate::ticket::fields::Choices;

const MOST_ROWS: usize = 100;

pub const MACROS: &[Macro] = &[
    Macro {
        name: "Roadmap",
        doc: "The milestones with what is done of each: `Roadmap(limit=20)`. `show=completed` adds those that are completed, \
              `show=noduedate` leaves out those without a date, `show=completed|noduedate` does both.",
        example: "[[Roadmap(limit=5)]]",
        block: true,
        targets: none,
        run: roadmap,
    },
    Macro {
        name: "Milestone",
        doc: "One milestone with its date and what is done of it: `Milestone(name)`.",
        example: "[[Milestone(First release)]]",
        block: true,
        targets: named_target,
        run: milestone,
    },
    Macro {
        name: "Progress",
        doc: "What is done of a milestone, within a sentence: `Progress(milestone=name)`.",
        example: "[[Progress(milestone=First release)]]",
        block: false,
        targets: named_target,
        run: bar,
    },
];

fn none(_: Option<&Here>, _: &Arguments) -> Vec<LinkTarget> {
    Vec::new()
}

/// The milestone that a call names, with or without `milestone=`.
fn wanted(arguments: &Arguments) -> Option<&str> {
    let by_name = arguments.named.iter().find(|(name, _)| name == "milestone").map(|(_, value)| value.as_str());
    by_name.or_else(|| arguments.positional.first().map(String::as_str))
}

fn named_target(_: Option<&Here>, arguments: &Arguments) -> Vec<LinkTarget> {
    let name = wanted(arguments).and_then(|name| MilestoneName::parse(name, "milestone").ok());
    name.map(|name| LinkTarget::new("milestone", name.folded().to_owned())).into_iter().collect()
}

/// An argument that nobody asked for is most often a typing error.
fn refuse_unknown(arguments: &Arguments, known: &[&str]) -> Result<()> {
    match arguments.named.iter().find(|(name, _)| !known.contains(&name.as_str())) {
        Some((name, _)) => {
            let message = format!("There is no argument `{name}`; known are {}.", known.join(", "));
            Err(Error::invalid(name.clone(), message))
        }
        None => Ok(()),
    }
}

fn found(context: &Context<'_>, arguments: &Arguments) -> Result<MilestoneRow> {
    refuse_unknown(arguments, &["milestone"])?;
    let written = wanted(arguments)
        .filter(|name| !name.trim().is_empty())
        .ok_or_else(|| Error::invalid("milestone", "It needs the name of a milestone."))?;
    let missing = || Error::invalid("milestone", format!("There is no milestone “{}”.", written.trim()));
    if !context.viewer.may(MILESTONE_VIEW) {
        return Err(missing());
    }
    let name = MilestoneName::parse(written, "milestone").map_err(|_| missing())?;
    store::meant(context.db, context.viewer, name.folded())?.ok_or_else(missing)
}

fn milestone(context: &Context<'_>, arguments: &Arguments) -> Result<Html> {
    let row = found(context, arguments)?;
    let mut html = Html::default();
    html.tag("<div class=\"milestones\">");
    entries(&mut html, context, std::slice::from_ref(&row))?;
    html.tag("</div>");
    Ok(html)
}

fn bar(context: &Context<'_>, arguments: &Arguments) -> Result<Html> {
    let row = found(context, arguments)?;
    let mut html = Html::default();
    for progress in bars(context, std::slice::from_ref(&row))? {
        drawing(&mut html, &progress);
        if progress.total == 0 {
            html.text(" no tickets");
            continue;
        }
        html.text(&format!(" {}% (", progress.percent));
        for segment in &progress.segments {
            number(&mut html, segment.href.as_deref(), &format!("{} {}", segment.count, segment.title));
            html.text(", ");
        }
        number(&mut html, progress.href.as_deref(), &format!("{} in all", progress.total));
        html.text(")");
    }
    Ok(html)
}

fn roadmap(context: &Context<'_>, arguments: &Arguments) -> Result<Html> {
    refuse_unknown(arguments, &["show", "limit"])?;
    let argument = |name: &str| arguments.named.iter().find(|(key, _)| key == name).map(|(_, value)| value.trim());
    let limit = match argument("limit") {
        None => 20,
        Some(text) => text.parse().ok().filter(|limit| (1..=MOST_ROWS).contains(limit)).ok_or_else(|| {
            Error::invalid("limit", format!("`limit` is a number from 1 to {MOST_ROWS}, not “{text}”."))
        })?,
    };
    let (mut completed, mut dated) = (false, false);
    for word in argument("show").unwrap_or_default().split('|').filter(|word| !word.is_empty()) {
        match word {
            "completed" => completed = true,
            "noduedate" => dated = true,
            other => {
                let message = format!("`show` is `completed` or `noduedate`, not “{other}”.");
                return Err(Error::invalid("show", message));
            }
        }
    }
    let mut rows =
        if context.viewer.may(MILESTONE_VIEW) { store::list(context.db, context.viewer)? } else { Vec::new() };
    rows.retain(|row| {
        row.completed_at.is_none() && (!dated || row.due.is_some()) || completed && row.completed_at.is_some()
    });
    let more = rows.len() > limit;
    rows.truncate(limit);
    let mut html = Html::default();
    if rows.is_empty() {
        html.tag("<p class=\"muted\">").text("No milestones.").tag("</p>");
        return Ok(html);
    }
    html.tag("<div class=\"milestones\">");
    entries(&mut html, context, &rows)?;
    if more {
        let href = format!("{}/roadmap", context.root);
        html.tag("<p><a").attribute("href", &href).tag(">").text("All milestones").tag("</a></p>");
    }
    html.tag("</div>");
    Ok(html)
}

fn bars(context: &Context<'_>, rows: &[MilestoneRow]) -> Result<Vec<Progress>> {
    let choices = Choices::load(context.db, context.viewer)?;
    let bars = progress::of_milestones(context.db, context.viewer, rows, &choices, context.root)?;
    Ok(bars.into_iter().map(|(_, progress)| progress).collect())
}

fn entries(html: &mut Html, context: &Context<'_>, rows: &[MilestoneRow]) -> Result<()> {
    let clock = Clock::of(context.db)?;
    for (row, progress) in rows.iter().zip(bars(context, rows)?) {
        let standing = due::standing(row, &clock);
        html.tag("<div class=\"milestone\"><p class=\"milestone-head\"><a")
            .tag(if row.completed_at.is_some() { " class=\"closed\"" } else { "" })
            .attribute("href", &format!("{}{}", context.root, href_of(&row.name)))
            .tag("><bdi>")
            .text(&row.name)
            .tag("</bdi></a> <span")
            .attribute("class", &format!("due due-{}", standing.state.name()))
            .tag(">")
            .text(&standing.sentence())
            .tag("</span></p><div class=\"progress\"><p class=\"progress-bar\">");
        drawing(html, &progress);
        html.tag("<span class=\"progress-percent\">").text(&format!("{}%", progress.percent)).tag("</span></p>");
        counts(html, &progress);
        html.tag("</div></div>");
    }
    Ok(())
}

/// The bar, drawn as `ui.bar` of the templates draws it.
fn drawing(html: &mut Html, progress: &Progress) {
    let sentence = format!("{}% done of {} {}", progress.percent, progress.total, tickets(progress.total));
    html.tag("<svg class=\"bar\" viewBox=\"0 0 100 10\" preserveAspectRatio=\"none\" role=\"img\" focusable=\"false\"")
        .attribute("aria-label", &sentence)
        .tag("><rect class=\"bar-ground\" width=\"100\" height=\"10\"/>");
    for segment in progress.segments.iter().filter(|segment| segment.width > 0.0) {
        html.tag("<rect")
            .attribute("class", &format!("bar-{}", segment.kind))
            .attribute("x", &segment.x.to_string())
            .attribute("width", &segment.width.to_string())
            .tag(" height=\"10\"/>");
    }
    html.tag("</svg>");
}

/// The numbers, as `ui.counts` of the templates lists them.
fn counts(html: &mut Html, progress: &Progress) {
    html.tag("<ul class=\"counts\">");
    if progress.total == 0 {
        html.tag("<li class=\"muted\">").text("No tickets yet").tag("</li></ul>");
        return;
    }
    for segment in &progress.segments {
        html.tag("<li><svg class=\"key\" viewBox=\"0 0 10 10\" width=\"10\" height=\"10\" aria-hidden=\"true\" focusable=\"false\"><rect")
            .attribute("class", &format!("bar-{}", segment.kind))
            .tag(" width=\"10\" height=\"10\"/></svg>");
        number(html, segment.href.as_deref(), &format!("{} {}", segment.count, segment.title));
        html.tag("</li>");
    }
    html.tag("<li class=\"muted\">");
    number(html, progress.href.as_deref(), &format!("{} in all", progress.total));
    html.tag("</li></ul>");
}

fn number(html: &mut Html, href: Option<&str>, words: &str) {
    match href {
        Some(href) => html.tag("<a").attribute("href", href).tag(">").text(words).tag("</a>"),
        None => html.text(words),
    };
}

fn tickets(count: i64) -> &'static str {
    if count == 1 { "ticket" } else { "tickets" }
}
