-- migrate:up
alter table account add constraint account_code unique (tenant_id, code); -- bad
