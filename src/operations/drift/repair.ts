import { z } from 'zod'
import { databaseById } from '../../catalog/clusters.js'
import { homesById, homesOfClass, recordFingerprints } from '../../catalog/drift.js'
import { workThroughItems } from '../../engine/items.js'
import { operation, type StepContext } from '../../engine/operation.js'
import { checkTracks } from './files.js'
import { createExpectations, type Expectations } from './fingerprinting.js'
import { planClass } from './planned.js'
import { repairHome } from './repair-home.js'

const input = z.strictObject({
  class: z.string().min(1).max(20).describe('The class, as `tenantry drift show` names it'),
  destructive: z.boolean().default(false).describe('Also when columns, tables or values are lost'),
  parallel: z.coerce.number().int().min(1).max(64).default(4).describe('Homes repaired at once'),
  dryRun: z.boolean().default(false).describe('Only show the statements, and in how many homes'),
  confirm: z.string().optional().describe('The class once more: all its homes are changed'),
})

interface Memory {
  readonly [key: string]: unknown
  /** As they were when it was asked for: a home that is repaired leaves its class. */
  readonly homes: readonly string[]
  readonly fingerprint: string
  readonly tenants: number
  readonly statements: readonly string[]
  readonly repaired?: number
}
type Context = StepContext<z.output<typeof input>, Memory>

export const repairDrift = operation({
  kind: 'steps',
  name: 'drift.repair',
  summary:
    'Bring all homes of a class to what the migrations make: each in one transaction, which is kept only if the home is so afterwards.',
  effect: 'destroy',
  input,
  output: z.object({
    dryRun: z.boolean(),
    class: z.string(),
    homes: z.number().describe('Homes that are as expected now; with dryRun, that would be'),
    tenants: z.number().describe('Tenants in them; a shared home serves many'),
    statements: z.array(z.string()),
  }),
  faults: [
    'DRIFT_CLASS_UNKNOWN',
    'DRIFT_CHANGED',
    'DRIFT_UNMENDABLE',
    'DRIFT_DESTRUCTIVE',
    'CONFIRMATION_NEEDED',
    'MIGRATION_INVALID',
    'SERVICE_UNKNOWN',
    'FLEET_PARTIAL',
    'SERVER_UNREACHABLE',
  ],
  access: { roles: ['fleet-admin'] },
  http: 'POST /v1/drift/repair',
  words: {
    positionals: ['class'],
    says: ({ dryRun, class: name, homes, tenants, statements }) =>
      dryRun
        ? [`would run these statements in ${homes} homes with ${tenants} tenants:`, ...statements.map((text) => `  ${text}`)].join('\n')
        : `${homes === 1 ? '1 home of the class' : `${homes} homes of the class`} ${name} ${homes === 1 ? 'is' : 'are'} as the migrations make them now, by ${statements.length} statements each`,
    confirm: 'This changes every home of the class, by the statements that `tenantry drift show CLASS` lists',
  },
  async accept({ platform, tx, fail }, { class: name, destructive, dryRun, confirm }) {
    const { found, difference } = await planClass(platform, name, fail)
    const { mends, told } = difference
    if (told.length > 0) throw fail('DRIFT_UNMENDABLE', { class: name, reasons: told })
    if (mends.length === 0) throw fail('DRIFT_UNMENDABLE', { class: name, reasons: ['it is as the files make it'] })
    const loses = mends.flatMap((mend) => (mend.loses === undefined ? [] : [mend.loses]))
    if (loses.length > 0 && !destructive && !dryRun) throw fail('DRIFT_DESTRUCTIVE', { class: name, loses })
    const statements = mends.map(({ sql }) => sql)
    if (dryRun) return { done: { dryRun, class: name, homes: found.homes, tenants: found.tenants, statements } }
    if (confirm !== name)
      throw fail('CONFIRMATION_NEEDED', {
        what: `this runs ${mends.length} statements in ${found.homes} homes; say so with confirm: "${name}"`,
      })
    const homes = await tx.rows(homesOfClass(name))
    return {
      memory: { homes: homes.map(({ id }) => id), fingerprint: found.fingerprint, tenants: found.tenants, statements } as Memory,
    }
  },
  steps: [
    {
      name: 'repair',
      async act(context: Context) {
        const { platform, memory } = context
        const homes = await platform.catalog.rows(homesById(memory.homes))
        const tracks = await checkTracks(platform, homes)
        const expectations: Expectations = createExpectations(platform, tracks)
        const items = new Map(homes.map((home) => [`${home.schema} ${home.id}`, home]))
        const { done } = await workThroughItems(
          context,
          items,
          async (home) => {
            const place = await platform.catalog.one(databaseById(home.databaseId))
            const fingerprint = await repairHome(context, place, home, expectations)
            return async (tx) => {
              await tx.run(recordFingerprints([{ home: home.id, digest: home.digest, fingerprint, expected: fingerprint }]))
            }
          },
          {
            parallel: context.input.parallel,
            atBorder: (key, border) => platform.failpoint(`drift.repair/repair[${key}]:${border}`),
          },
        )
        return { repaired: done }
      },
    },
  ],
  result: async ({ input: { class: name }, memory }) => ({
    dryRun: false,
    class: name,
    homes: memory.repaired ?? 0,
    tenants: memory.tenants,
    statements: [...memory.statements],
  }),
})
