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

type NounOf<Name> = Name extends `${infer Noun}.${string}` ? Noun : never
type Noun = NounOf<OperationName>

// What any change leaves a trace in.
const ALWAYS: readonly string[] = ['operation', 'event', 'audit', 'fleet']

/** Answers about what else may be others when something of this noun was changed, besides those about the noun itself. */
const TRACES: { readonly [Changed in Noun]: readonly Noun[] } = {
  activity: [],
  assurance: ['cluster', 'tenant'],
  audit: [],
  backup: ['tenant', 'cluster', 'datakey', 'migrate', 'stock', 'assurance', 'drift'],
  breakglass: ['session', 'user'],
  cluster: ['tenant', 'assurance', 'migrate', 'pooler', 'stock', 'metric'],
  datakey: ['backup', 'tenant'],
  doctor: ['tenant', 'cluster', 'assurance', 'drift', 'migrate', 'stock'],
  domain: ['tenant'],
  drift: ['tenant', 'migrate'],
  event: [],
  fleet: [],
  key: [],
  metric: [],
  migrate: ['tenant', 'cluster', 'drift', 'stock'],
  operation: [],
  platform: ['tenant', 'cluster', 'assurance', 'drift', 'migrate', 'stock'],
  pooler: ['cluster'],
  session: ['user', 'breakglass'],
  statement: [],
  stock: ['cluster', 'assurance', 'migrate', 'tenant'],
  tenant: ['cluster', 'assurance', 'backup', 'datakey', 'domain', 'drift', 'migrate', 'stock', 'tier'],
  tier: ['tenant'],
  user: ['session', 'breakglass'],
  view: [],
  watchdog: [],
  webhook: [],
}

const nounOf = (name: string): string => name.slice(0, name.indexOf('.'))

/** A state that has changed by itself is of no operation. */
const changedBy = ({ operation, tenant, cluster }: Touch): string | undefined =>
  operation !== null ? nounOf(operation) : tenant !== null ? 'tenant' : cluster !== null ? 'cluster' : undefined

/** Might this answer be another one after that event? */
export function isTouched([name, input]: QueryKey, touch: Touch): boolean {
  const [noun, changed] = [nounOf(name), changedBy(touch)]
  const traces: readonly string[] = changed === undefined ? [] : ((TRACES as Readonly<Record<string, readonly Noun[]>>)[changed] ?? [])
  if (noun !== changed && !ALWAYS.includes(noun) && !traces.includes(noun)) return false
  if (typeof input.operation === 'string' && noun === 'operation') return input.operation === touch.operationId
  if (typeof input.tenant !== 'string') return true
  // Work on the whole fleet, such as a migration, may be on any tenant; what is done to one says to which, and is nothing to the others.
  if (touch.tenant === null && touch.slug === null) return changed !== 'tenant'
  return input.tenant === touch.tenant || input.tenant === touch.slug
}
