//! `[[TicketQuery(status!=closed&owner=kim, format=table)]]`: tickets inside texts (rows Q29 to Q34).

use std::sync::Arc;

use super::run::{StateCounts, state_counts};
use super::table::{Drawing, hides_addresses, parts, shorten_addresses};
use super::tree::{Column, Order, Query};
use super::{
    Found, Sources, TicketLine, count, from_pairs, from_text, from_typed, is_for_people, looked_up, narrow, pages,
    parse_text, run,
};
use crate::base::error::{Error, Result};
use crate::base::markup::{self, Arguments, Context, Html, Macro};
use crate::ticket::fields::{Choices, Kind};
use crate::ticket::options::StatusRow;
use crate::ticket::people::shown_to;
use crate::ticket::progress_groups::{Group, Look};

/// A text shows so many tickets of one query at most.
const MOST: usize = 500;
/// And so much of a long text beneath each, in characters.
const LONGEST_TEXT: usize = 600;
/// The formats, those last that stand within a sentence (row Q33).
const FORMATS: [&str; 6] = ["list", "table", "progress", "compact", "count", "rawcount"];
const INLINE: usize = 3;
/// What a call may say of how its list looks, beside the format.
const MANNERS: [&str; 8] = ["order", "desc", "group", "groupdesc", "col", "row", "max", "at"];

pub const TICKET_QUERY: Macro = Macro {
    name: "TicketQuery",
    doc: "The tickets that a query finds: `TicketQuery(status!=closed&owner=kim, format=table)`. Conditions stand between \
          `&` or commas, `or` begins another group of them. `format` is `list`, `table`, `progress` (a bar, or one for each \
          value of `group`), and within a sentence `compact` (numbers), `count` (how many, as a link) or `rawcount`. \
          `order`, `desc`, `group`, `col`, `row` and `max` are those of the page of queries; without them the order is that \
          of the numbers, and all tickets up to 500 are shown. What one would type into that page works as well: \
          `TicketQuery(is:open (owner:me or priority:>=major), format=table)`.",
    example: "[[TicketQuery(status=new, max=3, format=table)]]",
    block: true,
    targets: |_, _| Vec::new(),
    run: tickets,
};

/// Whether a call stands within a sentence.
pub fn is_inline(arguments: &Arguments) -> bool {
    let format = Call::read(arguments).format;
    FORMATS[INLINE..].contains(&format.as_str())
}

/// The call that shows a query in a text, for copying.
pub fn call_of(query: &Query) -> String {
    let mut query = Query { page: 1, ..query.clone() };
    // The page orders by another column than the macro where nothing is said.
    query.order = query.effective_order();
    let text = escaped(&query.to_text());
    format!("[[TicketQuery({text}, format=table)]]")
}

/// A text as it stands between the commas of a call.
pub(super) fn escaped(text: &str) -> String {
    let mut written = String::with_capacity(text.len());
    for character in text.chars() {
        if matches!(character, ',' | '"' | ')') {
            written.push('\\');
        }
        written.push(character);
    }
    written
}

/// The arguments of a call and the lines of its body as they were written, in their order.
pub(super) fn clauses_of(arguments: &Arguments) -> impl Iterator<Item = String> {
    // Words such as `or` mean something by where they stand among the values.
    let mut written: Vec<String> = Vec::new();
    let mut words = arguments.positional.iter().zip(&arguments.before).peekable();
    for at in 0..=arguments.named.len() {
        while let Some((word, _)) = words.next_if(|(_, before)| **before <= at) {
            written.push(word.clone());
        }
        written.extend(arguments.named.get(at).map(|(name, value)| format!("{name}={value}")));
    }
    let body: Vec<String> = arguments.body.iter().flat_map(|body| body.lines()).map(str::to_owned).collect();
    written.into_iter().chain(body)
}

/// A call taken apart: the query, in Trac's text form or in the one for people, and the format.
struct Call {
    text: String,
    for_people: bool,
    /// How it is to look, as Trac writes that.
    pairs: Vec<(String, String)>,
    format: String,
}

impl Call {
    fn read(arguments: &Arguments) -> Self {
        let body = arguments.body.as_deref().unwrap_or_default().trim();
        let asked = if body.is_empty() { arguments.raw.as_str() } else { body };
        // A word alone is no query here: whoever has left out a value is told so.
        if !is_for_people(asked) || !asked.contains(':') {
            return Self::as_trac(arguments);
        }
        match body.is_empty() {
            true => Self::for_people(asked),
            false => Self::for_people(&format!("{asked}\n{}", arguments.raw.trim())),
        }
    }

    /// What is typed for people, with `name=value` behind commas at its end, or on lines of their own.
    fn for_people(whole: &str) -> Self {
        let mut format = None;
        let mut pairs = Vec::new();
        let mut rest = whole.trim().to_owned();
        while let Some((before, last)) = rest.rsplit_once([',', '\n']) {
            let pair = last.split_once('=').filter(|(_, value)| !value.contains('"'));
            let Some((name, value)) = pair.map(|(name, value)| (name.trim(), value.trim())) else { break };
            match name {
                "format" => format = Some(value.to_lowercase()),
                name if MANNERS.contains(&name) => pairs.push((name.to_owned(), value.to_owned())),
                _ => break,
            }
            rest = before.trim().to_owned();
        }
        pairs.reverse();
        let text = unescaped(&rest);
        Self { text, for_people: true, pairs, format: format.unwrap_or_else(|| FORMATS[0].to_owned()) }
    }

    fn as_trac(arguments: &Arguments) -> Self {
        let mut clauses: Vec<String> = Vec::new();
        let mut format = None;
        for argument in clauses_of(arguments) {
            for clause in parse_text::split(&argument, '&') {
                match clause.split_once('=') {
                    Some((name, value)) if name.trim() == "format" => format = Some(value.trim().to_lowercase()),
                    None if clause.trim().is_empty() => {}
                    None if FORMATS.contains(&clause.trim()) && format.is_none() => {
                        format = Some(clause.trim().to_owned());
                    }
                    _ => clauses.push(clause.to_owned()),
                }
            }
        }
        let format = format.unwrap_or_else(|| FORMATS[0].to_owned());
        Self { text: clauses.join("&"), for_people: false, pairs: Vec::new(), format }
    }

    fn query(&self, choices: &Choices) -> Result<Query> {
        let mut query = match self.for_people {
            true => from_typed(choices, &self.text)?,
            false => from_text(&choices.fields, &self.text)?,
        };
        query.look_like(from_pairs(&choices.fields, &self.pairs)?);
        Ok(query)
    }
}

/// The text without the backslashes that keep commas and brackets from ending a value or the call; what is in quotes keeps its
/// own.
fn unescaped(text: &str) -> String {
    let (mut plain, mut quoted) = (String::with_capacity(text.len()), false);
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '\\' if quoted => {
                plain.push(character);
                plain.extend(characters.next());
                continue;
            }
            '\\' if characters.peek().is_some_and(|next| matches!(next, ',' | ')' | '"')) => continue,
            '"' => quoted = !quoted,
            _ => {}
        }
        plain.push(character);
    }
    plain
}

/// What is drawn, and for whom.
struct Shown<'a> {
    query: Query,
    choices: Arc<Choices>,
    context: &'a Context<'a>,
}

fn tickets(context: &Context<'_>, arguments: &Arguments) -> Result<Html> {
    let call = Call::read(arguments);
    if !FORMATS.contains(&call.format.as_str()) {
        let format = crate::web::form::shortened(&call.format);
        let message = format!("There is no format “{format}”; known are {}.", FORMATS.join(", "));
        return Err(Error::invalid("format", message));
    }
    let choices = Choices::load(context.db, context.viewer)?;
    let query = call.query(&choices)?;
    let sources = Sources {
        db: context.db,
        components: context.vocabulary.components,
        viewer: context.viewer,
        members: &|group| context.elsewhere.map_or(Ok(None), |elsewhere| elsewhere.members(group)),
    };
    let mut query = looked_up(&query, &sources)?;
    if query.order.is_empty() {
        query.order.push(Order { column: Column::Id, descending: false });
    }
    let shown = Shown { query, choices, context };
    match call.format.as_str() {
        "count" => shown.count(true),
        "rawcount" => shown.count(false),
        "progress" => shown.progress(),
        "compact" => shown.compact(),
        "table" => shown.table(),
        _ => shown.list(),
    }
}

impl Shown<'_> {
    fn found(&self) -> Result<Found> {
        let most = self.query.max.filter(|max| *max > 0).map_or(MOST, |max| max.min(MOST));
        let bounded = Query { max: Some(most), ..self.query.clone() };
        let mut found = run(self.context.db, self.context.viewer, &self.choices, &bounded)?;
        shorten_addresses(&mut found, self.context.viewer, &bounded);
        Ok(found)
    }

    fn drawing(&self) -> Drawing<'_> {
        Drawing::new(&self.query, &self.choices, self.context.viewer, self.context.root)
    }

    fn href(&self, query: &Query) -> String {
        format!("{}{}", self.context.root, pages::href(query))
    }

    fn count(&self, linked: bool) -> Result<Html> {
        let total = count(self.context.db, self.context.viewer, &self.choices, &self.query)?;
        let mut html = Html::default();
        if linked {
            html.tag("<a").attribute("href", &self.href(&self.query)).tag(">").text(&total.to_string()).tag("</a>");
        } else {
            html.text(&total.to_string());
        }
        Ok(html)
    }

    fn compact(&self) -> Result<Html> {
        let found = self.found()?;
        let drawing = self.drawing();
        let mut html = Html::default();
        if found.lines.is_empty() {
            html.tag("<span class=\"muted\">").text("No results").tag("</span>");
            return Ok(html);
        }
        for (group, (head, first, last)) in parts(&found).into_iter().enumerate() {
            if group > 0 {
                html.text("; ");
            }
            if let (Some(head), Some(field)) = (head, self.query.group.and_then(|group| group.column.field())) {
                html.html(&drawing.heading(field, head, &found)).text(": ");
            }
            for (at, line) in found.lines[first..last].iter().enumerate() {
                if at > 0 {
                    html.text(", ");
                }
                let href = drawing.ticket_href(line.id, found.offset + first + at);
                html.html(&drawing.ticket_link(line, &href, &format!("#{}", line.id), &line.summary));
            }
        }
        if let Some(more) = self.more(&found) {
            html.text(" ").html(&more);
        }
        Ok(html)
    }

    fn list(&self) -> Result<Html> {
        let found = self.found()?;
        if found.lines.is_empty() {
            return Ok(no_results());
        }
        let drawing = self.drawing();
        let mut html = Html::default();
        for (head, first, last) in parts(&found) {
            if let (Some(head), Some(field)) = (head, self.query.group.and_then(|group| group.column.field())) {
                html.tag("<p><span class=\"muted\">").text(field.label).tag("</span> <strong>");
                html.html(&drawing.heading(field, head, &found)).tag("</strong> <span class=\"muted figures\">");
                html.text(&head.total.to_string()).tag("</span></p>");
            }
            html.tag("<ul class=\"ticket-list\">");
            for (at, line) in found.lines[first..last].iter().enumerate() {
                let href = drawing.ticket_href(line.id, found.offset + first + at);
                html.tag("<li>").html(&drawing.ticket_link(line, &href, &format!("#{}", line.id), ""));
                html.text(" ").tag("<span dir=\"auto\">").text(&line.summary).tag("</span></li>");
            }
            html.tag("</ul>");
        }
        self.add_more(&mut html, &found);
        Ok(html)
    }

    fn table(&self) -> Result<Html> {
        let found = self.found()?;
        if found.lines.is_empty() {
            return Ok(no_results());
        }
        // Its text without markup: one ticket's description could hold a query that shows it again.
        let texts = |line: &TicketLine| -> Result<Vec<Html>> {
            let text = markup::plain(line.description.as_deref().unwrap_or_default());
            let text = super::table::shortened(&text, LONGEST_TEXT);
            let rows = self.query.rows.iter().filter(|_| !text.is_empty());
            Ok(rows.map(|_| Html::escaped(&text)).collect())
        };
        let mut html = self.drawing().table(&found, false, texts)?.html();
        self.add_more(&mut html, &found);
        Ok(html)
    }

    fn add_more(&self, html: &mut Html, found: &Found) {
        if let Some(more) = self.more(found) {
            html.tag("<p>").html(&more).tag("</p>");
        }
    }

    /// What did not fit, as a link to all of it.
    fn more(&self, found: &Found) -> Option<Html> {
        let left = found.total.saturating_sub(found.offset + found.lines.len());
        // Whoever asks for five knows that there may be more.
        let asked = self.query.max.is_some_and(|max| (1..=MOST).contains(&max));
        (left > 0 && !asked).then(|| {
            let mut html = Html::default();
            html.tag("<a").attribute("href", &self.href(&self.query)).tag(">");
            html.text(&format!("and {left} more")).tag("</a>");
            html
        })
    }

    /// One bar, or one for each value of the group.
    fn progress(&self) -> Result<Html> {
        let counts = state_counts(self.context.db, self.context.viewer, &self.choices, &self.query)?;
        let mut html = Html::default();
        let Some(group) = self.query.group else {
            let all =
                StateCounts { value: String::new(), states: counts.into_iter().flat_map(|one| one.states).collect() };
            if all.states.is_empty() {
                return Ok(no_results());
            }
            html.tag("<p class=\"progress\">");
            self.bar(&mut html, &all, Some(&self.query));
            html.tag("</p>");
            return Ok(html);
        };
        if counts.is_empty() {
            return Ok(no_results());
        }
        let is_person = group.column.field().is_some_and(|field| field.kind == Kind::Person);
        html.tag("<div class=\"table-wrap\"><table class=\"stats\"><tbody>");
        for one in counts.iter().take(MOST) {
            let hidden = is_person && hides_addresses(self.context.viewer) && one.value.contains('@');
            let narrow = narrow::to_value(&self.query, group.column, &one.value, self.context.viewer);
            let narrow = narrow.filter(|_| !hidden);
            let words = match one.value.as_str() {
                "" => "None".to_owned(),
                value if is_person => shown_to(self.context.viewer, value),
                value => value.to_owned(),
            };
            html.tag("<tr><th scope=\"row\">");
            number(&mut html, narrow.as_ref().map(|query| self.href(query)).as_deref(), &words);
            html.tag("</th><td>");
            self.bar(&mut html, one, narrow.as_ref());
            html.tag("</td></tr>");
        }
        html.tag("</tbody></table></div>");
        Ok(html)
    }

    /// The bar, as `ui.bar` draws it, and its numbers, each a link to those tickets.
    fn bar(&self, html: &mut Html, counts: &StateCounts, query: Option<&Query>) {
        let groups = &self.choices.groups;
        let states = counts.states.iter().map(|(status, tickets)| (*status, *tickets as i64));
        let segments: Vec<(usize, &Group, i64)> = groups
            .groups
            .iter()
            .zip(groups.counts(states))
            .enumerate()
            .map(|(at, (group, n))| (at, group, n))
            .collect();
        let total: i64 = segments.iter().map(|(_, _, tickets)| tickets).sum();
        let done: i64 = segments.iter().filter(|(_, group, _)| group.is_done).map(|(_, _, tickets)| tickets).sum();
        let percent = (done * 100).checked_div(total).unwrap_or_default();
        let tickets = if total == 1 { "ticket" } else { "tickets" };
        html.tag(
            "<svg class=\"bar\" viewBox=\"0 0 100 10\" preserveAspectRatio=\"none\" role=\"img\" focusable=\"false\"",
        )
        .attribute("aria-label", &format!("{percent}% done of {total} {tickets}"))
        .tag("><rect class=\"bar-ground\" width=\"100\" height=\"10\"/>");
        let mut x = 0.0;
        for (_, group, tickets) in segments.iter().filter(|(_, _, tickets)| *tickets > 0) {
            let width = *tickets as f64 * 100.0 / total.max(1) as f64;
            html.tag("<rect")
                .attribute("class", &format!("bar-{}", group.look.name()))
                .attribute("x", &format!("{x:.2}"))
                .attribute("width", &format!("{width:.2}"))
                .tag(" height=\"10\"/>");
            x += width;
        }
        html.tag("</svg> <span class=\"counts\">").text(&format!("{percent}%: "));
        for (at, group, tickets) in
            segments.iter().filter(|(_, group, tickets)| *tickets > 0 || group.look != Look::Waiting)
        {
            let href = query.map(|query| {
                let is_its = |status: &StatusRow| groups.at(status.id) == *at;
                group.asked(self.href(&narrow::to_states(query, &self.choices, self.context.viewer, is_its)))
            });
            number(html, href.as_deref(), &format!("{tickets} {}", group.title));
            html.text(", ");
        }
        number(html, query.map(|query| self.href(query)).as_deref(), &format!("{total} in all"));
        html.tag("</span>");
    }
}

/// A number or name in words, as a link where it leads anywhere.
fn number(html: &mut Html, href: Option<&str>, words: &str) {
    match href {
        Some(href) => html.tag("<a").attribute("href", href).tag("><bdi>").text(words).tag("</bdi></a>"),
        None => html.tag("<bdi>").text(words).tag("</bdi>"),
    };
}

fn no_results() -> Html {
    let mut html = Html::default();
    html.tag("<p class=\"muted\">").text("No results").tag("</p>");
    html
}
