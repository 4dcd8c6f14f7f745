-- migrate:up
create index status_changes_ticket_idx on status_changes (tenant_id, ticket_id, changed_at);
create index status_changes_agent_idx on status_changes (tenant_id, changed_by);
alter table status_changes set (fillfactor = 95, autovacuum_vacuum_scale_factor = 0.05);

-- migrate:down
alter table status_changes reset (fillfactor, autovacuum_vacuum_scale_factor);
drop index status_changes_agent_idx;
drop index status_changes_ticket_idx;
