import type { Config } from '../../engine/config.js'
import { fault } from '../../kernel/faults.js'
import { holesOf, sayHoles } from '../../postgres/server-holes.js'
import { type ServerFacts, unsafeMinor, versionText } from '../../postgres/version.js'

/**
 * What is to be told of a server with published holes; null where there are none. Throws VERSION_UNSAFE, unless it is one that Tenantry has started itself
 * for development, or whoever adds it says so.
 */
export function assertSafe(
  facts: Pick<ServerFacts, 'version' | 'superuser' | 'startedHere'>,
  server: string,
  { extensions }: Pick<Config, 'extensions'>,
  allowed: boolean,
): string | null {
  const safe = unsafeMinor(facts.version)
  if (safe === undefined) return null
  const version = versionText(facts.version)
  const holes = sayHoles(holesOf(facts.version, { hardened: facts.superuser, extensions }))
  if (!facts.startedHere && !allowed) throw fault('VERSION_UNSAFE', { server, version, safe, holes })
  return `PostgreSQL ${version} has published holes, and ${safe} is the first safe release: upgrade before production; ${holes}`
}
