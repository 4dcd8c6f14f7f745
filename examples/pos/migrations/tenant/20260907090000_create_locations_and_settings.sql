-- migrate:up

create function touch_updated_at() returns trigger
language plpgsql
as $$
begin
  new.updated_at := now();
  return new;
end
$$;

-- The one place that says how a line is rounded: once, at its end, half away from zero.
create function line_amount(quantity numeric, unit_price numeric, discount numeric) returns numeric
language sql
immutable
parallel safe
return round(quantity * unit_price - discount, 2);

create table locations (
  tenant_id uuid not null default tenantry.tenant(),
  id bigint generated always as identity,
  code text not null check (code ~ '^[A-Z0-9][A-Z0-9-]{0,15}$'),
  name text not null check (name <> ''),
  kind text not null default 'store' check (kind in ('store', 'warehouse', 'popup')),
  currency text not null check (currency ~ '^[A-Z]{3}$'),
  country_code text not null check (country_code ~ '^[A-Z]{2}$'),
  region text not null default '',
  time_zone text not null default 'UTC',
  address text,
  phone text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  deleted_at timestamptz,
  primary key (tenant_id, id)
);

comment on column locations.currency is 'A code of platform.currency. No foreign key: platform tables may be kept in step separately from a tenant that moves.';
comment on column locations.time_zone is 'Decides the business date of a sale: a shop that closes at 01:00 books the night to the day before.';

create unique index locations_code_key on locations (tenant_id, code) where deleted_at is null;

create trigger locations_touch
before update on locations
for each row execute function touch_updated_at();

create table settings (
  tenant_id uuid not null default tenantry.tenant(),
  id bigint generated always as identity,
  location_id bigint,
  key text not null check (key ~ '^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)*$'),
  value jsonb not null,
  updated_at timestamptz not null default now(),
  primary key (tenant_id, id),
  unique nulls not distinct (tenant_id, location_id, key),
  foreign key (tenant_id, location_id) references locations (tenant_id, id) on delete cascade
);

comment on table settings is 'A row without a location is the default for all locations; hence nulls not distinct.';

create index settings_key_idx on settings (tenant_id, key);

create trigger settings_touch
before update on settings
for each row execute function touch_updated_at();

-- migrate:down

drop table settings;
drop table locations;
drop function line_amount(numeric, numeric, numeric);
drop function touch_updated_at();
