import { z } from 'zod'
import { type DueBackup, dueBackups, dueUnverified, lockBackupRuns } from '../../catalog/backup-policies.js'
import { madeBy } from '../../catalog/backups.js'
import { openNamed } from '../../catalog/operations.js'
import { backUp } from '../../engine/backup/back-up.js'
import { tellOfAll } from '../../engine/backup/telling.js'
import { workThroughItems } from '../../engine/items.js'
import { LANES_OF_MANY } from '../../engine/lanes.js'
import { operation, type StepContext } from '../../engine/operation.js'
import { humanBytes } from '../../kernel/amounts.js'
import { counted } from '../../kernel/counted.js'

const input = z.strictObject({
  parallel: z.coerce.number().int().min(1).max(64).default(2).describe('Tenants at once, on each cluster'),
  background: z.boolean().default(false).describe('Hand it to the workers'),
})

type Context = StepContext<z.output<typeof input>, Readonly<Record<string, unknown>>>

export const makeDueBackups = operation({
  kind: 'steps',
  name: 'backup.due',
  summary: 'Make and verify the backups that policies want now. Workers do this by themselves.',
  effect: 'change',
  input,
  output: z.object({ backups: z.number(), rows: z.number(), bytes: z.number() }),
  faults: ['FLEET_PARTIAL', 'OPERATION_PAUSED'],
  access: { roles: ['operator', 'fleet-admin'] },
  http: 'POST /v1/backups/due',
  words: {
    says: ({ backups, bytes }) => (backups === 0 ? 'nothing is due' : `made ${counted(backups, 'backup')}, ${humanBytes(bytes)}`),
  },
  pausable: true,
  background: ({ background }) => background,
  async accept({ tx }) {
    await tx.run(lockBackupRuns)
    const nothing = { backups: 0, rows: 0, bytes: 0 }
    // It has them in hand; and one that stands still does so because somebody wants it to.
    if ((await tx.rows(openNamed(['backup.due']))).length > 0) return { done: nothing }
    return (await tx.rows(dueBackups)).length === 0 ? { done: nothing } : { memory: {} }
  },
  steps: [
    {
      name: 'archive',
      async act(context: Context) {
        const { platform, input: given } = context
        const due = [...(await platform.catalog.rows(dueBackups)), ...(await platform.catalog.rows(dueUnverified(context.by.operation)))]
        const items = new Map<string, DueBackup>(due.map((one) => [`${one.slug} ${one.id}`, one]))
        const tell = tellOfAll(platform, 'tenants')
        await workThroughItems(
          context,
          items,
          async ({ id, kind }, key) => {
            const { bytes } = await backUp(context, {
              tenant: id,
              kind,
              lanes: LANES_OF_MANY,
              verify: true,
              atBorder: (border) => platform.failpoint(`backup.due/archive[${key}]:${border}`),
            })
            tell.add(bytes ?? 0)
            return async () => {}
          },
          { parallel: given.parallel, groupOf: (key) => items.get(key)?.cluster ?? '', rounds: 2, what: 'tenants', onItem: tell.onItem },
        )
        return {}
      },
    },
  ],
  result: ({ platform, by }) => platform.catalog.one(madeBy(by.operation)),
})
