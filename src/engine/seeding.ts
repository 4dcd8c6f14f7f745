import { findTenant } from '../catalog/tenants.js'
import { type ClaimedTenant, defineClaimSeed, defineSeed, type MadeTenant, type SeedScope } from '../client/seed.js'
import type { FencingToken } from '../isolation/fence.js'
import { beginSeed, holdSeeds } from '../isolation/seeds.js'
import { defineConfig } from '../kernel/config.js'
import { FAULTS, Fault, fault, isFault } from '../kernel/faults.js'
import { type Limits, settled } from '../kernel/settled.js'
import { fileText, ident, join, sql } from '../kernel/sql.js'
import { DriverError, isConnectionLoss, isContention, isDiskFull, sqlstate } from '../postgres/errors.js'
import type { Database, Session } from '../postgres/session.js'
import { readSeeds, type SeedFile, statementsOf, warmSeeds } from '../schema/seed-files.js'
import type { Platform } from './platform.js'
import { SEED_LIMITS, scopeOver } from './seed-scope.js'

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
  limits: Limits = SEED_LIMITS,
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
    if (had.has(seed.name)) continue
    await runSeed(database, seed, seed.when === 'claimed' ? facts! : { id: tenant }, label, by, limits)
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

async function runSeed(
  database: Database,
  seed: SeedFile,
  tenant: MadeTenant,
  label: string,
  by: FencingToken,
  limits: Limits,
): Promise<void> {
  const failed = failureOf(seed, label)
  const work = seed.language === 'sql' ? await workOfSql(seed, failed) : await workOfProgram(seed, tenant, label, limits)
  // A statement that is under way when a program is given up would keep the connection for as long as it likes.
  const statementMs = seed.language === 'sql' ? undefined : limits.wholeMs
  for (let attempt = 1; ; attempt++) {
    let worked = false
    try {
      return await database.transaction(async (session) => {
        if (!(await beginSeed(session, { ...tenant }, seed, by, statementMs))) return
        await work(session)
        worked = true
      })
    } catch (error) {
      // The server rolled back what the step had committed in its own mind.
      if (isFault(error, 'SCOPE_ABORTED')) throw failed('a statement failed and the step went on without it', error)
      // Constraints that are deferred are checked by the commit.
      if (worked && sqlstate(error) !== undefined) throw failed(reasonOf(error), error)
      if (attempt === ATTEMPTS || !OVERTAKEN.has(sqlstate(error) ?? '')) throw error
    }
  }
}

type Failed = (reason: string, cause: unknown, line?: number) => unknown

/** Of what a statement failed with: what the engine tries again, or what is no fault of the file. */
function isElsewhere(error: unknown): boolean {
  if (isConnectionLoss(error) || isFault(error, 'SERVER_UNREACHABLE', 'OPERATION_LOST')) return true
  return isDiskFull(error) || isContention(error)
}

/** What failed with a statement, or with the commit. */
const failureOf =
  (seed: SeedFile, tenant: string): Failed =>
  (reason, cause, line) =>
    isElsewhere(cause) ? cause : seedFailed(seed, tenant, reason, cause, line)

function seedFailed(seed: SeedFile, tenant: string, reason: string, cause: unknown, line?: number): unknown {
  const state = sqlstate(cause)
  return fault(
    'SEED_FAILED',
    { file: seed.name, tenant, reason, ...(state === undefined ? {} : { sqlstate: state }), ...(line === undefined ? {} : { line }) },
    { cause },
  )
}

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

async function workOfProgram(seed: SeedFile, tenant: MadeTenant, label: string, limits: Limits): Promise<Work> {
  const givenUp = (reason: string | undefined): void => {
    if (reason !== undefined) throw seedFailed(seed, label, reason, undefined)
  }
  let step: Step | undefined
  const loading = stepOf(seed).then((found) => {
    step = found
  })
  givenUp(await settled(loading, limits, () => 0))
  return async (session) => {
    const { scope, failures, idleMs, close } = scopeOver(session, tenant.id)
    const program = async () => step!({ tx: scope, tenant })
    // What went wrong between us and PostgreSQL, whatever the program made of it. Errors of its own network look the same, and are its own.
    const failedWith = (error: unknown) => failures.find(isElsewhere) ?? seedFailed(seed, label, reasonOf(error), error)
    const reason = await settled(program(), limits, idleMs)
      .catch((error: unknown) => {
        throw failedWith(error)
      })
      .finally(close)
    givenUp(reason)
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

function reasonOf(error: unknown): string {
  const [first = ''] = String((error as Error | undefined)?.message ?? error).split('\n')
  const detail = error instanceof DriverError && error.detail !== undefined ? ` (${error.detail})` : ''
  return `${first}${detail}` || 'it failed without saying why'
}

function lineWithin(text: string, error: unknown): number {
  const position = error instanceof DriverError ? Number(error.position ?? 1) : 1
  return [...text].slice(0, position - 1).filter((character) => character === '\n').length
}
