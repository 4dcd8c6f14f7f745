-- Texts may have stood there with constants in them (the server forgets a statement and counts it anew without normalising it), once for every 5 minutes:
-- what was kept is measured anew.
delete from catalog.slow_statement;
-- Keys have another form: what is counted next is nobody's 5 minutes.
delete from catalog.statement_reading;

-- Each text once, without its constants.
create table catalog.statement_text (
  id bigint generated always as identity primary key,
  digest bytea not null unique,
  text text not null,
  seen_at timestamptz not null
);
create index statement_text_age on catalog.statement_text (seen_at);

alter table catalog.slow_statement
  -- Of processes that are older than this file: they go on writing it, and nobody else reads it.
  alter column text set default '',
  -- No reference: texts are kept for longer than statements. Null: an older process has written it.
  add column text_id bigint,
  -- False: it ran inside of a function, whose own statement has its time as well.
  add column toplevel boolean not null default true,
  drop constraint slow_statement_pkey,
  add primary key (cluster_id, at, database, role, query_id, toplevel);

-- By database and query, of all homes together: what the server has counted of those that took most, as it is told to Prometheus. An older process has none.
alter table catalog.statement_reading
  add column heaviest jsonb not null default '[]';
