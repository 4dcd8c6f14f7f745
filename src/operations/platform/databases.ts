import type { TenantDatabase } from '../../catalog/clusters.js'
import type { Platform } from '../../engine/platform.js'
import type { Installation } from '../../isolation/install.js'
import { parseUrl } from '../../postgres/connection.js'
import { type Database, openDatabase } from '../../postgres/session.js'

export const nameOf = ({ cluster, name }: TenantDatabase): string => `${cluster}/${name}`

/** Visits a database as its administrator, by a connection of its own: of a large fleet, not all can be kept open. */
export async function visit<T>(
  platform: Platform,
  { adminRef, name }: TenantDatabase,
  body: (database: Database) => Promise<T>,
): Promise<T> {
  const connection = parseUrl(platform.secrets(adminRef), `the connection string ${adminRef}`)
  const database = openDatabase({ ...connection, database: name }, { applicationName: 'tenantry control', max: 1 })
  try {
    return await body(database)
  } finally {
    await database.end()
  }
}

export const installationOf = (platform: Platform, { id, hardened }: TenantDatabase): Installation => ({
  databaseId: id,
  platformId: platform.id,
  names: platform.names,
  extensions: platform.config.extensions,
  files: platform.homeFiles,
  hardened,
})
