//! What a commit changes, as one short text that stays the same when it is cherry-picked or rebased: as `git patch-id`
//! does, it leaves out where the lines stand and all blanks.

use git2::{Delta, Diff, DiffDelta, DiffHunk, DiffLine, DiffOptions, Oid, Repository as Libgit, Tree};
use sha2::{Digest as _, Sha256};

use super::changed_paths::differ_in_at_most;
use crate::base::site::hex;

/// Larger files count by their content's id: a change of one is equal only if the whole file is.
const LARGEST_FILE: i64 = 1 << 20;
/// So do all files of a commit that changes more of them.
const MOST_FILES: usize = 1_000;

/// Of a commit that changes more files and folders only both states count.
const MOST_PATHS: usize = 100_000;

/// Empty for a merge and for what changes nothing: neither has a twin.
pub fn of(git: &Libgit, commit: Oid) -> Result<String, git2::Error> {
    let commit = git.find_commit(commit)?;
    if commit.parent_count() > 1 {
        return Ok(String::new());
    }
    // Of the oldest commit of a shallow clone nobody can tell what it changed.
    let parent = match commit.parent_count() {
        0 => None,
        _ => Some(commit.parent(0)?.tree()?),
    };
    let tree = commit.tree()?;
    if !differ_in_at_most(git, parent.as_ref().map(Tree::id), Some(tree.id()), MOST_PATHS) {
        let mut hash = Sha256::new();
        for side in [parent.as_ref().map(Tree::id), Some(tree.id())] {
            hash.update(side.map(|id| id.as_bytes().to_vec()).unwrap_or_default());
        }
        return Ok(hex(&hash.finalize()));
    }
    let mut options = DiffOptions::new();
    options.context_lines(3).interhunk_lines(0).max_size(LARGEST_FILE).ignore_submodules(false);
    let diff = git.diff_tree_to_tree(parent.as_ref(), Some(&tree), Some(&mut options))?;
    match diff.deltas().len() {
        0 => Ok(String::new()),
        1..=MOST_FILES => by_lines(&diff),
        _ => Ok(by_files(&diff)),
    }
}

fn by_files(diff: &Diff<'_>) -> String {
    let mut hash = Sha256::new();
    for delta in diff.deltas() {
        add_file(&mut hash, &delta);
        add_contents(&mut hash, &delta);
    }
    hex(&hash.finalize())
}

fn by_lines(diff: &Diff<'_>) -> Result<String, git2::Error> {
    let mut hash = Sha256::new();
    let mut line = |delta: DiffDelta<'_>, hunk: Option<DiffHunk<'_>>, line: DiffLine<'_>| {
        match line.origin() {
            'F' => add_file(&mut hash, &delta),
            'B' => add_contents(&mut hash, &delta),
            sign @ ('+' | '-' | ' ') if hunk.is_some() => {
                hash.update([sign as u8]);
                let dense: Vec<u8> =
                    line.content().iter().copied().filter(|byte| !byte.is_ascii_whitespace()).collect();
                hash.update(&dense);
                hash.update(b"\n");
            }
            _ => {}
        }
        true
    };
    diff.print(git2::DiffFormat::Patch, &mut line)?;
    Ok(hex(&hash.finalize()))
}

fn add_file(hash: &mut Sha256, delta: &DiffDelta<'_>) {
    for file in [delta.old_file(), delta.new_file()] {
        let path = file.path_bytes().unwrap_or_default();
        hash.update((path.len() as u64).to_le_bytes());
        hash.update(path);
        hash.update(u32::from(file.mode()).to_le_bytes());
    }
    hash.update([match delta.status() {
        Delta::Added => b'A',
        Delta::Deleted => b'D',
        _ => b'M',
    }]);
}

fn add_contents(hash: &mut Sha256, delta: &DiffDelta<'_>) {
    hash.update(delta.old_file().id().as_bytes());
    hash.update(delta.new_file().id().as_bytes());
}
