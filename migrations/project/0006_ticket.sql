-- Tickets: values are rows, history is spans (DESIGN 1.6).

-- What a ticket's choices are made of: types, priorities, severities, resolutions, components, versions.
-- An option that is taken away is retired: old tickets keep it.
create table field_option (
    id integer primary key autoincrement,
    field text not null check (field in ('type', 'priority', 'severity', 'resolution', 'component', 'version')),
    name text not null,
    folded text not null,
    -- The order of the field's options; versions are ordered by their release.
    rank integer not null,
    description text not null default '',
    is_default integer not null default 0 check (is_default in (0, 1)),
    -- Of a component: who gets its tickets.
    owner integer references person (id),
    -- Of a version.
    released_at integer,
    retired_at integer
) strict;
create unique index field_option_name on field_option (field, folded) where retired_at is null;
create unique index field_option_default on field_option (field) where is_default = 1;
create index field_option_rank on field_option (field, rank, id);

insert into field_option (field, name, folded, rank, is_default) values
    ('type', 'defect', 'defect', 1, 1), ('type', 'enhancement', 'enhancement', 2, 0), ('type', 'task', 'task', 3, 0),
    ('priority', 'blocker', 'blocker', 1, 0), ('priority', 'critical', 'critical', 2, 0),
    ('priority', 'major', 'major', 3, 1), ('priority', 'minor', 'minor', 4, 0), ('priority', 'trivial', 'trivial', 5, 0),
    ('resolution', 'fixed', 'fixed', 1, 1), ('resolution', 'invalid', 'invalid', 2, 0),
    ('resolution', 'wontfix', 'wontfix', 3, 0), ('resolution', 'duplicate', 'duplicate', 4, 0),
    ('resolution', 'worksforme', 'worksforme', 5, 0);

-- The states of the workflow. One that the workflow no longer names stays as long as a ticket is in it.
create table ticket_status (
    id integer primary key autoincrement,
    name text not null unique,
    category text not null check (category in ('open', 'waiting', 'closed')),
    rank integer not null,
    retired_at integer
) strict;
insert into ticket_status (name, category, rank) values
    ('new', 'open', 1), ('assigned', 'open', 2), ('accepted', 'open', 3), ('reopened', 'open', 4), ('closed', 'closed', 5);

create table ticket (
    id integer primary key autoincrement,
    acl integer not null default 1 references acl (id),
    created_at integer not null,
    changed_at integer not null,
    -- When it was closed last, if it is closed.
    closed_at integer,
    -- The number of the newest change.
    changes integer not null default 0,
    summary text not null,
    description text not null default '',
    reporter integer references person (id),
    owner integer references person (id),
    status integer not null references ticket_status (id),
    resolution integer references field_option (id),
    type integer references field_option (id),
    priority integer references field_option (id),
    severity integer references field_option (id),
    component integer references field_option (id),
    version integer references field_option (id),
    milestone integer references milestone (id),
    keywords text not null default ''
) strict;
create index ticket_status_priority on ticket (status, priority, acl);
create index ticket_priority on ticket (priority, status);
create index ticket_owner on ticket (owner, status);
create index ticket_reporter on ticket (reporter, status);
create index ticket_milestone on ticket (milestone, status);
create index ticket_component on ticket (component, status);
create index ticket_version on ticket (version, status);
create index ticket_type on ticket (type, status);
create index ticket_severity on ticket (severity, status);
create index ticket_resolution on ticket (resolution, status);
create index ticket_created on ticket (created_at);
create index ticket_changed on ticket (changed_at);
create index ticket_acl on ticket (acl) where acl <> 1;

-- One submit: a person, a moment, a comment, and the values that it began and ended. Number 0 is the filing.
create table ticket_change (
    id integer primary key autoincrement,
    ticket integer not null references ticket (id),
    number integer not null,
    author integer references person (id),
    changed_at integer not null,
    via text not null,
    comment text not null default '',
    -- The change that it answers, 0 for the description.
    reply_to integer,
    -- How often the comment was edited, and the last time.
    edits integer not null default 0,
    edited_at integer,
    edited_by integer references person (id),
    acl integer not null default 1 references acl (id)
) strict;
create unique index ticket_change_number on ticket_change (ticket, number);
create index ticket_change_author on ticket_change (author);

-- Earlier texts of an edited comment; version 0 is as it was first written.
create table ticket_comment_version (
    change integer not null references ticket_change (id),
    version integer not null,
    author integer references person (id),
    written_at integer not null,
    text text not null,
    primary key (change, version)
) strict, without rowid;

-- Every value a field ever had, with the changes that began and ended it. `value` is the text, or the id of an option,
-- state, milestone or person; a field with several values has one row for each.
create table ticket_value (
    id integer primary key autoincrement,
    ticket integer not null references ticket (id),
    field text not null,
    ord integer not null default 0,
    value any not null,
    from_change integer not null references ticket_change (id),
    to_change integer references ticket_change (id)
) strict;
create unique index ticket_value_current on ticket_value (ticket, field, ord) where to_change is null;
create index ticket_value_from on ticket_value (from_change);
create index ticket_value_to on ticket_value (to_change) where to_change is not null;
create index ticket_value_ticket on ticket_value (ticket, field);

-- How many tickets of each access class a milestone has, by the value of one field and by state. Field `` counts all.
-- Kept in the transaction that changes a ticket; `check` counts again.
create table ticket_tally (
    milestone integer not null,
    field text not null,
    value integer not null,
    status integer not null,
    acl integer not null,
    tickets integer not null,
    primary key (milestone, field, value, status, acl)
) strict, without rowid;

-- Projects that are there already: readers and writers of pages are those of tickets.
insert or ignore into permission_grant (subject_kind, subject, label, permission)
    select subject_kind, subject, label, 'TICKET_VIEW' from permission_grant where permission = 'WIKI_VIEW';
insert or ignore into permission_grant (subject_kind, subject, label, permission)
    select subject_kind, subject, label, 'TICKET_CREATE' from permission_grant where permission = 'WIKI_CREATE';
insert or ignore into permission_grant (subject_kind, subject, label, permission)
    select subject_kind, subject, label, 'TICKET_MODIFY' from permission_grant where permission = 'WIKI_MODIFY';
