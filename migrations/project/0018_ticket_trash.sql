-- Tickets in the trash, what remains of purged ones, and changes that take others back.

alter table ticket add column deleted_at integer;
alter table ticket add column deleted_by integer references person (id);
-- The class that it had, for when it is restored.
alter table ticket add column class_before integer references acl (id);
create index ticket_deleted on ticket (deleted_at) where deleted_at is not null;

-- A purged ticket: its number is never given again.
create table ticket_tombstone (
    ticket integer primary key,
    purged_at integer not null,
    purged_by integer references person (id)
) strict;

-- The change that this one takes back.
alter table ticket_change add column undoes integer references ticket_change (id);
-- Changes of many tickets in one act name the event that began it.
alter table ticket_change add column batch integer;
create index ticket_change_batch on ticket_change (batch) where batch is not null;
