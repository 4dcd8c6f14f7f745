import type { Platform } from '../engine/platform.js'
import { submit } from '../engine/submit.js'
import { tiersDiffer } from '../engine/tiers.js'
import { applyTiers } from '../operations/tier/apply.js'

/** Once, at the start: a worker that runs on with an older configuration must not undo what another has put in force. */
export async function putTiersInForce(platform: Platform): Promise<void> {
  try {
    if (await tiersDiffer(platform.catalog, platform.config)) await submit(platform, applyTiers, {}, { actor: 'worker', source: 'worker' })
  } catch (error) {
    platform.log.warn({ error: (error as Error).message }, 'the limits of the tiers in the configuration could not be put in force')
  }
}
