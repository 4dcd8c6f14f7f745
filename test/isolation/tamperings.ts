import type { LintId } from '../../src/isolation/advisor/ids.js'
import type { Check } from '../../src/isolation/doctor/finding.js'

/** What tamperings name. */
export interface Names {
  /** The schema and role of the shared home, then of the schema home. */
  readonly shared: string
  readonly sharedRole: string
  readonly own: string
  readonly ownRole: string
  readonly app: string
  readonly owner: string
  readonly code: string
  readonly tenant: string
  /** The tenant-bearing database, and that of the catalog. */
  readonly database: string
  readonly catalog: string
}

export interface Tampering {
  readonly name: string
  readonly lint: LintId
  readonly check: Check
  /** Run as a superuser, through a connection that shares nothing with the product. */
  readonly tamper: (n: Names) => string
  /** What else the same deed cannot but break, or what the fix uncovers: told by other rules and mended by their fixes. */
  readonly beside?: readonly Check[]
  /** The fix is a sentence that no SQL can stand in for; this is what a person does about it. */
  readonly byHand?: (n: Names) => string
  /** Takes away what the tampering needed and no rule minds. */
  readonly afterwards?: (n: Names) => string
}

const spy = (schema: string): string =>
  `create function ${schema}.spy() returns trigger language plpgsql as $$ begin perform count(*) from pg_catalog.pg_class; return new; end $$`

const outside = `create foreign data wrapper nothing; create server nowhere foreign data wrapper nothing`

/** Every wall, taken down in turn. */
export const TAMPERINGS: readonly Tampering[] = [
  // --- tables
  {
    name: 'row-level security is turned off',
    lint: 'TL01',
    check: 'walls.row-security',
    tamper: (n) => `alter table ${n.shared}.note disable row level security`,
  },
  {
    name: 'the owner is let through',
    lint: 'TL02',
    check: 'walls.row-security',
    tamper: (n) => `alter table ${n.shared}.note no force row level security`,
  },
  { name: 'the owner may log in', lint: 'TL03', check: 'roles.attributes', tamper: (n) => `alter role ${n.owner} login` },
  {
    name: 'a table belongs to a role that logs in',
    lint: 'TL03',
    check: 'owners.wrong',
    tamper: (n) => `alter table ${n.own}.author owner to ${n.app}`,
  },
  {
    name: 'a partition has no row-level security',
    lint: 'TL04',
    check: 'walls.row-security',
    tamper: (n) => `alter table ${n.shared}.event_old disable row level security`,
  },
  {
    name: 'a partition is granted',
    lint: 'TL04',
    check: 'grants.extra',
    tamper: (n) => `grant select on ${n.shared}.event_old to ${n.sharedRole}`,
  },
  {
    name: "a table becomes a part of another home's",
    lint: 'TL04',
    check: 'walls.gate',
    tamper: (n) => `alter table ${n.own}.measure inherit ${n.shared}.measure`,
  },
  // --- keys
  {
    name: 'a unique constraint spans all tenants',
    lint: 'TL05',
    check: 'walls.gate',
    tamper: (n) => `alter table ${n.shared}.measure add unique (value)`,
  },
  {
    name: 'a unique index spans all tenants',
    lint: 'TL05',
    check: 'walls.gate',
    tamper: (n) => `create unique index once on ${n.shared}.measure (md5(raw))`,
  },
  {
    name: 'a primary key spans all tenants',
    lint: 'TL05',
    check: 'walls.gate',
    tamper: (n) => `alter table ${n.shared}.measure drop constraint measure_pkey, add primary key (id)`,
  },
  {
    name: 'a primary key is gone',
    lint: 'TL05',
    check: 'walls.gate',
    tamper: (n) => `alter table ${n.shared}.measure drop constraint measure_pkey`,
  },
  {
    name: 'an exclusion constraint spans all tenants',
    lint: 'TL05',
    check: 'walls.gate',
    tamper: (n) =>
      `create extension btree_gist schema ext; alter table ${n.own}.measure add constraint apart exclude using gist (value ext.gist_numeric_ops with =)`,
    afterwards: (n) => `alter table ${n.own}.measure drop constraint apart; drop extension btree_gist`,
  },
  {
    name: 'a foreign key has no composite key',
    lint: 'TL06',
    check: 'walls.gate',
    tamper: (n) => `alter table ${n.shared}.note drop constraint note_tenant_id_author_id_fkey;
      create unique index author_only on ${n.shared}.author (id);
      alter table ${n.shared}.note add constraint by_author foreign key (author_id) references ${n.shared}.author (id)`,
    // The key that it needed, the index that it lacks; and once both are mended, the mended key is the primary key again.
    beside: ['walls.gate', 'advice.foreign-key', 'advice.duplicate-index'],
    afterwards: (n) => `drop index if exists ${n.shared}.note_author_id_idx`,
  },
  {
    name: 'a foreign key goes by another column than the tenant',
    lint: 'TL06',
    check: 'walls.gate',
    tamper: (n) => `alter table ${n.shared}.note add column other uuid;
      alter table ${n.shared}.note add constraint of_other foreign key (other, author_id) references ${n.shared}.author (tenant_id, id)`,
    beside: ['advice.foreign-key'],
    afterwards: (n) => `alter table ${n.shared}.note drop column other`,
  },
  {
    name: 'a foreign key empties the tenant',
    lint: 'TL06',
    check: 'walls.gate',
    tamper: (n) => `alter table ${n.own}.note drop constraint note_tenant_id_author_id_fkey,
      add foreign key (tenant_id, author_id) references ${n.own}.author (tenant_id, id) on delete set null`,
  },
  {
    name: 'a foreign key points into another home',
    lint: 'TL06',
    check: 'walls.gate',
    tamper: (n) =>
      `alter table ${n.own}.note add constraint there foreign key (tenant_id, author_id) references ${n.shared}.author (tenant_id, id)`,
  },
  // --- policies
  {
    name: 'another policy lets everything through',
    lint: 'TL07',
    check: 'walls.policy',
    tamper: (n) => `create policy support on ${n.shared}.note using (true)`,
  },
  { name: 'the fence is dropped', lint: 'TL08', check: 'walls.policy', tamper: (n) => `drop policy tenantry_fence on ${n.shared}.note` },
  {
    name: 'the fence is for one role',
    lint: 'TL08',
    check: 'walls.policy',
    tamper: (n) => `alter policy tenantry_fence on ${n.shared}.note to ${n.sharedRole}`,
  },
  {
    name: 'the fence lets everything through',
    lint: 'TL08',
    check: 'walls.policy',
    tamper: (n) => `alter policy tenantry_fence on ${n.own}.note using (true)`,
  },
  {
    name: 'the fence lets those without a tenant through',
    lint: 'TL09',
    check: 'walls.policy',
    tamper: (n) =>
      `alter policy tenantry_fence on ${n.shared}.note using (current_setting('tenantry.context', true) is null or tenant_id = (select tenantry.tenant()))`,
  },
  {
    name: 'the tenant is immutable',
    lint: 'TL10',
    check: 'code.changed',
    tamper: () => 'alter function tenantry.tenant() immutable',
  },
  {
    name: 'the fence asks anew for every row',
    lint: 'TL11',
    check: 'walls.policy',
    tamper: (n) =>
      `alter policy tenantry_fence on ${n.shared}.note using (tenant_id = tenantry.tenant()) with check (tenant_id = tenantry.tenant())`,
  },
  // --- views
  {
    name: 'a view runs with the rights of its owner',
    lint: 'TL12',
    check: 'walls.gate',
    tamper: (n) => `alter view ${n.shared}.note_body reset (security_invoker)`,
  },
  {
    name: 'a materialised view of all tenants is granted',
    lint: 'TL13',
    check: 'grants.extra',
    tamper: (n) => `grant select on ${n.shared}.note_total to ${n.sharedRole}`,
  },
  {
    name: 'the view before a materialised view is no barrier',
    lint: 'TL13',
    check: 'walls.gate',
    tamper: (n) => `alter view ${n.shared}.note_totals reset (security_barrier)`,
  },
  {
    name: 'the view before a materialised view does not filter',
    lint: 'TL13',
    check: 'walls.gate',
    tamper: (n) =>
      `create or replace view ${n.shared}.note_totals with (security_barrier = true) as select tenant_id, notes from ${n.shared}.note_total`,
    byHand: (n) =>
      `create or replace view ${n.shared}.note_totals with (security_barrier = true) as select tenant_id, notes from ${n.shared}.note_total where tenant_id = (select tenantry.tenant())`,
  },
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
    name: 'the tenant is whoever it is said to be',
    lint: 'TL30',
    check: 'code.changed',
    tamper: () =>
      `create or replace function tenantry.tenant() returns uuid language sql stable parallel safe
       as $$ select coalesce(nullif(current_setting('app.tenant', true), ''), gen_random_uuid()::text)::uuid $$`,
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
  // --- general rules
  {
    name: 'a foreign key has no index',
    lint: 'SP01',
    check: 'advice.foreign-key',
    tamper: (n) => `drop index ${n.shared}.note_tenant_id_author_id_idx`,
  },
  {
    name: 'a reference table has no primary key',
    lint: 'SP04',
    check: 'advice.primary-key',
    tamper: () => 'alter table platform.plan drop constraint plan_pkey',
    afterwards: () => 'alter table platform.plan drop column id, add primary key (code)',
  },
  {
    name: 'nobody sees a reference table',
    lint: 'SP08',
    check: 'tables.policies',
    tamper: () => 'alter table platform.plan enable row level security',
  },
  {
    name: 'a policy does nothing',
    lint: 'SP08',
    check: 'tables.policies',
    tamper: () => 'create policy vain on platform.plan using (true)',
  },
  {
    name: 'an index is there twice',
    lint: 'SP09',
    check: 'advice.duplicate-index',
    tamper: (n) => `create index again on ${n.shared}.measure (tenant_id, id)`,
  },
  {
    name: 'a function of the platform looks where its caller does',
    lint: 'SP11',
    check: 'advice.search-path',
    tamper: (n) => `create function platform.plans() returns bigint language sql stable as 'select count(*) from platform.plan';
      alter function platform.plans() owner to ${n.code}`,
    afterwards: () => 'drop function platform.plans()',
  },
  {
    name: 'an extension is in public',
    lint: 'SP14',
    check: 'extensions.place',
    tamper: () => 'create extension pg_trgm schema public',
    afterwards: () => 'drop extension pg_trgm',
  },
  {
    name: 'a column stops pg_upgrade',
    lint: 'SP18',
    check: 'advice.reg-type',
    tamper: (n) => `alter table ${n.own}.measure add column handler regproc`,
    afterwards: (n) => `alter table ${n.own}.measure drop column handler`,
  },
  {
    name: 'an extension is old',
    lint: 'SP22',
    check: 'extensions.outdated',
    tamper: () => "create extension pg_trgm schema ext version '1.5'",
    afterwards: () => 'drop extension pg_trgm',
  },
  {
    name: 'every tenant reads a secret',
    lint: 'SP23',
    check: 'columns.sensitive',
    tamper: () => 'alter table platform.plan add column api_key text',
    byHand: () => 'alter table platform.plan drop column api_key',
  },
  {
    name: 'an index is invalid',
    lint: 'SP30',
    check: 'advice.invalid-index',
    tamper: (n) =>
      `update pg_catalog.pg_index set indisvalid = false where indexrelid = '${n.shared}.note_tenant_id_author_id_idx'::regclass`,
  },
]
