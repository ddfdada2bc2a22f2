//! Links to milestones: `milestone:1.0`, `milestone:"Two Words"`, with how it stands as tooltip (rows L15, L21, M12).

use super::due::{self, Clock};
use super::name::{MilestoneName, href_of};
use super::store::{self, MilestoneRow};
use super::{MILESTONE_CREATE, MILESTONE_VIEW};
use crate::base::error::Result;
use crate::base::markup::{Context, Here, LinkKind, LinkTarget, Resolved};
use crate::web::address;

pub const KINDS: &[LinkKind] = &[LinkKind {
    prefixes: &["milestone"],
    doc: "A milestone, by its name or one that it once had.",
    example: "milestone:\"First release\"",
    targets: |here, rest| target(here, rest).into_iter().collect(),
    resolve,
}];

/// A reference taken apart: the name, and `?query` or `#heading` after it. A name that holds such a sign itself is found
/// by the whole of it.
fn readings(rest: &str) -> Vec<(MilestoneName, &str)> {
    let at = rest.find(['#', '?']).unwrap_or(rest.len());
    let whole = MilestoneName::parse(rest, "name").ok().map(|name| (name, ""));
    let (name, tail) = rest.split_at(at);
    let cut = MilestoneName::parse(name, "name").ok().filter(|_| !tail.is_empty()).map(|name| (name, tail));
    whole.into_iter().chain(cut).collect()
}

fn target(_: Option<&Here>, rest: &str) -> Option<LinkTarget> {
    let (name, _) = readings(rest).pop()?;
    Some(LinkTarget::new("milestone", name.folded().to_owned()))
}

fn resolve(context: &Context<'_>, rests: &[&str]) -> Result<Vec<Resolved>> {
    let wanted: Vec<Vec<(MilestoneName, &str)>> = rests.iter().map(|rest| readings(rest)).collect();
    let folded: Vec<String> = wanted.iter().flatten().map(|(name, _)| name.folded().to_owned()).collect();
    let (rows, former) = if context.viewer.may(MILESTONE_VIEW) && !folded.is_empty() {
        let rows = store::by_folded(context.db, context.viewer, &folded)?;
        let all_found = folded.iter().all(|folded| rows.iter().any(|row| row.folded == *folded));
        let former = if all_found { Vec::new() } else { store::by_former_names(context.db, context.viewer, &folded)? };
        (rows, former)
    } else {
        (Vec::new(), Vec::new())
    };
    let clock = Clock::of(context.db)?;
    let found = |name: &MilestoneName| {
        let own = rows.iter().find(|row| row.folded == name.folded());
        own.or_else(|| former.iter().find(|(old, _)| old == name.folded()).map(|(_, row)| row))
    };
    let may_create = context.viewer.may(MILESTONE_VIEW) && context.viewer.may(MILESTONE_CREATE);
    Ok(wanted
        .iter()
        .zip(rests)
        .map(|(ways, rest)| {
            let row = ways.iter().find_map(|(name, tail)| found(name).map(|row| (row, *tail)));
            match (row, ways.last()) {
                (Some((row, tail)), _) => resolved(row, tail, &clock),
                (None, Some((name, _))) => Resolved::Missing {
                    href: may_create.then(|| href_of(name.as_str())),
                    title: format!("There is no milestone “{}”", name.as_str()),
                },
                (None, None) => Resolved::Missing { href: None, title: format!("“{rest}” can't be a milestone") },
            }
        })
        .collect())
}

fn resolved(row: &MilestoneRow, tail: &str, clock: &Clock) -> Resolved {
    Resolved::Found {
        href: format!("{}{}", href_of(&row.name), encoded(tail)),
        label: None,
        title: Some(due::standing(row, clock).sentence()),
        class: class(row),
    }
}

/// How links show its state.
pub(super) fn class(row: &MilestoneRow) -> Option<&'static str> {
    row.completed_at.map(|_| "closed")
}

fn encoded(tail: &str) -> String {
    let (query, heading) = tail.split_once('#').map_or((tail, None), |(query, heading)| (query, Some(heading)));
    let pairs: Vec<String> = address::pairs(query.trim_start_matches('?'))
        .iter()
        .map(|(name, value)| format!("{}={}", address::query_value(name), address::query_value(value)))
        .collect();
    let query = if pairs.is_empty() { String::new() } else { format!("?{}", pairs.join("&")) };
    match heading {
        Some(heading) => format!("{query}#{}", address::query_value(heading)),
        None => query,
    }
}
