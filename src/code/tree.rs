//! What lies where in a commit: paths, folders and their entries. Names in git are bytes, so they are bytes here.

use git2::{ErrorCode, Oid, Repository, Tree};

pub use super::file_path::shown;
use crate::base::error::{Error, Result};
use crate::web::address;

/// The names of a path from the outermost folder on; the outermost folder itself is empty.
pub type Segments = Vec<Vec<u8>>;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Folder,
    File,
    Executable,
    Symlink,
    /// Another repository, of which a commit is named.
    Submodule,
}

impl Kind {
    /// By the mode that git has of it.
    pub fn of(mode: i32) -> Self {
        match mode & 0o170_000 {
            0o040_000 => Self::Folder,
            0o120_000 => Self::Symlink,
            0o160_000 => Self::Submodule,
            _ if mode & 0o111 != 0 => Self::Executable,
            _ => Self::File,
        }
    }

    /// As JSON names it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Folder => "folder",
            Self::File | Self::Executable => "file",
            Self::Symlink => "symlink",
            Self::Submodule => "submodule",
        }
    }

    pub fn is_file(self) -> bool {
        matches!(self, Self::File | Self::Executable)
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    pub name: Vec<u8>,
    pub id: Oid,
    pub mode: i32,
}

impl Entry {
    pub fn kind(&self) -> Kind {
        Kind::of(self.mode)
    }
}

/// The path that a raw address names: slashes part it, empty parts are none.
pub fn segments(raw: &str) -> Segments {
    let bytes: Vec<u8> = percent_encoding::percent_decode_str(raw).collect();
    bytes.split(|byte| *byte == b'/').filter(|name| !name.is_empty()).map(<[u8]>::to_vec).collect()
}

/// As it stands in an address: with a slash before each part.
pub fn href(path: &[Vec<u8>]) -> String {
    path.iter().fold(String::new(), |mut href, name| {
        href.push('/');
        href.push_str(&address::bytes(name));
        href
    })
}

pub fn shown_path(path: &[Vec<u8>]) -> String {
    path.iter().map(|name| shown(name)).collect::<Vec<_>>().join("/")
}

/// What lies at a path below a tree; none if nothing does. The outermost folder is the tree itself.
pub fn find(git: &Repository, tree: Oid, path: &[Vec<u8>]) -> Result<Option<Entry>> {
    let mut found = Entry { name: Vec::new(), id: tree, mode: 0o040_000 };
    for name in path {
        if found.kind() != Kind::Folder || name.contains(&0) {
            return Ok(None);
        }
        let folder = git.find_tree(found.id).map_err(|error| unreadable(&error))?;
        let Some(entry) = folder.get_name_bytes(name) else { return Ok(None) };
        found = Entry { name: name.clone(), id: entry.id(), mode: entry.filemode_raw() };
    }
    Ok(Some(found))
}

/// What a folder holds, in git's order.
pub fn entries(tree: &Tree<'_>) -> Vec<Entry> {
    tree.iter()
        .map(|entry| Entry { name: entry.name_bytes().to_vec(), id: entry.id(), mode: entry.filemode_raw() })
        .collect()
}

/// The tree of a commit.
pub fn root(git: &Repository, commit: Oid) -> Result<Oid> {
    Ok(git.find_commit(commit).map_err(|error| unreadable(&error))?.tree_id())
}

/// How many bytes a file has, without reading it.
pub fn size(git: &Repository, blob: Oid) -> Result<u64> {
    let header = git.odb().and_then(|odb| odb.read_header(blob)).map_err(|error| unreadable(&error))?;
    Ok(header.0 as u64)
}

/// For readers of the page: what could not be read, without a path of the machine.
pub fn unreadable(error: &git2::Error) -> Error {
    log::warn!("git: {error}");
    Error::conflict(match error.code() {
        ErrorCode::NotFound => {
            "A part of this repository is missing: it was copied without its whole history, or it is damaged."
        }
        _ => "A part of this repository can't be read: it may be damaged.",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_finds_its_way_into_an_address_and_back() {
        for name in
            [&b"plain.rs"[..], b"-rf", b"a b", b"\xff\xfe", b"\x01", b"50%.txt", b"#1?", "\u{202e}gpj".as_bytes()]
        {
            let path = vec![b"src".to_vec(), name.to_vec()];
            assert_eq!(segments(&href(&path)), path);
        }
        assert_eq!(segments("/a//b/"), segments("a/b"));
    }
}
