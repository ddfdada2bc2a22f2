-- Edits that readers suggest: the text of a page as they would have it, until a writer takes it or declines it.

create table page_suggestion (
    id integer primary key autoincrement,
    page integer not null references page (id),
    -- The version that the text was made from.
    base integer not null,
    text text not null,
    comment text not null default '',
    author integer references person (id),
    made_at integer not null,
    via text not null,
    -- How often its author has put another text in its place, and when it was last touched.
    edits integer not null default 0,
    changed_at integer not null,
    state text not null default 'open' check (state in ('open', 'taken', 'declined', 'withdrawn')),
    closed_at integer,
    closed_by integer references person (id),
    reason text not null default '',
    -- The thread in which it is talked about.
    thread integer references page_thread (id)
) strict;
create index page_suggestion_page on page_suggestion (page, state);
create index page_suggestion_open on page_suggestion (changed_at) where state = 'open';
create index page_suggestion_author on page_suggestion (author, id);

-- So that a page to which nothing is suggested costs nothing more.
alter table page add column open_suggestions integer not null default 0;

-- A version that was suggested is by whoever suggested it; this is who took it.
alter table page_version add column suggestion integer references page_suggestion (id);
alter table page_version add column taken_by integer references person (id);

-- Whoever may read and can sign in may suggest; nobody does so without a name, unless that is granted.
insert or ignore into permission_grant (subject_kind, subject, label, permission)
    select case subject_kind when 'anonymous' then 'authenticated' else subject_kind end, subject, label, 'WIKI_SUGGEST'
    from permission_grant where permission = 'WIKI_VIEW';
