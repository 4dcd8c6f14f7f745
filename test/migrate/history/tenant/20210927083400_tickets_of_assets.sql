-- migrate:up
create table ticket_assets (
  tenant_id uuid not null default tenantry.tenant(),
  ticket_id bigint not null,
  asset_id bigint not null,
  primary key (tenant_id, ticket_id, asset_id),
  foreign key (tenant_id, ticket_id) references tickets (tenant_id, id) on delete cascade,
  foreign key (tenant_id, asset_id) references assets (tenant_id, id) on delete cascade
);
create index ticket_assets_asset_idx on ticket_assets (tenant_id, asset_id);

-- migrate:down
drop table ticket_assets;
