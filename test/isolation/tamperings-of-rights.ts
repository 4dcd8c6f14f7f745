import type { Tampering } from './tampering.js'

const spy = (schema: string): string =>
  `create function ${schema}.spy() returns trigger language plpgsql as $$ begin perform count(*) from pg_catalog.pg_class; return new; end $$`

const outside = `create foreign data wrapper nothing; create server nowhere foreign data wrapper nothing`

/** Walls around tables: rights, code, roles, the server. */
export const OF_RIGHTS: readonly Tampering[] = [
  // --- rights
  {
    name: 'a tenant may truncate',
    lint: 'TL14',
    check: 'grants.extra',
    tamper: (n) => `grant truncate on ${n.shared}.note to ${n.sharedRole}`,
  },
  { name: 'everybody may read', lint: 'TL14', check: 'grants.public', tamper: (n) => `grant select on ${n.shared}.note to public` },
  {
    name: "the application's login may read",
    lint: 'TL14',
    check: 'grants.login',
    tamper: (n) => `grant select on ${n.shared}.note to ${n.app}`,
  },
  {
    name: 'a tenant may create',
    lint: 'TL15',
    check: 'grants.extra',
    tamper: (n) => `grant create on schema ${n.shared} to ${n.sharedRole}`,
  },
  {
    name: 'the application may make temporary tables',
    lint: 'TL15',
    check: 'grants.login',
    tamper: (n) => `grant temporary on database ${n.database} to ${n.app}`,
  },
  {
    name: 'a tenant may use a schema of others',
    lint: 'TL15',
    check: 'grants.elsewhere',
    tamper: (n) => `create schema sideways; grant usage, create on schema sideways to ${n.sharedRole}`,
    afterwards: () => 'drop schema sideways',
  },
  {
    name: 'everybody may write settings',
    lint: 'TL16',
    check: 'walls.revocation',
    tamper: () => 'grant execute on function pg_catalog.set_config(text, text, boolean) to public',
  },
  {
    name: 'everybody may use the schema public',
    lint: 'TL16',
    check: 'walls.revocation',
    tamper: () => 'grant usage on schema public to public',
  },
  {
    name: 'everybody may use a new schema',
    lint: 'TL16',
    check: 'walls.revocation',
    tamper: () => 'create schema open; grant usage on schema open to public',
    afterwards: () => 'drop schema open',
  },
  {
    name: 'a tenant may set what only a superuser may',
    lint: 'TL16',
    check: 'grants.parameter',
    tamper: (n) => `grant set on parameter backtrace_functions to ${n.tenant}`,
  },
  {
    name: 'everybody may connect to the database of tenants',
    lint: 'TL17',
    check: 'grants.public',
    tamper: (n) => `grant connect on database ${n.database} to public`,
  },
  {
    name: 'everybody may connect to another database',
    lint: 'TL17',
    check: 'cluster.open',
    tamper: (n) => `grant connect on database ${n.catalog} to public`,
  },
  // --- code
  {
    name: 'a function of the platform with the rights of its owner has no search_path',
    lint: 'TL18',
    check: 'walls.gate',
    tamper: () => 'alter function platform.verify(text, text) reset search_path',
  },
  {
    name: 'such a function looks into temporary tables first',
    lint: 'TL18',
    check: 'walls.gate',
    tamper: () => 'alter function platform.verify(text, text) set search_path = pg_temp, platform, ext',
  },
  {
    name: 'such a function is in the schema of extensions',
    lint: 'TL18',
    check: 'code.definer',
    tamper: () => "create function ext.peek() returns bigint language sql security definer as 'select 1::bigint'",
    afterwards: () => 'drop function ext.peek()',
  },
  {
    name: "one of Tenantry's own has no search_path",
    lint: 'TL18',
    check: 'code.changed',
    tamper: () => 'alter function tenantry.wait_v1(uuid) reset search_path',
  },
  // --- the server
  {
    name: 'a role begins elsewhere',
    lint: 'TL19',
    check: 'settings.dangerous',
    tamper: (n) => `alter role ${n.app} set search_path = evil`,
  },
  {
    name: 'a role waits for ever',
    lint: 'TL19',
    check: 'settings.drift',
    tamper: (n) => `alter role ${n.app} set statement_timeout = 0`,
  },
  {
    name: "the application's password is another",
    lint: 'TL19',
    check: 'roles.password',
    tamper: (n) => `alter role ${n.app} password 'theirs'`,
    beside: ['line.unreachable'],
  },
  {
    name: 'a tenant can become another',
    lint: 'TL19',
    check: 'membership.extra',
    tamper: (n) => `grant ${n.sharedRole} to ${n.ownRole}`,
  },
  {
    name: 'the application reads everything',
    lint: 'TL19',
    check: 'membership.extra',
    tamper: (n) => `grant pg_read_all_data to ${n.app}`,
  },
  {
    name: 'a secret is set for a role',
    lint: 'TL20',
    check: 'settings.secret',
    tamper: (n) => `alter role ${n.app} set app.signing_secret = 'do-not-tell'`,
  },
  {
    name: 'a secret is set for a database',
    lint: 'TL20',
    check: 'settings.secret',
    tamper: (n) => `alter database ${n.database} set app.queue = 'amqp://me:do-not-tell@queue/'`,
  },
  { name: 'a role of ours bypasses the walls', lint: 'TL21', check: 'roles.attributes', tamper: (n) => `alter role ${n.code} bypassrls` },
  {
    name: 'a stranger is a superuser',
    lint: 'TL21',
    check: 'roles.powerful',
    tamper: () => 'create role intruder superuser login',
    afterwards: () => 'drop role intruder',
  },
  {
    name: 'a login is a member of too many roles',
    lint: 'TL22',
    check: 'membership.crowded',
    tamper: (n) =>
      `do $$ begin for i in 1..1000 loop execute format('create role many_%s; grant many_%1$s to ${n.app}', i); end loop; end $$`,
    beside: ['membership.extra'],
    byHand: () => "do $$ begin for i in 1..1000 loop execute format('drop role many_%s', i); end loop; end $$",
  },
  {
    name: 'what will be made is granted already',
    lint: 'TL24',
    check: 'grants.default',
    tamper: (n) => `alter default privileges for role ${n.owner} in schema ${n.shared} grant all on tables to ${n.sharedRole}`,
  },
  {
    name: 'a sequence may be read',
    lint: 'TL25',
    check: 'grants.extra',
    tamper: (n) => `grant select on sequence ${n.shared}.note_id_seq to ${n.sharedRole}`,
  },
  {
    name: 'a sequence stands by itself',
    lint: 'TL25',
    check: 'walls.gate',
    tamper: (n) => `create sequence ${n.own}.counter`,
  },
  {
    name: 'a trigger runs code of a session',
    lint: 'TL27',
    check: 'code.temporary',
    tamper: (n) => `${spy('pg_temp')}; create trigger spy before insert on ${n.shared}.measure for each row execute function pg_temp.spy()`,
    afterwards: () => 'drop function pg_temp.spy()',
  },
  {
    name: 'a table is elsewhere',
    lint: 'TL28',
    check: 'walls.gate',
    tamper: (n) => `${outside}; create foreign table ${n.shared}.outside (tenant_id uuid) server nowhere`,
    afterwards: () => 'drop foreign data wrapper nothing cascade',
  },
  {
    name: 'tenants may use a foreign server',
    lint: 'TL28',
    check: 'tables.foreign',
    tamper: (n) => `${outside}; grant usage on foreign server nowhere to ${n.tenant}`,
    afterwards: () => 'drop foreign data wrapper nothing cascade',
  },
  {
    name: 'a function of a home has the rights of its owner',
    lint: 'TL29',
    check: 'walls.gate',
    tamper: (n) => `alter function ${n.shared}.note_count() security definer`,
  },
  {
    name: 'a function belongs to the one who sees every row',
    lint: 'TL29',
    check: 'owners.wrong',
    tamper: (n) => `alter function ${n.shared}.note_count() owner to ${n.owner}`,
  },
  {
    name: 'a foreign key sets off a trigger that looks around',
    lint: 'TL29',
    check: 'walls.gate',
    tamper: (n) => `${spy(n.own)}; alter function ${n.own}.spy() owner to ${n.code};
      create trigger spy before update on ${n.own}.note for each row execute function ${n.own}.spy()`,
    afterwards: (n) => `drop function ${n.own}.spy()`,
  },
  {
    name: 'entering takes no lock any more',
    lint: 'TL30',
    check: 'code.changed',
    tamper: () => "create or replace function tenantry.hold_v1(tenant uuid) returns boolean language sql volatile as 'select true'",
  },
  {
    name: 'the tenant is whoever it is said to be',
    lint: 'TL30',
    check: 'assurance.identity',
    tamper: () =>
      `create or replace function tenantry.tenant() returns uuid language sql stable parallel safe
       as $$ select coalesce(nullif(current_setting('app.tenant', true), ''), gen_random_uuid()::text)::uuid $$`,
  },
  {
    name: 'the pooler is told the password of everybody',
    lint: 'TL30',
    check: 'code.changed',
    tamper: () =>
      `create or replace function tenantry_pooler.login_v1(wanted text) returns table (login text, verifier text)
       language sql stable security definer rows 1 set search_path = pg_catalog, pg_temp
       as $$ select rolname::text, rolpassword from pg_authid where rolname = wanted $$`,
  },
  {
    name: 'the tenant column has lost its default',
    lint: 'TL31',
    check: 'walls.gate',
    tamper: (n) => `alter table ${n.shared}.measure alter column tenant_id drop default`,
  },
  {
    name: 'a function sees rows ahead of the fence',
    lint: 'TL32',
    check: 'walls.gate',
    tamper: (n) => `alter function ${n.shared}.note_count() leakproof`,
  },
  {
    name: 'a rule stands on a table',
    lint: 'TL32',
    check: 'walls.gate',
    tamper: (n) => `create rule also as on delete to ${n.shared}.measure do also select count(*) from ${n.shared}.note`,
  },
]
