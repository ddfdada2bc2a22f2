//! What of a template project a new one gets, table by table. A test holds that each table of a project stands in one of the
//! two lists, so that whoever adds one decides about it.
//!
//! Rows keep their ids: the new database has nothing of its own. Nobody comes along, so whoever wrote something is the one
//! who makes the project (`given.actor`), and what can't be without a person is left.

/// A table whose rows are copied.
#[derive(Debug)]
pub struct Copied {
    pub table: &'static str,
    /// Which rows; empty: all.
    pub only: &'static str,
    /// Columns that get another value, as SQL over the row; `given` has `actor` (a person of the new project) and `now`.
    pub instead: &'static [(&'static str, &'static str)],
}

const fn all(table: &'static str) -> Copied {
    Copied { table, only: "", instead: &[] }
}

const fn some(table: &'static str, only: &'static str, instead: &'static [(&'static str, &'static str)]) -> Copied {
    Copied { table, only, instead }
}

/// Rights of people stay behind, those of groups of the site come along.
const NO_PERSON: &str = "subject_kind <> 'person'";

pub const COPIED: &[Copied] = &[
    all("setting"),
    all("project_logo"),
    // Rights.
    some("permission_grant", NO_PERSON, &[]),
    all("permission_set"),
    all("permission_set_right"),
    all("acl"),
    some("acl_subject", NO_PERSON, &[]),
    // Fields, their options, workflows, prepared texts.
    all("ticket_status"),
    all("ticket_workflow"),
    all("ticket_field"),
    some("field_option", "", &[("owner", "null")]),
    all("component_default"),
    all("ticket_text"),
    some(
        "milestone",
        "deleted_at is null",
        &[("author", "given.actor"), ("created_at", "given.now"), ("changed_at", "given.now")],
    ),
    // Lists and what sums up.
    some(
        "report",
        "scope = 'project' and deleted_at is null",
        &[("owner", "null"), ("revision", "1"), ("created_at", "given.now"), ("changed_at", "given.now")],
    ),
    all("progress_group"),
    all("progress_group_status"),
    // Pages begin anew with the text that they have. What the program itself has written says so, and is kept up to date.
    some(
        "page",
        "deleted_at is null",
        &[
            ("version", "1"),
            ("author", "given.actor"),
            ("changed_at", "given.now"),
            ("created_at", "given.now"),
            ("deleted_by", "null"),
            ("open_threads", "0"),
            ("open_suggestions", "0"),
        ],
    ),
    some(
        "page_version",
        "version = (select page.version from page where page.id = page_version.page and deleted_at is null)",
        &[
            ("version", "1"),
            ("author", "given.actor"),
            ("saved_at", "given.now"),
            ("comment", "iif(via = 'system', comment, '')"),
            ("via", "'system'"),
            ("suggestion", "null"),
            ("taken_by", "null"),
            ("minor", "0"),
            ("removed_at", "null"),
            ("removed_by", "null"),
        ],
    ),
    some(
        "page_former_name",
        "is_alias = 1 and exists (select 1 from page where page.id = page_former_name.page and deleted_at is null)",
        &[],
    ),
    some("page_tag", "exists (select 1 from page where page.id = page_tag.page and deleted_at is null)", &[]),
    some(
        "link",
        "(source_kind = 'page' and exists (select 1 from page where page.id = source_id and deleted_at is null))
         or (source_kind = 'milestone'
             and exists (select 1 from milestone where milestone.id = source_id and deleted_at is null))",
        &[],
    ),
    some(
        "attachment",
        "removed_at is null
         and ((parent_kind = 'page' and exists (select 1 from page where page.id = parent_id and deleted_at is null))
              or (parent_kind = 'milestone'
                  and exists (select 1 from milestone where milestone.id = parent_id and deleted_at is null)))",
        &[("author", "given.actor"), ("added_at", "given.now"), ("removed_by", "null"), ("replaced_by", "null")],
    ),
];

/// Tables that a new project begins without: people and what they have set up for themselves, tickets and what was said,
/// code, history, and what is counted or followed.
pub const LEFT: &[&str] = &[
    "audit", "audit_value", "bookmark", "changeset", "changeset_repository", "changeset_ticket", "component_watcher",
    "event", "follower", "home_box", "home_refresh", "mainline", "milestone_former_name", "outbox", "page_message",
    "page_message_version", "page_move", "page_move_text", "page_moved", "page_suggestion", "page_thread",
    "page_watch", "page_watch_look", "parked_event", "participant", "path", "path_change", "person",
    "person_former_login", "reminder", "report_usual", "repository", "repository_ref", "ticket", "ticket_change",
    "ticket_comment_version", "ticket_current", "ticket_look", "ticket_note", "ticket_note_version", "ticket_seen",
    "ticket_tally", "ticket_time", "ticket_tombstone", "ticket_value", "timeline_choice", "timeline_visit",
];
