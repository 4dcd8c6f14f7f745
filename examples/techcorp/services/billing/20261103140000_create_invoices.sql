-- migrate:up

create table invoices (
  number bigint generated always as identity primary key,
  order_id uuid not null unique,
  account_id uuid not null,
  currency text not null check (currency ~ '^[A-Z]{3}$'),
  amount numeric(14, 4) not null check (amount >= 0),
  issued_on date not null default current_date,
  due_on date not null default current_date + 14,
  check (due_on >= issued_on)
);

comment on column invoices.order_id is 'An order of the orders service, as its event told it; one invoice for each.';

create table payments (
  id uuid primary key default gen_random_uuid(),
  invoice_number bigint not null references invoices (number),
  amount numeric(14, 4) not null check (amount > 0),
  provider text not null check (provider in ('card', 'transfer', 'wallet')),
  provider_reference text not null,
  received_at timestamptz not null default now(),
  unique (provider, provider_reference)
);

create index payments_invoice_idx on payments (invoice_number);

create view open_invoices with (security_invoker = true) as
select i.number, i.account_id, i.currency, i.amount - coalesce(sum(p.amount), 0) as open, i.due_on
from invoices i
left join payments p on p.invoice_number = i.number
group by i.number
having i.amount > coalesce(sum(p.amount), 0);

-- migrate:down

drop view open_invoices;
drop table payments;
drop table invoices;
