-- migrate:up

create table employees (
  tenant_id uuid not null default tenantry.tenant(),
  id bigint generated always as identity,
  number text not null check (number <> ''),
  display_name text not null check (display_name <> ''),
  role text not null default 'cashier' check (role in ('cashier', 'supervisor', 'manager', 'stock')),
  home_location_id bigint,
  user_account_id bigint,
  hired_on date not null default current_date,
  left_on date,
  updated_at timestamptz not null default now(),
  deleted_at timestamptz,
  primary key (tenant_id, id),
  foreign key (tenant_id, home_location_id) references locations (tenant_id, id) on delete set null (home_location_id),
  check (left_on >= hired_on)
);

comment on column employees.user_account_id is 'The id in platform.user_account, for those who log in. No foreign key: a tenant''s tables may live in another database.';

create unique index employees_number_key on employees (tenant_id, number) where deleted_at is null;
create unique index employees_user_account_key on employees (tenant_id, user_account_id) where deleted_at is null;
create index employees_home_location_idx on employees (tenant_id, home_location_id);

create trigger employees_touch
before update on employees
for each row execute function touch_updated_at();

create table employee_shifts (
  tenant_id uuid not null default tenantry.tenant(),
  id bigint generated always as identity,
  employee_id bigint not null,
  location_id bigint not null,
  during tstzrange not null check (not isempty(during) and not lower_inf(during) and not upper_inf(during)),
  status text not null default 'planned' check (status in ('planned', 'confirmed', 'cancelled')),
  note text,
  primary key (tenant_id, id),
  foreign key (tenant_id, employee_id) references employees (tenant_id, id) on delete cascade,
  foreign key (tenant_id, location_id) references locations (tenant_id, id),
  constraint employee_shifts_no_overlap
    exclude using gist (tenant_id with =, employee_id with =, during with &&)
    where (status <> 'cancelled')
);

comment on table employee_shifts is 'The roster: who is meant to work. What was worked is in time_entries.';

create index employee_shifts_employee_idx on employee_shifts (tenant_id, employee_id);
create index employee_shifts_location_idx on employee_shifts (tenant_id, location_id, lower(during));

create table time_entries (
  tenant_id uuid not null default tenantry.tenant(),
  id bigint generated always as identity,
  employee_id bigint not null,
  location_id bigint not null,
  clocked_in_at timestamptz not null default now(),
  clocked_out_at timestamptz,
  break_minutes integer not null default 0 check (break_minutes between 0 and 720),
  worked interval generated always as (clocked_out_at - clocked_in_at - break_minutes * interval '1 minute') stored,
  approved_by bigint,
  primary key (tenant_id, id),
  foreign key (tenant_id, employee_id) references employees (tenant_id, id),
  foreign key (tenant_id, location_id) references locations (tenant_id, id),
  foreign key (tenant_id, approved_by) references employees (tenant_id, id) on delete set null (approved_by),
  check (clocked_out_at > clocked_in_at),
  check (approved_by <> employee_id)
);

-- Nobody is clocked in twice.
create unique index time_entries_open_key on time_entries (tenant_id, employee_id) where clocked_out_at is null;
create index time_entries_employee_idx on time_entries (tenant_id, employee_id, clocked_in_at desc);
create index time_entries_location_idx on time_entries (tenant_id, location_id, clocked_in_at desc);
create index time_entries_approved_by_idx on time_entries (tenant_id, approved_by);

-- migrate:down

drop table time_entries;
drop table employee_shifts;
drop table employees;
