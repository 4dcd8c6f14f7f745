import type { Isolation } from '../../../src/catalog/homes.js'
import { loginName } from '../../../src/isolation/names.js'
import { sql } from '../../../src/kernel/sql.js'
import { startFleet } from '../../../src/testing/fleet.js'
import { LEAK_MIGRATIONS, type LeakCount, type LeakOptions, measureLeaks } from '../../../src/testing/leak-meter.js'
import { fleetLeakWay } from '../../../src/testing/leak-meter-fleet.js'
import { openWire, type Wire } from '../../../src/testing/leak-meter-wire.js'
import { urlOf } from '../../support/fleet.js'
import { addPoolerUser, type TestServer } from '../../support/servers.js'
import { type Pattern, startControl } from './control.js'

export interface RehearsalOptions {
  /** Rows to be judged. */
  readonly rows: number
  readonly seed?: number
  /** Of all isolations. Default 20. */
  readonly tenants?: number
  readonly rowsPerRead?: number
  readonly tell?: NonNullable<LeakOptions['tell']>
}

const CLIENTS = 50

/** Databases are dear, and each has a server connection to itself: a fifth of the tenants, and at most ten, have one of their own. */
function tenantsOf({ tenants = 20 }: RehearsalOptions): Readonly<Record<string, Isolation>> {
  const databases = Math.min(10, Math.floor(tenants / 5))
  const counts: readonly [Isolation, number][] = [
    ['shared', Math.ceil((tenants - databases) / 2)],
    ['schema', Math.floor((tenants - databases) / 2)],
    ['database', databases],
  ]
  return Object.fromEntries(
    counts.flatMap(([isolation, count]) => Array.from({ length: count }, (_, i) => [`${isolation}-${i + 1}`, isolation] as const)),
  )
}

/** The library: 50 clients, tenants of all three isolations, one server connection per database. */
export const rehearseLibrary = (server: TestServer, options: RehearsalOptions): Promise<LeakCount> =>
  withWire(server, async (wire) => {
    const tenants = tenantsOf(options)
    const fleet = await startFleet({
      url: urlOf(server),
      pooler: { host: wire.host, port: wire.port, admit: (login, password) => addPoolerUser(server, login, password) },
      migrations: LEAK_MIGRATIONS,
      tenants,
    })
    try {
      const way = await fleetLeakWay(fleet, Object.keys(tenants), { clients: CLIENTS, applications: 10 })
      return await measureLeaks(way, wire, { ...options, clients: CLIENTS })
    } finally {
      await fleet.stop()
    }
  })

/**
 * The same without a pooler: all clients share one connection per database, with prepared statements. It is cut by a superuser, who terminates the
 * backend of an open transaction now and then.
 */
export async function rehearseDirect(server: TestServer, options: RehearsalOptions): Promise<LeakCount> {
  const tenants = tenantsOf(options)
  const fleet = await startFleet({ url: urlOf(server), migrations: LEAK_MIGRATIONS, tenants })
  try {
    const witness = await fleet.witness('shared-1')
    const login = loginName(fleet.platform.id, 1)
    let open = 0
    let timer: NodeJS.Timeout | undefined
    const terminate = async (): Promise<void> => {
      open += await witness.run(sql`
        select pg_terminate_backend(pid)
        from pg_catalog.pg_stat_activity
        where usename = ${login} and state = 'idle in transaction'
        limit 1`)
    }
    const cutter = {
      cutWhen: (decide: unknown): void => {
        clearInterval(timer)
        if (decide !== undefined) timer = setInterval(() => void terminate(), 50)
      },
      cuts: () => ({ open, idle: 0, flight: 0 }),
    }
    const way = await fleetLeakWay(fleet, Object.keys(tenants), { clients: CLIENTS, applications: 1, connections: 1 })
    return await measureLeaks(way, cutter, { ...options, clients: CLIENTS })
  } finally {
    await fleet.stop()
  }
}

/** The control: as many plain clients and tenants, the same pooler, the same faults. */
export const rehearseControl = (server: TestServer, pattern: Pattern, options: RehearsalOptions): Promise<LeakCount> =>
  withWire(server, async (wire) => {
    const control = await startControl(server, wire, pattern, { tenants: options.tenants ?? 20, clients: CLIENTS })
    try {
      return await measureLeaks(control.way, wire, { ...options, clients: CLIENTS })
    } finally {
      await control.stop()
    }
  })

async function withWire<T>(server: TestServer, body: (wire: Wire) => Promise<T>): Promise<T> {
  const wire = await openWire({ host: server.host, port: server.pooler!.port })
  try {
    return await body(wire)
  } finally {
    await wire.close()
  }
}
