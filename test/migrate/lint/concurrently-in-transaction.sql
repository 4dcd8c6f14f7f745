-- migrate:up
create index concurrently note_reviewer_idx on note (tenant_id, reviewer_id); -- bad
