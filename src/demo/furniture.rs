//! What the project of the demonstration has before anybody works in it: the manual, what tickets choose from, fields of its
//! own, a list under a name, templates and canned replies.

use super::calendar::Calendar;
use super::script::{Field, Project as Script, Text};
use crate::base::error::Result;
use crate::base::project::{Act, Project};
use crate::base::site::Site;
use crate::report::edit as report;
use crate::ticket::options_edit;
use crate::ticket::own_fields_edit;
use crate::ticket::own_fields_wish;
use crate::ticket::queue;
use crate::ticket::texts::{self, Kind};
use crate::wiki::defaults;

pub fn furnish(site: &Site, project: &Project, by: Act<'_>, script: &Script, calendar: &Calendar) -> Result<()> {
    defaults::fill(site, project, by)?;
    for component in &script.components {
        let wish = options_edit::Wish {
            name: Some(&component.name),
            owner: Some(&component.owner),
            description: Some(&component.description),
            ..options_edit::Wish::default()
        };
        let made = options_edit::create(site, project, by, "component", &wish)?;
        if let Some(people) = &component.closed_to {
            let doors = Some(queue::Doors::ClosedTo(people));
            queue::change(site, project, by, made.id, &queue::Wish { doors, ..queue::Wish::default() })?;
        }
    }
    for version in &script.versions {
        let released = calendar.date(version.day).to_string();
        let wish = options_edit::Wish {
            name: Some(&version.name),
            released: Some(&released),
            description: Some(&version.description),
            ..options_edit::Wish::default()
        };
        options_edit::create(site, project, by, "version", &wish)?;
    }
    for field in &script.fields {
        define(site, project, by, field)?;
    }
    let left = report::Wish {
        title: Some("Left for the open day"),
        description: Some("What is not done yet, by whose it is."),
        kind: Some("query"),
        query: Some("?milestone=Open day&status=!closed&group=owner&order=priority"),
        scope: Some("project"),
        ..report::Wish::default()
    };
    report::create(site, project, by, &left)?;
    for (kind, list) in [(Kind::Template, &script.templates), (Kind::Reply, &script.replies)] {
        for text in list {
            write(project, by, kind, text)?;
        }
    }
    Ok(())
}

fn define(site: &Site, project: &Project, by: Act<'_>, field: &Field) -> Result<()> {
    let wish = own_fields_wish::Wish {
        label: Some(field.label.clone()),
        kind: Some(field.kind.clone()),
        help: Some(field.help.clone()),
        options: (!field.options.is_empty()).then(|| field.options.clone()),
        types: Some(field.types.clone()),
        ..own_fields_wish::Wish::default()
    };
    let desk = own_fields_edit::Desk { site, project, viewer: by.viewer };
    desk.save(by, &field.name, &wish).map(|_| ())
}

fn write(project: &Project, by: Act<'_>, kind: Kind, text: &Text) -> Result<()> {
    let wish = texts::Wish {
        name: Some(&text.name),
        text: Some(&text.text),
        ticket_type: text.ticket_type.as_deref(),
        ..texts::Wish::default()
    };
    texts::create(project, by, kind, &wish).map(|_| ())
}
