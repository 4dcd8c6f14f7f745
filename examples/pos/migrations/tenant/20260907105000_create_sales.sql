-- migrate:up

create table payment_methods (
  tenant_id uuid not null default tenantry.tenant(),
  id bigint generated always as identity,
  code text not null check (code ~ '^[a-z][a-z0-9_]{0,31}$'),
  name text not null check (name <> ''),
  kind text not null check (kind in ('cash', 'card', 'voucher', 'account', 'loyalty')),
  opens_drawer boolean not null default false,
  is_active boolean not null default true,
  primary key (tenant_id, id),
  unique (tenant_id, code)
);

create table sales (
  tenant_id uuid not null default tenantry.tenant(),
  id bigint generated always as identity,
  client_ref uuid not null default gen_random_uuid(),
  location_id bigint not null,
  register_id bigint not null,
  register_shift_id bigint not null,
  employee_id bigint not null,
  customer_id bigint,
  status text not null default 'open' check (status in ('open', 'parked', 'completed', 'voided')),
  receipt_number bigint check (receipt_number > 0),
  business_date date not null,
  currency text not null check (currency ~ '^[A-Z]{3}$'),
  subtotal numeric(12, 2) not null default 0 check (subtotal >= 0),
  discount numeric(12, 2) not null default 0 check (discount between 0 and subtotal),
  tax_included numeric(12, 2) not null default 0 check (tax_included >= 0),
  tax_added numeric(12, 2) not null default 0 check (tax_added >= 0),
  total numeric(12, 2) generated always as (subtotal - discount + tax_added) stored,
  opened_at timestamptz not null default now(),
  completed_at timestamptz,
  updated_at timestamptz not null default now(),
  note text,
  primary key (tenant_id, id),
  unique (tenant_id, client_ref),
  unique (tenant_id, register_id, receipt_number),
  foreign key (tenant_id, location_id) references locations (tenant_id, id),
  foreign key (tenant_id, register_id) references registers (tenant_id, id),
  foreign key (tenant_id, register_shift_id) references register_shifts (tenant_id, id),
  foreign key (tenant_id, employee_id) references employees (tenant_id, id),
  foreign key (tenant_id, customer_id) references customers (tenant_id, id) on delete set null (customer_id),
  check ((status = 'completed') = (completed_at is not null)),
  check ((status = 'completed') = (receipt_number is not null))
);

comment on column sales.client_ref is 'Chosen by the till, so that a sale which is sent twice is stored once.';
comment on column sales.subtotal is 'The sum of the lines as charged: after the discounts of lines, before that of the sale.';
comment on column sales.tax_included is 'Tax inside the prices (VAT). Shown on the receipt, not added to the total; what is added is tax_added.';
comment on column sales.status is 'A voided sale was never completed. What was completed is only ever refunded.';

create index sales_location_idx on sales (tenant_id, location_id, business_date);
create index sales_register_shift_idx on sales (tenant_id, register_shift_id);
create index sales_employee_idx on sales (tenant_id, employee_id);
create index sales_customer_idx on sales (tenant_id, customer_id, completed_at desc);
create index sales_unfinished_idx on sales (tenant_id, register_id, opened_at) where status in ('open', 'parked');

create trigger sales_touch
before update on sales
for each row execute function touch_updated_at();

create table sale_lines (
  tenant_id uuid not null default tenantry.tenant(),
  id bigint generated always as identity,
  sale_id bigint not null,
  line_number integer not null check (line_number > 0),
  variant_id bigint not null,
  description text not null,
  quantity numeric(14, 3) not null check (quantity > 0),
  unit_price numeric(12, 2) not null check (unit_price >= 0),
  discount numeric(12, 2) not null default 0 check (discount >= 0),
  amount numeric(12, 2) generated always as (line_amount(quantity, unit_price, discount)) stored,
  primary key (tenant_id, id),
  unique (tenant_id, sale_id, line_number),
  foreign key (tenant_id, sale_id) references sales (tenant_id, id) on delete cascade,
  foreign key (tenant_id, variant_id) references product_variants (tenant_id, id),
  check (line_amount(quantity, unit_price, discount) >= 0)
);

comment on column sale_lines.description is 'The name as it was sold. A receipt printed again next year must not change with the catalogue.';

create index sale_lines_variant_idx on sale_lines (tenant_id, variant_id);

create table sale_line_taxes (
  tenant_id uuid not null default tenantry.tenant(),
  sale_line_id bigint not null,
  tax_rate_id bigint not null,
  rate numeric(7, 5) not null check (rate between 0 and 1),
  is_included boolean not null,
  taxable numeric(12, 2) not null check (taxable >= 0),
  tax numeric(12, 2) not null check (tax >= 0),
  primary key (tenant_id, sale_line_id, tax_rate_id),
  foreign key (tenant_id, sale_line_id) references sale_lines (tenant_id, id) on delete cascade,
  foreign key (tenant_id, tax_rate_id) references tax_rates (tenant_id, id)
);

create index sale_line_taxes_tax_rate_idx on sale_line_taxes (tenant_id, tax_rate_id);

create table payments (
  tenant_id uuid not null default tenantry.tenant(),
  id bigint generated always as identity,
  sale_id bigint not null,
  payment_method_id bigint not null,
  status text not null default 'captured' check (status in ('authorised', 'captured', 'voided')),
  amount numeric(12, 2) not null check (amount > 0),
  tendered numeric(12, 2) check (tendered >= amount),
  change_given numeric(12, 2) generated always as (tendered - amount) stored,
  reference text,
  paid_at timestamptz not null default now(),
  primary key (tenant_id, id),
  foreign key (tenant_id, sale_id) references sales (tenant_id, id),
  foreign key (tenant_id, payment_method_id) references payment_methods (tenant_id, id)
);

comment on column payments.reference is 'The terminal''s reference. Card numbers are never stored.';

create unique index payments_reference_key on payments (tenant_id, payment_method_id, reference) where status <> 'voided';
create index payments_sale_idx on payments (tenant_id, sale_id);
create index payments_payment_method_idx on payments (tenant_id, payment_method_id, paid_at desc);

create table refunds (
  tenant_id uuid not null default tenantry.tenant(),
  id bigint generated always as identity,
  client_ref uuid not null default gen_random_uuid(),
  sale_id bigint not null,
  register_shift_id bigint not null,
  employee_id bigint not null,
  payment_method_id bigint not null,
  reason text not null check (reason in ('damaged', 'wrong_item', 'changed_mind', 'price_error', 'other')),
  total numeric(12, 2) not null check (total > 0),
  refunded_at timestamptz not null default now(),
  primary key (tenant_id, id),
  unique (tenant_id, client_ref),
  foreign key (tenant_id, sale_id) references sales (tenant_id, id),
  foreign key (tenant_id, register_shift_id) references register_shifts (tenant_id, id),
  foreign key (tenant_id, employee_id) references employees (tenant_id, id),
  foreign key (tenant_id, payment_method_id) references payment_methods (tenant_id, id)
);

create index refunds_sale_idx on refunds (tenant_id, sale_id);
create index refunds_register_shift_idx on refunds (tenant_id, register_shift_id);
create index refunds_employee_idx on refunds (tenant_id, employee_id);
create index refunds_payment_method_idx on refunds (tenant_id, payment_method_id);

create table refund_lines (
  tenant_id uuid not null default tenantry.tenant(),
  id bigint generated always as identity,
  refund_id bigint not null,
  sale_line_id bigint not null,
  quantity numeric(14, 3) not null check (quantity > 0),
  amount numeric(12, 2) not null check (amount >= 0),
  restock boolean not null default true,
  primary key (tenant_id, id),
  unique (tenant_id, refund_id, sale_line_id),
  foreign key (tenant_id, refund_id) references refunds (tenant_id, id) on delete cascade,
  foreign key (tenant_id, sale_line_id) references sale_lines (tenant_id, id)
);

create index refund_lines_sale_line_idx on refund_lines (tenant_id, sale_line_id);

alter table loyalty_ledger
  add foreign key (tenant_id, sale_id) references sales (tenant_id, id);

-- Points are earned once for a sale, however often the till asks.
create unique index loyalty_ledger_earned_key on loyalty_ledger (tenant_id, loyalty_account_id, sale_id) where kind = 'earn';
create index loyalty_ledger_sale_idx on loyalty_ledger (tenant_id, sale_id);

create view register_shift_cash with (security_invoker = true) as
select
  shifts.tenant_id,
  shifts.id as register_shift_id,
  shifts.register_id,
  shifts.opened_at,
  shifts.closed_at,
  shifts.opening_float,
  taken.amount as cash_taken,
  returned.amount as cash_returned,
  moved.amount as cash_moved,
  shifts.opening_float + taken.amount - returned.amount + moved.amount as cash_expected
from register_shifts as shifts
cross join lateral (
  select coalesce(sum(payments.amount), 0) as amount
  from sales
  join payments
    on payments.tenant_id = sales.tenant_id
    and payments.sale_id = sales.id
    and payments.status = 'captured'
  join payment_methods as methods
    on methods.tenant_id = payments.tenant_id
    and methods.id = payments.payment_method_id
    and methods.kind = 'cash'
  where sales.tenant_id = shifts.tenant_id
    and sales.register_shift_id = shifts.id
) as taken
cross join lateral (
  select coalesce(sum(refunds.total), 0) as amount
  from refunds
  join payment_methods as methods
    on methods.tenant_id = refunds.tenant_id
    and methods.id = refunds.payment_method_id
    and methods.kind = 'cash'
  where refunds.tenant_id = shifts.tenant_id
    and refunds.register_shift_id = shifts.id
) as returned
cross join lateral (
  select coalesce(sum(cash_movements.drawer_change), 0) as amount
  from cash_movements
  where cash_movements.tenant_id = shifts.tenant_id
    and cash_movements.register_shift_id = shifts.id
) as moved;

-- migrate:down

drop view register_shift_cash;
drop index loyalty_ledger_sale_idx;
drop index loyalty_ledger_earned_key;
alter table loyalty_ledger
  drop constraint loyalty_ledger_tenant_id_sale_id_fkey;
drop table refund_lines;
drop table refunds;
drop table payments;
drop table sale_line_taxes;
drop table sale_lines;
drop table sales;
drop table payment_methods;
