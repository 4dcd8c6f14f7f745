import type { TenantPool } from '../pool/tenant-pool.js'
import { createUnqualified } from './prisma-text.js'

type Query = (statement: string | { readonly text: string }, ...more: unknown[]) => unknown

/** The pool as Prisma's adapter wants it: still an instance of the driver's Pool, with the names in statements left to the scope. */
export function prismaPool(pool: TenantPool): TenantPool {
  const unqualified = createUnqualified()
  const querying =
    (target: object): Query =>
    (statement, ...more) => {
      const bare = typeof statement === 'string' ? unqualified(statement) : { ...statement, text: unqualified(statement.text) }
      return (target as { query: Query }).query(bare, ...more)
    }
  const over = <T extends object>(target: T, methods: Readonly<Record<string, unknown>>): T =>
    new Proxy(target, {
      get: (_, key) => {
        if (typeof key === 'string' && Object.hasOwn(methods, key)) return methods[key]
        const value: unknown = Reflect.get(target, key)
        return typeof value === 'function' ? value.bind(target) : value
      },
    })

  return over(pool, {
    query: querying(pool),
    connect: async () => {
      const client = await pool.connect()
      return over(client, { query: querying(client) })
    },
    // Each client of Prisma would listen here for errors of idle connections, of which a scope has none.
    on: () => {},
    removeListener: () => {},
  })
}
