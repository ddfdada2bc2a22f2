-- The logo of a project. What else belongs to its look are settings.
create table project_logo (
    id integer primary key check (id = 1),
    -- SHA-256 in hex.
    hash text not null,
    media_type text not null,
    -- In pixels.
    width integer not null,
    height integer not null,
    bytes blob not null
) strict;
