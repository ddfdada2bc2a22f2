-- When an account looked at the timeline last, and the time before: what is newer than that is marked as new. `account` is
-- the account's uuid, since many who read have no row among the people of the project.

create table timeline_visit (
    account text primary key,
    before_at integer,
    seen_at integer not null
) strict, without rowid;
