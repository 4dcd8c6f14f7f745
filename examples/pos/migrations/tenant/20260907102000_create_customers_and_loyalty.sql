-- migrate:up

create table customers (
  tenant_id uuid not null default tenantry.tenant(),
  id bigint generated always as identity,
  number text not null check (number <> ''),
  first_name text not null default '',
  last_name text not null default '',
  full_name text generated always as (btrim(first_name || ' ' || last_name)) stored,
  email text check (email like '%_@_%'),
  phone text,
  born_on date,
  marketing_consent_at timestamptz,
  note text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  deleted_at timestamptz,
  primary key (tenant_id, id)
);

create unique index customers_number_key on customers (tenant_id, number);
create unique index customers_email_key on customers (tenant_id, lower(email)) where deleted_at is null;
create index customers_phone_idx on customers (tenant_id, phone) where deleted_at is null;
create index customers_updated_at_idx on customers (tenant_id, updated_at);
create index customers_full_name_idx on customers using gist (tenant_id, full_name gist_trgm_ops) where deleted_at is null;

comment on index customers_number_key is 'Not partial: a number once printed on a card is never given to somebody else.';

create trigger customers_touch
before update on customers
for each row execute function touch_updated_at();

create table customer_addresses (
  tenant_id uuid not null default tenantry.tenant(),
  id bigint generated always as identity,
  customer_id bigint not null,
  kind text not null default 'delivery' check (kind in ('billing', 'delivery')),
  recipient text,
  line1 text not null check (line1 <> ''),
  line2 text,
  postal_code text,
  city text not null,
  region text,
  country_code text not null check (country_code ~ '^[A-Z]{2}$'),
  is_default boolean not null default false,
  primary key (tenant_id, id),
  foreign key (tenant_id, customer_id) references customers (tenant_id, id) on delete cascade
);

create unique index customer_addresses_default_key on customer_addresses (tenant_id, customer_id, kind) where is_default;
create index customer_addresses_customer_idx on customer_addresses (tenant_id, customer_id);

create table loyalty_programs (
  tenant_id uuid not null default tenantry.tenant(),
  id bigint generated always as identity,
  name text not null check (name <> ''),
  points_per_unit numeric(8, 4) not null check (points_per_unit > 0),
  point_value numeric(8, 4) not null check (point_value > 0),
  points_expire_after_days integer check (points_expire_after_days > 0),
  is_active boolean not null default true,
  primary key (tenant_id, id),
  unique (tenant_id, name)
);

comment on column loyalty_programs.points_per_unit is 'Points for one unit of currency spent.';
comment on column loyalty_programs.point_value is 'What one point pays for, in currency.';

create unique index loyalty_programs_active_key on loyalty_programs (tenant_id) where is_active;

create table loyalty_accounts (
  tenant_id uuid not null default tenantry.tenant(),
  id bigint generated always as identity,
  loyalty_program_id bigint not null,
  customer_id bigint not null,
  card_number text not null check (card_number <> ''),
  points_balance integer not null default 0 check (points_balance >= 0),
  enrolled_at timestamptz not null default now(),
  closed_at timestamptz,
  primary key (tenant_id, id),
  unique (tenant_id, loyalty_program_id, customer_id),
  unique (tenant_id, card_number),
  foreign key (tenant_id, loyalty_program_id) references loyalty_programs (tenant_id, id),
  foreign key (tenant_id, customer_id) references customers (tenant_id, id) on delete cascade
);

create index loyalty_accounts_customer_idx on loyalty_accounts (tenant_id, customer_id);

create table loyalty_ledger (
  tenant_id uuid not null default tenantry.tenant(),
  id bigint generated always as identity,
  loyalty_account_id bigint not null,
  kind text not null check (kind in ('earn', 'redeem', 'expire', 'adjust')),
  points integer not null check (points <> 0),
  sale_id bigint,
  note text,
  booked_at timestamptz not null default now(),
  primary key (tenant_id, id),
  foreign key (tenant_id, loyalty_account_id) references loyalty_accounts (tenant_id, id) on delete cascade,
  check (kind <> 'earn' or points > 0),
  check (kind not in ('redeem', 'expire') or points < 0)
);

comment on table loyalty_ledger is 'Append only. Its sum is loyalty_accounts.points_balance, which is kept in the same transaction.';

create index loyalty_ledger_account_idx on loyalty_ledger (tenant_id, loyalty_account_id, booked_at desc);

-- migrate:down

drop table loyalty_ledger;
drop table loyalty_accounts;
drop table loyalty_programs;
drop table customer_addresses;
drop table customers;
