//! Footnotes: their numbers, and the list of them at the end.

use std::collections::HashMap;

use super::Writer;

#[derive(Default)]
pub(super) struct Notes {
    /// By label: the number, and how often it was referred to.
    pub(super) numbers: HashMap<String, (usize, usize)>,
    pub(super) order: Vec<String>,
    pub(super) bodies: HashMap<String, String>,
}

impl<'a> Writer<'a> {
    pub(super) fn footnote_reference(&mut self, label: &str) {
        self.inline_content(true);
        let label = self.restored(label);
        let next = self.notes.order.len() + 1;
        let entry = self.notes.numbers.entry(label.clone()).or_insert((next, 0));
        entry.1 += 1;
        let (number, times) = *entry;
        if number == next {
            self.notes.order.push(label);
        }
        self.out.push_str("<sup class=\"footnote-reference\"><a href=\"#");
        self.own_id(&format!("fn:{number}"));
        self.out.push_str("\" id=\"");
        self.own_id(&reference_id(number, times));
        self.out.push_str("\">");
        self.out.push_str(&number.to_string());
        self.out.push_str("</a></sup>");
    }

    /// The notes at the end of the text, in the order of their references; those that nobody refers to last.
    pub(super) fn footnotes(&mut self) {
        let mut bodies = std::mem::take(&mut self.notes.bodies);
        let mut unused: Vec<String> =
            bodies.keys().filter(|label| !self.notes.numbers.contains_key(*label)).cloned().collect();
        unused.sort();
        let order = std::mem::take(&mut self.notes.order);
        for (at, label) in order.into_iter().chain(unused).enumerate() {
            let number = at + 1;
            let Some(body) = bodies.remove(&label) else { continue };
            let times = self.notes.numbers.get(&label).map_or(0, |(_, times)| *times);
            self.new_line();
            self.out.push_str("<div class=\"footnote-definition\" id=\"");
            self.own_id(&format!("fn:{number}"));
            self.out.push_str("\"><sup class=\"footnote-definition-label\">");
            self.out.push_str(&number.to_string());
            self.out.push_str("</sup>");
            let (text, end) = match body.strip_suffix("</p>\n") {
                Some(text) => (text, "</p>\n"),
                None => (body.as_str(), ""),
            };
            self.out.push_str(text);
            for time in 1..=times.min(20) {
                self.out.push_str(" <a class=\"footnote-backref\" href=\"#");
                self.own_id(&reference_id(number, time));
                self.out.push_str("\" aria-label=\"Back to the text\">\u{21A9}\u{FE0E}</a>");
            }
            self.out.push_str(end);
            self.out.push_str("</div>\n");
        }
    }

    // Small things
}

fn reference_id(number: usize, time: usize) -> String {
    if time == 1 { format!("fnref:{number}") } else { format!("fnref:{number}:{time}") }
}
