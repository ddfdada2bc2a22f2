-- Tickets that are one and the same: A is merged into B, nothing is copied, and it can be taken back.

alter table ticket add column merged_into integer references ticket (id);
create index ticket_merged_into on ticket (merged_into) where merged_into is not null;

-- What events tell of two tickets, for the conversation of the one: few, among the many events of a ticket.
create index event_ticket_ends on event (resource_id)
    where kind in ('ticket.merged', 'ticket.unmerged', 'ticket.related', 'ticket.unrelated');
