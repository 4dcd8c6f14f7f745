import type { InputOf } from 'tenantry/api'
import type { OperationName } from './names.js'

/** What an answer is kept under: the operation, and the input without what is not given. */
export type QueryKey = readonly [name: OperationName, input: Readonly<Record<string, unknown>>]

export const keyOf = <Name extends OperationName>(name: Name, input: InputOf<Name>): QueryKey => [
  name,
  Object.fromEntries(Object.entries(input).filter(([, value]) => value !== undefined)),
]

/** What an event tells for finding out which answers may be others now. */
export interface Touch {
  /** Name of the operation, such as backup.create. */
  readonly operation: string | null
  readonly operationId: string | null
  /** Id and slug of the tenant. */
  readonly tenant: string | null
  readonly slug: string | null
  readonly cluster: string | null
}

// What most changes leave a trace in.
const ALWAYS = ['operation', 'event', 'audit', 'fleet']
// A migration changes versions of tenants, a backup what a tenant shows of it.
const FLEET = ['tenant', 'cluster']

/** Might this answer be another one after that event? */
export function isTouched([name, input]: QueryKey, touch: Touch): boolean {
  const noun = name.slice(0, name.indexOf('.'))
  const changed = touch.operation?.slice(0, touch.operation.indexOf('.'))
  if (noun !== changed && !ALWAYS.includes(noun) && !FLEET.includes(noun)) return false
  if (typeof input.operation === 'string' && noun === 'operation') return input.operation === touch.operationId
  if (typeof input.tenant === 'string' && touch.tenant !== null) return input.tenant === touch.tenant || input.tenant === touch.slug
  return true
}
