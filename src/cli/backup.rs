//! `trackway backup` and `trackway restore`.

use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use super::output::print;
use super::{Format, Shell, actor};
use crate::base::error::{Error, Result};
use crate::base::event::Via;
use crate::base::time::Instant;
use crate::upkeep::backup::{self, Manifest, Passphrase, Verified, schedule};
use crate::web::page::file_size;

/// Write a copy of the whole site into a new file, while it is served
#[derive(Debug, Args)]
pub struct Backup {
    file: PathBuf,
    /// Encrypt it (with age) by the passphrase in the first line of this file; or set TRACKWAY_BACKUP_PASSPHRASE
    #[arg(long, value_name = "PATH")]
    passphrase_file: Option<PathBuf>,
    /// Then restore it into a folder of its own, look at it as `check` does, and remove that folder again
    #[arg(long)]
    drill: bool,
}

/// Make the site of a backup in an empty data folder
#[derive(Debug, Args)]
pub struct Restore {
    file: PathBuf,
    /// Only read the backup and say what is in it; nothing is written anywhere
    #[arg(long)]
    verify: bool,
    #[arg(long, value_name = "PATH")]
    passphrase_file: Option<PathBuf>,
}

pub fn backup(shell: &Shell, asked: &Backup) -> Result<()> {
    let site = shell.site()?;
    let principal = shell.administrator(&site)?;
    let passphrase = Passphrase::find(asked.passphrase_file.as_deref())?;
    let begun = Instant::now();
    let made = backup::make(&site, &asked.file, passphrase.as_ref())?;
    schedule::note(&site, begun, false, Ok(&made), Via::Command, actor(&principal))?;
    print(&format!("{}, {}: {}\n", made.file.display(), file_size(made.bytes as i64), summary(&made.manifest)))?;
    if !asked.drill {
        return Ok(());
    }
    let found = backup::drill(&site, &made.file, passphrase.as_ref())?;
    if found.is_empty() { print("It was tried out and can be restored.\n") } else { Err(Error::conflict(found)) }
}

pub fn restore(shell: &Shell, asked: &Restore) -> Result<()> {
    shell.refuse_as("restore")?;
    let passphrase = Passphrase::find(asked.passphrase_file.as_deref())?;
    if asked.verify {
        let verified = backup::verify(&asked.file, passphrase.as_ref())?;
        return if shell.format == Format::Json { as_json(&verified) } else { as_text(&verified) };
    }
    let verified = backup::restore(&asked.file, &shell.data, passphrase.as_ref())?;
    backup::note(&shell.data, &asked.file, &verified)?;
    print(&format!(
        "Restored into {}, as of {}: {}\n",
        shell.data.display(),
        verified.head.made_at,
        summary(&verified.manifest)
    ))
}

fn summary(manifest: &Manifest) -> String {
    let plural = |count: i64, one: &str| if count == 1 { format!("1 {one}") } else { format!("{count} {one}s") };
    let parts = [
        plural(manifest.projects.len() as i64, "project"),
        plural(manifest.count("account"), "account"),
        plural(manifest.count("page"), "page"),
        plural(manifest.count("ticket"), "ticket"),
        plural(manifest.blobs() as i64, "attached file"),
    ];
    let lost =
        if manifest.lost > 0 { format!("; {} attached files could not be read", manifest.lost) } else { String::new() };
    parts.join(", ") + &lost
}

fn as_text(verified: &Verified) -> Result<()> {
    let Verified { head, manifest, bytes } = verified;
    let mut text = format!(
        "The backup is whole. Made at {} by Trackway {}, {}; unpacked {}\n{}\n",
        head.made_at,
        head.program,
        file_size(*bytes as i64),
        file_size(manifest.bytes() as i64),
        summary(manifest)
    );
    for file in &manifest.files {
        text.push_str(&format!("{}  {}  {}\n", file.sha256, file.size, file.path));
    }
    print(&text)
}

fn as_json(verified: &Verified) -> Result<()> {
    let Verified { head, manifest, bytes } = verified;
    let value = json!({
        "made_at": head.made_at, "program": head.program, "site_schema": head.site_schema,
        "project_schema": head.project_schema, "bytes": bytes, "unpacked": manifest.bytes(), "lost": manifest.lost,
        "projects": manifest.projects, "counts": manifest.counts, "files": manifest.files,
    });
    print(&(serde_json::to_string_pretty(&value)? + "\n"))
}
