import type { Home } from '../../catalog/homes.js'
import type { Platform } from '../../engine/platform.js'
import { type CheckedMigrations, readTracks } from '../../schema/check.js'

/** The files of the tracks that these homes follow. Throws MIGRATION_INVALID, SERVICE_UNKNOWN. */
export const checkTracks = (platform: Platform, homes: readonly Home[]): Promise<CheckedMigrations['tracks']> =>
  readTracks(platform.config, [...new Set(homes.map(({ track }) => track))])
