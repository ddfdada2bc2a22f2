//! API tokens: what programs show in the header `Authorization: Bearer twk_…` in place of a session (DESIGN 5, trackers.md e2,
//! class 11).
//!
//! A token does what its account may, as far as its [`Scope`] goes, in the projects that it names; it opens no page of the
//! account itself, so nobody changes a password or makes another token with it. It ends by itself, and with its account. Only
//! its hash is kept, see [`hash_of`](super::sessions::hash_of): the secret is shown once.

use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension};
use serde_json::json;

use super::accounts;
use super::bearer::Bearer;
use super::sessions::hash_of;
use crate::base::error::{Error, Problem, Result};
use crate::base::event::NewEvent;
use crate::base::resource::Resource;
use crate::base::settings::{self, Setting, Values};
use crate::base::site::{hex, random_bytes};
use crate::base::time::Instant;
use crate::base::viewer::{Credential, Scope};

/// Begins every token, so that people and scanners of secrets know what it is.
pub const PREFIX: &str = "twk_";
/// Nobody needs more of them.
const MOST: i64 = 50;
const LONGEST_LABEL: usize = 100;
const DAY_SECONDS: i64 = 86_400;

/// After how many days a token ends at the latest.
pub const LONGEST_DAYS: Setting = Setting {
    name: "tokens.longest_days",
    scope: settings::Scope::Site,
    values: Values::Number(1, 3650),
    default: "366",
    doc: "After how many days an API token ends at the latest, whatever its owner asks for.",
};

/// A token as its owner sees it.
#[derive(Debug, Clone)]
pub struct ApiToken {
    pub id: i64,
    /// The login of its account.
    pub account: String,
    pub label: String,
    pub scope: Scope,
    /// Names of the projects that it is good for, in order; empty: all.
    pub projects: Vec<String>,
    pub created_at: Instant,
    pub expires_at: Instant,
    pub last_used_at: Option<Instant>,
}

/// A token about to be made.
#[derive(Debug, Clone, Copy)]
pub struct NewToken<'a> {
    pub label: &'a str,
    pub scope: Scope,
    /// Ids of projects; empty: all.
    pub projects: &'a [String],
    pub days: i64,
}

type Record<'a> = &'a dyn Fn(&NewEvent) -> Result<i64>;

/// Makes a token and returns its secret, which nobody can read again.
pub fn create(db: &Connection, record: Record<'_>, account: i64, new: &NewToken<'_>) -> Result<String> {
    let label = new.label.trim();
    let mut problems = Vec::new();
    if label.is_empty() || label.chars().count() > LONGEST_LABEL || label.chars().any(char::is_control) {
        let message = format!("Say in one line of at most {LONGEST_LABEL} characters what the token is for.");
        problems.push(Problem::new("label", message));
    }
    let longest = LONGEST_DAYS.number(db)?;
    if !(1..=longest).contains(&new.days) {
        problems.push(Problem::new("days", format!("A token is good for 1 to {longest} days.")));
    }
    let count: i64 = db.query_row("select count(*) from api_token where account = ?1", [account], |row| row.get(0))?;
    if count >= MOST {
        let message = format!("There are {MOST} tokens of this account already. Revoke one that nothing uses.");
        problems.push(Problem::new("label", message));
    }
    if !problems.is_empty() {
        return Err(Error::Invalid(problems));
    }
    let secret = format!("{PREFIX}{}", hex(&random_bytes::<32>()));
    let now = Instant::now();
    db.execute(
        "insert into api_token (account, hash, label, scope, created_at, expires_at) values (?1, ?2, ?3, ?4, ?5, ?6)",
        (account, hash_of(&secret), label, new.scope.name(), now, now.plus_seconds(new.days * DAY_SECONDS)),
    )?;
    let id = db.last_insert_rowid();
    for project in new.projects {
        db.execute("insert or ignore into api_token_project (api_token, project) values (?1, ?2)", (id, project))?;
    }
    tell(record, "account.api_token_created", account, id, new.scope, label)?;
    Ok(secret)
}

/// Takes a token's power away. Only its own account can, or whoever administers the site in its name.
pub fn revoke(db: &Connection, record: Record<'_>, account: i64, id: i64) -> Result<()> {
    let known: Option<(Scope, String)> = db
        .query_row("select scope, label from api_token where account = ?1 and id = ?2", (account, id), |row| {
            Ok((row.get(0)?, row.get(1)?))
        })
        .optional()?;
    let (scope, label) = known.ok_or_else(|| Error::not_found("There is no such token."))?;
    db.execute("delete from api_token where id = ?1", [id])?;
    tell(record, "account.api_token_revoked", account, id, scope, &label)
}

/// Takes all tokens of an account away.
pub fn revoke_all(db: &Connection, record: Record<'_>, account: i64) -> Result<()> {
    for token in of_account(db, account)? {
        revoke(db, record, account, token.id)?;
    }
    Ok(())
}

fn tell(record: Record<'_>, kind: &'static str, account: i64, id: i64, scope: Scope, label: &str) -> Result<()> {
    let data = json!({ "token": id, "scope": scope.name() });
    let event = NewEvent::new(kind, Resource::new("account", account), 1).data(data);
    record(&event.saying("what", label).saying("scope", scope.name()))?;
    Ok(())
}

/// The tokens of an account, the newest first; those that have ended too.
pub fn of_account(db: &Connection, account: i64) -> Result<Vec<ApiToken>> {
    let mut statement = db.prepare_cached(
        "select api_token.id, account.login, label, scope, api_token.created_at, expires_at, last_used_at,
             (select json_group_array(name) from (select project.name from api_token_project
                 join project on project.id = api_token_project.project
                 where api_token_project.api_token = api_token.id order by project.name)) as projects
         from api_token join account on account.id = api_token.account where account = ?1 order by api_token.id desc",
    )?;
    let tokens = statement.query_map([account], |row| {
        let projects: String = row.get("projects")?;
        Ok(ApiToken {
            id: row.get("id")?,
            account: row.get("login")?,
            label: row.get("label")?,
            scope: row.get("scope")?,
            projects: serde_json::from_str(&projects).unwrap_or_default(),
            created_at: row.get("created_at")?,
            expires_at: row.get("expires_at")?,
            last_used_at: row.get("last_used_at")?,
        })
    })?;
    Ok(tokens.collect::<rusqlite::Result<_>>()?)
}

/// Whose token it is, if it stands and its account may sign in.
pub fn bearer(db: &Connection, secret: &str) -> Result<Option<Bearer>> {
    let found: Option<(i64, i64, Scope, Option<Instant>)> = db
        .prepare_cached("select id, account, scope, last_used_at from api_token where hash = ?1 and expires_at > ?2")?
        .query_row((hash_of(secret), Instant::now()), |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))
        .optional()?;
    let Some((token, account, scope, last_used_at)) = found else { return Ok(None) };
    let Some(account) = accounts::by_id(db, account)?.filter(|account| !account.disabled) else { return Ok(None) };
    let mut principal = super::principal_of(db, &account, Credential::ApiToken(scope))?;
    let mut statement = db.prepare_cached("select project from api_token_project where api_token = ?1")?;
    let projects: Vec<String> = statement.query_map([token], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
    principal.only_projects = (!projects.is_empty()).then(|| Arc::from(projects));
    Ok(Some(Bearer { principal, token, last_used_at }))
}

pub fn used(db: &Connection, bearer: &Bearer) -> Result<()> {
    db.execute("update api_token set last_used_at = ?2 where id = ?1", (bearer.token, Instant::now()))?;
    Ok(())
}
