import { z } from 'zod'
import { backupById } from '../../catalog/backups.js'
import { databaseById } from '../../catalog/clusters.js'
import { ARCHIVING_FAULTS, backUpDatabase } from '../../engine/backup/back-up.js'
import { tellOf } from '../../engine/backup/telling.js'
import { operation, type StepContext } from '../../engine/operation.js'
import { humanBytes } from '../../kernel/amounts.js'
import { milliseconds } from '../../kernel/durations.js'
import { databasePlace, findDatabase, making } from './making.js'
import { backupRow, describeBackup } from './row.js'

const input = z.strictObject({
  database: databasePlace.describe('CLUSTER/DATABASE'),
  ...making,
})

interface Memory extends Record<string, unknown> {
  readonly id: string
  readonly backup?: string
}
type Context = StepContext<z.output<typeof input>, Memory>

export const backUpWholeDatabase = operation({
  kind: 'steps',
  name: 'backup.database',
  summary: 'Back up a whole database with pg_dump, and the roles of its server; for all its tenants at once.',
  effect: 'change',
  input,
  output: backupRow,
  faults: ['DATABASE_UNKNOWN', 'DUMP_UNFIT', 'PROGRAM_MISSING', 'PROGRAM_FAILED', ...ARCHIVING_FAULTS],
  access: { roles: ['fleet-admin'] },
  http: 'POST /v1/backups/database',
  words: {
    positionals: ['database'],
    says: (b) =>
      `backup ${b.id} of database ${b.of}: ${humanBytes(b.plainBytes ?? 0)} as ${humanBytes(b.bytes ?? 0)}${b.verifiedAt === null ? '' : ', verified'}\n\`tenantry backup extract ${b.id} FOLDER\` writes what pg_restore reads`,
  },
  background: ({ background }) => background,
  accept: async (context, { database: place }) => ({ memory: { id: (await findDatabase(context, place)).id } as Memory }),
  steps: [
    {
      name: 'dump',
      async act(context: Context) {
        const { platform, memory, input: given } = context
        const { id } = await backUpDatabase(context, {
          database: await platform.catalog.one(databaseById(memory.id)),
          note: given.note ?? null,
          keepMs: given.keep === undefined ? null : milliseconds(given.keep),
          verify: given.verify,
          onProgress: tellOf(platform),
          atBorder: (border) => platform.failpoint(`backup.database/dump:${border}`),
        })
        return { backup: id }
      },
    },
  ],
  result: async ({ platform, memory }) => describeBackup(await platform.catalog.one(backupById(memory.backup!))),
})
