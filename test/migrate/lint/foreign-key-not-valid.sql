-- migrate:up transaction:false
create index concurrently if not exists note_reviewer_idx on note (tenant_id, reviewer_id);

-- file
-- migrate:up
alter table note add constraint note_reviewer foreign key (tenant_id, reviewer_id) references account (tenant_id, id); -- bad
