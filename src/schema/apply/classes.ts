import type { WallPlan } from '../../isolation/walls.js'
import { systemClock } from '../../kernel/clock.js'
import type { Database } from '../../postgres/session.js'
import { ledgerDigest, type Migration } from '../migration.js'
import type { ApplyContext, Entry, Target } from './context.js'
import type { WantedLock } from './needs.js'
import { BUDGET_MS } from './patience.js'

/** What the full way through one home teaches about all others of its class. */
export interface Lesson {
  readonly locks: readonly WantedLock[]
  /** What of its walls was lacking after the file, and is lacking in the others. */
  readonly walls: WallPlan
  /** What it looked like before the file, and in the end, with gate and walls behind it. */
  readonly before: string
  readonly shape: string
  /** How many rows of the system catalogs it has more. */
  readonly added: number
  readonly cluster: string
  /** How many such homes may be one transaction, by its locks. */
  readonly together: number
  /** How long the file ran. The next ones take less. */
  readonly ranMs: number
}

export interface Compiled {
  readonly locks: readonly WantedLock[]
  readonly walls: WallPlan
  readonly before: string
  readonly added: number
  /** The server that both were found on. */
  readonly cluster: string
  /** All that the gate has passed, the one that `before` leads to at the end. Whatever way a home has come to one of them, it is right. */
  readonly shapes: readonly string[]
}

/** Homes that begin alike, and one file that they lack. */
export interface HomeClass {
  compiled: Compiled | undefined
  /** There while the first home is on its way. */
  leading: Promise<unknown> | undefined
  /** Homes that have flown. */
  flown: number
  /** How many of them go in one pack, and may. */
  pack: number
  mostInPack: number
}

// Each more would save less than the one before.
const MOST_IN_PACK = 16
/** Those of a pack wait for each other: it grows while it takes less than the first, and is halved for good after one that took the second. */
export const PACK_MS = { grows: 100, long: BUDGET_MS / 2 }

const all = new WeakMap<ApplyContext, Map<string, HomeClass>>()

/** Roles, and what follows from what a superuser may do, are those of a server. */
export function classOf(
  context: ApplyContext,
  database: Database,
  target: Target,
  ledger: readonly Entry[],
  migration: Migration,
): HomeClass {
  const { host, port } = database.config
  const { isolation, track } = target.home!
  const key = JSON.stringify([host, port, isolation, track, target.tenantColumn, ledgerDigest(ledger), migration.checksum])
  const classes = all.get(context) ?? new Map<string, HomeClass>()
  all.set(context, classes)
  const found = classes.get(key) ?? { compiled: undefined, leading: undefined, flown: 0, pack: MOST_IN_PACK, mostInPack: MOST_IN_PACK }
  classes.set(key, found)
  return found
}

// Whoever waits for the first gives up when that is held up itself.
const LEAD_MS = 1_000

/** The compiled file, once another home has gone ahead; undefined for the first, and when there is nothing to wait for. */
export async function compiledOf(mine: HomeClass): Promise<Compiled | undefined> {
  if (mine.compiled === undefined && mine.leading !== undefined) await Promise.race([mine.leading, systemClock.sleep(LEAD_MS)])
  return mine.compiled
}

const MOST_SHAPES = 8

/** Homes of one class should look alike. Where several kinds are about, each is learnt once; one that nobody was like makes room for the next. */
export function learn(mine: HomeClass, { shape, together, ranMs, ...plan }: Lesson): void {
  limitPack(mine, together)
  // The first home ran with nothing in the caches.
  if (mine.flown === 0) mine.pack = Math.max(1, Math.min(mine.pack, Math.floor(PACK_MS.long / ranMs)))
  const known = mine.compiled
  if (known === undefined || mine.flown === 0) mine.compiled = { ...plan, shapes: [...(known?.shapes ?? []), shape].slice(-MOST_SHAPES) }
  else if (known.shapes.length < MOST_SHAPES) mine.compiled = { ...known, shapes: [shape, ...known.shapes] }
}

export function limitPack(mine: HomeClass, most: number): void {
  mine.mostInPack = Math.max(1, Math.min(mine.mostInPack, Math.floor(most)))
  mine.pack = Math.min(mine.pack, mine.mostInPack)
}
