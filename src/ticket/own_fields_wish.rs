//! What somebody wants of a project's own field, as they typed it, and the definition that it is read as: the parsing that comes
//! before anything is asked about tickets (rows F01 to F10).

use unicode_normalization::UnicodeNormalization;

use super::fields::{Choices, field};
use super::own_fields::{OwnField, OwnKind};
use crate::base::error::Problem;
use crate::base::text::fold;
use crate::web::form::shortened;

const LONGEST_LABEL: usize = 100;
const LONGEST_HELP: usize = 500;
const LONGEST_OPTION: usize = 200;
const MOST_OPTIONS: usize = 500;

/// What somebody wants of a field. What is None stays as it is, or as a new field has it.
#[derive(Debug, Clone, Default)]
pub struct Wish {
    pub label: Option<String>,
    pub kind: Option<String>,
    pub format: Option<String>,
    pub help: Option<String>,
    /// What new tickets get, as it would be typed.
    pub proposed: Option<String>,
    /// The names of its options, in order.
    pub options: Option<Vec<String>>,
    pub rows: Option<String>,
    /// Empty for no limit.
    pub max_size: Option<String>,
    /// The names of the types of tickets that have it; none among them: all.
    pub types: Option<Vec<String>>,
    /// The names of the states in which it can't be empty.
    pub required_in: Option<Vec<String>>,
    /// Its place among the others, from 1.
    pub place: Option<String>,
}

/// A field as it is to be.
#[derive(Debug, Clone, Default)]
pub(super) struct Definition {
    pub name: String,
    pub label: String,
    pub kind: Option<OwnKind>,
    pub format: String,
    pub help: String,
    pub proposed: String,
    pub options: Vec<String>,
    pub rows: i64,
    pub max_size: Option<i64>,
    pub types: Vec<i64>,
    pub required_in: Vec<String>,
    pub place: Option<usize>,
}

/// Reads what was typed against what there is; `old` is the field as it is now, none for a new one. All that is wrong with it
/// comes with the definition that it would be.
pub(super) fn read(
    choices: &Choices,
    name: &str,
    old: Option<&OwnField>,
    wish: &Wish,
    problems: &mut Vec<Problem>,
) -> Definition {
    let mut refuse = |field: &str, why: String| problems.push(Problem::new(field, why));
    let line = |text: &str| text.trim().nfc().collect::<String>();
    let label = wish.label.as_deref().map(line).filter(|label| !label.is_empty());
    let label = label.or_else(|| old.map(|old| old.field.label.to_owned())).unwrap_or_else(|| labelled(name));
    if label.chars().count() > LONGEST_LABEL || label.chars().any(char::is_control) {
        refuse("label", format!("A label is one line of at most {LONGEST_LABEL} characters."));
    }
    let kind = match wish.kind.as_deref().map(str::trim) {
        None => old.map(|old| old.kind).or(Some(OwnKind::Text)),
        Some(kind) => OwnKind::from_name(kind),
    };
    if kind.is_none() {
        let known: Vec<&str> = OwnKind::ALL.iter().map(|kind| kind.name()).collect();
        let typed = wish.kind.as_deref().unwrap_or_default();
        refuse("kind", format!("There is no kind of field “{}”; there are {}.", shortened(typed), known.join(", ")));
    }
    let formats = kind.map_or(&[][..], OwnKind::formats);
    let format = match wish.format.as_deref().map(str::trim).filter(|format| !format.is_empty()) {
        Some(format) if formats.contains(&format) => format.to_owned(),
        // What another kind had is no mistake of whoever changes the kind.
        Some(format) if !formats.is_empty() => {
            refuse("format", format!("This kind is shown as {}, not as “{}”.", formats.join(", "), shortened(format)));
            String::new()
        }
        _ => {
            let kept = old.map(|old| old.format.as_str()).filter(|format| formats.contains(format));
            kept.or_else(|| formats.first().copied()).unwrap_or_default().to_owned()
        }
    };
    let help = wish.help.as_deref().map(line).or_else(|| old.map(|old| old.help.clone())).unwrap_or_default();
    if help.chars().count() > LONGEST_HELP || help.chars().any(char::is_control) {
        refuse("help", format!("The help is one line of at most {LONGEST_HELP} characters."));
    }
    let known: Vec<String> = choices.options(name).map(|option| option.name.clone()).collect();
    let options = match (&wish.options, kind) {
        (Some(options), Some(kind)) if kind.has_options() => {
            let mut list: Vec<String> = Vec::new();
            for option in options.iter().map(|option| line(option)).filter(|option| !option.is_empty()) {
                if let Some(why) = option_problem(&option) {
                    refuse("options", why);
                } else if list.iter().any(|known| fold(known) == fold(&option)) {
                    refuse("options", format!("The option “{}” stands there twice.", shortened(&option)));
                } else {
                    list.push(option);
                }
            }
            list
        }
        _ => known,
    };
    if kind.is_some_and(OwnKind::has_options) && options.is_empty() {
        refuse("options", "There must be something to choose: name the options, one on each line.".to_owned());
    }
    if options.len() > MOST_OPTIONS {
        refuse("options", format!("A field has at most {MOST_OPTIONS} options."));
    }
    let mut number = |field: &str, typed: Option<&str>, least: i64, most: i64| -> Option<Option<i64>> {
        let typed = typed?.trim();
        if typed.is_empty() {
            return Some(None);
        }
        let number = typed.parse::<i64>().ok().filter(|number| (least..=most).contains(number));
        if number.is_none() {
            refuse(field, format!("“{}” is no number from {least} to {most}.", shortened(typed)));
        }
        Some(number)
    };
    let rows = number("rows", wish.rows.as_deref(), 1, 40);
    let max_size = number("max_size", wish.max_size.as_deref(), 1, 1_048_576);
    let place = number("place", wish.place.as_deref(), 1, 1000).flatten();
    let types = wish.types.as_ref().map(|types| {
        let mut ids = Vec::new();
        for typed in types.iter().map(|one| one.trim()).filter(|one| !one.is_empty()) {
            match field("type").and_then(|field| choices.id_of(field, typed)) {
                Some(id) if !ids.contains(&id) => ids.push(id),
                Some(_) => {}
                None => refuse("types", format!("There is no type of tickets “{}”.", shortened(typed))),
            }
        }
        ids
    });
    let required_in = wish.required_in.as_ref().map(|states| {
        let mut names: Vec<String> = Vec::new();
        for typed in states.iter().map(|one| one.trim()).filter(|one| !one.is_empty()) {
            match choices.status_named(typed) {
                Some(status) if !names.contains(&status.name) => names.push(status.name.clone()),
                Some(_) => {}
                None => refuse("required_in", format!("There is no state “{}”.", shortened(typed))),
            }
        }
        names
    });
    Definition {
        name: name.to_owned(),
        label,
        kind,
        format,
        help,
        proposed: wish
            .proposed
            .as_deref()
            .map(|text| text.trim().to_owned())
            .or_else(|| old.map(|old| old.proposed.clone()))
            .unwrap_or_default(),
        options,
        rows: rows.flatten().or_else(|| old.map(|old| old.rows)).unwrap_or(5),
        max_size: max_size.unwrap_or_else(|| old.and_then(|old| old.max_size)),
        types: types.or_else(|| old.map(|old| old.types.clone())).unwrap_or_default(),
        required_in: required_in.or_else(|| old.map(|old| old.required_in.clone())).unwrap_or_default(),
        place: place.and_then(|place| usize::try_from(place).ok()),
    }
}

/// Row F10: `found_in` is labelled “Found in”.
fn labelled(name: &str) -> String {
    let words = name.replace('_', " ");
    let mut letters = words.trim().chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// What is wrong with the name of an option.
pub(super) fn option_problem(option: &str) -> Option<String> {
    if option.chars().count() > LONGEST_OPTION || option.chars().any(char::is_control) || option.is_empty() {
        return Some(format!("An option is one line of at most {LONGEST_OPTION} characters."));
    }
    option.contains([',', ';', '|']).then(|| {
        format!("The option “{}” has a comma, semicolon or bar in it, which part options in lists.", shortened(option))
    })
}
