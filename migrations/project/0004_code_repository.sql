-- Git repositories that belong to the project. Only their git directory is read.

create table repository (
    id integer primary key autoincrement,
    name text not null unique,
    path text not null,
    added_at integer not null
) strict;
