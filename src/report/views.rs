//! What SQL reports may read: views shaped like Trac's tables (section b9 of Trac's reference), each with the viewer's own
//! conditions inside. Whatever a report asks, it asks of rows that its reader may see.
//!
//! Each is made of two. The inner one has a name that nobody can guess, reads the tables, and lets nothing of a report in:
//! its `limit` keeps SQLite from moving conditions of the outside into it, where they would be tried on hidden rows as well
//! and could tell of them by failing. The outer one has the name that reports use and reads the inner one alone.

use rusqlite::Connection;

use crate::base::error::Result;
use crate::base::viewer::{Permission, TRAC_ADMIN, Viewer};
use crate::code::CHANGESET_VIEW;
use crate::milestone::MILESTONE_VIEW;
use crate::ticket::TICKET_VIEW;
use crate::ticket::merge::STANDS;
use crate::ticket::sight::knows_sql;
use crate::wiki::WIKI_VIEW;

use super::{REPORT_SQL_VIEW, REPORT_VIEW, store};

/// A view as the manual and the form for reports tell of it.
pub struct View {
    pub name: &'static str,
    pub columns: &'static [&'static str],
    select: fn(&Reader<'_>) -> String,
}

pub const VIEWS: [View; 15] = [
    View {
        name: "ticket",
        columns: &[
            "id", "type", "time", "changetime", "component", "severity", "priority", "owner", "reporter", "cc",
            "version", "milestone", "status", "resolution", "summary", "description", "keywords",
        ],
        select: ticket,
    },
    View { name: "ticket_custom", columns: &["ticket", "name", "value"], select: ticket_custom },
    View {
        name: "ticket_change",
        columns: &["ticket", "time", "author", "field", "oldvalue", "newvalue"],
        select: ticket_change,
    },
    View { name: "comment", columns: &["ticket", "number", "time", "author", "text"], select: comment },
    View { name: "enum", columns: &["type", "name", "value"], select: enumeration },
    View { name: "component", columns: &["name", "owner", "description"], select: component },
    View { name: "version", columns: &["name", "time", "description"], select: version },
    View { name: "milestone", columns: &["name", "due", "completed", "description"], select: milestone },
    View { name: "status", columns: &["name", "category"], select: status },
    View { name: "wiki", columns: &["name", "version", "time", "author", "text", "comment", "readonly"], select: wiki },
    View {
        name: "attachment",
        columns: &["type", "id", "filename", "size", "time", "description", "author"],
        select: attachment,
    },
    View { name: "repository", columns: &["id", "name", "value"], select: repository },
    View { name: "revision", columns: &["repos", "rev", "time", "author", "message"], select: revision },
    View { name: "report", columns: &["id", "author", "title", "query", "description"], select: report },
    View { name: "permission", columns: &["username", "action"], select: permission },
];

/// Makes the views; the inner ones have names that begin with `secret`.
pub fn make(db: &Connection, viewer: &Viewer, secret: &str) -> Result<()> {
    let reader = Reader { viewer, secret };
    for View { name, columns, select } in &VIEWS {
        db.execute_batch(&format!(
            "create temp view \"{secret}_{name}\" ({columns}) as
                 with \"{secret}\" as ({select}) select * from \"{secret}\" limit -1 offset 0;
             create temp view \"{name}\" as select * from temp.\"{secret}_{name}\";",
            columns = columns.join(", "),
            select = select(&reader),
        ))?;
    }
    Ok(())
}

struct Reader<'a> {
    viewer: &'a Viewer,
    /// How everything begins that reads tables: SQLite tells the authorizer the name of the view, or of the part of a
    /// statement, that it is at.
    secret: &'a str,
}

impl Reader<'_> {
    /// `condition` for those who have the right, else nothing at all.
    fn having(&self, permission: Permission, condition: &str) -> String {
        if self.viewer.may(permission) { format!("({condition})") } else { "0".to_owned() }
    }

    /// That a row of `ticket` is seen and stands for itself.
    fn sees_ticket(&self) -> String {
        self.having(TICKET_VIEW, &of_main(&format!("{} and {STANDS}", self.viewer.sees_sql("ticket", "ticket"))))
    }

    /// Somebody's name in a column, as this viewer may read it.
    fn name(&self, login: &str) -> String {
        if self.viewer.signed_in() || self.viewer.principal.is_operator() {
            login.to_owned()
        } else {
            format!("shown_name({login})")
        }
    }

    /// The name of an option, if this viewer may know of it.
    fn option(&self, id: &str) -> String {
        format!(
            "(select option.name from main.field_option as option where option.id = {id} and {})",
            self.knows_option("option")
        )
    }

    fn knows_option(&self, table: &str) -> String {
        let classes: Vec<String> = self.viewer.classes.iter().map(i64::to_string).collect();
        format!("coalesce({table}.acl, 1) in ({})", classes.join(", "))
    }

    fn milestone(&self, id: &str) -> String {
        format!(
            "(select milestone.name from main.milestone where milestone.id = {id} and {})",
            self.viewer.class_sql("milestone")
        )
    }

    fn person(&self, id: &str) -> String {
        format!("(select {} from main.person where person.id = {id})", self.name("person.login"))
    }

    /// A stored value as a text, by the field that it is of. `own` is the kind of a project's own field.
    fn value(&self, own: &str) -> String {
        format!(
            "case when ticket_value.field in ('owner', 'reporter', 'cc') or {own} = 'user' then {person}
                  when ticket_value.field in ('type', 'priority', 'severity', 'resolution', 'component', 'version')
                    or {own} in ('select', 'radio', 'multiple') then {option}
                  when ticket_value.field = 'status'
                    then (select name from main.ticket_status where id = ticket_value.value)
                  when ticket_value.field = 'milestone' then {milestone}
                  else cast(ticket_value.value as text) end",
            person = self.person("ticket_value.value"),
            option = self.option("ticket_value.value"),
            milestone = self.milestone("ticket_value.value"),
        )
    }
}

/// A condition that others use as well, beside a view that is called as the table is.
fn of_main(condition: &str) -> String {
    condition.replace("from ticket as", "from main.ticket as")
}

fn ticket(reader: &Reader<'_>) -> String {
    let option = |column: &str| reader.option(&format!("ticket.{column}"));
    format!(
        "select ticket.id, {kind}, ticket.created_at, ticket.changed_at, {component}, {severity}, {priority}, {owner},
             {reporter},
             coalesce((select group_concat({cc}, ', ' order by ticket_value.ord) from main.ticket_value
                 join main.person on person.id = ticket_value.value
                 where ticket_value.ticket = ticket.id and ticket_value.field = 'cc'
                   and ticket_value.to_change is null), ''),
             {version}, {milestone}, ticket_status.name, {resolution}, ticket.summary, ticket.description, ticket.keywords
         from main.ticket join main.ticket_status on ticket_status.id = ticket.status
         where {sees}",
        kind = option("type"),
        component = option("component"),
        severity = option("severity"),
        priority = option("priority"),
        owner = reader.person("ticket.owner"),
        reporter = reader.person("ticket.reporter"),
        cc = reader.name("person.login"),
        version = option("version"),
        milestone = reader.milestone("ticket.milestone"),
        resolution = option("resolution"),
        sees = reader.sees_ticket(),
    )
}

/// A project's own fields, and the built-in ones that Trac has not: the days on which a ticket begins and is due.
fn ticket_custom(reader: &Reader<'_>) -> String {
    let sees = reader.sees_ticket();
    format!(
        "select ticket_value.ticket, ticket_value.field, group_concat({value}, ', ' order by ticket_value.ord)
         from main.ticket_value
         join main.ticket on ticket.id = ticket_value.ticket
         join main.ticket_field on ticket_field.name = ticket_value.field
         where ticket_value.to_change is null and {sees}
         group by ticket_value.ticket, ticket_value.field
         union all select ticket.id, 'starts', ticket.starts from main.ticket where ticket.starts is not null and {sees}
         union all select ticket.id, 'due', ticket.due from main.ticket where ticket.due is not null and {sees}",
        value = reader.value("ticket_field.kind"),
    )
}

/// As Trac writes it: a row for the comment of each change, and one for each field that it changed.
fn ticket_change(reader: &Reader<'_>) -> String {
    let (sees, value) = (reader.sees_ticket(), reader.value("coalesce(ticket_field.kind, '')"));
    let knows = of_main(&knows_sql(reader.viewer, "ticket_value"));
    let class = reader.viewer.class_in_sql("ticket_change");
    let author = reader.person("ticket_change.author");
    let spans = |end: &str, old: &str, new: &str| {
        format!(
            "select ticket_value.{end} as change, ticket_value.field as field, ticket_value.ord as ord,
                 {old} as old, {new} as new
             from main.ticket_value left join main.ticket_field on ticket_field.name = ticket_value.field
             where ticket_value.{end} is not null and {knows}"
        )
    };
    format!(
        "with \"{secret}_span\" as ({ended} union all {begun})
         select ticket_change.ticket, ticket_change.changed_at, {author}, 'comment',
             cast(ticket_change.number as text), ticket_change.comment
         from main.ticket_change join main.ticket on ticket.id = ticket_change.ticket
         where ticket_change.number > 0 and {class} and {sees}
         union all
         select ticket_change.ticket, ticket_change.changed_at, {author}, field,
             coalesce(group_concat(old, ', ' order by ord), ''), coalesce(group_concat(new, ', ' order by ord), '')
         from \"{secret}_span\"
         join main.ticket_change on ticket_change.id = change
         join main.ticket on ticket.id = ticket_change.ticket
         where ticket_change.number > 0 and {class} and {sees}
         group by change, field",
        ended = spans("to_change", &value, "null"),
        begun = spans("from_change", "null", &value),
        secret = reader.secret,
    )
}

/// What was written on tickets, by itself: quicker to ask than the changes with all their fields.
fn comment(reader: &Reader<'_>) -> String {
    format!(
        "select ticket_change.ticket, ticket_change.number, ticket_change.changed_at, {author}, ticket_change.comment
         from main.ticket_change join main.ticket on ticket.id = ticket_change.ticket
         where ticket_change.number > 0 and ticket_change.comment <> '' and {class} and {sees}",
        author = reader.person("ticket_change.author"),
        class = reader.viewer.class_in_sql("ticket_change"),
        sees = reader.sees_ticket(),
    )
}

fn enumeration(reader: &Reader<'_>) -> String {
    format!(
        "select case field_option.field when 'type' then 'ticket_type' else field_option.field end, field_option.name,
             cast(row_number() over (partition by field_option.field order by field_option.rank, field_option.id) as text)
         from main.field_option
         where field_option.field in ('type', 'priority', 'severity', 'resolution')
           and field_option.retired_at is null and {}",
        reader.having(TICKET_VIEW, "1")
    )
}

fn component(reader: &Reader<'_>) -> String {
    format!(
        "select field_option.name, {owner}, field_option.description from main.field_option
         where field_option.field = 'component' and field_option.retired_at is null and {knows}",
        owner = reader.person("field_option.owner"),
        knows = reader.having(TICKET_VIEW, &reader.knows_option("field_option")),
    )
}

fn version(reader: &Reader<'_>) -> String {
    format!(
        "select field_option.name, field_option.released_at, field_option.description from main.field_option
         where field_option.field = 'version' and field_option.retired_at is null and {}",
        reader.having(TICKET_VIEW, "1")
    )
}

/// Days become the instants of their evenings, as Trac proposes them; what is not completed is 0.
fn milestone(reader: &Reader<'_>) -> String {
    format!(
        "select milestone.name, unixepoch(milestone.due || ' 18:00') * 1000000, coalesce(milestone.completed_at, 0),
             milestone.description
         from main.milestone where milestone.deleted_at is null and {}",
        reader.having(MILESTONE_VIEW, &reader.viewer.class_sql("milestone"))
    )
}

fn status(reader: &Reader<'_>) -> String {
    let sees = reader.having(TICKET_VIEW, "ticket_status.retired_at is null");
    format!("select ticket_status.name, ticket_status.category from main.ticket_status where {sees}")
}

fn wiki(reader: &Reader<'_>) -> String {
    format!(
        "select page.name, page_version.version, page_version.saved_at, {author}, page_version.text,
             page_version.comment, page.read_only
         from main.page join main.page_version on page_version.page = page.id
         where page.deleted_at is null and page_version.removed_at is null and {sees}",
        author = reader.person("page_version.author"),
        sees = reader.having(WIKI_VIEW, &reader.viewer.class_sql("page")),
    )
}

fn attachment(reader: &Reader<'_>) -> String {
    let hanging = reader.viewer.sees_hanging_sql("attachment", "parent_kind", "parent_id");
    let of = |kind: &str, realm: &str, name: &str, sees: &str| {
        format!(
            "select '{realm}', {name}, attachment.name, attachment.size, attachment.added_at, attachment.description,
                 {author}
             from main.attachment join main.{kind} on {kind}.id = attachment.parent_id
             where attachment.parent_kind = '{kind}' and attachment.removed_at is null and {hanging} and {sees}",
            author = reader.person("attachment.author"),
        )
    };
    let (page, milestone) = (reader.viewer.class_sql("page"), reader.viewer.class_sql("milestone"));
    let page = reader.having(WIKI_VIEW, &format!("page.deleted_at is null and {page}"));
    let milestone = reader.having(MILESTONE_VIEW, &format!("milestone.deleted_at is null and {milestone}"));
    [
        of("ticket", "ticket", "cast(ticket.id as text)", &reader.sees_ticket()),
        of("page", "wiki", "page.name", &page),
        of("milestone", "milestone", "milestone.name", &milestone),
    ]
    .join(" union all ")
}

fn repository(reader: &Reader<'_>) -> String {
    let sees = reader.having(CHANGESET_VIEW, "1");
    format!("select repository.id, 'name', repository.name from main.repository where {sees}")
}

fn revision(reader: &Reader<'_>) -> String {
    format!(
        "select changeset_repository.repository, changeset.sha, changeset.committed_at, {author}, changeset.message
         from main.changeset join main.changeset_repository on changeset_repository.changeset = changeset.id
         where {sees}",
        author = reader.name("changeset.author_name"),
        sees = reader.having(CHANGESET_VIEW, &reader.viewer.class_sql("changeset")),
    )
}

fn report(reader: &Reader<'_>) -> String {
    let query = if reader.viewer.may(REPORT_SQL_VIEW) { "report.query" } else { "''" };
    format!(
        "select report.id, {author}, report.title, {query}, report.description from main.report where {sees}",
        author = reader.person("report.owner"),
        sees = reader.having(REPORT_VIEW, &store::sees_sql(reader.viewer)),
    )
}

/// For administrators alone.
fn permission(reader: &Reader<'_>) -> String {
    format!(
        "select case permission_grant.subject_kind
                when 'person' then (select person.login from main.person
                    where person.id = cast(permission_grant.subject as integer))
                when 'group' then permission_grant.label else permission_grant.subject_kind end,
             permission_grant.permission
         from main.permission_grant where {}",
        reader.having(TRAC_ADMIN, "not permission_grant.denied and permission_grant.place_kind = '' and permission_grant.subject_kind <> 'role'")
    )
}
