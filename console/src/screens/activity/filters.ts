import type { InputOf } from 'tenantry/api'
import { type Filter, type FilterValues, readFilters } from '../../parts/filters.js'

/** What sessions may be looked for by. Clusters are those that there are. */
export const activityFilters = (clusters: readonly string[] = []): readonly Filter[] => [
  { name: 'cluster', label: 'Cluster', kind: 'choice', choices: clusters, open: true },
  { name: 'tenant', label: 'Tenant', kind: 'text', hint: 'acme' },
  { name: 'busy', label: 'At work', kind: 'switch' },
  { name: 'text', label: 'With statements', kind: 'switch' },
]

export interface ActivityQuery {
  readonly view: 'sessions' | 'locks'
  readonly values: FilterValues
}

/** What the address of the screen says. */
export const readActivityQuery = (address: Readonly<Record<string, string>>): ActivityQuery => ({
  view: address.view === 'locks' ? 'locks' : 'sessions',
  values: readFilters(activityFilters(), address),
})

export const listInput = ({ values }: ActivityQuery): InputOf<'activity.list'> => values as InputOf<'activity.list'>

/** Locks know neither tenants nor idleness: whoever is in the way is shown, whosever it is. */
export const locksInput = ({ values: { cluster, text } }: ActivityQuery): InputOf<'activity.locks'> =>
  ({ ...(cluster === undefined ? {} : { cluster }), ...(text === undefined ? {} : { text }) }) as InputOf<'activity.locks'>
