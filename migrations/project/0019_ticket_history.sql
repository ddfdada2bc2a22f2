-- What charts read: which tickets were when in a milestone, and when each was in a state that it has left. When one that
-- is closed was closed stands in its row.

create index ticket_value_milestone on ticket_value (value, ticket, from_change, to_change) where field = 'milestone';
create index ticket_value_status on ticket_value (value, ticket, from_change, to_change)
    where field = 'status' and to_change is not null;

-- And what roadmaps add up where progress is counted in time: the tickets that have any.
create index ticket_work on ticket (milestone, status, acl, estimated, remaining, worked)
    where estimated is not null or remaining is not null or worked is not null;

-- What a calendar looks for, as `ticket_due` does for the other end.
create index ticket_starts on ticket (starts, status) where starts is not null;
