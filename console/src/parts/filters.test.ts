import { describe, expect, test } from 'vitest'
import { type Filter, readFilters, readQuery, withFilter, writeQuery } from './filters.js'

const FILTERS: readonly Filter[] = [
  { name: 'state', label: 'State', kind: 'choice', choices: ['active', 'suspended'] },
  { name: 'tier', label: 'Tier', kind: 'choice', choices: [], open: true },
  { name: 'search', label: 'Search', kind: 'text' },
  { name: 'behind', label: 'Behind', kind: 'switch' },
]

describe('filters in the address', () => {
  test('are read as their list takes them, and nonsense is left out', () => {
    expect(readFilters(FILTERS, { state: 'active', tier: 'gold', search: 12, behind: true, other: 'x' })).toEqual({
      state: 'active',
      tier: 'gold',
      search: '12',
      behind: true,
    })
    expect(readFilters(FILTERS, { state: 'dead', tier: '', search: { a: 1 }, behind: 'no' })).toEqual({})
  })

  test('are set and taken away one by one', () => {
    const active = withFilter({}, 'state', 'active')
    expect(withFilter(active, 'behind', true)).toEqual({ state: 'active', behind: true })
    expect(withFilter(active, 'state', undefined)).toEqual({})
    expect(withFilter(active, 'state', '')).toEqual({})
  })

  test('survive being kept as text, whatever is in them', () => {
    const values = { search: `a&b=c "'<script>` + '\u{1f98a}', state: 'active', behind: true } as const
    expect(readFilters(FILTERS, readQuery(writeQuery(values)))).toEqual(values)
    expect(writeQuery({ state: 'active', behind: true })).toBe('behind=true&state=active')
  })
})
