//! The manual's tables of what is defined in the program: drawn from where each thing is defined, so that they can't be out
//! of date.

use super::macros::with_code;
use crate::base::commands::{Described, described};
use crate::base::component::Component;
use crate::base::error::{Error, Result};
use crate::base::field_type::FieldType;
use crate::base::markup::{Arguments, Context, Html, LinkKind};
use crate::base::settings::{Scope, Setting};
use crate::base::viewer::{ByDefault, Permission};

/// Draws one of the tables.
pub(super) fn reference(context: &Context<'_>, arguments: &Arguments) -> Result<Html> {
    let components = context.vocabulary.components;
    match arguments.positional.first().map_or("", |text| text.trim()) {
        "permissions" => Ok(permissions(&components.permissions())),
        "settings" => {
            let mut all = components.settings();
            all.sort_by_key(|setting| setting.name);
            Ok(settings(&all))
        }
        "links" => Ok(links(&context.vocabulary.link_kinds)),
        "fields" => {
            let all: Vec<FieldType> = components.iter().flat_map(Component::field_types).collect();
            Ok(fields(&all))
        }
        "commands" => Ok(commands(described())),
        other => {
            let why = format!("There is no table `{other}`; it is permissions, settings, links, fields or commands.");
            Err(Error::invalid("name", why))
        }
    }
}

/// A table whose cells are HTML; the first of each row names it.
fn table(heads: &[&'static str], rows: impl IntoIterator<Item = Vec<Html>>) -> Html {
    let mut html = Html::default();
    html.tag("<div class=\"table-wrap\"><table><thead><tr>");
    for head in heads {
        html.tag("<th scope=\"col\">").text(head).tag("</th>");
    }
    html.tag("</tr></thead><tbody>");
    for row in rows {
        html.tag("<tr>");
        for cell in &row {
            html.tag("<td>").html(cell).tag("</td>");
        }
        html.tag("</tr>");
    }
    html.tag("</tbody></table></div>");
    html
}

fn codes(names: &[&str]) -> Html {
    let mut html = Html::default();
    for (at, name) in names.iter().enumerate() {
        html.tag(if at > 0 { " <code>" } else { "<code>" }).text(name).tag("</code>");
    }
    html
}

fn permissions(all: &[Permission]) -> Html {
    let row = |one: &Permission| {
        let at_first = match one.by_default {
            ByDefault::Readers => "who may read",
            ByDefault::Writers => "who may write",
            ByDefault::Nobody => "",
        };
        vec![codes(&[one.name]), with_code(one.doc), codes(one.implies), Html::escaped(at_first)]
    };
    table(&["Name", "Allows", "Holds", "In a new project"], all.iter().map(row))
}

fn settings(all: &[&Setting]) -> Html {
    let row = |one: &&Setting| {
        let values = one.values.takes();
        let of = match one.scope {
            Scope::Site => "site",
            Scope::Project => "project",
        };
        let default = if one.default.is_empty() { Html::default() } else { codes(&[one.default]) };
        vec![codes(&[one.name]), with_code(one.doc), Html::escaped(of), with_code(&values), default]
    };
    table(&["Name", "Is for", "Of the", "Takes", "At first"], all.iter().map(row))
}

fn commands(all: &[Described]) -> Html {
    let row = |one: &Described| {
        let mut options = Html::default();
        for (at, (name, about)) in one.options.iter().enumerate() {
            options
                .tag(if at > 0 { "<br><code>" } else { "<code>" })
                .text(name)
                .tag("</code> ")
                .html(&with_code(about));
        }
        vec![codes(&[&one.usage]), with_code(&one.about), options]
    };
    table(&["Command", "Does", "With"], all.iter().map(row))
}

fn fields(all: &[FieldType]) -> Html {
    let row = |one: &FieldType| {
        let name = if one.may_be_defined { codes(&[one.name]) } else { Html::escaped(one.name) };
        let example = if one.example.is_empty() { Html::default() } else { codes(&[one.example]) };
        vec![name, with_code(one.doc), example, codes(one.formats), codes(&one.built_in)]
    };
    table(&["Kind", "Holds", "For example", "Shown as", "In every project"], all.iter().map(row))
}

fn links(all: &[&LinkKind]) -> Html {
    let row = |one: &&LinkKind| vec![codes(one.prefixes), with_code(one.doc), codes(&[one.example])];
    table(&["Begins with", "Leads to", "For example"], all.iter().map(row))
}
