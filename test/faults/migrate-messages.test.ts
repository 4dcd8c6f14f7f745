import { describe, expect, test } from 'vitest'
import { testServer } from '../support/servers-injected.js'
import { killMigrationsAt } from './migrate-messages.js'
import type { Form } from './migrations-killed.js'
import type { ISOLATIONS } from './rig.js'

// A sample; `npm run drill -- faults --kind migrations` takes every message, and kills processes as well.
const LAST = 3

const CASES: readonly (readonly [(typeof ISOLATIONS)[number], Form, every: number])[] = [
  ['shared', 'in one transaction', 97],
  ['schema', 'in one transaction', 97],
  ['database', 'in one transaction', 149],
  // It has half as many messages more, and waits longer after each.
  ['schema', 'statement by statement', 211],
]

describe.concurrent('connections are killed at one message after the other', () => {
  test.each(CASES)('%s, a migration %s: the home has it once and whole', { timeout: 120_000 }, async (isolation, form, every) => {
    const { messages, kills, violations } = await killMigrationsAt(testServer(), isolation, form, (marks) =>
      marks.filter((_, i) => i % every === every - 1 || i >= marks.length - LAST),
    )
    expect(violations).toEqual([])
    expect(kills).toBeGreaterThan(messages / (2 * every))
  })
})
