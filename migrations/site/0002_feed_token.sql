-- Feed tokens: they open the feeds and calendars of lists with an account's rights to read, and nothing else. Only their
-- hashes are kept.
create table feed_token (
    id integer primary key autoincrement,
    account integer not null references account (id),
    hash blob not null unique,
    -- What it is for, in its owner's words.
    label text not null default '',
    created_at integer not null,
    -- Written at most every five minutes.
    last_used_at integer
) strict;
create index feed_token_account on feed_token (account);
