-- migrate:up
create table attachments (
  tenant_id uuid not null default tenantry.tenant(),
  id bigint generated always as identity,
  message_id bigint not null,
  file_name text not null,
  content_type text not null default 'application/octet-stream',
  size_bytes integer not null check (size_bytes >= 0),
  storage_key text not null,
  primary key (tenant_id, id),
  foreign key (tenant_id, message_id) references messages (tenant_id, id) on delete cascade
);
create index attachments_message_idx on attachments (tenant_id, message_id) include (file_name, size_bytes);

-- migrate:down
drop table attachments;
