import { stopwatch, systemClock } from '../../kernel/clock.js'
import { ident, type Sql, sql } from '../../kernel/sql.js'
import type { Cutting } from '../../postgres/cutter.js'
import { type Judged, type LeakTally, ON_PURPOSE, startTally, type Tally } from './tally.js'
import type { LeakStored, LeakTenant, LeakWay } from './way.js'

export interface LeakOptions {
  /** Go on until that many returned rows have been judged. Default: for as long as `withinMs` says. */
  readonly rows?: number
  /** Or until this time is over. */
  readonly withinMs?: number
  readonly signal?: AbortSignal | undefined
  /** Told every few seconds how far it has come. */
  readonly tell?: (so: { readonly judged: number; readonly wrong: number; readonly elapsedMs: number }) => void
  readonly clients?: number
  /** How many rows a read asks for. Default 10. */
  readonly rowsPerRead?: number
  /** Of all units of work: a statement that fails, one that names an unknown table, an error thrown by the application. */
  readonly shares?: { readonly failing: number; readonly unknown: number; readonly thrown: number }
  /** Of all flights and of all answers: those in the middle of which the connection is cut. */
  readonly cut?: number
  /** A unit that has not ended after this many milliseconds counts as hung, and its client goes on without it. Default 30 000. */
  readonly hangMs?: number
  /** It gives up when no row has come for so long. Default 60 000. */
  readonly silenceMs?: number
  readonly seed?: number
}

export interface LeakCount extends LeakTally {
  readonly way: string
  readonly stored: LeakStored
  /** Nearly nothing was answered any more: it ended before it had what it was to have. */
  readonly gaveUp: boolean
  readonly cuts: { readonly open: number; readonly idle: number; readonly flight: number }
  /** By database, with nothing being cut: server connections that answered, and for how many tenants. */
  readonly backends: readonly { readonly database: string; readonly connections: number; readonly tenants: number }[]
}

/** Zero wrong rows in `n` say, at 95 %, that fewer than 3/n are wrong. */
export const leakBound = (count: Pick<LeakCount, 'judged'>): number => 3 / count.judged

const TELL_EVERY_MS = 5_000
const AWAY_MS = 100

type Statements = ReturnType<typeof statementsOn>

const statementsOn = (name: string, rowsPerRead: number) => {
  const table = ident(name)
  return {
    latest: sql<Judged>`select owner, pg_backend_pid() as backend from ${table} order by id desc limit ${rowsPerRead}`,
    insert: (tenant: LeakTenant, doomed: boolean): Sql =>
      sql`insert into ${table} (owner, toucher, doomed) values (${tenant.id}, ${tenant.id}, ${doomed})`,
    touch: (tenant: LeakTenant): Sql<Judged> => sql<Judged>`
      update ${table} set toucher = ${tenant.id} where id = (select max(id) from ${table}) returning owner, pg_backend_pid() as backend`,
    failing: sql`select 1 / (count(*) - count(*)) from ${table}`,
    unknown: sql`select owner from no_such_parcel`,
  }
}

/**
 * Lets clients read and write for many tenants through a wire that is cut now and then, with statements that fail and applications that throw, and
 * judges every returned row by its owner; a superuser judges what was written. Meant for a pooler whose server connections are few: the fewer, the
 * more a leak would show. A meter that sees nothing proves something only when another way shows wrong rows under the same load.
 */
export async function measureLeaks(way: LeakWay, wire: Cutting, options: LeakOptions): Promise<LeakCount> {
  const { rows = Number.POSITIVE_INFINITY, withinMs = Number.POSITIVE_INFINITY, clients = 50, hangMs = 30_000, seed = 1 } = options
  const {
    shares = { failing: 0.04, unknown: 0.04, thrown: 0.03 },
    cut = 0.01,
    rowsPerRead = 10,
    silenceMs = 60_000,
    signal,
    tell,
  } = options
  const tally = startTally(way.tenants)
  const statements = statementsOn(way.table ?? 'parcel', rowsPerRead)
  const first = rowsPerRead + 2
  const cutsBefore = wire.cuts()

  await Promise.all(
    Array.from({ length: Math.min(clients, way.tenants.length) }, async (_, client) => {
      for (let at = client; at < way.tenants.length; at += clients) {
        const tenant = way.tenants[at]!
        for (let i = 0; i < first; i++) await way.one(client, tenant, statements.insert(tenant, false))
        tally.wrote(first)
      }
    }),
  )
  const elapsed = stopwatch()
  const timer = setInterval(() => tell?.({ ...tally.soFar(), elapsedMs: elapsed() }), TELL_EVERY_MS)
  const chance = randomFrom(seed)
  wire.cutWhen(() => chance() < cut)
  let heard = { judged: 0, at: 0 }
  const isSilent = (): boolean => {
    if (tally.judged() > heard.judged) heard = { judged: tally.judged(), at: elapsed() }
    return elapsed() - heard.at > silenceMs
  }
  const isDone = (): boolean => tally.judged() >= rows || elapsed() >= withinMs || signal?.aborted === true
  let gaveUp = false
  const over = (): boolean => {
    if (gaveUp || isDone()) return true
    gaveUp = tally.hopeless() || isSilent()
    return gaveUp
  }
  try {
    await Promise.all(
      Array.from({ length: clients }, async (_, client) => {
        const random = randomFrom(seed + 1 + client)
        let lost = false
        while (!over()) {
          const tenant = way.tenants[Math.floor(random() * way.tenants.length)]!
          tally.began()
          const before = lost
          lost = false
          const work = unit(way, client, tenant, { random, shares, tally, statements }).then((isLost) => {
            lost = isLost
          })
          if (!(await endsWithin(hangMs, work))) tally.hung()
          // One is cut on purpose; two in a row, and whoever is away is not to be besieged.
          if (before && lost) await systemClock.sleep(AWAY_MS, signal)
        }
      }),
    )
  } finally {
    clearInterval(timer)
    wire.cutWhen(undefined)
  }
  const backends = gaveUp ? [] : await calmBackends(way, clients)
  const cuts = wire.cuts()
  return {
    way: way.name,
    ...tally.result(),
    stored: await way.stored(),
    gaveUp,
    cuts: { open: cuts.open - cutsBefore.open, idle: cuts.idle - cutsBefore.idle, flight: cuts.flight - cutsBefore.flight },
    backends,
  }
}

interface UnitContext {
  readonly random: () => number
  readonly shares: NonNullable<LeakOptions['shares']>
  readonly tally: Tally
  readonly statements: Statements
}

/** Was its connection lost? */
async function unit(way: LeakWay, client: number, tenant: LeakTenant, context: UnitContext): Promise<boolean> {
  const { random, shares, tally } = context
  const { failing, unknown, insert, latest, touch } = context.statements
  const dice = random()
  const fails = dice < shares.failing ? failing : dice < shares.failing + shares.unknown ? unknown : undefined
  const throws = fails === undefined && dice < shares.failing + shares.unknown + shares.thrown
  try {
    if (random() < 0.5) {
      if (fails !== undefined) await way.one(client, tenant, fails)
      else if (throws) throw ON_PURPOSE
      else if (random() < 0.2) {
        await way.one(client, tenant, insert(tenant, false))
        tally.wrote(1)
      } else tally.judge(tenant, await way.one(client, tenant, latest))
      return false
    }
    const doomed = fails !== undefined || throws
    let written = 0
    await way.several(client, tenant, async (send) => {
      if (doomed || random() < 0.3) {
        await send(insert(tenant, doomed))
        written++
      }
      tally.judge(tenant, await send(latest))
      if (fails !== undefined) await send(fails)
      if (throws) throw ON_PURPOSE
      if (random() < 0.3) {
        const touched = await send(touch(tenant))
        tally.judge(tenant, touched)
        written += touched.length
      }
      if (random() < 0.3) tally.judge(tenant, await send(latest))
    })
    tally.wrote(written)
    return false
  } catch (error) {
    return tally.failed(error)
  }
}

/** Which server connections serve whom when none is cut any more: all clients ask for all tenants, at once. */
async function calmBackends(way: LeakWay, clients: number): Promise<LeakCount['backends']> {
  const found = new Map<string, { readonly backends: Set<number>; readonly tenants: Set<string> }>()
  const ask = async (count: boolean): Promise<void> => {
    await Promise.all(
      way.tenants.map(async (tenant, i) => {
        const [row] = await way.one(i % clients, tenant, sql<{ backend: number }>`select pg_backend_pid() as backend`)
        if (!count) return
        const kept = found.get(tenant.database) ?? { backends: new Set<number>(), tenants: new Set<string>() }
        found.set(tenant.database, kept)
        kept.backends.add(row!.backend)
        kept.tenants.add(tenant.id)
      }),
    )
  }
  // A connection that was cut last may still be being replaced.
  await ask(false).catch(() => {})
  for (let round = 0; round < 3; round++) await ask(true)
  return [...found].map(([database, { backends, tenants }]) => ({ database, connections: backends.size, tenants: tenants.size }))
}

/** False when the time is up first. */
async function endsWithin(milliseconds: number, work: Promise<void>): Promise<boolean> {
  const late = new AbortController()
  const ended = await Promise.race([work.then(() => true), systemClock.sleep(milliseconds, late.signal).then(() => false)])
  late.abort()
  return ended
}

/** Numbers in [0, 1) that a seed repeats (mulberry32). */
function randomFrom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
