//! The link table: what every text refers to (DESIGN 1.8). Saving a text replaces its rows; backlinks, orphans and wanted
//! pages are read from them.

use std::cmp::Reverse;

use rusqlite::{Connection, named_params};

use super::component::{Component, Components};
use super::error::Result;
use super::markup::{Compiled, Here, LinkTarget, Role, Vocabulary, outgoing};
use super::resource::Resource;
use super::viewer::Viewer;

/// The outgoing references of one text.
pub type Links = Vec<(LinkTarget, Role)>;

/// What a text at that place refers to.
pub fn of(compiled: &Compiled, vocabulary: &Vocabulary, here: &Here) -> Links {
    outgoing(compiled, vocabulary, Some(here))
}

/// Puts these references in place of those that a part of a resource had: the part `` is its main text, `comment:3` a
/// comment.
pub fn replace(db: &Connection, source: &Resource, part: &str, acl: i64, links: &Links) -> Result<()> {
    db.prepare_cached("delete from link where source_kind = ?1 and source_id = ?2 and part = ?3")?
        .execute((&source.kind, source.id, part))?;
    let mut insert = db.prepare_cached(
        "insert or ignore into link (source_kind, source_id, part, target_kind, target, role, acl, nearer, wished)
         values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
    )?;
    for (target, role) in links {
        let nearer = serde_json::to_string(&target.nearer)?;
        let row = (&source.kind, source.id, part, target.kind, &target.key, role.name(), acl, nearer, target.wished);
        insert.execute(row)?;
    }
    Ok(())
}

/// Who refers to any of these keys of a kind, as far as this viewer may see them. Here and below the index of targets is
/// named: for the sake of the order SQLite would go through the links of all sources.
pub fn sources(
    db: &Connection,
    components: Components,
    viewer: &Viewer,
    target: (&str, &[String]),
    limit: usize,
    offset: usize,
) -> Result<Vec<Resource>> {
    let Some((from, keys)) = from_links(components, viewer, target.1)? else {
        return Ok(Vec::new());
    };
    let from = format!("{from}{}", meant_sql(components, viewer, target.0));
    let sql = format!(
        "select distinct source_kind, source_id {from} order by source_kind, source_id limit :limit offset :offset"
    );
    let mut statement = db.prepare_cached(&sql)?;
    let rows = statement.query_map(
        named_params! { ":kind": target.0, ":keys": keys, ":limit": limit as i64, ":offset": offset as i64 },
        |row| Ok(Resource::stored(row.get(0)?, row.get(1)?)),
    )?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// The texts that refer to any of these keys, or would if nothing nearer were there: what they belong to, and which part of it
/// they are.
pub fn texts(
    db: &Connection,
    components: Components,
    viewer: &Viewer,
    target: (&str, &[String]),
    limit: usize,
) -> Result<Vec<(Resource, String)>> {
    let Some((from, keys)) = from_links(components, viewer, target.1)? else {
        return Ok(Vec::new());
    };
    let sql = format!(
        "select distinct source_kind, source_id, part {from} order by source_kind, source_id, part limit :limit"
    );
    let mut statement = db.prepare_cached(&sql)?;
    let rows = statement
        .query_map(named_params! { ":kind": target.0, ":keys": keys, ":limit": limit as i64 }, |row| {
            Ok((Resource::stored(row.get(0)?, row.get(1)?), row.get(2)?))
        })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// The newest of each kind that refer to a key, at most `each` of a kind.
pub fn newest_sources(
    db: &Connection,
    components: Components,
    viewer: &Viewer,
    target: (&str, &str),
    each: usize,
) -> Result<Vec<Resource>> {
    let seen = seen_sql(viewer);
    let kinds: Vec<&str> = kinds_of(components, viewer).collect();
    if kinds.is_empty() {
        return Ok(Vec::new());
    }
    if let Some(few) = few_sources(db, &kinds, &seen, target, each)? {
        return Ok(few);
    }
    let selects: Vec<String> = kinds.iter().map(|kind| newest_of(kind, &seen)).collect();
    let mut statement = db.prepare_cached(&selects.join(" union all "))?;
    let rows = statement
        .query_map(named_params! { ":kind": target.0, ":key": target.1, ":each": each as i64 }, |row| {
            Ok(Resource::stored(row.get(0)?, row.get(1)?))
        })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// All of them, in the same order, if no more than `each` links stand anywhere, as is so of nearly everything; to ask for each
/// kind would cost several times as much.
fn few_sources(
    db: &Connection,
    kinds: &[&str],
    seen: &str,
    target: (&str, &str),
    each: usize,
) -> Result<Option<Vec<Resource>>> {
    let mut statement = db.prepare_cached(&format!(
        "select source_kind, source_id from link indexed by link_target
         where target_kind = ?1 and target = ?2 and {seen} limit ?3"
    ))?;
    let rows = statement
        .query_map((target.0, target.1, each as i64 + 1), |row| Ok(Resource::stored(row.get(0)?, row.get(1)?)))?;
    let few = rows.collect::<rusqlite::Result<Vec<_>>>()?;
    if few.len() > each {
        return Ok(None);
    }
    let place = |source: &Resource| kinds.iter().position(|kind| source.is(kind));
    let mut placed: Vec<(usize, Resource)> =
        few.into_iter().filter_map(|source| Some((place(&source)?, source))).collect();
    placed.sort_by_key(|(place, source)| (*place, Reverse(source.id)));
    placed.dedup();
    Ok(Some(placed.into_iter().map(|(_, source)| source).collect()))
}

/// The statement for one kind of source; `seen` is the condition of what the viewer sees.
fn newest_of(kind: &str, seen: &str) -> String {
    format!(
        "select * from (select distinct source_kind, source_id from link indexed by link_target
         where target_kind = :kind and target = :key and source_kind = '{kind}' and {seen}
         order by source_id desc limit :each)"
    )
}

/// How many they are.
pub fn count(db: &Connection, components: Components, viewer: &Viewer, target: (&str, &[String])) -> Result<i64> {
    let Some((from, keys)) = from_links(components, viewer, target.1)? else {
        return Ok(0);
    };
    let meant = meant_sql(components, viewer, target.0);
    let mut statement =
        db.prepare_cached(&format!("select count(*) from (select distinct source_kind, source_id {from}{meant})"))?;
    Ok(statement.query_row(named_params! { ":kind": target.0, ":keys": keys }, |row| row.get(0))?)
}

/// Where links to these keys stand that this viewer may see, and what is to be bound as `:keys`. None: there can be none.
fn from_links(components: Components, viewer: &Viewer, keys: &[String]) -> Result<Option<(String, String)>> {
    let kinds: Vec<String> = kinds_of(components, viewer).map(|kind| format!("+source_kind = '{kind}'")).collect();
    if kinds.is_empty() {
        return Ok(None);
    }
    // Nearly all things have one name, and then SQLite needs no table of them.
    let (target, keys) = match keys {
        [key] => ("= :keys", key.clone()),
        keys => ("in (select value from json_each(:keys))", serde_json::to_string(keys)?),
    };
    let from = format!(
        "from link indexed by link_target where target_kind = :kind and target {target} and {} and ({})",
        seen_sql(viewer),
        kinds.join(" or ")
    );
    Ok(Some((from, keys)))
}

/// The further condition that a link is to its target as this viewer sees it, and not to something nearer; empty for kinds
/// without such.
fn meant_sql(components: Components, viewer: &Viewer, kind: &str) -> String {
    let leads = |key| components.iter().find_map(|component| component.leads_sql(viewer, kind, key));
    match (leads("nearer.value"), leads("link.target")) {
        (Some(nearer), Some(target)) => {
            format!(" and {} and (link.wished = 1 or {target})", nothing_nearer_sql(&nearer))
        }
        _ => String::new(),
    }
}

/// The condition that nothing leads anywhere which a link means rather than its target; `leads` is that condition of
/// `nearer.value`.
pub fn nothing_nearer_sql(leads: &str) -> String {
    format!("(link.nearer = '[]' or not exists (select 1 from json_each(link.nearer) as nearer where {leads}))")
}

/// The condition of links that stand in texts which this viewer sees; none: they see no text at all.
pub fn seen_sources_sql(components: Components, viewer: &Viewer) -> Option<String> {
    let kinds: Vec<String> = kinds_of(components, viewer).map(|kind| format!("link.source_kind = '{kind}'")).collect();
    (!kinds.is_empty()).then(|| format!("({}) and ({})", seen_sql(viewer), kinds.join(" or ")))
}

/// That a link stands where this viewer sees it, be it because they take part in what holds it.
fn seen_sql(viewer: &Viewer) -> String {
    viewer.sees_hanging_sql("link", "source_kind", "source_id")
}

/// The kinds of resource whose texts this viewer may see.
fn kinds_of(components: Components, viewer: &Viewer) -> impl Iterator<Item = &'static str> {
    let texts = components.iter().flat_map(Component::texts);
    texts.filter(|(_, permission)| viewer.may(*permission)).map(|(kind, _)| *kind)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::sync::Arc;

    use super::*;
    use crate::base::db::{Db, Schema};
    use crate::base::viewer::Principal;

    #[test]
    fn the_newest_that_refer_to_a_thing_are_found_without_a_look_at_other_links() {
        let folder = tempfile::tempdir().expect("a folder");
        let db = Db::create(&folder.path().join("project.db"), Schema::Project).expect("a database");
        let plan: Vec<String> = db
            .read(|db| {
                let viewer = Viewer {
                    principal: Arc::new(Principal::anonymous()),
                    person: Some(1),
                    permissions: BTreeSet::new(),
                    classes: vec![1, 2],
                    joined_classes: vec![3],
                    archived: false,
                    local: None,
                };
                let sql = newest_of("ticket", &seen_sql(&viewer));
                let mut statement = db.prepare(&format!("explain query plan {sql}"))?;
                let nothing = rusqlite::params_from_iter(vec![rusqlite::types::Null; statement.parameter_count()]);
                Ok(statement.query_map(nothing, |row| row.get(3))?.collect::<rusqlite::Result<_>>()?)
            })
            .expect("a plan");
        let wanted = "SEARCH link USING INDEX link_target (target_kind=? AND target=? AND source_kind=?)";
        assert!(plan.iter().any(|step| step == wanted), "{plan:?}");
        assert!(!plan.iter().any(|step| step.contains("PRIMARY KEY") || step.contains("TEMP B-TREE")), "{plan:?}");
    }
}
