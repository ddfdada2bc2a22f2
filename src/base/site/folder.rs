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

/// The folder in which a backup is unpacked. As long as it is there and `site.db` is not, a restore has broken off.
pub const RESTORING: &str = "restoring";

/// Takes a data folder for a restore, alone: one that is not there yet, that is empty, or in which a restore broke off.
pub fn claim_empty(dir: &Path) -> Result<File> {
    if dir.exists() {
        let mut names = Vec::new();
        for entry in fs::read_dir(dir)? {
            names.push(entry?.file_name().to_string_lossy().into_owned());
        }
        let has = |name: &str| names.iter().any(|known| known == name);
        let broke_off = has(RESTORING) && !has("site.db");
        let is_ours = |name: &String| [".gitignore", "site.lock", "lost+found"].contains(&name.as_str());
        let is_left = |name: &String| broke_off && [RESTORING, "projects"].contains(&name.as_str());
        if let Some(other) = names.iter().find(|name| !is_ours(name) && !is_left(name)) {
            return Err(Error::conflict(format!(
                "{} is not empty, there is {other}; a backup is restored into an empty data folder (--data DIR)",
                dir.display()
            )));
        }
    }
    prepare_folder(dir)?;
    let lock = lock_file(dir)?;
    if lock.try_lock().is_err() {
        return Err(Error::conflict(format!("another Trackway process is using {}", dir.display())));
    }
    for left in [RESTORING, "projects"] {
        let left = dir.join(left);
        if left.exists() {
            fs::remove_dir_all(left)?;
        }
    }
    Ok(lock)
}

/// Refuses a folder in which a restore broke off: what is there is no site, and must not be taken for one.
pub(super) fn refuse_broken_off(dir: &Path) -> Result<()> {
    if dir.join(RESTORING).exists() && !dir.join("site.db").exists() {
        return Err(Error::conflict(format!(
            "a restore into {} broke off; run `trackway restore FILE` again, or empty the folder",
            dir.display()
        )));
    }
    Ok(())
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
