-- migrate:up
create index events_kind_idx on events (tenant_id, kind) include (ticket_id);

-- migrate:down
drop index events_kind_idx;
