import { fault } from '../kernel/faults.js'
import type { Place } from './ambient.js'
import type { ScopeOptions } from './options.js'
import type { Resolver } from './resolver.js'

/** Tells by which name a Tenantry's scopes are found, for the doors; copies of the object have it too. */
export const OWNER = Symbol('tenantry.owner')

const DEFAULTS = { readOnly: false, isolation: 'read committed', timeoutMs: undefined, actor: '', request: '' } as const

/** May a scope be opened inside of the one that is open? Only as a part of it. Throws SCOPE_FOREIGN, SCOPE_OPTIONS, and what resolving throws. */
export async function assertJoins(place: Place, ref: string, wanted: ScopeOptions, resolver: Resolver): Promise<void> {
  const { tenant, options, entry } = place.line
  if (tenant !== ref) {
    const [open, other] = await Promise.all([entry?.resolved ?? resolver.resolve(tenant), resolver.resolve(ref)])
    if (open.tenant !== other.tenant) throw fault('SCOPE_FOREIGN', { open: open.slug, wanted: other.slug })
  }
  assertOptions(tenant, options, wanted)
}

/** Throws SCOPE_OPTIONS when something is wanted that the open scope does not have. What is not named is taken as it is. */
export function assertOptions(tenant: string, open: ScopeOptions, wanted: ScopeOptions): void {
  for (const option of Object.keys(DEFAULTS) as (keyof typeof DEFAULTS)[]) {
    if (wanted[option] === undefined) continue
    const has = open[option] ?? DEFAULTS[option]
    if (wanted[option] === has) continue
    throw fault('SCOPE_OPTIONS', { tenant, option, open: told(has), wanted: told(wanted[option]) })
  }
}

const told = (value: unknown): string => (value === undefined ? 'not set' : JSON.stringify(value))
