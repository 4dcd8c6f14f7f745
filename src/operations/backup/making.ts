import { z } from 'zod'
import { liveDatabases, type TenantDatabase } from '../../catalog/clusters.js'
import type { AcceptContext } from '../../engine/operation.js'
import { plainText } from '../../engine/text-input.js'
import { isDuration } from '../../kernel/durations.js'

/** What everything that makes backups asks for. */
export const making = {
  keep: z
    .string()
    .refine(isDuration, 'must be a duration such as 30d')
    .optional()
    .describe('When it may be pruned, such as 30d (otherwise: not before `backup expire` says so)'),
  note: plainText(200).optional().describe('Why it was made; kept with it'),
  verify: z.boolean().default(false).describe('Read everything back afterwards, from every place'),
  background: z.boolean().default(false).describe('Hand it to the workers'),
}

/** A database as it is named on the command line. */
export const databasePlace = z.string().regex(/^[^/]{1,63}\/[^/]{1,63}$/, 'must be CLUSTER/DATABASE')

/** Throws DATABASE_UNKNOWN. */
export async function findDatabase({ tx, fail }: AcceptContext<'DATABASE_UNKNOWN'>, place: string): Promise<TenantDatabase> {
  const [cluster = '', name = ''] = place.split('/')
  const database = (await tx.rows(liveDatabases)).find((one) => one.cluster === cluster && one.name === name)
  if (database === undefined) throw fail('DATABASE_UNKNOWN', { cluster, database: name })
  return database
}
