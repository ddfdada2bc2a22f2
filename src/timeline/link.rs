//! Links to a moment in the timeline: `timeline:2026-11-22T10:00` (row L15).

use super::TIMELINE_VIEW;
use crate::base::error::Result;
use crate::base::markup::{Context, LinkKind, Resolved};
use crate::base::moment::{self, Precision};
use crate::web::address;

pub const TIMELINE: LinkKind = LinkKind {
    prefixes: &["timeline"],
    doc: "What happened on a day or at a time, as exactly as it is written: `2026-11`, `2026-11-22`, `2026-11-22T10:00`.",
    example: "timeline:2026-11-22T10:00",
    targets: |_, _| Vec::new(),
    resolve,
};

fn resolve(context: &Context<'_>, rests: &[&str]) -> Result<Vec<Resolved>> {
    let zone = context.viewer.zone();
    let one = |rest: &&str| {
        if !context.viewer.may(TIMELINE_VIEW) {
            return Resolved::Plain;
        }
        match moment::parse(rest, &zone, None) {
            Ok(moment) => Resolved::Found {
                href: format!("/timeline?from={}{}", address::query_value(rest), precision(moment.precision)),
                label: None,
                title: Some(format!("What happened until {}", zone.date_in_words(moment.last_day))),
                class: None,
            },
            Err(why) => Resolved::Missing { href: None, title: why },
        }
    };
    Ok(rests.iter().map(one).collect())
}

fn precision(precision: Precision) -> &'static str {
    match precision {
        Precision::Second => "&precision=second",
        Precision::Minute => "&precision=minute",
        Precision::Hour => "&precision=hour",
        Precision::Day | Precision::Month | Precision::Year => "",
    }
}
