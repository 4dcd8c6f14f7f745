import { z } from 'zod'
import { liftFreeze } from '../../catalog/items.js'
import { operation } from '../../engine/operation.js'

export const unfreezeMigrations = operation({
  kind: 'change',
  name: 'migrate.unfreeze',
  summary: 'Let migrations begin again. What stands still stays so until somebody goes on with it.',
  effect: 'change',
  input: z.strictObject({}),
  output: z.object({ lifted: z.boolean().describe('There was something to lift'), reason: z.string().nullable() }),
  faults: [],
  access: { roles: ['operator', 'fleet-admin'] },
  http: 'POST /v1/migrations/unfreeze',
  words: {
    says: ({ lifted, reason }) =>
      lifted
        ? `migrations may begin again; they were frozen because: ${reason}. \`tenantry operation list --state paused\` shows what stands still`
        : 'migrations were not frozen',
  },
  async change({ tx }) {
    const found = await tx.maybe(liftFreeze)
    return { output: { lifted: found?.lifted ?? false, reason: found?.reason ?? null } }
  },
})
