import { z } from 'zod'
import { adoptedHome, goesLast, lockDatabaseById, waitsForOthers } from '../../catalog/adoption.js'
import { deleteBeside } from '../../catalog/beside.js'
import type { Destroyed } from '../../catalog/tombstones.js'
import { sharesDatabase } from '../../engine/beside.js'
import {
  type DoomedBeside,
  destroyBeside,
  doomedBeside,
  forgetBeside,
  markGoing,
  markKept,
  measureBeside,
  needsHome,
} from '../../engine/dropping-beside.js'
import { operation, type StepContext } from '../../engine/operation.js'
import { fault } from '../../kernel/faults.js'
import { chooseBeside, homeRef, lockSettled } from './beside-of.js'
import { amountOf, destroyedRow } from './destroyed.js'
import { tenantResource } from './resource.js'
import { tenantRef } from './row.js'

const input = z.strictObject({
  tenant: tenantRef,
  home: homeRef,
  afterGrace: z.boolean().default(false).describe('Only if its grace has ended'),
  confirm: z.string().max(63).optional().describe('The slug once more: what is in that home is destroyed'),
})

interface Memory extends DoomedBeside {
  readonly [key: string]: unknown
  /** Whatever fails after this is not taken back. */
  readonly begun?: true
  readonly destroyed?: Destroyed
}

type Context = StepContext<z.output<typeof input>, Memory>

export const dropBeside = operation({
  kind: 'steps',
  name: 'tenant.dropbeside',
  summary: 'Destroy a home beside the one that a tenant lives in, with all that is in it.',
  effect: 'destroy',
  input,
  output: z.object({
    tenant: z.string(),
    home: z.string(),
    schema: z.string(),
    destroyed: destroyedRow,
  }),
  faults: [
    'TENANT_NOT_FOUND',
    'TENANT_STATE',
    'TENANT_HELD',
    'TENANT_DEPENDED',
    'HOME_NOT_BESIDE',
    'HOME_CHOICE',
    'HOME_GRACE',
    'CONFIRMATION_NEEDED',
    'CLUSTER_BUSY',
    'SLUG_INVALID',
    'SERVER_UNREACHABLE',
  ],
  access: { roles: ['fleet-admin'] },
  http: 'DELETE /v1/tenants/{tenant}/homes/{home}',
  resource: tenantResource,
  words: {
    positionals: ['tenant', 'home'],
    says: (d) => `the home ${d.schema} of ${d.tenant} is no more: ${amountOf(d.destroyed)}`,
    confirm: 'This destroys a home of the tenant and all that is in it; it cannot be pointed back to afterwards',
  },

  async accept(context, { tenant: ref, home, afterGrace, confirm }) {
    const { tx, fail } = context
    const tenant = await lockSettled(context, ref)
    const beside = await chooseBeside(context, tenant, home)
    // Where a tenant is being purged, all of its homes go with it.
    if (beside.standing === 'making' || tenant.state === 'purging')
      throw fail('TENANT_STATE', { tenant: ref, state: tenant.state, wanted: 'a home that is whole, of a tenant that stays' })
    if (tenant.heldFor !== null) throw fail('TENANT_HELD', { tenant: ref, reason: tenant.heldFor })
    if (afterGrace && !beside.over)
      throw fail('HOME_GRACE', { tenant: tenant.slug, home: beside.schema, until: beside.until?.toISOString() ?? null })
    if (!afterGrace && confirm !== tenant.slug && confirm !== ref)
      throw fail('CONFIRMATION_NEEDED', {
        what: `${beside.cluster}/${beside.database}/${beside.schema} of tenant "${tenant.slug}" is destroyed; say so with confirm: "${tenant.slug}"`,
      })
    await tx.run(lockDatabaseById(beside.databaseId))
    const facts = await tx.one(adoptedHome(beside.id))
    if (beside.isolation === 'schema' && waitsForOthers(facts))
      throw fail('CLUSTER_BUSY', { cluster: beside.cluster, doing: `database ${beside.database}` })
    const last = beside.isolation === 'schema' && goesLast(facts)
    const doomed = doomedBeside(
      tenant.slug,
      beside,
      await sharesDatabase(tx, tenant, { database: beside.databaseId, home: beside.id }),
      last,
    )
    await markGoing(tx, doomed)
    const memory: Memory = { ...doomed, ...(beside.standing === 'going' ? { begun: true as const } : {}) }
    return { subject: tenant.id, memory }
  },

  steps: [
    {
      name: 'inspect',
      async act({ platform, memory }: Context) {
        const what = await needsHome(platform, memory)
        if (what.length > 0) throw fault('TENANT_DEPENDED', { tenant: memory.slug, what })
        return { destroyed: await measureBeside(platform, memory) }
      },
    },
    { name: 'begin', final: true, act: async () => ({ begun: true as const }) },
    {
      name: 'destroy',
      final: true,
      async act({ platform, memory, by }: Context) {
        await destroyBeside(platform, memory, by)
        return {}
      },
    },
    {
      name: 'forget',
      final: true,
      async record({ memory }: Context, tx) {
        await tx.run(deleteBeside(memory.tenant, memory.home.id))
        await forgetBeside(tx, memory)
      },
    },
  ],

  async release({ memory }, tx) {
    if (memory.begun === undefined) await markKept(tx, memory)
  },

  result: async ({ memory }) => ({
    tenant: memory.slug,
    home: memory.home.id,
    schema: memory.home.schema,
    destroyed: memory.destroyed!,
  }),
})
