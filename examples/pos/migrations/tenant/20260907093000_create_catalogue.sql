-- migrate:up

-- GTIN-8, -12, -13 and -14 share one check digit: from the right, every second digit counts three times.
create function gtin_is_valid(code text) returns boolean
language sql
immutable
parallel safe
return case
  when code ~ '^([0-9]{8}|[0-9]{12,14})$' then (
    select sum(substr(reverse(code), place, 1)::integer * case when place % 2 = 0 then 3 else 1 end) % 10 = 0
    from generate_series(1, length(code)) as place
  )
  else false
end;

create table categories (
  tenant_id uuid not null default tenantry.tenant(),
  id bigint generated always as identity,
  parent_id bigint,
  slug text not null check (slug ~ '^[a-z0-9_]{1,40}$'),
  name text not null check (name <> ''),
  path ltree not null,
  depth integer generated always as (nlevel(path)) stored,
  position integer not null default 0,
  primary key (tenant_id, id),
  unique (tenant_id, path),
  foreign key (tenant_id, parent_id) references categories (tenant_id, id),
  check (ltree2text(subpath(path, -1)) = slug),
  check ((parent_id is null) = (nlevel(path) = 1))
);

comment on column categories.path is 'The slugs from the root down: a whole branch is one condition (path <@ ...), and moving it is one update.';

create index categories_parent_idx on categories (tenant_id, parent_id, position);
create index categories_path_idx on categories using gist (tenant_id, path);

create table products (
  tenant_id uuid not null default tenantry.tenant(),
  id bigint generated always as identity,
  code text not null check (code <> ''),
  name text not null check (name <> ''),
  description text,
  brand text,
  category_id bigint,
  tax_class_id bigint not null,
  unit text not null default 'each' check (unit in ('each', 'kg', 'g', 'l', 'm')),
  tracks_stock boolean not null default true,
  attributes jsonb not null default '{}' check (jsonb_typeof(attributes) = 'object'),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  deleted_at timestamptz,
  primary key (tenant_id, id),
  foreign key (tenant_id, category_id) references categories (tenant_id, id) on delete set null (category_id),
  foreign key (tenant_id, tax_class_id) references tax_classes (tenant_id, id)
);

create unique index products_code_key on products (tenant_id, code) where deleted_at is null;
create index products_category_idx on products (tenant_id, category_id);
create index products_tax_class_idx on products (tenant_id, tax_class_id);
create index products_updated_at_idx on products (tenant_id, updated_at);
create index products_name_idx on products using gist (tenant_id, name gist_trgm_ops) where deleted_at is null;

comment on index products_updated_at_idx is 'Devices ask for what has changed since their last sync.';

create trigger products_touch
before update on products
for each row execute function touch_updated_at();

create table product_variants (
  tenant_id uuid not null default tenantry.tenant(),
  id bigint generated always as identity,
  product_id bigint not null,
  sku text not null check (sku <> ''),
  name text not null default '',
  options jsonb not null default '{}' check (jsonb_typeof(options) = 'object'),
  weight_grams integer check (weight_grams >= 0),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  deleted_at timestamptz,
  primary key (tenant_id, id),
  foreign key (tenant_id, product_id) references products (tenant_id, id) on delete cascade
);

comment on table product_variants is 'What is sold, stocked and priced. A product without sizes or colours has exactly one.';

create unique index product_variants_sku_key on product_variants (tenant_id, sku) where deleted_at is null;
create index product_variants_product_idx on product_variants (tenant_id, product_id);
create index product_variants_updated_at_idx on product_variants (tenant_id, updated_at);

create trigger product_variants_touch
before update on product_variants
for each row execute function touch_updated_at();

create table product_barcodes (
  tenant_id uuid not null default tenantry.tenant(),
  code text not null check (code <> ''),
  variant_id bigint not null,
  kind text not null default 'gtin' check (kind in ('gtin', 'internal', 'weighed')),
  pack_quantity numeric(12, 3) not null default 1 check (pack_quantity > 0),
  primary key (tenant_id, code),
  foreign key (tenant_id, variant_id) references product_variants (tenant_id, id) on delete cascade,
  check (kind <> 'gtin' or gtin_is_valid(code))
);

comment on column product_barcodes.pack_quantity is 'A case carries a barcode of its own and sells so many pieces at once.';

create index product_barcodes_variant_idx on product_barcodes (tenant_id, variant_id);

create table product_prices (
  tenant_id uuid not null default tenantry.tenant(),
  id bigint generated always as identity,
  variant_id bigint not null,
  location_id bigint,
  currency text not null check (currency ~ '^[A-Z]{3}$'),
  price numeric(12, 2) not null check (price >= 0),
  valid_during tstzrange not null default tstzrange(now(), null) check (not isempty(valid_during)),
  primary key (tenant_id, id),
  foreign key (tenant_id, variant_id) references product_variants (tenant_id, id) on delete cascade,
  foreign key (tenant_id, location_id) references locations (tenant_id, id) on delete cascade,
  constraint product_prices_no_overlap
    exclude using gist (
      tenant_id with =,
      variant_id with =,
      (coalesce(location_id, 0)) with =,
      currency with =,
      valid_during with &&
    )
);

comment on table product_prices is 'A price without a location holds everywhere that has none of its own. Prices end; they are never overwritten.';

create index product_prices_variant_idx on product_prices (tenant_id, variant_id, currency);
create index product_prices_location_idx on product_prices (tenant_id, location_id);

create function price_at(variant bigint, location bigint, in_currency text, moment timestamptz default now()) returns numeric
language sql
stable
begin atomic
  select product_prices.price
  from product_prices
  where product_prices.variant_id = variant
    and (product_prices.location_id = location or product_prices.location_id is null)
    and product_prices.currency = in_currency
    and product_prices.valid_during @> moment
  order by product_prices.location_id nulls last
  limit 1;
end;

-- migrate:down

drop function price_at(bigint, bigint, text, timestamptz);
drop table product_prices;
drop table product_barcodes;
drop table product_variants;
drop table products;
drop table categories;
drop function gtin_is_valid(text);
