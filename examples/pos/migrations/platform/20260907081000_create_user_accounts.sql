-- migrate:up

create table user_account (
  tenant_id uuid not null default tenantry.tenant(),
  id bigint generated always as identity,
  email text not null check (email like '%_@_%' and length(email) <= 254),
  display_name text not null check (display_name <> ''),
  role text not null default 'cashier' check (role in ('owner', 'manager', 'cashier', 'auditor')),
  locale text not null default 'en',
  password_hash text,
  password_changed_at timestamptz,
  mfa_secret bytea,
  mfa_last_step bigint,
  failed_logins integer not null default 0 check (failed_logins >= 0),
  locked_until timestamptz,
  last_login_at timestamptz,
  created_at timestamptz not null default now(),
  deleted_at timestamptz,
  primary key (tenant_id, id)
);

comment on column user_account.password_hash is 'Granted to nobody: written by set_password, compared by verify_login.';
comment on column user_account.mfa_secret is 'Granted to nobody: written by set_mfa_secret, compared by verify_mfa.';
comment on column user_account.mfa_last_step is 'The time step of the last code that was accepted: a code works once.';

create unique index user_account_email_key on user_account (tenant_id, lower(email)) where deleted_at is null;

create table user_session (
  tenant_id uuid not null default tenantry.tenant(),
  id bigint generated always as identity,
  user_id bigint not null,
  token_hash bytea not null check (octet_length(token_hash) = 32),
  client_address inet,
  user_agent text,
  created_at timestamptz not null default now(),
  last_seen_at timestamptz not null default now(),
  expires_at timestamptz not null default now() + interval '12 hours',
  revoked_at timestamptz,
  primary key (tenant_id, id),
  unique (tenant_id, token_hash),
  foreign key (tenant_id, user_id) references user_account (tenant_id, id) on delete cascade,
  check (expires_at > created_at)
);

comment on column user_session.token_hash is 'SHA-256 of the token. Whoever reads this table cannot log in with it.';

create index user_session_user_idx on user_session (tenant_id, user_id);
create index user_session_expiry_idx on user_session (tenant_id, expires_at) where revoked_at is null;

create table usage_event (
  tenant_id uuid not null default tenantry.tenant(),
  id bigint generated always as identity,
  occurred_at timestamptz not null default now(),
  kind text not null check (kind ~ '^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)*$'),
  quantity numeric(14, 3) not null default 1 check (quantity > 0),
  user_id bigint,
  details jsonb not null default '{}' check (jsonb_typeof(details) = 'object'),
  primary key (tenant_id, id),
  foreign key (tenant_id, user_id) references user_account (tenant_id, id) on delete set null (user_id)
);

comment on table usage_event is 'What is billed or limited: receipts printed, messages sent, reports run.';

create index usage_event_kind_idx on usage_event (tenant_id, kind, occurred_at desc);
create index usage_event_user_idx on usage_event (tenant_id, user_id) where user_id is not null;

-- migrate:down

drop table usage_event;
drop table user_session;
drop table user_account;
