-- The catalog: what exists, where it lives, what is being done to it. It has a database of its own; tenants are never in it.
create schema catalog;
revoke all on schema catalog from public;

create table catalog.platform (
  only_row boolean primary key default true check (only_row),
  id text not null check (id ~ '^[a-z2-7]{6}$'),
  created_at timestamptz not null default now()
);

create table catalog.cluster (
  id uuid primary key,
  name text not null unique check (name ~ '^[a-z][a-z0-9-]{1,38}$'),
  -- References such as env:DATABASE_URL; never a secret.
  admin_ref text not null,
  app_host text not null,
  app_port integer not null check (app_port between 1 and 65535),
  app_secret_ref text not null,
  app_tls boolean not null default false,
  pooler text not null default 'none' check (pooler in ('none', 'pgbouncer')),
  server_version integer not null,
  system_id text not null,
  hardened boolean not null,
  default_database uuid,
  created_at timestamptz not null default now()
);

-- A tenant-bearing database.
create table catalog.database (
  id uuid primary key,
  cluster_id uuid not null references catalog.cluster (id),
  name text not null,
  assurance text not null default 'standard' check (assurance in ('standard', 'strict', 'dedicated')),
  state text not null check (state in ('creating', 'live')),
  -- As of a home: which platform migrations its platform tables have applied.
  platform_digest text not null default '',
  unique (cluster_id, name)
);
alter table catalog.cluster
  add foreign key (default_database) references catalog.database (id) deferrable initially deferred;

-- One set of tenant tables at one schema version.
create table catalog.home (
  id uuid primary key,
  number bigint not null generated always as identity unique,
  database_id uuid not null references catalog.database (id),
  isolation text not null check (isolation in ('shared', 'schema', 'database')),
  schema_name text not null,
  role_name text not null unique,
  login_name text not null,
  state text not null check (state in ('creating', 'live')),
  -- The newest applied migration and how many were applied; fleet status and a run with nothing to do read only these.
  version text not null default '',
  applied integer not null default 0,
  -- A digest over names and checksums of what was applied, in order: equal digests mean equal ledgers.
  digest text not null default '',
  created_at timestamptz not null default now(),
  unique (database_id, schema_name)
);
create unique index one_shared_home_per_database on catalog.home (database_id) where isolation = 'shared';
create index home_login on catalog.home (login_name);

create table catalog.tenant (
  id uuid primary key,
  slug text not null,
  name text not null check (length(name) between 1 and 200),
  isolation text not null check (isolation in ('shared', 'schema', 'database')),
  state text not null check (state in ('creating', 'active', 'suspended', 'read_only')),
  state_reason text,
  state_since timestamptz not null default now(),
  created_at timestamptz not null default now(),
  constraint tenant_slug unique (slug)
);
create index tenant_listing on catalog.tenant (created_at, id);

-- Where a tenant lives. The copy in the home's database decides; this one follows.
create table catalog.placement (
  tenant_id uuid primary key references catalog.tenant (id) on delete cascade,
  home_id uuid not null references catalog.home (id),
  epoch bigint not null
);
create index placement_home on catalog.placement (home_id);

create table catalog.operation (
  id uuid primary key,
  name text not null,
  -- Input and result never hold secrets: what is secret is named by reference.
  input jsonb not null,
  state text not null check (state in ('running', 'undoing', 'succeeded', 'failed', 'cancelled')),
  actor text not null,
  subject uuid,
  result jsonb,
  fault jsonb,
  cancel_requested boolean not null default false,
  -- The lease: by this database's clock only.
  lease_owner text,
  lease_until timestamptz,
  -- The fencing token: grows with every take-over, travels with every side effect.
  token bigint not null default 0,
  attempts integer not null default 0,
  created_at timestamptz not null default clock_timestamp(),
  ended_at timestamptz
);
create index operation_listing on catalog.operation (created_at desc, id desc);
create index operation_open on catalog.operation (lease_until) where state in ('running', 'undoing');
create index operation_subject on catalog.operation (subject, created_at desc);

create table catalog.operation_step (
  operation_id uuid not null references catalog.operation (id) on delete cascade,
  position integer not null,
  name text not null,
  state text not null check (state in ('done', 'undone')),
  output jsonb,
  started_at timestamptz not null,
  ended_at timestamptz not null default clock_timestamp(),
  primary key (operation_id, position)
);

create table catalog.operation_item (
  operation_id uuid not null references catalog.operation (id) on delete cascade,
  item text not null,
  state text not null check (state in ('waiting', 'done', 'failed')),
  attempts integer not null default 0,
  fault jsonb,
  ended_at timestamptz,
  primary key (operation_id, item)
);

create table catalog.idempotency (
  key text not null,
  actor text not null,
  request_digest text not null,
  operation_id uuid references catalog.operation (id) on delete set null deferrable initially deferred,
  created_at timestamptz not null default now(),
  primary key (actor, key)
);

create table catalog.api_key (
  id uuid primary key,
  name text not null check (length(name) between 1 and 100),
  role text not null check (role in ('viewer', 'operator', 'tenant-admin', 'fleet-admin', 'security-auditor')),
  tenant_id uuid references catalog.tenant (id) on delete cascade,
  hash bytea not null unique,
  hint text not null,
  created_at timestamptz not null default now(),
  created_by text not null,
  expires_at timestamptz,
  revoked_at timestamptz,
  last_used_at timestamptz,
  -- A tenant-admin is the admin of exactly one tenant; every other role is of the whole platform.
  check ((role = 'tenant-admin') = (tenant_id is not null))
);

-- Who changed what: written in the same transaction as the change itself.
create table catalog.audit (
  id bigint primary key generated always as identity,
  at timestamptz not null default clock_timestamp(),
  actor text not null,
  source text not null,
  operation text not null,
  operation_id uuid,
  tenant_id uuid,
  input_digest text not null,
  outcome text not null check (outcome in ('accepted', 'succeeded', 'failed', 'refused', 'cancelled')),
  fault text
);
create index audit_tenant on catalog.audit (tenant_id, at);

-- A server's revocations outside our own databases, so that they can be taken back exactly.
create table catalog.revocation (
  cluster_id uuid not null references catalog.cluster (id) on delete cascade,
  database_name text not null,
  undo text not null,
  at timestamptz not null default now(),
  primary key (cluster_id, database_name)
);

-- All that an application's catalog role may do. The signature is a wire contract: a change gets a new number and the old one stays for a release.
create function catalog.resolve_v1(ref text) returns jsonb
language sql stable security definer
set search_path = pg_catalog, pg_temp
begin atomic
  select jsonb_build_object(
    'tenant', t.id,
    'slug', t.slug,
    'state', t.state,
    'isolation', h.isolation,
    'home', h.id,
    'schema', h.schema_name,
    'version', h.version,
    'epoch', p.epoch::text,
    'databaseId', d.id,
    'database', d.name,
    'login', h.login_name,
    'host', c.app_host,
    'port', c.app_port,
    'tls', c.app_tls,
    'pooler', c.pooler,
    'secret', c.app_secret_ref
  )
  from catalog.tenant t
  join catalog.placement p on p.tenant_id = t.id
  join catalog.home h on h.id = p.home_id
  join catalog.database d on d.id = h.database_id
  join catalog.cluster c on c.id = d.cluster_id
  where t.state <> 'creating'
    and case when ref ~ '^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$' then t.id = ref::uuid else t.slug = ref end;
end;
revoke all on function catalog.resolve_v1(text) from public;
