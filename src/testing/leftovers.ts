import { systemClock } from '../kernel/clock.js'
import { sql } from '../kernel/sql.js'
import { parseUrl } from '../postgres/connection.js'
import { type Database, openDatabase } from '../postgres/session.js'
import { removeFleet } from './fleet-facts.js'

const BEACON = 'tenantry fleets '
// The pool gives up a connection that has been idle for 10 s.
const BLINK_MS = 1_000
const SURE_MS = 3 * BLINK_MS
// `k` and 40 bits in base 32.
const RUN_LENGTH = 9

/** Both servers that the fleets of a run are on, or the one. */
export const serversOf = (url: string, catalogServer: string | undefined): readonly string[] => [...new Set([catalogServer ?? url, url])]

/** A session on each server that says, as long as this process lives, that the fleets of a run have somebody to take them away. */
export async function lightBeacons(servers: readonly string[], run: string): Promise<{ readonly putOut: () => Promise<void> }> {
  const admins = servers.map((url) => openDatabase(parseUrl(url, 'url'), { applicationName: `${BEACON}${run}`, max: 1 }))
  const close = () => Promise.all(admins.map((one) => one.end()))
  const blink = (admin: Database) => admin.rows(sql`select 1`)
  try {
    await Promise.all(admins.map(blink))
  } catch (error) {
    await close()
    throw error
  }
  const stop = new AbortController()
  const blinking = admins.map(async (admin) => {
    while (!stop.signal.aborted) {
      // A server that is just restarting is asked again.
      await blink(admin).catch(() => {})
      await systemClock.sleep(BLINK_MS, stop.signal)
    }
  })
  return {
    putOut: async () => {
      stop.abort()
      await Promise.all(blinking)
      await close()
    },
  }
}

/** Removes the databases and roles of runs whose process is gone. Answers their marks; when it is stopped while it makes sure, none. */
export async function clearLeftovers(
  url: string,
  catalogServer: string | undefined,
  stop: AbortSignal = new AbortController().signal,
): Promise<readonly string[]> {
  const servers = serversOf(url, catalogServer).map((one) => openDatabase(parseUrl(one, 'url'), { applicationName: 'fleet', max: 1 }))
  try {
    const marks = await surelyAbandoned(servers, stop)
    for (const mark of marks) {
      await removeFleet({
        url,
        ...(catalogServer === undefined ? {} : { catalogServer }),
        catalogName: `test_${mark}_catalog`,
        tenantsName: `test_${mark}_tenants`,
      })
    }
    return marks
  } finally {
    await Promise.all(servers.map((one) => one.end()))
  }
}

/** Looked for twice: a server that was just started, or whose sessions were just ended, has no beacon until the next blink. */
async function surelyAbandoned(servers: readonly Database[], stop: AbortSignal): Promise<readonly string[]> {
  const first = await abandoned(servers)
  if (first.length === 0) return []
  await systemClock.sleep(SURE_MS, stop)
  if (stop.aborted) return []
  const second = new Set(await abandoned(servers))
  return first.filter((mark) => second.has(mark))
}

/** Marks of fleets, `<run>n<number>`, whose run has a beacon on none of the servers. */
async function abandoned(servers: readonly Database[]): Promise<readonly string[]> {
  // Databases first: a run lights its beacons before it makes any.
  const marks = (await Promise.all(servers.map((one) => one.rows(markedDatabases)))).flat().map(({ mark }) => mark)
  const lit = new Set((await Promise.all(servers.map((one) => one.rows(beacons)))).flat().map(({ run }) => run))
  return [...new Set(marks)].filter((mark) => !lit.has(mark.slice(0, RUN_LENGTH)))
}

const markedDatabases = sql<{ mark: string }>`
  select distinct substring(datname from '^test_(k[a-z2-7]{8}n[0-9]+)_') as mark
  from pg_catalog.pg_database
  where datname ~ '^test_k[a-z2-7]{8}n[0-9]+_'`

const beacons = sql<{ run: string }>`
  select substr(application_name, length(${BEACON}) + 1) as run
  from pg_catalog.pg_stat_activity
  where starts_with(application_name, ${BEACON})`
