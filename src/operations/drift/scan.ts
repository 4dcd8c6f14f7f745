import { z } from 'zod'
import { liveDatabases, type TenantDatabase } from '../../catalog/clusters.js'
import { correctStandings, driftClasses, homesToScan, recordFingerprints, unscannedHomes } from '../../catalog/drift.js'
import { workThroughItems } from '../../engine/items.js'
import { operation, type StepContext } from '../../engine/operation.js'
import { visit } from '../../engine/visit.js'
import { readTracks } from '../../schema/check.js'
import { COLUMNS, classRow, drifted, rowOf, verdict } from './class-row.js'
import { createExpectations, fingerprintsIn } from './fingerprinting.js'

const input = z.strictObject({
  parallel: z.coerce.number().int().min(1).max(16).default(2).describe('Databases looked at at once'),
})

interface Memory {
  readonly [key: string]: unknown
  readonly corrected?: number
}
type Context = StepContext<z.output<typeof input>, Memory>

export const scanDrift = operation({
  kind: 'steps',
  name: 'drift.scan',
  summary: 'Look at every home and group the fleet into classes of homes that are alike, against what the migrations make.',
  effect: 'change',
  input,
  output: z.object({
    pending: z.number().describe('Homes that are not as the files make them, and those of `corrected`'),
    corrected: z
      .number()
      .describe('Homes of which the catalog believed that they stand elsewhere than their own ledger says; it knows now'),
    unscanned: z.number().describe('Homes that were made or migrated meanwhile'),
    data: z.array(classRow),
  }),
  faults: ['MIGRATION_INVALID', 'FLEET_PARTIAL'],
  access: { roles: ['operator', 'fleet-admin'] },
  http: 'POST /v1/drift/scan',
  words: { says: verdict, columns: COLUMNS },
  async accept({ platform }) {
    await readTracks(platform.config)
    return { memory: {} as Memory }
  },
  steps: [
    {
      name: 'scan',
      async act(context: Context) {
        const { platform, input: given } = context
        const databases = await platform.catalog.rows(liveDatabases)
        const expectations = createExpectations(platform, await readTracks(platform.config))
        let corrected = 0
        await workThroughItems(
          context,
          new Map(databases.map((database) => [`${database.cluster}/${database.name} ${database.id}`, database])),
          async (database: TenantDatabase) => {
            const homes = await platform.catalog.rows(homesToScan(database.id))
            const { fingerprints, corrections } = await visit(platform, database, (opened) =>
              fingerprintsIn(platform, opened, database, homes, expectations),
            )
            return async (tx) => {
              if (corrections.length > 0) corrected += await tx.run(correctStandings(corrections))
              await tx.run(recordFingerprints(fingerprints))
            }
          },
          { parallel: given.parallel, what: 'databases' },
        )
        return { databases: databases.length, corrected }
      },
    },
  ],
  async result({ platform, memory: { corrected = 0 } }: Context) {
    const classes = await platform.catalog.rows(driftClasses(null))
    const { homes: unscanned } = await platform.catalog.one(unscannedHomes)
    return { pending: drifted(classes) + corrected, corrected, unscanned, data: classes.map(rowOf) }
  },
})
