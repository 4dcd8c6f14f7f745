-- migrate:up
create index tickets_solved_idx on tickets (tenant_id, solved_at desc nulls last) where status = 'solved';

-- migrate:down
drop index tickets_solved_idx;
