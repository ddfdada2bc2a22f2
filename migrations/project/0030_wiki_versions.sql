-- Small changes are told apart from others; a version can be taken out of the history; a page can be kept from changes.

alter table page_version add column minor integer not null default 0;
-- A removed version keeps its number, its author and its place: its text and its comment are gone.
alter table page_version add column removed_at integer;
alter table page_version add column removed_by integer references person (id);
alter table page add column read_only integer not null default 0;
