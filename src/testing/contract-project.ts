/** The migrations that the isolation contract runs on: small, with everything in it that could leak. */
export const CONTRACT_MIGRATIONS: Readonly<Record<string, string>> = {
  'tenant/20260101000000_notes.sql': `-- migrate:up
create table author (
  tenant_id uuid not null default tenantry.tenant(),
  id bigint generated always as identity,
  name text not null,
  primary key (tenant_id, id),
  unique (tenant_id, name)
);
create table note (
  tenant_id uuid not null default tenantry.tenant(),
  id bigint generated always as identity,
  author_id bigint,
  body text not null,
  size integer not null default 0,
  primary key (tenant_id, id),
  foreign key (tenant_id, author_id) references author (tenant_id, id) on delete set null (author_id)
);
create index on note (tenant_id, author_id);
create table event (
  tenant_id uuid not null default tenantry.tenant(),
  at timestamptz not null default now(),
  id bigint generated always as identity,
  kind text not null,
  primary key (tenant_id, at, id)
) partition by range (at);
create table event_old partition of event for values from ('2000-01-01 00:00+00') to ('2020-01-01 00:00+00');
create table event_rest partition of event default;
create table measure (
  tenant_id uuid not null default tenantry.tenant(),
  id bigint generated always as identity,
  value numeric,
  raw bytea,
  primary key (tenant_id, id)
);

create view note_body with (security_invoker = true) as select tenant_id, id, body from note;
create function note_count() returns bigint language sql stable return (select count(*) from note);
create materialized view note_total as select tenant_id, count(*) as notes from note group by tenant_id;
create unique index on note_total (tenant_id);
create view note_totals with (security_barrier = true) as select tenant_id, notes from note_total where tenant_id = (select tenantry.tenant());

-- migrate:down
drop view note_totals;
drop materialized view note_total;
drop function note_count();
drop view note_body;
drop table measure, event, note, author;
`,
  'platform/20260101000000_accounts.sql': `-- migrate:up
create table plan (code text primary key, price numeric(12,2) not null);
insert into plan values ('free', 0), ('pro', 49);
create table account (
  tenant_id uuid not null default tenantry.tenant(),
  id bigint generated always as identity,
  email text not null,
  password_hash text,
  primary key (tenant_id, id),
  unique (tenant_id, email)
);
create function set_password(who text, password text) returns void language plpgsql security definer
  set search_path = pg_catalog, platform, ext, pg_temp
  as $$ begin update platform.account set password_hash = md5(password) where email = who; end $$;
create function verify(who text, password text) returns boolean language plpgsql security definer
  set search_path = pg_catalog, platform, ext, pg_temp
  as $$ begin return exists (select 1 from platform.account a where a.email = who and a.password_hash = md5(password)); end $$;

-- migrate:down
drop function verify(text, text);
drop function set_password(text, text);
drop table account, plan;
`,
}

/** Columns that no tenant may read. */
export const CONTRACT_HIDDEN = { account: ['password_hash'] }
