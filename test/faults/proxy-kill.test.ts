import { afterAll, beforeAll, expect, test } from 'vitest'
import { testServer } from '../support/servers-injected.js'
import { type Proxied, startProxied } from './proxied.js'
import { type Choice, killAt } from './proxied-kills.js'
import { SCENARIOS, type Scenario } from './proxied-scenarios.js'

// A sample; `npm run drill -- faults` takes every message. Databases take long to make, and those that follow one another share their code.
const SAMPLES: Readonly<Record<Scenario, { readonly every: number; readonly last: number }>> = {
  'tenant.create shared': { every: 37, last: 10 },
  'tenant.create schema': { every: 37, last: 3 },
  'tenant.create database': { every: 148, last: 3 },
  'tenant.suspend': { every: 37, last: 10 },
  'tenant.resume': { every: 74, last: 3 },
  'tenant.delete': { every: 74, last: 3 },
  'tenant.undelete': { every: 74, last: 3 },
  'tenant.rename': { every: 11, last: 4 },
  'tenant.set': { every: 11, last: 4 },
  'tenant.purge shared': { every: 37, last: 4 },
  'tenant.purge schema': { every: 37, last: 4 },
  'tenant.purge database': { every: 74, last: 2 },
}

const sample =
  (scenario: Scenario): Choice =>
  (count) => {
    const { every, last } = SAMPLES[scenario]
    return Array.from({ length: count }, (_, i) => i + 1).filter((n) => n % every === 0 || n > count - last)
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
    const { messages, kills, violations, convergedMs } = await killAt(proxied, scenario, sample(scenario))
    expect(violations).toEqual([])
    expect(messages).toBeGreaterThan(60)
    // Nearly all: a connection that is given up is not always heard of before the process has what it wanted.
    expect(kills).toBeGreaterThan(messages / (2 * SAMPLES[scenario].every))
    expect(Math.max(...convergedMs)).toBeLessThan(20_000)
  },
)
