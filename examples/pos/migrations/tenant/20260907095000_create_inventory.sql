-- migrate:up

create table stock_levels (
  tenant_id uuid not null default tenantry.tenant(),
  variant_id bigint not null,
  location_id bigint not null,
  on_hand numeric(14, 3) not null default 0,
  reserved numeric(14, 3) not null default 0 check (reserved >= 0),
  available numeric(14, 3) generated always as (on_hand - reserved) stored,
  reorder_point numeric(14, 3) check (reorder_point >= 0),
  reorder_quantity numeric(14, 3) check (reorder_quantity > 0),
  updated_at timestamptz not null default now(),
  primary key (tenant_id, variant_id, location_id),
  foreign key (tenant_id, variant_id) references product_variants (tenant_id, id),
  foreign key (tenant_id, location_id) references locations (tenant_id, id)
)
with (fillfactor = 80);

comment on table stock_levels is 'The running sum of inventory_transactions. Updated on every sale, so pages keep room for new versions of a row.';
comment on column stock_levels.on_hand is 'May be negative: the till sells what is on the shelf, whatever the books say.';

create index stock_levels_location_idx on stock_levels (tenant_id, location_id);

create table stock_counts (
  tenant_id uuid not null default tenantry.tenant(),
  id bigint generated always as identity,
  location_id bigint not null,
  kind text not null default 'cycle' check (kind in ('cycle', 'full')),
  status text not null default 'open' check (status in ('open', 'review', 'posted', 'cancelled')),
  started_by bigint,
  started_at timestamptz not null default now(),
  posted_at timestamptz,
  note text,
  primary key (tenant_id, id),
  foreign key (tenant_id, location_id) references locations (tenant_id, id),
  foreign key (tenant_id, started_by) references employees (tenant_id, id) on delete set null (started_by),
  check ((status = 'posted') = (posted_at is not null))
);

-- Two full counts at once would each book the other's differences.
create unique index stock_counts_full_key on stock_counts (tenant_id, location_id) where kind = 'full' and status in ('open', 'review');
create index stock_counts_location_idx on stock_counts (tenant_id, location_id, started_at desc);
create index stock_counts_started_by_idx on stock_counts (tenant_id, started_by);

create table stock_count_lines (
  tenant_id uuid not null default tenantry.tenant(),
  stock_count_id bigint not null,
  variant_id bigint not null,
  expected numeric(14, 3) not null,
  counted numeric(14, 3) check (counted >= 0),
  difference numeric(14, 3) generated always as (counted - expected) stored,
  counted_at timestamptz,
  primary key (tenant_id, stock_count_id, variant_id),
  foreign key (tenant_id, stock_count_id) references stock_counts (tenant_id, id) on delete cascade,
  foreign key (tenant_id, variant_id) references product_variants (tenant_id, id)
);

create index stock_count_lines_variant_idx on stock_count_lines (tenant_id, variant_id);

create table inventory_transactions (
  tenant_id uuid not null default tenantry.tenant(),
  occurred_at timestamptz not null default now(),
  id bigint generated always as identity,
  variant_id bigint not null,
  location_id bigint not null,
  kind text not null check (kind in ('sale', 'refund', 'receipt', 'transfer_out', 'transfer_in', 'count', 'adjustment', 'waste')),
  quantity numeric(14, 3) not null check (quantity <> 0),
  unit_cost numeric(12, 4) check (unit_cost >= 0),
  source_kind text check (source_kind in ('sale_line', 'refund_line', 'purchase_receipt_line', 'stock_transfer_line', 'stock_count_line')),
  source_id bigint,
  employee_id bigint,
  note text,
  primary key (tenant_id, occurred_at, id),
  foreign key (tenant_id, variant_id) references product_variants (tenant_id, id),
  foreign key (tenant_id, location_id) references locations (tenant_id, id),
  foreign key (tenant_id, employee_id) references employees (tenant_id, id) on delete set null (employee_id),
  check (num_nonnulls(source_kind, source_id) in (0, 2)),
  check (kind not in ('sale', 'transfer_out', 'waste') or quantity < 0),
  check (kind not in ('refund', 'receipt', 'transfer_in') or quantity > 0)
)
partition by range (occurred_at);

comment on table inventory_transactions is 'Every movement of stock; never updated. Old months are detached rather than deleted.';
comment on column inventory_transactions.source_id is 'The line that caused the movement, in the table that source_kind names. No foreign key: sources may be archived earlier.';

create index inventory_transactions_variant_idx on inventory_transactions (tenant_id, variant_id, location_id, occurred_at desc);
create index inventory_transactions_location_idx on inventory_transactions (tenant_id, location_id, occurred_at desc);
create index inventory_transactions_source_idx on inventory_transactions (tenant_id, source_kind, source_id) where source_id is not null;
create index inventory_transactions_employee_idx on inventory_transactions (tenant_id, employee_id) where employee_id is not null;

-- Bounds are UTC, so that a month is the same month whatever time zone the session has.
create table inventory_transactions_2025_10 partition of inventory_transactions
  for values from ('2025-10-01 00:00+00') to ('2025-11-01 00:00+00');
create table inventory_transactions_2025_11 partition of inventory_transactions
  for values from ('2025-11-01 00:00+00') to ('2025-12-01 00:00+00');
create table inventory_transactions_2025_12 partition of inventory_transactions
  for values from ('2025-12-01 00:00+00') to ('2026-01-01 00:00+00');
create table inventory_transactions_2026_01 partition of inventory_transactions
  for values from ('2026-01-01 00:00+00') to ('2026-02-01 00:00+00');
create table inventory_transactions_2026_02 partition of inventory_transactions
  for values from ('2026-02-01 00:00+00') to ('2026-03-01 00:00+00');
create table inventory_transactions_2026_03 partition of inventory_transactions
  for values from ('2026-03-01 00:00+00') to ('2026-04-01 00:00+00');
create table inventory_transactions_2026_04 partition of inventory_transactions
  for values from ('2026-04-01 00:00+00') to ('2026-05-01 00:00+00');
create table inventory_transactions_2026_05 partition of inventory_transactions
  for values from ('2026-05-01 00:00+00') to ('2026-06-01 00:00+00');
create table inventory_transactions_2026_06 partition of inventory_transactions
  for values from ('2026-06-01 00:00+00') to ('2026-07-01 00:00+00');
create table inventory_transactions_2026_07 partition of inventory_transactions
  for values from ('2026-07-01 00:00+00') to ('2026-08-01 00:00+00');
create table inventory_transactions_2026_08 partition of inventory_transactions
  for values from ('2026-08-01 00:00+00') to ('2026-09-01 00:00+00');
create table inventory_transactions_2026_09 partition of inventory_transactions
  for values from ('2026-09-01 00:00+00') to ('2026-10-01 00:00+00');
create table inventory_transactions_2026_10 partition of inventory_transactions
  for values from ('2026-10-01 00:00+00') to ('2026-11-01 00:00+00');
create table inventory_transactions_2026_11 partition of inventory_transactions
  for values from ('2026-11-01 00:00+00') to ('2026-12-01 00:00+00');
create table inventory_transactions_2026_12 partition of inventory_transactions
  for values from ('2026-12-01 00:00+00') to ('2027-01-01 00:00+00');
create table inventory_transactions_2027_01 partition of inventory_transactions
  for values from ('2027-01-01 00:00+00') to ('2027-02-01 00:00+00');
create table inventory_transactions_2027_02 partition of inventory_transactions
  for values from ('2027-02-01 00:00+00') to ('2027-03-01 00:00+00');
create table inventory_transactions_2027_03 partition of inventory_transactions
  for values from ('2027-03-01 00:00+00') to ('2027-04-01 00:00+00');

-- A device with a wrong clock must not stop the till.
create table inventory_transactions_default partition of inventory_transactions default;

-- The one way to move stock: the movement and the level change together.
create function record_stock_movement(
  variant bigint,
  location bigint,
  movement text,
  change numeric,
  cost numeric default null,
  caused_by text default null,
  cause_id bigint default null,
  moved_by bigint default null,
  moved_at timestamptz default now()
) returns bigint
language sql
begin atomic
  insert into stock_levels (variant_id, location_id, on_hand)
  values (variant, location, change)
  on conflict (tenant_id, variant_id, location_id) do update
  set on_hand = stock_levels.on_hand + excluded.on_hand,
      updated_at = now();

  insert into inventory_transactions (occurred_at, variant_id, location_id, kind, quantity, unit_cost, source_kind, source_id, employee_id)
  values (moved_at, variant, location, movement, change, cost, caused_by, cause_id, moved_by)
  returning id;
end;

create view stock_on_hand with (security_invoker = true) as
select
  levels.tenant_id,
  levels.location_id,
  locations.code as location_code,
  levels.variant_id,
  variants.sku,
  products.name as product_name,
  variants.name as variant_name,
  levels.on_hand,
  levels.reserved,
  levels.available,
  levels.reorder_point,
  coalesce(levels.available <= levels.reorder_point, false) as needs_reorder
from stock_levels as levels
join locations
  on locations.tenant_id = levels.tenant_id
  and locations.id = levels.location_id
join product_variants as variants
  on variants.tenant_id = levels.tenant_id
  and variants.id = levels.variant_id
join products
  on products.tenant_id = variants.tenant_id
  and products.id = variants.product_id
where variants.deleted_at is null
  and products.deleted_at is null
  and locations.deleted_at is null;

-- migrate:down

drop view stock_on_hand;
drop function record_stock_movement(bigint, bigint, text, numeric, numeric, text, bigint, bigint, timestamptz);
drop table inventory_transactions;
drop table stock_count_lines;
drop table stock_counts;
drop table stock_levels;
