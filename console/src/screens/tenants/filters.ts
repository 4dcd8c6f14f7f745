import type { InputOf, OutputOf } from 'tenantry/api'
import { type Filter, type FilterValues, readFilters, writeFilters, writeQuery } from '../../parts/filters.js'
import { ISOLATIONS, TENANT_STATES } from '../../words/tenant-words.js'

type Facets = OutputOf<'tenant.count'>['data']

export const SORTS = ['created', 'slug', 'name', 'since', 'size'] as const
const PRESET_SORT = '-created'

/** What a tenant may be looked for by. Names of clusters, tiers and versions are those that there are. */
export function tenantFilters(facets: Facets = []): readonly Filter[] {
  const valuesOf = (by: Facets[number]['by']): string[] =>
    facets.flatMap((facet) => (facet.by === by && facet.value !== null && facet.value !== '' ? [facet.value] : []))
  return [
    { name: 'state', label: 'State', kind: 'choice', choices: TENANT_STATES },
    { name: 'isolation', label: 'Isolation', kind: 'choice', choices: ISOLATIONS },
    { name: 'cluster', label: 'Cluster', kind: 'choice', choices: valuesOf('cluster'), open: true },
    { name: 'tier', label: 'Tier', kind: 'choice', choices: valuesOf('tier'), open: true },
    { name: 'version', label: 'Version', kind: 'choice', choices: valuesOf('version'), open: true },
    { name: 'region', label: 'Region', kind: 'text', hint: 'eu-west' },
    { name: 'label', label: 'Label', kind: 'text', hint: 'plan=gold,team=a' },
    { name: 'domain', label: 'Domain', kind: 'text', hint: 'example.com' },
    { name: 'service', label: 'Service', kind: 'text', hint: 'billing' },
    { name: 'largerThan', label: 'Larger than (bytes)', kind: 'text', hint: '1000000000' },
    { name: 'behind', label: 'Behind the migrations', kind: 'switch' },
    { name: 'withoutBackup', label: 'Without backup', kind: 'switch' },
    { name: 'held', label: 'Held', kind: 'switch' },
  ]
}

export interface TenantQuery {
  readonly search: string
  readonly sort: string
  readonly values: FilterValues
}

/** What the address of the list says; what is no filter or order of it is left out. */
export function readTenantQuery(address: Readonly<Record<string, string>>): TenantQuery {
  const sort = address.sort ?? ''
  return {
    search: (address.search ?? '').slice(0, 100),
    sort: (SORTS as readonly string[]).includes(sort.replace(/^-/, '')) ? sort : PRESET_SORT,
    values: readFilters(tenantFilters(), address),
  }
}

/** The same for the API. */
export const filterInput = ({ search, values: { largerThan, ...values } }: TenantQuery): InputOf<'tenant.count'> => ({
  ...(values as InputOf<'tenant.count'>),
  // What is no number is sent as it is: the list says what is wrong with it.
  ...(largerThan === undefined ? {} : { largerThan: (Number.isFinite(Number(largerThan)) ? Number(largerThan) : largerThan) as number }),
  ...(search === '' ? {} : { search }),
})

/** The same for the address, with what is there by default left out. Filters that are not held are taken away. */
export const addressOf = ({ search, sort, values }: TenantQuery): Readonly<Record<string, string | undefined>> => ({
  ...writeFilters(tenantFilters(), values),
  search,
  sort: sort === PRESET_SORT ? undefined : sort,
})

/** The same as a saved view keeps it: as it stands in the address, in one order, so that equal queries are equal texts. */
export const viewOf = (query: TenantQuery): string =>
  writeQuery(Object.fromEntries(Object.entries(addressOf(query)).filter(([, value]) => value !== '')))
