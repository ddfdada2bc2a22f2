//! `/-/admin/audit` and `/<project>/admin/audit`: the audit logs, for administrators.

use std::borrow::Cow;

use rocket::{Route, get, routes};
use serde::Serialize;
use serde_json::{Value, json};

use crate::base::audit::{self, Auditor, Change, Entry, Filter};
use crate::base::component::{Panel, SitePanel};
use crate::base::db::Db;
use crate::base::error::{Error, Problem, Result};
use crate::base::moment;
use crate::base::site::hex;
use crate::base::time::{When, Zone};
use crate::base::viewer::TRAC_ADMIN;
use crate::web::paging::{self, Paging};
use crate::web::panels::{self, PanelGroup};
use crate::web::separated::Separated;
use crate::web::{Answer, Desk, Page, Sheet, Visit};

pub(super) const PANEL: Panel = Panel {
    title: "Audit log",
    line: "Who changed rights and settings, who deleted what and brought it back.",
    path: "/admin/audit",
    permission: TRAC_ADMIN,
    order: 92,
};

pub(super) const SITE_PANEL: SitePanel = SitePanel {
    title: "Audit log",
    line: "Who signed in, who changed accounts and settings, and from where.",
    path: "/-/admin/audit",
    order: 90,
};

const PER_PAGE: usize = 50;
/// A file has no more rows than this; with a time span any of them can be had.
const MOST_IN_A_FILE: usize = 50_000;

pub(super) fn routes() -> Vec<Route> {
    routes![of_site, of_project]
}

#[get("/-/admin/audit")]
async fn of_site(visit: Visit) -> Answer {
    visit
        .answer(|desk| {
            let auditor = Auditor::of_site(&desk.principal)?;
            let panels = panels::of_site(desk, SITE_PANEL.path);
            answer(desk, desk.site().db(), auditor, panels, &format!("{}/-/admin/audit", desk.base()), "site")
        })
        .await
}

#[get("/<project>/admin/audit")]
async fn of_project(visit: Visit, project: String) -> Answer {
    visit
        .answer(move |desk| {
            let room = desk.room(&project)?;
            let auditor = Auditor::of_project(&room.viewer)?;
            let panels = panels::groups(&room, PANEL.path);
            answer(desk, room.project.db(), auditor, panels, &format!("{}/admin/audit", room.root), &room.row.name)
        })
        .await
}

#[derive(Serialize)]
struct AuditPage {
    panels: Vec<PanelGroup>,
    href: String,
    who: String,
    since: String,
    until: String,
    kinds: Vec<Choice>,
    entries: Vec<Shown>,
    paging: Paging,
    csv_href: String,
    json_href: String,
    head: Option<Seal>,
    problems: Vec<Problem>,
}

impl Page for AuditPage {
    const TEMPLATE: &'static str = "admin/audit.html";
}

#[derive(Serialize)]
struct Choice {
    value: String,
    label: String,
    chosen: bool,
}

#[derive(Serialize)]
struct Seal {
    id: i64,
    hash: String,
}

#[derive(Serialize)]
struct Shown {
    id: i64,
    when: When,
    deed: String,
    who: Option<String>,
    from: String,
    what: Option<String>,
    changes: Vec<ShownChange>,
}

#[derive(Serialize)]
struct ShownChange {
    name: String,
    before: Option<String>,
    after: Option<String>,
    erased: bool,
}

/// What was asked for, as it was typed and as it was understood.
struct Asked {
    filter: Filter,
    since: String,
    until: String,
    problems: Vec<Problem>,
}

fn asked(desk: &Desk) -> Asked {
    let text = |name: &str| desk.visit.value(name).unwrap_or_default().trim().to_owned();
    let (since, until) = (text("since"), text("until"));
    let zone = desk.principal.zone();
    let mut problems = Vec::new();
    let mut moment = |name: &str, written: &str| {
        if written.is_empty() {
            return None;
        }
        moment::parse(written, &zone, None).map_err(|why| problems.push(Problem::new(name, why))).ok()
    };
    let (begin, end) = (moment("since", &since), moment("until", &until));
    let filter = Filter {
        who: text("who"),
        kind: text("kind"),
        since: begin.map(|moment| moment.begin),
        until: end.map(|moment| moment.end),
    };
    Asked { filter, since, until, problems }
}

fn answer(desk: &Desk, db: &Db, auditor: Auditor, panels: Vec<PanelGroup>, href: &str, name: &str) -> Result<Answer> {
    let asked = asked(desk);
    let format = desk.visit.value("format").unwrap_or_default();
    if !asked.problems.is_empty() && (desk.visit.wants_json() || !format.is_empty()) {
        return Err(Error::Invalid(asked.problems));
    }
    if format == "csv" {
        let entries = db.read(|db| audit::list(db, auditor, &asked.filter, 0, MOST_IN_A_FILE))?;
        return Ok(as_csv(&entries).answer(&format!("audit-{name}")).header("Cache-Control", "no-store"));
    }
    let (total, head, kinds) =
        db.read(|db| Ok((audit::count(db, auditor, &asked.filter)?, audit::head(db)?, audit::kinds_in(db, auditor)?)))?;
    let pairs = desk.visit.pairs();
    let page = paging::asked(desk.visit.value("page"));
    let as_json = desk.visit.wants_json();
    let paging = Paging::new(href, &pairs, page, PER_PAGE, total);
    let entries = db.read(|db| audit::list(db, auditor, &asked.filter, paging.offset(PER_PAGE), PER_PAGE))?;
    if as_json {
        let items: Vec<Value> = entries.iter().map(to_json).collect();
        let body = json!({ "total": total, "page": paging.page, "items": items, "next": paging.next });
        return Ok(Answer::json(&body)?.header("Cache-Control", "no-store"));
    }
    let zone = desk.principal.zone();
    let chosen = &asked.filter.kind;
    let mut choices = vec![Choice { value: String::new(), label: "Everything".to_owned(), chosen: chosen.is_empty() }];
    choices.extend(kinds.iter().map(|kind| Choice {
        value: kind.clone(),
        label: audit::words(kind).to_owned(),
        chosen: kind == chosen,
    }));
    if !chosen.is_empty() && !kinds.contains(chosen) {
        choices.push(Choice { value: chosen.clone(), label: chosen.clone(), chosen: true });
    }
    let sheet = AuditPage {
        panels,
        href: href.to_owned(),
        csv_href: paging::with_value(href, &without_page(&pairs), "format", "csv"),
        json_href: paging::with_value(href, &without_page(&pairs), "format", "json"),
        who: asked.filter.who,
        since: asked.since,
        until: asked.until,
        kinds: choices,
        entries: entries.into_iter().map(|entry| shown(entry, &zone)).collect(),
        paging,
        head: head.map(|head| Seal { id: head.id, hash: hex(&head.hash) }),
        problems: asked.problems,
    };
    let place = if desk.entered().is_some() { "/admin" } else { "" };
    Sheet::new("Audit log", sheet).at(place).noindex().render(desk)
}

fn without_page(pairs: &[(String, String)]) -> Vec<(String, String)> {
    pairs.iter().filter(|(name, _)| name != "page").cloned().collect()
}

fn shown(entry: Entry, zone: &Zone) -> Shown {
    let network = entry.network.map(|network| format!("{} {network}", entry.via));
    Shown {
        id: entry.id,
        when: entry.recorded_at.when(zone),
        deed: audit::words(&entry.kind).to_owned(),
        who: entry.who,
        from: network.unwrap_or(entry.via),
        what: entry.what,
        changes: entry
            .changes
            .into_iter()
            .map(|Change { name, before, after, erased }| ShownChange {
                name: name.replace('_', " "),
                before,
                after,
                erased,
            })
            .collect(),
    }
}

/// A row for programs; what was erased is null.
pub(crate) fn to_json(entry: &Entry) -> Value {
    let changes: Vec<Value> = entry
        .changes
        .iter()
        .map(|change| json!({ "name": change.name, "before": change.before, "after": change.after, "erased": change.erased }))
        .collect();
    json!({
        "id": entry.id, "time": entry.recorded_at.iso(), "kind": entry.kind, "who": entry.who, "via": entry.via,
        "network": entry.network, "what": entry.what, "changes": changes,
    })
}

/// What was said of a row, in one line.
pub(crate) fn changes_in_words(changes: &[Change]) -> String {
    let one = |change: &Change| {
        let text = |value: &Option<String>| value.as_deref().unwrap_or("(erased)").to_owned();
        match (&change.before, &change.after) {
            (None, after) if !change.erased || after.is_some() => format!("{}: {}", change.name, text(after)),
            (before, after) => format!("{}: {} → {}", change.name, text(before), text(after)),
        }
    };
    changes.iter().map(one).collect::<Vec<_>>().join("; ")
}

fn as_csv(entries: &[Entry]) -> Separated {
    let mut file = Separated::new(',', false);
    let heads = ["id", "time", "kind", "who", "via", "network", "what", "changes"];
    file.line(heads.iter().map(|head| Cow::Borrowed(*head)));
    for entry in entries {
        let text = |value: &Option<String>| Cow::Owned(value.clone().unwrap_or_default());
        file.line(
            [
                Cow::Owned(entry.id.to_string()),
                Cow::Owned(entry.recorded_at.iso()),
                Cow::Borrowed(entry.kind.as_str()),
                text(&entry.who),
                Cow::Borrowed(entry.via.as_str()),
                text(&entry.network),
                text(&entry.what),
                Cow::Owned(changes_in_words(&entry.changes)),
            ]
            .into_iter(),
        );
    }
    file
}
