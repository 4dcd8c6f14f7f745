-- People sign in, as programs have API keys. Of what opens a door only hashes are here, and every time is told by this database's clock.
create table catalog.person (
  id uuid primary key,
  -- What is typed in to sign in.
  name text not null unique check (name = lower(name) and length(name) between 1 and 100),
  shown_as text not null check (length(shown_as) between 1 and 100),
  role text not null check (role in ('viewer', 'operator', 'tenant-admin', 'fleet-admin', 'security-auditor')),
  tenant_id uuid references catalog.tenant (id) on delete cascade,
  -- Parameters, salt and hash of scrypt; null for whoever has not chosen one.
  password text,
  -- The role that breaking glass gives for a while, if it may be done.
  breakglass_role text check (breakglass_role in ('operator', 'fleet-admin')),
  created_at timestamptz not null default now(),
  created_by text not null,
  signed_in_at timestamptz,
  disabled_at timestamptz,
  -- As for API keys: a tenant-admin is the admin of exactly one tenant.
  check ((role = 'tenant-admin') = (tenant_id is not null))
);
create index person_listing on catalog.person (created_at, id);
create index person_tenant on catalog.person (tenant_id) where tenant_id is not null;

-- A link that works once: whoever has it chooses a password.
create table catalog.invitation (
  hash bytea primary key,
  person_id uuid not null references catalog.person (id) on delete cascade,
  created_at timestamptz not null default now(),
  expires_at timestamptz not null,
  used_at timestamptz
);
create index invitation_person on catalog.invitation (person_id);

create table catalog.session (
  id uuid primary key,
  -- Of the token in the cookie.
  hash bytea not null unique,
  person_id uuid not null references catalog.person (id) on delete cascade,
  begun_at timestamptz not null default clock_timestamp(),
  -- Its last use, to the minute.
  seen_at timestamptz not null default clock_timestamp(),
  ends_at timestamptz not null,
  ended_at timestamptz,
  address text,
  -- While glass is broken: the role that this session has, until when and why.
  breakglass_role text,
  breakglass_until timestamptz,
  breakglass_reason text,
  check ((breakglass_role is null) = (breakglass_until is null) and (breakglass_role is null) = (breakglass_reason is null))
);
create index session_person on catalog.session (person_id);
create index session_listing on catalog.session (begun_at, id);

-- Failures of each name that was typed in, whether anybody has it or not. By digest: what people type there may be a password.
create table catalog.sign_in_attempt (
  digest bytea primary key,
  failures integer not null,
  at timestamptz not null default clock_timestamp(),
  locked_until timestamptz
);
create index sign_in_attempt_age on catalog.sign_in_attempt (at);
