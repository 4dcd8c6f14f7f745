import { currentFreeze } from '../catalog/items.js'
import { type Fault, fault } from '../kernel/faults.js'
import type { Session } from '../postgres/session.js'

/** MIGRATIONS_FROZEN while migrations are frozen: for whoever is about to begin one. */
export async function freezeFault(session: Session): Promise<Fault | undefined> {
  const found = await session.maybe(currentFreeze)
  if (found === undefined) return undefined
  const { reason, actor, since, until } = found
  return fault('MIGRATIONS_FROZEN', { reason, actor, since: since.toISOString(), until: until?.toISOString() ?? null })
}
