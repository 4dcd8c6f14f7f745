import { expect, test } from 'vitest'
import { itemWords, standingOf, versionLines } from './migration-words.js'

const standing = (
  track: string,
  version: string,
  isolation: string,
  homes: number,
  tenants: number,
  newest: string | null = '20260102000000',
) => ({
  track,
  version,
  newest,
  offered: null,
  isolation,
  homes,
  tenants,
  current: version === newest,
})

test('versions stand below each other, the newest first, with all isolations of one in one line', () => {
  const lines = versionLines([
    standing('billing', '9', 'schema', 1, 1, '10'),
    standing('tenant', '20260101000000', 'schema', 2, 2),
    standing('billing', '10', 'schema', 3, 3, '10'),
    standing('tenant', '20260102000000', 'shared', 1, 40),
    standing('tenant', '20260102000000', 'schema', 5, 5),
  ])
  expect(lines.map(({ track, version, all, cells }) => [track, version, all, Object.keys(cells)])).toEqual([
    ['tenant', '20260102000000', { homes: 6, tenants: 45 }, ['shared', 'schema']],
    ['tenant', '20260101000000', { homes: 2, tenants: 2 }, ['schema']],
    ['billing', '10', { homes: 3, tenants: 3 }, ['schema']],
    ['billing', '9', { homes: 1, tenants: 1 }, ['schema']],
  ])
})

test('a line says how it stands to the files', () => {
  const of = (version: string, newest: string | null, offered: string | null = null) =>
    standingOf({ ...versionLines([standing('tenant', version, 'schema', 1, 1, newest)])[0]!, offered })
  expect([of('2', '2'), of('1', '2'), of('1', '2', '2'), of('3', '2'), of('1', null)]).toEqual([
    'current',
    'behind',
    'on request',
    'past the files',
    'no files',
  ])
})

test('an item is called by its home', () => {
  expect(itemWords('t_abc 7c9e6679-7425-40de-944b-e07fc1f90ae7')).toBe('t_abc')
  expect(itemWords('main/tenants')).toBe('main/tenants')
})
