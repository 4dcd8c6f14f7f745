import { z } from 'zod'
import { deleteSigningKeys, insertSigningKey, lastChangeOf, setAssurance, signingKeys, tiersIn } from '../../catalog/assurance.js'
import { newSigningKey } from '../../engine/assurance.js'
import { workThroughItems } from '../../engine/items.js'
import { operation, type StepContext } from '../../engine/operation.js'
import { allTenants, beginChange, changeTenant, endChange, forgetAllKeys, tenantsToChange } from '../../isolation/assurance.js'
import { assertFence, whileNobodyIsIn } from '../../isolation/fence.js'
import { ASSURANCES, isAtLeast, isSigned } from '../../kernel/assurance.js'
import type { Session } from '../../postgres/session.js'
import { type Chosen, choose, databaseInput, openedOf } from './database.js'

const input = z.strictObject({
  ...databaseInput,
  to: z.enum(['standard', 'strict']).describe('How hard its wall is to be'),
  parallel: z.coerce.number().int().min(1).max(64).default(4).describe('Tenants changed over at once'),
})

type Context = StepContext<z.output<typeof input>, Chosen>

// A scope may be open for as long as its login lets a statement run; each tenant's next scopes go on meanwhile.
const WITHIN_MS = 90_000

/**
 * Applications go on: while tenants change over one by one, each between two of its scopes, the database reads who was entered in either way. A client
 * that enters in the other way than a tenant now wants is refused, asks the catalog and enters again, all within its call.
 */
export const setDatabaseAssurance = operation({
  kind: 'steps',
  name: 'assurance.set',
  summary: 'Change how hard the wall of a database is, while applications go on.',
  effect: 'change',
  input,
  output: z.object({
    cluster: z.string(),
    database: z.string(),
    before: z.enum(ASSURANCES),
    assurance: z.enum(ASSURANCES),
    tenants: z.number(),
  }),
  faults: ['DATABASE_UNKNOWN', 'DATABASE_BUSY', 'ASSURANCE_UNAVAILABLE', 'FLEET_PARTIAL', 'SERVER_UNREACHABLE'],
  access: { roles: ['fleet-admin'] },
  http: 'POST /v1/assurance',
  words: {
    positionals: ['cluster', 'database'],
    says: ({ cluster, database, before, assurance, tenants }) =>
      before === assurance
        ? `${cluster}/${database} is ${assurance} already`
        : `${cluster}/${database} is ${assurance} now, and was ${before}; ${tenants} tenants changed over`,
  },

  async accept({ platform, tx, fail }, given) {
    const chosen = await choose({ tx, fail }, given)
    const { databaseId, before, hardened } = chosen
    const place = `the database ${given.cluster}/${given.database}`
    // One that has failed on its way is gone on with: the catalog says already what the database is to become.
    const unfinished = (await tx.maybe(lastChangeOf(given.cluster, given.database)))?.state === 'failed'
    if (before === given.to && !unfinished)
      return { done: { cluster: given.cluster, database: given.database, before, assurance: before, tenants: 0 }, subject: databaseId }
    if (isSigned(given.to) && !hardened)
      throw fail('ASSURANCE_UNAVAILABLE', { assurance: given.to, place, reason: "its cluster's administrator is no superuser" })
    if (before === 'dedicated')
      throw fail('ASSURANCE_UNAVAILABLE', { assurance: given.to, place, reason: 'it is dedicated, which its home was made with' })
    for (const { tier } of await tx.rows(tiersIn(databaseId))) {
      const least = platform.config.tiers[tier]?.assurance ?? 'standard'
      if (isAtLeast(given.to, least)) continue
      throw fail('ASSURANCE_UNAVAILABLE', {
        assurance: given.to,
        place,
        reason: `it has tenants of the tier ${tier}, whose least is ${least}`,
      })
    }
    if (isSigned(given.to) && (await tx.rows(signingKeys(databaseId))).length === 0)
      await tx.run(insertSigningKey(databaseId, newSigningKey(1)))
    return { memory: chosen }
  },

  steps: [
    {
      // Before, nothing has changed for anybody; from here on, whoever asks again goes on with it.
      name: 'begin',
      final: true,
      async act({ platform, input: { to }, memory, by }: Context) {
        const keys = isSigned(to) ? await platform.catalog.rows(signingKeys(memory.databaseId)) : []
        await openedOf(platform, memory).transaction(async (session) => {
          await session.run(assertFence(by))
          await beginChange(session, to, keys)
        })
        return {}
      },
    },
    {
      // A key is told of before the first tenant wants a token …
      name: 'tell',
      final: true,
      record: async ({ input: { to }, memory }: Context, tx) => void (isSigned(to) && (await tx.run(setAssurance(memory.databaseId, to)))),
    },
    { name: 'tenants', final: true, act: changeTenants },
    {
      // … and is taken back after the last one wants none any more.
      name: 'untell',
      final: true,
      record: async ({ input: { to }, memory }: Context, tx) => void (isSigned(to) || (await tx.run(setAssurance(memory.databaseId, to)))),
    },
    { name: 'forget', final: true, act: forgetTokens },
    {
      name: 'end',
      final: true,
      async act({ platform, input: { to }, memory, by }: Context) {
        await openedOf(platform, memory).transaction(async (session) => {
          await session.run(assertFence(by))
          await endChange(session, to)
        })
        return {}
      },
      record: async ({ input: { to }, memory }: Context, tx) => void (isSigned(to) || (await tx.run(deleteSigningKeys(memory.databaseId)))),
    },
  ],

  result: async ({ input: given, memory }) => ({
    cluster: given.cluster,
    database: given.database,
    before: memory.before,
    assurance: given.to,
    tenants: (memory.tenants as number | undefined) ?? 0,
  }),
})

async function changeTenants(context: Context): Promise<Partial<Chosen>> {
  const { platform, input: given, memory } = context
  const signed = isSigned(given.to)
  const tenants = await openedOf(platform, memory).rows(tenantsToChange(signed))
  return { tenants: await betweenScopes(context, tenants, '', (session, tenant) => session.run(changeTenant(tenant, signed))) }
}

/** Clients that still sign are refused now, and ask the catalog. Whoever was let in by a token before must have left before nobody reads what it left. */
async function forgetTokens(context: Context): Promise<Partial<Chosen>> {
  const { platform, input: given, memory, by } = context
  if (isSigned(given.to)) return {}
  const database = openedOf(platform, memory)
  await database.transaction(async (session) => {
    await session.run(assertFence(by))
    await session.run(forgetAllKeys)
  })
  await betweenScopes(context, await database.rows(allTenants), 'left: ', async () => {})
  return {}
}

/** Once for each tenant, while no scope of it is open. Answers how many there were. */
async function betweenScopes(
  context: Context,
  tenants: readonly { readonly tenant: string }[],
  mark: string,
  body: (session: Session, tenant: string) => Promise<unknown>,
): Promise<number> {
  const { platform, input: given, memory, by } = context
  const database = openedOf(platform, memory)
  await workThroughItems(
    context,
    new Map(tenants.map(({ tenant }) => [`${mark}${tenant}`, tenant])),
    async (tenant) => {
      await whileNobodyIsIn(database, tenant, by, (session) => body(session, tenant), { withinMs: WITHIN_MS })
      return async () => {}
    },
    { parallel: given.parallel, what: 'tenants' },
  )
  return tenants.length
}
