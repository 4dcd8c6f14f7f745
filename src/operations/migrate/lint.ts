import { z } from 'zod'
import { databasesBehind } from '../../catalog/clusters.js'
import { homeStatus } from '../../catalog/homes.js'
import { operation } from '../../engine/operation.js'
import type { Platform } from '../../engine/platform.js'
import { readTracks, trackDigests } from '../../schema/check.js'
import { SEVERITIES, type Severity } from '../../schema/lint/finding.js'
import { countFindings, renderFindings } from '../../schema/lint/render.js'
import { compareVersions, platformDigest, readMigrations } from '../../schema/migration-files.js'
import { type Linted, lintProject, type Pending, PLATFORM_TRACK } from './lint-project.js'

const finding = z.object({
  rule: z.string(),
  severity: z.enum(SEVERITIES),
  advisor: z.string().nullable().describe('The rule of the isolation advisor that says the same'),
  file: z.string().describe('From the configuration on'),
  line: z.number().describe('Where the statement begins'),
  what: z.string(),
  why: z.string(),
  rewrite: z.string().describe('SQL that is safe; each of several files begins with `-- migrate:up`. Empty where only a person can say'),
  link: z.string(),
})

const output = z.object({
  passes: z.boolean().describe('Nothing was found that is as grave as --fail-on'),
  files: z.number(),
  errors: z.number(),
  warnings: z.number(),
  advice: z.number(),
  data: z.array(finding),
})

export const lintFiles = operation({
  kind: 'direct',
  name: 'migrate.lint',
  summary: 'Judge the migration files: what would be refused, fail, make others wait, or cost. Asks no server, save with --pending.',
  effect: 'read',
  input: z.strictObject({
    since: z
      .string()
      .regex(/^\d{1,20}$/, 'must be the version of a file, in digits')
      .optional()
      .describe('Judge only files newer than this version (default: lint.since of the configuration)'),
    pending: z.boolean().default(false).describe('Judge only files that some home has not applied: asks the catalog'),
    service: z.string().min(1).max(39).optional().describe('Only the files of this service of yours'),
    failOn: z.enum(SEVERITIES).default('error').describe('End with 1 when there is something as grave as this'),
  }),
  output,
  faults: ['MIGRATION_INVALID', 'SERVICE_UNKNOWN', 'CONFIG_INVALID'],
  access: { roles: [] },
  words: {
    says: ({ data, files, errors, warnings, advice }) => {
      const counted = countFindings({ error: errors, warning: warnings, advice }, files)
      const findings = data.map((one) => ({ ...one, advisor: (one.advisor ?? undefined) as undefined }))
      return data.length === 0 ? counted : `${renderFindings(findings)}\n\n${counted}`
    },
    passes: ({ passes }) => passes,
  },
  async call({ platform }, { since, pending, service, failOn }) {
    const linted = await lintProject(platform.config, { since, service }, pending ? await pendingIn(platform, service) : undefined)
    return verdictOn(linted, failOn)
  },
})

export function verdictOn({ findings, files }: Linted, failOn: Severity): z.output<typeof output> {
  const count = (severity: Severity): number => findings.filter((one) => one.severity === severity).length
  return {
    passes: SEVERITIES.slice(0, SEVERITIES.indexOf(failOn) + 1).every((severity) => count(severity) === 0),
    files,
    errors: count('error'),
    warnings: count('warning'),
    advice: count('advice'),
    data: findings.map((one) => ({ ...one, advisor: one.advisor ?? null })),
  }
}

/** What is newer than the oldest home of its track; repeatable files, and those of the platform, where anything is behind. */
export async function pendingIn({ config, catalog }: Platform, service: string | undefined): Promise<Pending> {
  const tracks = await readTracks(config, service === undefined ? undefined : [service])
  const standing = await catalog.rows(homeStatus(trackDigests(tracks)))
  const shared = await readMigrations(config.migrations, PLATFORM_TRACK)
  const behind = (await catalog.rows(databasesBehind(platformDigest(shared, config.hidden)))).length > 0
  return (track, migration) => {
    if (track === PLATFORM_TRACK) return behind
    const homes = standing.filter((row) => row.track === track)
    if (homes.length === 0) return true
    if (migration.kind === 'repeatable') return homes.some((row) => !row.current)
    return homes.some((row) => compareVersions(migration.version, row.version) > 0)
  }
}
