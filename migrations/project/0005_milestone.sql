-- Milestones: what is planned for when. Tickets refer to them by id, so that a rename is one row.

create table milestone (
    id integer primary key autoincrement,
    name text not null,
    folded text not null,
    description text not null default '',
    -- A calendar date in the project's time zone: 2026-12-31.
    due text check (due glob '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]'),
    completed_at integer,
    is_default integer not null default 0 check (is_default in (0, 1)),
    acl integer not null default 1 references acl (id),
    author integer references person (id),
    created_at integer not null,
    changed_at integer not null,
    deleted_at integer
) strict;
create unique index milestone_folded on milestone (folded) where deleted_at is null;
create unique index milestone_default on milestone (is_default) where is_default = 1;

-- Where a milestone has been: its old address leads to it.
create table milestone_former_name (
    folded text primary key,
    name text not null,
    milestone integer not null references milestone (id)
) strict, without rowid;
create index milestone_former_name_milestone on milestone_former_name (milestone);

-- Projects that are there already: who reads pages reads milestones, who makes pages made none so far.
insert or ignore into permission_grant (subject_kind, subject, label, permission)
    select subject_kind, subject, label, 'MILESTONE_VIEW' from permission_grant where permission = 'WIKI_VIEW';
insert or ignore into permission_grant (subject_kind, subject, label, permission)
    select subject_kind, subject, label, 'ROADMAP_VIEW' from permission_grant where permission = 'WIKI_VIEW';
insert or ignore into permission_grant (subject_kind, subject, label, permission)
    select subject_kind, subject, label, 'TIMELINE_VIEW' from permission_grant where permission = 'WIKI_VIEW';
