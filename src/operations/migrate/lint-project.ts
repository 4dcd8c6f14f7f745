import { basename, join, relative } from 'node:path'
import { TENANT_TRACK } from '../../catalog/homes.js'
import type { Config } from '../../engine/config.js'
import { fault } from '../../kernel/faults.js'
import { didYouMean } from '../../kernel/suggest.js'
import { folderOf, readTracks } from '../../schema/check.js'
import type { LintFinding } from '../../schema/lint/finding.js'
import { lintMigrations } from '../../schema/lint/lint-migrations.js'
import { RULE_NAMES } from '../../schema/lint/rules.js'
import { compareVersions, type Migration, readMigrations, serviceFolder } from '../../schema/migration-files.js'

export interface LintInput {
  readonly since?: string | undefined
  readonly service?: string | undefined
}

/** Which files of a track wait for a home; `platform` is a track as well. */
export type Pending = (track: string, migration: Migration) => boolean

export interface Linted {
  /** Files are named from the configuration on. */
  readonly findings: readonly LintFinding[]
  /** How many were judged. */
  readonly files: number
}

export const PLATFORM_TRACK = 'platform'

/** Lints the files of a project, or of one of its services. Asks no server. Throws MIGRATION_INVALID on what is no migration's file, and SERVICE_UNKNOWN. */
export async function lintProject(config: Config, { since, service }: LintInput, pending: Pending = () => true): Promise<Linted> {
  const unknown = Object.keys(config.lint.rules).filter((name) => !RULE_NAMES.includes(name))
  if (unknown.length > 0) {
    const issues = unknown.map((name) => `lint.rules: there is no rule "${name}"${didYouMean(name, RULE_NAMES)}`)
    throw fault('CONFIG_INVALID', { path: config.folder, issues })
  }
  const platformFiles = await readMigrations(config.migrations, PLATFORM_TRACK)
  const tracks = await readTracks(config, service === undefined ? undefined : [service])
  const from = since ?? config.lint.since
  const findings: LintFinding[] = []
  let files = 0
  const lint = async (track: string, migrations: readonly Migration[], folder: string): Promise<void> => {
    const judged = (one: Migration): boolean =>
      (from === undefined || one.kind === 'repeatable' || compareVersions(one.version, from) > 0) && pending(track, one)
    const platform = track === PLATFORM_TRACK
    const found = await lintMigrations(migrations, {
      // Services have no tenants of their own.
      tenantColumn: platform || track === TENANT_TRACK ? config.tenantColumn : null,
      platform,
      platformFiles,
      rules: config.lint.rules,
      judged,
    })
    findings.push(...found.map((one) => ({ ...one, file: relative(config.folder, join(folder, basename(one.file))) })))
    files += migrations.filter(judged).length
  }
  if (service === undefined) await lint(PLATFORM_TRACK, platformFiles, join(config.migrations, PLATFORM_TRACK))
  for (const [track, migrations] of tracks) {
    const own = track === TENANT_TRACK
    await lint(track, migrations, own ? join(config.migrations, 'tenant') : await serviceFolder(track, folderOf(config, track)))
  }
  return { findings, files }
}
