import type { InputOf } from 'tenantry/api'
import { type Filter, type FilterValues, readFilters } from '../../parts/filters.js'

export const OPERATION_STATES = ['running', 'undoing', 'paused', 'succeeded', 'failed', 'cancelled'] as const

/** What an operation may be looked for by. */
export const OPERATION_FILTERS: readonly Filter[] = [
  { name: 'state', label: 'State', kind: 'choice', choices: [...OPERATION_STATES, 'running,undoing,paused'], open: true },
  { name: 'name', label: 'Operation', kind: 'text', hint: 'tenant.create' },
  { name: 'tenant', label: 'Tenant', kind: 'text', hint: 'acme' },
  { name: 'actor', label: 'By', kind: 'text', hint: 'cli:anna' },
  { name: 'since', label: 'Since', kind: 'choice', choices: ['1h', '24h', '7d'], open: true },
]

/** What the address of the list says; what is no filter of it is left out. */
export const readOperationQuery = (address: Readonly<Record<string, string>>): FilterValues => readFilters(OPERATION_FILTERS, address)

/** The same for the API. */
export const filterInput = (values: FilterValues): InputOf<'operation.list'> => values as InputOf<'operation.list'>
