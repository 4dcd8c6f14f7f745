-- migrate:up

create table tax_classes (
  tenant_id uuid not null default tenantry.tenant(),
  id bigint generated always as identity,
  code text not null check (code ~ '^[a-z][a-z0-9_]{0,31}$'),
  name text not null check (name <> ''),
  category_code text not null default 'standard',
  is_default boolean not null default false,
  primary key (tenant_id, id),
  unique (tenant_id, code)
);

comment on column tax_classes.category_code is 'A code of platform.tax_category.';

create unique index tax_classes_default_key on tax_classes (tenant_id) where is_default;

create table tax_rates (
  tenant_id uuid not null default tenantry.tenant(),
  id bigint generated always as identity,
  tax_class_id bigint not null,
  country_code text not null check (country_code ~ '^[A-Z]{2}$'),
  region text not null default '',
  name text not null check (name <> ''),
  rate numeric(7, 5) not null check (rate between 0 and 1),
  included_in_price boolean not null default false,
  valid_during daterange not null default daterange(current_date, null) check (not isempty(valid_during)),
  primary key (tenant_id, id),
  foreign key (tenant_id, tax_class_id) references tax_classes (tenant_id, id) on delete cascade,
  constraint tax_rates_no_overlap
    exclude using gist (
      tenant_id with =,
      tax_class_id with =,
      country_code with =,
      region with =,
      name with =,
      valid_during with &&
    )
);

comment on table tax_rates is 'Several taxes may apply at one place (a federal and a regional one), so only rates of the same name must not overlap in time.';

create index tax_rates_tax_class_idx on tax_rates (tenant_id, tax_class_id, country_code, region);

-- migrate:down

drop table tax_rates;
drop table tax_classes;
