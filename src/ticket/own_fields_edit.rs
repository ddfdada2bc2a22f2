//! Defining a project's own fields, by page or by command (rows F01 to F10): what a definition would mean for the tickets that
//! there are, and putting it in force. Names are for ever, since values and histories go by them; a field that is taken away is
//! retired (row F08).

use rusqlite::{Connection, OptionalExtension, named_params};
use serde_json::{Value as Json, json};
use unicode_normalization::UnicodeNormalization;

use super::fields::{Choices, Field, Kind, field};
use super::json::is_other_end;
use super::own_fields::{self, OwnField, OwnKind};
use super::own_fields_wish::{Definition, Wish, option_problem, read};
use super::plan::Planner;
use super::status::Category;
use super::values::Value;
use super::{TICKET_ADMIN, TICKET_VIEW, store};
use crate::base::error::{Error, Problem, Result};
use crate::base::event::NewEvent;
use crate::base::project::{Act, Project, Tx};
use crate::base::resource::Resource;
use crate::base::site::Site;
use crate::base::text::fold;
use crate::base::viewer::{DEFAULT_CLASS, Viewer};
use crate::web::form::shortened;

const LONGEST_NAME: usize = 60;
const MOST_FIELDS: usize = 100;
/// What forms, addresses and JSON call something else.
const TAKEN: [&str; 43] = [
    "id", "url", "comment", "comments", "notes", "action", "attachment", "replyto", "custom", "created", "modified",
    "order", "desc", "group", "groupdesc", "col", "row", "rows", "max", "page", "format", "report", "verbose", "or",
    "unread", "chart", "by", "unit", "from", "to", "at", "of", "columns", "month", "show", "is", "text", "about",
    "was", "changed", "sort", "q", "raw",
];

/// A definition that was read, and what it means for tickets.
#[derive(Debug, Clone)]
pub struct Looked {
    pub problems: Vec<Problem>,
    /// Sentences about tickets that there are.
    pub effects: Vec<String>,
    definition: Definition,
}

/// Who looks or saves, and where.
pub struct Desk<'a> {
    pub site: &'a Site,
    pub project: &'a Project,
    pub viewer: &'a Viewer,
}

impl Desk<'_> {
    fn require(&self) -> Result<()> {
        self.viewer.require_to_see(TICKET_VIEW, "There is no page at this address.")?;
        self.viewer.require(TICKET_ADMIN)
    }

    /// What saving would do; nothing is written.
    pub fn look(&self, name: &str, wish: &Wish) -> Result<Looked> {
        self.require()?;
        self.project.read(|db| self.looked(db, name, wish))
    }

    fn looked(&self, db: &Connection, name: &str, wish: &Wish) -> Result<Looked> {
        let choices = Choices::whole(db)?;
        let old = choices.own(name).filter(|own| own.retired_at.is_none());
        let mut problems = Vec::new();
        let definition = read(&choices, name, old, wish, &mut problems);
        if old.is_none() {
            problems.extend(self.name_problem(db, &choices, name, definition.kind)?);
        }
        if problems.is_empty() {
            self.check_proposed(db, &choices, &definition, &mut problems)?;
        }
        if let (Some(old), Some(kind)) = (old, definition.kind)
            && kind != old.kind
            && has_values(db, name)?
            && !(is_line(kind) && is_line(old.kind))
        {
            let message = format!(
                "Tickets have or had values of “{name}”, so it stays a {}. Define another field for the new kind.",
                old.kind.name()
            );
            problems.push(Problem::new("kind", message));
        }
        let effects = if problems.is_empty() { self.effects(db, &choices, old, &definition)? } else { Vec::new() };
        Ok(Looked { problems, effects, definition })
    }

    fn name_problem(
        &self,
        db: &Connection,
        choices: &Choices,
        name: &str,
        kind: Option<OwnKind>,
    ) -> Result<Option<Problem>> {
        let refused = |why: String| Ok(Some(Problem::new("name", why)));
        let fits = name.len() >= 2
            && name.len() <= LONGEST_NAME
            && name.starts_with(|first: char| first.is_ascii_alphabetic())
            && name.chars().all(|character| character.is_ascii_alphanumeric() || character == '_');
        if !fits {
            return refused(format!(
                "A name has 2 to {LONGEST_NAME} letters, digits and `_`, and begins with a letter, such as found_in."
            ));
        }
        let lower = name.to_lowercase();
        if field(&lower).is_some() || TAKEN.contains(&lower.as_str()) || is_other_end(&lower) {
            return refused(format!("`{name}` means something else already."));
        }
        let alike = |own: &&OwnField| own.field.name.eq_ignore_ascii_case(name);
        match choices.own.iter().find(alike) {
            // It comes back with what tickets had in it.
            Some(retired) if retired.retired_at.is_some() && retired.field.name == name => {
                let same = kind.is_none_or(|kind| kind == retired.kind || is_line(kind) && is_line(retired.kind));
                if !same && has_values(db, name)? {
                    return refused(format!(
                        "There was a field `{name}` of the kind {}, and tickets have values of it; use another name.",
                        retired.kind.name()
                    ));
                }
                Ok(None)
            }
            Some(other) => refused(format!("There is a field `{}` already.", other.field.name)),
            None if choices.own.len() >= MOST_FIELDS => {
                refused(format!("A project has at most {MOST_FIELDS} fields of its own."))
            }
            None => Ok(None),
        }
    }

    /// That the default is a value which the field takes.
    fn check_proposed(
        &self,
        db: &Connection,
        choices: &Choices,
        definition: &Definition,
        problems: &mut Vec<Problem>,
    ) -> Result<()> {
        let Some(kind) = definition.kind else { return Ok(()) };
        let typed = definition.proposed.trim();
        if typed.is_empty() {
            return Ok(());
        }
        if kind.has_options() {
            let missing = parts(kind, typed).into_iter().find(|part| !definition.options.contains(part));
            if let Some(missing) = missing {
                let message = format!("The default “{}” is none of the options.", shortened(&missing));
                problems.push(Problem::new("proposed", message));
            }
            return Ok(());
        }
        let field = Field::defined(&definition.name, &definition.label, kind.kind(&definition.format));
        match self.planner(db).parse(choices, field, typed) {
            Ok(_) => Ok(()),
            Err(Error::Invalid(wrong)) => {
                problems.extend(wrong.into_iter().map(|problem| Problem::new("proposed", problem.message)));
                Ok(())
            }
            Err(other) => Err(other),
        }
    }

    fn planner<'a>(&'a self, db: &'a Connection) -> Planner<'a> {
        Planner { db, site: self.site, project: self.project, viewer: self.viewer, actor: None }
    }

    /// What a definition does to the tickets that there are, in sentences.
    fn effects(
        &self,
        db: &Connection,
        choices: &Choices,
        old: Option<&OwnField>,
        definition: &Definition,
    ) -> Result<Vec<String>> {
        let mut effects = Vec::new();
        // Of the tickets that whoever looks may see: no number betrays others.
        let sees = self.viewer.sees_sql("ticket", "ticket");
        let count = |condition: &str, parameters: &[&dyn rusqlite::ToSql]| -> Result<i64> {
            let sql = format!("select count(*) from ticket where {condition} and {sees}");
            Ok(db.prepare_cached(&sql)?.query_row(parameters, |row| row.get(0))?)
        };
        let proposed = definition.proposed.trim();
        if old.is_none() {
            let kept = count(
                "id in (select ticket from ticket_value where field = ?1 and to_change is null)",
                &[&definition.name],
            )?;
            if kept > 0 {
                effects.push(format!(
                    "{} values of this field from before and show them again.",
                    tickets(kept, "has", "have")
                ));
            } else if !proposed.is_empty() {
                let all = count("true", &[])?;
                effects.push(format!(
                    "{} shown with the default “{}”, as if it had always been so; no history gets an entry.",
                    tickets(all, "is", "are"),
                    shortened(proposed)
                ));
            } else {
                effects.push("Tickets that there are have no value of it yet.".to_owned());
            }
        }
        if definition.kind.is_some_and(OwnKind::has_options) {
            for option in choices.options(&definition.name).filter(|option| !definition.options.contains(&option.name))
            {
                let having = count(
                    "id in (select ticket from ticket_current where field = ?1 and value = ?2)",
                    &[&definition.name, &option.id],
                )?;
                effects.push(match having {
                    0 => format!("The option “{}” is offered no longer.", option.name),
                    having => format!(
                        "The option “{}” is offered no longer; {} it and {} it.",
                        option.name,
                        tickets(having, "has", "have"),
                        if having == 1 { "keeps" } else { "keep" }
                    ),
                });
            }
        }
        if !definition.types.is_empty() {
            let types = serde_json::to_string(&definition.types)?;
            let others = count(
                "(type is null or type not in (select value from json_each(?1)))
                     and id in (select ticket from ticket_current where field = ?2)",
                &[&types, &definition.name],
            )?;
            if others > 0 {
                effects.push(format!(
                    "{} another type and {} a value: it stays, and can be taken away.",
                    tickets(others, "has", "have"),
                    if others == 1 { "has" } else { "have" }
                ));
            }
        }
        for state in &definition.required_in {
            let Some(status) = choices.status_named(state) else { continue };
            let missing = count(
                "status = ?1 and not exists (select 1 from ticket_value
                     where ticket_value.ticket = ticket.id and field = ?2 and to_change is null)",
                &[&status.id, &definition.name],
            )?;
            if missing > 0 && old.is_none_or(|old| !old.required_in.contains(state)) {
                let verb = if status.category == Category::Closed {
                    "stay as they are"
                } else {
                    "must get one with the next change of state"
                };
                effects.push(format!(
                    "{} in the state “{state}” without a value; they {verb}.",
                    tickets(missing, "is", "are")
                ));
            }
        }
        Ok(effects)
    }

    /// Puts a definition in force: of a new field, of one that is there, or of a retired one that comes back. Returns what
    /// whoever saved it should know.
    pub fn save(&self, by: Act<'_>, name: &str, wish: &Wish) -> Result<Vec<String>> {
        self.require()?;
        self.project.write(by, |tx| {
            let looked = self.looked(tx, name, wish)?;
            if !looked.problems.is_empty() {
                return Err(Error::Invalid(looked.problems));
            }
            let definition = &looked.definition;
            let known = own_fields::all(tx)?.into_iter().find(|own| own.field.name == name);
            let is_new = known.as_ref().is_none_or(|own| own.retired_at.is_some());
            write(tx, definition)?;
            let options = write_options(tx, definition)?;
            place(tx, name, definition.place)?;
            if is_new {
                self.fill(tx, definition, &options)?;
            }
            let kind = if is_new { "field.created" } else { "field.changed" };
            record(tx, kind, name)?;
            Ok(looked.effects)
        })
    }

    /// Row F07: tickets that there are have the default as if they had been filed with it.
    fn fill(&self, tx: &Tx<'_>, definition: &Definition, options: &[(String, i64)]) -> Result<()> {
        let typed = definition.proposed.trim();
        let Some(kind) = definition.kind.filter(|_| !typed.is_empty()) else { return Ok(()) };
        if has_values(tx, &definition.name)? {
            return Ok(());
        }
        let choices = Choices::whole(tx)?;
        let Some(field) = choices.fields.named(&definition.name) else { return Ok(()) };
        let values: Vec<Value> = if kind.has_options() {
            let named = |part: &String| options.iter().find(|(name, _)| name == part).map(|(_, id)| Value::Id(*id));
            parts(kind, typed).iter().filter_map(named).collect()
        } else {
            self.planner(tx).parse(&choices, field, typed)?
        };
        store::fill(tx, field, &values, &definition.types)
    }

    /// Takes a field away: it is offered no longer, values and histories stay (row F08).
    pub fn retire(&self, by: Act<'_>, name: &str) -> Result<()> {
        self.require()?;
        self.project.write(by, |tx| {
            let own = existing(tx, name)?;
            if own.retired_at.is_some() {
                return Err(Error::conflict(format!("The field `{name}` is retired already.")));
            }
            tx.prepare_cached("update ticket_field set retired_at = ?2 where id = ?1")?.execute((own.id, tx.now()))?;
            record(tx, "field.retired", name)
        })
    }

    /// Offers a retired field again, as it was defined.
    pub fn restore(&self, by: Act<'_>, name: &str) -> Result<()> {
        self.require()?;
        self.project.write(by, |tx| {
            let own = existing(tx, name)?;
            if own.retired_at.is_none() {
                return Err(Error::conflict(format!("The field `{name}` is not retired.")));
            }
            tx.prepare_cached("update ticket_field set retired_at = null where id = ?1")?.execute([own.id])?;
            record(tx, "field.restored", name)
        })
    }

    /// Gives an option of a field another name; tickets that have it follow.
    pub fn rename_option(&self, by: Act<'_>, name: &str, from: &str, to: &str) -> Result<()> {
        self.require()?;
        let to: String = to.trim().nfc().collect();
        if let Some(why) = option_problem(&to) {
            return Err(Error::invalid("to", why));
        }
        self.project.write(by, |tx| {
            existing(tx, name)?;
            let choices = Choices::whole(tx)?;
            let found = choices.options(name).find(|option| option.name == from.trim()).map(|option| option.id);
            let id = found.ok_or_else(|| {
                Error::invalid("from", format!("The field `{name}` has no option “{}”.", shortened(from)))
            })?;
            if choices.options(name).any(|option| option.id != id && fold(&option.name) == fold(&to)) {
                return Err(Error::invalid("to", format!("The field `{name}` has an option “{to}” already.")));
            }
            tx.prepare_cached("update field_option set name = ?2, folded = ?3 where id = ?1")?.execute((
                id,
                &to,
                fold(&to),
            ))?;
            let data = json!({ "field": name, "kinds": ["ticket"] });
            tx.record(&NewEvent::new("option.renamed", Resource::new("option", id), DEFAULT_CLASS).data(data))?;
            Ok(())
        })
    }
}

/// One or several options that a default names.
fn parts(kind: OwnKind, typed: &str) -> Vec<String> {
    if kind != OwnKind::Multiple {
        return vec![typed.to_owned()];
    }
    typed.split([',', ';']).map(|part| part.trim().to_owned()).filter(|part| !part.is_empty()).collect()
}

/// Kinds whose values are lines of text, any of which is at home in the others.
fn is_line(kind: OwnKind) -> bool {
    matches!(kind, OwnKind::Text | OwnKind::Textarea)
}

fn tickets(count: i64, one: &str, many: &str) -> String {
    if count == 1 { format!("1 ticket {one}") } else { format!("{count} tickets {many}") }
}

fn has_values(db: &Connection, name: &str) -> Result<bool> {
    let sql = "select exists (select 1 from ticket_value where field = ?1 limit 1)";
    Ok(db.prepare_cached(sql)?.query_row([name], |row| row.get(0))?)
}

fn existing(db: &Connection, name: &str) -> Result<OwnField> {
    let found = own_fields::all(db)?.into_iter().find(|own| own.field.name == name);
    found.ok_or_else(|| Error::not_found(format!("There is no field `{}` of this project's own.", shortened(name))))
}

fn write(tx: &Tx<'_>, definition: &Definition) -> Result<()> {
    let list = |empty: bool, list: Json| (!empty).then(|| list.to_string());
    tx.prepare_cached(
        "insert into ticket_field (name, label, kind, format, help, proposed, rank, rows, max_size, types, required_in)
         values (:name, :label, :kind, :format, :help, :proposed,
             (select coalesce(max(rank), 0) + 1 from ticket_field), :rows, :max_size, :types, :required_in)
         on conflict (name) do update set label = :label, kind = :kind, format = :format, help = :help,
             proposed = :proposed, rows = :rows, max_size = :max_size, types = :types, required_in = :required_in,
             retired_at = null",
    )?
    .execute(named_params! {
        ":name": definition.name,
        ":label": definition.label,
        ":kind": definition.kind.unwrap_or(OwnKind::Text).name(),
        ":format": definition.format,
        ":help": definition.help,
        ":proposed": definition.proposed,
        ":rows": definition.rows,
        ":max_size": definition.max_size,
        ":types": list(definition.types.is_empty(), json!(definition.types)),
        ":required_in": list(definition.required_in.is_empty(), json!(definition.required_in)),
    })?;
    Ok(())
}

/// Brings the options of a field to what the definition names; returns them with their ids.
fn write_options(tx: &Tx<'_>, definition: &Definition) -> Result<Vec<(String, i64)>> {
    if !definition.kind.is_some_and(OwnKind::has_options) {
        return Ok(Vec::new());
    }
    let name = &definition.name;
    tx.prepare_cached("update field_option set retired_at = coalesce(retired_at, ?2) where field = ?1")?
        .execute((name, tx.now()))?;
    let mut written = Vec::with_capacity(definition.options.len());
    for (at, option) in definition.options.iter().enumerate() {
        let folded = fold(option);
        let known: Option<i64> = tx
            .prepare_cached("select id from field_option where field = ?1 and folded = ?2 order by id desc limit 1")?
            .query_row((name, &folded), |row| row.get(0))
            .optional()?;
        let id = match known {
            Some(id) => {
                tx.prepare_cached("update field_option set name = ?2, rank = ?3, retired_at = null where id = ?1")?
                    .execute((id, option, at as i64 + 1))?;
                id
            }
            None => {
                tx.prepare_cached("insert into field_option (field, name, folded, rank) values (?1, ?2, ?3, ?4)")?
                    .execute((name, option, &folded, at as i64 + 1))?;
                tx.last_insert_rowid()
            }
        };
        written.push((option.clone(), id));
    }
    Ok(written)
}

/// Puts a field at its place among those in use and counts them anew.
fn place(tx: &Tx<'_>, name: &str, place: Option<usize>) -> Result<()> {
    let mut names: Vec<&'static str> =
        own_fields::all(tx)?.into_iter().filter(|own| own.retired_at.is_none()).map(|own| own.field.name).collect();
    if let (Some(place), Some(at)) = (place, names.iter().position(|known| *known == name)) {
        let moved = names.remove(at);
        names.insert(place.saturating_sub(1).min(names.len()), moved);
    }
    let mut statement = tx.prepare_cached("update ticket_field set rank = ?2 where name = ?1 and rank <> ?2")?;
    for (at, name) in names.into_iter().enumerate() {
        statement.execute((name, at as i64 + 1))?;
    }
    Ok(())
}

fn record(tx: &Tx<'_>, kind: &'static str, name: &str) -> Result<()> {
    let id: i64 =
        tx.prepare_cached("select id from ticket_field where name = ?1")?.query_row([name], |row| row.get(0))?;
    // Search finds tickets by what stands in their fields.
    let data = json!({ "field": name, "kinds": ["ticket"] });
    tx.record(&NewEvent::new(kind, Resource::new("field", id), DEFAULT_CLASS).data(data))?;
    Ok(())
}

/// Whether a ticket with these values may leave a field of the project's own empty; the problem if not.
pub(super) fn missing(own: &OwnField, kind: Option<i64>, state: &str, values: &[Value]) -> Option<Problem> {
    let required = own.retired_at.is_none() && own.is_of_type(kind) && own.required_in.iter().any(|name| name == state);
    (required && values.is_empty() && own.field.kind != Kind::Check).then(|| {
        let message = format!("{} can't be empty in the state “{state}”.", own.field.label);
        Problem::new(super::plan::form_name(own.field), message)
    })
}
