import { loginLimits } from '../catalog/tiers.js'
import type { Platform } from '../engine/platform.js'
import { visit } from '../engine/visit.js'
import { limitConnections, OWN_CONNECTIONS } from '../isolation/roles.js'
import { systemClock } from '../kernel/clock.js'

const LOOK_EVERY_MS = 30_000
// Of a server that is silent, or where somebody else is changing a role.
const PATIENCE = { connectTimeoutMs: 5_000, answerTimeoutMs: 5_000 }

/** Keeps the limits of connections of logins that serve a single home as the tiers in the catalog say, until the signal stops it. */
export async function keepConnectionLimits(platform: Platform, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await putConnectionLimits(platform).catch((error: Error) => {
      platform.log.info({ error: error.message }, 'the limits of connections could not be looked at')
    })
    await systemClock.sleep(LOOK_EVERY_MS, signal)
  }
}

/** Once, on every server; one that cannot be asked keeps what it has for now. */
export async function putConnectionLimits(platform: Platform): Promise<void> {
  const looks = (await platform.catalog.rows(loginLimits)).map(async ({ adminRef, logins }) => {
    const wanted = new Map(Object.entries(logins).map(([login, connections]) => [login, connections ?? OWN_CONNECTIONS]))
    const changed = await visit(platform, { adminRef }, (server) => limitConnections(server, wanted), PATIENCE)
    if (changed.length > 0) platform.log.info({ logins: changed }, 'logins have as many connections now as their tier says')
  })
  for (const one of await Promise.allSettled(looks))
    if (one.status === 'rejected')
      platform.log.info({ error: (one.reason as Error).message }, 'the limits of connections of a server could not be looked at')
}
