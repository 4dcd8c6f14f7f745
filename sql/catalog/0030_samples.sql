-- What servers have been seen to do. One row for each cluster, source and step; `at` is a multiple of the step. Rows of 15 s are as they were read: counters
-- as the server counts them, with a mark that is another one after it has begun to count anew. Rows of 5 minutes and of an hour are made of those before.
create table catalog.sample (
  cluster_id uuid not null references catalog.cluster (id) on delete cascade,
  -- What was asked: `server`, `databases`, `replicas`, …
  source text not null,
  -- Seconds.
  step smallint not null check (step in (15, 300, 3600)),
  at timestamptz not null,
  -- When it was read, and readings by what they are of (a database, a replica; the server itself is '').
  facts jsonb not null,
  primary key (cluster_id, source, step, at)
);
create index sample_age on catalog.sample (step, at);

-- Who looks next: of several workers the first that is due. No reference: a server may have several clusters.
create table catalog.collecting (
  system_id text not null,
  source text not null,
  next_at timestamptz not null,
  primary key (system_id, source)
);
