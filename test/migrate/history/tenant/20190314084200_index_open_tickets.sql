-- migrate:up
create index tickets_open_idx on tickets (tenant_id, agent_id, created_at) where status <> 'closed';
create index tickets_team_idx on tickets (tenant_id, team_id);

-- migrate:down
drop index tickets_team_idx;
drop index tickets_open_idx;
