import type { Platform } from '../../engine/platform.js'
import { type Address, resolveName, targetOf } from '../../engine/webhooks/addresses.js'
import { systemClock } from '../../kernel/clock.js'

// A transaction of the catalog waits meanwhile.
const PATIENCE_MS = 3_000

/**
 * Refuses an address that nothing would be sent to. A name that leads nowhere yet, or about which no name server answers in time, is let through: each time
 * that something is sent, it is looked at anew. Throws WEBHOOK_ADDRESS.
 */
export async function assertReceiver({ config }: Pick<Platform, 'config'>, url: string): Promise<void> {
  const resolve = (host: string): Promise<readonly Address[]> =>
    Promise.race([resolveName(host), systemClock.sleep(PATIENCE_MS).then(() => [])])
  await targetOf(new URL(url), { allow: config.webhooks.allow, resolve })
}
