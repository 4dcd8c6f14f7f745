import { type Migration, readMigrations } from './migration-files.js'
import { checkMigration } from './parse.js'

export interface CheckedMigrations {
  readonly tenant: readonly Migration[]
  readonly platform: readonly Migration[]
}

// What has passed is not parsed again: for fifty tables that takes a twentieth of the time in which a tenant is made.
const passed = new Set<string>()
const REMEMBERED = 10_000

/** Reads and checks every migration of a project. Throws MIGRATION_INVALID at the first file that cannot be run. */
export async function checkMigrations(folder: string): Promise<CheckedMigrations> {
  const [tenant, platform] = await Promise.all([readMigrations(folder, 'tenant'), readMigrations(folder, 'platform')])
  for (const migration of [...platform, ...tenant]) {
    const key = `${migration.kind} ${migration.checksum}`
    if (passed.has(key)) continue
    await checkMigration(migration)
    if (passed.size >= REMEMBERED) passed.clear()
    passed.add(key)
  }
  return { tenant, platform }
}
