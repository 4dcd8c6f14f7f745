import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { sql } from '../../src/kernel/sql.js'
import { CONTRACT_HIDDEN, CONTRACT_MIGRATIONS } from '../../src/testing/contract-project.js'
import { type Fleet, type FleetOptions, startFleet } from '../../src/testing/fleet.js'

const AT_ONCE = 8
// Where it is a kind of many: words that filters find.
const TIERS = ['free', 'free', 'free', 'pro', 'pro', 'gold'] as const
const REGIONS = ['eu', 'us', 'ap'] as const
const PLANS = ['monthly', 'yearly'] as const
const SUSPENDED_EACH = 50
const DOMAIN_EACH = 20

const LATER = `-- migrate:up
alter table note add column pinned boolean not null default false;
-- migrate:down
alter table note drop column pinned;
`

export interface Sizes {
  readonly shared: number
  readonly schema: number
  readonly backups: number
}

export const sharedSlug = (n: number): string => `shop-${String(n).padStart(5, '0')}`
/** Of those that share their home, whether it is suspended from the beginning. */
export const isSuspended = (n: number): boolean => n % SUSPENDED_EACH === 0
export const schemaSlug = (n: number): string => `chain-${String(n).padStart(4, '0')}`

/** What the server is told of it too. */
export const largeFleetConfig = (folder: string): NonNullable<FleetOptions['config']> => ({
  hidden: CONTRACT_HIDDEN,
  tiers: { free: {}, pro: { statementTimeout: '5min' }, gold: { statementTimeout: '10min', idleTimeout: '10min' } },
  archives: { store: { folder } },
})

/**
 * A fleet as it is after a while, by the operations that make one: each tenant has its operation, its line in the audit and its events; some have domains, are
 * suspended or backed up, and all have been through a migration.
 */
export async function makeLargeFleet(
  options: Pick<FleetOptions, 'url' | 'config'>,
  { shared, schema, backups }: Sizes,
  say: (doing: string) => void,
): Promise<{ readonly fleet: Fleet; readonly migration: string }> {
  const fleet = await startFleet({ ...options, migrations: CONTRACT_MIGRATIONS })
  try {
    const facts = (n: number) => ({
      tier: TIERS[n % TIERS.length],
      region: REGIONS[n % REGIONS.length],
      label: [`plan=${PLANS[n % PLANS.length]}`, `team=t${n % 40}`],
    })
    await fleet.run('tier.apply')
    await each(schema, (n) => fleet.run('tenant.create', { slug: schemaSlug(n), name: `Chain ${n}`, isolation: 'schema', ...facts(n) }))
    say(`${schema} tenants with a schema of their own`)
    await each(shared, (n) => fleet.run('tenant.create', { slug: sharedSlug(n), name: `Shop ${n}`, isolation: 'shared', ...facts(n) }))
    say(`${shared} tenants that share theirs`)
    await each(Math.floor(shared / DOMAIN_EACH), (n) =>
      fleet.run('domain.add', { tenant: sharedSlug(n * DOMAIN_EACH), domain: `shop-${n}.example.com` }),
    )
    await each(Math.floor(shared / SUSPENDED_EACH), (n) =>
      fleet.run('tenant.suspend', { tenant: sharedSlug(n * SUSPENDED_EACH), reason: 'unpaid' }),
    )
    await each(backups, (n) => fleet.run('backup.create', { tenant: schemaSlug(n) }), 2)
    await writeFile(join(fleet.folder, 'migrations', 'tenant', '20260601000000_pinned.sql'), LATER)
    await fleet.run('migrate.up', { parallel: 4 })
    say(`${backups} backups, and a migration of all homes`)
    const [last] = await fleet.platform.catalog.rows(
      sql<{ id: string }>`select id from catalog.operation where name = 'migrate.up' order by created_at desc limit 1`,
    )
    return { fleet, migration: last!.id }
  } catch (error) {
    await fleet.stop()
    throw error
  }
}

/** What a server has to catch up with that was not there while the fleet was made: copies of facts beside the tenants, numbers of events. */
export async function atRest({ platform }: Fleet): Promise<void> {
  const left = sql<{ left: number }>`
    select ((select count(*) from catalog.fact_due) + (select count(*) from catalog.event where seq is null))::int as left`
  while ((await platform.catalog.one(left)).left > 0) await new Promise((resolve) => setTimeout(resolve, 500))
  // PostgreSQL does so by itself within minutes of such a burst.
  await platform.catalog.run(sql`vacuum (analyze)`)
}

/** From 1 on. */
async function each(count: number, make: (n: number) => Promise<unknown>, atOnce = AT_ONCE): Promise<void> {
  let next = 1
  const worker = async (): Promise<void> => {
    while (next <= count) await make(next++)
  }
  await Promise.all(Array.from({ length: atOnce }, worker))
}
