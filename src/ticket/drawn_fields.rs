//! The controls of a ticket's form as HTML. A form has twenty of them, with lists of options each: interpreted as a template
//! they would cost half of the ticket's page. Every control has Trac's name: `field_<name>`.

use serde::Serialize;

use super::controls::FormField;
use crate::base::error::Problem;
use crate::base::markup::Html;

/// Controls in a fold that is open where one of them has a problem: most tickets do without them.
#[derive(Debug, Serialize)]
pub(super) struct Fold {
    html: String,
    open: bool,
}

impl Fold {
    /// None where there is no control.
    pub fn of(fields: &[FormField], problems: &[Problem]) -> Option<Self> {
        let open = fields.iter().any(|field| has_problem(&control(field), problems));
        (!fields.is_empty()).then(|| Self { html: all(fields, problems), open })
    }
}

/// Each of them, one after the other; "" for none.
pub(super) fn all(fields: &[FormField], problems: &[Problem]) -> String {
    let mut html = Html::default();
    for field in fields {
        draw(&mut html, field, problems);
    }
    html.into_string()
}

fn control(field: &FormField) -> String {
    format!("field_{}", field.name)
}

fn has_problem(control: &str, problems: &[Problem]) -> bool {
    problems.iter().any(|problem| problem.field == control)
}

fn draw(html: &mut Html, field: &FormField, problems: &[Problem]) {
    let control = control(field);
    let (id, hint_id) = (format!("field-{control}"), format!("hint-{control}"));
    let pending = if field.changed { " pending" } else { "" };
    // Says of the control how it is called, described and judged.
    let about = |html: &mut Html| {
        html.attribute("id", &id).attribute("name", &control);
        if !field.hint.is_empty() {
            html.attribute("aria-describedby", &hint_id);
        }
        if has_problem(&control, problems) {
            html.tag(" aria-invalid=\"true\"");
        }
    };
    match field.kind {
        "checkbox" => {
            html.tag("<p").attribute("class", &format!("tick{pending}")).tag(">\n");
            sent(html, field);
            html.tag("  <input");
            about(html);
            html.tag(" type=\"checkbox\" value=\"1\"").tag(if field.value == "1" { " checked>\n" } else { ">\n" });
            html.tag("  <label").attribute("for", &id).tag(">").text(&field.label).tag("</label>");
            hint(html, field, &hint_id);
            html.tag("\n</p>\n");
        }
        "radio" | "multiple" => {
            html.tag("<fieldset").attribute("class", &format!("choice{pending}")).attribute("id", &id);
            html.tag(">\n  <legend>").text(&field.label).tag("</legend>\n");
            let several = field.kind == "multiple";
            if several {
                sent(html, field);
            }
            for choice in &field.choices {
                let chosen = if several { choice.chosen } else { choice.value == field.value };
                html.tag("  <label><input type=").tag(if several { "\"checkbox\"" } else { "\"radio\"" });
                html.attribute("name", &control).attribute("value", &choice.value);
                html.tag(if chosen { " checked>" } else { ">" });
                html.text(if choice.label.is_empty() { "none" } else { &choice.label }).tag("</label>\n");
            }
            hint(html, field, &hint_id);
            html.tag("</fieldset>\n");
        }
        kind => {
            let wide = if kind == "textarea" { " wide-field" } else { "" };
            html.tag("<p")
                .attribute("class", &format!("field{pending}{wide}"))
                .tag(">\n  <label")
                .attribute("for", &id);
            html.tag(">").text(&field.label);
            if field.changed {
                html.tag(" <span class=\"badge\">changed</span>");
            }
            html.tag("</label>\n");
            match kind {
                "select" => {
                    html.tag("  <select");
                    about(html);
                    html.tag(">\n").html(&Html::trusted(field.options_html.clone())).tag("  </select>");
                }
                "textarea" => {
                    html.tag("  <textarea");
                    about(html);
                    html.attribute("rows", &field.rows.to_string()).tag(" dir=\"auto\">\n").text(&field.value);
                    html.tag("</textarea>");
                }
                _ => line(html, field, &control, about),
            }
            hint(html, field, &hint_id);
            html.tag("\n</p>\n");
        }
    }
}

/// Tells that the control was there: a box that is not ticked sends nothing.
fn sent(html: &mut Html, field: &FormField) {
    html.tag("  <input type=\"hidden\"").attribute("name", &format!("field_checkbox_{}", field.name));
    html.tag(" value=\"1\">\n");
}

fn line(html: &mut Html, field: &FormField, control: &str, about: impl Fn(&mut Html)) {
    html.tag("  <input");
    about(html);
    let kind = if ["date", "url"].contains(&field.kind) { field.kind } else { "text" };
    html.attribute("type", kind).attribute("value", &field.value).tag(" dir=\"auto\" autocomplete=\"off\"");
    if field.name == "duplicate_of" {
        // By this the style sheet tells whether a number is typed.
        html.tag(" placeholder=\" \"");
    }
    if field.required {
        // The browser could not show what it finds wanting in a fold that is closed: so the server checks it.
        html.tag(" aria-required=\"true\"");
    }
    if field.suggestions_html.is_empty() {
        html.tag(">");
        return;
    }
    let list = format!("list-{control}");
    html.attribute("list", &list).tag(">\n  <datalist").attribute("id", &list).tag(">");
    html.html(&Html::trusted(field.suggestions_html.clone())).tag("</datalist>");
}

fn hint(html: &mut Html, field: &FormField, id: &str) {
    if !field.hint.is_empty() {
        html.tag("\n  <span class=\"hint\"").attribute("id", id).tag(">").text(&field.hint).tag("</span>");
    }
}
