import pg from 'pg'

// How the checks look at a platform: the plain driver and SQL. Nothing of the engine, which is what they examine.

export interface Eyes {
  /** Rows of a statement in a database of the server, as a superuser. */
  readonly see: <Row extends pg.QueryResultRow>(database: string, text: string, values?: readonly unknown[]) => Promise<readonly Row[]>
  /** A session of its own, for holding locks. The caller ends it. */
  readonly session: (database: string, as?: { readonly user: string; readonly password: string }) => Promise<pg.Client>
  readonly close: () => Promise<void>
}

export function openEyes(superuserUrl: string): Eyes {
  const address = (database: string): string => {
    const url = new URL(superuserUrl)
    url.pathname = `/${database}`
    return url.href
  }
  const pools = new Map<string, pg.Pool>()
  return {
    see: async (database, text, values = []) => {
      let pool = pools.get(database)
      if (pool === undefined) {
        // Few and short-lived: what looks must not stand in the way of a database that is being dropped.
        pool = new pg.Pool({ connectionString: address(database), max: 2, idleTimeoutMillis: 1_000, application_name: 'eyes' })
        pool.on('error', () => {})
        pools.set(database, pool)
      }
      return (await pool.query(text, [...values])).rows
    },
    session: async (database, as) => {
      const url = new URL(address(database))
      const login = as ?? { user: url.username, password: decodeURIComponent(url.password) }
      const client = new pg.Client({ host: url.hostname, port: Number(url.port), database, application_name: 'eyes', ...login })
      client.on('error', () => {})
      await client.connect()
      return client
    },
    close: async () => {
      await Promise.all([...pools.values()].map((pool) => pool.end()))
    },
  }
}

/** Eyes on two servers: `isNear` says which databases are on the first. */
export const joinEyes = (near: Eyes, far: Eyes, isNear: (database: string) => boolean): Eyes => ({
  see: (database, text, values) => (isNear(database) ? near : far).see(database, text, values),
  session: (database, as) => (isNear(database) ? near : far).session(database, as),
  close: async () => {
    await Promise.all([near.close(), far.close()])
  },
})
