//! Who is asking, and what they may see and do.
//!
//! A [`Principal`] is known to the whole site (an account or nobody, with groups and a credential). Entering a project
//! makes it a [`Viewer`]: the permissions and access classes of that principal in that project, computed once per
//! request. No function that returns content exists without one (DESIGN 1.5).

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::tz::TimeZone;
use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ValueRef};

use super::error::{Error, Result};
use super::local_rights::LocalRights;
use super::time::{DateStyle, Zone};

/// A right by Trac's name (rows PM01 to PM03), defined once by the component that asks for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Permission {
    pub name: &'static str,
    /// One sentence for the manual and the administration.
    pub doc: &'static str,
    /// The rights that come with it.
    pub implies: &'static [&'static str],
    pub by_default: ByDefault,
}

/// Who has a right in a new project (DESIGN 4, row PM14). In a public one readers are everybody and writers those who are
/// signed in; in any other both are its members.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ByDefault {
    Readers,
    Writers,
    Nobody,
}

/// Everything: every right in every project for site administrators, in one project for those it was granted to.
pub const TRAC_ADMIN: Permission = Permission {
    name: "TRAC_ADMIN",
    doc: "May do everything in the project, also what is granted to nobody else.",
    implies: &[],
    by_default: ByDefault::Nobody,
};

pub const PERMISSION_GRANT: Permission = Permission {
    name: "PERMISSION_GRANT",
    doc: "Grant to others the rights that one has.",
    implies: &[],
    by_default: ByDefault::Nobody,
};
pub const PERMISSION_REVOKE: Permission = Permission {
    name: "PERMISSION_REVOKE",
    doc: "Take from others, or deny them, the rights that one has.",
    implies: &[],
    by_default: ByDefault::Nobody,
};
pub const PERMISSION_ADMIN: Permission = Permission {
    name: "PERMISSION_ADMIN",
    doc: "Grant and take the rights that one has, name sets of them, and see why somebody sees something.",
    implies: &["PERMISSION_GRANT", "PERMISSION_REVOKE"],
    by_default: ByDefault::Nobody,
};

/// The rights on the project itself, which no component asks for.
pub const OF_PROJECT: [Permission; 4] = [TRAC_ADMIN, PERMISSION_ADMIN, PERMISSION_GRANT, PERMISSION_REVOKE];

/// The access class of everything that no rule restricts.
pub const DEFAULT_CLASS: i64 = 1;

/// The access class of what lies in the trash, which nobody sees.
pub const TRASH_CLASS: i64 = 0;

/// What the site knows of an account, as far as a request needs it.
#[derive(Debug, Clone, PartialEq)]
pub struct Identity {
    pub account: i64,
    pub uuid: String,
    pub login: String,
    pub display_name: String,
    pub admin: bool,
    pub zone: TimeZone,
    pub date_style: DateStyle,
}

/// How the principal has shown who they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Credential {
    None,
    Session,
    /// A secret in the address of a feed or a calendar: reads there, does nothing.
    FeedToken,
    /// A secret that a program shows in place of a session; does so much of what its account may.
    ApiToken(Scope),
    /// The person at the server's own command line: sees everything, signs as `operator`.
    Operator,
    /// The same person acting as somebody (`--as NAME`), who may what that account may.
    OperatorAs,
}

/// How much of what its account may an API token does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// Looks, and changes nothing.
    Read,
    /// Looks and changes, but administers nothing.
    Write,
    /// Whatever its account may.
    Admin,
}

impl Scope {
    pub const ALL: [Self; 3] = [Self::Read, Self::Write, Self::Admin];

    /// As tables, forms and commands have it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::Admin => "admin",
        }
    }

    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scope| scope.name() == name)
    }

    /// Whether it goes so far as a right. What administers is told by its name, as what looks is.
    pub fn allows(self, permission: &str) -> bool {
        match self {
            Self::Read => permission.ends_with("_VIEW"),
            Self::Write => !permission.ends_with("_ADMIN") && !permission.starts_with("PERMISSION_"),
            Self::Admin => true,
        }
    }
}

impl FromSql for Scope {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        Self::named(value.as_str()?).ok_or(FromSqlError::InvalidType)
    }
}

#[derive(Debug, Clone, PartialEq)]
pub struct Principal {
    pub identity: Option<Identity>,
    /// Ids of the site's groups that the account is in.
    pub groups: Vec<String>,
    pub credential: Credential,
    /// Ids of the projects that the credential is good for; none: all, and the site.
    pub only_projects: Option<Arc<[String]>>,
}

impl Principal {
    pub fn anonymous() -> Self {
        Self { identity: None, groups: Vec::new(), credential: Credential::None, only_projects: None }
    }

    /// Somebody who is signed in and of whom nothing else is known than their groups; for asking what such people can open.
    pub fn stranger(groups: Vec<String>) -> Self {
        let identity = Identity {
            account: 0,
            uuid: String::new(),
            login: "authenticated".to_owned(),
            display_name: String::new(),
            admin: false,
            date_style: DateStyle::default(),
            zone: TimeZone::UTC,
        };
        Self { identity: Some(identity), groups, credential: Credential::Session, only_projects: None }
    }

    pub fn operator() -> Self {
        Self { identity: None, groups: Vec::new(), credential: Credential::Operator, only_projects: None }
    }

    pub fn is_operator(&self) -> bool {
        self.credential == Credential::Operator
    }

    /// Whether they administer the whole site, by this credential.
    pub fn administers(&self) -> bool {
        let so_far =
            !matches!(self.credential, Credential::ApiToken(Scope::Read | Scope::Write) | Credential::FeedToken);
        self.belongs_to_administrator() && so_far && self.only_projects.is_none()
    }

    /// Whether everything in every project is theirs to see, whatever this credential lets them do with it.
    pub fn belongs_to_administrator(&self) -> bool {
        self.is_operator() || self.identity.as_ref().is_some_and(|identity| identity.admin)
    }

    /// Where and how they read moments.
    pub fn zone(&self) -> Zone {
        let zone = |identity: &Identity| Zone::new(identity.zone.clone(), identity.date_style);
        self.identity.as_ref().map_or_else(Zone::utc, zone)
    }

    /// Whether the credential is good for a project, by its id.
    pub fn reaches(&self, project: &str) -> bool {
        self.only_projects.as_ref().is_none_or(|only| only.iter().any(|id| id == project))
    }
}

/// A principal inside one project.
#[derive(Debug, Clone)]
pub struct Viewer {
    pub principal: Arc<Principal>,
    /// Their row in the project's `person` table; none for anonymous and for accounts that have not acted here yet.
    pub person: Option<i64>,
    pub permissions: BTreeSet<&'static str>,
    /// Access classes of which they see every row.
    pub classes: Vec<i64>,
    /// Access classes of which they see the rows that they take part in, and no others; none of `classes` is among them.
    pub joined_classes: Vec<i64>,
    /// The project can be read and not changed, whoever it is.
    pub archived: bool,
    /// What they may on some tickets and pages only; none where no rule says so.
    pub local: Option<Arc<LocalRights>>,
}

impl Viewer {
    pub fn may(&self, permission: Permission) -> bool {
        self.permissions.contains(permission.name) || self.permissions.contains(TRAC_ADMIN.name)
    }

    /// The check of an act on something that may be seen (403, names the permission).
    pub fn require(&self, permission: Permission) -> Result<()> {
        if self.may(permission) {
            return Ok(());
        }
        if self.archived && !permission.name.ends_with("_VIEW") {
            return Err(Error::Forbidden {
                permission: permission.name,
                message: "This project is archived: it can be read, but not changed.".to_owned(),
            });
        }
        Err(Error::Forbidden {
            permission: permission.name,
            message: format!(
                "This needs the permission {}, which {} has not got in this project.",
                permission.name,
                self.called()
            ),
        })
    }

    /// The check before anything is shown: whoever lacks it learns nothing (404).
    pub fn require_to_see(&self, permission: Permission, what: &str) -> Result<()> {
        if self.may(permission) { Ok(()) } else { Err(Error::not_found(what)) }
    }

    pub fn sees_class(&self, acl: i64) -> bool {
        self.classes.contains(&acl)
    }

    /// Whether they see a row of that class which hangs on something that they see and take part in, if they don't see all
    /// of the class: a note on a private ticket.
    pub fn sees_class_in(&self, acl: i64) -> bool {
        self.sees_class(acl) || (self.person.is_some() && self.joined_classes.contains(&acl))
    }

    /// The classes as a JSON array, to be bound as `:acls` in `acl in (select value from json_each(:acls))`.
    pub fn acls(&self) -> String {
        json_array(&self.classes)
    }

    /// The condition that rows of a table must meet to be seen by this viewer, for tables whose rows have no participants.
    /// Nearly all rows are of a class that is seen, so no index of classes is used. Cheaper than [`acls`](Self::acls), for
    /// which SQLite builds a table of its own each time; holds numbers of ours and nothing else.
    pub fn class_sql(&self, table: &'static str) -> String {
        format!("+{table}.acl in ({})", sql_list(&self.classes))
    }

    /// The same for rows that hang on something which this viewer sees, see [`sees_class_in`](Self::sees_class_in).
    pub fn class_in_sql(&self, table: &'static str) -> String {
        let joined = self.person.map_or(&[][..], |_| self.joined_classes.as_slice());
        format!("+{table}.acl in ({})", sql_list(&[self.classes.as_slice(), joined].concat()))
    }

    /// The condition that rows of a table must meet to be seen by this viewer, for tables whose rows have participants.
    /// `alias` is the table's name in the statement, `kind` its resource kind. Holds numbers of ours and nothing else.
    pub fn sees_sql(&self, alias: &'static str, kind: &'static str) -> String {
        let whole = self.sees_whole_sql(alias);
        match self.joins_sql(alias, kind) {
            None => whole,
            Some(joined) => format!("({whole} or ({joined}))"),
        }
    }

    /// That a row is of a class of which they see everything: all that can be counted beforehand.
    pub fn sees_whole_sql(&self, alias: &'static str) -> String {
        format!("{alias}.acl in ({})", sql_list(&self.classes))
    }

    /// That a row is of a class of which they see what they take part in, and that they do. None if there is no such class.
    pub fn joins_sql(&self, alias: &'static str, kind: &'static str) -> Option<String> {
        self.takes_part_sql(alias, &format!("'{kind}'"), &format!("{alias}.id"))
    }

    /// The condition that rows of a table must meet to be seen by this viewer, for tables whose rows hang on something that
    /// has participants, and say of what kind it is and its id. No index of classes is used, as with
    /// [`class_sql`](Self::class_sql).
    pub fn sees_hanging_sql(&self, table: &'static str, kind: &'static str, id: &'static str) -> String {
        let whole = self.class_sql(table);
        match self.takes_part_sql(&format!("+{table}"), &format!("{table}.{kind}"), &format!("{table}.{id}")) {
            None => whole,
            Some(joined) => format!("({whole} or ({joined}))"),
        }
    }

    fn takes_part_sql(&self, table: &str, kind: &str, id: &str) -> Option<String> {
        let person = self.person.filter(|_| !self.joined_classes.is_empty())?;
        Some(format!(
            "{table}.acl in ({joined}) and {table}.acl <> 1 and exists (select 1 from participant
              where resource_kind = {kind} and resource_id = {id} and person = {person})",
            joined = sql_list(&self.joined_classes)
        ))
    }

    pub fn signed_in(&self) -> bool {
        self.principal.identity.is_some()
    }

    /// Somebody's name as this viewer may read it: addresses are shortened to `user@…` for those who are not signed in (row
    /// T21).
    pub fn shown_name(&self, name: &str) -> String {
        if self.signed_in() || self.principal.is_operator() { name.to_owned() } else { without_hosts(name) }
    }

    pub fn zone(&self) -> Zone {
        self.principal.zone()
    }

    fn called(&self) -> String {
        self.principal
            .identity
            .as_ref()
            .map_or_else(|| "an anonymous reader".to_owned(), |identity| identity.login.clone())
    }
}

/// A name in which addresses are shortened to `user@…`, for places that cannot tell who reads them.
pub fn without_hosts(name: &str) -> String {
    let ends = |character: char| character.is_whitespace() || "<>()[]\",;".contains(character);
    let mut shown = String::new();
    let mut rest = name;
    while let Some(at) = rest.find('@') {
        let (before, after) = (&rest[..at], &rest[at + 1..]);
        let end = after.find(ends).unwrap_or(after.len());
        shown.push_str(before);
        let is_address = !before.is_empty() && !before.ends_with(ends) && end > 0;
        shown.push_str(if is_address { "@…" } else { &rest[at..at + 1 + end] });
        rest = &after[end..];
    }
    shown + rest
}

fn json_array(ids: &[i64]) -> String {
    format!("[{}]", sql_list(ids))
}

fn sql_list(ids: &[i64]) -> String {
    ids.iter().map(i64::to_string).collect::<Vec<_>>().join(", ")
}
