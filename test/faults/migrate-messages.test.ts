import { describe, expect, test } from 'vitest'
import { testServer } from '../support/servers-injected.js'
import { killMigrationsAt } from './migrate-messages.js'
import type { Form } from './migrations-killed.js'
import type { ISOLATIONS } from './rig.js'

// A sample; `npm run drill -- faults --kind migrations` takes every message, and kills processes as well. What is sent is much the same in every isolation: each
// takes messages that the others do not, and all of them the last, where the answers are lost.
const LAST = 3
const EVERY = 291

const CASES: readonly (readonly [(typeof ISOLATIONS)[number], Form, from: number])[] = [
  ['shared', 'in one transaction', 96],
  ['schema', 'in one transaction', 193],
  ['database', 'in one transaction', 290],
  // It has half as many messages more, and waits longer after each.
  ['schema', 'statement by statement', 210],
]

describe.concurrent('connections are killed at one message after the other', () => {
  test.each(CASES)('%s, a migration %s: the home has it once and whole', { timeout: 120_000 }, async (isolation, form, from) => {
    const { messages, kills, violations } = await killMigrationsAt(testServer(), isolation, form, (marks) =>
      marks.filter((_, i) => i % EVERY === from || i >= marks.length - LAST),
    )
    expect(violations).toEqual([])
    expect(kills).toBeGreaterThan(messages / (2 * EVERY))
  })
})
