//! The controls of the forms of tickets: the structs of `ticket/_form.html`, for a new ticket and for one that is there.

use serde::Serialize;

use super::TICKET_ADMIN;
use super::fields::{Field, Kind};
use super::own_fields::OwnKind;
use super::plan::{ActionRequest, DEFAULT_OWNER};
use super::values::{Names, Values};
use super::workflow::{self, Offer};
use crate::base::viewer::Viewer;
use crate::milestone::MILESTONE_VIEW;
use crate::milestone::store::MilestoneRow;
use crate::web::options::Options;

/// A control of the form; `drawn_fields` makes HTML of it.
#[derive(Debug, Clone)]
pub(super) struct FormField {
    pub name: &'static str,
    pub label: String,
    /// text, select, radio, checkbox, multiple (boxes), textarea, date or url.
    pub kind: &'static str,
    /// As it is, or as typed; "1" or "0" for a checkbox.
    pub value: String,
    /// Of a group of boxes.
    pub choices: Vec<Choice>,
    pub options_html: String,
    pub suggestions_html: String,
    pub hint: String,
    pub required: bool,
    pub changed: bool,
    pub rows: usize,
}

#[derive(Debug, Clone)]
pub(super) struct Choice {
    pub value: String,
    pub label: String,
    /// Of several.
    pub chosen: bool,
}

impl Choice {
    fn of(name: &str) -> Self {
        Self { value: name.to_owned(), label: name.to_owned(), chosen: false }
    }
}

/// What the controls are made from.
pub(super) struct Controls<'a> {
    pub viewer: &'a Viewer,
    /// With whole names: what a form shows comes back.
    pub names: &'a Names<'a>,
    /// Known people as options.
    pub logins_html: &'a str,
    /// What is stored; for a new ticket what is proposed.
    pub stored: &'a Values,
}

impl Controls<'_> {
    /// The control of a field with the value that stands in it.
    pub fn control(&self, field: &'static Field, value: &str) -> FormField {
        let stored = self.names.joined(field, self.stored.get(field.name));
        let mut control = FormField {
            name: field.name,
            label: field.label.to_owned(),
            kind: "text",
            changed: value.trim() != stored,
            value: value.to_owned(),
            choices: Vec::new(),
            options_html: String::new(),
            suggestions_html: String::new(),
            hint: String::new(),
            required: field.name == "summary",
            rows: 0,
        };
        match field.kind {
            Kind::Option { .. } | Kind::Milestone => {
                let known = self.names.choices.id_of(field, value);
                let name = known.map(|id| self.names.choices.name_of(field, id).to_owned());
                control.value = if value.trim().is_empty() { String::new() } else { name.unwrap_or(stored) };
                let is_radio = self.names.choices.own(field.name).is_some_and(|own| own.kind == OwnKind::Radio);
                control.kind = if is_radio { "radio" } else { "select" };
                if is_radio {
                    control.choices = self.options(field, &control.value);
                } else if field.kind == Kind::Milestone {
                    control.options_html = self.milestones(&control.value);
                } else {
                    let mut options = Options::new(&control.value);
                    let offered = self.options(field, &control.value);
                    offered.iter().for_each(|choice| options.option(&choice.value, &choice.label));
                    control.options_html = options.into_html();
                }
            }
            Kind::People => {
                control.suggestions_html = self.logins_html.to_owned();
                control.hint = "Names or addresses, with commas between them.".to_owned();
            }
            Kind::Person => control.suggestions_html = self.logins_html.to_owned(),
            Kind::Options => {
                control.kind = "multiple";
                let chosen: Vec<&str> = value.split(',').map(str::trim).filter(|name| !name.is_empty()).collect();
                let mut options: Vec<Choice> =
                    self.names.choices.options(field.name).map(|option| Choice::of(&option.name)).collect();
                options.extend(chosen.iter().filter(|name| !self.is_offered(field, name)).map(|name| Choice::of(name)));
                for option in &mut options {
                    option.chosen = chosen.contains(&option.value.as_str());
                }
                control.choices = options;
            }
            Kind::Check => {
                control.kind = "checkbox";
                control.value = if value.trim() == "1" { "1" } else { "0" }.to_owned();
                control.changed = (control.value == "1") != (stored == "1");
            }
            Kind::Text => {
                control.kind = "textarea";
                control.rows = 5;
                control.changed = value != stored;
            }
            Kind::Date => {
                control.kind = "date";
                control.hint = "As 2026-12-31.".to_owned();
            }
            Kind::Moment => control.hint = "As 2026-12-31 or 2026-12-31T14:00.".to_owned(),
            Kind::Minutes => control.hint = "As 2h30m, 1.5h or 1:30.".to_owned(),
            Kind::Tickets => control.hint = "Numbers of tickets, with commas between them.".to_owned(),
            Kind::Url => control.kind = "url",
            Kind::Words => control.hint = "Words with blanks between them.".to_owned(),
            _ => {}
        }
        if let Some(own) = self.names.choices.own(field.name) {
            control.rows = usize::try_from(own.rows).unwrap_or(5);
            if !own.help.is_empty() {
                control.hint.clone_from(&own.help);
            }
        }
        control
    }

    fn is_offered(&self, field: &Field, name: &str) -> bool {
        self.names.choices.options(field.name).any(|option| option.name == name)
    }

    /// The box of those who may only put themselves on the Cc list or take themselves off it (row C17).
    pub fn own_cc(&self, field: &'static Field, ticked: bool, was: bool) -> FormField {
        FormField {
            label: "Put me on the Cc list".to_owned(),
            kind: "checkbox",
            value: if ticked { "1" } else { "0" }.to_owned(),
            changed: ticked != was,
            choices: Vec::new(),
            options_html: String::new(),
            suggestions_html: String::new(),
            hint: String::new(),
            ..self.control(field, "")
        }
    }

    /// Those in use; a retired one stays where a ticket has it (row T08).
    fn options(&self, field: &Field, value: &str) -> Vec<Choice> {
        let mut options = Vec::new();
        if field.kind == (Kind::Option { empty: true }) || value.is_empty() {
            options.push(Choice::of(""));
        }
        options.extend(self.names.choices.options(field.name).map(|option| Choice::of(&option.name)));
        if !options.iter().any(|option| option.value == value) {
            options.push(Choice { label: format!("{value} (no longer in use)"), ..Choice::of(value) });
        }
        options
    }

    /// Open with a date, open without one, completed; the last for administrators only (row T18).
    fn milestones(&self, value: &str) -> String {
        let all = &self.names.choices.milestones;
        let completed = self.viewer.may(TICKET_ADMIN);
        let mut options = Options::new(value);
        options.option("", "");
        if !value.is_empty() && !all.iter().any(|row| row.name == value) {
            options.option(value, value);
        }
        for (label, of_group) in [("Open, by due date", 0), ("Open, without a date", 1), ("Completed", 2)] {
            let is_offered = |row: &&MilestoneRow| match (row.completed_at.is_some(), row.due.is_some()) {
                (true, _) => of_group == 2 && (completed || row.name == value),
                (false, dated) => of_group == usize::from(!dated),
            };
            let mut offered = all.iter().filter(is_offered).peekable();
            if offered.peek().is_some() {
                options.group(label, |options| offered.for_each(|row| options.option(&row.name, &row.name)));
            }
        }
        options.into_html()
    }
}

/// Whether this viewer can choose a milestone at all (row T18).
pub(super) fn may_choose(viewer: &Viewer, field: &Field) -> bool {
    field.kind != Kind::Milestone || viewer.may(MILESTONE_VIEW)
}

/// An action of the workflow as the form offers it.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Action {
    pub name: String,
    label: String,
    hint: String,
    chosen: bool,
    owner: Option<Input>,
    resolution: Option<Input>,
    /// What stands in the control for the ticket that this one repeats; none: it does not ask.
    duplicate_of: Option<String>,
}

#[derive(Debug, Clone, Serialize)]
struct Input {
    kind: &'static str,
    value: String,
    options_html: String,
}

/// `logins_html`: known people as options.
pub(super) fn actions(offers: &[Offer], typed: Option<&ActionRequest>, logins_html: &str) -> Vec<Action> {
    let chosen = typed
        .map(|typed| typed.name.as_str())
        .filter(|name| offers.iter().any(|offer| offer.name == *name))
        .or_else(|| offers.first().map(|offer| offer.name.as_str()));
    offers
        .iter()
        .map(|offer| {
            let typed = typed.filter(|typed| typed.name == offer.name);
            Action {
                name: offer.name.clone(),
                label: offer.label.clone(),
                hint: offer.hint.clone(),
                chosen: chosen == Some(&offer.name),
                owner: offer.owner.as_ref().map(|input| {
                    let value = typed.and_then(|typed| typed.owner.as_deref()).unwrap_or(&input.default).to_owned();
                    match &input.choices {
                        workflow::Choices::Free => Input { kind: "free", value, options_html: logins_html.to_owned() },
                        workflow::Choices::Of(people) => {
                            Input { kind: "choice", options_html: owners(people, &value), value }
                        }
                        workflow::Choices::Fixed(login) => {
                            Input { kind: "fixed", value: login.clone(), options_html: String::new() }
                        }
                    }
                }),
                resolution: offer.resolution.as_ref().map(|input| {
                    let value = typed.and_then(|typed| typed.resolution.as_deref()).unwrap_or(&input.default);
                    let mut options = Options::new(value);
                    input.choices.iter().for_each(|name| options.option(name, name));
                    Input {
                        kind: if input.fixed { "fixed" } else { "choice" },
                        value: value.to_owned(),
                        options_html: options.into_html(),
                    }
                }),
                duplicate_of: offer
                    .duplicate_of
                    .as_ref()
                    .map(|_| typed.and_then(|typed| typed.duplicate_of.clone()).unwrap_or_default()),
            }
        })
        .collect()
}

fn owners(logins: &[String], chosen: &str) -> String {
    let mut options = Options::new(chosen);
    for login in logins {
        match login.as_str() {
            "" => options.option("", "nobody"),
            DEFAULT_OWNER => options.option(login, "the owner of the component"),
            login => options.option(login, login),
        }
    }
    options.into_html()
}
