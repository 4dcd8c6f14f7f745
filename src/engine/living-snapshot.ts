import { findTenant, type Tenant } from '../catalog/tenants.js'
import { livesIn } from '../isolation/lives-in.js'
import { type FaultCode, fault } from '../kernel/faults.js'
import { type Database, openDatabase } from '../postgres/session.js'
import type { OpenHome } from '../transfer/model.js'
import { openSnapshot } from '../transfer/snapshot.js'
import { type Platform, serverOf } from './platform.js'
import { type Placed, placed } from './repointing.js'

/** What taking a snapshot of a home and reading it may fail with. */
export const SNAPSHOT_FAULTS = ['SNAPSHOT_BLOCKED', 'SNAPSHOT_UNFIT', 'SNAPSHOT_LOST'] as const satisfies readonly FaultCode[]

/** A snapshot of the home that a tenant lives in. Closing it closes the database as well: of a large fleet, not all can be kept open. */
export interface LivingSnapshot extends OpenHome {
  readonly tenant: Tenant
}

// Whoever points a tenant to another home does that in a moment; three times in a row nobody does.
const TRIES = 3

/**
 * Looks up where a tenant lives, and takes a snapshot there. A tenant that was pointed elsewhere meanwhile is looked up again: rows of a former home are never
 * taken for its own. Throws TENANT_NOT_FOUND, SNAPSHOT_BLOCKED, SNAPSHOT_UNFIT.
 */
export async function openLivingSnapshot(platform: Platform, tenant: string, lanes: number): Promise<LivingSnapshot> {
  const options = { names: platform.names, tenantColumn: platform.config.tenantColumn, lanes }
  for (let tries = 1; ; tries++) {
    const found = await platform.catalog.maybe(findTenant(tenant))
    if (found === undefined) throw fault('TENANT_NOT_FOUND', { tenant })
    const place = await placed(platform.catalog, found.home)
    const { home } = place
    const database = connect(platform, place)
    try {
      const snapshot = await openSnapshot(database, home, found.id, options)
      let ended: Promise<void> | undefined
      const close = async (): Promise<void> => {
        await snapshot.close()
        ended ??= database.end()
        await ended
      }
      try {
        // Asked after the snapshot was taken: then it is of the home that the tenant lived in at that moment, and of no former one.
        if ((await database.one(livesIn(found.id, home.id))).here)
          return { tenant: found, home, database, snapshot: { ...snapshot, close } }
      } catch (error) {
        await snapshot.close()
        throw error
      }
      await snapshot.close()
    } catch (error) {
      await database.end()
      throw error
    }
    await database.end()
    if (tries === TRIES)
      throw fault('SNAPSHOT_BLOCKED', { home: home.schema, reason: 'the tenant does not live there any more', movedTenant: found.slug })
  }
}

function connect(platform: Platform, { adminRef, database }: Placed): Database {
  const server = serverOf(platform.config, platform.secrets, adminRef)
  return openDatabase({ ...server, database: database.name }, { applicationName: 'tenantry control', max: 1 })
}
