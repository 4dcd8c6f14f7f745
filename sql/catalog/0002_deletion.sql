-- Deleting a tenant is soft: it can be taken back until it is purged, and nobody purges it before its grace is over or while it is held.
alter table catalog.tenant
  drop constraint tenant_state_check,
  add constraint tenant_state_check check (state in ('creating', 'active', 'suspended', 'read_only', 'deleted', 'purging')),
  -- The state before it was deleted, with its reason: undeleting goes back there.
  add column deleted_from text check (deleted_from in ('active', 'suspended', 'read_only')),
  add column deleted_from_reason text,
  add column deleted_at timestamptz,
  add column purge_after timestamptz,
  -- Why the tenant must not be purged, whatever its grace.
  add column held_for text,
  add constraint tenant_deletion check (state not in ('deleted', 'purging') or (deleted_at is not null and purge_after is not null and deleted_from is not null));

-- What is known of tenants that are no more. Written in the transaction that takes the tenant out of the catalog.
create table catalog.tombstone (
  tenant_id uuid primary key,
  slug text not null,
  name text not null,
  isolation text not null,
  cluster text not null,
  database text not null,
  schema_name text not null,
  created_at timestamptz not null,
  deleted_at timestamptz not null,
  purged_at timestamptz not null default clock_timestamp(),
  purged_by text not null,
  operation_id uuid not null,
  -- Why there is no final backup.
  waiver text not null,
  -- What was destroyed, as the purge counted it.
  destroyed jsonb not null
);
create index tombstone_listing on catalog.tombstone (purged_at desc, tenant_id);
create index tombstone_slug on catalog.tombstone (slug);
