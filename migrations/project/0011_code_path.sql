-- Which commit changed which path, so that a folder can say of each entry what happened to it last, and a path has a log.
-- All of it is drawn from the repositories and can be drawn again.

-- The default branch as one line: its newest commit, that one's first parent, and so on; 0 is the oldest.
create table mainline (
    repository integer not null references repository (id) on delete cascade,
    position integer not null,
    sha text not null,
    primary key (repository, position)
) strict, without rowid;
create unique index mainline_sha on mainline (repository, sha);

-- Every path that ever was on that line, folders too. Names are bytes, as in git.
create table path (
    id integer primary key,
    repository integer not null references repository (id) on delete cascade,
    -- The folder that it lies in; 0 is the outermost one.
    parent integer not null,
    name blob not null,
    -- The newest position that changed it or anything below it.
    last integer not null,
    unique (repository, parent, name)
) strict;
create index path_last on path (repository, last);

create table path_change (
    path integer not null references path (id) on delete cascade,
    position integer not null,
    kind text not null check (kind in ('added', 'changed', 'removed', 'renamed')),
    -- The path that it had before, if it was renamed.
    former integer,
    primary key (path, position)
) strict, without rowid;
