-- What the statements of tenants took: of each 5 minutes the 50 of a server that took most. Texts are as pg_stat_statements keeps them, without their constants.
create table catalog.slow_statement (
  cluster_id uuid not null references catalog.cluster (id) on delete cascade,
  at timestamptz not null,
  database text not null,
  -- As which it ran: in a scope that is the role of the home.
  role text not null,
  query_id text not null,
  text text not null,
  calls float8 not null,
  total_ms float8 not null,
  rows float8 not null,
  -- The longest since the server has counted them, which may be before.
  max_ms float8 not null,
  primary key (cluster_id, at, database, role, query_id)
);
create index slow_statement_age on catalog.slow_statement (at);

-- What a server had counted when it was asked last: what came since is the difference. No reference: a server may have several clusters.
create table catalog.statement_reading (
  system_id text primary key,
  at timestamptz not null,
  -- Since when it counts.
  reset timestamptz not null,
  -- How often it has forgotten those that were called least, for want of room.
  evicted float8 not null,
  -- By database, role and query: calls, milliseconds, rows.
  counted jsonb not null
);
