import { besidesOf, deleteBeside, setBesideState } from '../catalog/beside.js'
import type { Tenant } from '../catalog/tenants.js'
import type { Session } from '../postgres/session.js'
import { deleteRows } from './destroying.js'
import { HOME_STEPS, recordMade, releaseHome } from './making.js'
import type { Step, StepContext } from './operation.js'
import type { Making } from './placing.js'

type Context = StepContext<unknown, Making>

/** Is another home of the tenant in the database of this one? Rows of platform tables are there once for both. */
export async function sharesDatabase(
  tx: Session,
  tenant: Pick<Tenant, 'id' | 'databaseId'>,
  { database, home }: { readonly database: string; readonly home: string },
): Promise<boolean> {
  if (tenant.databaseId === database) return true
  return (await tx.rows(besidesOf(tenant.id))).some((one) => one.databaseId === database && one.id !== home)
}

/**
 * From a reservation (`reserveBeside`) to an empty home with tables that nobody lives in and nobody migrates yet; `KEEP_BESIDE` comes after these. One that
 * is filled at once goes through `RESTORE_STEPS` instead, whose way back knows what was loaded.
 */
export const BESIDE_STEPS: readonly Step<unknown, Making>[] = [
  ...HOME_STEPS,
  {
    // Nothing by itself: here the way back takes away what later steps have brought into tables that others share.
    name: 'beside',
    async act() {
      return {}
    },
    async undo({ platform, memory, by }: Context) {
      if (!memory.ownHome) await deleteRows(platform, { ...memory, slug: memory.tenant, keepsPlatformRows: true }, by)
    },
  },
]

/** From here on the home is kept beside the one that the tenant lives in, migrated with the fleet, and may be pointed to. */
export const KEEP_BESIDE: Step<unknown, Making> = {
  name: 'keep',
  async record({ memory }: Context, tx) {
    await recordMade(memory, tx)
    await tx.run(setBesideState(memory.tenant, memory.home.id, 'kept'))
  },
}

/** Takes the reservation back. */
export async function releaseBeside({ memory }: Context, tx: Session): Promise<void> {
  await tx.run(deleteBeside(memory.tenant, memory.home.id))
  await releaseHome(memory, tx)
}
