//! What a backup holds, or the export of a project: the first entry says who made it, the last one what has to be in it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::base::db::Schema;
use crate::base::time::Instant;

/// The form of archive that this program writes; it refuses later ones.
pub const FORMAT: u32 = 1;
/// The names of the last entry and of the site's database.
pub const MANIFEST: &str = "manifest.json";
pub const SITE: &str = "site.db";

/// What an archive is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Of {
    Site,
    Project,
}

impl Of {
    /// The name of the first entry: by it one is never taken for the other.
    pub fn head(self) -> &'static str {
        match self {
            Self::Site => "trackway-backup.json",
            Self::Project => "trackway-project.json",
        }
    }

    /// What people call it.
    pub fn noun(self) -> &'static str {
        match self {
            Self::Site => "backup",
            Self::Project => "export",
        }
    }
}

/// The first entry.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Head {
    pub format: u32,
    /// The version of the program.
    pub program: String,
    /// RFC 3339.
    pub made_at: String,
    pub site_schema: i64,
    pub project_schema: i64,
    /// Of the export of a project: how it is called.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub project: Option<Called>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Called {
    pub name: String,
    pub title: String,
}

impl Head {
    pub fn now() -> Self {
        Self {
            format: FORMAT,
            program: env!("CARGO_PKG_VERSION").to_owned(),
            made_at: Instant::now().iso(),
            site_schema: Schema::Site.version(),
            project_schema: Schema::Project.version(),
            project: None,
        }
    }
}

/// The last entry: what is missing from it does not belong there, and what is missing from the archive was lost.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Manifest {
    pub files: Vec<FileLine>,
    /// How many rows each table has, by the path of its database.
    pub counts: BTreeMap<String, BTreeMap<String, i64>>,
    /// Attached files that were not there to be copied.
    #[serde(default)]
    pub lost: usize,
    /// Ids and names of the projects.
    pub projects: BTreeMap<String, String>,
}

#[derive(Debug, Clone, Serialize, Deserialize, PartialEq, Eq)]
pub struct FileLine {
    pub path: String,
    pub size: u64,
    /// In lower-case hex.
    pub sha256: String,
}

impl Manifest {
    /// How many rows all databases have in one table.
    pub fn count(&self, table: &str) -> i64 {
        self.counts.values().filter_map(|tables| tables.get(table)).sum()
    }

    /// How many files were attached.
    pub fn blobs(&self) -> usize {
        self.files.iter().filter(|file| matches!(Entry::parse(&file.path), Some(Entry::Blob { .. }))).count()
    }

    pub fn bytes(&self) -> u64 {
        self.files.iter().map(|file| file.size).sum()
    }
}

/// An entry by its name: no other name is one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Entry {
    Head(Of),
    Manifest,
    SiteDb,
    ProjectDb { id: String },
    Blob { id: String, hash: String },
}

impl Entry {
    /// None for whatever is no name that a backup has.
    pub fn parse(name: &str) -> Option<Self> {
        let is_hex = |text: &str, length: usize| {
            text.len() == length && text.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
        };
        match name.split('/').collect::<Vec<_>>().as_slice() {
            [head] if [Of::Site.head(), Of::Project.head()].contains(head) => {
                Some(Self::Head(if *head == Of::Site.head() { Of::Site } else { Of::Project }))
            }
            [MANIFEST] => Some(Self::Manifest),
            [SITE] => Some(Self::SiteDb),
            ["projects", id, "project.db"] if is_hex(id, 32) => Some(Self::ProjectDb { id: (*id).to_owned() }),
            ["projects", id, "files", begin, hash]
                if is_hex(id, 32) && is_hex(hash, 64) && hash.starts_with(begin) && begin.len() == 2 =>
            {
                Some(Self::Blob { id: (*id).to_owned(), hash: (*hash).to_owned() })
            }
            _ => None,
        }
    }

    pub fn name(&self) -> String {
        match self {
            Self::Head(of) => of.head().to_owned(),
            Self::Manifest => MANIFEST.to_owned(),
            Self::SiteDb => SITE.to_owned(),
            Self::ProjectDb { id } => format!("projects/{id}/project.db"),
            Self::Blob { id, hash } => format!("projects/{id}/files/{}/{hash}", hash.get(..2).unwrap_or_default()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_that_a_backup_has_are_entries() {
        let (id, hash) = ("0".repeat(32), format!("ab{}", "1".repeat(62)));
        for name in [
            "trackway-backup.json".to_owned(),
            "trackway-project.json".to_owned(),
            "manifest.json".to_owned(),
            "site.db".to_owned(),
            format!("projects/{id}/project.db"),
            format!("projects/{id}/files/ab/{hash}"),
        ] {
            assert_eq!(Entry::parse(&name).expect(&name).name(), name);
        }
        for name in [
            "../site.db".to_owned(),
            "/site.db".to_owned(),
            "./site.db".to_owned(),
            "site.db/".to_owned(),
            "site.db-wal".to_owned(),
            "projects/../project.db".to_owned(),
            format!("projects/{id}/index/meta.json"),
            format!("projects/{id}/files/cd/{hash}"),
            format!("projects/{id}/files/ab/../../project.db"),
            format!("projects/{}/project.db", "G".repeat(32)),
            String::new(),
        ] {
            assert_eq!(Entry::parse(&name), None, "{name}");
        }
    }
}
