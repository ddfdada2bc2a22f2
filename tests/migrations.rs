//! Migrations: in order, never edited once released, and older folders come up whole.

use std::fs;
use std::path::Path;

use rusqlite::Connection;
use sha2::{Digest, Sha256};
use trackway::base::db::{self, Db, Schema};

/// Every migration with the beginning of the SHA-256 of its text. Data folders out there have run these texts: a
/// migration is changed only until the first release that holds it, later wishes are a migration of their own.
const PINS: &[(&str, &str)] = &[
    ("site/0001_site.sql", "55a6a3366a5e4c42"),
    ("site/0002_feed_token.sql", "5c05dccf3a1b8dda"),
    ("site/0003_account_width.sql", "1b33b2a5cc95a75f"),
    ("site/0004_account.sql", "d2ac2745463d0f8b"),
    ("site/0005_audit.sql", "6a28f2581e8b225a"),
    ("site/0006_backup.sql", "07545923059ab702"),
    ("site/0007_api_token.sql", "168c84a81c7fffaa"),
    ("site/0008_account_group_group.sql", "917d1a55382b277a"),
    ("project/0001_ground.sql", "19411057244b1fd5"),
    ("project/0002_wiki.sql", "882aee6c033fa623"),
    ("project/0003_attachment.sql", "482a0ae66508df4f"),
    ("project/0004_code_repository.sql", "5655d82fe4ad73fd"),
    ("project/0005_milestone.sql", "b68360ce16a7a57d"),
    ("project/0006_ticket.sql", "9f4addce2c3c8f31"),
    ("project/0007_timeline_visit.sql", "459798b1353834f0"),
    ("project/0008_timeline_choice.sql", "9366a2ef96218a54"),
    ("project/0009_code_changeset.sql", "3272c57fb1874844"),
    ("project/0010_code_sync.sql", "10262f0b7a1273d2"),
    ("project/0011_code_path.sql", "9fdad7504b9ef2b5"),
    ("project/0012_ticket_field.sql", "878eb989ea03c184"),
    ("project/0013_ticket_workflow.sql", "628790f6435b598b"),
    ("project/0014_ticket_queue.sql", "7179d497f80e478a"),
    ("project/0015_ticket_merge.sql", "46b1afd584bf9bbd"),
    ("project/0016_ticket_time.sql", "6637f38c75832dbd"),
    ("project/0017_ticket_talk.sql", "c512f190b127dcc7"),
    ("project/0018_ticket_trash.sql", "bd027ca504e283b3"),
    ("project/0019_ticket_history.sql", "92617f5babe44ec0"),
    ("project/0020_report.sql", "071192ece1a4b975"),
    ("project/0021_home.sql", "95df56f9addfe029"),
    ("project/0022_ticket_progress_group.sql", "4a666c8049f55c26"),
    ("project/0023_wiki_discussion.sql", "4b2218f3b0a4291d"),
    ("project/0024_wiki_move.sql", "73d85e783189ce8c"),
    ("project/0025_wiki_list.sql", "a19efa3b050f954d"),
    ("project/0026_wiki_front.sql", "21d4040a28b975ea"),
    ("project/0027_wiki_furniture.sql", "406c2d6c5a46fc5d"),
    ("project/0028_wiki_suggestion.sql", "73e7cae9b7a087c3"),
    ("project/0029_wiki_watch.sql", "a072d93a183c9809"),
    ("project/0030_wiki_versions.sql", "3e661579123a0af5"),
    ("project/0031_acl_path.sql", "e2718083e89fdcd5"),
    ("project/0032_audit.sql", "62c90335ce03e537"),
    ("project/0033_wiki_open_discussions.sql", "7c2d715c8c691983"),
    ("project/0034_link_scope.sql", "91dfdcdd25156655"),
    ("project/0035_person_former.sql", "8561ae4b92c6aeb3"),
    ("project/0036_permission_rule.sql", "7ef636dc02fb69f2"),
    ("project/0037_project_logo.sql", "8a13d67fdd53b50f"),
];

#[test]
fn every_migration_has_the_text_that_was_pinned() {
    let mut found: Vec<(String, String)> = Vec::new();
    for schema in [Schema::Site, Schema::Project] {
        found.extend(schema.migrations().into_iter().map(|(name, sql)| (name, pin_of(&sql))));
    }
    let pinned: Vec<(String, String)> =
        PINS.iter().map(|(name, pin)| ((*name).to_owned(), (*pin).to_owned())).collect();
    for wrong in found.iter().filter(|found| !pinned.contains(found)) {
        eprintln!("not pinned with this text, or edited after it was pinned: {wrong:?}");
    }
    for gone in pinned.iter().filter(|pinned| !found.contains(pinned)) {
        eprintln!("pinned, but not there with this text: {gone:?}");
    }
    assert_eq!(found.len(), pinned.len(), "a migration is missing or not pinned");
    assert!(found.iter().all(|found| pinned.contains(found)), "a pinned migration was edited; add a new one instead");
}

#[test]
fn migrations_are_numbered_without_gaps_and_named_after_their_component() {
    for (schema, folder) in [(Schema::Site, "site"), (Schema::Project, "project")] {
        for (at, (name, _)) in schema.migrations().iter().enumerate() {
            let begin = format!("{folder}/{:04}_", at + 1);
            let rest = name.strip_prefix(&begin).and_then(|rest| rest.strip_suffix(".sql"));
            let Some(rest) = rest else {
                panic!("migrations/{name} should be called {begin}<component>[_<what>].sql");
            };
            assert!(
                !rest.is_empty() && rest.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_'),
                "migrations/{name}: after the number come a component and what is done, in small letters"
            );
        }
    }
}

#[test]
fn a_database_of_any_older_version_comes_up_with_its_rows() {
    for schema in [Schema::Site, Schema::Project] {
        let fresh = Older::new(schema, schema.migrations().len());
        for version in 1..schema.migrations().len() {
            let older = Older::new(schema, version);
            older.fill();
            let before = older.rows();
            let refused = Db::open(&older.path(), schema).err().map(|error| error.to_string()).unwrap_or_default();
            assert!(refused.contains("run `trackway upgrade`"), "{refused}");

            let copy = db::upgrade(&older.path(), schema).unwrap().expect("an older database is copied first");

            Db::open(&older.path(), schema).unwrap();
            assert_eq!(older.tables(), fresh.tables(), "from version {version}");
            let after = older.rows();
            for (table, count) in &before {
                // A migration may add rows of its own.
                let kept = after.iter().any(|(name, now)| name == table && now >= count);
                assert!(kept, "rows of {table}, from version {version}");
            }
            assert_eq!(rows(&Connection::open(copy).unwrap()), before);
        }
    }
}

#[test]
fn a_database_of_the_newest_version_is_left_alone() {
    for schema in [Schema::Site, Schema::Project] {
        let newest = Older::new(schema, schema.migrations().len());

        assert_eq!(db::upgrade(&newest.path(), schema).unwrap(), None);
        assert_eq!(fs::read_dir(newest.folder.path()).unwrap().filter(is_copy).count(), 0);
    }
}

#[test]
fn a_newer_database_and_a_foreign_file_are_refused() {
    let newer = Older::new(Schema::Project, Schema::Project.migrations().len());
    newer.connection().pragma_update(None, "user_version", 9999).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let foreign = folder.path().join("foreign.db");
    Connection::open(&foreign).unwrap().execute_batch("create table t (x)").unwrap();
    let torn = folder.path().join("torn.db");
    fs::write(&torn, "no database at all, but long enough to be read as the head of one").unwrap();

    assert!(refusal(&newer.path(), Schema::Project).contains("newer Trackway"));
    assert!(refusal(&newer.path(), Schema::Site).contains("not a database of Trackway"));
    assert!(refusal(&foreign, Schema::Site).contains("not a database of Trackway"));
    assert!(refusal(&torn, Schema::Site).contains("torn.db"));
}

fn refusal(path: &Path, schema: Schema) -> String {
    Db::open(path, schema).err().map(|error| error.to_string()).unwrap_or_default()
}

fn is_copy(file: &std::io::Result<fs::DirEntry>) -> bool {
    file.as_ref().is_ok_and(|file| file.file_name().to_string_lossy().contains(".before-"))
}

/// A database as a program with only the first migrations has left it.
struct Older {
    folder: tempfile::TempDir,
}

impl Older {
    fn new(schema: Schema, version: usize) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let newest = folder.path().join("newest.db");
        drop(Db::create(&newest, schema).unwrap());
        let mark: i64 =
            Connection::open(newest).unwrap().query_row("pragma application_id", [], |row| row.get(0)).unwrap();
        let older = Self { folder };
        let connection = older.connection();
        for (_, sql) in schema.migrations().iter().take(version) {
            connection.execute_batch(sql).unwrap();
        }
        connection.pragma_update(None, "application_id", mark).unwrap();
        connection.pragma_update(None, "user_version", version as i64).unwrap();
        older
    }

    fn path(&self) -> std::path::PathBuf {
        self.folder.path().join("older.db")
    }

    fn connection(&self) -> Connection {
        Connection::open(self.path()).unwrap()
    }

    /// Three rows of made-up values in every table that takes them; the others stay as they are.
    /// Made-up rows that refer to nothing, which no program could have left.
    fn drop_dangling(&self) {
        let connection = self.connection();
        connection.execute_batch("pragma foreign_keys = off").unwrap();
        loop {
            let dangling: Vec<(String, Option<i64>)> = connection
                .prepare("select \"table\", rowid from pragma_foreign_key_check")
                .unwrap()
                .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))
                .unwrap()
                .collect::<rusqlite::Result<_>>()
                .unwrap();
            for (table, rowid) in &dangling {
                let which = rowid.map_or_else(String::new, |rowid| format!(" where rowid = {rowid}"));
                connection.execute(&format!("delete from {table}{which}"), []).unwrap();
            }
            if dangling.is_empty() {
                return;
            }
        }
    }

    fn fill(&self) {
        let connection = self.connection();
        connection.execute_batch("pragma foreign_keys = off").unwrap();
        let mut filled = 0;
        for table in table_names(&connection) {
            let columns = columns(&connection, &table);
            for row in 1..=3 {
                let values: Vec<String> = columns.iter().map(|column| column.value(row)).collect();
                filled += connection
                    .execute(&format!("insert into {table} values ({})", values.join(", ")), [])
                    .unwrap_or_default();
            }
        }
        assert!(filled > 20, "hardly a table took the made-up rows");
        self.drop_dangling();
    }

    fn rows(&self) -> Vec<(String, i64)> {
        rows(&self.connection())
    }

    /// What the schema says, whatever way led to it.
    fn tables(&self) -> Vec<(String, String)> {
        let connection = self.connection();
        let mut statement =
            connection.prepare("select name, coalesce(sql, '') from sqlite_schema order by name").unwrap();
        statement
            .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))
            .unwrap()
            .collect::<rusqlite::Result<Vec<_>>>()
            .unwrap()
    }
}

struct Column {
    name: String,
    kind: String,
}

impl Column {
    fn value(&self, row: i64) -> String {
        match (self.name.as_str(), self.kind.as_str()) {
            ("kind", _) => "'account'".to_owned(),
            ("subject_kind", _) => "'person'".to_owned(),
            ("via", _) => "'web'".to_owned(),
            ("acl", _) => "1".to_owned(),
            ("theme", _) => "'auto'".to_owned(),
            ("date_style", _) => "'relative'".to_owned(),
            ("state", _) => ["'live'", "'waiting'"][(row % 2) as usize].to_owned(),
            (_, "INTEGER") => format!("{}", 100 + row),
            (_, "BLOB") => format!("x'0{row}'"),
            _ => format!("'{} {row}'", self.name),
        }
    }
}

fn columns(connection: &Connection, table: &str) -> Vec<Column> {
    let mut statement = connection.prepare("select name, upper(type) from pragma_table_info(?1)").unwrap();
    statement
        .query_map([table], |row| Ok(Column { name: row.get(0)?, kind: row.get(1)? }))
        .unwrap()
        .collect::<rusqlite::Result<_>>()
        .unwrap()
}

fn table_names(connection: &Connection) -> Vec<String> {
    let mut statement = connection
        .prepare("select name from sqlite_schema where type = 'table' and name not like 'sqlite_%' order by name")
        .unwrap();
    statement.query_map([], |row| row.get(0)).unwrap().collect::<rusqlite::Result<_>>().unwrap()
}

fn rows(connection: &Connection) -> Vec<(String, i64)> {
    table_names(connection)
        .into_iter()
        .map(|table| {
            let count = connection.query_row(&format!("select count(*) from {table}"), [], |row| row.get(0)).unwrap();
            (table, count)
        })
        .collect()
}

fn pin_of(sql: &str) -> String {
    Sha256::digest(sql.as_bytes()).iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}
