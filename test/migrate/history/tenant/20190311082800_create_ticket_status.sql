-- migrate:up
create type ticket_status as enum ('new', 'open', 'closed');
create type ticket_priority as enum ('low', 'normal', 'high');

-- migrate:down
drop type ticket_priority;
drop type ticket_status;
