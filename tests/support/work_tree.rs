//! Git repositories of tests, made by the real `git`, without any settings of the machine.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use tempfile::TempDir;
use trackway::base::event::Via;
use trackway::base::project::Act;
use trackway::code::repository::Wish;
use trackway::code::{history, repository};

use super::TestSite;

/// A repository with a work tree, in a folder of its own that goes with it.
pub struct TestRepository {
    folder: TempDir,
    /// Seconds since 1970 of the next commit.
    clock: AtomicI64,
}

impl TestRepository {
    /// An empty one whose first branch is `main`.
    pub fn new() -> Self {
        let made = Self { folder: tempfile::tempdir().unwrap(), clock: AtomicI64::new(1_700_000_000) };
        made.git(["init", "-q", "-b", "main"]);
        made
    }

    pub fn path(&self) -> PathBuf {
        self.folder.path().to_owned()
    }

    /// Runs `git` in it and gives what it printed.
    #[track_caller]
    pub fn git<A: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = A>) -> String {
        String::from_utf8_lossy(&self.git_bytes(arguments)).into_owned()
    }

    /// The same, byte for byte.
    #[track_caller]
    pub fn git_bytes<A: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = A>) -> Vec<u8> {
        let now = self.clock.fetch_add(60, Ordering::Relaxed);
        let mut command = Command::new("git");
        command.arg("-C").arg(self.folder.path()).args(arguments);
        command.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1").env("HOME", self.folder.path());
        for who in ["AUTHOR", "COMMITTER"] {
            command.env(format!("GIT_{who}_NAME"), "Kim <b>Müller</b>");
            command.env(format!("GIT_{who}_EMAIL"), "kim@example.org");
            command.env(format!("GIT_{who}_DATE"), format!("{now} +0000"));
        }
        let output = command.output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{command:?}: {said}{}", String::from_utf8_lossy(&output.stdout));
        output.stdout
    }

    pub fn write(&self, path: impl AsRef<Path>, bytes: impl AsRef<[u8]>) -> &Self {
        let path = self.folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
        self
    }

    /// Commits whatever has changed, and gives the id.
    #[track_caller]
    pub fn commit(&self, message: &str) -> String {
        self.git(["add", "-A"]);
        self.git(["commit", "-q", "--allow-empty", "-m", message]);
        self.head()
    }

    pub fn head(&self) -> String {
        self.git(["rev-parse", "HEAD"]).trim().to_owned()
    }
}

impl TestSite {
    /// Connects a repository to `demo`, without syncing it.
    pub fn connect(&self, path: &Path, name: &str) {
        repository::connect(&self.demo(), Act::new(&self.operator(), Via::Command), path, name, &Wish::default())
            .unwrap();
    }

    /// Takes in what the commits of all repositories of `demo` changed.
    pub fn take_in_history(&self) {
        history::catch_up_all(&self.demo(), Duration::MAX).unwrap();
    }

    /// What `check` finds wrong in what was taken in.
    pub fn findings_of_history(&self) -> Vec<String> {
        let mut findings = Vec::new();
        history::check(&self.demo(), &mut findings).unwrap();
        findings
    }
}
