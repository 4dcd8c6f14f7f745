import type { Resolved } from '../catalog/resolve.js'
import { systemClock } from '../kernel/clock.js'
import { isFault } from '../kernel/faults.js'
import { fly, type WireConnection } from '../postgres/flight.js'
import { beginPart, entryParts } from './entry.js'
import type { Ranges } from './ranges.js'
import type { Resolver } from './resolver.js'
import type { Tokens } from './tokens.js'
import type { Wishes } from './wishes.js'

/**
 * The home stands outside of the application's range, as far as is known. What is known may be old, and only the home's database is right: the tenant is
 * entered there and nothing more is done. Throws what the database says, or else SCHEMA_BEHIND or SCHEMA_AHEAD.
 */
export async function assertOutside(
  tenant: string,
  resolved: Resolved,
  connection: WireConnection,
  { tokens, ranges }: { readonly tokens: Tokens; readonly ranges: Ranges },
): Promise<void> {
  const looking = { readOnly: true }
  await fly(connection, [beginPart(looking), ...entryParts(resolved, looking, null, tokens), { text: 'rollback', values: [], plan: '' }])
  throw ranges.refusal(tenant, resolved)
}

export interface Waiting {
  readonly tenant: string
  readonly resolver: Resolver
  readonly wishes: Wishes
  readonly ranges: Ranges
  readonly signal: AbortSignal | undefined
}

const PAUSE_MS = 100

/** Where the home is behind and its migration was offered on request, has it migrated and tries again. No connection is held while it waits. */
export async function afterMigration<T>({ tenant, resolver, wishes, ranges, signal }: Waiting, attempt: () => Promise<T>): Promise<T> {
  const until = systemClock.now() + ranges.waitMs
  for (let round = 0; ; round++) {
    // It was told to be done before: then the home has been replaced by an older one, or has gone back.
    if (round > 1) await systemClock.sleep(PAUSE_MS, signal)
    try {
      return await attempt()
    } catch (error) {
      if (!isFault(error, 'SCHEMA_BEHIND') || systemClock.now() >= until) throw error
      const resolved = await resolver.resolve(tenant)
      const from = error.facts.from as string
      if (!(await wishes.migrated({ tenant, resolved, from, until, waitMs: ranges.waitMs, signal }))) throw error
    }
  }
}
