-- migrate:up

create table accounts (
  id uuid primary key default gen_random_uuid(),
  email text not null check (email ~ '^[^@ ]+@[^@ ]+$'),
  full_name text not null check (full_name <> ''),
  created_at timestamptz not null default now(),
  disabled_at timestamptz
);

create unique index accounts_email_key on accounts (lower(email));

create table sessions (
  id bigint generated always as identity primary key,
  account_id uuid not null references accounts (id) on delete cascade,
  token_hash bytea not null unique check (length(token_hash) = 32),
  created_at timestamptz not null default now(),
  expires_at timestamptz not null,
  check (expires_at > created_at)
);

create index sessions_account_idx on sessions (account_id);

comment on column sessions.token_hash is 'SHA-256 of what the browser holds.';

-- migrate:down

drop table sessions;
drop table accounts;
