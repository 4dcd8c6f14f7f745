-- migrate:up
create table tag ( -- bad
  tenant_id uuid not null default tenantry.tenant(),
  id bigint generated always as identity,
  note_id bigint,
  primary key (tenant_id, id),
  foreign key (tenant_id, note_id) references note (tenant_id, id)
);
