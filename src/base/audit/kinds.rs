//! Which kinds of events belong to the audit log: sign-ins, accounts, rights, settings, exports, deletions and what is
//! brought back. Here and nowhere else. A kind that nobody has thought about is audited, and a test asks for a decision.
//!
//! An export is what takes a project, its pages or the site out of the house as a whole. A list as CSV or JSON is a page in
//! another form: to read it is no event, as to read the page is none.

/// Kinds that are audited, with the words for them.
const AUDITED: &[(&str, &str)] = &[
    ("audit.begun", "The audit log begins"),
    ("audit.erased", "Personal values erased from this log"),
    // Accounts and sign-ins.
    ("account.admin", "Made an administrator of the site"),
    ("account.approved", "Registration approved"),
    ("account.changed", "Account changed"),
    ("account.created", "Account made"),
    ("account.disabled", "Account disabled"),
    ("account.enabled", "Account enabled"),
    ("account.forgotten", "Account forgotten"),
    ("account.no_admin", "No administrator of the site any more"),
    ("account.password", "Password set"),
    ("account.api_token_created", "API token made"),
    ("account.api_token_revoked", "API token revoked"),
    ("account.recovery_code", "Recovery code used"),
    ("account.recovery_codes", "New recovery codes made"),
    ("account.registration", "Somebody would like an account"),
    ("account.renamed", "Account renamed"),
    ("account.reset_asked", "Somebody has forgotten a password"),
    ("account.second_factor_off", "Second factor switched off"),
    ("account.second_factor_on", "Second factor switched on"),
    ("account.tied", "Account tied to another place that vouches for it"),
    ("account.token_created", "Token made"),
    ("account.token_revoked", "Token revoked"),
    ("account.untied", "Account untied from the place that vouches for it"),
    ("group.changed", "Members of a group changed"),
    ("group.created", "Group made"),
    ("group.removed", "Group removed"),
    ("link.created", "One-time link made"),
    ("mail.dropped", "Waiting mail dropped"),
    ("mail.handed", "One-time link handed over by an administrator"),
    ("mail.retried", "Waiting mail tried again"),
    ("session.begun", "Signed in"),
    ("session.ended", "Signed out"),
    ("session.failed", "Sign-in failed"),
    // Rights.
    ("acl.changed", "Rule of access changed"),
    ("acl.moved", "Tickets moved to another rule of access"),
    ("page.protected", "Page made read-only"),
    ("page.released", "Page can be changed again"),
    ("permission.denied", "Permissions denied"),
    ("permission.granted", "Permissions granted"),
    ("permission.revoked", "Permissions taken back"),
    ("permission.set_removed", "Set of permissions removed"),
    ("permission.set_saved", "Set of permissions saved"),
    // Settings.
    ("field.changed", "Field of tickets changed"),
    ("field.created", "Field of tickets made"),
    ("field.restored", "Field of tickets restored"),
    ("field.retired", "Field of tickets retired"),
    ("option.changed", "Option changed"),
    ("option.created", "Option made"),
    ("option.deleted", "Option removed"),
    ("option.renamed", "Option renamed"),
    ("option.restored", "Option restored"),
    ("option.retired", "Option retired"),
    ("project.created", "Project made"),
    ("project.logo", "Logo of a project changed"),
    ("project.renamed", "Project renamed"),
    ("project.state", "State of a project changed"),
    ("repository.added", "Repository connected"),
    ("repository.changed", "Repository changed"),
    ("repository.removed", "Repository disconnected"),
    ("repository.secret", "Secret of a repository made"),
    ("setting.changed", "Setting changed"),
    ("text.changed", "Prepared text changed"),
    ("text.created", "Prepared text made"),
    ("text.restored", "Prepared text restored"),
    ("text.retired", "Prepared text retired"),
    ("workflow.changed", "Workflow changed"),
    ("workflow.created", "Workflow made"),
    ("workflow.restored", "Workflow restored"),
    ("workflow.retired", "Workflow retired"),
    // What leaves the house and what comes in.
    ("site.backed_up", "Backup made"),
    ("site.drilled", "Backup tried out"),
    ("site.restored", "Restored from a backup"),
    ("project.exported", "Project exported"),
    ("project.published", "Static copy of a project written"),
    ("wiki.exported", "Pages exported"),
    ("project.imported", "Project imported"),
    ("wiki.imported", "Pages imported"),
    // What was deleted and brought back.
    ("account.swept", "Everything by an account removed"),
    ("attachment.removed", "File removed"),
    ("message.removed", "Message removed"),
    ("message.restored", "Message restored"),
    ("milestone.deleted", "Milestone deleted"),
    ("page.deleted", "Page deleted"),
    ("page.restored", "Page restored"),
    ("page.versions_removed", "Versions of a page removed"),
    ("report.deleted", "Report deleted"),
    ("ticket.deleted", "Ticket deleted"),
    ("ticket.purged", "Ticket erased for good"),
    ("ticket.restored", "Ticket restored"),
];

/// Kinds that are not: the daily work, of which the history of each thing tells.
const DAILY: &[&str] = &[
    "attachment.added", "attachment.moved", "attachment.replaced", "changeset.added", "home.arranged",
    "message.edited", "message.written", "milestone.changed", "milestone.completed", "milestone.created",
    "milestone.renamed", "milestone.reopened", "note.edited", "note.written", "page.comment_changed", "page.created",
    "page.renamed", "page.retouched", "page.saved", "person.forgotten", "person.met", "person.renamed",
    "report.changed", "report.created", "suggestion.declined", "suggestion.followed", "suggestion.improved",
    "suggestion.made", "suggestion.taken", "suggestion.withdrawn", "thread.reopened", "thread.resolved",
    "ticket.changed", "ticket.closed", "ticket.comment_edited", "ticket.commented", "ticket.created", "ticket.merged",
    "ticket.related", "ticket.reminder_added", "ticket.reminder_done", "ticket.reminder_removed", "ticket.reopened",
    "ticket.unmerged", "ticket.unrelated", "ticket.worked",
];

/// Whether events of that kind are written into the audit log.
pub fn is_audited(kind: &str) -> bool {
    !DAILY.contains(&kind)
}

/// Whether somebody has decided about that kind.
pub fn is_known(kind: &str) -> bool {
    DAILY.contains(&kind) || AUDITED.iter().any(|(known, _)| *known == kind)
}

/// What a kind is called for people.
pub fn words(kind: &str) -> &str {
    AUDITED.iter().find(|(known, _)| *known == kind).map_or(kind, |(_, words)| words)
}
