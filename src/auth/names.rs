//! What accounts may be called, and how their addresses are written.

use rusqlite::{Connection, OptionalExtension};

use super::{accounts, groups, persons};
use crate::base::error::{Problem, Result};
use crate::base::text::fold;

/// Names that stand for somebody else.
const RESERVED: &[&str] =
    &["anonymous", "authenticated", "members", "operator", "me", "none", "any", "nobody", "everybody"];

/// Names are 1 to 64 characters without blanks, and differ by more than case.
pub fn login_problems(db: &Connection, login: &str) -> Result<Vec<Problem>> {
    login_problems_but(db, login, None)
}

/// The same for an account that has a name: its own former ones are free for it.
pub(super) fn login_problems_but(db: &Connection, login: &str, but: Option<i64>) -> Result<Vec<Problem>> {
    let mut problems = Vec::new();
    let length = login.chars().count();
    let allowed = |character: char| character.is_alphanumeric() || "._-+@".contains(character);
    if length == 0 {
        problems.push(Problem::new("user", "A user name is needed."));
    } else if length > 64 {
        problems.push(Problem::new("user", "A user name has at most 64 characters."));
    } else if !login.chars().all(allowed) || !login.chars().next().is_some_and(char::is_alphanumeric) {
        problems.push(Problem::new(
            "user",
            "A user name begins with a letter or digit and holds letters, digits and . _ - + @ only.",
        ));
    } else if RESERVED.contains(&fold(login).as_str()) || fold(login).starts_with(persons::FORMER) {
        problems.push(Problem::new("user", format!("“{login}” has a meaning of its own and can't be a user name.")));
    } else if accounts::by_login(db, login)?.is_some_and(|account| Some(account.id) != but) {
        problems.push(Problem::new("user", format!("There is an account “{login}” already.")));
    } else if formerly(db, login)?.is_some_and(|account| Some(account) != but) {
        problems.push(Problem::new("user", format!("“{login}” was somebody's name and still leads to them.")));
    } else if groups::find(db, login)?.is_some() {
        problems.push(Problem::new("user", format!("There is a group “{login}”; an account needs another name.")));
    }
    Ok(problems)
}

/// Names that an account once had, in lower case.
pub(super) fn former_logins(db: &Connection, account: i64) -> Result<Vec<String>> {
    let mut statement = db.prepare_cached("select login_folded from account_former_login where account = ?1")?;
    Ok(statement.query_map([account], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?)
}

/// What of a name that somebody else gives can be a full name.
pub fn fitting_name(name: &str) -> String {
    name.chars().filter(|character| !character.is_control()).take(200).collect::<String>().trim().to_owned()
}

/// The account that once had that name.
fn formerly(db: &Connection, login: &str) -> Result<Option<i64>> {
    Ok(db
        .prepare_cached("select account from account_former_login where login_folded = ?1")?
        .query_row([fold(login)], |row| row.get(0))
        .optional()?)
}

/// Why that can't be a full name; none: it can.
pub fn name_problem(name: &str) -> Option<Problem> {
    let bad = name.chars().any(char::is_control) || name.chars().count() > 200;
    bad.then(|| Problem::new("full_name", "A full name is one line of at most 200 characters."))
}

/// Why that can't be an address; none: it can, and so can an empty one.
pub fn email_problem(email: &str) -> Option<Problem> {
    let email = email.trim();
    if email.is_empty() {
        return None;
    }
    let well_formed = email.len() <= 254
        && !email.chars().any(|character| character.is_whitespace() || character.is_control())
        && email
            .split_once('@')
            .is_some_and(|(local, host)| !local.is_empty() && !host.is_empty() && !host.contains('@'));
    (!well_formed).then(|| Problem::new("email", format!("“{email}” is not an e-mail address.")))
}
