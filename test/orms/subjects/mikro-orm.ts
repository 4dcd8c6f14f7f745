import { type EntityManager, EntitySchema, MikroORM, PostgreSqlKnexDialect } from '@mikro-orm/postgresql'
import { tenantMikroOrm } from '../../../src/orm/mikro-orm.js'
import type { Library, Queries, Row, Subject } from '../subject.js'

export const ledger = new EntitySchema<Row>({
  name: 'Ledger',
  tableName: 'ledger',
  properties: { id: { type: 'number', primary: true }, owner: { type: 'string' }, secret: { type: 'string' } },
})

const entry = new EntitySchema<{ id: number; owner: string }>({
  name: 'Entry',
  tableName: 'entry',
  properties: { id: { type: 'number', primary: true, autoincrement: true }, owner: { type: 'string' } },
})

const queries = (em: () => EntityManager): Queries => ({
  byId: async (id) => (await em().findOne(ledger, { id })) ?? undefined,
  upTo: (id) => em().find(ledger, { id: { $lte: id } }, { orderBy: { id: 'asc' } }),
  add: async (owner) => {
    const manager = em()
    await manager.persist(manager.create(entry, { owner })).flush()
  },
})

const over = (orm: MikroORM, em: () => EntityManager): Subject => ({
  ...queries(em),
  inTransaction: (work) => em().transactional((manager) => work(queries(() => manager))),
  close: () => orm.close(),
})

const entities = [ledger, entry]

export const mikroOrm: Library = {
  name: 'MikroORM',
  scoped: async (tenantry) => {
    const orm = await MikroORM.init(tenantMikroOrm(tenantry, { dialect: PostgreSqlKnexDialect, entities }))
    return over(orm, () => orm.em)
  },
  bare: async ({ max, ...config }) => {
    const orm = await MikroORM.init({
      entities,
      dbName: config.database!,
      host: config.host!,
      port: config.port!,
      user: config.user!,
      password: config.password as string,
      pool: { min: 0, max: max! },
      driverOptions: { connection: { options: config.options } },
    })
    return over(orm, () => orm.em.fork())
  },
}
