import { readFile, writeFile } from 'node:fs/promises'
import { dirname, relative, resolve } from 'node:path'
import { z } from 'zod'
import { operation } from '../../engine/operation.js'
import { PLATFORM_SCHEMA } from '../../isolation/names.js'
import { fault } from '../../kernel/faults.js'
import { makeFolders } from '../../kernel/make-folders.js'
import { renderTables } from '../../schema/typescript/render.js'
import { readTables } from './tables.js'

const DEFAULT_FILE = 'tenant-tables.ts'

export const writeTypes = operation({
  kind: 'direct',
  name: 'types.run',
  summary: 'Write TypeScript types of the tables that a tenant sees, for Kysely or as plain interfaces.',
  effect: 'read',
  input: z.strictObject({
    kysely: z.boolean().default(false).describe('As Kysely wants them; without it, interfaces that need no package'),
    out: z.string().min(1).max(1_000).default(DEFAULT_FILE).describe('The file, relative to the configuration'),
    check: z.boolean().default(false).describe('Write nothing, and fail when the file is not what would be written: for CI'),
    tenant: z
      .string()
      .min(1)
      .max(63)
      .optional()
      .describe(
        'From the home of this tenant (default: a home that has applied all migrations, or one that is built from them and rolled back)',
      ),
  }),
  output: z.object({
    file: z.string(),
    state: z.enum(['written', 'unchanged', 'differs']),
    tables: z.number(),
    from: z.string().describe('Where the tables were looked at'),
  }),
  faults: [
    'TENANT_NOT_FOUND',
    'SLUG_INVALID',
    'CLUSTER_NEEDED',
    'MIGRATION_INVALID',
    'MIGRATION_FAILED',
    'SERVER_UNREACHABLE',
    'INPUT_INVALID',
  ],
  access: { roles: [] },
  words: {
    says: ({ file, state, tables, from }) =>
      state === 'differs'
        ? `${file} is not what ${from} would make it; run \`tenantry types\` with the same flags and commit the file`
        : `${state === 'written' ? 'wrote' : 'nothing has changed in'} ${file}: ${tables} tables and views, from ${from}`,
    passes: ({ state }) => state !== 'differs',
  },
  async call({ platform, fail }, { kysely, out, check, tenant }) {
    const { config } = platform
    const { relations, schema, tenantColumn, from } = await readTables(platform, tenant, fail)
    const text = renderTables(relations, { kysely, schema, platformSchema: PLATFORM_SCHEMA, tenantColumn, hidden: config.hidden })
    const path = resolve(config.folder, out)
    const file = relative(config.folder, path)
    const outcome = { file, tables: relations.relations.length, from }
    const unusable = (error: NodeJS.ErrnoException) =>
      fault('INPUT_INVALID', { issues: [`out: ${file} cannot be used (${error.code ?? 'unknown'})`] }, { cause: error })
    const found = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined
      throw unusable(error)
    })
    // A checkout on another system may have other line ends.
    if (found?.replaceAll('\r\n', '\n') === text) return { ...outcome, state: 'unchanged' as const }
    if (check) return { ...outcome, state: 'differs' as const }
    try {
      await makeFolders(dirname(path))
      await writeFile(path, text)
    } catch (error) {
      throw unusable(error as NodeJS.ErrnoException)
    }
    return { ...outcome, state: 'written' as const }
  },
})
