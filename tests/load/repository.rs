//! A git repository with a history: files in folders, changes by all who work on the project, merges and tags.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::generate::END;
use crate::size::{PEOPLE, Size};
use crate::texts::{self, Random};

/// Files for every hundred commits.
const FILES_PER_HUNDRED: u64 = 15;
const FOLDERS: [&str; 6] = ["src", "src/core", "src/view", "docs", "tests", "tools/build"];

/// Makes a bare repository in that folder.
pub fn make(size: &Size, folder: &Path) {
    git(folder, &["init", "--quiet", "--bare", "--initial-branch=main", "."]);
    let mut import =
        Command::new("git").args(["fast-import", "--quiet"]).current_dir(folder).stdin(Stdio::piped()).spawn().unwrap();
    let mut input = std::io::BufWriter::new(import.stdin.take().unwrap());
    write(size, &mut input).unwrap();
    drop(input);
    assert!(import.wait().unwrap().success());
}

fn git(folder: &Path, arguments: &[&str]) {
    std::fs::create_dir_all(folder).unwrap();
    assert!(Command::new("git").args(arguments).current_dir(folder).status().unwrap().success());
}

fn write(size: &Size, input: &mut impl Write) -> std::io::Result<()> {
    let files = (size.commits * FILES_PER_HUNDRED / 100).max(10);
    let begun = END - 3 * 365 * 86_400;
    let pace = (END - begun) / size.commits as i64;
    let mut versions = vec![0; files as usize];
    // The commit from which a side branch goes, to be merged some commits later.
    let mut side: Option<(u64, u64)> = None;
    for commit in 1..=size.commits {
        let random = &mut Random::new(&[30, commit]);
        let (login, name) = PEOPLE[random.below(PEOPLE.len() as u64) as usize];
        let when = begun + pace * commit as i64;
        let message = texts::commit_message(size, commit);
        let merges = side.filter(|(_, at)| *at == commit);
        let branch = if side.is_some_and(|(_, at)| commit < at && commit % 2 == 0) { "side" } else { "main" };
        writeln!(input, "commit refs/heads/{branch}\nmark :{commit}")?;
        writeln!(input, "author {name} <{login}@example.org> {when} +0100")?;
        writeln!(input, "committer {name} <{login}@example.org> {when} +0100")?;
        writeln!(input, "data {}\n{message}", message.len())?;
        if merges.is_some() {
            writeln!(input, "merge refs/heads/side")?;
            side = None;
        } else if commit == 1 {
            file(input, "README.md", &texts::page(size, 0, 1))?;
        }
        for _ in 0..1 + random.below(3) {
            // The files of a side branch are those that the main one leaves alone.
            let number = random.below(files / 2) * 2 + u64::from(branch == "side");
            let version = &mut versions[number as usize];
            *version += 1;
            file(input, &path(number), &texts::source(number, *version))?;
        }
        if commit % 100 == 50 {
            writeln!(input, "reset refs/heads/side\nfrom :{commit}\n")?;
            side = Some((commit, commit + 21));
        }
        if commit % 1_000 == 0 {
            writeln!(input, "tag v0.{}\nfrom :{commit}", commit / 1_000)?;
            writeln!(input, "tagger {name} <{login}@example.org> {when} +0100\ndata 8\nRelease.")?;
        }
    }
    Ok(())
}

fn file(input: &mut impl Write, path: &str, text: &str) -> std::io::Result<()> {
    writeln!(input, "M 100644 inline {path}\ndata {}\n{text}", text.len())
}

fn path(number: u64) -> String {
    let random = &mut Random::new(&[31, number]);
    let folder = FOLDERS[(number % FOLDERS.len() as u64) as usize];
    format!("{folder}/{}_{number}.rs", texts::word(random))
}
