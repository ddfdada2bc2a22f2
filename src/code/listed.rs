//! Commits as links, lists, search and the timeline name them: id, subject, who and when, without what git knows beside.

use std::collections::HashMap;

use rusqlite::{Connection, Row, named_params};

use super::{CHANGESET_VIEW, short, subject_of};
use crate::base::component::Card;
use crate::base::error::Result;
use crate::base::project::called;
use crate::base::resource::Resource;
use crate::base::text::fold;
use crate::base::time::Instant;
use crate::base::viewer::Viewer;

/// The kind of resource that a commit is.
pub const KIND: &str = "changeset";

/// No id is told apart by fewer digits.
pub const SHORTEST_PREFIX: usize = super::git::SHORTEST_ID;
const LONGEST_ID: usize = 64;

#[derive(Debug, Clone)]
pub struct Listed {
    pub id: i64,
    pub sha: String,
    pub message: String,
    /// The person of the project whom the author's address proves, if any.
    pub person: Option<i64>,
    /// How that person is called, else the name in the commit.
    pub author: String,
    pub committed_at: Instant,
    pub acl: i64,
}

impl Listed {
    /// The first line of the message.
    pub fn subject(&self) -> String {
        subject_of(&self.message)
    }

    /// What the message says after its first line.
    pub fn body(&self) -> &str {
        self.message.trim_start().split_once('\n').map_or("", |(_, body)| body.trim())
    }

    /// `1a2b3c4 Open the doors in time`
    pub fn title(&self) -> String {
        format!("{} {}", short(&self.sha), self.subject()).trim_end().to_owned()
    }

    /// As lists show it to this viewer.
    pub fn card(&self, viewer: &Viewer) -> Card {
        Card {
            resource: Resource::new(KIND, self.id),
            title: self.title(),
            href: super::changeset_href(&self.sha),
            author: viewer.shown_name(&self.author),
            changed: self.committed_at,
            place: String::new(),
            class: None,
        }
    }
}

const COLUMNS: &str = "changeset.id, changeset.sha, changeset.message, changeset.author, changeset.author_name,
    changeset.committed_at, changeset.acl, person.login, person.display_name";
const FROM: &str = "changeset left join person on person.id = changeset.author";

fn from_row(row: &Row<'_>) -> rusqlite::Result<Listed> {
    let person: Option<i64> = row.get("author")?;
    let name: String = row.get("author_name")?;
    let (login, display_name): (Option<String>, Option<String>) = (row.get("login")?, row.get("display_name")?);
    Ok(Listed {
        id: row.get("id")?,
        sha: row.get("sha")?,
        message: row.get("message")?,
        author: match person {
            Some(_) => called(login.as_deref(), display_name.as_deref()),
            None if name.trim().is_empty() => "nobody".to_owned(),
            None => name,
        },
        person,
        committed_at: row.get("committed_at")?,
        acl: row.get("acl")?,
    })
}

/// What may be the beginning of an id, in the form in which ids are kept.
pub fn as_prefix(text: &str) -> Option<String> {
    let fits =
        (SHORTEST_PREFIX..=LONGEST_ID).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    fits.then(|| text.to_ascii_lowercase())
}

/// The commits whose ids begin so, by what was asked; those that several begin with, and those that this viewer may not
/// see, are left out.
pub fn by_prefixes(db: &Connection, viewer: &Viewer, prefixes: &[String]) -> Result<HashMap<String, Listed>> {
    if prefixes.is_empty() || !viewer.may(CHANGESET_VIEW) {
        return Ok(HashMap::new());
    }
    // `g` follows `f`: everything between begins with the prefix.
    let mut statement = db.prepare_cached(&format!(
        "with asked (prefix, first, last) as materialized (
             select value, (select min(sha) from changeset where sha >= value and sha < value || 'g'),
                 (select max(sha) from changeset where sha >= value and sha < value || 'g')
             from json_each(:prefixes))
         select prefix, {COLUMNS} from asked join {FROM} where changeset.sha = first and first = last"
    ))?;
    let rows = statement.query_map(named_params! { ":prefixes": serde_json::to_string(prefixes)? }, |row| {
        Ok((row.get::<_, String>("prefix")?, from_row(row)?))
    })?;
    let found = rows.collect::<rusqlite::Result<Vec<_>>>()?;
    Ok(found.into_iter().filter(|(_, commit)| viewer.sees_class(commit.acl)).collect())
}

/// Those of them that this viewer may see, in the order asked for.
pub fn by_ids(db: &Connection, viewer: &Viewer, ids: &[i64]) -> Result<Vec<Option<Listed>>> {
    if ids.is_empty() || !viewer.may(CHANGESET_VIEW) {
        return Ok(ids.iter().map(|_| None).collect());
    }
    let mut statement = db.prepare_cached(&format!(
        "select {COLUMNS} from {FROM} where changeset.id in (select value from json_each(?1))"
    ))?;
    let rows = statement.query_map([serde_json::to_string(ids)?], from_row)?;
    let mut found = HashMap::new();
    for commit in rows {
        let commit = commit?;
        if viewer.sees_class(commit.acl) {
            found.insert(commit.id, commit);
        }
    }
    Ok(ids.iter().map(|id| found.get(id).cloned()).collect())
}

/// Which commits a list holds; each that is given narrows it.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    pub author: Option<Author>,
    pub ticket: Option<i64>,
    pub repository: Option<i64>,
    pub since: Option<Instant>,
    /// These and no others.
    pub shas: Option<Vec<String>>,
}

/// Somebody by a name that was written: the people who are called so, and the name as commits may have it.
#[derive(Debug, Clone, Default)]
pub struct Author {
    pub people: Vec<i64>,
    pub folded: String,
}

impl Author {
    pub fn called(db: &Connection, name: &str) -> Result<Self> {
        let folded = fold(name.trim());
        let mut statement =
            db.prepare_cached("select id from person where folded(login) = ?1 or folded(display_name) = ?1")?;
        let people = statement.query_map([&folded], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
        Ok(Self { people, folded })
    }
}

/// The newest ones that this viewer may see.
pub fn newest(db: &Connection, viewer: &Viewer, wanted: &Wanted, limit: usize) -> Result<Vec<Listed>> {
    if !viewer.may(CHANGESET_VIEW) {
        return Ok(Vec::new());
    }
    let mut statement = db.prepare_cached(&newest_sql(wanted))?;
    let author = wanted.author.as_ref();
    let rows = statement.query_map(
        named_params! {
            ":acls": viewer.acls(),
            ":shas": wanted.shas.as_ref().map(serde_json::to_string).transpose()?,
            ":ticket": wanted.ticket,
            ":repository": wanted.repository,
            ":since": wanted.since.unwrap_or(Instant(i64::MIN)),
            ":folded": author.map(|author| author.folded.as_str()),
            ":people": serde_json::to_string(author.map_or(&[][..], |author| &author.people))?,
            ":limit": limit as i64,
        },
        from_row,
    )?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// What is narrower than time comes by its own index; else the index of time is walked from its end.
fn newest_sql(wanted: &Wanted) -> String {
    let (narrow, order) = match (&wanted.shas, wanted.ticket) {
        (Some(_), _) => ("changeset.sha in (select value from json_each(:shas))", "+committed_at"),
        (None, Some(_)) => {
            ("changeset.id in (select changeset from changeset_ticket where ticket = :ticket)", "+committed_at")
        }
        (None, None) => ("1", "committed_at"),
    };
    format!(
        "select {COLUMNS} from {FROM}
         where {narrow} and acl in (select value from json_each(:acls))
           and (:shas is null or changeset.sha in (select value from json_each(:shas)))
           and (:ticket is null
                or exists (select 1 from changeset_ticket where changeset = changeset.id and ticket = :ticket))
           and (:repository is null or exists (select 1 from changeset_repository as its
                where its.changeset = changeset.id and its.repository = :repository))
           and committed_at >= :since
           and (:folded is null or changeset.author in (select value from json_each(:people))
                or (changeset.author is null and folded(changeset.author_name) = :folded))
         order by {order} desc, changeset.id desc limit :limit"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::db::{Db, Schema};

    #[test]
    fn an_index_serves_each_list() {
        let folder = tempfile::tempdir().expect("a folder");
        let db = Db::create(&folder.path().join("project.db"), Schema::Project).expect("a database");
        let plan = |wanted: &Wanted| -> Vec<String> {
            db.read(|db| {
                let mut statement = db.prepare(&format!("explain query plan {}", newest_sql(wanted)))?;
                let nothing = rusqlite::params_from_iter(vec![rusqlite::types::Null; statement.parameter_count()]);
                Ok(statement.query_map(nothing, |row| row.get(3))?.collect::<rusqlite::Result<_>>()?)
            })
            .expect("a plan")
        };
        let all = plan(&Wanted::default());
        assert!(all.iter().any(|step| step.contains("changeset USING INDEX changeset_committed")), "{all:?}");
        assert!(!all.iter().any(|step| step.contains("TEMP B-TREE")), "{all:?}");
        let of_ticket = plan(&Wanted { ticket: Some(1), ..Wanted::default() });
        assert!(of_ticket.iter().any(|step| step.contains("changeset_ticket_ticket (ticket=?)")), "{of_ticket:?}");
        assert!(of_ticket.iter().any(|step| step.contains("changeset USING INTEGER PRIMARY KEY")), "{of_ticket:?}");
        let of_shas = plan(&Wanted { shas: Some(Vec::new()), ..Wanted::default() });
        assert!(of_shas.iter().any(|step| step.contains("sqlite_autoindex_changeset_1 (sha=?)")), "{of_shas:?}");
    }

    fn commit(message: &str) -> Listed {
        Listed {
            id: 1,
            sha: "1a2b3c4d5e".to_owned(),
            message: message.to_owned(),
            person: None,
            author: String::new(),
            committed_at: Instant(0),
            acl: 1,
        }
    }

    #[test]
    fn a_message_is_a_subject_and_a_body() {
        let told = commit("\nOpen the doors \n\nThey were late.\nRefs #3\n");
        assert_eq!((told.subject().as_str(), told.body()), ("Open the doors", "They were late.\nRefs #3"));
        assert_eq!(told.title(), "1a2b3c4 Open the doors");
        assert_eq!((commit("").title().as_str(), commit("").body()), ("1a2b3c4", ""));
        assert_eq!(commit(&"é".repeat(1000)).subject().chars().count(), 301);
    }

    #[test]
    fn only_hexadecimal_digits_begin_an_id() {
        assert_eq!(as_prefix("1A2B"), Some("1a2b".to_owned()));
        for bad in ["", "1a2", "1a2g", "-1a2", "1a2b ", &"a".repeat(65)] {
            assert_eq!(as_prefix(bad), None, "{bad}");
        }
    }
}
