//! The smallest parts of pages are drawn when the templates are compiled: icons, the mark, moments, addresses of `static/`.
//!
//! Templates write them as any other part (`<ui.icon name="search" />`), and that is how `layout/icons.html` draws them. But
//! to call a part and to look for the right one of forty drawings costs far more than to write it, and pages have dozens. So
//! a drawing whose name stands in a template takes the place of the call; where the name is known only when the page is made,
//! the filter `icon` finds the drawing. The filter `time` fills in what `<ui.time at={…} />` draws.

use std::collections::HashMap;

use tera::{Context, Tera, TeraResult, Value};

use super::assets;
use crate::base::markup::Html;

/// The templates that draw icons and the mark, and moments.
const ICONS: &str = "layout/icons.html";
const PARTS: &str = "layout/parts.html";
const ICON: &str = "{{ <ui.icon name=";
const TIME: &str = "{{ <ui.time at={";
const END_OF_CALL: &str = " /> }}";
const MARK: &str = "{{ <ui.mark /> }}";
const ASSET: &str = "{{ asset(path=\"";

/// The icons as HTML, by name.
pub(super) struct Drawings {
    icons: HashMap<String, Value>,
    mark: String,
    /// What stands around the fields of a moment, each before the field of that name.
    time: Vec<(String, &'static str)>,
    after_time: String,
}

/// The fields of a moment, see `layout/parts.html`.
const MOMENT: [&str; 3] = ["iso", "exact", "ago"];

impl Drawings {
    /// Draws each icon that `layout/icons.html` asks for by `name == "…"`.
    pub(super) fn draw(templates: &HashMap<String, String>) -> TeraResult<Self> {
        let source = templates.get(ICONS).map(String::as_str).unwrap_or_default();
        let mut tera = Tera::default();
        tera.add_raw_template(ICONS, source)?;
        let mut icons = HashMap::new();
        for name in source.split("name == \"").skip(1).filter_map(|rest| rest.split('"').next()) {
            let context = Context::from_serialize(&HashMap::from([("name", name)]))?;
            let html = tera.render_component("ui.icon", &context, None, true)?;
            icons.insert(name.to_owned(), Value::safe_string(&html));
        }
        let mark = tera.render_component("ui.mark", &Context::new(), None, true)?;
        let (time, after_time) = drawn_time(templates)?;
        Ok(Self { icons, mark, time, after_time })
    }

    /// A moment as HTML.
    pub(super) fn time(&self, at: &Value) -> TeraResult<Value> {
        let mut html = String::with_capacity(128);
        for (before, field) in &self.time {
            html.push_str(before);
            let value = at.get_from_path(field).and_then(Value::as_str);
            html.push_str(Html::escaped(value.ok_or_else(|| tera::Error::message("this is no moment"))?).as_str());
        }
        html.push_str(&self.after_time);
        Ok(Value::safe_string(&html))
    }

    /// The icon of that name. An unknown one is an empty drawing.
    pub(super) fn icon(&self, name: &str) -> Value {
        self.icons.get(name).cloned().unwrap_or_else(|| {
            let mut html = Html::default();
            html.tag("<svg").attribute("class", &format!("icon icon-{name}"));
            html.tag(
                " viewBox=\"0 0 16 16\" width=\"16\" height=\"16\" aria-hidden=\"true\" focusable=\"false\"></svg>",
            );
            Value::safe_string(html.as_str())
        })
    }

    /// A template with everything in it that is known already.
    pub(super) fn written_into(&self, template: &str, base: &str) -> String {
        let template = replaced(template, ICON, END_OF_CALL, |name| {
            if let Some(name) = name.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
                return self.icons.get(name).and_then(Value::as_str).map(str::to_owned);
            }
            let expression = name.strip_prefix('{')?.strip_suffix('}')?;
            Some(format!("{{{{ ({expression}) | icon }}}}"))
        });
        let template =
            replaced(&template, TIME, &format!("}}{END_OF_CALL}"), |at| Some(format!("{{{{ ({at}) | time }}}}")));
        let template = template.replace(MARK, &self.mark);
        replaced(&template, ASSET, "\") }}", |path| Some(Html::escaped(&assets::href(base, path)).into_string()))
    }
}

/// Draws a moment whose fields are their own names, and takes the drawing apart at these.
fn drawn_time(templates: &HashMap<String, String>) -> TeraResult<(Vec<(String, &'static str)>, String)> {
    const END: &str = "endcomponent ui.time %}";
    // The other parts ask for filters that nothing here knows.
    let part = templates.get(PARTS).and_then(|parts| {
        let parts = parts.get(parts.find("{% component ui.time(")?..)?;
        parts.get(..parts.find(END)? + END.len())
    });
    let mut tera = Tera::default();
    tera.add_raw_template(PARTS, part.unwrap_or_default())?;
    let mark = |field: &str| format!("\u{1}{field}\u{1}");
    let moment = HashMap::from(MOMENT.map(|field| (field, mark(field))));
    let context = Context::from_serialize(&HashMap::from([("at", moment)]))?;
    let drawn = tera.render_component("ui.time", &context, None, true)?;
    let mut parts = drawn.split('\u{1}').map(str::to_owned);
    let (mut before, mut after) = (Vec::new(), String::new());
    while let Some(text) = parts.next() {
        match parts.next().and_then(|named| MOMENT.into_iter().find(|field| *field == named)) {
            Some(field) => before.push((text, field)),
            None => after = text,
        }
    }
    Ok((before, after))
}

/// The text with what stands between `begin` and `end` made into something else, those two included. None leaves it.
fn replaced(text: &str, begin: &str, end: &str, with: impl Fn(&str) -> Option<String>) -> String {
    let mut done = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(begin) {
        done.push_str(before);
        match after.split_once(end).and_then(|(inner, after)| Some((with(inner)?, after))) {
            Some((new, after)) => {
                done.push_str(&new);
                rest = after;
            }
            None => {
                done.push_str(begin);
                rest = after;
            }
        }
    }
    done + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn drawings_take_the_place_of_calls() {
        let icons = "{% component ui.mark() %}<b></b>{% endcomponent ui.mark %}\
                     {% component ui.icon(name: string) %}<i class=\"{{ name }}\">{% if name == \"up\" %}^{% endif %}</i>\
                     {% endcomponent ui.icon %}";
        let parts = "{% component ui.time(at: map) %}<u t=\"{{ at.iso }}\">{{ at.ago }}</u>{% endcomponent ui.time %}";
        let templates = HashMap::from([(ICONS, icons), (PARTS, parts)].map(|(name, text)| (name.into(), text.into())));
        let drawings = Drawings::draw(&templates).expect("they are drawn");
        for (template, written) in [
            ("a {{ <ui.icon name=\"up\" /> }} b", "a <i class=\"up\">^</i> b"),
            ("{{ <ui.icon name={\"u\" ~ x} /> }}", "{{ (\"u\" ~ x) | icon }}"),
            ("{{ <ui.icon name=\"unknown\" /> }}", "{{ <ui.icon name=\"unknown\" /> }}"),
            ("{{ <ui.time at={row.when} /> }}.", "{{ (row.when) | time }}."),
            ("{{ <ui.mark /> }}{{ <ui.icon name=", "<b></b>{{ <ui.icon name="),
        ] {
            assert_eq!(drawings.written_into(template, ""), written);
        }
        let moment = HashMap::from([("iso", "2026"), ("exact", ""), ("ago", "<then>")]);
        let moment = Value::try_from_serializable(&moment).expect("a moment");
        let drawn = drawings.time(&moment).expect("it is drawn");
        assert_eq!(drawn.as_str(), Some("<u t=\"2026\">&lt;then&gt;</u>"));
        assert!(drawn.is_safe() && drawings.time(&Value::none()).is_err());
        assert!(drawings.icon("a\"b").as_str().is_some_and(|html| html.contains("icon-a&quot;b")));
    }
}
