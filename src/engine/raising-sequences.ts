import { findTenant } from '../catalog/tenants.js'
import { livesIn } from '../isolation/lives-in.js'
import { fault } from '../kernel/faults.js'
import { type FittingOptions, fitImport } from '../transfer/import/fitting.js'
import type { ImportTable } from '../transfer/import/model.js'
import { raiseSequences } from '../transfer/import/raise-sequences.js'
import { databaseOf, type Platform } from './platform.js'
import { placed } from './repointing.js'

// Whoever points a tenant to another home does that in a moment; three times in a row nobody does.
const TRIES = 3

/**
 * Moves sequences behind what was imported, in the home that the tenant lives in now: it may have been pointed there since the import began, and the rows went
 * there with it. Throws TENANT_MOVED.
 */
export async function raiseLivingSequences(
  platform: Platform,
  tenant: string,
  sources: readonly ImportTable[],
  options: FittingOptions,
): Promise<void> {
  for (let tries = 0; tries < TRIES; tries++) {
    const place = await placed(platform.catalog, (await platform.catalog.one(findTenant(tenant))).home)
    const [database, { home }] = [databaseOf(platform, place), place]
    await raiseSequences(database, home, tenant, await fitImport(database, home, sources, options), options)
    if ((await database.one(livesIn(tenant, home.id))).here) return
  }
  throw fault('TENANT_MOVED', { tenant: options.slug })
}
