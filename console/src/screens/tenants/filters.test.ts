import { expect, test } from 'vitest'
import { readQuery } from '../../parts/filters.js'
import { addressOf, filterInput, readTenantQuery, tenantFilters, viewOf } from './filters.js'

test('what the address says comes back to the address, and what is there by default is not in it', () => {
  const query = readTenantQuery({ state: 'suspended', search: 'a&b', behind: 'true', sort: 'name', other: 'x' })
  expect(query).toEqual({ search: 'a&b', sort: 'name', values: { state: 'suspended', behind: true } })
  const address = Object.fromEntries(Object.entries(addressOf(query)).filter((one): one is [string, string] => one[1] !== undefined))
  expect(readTenantQuery(address)).toEqual(query)
  expect(Object.values(addressOf(readTenantQuery({}))).filter((value) => value !== undefined && value !== '')).toEqual([])
})

test('nonsense in the address is left out, and never sent', () => {
  expect(readTenantQuery({ state: 'dead', sort: '-bytes; drop', isolation: 'none', held: 'maybe' })).toEqual({
    search: '',
    sort: '-created',
    values: {},
  })
})

test('filters are sent as the list takes them', () => {
  expect(filterInput(readTenantQuery({ withoutBackup: 'true', search: 'x', tier: 'gold' }))).toEqual({
    withoutBackup: true,
    search: 'x',
    tier: 'gold',
  })
  expect(filterInput(readTenantQuery({ largerThan: '1000' }))).toEqual({ largerThan: 1_000 })
})

test('clusters, tiers and versions to choose from are those that there are', () => {
  const found = tenantFilters([
    { by: 'cluster', value: 'main', tenants: 2 },
    { by: 'tier', value: null, tenants: 1 },
    { by: 'version', value: '', tenants: 1 },
  ])
  expect(
    found.filter(({ name }) => ['cluster', 'tier', 'version'].includes(name)).map((filter) => filter.kind === 'choice' && filter.choices),
  ).toEqual([['main'], [], []])
})

test('a view is the address in one order, and leads back to it', () => {
  const query = readTenantQuery({ tier: 'gold', behind: 'true', sort: 'name' })
  expect(viewOf(query)).toBe('behind=true&sort=name&tier=gold')
  expect(readTenantQuery(readQuery(viewOf(query)))).toEqual(query)
  expect(viewOf(readTenantQuery({}))).toBe('')
})
