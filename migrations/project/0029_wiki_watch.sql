-- Pages that somebody watches, and how far they have looked.

-- `account` is the account's uuid, since many who read have no row among the people of the project.
create table page_watch (
    account text not null,
    -- A page, a page with those below it, or all pages; `page` is 0 then.
    scope text not null check (scope in ('page', 'tree', 'all')),
    page integer not null default 0,
    since integer not null,
    primary key (account, scope, page)
) strict, without rowid;

create table page_watch_look (
    account text primary key,
    looked_at integer not null
) strict, without rowid;

create index page_message_written on page_message (written_at);
