//! `[[Chart(burndown, milestone=1.0)]]`: charts inside texts.

use super::chart::{self, Asked, Kind, OWN};
use super::macros::{clauses_of, escaped};
use super::parse_text;
use super::tree::Query;
use crate::base::error::{Error, Result};
use crate::base::markup::{Arguments, Context, Html, Macro};
use crate::ticket::course::Unit;
use crate::ticket::fields::Choices;

pub const CHART: Macro = Macro {
    name: "Chart",
    doc: "The course of tickets, or how many there are: `Chart(burndown, milestone=1.0)`. The first word is `burndown` (what \
          is left), `burnup` (what is done of all), `opened` (opened against closed), `time` (who has worked how long) or \
          `by=` with a field (a bar for each of its values). Which tickets: conditions as `TicketQuery` takes them; \
          `milestone=` alone counts tickets as long as they were in it. `from=` and `to=` are days, `at=` is the moment \
          after which nothing is known, `unit=estimate` adds up estimated time instead of tickets.",
    example: "[[Chart(opened, from=8 weeks ago)]]",
    block: true,
    targets: |_, _| Vec::new(),
    run: draw,
};

/// Words that say which chart it is, where they stand alone.
const KINDS: [&str; 4] = ["burndown", "burnup", "opened", "time"];

/// The call that draws a chart in a text, for copying.
pub(super) fn call_of(asked: &Asked) -> String {
    let own = match asked.kind {
        Kind::Bars(field) => format!("by={}", field.name),
        kind => kind.name().to_owned(),
    };
    let unit = if asked.unit == Unit::Work { "estimate" } else { "" };
    let said = [("unit", unit), ("from", &asked.from), ("to", &asked.to), ("at", &asked.at)];
    let said = said.iter().filter(|(_, value)| !value.is_empty()).map(|(name, value)| format!("{name}={value}"));
    let query = Query { order: Vec::new(), columns: None, rows: Vec::new(), ..asked.query.clone() }.to_text();
    let parts: Vec<String> = std::iter::once(own)
        .chain(said)
        .chain((!query.is_empty()).then_some(query))
        .map(|part| escaped(&part))
        .collect();
    format!("[[Chart({})]]", parts.join(", "))
}

fn draw(context: &Context<'_>, arguments: &Arguments) -> Result<Html> {
    let choices = Choices::load(context.db, context.viewer)?;
    let mut own: Vec<(String, String)> = Vec::new();
    let mut clauses: Vec<String> = Vec::new();
    for argument in clauses_of(arguments) {
        for clause in parse_text::split(&argument, '&') {
            let clause = clause.trim();
            match clause.split_once('=') {
                // What is a condition on a field may have an operator before its `=`.
                Some((name, value)) if OWN.contains(&name.trim()) => {
                    own.push((name.trim().to_owned(), value.trim().to_owned()));
                }
                None if KINDS.contains(&clause) => own.push(("chart".to_owned(), clause.to_owned())),
                _ if clause.is_empty() => {}
                None if clause != "or" && clause.bytes().all(|byte| byte.is_ascii_lowercase()) => {
                    let message = format!(
                        "There is no chart “{}”; there are {} and by=.",
                        crate::web::form::shortened(clause),
                        KINDS.join(", ")
                    );
                    return Err(Error::invalid("chart", message));
                }
                _ => clauses.push(clause.to_owned()),
            }
        }
    }
    let query = super::from_either(&choices.fields, &clauses.join("&"))?;
    let pairs: Vec<(String, String)> = own.into_iter().chain(query.pairs()).collect();
    let asked = Asked::read(&choices, &pairs)?;
    let drawn = chart::draw(context.db, context.viewer, &choices, &asked, context.root)?;
    let mut html = Html::default();
    html.tag("<div class=\"chart-in-text\"><p class=\"chart-title\"><a")
        .attribute("href", &format!("{}{}", context.root, asked.href()))
        .tag("><bdi>")
        .text(&drawn.title)
        .tag("</bdi></a></p>")
        .html(&drawn.html(false))
        .tag("</div>");
    Ok(html)
}
