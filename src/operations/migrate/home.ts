import { z } from 'zod'
import { type Home, homeById, recordHomeVersion, TENANT_TRACK } from '../../catalog/homes.js'
import { operationById, shareFleetRuns } from '../../catalog/operations.js'
import { findTenant } from '../../catalog/tenants.js'
import { deleteWish, lockWish, offerOf, takeWish, wishInHand } from '../../catalog/wishes.js'
import { applyContextOf } from '../../engine/apply-context.js'
import { freezeFault } from '../../engine/freeze.js'
import { recordIn } from '../../engine/item-journal.js'
import { type Fail, operation, type StepContext } from '../../engine/operation.js'
import type { Platform } from '../../engine/platform.js'
import { FAULTS, type FaultCode } from '../../kernel/faults.js'
import { compareVersions } from '../../kernel/versions.js'
import type { Session } from '../../postgres/session.js'
import { applyToHome, type Standing } from '../../schema/apply.js'
import { checkMigrations, readTrack } from '../../schema/check.js'
import { ledgerDigest, type Migration, newestVersion } from '../../schema/migration-files.js'
import { assertOnRequest, filesUpTo } from '../../schema/on-request.js'
import { assertAlone } from './overlap.js'
import { homeReached } from './reached.js'
import { assertUnchanged } from './unchanged.js'

const input = z.strictObject({
  tenant: z.string().min(1).max(63).describe('A tenant that lives there: its id or slug'),
  newest: z.boolean().default(false).describe('Bring it to the newest migration that there is, offered or not, as `migrate up` would'),
})

interface Memory extends Record<string, unknown> {
  readonly home: string
  readonly track: string
  readonly version: string
  readonly tenant: string
  /** Where the home stands, once it is done. */
  readonly standing?: Standing
}
type Context = StepContext<z.output<typeof input>, Memory>

export const migrateHome = operation({
  kind: 'steps',
  name: 'migrate.home',
  summary:
    'Bring the home of one tenant to what is offered on request, as a scope that waits for it has it done, or to the newest migration.',
  effect: 'change',
  input,
  output: z.object({ tenant: z.string(), version: z.string(), migrated: z.boolean().describe('False where there was nothing to do') }),
  faults: [
    'TENANT_NOT_FOUND',
    'MIGRATION_INVALID',
    'SERVICE_UNKNOWN',
    'MIGRATION_NOT_OFFERED',
    'MIGRATION_NOT_ON_REQUEST',
    'MIGRATIONS_FROZEN',
    'OPERATION_STATE',
    'MIGRATION_CHANGED',
    'MIGRATIONS_OVERLAP',
    'OPERATION_PAUSED',
  ],
  access: { roles: ['operator', 'fleet-admin'] },
  http: 'POST /v1/migrations/home',
  words: {
    positionals: ['tenant'],
    says: ({ tenant, version, migrated }) =>
      migrated ? `migrated the home of ${tenant} to ${version}` : `nothing to do: the home of ${tenant} is at ${version}`,
  },
  async accept({ platform, tx, operation: id, fail }, { tenant: ref, newest }) {
    const tenant = await tx.maybe(findTenant(ref))
    if (tenant === undefined) throw fail('TENANT_NOT_FOUND', { tenant: ref })
    // Whoever undoes migrations withdraws the offer, and sees then whose home is in hand.
    if (!newest) await tx.run(shareFleetRuns)
    else await assertAlone(tx, { name: 'migrate.up', input: { service: tenant.service ?? TENANT_TRACK } })
    // One at a time for each home: the second waits here, and finds the first.
    await tx.run(lockWish(tenant.home))
    const inHand = await tx.maybe(wishInHand(tenant.home))
    if (inHand !== undefined) throw fail('OPERATION_STATE', { ...inHand, state: 'running', wanted: 'a home that is not being migrated' })
    const home = await tx.one(homeById(tenant.home))
    const { version, reached } = newest ? await newestFor(platform, tx, home) : await offeredFor(platform, home, fail)
    if (reached) {
      await tx.run(deleteWish(home.id))
      return { done: { tenant: tenant.slug, version: home.version, migrated: false } }
    }
    const frozen = await freezeFault(tx)
    if (frozen !== undefined) throw frozen
    await tx.run(takeWish(home.id, id))
    const memory: Memory = { home: home.id, track: home.track, version, tenant: tenant.slug }
    return { memory }
  },
  steps: [{ name: 'apply', act: apply, record }],
  // What only stood in the way is tried again as soon as somebody asks again; what was refused waits for somebody to correct it.
  release: async ({ memory, by, input: { newest } }, tx) => {
    const { fault } = await tx.one(operationById(by.operation))
    // No scope waits for what nobody has offered.
    if (newest) await tx.run(deleteWish(memory.home))
    else if (fault !== null && Object.hasOwn(FAULTS, fault.code) && FAULTS[fault.code as FaultCode].retry)
      await tx.run(deleteWish(memory.home))
  },
  result: async ({ memory }) => ({ tenant: memory.tenant, version: memory.standing?.version ?? memory.version, migrated: true }),
})

interface Wanted {
  readonly version: string
  /** The home is there already. */
  readonly reached: boolean
}

async function offeredFor(platform: Platform, { track, version: at }: Home, fail: Fail<'MIGRATION_NOT_OFFERED'>): Promise<Wanted> {
  const { version } = await offeredFiles(platform, track, fail)
  return { version, reached: compareVersions(at, version) >= 0 }
}

async function newestFor(platform: Platform, tx: Session, { track, digest }: Home): Promise<Wanted> {
  const { tracks } = await checkMigrations(platform.config, [track])
  await assertUnchanged(platform, tx, tracks)
  const files = tracks.get(track)!
  return { version: newestVersion(files), reached: digest === ledgerDigest(files) }
}

/** The files of a track that are offered. Throws MIGRATION_NOT_OFFERED, also where the files here are others than those that were. */
export async function offeredFiles(
  platform: Platform,
  track: string,
  fail: Fail<'MIGRATION_NOT_OFFERED'>,
): Promise<{ readonly version: string; readonly files: readonly Migration[] }> {
  const offer = await platform.catalog.maybe(offerOf(track))
  if (offer === undefined) throw fail('MIGRATION_NOT_OFFERED', { track })
  const { files, digest } = filesUpTo(await readTrack(platform.config, track), offer.version)
  if (digest !== offer.digest) throw fail('MIGRATION_NOT_OFFERED', { track, version: offer.version })
  return { version: offer.version, files }
}

async function apply({ platform, memory, by, journal, input: { newest } }: Context): Promise<Partial<Memory>> {
  const home = await platform.catalog.one(homeById(memory.home))
  const all = await readTrack(platform.config, memory.track)
  const files = newest ? all : filesUpTo(all, memory.version).files
  if (!newest) await assertOnRequest(files, home.version)
  const { database } = await platform.tenantDatabase(home.databaseId)
  const context = applyContextOf(platform, by)
  try {
    // A scope may wait for it, so there is no waiting here but that for the locks, which ends by itself: whoever asks next has it tried again.
    return { standing: await applyToHome(database, home, files, context) }
  } catch (error) {
    const reached = await homeReached(platform, home)
    if (reached !== undefined) await journal((tx) => recordIn(tx, reached))
    throw error
  }
}

async function record({ memory: { home, standing } }: Context, tx: Session): Promise<void> {
  await tx.run(recordHomeVersion(home, standing!.version, standing!.applied, standing!.digest))
  await tx.run(deleteWish(home))
}
