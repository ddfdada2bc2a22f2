//! Settings: each defined once with its documentation, kept as text in the `setting` table of the site or a project.

use rusqlite::{Connection, OptionalExtension};

use super::error::{Error, Result};

/// Whose setting it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    Site,
    Project,
}

/// What values it takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Values {
    Text,
    /// `true` or `false`.
    Switch,
    /// A whole number from … to ….
    Number(i64, i64),
    /// One of these words.
    Choice(&'static [&'static str]),
    /// A text that is written and never shown again.
    Secret,
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

    pub fn save(&self, db: &Connection, value: &str) -> Result<()> {
        let fits = match self.values {
            Values::Text | Values::Secret => !value.chars().any(char::is_control),
            Values::Switch => value == "true" || value == "false",
            Values::Number(least, most) => value.parse().is_ok_and(|number: i64| (least..=most).contains(&number)),
            Values::Choice(words) => words.contains(&value),
        };
        if !fits {
            let wanted = match self.values {
                Values::Text | Values::Secret => "one line of text".to_owned(),
                Values::Switch => "`true` or `false`".to_owned(),
                Values::Number(least, most) => format!("a whole number from {least} to {most}"),
                Values::Choice(words) => format!("one of: {}", words.join(", ")),
            };
            return Err(Error::invalid(self.name, format!("This setting takes {wanted}.")));
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
