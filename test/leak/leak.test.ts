import { beforeAll, describe, expect, test } from 'vitest'
import type { LeakCount } from '../../src/testing/leak-meter.js'
import { rehearseControl, rehearseDirect, rehearseLibrary } from '../drills/leak/rehearsal.js'
import { describeOn, whyMissing } from '../support/servers-injected.js'

const ROWS = 12_000

if (whyMissing('pgbouncer') === undefined) {
  describeOn(['embedded-18'], 'leak meter', (server) => {
    describe('the library, through a pooler with one server connection', () => {
      let count: LeakCount
      beforeAll(async () => {
        count = await rehearseLibrary(server, { rows: ROWS })
      }, 120_000)

      test('no row that a tenant read or changed was of another tenant', () => {
        expect(count.judged).toBeGreaterThanOrEqual(10_000)
        expect(count.wrong).toBe(0)
        expect(count.empty).toBe(0)
        for (const isolation of ['shared', 'schema', 'database']) expect(count.byIsolation[isolation]?.judged).toBeGreaterThan(1_000)
      })

      test('no row that was written lies with another tenant, and none of a unit that was rolled back', () => {
        expect(count.stored.rows).toBeGreaterThan(300)
        expect(count.stored).toMatchObject({ misplaced: 0, doomed: 0 })
      })

      test('tenants did take turns on one server connection', () => {
        expect(count.backends.map(({ connections }) => connections)).toEqual([1, 1, 1, 1, 1])
        expect(Math.max(...count.backends.map(({ tenants }) => tenants))).toBe(16)
        expect(count.handovers).toBeGreaterThan(500)
      })

      test('everything that was to go wrong went wrong, and nothing else', () => {
        expect(count.unexpected).toEqual([])
        expect(count.hung).toBe(0)
        for (const times of [...Object.values(count.faults), ...Object.values(count.cuts)]) expect(times).toBeGreaterThan(0)
      })
    })

    test('nor does anything go wrong without a pooler, on one connection with prepared statements', { timeout: 120_000 }, async () => {
      const count = await rehearseDirect(server, { rows: ROWS })

      expect(count).toMatchObject({ wrong: 0, empty: 0, hung: 0, unexpected: [], stored: { misplaced: 0, doomed: 0 } })
      expect(count.judged).toBeGreaterThanOrEqual(10_000)
      expect(count.backends.map(({ connections }) => connections)).toEqual([1, 1, 1, 1, 1])
      expect(count.cuts.open).toBeGreaterThan(0)
    })

    // A meter that cannot see a leak proves nothing.
    for (const pattern of ['schemas', 'rows'] as const) {
      test(`the meter sees the leak of session settings, ${pattern}`, { timeout: 60_000 }, async () => {
        const count = await rehearseControl(server, pattern, { rows: 4_000 })

        expect(count.wrong / count.judged).toBeGreaterThan(0.1)
        expect(count.stored.misplaced).toBeGreaterThan(0)
        expect(count.backends).toMatchObject([{ connections: 1, tenants: 20 }])
      })
    }
  })
} else {
  test.skip(`leak meter: ${whyMissing('pgbouncer')}`)
}
