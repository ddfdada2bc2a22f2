-- Wiki pages with all their versions. The page row repeats what lists need of the newest version.

create table page (
    id integer primary key autoincrement,
    name text not null,
    folded text not null,
    version integer not null,
    acl integer not null default 1 references acl (id),
    author integer references person (id),
    changed_at integer not null,
    created_at integer not null,
    deleted_at integer,
    deleted_by integer references person (id),
    deleted_comment text not null default ''
) strict;
-- Two pages may not differ by case alone; a deleted one leaves its name free.
create unique index page_folded on page (folded) where deleted_at is null;
create index page_changed on page (changed_at) where deleted_at is null;
create index page_deleted on page (deleted_at) where deleted_at is not null;
create index page_acl on page (acl);

create table page_version (
    page integer not null references page (id),
    version integer not null,
    author integer references person (id),
    saved_at integer not null,
    comment text not null default '',
    via text not null,
    size integer not null,
    text text not null,
    primary key (page, version)
) strict;

-- Where a page has been: its old address leads to it.
create table page_former_name (
    folded text primary key,
    name text not null,
    page integer not null references page (id)
) strict, without rowid;
create index page_former_name_page on page_former_name (page);
