-- Time that was worked on tickets, reminders and bookmarks.

-- Minutes of one person on one day; less than nothing corrects an earlier entry. Entries are never changed.
create table ticket_time (
    id integer primary key autoincrement,
    ticket integer not null references ticket (id),
    person integer not null references person (id),
    -- A calendar date in the project's time zone.
    worked_on text not null check (worked_on glob '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]'),
    minutes integer not null,
    -- What was done, one line.
    remark text not null default '',
    -- The change that it was entered with, and the commit that logged it.
    change integer references ticket_change (id),
    changeset integer references changeset (id),
    entered_by integer references person (id),
    entered_at integer not null,
    via text not null
) strict;
create index ticket_time_ticket on ticket_time (ticket, worked_on);
create index ticket_time_day on ticket_time (worked_on, person);
create unique index ticket_time_changeset on ticket_time (changeset, ticket) where changeset is not null;

-- Minutes in all, as lists and queries need them; none where nobody has entered any. `check` adds them up again.
alter table ticket add column worked integer;

create table reminder (
    id integer primary key autoincrement,
    ticket integer not null references ticket (id),
    person integer not null references person (id),
    due text not null check (due glob '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]'),
    text text not null,
    created_by integer references person (id),
    created_at integer not null,
    done_at integer
) strict;
create index reminder_ticket on reminder (ticket);
create index reminder_person on reminder (person, due) where done_at is null;

create table bookmark (
    person integer not null references person (id),
    ticket integer not null references ticket (id),
    created_at integer not null,
    primary key (person, ticket)
) strict, without rowid;

-- Who sees tickets sees who has worked how long on them; it can be taken back like any right.
insert or ignore into permission_grant (subject_kind, subject, label, permission)
    select subject_kind, subject, label, 'TIME_VIEW' from permission_grant where permission = 'TICKET_VIEW';
