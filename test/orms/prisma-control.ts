import { PrismaPg } from '@prisma/adapter-pg'
import { tenantPool } from '../../src/orm/pg.js'
import type { Fleet } from '../../src/testing/fleet.js'
import { generatedClient } from './subjects/prisma.js'

/** Both tenants in one tick, again and again; answers how many answers were of the other. */
export async function straysAmong(
  fleet: Fleet,
  pair: readonly string[],
  owner: () => PromiseLike<string>,
  { rounds = 50 } = {},
): Promise<number> {
  const asked = Array.from({ length: rounds }, () => pair).flat()
  const got = await Promise.all(asked.map((tenant) => fleet.app.tenant(tenant).transaction(async () => await owner())))
  return got.filter((one, i) => one !== asked[i]).length
}

/** What people would write: one PrismaClient for all tenants, over a pool that knows the scope. How many of twice 100 answers were of the other tenant? */
export async function straysOfSharedClient(fleet: Fleet, pair: readonly string[]): Promise<readonly number[]> {
  const { PrismaClient } = await generatedClient()
  const { schema } = await fleet.tenant(pair[0]!)
  const shared = new PrismaClient({ adapter: new PrismaPg(tenantPool(fleet.app), { schema }) })
  try {
    const unique = async () => (await shared.ledger.findUniqueOrThrow({ where: { id: 1 } })).owner
    const array = async () => (await shared.$transaction([shared.ledger.findMany({ where: { id: 1 } })]))[0][0]!.owner
    return [await straysAmong(fleet, pair, unique), await straysAmong(fleet, pair, array)]
  } finally {
    await shared.$disconnect()
  }
}
