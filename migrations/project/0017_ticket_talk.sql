-- What helps to talk and to file: how far somebody has read, replies and descriptions that are written once.

create table ticket_seen (
    person integer not null references person (id),
    ticket integer not null references ticket (id),
    -- The number of the newest change and of the newest note that the person has had before them.
    change integer not null default 0,
    note integer not null default 0,
    seen_at integer not null,
    primary key (person, ticket)
) strict, without rowid;

create table canned_reply (
    id integer primary key autoincrement,
    name text not null,
    folded text not null,
    text text not null,
    -- Offered on the tickets of this component only; none: on all.
    component integer references field_option (id),
    rank integer not null,
    retired_at integer
) strict;
create unique index canned_reply_name on canned_reply (folded) where retired_at is null;

-- What a new ticket begins with, by its type, its component, or both; none: whatever they are.
create table ticket_template (
    id integer primary key autoincrement,
    name text not null,
    folded text not null,
    type integer references field_option (id),
    component integer references field_option (id),
    summary text not null default '',
    description text not null default '',
    -- Headings of the description below which something has to stand, as a JSON array.
    required_parts text,
    rank integer not null,
    retired_at integer
) strict;
create unique index ticket_template_name on ticket_template (folded) where retired_at is null;
