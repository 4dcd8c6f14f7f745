-- migrate:up
create table parts (
  tenant_id uuid not null default tenantry.tenant(),
  sku text not null,
  name text not null,
  price numeric(12, 2) not null default 0,
  stock integer not null default 0,
  primary key (tenant_id, sku)
);
create table visit_parts (
  tenant_id uuid not null default tenantry.tenant(),
  visit_id bigint not null,
  sku text not null,
  quantity integer not null check (quantity > 0),
  primary key (tenant_id, visit_id, sku),
  foreign key (tenant_id, visit_id) references visits (tenant_id, id) on delete cascade,
  foreign key (tenant_id, sku) references parts (tenant_id, sku) on update cascade
);

-- migrate:down
drop table visit_parts;
drop table parts;
