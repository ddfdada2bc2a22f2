-- The ground of a project: its people, who may see what, what happened, and who has heard of it.

create table setting (
    name text primary key,
    value text not null
) strict;

-- Authors, owners, watchers and grants refer to people of the project. `uuid` ties one to an account of the site;
-- nothing is ever bound by equal name or unconfirmed address.
create table person (
    id integer primary key autoincrement,
    uuid text unique,
    login text not null,
    display_name text not null default '',
    kind text not null check (kind in ('account', 'address', 'git', 'former', 'operator'))
) strict;
create index person_login on person (login);

-- Who may do what. `subject` is a person's id, a group's id, or empty for the three that stand for many.
-- The permission `members` makes its subject a member and gives nothing else.
create table permission_grant (
    subject_kind text not null check (subject_kind in ('person', 'group', 'anonymous', 'authenticated', 'members')),
    subject text not null default '',
    label text not null default '',
    permission text not null,
    primary key (subject_kind, subject, permission)
) strict, without rowid;

-- Access classes: every visible row names one. Class 1 is what no rule restricts.
-- `participants`: those who take part in a row of this class see that row.
create table acl (
    id integer primary key autoincrement,
    kind text not null check (kind in ('default', 'path', 'former', 'component', 'note', 'private')),
    path text not null default '',
    participants integer not null default 0,
    unique (kind, path)
) strict;
insert into acl (id, kind) values (1, 'default');

-- Who sees the rows of a class other than the default one; administrators see all.
create table acl_subject (
    acl integer not null references acl (id) on delete cascade,
    subject_kind text not null check (subject_kind in ('person', 'group', 'anonymous', 'authenticated', 'members')),
    subject text not null default '',
    label text not null default '',
    primary key (acl, subject_kind, subject)
) strict, without rowid;

create table participant (
    resource_kind text not null,
    resource_id integer not null,
    person integer not null references person (id),
    role text not null,
    primary key (resource_kind, resource_id, person, role)
) strict, without rowid;
create index participant_person on participant (person);

-- Everything that happens, written in the transaction that does it. `data` holds ids and field names, never text.
create table event (
    id integer primary key autoincrement,
    recorded_at integer not null,
    happened_at integer not null,
    actor integer references person (id),
    via text not null check (via in ('web', 'command', 'commit', 'mail', 'import', 'system')),
    kind text not null,
    resource_kind text not null,
    resource_id integer not null,
    part text not null default '',
    acl integer not null references acl (id),
    batch integer,
    live integer not null default 1,
    data text not null default '{}'
) strict;
create index event_happened on event (happened_at);
create index event_resource on event (resource_kind, resource_id, id);

-- How far each follower has read, and what it stumbles over.
create table follower (
    name text primary key,
    position integer not null default 0,
    failures integer not null default 0,
    retry_at integer not null default 0
) strict;

-- Events that a follower gave up on after five tries; shown on the health page.
create table parked_event (
    follower text not null,
    event integer not null references event (id),
    error text not null,
    parked_at integer not null,
    primary key (follower, event)
) strict;

-- Mail to be sent: queued in the transaction that calls for it.
create table outbox (
    id integer primary key autoincrement,
    event integer references event (id),
    person integer references person (id),
    kind text not null,
    data text not null default '{}',
    state text not null default 'waiting' check (state in ('waiting', 'sent', 'failed')),
    attempts integer not null default 0,
    next_at integer not null,
    error text not null default '',
    created_at integer not null
) strict;
create index outbox_waiting on outbox (next_at) where state = 'waiting';

-- Outgoing references of every text: what links here, wanted pages, orphans.
-- `target` is the canonical key within its kind, for a page its folded name, so that it may point at what is not there yet.
create table link (
    source_kind text not null,
    source_id integer not null,
    part text not null default '',
    target_kind text not null,
    target text not null,
    role text not null,
    acl integer not null references acl (id),
    primary key (source_kind, source_id, part, target_kind, target, role)
) strict, without rowid;
create index link_target on link (target_kind, target, source_kind, source_id);
