-- Homes of a tenant that its placement does not name: one that was made to be looked into or pointed to, and the one that the tenant had before.
create table catalog.beside (
  home_id uuid not null references catalog.home (id) on delete cascade,
  tenant_id uuid not null references catalog.tenant (id) on delete cascade,
  kind text not null check (kind in ('restored', 'former')),
  -- A shared home lives on whatever becomes of one tenant's rows in it, so that its own state says nothing of them. What is going does not come back.
  state text not null check (state in ('making', 'kept', 'going')),
  -- Where its rows came from, if it was a backup.
  backup_id uuid,
  -- Only some tables have their rows: to be compared and merged from, and never to be lived in.
  partial boolean not null default false,
  made_at timestamptz not null default clock_timestamp(),
  -- By this clock; null: until somebody drops it.
  until timestamptz,
  note text,
  primary key (home_id, tenant_id)
);
create index beside_tenant on catalog.beside (tenant_id);
create index beside_until on catalog.beside (until) where until is not null;

-- Only the catalog knows whose these homes are: so it is a fact that is kept beside the tenant.
create trigger facts_have_changed after insert or update or delete on catalog.beside
  for each row execute function catalog.facts_have_changed('tenant', 'tenant_id');
