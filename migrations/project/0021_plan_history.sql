-- What charts read: which tickets were when in a milestone, and when each was in which state.

create index ticket_value_milestone on ticket_value (value, ticket, from_change, to_change) where field = 'milestone';
create index ticket_value_status on ticket_value (ticket, value, from_change, to_change) where field = 'status';
