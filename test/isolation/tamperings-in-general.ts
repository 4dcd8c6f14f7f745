import type { Tampering } from './tampering.js'

/** What is good for any database. */
export const IN_GENERAL: readonly Tampering[] = [
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
    // Made by hand, it comes with a function that Tenantry takes from everybody when it makes it.
    beside: ['walls.revocation'],
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
