//! How pages at a glance are arranged.

use rusqlite::{Connection, OptionalExtension};

use super::kinds::{self, Boxed, Kind, Side};
use crate::base::error::Result;

/// Stands for everybody who has arranged nothing.
pub const EVERYBODY: &str = "";

/// The boxes of an account, else those that everybody gets, else the shipped ones.
pub fn boxes(db: &Connection, account: &str) -> Result<Vec<Boxed>> {
    for account in [account, EVERYBODY] {
        let boxes = own_boxes(db, account)?;
        if !boxes.is_empty() {
            return Ok(boxes);
        }
    }
    Ok(kinds::shipped())
}

/// What this account has arranged itself; empty if that is nothing.
pub fn own_boxes(db: &Connection, account: &str) -> Result<Vec<Boxed>> {
    let mut statement =
        db.prepare_cached("select kind, side, title, content from home_box where account = ?1 order by place")?;
    let mut rows = statement.query([account])?;
    let mut boxes = Vec::new();
    while let Some(row) = rows.next()? {
        // A kind that a newer version knew is passed over.
        let Some(kind) = Kind::named(row.get_ref(0)?.as_str().unwrap_or_default()) else { continue };
        let side = Side::named(row.get_ref(1)?.as_str().unwrap_or_default()).unwrap_or(Side::Main);
        boxes.push(Boxed { kind, side, title: row.get(2)?, content: row.get(3)? });
    }
    Ok(boxes)
}

/// Puts these boxes in the place of all that the account had; none: what everybody gets.
pub fn save_boxes(db: &Connection, account: &str, boxes: &[Boxed]) -> Result<()> {
    db.prepare_cached("delete from home_box where account = ?1")?.execute([account])?;
    let mut insert = db.prepare_cached(
        "insert into home_box (account, place, side, kind, title, content) values (?1, ?2, ?3, ?4, ?5, ?6)",
    )?;
    for (one, place) in boxes.iter().zip(1_i64..) {
        insert.execute((account, place, one.side.name(), one.kind.about().name, &one.title, &one.content))?;
    }
    Ok(())
}

/// Minutes after which the page comes anew; 0: never.
pub fn refresh(db: &Connection, account: &str) -> Result<i64> {
    Ok(db
        .prepare_cached("select minutes from home_refresh where account = ?1")?
        .query_row([account], |row| row.get(0))
        .optional()?
        .unwrap_or(0))
}

pub fn save_refresh(db: &Connection, account: &str, minutes: i64) -> Result<()> {
    if minutes == 0 {
        db.prepare_cached("delete from home_refresh where account = ?1")?.execute([account])?;
        return Ok(());
    }
    db.prepare_cached(
        "insert into home_refresh (account, minutes) values (?1, ?2) on conflict (account) do update set minutes = ?2",
    )?
    .execute((account, minutes))?;
    Ok(())
}
