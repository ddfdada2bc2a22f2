//! A project's database with tickets put in by SQL, and viewers made by hand.

use std::sync::Arc;

use jiff::tz::TimeZone;
use tempfile::TempDir;
use trackway::base::db::{Db, Schema};
use trackway::base::error::Result;
use trackway::base::viewer::{Credential, Identity, Principal, Viewer};
use trackway::query::{self, Found, Query};
use trackway::ticket::TICKET_VIEW;
use trackway::ticket::fields::Choices;

use crate::support::count_tickets;

pub struct World {
    pub db: Db,
    _folder: TempDir,
}

/// A ticket by names; what is empty it has not got.
#[derive(Debug, Clone)]
pub struct Ticket<'a> {
    pub summary: &'a str,
    pub description: &'a str,
    pub status: &'a str,
    pub resolution: &'a str,
    pub kind: &'a str,
    pub priority: &'a str,
    pub severity: &'a str,
    pub component: &'a str,
    pub version: &'a str,
    pub milestone: &'a str,
    pub reporter: &'a str,
    pub owner: &'a str,
    pub keywords: &'a str,
    pub cc: &'a [&'a str],
    /// `2026-01-31`, created and changed.
    pub day: &'a str,
}

impl Default for Ticket<'_> {
    fn default() -> Self {
        Self {
            summary: "",
            description: "",
            status: "new",
            resolution: "",
            kind: "defect",
            priority: "",
            severity: "",
            component: "",
            version: "",
            milestone: "",
            reporter: "",
            owner: "",
            keywords: "",
            cc: &[],
            day: "2026-01-01",
        }
    }
}

impl World {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let db = Db::create(&folder.path().join("project.db"), Schema::Project).unwrap();
        let world = Self { db, _folder: folder };
        world.keep_counters();
        world
    }

    /// The counters that are kept where tickets are changed, for tickets that are put in by SQL.
    fn keep_counters(&self) {
        for change in ["insert", "update", "delete"] {
            self.exec(&format!("create trigger count_{change} after {change} on ticket begin {} end", count_tickets()));
        }
    }

    pub fn exec(&self, sql: &str) {
        self.db.write(|db| Ok(db.execute_batch(sql)?)).unwrap();
    }

    fn insert(&self, sql: &str, values: &[&dyn rusqlite::ToSql]) -> i64 {
        self.db
            .write(|db| {
                db.execute(sql, values)?;
                Ok(db.last_insert_rowid())
            })
            .unwrap()
    }

    /// Logins and full names.
    pub fn people(&self, people: &[(&str, &str)]) {
        for (login, name) in people {
            self.insert("insert into person (login, display_name, kind) values (?1, ?2, 'account')", &[login, name]);
        }
    }

    pub fn person(&self, login: &str) -> i64 {
        self.db
            .read(|db| Ok(db.query_row("select id from person where login = ?1", [login], |row| row.get(0))?))
            .unwrap()
    }

    pub fn options(&self, field: &str, names: &[&str]) {
        for (at, name) in names.iter().enumerate() {
            let rank = at as i64 + 10;
            self.insert(
                "insert into field_option (field, name, folded, rank) values (?1, ?2, lower(?2), ?3)",
                &[&field, name, &rank],
            );
        }
    }

    pub fn versions(&self, versions: &[(&str, Option<&str>)]) {
        for (name, released) in versions {
            let released = released.map(instant);
            self.insert(
                "insert into field_option (field, name, folded, rank, released_at) values ('version', ?1, lower(?1), 1, ?2)",
                &[name, &released],
            );
        }
    }

    pub fn milestone(&self, name: &str, due: Option<&str>, completed: Option<&str>) {
        let completed = completed.map(instant);
        self.insert(
            "insert into milestone (name, folded, due, completed_at, created_at, changed_at) values (?1, lower(?1), ?2, ?3, 0, 0)",
            &[&name, &due, &completed],
        );
    }

    pub fn ticket(&self, ticket: &Ticket<'_>) -> i64 {
        let at = instant(ticket.day);
        let id = self.insert(
            "insert into ticket (summary, description, keywords, created_at, changed_at, status, resolution, type,
               priority, severity, component, version, milestone, reporter, owner)
             values (?1, ?2, ?3, ?4, ?4, (select id from ticket_status where name = ?5),
               (select id from field_option where field = 'resolution' and name = ?6),
               (select id from field_option where field = 'type' and name = ?7),
               (select id from field_option where field = 'priority' and name = ?8),
               (select id from field_option where field = 'severity' and name = ?9),
               (select id from field_option where field = 'component' and name = ?10),
               (select id from field_option where field = 'version' and name = ?11),
               (select id from milestone where name = ?12),
               (select id from person where login = ?13), (select id from person where login = ?14))",
            &[
                &ticket.summary, &ticket.description, &ticket.keywords, &at, &ticket.status, &ticket.resolution,
                &ticket.kind, &ticket.priority, &ticket.severity, &ticket.component, &ticket.version,
                &ticket.milestone, &ticket.reporter, &ticket.owner,
            ],
        );
        let change = self.insert(
            "insert into ticket_change (ticket, number, changed_at, via) values (?1, 0, ?2, 'web')",
            &[&id, &at],
        );
        for (role, login) in [("reporter", ticket.reporter), ("owner", ticket.owner)] {
            self.takes_part(id, role, login);
        }
        for (ord, login) in ticket.cc.iter().enumerate() {
            self.takes_part(id, "cc", login);
            let person = self.person(login);
            self.insert(
                "insert into ticket_value (ticket, field, ord, value, from_change) values (?1, 'cc', ?2, ?3, ?4)",
                &[&id, &(ord as i64), &person, &change],
            );
        }
        id
    }

    fn takes_part(&self, ticket: i64, role: &str, login: &str) {
        self.insert(
            "insert into participant (resource_kind, resource_id, person, role)
             select 'ticket', ?1, id, ?2 from person where login = ?3",
            &[&ticket, &role, &login],
        );
    }

    pub fn choices(&self) -> Arc<Choices> {
        self.db.read(Choices::whole).unwrap()
    }

    pub fn choices_of(&self, db: &rusqlite::Connection) -> Arc<Choices> {
        Choices::whole(db).unwrap()
    }

    pub fn run(&self, viewer: &Viewer, query: &Query) -> Result<Found> {
        self.db.read(|db| query::run(db, viewer, &*Choices::load(db, viewer)?, query))
    }
}

/// Somebody who sees tickets of the default class; anonymous without a login.
pub fn viewer(login: &str) -> Viewer {
    let identity = (!login.is_empty()).then(|| Identity {
        account: 1,
        uuid: login.to_owned(),
        login: login.to_owned(),
        display_name: String::new(),
        admin: false,
        zone: TimeZone::UTC,
        date_style: trackway::base::time::DateStyle::default(),
    });
    let credential = if identity.is_some() { Credential::Session } else { Credential::None };
    Viewer {
        principal: Arc::new(Principal { identity, groups: Vec::new(), credential, only_projects: None }),
        person: None,
        permissions: [TICKET_VIEW.name].into(),
        classes: vec![1],
        joined_classes: Vec::new(),
        archived: false,
        local: None,
    }
}

/// The first microsecond of a day.
pub fn instant(day: &str) -> i64 {
    let date: jiff::civil::Date = day.parse().unwrap();
    date.to_zoned(TimeZone::UTC).unwrap().timestamp().as_microsecond()
}
