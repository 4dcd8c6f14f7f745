-- migrate:up

create table order_history (
  order_id uuid not null references orders (id),
  at timestamptz not null default clock_timestamp(),
  state text not null,
  primary key (order_id, at)
);

insert into order_history (order_id, at, state)
select id, coalesce(placed_at, now()), state
from orders;

-- migrate:down

drop table order_history;
