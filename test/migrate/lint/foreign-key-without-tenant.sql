-- migrate:up
create table tag ( -- bad
  tenant_id uuid not null default tenantry.tenant(),
  id bigint generated always as identity,
  note_id bigint references note (id) on delete set null,
  primary key (tenant_id, id)
);

create index tag_note_idx on tag (tenant_id, note_id);
