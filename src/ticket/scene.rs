//! What the pages of a ticket, as it is and as it was, are made from: its files, what hangs together with it, its conversation, and
//! its values as they are shown.

use rusqlite::Connection;
use serde::Serialize;

use super::conversation::{self, Asked, Conversation, Edited, moment_href};
use super::edit_form::may_describe;
use super::fields::{Choices, Field, Kind, PLANNING};
use super::form::linked;
use super::head::{Head, head, owner_of_files};
use super::history::{self, Group};
use super::own_fields::OwnKind;
use super::relations::{self, Around};
use super::store::{self, Ticket, TicketRow};
use super::values::{Names, People, Values};
use super::{merge, people, ticket_href};
use crate::attachment::{self, File};
use crate::base::component::Owner;
use crate::base::error::Result;
use crate::base::markup::{Flavour, Here, Html};
use crate::base::resource::Resource;
use crate::base::time::{Instant, When};
use crate::web::page::Alternate;
use crate::web::text::Reader;
use crate::web::{Desk, Page, Room, Sheet};

#[derive(Serialize)]
pub struct Property {
    pub name: &'static str,
    pub label: &'static str,
    pub value_html: String,
    pub wide: bool,
}

#[derive(Serialize)]
pub struct Moment {
    pub at: When,
    pub href: Option<String>,
    pub by: String,
}

/// What both pages of a ticket, the current and an old one, are made from.
pub struct Scene<'a> {
    pub desk: &'a Desk,
    pub db: &'a Connection,
    pub room: &'a Room,
    pub ticket: &'a Ticket,
    pub values: &'a Values,
    pub choices: &'a Choices,
    /// Base path, project and ticket, without a query.
    pub plain: String,
    pub owner: Option<Owner>,
    pub files: Vec<File>,
    /// Of the ticket as it is now.
    pub around: Around,
    /// What lives on in it, or did by then, as far as the viewer may see it.
    pub merged: Vec<TicketRow>,
    pub reader: Reader<'a>,
}

impl<'a> Scene<'a> {
    pub fn new(
        desk: &'a Desk,
        db: &'a Connection,
        room: &'a Room,
        ticket: &'a Ticket,
        values: &'a Values,
        choices: &'a Choices,
        version: Option<i64>,
    ) -> Result<Self> {
        let owner = owner_of_files(db, room, &ticket.row)?;
        let mut files = match &owner {
            Some(owner) => attachment::files(db, &room.viewer, owner, &room.root)?,
            None => Vec::new(),
        };
        let (around, merged) = match version {
            None => {
                let around = relations::around(db, ticket.row.id)?;
                let merged = store::by_ids(db, &room.viewer, &around.merged)?;
                (around, merged)
            }
            Some(version) => (Around::default(), merge::merged_rows_at(db, &room.viewer, ticket.row.id, version)?),
        };
        for row in &merged {
            if let Some(owner) = owner_of_files(db, room, row)? {
                files.extend(attachment::files(db, &room.viewer, &owner, &room.root)?);
            }
        }
        for file in &mut files {
            file.author = people::shown_to(&room.viewer, &file.author);
        }
        Ok(Self {
            plain: format!("{}{}", room.root, ticket_href(ticket.row.id)),
            reader: Reader::new(desk.site(), &room.project, &room.viewer, desk.base(), &room.root)?,
            desk,
            db,
            room,
            ticket,
            values,
            choices,
            owner,
            files,
            around,
            merged,
        })
    }

    pub fn conversation(&self, latest: i64, current: bool) -> Result<Conversation> {
        conversation::conversation(&Asked {
            desk: self.desk,
            db: self.db,
            room: self.room,
            ticket: self.ticket,
            choices: self.choices,
            reader: &self.reader,
            latest,
            description: self.values.text("description"),
            files: &self.files,
            plain: &self.plain,
            current,
            may_describe: may_describe(&self.room.viewer, self.ticket),
            merged: &self.merged,
        })
    }

    /// The values that the head of the page does not show, each linked to the tickets with the same (row T20).
    pub fn properties(&self, current: bool) -> Result<Vec<Property>> {
        let named = self.values.named_people(&self.choices.fields);
        let people = People::load(self.db, named)?.shown_to(&self.room.viewer);
        let names = Names { choices: self.choices, people: &people };
        let elsewhere = ["summary", "type", "status", "resolution", "description"];
        let kind = self.values.id("type");
        let is_shown = |field: &&'static Field| {
            let has = !self.values.get(field.name).is_empty();
            let of_type = self.choices.own(field.name).is_none_or(|own| own.is_of_type(kind));
            // Relations have a box of their own, with both ends.
            let in_box = current && relations::relation(field.name).is_some();
            !elsewhere.contains(&field.name)
                && !in_box
                && !field.is_noted()
                && (has || of_type && !PLANNING.contains(&field.name))
        };
        self.choices
            .fields()
            .filter(is_shown)
            .map(|field| {
                Ok(Property {
                    name: field.name,
                    label: field.label,
                    value_html: self.property(&names, field)?,
                    wide: matches!(field.kind, Kind::People | Kind::Words | Kind::Text | Kind::Url),
                })
            })
            .collect()
    }

    /// The value of a field as HTML; what is marked up is drawn as other texts of the ticket are.
    fn property(&self, names: &Names<'_>, field: &Field) -> Result<String> {
        let values = self.values.get(field.name);
        let own = self.choices.own(field.name).filter(|own| own.format == "wiki" && !values.is_empty());
        let Some(own) = own else { return Ok(linked(names, &self.room.root, field, values)) };
        let flavour = if own.kind == OwnKind::Textarea { Flavour::Note } else { Flavour::Line };
        let compiled = self.reader.compiled(self.values.text(field.name), flavour)?;
        let here = Here { resource: Resource::new("ticket", self.ticket.row.id), name: self.ticket.row.id.to_string() };
        let prefix = format!("{}-", field.name);
        let htmls = self.reader.htmls(self.db, &[(&compiled, &prefix)], Some(&here))?;
        Ok(htmls.into_iter().map(Html::into_string).collect())
    }

    pub fn moment(&self, at: Instant, by: String) -> Moment {
        Moment { at: at.when(&self.room.viewer.zone()), href: Some(moment_href(self.room, at)), by }
    }

    pub fn head(&self) -> Result<Head> {
        head(self.desk, self.db, self.room, self.ticket, self.values, self.choices, self.owner.as_ref())
    }

    /// Who made the change, as this viewer may read it.
    pub fn author_of(&self, group: &Group) -> Result<String> {
        let people = People::load(self.db, group.change.author)?.shown_to(&self.room.viewer);
        Ok(people.called(group.change.author))
    }

    pub fn group(&self, number: i64) -> Result<Option<Group>> {
        Ok(history::groups(self.db, &self.room.viewer, &self.choices.fields, self.ticket, number, number)?.pop())
    }

    pub fn created(&self) -> Result<Moment> {
        let author = store::author_of_filing(self.db, self.ticket.row.id)?;
        let people = People::load(self.db, author)?.shown_to(&self.room.viewer);
        Ok(self.moment(self.ticket.row.created_at, people.called(author)))
    }

    fn alternates(&self) -> Vec<Alternate> {
        let number = self.ticket.row.id;
        [
            ("csv", "text/csv", "Comma-separated values"),
            ("tab", "text/tab-separated-values", "Tab-separated values"),
            ("json", "application/json", "JSON"),
            ("atom", "application/atom+xml", "Changes"),
        ]
        .into_iter()
        .map(|(format, media_type, title)| Alternate {
            href: format!("{}?format={format}", self.plain),
            media_type,
            title: format!("{title} of #{number}"),
        })
        .collect()
    }

    pub fn sheet<P: Page>(&self, page: P) -> Sheet<P> {
        let title = format!("#{} {}", self.ticket.row.id, self.values.text("summary"));
        Sheet::new(title, page)
            .at("/query")
            .about(format!("ticket:{}", self.ticket.row.id))
            .alternates(self.alternates())
    }
}

/// The last change of the description after the filing.
pub fn description_edited(scene: &Scene<'_>) -> Result<Option<Edited>> {
    let last = store::last_change_of(scene.db, scene.ticket.row.id, "description")?;
    let Some(group) = last.filter(|number| *number > 0).map(|number| scene.group(number)).transpose()?.flatten() else {
        return Ok(None);
    };
    Ok(Some(Edited {
        when: group.change.at.when(&scene.room.viewer.zone()),
        author: scene.author_of(&group)?,
        href: format!("{}?action=diff&version={}", scene.plain, group.change.number),
    }))
}
