import { z } from 'zod'
import { findCluster } from '../../catalog/clusters.js'
import { operation, type StepContext } from '../../engine/operation.js'
import { sqlstate } from '../../postgres/errors.js'
import { examine } from './examine.js'
import { COLUMNS, failOn, says, verdict, verdictOn } from './found.js'

const input = z.strictObject({ cluster: z.string().min(1).max(63).optional().describe('Only this cluster'), failOn })

type Memory = Readonly<Record<string, unknown>>
type Context = StepContext<z.output<typeof input>, Memory>

export const fixWithDoctor = operation({
  kind: 'steps',
  name: 'doctor.fix',
  summary: 'Repair what the doctor finds and what is safe to repair, and list what remains.',
  effect: 'change',
  input,
  output: verdict.extend({ repaired: z.number().describe('How many repairs were made') }),
  faults: ['CLUSTER_NOT_FOUND'],
  access: { roles: ['fleet-admin'] },
  http: 'POST /v1/doctor/fix',
  words: {
    says: (output) => `${output.repaired === 1 ? '1 repair was' : `${output.repaired} repairs were`} made; the platform is ${says(output)}`,
    columns: COLUMNS,
    passes: ({ healthy }) => healthy,
  },
  async accept({ tx, fail }, { cluster }) {
    if (cluster !== undefined && (await tx.maybe(findCluster(cluster))) === undefined) throw fail('CLUSTER_NOT_FOUND', { cluster })
    return { memory: {} as Memory }
  },
  steps: [
    {
      name: 'repair',
      async act({ platform, input: { cluster }, by }: Context) {
        let repaired = 0
        for (const { finding, database } of await examine(platform, { cluster, operation: by.operation })) {
          if (finding.repair === undefined || database === undefined) continue
          try {
            await finding.repair(database, by)
            repaired++
          } catch (error) {
            if (sqlstate(error) === 'TN010') throw error
            // It is found again when the result is made, and a repair that cannot be made must not stop the others.
            platform.log.warn({ check: finding.check, where: finding.where, cause: String(error) }, 'a repair failed')
          }
        }
        return { repaired }
      },
    },
  ],
  async result({ platform, input: { cluster, failOn: least }, memory, by }) {
    return { ...verdictOn(await examine(platform, { cluster, operation: by.operation }), least), repaired: memory.repaired as number }
  },
})
