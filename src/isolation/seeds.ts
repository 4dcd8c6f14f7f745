import { fault } from '../kernel/faults.js'
import { type Sql, sql } from '../kernel/sql.js'
import { type Database, lockTimeout, type Session } from '../postgres/session.js'
import { enterAsPlatform } from './enter-as-platform.js'
import { assertFence, type FencingToken } from './fence.js'

export interface SeedEntry {
  readonly name: string
  readonly checksum: string
}

/** What a seed is told, by the names of tenantry.fact(). */
export type SeedFacts = Readonly<Record<string, unknown>> & { readonly id: string }

const seedsOf = (tenant: string): Sql<SeedEntry> => sql<SeedEntry>`select name, checksum from tenantry.seed where tenant_id = ${tenant}`

/** The seeds that a tenant has had, after which no worker that held the operation before writes another. */
export async function holdSeeds(database: Database, tenant: string, by: FencingToken): Promise<readonly SeedEntry[]> {
  return database.transaction(async (session) => {
    await session.run(assertFence(by))
    // A database of a release that knew no seeds has no ledger of them.
    const { there } = await session.one(sql<{ there: boolean }>`select to_regclass('tenantry.seed') is not null as there`)
    return there ? session.rows(seedsOf(tenant)) : []
  })
}

const LOCK_TIMEOUT_MS = 5_000

/**
 * Begins a seed in a transaction: writes its entry, then enters the tenant, from where no way leads back before the transaction ends. Answers false when
 * the tenant has had it. The server ends a statement of it that takes longer than `statementMs`. Throws SEED_CHANGED when what it has had was
 * another text.
 */
export async function beginSeed(
  session: Session,
  tenant: SeedFacts,
  seed: SeedEntry,
  by: FencingToken,
  statementMs: number | undefined,
): Promise<boolean> {
  await session.run(assertFence(by))
  const written = await session.run(sql`
    insert into tenantry.seed (tenant_id, name, checksum, operation_id)
    values (${tenant.id}, ${seed.name}, ${seed.checksum}, ${by.operation})
    on conflict do nothing`)
  if (written === 0) {
    const had = (await session.rows(seedsOf(tenant.id))).find(({ name }) => name === seed.name)
    if (had?.checksum !== seed.checksum) throw fault('SEED_CHANGED', { file: seed.name, tenant: tenant.id })
    return false
  }
  await session.run(lockTimeout(LOCK_TIMEOUT_MS))
  if (statementMs !== undefined) await session.run(sql`select set_config('statement_timeout', ${`${statementMs}ms`}, true)`)
  await session.run(sql`select set_config('tenantry.facts', ${JSON.stringify(tenant)}, true)`)
  await enterAsPlatform(session, tenant.id, 'seed')
  return true
}
