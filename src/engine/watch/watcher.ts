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
// At the latest.
const MEND_EVERY_MS = 3_000

export function createWatcher(platform: Platform, server: WatchedServer, eyes: Eyes, recorder: Recorder): Watcher {
  const clock = stopwatch()
  const mender = createMender(platform, server, eyes, recorder)
  /** What was told of databases that do not answer, so that it is told once. */
  let untold: ReadonlySet<string> = new Set()
  let mendedAt = Number.NEGATIVE_INFINITY
  /** What was done about a session last, and when. */
  let done = new Map<string, { readonly act: 'cancel' | 'end' | 'tell'; readonly at: number }>()
  /** Since when others wait because of a lock, and whether it was seen to wait itself: what they have waited until then was for somebody else's. */
  let blocking = new Map<string, Blocking>()

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
      const now = new Map<string, Blocking>()
      const held = (session: WatchedSession, lock: BlockingLock): number => {
        const key = `${idOf(session)} ${lock.relation} ${lock.mode}`
        const before = blocking.get(key)
        const next = nextBlocking(before, lock, clock())
        now.set(key, next)
        return clock() - next.since
      }
      const { look, offenders, unseen } = await findOffenders(platform, server, eyes, bounds, held)
      blocking = now
      for (const reason of unseen.filter((one) => !untold.has(one)))
        platform.log.warn({ cluster: server.cluster, reason }, 'the watchdog cannot see which tables are locked in a database')
      untold = new Set(unseen)
      const still = new Set(look.sessions.map(idOf))
      done = new Map([...done].filter(([key]) => still.has(key.slice(0, key.lastIndexOf(' ')))))
      // Together: while the catalog is silent, each of them waits for it.
      await Promise.all(offenders.map(actOn))
      // While sessions are in somebody's way they come first: a silent catalog makes the mender wait.
      if (look.sessions.length > 0 && clock() - mendedAt < MEND_EVERY_MS) return offenders.length > 0
      const mended = await mender.round(look)
      mendedAt = clock()
      return offenders.length > 0 || mended
    },
  }
}

interface Blocking {
  readonly since: number
  readonly granted: boolean
}

/** Each of those who wait may give up before its time is over, and the next one comes: it is remembered since when somebody does. */
function nextBlocking(before: Blocking | undefined, { granted, waitedMs }: BlockingLock, now: number): Blocking {
  if (before === undefined) return { since: now - waitedMs, granted }
  return before.granted === granted ? before : { since: now, granted }
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
