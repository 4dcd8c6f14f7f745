-- migrate:up

create table purchase_orders (
  tenant_id uuid not null default tenantry.tenant(),
  id bigint generated always as identity,
  number text not null check (number <> ''),
  supplier_id bigint not null,
  location_id bigint not null,
  status text not null default 'draft' check (status in ('draft', 'sent', 'partly_received', 'received', 'cancelled')),
  currency text not null check (currency ~ '^[A-Z]{3}$'),
  created_by bigint,
  created_at timestamptz not null default now(),
  sent_at timestamptz,
  expected_on date,
  note text,
  primary key (tenant_id, id),
  unique (tenant_id, number),
  foreign key (tenant_id, supplier_id) references suppliers (tenant_id, id),
  foreign key (tenant_id, location_id) references locations (tenant_id, id),
  foreign key (tenant_id, created_by) references employees (tenant_id, id) on delete set null (created_by),
  check (status in ('draft', 'cancelled') or sent_at is not null)
);

create index purchase_orders_supplier_idx on purchase_orders (tenant_id, supplier_id, created_at desc);
create index purchase_orders_location_idx on purchase_orders (tenant_id, location_id);
create index purchase_orders_created_by_idx on purchase_orders (tenant_id, created_by);
create index purchase_orders_awaited_idx on purchase_orders (tenant_id, expected_on) where status in ('sent', 'partly_received');

create table purchase_order_lines (
  tenant_id uuid not null default tenantry.tenant(),
  id bigint generated always as identity,
  purchase_order_id bigint not null,
  line_number integer not null check (line_number > 0),
  variant_id bigint not null,
  quantity numeric(14, 3) not null check (quantity > 0),
  unit_cost numeric(12, 4) not null check (unit_cost >= 0),
  discount numeric(12, 2) not null default 0 check (discount >= 0),
  amount numeric(12, 2) generated always as (line_amount(quantity, unit_cost, discount)) stored,
  primary key (tenant_id, id),
  unique (tenant_id, purchase_order_id, line_number),
  foreign key (tenant_id, purchase_order_id) references purchase_orders (tenant_id, id) on delete cascade,
  foreign key (tenant_id, variant_id) references product_variants (tenant_id, id)
);

create index purchase_order_lines_variant_idx on purchase_order_lines (tenant_id, variant_id);

create table purchase_receipts (
  tenant_id uuid not null default tenantry.tenant(),
  id bigint generated always as identity,
  purchase_order_id bigint not null,
  delivery_note text,
  received_by bigint,
  received_at timestamptz not null default now(),
  primary key (tenant_id, id),
  foreign key (tenant_id, purchase_order_id) references purchase_orders (tenant_id, id),
  foreign key (tenant_id, received_by) references employees (tenant_id, id) on delete set null (received_by)
);

-- A delivery note typed in twice would book the goods twice.
create unique index purchase_receipts_delivery_note_key on purchase_receipts (tenant_id, purchase_order_id, delivery_note);
create index purchase_receipts_received_by_idx on purchase_receipts (tenant_id, received_by);

create table purchase_receipt_lines (
  tenant_id uuid not null default tenantry.tenant(),
  id bigint generated always as identity,
  purchase_receipt_id bigint not null,
  purchase_order_line_id bigint not null,
  quantity_received numeric(14, 3) not null check (quantity_received >= 0),
  quantity_rejected numeric(14, 3) not null default 0 check (quantity_rejected between 0 and quantity_received),
  quantity_accepted numeric(14, 3) generated always as (quantity_received - quantity_rejected) stored,
  reject_reason text,
  primary key (tenant_id, id),
  unique (tenant_id, purchase_receipt_id, purchase_order_line_id),
  foreign key (tenant_id, purchase_receipt_id) references purchase_receipts (tenant_id, id) on delete cascade,
  foreign key (tenant_id, purchase_order_line_id) references purchase_order_lines (tenant_id, id),
  check (quantity_rejected = 0 or reject_reason is not null)
);

create index purchase_receipt_lines_order_line_idx on purchase_receipt_lines (tenant_id, purchase_order_line_id);

-- migrate:down

drop table purchase_receipt_lines;
drop table purchase_receipts;
drop table purchase_order_lines;
drop table purchase_orders;
