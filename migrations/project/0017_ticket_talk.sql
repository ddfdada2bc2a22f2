-- What helps to talk and to file: how far somebody has read, replies and descriptions that are written once.

-- `account` is the account's uuid here and below, since many who read have no row among the people of the project.
create table ticket_seen (
    account text not null,
    ticket integer not null references ticket (id),
    -- The number of the newest change and of the newest note that they have had before them.
    change integer not null default 0,
    note integer not null default 0,
    seen_at integer not null,
    primary key (account, ticket)
) strict, without rowid;

-- How an account wants conversations laid out: `threaded comments`.
create table ticket_look (
    account text primary key,
    look text not null
) strict, without rowid;

-- Texts that are written once: replies to choose from, and what new tickets begin with.
create table ticket_text (
    id integer primary key autoincrement,
    kind text not null check (kind in ('reply', 'template')),
    name text not null,
    folded text not null,
    -- The comment, or the description of a new ticket.
    text text not null,
    -- For tickets of this type and of this component; none: whatever they have.
    type integer references field_option (id),
    component integer references field_option (id),
    -- Of a template.
    summary text not null default '',
    -- Of a template: headings of its text below which something has to stand, as a JSON array.
    required_parts text not null default '[]',
    retired_at integer
) strict;
create unique index ticket_text_name on ticket_text (kind, folded) where retired_at is null;
