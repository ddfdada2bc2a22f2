//! The boxes of task lists: as something to click, and a text with one of them ticked.
//!
//! A box is known by its place among those of its text. Whoever ticks one compares [`Compiled::tasks`](super::Compiled) of
//! both texts: where Markdown alone sees other boxes than the compiler does, nothing is ticked.

use std::ops::Range;

use pulldown_cmark::{Event, Parser};

use super::compile::parse_options;
use super::{Flavour, Html, Options, Task, holes};

/// How each box begins; the prefix of the text's ids and its number follow.
const BOX: &str = "<input type=\"checkbox\" class=\"task\" disabled data-task=\"";

pub(super) fn box_of(number: usize, done: bool) -> String {
    let state = if done { "checked aria-label=\"Done\"" } else { "aria-label=\"To do\"" };
    format!("{BOX}{}{number}\" {state}>", holes::ID)
}

/// The boxes of one text as buttons of the form with the id `form`: each sends `task=<prefix><number>-<done|open>-<mark>`, the
/// state that it leads to. `html` is the resolved text, `prefix` that of its ids, `tasks` its boxes; those of texts that it
/// includes stay as they are.
pub fn tickable(html: &Html, prefix: &str, tasks: &[Task], form: &str, mark: &str) -> Html {
    let begin = format!("{BOX}{prefix}");
    let mut out = String::with_capacity(html.as_str().len() + tasks.len() * 128);
    let mut rest = html.as_str();
    while let Some(at) = rest.find(&begin) {
        let after = &rest[at + begin.len()..];
        let number = after.split('"').next().and_then(|number| number.parse::<usize>().ok());
        let (Some(task), Some(end)) = (number.and_then(|number| tasks.get(number)), after.find('>')) else {
            out.push_str(&rest[..at + begin.len()]);
            rest = after;
            continue;
        };
        out.push_str(&rest[..at]);
        let leads_to = if task.done { "open" } else { "done" };
        let value = format!("{prefix}{}-{leads_to}-{mark}", number.unwrap_or_default());
        let mut button = Html::default();
        button.tag("<button type=\"submit\" class=\"task\" name=\"task\" role=\"checkbox\"");
        button.attribute("form", form).attribute("value", &value);
        button.attribute("aria-checked", if task.done { "true" } else { "false" });
        button.attribute("aria-label", if task.text.is_empty() { "Task" } else { &task.text }).tag("></button>");
        out.push_str(button.as_str());
        rest = &after[end + 1..];
    }
    out.push_str(rest);
    Html::trusted(out)
}

/// The text with the box of that number ticked or not; none if there is no such box.
pub fn ticked(text: &str, flavour: Flavour, options: &Options, number: usize, done: bool) -> Option<String> {
    let range = marks(text, flavour, options).nth(number)?;
    let mut ticked = text.to_owned();
    ticked.replace_range(range, if done { "x" } else { " " });
    Some(ticked)
}

/// The text with no box ticked: two texts that differ in nothing but ticks have the same.
pub fn unticked(text: &str, flavour: Flavour, options: &Options) -> String {
    let mut bare = text.to_owned();
    // From the end, since what stands between the brackets may be longer than a blank.
    for range in marks(text, flavour, options).collect::<Vec<_>>().into_iter().rev() {
        bare.replace_range(range, " ");
    }
    bare
}

/// What stands between the brackets of each box.
fn marks(text: &str, flavour: Flavour, options: &Options) -> impl Iterator<Item = Range<usize>> {
    Parser::new_ext(text, parse_options(options, flavour))
        .into_offset_iter()
        .filter(|(event, _)| matches!(event, Event::TaskListMarker(_)))
        .filter_map(|(_, range)| {
            let open = text.get(range.clone())?.find('[')? + range.start;
            let shut = text.get(open..range.end)?.find(']')? + open;
            Some(open + 1..shut)
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_box_is_ticked_and_nothing_else_changes() {
        let text = "Before\n\n- [ ] one\n  - [x] inner\n- [X] two\n\n```\n- [ ] code\n```\n1. [ ] three";
        let options = Options { references: true, extensions: true, ..Options::default() };
        let tick = |number, done| ticked(text, Flavour::Note, &options, number, done);
        assert_eq!(tick(0, true).as_deref(), Some(&*text.replace("[ ] one", "[x] one")));
        assert_eq!(tick(1, false).as_deref(), Some(&*text.replace("[x] inner", "[ ] inner")));
        assert_eq!(tick(2, true).as_deref(), Some(&*text.replace("[X] two", "[x] two")));
        assert_eq!(tick(3, true).as_deref(), Some(&*text.replace("[ ] three", "[x] three")));
        assert_eq!(tick(4, true), None);
        let other = tick(0, true).unwrap_or_default();
        let bare = |text: &str| unticked(text, Flavour::Note, &options);
        assert_eq!(bare(text), bare(&other));
        assert_ne!(bare(text), bare(&text.replace("one", "once")));
    }
}
