//! What pages say of themselves, in tables: titles, tags, and other names that lead to them.

use rusqlite::{Connection, named_params};

use super::name::PageName;
use super::store::{self, PageRow};
use super::template;
use crate::base::error::{Error, Problem, Result};
use crate::base::markup::Front;
use crate::base::viewer::Viewer;

/// Keeps what the newest text of a page says of itself. `Invalid` by the line of what can't be.
pub fn keep(db: &Connection, viewer: &Viewer, page: i64, folded: &str, front: &Front) -> Result<()> {
    let of_template = Front { title: front.title.clone(), problems: front.problems.clone(), ..Front::default() };
    // What a template says of tags and aliases is meant for the pages that begin from it.
    let front = if template::is_template(folded) { &of_template } else { front };
    let (aliases, problems) = checked(db, viewer, page, front)?;
    if !problems.is_empty() {
        return Err(Error::Invalid(problems));
    }
    let title = front.title.as_deref().unwrap_or_default();
    db.prepare_cached("update page set title = ?2 where id = ?1 and title <> ?2")?.execute((page, title))?;
    db.prepare_cached("delete from page_tag where page = ?1")?.execute([page])?;
    for tag in &front.tags {
        db.prepare_cached("insert or ignore into page_tag (tag, page) values (?1, ?2)")?.execute((tag, page))?;
    }
    db.prepare_cached("delete from page_former_name where page = ?1 and is_alias = 1")?.execute([page])?;
    for name in aliases {
        db.prepare_cached(
            "insert into page_former_name (folded, name, page, is_alias) values (?1, ?2, ?3, 1)
             on conflict (folded) do update set name = excluded.name, page = excluded.page, is_alias = 1
               where page <> excluded.page",
        )?
        .execute((name.folded(), name.as_str(), page))?;
    }
    Ok(())
}

/// The other names that a page (0: one that is not there yet) asks for, and everything that is wrong.
pub fn checked(db: &Connection, viewer: &Viewer, page: i64, front: &Front) -> Result<(Vec<PageName>, Vec<Problem>)> {
    let mut problems: Vec<Problem> = front.problems.iter().map(|(line, why)| problem(*line, why)).collect();
    let names = aliases(db, viewer, page, front, &mut problems)?;
    Ok((names, problems))
}

/// Those names; those that can't be had are problems.
fn aliases(
    db: &Connection,
    viewer: &Viewer,
    page: i64,
    front: &Front,
    problems: &mut Vec<Problem>,
) -> Result<Vec<PageName>> {
    let mut names = Vec::new();
    for (line, written) in &front.aliases {
        let name = match PageName::parse(written, "text") {
            Ok(name) => name,
            Err(Error::Invalid(found)) => {
                problems.extend(found.iter().map(|found| problem(*line, &found.message)));
                continue;
            }
            Err(other) => return Err(other),
        };
        let hidden = !viewer.sees_class(store::class_of(db, name.folded())?);
        let other = store::find_unseen(db, name.folded())?.map(|other| other.id);
        let leads_to = match other {
            Some(other) => Some(other),
            None => store::leads_to(db, name.folded())?,
        };
        if hidden {
            problems.push(problem(*line, &format!("“{}” can't be taken by you.", name.as_str())));
        } else if leads_to.is_some_and(|other| other != page) {
            problems.push(problem(*line, &format!("“{}” leads to another page already.", name.as_str())));
        } else if other.is_none() {
            names.push(name);
        }
    }
    Ok(names)
}

fn problem(line: usize, message: &str) -> Problem {
    Problem::new("text", format!("Line {line}: {message}"))
}

/// Every tag of pages that this viewer sees, with how many there are.
pub fn tags(db: &Connection, viewer: &Viewer, limit: usize, offset: usize) -> Result<Vec<(String, i64)>> {
    let sql = format!(
        "select tag, count(*) from page_tag join page on page.id = page_tag.page
         where deleted_at is null and {} group by tag order by tag limit :limit offset :offset",
        viewer.class_sql("page")
    );
    let mut statement = db.prepare_cached(&sql)?;
    let rows = statement.query_map(named_params! { ":limit": limit as i64, ":offset": offset as i64 }, |row| {
        Ok((row.get(0)?, row.get(1)?))
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

pub fn count_tags(db: &Connection, viewer: &Viewer) -> Result<usize> {
    let sql = format!(
        "select count(distinct tag) from page_tag join page on page.id = page_tag.page where deleted_at is null and {}",
        viewer.class_sql("page")
    );
    Ok(db.prepare_cached(&sql)?.query_row([], |row| row.get::<_, i64>(0))? as usize)
}

/// The ids of the pages with a folded tag that this viewer sees, by name.
fn ids(db: &Connection, viewer: &Viewer, tag: &str, limit: usize, offset: usize) -> Result<Vec<i64>> {
    let sql = format!(
        "select page.id from page_tag join page on page.id = page_tag.page
         where tag = :tag and deleted_at is null and {} order by folded limit :limit offset :offset",
        viewer.class_sql("page")
    );
    let mut statement = db.prepare_cached(&sql)?;
    let parameters = named_params! { ":tag": tag, ":limit": limit as i64, ":offset": offset as i64 };
    Ok(statement.query_map(parameters, |row| row.get(0))?.collect::<rusqlite::Result<_>>()?)
}

pub fn tagged(db: &Connection, viewer: &Viewer, tag: &str, limit: usize, offset: usize) -> Result<Vec<PageRow>> {
    let mut pages = store::by_ids(db, viewer, &ids(db, viewer, tag, limit, offset)?)?;
    pages.sort_by(|one, other| one.folded.cmp(&other.folded));
    Ok(pages)
}

pub fn count_tagged(db: &Connection, viewer: &Viewer, tag: &str) -> Result<usize> {
    let sql = format!(
        "select count(*) from page_tag join page on page.id = page_tag.page where tag = ?1 and deleted_at is null and {}",
        viewer.class_sql("page")
    );
    Ok(db.prepare_cached(&sql)?.query_row([tag], |row| row.get::<_, i64>(0))? as usize)
}

/// The tags of one page.
pub fn of_page(db: &Connection, page: i64) -> Result<Vec<String>> {
    let mut statement = db.prepare_cached("select tag from page_tag where page = ?1 order by tag")?;
    Ok(statement.query_map([page], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?)
}
