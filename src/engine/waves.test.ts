import { expect, test } from 'vitest'
import { parseWaves, planWaves, type WaveHome, type WaveTerm } from './waves.js'

const home = (number: number, tenants = 1, more: Partial<WaveHome> = {}): WaveHome => ({
  key: `h${number}`,
  number,
  tenants,
  isolation: 'schema',
  labels: [],
  tiers: [],
  ...more,
})
const fleet = Array.from({ length: 40 }, (_, index) => home(index + 1))
const terms = (text: string): readonly WaveTerm[] => parseWaves(text) as readonly WaveTerm[]
const shape = (homes: readonly WaveHome[], spec: Partial<Parameters<typeof planWaves>[1]>) =>
  planWaves(homes, { canaries: undefined, canary: undefined, terms: [], ...spec }).waves.map(({ name, homes: count }) => [name, count])

test('shares are of the whole fleet, count what came before, and leave the rest to a last wave', () => {
  expect(shape(fleet, { canaries: 1, terms: terms('5%,25%,100%') })).toEqual([
    ['canaries', 1],
    ['5%', 1],
    ['25%', 8],
    ['100%', 30],
  ])
  expect(shape(fleet, { terms: terms('50%') })).toEqual([
    ['50%', 20],
    ['the rest', 20],
  ])
  expect(shape(fleet, {})).toEqual([['all', 40]])
})

test('a home is in the first wave that it belongs to, and a shared one belongs where any of its tenants does', () => {
  const homes = [
    home(1, 900, { isolation: 'shared', labels: [{ ring: 'late' }, { ring: 'early' }], tiers: ['gold', 'free'] }),
    home(2, 1, { labels: [{ ring: 'early' }] }),
    home(3, 1, { tiers: ['gold'] }),
    home(4),
  ]
  expect(planWaves(homes, { canaries: undefined, canary: { key: 'ring', value: 'early' }, terms: terms('tier=gold') }).waves).toEqual([
    { wave: 1, name: 'canaries ring=early', homes: 2, tenants: 901 },
    { wave: 2, name: 'tier gold', homes: 1, tenants: 1 },
    { wave: 3, name: 'the rest', homes: 1, tenants: 1 },
  ])
  expect(shape(homes, { terms: terms('isolation=shared,label=ring:early') })).toEqual([
    ['isolation shared', 1],
    ['label ring=early', 1],
    ['the rest', 2],
  ])
})

test('canaries serve somebody, but few; the order does not depend on that of the homes', () => {
  const homes = [home(1, 0), home(2, 500), home(3, 2), home(4, 1), home(5, 1)]
  const spec = { canaries: 2, canary: undefined, terms: [] }
  const { placed } = planWaves(homes, spec)
  expect([...placed].map(([key, { wave }]) => [key, wave])).toEqual([
    ['h4', 1],
    ['h5', 1],
    ['h3', 2],
    ['h2', 2],
    ['h1', 2],
  ])
  expect(planWaves([...homes].reverse(), spec)).toEqual(planWaves(homes, spec))
})

test.each([
  ['25%,5%', 'rise'],
  ['101%', 'rise'],
  ['label=ring', 'KEY:VALUE'],
  ['isolation=schemas', 'an isolation is shared'],
  ['canary', 'is no wave'],
  ['', 'is no wave'],
])('"%s" is refused: it says why', (text, why) => {
  expect(parseWaves(text)).toContain(why)
})
