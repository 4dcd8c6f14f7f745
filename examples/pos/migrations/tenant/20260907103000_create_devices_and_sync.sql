-- migrate:up

create table devices (
  tenant_id uuid not null default tenantry.tenant(),
  id bigint generated always as identity,
  location_id bigint not null,
  kind text not null check (kind in ('till', 'handheld', 'kiosk', 'printer', 'scale')),
  name text not null check (name <> ''),
  serial_number text not null check (serial_number <> ''),
  key_fingerprint bytea check (octet_length(key_fingerprint) = 32),
  app_version text,
  last_seen_at timestamptz,
  retired_at timestamptz,
  primary key (tenant_id, id),
  foreign key (tenant_id, location_id) references locations (tenant_id, id)
);

comment on column devices.key_fingerprint is 'SHA-256 of the public key with which the device signs its batches.';

create unique index devices_serial_number_key on devices (tenant_id, serial_number) where retired_at is null;
create index devices_location_idx on devices (tenant_id, location_id);

create table sync_batches (
  tenant_id uuid not null default tenantry.tenant(),
  id bigint generated always as identity,
  device_id bigint not null,
  sequence bigint not null check (sequence > 0),
  status text not null default 'received' check (status in ('received', 'applied', 'failed')),
  payload jsonb not null check (jsonb_typeof(payload) = 'array'),
  item_count integer generated always as (jsonb_array_length(payload)) stored,
  error text,
  received_at timestamptz not null default now(),
  applied_at timestamptz,
  primary key (tenant_id, id),
  unique (tenant_id, device_id, sequence),
  foreign key (tenant_id, device_id) references devices (tenant_id, id),
  check ((status = 'applied') = (applied_at is not null)),
  check ((status = 'failed') = (error is not null))
);

comment on column sync_batches.sequence is 'Counted by the device. A batch that is sent again after a lost answer meets the unique constraint and is applied once.';

create index sync_batches_pending_idx on sync_batches (tenant_id, received_at) where status <> 'applied';

create table sync_conflicts (
  tenant_id uuid not null default tenantry.tenant(),
  id bigint generated always as identity,
  sync_batch_id bigint not null,
  table_name text not null,
  row_key jsonb not null,
  device_row jsonb,
  server_row jsonb,
  resolution text check (resolution in ('device', 'server', 'merged')),
  resolved_by bigint,
  resolved_at timestamptz,
  primary key (tenant_id, id),
  foreign key (tenant_id, sync_batch_id) references sync_batches (tenant_id, id) on delete cascade,
  foreign key (tenant_id, resolved_by) references employees (tenant_id, id) on delete set null (resolved_by),
  check ((resolution is null) = (resolved_at is null))
);

create index sync_conflicts_batch_idx on sync_conflicts (tenant_id, sync_batch_id);
create index sync_conflicts_resolved_by_idx on sync_conflicts (tenant_id, resolved_by);
create index sync_conflicts_open_idx on sync_conflicts (tenant_id, table_name) where resolution is null;

-- migrate:down

drop table sync_conflicts;
drop table sync_batches;
drop table devices;
