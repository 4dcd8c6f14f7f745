import { giveTurnBack, holdTurn } from '../../catalog/samples.js'
import { type DueHome, dueHomes, type MeasuredHome, recordSizes } from '../../catalog/sizes.js'
import type { WatchedServer } from '../../catalog/watchdog.js'
import { askSizes, type HomeSize } from '../../isolation/collect/sizes.js'
import { stopwatch } from '../../kernel/clock.js'
import { sqlstate } from '../../postgres/errors.js'
import type { Database } from '../../postgres/session.js'
import type { Platform } from '../platform.js'
import { openEyes } from '../watch/eyes.js'

const HOMES_AT_ONCE = 50
// Each home has its turn no sooner again.
const AGAIN_MS = 600_000
// Of all time, at most so much is measured: it costs the server the more, the more tables there are.
const SHARE = 0.05
const MOST_MS = 120_000
const NOTHING_DUE_MS = 20_000
const LEAST_REST_MS = 100

export interface Measured {
  /** Was it our turn? Of all workers one measures homes of a server. */
  readonly taken: boolean
  readonly homes: number
  readonly tookMs: number
  /** Until the next turn of anybody. */
  readonly restMs: number
}

/** Measures some homes on a server, if it is our turn, and rests nineteen times as long. Throws when the catalog does not answer. */
export async function measureHomes(platform: Platform, server: WatchedServer): Promise<Measured> {
  const { catalog } = platform
  const { taken, restMs } = await catalog.one(holdTurn(server.systemId, 'sizes', MOST_MS))
  if (!taken) return { taken, homes: 0, tookMs: 0, restMs: Math.max(restMs, LEAST_REST_MS) }
  const elapsed = stopwatch()
  const homes = await catalog.rows(dueHomes(server.systemId, AGAIN_MS, HOMES_AT_ONCE))
  if (homes.length > 0) await catalog.run(recordSizes(await sizesOf(platform, homes)))
  const tookMs = elapsed()
  const rest = homes.length === 0 ? NOTHING_DUE_MS : Math.max(LEAST_REST_MS, (tookMs * (1 - SHARE)) / SHARE)
  await catalog.run(giveTurnBack(server.systemId, 'sizes', rest))
  return { taken, homes: homes.length, tookMs, restMs: rest }
}

/** Of homes of one database, by a connection of its own: of many databases not all can be kept open. */
async function sizesOf(platform: Platform, homes: readonly DueHome[]): Promise<readonly MeasuredHome[]> {
  const { adminRef, database } = homes[0]!
  const eyes = openEyes(platform, 'tenantry collector', { onlyLooks: true })
  try {
    const sizes = await ask(
      eyes.on(adminRef, database),
      homes.map(({ schema }) => schema),
    )
    const bySchema = new Map(sizes.map((size) => [size.schema, size]))
    return homes.map(({ id, schema }) => ({ home: id, size: bySchema.get(schema) ?? null }))
  } catch (error) {
    platform.log.info({ database, error: (error as Error).message }, 'the sizes of homes could not be asked')
    return homes.map(({ id }) => ({ home: id, size: null }))
  } finally {
    await eyes.close()
  }
}

/** Where a lock came in between, or it takes too long, fewer at a time; of one alone, what the server has written down. One that takes too long even so has no row. */
async function ask(database: Database, schemas: readonly string[]): Promise<readonly HomeSize[]> {
  try {
    return await database.rows(askSizes(schemas, true))
  } catch (error) {
    if (!isHeldUp(error)) throw error
    if (schemas.length === 1) {
      return await database.rows(askSizes(schemas, false)).catch((again: unknown) => {
        if (!isHeldUp(again)) throw again
        return []
      })
    }
    const half = Math.ceil(schemas.length / 2)
    return [...(await ask(database, schemas.slice(0, half))), ...(await ask(database, schemas.slice(half)))]
  }
}

const isHeldUp = (error: unknown): boolean => sqlstate(error) === '55P03' || sqlstate(error) === '57014'
