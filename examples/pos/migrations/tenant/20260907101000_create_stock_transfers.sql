-- migrate:up

create table stock_transfers (
  tenant_id uuid not null default tenantry.tenant(),
  id bigint generated always as identity,
  number text not null check (number <> ''),
  from_location_id bigint not null,
  to_location_id bigint not null,
  status text not null default 'draft' check (status in ('draft', 'in_transit', 'received', 'cancelled')),
  sent_by bigint,
  sent_at timestamptz,
  received_by bigint,
  received_at timestamptz,
  note text,
  primary key (tenant_id, id),
  unique (tenant_id, number),
  foreign key (tenant_id, from_location_id) references locations (tenant_id, id),
  foreign key (tenant_id, to_location_id) references locations (tenant_id, id),
  foreign key (tenant_id, sent_by) references employees (tenant_id, id) on delete set null (sent_by),
  foreign key (tenant_id, received_by) references employees (tenant_id, id) on delete set null (received_by),
  check (from_location_id <> to_location_id),
  check (status in ('draft', 'cancelled') or sent_at is not null),
  check ((status = 'received') = (received_at is not null)),
  check (received_at >= sent_at)
);

create index stock_transfers_from_idx on stock_transfers (tenant_id, from_location_id);
create index stock_transfers_to_idx on stock_transfers (tenant_id, to_location_id);
create index stock_transfers_sent_by_idx on stock_transfers (tenant_id, sent_by);
create index stock_transfers_received_by_idx on stock_transfers (tenant_id, received_by);
create index stock_transfers_in_transit_idx on stock_transfers (tenant_id, sent_at) where status = 'in_transit';

create table stock_transfer_lines (
  tenant_id uuid not null default tenantry.tenant(),
  id bigint generated always as identity,
  stock_transfer_id bigint not null,
  variant_id bigint not null,
  quantity_sent numeric(14, 3) not null check (quantity_sent > 0),
  quantity_received numeric(14, 3) check (quantity_received >= 0),
  missing numeric(14, 3) generated always as (quantity_sent - quantity_received) stored,
  primary key (tenant_id, id),
  unique (tenant_id, stock_transfer_id, variant_id),
  foreign key (tenant_id, stock_transfer_id) references stock_transfers (tenant_id, id) on delete cascade,
  foreign key (tenant_id, variant_id) references product_variants (tenant_id, id)
);

create index stock_transfer_lines_variant_idx on stock_transfer_lines (tenant_id, variant_id);

-- migrate:down

drop table stock_transfer_lines;
drop table stock_transfers;
