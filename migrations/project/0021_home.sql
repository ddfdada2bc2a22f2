-- What somebody's page "at a glance" is made of, and how often it comes anew.

-- `account` is the account's uuid, since many who read have no row among the people of the project; empty: what everybody
-- gets who has arranged nothing.
create table home_box (
    account text not null,
    -- From 1, in order.
    place integer not null,
    side text not null check (side in ('main', 'aside')),
    kind text not null,
    -- Empty: as its kind is called.
    title text not null,
    -- The query, the chart or the text of kinds that are made of one.
    content text not null,
    primary key (account, place)
) strict, without rowid;

create table home_refresh (
    account text primary key,
    -- Minutes; no row: never.
    minutes integer not null
) strict, without rowid;
