import type { StoredFault } from '../catalog/operations.js'
import type { Caller } from './operation.js'
import type { Platform } from './platform.js'

/** In place of what an operation would tell. */
export const WITHHELD = 'what it says is for whoever may look at such things'

/** Its code alone: message and facts tell of the same things as input and result do. */
export const withheldFault = <F extends StoredFault | null>(reason: F): F =>
  reason === null ? reason : { ...reason, facts: {}, message: WITHHELD }

/**
 * The journal tells no more than the reads do: what an operation was asked with, and what came of it, is for whoever may run it, or may look at the things
 * of its noun, which a look at one's own is not. A view is its owner's.
 */
export function mayReadOf(
  { find, reads }: Pick<Platform, 'find' | 'reads'>,
  { name, actor }: { readonly name: string; readonly actor: string },
  caller: Pick<Caller, 'actor' | 'role'>,
): boolean {
  const { role } = caller
  if (role === undefined || caller.actor === actor) return true
  const definition = find(name)
  if (definition?.access.own === true) return false
  const known = [...(definition === undefined ? [] : [definition]), ...reads(name.split('.')[0]!)]
  return known.some(({ access }) => access.own !== true && access.roles.includes(role))
}
