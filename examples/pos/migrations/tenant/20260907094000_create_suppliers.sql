-- migrate:up

create table suppliers (
  tenant_id uuid not null default tenantry.tenant(),
  id bigint generated always as identity,
  code text not null check (code <> ''),
  name text not null check (name <> ''),
  currency text not null check (currency ~ '^[A-Z]{3}$'),
  email text,
  phone text,
  tax_number text,
  payment_terms_days integer not null default 30 check (payment_terms_days between 0 and 365),
  updated_at timestamptz not null default now(),
  deleted_at timestamptz,
  primary key (tenant_id, id)
);

create unique index suppliers_code_key on suppliers (tenant_id, code) where deleted_at is null;

create trigger suppliers_touch
before update on suppliers
for each row execute function touch_updated_at();

create table supplier_products (
  tenant_id uuid not null default tenantry.tenant(),
  supplier_id bigint not null,
  variant_id bigint not null,
  supplier_sku text,
  unit_cost numeric(12, 4) not null check (unit_cost >= 0),
  minimum_quantity numeric(12, 3) not null default 1 check (minimum_quantity > 0),
  lead_time_days integer check (lead_time_days >= 0),
  is_preferred boolean not null default false,
  primary key (tenant_id, supplier_id, variant_id),
  foreign key (tenant_id, supplier_id) references suppliers (tenant_id, id) on delete cascade,
  foreign key (tenant_id, variant_id) references product_variants (tenant_id, id) on delete cascade
);

comment on column supplier_products.unit_cost is 'Four decimals: a cost per piece is often a case price divided.';

create unique index supplier_products_preferred_key on supplier_products (tenant_id, variant_id) where is_preferred;
create index supplier_products_variant_idx on supplier_products (tenant_id, variant_id);

-- migrate:down

drop table supplier_products;
drop table suppliers;
