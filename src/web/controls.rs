//! The labelled field of one line that forms are made of. Templates write it as
//! `{{ field(name="user", label="Login name", value=user, problems=problems) }}`: a form has a dozen, and to interpret a part
//! of a template for each would cost more than all the rest of its page.

use tera::{Kwargs, TeraResult, Value};

use crate::base::markup::Html;

/// Everything that may be said of a field.
const KNOWN: [&str; 13] = [
    "name", "label", "value", "problems", "type", "hint", "autocomplete", "required", "optional", "readonly", "list",
    "focus", "limit",
];

/// `name`, `label`, `value`: strings; `problems`: list of {field, message}. And if need be `type`; `hint`: what to type;
/// `autocomplete`; `required`, `readonly`, `focus`: attributes of the control; `optional`: says beside the label that it may
/// stay empty; `list`: id of a datalist; `limit`: characters at most (200).
///
/// # Errors
/// What has another name than these, or another type.
pub(super) fn field(said: &Kwargs) -> TeraResult<Value> {
    if let Some((key, _)) = said.iter().find(|(key, _)| key.as_str().is_none_or(|key| !KNOWN.contains(&key))) {
        return Err(tera::Error::message(format!("a field has no `{key}`")));
    }
    let text = |key| said.get::<&str>(key).map(Option::unwrap_or_default);
    let is = |key| said.get::<bool>(key).map(Option::unwrap_or_default);
    let (name, hint, list) = (said.must_get::<&str>("name")?, text("hint")?, text("list")?);
    let id = format!("field-{name}");
    let mut html = Html::default();
    html.tag("<p class=\"field\">\n  <label").attribute("for", &id).tag(">").text(said.must_get("label")?);
    if is("optional")? {
        html.tag(" <span class=\"muted\">optional</span>");
    }
    html.tag("</label>\n  <input").attribute("id", &id).attribute("name", name);
    html.attribute("type", said.get("type")?.unwrap_or("text")).attribute("value", said.must_get("value")?);
    html.attribute("maxlength", &said.get::<u32>("limit")?.unwrap_or(200).to_string());
    html.attribute("autocomplete", said.get("autocomplete")?.unwrap_or("off")).tag(" dir=\"auto\"");
    for (key, attribute) in [("required", " required"), ("readonly", " readonly"), ("focus", " autofocus")] {
        if is(key)? {
            html.tag(attribute);
        }
    }
    if !list.is_empty() {
        html.attribute("list", list);
    }
    let hint_id = format!("hint-{name}");
    if !hint.is_empty() {
        html.attribute("aria-describedby", &hint_id);
    }
    if name == "user" {
        html.tag(" autocapitalize=\"none\" spellcheck=\"false\"");
    }
    if said.must_get::<&[Value]>("problems")?.iter().any(|problem| speaks_of(problem, name)) {
        html.tag(" aria-invalid=\"true\"");
    }
    html.tag(">");
    if !hint.is_empty() {
        html.tag("\n  <span class=\"hint\"").attribute("id", &hint_id).tag(">").text(hint).tag("</span>");
    }
    html.tag("\n</p>");
    Ok(Value::safe_string(html.as_str()))
}

fn speaks_of(problem: &Value, name: &str) -> bool {
    problem.get_from_path("field").and_then(Value::as_str) == Some(name)
}
