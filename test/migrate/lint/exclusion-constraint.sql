-- migrate:up
alter table note add constraint note_pinned exclude using btree (tenant_id with =, id with =) where (pinned); -- bad
