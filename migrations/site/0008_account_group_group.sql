-- Groups in groups: whoever is in the inner one is in the outer one. No group is in itself, however far around.
create table account_group_group (
    account_group text not null references account_group (id) on delete cascade,
    inner_group text not null references account_group (id) on delete cascade,
    primary key (account_group, inner_group)
) strict, without rowid;
create index account_group_group_inner on account_group_group (inner_group);
