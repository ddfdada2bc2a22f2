//! Fills the holes of a compiled text for one viewer at this moment.
//!
//! All references of one text to one kind are asked for in one batch. Order of prefixes: link kinds (known when the text
//! was compiled), projects, the InterMap, addresses.

use std::collections::HashMap;

use super::links::is_address;
use super::settle::{host, is_listed};
use super::write::escape;
use super::{
    Compiled, Context, Form, Here, Html, InterMapEntry, LinkKind, Otherwise, Part, Resolved, Target, macro_box,
};
use crate::base::error::{Error, Result};

const DEEPEST_INCLUDE: u8 = 5;
const MOST_MACROS: u32 = 50;

/// The page of a text. Errors are those of the database; what is wrong with one link or macro shows in its place.
pub fn resolve(compiled: &Compiled, context: &Context<'_>) -> Result<Html> {
    resolve_with_ids(compiled, context, "")
}

/// The same with a prefix before the text's own ids (headings, footnotes), for pages that show several texts: `comment-3-`.
pub fn resolve_with_ids(compiled: &Compiled, context: &Context<'_>, prefix: &str) -> Result<Html> {
    Ok(filled(compiled, &answers(&[compiled], context)?, context, prefix))
}

/// Several texts of one page, each with the prefix of its ids: what all of them refer to is asked for in one batch.
pub fn resolve_together(texts: &[(&Compiled, &str)], context: &Context<'_>) -> Result<Vec<Html>> {
    let compiled: Vec<&Compiled> = texts.iter().map(|(compiled, _)| *compiled).collect();
    let answers = answers(&compiled, context)?;
    let mut rest = answers.as_slice();
    let mut pages = Vec::with_capacity(texts.len());
    for (compiled, prefix) in texts {
        let (own, after) = rest.split_at(compiled.forms.len());
        rest = after;
        let context = Context { outline: &compiled.outline, ..*context };
        pages.push(filled(compiled, own, &context, prefix));
    }
    Ok(pages)
}

fn filled(compiled: &Compiled, answers: &[Answer], context: &Context<'_>, prefix: &str) -> Html {
    let mut out = String::with_capacity(compiled.weight());
    for part in &compiled.parts {
        match part {
            Part::Html(html) => out.push_str(html),
            Part::Id => escape(&mut out, prefix),
            Part::Link(form) => link(&mut out, compiled, answers, *form, context),
            Part::Open { form, title } => {
                if let Some(answer) = answers.get(*form) {
                    open(&mut out, answer, title.as_deref(), context);
                }
            }
            Part::Close { form } => out.push_str(answers.get(*form).map_or("", close)),
            Part::Image { form, alt, attributes, linked } => {
                if let Some(answer) = answers.get(*form) {
                    image(&mut out, answer, alt, attributes, *linked, context);
                }
            }
            Part::Macro { call, block } => run(&mut out, compiled, *call, *block, context),
        }
    }
    Html::trusted(out)
}

/// A text that was compiled without references: there is nothing to look up, and nobody's rights matter.
pub fn static_html(compiled: &Compiled) -> Html {
    let html = compiled.parts.iter().filter_map(|part| match part {
        Part::Html(html) => Some(html.as_str()),
        _ => None,
    });
    Html::trusted(html.collect())
}

/// The page of a text inside another (Include), seen from `here`. `Invalid` beyond depth 5.
pub fn resolve_nested(compiled: &Compiled, context: &Context<'_>, here: Option<&Here>) -> Result<Html> {
    if context.depth >= DEEPEST_INCLUDE {
        return Err(Error::invalid("Include", "texts include each other more than 5 deep"));
    }
    let nested = Context {
        db: context.db,
        viewer: context.viewer,
        vocabulary: context.vocabulary,
        settings: context.settings,
        intermap: context.intermap,
        elsewhere: context.elsewhere,
        compiled: context.compiled,
        here,
        root: context.root,
        outline: context.outline,
        depth: context.depth + 1,
        macros_run: context.macros_run,
    };
    // Each included text is drawn by another run of a macro, so this is unique on the page.
    resolve_with_ids(compiled, &nested, &format!("in{}-", context.macros_run.get()))
}

/// What has become of a form.
#[derive(Clone)]
struct Answer {
    resolved: Resolved,
    /// Its address is not to be read below the project's: it comes from another project or from outside.
    complete: bool,
}

impl Answer {
    /// Goes before an address.
    fn root<'c>(&self, href: &str, context: &Context<'c>) -> &'c str {
        if self.complete || is_address(href) || !href.starts_with('/') { "" } else { context.root }
    }
}

/// What has become of each form of these texts, one text after the other.
fn answers(texts: &[&Compiled], context: &Context<'_>) -> Result<Vec<Answer>> {
    let forms: Vec<&Form> = texts.iter().flat_map(|compiled| &compiled.forms).collect();
    let mut answers = vec![Answer { resolved: Resolved::Plain, complete: false }; forms.len()];
    if forms.is_empty() {
        return Ok(answers);
    }
    let mut batches = Batches::default();
    let mut elsewhere: Vec<(&str, Vec<usize>)> = Vec::new();
    for (number, form) in forms.iter().copied().enumerate() {
        match &form.target {
            Target::Kind { prefix, rest } => {
                if let Some(kind) = context.vocabulary.link_kind(prefix) {
                    batches.add(kind, rest, number);
                }
            }
            Target::Elsewhere { prefix, .. } => match elsewhere.iter_mut().find(|(known, _)| *known == prefix) {
                Some((_, numbers)) => numbers.push(number),
                None => elsewhere.push((prefix, vec![number])),
            },
        }
    }
    for (prefix, numbers) in elsewhere {
        abroad(&forms, context, prefix, &numbers, &mut answers, &mut batches)?;
    }
    for batch in batches.list {
        let found = (batch.kind.resolve)(context, &batch.rests)?;
        for (answer, numbers) in found.into_iter().zip(batch.numbers) {
            for number in numbers {
                let stays_text = forms[number].weak && matches!(answer, Resolved::Missing { .. });
                answers[number].resolved = if stays_text { Resolved::Plain } else { answer.clone() };
            }
        }
    }
    Ok(answers)
}

#[derive(Default)]
struct Batches<'a> {
    list: Vec<Batch<'a>>,
}

/// The questions to one link kind, each once.
struct Batch<'a> {
    kind: &'static LinkKind,
    rests: Vec<&'a str>,
    numbers: Vec<Vec<usize>>,
    known: HashMap<&'a str, usize>,
}

impl<'a> Batches<'a> {
    fn add(&mut self, kind: &'static LinkKind, rest: &'a str, number: usize) {
        let at = match self.list.iter().position(|batch| std::ptr::eq(batch.kind, kind)) {
            Some(at) => at,
            None => {
                self.list.push(Batch { kind, rests: Vec::new(), numbers: Vec::new(), known: HashMap::new() });
                self.list.len() - 1
            }
        };
        let batch = &mut self.list[at];
        let at = *batch.known.entry(rest).or_insert_with(|| {
            batch.rests.push(rest);
            batch.numbers.push(Vec::new());
            batch.rests.len() - 1
        });
        batch.numbers[at].push(number);
    }
}

/// Forms whose prefix is no link kind: a project, a word of the InterMap, or nothing.
fn abroad<'a>(
    forms: &[&'a Form],
    context: &Context<'_>,
    prefix: &str,
    numbers: &[usize],
    answers: &mut [Answer],
    batches: &mut Batches<'a>,
) -> Result<()> {
    let rest = |number: &usize| match &forms[*number].target {
        Target::Kind { rest, .. } | Target::Elsewhere { rest, .. } => rest.as_str(),
    };
    if let Some(elsewhere) = context.elsewhere.filter(|_| super::links::is_project_name(prefix)) {
        let rests: Vec<&str> = numbers.iter().map(rest).collect();
        if let Some(found) = elsewhere.references(prefix, &rests)? {
            for (number, answer) in numbers.iter().zip(found) {
                answers[*number] = Answer { resolved: answer, complete: true };
            }
            return Ok(());
        }
    }
    let entry = context.intermap.entries.iter().find(|entry| entry.prefix.eq_ignore_ascii_case(prefix));
    for number in numbers {
        let form = forms[*number];
        // `project#12` means a ticket of that project and nothing else.
        let mapped = entry.filter(|_| !form.source.starts_with(&format!("{prefix}#")));
        if let Some(found) = mapped.and_then(|entry| mapped_address(entry, rest(number))) {
            answers[*number] = Answer { resolved: found, complete: true };
            continue;
        }
        match &form.otherwise {
            Otherwise::Text => {}
            Otherwise::Address(_) => answers[*number] = Answer { resolved: otherwise(form), complete: true },
            Otherwise::Page(page) => {
                if let Some(kind) = context.vocabulary.link_kind("wiki") {
                    batches.add(kind, page, *number);
                }
            }
        }
    }
    Ok(())
}

fn otherwise(form: &Form) -> Resolved {
    match &form.otherwise {
        Otherwise::Address(address) if is_address(address) || host(address).is_none() => {
            Resolved::Found { href: address.clone(), label: None, title: None, class: None }
        }
        _ => Resolved::Plain,
    }
}

/// Row L16: `$1`, `$2` … stand for the parts between colons; without any, what follows the prefix is added at the end.
fn mapped_address(entry: &InterMapEntry, rest: &str) -> Option<Resolved> {
    let mut address = String::new();
    let mut template = entry.address.as_str();
    let mut placed = false;
    while let Some(at) = template.find('$') {
        address.push_str(&template[..at]);
        template = &template[at + 1..];
        match template.chars().next().and_then(|digit| digit.to_digit(10)).filter(|digit| *digit > 0) {
            Some(digit) => {
                placed = true;
                let part = rest.split(':').nth(digit as usize - 1).unwrap_or_default();
                encode(&mut address, part);
                template = &template[1..];
            }
            None => address.push('$'),
        }
    }
    address.push_str(template);
    if !placed {
        encode(&mut address, rest);
    }
    let below_site = address.starts_with('/') && host(&address).is_none();
    if !is_address(&address) && !below_site {
        return None;
    }
    let title = if entry.title.is_empty() { entry.prefix.clone() } else { entry.title.clone() };
    Some(Resolved::Found { href: address, label: None, title: Some(title), class: None })
}

fn encode(address: &mut String, part: &str) {
    for character in part.chars() {
        if character.is_whitespace() || character.is_control() || "\"<>\\^`{|}".contains(character) {
            let mut bytes = [0; 4];
            for byte in character.encode_utf8(&mut bytes).bytes() {
                address.push_str(&format!("%{byte:02X}"));
            }
        } else {
            address.push(character);
        }
    }
}

fn link(out: &mut String, compiled: &Compiled, answers: &[Answer], number: usize, context: &Context<'_>) {
    let (Some(form), Some(answer)) = (compiled.forms.get(number), answers.get(number)) else { return };
    let label = match &answer.resolved {
        Resolved::Plain => return escape(out, &form.source),
        Resolved::Found { label, .. } => form.label.as_ref().or(label.as_ref()),
        Resolved::Missing { .. } => form.label.as_ref(),
    };
    open(out, answer, None, context);
    escape(out, label.or(form.reads.as_ref()).unwrap_or(&form.source));
    out.push_str(close(answer));
}

/// The start of the element that the answer makes of a link. `title` is the author's.
fn open(out: &mut String, answer: &Answer, title: Option<&str>, context: &Context<'_>) {
    match &answer.resolved {
        Resolved::Plain => {}
        Resolved::Found { href, title: own, class, .. } => {
            out.push_str("<a");
            attribute(out, "href", &[answer.root(href, context), href]);
            match class {
                _ if host(href).is_some() => out.push_str(" class=\"external\" rel=\"nofollow noopener ugc\""),
                Some(class) => attribute(out, "class", &[class]),
                None => {}
            }
            if let Some(title) = title.or(own.as_deref()) {
                attribute(out, "title", &[title]);
            }
            out.push('>');
        }
        Resolved::Missing { href, title: own } => {
            match href {
                Some(href) => {
                    out.push_str("<a");
                    attribute(out, "href", &[answer.root(href, context), href]);
                    out.push_str(" class=\"missing\" rel=\"nofollow\"");
                }
                None => out.push_str("<span class=\"missing\""),
            }
            let title = title.unwrap_or(own);
            if !title.is_empty() {
                attribute(out, "title", &[title]);
            }
            out.push('>');
        }
    }
}

fn close(answer: &Answer) -> &'static str {
    match &answer.resolved {
        Resolved::Plain => "",
        Resolved::Missing { href: None, .. } => "</span>",
        Resolved::Found { .. } | Resolved::Missing { .. } => "</a>",
    }
}

/// An image, or a link where it may not be shown in place, or its words.
fn image(
    out: &mut String,
    answer: &Answer,
    alt: &str,
    attributes: &[(String, String)],
    linked: bool,
    context: &Context<'_>,
) {
    if let Resolved::Found { href, .. } = &answer.resolved
        && host(href).is_none_or(|host| is_listed(href, &host, context.settings))
    {
        out.push_str("<img");
        attribute(out, "src", &[answer.root(href, context), href]);
        attribute(out, "alt", &[alt]);
        for (name, value) in attributes {
            out.push(' ');
            out.push_str(name);
            out.push_str("=\"");
            escape(out, value);
            out.push('"');
        }
        out.push_str(" loading=\"lazy\">");
        return;
    }
    let words = match &answer.resolved {
        Resolved::Found { href, .. } if alt.is_empty() => href,
        _ => alt,
    };
    if linked {
        return escape(out, words);
    }
    open(out, answer, None, context);
    escape(out, words);
    out.push_str(close(answer));
}

fn attribute(out: &mut String, name: &str, values: &[&str]) {
    out.push(' ');
    out.push_str(name);
    out.push_str("=\"");
    for value in values {
        escape(out, value);
    }
    out.push('"');
}

/// Runs a macro, or shows why it can't be run.
fn run(out: &mut String, compiled: &Compiled, number: usize, block: bool, context: &Context<'_>) {
    let Some(call) = compiled.calls.get(number) else { return };
    let problem = |problem: &str| macro_box(&call.name, problem, block);
    let run = context.macros_run.get() + 1;
    let html = match context.vocabulary.macro_named(&call.name) {
        None => problem("there is no macro of this name"),
        Some(_) if run > MOST_MACROS => problem("a page may run 50 macros, and this one is beyond that"),
        Some(known) => {
            context.macros_run.set(run);
            (known.run)(context, &call.arguments).unwrap_or_else(|error| problem(&told(&call.name, &error)))
        }
    };
    out.push_str(html.as_str());
}

fn told(name: &str, error: &Error) -> String {
    match error {
        Error::Invalid(problems) => {
            problems.iter().map(|problem| problem.message.as_str()).collect::<Vec<_>>().join("; ")
        }
        Error::NotFound(message) | Error::Conflict(message) | Error::Forbidden { message, .. } => message.clone(),
        Error::Internal { told, log, .. } => {
            log::error!("macro {name}: {log}");
            told.clone()
        }
    }
}
