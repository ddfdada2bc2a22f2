-- Moves of pages, for as long as they can be undone: which pages went where, and which texts were changed to follow them.

create table page_move (
    id integer primary key autoincrement,
    moved_by integer references person (id),
    moved_at integer not null,
    undone_at integer
) strict;

create table page_moved (
    move integer not null references page_move (id),
    page integer not null references page (id),
    from_name text not null,
    to_name text not null,
    -- The newest version when the move was done.
    version integer not null,
    primary key (move, page)
) strict, without rowid;
create index page_moved_page on page_moved (page, move);

-- A text whose references follow the pages, with its revision before and after: of a page, its version.
create table page_move_text (
    move integer not null references page_move (id),
    resource_kind text not null,
    resource_id integer not null,
    part text not null default '',
    before integer not null,
    after integer not null,
    primary key (move, resource_kind, resource_id, part)
) strict, without rowid;
