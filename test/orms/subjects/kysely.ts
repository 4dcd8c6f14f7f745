import { type Generated, Kysely, PostgresDialect } from 'kysely'
import pg from 'pg'
import { tenantDialect } from '../../../src/orm/kysely.js'
import type { Library, Queries, Row, Subject } from '../subject.js'

interface Tables {
  readonly ledger: Row
  readonly entry: { readonly id: Generated<number>; readonly owner: string }
}

const queries = (db: Kysely<Tables>): Queries => ({
  byId: (id) => db.selectFrom('ledger').selectAll().where('id', '=', id).executeTakeFirst(),
  upTo: (id) => db.selectFrom('ledger').selectAll().where('id', '<=', id).orderBy('id').execute(),
  add: (owner) => db.insertInto('entry').values({ owner }).execute(),
})

const over = (db: Kysely<Tables>): Subject => ({
  ...queries(db),
  inTransaction: (work) => db.transaction().execute((trx) => work(queries(trx))),
  close: () => db.destroy(),
})

export const kysely: Library = {
  name: 'Kysely',
  scoped: async (tenantry) => over(new Kysely({ dialect: tenantDialect(PostgresDialect, tenantry) })),
  bare: async (config) => over(new Kysely({ dialect: new PostgresDialect({ pool: new pg.Pool(config) }) })),
}
