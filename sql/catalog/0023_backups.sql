-- Archives that the catalog knows: of tenants, also of those that are gone since, of the tables that all tenants of a database share, and of whole databases.
create table catalog.backup (
  -- As its archive is called in the stores.
  id uuid primary key,
  -- No references: a backup outlives what it is of.
  tenant_id uuid,
  database_id uuid,
  -- Of the tenant as it was called then; of a database, the name of that.
  slug text not null,
  kind text not null check (kind in ('demand', 'daily', 'weekly', 'monthly', 'final', 'platform', 'database')),
  -- Written before there is anything in a store, and removed after there is nothing left: whatever is in a store, a row tells of it.
  state text not null check (state in ('writing', 'kept', 'removing')),
  operation_id uuid not null,
  note text,
  begun_at timestamptz not null default clock_timestamp(),
  kept_at timestamptz,
  -- By the clock of its server.
  taken_at timestamptz,
  lsn text,
  lsn_exact boolean,
  server_version integer,
  isolation text,
  track text,
  version text,
  ledger_digest text,
  shape text,
  fingerprint text,
  tables integer,
  rows bigint,
  bytes bigint,
  plain_bytes bigint,
  key_id text,
  manifest_digest text,
  store text not null,
  copies text[] not null default '{}',
  -- Every frame and count of it was read and found right, in all places.
  verified_at timestamptz,
  -- What was wrong with it when it was verified last.
  damage text,
  -- It was restored, and what was restored is what it was taken of.
  proven_at timestamptz,
  proven_ms integer,
  -- Null: it is kept until a policy or somebody says otherwise.
  expires_at timestamptz,
  check ((tenant_id is null) <> (database_id is null)),
  check ((kind in ('platform', 'database')) = (tenant_id is null)),
  check (state = 'writing' or kept_at is not null or state = 'removing'),
  check (state <> 'kept' or manifest_digest is not null)
);
create index backup_tenant on catalog.backup (tenant_id, kept_at desc);
create index backup_kept on catalog.backup (kept_at desc, id desc) where state = 'kept';
create index backup_unsettled on catalog.backup (operation_id) where state <> 'kept';
create index backup_operation on catalog.backup (operation_id);
create index backup_expires on catalog.backup (expires_at) where expires_at is not null;

-- How many backups are made and kept by themselves. Of several that fit a tenant, that for the tenant itself wins, then labels, then tiers, then the one for all.
create table catalog.backup_policy (
  id uuid primary key,
  scope text not null check (scope in ('tenant', 'label', 'tier', 'all')),
  -- The id of a tenant, `key=value`, the name of a tier, or nothing.
  target text not null,
  daily integer not null check (daily between 0 and 1000),
  weekly integer not null check (weekly between 0 and 1000),
  monthly integer not null check (monthly between 0 and 1000),
  set_at timestamptz not null default clock_timestamp(),
  -- At which hour of UTC a day begins for it.
  hour integer not null check (hour between 0 and 23),
  unique (scope, target)
);
