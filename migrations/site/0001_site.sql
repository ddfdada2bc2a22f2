-- The site: what exists, who there is, and how the site is set up.
-- Instants are whole microseconds UTC throughout.

create table setting (
    name text primary key,
    value text not null
) strict;

-- `site.db` alone decides what exists: a project is built as `building` and made `live` by one transaction.
create table project (
    id text primary key,
    name text not null unique,
    title text not null default '',
    state text not null check (state in ('building', 'live', 'archived', 'removed')),
    created_at integer not null
) strict;

-- Old addresses go on leading to the project.
create table project_former_name (
    name text primary key,
    project text not null references project (id)
) strict;
create index project_former_name_project on project_former_name (project);

-- `uuid` is what projects know an account by, so that a project folder can move to another site.
create table account (
    id integer primary key autoincrement,
    uuid text not null unique,
    login text not null,
    login_folded text not null unique,
    display_name text not null default '',
    email text not null default '',
    email_confirmed integer not null default 0,
    password text,
    admin integer not null default 0,
    disabled integer not null default 0,
    time_zone text not null default '',
    theme text not null default 'auto' check (theme in ('auto', 'light', 'dark')),
    keys integer not null default 1,
    created_at integer not null,
    last_seen_at integer
) strict;

-- Called `account_group` because `group` is a word of SQL.
create table account_group (
    id text primary key,
    name text not null,
    name_folded text not null unique
) strict;

create table account_group_member (
    account_group text not null references account_group (id) on delete cascade,
    account integer not null references account (id),
    primary key (account_group, account)
) strict, without rowid;
create index account_group_member_account on account_group_member (account);

-- Only hashes of session ids and link tokens are kept: a copy of the database signs nobody in.
create table session (
    hash blob primary key,
    account integer not null references account (id),
    created_at integer not null,
    last_seen_at integer not null,
    expires_at integer not null,
    agent text not null default ''
) strict;
create index session_account on session (account);
create index session_expires on session (expires_at);

-- A link that signs in once: the first administrator (no account yet) and invited people.
create table sign_in_link (
    hash blob primary key,
    account integer references account (id),
    created_at integer not null,
    expires_at integer not null,
    used_at integer
) strict;

-- Projects that other processes have written to while the server had them closed.
create table wake (
    project text primary key,
    at integer not null
) strict;

-- What happened to the site itself; the columns are those of a project's event log.
create table event (
    id integer primary key autoincrement,
    recorded_at integer not null,
    happened_at integer not null,
    actor integer references account (id),
    via text not null check (via in ('web', 'command', 'commit', 'mail', 'import', 'system')),
    kind text not null,
    resource_kind text not null,
    resource_id integer not null,
    part text not null default '',
    acl integer not null default 1,
    batch integer,
    live integer not null default 1,
    data text not null default '{}'
) strict;
