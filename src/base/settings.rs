//! Settings: each defined once with its documentation, kept as text in the `setting` table of the site or a project.

use rusqlite::{Connection, OptionalExtension};
use serde_json::json;

use super::error::{Error, Result};
use super::event::NewEvent;
use super::resource::Resource;
use super::viewer::DEFAULT_CLASS;

/// Whose setting it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    Site,
    Project,
}

/// What values it takes.
#[derive(Debug, Clone, Copy)]
pub enum Values {
    /// One line.
    Text,
    /// Several lines, of so many characters at most.
    Lines(usize),
    /// Words with blanks between them.
    Words,
    /// `true` or `false`.
    Switch,
    /// A whole number from … to ….
    Number(i64, i64),
    /// One of these.
    Choice(&'static [&'static str]),
    /// One line that meets a rule. `takes`: what it is, as in “This setting takes …”.
    Checked { takes: &'static str, fits: fn(&str) -> bool },
    /// One line that nobody is shown again.
    Secret,
}

impl Values {
    /// In words, as in “This setting takes …”.
    pub fn takes(&self) -> String {
        match self {
            Self::Text | Self::Secret => "one line of text".to_owned(),
            Self::Lines(most) => format!("a text of at most {most} characters"),
            Self::Words => "words with blanks between them".to_owned(),
            Self::Switch => "`true` or `false`".to_owned(),
            Self::Number(least, most) => format!("a whole number from {least} to {most}"),
            Self::Choice(choices) => format!("one of {}", choices.join(", ")),
            Self::Checked { takes, .. } => (*takes).to_owned(),
        }
    }

    pub fn fits(&self, value: &str) -> bool {
        let one_line = !value.chars().any(char::is_control);
        match self {
            Self::Text | Self::Words | Self::Secret => one_line,
            Self::Lines(most) => {
                let is_text = |character: char| !character.is_control() || character == '\n' || character == '\t';
                value.chars().count() <= *most && value.chars().all(is_text)
            }
            Self::Switch => value == "true" || value == "false",
            Self::Number(least, most) => value.parse().is_ok_and(|number: i64| (least..=most).contains(&&number)),
            Self::Choice(choices) => choices.contains(&value),
            Self::Checked { fits, .. } => one_line && fits(value),
        }
    }

    pub fn is_secret(&self) -> bool {
        matches!(self, Self::Secret)
    }
}

#[derive(Debug, Clone, Copy)]
pub struct Setting {
    pub name: &'static str,
    pub scope: Scope,
    pub values: Values,
    pub default: &'static str,
    pub doc: &'static str,
}

impl Setting {
    pub fn text(&self, db: &Connection) -> Result<String> {
        Ok(get(db, self.name)?.unwrap_or_else(|| self.default.to_owned()))
    }

    pub fn switch(&self, db: &Connection) -> Result<bool> {
        Ok(self.text(db)? == "true")
    }

    pub fn number(&self, db: &Connection) -> Result<i64> {
        Ok(self.text(db)?.parse().or_else(|_| self.default.parse()).unwrap_or(0))
    }

    /// Whether it was set at all.
    pub fn is_set(&self, db: &Connection) -> Result<bool> {
        Ok(get(db, self.name)?.is_some())
    }

    /// Saves another value; none: goes back to the default. Returns the event to be recorded, which tells the audit log of
    /// it; none if nothing changes. What a secret is, it does not tell.
    pub fn change(&self, db: &Connection, value: Option<&str>) -> Result<Option<NewEvent>> {
        let before = get(db, self.name)?;
        match value {
            Some(value) => self.save(db, value)?,
            None => drop(db.execute("delete from setting where name = ?1", [self.name])?),
        }
        let now = get(db, self.name)?;
        if before == now {
            return Ok(None);
        }
        let event = NewEvent::new("setting.changed", Resource::new("project", 0), DEFAULT_CLASS)
            .data(json!({ "setting": self.name }))
            .saying("what", self.name);
        let shown = |value: Option<String>| value.unwrap_or_else(|| self.default.to_owned());
        Ok(Some(match (self.values.is_secret(), &now) {
            (false, _) => event.changing("value", shown(before), shown(now)),
            (true, Some(_)) => event.saying("value", "another secret"),
            (true, None) => event.saying("value", "no secret"),
        }))
    }

    pub fn save(&self, db: &Connection, value: &str) -> Result<()> {
        if !self.values.fits(value) {
            return Err(Error::invalid(self.name, format!("This setting takes {}.", self.values.takes())));
        }
        set(db, self.name, value)
    }
}

/// Reads a value that the program keeps for itself.
pub fn get(db: &Connection, name: &str) -> Result<Option<String>> {
    Ok(db
        .prepare_cached("select value from setting where name = ?1")?
        .query_row([name], |row| row.get(0))
        .optional()?)
}

pub fn set(db: &Connection, name: &str, value: &str) -> Result<()> {
    db.prepare_cached("insert into setting (name, value) values (?1, ?2) on conflict (name) do update set value = ?2")?
        .execute([name, value])?;
    Ok(())
}
