import makeKnex, { type Knex } from 'knex'
import { tenantKnex } from '../../../src/orm/knex.js'
import type { Library, Queries, Row, Subject } from '../subject.js'

const queries = (db: Knex): Queries => ({
  byId: (id) => db<Row>('ledger').select('id', 'owner', 'secret').where({ id }).first(),
  upTo: (id) => db<Row>('ledger').select('id', 'owner', 'secret').where('id', '<=', id).orderBy('id'),
  add: (owner) => db('entry').insert({ owner }),
})

const over = (db: Knex): Subject => ({
  ...queries(db),
  inTransaction: async (work) => await db.transaction((trx) => work(queries(trx))),
  close: () => db.destroy(),
})

export const knex: Library = {
  name: 'Knex',
  scoped: async (tenantry) => over(tenantKnex(makeKnex, tenantry)),
  bare: async ({ max, ...connection }) =>
    over(makeKnex({ client: 'pg', connection: connection as Knex.PgConnectionConfig, pool: { min: 0, max: max! } })),
}
