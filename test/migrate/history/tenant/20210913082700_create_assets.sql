-- migrate:up
create table assets (
  tenant_id uuid not null default tenantry.tenant(),
  id bigint generated always as identity,
  organisation_id bigint not null,
  kind text not null,
  serial_number text,
  details jsonb not null default '{}',
  primary key (tenant_id, id),
  constraint assets_serial_key unique nulls not distinct (tenant_id, organisation_id, serial_number),
  foreign key (tenant_id, organisation_id) references organisations (tenant_id, id) on delete cascade
);
create index assets_details_idx on assets using gin (details jsonb_path_ops);

-- migrate:down
drop table assets;
