//! What SQL is taught about text, on every connection: SQLite itself knows no letters but those of ASCII.
//!
//! * `folded(text)`: the form in which names are one name, for putting them in order;
//! * `text_holds(text, folded, …)`, `text_begins(text, folded, …)`, `text_ends(text, folded, …)`: whether a text has one of
//!   the others in it, whatever their case. Those are folded already; up to a hundred of them are looked for at once.

use rusqlite::Connection;
use rusqlite::functions::{Context, FunctionFlags};

use super::error::Result;
use super::text::fold;

pub(super) fn register(db: &Connection) -> Result<()> {
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC;
    db.create_scalar_function("folded", 1, flags, |context| text(context, 0).map(|text| text.map(|text| fold(&text))))?;
    type Compare = fn(&str, &str) -> bool;
    let compares: [(&str, Compare); 3] = [
        ("text_holds", |text, part| memchr::memmem::find(text.as_bytes(), part.as_bytes()).is_some()),
        ("text_begins", |text, part| text.starts_with(part)),
        ("text_ends", |text, part| text.ends_with(part)),
    ];
    for (name, compare) in compares {
        db.create_scalar_function(name, -1, flags, move |context| {
            let Some(folded) = text(context, 0)?.map(|text| fold(&text)) else { return Ok(None) };
            for at in 1..context.len() {
                if text(context, at)?.is_some_and(|part| compare(&folded, &part)) {
                    return Ok(Some(true));
                }
            }
            Ok(Some(false))
        })?;
    }
    Ok(())
}

/// An argument as text; none for NULL and for what is no text.
fn text<'a>(context: &'a Context<'_>, at: usize) -> rusqlite::Result<Option<std::borrow::Cow<'a, str>>> {
    match context.get_raw(at) {
        rusqlite::types::ValueRef::Text(bytes) => Ok(Some(String::from_utf8_lossy(bytes))),
        _ => Ok(None),
    }
}
