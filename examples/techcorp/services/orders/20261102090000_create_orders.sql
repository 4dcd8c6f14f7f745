-- migrate:up

create table orders (
  id uuid primary key default gen_random_uuid(),
  account_id uuid not null,
  currency text not null check (currency ~ '^[A-Z]{3}$'),
  state text not null default 'open' check (state in ('open', 'placed', 'shipped', 'cancelled')),
  placed_at timestamptz,
  check ((state in ('placed', 'shipped')) = (placed_at is not null))
);

create index orders_account_idx on orders (account_id, placed_at desc);

comment on column orders.account_id is 'An account of the identity service. No foreign key reaches there: whoever places an order has asked that service.';

create table order_lines (
  order_id uuid not null references orders (id) on delete cascade,
  position smallint not null check (position > 0),
  sku text not null check (sku <> ''),
  quantity integer not null check (quantity > 0),
  unit_price numeric(12, 4) not null check (unit_price >= 0),
  primary key (order_id, position)
);

create view order_totals with (security_invoker = true) as
select o.id, o.currency, coalesce(sum(l.quantity * l.unit_price), 0) as total
from orders o
left join order_lines l on l.order_id = o.id
group by o.id;

-- migrate:down

drop view order_totals;
drop table order_lines;
drop table orders;
