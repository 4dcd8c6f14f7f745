-- How large homes are, as they were measured last. A home that was never measured has no row.
create table catalog.home_fact (
  home_id uuid primary key references catalog.home (id) on delete cascade,
  -- When it was its turn last, whatever came of it.
  tried_at timestamptz not null,
  measured_at timestamptz,
  bytes bigint,
  rows bigint,
  dead bigint,
  -- Of its tables, those that somebody had locked: what the server has written down of them counts.
  held integer not null default 0,
  -- That live there; those that are nobody's yet are not counted.
  tenants integer not null default 0,
  -- Its bytes a week before, if it was known then.
  week_ago bigint
);
create index home_fact_turn on catalog.home_fact (tried_at);

-- Day by day, in UTC, as measured last on that day. A day on which nothing has changed has no row.
create table catalog.home_size (
  home_id uuid not null references catalog.home (id) on delete cascade,
  day date not null,
  bytes bigint not null,
  rows bigint not null,
  dead bigint not null,
  primary key (home_id, day)
);
