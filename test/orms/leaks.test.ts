import { MikroORM, PostgreSqlKnexDialect } from '@mikro-orm/postgresql'
import { PrismaPg } from '@prisma/adapter-pg'
import makeKnex from 'knex'
import { DataSource, type DataSourceOptions } from 'typeorm'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { tenantKnex } from '../../src/orm/knex.js'
import { tenantMikroOrm } from '../../src/orm/mikro-orm.js'
import { tenantPrisma } from '../../src/orm/prisma.js'
import { tenantTypeorm } from '../../src/orm/typeorm.js'
import type { Fleet } from '../../src/testing/fleet.js'
import { fleetOn } from '../support/fleet.js'
import { testServer } from '../support/servers-injected.js'
import { fillLedgers, LEDGER_MIGRATIONS } from './matrix.js'
import { memoryCache } from './memory-cache.js'
import { straysAmong, straysOfSharedClient } from './prisma-control.js'
import { ledger as mikroLedger } from './subjects/mikro-orm.js'
import { generatedClient } from './subjects/prisma.js'
import { ledger as typeormLedger } from './subjects/typeorm.js'

const [ONE, TWO] = ['one', 'two'] as const

let fleet: Fleet
beforeAll(async () => {
  fleet = await fleetOn(testServer(), { migrations: LEDGER_MIGRATIONS, tenants: { [ONE]: 'shared', [TWO]: 'shared' } })
  await fillLedgers(fleet, [ONE, TWO])
})
afterAll(() => fleet?.stop())

const as = <T>(tenant: string, body: () => PromiseLike<T>): Promise<T> => fleet.app.tenant(tenant).transaction(async () => await body())

/** Each tenant asks for the same row, one after the other; answers whose it got. */
async function inTurn(owner: () => PromiseLike<{ readonly owner: string } | null | undefined>): Promise<readonly unknown[]> {
  return [(await as(ONE, owner))?.owner, (await as(TWO, owner))?.owner]
}

/** The answer, or the code of the fault in its place. */
const settled = async (ask: () => unknown): Promise<unknown> => {
  try {
    return await ask()
  } catch (error) {
    return (error as { readonly code?: string }).code ?? error
  }
}

describe('Prisma', () => {
  const strays = (owner: () => PromiseLike<string>) => straysAmong(fleet, [ONE, TWO], owner)

  test('control: a client that tenants share answers one with what the other may see', async () => {
    for (const strayed of await straysOfSharedClient(fleet, [ONE, TWO])) expect(strayed).toBeGreaterThan(20)
  })

  test('by the door, each answer is of the tenant that asked, in every form of asking', async () => {
    const { PrismaClient } = await generatedClient()
    let made = 0
    const create = (adapter: PrismaPg) => {
      made++
      return new PrismaClient({ adapter })
    }
    const prisma = tenantPrisma(fleet.app, { PrismaPg, create })
    const where = { id: 1 }
    const forms: readonly (() => PromiseLike<string>)[] = [
      async () => (await prisma().ledger.findUniqueOrThrow({ where })).owner,
      async () => (await Promise.all([1, 2, 3].map((id) => prisma().ledger.findUnique({ where: { id } }))))[2]!.owner,
      async () => (await prisma().$transaction([prisma().ledger.findMany({ where })]))[0][0]!.owner,
      async () => (await prisma().$transaction((tx) => tx.ledger.findUniqueOrThrow({ where }))).owner,
      async () => (await prisma().$queryRaw<{ owner: string }[]>`select owner from ledger where id = ${1}`)[0]!.owner,
    ]
    for (const form of forms) expect(await strays(form)).toBe(0)
    const before = made
    for (let i = 0; i < 5; i++) await as(ONE, forms[0]!)
    expect(made).toBe(before)
    await prisma.close()
  })

  test('a client that was kept serves no other transaction, and none after the end', async () => {
    const { PrismaClient } = await generatedClient()
    const prisma = tenantPrisma(fleet.app, { PrismaPg, create: (adapter) => new PrismaClient({ adapter }) })
    const where = { id: 1 }
    expect(() => prisma()).toThrowError(expect.objectContaining({ code: 'SCOPE_MISSING' }))
    const kept = await as(ONE, async () => {
      const mine = prisma()
      await mine.ledger.findUnique({ where })
      return [mine] as const
    })
    await expect(kept[0].ledger.findUnique({ where })).rejects.toMatchObject({ code: 'SCOPE_MISSING' })
    await expect(as(TWO, () => kept[0].ledger.findUnique({ where }))).rejects.toMatchObject({ code: 'ORM_HANDLE' })
    let late: Promise<unknown> | undefined
    await as(ONE, async () => {
      const mine = prisma()
      late = new Promise((resolve) => setTimeout(resolve, 30)).then(() => mine.ledger.findUnique({ where }))
      late.catch(() => {})
    })
    // Meanwhile the same client serves the other tenant.
    await as(TWO, async () => {
      for (let i = 0; i < 20; i++) {
        expect((await prisma().ledger.findUnique({ where }))!.owner).toBe(TWO)
        await new Promise((resolve) => setTimeout(resolve, 3))
      }
    })
    await expect(late).rejects.toMatchObject({ code: 'SCOPE_CLOSED' })
    await prisma.close()
  })

  test('no more clients are made than the application allows', async () => {
    const { PrismaClient } = await generatedClient()
    const prisma = tenantPrisma(fleet.app, { PrismaPg, create: (adapter) => new PrismaClient({ adapter }), keep: 1, max: 2 })
    const asked = await Promise.allSettled([1, 2, 3].map((id) => as(ONE, () => prisma().ledger.findUniqueOrThrow({ where: { id } }))))
    expect(asked.map((one) => (one.status === 'rejected' ? one.reason.code : one.value.owner))).toEqual([ONE, ONE, 'ORM_BUSY'])
    expect((await as(TWO, () => prisma().ledger.findUniqueOrThrow({ where: { id: 1 } }))).owner).toBe(TWO)
    await prisma.close()
  })

  test('an adapter with another copy of pg is refused, and named', () => {
    class Elsewhere {
      readonly externalPool = null
    }
    const prisma = tenantPrisma(fleet.app, { PrismaPg: Elsewhere, create: () => ({ $extends: null, $disconnect: async () => {} }) })
    return expect(as(ONE, async () => prisma())).rejects.toMatchObject({ code: 'ORM_WIRING' })
  })
})

describe('TypeORM', () => {
  test('control: its cache of results shows the rows of the first tenant to the second', async () => {
    const wired = tenantTypeorm(fleet.app, { entities: [typeormLedger] })
    const source = await new DataSource({ ...wired, cache: { provider: memoryCache } } as DataSourceOptions).initialize()
    expect(await inTurn(() => source.manager.findOne(typeormLedger, { where: { id: 1 }, cache: true }))).toEqual([ONE, ONE])
    await source.destroy()
  })

  test('the door takes no cache, and without one asking for it does nothing', async () => {
    expect(() => tenantTypeorm(fleet.app, { entities: [], cache: true })).toThrowError(expect.objectContaining({ code: 'ORM_OPTION' }))
    const source = await new DataSource(tenantTypeorm(fleet.app, { entities: [typeormLedger] })).initialize()
    expect(await inTurn(() => source.manager.findOne(typeormLedger, { where: { id: 1 }, cache: true }))).toEqual([ONE, TWO])
    await source.destroy()
  })

  test('it starts without a scope, and outside of one answers nothing else', async () => {
    const nowhere = fleet.client({ catalogUrl: 'postgres://nobody@127.0.0.1:1/none' } as object)
    const source = await new DataSource(tenantTypeorm(nowhere, { entities: [typeormLedger] })).initialize()
    await expect(source.manager.find(typeormLedger)).rejects.toMatchObject({ driverError: { code: 'SCOPE_MISSING' } })
    await expect(source.query('select current_user')).rejects.toMatchObject({ driverError: { code: 'SCOPE_MISSING' } })
    await source.destroy()
  })

  test('a query runner that was kept speaks after the end of its scope to nobody', async () => {
    const source = await new DataSource(tenantTypeorm(fleet.app, { entities: [typeormLedger] })).initialize()
    const runner = source.createQueryRunner()
    await as(ONE, () => runner.query('select 1'))
    await expect(as(TWO, () => runner.query('select owner from ledger'))).rejects.toMatchObject({ driverError: { code: 'SCOPE_CLOSED' } })
    await runner.release()
    await source.destroy()
  })
})

describe('MikroORM', () => {
  const wired = () => tenantMikroOrm(fleet.app, { dialect: PostgreSqlKnexDialect, entities: [mikroLedger] })

  test('control: an EntityManager that tenants share knows the entities of the first', async () => {
    const orm = await MikroORM.init({ ...wired(), extensions: [] })
    const shared = orm.em.fork()
    expect(await inTurn(() => shared.findOne(mikroLedger, { id: 1 }))).toEqual([ONE, ONE])
    await orm.close()
  })

  test('control: its cache of results shows the rows of the first tenant to the second', async () => {
    const orm = await MikroORM.init({ ...wired(), resultCache: { expiration: 5_000 } })
    expect(await inTurn(() => orm.em.findOne(mikroLedger, { id: 1 }, { cache: 5_000 }))).toEqual([ONE, ONE])
    await orm.close()
  })

  test('by the door, orm.em is an EntityManager of the transaction in which it is used', async () => {
    const orm = await MikroORM.init(wired())
    expect(await inTurn(() => orm.em.findOne(mikroLedger, { id: 1 }))).toEqual([ONE, TWO])
    await as(ONE, async () => {
      const row = await orm.em.findOne(mikroLedger, { id: 1 })
      expect(await orm.em.findOne(mikroLedger, { id: 1 })).toBe(row)
      await fleet.app.tenant(ONE).transaction(async () => expect(await orm.em.findOne(mikroLedger, { id: 1 })).not.toBe(row))
    })
    await orm.close()
  })

  test('a fork that was kept serves no other transaction; results are not cached; outside of a scope there is nobody', async () => {
    const orm = await MikroORM.init(wired())
    const outside = orm.em.fork()
    let kept = outside
    await as(ONE, async () => {
      kept = orm.em.fork()
      expect((await kept.findOne(mikroLedger, { id: 1 }))!.owner).toBe(ONE)
    })
    for (const em of [outside, kept])
      await expect(as(TWO, () => em.findOne(mikroLedger, { id: 1 }))).rejects.toMatchObject({ code: 'ORM_HANDLE' })
    await expect(kept.findOne(mikroLedger, { id: 1 })).rejects.toMatchObject({ code: 'SCOPE_MISSING' })
    await expect(orm.em.findOne(mikroLedger, { id: 1 })).rejects.toThrow('global EntityManager')
    await expect(as(ONE, () => orm.em.find(mikroLedger, {}, { cache: 5_000 }))).rejects.toMatchObject({ code: 'ORM_OPTION' })
    await orm.close()
  })

  test('work that has outlived a transaction of MikroORM has no entities of it in the scope of another tenant', async () => {
    const orm = await MikroORM.init(wired())
    const row = { id: 1 }
    let late: Promise<readonly unknown[]> | undefined
    await as(ONE, () =>
      orm.em.transactional(async () => {
        expect((await orm.em.findOneOrFail(mikroLedger, row)).owner).toBe(ONE)
        late = new Promise((resolve) => setTimeout(resolve, 30)).then(() =>
          as(TWO, async () => [
            await settled(() => orm.em.getReference(mikroLedger, 1).owner),
            await settled(() => orm.em.getRepository(mikroLedger).getReference(1).owner),
            await settled(async () => (await orm.em.findOneOrFail(mikroLedger, row)).owner),
          ]),
        )
      }),
    )
    expect(await late).toEqual(['ORM_HANDLE', 'ORM_HANDLE', 'ORM_HANDLE'])
    await orm.close()
  })

  test('dates come as MikroORM wants them, with the time zone that they have', async () => {
    const orm = await MikroORM.init(wired())
    const text = "select '2026-01-02 03:04:05+00'::timestamptz::text as text, '2026-01-02 03:04:05+00'::timestamptz as at"
    const [row] = await as(ONE, () => orm.em.getConnection().execute<{ text: string; at: string }[]>(text))
    expect(row!.at).toBe(row!.text)
    await orm.close()
  })

  test('the next MikroORM, which has neither the dialect nor Knex, is told that the door is not for it', async () => {
    const wiring = expect.objectContaining({ code: 'ORM_WIRING' })
    expect(() => tenantMikroOrm(fleet.app, { dialect: undefined })).toThrowError(wiring)
    const [shown] = tenantMikroOrm(fleet.app, { dialect: PostgreSqlKnexDialect }).extensions as { register(orm: object): void }[]
    expect(() => shown!.register({ em: { getConnection: () => ({}) } })).toThrowError(wiring)
  })

  test('options that leak are refused', () => {
    for (const option of [{ allowGlobalContext: true }, { resultCache: { global: 50 } }, { host: 'db' }, { schema: 'public' }])
      expect(() => tenantMikroOrm(fleet.app, { dialect: PostgreSqlKnexDialect, ...option })).toThrowError(
        expect.objectContaining({ code: 'ORM_OPTION' }),
      )
  })
})

describe('Knex', () => {
  test('options that lead past the scope are refused, and so is a second connection', async () => {
    for (const option of [{ connection: 'postgres://db' }, { pool: { max: 3 } }, { searchPath: ['public'] }])
      expect(() => tenantKnex(makeKnex, fleet.app, option)).toThrowError(expect.objectContaining({ code: 'ORM_OPTION' }))
    const knex = tenantKnex(makeKnex, fleet.app)
    await expect(Promise.resolve().then(() => knex('ledger'))).rejects.toMatchObject({ code: 'SCOPE_MISSING' })
    await expect(as(ONE, async () => knex('ledger').timeout(500, { cancel: true }))).rejects.toThrow('cancel')
    await expect(as(ONE, () => knex.transaction(async (trx) => trx('ledger').timeout(500, { cancel: true })))).rejects.toThrow('cancel')
    await knex.destroy()
  })

  test('a query is asked where it is awaited, and not where it was written', async () => {
    const knex = tenantKnex(makeKnex, fleet.app)
    const written = await as(ONE, async () => [knex<{ owner: string }>('ledger').where({ id: 1 }).first()])
    expect((await as(TWO, async () => await written[0]))!.owner).toBe(TWO)
    await expect(Promise.resolve(written[0])).rejects.toMatchObject({ code: 'SCOPE_MISSING' })
    await knex.destroy()
  })
})
