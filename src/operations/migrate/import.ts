import { join, relative, resolve } from 'node:path'
import { z } from 'zod'
import type { Config } from '../../engine/config.js'
import { operation } from '../../engine/operation.js'
import { systemClock } from '../../kernel/clock.js'
import { fault } from '../../kernel/faults.js'
import { folderOf } from '../../schema/check.js'
import { FORMATS } from '../../schema/import/foreign.js'
import { importFolder } from '../../schema/import/import-folder.js'
import { writeAll } from '../../schema/import/write.js'
import { compareVersions, serviceFolder } from '../../schema/migration-files.js'

const told = z.array(z.object({ line: z.number(), says: z.string() }))

const output = z.object({
  format: z.enum(FORMATS),
  folder: z.string().describe('Where the files are, or would be'),
  written: z.boolean(),
  versions: z.string().describe('The rule by which versions were given'),
  files: z.array(
    z.object({
      file: z.string(),
      from: z.string(),
      mended: told.describe('What was changed, by the lines of the new file'),
      problems: told.describe('What must be corrected by hand before homes take it'),
    }),
  ),
  leftOut: z.array(
    z.object({
      file: z.string(),
      reason: z.string(),
      place: z.string().optional().describe('The name that is kept free for what must be written by hand'),
    }),
  ),
  next: z.array(z.string()),
})

type Output = z.output<typeof output>

const input = z.strictObject({
  folder: z.string().min(1).max(4_096).describe('The folder of the other tool; a relative path begins at the project'),
  from: z.enum(FORMATS).optional().describe('Whose folder it is (default: it is looked at)'),
  platform: z.boolean().default(false).describe('For the platform tables instead of the tenant tables'),
  service: z.string().min(1).max(39).optional().describe('For this service of yours'),
  dryRun: z.boolean().default(false).describe('Say what would be written, and write nothing'),
})

export const importMigrations = operation({
  kind: 'direct',
  name: 'migrate.import',
  summary: 'Convert a folder of golang-migrate, node-pg-migrate, Flyway, Drizzle or Prisma, once.',
  effect: 'change',
  input,
  output,
  faults: ['INPUT_INVALID', 'SERVICE_UNKNOWN', 'MIGRATION_INVALID', 'IMPORT_INVALID'],
  access: { roles: [] },
  words: {
    positionals: ['folder'],
    says,
    passes: ({ files, leftOut }) =>
      files.every(({ problems }) => problems.length === 0) && leftOut.every(({ place }) => place === undefined),
  },
  call: ({ platform }, given) => importInto(platform.config, given),
})

/** Converts the folder. No server is asked. Throws INPUT_INVALID, SERVICE_UNKNOWN, MIGRATION_INVALID and IMPORT_INVALID. */
export async function importInto(
  config: Config,
  { folder, from, platform: forPlatform, service, dryRun }: z.output<typeof input>,
): Promise<Output> {
  if (forPlatform && service !== undefined)
    throw fault('INPUT_INVALID', { issues: ['platform: the files are for the platform tables or for a service, not for both'] })
  const target =
    service === undefined
      ? join(config.migrations, forPlatform ? 'platform' : 'tenant')
      : await serviceFolder(service, folderOf(config, service))
  const label = relative(config.folder, target)
  const found = await importFolder(resolve(config.folder, folder), {
    ...{ format: from, target, label },
    tenantColumn: forPlatform || service !== undefined ? null : config.tenantColumn,
    now: new Date(systemClock.now()).toISOString().replace(/\D/g, '').slice(0, 14),
  })
  if (!dryRun && found.files.length > 0) await writeAll(target, found.files)
  const missing = found.extensions.filter((name) => !config.extensions.includes(name))
  return {
    ...{ format: found.format, folder: label, written: !dryRun, versions: found.rule, leftOut: [...found.leftOut] },
    files: found.files.map(({ name, from: old, mended, problems }) => ({
      ...{ file: `${label}/${name}`, from: old },
      ...{ mended: [...mended], problems: [...problems] },
    })),
    next: [
      ...(missing.length === 0
        ? []
        : [`list under \`extensions\` in tenantry.config.ts: ${missing.map((name) => `'${name}'`).join(', ')}`]),
      ...older(found.files[0]?.name, found.there),
      'homes that have these tables already must not get them a second time: docs/importing.md says how to record it',
    ],
  }
}

/** A home that has applied a newer file takes no older one. */
function older(first: string | undefined, there: readonly string[]): readonly string[] {
  const digits = (name: string | undefined): string | undefined => /^\d+/.exec(name ?? '')?.[0]
  const newest = there
    .flatMap((name) => digits(name) ?? [])
    .sort(compareVersions)
    .at(-1)
  const oldest = digits(first)
  if (newest === undefined || oldest === undefined || compareVersions(newest, oldest) < 0) return []
  return [`the folder has files as new as ${newest} already: homes that have applied them refuse what is older, so give those new versions`]
}

function says({ format, folder, written, versions, files, leftOut, next }: Output): string {
  const count = (number: number, what: string): string => `${number} ${what}${number === 1 ? '' : 's'}`
  const wrong = files.reduce((sum, { problems }) => sum + problems.length, 0)
  return [
    `${written ? 'wrote' : 'would write'} ${count(files.length, 'file')} of ${format} to ${folder}; ${versions}`,
    ...files.flatMap(({ file, from, mended, problems }) => [
      ...(written && mended.length + problems.length === 0 ? [] : [`${file} (${from})`]),
      ...mended.map(({ line, says }) => `  ${line}: ${says}`),
      ...problems.map(({ line, says }) => `  ${line}: TO CORRECT: ${says}`),
    ]),
    ...leftOut.map(({ file, reason, place }) => `left out ${file}: ${reason}${place === undefined ? '' : ` in ${place}`}`),
    ...(wrong === 0 ? [] : [`${count(wrong, 'statement')} to correct by hand before \`tenantry migrate up\``]),
    ...next.map((one) => `next: ${one}`),
  ].join('\n')
}
