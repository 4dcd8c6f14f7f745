import type { Platform } from '../../engine/platform.js'
import { inspectServer } from '../../postgres/version.js'

/** The catalog's database must not hold tenants: what brings one down would bring down the other, and its administrator sees both. */
export async function assertNotCatalog(
  platform: Platform,
  systemId: string,
  database: string,
  refuse: (database: string) => Error,
): Promise<void> {
  if (database !== platform.config.catalog.database) return
  const catalog = await inspectServer(platform.catalog)
  if (catalog.systemId === systemId) throw refuse(database)
}
