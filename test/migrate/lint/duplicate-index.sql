-- migrate:up
create table tag (
  tenant_id uuid not null default tenantry.tenant(),
  id bigint generated always as identity,
  name text not null,
  note_id bigint,
  primary key (tenant_id, id),
  unique (tenant_id, name)
);

create index tag_tenant_idx on tag (tenant_id); -- bad
create index tag_newest_idx on tag (tenant_id desc, id desc); -- bad
create index tag_note_idx on tag (tenant_id, note_id);
create index tag_note_name_idx on tag (tenant_id, note_id desc, name);
