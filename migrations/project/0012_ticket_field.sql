-- Fields that a project gives its tickets itself (rows F01 to F10), and relations, dates and times that tickets have by
-- themselves.

create table ticket_field (
    id integer primary key autoincrement,
    -- As forms, addresses, queries and JSON call it; `ticket_value.field` holds it. For ever: values outlive the field.
    name text not null unique,
    label text not null,
    kind text not null check (kind in
        ('text', 'textarea', 'checkbox', 'select', 'radio', 'multiple', 'time', 'date', 'number', 'user', 'url')),
    -- Of a text: plain, wiki, reference, list. Of a textarea: plain, wiki. Of a time: datetime, date, relative.
    format text not null default '',
    help text not null default '',
    -- What a new ticket has where nothing is typed, as it would be typed.
    proposed text not null default '',
    rank integer not null,
    -- Lines of a textarea.
    rows integer not null default 5,
    -- The longest value in characters; none: what the program allows.
    max_size integer,
    -- The types of tickets that have it, as a JSON array of ids; none: all.
    types text,
    -- The states in which it can't be empty, as a JSON array of names; none: it may be empty everywhere.
    required_in text,
    -- No longer offered; values and histories keep it (row F08).
    retired_at integer
) strict;

-- The same table without its list of fields: the choices of such fields are options as well.
create table field_option_new (
    id integer primary key autoincrement,
    field text not null,
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
insert into field_option_new select id, field, name, folded, rank, description, is_default, owner, released_at, retired_at
    from field_option;
update sqlite_sequence set seq = (select seq from sqlite_sequence where name = 'field_option') where name = 'field_option_new';
drop table field_option;
alter table field_option_new rename to field_option;
create unique index field_option_name on field_option (field, folded) where retired_at is null;
create unique index field_option_default on field_option (field) where is_default = 1;
create index field_option_rank on field_option (field, rank, id);

-- The current values of fields that are no columns of `ticket`: own fields but for long texts, relations. It repeats
-- `ticket_value`, so that an index serves queries and the other end of a relation; `check` proves both equal.
create table ticket_current (
    ticket integer not null references ticket (id),
    field text not null,
    ord integer not null default 0,
    value any not null,
    primary key (ticket, field, ord)
) strict, without rowid;
create index ticket_current_value on ticket_current (field, value, ticket);

-- Calendar dates in the project's time zone: 2026-12-31.
alter table ticket add column starts text;
alter table ticket add column due text;
-- Minutes.
alter table ticket add column estimated integer;
alter table ticket add column remaining integer;
-- When somebody began with it, and when somebody other than the reporter wrote on it last.
alter table ticket add column started_at integer;
alter table ticket add column contacted_at integer;
-- Only who takes part in it sees it.
alter table ticket add column private integer not null default 0 check (private in (0, 1));
create index ticket_due on ticket (due, status) where due is not null;
