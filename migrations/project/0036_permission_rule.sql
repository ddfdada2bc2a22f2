-- Rights in full: denied ones, rights in a component or below a path, rights of whoever plays a part on a ticket, and named
-- sets of rights. `permission` is a right or the name of a set, which is in lower case.
create table permission_grant_new (
    subject_kind text not null
        check (subject_kind in ('person', 'group', 'anonymous', 'authenticated', 'members', 'role')),
    subject text not null default '',
    label text not null default '',
    permission text not null,
    denied integer not null default 0,
    -- '', 'component' (`place` is its id) or 'path' (`place` is folded).
    place_kind text not null default '' check (place_kind in ('', 'component', 'path')),
    place text not null default '',
    primary key (subject_kind, subject, permission, place_kind, place)
) strict, without rowid;
insert into permission_grant_new (subject_kind, subject, label, permission)
    select subject_kind, subject, label, permission from permission_grant;
drop table permission_grant;
alter table permission_grant_new rename to permission_grant;

create table permission_set (
    name text primary key
) strict, without rowid;
create table permission_set_right (
    permission_set text not null references permission_set (name) on delete cascade,
    permission text not null,
    primary key (permission_set, permission)
) strict, without rowid;
