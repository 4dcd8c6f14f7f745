import { afterAll, beforeAll, expect, test } from 'vitest'
import { testServer } from '../support/servers-injected.js'
import { type Proxied, startProxied } from './proxied.js'
import { type Choice, killAt, SCENARIOS } from './proxied-kills.js'

// A sample; `npm run drill -- faults` takes every message.
const sample =
  (every: number): Choice =>
  (count) => {
    const all = Array.from({ length: count }, (_, i) => i + 1)
    return all.filter((n) => n % every === 0 || n > count - 10)
  }

let proxied: Proxied
beforeAll(async () => {
  proxied = await startProxied(testServer(), { 'peace-shared': 'shared', 'peace-schema': 'schema', 'peace-database': 'database' })
})
afterAll(() => proxied?.stop())

test.for(SCENARIOS)(
  '%s, its connections killed at one message after the other: it is done once and whole',
  { timeout: 90_000 },
  async (scenario) => {
    // Databases take longer to make.
    const every = scenario === 'tenant.create database' ? 4 * 37 : 37
    const { messages, kills, violations, convergedMs } = await killAt(proxied, scenario, sample(every))
    expect(violations).toEqual([])
    expect(messages).toBeGreaterThan(100)
    expect(kills).toBeGreaterThan(messages / every)
    expect(Math.max(...convergedMs)).toBeLessThan(10_000)
  },
)
