-- migrate:up transaction:false
create index concurrently note_reviewer_idx on note (tenant_id, reviewer_id); -- bad
drop index concurrently if exists note_account_idx;
