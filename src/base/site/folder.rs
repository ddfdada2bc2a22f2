//! The data folder itself: whose it is, who holds it, what it lies on.

use std::fs::{self, File};
use std::path::Path;

use crate::base::error::{Error, Result};

/// Makes the folder for its owner alone, and invisible to git.
pub(super) fn prepare_folder(dir: &Path) -> Result<()> {
    use std::os::unix::fs::PermissionsExt;
    fs::create_dir_all(dir.join("projects")).map_err(|error| {
        Error::told(format!("the data folder {} can't be made: {error}", dir.display()), error.to_string())
    })?;
    fs::set_permissions(dir, fs::Permissions::from_mode(0o700))?;
    fs::write(dir.join(".gitignore"), "*\n")?;
    Ok(())
}

pub(super) fn lock_file(dir: &Path) -> Result<File> {
    File::options().create(true).truncate(false).write(true).open(dir.join("site.lock")).map_err(|error| {
        Error::told(format!("the data folder {} can't be written to: {error}", dir.display()), error.to_string())
    })
}

pub(super) fn lock_shared(dir: &Path) -> Result<File> {
    let lock = lock_file(dir)?;
    if lock.try_lock_shared().is_err() {
        return Err(Error::conflict("the data folder is being upgraded; please try again in a moment"));
    }
    Ok(lock)
}

/// What kind of network file system a folder lies on, if any: SQLite's locks can't be trusted there.
pub fn network_file_system(dir: &Path) -> Option<String> {
    let dir = dir.canonicalize().ok()?;
    let mounts = fs::read_to_string("/proc/mounts").ok()?;
    mounts
        .lines()
        .filter_map(|line| {
            let mut fields = line.split(' ');
            let (_, place, kind) = (fields.next()?, fields.next()?, fields.next()?);
            dir.starts_with(place).then_some((place.len(), kind.to_owned()))
        })
        .max_by_key(|(length, _)| *length)
        .map(|(_, kind)| kind)
        .filter(|kind| {
            ["nfs", "nfs4", "cifs", "smb3", "smbfs", "fuse.sshfs", "9p", "afs", "ceph"].contains(&kind.as_str())
        })
}
