-- Several workflows: a type or a component may have one of its own, the component's before the type's. Its states are those
-- of `ticket_status`, with the same category in all of them.

create table ticket_workflow (
    id integer primary key autoincrement,
    name text not null,
    folded text not null,
    definition text not null,
    retired_at integer
) strict;
create unique index ticket_workflow_name on ticket_workflow (folded) where retired_at is null;

-- Of a type or a component: the workflow of its tickets; none: that of the project.
alter table field_option add column workflow integer references ticket_workflow (id);
