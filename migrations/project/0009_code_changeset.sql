-- Commits of the repositories that belong to the project, and what their messages asked of tickets (DESIGN 7).

alter table repository add column description text not null default '';
-- Closing and reopening need one of these beside the default branch: names parted by blanks, `*` at an end stands for any end.
alter table repository add column acting_branches text not null default '';
-- Whose rights a commit has: those of its author, its committer, who pushed it, one account, or nobody's.
alter table repository add column acts_as text not null default 'author'
    check (acts_as in ('author', 'committer', 'pusher', 'account', 'nobody'));
-- The uuid of that one account.
alter table repository add column acts_as_account text not null default '';
-- SHA-256 of the secret by which a hook on another machine asks for a sync; none: it can't.
alter table repository add column secret_hash blob;
alter table repository add column synced_at integer;
-- Why the last sync failed, a sentence.
alter table repository add column trouble text not null default '';

-- The refs as they were when they were last synced.
create table repository_ref (
    repository integer not null references repository (id) on delete cascade,
    name text not null,
    sha text not null,
    primary key (repository, name)
) strict, without rowid;

-- A commit is one, however many repositories have it. Texts are UTF-8; what was not has replacement characters.
create table changeset (
    id integer primary key autoincrement,
    sha text not null unique,
    -- Of its parents, parted by blanks.
    parents text not null default '',
    author_name text not null,
    author_email text not null,
    authored_at integer not null,
    committer_name text not null,
    committer_email text not null,
    committed_at integer not null,
    -- The account whose proven address is the author's, as it was known when the commit was stored.
    author integer references person (id),
    message text not null,
    -- What the message asks for in canonical form, e.g. `close 12, refer 3`; empty if nothing: twins have the same.
    references_key text not null default '',
    -- None: not worked out yet; empty: has none (a merge, no change).
    patch_id text,
    acl integer not null default 1 references acl (id)
) strict;
create index changeset_committed on changeset (committed_at, id);
create index changeset_references on changeset (references_key) where references_key <> '';

create table changeset_repository (
    repository integer not null references repository (id) on delete cascade,
    changeset integer not null references changeset (id),
    -- It was there when the repository was connected, so it never acts through it.
    baseline integer not null default 0,
    primary key (changeset, repository)
) strict, without rowid;
create index changeset_repository_repository on changeset_repository (repository, changeset);

-- What a commit asks of a ticket, and what came of it. One row for each of both, whatever the repository.
create table changeset_ticket (
    changeset integer not null references changeset (id),
    ticket integer not null,
    -- As the message says it.
    asked text not null check (asked in ('mention', 'refer', 'close', 'reopen')),
    -- As far as its branches let it count: only ever rises.
    strength text not null check (strength in ('none', 'mention', 'refer', 'close', 'reopen')),
    -- What was really done, by this commit.
    done text not null default 'none' check (done in ('none', 'refer', 'close', 'reopen')),
    -- Why less was done than it is strong enough for, a sentence.
    reason text not null default '',
    -- The same change under another id that had acted before (a cherry-pick, a rebase).
    twin integer references changeset (id),
    -- Time that it logs.
    minutes integer not null default 0,
    -- The number of the newest change that it made on the ticket.
    change integer,
    primary key (changeset, ticket)
) strict, without rowid;
create index changeset_ticket_ticket on changeset_ticket (ticket, changeset);

-- Whoever may read pages may read the code beside them; it can be taken back like any right.
insert or ignore into permission_grant (subject_kind, subject, label, permission)
select subject_kind, subject, label, value
from permission_grant, json_each('["BROWSER_VIEW", "FILE_VIEW", "LOG_VIEW", "CHANGESET_VIEW"]')
where permission = 'WIKI_VIEW';
