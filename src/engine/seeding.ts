import { findTenant } from '../catalog/tenants.js'
import { insertInBatches } from '../client/bulk.js'
import { type ClaimedTenant, defineClaimSeed, defineSeed, type MadeTenant, type SeedScope } from '../client/seed.js'
import { checkStatement } from '../client/statements.js'
import type { FencingToken } from '../isolation/fence.js'
import { beginSeed, holdSeeds } from '../isolation/seeds.js'
import { defineConfig } from '../kernel/config.js'
import { FAULTS, Fault, fault, isFault } from '../kernel/faults.js'
import { fileText, ident, join, type Sql, sql } from '../kernel/sql.js'
import { DriverError, isConnectionLoss, sqlstate } from '../postgres/errors.js'
import { atMostOne, type Database, exactlyOne, type Session } from '../postgres/session.js'
import { readSeeds, type SeedFile, statementsOf, warmSeeds } from '../schema/seed-files.js'
import type { Platform } from './platform.js'

/**
 * Gives a tenant the seeds that it has not had: only those that are made with it, or those of the claim as well. Each in a transaction with its entry, under
 * the walls of the tenant. Repeatable. Answers what a warm tenant has had then. Throws SEED_INVALID, SEED_CHANGED, SEED_FAILED.
 */
export async function seedTenant(
  platform: Platform,
  database: Database,
  tenant: string,
  by: FencingToken,
  claimed: boolean,
): Promise<readonly string[]> {
  const all = await readSeeds(platform.config.seeds)
  const seeds = all.filter((seed) => claimed || seed.when === 'made')
  if (seeds.length === 0) return []
  const facts = claimed ? await factsOf(platform, tenant) : undefined
  const label = facts?.slug ?? tenant
  const had = new Map((await holdSeeds(database, tenant, by)).map((entry) => [entry.name, entry.checksum]))
  for (const seed of seeds) {
    if (had.has(seed.name) && had.get(seed.name) !== seed.checksum) throw fault('SEED_CHANGED', { file: seed.name, tenant: label })
  }
  for (const seed of seeds) {
    if (!had.has(seed.name)) await runSeed(database, seed, seed.when === 'claimed' ? facts! : { id: tenant }, label, by)
  }
  return warmSeeds(all)
}

async function factsOf(platform: Platform, id: string): Promise<ClaimedTenant> {
  const { slug, name, tier, region, labels } = await platform.catalog.one(findTenant(id))
  return { id, slug, name, tier, region, labels }
}

type Work = (session: Session) => Promise<void>

// A fleet migration that commits between the look at the placement and the entry.
const OVERTAKEN = new Set(['TN002', 'TN004'])
const ATTEMPTS = 5

async function runSeed(database: Database, seed: SeedFile, tenant: MadeTenant, label: string, by: FencingToken): Promise<void> {
  const failed = failureOf(seed, label)
  const work = seed.language === 'sql' ? await workOfSql(seed, failed) : await workOfProgram(seed, tenant, failed)
  for (let attempt = 1; ; attempt++) {
    try {
      return await database.transaction(async (session) => {
        if (await beginSeed(session, { ...tenant }, seed, by)) await work(session)
      })
    } catch (error) {
      // The server rolled back what the step had committed in its own mind.
      if (isFault(error, 'SCOPE_ABORTED')) throw failed('a statement failed and the step went on without it', error)
      if (attempt === ATTEMPTS || !OVERTAKEN.has(sqlstate(error) ?? '')) throw error
    }
  }
}

type Failed = (reason: string, cause: unknown, line?: number) => unknown

/** What the engine tries again, or what is known better elsewhere, stays as it is. */
const failureOf =
  (seed: SeedFile, tenant: string): Failed =>
  (reason, cause, line) => {
    const state = sqlstate(cause)
    if (isConnectionLoss(cause) || isFault(cause, 'SERVER_UNREACHABLE', 'OPERATION_LOST')) return cause
    if (state !== undefined && PASSING.has(state)) return cause
    return fault(
      'SEED_FAILED',
      { file: seed.name, tenant, reason, ...(state === undefined ? {} : { sqlstate: state }), ...(line === undefined ? {} : { line }) },
      { cause },
    )
  }

const PASSING = new Set(['40001', '40P01', '55P03', 'XX000'])

async function workOfSql(seed: SeedFile, failed: Failed): Promise<Work> {
  const statements = await statementsOf(seed)
  return async (session) => {
    for (const { text, line } of statements) {
      try {
        await session.run(fileText(text))
      } catch (error) {
        throw failed(reasonOf(error), error, line + lineWithin(text, error))
      }
    }
  }
}

async function workOfProgram(seed: SeedFile, tenant: MadeTenant, failed: Failed): Promise<Work> {
  const step = await stepOf(seed)
  return async (session) => {
    const { scope, close } = scopeOver(session, tenant.id)
    try {
      await step({ tx: scope, tenant })
    } catch (error) {
      throw failed(reasonOf(error), error)
    } finally {
      close()
    }
  }
}

type Step = (context: { readonly tx: SeedScope; readonly tenant: MadeTenant }) => unknown

// Loading one costs more than everything else at a claim.
const loaded = new Map<string, { readonly checksum: string; readonly step: Step }>()

async function stepOf(seed: SeedFile): Promise<Step> {
  const known = loaded.get(seed.path)
  if (known?.checksum === seed.checksum) return known.step
  const step = await loadStep(seed)
  loaded.set(seed.path, { checksum: seed.checksum, step })
  return step
}

async function loadStep(seed: SeedFile): Promise<Step> {
  const { createJiti } = await import('jiti')
  // The same module as ours: a statement is known by who made it.
  const tenantry = { sql, ident, join, FAULTS, Fault, isFault, defineConfig, defineSeed, defineClaimSeed }
  const jiti = createJiti(import.meta.url, { moduleCache: false, virtualModules: { tenantry } })
  let step: unknown
  try {
    step = await jiti.import(seed.path, { default: true })
  } catch (error) {
    throw fault('SEED_INVALID', { file: seed.name, reason: `cannot be loaded: ${reasonOf(error)}` }, { cause: error })
  }
  if (typeof step !== 'function')
    throw fault('SEED_INVALID', {
      file: seed.name,
      reason: 'has no default export that is a function: export default async ({ tx, tenant }) => {…}',
    })
  return step as Step
}

function scopeOver(session: Session, tenant: string): { readonly scope: SeedScope; readonly close: () => void } {
  let closed = false
  const checked = <Row>(statement: Sql<Row>): Sql<Row> => {
    // Afterwards the connection is somebody else's, with an administrator's rights.
    if (closed) throw fault('SCOPE_CLOSED', { tenant })
    checkStatement(statement)
    return statement
  }
  const rows: SeedScope['rows'] = async (statement) => session.rows(checked(statement))
  const run: SeedScope['run'] = async (statement) => session.run(checked(statement))
  return {
    scope: {
      rows,
      run,
      one: async (statement) => exactlyOne(await rows(statement)),
      maybe: async (statement) => atMostOne(await rows(statement)),
      copyFrom: (table, columns, source) => insertInBatches(run, table, columns, source),
    },
    close: () => {
      closed = true
    },
  }
}

function reasonOf(error: unknown): string {
  const [first = ''] = String((error as Error | undefined)?.message ?? error).split('\n')
  const detail = error instanceof DriverError && error.detail !== undefined ? ` (${error.detail})` : ''
  return `${first}${detail}` || 'it failed without saying why'
}

function lineWithin(text: string, error: unknown): number {
  const position = error instanceof DriverError ? Number(error.position ?? 1) : 1
  return [...text].slice(0, position - 1).filter((character) => character === '\n').length
}
