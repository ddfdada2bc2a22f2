-- Tickets that are one and the same: A is merged into B, nothing is copied, and it can be taken back.

alter table ticket add column merged_into integer references ticket (id);
create index ticket_merged_into on ticket (merged_into) where merged_into is not null;
