-- Components are queues: with watchers, default values, and doors that may be closed. Private tickets and internal notes.

-- The same table with more to say of who sees a class: whoever has a right, as long as they see another class, too.
create table acl_new (
    id integer primary key autoincrement,
    kind text not null check (kind in ('default', 'path', 'former', 'component', 'note', 'private', 'trash')),
    -- What the class is of: a path of pages, the id of a component, the id of the class that a note or a private ticket
    -- would have otherwise.
    path text not null default '',
    -- Those who take part in a row of this class see that row.
    participants integer not null default 0,
    -- The right whose holders see the class, beside its subjects; empty: none.
    permission text not null default '',
    -- Nobody sees this class who does not see that one, participants neither.
    base integer references acl (id),
    unique (kind, path)
) strict;
insert into acl_new (id, kind, path, participants) select id, kind, path, participants from acl;
update sqlite_sequence set seq = (select seq from sqlite_sequence where name = 'acl') where name = 'acl_new';
drop table acl;
alter table acl_new rename to acl;

-- What is in the trash: a class that nobody sees, administrators neither.
insert into acl (id, kind) values (0, 'trash');

-- Of a component that is closed to all but some: the class of its tickets, and of itself wherever it is named. None: the
-- default one.
alter table field_option add column acl integer references acl (id);

-- Who is told of all tickets of a component: `cc` of what is public, `admincc` of internal notes as well (row A4).
create table component_watcher (
    component integer not null references field_option (id),
    person integer not null references person (id),
    kind text not null check (kind in ('cc', 'admincc')),
    primary key (component, person)
) strict, without rowid;

-- What a new ticket of a component has where nothing is typed, as it would be typed.
create table component_default (
    component integer not null references field_option (id),
    field text not null,
    value text not null,
    primary key (component, field)
) strict, without rowid;

-- What is said among those who may read it. A series of its own: it touches neither the numbers of comments nor the time of
-- the last change (DESIGN 1.6).
create table ticket_note (
    id integer primary key autoincrement,
    ticket integer not null references ticket (id),
    number integer not null,
    author integer references person (id),
    written_at integer not null,
    via text not null,
    text text not null,
    -- The note that it answers.
    reply_to integer,
    edits integer not null default 0,
    edited_at integer,
    edited_by integer references person (id),
    acl integer not null references acl (id)
) strict;
create unique index ticket_note_number on ticket_note (ticket, number);

-- Earlier texts of an edited note; version 0 is as it was first written.
create table ticket_note_version (
    note integer not null references ticket_note (id),
    version integer not null,
    author integer references person (id),
    written_at integer not null,
    text text not null,
    primary key (note, version)
) strict, without rowid;
