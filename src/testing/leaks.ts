import { liveDatabases } from '../catalog/clusters.js'
import { stopwatch, systemClock } from '../kernel/clock.js'
import { fault } from '../kernel/faults.js'
import { sql } from '../kernel/sql.js'
import type { Fleet } from './open-fleet.js'
import { type ScopeWatch, watchAllScopes, watchScopesOf } from './scope-watch.js'

export interface LeakOptions {
  /** Its connections are looked at as well: here, and at the servers. */
  readonly fleet?: Fleet
  /** How long a connection may take to come to rest, in milliseconds. Scopes get no such time. Default 500. */
  readonly settleMs?: number
}

/** Runs `body` and answers what it answers. See the door. */
export async function expectNoLeak<T>(body: () => Promise<T> | T, options: LeakOptions = {}): Promise<T> {
  const { answer, watch } = watchScopesOf(() => Promise.resolve(body()))
  try {
    const done = await answer
    await assertNoLeaks(watch, options)
    return done
  } finally {
    watch.end()
  }
}

export interface LeakWatch {
  /** Throws TEST_LEAKED, and begins anew. */
  readonly check: () => Promise<void>
  readonly end: () => void
}

/** For the hooks of a test runner. See the door. */
export function watchLeaks(options: LeakOptions = {}): LeakWatch {
  let watch = watchAllScopes()
  return {
    check: async () => {
      const checked = watch
      watch = watchAllScopes()
      try {
        await assertNoLeaks(checked, options)
      } finally {
        checked.end()
      }
    },
    end: () => watch.end(),
  }
}

async function assertNoLeaks(watch: ScopeWatch, { fleet, settleMs = 500 }: LeakOptions): Promise<void> {
  // A scope that is open now has outlived the test, even if it ends in a moment.
  const leaks = [...watch.leaks(), ...(fleet === undefined ? [] : await settledLeaks(fleet, settleMs))]
  if (leaks.length > 0) throw fault('TEST_LEAKED', { leaks })
}

async function settledLeaks(fleet: Fleet, settleMs: number): Promise<readonly string[]> {
  const elapsed = stopwatch()
  for (;;) {
    const leaks = [...heldConnections(fleet), ...(await sessionLeaks(fleet))]
    if (leaks.length === 0 || elapsed() > settleMs) return leaks
    await systemClock.sleep(20)
  }
}

function heldConnections(fleet: Fleet): readonly string[] {
  const { open, idle, waiting } = fleet.connections()
  return [
    ...(open > idle ? [open - idle === 1 ? '1 connection is still in use' : `${open - idle} connections are still in use`] : []),
    ...(waiting > 0 ? [`callers still wait for a connection: ${waiting}`] : []),
  ]
}

/** What the servers see: sessions that nothing of the fleet has opened, and transactions that somebody has left open. */
async function sessionLeaks(fleet: Fleet): Promise<readonly string[]> {
  const databases = await fleet.platform.catalog.rows(liveDatabases)
  const ours = fleet.applicationNames()
  const found: string[] = []
  for (const admin of new Set(databases.map(({ adminRef }) => adminRef))) {
    const names = databases.filter(({ adminRef }) => adminRef === admin).map(({ name }) => name)
    const rows = await fleet.platform.connect(admin).rows(sql<{ login: string; name: string; state: string | null; database: string }>`
      select usename::text as login, application_name as name, state, datname::text as database
      from pg_catalog.pg_stat_activity
      where backend_type = 'client backend' and datname = any (${names}) and pid <> pg_backend_pid()
      order by pid`)
    for (const row of rows) {
      const who = `a session of "${row.login}" in ${row.database} (application_name "${row.name}")`
      if (!ours.has(row.name)) found.push(`${who} was opened beside the fleet's doors`)
      else if (row.state?.startsWith('idle in transaction') === true) found.push(`${who} has left a transaction open`)
    }
  }
  return found
}
