import { type FleetOptions, startFleet } from '../../src/testing/fleet.js'
import { urlOf } from '../support/fleet.js'
import type { TestServer } from '../support/servers.js'
import { checkPlatform } from './checker.js'
import type { Eyes } from './eyes.js'
import { checkHistory } from './invariants.js'
import { atMost, rigOf } from './rig.js'

export interface LifeAndDeath {
  readonly violations: readonly string[]
  readonly createdMs: number
  readonly purgedMs: number
  readonly tablesPerTenant: number
  /** Locks that a transaction may count on, by the server's settings. */
  readonly maxLocksPerTransaction: number
}

export interface LifeAndDeathOptions {
  readonly tenants: number
  readonly purged: number
  readonly parallel?: number
  /** Told after every hundredth. */
  readonly tell?: (line: string) => void
}

/** Creates so many schema tenants, purges some of them again, and looks for anything that is left of these. */
export async function liveAndDie(
  server: TestServer,
  project: Pick<FleetOptions, 'migrations' | 'config'>,
  { tenants, purged, parallel = 4, tell = () => {} }: LifeAndDeathOptions,
): Promise<LifeAndDeath> {
  const fleet = await startFleet({ url: urlOf(server), ...project })
  const { eyes, subject, stop } = rigOf(fleet, urlOf(server))
  try {
    const violations: string[] = []
    const all = Array.from({ length: tenants }, (_, n) => `tenant-${n + 1}`)
    const create = (slug: string) => fleet.run('tenant.create', { slug, isolation: 'schema' })
    // The first one may bring things with it that stay.
    await create('first')
    const { database, schema } = (await fleet.tenant('first')) as { database: string; schema: string }
    const before = await catalogRows(eyes, database)
    const loginsBefore = await logins(eyes)
    const counting = (done: string, of: readonly string[], one: (slug: string) => Promise<unknown>): Promise<number> => {
      let n = 0
      const work = of.map((slug) => async () => {
        await one(slug)
        if (++n % 100 === 0) tell(`${n} of ${of.length} are ${done}`)
      })
      return timed(() => atMost(parallel, work))
    }
    const createdMs = await counting('created', all, create)
    // Each login of the application has a thousand homes; another one comes with the next home, and stays.
    const came = (await logins(eyes)).filter((oid) => !loginsBefore.includes(oid))
    const full = await catalogRows(eyes, database, came)
    // Every other one, so that what stays and what goes lie side by side.
    const going = all.filter((_, n) => n % 2 === 0).slice(0, purged)
    const purgedMs = await counting('purged', going, async (slug) => {
      await fleet.run('tenant.delete', { tenant: slug, reason: 'left us', grace: '0s' })
      await fleet.run('tenant.purge', { tenant: slug, waiveBackup: 'a drill' })
    })
    const after = await catalogRows(eyes, database, came)
    for (const [catalog, rows] of after) {
      const [was, were] = [before.get(catalog)!, full.get(catalog)!]
      const wanted = was + ((were - was) * (tenants - going.length)) / tenants
      if (rows !== wanted) violations.push(`${catalog} has ${rows} rows, not ${wanted}: from ${was} with one tenant to ${were} with all`)
    }
    violations.push(...(await checkPlatform(subject)), ...(await checkHistory(subject)))
    const [facts] = await eyes.see<{ tables: number; locks: number; tenants: number; tombstones: number }>(
      database,
      `select (select count(*)::int from pg_class where relnamespace = to_regnamespace($1) and relkind in ('r', 'p')) as tables,
              current_setting('max_locks_per_transaction')::int as locks`,
      [schema],
    )
    const [left] = await eyes.see<{ tenants: number; tombstones: number }>(
      subject.catalog,
      `select (select count(*)::int from catalog.tenant where state = 'active') as tenants, (select count(*)::int from catalog.tombstone) as tombstones`,
    )
    const wanted = { tenants: tenants + 1 - going.length, tombstones: going.length }
    if (JSON.stringify(left) !== JSON.stringify(wanted)) violations.push(`there are ${JSON.stringify(left)}, not ${JSON.stringify(wanted)}`)
    return { violations, createdMs, purgedMs, tablesPerTenant: facts!.tables, maxLocksPerTransaction: facts!.locks }
  } finally {
    await stop()
  }
}

const logins = async (eyes: Eyes): Promise<readonly number[]> =>
  (await eyes.see<{ oid: number }>('postgres', "select oid::int8::int as oid from pg_authid where rolname ~ '_app[0-9]+$'")).map(
    ({ oid }) => oid,
  )

/** How many rows each system catalog has, in this database or of all, but for statistics and for what belongs to these roles. */
async function catalogRows(eyes: Eyes, database: string, without: readonly number[] = []): Promise<ReadonlyMap<string, number>> {
  const rows = await eyes.see<{ name: string; rows: number }>(
    database,
    `select c.relname::text as name,
            (xpath('/row/n/text()', query_to_xml(format('select count(*) as n from pg_catalog.%I', c.relname), false, true, '')))[1]::text::int as rows
     from pg_class c where c.relnamespace = 'pg_catalog'::regnamespace and c.relkind = 'r' and c.relname !~ '^pg_statistic'`,
  )
  const [theirs] = await eyes.see<Record<string, number>>(
    database,
    `select (select count(*)::int from pg_authid where oid = any ($1::oid[])) as pg_authid,
            (select count(*)::int from pg_db_role_setting where setrole = any ($1::oid[])) as pg_db_role_setting,
            (select count(*)::int from pg_shdepend where refclassid = 'pg_authid'::regclass and refobjid = any ($1::oid[])) as pg_shdepend`,
    [without],
  )
  return new Map(rows.map(({ name, rows }) => [name, rows - (theirs![name] ?? 0)]))
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now()
  await work()
  return performance.now() - start
}

/** A project of so many tables, each with what tables have. */
export const tablesProject = (tables: number): Readonly<Record<string, string>> => {
  const names = Array.from({ length: tables }, (_, n) => `thing_${n + 1}`)
  const table = (name: string, n: number): string => `create table ${name} (
  tenant_id uuid not null default tenantry.tenant(),
  id bigint generated always as identity,
  name text not null check (name <> ''),
  ${n === 0 ? '' : `before bigint,\n  foreign key (tenant_id, before) references thing_${n} (tenant_id, id),\n  `}primary key (tenant_id, id)
);
create index on ${name} (tenant_id, name);`
  return {
    'tenant/20260101000000_things.sql': `-- migrate:up\n${names.map(table).join('\n')}\n-- migrate:down\ndrop table ${names.join(', ')};\n`,
  }
}
