//! The file of a roster: lines of values between commas, semicolons or tabs, below a header that names its columns.

use csv::{ReaderBuilder, StringRecord, Trim};

use crate::base::error::{Error, Problem, Result};
use crate::base::text::lines_lf;

/// The largest roster in bytes.
pub const LARGEST: usize = 1024 * 1024;
pub const COLUMNS: [&str; 7] = ["project", "title", "login", "email", "full_name", "group", "role"];
/// Columns that a header can't be without.
const NEEDED: [&str; 2] = ["project", "login"];

/// One line: somebody, and the project that they work on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Line {
    /// Where it stands in the file, from 1.
    pub number: u64,
    pub project: String,
    pub title: String,
    pub login: String,
    pub email: String,
    pub full_name: String,
    /// The group of the site through which they take part; empty: by themselves.
    pub group: String,
    /// A permission, or `members`, which stands where nothing does.
    pub role: String,
}

impl Line {
    /// Something wrong with a column of it.
    pub fn problem(&self, column: &str, message: impl Into<String>) -> Problem {
        Problem::new(format!("line {}, {column}", self.number), message)
    }
}

/// Reads the lines of a roster in UTF-8, with or without a byte order mark; columns come in any order.
///
/// # Errors
/// All that is wrong with its form.
pub fn read(bytes: &[u8]) -> Result<Vec<Line>> {
    if bytes.len() > LARGEST {
        return Err(Error::invalid("roster", "A roster has at most 1 MiB."));
    }
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let line = bytes[..error.valid_up_to()].iter().filter(|byte| **byte == b'\n').count() + 1;
        Error::invalid(format!("line {line}"), "This is not UTF-8. Please save the file as “CSV UTF-8”.")
    })?;
    // The reader counts a line that ends in two characters at its first one.
    let text = lines_lf(text);
    let mut reader =
        ReaderBuilder::new().delimiter(separator(&text)).flexible(true).trim(Trim::All).from_reader(text.as_bytes());
    let header = reader.headers().map_err(unreadable)?.clone();
    let mut problems = header_problems(&header);
    if !problems.is_empty() {
        return Err(Error::Invalid(problems));
    }
    let mut lines = Vec::new();
    for record in reader.records() {
        let record = record.map_err(unreadable)?;
        let number = record.position().map_or(0, csv::Position::line);
        if record.iter().all(str::is_empty) {
            continue;
        }
        if record.len() != header.len() {
            let message = format!("This line has {} values instead of {}.", record.len(), header.len());
            problems.push(Problem::new(format!("line {number}"), message));
            continue;
        }
        lines.push(line(&header, &record, number));
    }
    if lines.is_empty() && problems.is_empty() {
        problems.push(Problem::new("roster", "There is no line below the header."));
    }
    if problems.is_empty() { Ok(lines) } else { Err(Error::Invalid(problems)) }
}

fn unreadable(error: csv::Error) -> Error {
    let line = error.position().map_or(0, csv::Position::line);
    Error::invalid(format!("line {line}"), format!("This can't be read: {error}."))
}

/// What stands between the values of the header.
fn separator(text: &str) -> u8 {
    let header = text.lines().next().unwrap_or_default();
    let count = |separator: char| header.matches(separator).count();
    match (count(','), count(';'), count('\t')) {
        (commas, semicolons, tabs) if semicolons > commas && semicolons >= tabs => b';',
        (commas, _, tabs) if tabs > commas => b'\t',
        _ => b',',
    }
}

fn header_problems(header: &StringRecord) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (at, name) in header.iter().enumerate() {
        let message = if !COLUMNS.contains(&name) {
            format!("There is no column “{name}”; known are {}.", COLUMNS.join(", "))
        } else if header.iter().take(at).any(|earlier| earlier == name) {
            format!("The column {name} stands there twice.")
        } else {
            continue;
        };
        problems.push(Problem::new("line 1", message));
    }
    for needed in NEEDED.iter().filter(|needed| !header.iter().any(|name| name == **needed)) {
        problems.push(Problem::new("line 1", format!("The column {needed} is missing.")));
    }
    problems
}

fn line(header: &StringRecord, record: &StringRecord, number: u64) -> Line {
    let value = |column: &str| {
        let at = header.iter().position(|name| name == column);
        at.and_then(|at| record.get(at)).unwrap_or_default().to_owned()
    };
    let role = value("role");
    Line {
        number,
        project: value("project"),
        title: value("title"),
        login: value("login"),
        email: value("email"),
        full_name: value("full_name"),
        group: value("group"),
        role: if role.is_empty() { crate::auth::permissions::MEMBERS.to_owned() } else { role },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(bytes: &[u8]) -> Vec<String> {
        match read(bytes) {
            Err(Error::Invalid(problems)) => {
                problems.iter().map(|problem| format!("{}: {}", problem.field, problem.message)).collect()
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn what_spreadsheets_write_is_read() {
        let expected = [("g1", "kim", "Kim; Lee", 2), ("g1", "lea", "Léa", 3)];
        for text in [
            "project,login,full_name\ng1,kim,Kim; Lee\ng1,lea,Léa\n",
            "\u{FEFF}project;full_name;login\r\ng1;\"Kim; Lee\";kim\r\n g1 ; Léa ;lea\r\n;;\r\n",
            "login\tproject\tfull_name\nkim\tg1\tKim; Lee\nlea\tg1\tLéa",
        ] {
            let lines = read(text.as_bytes()).unwrap_or_default();
            let found: Vec<(&str, &str, &str, u64)> = lines
                .iter()
                .map(|line| (line.project.as_str(), line.login.as_str(), line.full_name.as_str(), line.number))
                .collect();
            assert_eq!(found, expected, "{text}");
            assert!(lines.iter().all(|line| line.role == "members"));
        }
    }

    #[test]
    fn every_problem_is_named_with_its_line() {
        assert_eq!(
            problems(b"project,login,project,mail\n"),
            [
                "line 1: The column project stands there twice.",
                "line 1: There is no column “mail”; known are project, title, login, email, full_name, group, role.",
            ]
        );
        assert_eq!(problems(b"project\n"), ["line 1: The column login is missing."]);
        assert_eq!(problems(b"project,login\n"), ["roster: There is no line below the header."]);
        assert_eq!(
            problems(b"project,login\na,b\na\na,b,c\n"),
            ["line 3: This line has 1 values instead of 2.", "line 4: This line has 3 values instead of 2."]
        );
        assert_eq!(
            problems(b"project,login\na,M\xFCller\n"),
            ["line 2: This is not UTF-8. Please save the file as “CSV UTF-8”."]
        );
    }
}
