import { deleteBeside, setBesideState } from '../catalog/beside.js'
import type { Session } from '../postgres/session.js'
import { deleteRows } from './destroying.js'
import { HOME_STEPS, recordMade, releaseHome } from './making.js'
import type { Step, StepContext } from './operation.js'
import type { Making } from './placing.js'

type Context = StepContext<unknown, Making>

/**
 * From a reservation (`reserveBeside`) to a home with tables that nobody lives in and nobody migrates yet. Whatever fills it comes between these and
 * `KEEP_BESIDE`; `memory.upTo` makes the tables of an older version, which the next migration of the fleet brings up.
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
