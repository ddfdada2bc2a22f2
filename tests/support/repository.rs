//! Git repositories as people make them: by git itself.

use std::path::{Path, PathBuf};
use std::process::Command;

/// A folder that git works in.
#[derive(Debug, Clone)]
pub struct Repository {
    pub folder: PathBuf,
    author: String,
    email: String,
}

impl Repository {
    /// A new one with a working folder and the branch `main`.
    pub fn new(folder: &Path) -> Self {
        Self::init(folder, &["init", "-q", "-b", "main"])
    }

    /// A bare one, as servers have it.
    pub fn bare(folder: &Path) -> Self {
        Self::init(folder, &["init", "-q", "--bare", "-b", "main"])
    }

    fn init(folder: &Path, arguments: &[&str]) -> Self {
        std::fs::create_dir_all(folder).unwrap();
        let made = Self { folder: folder.to_owned(), author: "Kim".to_owned(), email: "kim@example.org".to_owned() };
        made.git(arguments);
        made
    }

    /// The same folder, used by somebody else.
    pub fn of(&self, author: &str) -> Self {
        Self { folder: self.folder.clone(), author: author.to_owned(), email: format!("{author}@example.org") }
    }

    /// Runs git and gives what it prints.
    #[track_caller]
    pub fn git(&self, arguments: &[&str]) -> String {
        let output = self.command().args(arguments).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "git {arguments:?} in {}: {said}", self.folder.display());
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }

    /// Git that knows nothing of whoever runs the tests.
    pub fn command(&self) -> Command {
        let mut command = Command::new("git");
        command.current_dir(&self.folder).env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1");
        for who in ["AUTHOR", "COMMITTER"] {
            command.env(format!("GIT_{who}_NAME"), &self.author).env(format!("GIT_{who}_EMAIL"), &self.email);
        }
        command
    }

    /// Writes a file and commits it. Returns the new commit's id.
    #[track_caller]
    pub fn commit_file(&self, path: &str, text: impl AsRef<[u8]>, message: &str) -> String {
        let file = self.folder.join(path);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, text).unwrap();
        self.git(&["add", "-A"]);
        self.git(&["commit", "-q", "-m", message]);
        self.head()
    }

    /// A commit that changes nothing.
    #[track_caller]
    pub fn commit(&self, message: &str) -> String {
        self.git(&["commit", "-q", "--allow-empty", "-m", message]);
        self.head()
    }

    #[track_caller]
    pub fn head(&self) -> String {
        self.git(&["rev-parse", "HEAD"])
    }
}
