-- Reports: lists of tickets that are kept under a name, and questions in SQL (rows R01 to R17).

create table report (
    id integer primary key autoincrement,
    title text not null,
    description text not null default '',
    kind text not null check (kind in ('query', 'sql')),
    -- Of a list of tickets: its address form, with the question mark. Of the other kind: SQL as it was written.
    query text not null,
    -- Who sees it: everybody who sees reports, a group of the site and its owner, or its owner alone.
    scope text not null check (scope in ('project', 'group', 'person')),
    owner integer references person (id),
    -- The id of that group, and how it was called.
    audience text not null default '',
    audience_label text not null default '',
    -- Grows with each change.
    revision integer not null default 1,
    created_at integer not null,
    changed_at integer not null,
    deleted_at integer
) strict;

-- The list of tickets that somebody gets who asks for none. `account` is the account's uuid; empty: what everybody gets who
-- has chosen none.
create table report_usual (
    account text primary key,
    report integer not null references report (id)
) strict, without rowid;
create index report_usual_report on report_usual (report);

-- Who reads tickets reads reports, their SQL included (row PM14).
insert or ignore into permission_grant (subject_kind, subject, label, permission)
    select subject_kind, subject, label, value from permission_grant, json_each('["REPORT_VIEW", "REPORT_SQL_VIEW"]')
    where permission = 'TICKET_VIEW';

-- The eight that every Trac has, under the same numbers (row R03).
insert into report (title, description, kind, query, scope, created_at, changed_at)
select column1, column2, 'sql', column3, 'project', cast(unixepoch() as integer) * 1000000, cast(unixepoch() as integer) * 1000000
from (values
('Active tickets',
'All tickets that are not closed, the most urgent first. The colour of a row is that of its priority.',
'select p.value as __color__,
       t.id as ticket, summary, component, version, milestone, t.type as type, owner, status,
       time as created, changetime as _changetime, t.description as _description, reporter as _reporter
from ticket t
left join enum p on p.type = ''priority'' and p.name = t.priority
where status <> ''closed''
order by cast(p.value as integer), milestone, t.type, time'),

('Active tickets by version',
'The tickets that are not closed, in groups of the version in which they were seen.',
'select p.value as __color__,
       version as __group__,
       t.id as ticket, summary, component, version, t.type as type, owner, status,
       time as created, changetime as _changetime, t.description as _description, reporter as _reporter
from ticket t
left join enum p on p.type = ''priority'' and p.name = t.priority
where status <> ''closed''
order by version is null, version, cast(p.value as integer), t.type, time'),

('Active tickets by milestone',
'The tickets that are not closed, in groups of the milestone they are planned for.',
'select p.value as __color__,
       ''Milestone '' || milestone as __group__,
       ''../milestone/'' || milestone as __grouplink__,
       t.id as ticket, summary, component, version, t.type as type, owner, status,
       time as created, changetime as _changetime, t.description as _description, reporter as _reporter
from ticket t
left join enum p on p.type = ''priority'' and p.name = t.priority
where status <> ''closed''
order by milestone is null, milestone, cast(p.value as integer), t.type, time'),

('Accepted, active tickets by owner',
'What somebody has accepted, in groups of who that is.',
'select p.value as __color__,
       owner as __group__,
       t.id as ticket, summary, component, milestone, t.type as type, time as created,
       changetime as _changetime, t.description as _description, reporter as _reporter
from ticket t
left join enum p on p.type = ''priority'' and p.name = t.priority
where status = ''accepted''
order by owner, cast(p.value as integer), t.type, time'),

('Accepted, active tickets by owner, with descriptions',
'The same with the whole description beneath each ticket: a report that tells how long texts are shown.',
'select p.value as __color__,
       owner as __group__,
       t.id as ticket, summary, component, milestone, t.type as type, time as created,
       t.description as _description_, changetime as _changetime, reporter as _reporter
from ticket t
left join enum p on p.type = ''priority'' and p.name = t.priority
where status = ''accepted''
order by owner, cast(p.value as integer), t.type, time'),

('All tickets by milestone, closed ones included',
'A milestone with everything that it brought: what is open first, then what was closed last.',
'select p.value as __color__,
       milestone as __group__,
       ''../milestone/'' || milestone as __grouplink__,
       t.id as ticket, summary, component, status, resolution, version, t.type as type, priority, owner,
       changetime as modified, time as _time, reporter as _reporter
from ticket t
left join enum p on p.type = ''priority'' and p.name = t.priority
order by milestone is null, milestone desc, status = ''closed'',
         case when status = ''closed'' then changetime else -cast(p.value as integer) end desc'),

('My tickets',
'What is yours, what you reported and what you wrote on, as long as it is not closed.',
'select p.value as __color__,
       case when owner = $USER and status = ''accepted'' then ''Accepted''
            when owner = $USER then ''Owned''
            when reporter = $USER then ''Reported''
            else ''Commented'' end as __group__,
       t.id as ticket, summary, component, version, milestone, t.type as type, priority,
       t.time as created, changetime as _changetime, t.description as _description, reporter as _reporter
from ticket t
left join enum p on p.type = ''priority'' and p.name = t.priority
where status <> ''closed''
  and (owner = $USER or reporter = $USER or t.id in (select ticket from comment where author = $USER))
order by coalesce(owner, '''') = $USER and status = ''accepted'' desc,
         coalesce(owner, '''') = $USER desc,
         coalesce(reporter, '''') = $USER desc,
         cast(p.value as integer), milestone, t.type, t.time'),

('Active tickets, mine first',
'All tickets that are not closed; those that are yours stand before the others.',
'select p.value as __color__,
       case when owner = $USER then ''My tickets'' else ''Active tickets'' end as __group__,
       t.id as ticket, summary, component, version, milestone, t.type as type, owner, status,
       time as created, changetime as _changetime, t.description as _description, reporter as _reporter
from ticket t
left join enum p on p.type = ''priority'' and p.name = t.priority
where status <> ''closed''
order by coalesce(owner, '''') = $USER desc, cast(p.value as integer), milestone, t.type, time')
);
