//! `[[Timeline(days=7, limit=20)]]`: what happened lately, for whoever reads the page.

use super::TIMELINE_VIEW;
use super::asked::{Choice, choices, wanted_of};
use super::pages::{short, title_html};
use super::store;
use super::walk::{Page, walk};
use crate::base::error::{Error, Result};
use crate::base::markup::{Arguments, Context, Html, Macro};
use crate::base::moment;
use crate::base::time::Instant;

const MOST_ENTRIES: i64 = 100;
const MOST_DAYS: i64 = 3_650;

pub const TIMELINE: Macro = Macro {
    name: "Timeline",
    doc: "What happened lately: `Timeline(days=7, limit=20, filter=wiki)`. `filter` names one or more of the timeline's \
          filters, with blanks between them; without it the usual ones are taken. `author` keeps to what one person did.",
    example: "[[Timeline(days=7, limit=5, filter=wiki)]]",
    block: true,
    targets: |_, _| Vec::new(),
    run,
};

fn run(context: &Context<'_>, arguments: &Arguments) -> Result<Html> {
    let days = number(arguments, "days", 7, MOST_DAYS)?;
    let limit = number(arguments, "limit", 20, MOST_ENTRIES)?;
    refuse_unknown(arguments)?;
    let components = context.vocabulary.components;
    let names: Vec<&str> = named(arguments, "filter").unwrap_or_default().split_whitespace().collect();
    refuse_unknown_filters(context, &names)?;
    let choices = choices(components, context.viewer, |filter| names.contains(&filter.name));
    let none_is_seen = !names.is_empty() && !choices.iter().any(|one| one.chosen && names.contains(&one.filter.name));
    if none_is_seen || !context.viewer.may(TIMELINE_VIEW) {
        return Ok(nothing());
    }
    entries(context, arguments, &choices, days, limit)
}

fn entries(context: &Context<'_>, arguments: &Arguments, choices: &[Choice], days: i64, limit: i64) -> Result<Html> {
    let components = context.vocabulary.components;
    let zone = context.viewer.zone();
    let today = moment::day_of(Instant::now(), &zone);
    let mut wanted = wanted_of(components, choices);
    wanted.since = moment::day_begin(moment::days_later(today, -days), &zone);
    wanted.until = moment::day_begin(moment::days_later(today, 1), &zone);
    if let Some(author) = named(arguments, "author") {
        wanted.authors = Some(store::authors_called(context.db, &[author.trim().to_owned()])?);
    }
    let page = Page { from: None, skip: 0, size: limit as usize, counted: 0 };
    let walked = walk(context.db, components, context.viewer, &zone, &wanted, page)?;
    if walked.entries.is_empty() {
        return Ok(nothing());
    }
    let mut html = Html::default();
    html.tag("<ul class=\"recent-changes\">");
    for entry in &walked.entries {
        let when = entry.event.happened_at.when(&zone);
        html.tag("<li><a").attribute("href", &format!("{}{}", context.root, entry.href())).tag(">");
        html.html(&title_html(entry)).tag("</a> <span class=\"muted\"><time");
        html.attribute("datetime", &when.iso).attribute("title", &when.exact).tag(">").text(&when.ago);
        html.tag("</time>, <bdi>").text(&entry.author).tag("</bdi></span>");
        if !entry.told.excerpt.is_empty() {
            html.tag(" <q>").text(&short(&entry.told.excerpt)).tag("</q>");
        }
        html.tag("</li>");
    }
    html.tag("</ul>");
    Ok(html)
}

fn nothing() -> Html {
    let mut html = Html::default();
    html.tag("<p class=\"muted\">").text("Nothing happened in this time.").tag("</p>");
    html
}

fn named<'a>(arguments: &'a Arguments, name: &str) -> Option<&'a str> {
    arguments.named.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
}

fn number(arguments: &Arguments, name: &'static str, otherwise: i64, most: i64) -> Result<i64> {
    let Some(text) = named(arguments, name) else {
        return Ok(otherwise);
    };
    text.trim()
        .parse()
        .ok()
        .filter(|number| (1..=most).contains(number))
        .ok_or_else(|| Error::invalid(name, format!("`{name}` is a number from 1 to {most}, not “{text}”.")))
}

fn refuse_unknown(arguments: &Arguments) -> Result<()> {
    let known = ["days", "limit", "filter", "author"];
    let by_name = arguments.named.iter().map(|(name, _)| name).find(|name| !known.contains(&name.as_str()));
    match by_name.or_else(|| arguments.positional.iter().find(|value| !value.trim().is_empty())) {
        Some(name) => {
            Err(Error::invalid("Timeline", format!("It has no value “{name}”; known are {}.", known.join(", "))))
        }
        None => Ok(()),
    }
}

fn refuse_unknown_filters(context: &Context<'_>, names: &[&str]) -> Result<()> {
    let known: Vec<&str> = context
        .vocabulary
        .components
        .iter()
        .flat_map(|component| component.timeline())
        .map(|filter| filter.name)
        .collect();
    match names.iter().find(|name| !known.contains(name)) {
        Some(name) => {
            Err(Error::invalid("filter", format!("There is no filter “{name}”; known are {}.", known.join(", "))))
        }
        None => Ok(()),
    }
}
