-- Who is told of events over HTTP.
create table catalog.webhook (
  id uuid primary key,
  name text not null,
  url text not null,
  -- Types of events, or all of a noun such as `tenant.*`; null: all.
  types text[],
  state text not null default 'live' check (state in ('live', 'disabled')),
  -- Why it is disabled.
  because text check (because in ('asked', 'failing', 'gone')),
  -- The secret is derived from the master secret of the platform, the id and this. The one before is good until the moment below.
  generation integer not null default 1,
  before_until timestamptz,
  -- Events up to this number have been looked at for it.
  reached bigint not null,
  -- Since when nothing was delivered that was tried, and when that was the last time.
  failing_since timestamptz,
  failed_at timestamptz,
  created_at timestamptz not null default now(),
  created_by text not null,
  check ((state = 'disabled') = (because is not null))
);
create unique index webhook_name on catalog.webhook (lower(name));
create index webhook_listing on catalog.webhook (created_at, id);

-- An event that a webhook is to be told of. Kept for as long as the event is.
create table catalog.webhook_delivery (
  webhook_id uuid not null references catalog.webhook (id) on delete cascade,
  event_id bigint not null references catalog.event (id) on delete cascade,
  -- The number of the event.
  seq bigint not null,
  state text not null default 'waiting' check (state in ('waiting', 'delivered', 'failed')),
  attempts integer not null default 0,
  -- When it is tried next; null once it is over.
  next_at timestamptz default clock_timestamp(),
  -- Somebody is trying. Whoever dies over it has not said how it went, so that it is tried again.
  lease_until timestamptz,
  -- What came of it the last time.
  attempted_at timestamptz,
  status integer,
  took_ms integer,
  failure text,
  excerpt text,
  primary key (webhook_id, event_id),
  check ((state = 'waiting') = (next_at is not null))
);
create index webhook_delivery_due on catalog.webhook_delivery (webhook_id, next_at) where state = 'waiting';
create index webhook_delivery_listing on catalog.webhook_delivery (webhook_id, seq);
create index webhook_delivery_event on catalog.webhook_delivery (event_id);

create function catalog.webhook_has_changed() returns trigger
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
begin
  insert into catalog.event (source, name, state, facts)
  values ('webhook', new.name, new.state, jsonb_build_object('from', old.state));
  return null;
end
$$;
revoke all on function catalog.webhook_has_changed() from public;
create trigger webhook_has_changed after update of state on catalog.webhook
  for each row when (old.state is distinct from new.state) execute function catalog.webhook_has_changed();
