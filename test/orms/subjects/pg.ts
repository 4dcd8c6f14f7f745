import pg from 'pg'
import { tenantPool } from '../../../src/orm/pg.js'
import type { Library, Queries, Row, Subject } from '../subject.js'

type Client = Pick<pg.ClientBase, 'query'>

export const pgQueries = (client: Client): Queries => ({
  byId: async (id) => (await client.query<Row>('select id, owner, secret from ledger where id = $1', [id])).rows[0],
  upTo: async (id) => (await client.query<Row>('select id, owner, secret from ledger where id <= $1 order by id', [id])).rows,
  add: (owner) => client.query('insert into entry (owner) values ($1)', [owner]),
})

const over = (pool: pg.Pool): Subject => ({
  ...pgQueries(pool),
  inTransaction: async (work) => {
    const client = await pool.connect()
    try {
      await client.query('begin')
      const answer = await work(pgQueries(client))
      await client.query('commit')
      return answer
    } catch (error) {
      await client.query('rollback')
      throw error
    } finally {
      client.release()
    }
  },
  close: () => pool.end(),
})

export const plainPg: Library = {
  name: 'pg',
  scoped: async (tenantry) => over(tenantPool(tenantry)),
  bare: async (config) => over(new pg.Pool(config)),
}
