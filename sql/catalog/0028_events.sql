-- What happens to the platform, in the order of becoming visible. Written in the transaction of the change, without a number: numbers that are drawn by
-- then are visible in another order, and whoever reads on from the highest it has seen would miss what was committed late.
create table catalog.event (
  id bigint primary key generated always as identity,
  -- Null until it is published: whoever looks first gives the next numbers to what has been committed by then.
  seq bigint,
  at timestamptz not null default clock_timestamp(),
  -- Which of the triggers below wrote it.
  source text not null,
  -- Of the operation, or of the cluster; of a tenant its slug.
  name text not null,
  state text not null,
  -- The tenant that it is about, if it is about one. No references: an event outlives what it is of.
  subject uuid,
  operation_id uuid,
  facts jsonb not null default '{}'
);
create unique index event_seq on catalog.event (seq) where seq is not null;
create index event_subject on catalog.event (subject, seq) where seq is not null;
create index event_unpublished on catalog.event (id) where seq is null;

-- The last number that was given. Whoever publishes holds the row. Numbers begin at the time in milliseconds, so that those of a catalog that was lost and
-- made anew do not mean other events.
create table catalog.event_stream (
  only_row boolean primary key default true check (only_row),
  published bigint not null default (extract(epoch from clock_timestamp()) * 1000)::bigint
);
insert into catalog.event_stream default values;

create function catalog.operation_has_changed() returns trigger
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  slug text;
begin
  if new.subject is not null then
    slug := coalesce(
      (select t.slug from catalog.tenant t where t.id = new.subject),
      (select b.slug from catalog.tombstone b where b.tenant_id = new.subject)
    );
  end if;
  insert into catalog.event (source, name, state, subject, operation_id, facts)
  values ('operation', new.name, new.state, new.subject, new.id, jsonb_strip_nulls(jsonb_build_object(
    -- One that nobody has claimed yet has none.
    'slug', case when not starts_with(slug, '~') then slug end,
    'actor', new.actor,
    'code', new.fault ->> 'code'
  )));
  return null;
end
$$;
revoke all on function catalog.operation_has_changed() from public;
create trigger operation_begins after insert on catalog.operation
  for each row execute function catalog.operation_has_changed();
create trigger operation_has_changed after update of state on catalog.operation
  for each row when (old.state is distinct from new.state) execute function catalog.operation_has_changed();

-- Stock is nobody's; a claim is where it becomes a tenant.
create function catalog.tenant_has_changed() returns trigger
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
begin
  insert into catalog.event (source, name, state, subject, facts)
  values ('tenant', new.slug, new.state, new.id, jsonb_build_object('slug', new.slug, 'from', old.state));
  return null;
end
$$;
revoke all on function catalog.tenant_has_changed() from public;
create trigger tenant_has_changed after update of state on catalog.tenant
  for each row when (old.state is distinct from new.state and not starts_with(new.slug, '~')) execute function catalog.tenant_has_changed();

create function catalog.cluster_has_changed() returns trigger
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
begin
  insert into catalog.event (source, name, state, facts)
  values ('cluster', new.name, case when new.draining then 'draining' else new.state end,
          jsonb_build_object('from', case when old.draining then 'draining' else old.state end));
  return null;
end
$$;
revoke all on function catalog.cluster_has_changed() from public;
create trigger cluster_has_changed after update of state, draining on catalog.cluster
  for each row when ((old.state, old.draining) is distinct from (new.state, new.draining)) execute function catalog.cluster_has_changed();

-- What an operation has done, in words, for whoever looks into it. Written beside its journal: it decides nothing.
create table catalog.operation_note (
  operation_id uuid not null references catalog.operation (id) on delete cascade,
  id bigint not null generated always as identity,
  at timestamptz not null,
  level text not null check (level in ('info', 'warn', 'error')),
  text text not null,
  primary key (operation_id, id)
);
create index operation_note_at on catalog.operation_note (at);
