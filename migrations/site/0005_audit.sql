-- The audit log: what was done that somebody may have to answer for, each row bound to the one before it by a hash.
-- Texts lie in rows of their own. What the hash covers of them is the digest of a salted value, so that a value can be
-- erased, and its salt with it, while the chain stays whole. See `base/audit`.
create table audit (
    id integer primary key autoincrement,
    -- None for the first row, with which the log begins.
    event integer unique references event (id),
    recorded_at integer not null,
    kind text not null,
    via text not null,
    -- 0 for nobody who has an account.
    actor integer not null,
    resource_kind text not null,
    resource_id integer not null,
    hash blob not null
) strict;
create index audit_kind on audit (kind, id);

create table audit_value (
    audit integer not null references audit (id),
    name text not null,
    salt blob,
    value text,
    digest blob not null,
    primary key (audit, name)
) strict, without rowid;
create index audit_value_text on audit_value (name, value, audit);
