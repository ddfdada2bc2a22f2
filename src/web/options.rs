//! The `<option>` elements of a form. They are written here because lists of people or milestones are long: in a template
//! they would cost more than the rest of the page.

use crate::base::markup::Html;

/// Those of a `select`, one after the other.
#[derive(Debug, Default)]
pub struct Options<'a> {
    /// The value that is chosen.
    chosen: &'a str,
    html: Html,
}

impl<'a> Options<'a> {
    pub fn new(chosen: &'a str) -> Self {
        Self { chosen, html: Html::default() }
    }

    pub fn option(&mut self, value: &str, label: &str) {
        self.html.tag("<option").attribute("value", value);
        if value == self.chosen {
            self.html.tag(" selected");
        }
        self.html.tag(">").text(label).tag("</option>\n");
    }

    /// Those that `fill` adds, under a heading.
    pub fn group(&mut self, label: &str, fill: impl FnOnce(&mut Self)) {
        self.html.tag("<optgroup").attribute("label", label).tag(">\n");
        fill(self);
        self.html.tag("</optgroup>\n");
    }

    pub fn into_html(self) -> String {
        self.html.into_string()
    }
}

/// Those of a `datalist`: what may be typed.
pub fn proposals<'a>(values: impl IntoIterator<Item = &'a String>) -> String {
    let mut html = Html::default();
    for value in values {
        html.tag("<option").attribute("value", value).tag("></option>");
    }
    html.into_string()
}
