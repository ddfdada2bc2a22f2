-- What is said about pages, beneath them: threads of messages. Who may see one follows from its page.

create table page_thread (
    id integer primary key autoincrement,
    page integer not null references page (id),
    -- What of the page it is about: `page`, `heading`, `quote`, or `suggestion` where it answers one.
    anchor text not null,
    -- The id of the heading, and its words as they were.
    heading text not null default '',
    -- A quoted passage or the words of the heading, and for a passage what stood around it.
    quote text not null default '',
    before text not null default '',
    after text not null default '',
    -- The version of the page at which it was begun.
    version integer not null,
    resolved_at integer,
    resolved_by integer references person (id)
) strict;
create index page_thread_page on page_thread (page, resolved_at);

create table page_message (
    id integer primary key autoincrement,
    thread integer not null references page_thread (id),
    page integer not null references page (id),
    -- Among all that was said about the page, from 1.
    number integer not null,
    author integer references person (id),
    written_at integer not null,
    via text not null,
    text text not null,
    -- The number of the message of the same thread that it answers.
    reply_to integer,
    edits integer not null default 0,
    edited_at integer,
    edited_by integer references person (id),
    removed_at integer,
    removed_by integer references person (id),
    unique (page, number)
) strict;
create index page_message_thread on page_message (thread, number);

-- The texts that a message had before its present one; version 0 is as it was first written.
create table page_message_version (
    message integer not null references page_message (id),
    version integer not null,
    author integer references person (id),
    written_at integer not null,
    text text not null,
    primary key (message, version)
) strict, without rowid;

-- So that a page nobody discusses costs nothing more.
alter table page add column open_threads integer not null default 0;

-- Whoever writes pages may talk about them.
insert or ignore into permission_grant (subject_kind, subject, label, permission)
    select subject_kind, subject, label, 'WIKI_DISCUSS' from permission_grant where permission = 'WIKI_MODIFY';
