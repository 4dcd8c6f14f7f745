import type { LimitBounds, WatchedServer } from '../../catalog/watchdog.js'
import { type BlockingLock, stop, type WatchedSession } from '../../isolation/watch/look.js'
import { stopwatch } from '../../kernel/clock.js'
import type { Platform } from '../platform.js'
import type { Eyes } from './eyes.js'
import { findOffenders, type Offender } from './offenders.js'
import type { Recorder } from './recorder.js'
import { createMender } from './roles.js'

/** Watches over one server. What it remembers only makes it quicker: another one that begins now comes to the same end. */
export interface Watcher {
  /** Looks, and acts. Answers whether something was found. */
  readonly round: (bounds: LimitBounds) => Promise<boolean>
}

// A statement that was cancelled has this long to end before its session is ended, and a session that was ended this long to go.
const PATIENCE_MS = 1_000

export function createWatcher(platform: Platform, server: WatchedServer, eyes: Eyes, recorder: Recorder): Watcher {
  const clock = stopwatch()
  const mender = createMender(platform, server, eyes, recorder)
  /** What was done about a session last, and when. */
  let done = new Map<string, { readonly act: 'cancel' | 'end' | 'tell'; readonly at: number }>()
  /** Since when others wait for a lock. */
  let blocking = new Map<string, number>()

  const actOn = async (offender: Offender): Promise<void> => {
    const { session, verdict } = offender
    const key = `${idOf(session)} ${verdict.offence}`
    const before = done.get(key)
    if (platform.config.watchdog === 'tell') {
      if (before === undefined)
        platform.log.warn(factsOf(offender, undefined), `watchdog, which only tells: ${describe(offender, undefined)}`)
      done.set(key, { act: 'tell', at: clock() })
      return
    }
    if (before !== undefined && !(verdict.idle && before.act === 'cancel') && clock() - before.at < PATIENCE_MS) return
    const act = verdict.idle || before !== undefined ? 'end' : 'cancel'
    if (!(await recorder.claim(`${server.systemId} ${key} ${act}`))) return
    const hit = await eyes.on(server.adminRef).maybe(stop(act, session, verdict.offence))
    if (hit?.done !== true) return
    done.set(key, { act, at: clock() })
    const operation = act === 'cancel' ? 'watchdog.cancel' : 'watchdog.end'
    recorder.record({ operation, tenantId: offender.tenant?.id ?? null, outcome: 'succeeded', facts: factsOf(offender, act) })
  }

  return {
    round: async (bounds) => {
      const now = new Map<string, number>()
      const held = (session: WatchedSession, lock: BlockingLock): number => {
        const key = `${idOf(session)} ${lock.relation}`
        const since = blocking.get(key) ?? clock()
        now.set(key, since)
        return clock() - since
      }
      const { look, offenders } = await findOffenders(platform, server, eyes, bounds, held)
      blocking = now
      const still = new Set(look.sessions.map(idOf))
      done = new Map([...done].filter(([key]) => still.has(key.slice(0, key.lastIndexOf(' ')))))
      for (const offender of offenders) await actOn(offender)
      const mended = await mender.round(look)
      return offenders.length > 0 || mended
    },
  }
}

/** The same session in the same transaction. */
const idOf = ({ pid, startedAt, transactionAt, stateAt }: WatchedSession): string => `${pid}/${startedAt}/${transactionAt ?? stateAt}`

/** What is done about an offender, or would be. */
export function describe({ verdict, tenant }: Offender, act: 'cancel' | 'end' | undefined): string {
  const whose = tenant === undefined ? 'a session of no tenant' : `a session of ${tenant.slug}`
  if (act === undefined) return `${whose} is to be stopped: ${verdict.reason}`
  return act === 'cancel' ? `cancelled what ${whose} was doing: ${verdict.reason}` : `ended ${whose}: ${verdict.reason}`
}

function factsOf(offender: Offender, act: 'cancel' | 'end' | undefined) {
  const { cluster, session, verdict, tenant } = offender
  return {
    says: describe(offender, act),
    cluster,
    database: session.database,
    slug: tenant?.slug ?? null,
    login: session.login,
    pid: session.pid,
    application: session.application,
    offence: verdict.offence,
    forMs: Math.round(verdict.forMs),
    limitMs: verdict.limitMs,
    ...(verdict.lock ?? {}),
  }
}
