//! Commits of a test, as the project's database holds them; no git repository has them.

use trackway::base::event::{NewEvent, Via};
use trackway::base::link;
use trackway::base::markup::{Flavour, Here};
use trackway::base::project::{Act, Tx};
use trackway::base::resource::Resource;
use trackway::base::time::Instant;
use trackway::base::viewer::DEFAULT_CLASS;

use super::TestSite;

const SECOND: i64 = 1_000_000;

impl TestSite {
    /// Another repository of `demo`; the first one is the default one.
    pub fn repository(&self, name: &str, path: &str) -> i64 {
        let add = |db: &rusqlite::Connection| {
            db.execute("insert into repository (name, path, added_at) values (?1, ?2, 0)", [name, path])?;
            Ok(db.last_insert_rowid())
        };
        self.demo().db().write(add).unwrap()
    }

    /// A commit of `demo` that was made now, by somebody who is known by that login or by nobody who is. The id is filled up
    /// with zeros; `message` is what links and tickets are read from.
    pub fn commit(&self, id: &str, author: &str, message: &str) -> i64 {
        self.commit_at(id, author, message, Instant::now())
    }

    pub fn commit_at(&self, id: &str, author: &str, message: &str, at: Instant) -> i64 {
        if self.demo().read(trackway::code::repository::list).unwrap().is_empty() {
            self.repository("demo", "/nowhere/demo.git");
        }
        let project = self.demo();
        let options = trackway::web::text::options(&self.site, &project).unwrap();
        let vocabulary = self.site.vocabulary();
        let compiled = project.cache().compiled(message, Flavour::Note, vocabulary, &options).unwrap();
        let here = Here { resource: Resource::new("changeset", 0), name: id.to_owned() };
        let links = link::of(&compiled, vocabulary, &here);
        let store = |tx: &Tx<'_>| {
            let db: &rusqlite::Connection = tx;
            db.execute(
                "insert into changeset (sha, author_name, author_email, authored_at, committer_name, committer_email,
                     committed_at, author, message)
                 values (?1, ?2, 'secret@example.org', ?3, ?2, '', ?3, (select id from person where login = ?2), ?4)",
                (format!("{id:0<40}"), author, at, message),
            )?;
            let commit = db.last_insert_rowid();
            db.execute(
                "insert into changeset_repository (repository, changeset) select min(id), ?1 from repository",
                [commit],
            )?;
            for (target, _) in links.iter().filter(|(target, _)| target.kind == "ticket") {
                db.execute(
                    "insert or ignore into changeset_ticket (changeset, ticket, asked, strength)
                     values (?1, ?2, 'refer', 'refer')",
                    (commit, &target.key),
                )?;
            }
            let resource = Resource::new("changeset", commit);
            link::replace(db, &resource, "", DEFAULT_CLASS, &links)?;
            tx.record_at(&NewEvent::new("changeset.added", resource, DEFAULT_CLASS), at, true)?;
            Ok(commit)
        };
        project.write(Act::new(&self.operator(), Via::System), store).unwrap()
    }

    /// Takes a commit out of everybody's sight.
    pub fn hide_commit(&self, commit: i64) {
        let hide = |db: &rusqlite::Connection| {
            db.execute("insert or ignore into acl (id, kind) values (77, 'component')", [])?;
            db.execute("update changeset set acl = 77 where id = ?1", [commit])?;
            db.execute("update link set acl = 77 where source_kind = 'changeset' and source_id = ?1", [commit])?;
            db.execute("update event set acl = 77 where resource_kind = 'changeset' and resource_id = ?1", [commit])?;
            Ok(())
        };
        self.demo().db().write(hide).unwrap();
    }

    /// An instant so many seconds ago.
    pub fn ago(seconds: i64) -> Instant {
        Instant(Instant::now().0 - seconds * SECOND)
    }
}
