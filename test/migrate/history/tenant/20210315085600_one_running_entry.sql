-- migrate:up
create unique index time_entries_running_key on time_entries (tenant_id, agent_id) where ended_at is null;

-- migrate:down
drop index time_entries_running_key;
