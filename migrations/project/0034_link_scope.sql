-- A link may mean one page or another, whichever is there (row L04): `nearer` holds the keys that it means rather than its
-- target wherever one of them leads anywhere, as a JSON list. Of the rows of one link the one that is `wished` says what is
-- missing where nothing is there; all other links are wished.
create table link_scoped (
    source_kind text not null,
    source_id integer not null,
    part text not null default '',
    target_kind text not null,
    target text not null,
    role text not null,
    acl integer not null references acl (id),
    nearer text not null default '[]',
    wished integer not null default 1,
    primary key (source_kind, source_id, part, target_kind, target, role, nearer, wished)
) strict, without rowid;

insert into link_scoped (source_kind, source_id, part, target_kind, target, role, acl)
select source_kind, source_id, part, target_kind, target, role, acl from link;

drop table link;
alter table link_scoped rename to link;
create index link_target on link (target_kind, target, source_kind, source_id);
