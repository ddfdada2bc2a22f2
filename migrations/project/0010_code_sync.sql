-- How far the commits of a repository have been taken in, so that a sync goes on wherever it was cut off.

-- What is reachable from the branches and tags that were there when it was connected never acts. None: they are not
-- written down yet; `noted`: they are, in `repository_ref`, but not all of their commits are stored; `stored`: all are,
-- and what comes now acts.
alter table repository add column baseline text not null default 'none' check (baseline in ('none', 'noted', 'stored'));
-- Of one with a working folder: the default branch, whatever is checked out at the moment. Of a bare one HEAD says it.
alter table repository add column default_branch text not null default '';
-- The ends of the branches on which commits close and reopen, at the last sync, parted by blanks.
alter table repository add column acting_heads text not null default '';

-- It came with a repository that was being connected, and with none before: it never acts, whatever brings it again.
alter table changeset add column dormant integer not null default 0;
