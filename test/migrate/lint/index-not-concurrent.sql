-- migrate:up
create index on note (tenant_id, reviewer_id); -- bad
create index reading_value_idx on reading (tenant_id, value);
