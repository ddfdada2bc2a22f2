-- Groups of states that progress is counted by (row M04). Where a project has none, the categories of states are the groups.

create table progress_group (
    id integer primary key autoincrement,
    rank integer not null,
    title text not null,
    look text not null check (look in ('closed', 'started', 'waiting', 'open')),
    -- Its tickets count as done.
    is_done integer not null check (is_done in (0, 1)),
    -- It takes the states that no group names.
    is_rest integer not null check (is_rest in (0, 1)),
    -- What the lists that its numbers lead to are asked for as well, as an address has it: `group=owner&max=50`.
    query text not null default ''
) strict;
create unique index progress_group_rest on progress_group (is_rest) where is_rest = 1;

create table progress_group_status (
    status integer primary key references ticket_status (id),
    progress_group integer not null references progress_group (id) on delete cascade
) strict;
