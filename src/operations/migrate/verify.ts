import { z } from 'zod'
import { liveDatabases } from '../../catalog/clusters.js'
import { operation } from '../../engine/operation.js'
import { type SnapshotsBuilt, verifySnapshots } from '../../engine/snapshots.js'
import { visit } from '../../engine/visit.js'
import { shapeOfFiles } from '../../schema/drift/shape.js'

export const verifyMigrations = operation({
  kind: 'direct',
  name: 'migrate.verify',
  summary: 'Compare the committed snapshot of the tables with what the migrations make; --write makes it anew. Changes no home.',
  effect: 'read',
  input: z.strictObject({
    write: z.boolean().default(false).describe('Write the snapshot in place of comparing it'),
  }),
  output: z.object({
    pending: z.number().describe('Snapshots that are not what the migrations make'),
    data: z.array(
      z.object({
        track: z.string().describe('`tenant`, or the name of a service'),
        file: z.string(),
        state: z.enum(['current', 'differs', 'missing', 'written', 'unchanged']),
        difference: z.array(z.string()).describe('Lines of the file with `-`, of what the migrations make with `+`'),
      }),
    ),
  }),
  faults: ['MIGRATION_INVALID', 'MIGRATION_FAILED', 'CLUSTER_NEEDED', 'SERVER_UNREACHABLE', 'INPUT_INVALID'],
  access: { roles: [] },
  words: {
    says: ({ data }) =>
      data
        .flatMap(({ file, state, difference }) => [
          state === 'missing'
            ? `${file} is missing; run \`tenantry migrate verify --write\` and commit it`
            : state === 'differs'
              ? `${file} is not what the migrations make; run \`tenantry migrate verify --write\`, look at the change and commit it`
              : state === 'written'
                ? `wrote ${file}`
                : `${file} is what the migrations make`,
          ...difference,
        ])
        .join('\n'),
    passes: ({ pending }) => pending === 0,
  },
  async call({ platform, fail }, { write }) {
    const [database] = await platform.catalog.rows(liveDatabases)
    if (database === undefined) throw fail('CLUSTER_NEEDED', {})
    const build: SnapshotsBuilt = (files) =>
      visit(platform, database, (opened) => opened.transaction((session) => shapeOfFiles(session, files, platform.names)))
    return verifySnapshots(platform.config, build, write)
  },
})
