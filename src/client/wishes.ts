import { askWish, type Resolved, type WishAnswer } from '../catalog/resolve.js'
import { systemClock } from '../kernel/clock.js'
import { fault } from '../kernel/faults.js'
import type { Log } from '../kernel/log.js'
import { addressOf } from '../postgres/connection.js'
import { sqlstate } from '../postgres/errors.js'
import type { Database } from '../postgres/session.js'
import { createCatalogLine } from './catalog-line.js'
import { createMemory } from './memory.js'

/** What a scope needs that a home does not have yet. */
export interface Wish {
  /** As the application named it. */
  readonly tenant: string
  readonly resolved: Resolved
  readonly from: string
  readonly until: number
  /** How long that was in all. */
  readonly waitMs: number
  readonly signal: AbortSignal | undefined
}

export interface Wishes {
  /**
   * Has the home migrated, and waits for it. Answers false where nobody has offered that. Throws SCHEMA_BEHIND when it takes too long, SCHEMA_STUCK when
   * it was refused, CATALOG_UNREACHABLE, and the signal's reason.
   */
  readonly migrated: (wish: Wish) => Promise<boolean>
}

// All scopes of a process that wait for one home ask together, so often.
const ASK_EVERY_MS = 100
// Nobody has offered it: an application of which every scope is refused does not ask for each.
const NONE_FOR_MS = 1_000
const PATIENCE_MS = 3_000
const REMEMBERED = 10_000

interface Asked {
  readonly answer: Promise<WishAnswer>
  until: number
}

export function createWishes(catalog: Database, log: Log): Wishes {
  const line = createCatalogLine(addressOf(catalog.config), log)
  const asked = createMemory<Asked>(REMEMBERED)

  const question = async (tenant: string, from: string): Promise<WishAnswer> => {
    try {
      return (await catalog.one(askWish(tenant, from))).found ?? NONE
    } catch (error) {
      // A catalog of an older release.
      if (sqlstate(error) === '42883') return NONE
      throw error
    }
  }

  const ask = ({ tenant, resolved, from }: Wish): Promise<WishAnswer> => {
    const key = `${resolved.home} ${from}`
    const last = asked.get(key)
    if (last !== undefined && systemClock.now() < last.until) return last.answer
    const next: Asked = { answer: line.ask(tenant, () => question(resolved.tenant, from), PATIENCE_MS), until: Number.POSITIVE_INFINITY }
    asked.set(key, next)
    next.answer.then(
      ({ state }) => {
        next.until = systemClock.now() + (state === 'none' ? NONE_FOR_MS : ASK_EVERY_MS)
      },
      () => {
        next.until = 0
      },
    )
    return next.answer
  }

  return {
    migrated: async (wish) => {
      const { tenant, resolved, from, until, waitMs, signal } = wish
      for (;;) {
        signal?.throwIfAborted()
        const { state, reason } = await unlessAborted(ask(wish), signal)
        if (state === 'done') return true
        if (state === 'none') return false
        const facts = { tenant, version: resolved.version, from }
        if (state === 'failed') throw fault('SCHEMA_STUCK', { ...facts, reason: reason ?? 'the operation was cancelled' })
        const left = until - systemClock.now()
        if (left <= 0) throw fault('SCHEMA_BEHIND', { ...facts, waitedMs: waitMs, taken: state === 'running' })
        await systemClock.sleep(Math.min(ASK_EVERY_MS, left), signal)
      }
    },
  }
}

const NONE: WishAnswer = { state: 'none' }

/** Others may still wait for the answer. */
async function unlessAborted<T>(answer: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return answer
  let aborted = (): void => {}
  const abort = new Promise<never>((_, reject) => {
    aborted = () => reject(signal.reason)
    signal.addEventListener('abort', aborted, { once: true })
  })
  try {
    return await Promise.race([answer, abort])
  } finally {
    signal.removeEventListener('abort', aborted)
  }
}
