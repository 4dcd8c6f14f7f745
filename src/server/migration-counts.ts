import type { z } from 'zod'
import type { Platform } from '../engine/platform.js'
import { submit } from '../engine/submit.js'
import { isFault } from '../kernel/faults.js'
import type { migrationStatus } from '../operations/migrate/status.js'

export interface MigrationCounts {
  readonly newest: string
  readonly homes: number
  readonly pendingHomes: number
  readonly pendingPlatforms: number
  /** Whose home has not applied exactly the migrations that there are. */
  readonly pendingTenants: number
}

/** Undefined where the files of migrations cannot be read, or this process knows nothing of migrations. */
export async function countMigrations(platform: Platform, actor: string): Promise<MigrationCounts | undefined> {
  const definition = platform.find('migrate.status')
  if (definition === undefined) return undefined
  try {
    const { output } = await submit(platform, definition, {}, { actor, source: 'http' })
    const { newest, pendingHomes, pendingPlatforms, data } = output as z.output<typeof migrationStatus.output>
    const sum = (rows: typeof data, of: 'homes' | 'tenants'): number => rows.reduce((total, row) => total + row[of], 0)
    const behind = data.filter(({ current }) => !current)
    return { newest, pendingHomes, pendingPlatforms, homes: sum(data, 'homes'), pendingTenants: sum(behind, 'tenants') }
  } catch (error) {
    if (isFault(error, 'MIGRATION_INVALID')) return undefined
    throw error
  }
}
