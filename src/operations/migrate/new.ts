import { writeFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { z } from 'zod'
import type { Config } from '../../engine/config.js'
import { operation } from '../../engine/operation.js'
import { systemClock } from '../../kernel/clock.js'
import { fault } from '../../kernel/faults.js'
import { makeFolders } from '../../kernel/make-folders.js'
import { folderOf } from '../../schema/check.js'
import { serviceFolder } from '../../schema/migration-files.js'

const input = z.strictObject({
  title: z
    .string()
    .regex(/^[a-z][a-z0-9_]{0,60}$/, 'must be lower-case words joined by _')
    .describe('What it does, such as add_loyalty'),
  platform: z.boolean().default(false).describe('For the platform tables instead of the tenant tables'),
  service: z.string().min(1).max(39).optional().describe('For this service of yours'),
})

export const newMigration = operation({
  kind: 'direct',
  name: 'migrate.new',
  summary: 'Write an empty migration file.',
  effect: 'change',
  input,
  output: z.object({ file: z.string() }),
  faults: ['INPUT_INVALID', 'SERVICE_UNKNOWN', 'MIGRATION_INVALID'],
  access: { roles: [] },
  words: {
    positionals: ['title'],
    says: ({ file }) =>
      `wrote ${file}: put statements into it, look at them with \`tenantry migrate plan\`, and apply it with \`tenantry migrate up\``,
  },
  call: ({ platform }, given) => writeNew(platform.config, given),
})

/** Writes the file. No server is asked. Throws INPUT_INVALID, SERVICE_UNKNOWN and MIGRATION_INVALID. */
export async function writeNew(
  config: Config,
  { title, platform: forPlatform, service }: z.output<typeof input>,
): Promise<{ file: string }> {
  if (forPlatform && service !== undefined)
    throw fault('INPUT_INVALID', { issues: ['platform: a file is for the platform tables or for a service, not for both'] })
  const stamp = new Date(systemClock.now()).toISOString().replace(/\D/g, '').slice(0, 14)
  const folder =
    service === undefined
      ? join(config.migrations, forPlatform ? 'platform' : 'tenant')
      : await serviceFolder(service, folderOf(config, service))
  const path = join(folder, `${stamp}_${title}.sql`)
  try {
    await makeFolders(folder)
    await writeFile(path, migrationTemplate(forPlatform || service !== undefined ? null : config.tenantColumn), { flag: 'wx' })
  } catch (error) {
    throw fault('MIGRATION_INVALID', { file: relative(config.folder, path), reason: 'could not be written' }, { cause: error })
  }
  return { file: relative(config.folder, path) }
}

/** What a new file says; the hint is there because the gate would say it otherwise. */
export function migrationTemplate(tenantColumn: string | null): string {
  const hint =
    tenantColumn === null
      ? '-- Tables are named without a schema: the same file runs in every home.'
      : [
          `-- Every tenant table begins with:  ${tenantColumn} uuid not null default tenantry.tenant()`,
          `-- and ${tenantColumn} comes first in every primary, unique and foreign key. Tables are named without a schema.`,
        ].join('\n')
  return `-- migrate:up\n${hint}\n\n\n-- migrate:down\n\n`
}
