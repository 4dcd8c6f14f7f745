-- migrate:up

create table registers (
  tenant_id uuid not null default tenantry.tenant(),
  id bigint generated always as identity,
  location_id bigint not null,
  device_id bigint,
  code text not null check (code ~ '^[A-Z0-9][A-Z0-9-]{0,15}$'),
  name text not null check (name <> ''),
  last_receipt_number bigint not null default 0 check (last_receipt_number >= 0),
  deleted_at timestamptz,
  primary key (tenant_id, id),
  foreign key (tenant_id, location_id) references locations (tenant_id, id),
  foreign key (tenant_id, device_id) references devices (tenant_id, id) on delete set null (device_id)
)
with (fillfactor = 70);

comment on column registers.last_receipt_number is 'A counter in a row, not a sequence: tax offices want receipts without gaps, and a sequence does not roll back.';

create unique index registers_code_key on registers (tenant_id, location_id, code) where deleted_at is null;
create unique index registers_device_key on registers (tenant_id, device_id) where deleted_at is null;
create index registers_location_idx on registers (tenant_id, location_id);
create index registers_device_idx on registers (tenant_id, device_id);

-- Null when the register is unknown or closed for good. Its row stays locked until the sale is committed.
create function next_receipt_number(register bigint) returns bigint
language sql
begin atomic
  update registers
  set last_receipt_number = last_receipt_number + 1
  where id = register
    and deleted_at is null
  returning last_receipt_number;
end;

create table register_shifts (
  tenant_id uuid not null default tenantry.tenant(),
  id bigint generated always as identity,
  register_id bigint not null,
  opened_by bigint not null,
  closed_by bigint,
  opened_at timestamptz not null default now(),
  closed_at timestamptz,
  opening_float numeric(12, 2) not null default 0 check (opening_float >= 0),
  expected_cash numeric(12, 2),
  counted_cash numeric(12, 2) check (counted_cash >= 0),
  over_short numeric(12, 2) generated always as (counted_cash - expected_cash) stored,
  note text,
  primary key (tenant_id, id),
  foreign key (tenant_id, register_id) references registers (tenant_id, id),
  foreign key (tenant_id, opened_by) references employees (tenant_id, id),
  foreign key (tenant_id, closed_by) references employees (tenant_id, id),
  check (closed_at > opened_at),
  check (num_nonnulls(closed_at, closed_by, expected_cash, counted_cash) in (0, 4))
);

create unique index register_shifts_open_key on register_shifts (tenant_id, register_id) where closed_at is null;
create index register_shifts_register_idx on register_shifts (tenant_id, register_id, opened_at desc);
create index register_shifts_opened_by_idx on register_shifts (tenant_id, opened_by);
create index register_shifts_closed_by_idx on register_shifts (tenant_id, closed_by);

create table cash_movements (
  tenant_id uuid not null default tenantry.tenant(),
  id bigint generated always as identity,
  register_shift_id bigint not null,
  employee_id bigint not null,
  kind text not null check (kind in ('pay_in', 'pay_out', 'safe_drop')),
  amount numeric(12, 2) not null check (amount > 0),
  drawer_change numeric(12, 2) generated always as (case kind when 'pay_in' then amount else -amount end) stored,
  reason text not null check (reason <> ''),
  moved_at timestamptz not null default now(),
  primary key (tenant_id, id),
  foreign key (tenant_id, register_shift_id) references register_shifts (tenant_id, id),
  foreign key (tenant_id, employee_id) references employees (tenant_id, id)
);

create index cash_movements_register_shift_idx on cash_movements (tenant_id, register_shift_id);
create index cash_movements_employee_idx on cash_movements (tenant_id, employee_id);

-- migrate:down

drop table cash_movements;
drop table register_shifts;
drop function next_receipt_number(bigint);
drop table registers;
