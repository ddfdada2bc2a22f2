//! Which git repositories belong to a project, and how their commits act. Only their git directory is read, never written.
//!
//! The one that was connected first is the default one: its paths stand in addresses without its name (row V03).

use std::path::{Path, PathBuf};

use rusqlite::{Connection, OptionalExtension, Row, named_params};
use sha2::{Digest as _, Sha256};

use super::{VERSIONCONTROL_ADMIN, git, heads, incoming};
use crate::base::error::{Error, Problem, Result};
use crate::base::event::NewEvent;
use crate::base::project::{Act, Project, Tx};
use crate::base::resource::Resource;
use crate::base::site::{hex, random_bytes};
use crate::base::time::Instant;
use crate::base::viewer::{DEFAULT_CLASS, TRAC_ADMIN};

#[derive(Debug, Clone)]
pub struct Repository {
    pub id: i64,
    pub name: String,
    /// The git directory.
    pub path: PathBuf,
    pub description: String,
    /// Branches on which commits close and reopen beside the default one, as they were typed.
    pub acting_branches: String,
    pub acts_as: ActsAs,
    /// The uuid of the account, for [`ActsAs::Account`].
    pub acts_as_account: String,
    pub synced_at: Option<Instant>,
    /// How far what was there when it was connected has been taken in.
    pub baseline: Baseline,
    /// The default branch of one with a working folder; a bare one says it by its HEAD.
    pub default_branch: String,
    /// The ends of the branches on which commits close and reopen, at the last sync, parted by blanks.
    pub acting_heads: String,
    /// Why the last sync failed; empty if it did not.
    pub trouble: String,
    /// Paths in addresses begin without its name.
    pub is_default: bool,
}

/// Whose rights the commits of a repository have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ActsAs {
    Author,
    Committer,
    Pusher,
    Account,
    Nobody,
}

impl ActsAs {
    pub const ALL: [Self; 5] = [Self::Author, Self::Committer, Self::Pusher, Self::Account, Self::Nobody];

    pub fn name(self) -> &'static str {
        match self {
            Self::Author => "author",
            Self::Committer => "committer",
            Self::Pusher => "pusher",
            Self::Account => "account",
            Self::Nobody => "nobody",
        }
    }

    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|acts_as| acts_as.name() == name)
    }
}

/// How far the commits have been taken in that were there when a repository was connected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Baseline {
    /// Nobody has written down yet what was there.
    None,
    /// It is written down, but not all of it is stored.
    Noted,
    Stored,
}

const NO_REPOSITORY: &str = "There is no such repository.";

const COLUMNS: &str = "repository.*, repository.id = (select min(id) from repository) as is_default";

fn from_row(row: &Row<'_>) -> rusqlite::Result<Repository> {
    let path: String = row.get("path")?;
    let acts_as: String = row.get("acts_as")?;
    Ok(Repository {
        id: row.get("id")?,
        name: row.get("name")?,
        path: path.into(),
        description: row.get("description")?,
        acting_branches: row.get("acting_branches")?,
        acts_as: ActsAs::named(&acts_as).unwrap_or(ActsAs::Nobody),
        baseline: match row.get::<_, String>("baseline")?.as_str() {
            "none" => Baseline::None,
            "noted" => Baseline::Noted,
            _ => Baseline::Stored,
        },
        default_branch: row.get("default_branch")?,
        acting_heads: row.get("acting_heads")?,
        acts_as_account: row.get("acts_as_account")?,
        synced_at: row.get("synced_at")?,
        trouble: row.get("trouble")?,
        is_default: row.get("is_default")?,
    })
}

/// All of them, the default one first, then by name.
pub fn list(db: &Connection) -> Result<Vec<Repository>> {
    let mut statement =
        db.prepare_cached(&format!("select {COLUMNS} from repository order by is_default desc, name"))?;
    Ok(statement.query_map([], from_row)?.collect::<rusqlite::Result<_>>()?)
}

pub fn by_name(db: &Connection, name: &str) -> Result<Option<Repository>> {
    Ok(db
        .prepare_cached(&format!("select {COLUMNS} from repository where name = ?1"))?
        .query_row([name], from_row)
        .optional()?)
}

pub fn by_id(db: &Connection, id: i64) -> Result<Option<Repository>> {
    Ok(db
        .prepare_cached(&format!("select {COLUMNS} from repository where id = ?1"))?
        .query_row([id], from_row)
        .optional()?)
}

/// The git directory of the repository that a folder lies in, if any.
pub fn discover(folder: &Path) -> Option<PathBuf> {
    git::set_up();
    let repository = git2::Repository::discover(folder).ok()?;
    Some(repository.path().to_owned())
}

/// How a repository is called after its folder: `trackway` for `…/trackway/.git` and for `…/trackway.git`.
pub fn name_of(git_directory: &Path) -> String {
    let own = git_directory.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let name = if own == ".git" {
        git_directory.parent().and_then(Path::file_name).unwrap_or_default().to_string_lossy().into_owned()
    } else {
        own.strip_suffix(".git").unwrap_or(&own).to_owned()
    };
    let name: String =
        name.chars().map(|character| if is_fit(character) { character } else { '-' }).take(100).collect();
    let name = name.trim();
    if name_problem(name).is_none() { name.to_owned() } else { "repository".to_owned() }
}

fn is_fit(character: char) -> bool {
    !character.is_control() && !"/@#?\\".contains(character)
}

/// How the commits of a repository are to act; what is none stays as it is, or as it is by default.
#[derive(Debug, Clone, Default)]
pub struct Wish {
    pub description: Option<String>,
    pub acting_branches: Option<String>,
    pub default_branch: Option<String>,
    pub acts_as: Option<ActsAs>,
    /// The uuid of an account, for [`ActsAs::Account`].
    pub acts_as_account: Option<String>,
}

/// Connects a repository that is there and can be read. Its branches are written down at once: what is reachable from them
/// never acts. What is in it becomes known with its first sync.
pub fn connect(project: &Project, by: Act<'_>, path: &Path, name: &str, wish: &Wish) -> Result<i64> {
    by.viewer.require(TRAC_ADMIN)?;
    if let Some(problem) = name_problem(name) {
        return Err(Error::invalid("--name", problem));
    }
    git::set_up();
    let unreadable = |error: git2::Error| {
        Error::invalid("--repo", format!("{} is no git repository: {}.", path.display(), error.message()))
    };
    let found = git2::Repository::open(path).map_err(unreadable)?;
    let directory = found.path().to_string_lossy().into_owned();
    let refs = heads::refs(&found).map_err(unreadable)?;
    let default_branch = heads::head_branch(&found).unwrap_or_default();
    project.write(by, |tx| {
        let taken: bool =
            tx.query_row("select exists (select 1 from repository where name = ?1)", [name], |row| row.get(0))?;
        if taken {
            return Err(Error::invalid("--name", format!("There is a repository `{name}` already.")));
        }
        tx.execute(
            "insert into repository (name, path, added_at, baseline, default_branch) values (?1, ?2, ?3, 'noted', ?4)",
            (name, &directory, tx.now(), &default_branch),
        )?;
        let id = tx.last_insert_rowid();
        incoming::save_refs(tx, id, &refs)?;
        save(tx, id, wish)?;
        let directory = directory.as_str();
        tx.record(&told("repository.added", id, name).changing("path", "", directory))?;
        Ok(id)
    })
}

/// Changes how its commits act.
pub fn change(project: &Project, by: Act<'_>, id: i64, wish: &Wish) -> Result<()> {
    by.viewer.require(VERSIONCONTROL_ADMIN)?;
    project.write(by, |tx| {
        let before = existing(tx, id)?;
        save(tx, id, wish)?;
        let after = existing(tx, id)?;
        tx.record(
            &told("repository.changed", id, &after.name)
                .changing("description", before.description, after.description)
                .changing("acting_branches", before.acting_branches, after.acting_branches)
                .changing("default_branch", before.default_branch, after.default_branch)
                .changing("acts_as", before.acts_as.name(), after.acts_as.name())
                .changing("acts_as_account", before.acts_as_account, after.acts_as_account),
        )?;
        Ok(())
    })
}

fn told(kind: &'static str, id: i64, name: &str) -> NewEvent {
    NewEvent::new(kind, Resource::new("repository", id), DEFAULT_CLASS).saying("what", name)
}

fn existing(db: &Connection, id: i64) -> Result<Repository> {
    by_id(db, id)?.ok_or_else(|| Error::not_found(NO_REPOSITORY))
}

fn save(tx: &Tx<'_>, id: i64, wish: &Wish) -> Result<()> {
    let mut problems = Vec::new();
    let bad = |text: &str, most: usize| text.chars().any(char::is_control) || text.chars().count() > most;
    if wish.description.as_deref().is_some_and(|text| bad(text, 1000)) {
        problems.push(Problem::new("description", "A description is one line of at most 1,000 characters."));
    }
    let branches = [("acting_branches", &wish.acting_branches, 1000), ("default_branch", &wish.default_branch, 250)];
    for (field, names, most) in branches {
        let Some(names) = names else { continue };
        let unfit = |name: &str| name.trim_end_matches('*').contains(['*', '~', '^', ':', '?', '[', '\\']);
        if bad(names, most) || names.split_whitespace().any(unfit) {
            let example = "names of branches, such as `main`; a `*` at an end stands for any end, as in `release*`";
            problems.push(Problem::new(field, format!("These are no {example}.")));
        }
    }
    if !problems.is_empty() {
        return Err(Error::Invalid(problems));
    }
    let changed = tx.execute(
        "update repository set description = coalesce(:description, description),
           acting_branches = coalesce(:acting, acting_branches), default_branch = coalesce(:default, default_branch),
           acts_as = coalesce(:acts_as, acts_as), acts_as_account = coalesce(:account, acts_as_account)
         where id = :id",
        named_params! {
            ":description": wish.description.as_deref().map(str::trim),
            ":acting": wish.acting_branches.as_deref().map(|names| names.split_whitespace().collect::<Vec<_>>().join(" ")),
            ":default": wish.default_branch.as_deref().map(str::trim),
            ":acts_as": wish.acts_as.map(ActsAs::name),
            ":account": wish.acts_as_account,
            ":id": id,
        },
    )?;
    if changed == 0 {
        return Err(Error::not_found(NO_REPOSITORY));
    }
    Ok(())
}

/// Disconnects it. What is known of its commits stays, and what they did.
pub fn remove(project: &Project, by: Act<'_>, id: i64) -> Result<()> {
    by.viewer.require(TRAC_ADMIN)?;
    project.write(by, |tx| {
        let before = existing(tx, id)?;
        tx.execute("delete from repository where id = ?1", [id])?;
        tx.record(&told("repository.removed", id, &before.name).changing("path", before.path.display(), ""))?;
        Ok(())
    })
}

/// Makes the secret by which a hook on another machine asks for a sync, in place of an earlier one. Only its hash is kept.
pub fn new_secret(project: &Project, by: Act<'_>, id: i64) -> Result<String> {
    by.viewer.require(VERSIONCONTROL_ADMIN)?;
    let secret = hex(&random_bytes::<24>());
    project.write(by, |tx| {
        let hash = Sha256::digest(secret.as_bytes());
        if tx.execute("update repository set secret_hash = ?2 where id = ?1", (id, hash.as_slice()))? == 0 {
            return Err(Error::not_found(NO_REPOSITORY));
        }
        tx.record(&told("repository.secret", id, &existing(tx, id)?.name))?;
        Ok(())
    })?;
    Ok(secret)
}

/// Whether that is its secret. Takes the same time whatever is wrong.
pub fn knows_secret(db: &Connection, id: i64, secret: &str) -> Result<bool> {
    let kept: Option<Vec<u8>> = db
        .prepare_cached("select secret_hash from repository where id = ?1")?
        .query_row([id], |row| row.get(0))
        .optional()?
        .flatten();
    let given = Sha256::digest(secret.as_bytes());
    let kept_bytes = kept.as_deref().unwrap_or(&[0; 32]);
    let differs = kept_bytes.iter().zip(given.as_slice()).fold(0_u8, |sum, (one, other)| sum | (one ^ other));
    Ok(kept.is_some() && kept_bytes.len() == given.len() && differs == 0)
}

/// The repository of that name, for commands and pages of the administration.
pub fn load(db: &Connection, name: &str) -> Result<Repository> {
    by_name(db, name)?.ok_or_else(|| Error::not_found(format!("There is no repository `{name}`.")))
}

/// Names stand in addresses and links, so they are one segment without blanks at their ends.
fn name_problem(name: &str) -> Option<String> {
    let bad = name.is_empty()
        || name.chars().count() > 100
        || name.trim() != name
        || [".", ".."].contains(&name)
        || !name.chars().all(is_fit);
    bad.then(|| {
        format!(
            "`{name}` can't be a repository's name: 1 to 100 characters, without / @ # ? \\ and blanks at its ends."
        )
    })
}
