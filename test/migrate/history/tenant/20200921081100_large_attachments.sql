-- migrate:up
alter table attachments alter column size_bytes type bigint;

-- migrate:down
alter table attachments alter column size_bytes type integer;
