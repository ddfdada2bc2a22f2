//! Reads a definition (rows W01 to W09, W12, W16, W23). The language is that of Trac's `trac.ini`: names of actions and
//! attributes mean the same in either case, a line that is indented further than its setting continues it, and `#` and `;`
//! begin comments. What can't be understood never stops the rest: it becomes a warning with its line.

use std::collections::{BTreeMap, HashMap, HashSet};

use serde::Serialize;

use super::{Action, Category, Operation, Ownership, RESET, State, Workflow};
use crate::web::form::shortened;

/// What is longer is not read.
pub const MOST_BYTES: usize = 64 * 1024;
const MOST_ACTIONS: usize = 500;
const MOST_WARNINGS: usize = 100;
const LONGEST_NAME: usize = 60;
const LONGEST_LABEL: usize = 100;

/// Something in a definition that was left out, or that can't be meant so.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Warning {
    /// Counted from 1; 0 if it is about the text as a whole.
    pub line: usize,
    /// A sentence for whoever wrote the definition.
    pub message: String,
}

pub(super) fn parse(text: &str) -> (Workflow, Vec<Warning>) {
    let mut warnings = Warnings::default();
    let mut drafts = Drafts::default();
    let mut categories = Categories::new();
    for setting in settings(text, &mut warnings) {
        match setting.section {
            Section::Workflow => drafts.read(&setting, &mut warnings),
            Section::Status => read_category(&setting, &mut categories, &mut warnings),
        }
    }
    let mut actions = drafts.finish(&mut warnings);
    let states = states(&actions, &categories, &mut warnings);
    lead_reset_somewhere(&mut actions, &states);
    if !actions.iter().any(|action| action.creates) {
        warnings.add(0, "No action has the old state “<none>”, so nobody can file a ticket.");
    }
    (Workflow { actions, states }, warnings.in_order())
}

#[derive(Default)]
struct Warnings(Vec<Warning>);

impl Warnings {
    fn add(&mut self, line: usize, message: impl Into<String>) {
        if self.0.len() < MOST_WARNINGS {
            self.0.push(Warning { line, message: message.into() });
        } else if self.0.len() == MOST_WARNINGS {
            self.0.push(Warning { line: 0, message: "There are more warnings than are shown.".into() });
        }
    }

    /// By line; what is about the whole comes last.
    fn in_order(mut self) -> Vec<Warning> {
        self.0.sort_by_key(|warning| (warning.line == 0, warning.line));
        self.0
    }
}

#[derive(Clone, Copy)]
enum Section {
    Workflow,
    Status,
}

/// `key = value`, with the lines that continue it.
struct Setting {
    line: usize,
    section: Section,
    key: String,
    value: String,
}

fn settings(text: &str, warnings: &mut Warnings) -> Vec<Setting> {
    let text = text.strip_prefix('\u{FEFF}').unwrap_or(text);
    let kept = whole_lines(text, MOST_BYTES);
    if kept.len() < text.len() {
        let line = kept.lines().count() + 1;
        warnings.add(line, "A definition has at most 64 KiB; from here on it was not read.");
    }
    let mut settings: Vec<Setting> = Vec::new();
    // None in a section that is not ours.
    let mut section = Some(Section::Workflow);
    // How far the setting is indented that an indented line may continue.
    let mut open: Option<usize> = None;
    for (at, written) in kept.lines().enumerate() {
        let line = at + 1;
        let content = written.trim();
        if content.is_empty() || content.starts_with(['#', ';']) {
            continue;
        }
        if content.chars().any(|character| character.is_control() && character != '\t') {
            open = None;
            warnings.add(line, "This line holds characters that can't be seen; it is left out.");
            continue;
        }
        if let Some(title) = content.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            open = None;
            section = match title.trim() {
                "ticket-workflow" => Some(Section::Workflow),
                "ticket-status" => Some(Section::Status),
                other => {
                    let other = quoted(other);
                    warnings.add(line, format!("The section {other} is no part of a workflow; it is left out."));
                    None
                }
            };
            continue;
        }
        let Some(section) = section else { continue };
        let indent = written.chars().take_while(|character| character.is_whitespace()).count();
        let setting = content.split_once(['=', ':']);
        if let (Some(above), Some(last)) = (open, settings.last_mut())
            && indent > above
            && setting.is_none()
        {
            last.value.push(' ');
            last.value.push_str(content);
            continue;
        }
        let Some((key, value)) = setting else {
            open = None;
            warnings.add(line, format!("{} can't be understood: there is no “=” in it.", quoted(content)));
            continue;
        };
        open = Some(indent);
        settings.push(Setting { line, section, key: key.trim().to_owned(), value: value.trim().to_owned() });
    }
    settings
}

/// As many whole lines of the text as `most` bytes hold.
fn whole_lines(text: &str, most: usize) -> &str {
    if text.len() <= most {
        return text;
    }
    let end = text.as_bytes()[..most].iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
    &text[..end]
}

/// An action while its lines are being collected.
#[derive(Default)]
struct Draft {
    name: String,
    line: usize,
    transition: Option<Transition>,
    label: Option<String>,
    older_label: Option<String>,
    rank: i64,
    permissions: Option<Vec<String>>,
    operations: Vec<Operation>,
    /// It asks for an operation that does not exist here.
    lacks_operation: bool,
    set_owner: Option<Vec<String>>,
    set_resolution: Option<Vec<String>>,
    if_owner: Vec<Ownership>,
    require: Vec<String>,
    require_closed_dependencies: bool,
    /// Keys that were read, to tell when one comes twice.
    seen: HashSet<String>,
}

#[derive(Default)]
struct Transition {
    line: usize,
    creates: bool,
    from_any: bool,
    from: Vec<String>,
    to: Option<String>,
}

#[derive(Default)]
struct Drafts {
    all: Vec<Draft>,
    by_name: HashMap<String, usize>,
    too_many: bool,
}

impl Drafts {
    fn read(&mut self, setting: &Setting, warnings: &mut Warnings) {
        let key = setting.key.to_lowercase();
        let (name, attribute) = match key.split_once('.') {
            Some((name, attribute)) => (name.trim(), Some(attribute.trim())),
            None => (key.as_str(), None),
        };
        if !is_action_name(name) {
            let message = "can't be the name of an action: letters, digits, “_” and “-”, at most 60 of them.";
            warnings.add(setting.line, format!("{} {message}", quoted(&setting.key)));
            return;
        }
        let Some(draft) = self.of(name, setting.line, warnings) else { return };
        if draft.seen.contains(&key) {
            warnings.add(setting.line, format!("{} is set twice; this one counts.", quoted(&key)));
        }
        match attribute {
            None => {
                if let Some(transition) = read_transition(setting, name, warnings) {
                    draft.transition = Some(transition);
                }
            }
            Some(attribute) => draft.read_attribute(attribute, setting, warnings),
        }
        draft.seen.insert(key);
    }

    fn of(&mut self, name: &str, line: usize, warnings: &mut Warnings) -> Option<&mut Draft> {
        let at = match self.by_name.get(name) {
            Some(at) => *at,
            None if self.all.len() >= MOST_ACTIONS => {
                if !self.too_many {
                    warnings.add(line, "A workflow has at most 500 actions; this one and others are left out.");
                }
                self.too_many = true;
                return None;
            }
            None => {
                self.all.push(Draft { name: name.to_owned(), line, ..Draft::default() });
                self.by_name.insert(name.to_owned(), self.all.len() - 1);
                self.all.len() - 1
            }
        };
        self.all.get_mut(at)
    }

    fn finish(self, warnings: &mut Warnings) -> Vec<Action> {
        let mut actions: Vec<Action> = self.all.into_iter().filter_map(|draft| draft.finish(warnings)).collect();
        actions.sort_by_key(|action| action.line);
        if !actions.iter().any(|action| action.name == RESET) {
            let reset = Draft { name: RESET.to_owned(), ..Draft::default() };
            actions.extend(reset.finish(warnings));
        }
        actions
    }
}

impl Draft {
    fn read_attribute(&mut self, attribute: &str, setting: &Setting, warnings: &mut Warnings) {
        let value = setting.value.as_str();
        match attribute {
            "label" => self.label = label(setting, warnings),
            "name" => self.older_label = label(setting, warnings),
            "default" => match value.parse() {
                Ok(rank) => self.rank = rank,
                Err(_) => warnings.add(setting.line, format!("“default” is a whole number, not {}.", quoted(value))),
            },
            "permissions" => self.permissions = Some(list(value)),
            "operations" => self.read_operations(setting, warnings),
            "set_owner" => self.set_owner = Some(list(value)),
            "set_resolution" => self.set_resolution = Some(list(value)),
            "if_owner" => self.read_ownership(setting, warnings),
            "require" => self.require = list(&value.to_lowercase()),
            "require_closed_dependencies" => match value.to_lowercase().as_str() {
                "yes" | "true" | "on" | "1" => self.require_closed_dependencies = true,
                "no" | "false" | "off" | "0" => self.require_closed_dependencies = false,
                _ => warnings.add(
                    setting.line,
                    format!("“require_closed_dependencies” is “yes” or “no”, not {}.", quoted(value)),
                ),
            },
            other => {
                warnings.add(setting.line, format!("Actions have no attribute {}; it is left out.", quoted(other)))
            }
        }
    }

    fn read_ownership(&mut self, setting: &Setting, warnings: &mut Warnings) {
        self.if_owner.clear();
        for name in list(&setting.value.to_lowercase()) {
            match Ownership::ALL.into_iter().find(|ownership| ownership.name() == name) {
                Some(ownership) => self.if_owner.push(ownership),
                None => warnings.add(
                    setting.line,
                    format!("An owner is “nobody”, “me” or “another”, not {}; it is left out.", quoted(&name)),
                ),
            }
        }
    }

    fn read_operations(&mut self, setting: &Setting, warnings: &mut Warnings) {
        let mut operations: Vec<Operation> = Vec::new();
        self.lacks_operation = false;
        for name in list(&setting.value) {
            let Some(operation) = Operation::from_name(&name) else {
                warnings.add(setting.line, format!("There is no operation {}; it is left out.", quoted(&name)));
                self.lacks_operation = true;
                continue;
            };
            if let Some(field) = operation.field()
                && let Some(at) = operations.iter().position(|earlier| earlier.field() == Some(field))
            {
                let earlier = operations.remove(at).name();
                let message = format!("“{earlier}” and “{name}” both change the {field}; only “{name}” is done.");
                warnings.add(setting.line, message);
            }
            operations.push(operation);
        }
        self.operations = operations;
    }

    /// None if it leads nowhere.
    fn finish(self, warnings: &mut Warnings) -> Option<Action> {
        let reset = self.name == RESET;
        if self.transition.is_none() && !reset {
            // Otherwise what is wrong with that line has been said.
            if !self.seen.contains(&self.name) {
                let message = format!("The action “{0}” has no line “{0} = old -> new”; it is left out.", self.name);
                warnings.add(self.line, message);
            }
            return None;
        }
        let transition = self.transition.unwrap_or_default();
        // To Trac, "*" as the new state means that the operation decides.
        if self.lacks_operation
            && transition.to.is_none()
            && !self.operations.contains(&Operation::LeaveStatus)
            && !reset
        {
            let message =
                format!("The action “{}” has no operation that leads it anywhere; it is left out.", self.name);
            warnings.add(transition.line, message);
            return None;
        }
        let asks_for_owner =
            self.operations.iter().any(|kind| matches!(kind, Operation::SetOwner | Operation::MaySetOwner));
        if self.set_owner.is_some() && !asks_for_owner {
            warnings.add(
                self.line,
                format!("“{}.set_owner” limits an operation that the action does not have.", self.name),
            );
        }
        if self.set_resolution.is_some() && !self.operations.contains(&Operation::SetResolution) {
            warnings.add(
                self.line,
                format!("“{}.set_resolution” limits an operation that the action does not have.", self.name),
            );
        }
        let operations = match (reset, self.operations.is_empty()) {
            (true, true) => vec![Operation::ResetWorkflow],
            _ => self.operations,
        };
        let spoken = self.name.replace('_', " ");
        Some(Action {
            label: self.label.or(self.older_label).unwrap_or_else(|| spoken.trim().to_owned()),
            line: if transition.line > 0 { transition.line } else { self.line },
            creates: transition.creates,
            from_any: transition.from_any,
            from: transition.from,
            to: transition.to,
            permissions: self
                .permissions
                .unwrap_or_else(|| if reset { vec!["TICKET_ADMIN".to_owned()] } else { Vec::new() }),
            operations,
            rank: self.rank,
            set_owner: self.set_owner.filter(|names| !names.is_empty()),
            set_resolution: self.set_resolution.filter(|names| !names.is_empty()),
            if_owner: self.if_owner,
            require: self.require,
            require_closed_dependencies: self.require_closed_dependencies,
            name: self.name,
        })
    }
}

/// `old1, old2 -> new`. None if it is none.
fn read_transition(setting: &Setting, name: &str, warnings: &mut Warnings) -> Option<Transition> {
    let line = setting.line;
    let Some((old, new)) = setting.value.split_once("->").filter(|(_, new)| !new.contains("->")) else {
        warnings
            .add(line, format!("An action is “{name} = old states -> new state”; {} is not.", quoted(&setting.value)));
        return None;
    };
    let to = match new.trim() {
        "*" => None,
        new if is_state_name(new) => Some(new.to_owned()),
        new => {
            warnings.add(line, format!("{} can't be the new state of a ticket; it is one state, or “*”.", quoted(new)));
            return None;
        }
    };
    let mut transition = Transition { line, to, ..Transition::default() };
    let old = list(old);
    for state in &old {
        match state.as_str() {
            "*" if old.len() == 1 => transition.from_any = true,
            "*" => warnings.add(line, "“*” means any state only if it stands alone; it is left out."),
            state if is_no_state(state) && transition.to.is_none() => {
                warnings.add(line, "A new ticket has no state to stay in: “<none>” can't lead to “*”.");
            }
            state if is_no_state(state) => transition.creates = true,
            state if is_state_name(state) => transition.from.push(state.to_owned()),
            state => warnings.add(line, format!("{} can't be the name of a state; it is left out.", quoted(state))),
        }
    }
    if old.is_empty() && name != RESET {
        warnings.add(line, format!("The action “{name}” has no old state, so it is never offered."));
    }
    Some(transition)
}

fn label(setting: &Setting, warnings: &mut Warnings) -> Option<String> {
    if setting.value.chars().count() > LONGEST_LABEL {
        warnings.add(setting.line, "A label has at most 100 characters; this one is left out.");
        return None;
    }
    Some(setting.value.clone()).filter(|label| !label.is_empty())
}

/// What the lines `state = open`, `waiting` and `closed` say, with their numbers.
type Categories = HashMap<String, (usize, Category)>;

fn read_category(setting: &Setting, categories: &mut Categories, warnings: &mut Warnings) {
    let Some(category) = Category::from_name(&setting.value.to_lowercase()) else {
        warnings
            .add(setting.line, format!("A state is “open”, “waiting” or “closed”, not {}.", quoted(&setting.value)));
        return;
    };
    if categories.insert(setting.key.clone(), (setting.line, category)).is_some() {
        warnings.add(setting.line, format!("{} is set twice; this one counts.", quoted(&setting.key)));
    }
}

/// The states in order of appearance with their categories: as written; else closed if a resolution is set on the way to
/// it; else, if that closes none, by the name that Trac always gave to the last state.
fn states(actions: &[Action], categories: &Categories, warnings: &mut Warnings) -> Vec<State> {
    let mut at_of: HashMap<&str, usize> = HashMap::new();
    let mut states: Vec<State> = Vec::new();
    let mut reached: Vec<bool> = Vec::new();
    let mut first_line = Vec::new();
    for action in actions {
        let from = action.from.iter().map(|name| (name, false));
        for (name, is_target) in from.chain(action.to.iter().map(|name| (name, true))) {
            let at = *at_of.entry(name).or_insert_with(|| {
                let category = categories.get(name).map_or(Category::Open, |(_, category)| *category);
                states.push(State { name: name.clone(), category });
                reached.push(false);
                first_line.push(action.line);
                states.len() - 1
            });
            if is_target {
                reached[at] = true;
                if action.resolves() && !categories.contains_key(name) {
                    states[at].category = Category::Closed;
                }
            }
        }
    }
    if !states.iter().any(|state| state.category == Category::Closed) {
        match states.iter_mut().find(|state| state.name == "closed" && !categories.contains_key("closed")) {
            Some(state) => state.category = Category::Closed,
            None => warnings.add(0, "No state is closed, so every ticket stays open for ever."),
        }
    }
    for (at, state) in states.iter().enumerate().filter(|(at, _)| !reached[*at]) {
        warnings.add(first_line[at], format!("No action leads to the state {}.", quoted(&state.name)));
    }
    let unknown = categories.iter().filter(|(state, _)| !at_of.contains_key(state.as_str()));
    let unknown: BTreeMap<usize, &String> = unknown.map(|(state, (line, _))| (*line, state)).collect();
    for (line, state) in unknown {
        warnings.add(line, format!("No action knows the state {}.", quoted(state)));
    }
    states
}

/// Gives `_reset` a state to lead to where its definition names none: `new`, else the first that a new ticket can have.
/// Without any it is taken away (row W16).
fn lead_reset_somewhere(actions: &mut Vec<Action>, states: &[State]) {
    let first = actions.iter().find(|action| action.creates).and_then(|action| action.to.clone());
    let target = states.iter().find(|state| state.name == "new").map(|state| state.name.clone()).or(first);
    for reset in actions.iter_mut().filter(|action| action.name == RESET && action.to.is_none()) {
        reset.to.clone_from(&target);
    }
    actions.retain(|action| action.name != RESET || action.to.is_some());
}

/// The parts between commas, each once.
fn list(value: &str) -> Vec<String> {
    let mut seen = HashSet::new();
    value.split(',').map(str::trim).filter(|part| !part.is_empty() && seen.insert(*part)).map(str::to_owned).collect()
}

/// The name becomes part of the names of form fields.
fn is_action_name(name: &str) -> bool {
    let good = |character: char| character.is_alphanumeric() || matches!(character, '_' | '-');
    !name.is_empty() && name.chars().count() <= LONGEST_NAME && name.chars().all(good)
}

fn is_state_name(name: &str) -> bool {
    !name.is_empty() && name.chars().count() <= LONGEST_NAME && !name.contains(['*', ',', '<', '>', '|', '='])
}

/// `<none>`, also with blanks inside.
fn is_no_state(name: &str) -> bool {
    name.strip_prefix('<').and_then(|rest| rest.strip_suffix('>')).is_some_and(|inside| inside.trim() == "none")
}

fn quoted(written: &str) -> String {
    format!("“{}”", shortened(written))
}
