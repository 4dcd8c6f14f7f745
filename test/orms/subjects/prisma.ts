import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { PrismaPg } from '@prisma/adapter-pg'
import pg from 'pg'
import type * as Generated from '../../../.build/test/orms/prisma/index.js'
import { tenantPrisma } from '../../../src/orm/prisma.js'
import type { Library, Queries, Subject } from '../subject.js'

// What Prisma generates is in .build, and found from the sources as well as from what was compiled of them.
const GENERATED = join(process.cwd(), '.build', 'test', 'orms', 'prisma', 'index.js')

export const generatedClient = async (): Promise<typeof Generated> =>
  ((await import(pathToFileURL(GENERATED).href)) as { default: typeof Generated }).default

type Handle = Pick<Generated.PrismaClient, 'ledger' | 'entry'>

const queries = (db: () => Handle): Queries => ({
  byId: async (id) => (await db().ledger.findUnique({ where: { id } })) ?? undefined,
  upTo: (id) => db().ledger.findMany({ where: { id: { lte: id } }, orderBy: { id: 'asc' } }),
  add: (owner) => db().entry.create({ data: { owner } }),
})

const over = (db: () => Generated.PrismaClient, close: () => Promise<void>): Subject => ({
  ...queries(db),
  inTransaction: (work) => db().$transaction((tx) => work(queries(() => tx))),
  close,
})

export const prisma: Library = {
  name: 'Prisma',
  scoped: async (tenantry) => {
    const { PrismaClient } = await generatedClient()
    const here = tenantPrisma(tenantry, { PrismaPg, create: (adapter) => new PrismaClient({ adapter }) })
    return over(here, here.close)
  },
  bare: async (config, schema) => {
    const { PrismaClient } = await generatedClient()
    const client = new PrismaClient({ adapter: new PrismaPg(new pg.Pool(config), { schema, disposeExternalPool: true }) })
    return over(
      () => client,
      () => client.$disconnect(),
    )
  },
}
