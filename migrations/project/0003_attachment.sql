-- Files on any resource. The bytes lie in `files/` under their hash; one row is one file under one name.
-- A removed or replaced file keeps its row and its bytes.

create table attachment (
    id integer primary key autoincrement,
    parent_kind text not null,
    parent_id integer not null,
    name text not null,
    description text not null default '',
    hash text not null,
    size integer not null,
    author integer references person (id),
    added_at integer not null,
    acl integer not null default 1 references acl (id),
    removed_at integer,
    removed_by integer references person (id),
    replaced_by integer references attachment (id)
) strict;
create unique index attachment_name on attachment (parent_kind, parent_id, name) where removed_at is null;
create index attachment_hash on attachment (hash);
create index attachment_replaced on attachment (replaced_by) where replaced_by is not null;
