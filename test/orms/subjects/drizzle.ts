import { asc, eq, lte } from 'drizzle-orm'
import { drizzle, type NodePgDatabase } from 'drizzle-orm/node-postgres'
import { integer, pgTable, text } from 'drizzle-orm/pg-core'
import pg from 'pg'
import { drizzleConfig } from '../../../src/orm/drizzle.js'
import type { Library, Queries, Subject } from '../subject.js'

const ledger = pgTable('ledger', { id: integer().primaryKey(), owner: text().notNull(), secret: text().notNull() })
const entry = pgTable('entry', { id: integer().primaryKey().generatedAlwaysAsIdentity(), owner: text().notNull() })

const queries = (db: Pick<NodePgDatabase, 'select' | 'insert'>): Queries => ({
  byId: async (id) => (await db.select().from(ledger).where(eq(ledger.id, id)))[0],
  upTo: (id) => db.select().from(ledger).where(lte(ledger.id, id)).orderBy(asc(ledger.id)),
  add: (owner) => db.insert(entry).values({ owner }),
})

const over = (db: NodePgDatabase, close: () => Promise<void>): Subject => ({
  ...queries(db),
  inTransaction: (work) => db.transaction((tx) => work(queries(tx))),
  close,
})

export const drizzleOrm: Library = {
  name: 'Drizzle',
  scoped: async (tenantry) => over(drizzle(drizzleConfig(tenantry)), async () => {}),
  bare: async (config) => {
    const pool = new pg.Pool(config)
    return over(drizzle(pool), () => pool.end())
  },
}
