import { deleteBeside } from '../../catalog/beside.js'
import type { FencingToken } from '../../isolation/fence.js'
import type { Session } from '../../postgres/session.js'
import { openSnapshot } from '../../transfer/snapshot.js'
import { destroyTenant } from '../destroying.js'
import { LANES } from '../lanes.js'
import { HOME_STEPS, releaseHome } from '../making.js'
import type { StepContext } from '../operation.js'
import type { Making } from '../placing.js'
import { databaseOf, type Platform } from '../platform.js'
import { type OpenOrigin, transferOptions } from './origin.js'

/**
 * The tables of a shared home stand at one version for all. Rows of an older one go through a schema that is made for that, is migrated with them in it, and
 * is dropped again.
 */
export async function makeThrough(context: StepContext<unknown, never>, through: Making): Promise<void> {
  await dropThrough(context.platform, through, context.by)
  // What an attempt before this one has left stands at a version of its own.
  for (const step of HOME_STEPS) await step.act?.({ ...context, memory: through })
}

/** What is in it, as a source. */
export async function openThrough(platform: Platform, through: Making, title: string): Promise<OpenOrigin> {
  const database = databaseOf(platform, through)
  const options = { ...transferOptions(platform, false), lanes: LANES }
  return { ...(await openSnapshot(database, through.home, through.tenant, options)), title }
}

/** Repeatable. */
export const dropThrough = (platform: Platform, through: Making, by: FencingToken): Promise<void> =>
  destroyTenant(platform, { ...through, slug: through.tenant, keepsPlatformRows: true }, by)

/** The catalog forgets it. */
export async function forgetThrough(tx: Session, through: Making): Promise<void> {
  await tx.run(deleteBeside(through.tenant, through.home.id))
  await releaseHome(through, tx)
}
