import { setBesideState } from '../../catalog/beside.js'
import { recordTenantState } from '../../catalog/tenants.js'
import { placeTenant, removePlacement } from '../../isolation/model.js'
import type { Session } from '../../postgres/session.js'
import { releaseBeside } from '../beside.js'
import { HOME_STEPS, recordMade, releaseMaking } from '../making.js'
import type { Step, StepContext } from '../operation.js'
import { databaseOf } from '../platform.js'
import { FILL_STEPS, type Filling } from './filling.js'
import { forgetThrough } from './through.js'

type Context = StepContext<unknown, Filling>

/** From a reservation to a home beside, or to an active tenant. Nobody can enter before all rows are in. */
export const RESTORE_STEPS: readonly Step<unknown, Filling>[] = [
  ...(HOME_STEPS as readonly Step<unknown, Filling>[]),
  ...FILL_STEPS,
  {
    name: 'place',
    async act({ platform, memory, by }: Context) {
      if (!memory.beside) await placeTenant(databaseOf(platform, memory), memory.tenant, memory.home.id, by)
      return {}
    },
    async undo({ platform, memory, by }: Context) {
      if (!memory.beside && !memory.ownDatabase) await removePlacement(databaseOf(platform, memory), memory.tenant, memory.home.id, by)
    },
  },
  {
    name: 'settle',
    async record({ memory }: Context, tx) {
      await recordMade(memory, tx)
      if (memory.through !== undefined) await forgetThrough(tx, memory.through)
      if (memory.beside) await tx.run(setBesideState(memory.tenant, memory.home.id, 'kept'))
      else await tx.run(recordTenantState(memory.tenant, 'active', null, 1))
    },
  },
]

/** Takes the reservation back. */
export async function releaseRestored(context: Context, tx: Session): Promise<void> {
  if (context.memory.through !== undefined) await forgetThrough(tx, context.memory.through)
  await (context.memory.beside ? releaseBeside(context, tx) : releaseMaking(context, tx))
}
