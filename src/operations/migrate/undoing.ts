import { z } from 'zod'
import { databasesBehind, recordPlatformDigest, type TenantDatabase } from '../../catalog/clusters.js'
import { homeClasses } from '../../catalog/home-versions.js'
import { type Home, homesBehind, recordHomeVersion, TENANT_TRACK } from '../../catalog/homes.js'
import { applyContextOf } from '../../engine/apply-context.js'
import { freezeFault } from '../../engine/freeze.js'
import type { Recorded } from '../../engine/item-journal.js'
import { workThroughItems } from '../../engine/items.js'
import type { AcceptContext, StepContext } from '../../engine/operation.js'
import type { Platform } from '../../engine/platform.js'
import { plainText } from '../../engine/text-input.js'
import type { FencingToken } from '../../isolation/fence.js'
import { type FaultCode, fault } from '../../kernel/faults.js'
import type { Session } from '../../postgres/session.js'
import { readTrack } from '../../schema/check.js'
import { homeTarget, platformTarget } from '../../schema/forms/target.js'
import { undoTo } from '../../schema/forms/undo.js'
import {
  compareVersions,
  ledgerDigest,
  type Migration,
  newestVersion,
  platformDigest,
  readMigrations,
} from '../../schema/migration-files.js'
import { checkDown } from '../../schema/parse.js'
import { itemOfHome } from './behind.js'
import { withdraw } from './offer.js'
import { assertAlone, assertNoneInHand } from './overlap.js'
import { homeReached, platformReached } from './reached.js'
import { assertUnchanged } from './unchanged.js'

/** What every undoing may fail with. */
export const UNDOING_FAULTS = [
  'INPUT_INVALID',
  'MIGRATION_INVALID',
  'MIGRATION_NOT_UNDOABLE',
  'MIGRATION_CHANGED',
  'SERVICE_UNKNOWN',
  'MIGRATIONS_FROZEN',
  'MIGRATIONS_OVERLAP',
  'OPERATION_PAUSED',
  'FLEET_PARTIAL',
] as const satisfies readonly FaultCode[]

/** What every undoing asks for. */
export const undoing = {
  parallel: z.coerce.number().int().min(1).max(64).default(4).describe('Homes in work at once'),
  service: z.string().min(1).max(39).optional().describe('The homes of this service of yours, instead of those of tenants'),
  platform: z.boolean().default(false).describe('The platform tables, instead of the homes of tenants'),
  despiteFreeze: plainText(200).optional().describe('Undo although migrations are frozen; the reason is kept'),
  dryRun: z.boolean().default(false).describe('Only show which files would be undone, in how many homes'),
  // An undoing makes no backups itself, so that there is always something to waive.
  waiveBackup: plainText(200).describe('Why no backup is needed before; kept with the operation'),
}

export interface UndoInput {
  readonly parallel: number
  readonly service?: string | undefined
  readonly platform: boolean
  readonly despiteFreeze?: string | undefined
  readonly dryRun: boolean
}

/** What is undone, as it was found when it was asked for. */
export interface Undoing {
  readonly [key: string]: unknown
  /** The version that homes are brought down to; empty: to no migration at all. */
  readonly to: string
  readonly from: string
  readonly files: readonly string[]
  /** Homes, or platform schemas, that it goes to, and the tenants in them. */
  readonly found: number
  readonly tenants: number
  readonly homes?: number
}

export const filesOf = ({ config }: Platform, input: UndoInput): Promise<readonly Migration[]> =>
  input.platform ? readMigrations(config.migrations, 'platform') : readTrack(config, input.service ?? TENANT_TRACK)

/**
 * Finds what is to be undone and that all of it can be, and has no scope bring it back. Throws MIGRATION_INVALID, MIGRATION_NOT_UNDOABLE, MIGRATION_CHANGED,
 * MIGRATIONS_FROZEN, MIGRATIONS_OVERLAP, OPERATION_PAUSED, INPUT_INVALID; nothing has run then.
 */
export async function planUndo(
  { platform, tx }: Pick<AcceptContext<never>, 'platform' | 'tx'>,
  name: string,
  input: UndoInput,
  targetOf: (versions: readonly string[], newest: string) => string,
): Promise<Undoing> {
  if (input.platform && input.service !== undefined)
    throw fault('INPUT_INVALID', { issues: ['platform: what is undone is platform tables or a service, not both'] })
  if (!input.dryRun) await assertAlone(tx, { name, input })
  const all = await filesOf(platform, input)
  const migrations = all.filter(({ kind }) => kind !== 'repeatable')
  const track = input.service ?? TENANT_TRACK
  const classes = input.platform ? [] : await tx.rows(homeClasses(track))
  const from = input.platform ? newestVersion(migrations) : newestVersion(classes)
  const versions = migrations.map(({ version }) => version)
  if (from === '') return { to: '', from, files: [], found: 0, tenants: 0 }
  if (!versions.includes(from))
    throw fault('MIGRATION_INVALID', { file: from, reason: 'has been applied, and is not among the files: put it back' })
  const to = targetOf(versions, from)
  const undone = migrations.filter(({ version }) => isAfter(version, to) && !isAfter(version, from))
  const heeded = undone.length > 0 && !input.dryRun && input.despiteFreeze === undefined
  const frozen = heeded ? await freezeFault(tx) : undefined
  if (frozen !== undefined) throw frozen
  for (const migration of undone) await checkDown(migration)
  const files = undone.map(({ file }) => file).reverse()
  if (input.platform) {
    const left = platformDigest(leftOf(all, to), platform.config.hidden)
    const found = files.length === 0 ? 0 : (await tx.rows(databasesBehind(left))).length
    return { to, from, files, found, tenants: 0 }
  }
  await assertUnchanged(platform, tx, new Map([[track, migrations]]))
  if (!input.dryRun) {
    await assertNoneInHand(tx, track)
    if (undone.length > 0) await withdraw(tx, track, to)
  }
  const past = classes.filter(({ version }) => isAfter(version, to))
  const sum = (of: 'homes' | 'tenants'): number => past.reduce((total, one) => total + one[of], 0)
  return { to, from, files, found: sum('homes'), tenants: sum('tenants') }
}

export const isAfter = (version: string, to: string): boolean => version !== '' && (to === '' || compareVersions(version, to) > 0)

const leftOf = (migrations: readonly Migration[], to: string): readonly Migration[] =>
  migrations.filter(({ version, kind }) => kind !== 'repeatable' && !isAfter(version, to))

export type Item = { readonly kind: 'platform'; readonly database: TenantDatabase } | { readonly kind: 'home'; readonly home: Home }

/** All homes that are past where they should be, and those of these names wherever they are. */
export async function itemsToUndo(
  { platform, input, memory }: StepContext<UndoInput, Undoing>,
  named: ReadonlySet<string> = new Set(),
): Promise<ReadonlyMap<string, Item>> {
  const items = new Map<string, Item>()
  if (memory.files.length === 0) return items
  if (input.platform) {
    const left = leftOf(await filesOf(platform, input), memory.to)
    const past = await platform.catalog.rows(databasesBehind(platformDigest(left, platform.config.hidden)))
    const ids = new Set(past.map(({ id }) => id))
    for (const database of await platform.catalog.rows(databasesBehind(null))) {
      const item = `${database.cluster}/${database.name}/platform ${database.id}`
      if (ids.has(database.id) || named.has(item)) items.set(item, { kind: 'platform', database })
    }
    return items
  }
  for (const home of await platform.catalog.rows(homesBehind({}, input.service ?? TENANT_TRACK))) {
    const item = itemOfHome(home)
    if (isAfter(home.version, memory.to) || named.has(item)) items.set(item, { kind: 'home', home })
  }
  return items
}

/** The step that undoes, over all homes that are past where they should be. */
export async function undo(context: StepContext<UndoInput, Undoing>): Promise<{ homes: number }> {
  const { platform, input, memory, by } = context
  if (memory.files.length === 0) return { homes: 0 }
  const migrations = await filesOf(platform, input)
  const items = await itemsToUndo(context)
  const { done } = await workThroughItems(context, items, (item) => undoItem(platform, item, migrations, memory.to, by), {
    parallel: input.parallel,
    heedFreeze: input.despiteFreeze === undefined,
    reached: (key) => reachedBy(platform, items.get(key)!),
  })
  return { homes: done }
}

/** Where a home stands that has failed, for the catalog to know. */
export const reachedBy = (platform: Platform, item: Item): Promise<Recorded | undefined> =>
  item.kind === 'home' ? homeReached(platform, item.home) : platformReached(platform, item.database.id)

/** Answers what records where it stands then. */
export async function undoItem(
  platform: Platform,
  item: Item,
  migrations: readonly Migration[],
  to: string,
  by: FencingToken,
): Promise<(tx: Session) => Promise<void>> {
  const context = applyContextOf(platform, by)
  const { database } = await platform.tenantDatabase(item.kind === 'home' ? item.home.databaseId : item.database.id)
  const target = item.kind === 'home' ? homeTarget(database, item.home, context) : platformTarget(database, context)
  const entries = await undoTo(database, target, migrations, to, context)
  return async (tx) => {
    if (item.kind === 'platform') await tx.run(recordPlatformDigest(item.database.id, platformDigest(entries, platform.config.hidden)))
    else await tx.run(recordHomeVersion(item.home.id, newestVersion(entries), entries.length, ledgerDigest(entries)))
  }
}
