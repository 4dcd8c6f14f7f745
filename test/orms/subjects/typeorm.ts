import 'reflect-metadata'
import { DataSource, type DataSourceOptions, type EntityManager, EntitySchema, LessThanOrEqual } from 'typeorm'
import { tenantTypeorm } from '../../../src/orm/typeorm.js'
import type { Library, Queries, Row, Subject } from '../subject.js'

export const ledger = new EntitySchema<Row>({
  name: 'ledger',
  columns: { id: { type: Number, primary: true }, owner: { type: String }, secret: { type: String } },
})

const entry = new EntitySchema<{ id: number; owner: string }>({
  name: 'entry',
  columns: { id: { type: Number, primary: true, generated: 'increment' }, owner: { type: String } },
})

const queries = (manager: EntityManager): Queries => ({
  byId: async (id) => (await manager.findOneBy(ledger, { id })) ?? undefined,
  upTo: (id) => manager.find(ledger, { where: { id: LessThanOrEqual(id) }, order: { id: 'asc' } }),
  add: (owner) => manager.insert(entry, { owner }),
})

async function over(options: DataSourceOptions): Promise<Subject> {
  const source = await new DataSource(options).initialize()
  return {
    ...queries(source.manager),
    inTransaction: (work) => source.transaction((manager) => work(queries(manager))),
    close: () => source.destroy(),
  }
}

const entities = [ledger, entry]

export const typeorm: Library = {
  name: 'TypeORM',
  scoped: (tenantry) => over(tenantTypeorm(tenantry, { entities })),
  bare: ({ user, max, password, ...config }) =>
    over({
      type: 'postgres',
      entities,
      host: config.host!,
      port: config.port!,
      database: config.database!,
      username: user!,
      password: password as string,
      poolSize: max!,
      installExtensions: false,
      extra: { options: config.options },
    }),
}
