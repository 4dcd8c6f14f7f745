-- migrate:up
-- lint:ignore varchar-limit fixtures widen it
create table account (
  tenant_id uuid not null default tenantry.tenant(),
  id bigint generated always as identity,
  email text not null,
  name text,
  age integer,
  code varchar(20),
  created_at timestamptz not null default now(),
  deleted_at timestamptz,
  primary key (tenant_id, id),
  unique (tenant_id, email)
);

create table note (
  tenant_id uuid not null default tenantry.tenant(),
  id bigint generated always as identity,
  account_id bigint not null,
  reviewer_id bigint,
  body text not null,
  pinned boolean,
  primary key (tenant_id, id),
  foreign key (tenant_id, account_id) references account (tenant_id, id) on delete cascade
);

create index note_account_idx on note (tenant_id, account_id);

create table reading (
  tenant_id uuid not null default tenantry.tenant(),
  id bigint generated always as identity,
  taken_at timestamptz not null,
  value numeric,
  primary key (tenant_id, taken_at, id)
) partition by range (taken_at);

create table reading_2025 partition of reading for values from ('2025-01-01') to ('2026-01-01');

create materialized view note_totals as
select tenant_id, account_id, count(*) as notes
from note
group by tenant_id, account_id;

create unique index note_totals_key on note_totals (tenant_id, account_id);

create function slug(name text) returns text
language sql
immutable
return lower(name);

create function note_seen() returns trigger
language plpgsql
as $$
begin
  return new;
end
$$;

create trigger note_seen before update on note for each row execute function note_seen();

create type mood as enum ('good', 'bad');

create domain percent as integer;
