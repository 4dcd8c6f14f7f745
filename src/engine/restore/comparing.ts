import type { Tenant } from '../../catalog/tenants.js'
import { fault } from '../../kernel/faults.js'
import { compareHomes, differencesOf, type Side, type TableDifference, type TableDifferences } from '../../transfer/compare.js'
import { databaseOf, type Platform } from '../platform.js'
import { type Placed, placed } from '../repointing.js'
import { transferOptions } from './origin.js'

/** The home that a tenant lives in on the left, another one of its own on the right. */
async function sidesOf(platform: Platform, tenant: Tenant, other: string) {
  const [live, beside] = [await placed(platform.catalog, tenant.home), await placed(platform.catalog, other)]
  const side = (place: Placed): Side => ({ database: databaseOf(platform, place), home: place.home })
  // Rows of platform tables are there once for all homes in a database: they cannot differ.
  const options = transferOptions(platform, live.database.id !== beside.database.id)
  return { sides: [side(live), side(beside)] as const, options }
}

export async function compareWith(
  platform: Platform,
  tenant: Tenant,
  other: string,
  examples: number,
): Promise<readonly TableDifference[]> {
  const { sides, options } = await sidesOf(platform, tenant, other)
  return compareHomes(sides, tenant.id, options, examples)
}

/** Throws TABLE_UNKNOWN where neither home has the table. */
export async function differencesWith(
  platform: Platform,
  tenant: Tenant,
  other: string,
  table: string,
  page: { readonly after: string; readonly limit: number },
): Promise<TableDifferences> {
  const { sides, options } = await sidesOf(platform, tenant, other)
  const found = await differencesOf(sides, tenant.id, table, options, page)
  if ('tables' in found) throw fault('TABLE_UNKNOWN', { tenant: tenant.slug, table, tables: found.tables })
  return found
}
