//! What is read from the forms of tickets (rows T05, T13, C10 to C12, the form contract of the ticket page), and how what was
//! typed is shown before it is saved. Their controls are in `controls`.

use serde::Serialize;

use super::asked::{self, exactly};
use super::fields::{Choices, Field, Fields, Kind, field};
use super::history::FieldChange;
use super::options::closed_words;
use super::plan::{ActionRequest, Plan, Request};
use super::relations_rules::CLOSE_ANYWAY;
use super::store::{Ticket, Times};
use super::values::{Names, Value, Values};
use super::wording::{self, Change};
use super::workflow;
use super::{audience, json, note, people, similar, worked, workflows};
use crate::base::error::Problem;
use crate::base::markup::Html;
use crate::base::time::{Instant, When};
use crate::web::form::{Form, shortened};

/// What JSON bodies may name beside fields.
const CONTROLS: [&str; 13] = [
    "comment", "internal", "replyto", "action", "view_time", "submit", "preview", "attachment", "__FORM_TOKEN",
    "time_day", "time_person", "time_remark", CLOSE_ANYWAY,
];

/// Names of fields that are looked at in one form, as long as there are unknown ones among them.
const MOST_NAMES: usize = 50;

/// A form as it was sent.
#[derive(Debug, Clone, Default)]
pub(super) struct Typed {
    pub request: Request,
    /// What can't be understood; the rest is in the request.
    pub problems: Vec<Problem>,
    pub preview: bool,
    /// What was said is an internal note, and no comment.
    pub note: Option<note::Draft>,
}

impl Typed {
    /// What was said, to all or internally.
    pub fn said(&self) -> &str {
        self.note.as_ref().map_or(&self.request.comment, |note| &note.text)
    }

    pub fn value(&self, name: &str) -> Option<&str> {
        self.request.set.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The same values in the place that was typed: what decides which workflow the ticket follows.
    pub fn placed(&self, choices: &Choices, values: &Values) -> Values {
        let mut placed = values.clone();
        for field in workflows::OWNERS.into_iter().filter_map(field) {
            if let Some(id) = self.value(field.name).and_then(|name| choices.id_of(field, name)) {
                placed.set(field.name, vec![Value::Id(id)]);
            }
        }
        placed
    }

    fn put(&mut self, fields: &Fields, name: &str, value: &str) {
        let full = self.request.set.len() >= MOST_NAMES;
        match self.request.set.iter_mut().find(|(known, _)| known == name) {
            // A field of several values came as several.
            Some((_, known)) => match fields.named(name).map(|field| field.kind) {
                Some(Kind::People | Kind::Options | Kind::Tickets) => *known = format!("{known}, {value}"),
                Some(Kind::Words) => *known = format!("{known} {value}"),
                _ => {}
            },
            // Whoever makes up names is told of the first of them; all of them would fill pages.
            None if full && fields.named(name).is_none() => {}
            None => self.request.set.push((name.to_owned(), value.to_owned())),
        }
    }

    /// Sets a field that nobody has typed.
    pub fn fill(&mut self, name: &str, value: &str) {
        if self.value(name).is_none() {
            self.request.set.push((name.to_owned(), value.to_owned()));
        }
    }

    fn drop(&mut self, name: &str) {
        self.request.set.retain(|(known, _)| known != name);
    }
}

/// Reads a form, or a JSON body of the same names or of Trac's field names.
/// `ticket` is the one that is changed, with its values in words, the login of whoever changes it, and what they were told of
/// its times; none for a new one.
pub(super) fn read(fields: &Fields, form: &Form, ticket: Option<(&Ticket, &Names<'_>, &str, &Times)>) -> Typed {
    let mut typed = Typed { preview: form.has("preview"), ..Typed::default() };
    let emptied = form.emptied().iter().map(|name| (name.as_str(), ""));
    let mut named: Vec<&str> = Vec::new();
    for (name, value) in form.pairs().iter().map(|(name, value)| (name.as_str(), value.as_str())).chain(emptied) {
        let several = fields.named(name.trim_start_matches("field_")).is_some_and(takes_several);
        if form.json && !several && named.contains(&name) {
            typed.problems.push(Problem::new(name, format!("`{}` takes one value.", shortened(name))));
            continue;
        }
        named.push(name);
        if name.starts_with("field_checkbox_") {
            continue;
        }
        let bare = match name.strip_prefix("field_") {
            Some(bare) => bare,
            None if form.json && !is_control(name) => name,
            None => continue,
        };
        match fields.named(bare) {
            // They are told of a ticket; what they say is set at the other end.
            None if form.json && ticket.is_some() && json::is_other_end(bare) => {}
            // In JSON `time` is when the ticket was filed, or how long somebody has worked.
            Some(_) if name == "time" && form.json && !worked::is_instant(value) => {}
            Some(field) if field.is_noted() => {
                let same = ticket.is_some_and(|(_, _, _, times)| value == noted(times, field));
                if form.json && !same {
                    typed.put(fields, bare, value);
                }
            }
            // Only the workflow changes them: a form that has them is an old one (row T05). JSON is told.
            Some(field) if !field.is_editable() && !form.json => {}
            _ => typed.put(fields, bare, value),
        }
    }
    put_unticked(fields, form, &mut typed);
    if let (Some((ticket, names, login, _)), true) = (ticket, form.has("field_checkbox_cc")) {
        let own = typed.value("cc").is_some();
        typed.drop("cc");
        typed.put(fields, "cc", &with_own(ticket, names, login, own));
    }
    typed.request.comment = form.text("comment").to_owned();
    typed.request.time = worked::read(form);
    let answered = form.text("replyto").trim();
    let answered_note = answered.strip_prefix("note:").and_then(|number| number.parse().ok());
    typed.request.reply_to = match answered {
        _ if answered_note.is_some() => None,
        "" => None,
        "description" => Some(0),
        number => number.parse().map(Some).unwrap_or_else(|_| {
            let message = format!("`{}` is no comment to reply to: they are numbered.", shortened(number));
            typed.problems.push(Problem::new("replyto", message));
            None
        }),
    };
    // What answers a note stays among those who read it, whatever else the form says.
    if answered_note.is_some() || !matches!(form.text("internal"), "" | "0") {
        let text = std::mem::take(&mut typed.request.comment);
        typed.request.reply_to = None;
        typed.note = Some(note::Draft { text, reply_to: answered_note });
    }
    typed.request.action = given(form, &mut typed.problems).or_else(|| named_action(form));
    typed.request.force = matches!(form.text(CLOSE_ANYWAY), "1" | "true");
    keep_theirs(fields, form, &mut typed);
    take_back(fields, form, &mut typed);
    typed
}

/// A box that is not ticked is not sent, nor is a list of boxes with none of them ticked: a companion tells that the form had
/// them (row T13).
fn put_unticked(fields: &Fields, form: &Form, typed: &mut Typed) {
    for (name, _) in form.pairs() {
        let field = name.strip_prefix("field_checkbox_").and_then(|name| fields.named(name));
        let Some(field) = field.filter(|field| matches!(field.kind, Kind::Check | Kind::Options)) else { continue };
        if typed.value(field.name).is_none() {
            typed.put(fields, field.name, if field.kind == Kind::Check { "0" } else { "" });
        }
    }
}

fn takes_several(field: &Field) -> bool {
    field.kind.is_list() || field.kind == Kind::Words
}

fn is_control(name: &str) -> bool {
    CONTROLS.contains(&name) || ["action_", "keep_", "revert_"].iter().any(|prefix| name.starts_with(prefix))
}

/// What JSON says of a field that the program notes.
fn noted(times: &Times, field: &Field) -> String {
    let noted = match field.kind {
        Kind::Time => times.of_field(field).map(Instant::iso),
        _ => times.worked.map(|minutes| minutes.to_string()),
    };
    noted.unwrap_or_default()
}

/// The action that the form names, with what it asks for.
fn named_action(form: &Form) -> Option<ActionRequest> {
    form.get("action").filter(|name| !name.is_empty()).map(|name| ActionRequest {
        name: name.to_owned(),
        owner: form.get(&workflow::owner_field(name)).map(str::to_owned),
        resolution: form.get(&workflow::resolution_field(name)).map(str::to_owned),
        duplicate_of: form.get(&workflow::duplicate_field(name)).map(str::to_owned),
        if_asked: false,
    })
}

/// The button of a list that gives a ticket to whom the list names: `give` is the action, `give_to` the new owner.
fn given(form: &Form, problems: &mut Vec<Problem>) -> Option<ActionRequest> {
    let name = form.get("give").filter(|name| !name.is_empty())?;
    let owner = form.text("give_to").trim().to_owned();
    if owner.is_empty() {
        problems.push(Problem::new(workflow::owner_field(name), "Say to whom the ticket is given."));
    }
    Some(ActionRequest { name: name.to_owned(), owner: Some(owner), ..ActionRequest::default() })
}

/// The Cc list with or without whoever ticks the box (row C17).
pub(super) fn with_own(ticket: &Ticket, names: &Names<'_>, login: &str, own: bool) -> String {
    let Some(field) = field("cc") else { return String::new() };
    let written = ticket.values.get("cc").iter().map(|value| names.written(field, value));
    let mut list: Vec<String> = written.filter(|name| name != login).collect();
    let was = list.len() < ticket.values.get("cc").len();
    if own == was {
        return names.joined(field, ticket.values.get("cc"));
    }
    if own {
        list.push(login.to_owned());
    }
    list.join(", ")
}

/// What was chosen where two had changed the same: leaving theirs is not setting it (row C10).
fn keep_theirs(fields: &Fields, form: &Form, typed: &mut Typed) {
    for (name, choice) in form.pairs() {
        let field = name.strip_prefix("keep_").and_then(|name| fields.named(name));
        let Some(field) = field.filter(|_| choice == "theirs") else { continue };
        leave(typed, field);
    }
}

/// Row C12: `revert_milestone` takes that pending change back and shows the rest again.
fn take_back(fields: &Fields, form: &Form, typed: &mut Typed) {
    for (name, _) in form.pairs() {
        match name.strip_prefix("revert_") {
            Some("action") => typed.request.action = None,
            Some(name) => match fields.named(name) {
                Some(field) => leave(typed, field),
                None => continue,
            },
            None => continue,
        }
        typed.preview = true;
    }
}

fn leave(typed: &mut Typed, field: &Field) {
    let was_typed = typed.value(field.name).is_some();
    typed.drop(field.name);
    if !field.is_editable() || (field.name == "owner" && !was_typed) {
        typed.request.action = None;
    }
}

/// The number of the newest change that the sender had seen: a form must tell it, the button of a list has it in its
/// address, `If-Match` does as well, and JSON without any means whatever is there now.
pub(super) fn seen(form: &Form, in_address: Option<&str>, if_match: Option<i64>) -> Result<Option<i64>, Problem> {
    if if_match.is_some() {
        return Ok(if_match);
    }
    match form.get("view_time").or(in_address) {
        None if form.json => Ok(None),
        None => Err(Problem::new("view_time", "The field `view_time` is missing: it tells which change you had seen.")),
        Some(text) => text.trim().parse().map(Some).map_err(|_| {
            let message = format!("`{}` is no number of a change, as `view_time` has to be.", shortened(text));
            Problem::new("view_time", message)
        }),
    }
}

/// What a plan would change, each with the button that takes it back (row C12).
pub(super) fn pending(names: &Names<'_>, plan: &Plan, typed: &Typed) -> Vec<Change> {
    plan.changed()
        .into_iter()
        .map(|field| {
            let change = FieldChange {
                field,
                old: plan.before.get(field.name).to_vec(),
                new: plan.after.get(field.name).to_vec(),
            };
            let by_action = typed.value(field.name).is_none();
            let revert = if by_action { "revert_action".to_owned() } else { format!("revert_{}", field.name) };
            Change { revert: Some(revert), diff_href: None, ..wording::change(names, &change, "") }
        })
        .collect()
}

/// What "Preview" shows.
#[derive(Debug, Clone, Default, Serialize)]
pub(super) struct Preview {
    pub html: String,
    #[serde(rename = "changes_html", serialize_with = "wording::as_html")]
    pub changes: Vec<Change>,
    pub newer: Option<Newer>,
    pub problems: Vec<Problem>,
    /// Who will be told, with why.
    pub told: Vec<audience::Shown>,
    /// Open tickets that may be about the same as a new one.
    pub similar: Vec<similar::Similar>,
}

#[derive(Debug, Clone, Serialize)]
pub(super) struct Newer {
    pub number: i64,
    pub author: String,
    pub when: When,
    pub href: String,
}

/// The values of a field as a page shows them, each a link to the tickets with the same (row T20). `root` is base path and
/// project; `names` are those that this viewer may read.
pub(super) fn linked(names: &Names<'_>, root: &str, field: &Field, values: &[Value]) -> String {
    let mut html = Html::default();
    let link = |html: &mut Html, value: &str, shown: &str| {
        let href = format!("{root}{}", alike(names.choices, field.name, value));
        html.tag("<a").attribute("href", &href).tag(">").text(shown).tag("</a>");
    };
    match field.kind {
        Kind::Words => {
            let text = names.joined(field, values);
            let mut rest = text.as_str();
            for word in people::split(&text) {
                let at = rest.find(word).unwrap_or(0);
                html.text(&rest[..at]);
                link(&mut html, &format!("~{word}"), word);
                rest = &rest[at + word.len()..];
            }
            html.text(rest);
        }
        Kind::Line | Kind::Text if !field.own => {
            html.text(&names.shown_all(field, values));
        }
        Kind::Url => {
            for value in values {
                let url = names.written(field, value);
                html.tag("<a rel=\"nofollow noopener\"").attribute("href", &url).tag(">").text(&url).tag("</a>");
            }
        }
        Kind::Tickets => {
            for (at, value) in values.iter().enumerate() {
                if at > 0 {
                    html.tag(", ");
                }
                let href = format!("{root}/ticket/{}", names.written(field, value));
                html.tag("<a").attribute("href", &href).tag(">").text(&names.shown(field, value)).tag("</a>");
            }
        }
        Kind::Date | Kind::Moment | Kind::Minutes | Kind::Number | Kind::Check => {
            html.text(&names.shown_all(field, values));
        }
        _ => {
            for (at, value) in values.iter().enumerate() {
                if at > 0 {
                    html.tag(", ");
                }
                let (written, shown) = (names.written(field, value), names.shown(field, value));
                match field.kind {
                    // A shortened address finds nobody.
                    Kind::Person | Kind::People if written.contains('…') => {
                        html.text(&shown);
                    }
                    Kind::People => link(&mut html, &format!("~{written}"), &shown),
                    _ => link(&mut html, &exactly(&written), &shown),
                }
            }
        }
    }
    html.into_string()
}

/// The open tickets with that value, below the project's address; of a resolution the closed ones. `value` may begin with an
/// operator of queries.
pub(super) fn alike(choices: &Choices, field: &str, value: &str) -> String {
    let sign = if field == "resolution" { "" } else { "!" };
    let closed = if field == "status" { Vec::new() } else { closed_words(&choices.statuses) };
    let mut pairs: Vec<(&str, String)> = closed.into_iter().map(|name| ("status", format!("{sign}{name}"))).collect();
    pairs.push((field, value.to_owned()));
    asked::href(&pairs)
}
