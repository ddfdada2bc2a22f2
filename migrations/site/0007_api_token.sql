-- API tokens: what programs show in place of a session. Only their hashes are kept.
create table api_token (
    id integer primary key autoincrement,
    account integer not null references account (id),
    hash blob not null unique,
    -- What it is for, in its owner's words.
    label text not null,
    scope text not null check (scope in ('read', 'write', 'admin')),
    created_at integer not null,
    expires_at integer not null,
    -- Written at most every five minutes.
    last_used_at integer
) strict;
create index api_token_account on api_token (account);

-- The projects that a token is good for; none: all that its account may enter, and the site.
create table api_token_project (
    api_token integer not null references api_token (id) on delete cascade,
    project text not null references project (id),
    primary key (api_token, project)
) strict, without rowid;
