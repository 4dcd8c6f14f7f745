import { sql } from '../../src/kernel/sql.js'
import type { Fleet } from '../../src/testing/fleet.js'

/** Gives every tenant rows that say whose they are. */
export async function fill(fleet: Fleet, slugs: readonly string[]): Promise<void> {
  for (const slug of slugs) {
    const { id } = await fleet.tenant(slug)
    await fleet.app.tenant(slug).query(sql`insert into parcel (owner, toucher) select ${id}, ${id} from generate_series(1, 5)`)
  }
}

interface Neighbours {
  /** How many scopes found what: their own rows and nothing else, something else, or the code of an error. */
  readonly found: Readonly<Record<string, number>>
  /** The server connections that answered. */
  readonly backends: readonly number[]
}

/** Opens scopes of tenants in turns, every other one as a transaction, several at once. */
export async function neighbours(fleet: Fleet, slugs: readonly string[], times: number): Promise<Neighbours> {
  const found: Record<string, number> = {}
  const backends = new Set<number>()
  const ids = await Promise.all(slugs.map(async (slug) => (await fleet.tenant(slug)).id))
  const read = sql<{ owner: string; backend: number }>`select owner, pg_backend_pid() as backend from parcel`

  const one = async (i: number): Promise<string> => {
    const at = i % slugs.length
    const tenant = fleet.app.tenant(slugs[at]!)
    try {
      const rows = await (i % 3 === 0 ? tenant.transaction((scope) => scope.rows(read)) : tenant.query(read))
      for (const { backend } of rows) backends.add(backend)
      return rows.length === 5 && rows.every(({ owner }) => owner === ids[at]) ? 'own rows' : 'something else'
    } catch (error) {
      return (error as { code?: string }).code ?? (error as Error).message
    }
  }

  for (let first = 0; first < times; first += 10) {
    const outcomes = await Promise.all(Array.from({ length: Math.min(10, times - first) }, (_, i) => one(first + i)))
    for (const outcome of outcomes) found[outcome] = (found[outcome] ?? 0) + 1
  }
  return { found, backends: [...backends] }
}
