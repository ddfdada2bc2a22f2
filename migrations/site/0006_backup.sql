-- Backups that were made or tried, and how trying each of them out ended.
create table backup_run (
    id integer primary key autoincrement,
    begun_at integer not null,
    ended_at integer not null,
    -- Made by the schedule, not by a command.
    scheduled integer not null,
    -- Where it lies; empty if none was made.
    file text not null default '',
    bytes integer not null default 0,
    -- Why none was made; empty if one was.
    error text not null default '',
    -- When it was restored elsewhere to be looked at; none: it was not.
    drilled_at integer,
    -- What was found then; empty: nothing.
    drill_error text not null default '',
    -- The file was removed again, as newer ones took its place.
    removed integer not null default 0
) strict;
