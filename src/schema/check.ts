import { type Migration, readMigrations } from './migration-files.js'
import { checkMigration } from './parse.js'

export interface CheckedMigrations {
  readonly tenant: readonly Migration[]
  readonly platform: readonly Migration[]
}

/** Reads and checks every migration of a project. Throws MIGRATION_INVALID at the first file that cannot be run. */
export async function checkMigrations(folder: string): Promise<CheckedMigrations> {
  const [tenant, platform] = await Promise.all([readMigrations(folder, 'tenant'), readMigrations(folder, 'platform')])
  for (const migration of [...platform, ...tenant]) await checkMigration(migration)
  return { tenant, platform }
}
