//! `[[Workflow]]`: the states of tickets and what leads from one to the next, drawn inside a text (row W22).

use super::workflow::{self, Workflow};
use super::{TICKET_VIEW, workflow_drawing, workflow_edit, workflows};
use crate::base::error::{Error, Result};
use crate::base::markup::{Arguments, Context, Html, Macro};
use crate::web::form::shortened;

pub const WORKFLOW: Macro = Macro {
    name: "Workflow",
    doc: "The workflow of the project as a picture, or with a name that of some types or components: `Workflow(Support)`. \
          `Workflow(shipped=rt)` is one that comes with the program. As a fenced block it draws the definition that stands \
          in it.",
    example: "[[Workflow]]",
    block: true,
    targets: |_, _| Vec::new(),
    run: drawn,
};

fn drawn(context: &Context<'_>, arguments: &Arguments) -> Result<Html> {
    if let Some((name, _)) = arguments.named.iter().find(|(name, _)| name != "shipped") {
        let message = format!("“{}” means nothing here; there is a name, and `shipped`.", shortened(name));
        return Err(Error::invalid("workflow", message));
    }
    let shipped = arguments.named.iter().map(|(_, name)| name.as_str()).next();
    let (text, label) = match (&arguments.body, arguments.positional.first(), shipped) {
        (Some(body), None, None) => (body.clone(), "Workflow of this text".to_owned()),
        (None, None, Some(name)) => {
            let known: Vec<&str> = workflow::shipped().iter().map(|one| one.0).collect();
            let text = workflow_edit::shipped(name).ok_or_else(|| {
                let (name, known) = (shortened(name), known.join(", "));
                Error::invalid("workflow", format!("There is no “{name}” among those that are shipped: {known}."))
            })?;
            (text.to_owned(), format!("Workflow {name}"))
        }
        (None, name, None) => stored(context, name.map(String::as_str).filter(|name| !name.is_empty()))?,
        _ => {
            return Err(Error::invalid(
                "workflow",
                "It is one workflow: a name, `shipped`, or what stands in the block.",
            ));
        }
    };
    let (workflow, warnings) = Workflow::parse(&text);
    // Of a definition in the text its writer is told what is wrong; others stand in the administration.
    if let (Some(_), Some(warning)) = (&arguments.body, warnings.iter().find(|warning| warning.line > 0)) {
        return Err(Error::invalid("workflow", format!("Line {}: {}", warning.line, warning.message)));
    }
    let mut html = Html::default();
    let picture = workflow_drawing::picture(&workflow, &label);
    let is_drawn = !picture.as_str().is_empty();
    html.tag("<div class=\"workflow-drawing\">").html(&picture);
    html.tag(if is_drawn {
        "<details><summary>As a table</summary>"
    } else {
        "<details open><summary>As a table</summary>"
    });
    html.html(&workflow_drawing::table(&workflow)).tag("</details></div>");
    Ok(html)
}

/// A workflow of the project; whoever sees no tickets sees none.
fn stored(context: &Context<'_>, name: Option<&str>) -> Result<(String, String)> {
    if !context.viewer.may(TICKET_VIEW) {
        return Err(Error::invalid("workflow", "Only those who see tickets see how they go on."));
    }
    let Some(name) = name else {
        return Ok((workflows::definition(context.db)?, "Workflow".to_owned()));
    };
    let row = workflows::by_name(context.db, name)?
        .ok_or_else(|| Error::invalid("workflow", format!("There is no workflow “{}”.", shortened(name))))?;
    Ok((row.definition, format!("Workflow {}", row.name)))
}
