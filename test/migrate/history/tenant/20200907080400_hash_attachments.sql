-- migrate:up
alter table attachments add column fingerprint bytea generated always as (ext.digest(storage_key, 'sha256')) stored;
create unique index attachments_fingerprint_key on attachments (tenant_id, fingerprint);

-- migrate:down
drop index attachments_fingerprint_key;
alter table attachments drop column fingerprint;
